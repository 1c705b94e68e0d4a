//! `--report`: the page about a run, and its first plot.

use std::path::Path;
use std::process::{Command, Stdio};

use prism_solver::Settings;

use crate::common::{Folder, Run, graph, verified};
use html::{Element, check_sections, elements, section};

#[path = "../../../prism-report/tests/page/html.rs"]
mod html;

/// A run of so many moves that writes a report there.
fn run(graph: &Path, moves: &str, report: &Path) -> Command {
    let mut command = prism!["color", "-q", graph, "--moves", moves, "--threads", "2"];
    command.args(["--device", "cpu", "-o", "/dev/null", "--report"]).arg(report);
    command
}

/// The page in a file, which has every section.
fn page(path: &Path) -> Vec<Element> {
    let elements = elements(&std::fs::read_to_string(path).unwrap());
    check_sections(&elements);
    elements
}

fn text<'e>(elements: &'e [Element], id: &str) -> &'e str {
    &section(elements, id).text
}

#[test]
fn a_run_has_a_page_and_the_same_result() {
    let folder = Folder::new();
    let (file, colors, plain) =
        (folder.path("run.html"), folder.path("a.txt"), folder.path("b.txt"));
    let mut command =
        prism!["color", graph("gnp125_5"), "--moves", "1500000", "--threads", "2", "--json"];
    command.args(["--device", "cpu", "-o"]).arg(&colors);
    let watched = command.arg("--report").arg(&file).code(0).json();
    let mut command =
        prism!["color", "-q", graph("gnp125_5"), "--moves", "1500000", "--threads", "2"];
    command.args(["--device", "cpu", "-o"]).arg(&plain).code(0);
    assert_eq!(std::fs::read(&colors).unwrap(), std::fs::read(&plain).unwrap());
    let elements = page(&file);
    let best = watched["num_colors"].to_string();
    let card = elements
        .iter()
        .find(|one| one.attributes.get("class").is_some_and(|class| class == "card best"));
    assert!(card.unwrap().text.contains(&best), "{card:?}");
    for engine in watched["engines"].as_array().unwrap() {
        let name = engine["engine"].as_str().unwrap();
        assert!(text(&elements, "engines").contains(name), "{name}");
        if engine["moves"].as_u64().unwrap() > 0 {
            assert!(text(&elements, "course").contains(&format!("{name}, cpu")), "{name}");
        }
    }
    assert!(text(&elements, "diversity").contains("memetic, cpu"));
    assert!(text(&elements, "classes").contains("median"));
    let bound = watched["lower_bound"].to_string();
    assert!(text(&elements, "bounds").contains(&format!("between {bound} and {best}")));
    let settings = Settings { threads: 2, move_limit: Some(1_500_000), ..Settings::default() };
    for (name, value) in settings.texts() {
        let options = text(&elements, "options");
        assert!(options.contains(name), "{name}");
        assert!(name == "device" || options.contains(&value), "{name} {value}");
    }
    assert!(text(&elements, "options").contains("a.txt"));
}

#[test]
fn the_first_plot_can_be_had_alone() {
    let folder = Folder::new();
    let file = folder.path("run.svg");
    run(&graph("queen11_11"), "300000", &file).code(0);
    let text = std::fs::read_to_string(&file).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    assert_eq!(document.root_element().tag_name().name(), "svg");
    let words: String = document.descendants().filter_map(|node| node.text()).collect();
    assert!(words.contains("colours") && words.contains("conflicts") && words.contains(", cpu"));
    assert_eq!(text.matches("://").count(), 1, "the name of SVG itself");
    assert_eq!(folder.names(), ["run.svg"]);
}

#[test]
fn every_graph_has_a_sensible_page() {
    let folder = Folder::new();
    let names = "<b>anna</b> &amp;\n<b>anna</b> bob's\n";
    let graphs = [
        (
            "empty.col",
            "p edge 0 0\n".to_owned(),
            "vertices0",
            "There is no colouring, or none of its vertices",
        ),
        ("one.col", "p edge 1 0\n".to_owned(), "vertices1", "from 1 to 1"),
        ("bare.col", "p edge 700 0\n".to_owned(), "vertices700", "from 700 to 700"),
        ("<script>&'\".edges", names.to_owned(), "vertices3", "from 1 to 2"),
    ];
    for (name, content, vertices, classes) in graphs {
        let (graph, file) = (folder.file(name, content), folder.path("page.html"));
        run(&graph, "1000", &file).code(0);
        let elements = page(&file);
        let main = &elements.iter().find(|one| one.name == "main").unwrap().text;
        assert!(main.replace('\u{202f}', "").contains(vertices), "{name}: {main}");
        assert!(text(&elements, "classes").contains(classes), "{name}");
        let title = &elements.iter().find(|one| one.name == "h1").unwrap().text;
        assert_eq!(title, &graph.display().to_string());
    }
    // Many colours: all vertices but two are joined to all others.
    let k = 1500;
    let edges = (1..=k).flat_map(|u| (1..u).map(move |v| format!("e {u} {v}\n")));
    let count = k * (k - 1) / 2;
    let text_of_all: String =
        std::iter::once(format!("p edge {k} {count}\n")).chain(edges).collect();
    let (graph, file) = (folder.file("clique.col", text_of_all), folder.path("clique.html"));
    run(&graph, "1000", &file).code(0);
    let elements = page(&file);
    assert!(text(&elements, "bounds").contains("exactly 1500 colours"));
    assert!(text(&elements, "classes").contains("from 1 to 1"));
}

