//! Small files as people have them: each gives the right answer, or is refused with a text that helps.
//!
//! They are not part of the repository. `PRISM_DATA` names their folder (default: `../shared` beside the
//! workspace); without it the tests pass with a message, unless `PRISM_REQUIRE_DATA=1`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::common::{Done, Folder, Run, verified};

/// One of the files, or none when the folder is missing and may be.
fn case(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PRISM_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let folder = root.join("cases");
    if folder.join("README.md").exists() {
        return Some(folder.join(name));
    }
    let required = std::env::var_os("PRISM_REQUIRE_DATA").is_some_and(|value| value == "1");
    assert!(!required, "{} is missing and PRISM_REQUIRE_DATA=1", folder.display());
    println!("skipped: {} is missing", folder.display());
    None
}

/// A file with its size and its chromatic number, and the names of its vertices.
struct Right {
    name: &'static str,
    vertices: u64,
    edges: u64,
    colors: u64,
    names: &'static [&'static str],
    /// What standard error has to say.
    notes: &'static [&'static str],
}

const RIGHT: [Right; 16] = [
    Right {
        name: "nm-no-gap.txt",
        vertices: 7,
        edges: 11,
        colors: 3,
        names: &["0", "1", "2", "3", "4", "5", "6"],
        notes: &["heading: 7 vertices (numbers 0 to 6) and 11 edges"],
    },
    Right {
        name: "nm-gap.txt",
        vertices: 9,
        edges: 10,
        colors: 4,
        names: &["0", "1", "2", "3", "4", "5", "6", "7", "8"],
        notes: &["heading: 9 vertices (numbers 0 to 8) and 10 edges"],
    },
    Right {
        name: "nm-not-a-heading.txt",
        vertices: 4,
        edges: 5,
        colors: 3,
        names: &["3", "4", "6", "9"],
        notes: &["3 numbers between the smallest and the largest"],
    },
    Right {
        name: "neighbours.csv",
        vertices: 7,
        edges: 11,
        colors: 4,
        names: &["Mer", "Nol", "Pas", "Qui", "Rov", "Tal", "Usk"],
        notes: &[],
    },
    Right {
        name: "neighbours-island.csv",
        vertices: 5,
        edges: 4,
        colors: 3,
        names: &["Mer", "Nol", "Pas", "Qui", "Vis"],
        notes: &[],
    },
    Right {
        name: "distances-edge.col",
        vertices: 5,
        edges: 7,
        colors: 3,
        names: &["1", "2", "3", "4", "5"],
        notes: &[
            "the distances of 6 edges were not read",
            "the demands of 3 vertices were not read",
        ],
    },
    Right {
        name: "distances-band.col",
        vertices: 5,
        edges: 7,
        colors: 3,
        names: &["1", "2", "3", "4", "5"],
        notes: &[
            "the distances of 9 edges were not read",
            "the demands of 3 vertices were not read",
        ],
    },
    Right {
        name: "square-unsymmetric.mtx",
        vertices: 6,
        edges: 7,
        colors: 3,
        names: &["1", "2", "3", "4", "5", "6"],
        notes: &["not symmetric", "A + A^T", "no compression of the columns"],
    },
    Right {
        name: "square-cycle.mtx",
        vertices: 5,
        edges: 5,
        colors: 3,
        names: &["1", "2", "3", "4", "5"],
        notes: &["not symmetric", "A + A^T", "no compression of the columns"],
    },
    Right {
        name: "zero-based.edges",
        vertices: 6,
        edges: 8,
        colors: 3,
        names: &["0", "1", "2", "3", "4", "5"],
        notes: &[],
    },
    Right {
        name: "zero-based-gap.edges",
        vertices: 5,
        edges: 6,
        colors: 3,
        names: &["0", "1", "2", "4", "5"],
        notes: &["1 number between the smallest and the largest"],
    },
    Right {
        name: "one-percent.mtx",
        vertices: 6,
        edges: 8,
        colors: 4,
        names: &["1", "2", "3", "4", "5", "6"],
        notes: &["%%MatrixMarket"],
    },
    Right {
        name: "wheel.g6",
        vertices: 8,
        edges: 14,
        colors: 4,
        names: &["0", "1", "2", "3", "4", "5", "6", "7"],
        notes: &[],
    },
    Right {
        name: "wheel-header.g6",
        vertices: 8,
        edges: 14,
        colors: 4,
        names: &["0", "1", "2", "3", "4", "5", "6", "7"],
        notes: &[],
    },
    Right {
        name: "plan.dot",
        vertices: 5,
        edges: 5,
        colors: 3,
        names: &["night desk", "gate", "yard", "kitchen", "office"],
        notes: &[],
    },
    Right {
        name: "matrix.csv",
        vertices: 6,
        edges: 8,
        colors: 3,
        names: &["0", "1", "2", "3", "4", "5"],
        notes: &[],
    },
];

