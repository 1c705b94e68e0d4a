//! What vertices are called: as in the file of the graph, in every form of output, and read back so.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::common::{Folder, Run, graph, verified};

/// Graphs, and what their vertices are called in the order of the file.
const GRAPHS: [(&str, &str, &[&str]); 9] = [
    ("from-1.col", "p edge 4 4\ne 1 2\ne 2 3\ne 1 3\ne 3 4\n", &["1", "2", "3", "4"]),
    ("from-1.edges", "1 2\n2 3\n1 3\n3 4\n", &["1", "2", "3", "4"]),
    ("from-0.edges", "0 1\n1 2\n0 2\n2 3\n", &["0", "1", "2", "3"]),
    ("gap.edges", "0 1\n1 2\n0 2\n2 4\n", &["0", "1", "2", "4"]),
    ("large.edges", "7 1000000\n1000000 12\n12 7\n7 5\n", &["5", "7", "12", "1000000"]),
    ("names.edges", "a b\nb c\na c\nc d\n", &["a", "b", "c", "d"]),
    ("names.csv", "\"a, b\",b c\nb c,\"\"\"c\"\"\"\n", &["a, b", "b c", "\"c\""]),
    ("hash.csv", "a,#1\nb,#1\nb,a\n", &["a", "#1", "b"]),
    ("from-1.graph", "4 4\n2 3\n1 3\n1 2 4\n3\n", &["1", "2", "3", "4"]),
];

type Colors = BTreeMap<String, u64>;

