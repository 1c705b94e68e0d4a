//! The benchmark files that PRISM is measured on: every one is read and has the vertices and edges that
//! its index says.
//!
//! They are not part of the repository. `PRISM_DATA` names their folder (default: `../shared`
//! beside the workspace); without it the tests pass with a message, unless `PRISM_REQUIRE_DATA=1`.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::PathBuf;

use prism_core::io::{self, Format, Note, ReadOptions};

/// A folder of the benchmark data, or none when it is missing and may be.
fn data(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PRISM_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let required = std::env::var_os("PRISM_REQUIRE_DATA").is_some_and(|value| value == "1");
    find(root.join(folder), required)
}

fn find(path: PathBuf, required: bool) -> Option<PathBuf> {
    if path.join("INDEX.csv").exists() {
        return Some(path);
    }
    assert!(!required, "{} is missing and PRISM_REQUIRE_DATA=1", path.display());
    println!("skipped: {} is missing", path.display());
    None
}

#[test]
#[should_panic(expected = "/nonexistent/dimacs is missing and PRISM_REQUIRE_DATA=1")]
fn data_that_are_required_must_be_there() {
    assert_eq!(find("/nonexistent/dimacs".into(), false), None);
    find("/nonexistent/dimacs".into(), true);
}

/// The fields of a line of comma-separated values with quotes.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}

/// The index as columns name, n, m, files.
fn index(folder: &std::path::Path, columns: [&str; 4]) -> Vec<[String; 4]> {
    let text = std::fs::read_to_string(folder.join("INDEX.csv")).unwrap();
    let mut lines = text.lines().map(fields);
    let heading = lines.next().unwrap();
    let places = columns.map(|column| heading.iter().position(|name| name == column).unwrap());
    lines.map(|line| places.map(|place| line[place].clone())).collect()
}

fn check(path: &std::path::Path, n: &str, m: &str, format: Format) {
    let loaded = io::read_path(path, &ReadOptions::default()).unwrap();
    assert_eq!(loaded.format, format, "{}", path.display());
    let (n, notes) = match format {
        // The index counts 0 and the numbers that no line uses; the file itself says 7115.
        Format::EdgeList => ("7115", vec![Note::Gaps(1180)]),
        _ => (n, vec![]),
    };
    assert_eq!(loaded.notes, notes, "{}", path.display());
    let (found_n, found_m) = (loaded.graph.n().to_string(), loaded.graph.m().to_string());
    assert_eq!((&*found_n, &*found_m), (n, m), "{}", path.display());
}

#[test]
fn every_dimacs_file_has_the_size_that_the_index_says() {
    let Some(folder) = data("dimacs") else { return };
    let rows = index(&folder, ["name", "n", "m", "name"]);
    for [name, n, m, _] in &rows {
        check(&folder.join(format!("{name}.col.gz")), n, m, Format::DimacsCol);
    }
    assert!(rows.len() > 100);
}

#[test]
fn every_real_graph_has_the_size_that_the_index_says() {
    let Some(folder) = data("realworld") else { return };
    let mut checked = 0;
    for [name, n, m, files] in index(&folder, ["name", "n", "m", "files"]) {
        for file in files.split(' ') {
            let format = match file.trim_end_matches(".gz") {
                file if file.ends_with(".egr") => Format::Ecl,
                file if file.ends_with(".col") => Format::DimacsCol,
                file if file.ends_with(".graph") => Format::Metis,
                "wiki-Vote.txt" => Format::EdgeList,
                // Student lists and maps that the graphs were made from.
                _ => continue,
            };
            assert!(!n.is_empty(), "{name}");
            check(&folder.join(file), &n, &m, format);
            checked += 1;
        }
    }
    assert!(checked > 30, "{checked}");
}