/// The lines of standard error that are notes.
fn notes(done: &Done) -> Vec<&str> {
    done.stderr().lines().filter(|line| line.starts_with("note: ")).collect()
}

/// The colours by vertex in a CSV file.
fn colors(text: &str) -> BTreeMap<String, u64> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let pair = |row: csv::StringRecord| (row[0].to_owned(), row[1].parse().unwrap());
    reader.records().map(|row| pair(row.unwrap())).collect()
}

#[test]
fn files_as_people_have_them_give_the_right_answer() {
    let folder = Folder::new();
    for right in RIGHT {
        let Some(file) = case(right.name) else { return };
        let name = right.name;
        let info = prism!["info", "--json", &file].code(0).json();
        assert_eq!(info["vertices"], right.vertices, "{name}: {info}");
        assert_eq!(info["edges"], right.edges, "{name}: {info}");
        let output = folder.path("colors.csv");
        let done = prism!["color", "--threads", "1", &file, "-o", &output].code(0);
        done.says(right.notes);
        assert!(done.stderr().contains(": optimal"), "{name}: {done:?}");
        let said = notes(&done);
        assert_eq!(said.is_empty(), right.notes.is_empty(), "{name}: {said:?}");
        assert_eq!(verified(&file, &output), right.colors, "{name}");
        let mut names = right.names.to_vec();
        names.sort_unstable();
        let colored = colors(&std::fs::read_to_string(&output).unwrap());
        assert_eq!(colored.keys().collect::<Vec<_>>(), names, "{name}");
    }
}

#[test]
fn what_is_not_read_as_meant_is_an_error_when_strict() {
    for (name, words) in [
        ("distances-edge.col", "distances of 6 edges"),
        ("distances-band.col", "distances of 9 edges"),
        ("square-unsymmetric.mtx", "not symmetric"),
        ("square-cycle.mtx", "not symmetric"),
    ] {
        let Some(file) = case(name) else { return };
        prism!["color", "-q", "--strict", &file].code(3).fails(&[name, "strict reading", words]);
    }
    for name in ["lonely.edges", "nm-gap.txt", "wheel.g6", "neighbours.csv", "matrix.csv"] {
        let Some(file) = case(name) else { return };
        prism!["color", "-q", "--strict", &file].code(0);
    }
}

#[test]
fn what_is_no_graph_is_refused() {
    for (name, words) in [
        ("rectangular.mtx", &["square matrix", "4 rows and 7 columns"][..]),
        ("enrolments.csv", &["enrolments", "--bipartite", "student,course"]),
        ("six.crs", &["this looks like Carter's list of exams", ".crs"]),
        ("six.stu", &["this looks like Carter's list of students", ".stu"]),
        ("dashes.txt", &["a dash between", "\"a b\""]),
    ] {
        let Some(file) = case(name) else { return };
        for command in ["color", "bounds", "info"] {
            let done = prism![command, &file].code(3);
            done.fails(&[name]).says(words);
            assert_eq!(done.stdout(), "", "{name}");
        }
    }
}

#[test]
fn enrolments_are_a_bipartite_graph_when_that_is_asked_for() {
    let Some(file) = case("enrolments.csv") else { return };
    let done = prism!["color", "--bipartite", &file, "--output-format", "csv"].code(0);
    done.says(&["the first line was taken for a heading", "2 colours"]);
    let colored = colors(done.stdout());
    assert_eq!(colored.len(), 15);
    assert!(colored.contains_key("Dance, modern") && !colored.contains_key("student"));
}

#[test]
fn a_name_alone_on_a_line_is_a_vertex() {
    let Some(file) = case("lonely.edges") else { return };
    let done = prism!["color", &file, "--output-format", "csv"].code(0);
    assert_eq!(notes(&done), [""; 0]);
    let colored = colors(done.stdout());
    assert_eq!(colored.keys().collect::<Vec<_>>(), ["kit", "lou", "max", "ned", "zoe"]);
    assert_eq!(colored.values().max(), Some(&2));
}

#[test]
fn fixed_colours_are_read_as_graphs_are() {
    let (Some(rooms), Some(fixed)) = (case("rooms.csv"), case("rooms-fixed.csv")) else { return };
    let folder = Folder::new();
    let output = folder.path("colors.csv");
    prism!["color", "-q", &rooms, "-o", &output].code(0);
    assert_eq!(verified(&rooms, &output), 3);
    prism!["color", "-q", &rooms, "--precolor", &fixed, "-o", &output].code(0);
    assert_eq!(verified(&rooms, &output), 4);
    let colored = colors(&std::fs::read_to_string(&output).unwrap());
    for (name, color) in [("Lab, upper", 0), ("East hall", 2), ("Cellar", 1)] {
        assert_eq!(colored[name], color, "{colored:?}");
    }
}