/// The colours by vertex in a file of this form, read as its users would.
fn parse(form: &str, text: &str, names: &[&str]) -> Colors {
    let number = |word: &str| word.parse::<u64>().unwrap();
    let pair = |line: &str, separator: char| {
        let (name, color) = line.rsplit_once(separator).unwrap();
        (name.to_owned(), number(color))
    };
    match form {
        "txt" if names.iter().zip(1..).all(|(name, v)| **name == v.to_string()) => {
            (1..).map(|v: u64| v.to_string()).zip(text.lines().map(number)).collect()
        }
        "txt" => text.lines().map(|line| pair(line, '\t')).collect(),
        "sol" => {
            let lines = text.lines().filter_map(|line| line.strip_prefix("l "));
            lines.map(|line| pair(line, ' ')).map(|(name, color)| (name, color - 1)).collect()
        }
        "csv" => {
            let mut rows = csv::Reader::from_reader(text.as_bytes());
            assert_eq!(rows.headers().unwrap(), vec!["vertex", "colour"]);
            rows.records()
                .map(Result::unwrap)
                .map(|row| (row[0].to_owned(), number(&row[1])))
                .collect()
        }
        "json" => {
            let json: Value = serde_json::from_str(text).unwrap();
            let colors = json["colors"].as_array().unwrap().iter().map(|c| c.as_u64().unwrap());
            let named = |labels: &Value| {
                let labels = labels.as_array().unwrap().iter();
                labels.map(|label| label.as_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            let names = match json.get("labels") {
                Some(labels) => named(labels),
                None => {
                    assert_eq!(json["first_vertex"], 1);
                    (1..=names.len()).map(|v| v.to_string()).collect()
                }
            };
            names.into_iter().zip(colors).collect()
        }
        "dot" => {
            let vertices = text.lines().filter_map(|line| line.split_once(" [class=\""));
            vertices
                .map(|(name, rest)| {
                    let name = name.trim().strip_prefix('"').unwrap().strip_suffix('"').unwrap();
                    (name.replace("\\\"", "\""), number(rest.split_once('"').unwrap().0))
                })
                .collect()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn every_form_calls_the_vertices_as_the_file_does_and_is_read_back() {
    let folder = Folder::new();
    for (name, text, names) in GRAPHS {
        let graph = folder.file(name, text);
        let color = |output: &Path| {
            let mut command = prism!["color", "-q", &graph, "--threads", "1", "-o", output];
            command.args(["--moves", "1000"]);
            command
        };
        let mut all = Vec::new();
        for form in ["txt", "sol", "csv", "json", "dot"] {
            let output = folder.path(&format!("{name}.{form}"));
            color(&output).code(0);
            let written = std::fs::read_to_string(&output).unwrap();
            let colors = parse(form, &written, names);
            let mut called: Vec<&str> = colors.keys().map(String::as_str).collect();
            let mut expected = names.to_vec();
            called.sort_unstable();
            expected.sort_unstable();
            assert_eq!(called, expected, "{name} {form}: {written}");
            all.push(colors);
            let count = verified(&graph, &output);
            // What was written is what a further run keeps to, colour by colour ...
            let again = folder.path("again.txt");
            color(&again).arg("--precolor").arg(&output).code(0);
            let kept = parse("txt", &std::fs::read_to_string(&again).unwrap(), names);
            assert_eq!(Some(&kept), all.last(), "{name} {form}");
            // ... and starts from.
            let warm = prism!["color", "-q", "--json", "--moves", "0", &graph, "--warm-start"]
                .arg(&output)
                .code(0)
                .json();
            assert_eq!(warm["history"][0]["k"], count, "{name} {form}: {warm}");
            assert_eq!(warm["history"][0]["engine"], "warm start", "{name} {form}: {warm}");
        }
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{name}: {all:?}");
        // The report has them too.
        let report = prism!["color", "-q", "--json", "--threads", "1", &graph].code(0);
        assert_eq!(parse("json", report.stdout(), names), all[0], "{name}");
    }
}

#[test]
fn dimacs_lines_say_which_numbers_they_have() {
    let folder = Folder::new();
    for (name, text, says) in [
        ("a.edges", "0 1\n1 2\n", "c vertices: numbers from 0, as in the file"),
        ("b.edges", "0 1\n1 3\n", "c vertices: numbers, as in the file"),
        ("c.edges", "x y\n", "c vertices: names, as in the file"),
        ("d.col", "p edge 2 1\ne 1 2\n", "c vertices: numbers from 1, as in the file"),
    ] {
        let graph = folder.file(name, text);
        let done = prism!["color", "-q", &graph, "--output-format", "dimacs"].code(0);
        assert!(done.stdout().contains(says), "{name}: {done:?}");
    }
}

#[test]
fn numbers_of_another_base_are_refused() {
    let folder = Folder::new();
    let graph = folder.file("from-0.edges", "0 1\n1 2\n0 2\n2 3\n");
    let shifted = folder.file("shifted.sol", "s col 3\nl 1 1\nl 2 2\nl 3 3\nl 4 1\n");
    let done = prism!["verify", &graph, &shifted].code(3);
    done.fails(&["line 5", "one of 4 vertices, counted from 0", "\"4\""]);
    let graph = folder.file("from-1.col", "p edge 4 4\ne 1 2\ne 2 3\ne 1 3\ne 3 4\n");
    let shifted = folder.file("shifted.txt", "0\t0\n1\t1\n2\t2\n3\t0\n");
    prism!["verify", &graph, &shifted].code(3).fails(&["line 1", "counted from 1", "\"0\""]);
}

#[test]
fn a_picture_is_refused_until_it_can_be_drawn() {
    let folder = Folder::new();
    for name in ["x.svg", "x.SVG.gz"] {
        let output = folder.path(name);
        let done = prism!["color", "-q", graph("queen8_8"), "-o", &output].code(2);
        done.fails(&[name, "not drawn yet", ".dot"]);
    }
    assert!(folder.names().is_empty());
    // Whoever names a format gets it.
    let output = folder.path("x.svg");
    prism!["color", "-q", "--moves", "0", graph("queen8_8"), "-o", &output]
        .args(["--output-format", "csv"])
        .code(0);
    assert!(std::fs::read_to_string(&output).unwrap().starts_with("vertex,colour\n1,"));
}

#[test]
fn a_drawing_has_each_edge_and_a_fill_for_each_colour() {
    let folder = Folder::new();
    let output = folder.path("x.dot.gz");
    prism!["color", "-q", "--moves", "0", graph("myciel5"), "-o", &output].code(0);
    let packed = std::fs::File::open(&output).unwrap();
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(packed)).unwrap();
    assert_eq!(text.matches(" -- ").count(), 71);
    let fills: std::collections::BTreeSet<&str> =
        text.split("fillcolor=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
    assert_eq!(fills.len() as u64, verified(graph("myciel5"), &output));
}
