//! A page as a browser reads it, and what has to hold for every page. The tests of the command look at theirs by
//! this file, too.

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use std::collections::BTreeMap;

/// The sections that every page has.
pub const SECTIONS: [&str; 9] = [
    "course",
    "engines",
    "diversity",
    "acceptance",
    "pipeline",
    "classes",
    "bounds",
    "history",
    "options",
];

/// An element with all text in it.
#[derive(Clone, Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
    /// Names of the elements in it, at any depth.
    pub inside: Vec<String>,
}

/// All elements of a page, in the order of their beginnings. Fails if a browser would have to mend anything,
/// or if something might be fetched or run.
pub fn elements(page: &str) -> Vec<Element> {
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(page);
    let errors = dom.errors.borrow();
    assert!(errors.is_empty(), "{errors:?}");
    let mut elements = Vec::new();
    walk(&dom.document, &mut elements);
    for element in &elements {
        check(element);
    }
    elements
}

fn walk(node: &Handle, elements: &mut Vec<Element>) -> Element {
    let mut here = Element::default();
    let at = match &node.data {
        NodeData::Element { name, attrs, .. } => {
            here.name = name.local.to_string();
            let pair = |a: &html5ever::Attribute| (a.name.local.to_string(), a.value.to_string());
            here.attributes = attrs.borrow().iter().map(pair).collect();
            elements.push(here.clone());
            Some(elements.len() - 1)
        }
        NodeData::Text { contents } => {
            here.text = contents.borrow().to_string();
            None
        }
        _ => None,
    };
    for child in node.children.borrow().iter() {
        let child = walk(child, elements);
        here.text.push_str(&child.text);
        here.inside.extend(child.inside);
        here.inside.extend((!child.name.is_empty()).then_some(child.name));
    }
    if let Some(at) = at {
        elements[at] = here.clone();
    }
    here
}

/// Nothing is fetched, and nothing runs.
fn check(element: &Element) {
    let forbidden =
        ["script", "iframe", "object", "embed", "link", "img", "image", "base", "form", "a", "use"];
    assert!(!forbidden.contains(&&*element.name), "{element:?}");
    for (name, value) in &element.attributes {
        let fetches = [
            "src",
            "href",
            "xlink:href",
            "srcset",
            "data",
            "action",
            "poster",
            "background",
            "style",
        ];
        assert!(
            !fetches.contains(&&**name) && !name.starts_with("on"),
            "{name} in {}",
            element.name
        );
        assert!(!value.contains("://") && !value.contains("url("), "{name}={value}");
    }
    if element.name == "style" {
        assert!(!element.text.contains("url(") && !element.text.contains("@import"));
        assert!(!element.text.contains("://"));
    }
}

/// The section of this name.
pub fn section<'e>(elements: &'e [Element], id: &str) -> &'e Element {
    let is_it = |one: &&Element| {
        one.name == "section" && one.attributes.get("id").is_some_and(|own| own == id)
    };
    let section = elements.iter().find(is_it);
    section.unwrap_or_else(|| panic!("no section {id}"))
}

/// Every section is there, begins with a title and says something; each plot has a box and a name.
pub fn check_sections(elements: &[Element]) {
    for id in SECTIONS {
        let section = section(elements, id);
        assert_eq!(section.inside.first().map(String::as_str), Some("h2"), "{section:?}");
        assert!(section.inside.len() > 1 && section.text.len() > 20, "{section:?}");
    }
    assert_eq!(elements.iter().filter(|one| one.name == "h1").count(), 1);
    for svg in elements.iter().filter(|one| one.name == "svg") {
        assert!(svg.attributes["viewBox"].starts_with("0 0 2000 "));
        assert!(!svg.attributes["aria-label"].is_empty() && !svg.inside.is_empty());
    }
}
