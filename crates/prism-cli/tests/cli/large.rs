//! Graphs that are too large for the tables of the searches.

use std::fmt::Write;

use crate::common::{Folder, Run, verified};

/// A sparse random graph, and one vertex that is adjacent to all others: more neighbours than the
/// tables can count, and none of them can be left out.
#[test]
fn the_search_goes_on_without_tables() {
    let folder = Folder::new();
    let sparse = folder.path("sparse.edges");
    prism!["generate", "gnp", "70000", "0.0003", "-o"].arg(&sparse).code(0);
    let mut edges = std::fs::read_to_string(&sparse).unwrap();
    for v in 0..70_000 {
        writeln!(edges, "{v} 70000").unwrap();
    }
    let graph = folder.file("hub.edges", edges);
    let output = folder.path("colors.txt");
    let run = |output: &std::path::Path| {
        let mut command = prism!["color", "--quiet", "--json", "--threads", "1"];
        command.args(["--moves", "300000", "-o"]).arg(output).arg(&graph);
        command.code(0).json()
    };
    let result = run(&output);
    assert_eq!(result["status"], "move_limit", "{result}");
    let engines = result["engines"].as_array().unwrap();
    let moves = |name: &str| {
        let engine = engines.iter().find(|engine| engine["engine"] == name);
        engine.map_or(0, |engine| engine["moves"].as_u64().unwrap())
    };
    assert!(moves("iterated-greedy") >= 300_000, "{result}");
    assert_eq!(moves("tabucol"), 0, "{result}");
    assert_eq!(result["num_colors"], verified(&graph, &output));
    let again = folder.path("again.txt");
    assert_eq!(run(&again)["num_colors"], result["num_colors"]);
    assert_eq!(std::fs::read(again).unwrap(), std::fs::read(output).unwrap());
}
