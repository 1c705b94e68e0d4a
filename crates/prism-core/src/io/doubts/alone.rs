//! Names alone on a line that are rather sizes or titles: `3` above names, `[edges]` above edges, `N=3`.

use super::Named;
use super::sizes_in_words::is_size;
use crate::io::error::ErrorKind;
use crate::io::names::as_integer;

/// Words that stand above the parts of a file, in lower case.
const TITLES: [&str; 8] =
    ["vertices", "edges", "nodes", "links", "arcs", "graph", "regions", "borders"];

/// Refuses names without edges that are of another kind than all names with edges, integers among text or
/// text among integers, or that look like titles and sizes.
pub(super) fn refuse(named: &Named<'_>) -> Result<(), ErrorKind> {
    let Named { names, graph, alone, .. } = *named;
    let lonely = || alone.iter().filter(|&&v| graph.degree(v) == 0).map(|&v| names.name(v));
    if lonely().next().is_none() {
        return Ok(());
    }
    let mut kinds =
        graph.vertices().filter(|&v| graph.degree(v) > 0).map(|v| is_integer(names.name(v)));
    let first = kinds.next();
    let kind = first.filter(|&first| kinds.all(|kind| kind == first));
    for name in lonely() {
        if is_title(name) {
            return Err(named.doubt(name, "a vertex, or a title"));
        }
        if is_size(name) || kind.is_some_and(|kind| kind != is_integer(name)) {
            return Err(named.doubt(name, "a vertex, or a size or a title"));
        }
    }
    Ok(())
}

fn is_integer(name: &str) -> bool {
    as_integer(name).is_some()
}

/// A word in brackets, behind a mark, or of those that titles are made of.
pub(in crate::io) fn is_title(name: &str) -> bool {
    let brackets = [('[', ']'), ('<', '>'), ('*', '*'), ('=', '=')];
    let inside =
        brackets.iter().any(|&(open, close)| name.starts_with(open) && name.ends_with(close));
    let word = name.trim_matches(|c: char| !c.is_alphanumeric());
    inside && name.chars().count() > 1
        || name.starts_with(['*', '@'])
        || TITLES.iter().any(|title| title.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        for name in ["[nodes]", "<b>", "*Edges", "@arcs", "Edges", "== x =="] {
            assert!(is_title(name), "{name}");
        }
        for name in ["Tasmania", "[x", "a*", "=", "edge hill", "7"] {
            assert!(!is_title(name), "{name}");
        }
    }
}