#[test]
fn a_run_without_moves_or_without_a_colouring_has_a_page_too() {
    let folder = Folder::new();
    let file = folder.path("page.html");
    prism!["color", "-q", graph("gnp125_5"), "-t", "0", "-o", "/dev/null", "--report", &file]
        .code(0);
    assert!(text(&page(&file), "course").contains("no engine searched"));
    // Three vertices that are joined, and two colours for them.
    let triangle = folder.file("triangle.edges", "<a>\t<b>\n<b>\t&c\n<a>\t&c\n");
    for (lists, why) in [
        ("<a> 0 1\n<b> 0 1\n&c 0 1\n", "all possibilities are ruled out"),
        ("<a> 0\n<b> 0\n", "adjacent vertices <a> and <b>"),
    ] {
        let lists = folder.file("lists", lists);
        let mut command = prism!["color", "-q", &triangle, "--allowed", &lists, "--report", &file];
        command.args(["-o", "/dev/null"]).code(7);
        let elements = page(&file);
        let main = &elements.iter().find(|one| one.name == "main").unwrap().text;
        assert!(main.contains("no colouring exists") && main.contains(why), "{main}");
    }
    // Lists that leave something to be searched: what searches inside do is told outside.
    let all: String = (1..=125)
        .map(|v| format!("{v} {}\n", (0..18).map(|c| c.to_string()).collect::<Vec<_>>().join(" ")))
        .collect();
    let lists = folder.file("all", all);
    let mut command =
        prism!["color", "-q", graph("gnp125_5"), "--moves", "400000", "--threads", "1"];
    command.arg("--allowed").arg(&lists).args(["-o", "/dev/null", "--device", "cpu", "--report"]);
    let code = command.arg(&file).done().output.status.code();
    assert!(matches!(code, Some(0 | 1)), "{code:?}");
    assert!(text(&page(&file), "course").contains(", cpu"));
}

#[test]
fn what_cannot_be_written_is_said_before_the_search() {
    let folder = Folder::new();
    let below = folder.file("file", "").join("page.html");
    let colors = folder.path("colors");
    for (report, code, says) in [
        (folder.path("page.pdf"), 2, ".html"),
        (folder.path("page"), 2, ".svg"),
        (below, 4, "cannot write"),
        (folder.path("no/page.html"), 4, "cannot write"),
    ] {
        let mut command =
            prism!["color", graph("gnp125_5"), "-t", "1h", "-o", &colors, "--report", &report];
        command.code(code).fails(&[says]);
        assert!(!colors.exists());
    }
    let mut command = prism![
        "color",
        graph("gnp125_5"),
        "-o",
        "a.svg.txt",
        "--report",
        "a.html",
        "--events",
        "a.html"
    ];
    command.code(2).fails(&["name the same file"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_4_and_the_page_is_elsewhere() {
    let folder = Folder::new();
    let (full, elsewhere, colors) =
        (folder.path("full.html"), Folder::new(), folder.path("colors"));
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    let mut command =
        prism!["color", graph("gnp125_5"), "--moves", "10000", "-o", &colors, "--report", &full];
    let done = command.env("TMPDIR", elsewhere.path("")).code(4);
    done.fails(&["cannot write", "full.html", "space", "the report is in"]);
    verified(graph("gnp125_5"), &colors);
    let [name] = &elsewhere.names()[..] else { panic!("{:?}", elsewhere.names()) };
    assert!(name.ends_with(".html"), "{name}");
    page(&elsewhere.path(name));
}

#[test]
fn an_interrupted_run_has_its_page() {
    let folder = Folder::new();
    let (file, events) = (folder.path("page.html"), folder.path("events"));
    let mut command =
        prism!["color", "-q", graph("gnp125_5"), "--threads", "2", "-t", "100s", "-o", "/dev/null"];
    command.arg("--events").arg(&events).arg("--report").arg(&file).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    while !std::fs::read_to_string(&events).is_ok_and(|text| text.contains("\"turn_ended\"")) {
        assert_eq!(child.try_wait().unwrap(), None, "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(!file.exists());
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let elements = page(&file);
    let main = &elements.iter().find(|one| one.name == "main").unwrap().text;
    assert!(main.contains("it was stopped"), "{main}");
    // Nothing is left half written.
    assert_eq!(folder.names(), ["events", "page.html"]);
}
