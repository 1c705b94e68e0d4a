//! Lists of allowed colours: colourings within them, proofs that there is none, and exit code 7.

use std::io::Write;
use std::path::PathBuf;

use serde_json::Value;

use crate::common::{Folder, Run, graph};

/// A cycle of four, and lists that leave one colouring: a 0, b 1, c 0, d 2.
const CYCLE: &str = "a b\nb c\nc d\nd a\n";
const LISTS: &str = "a 0\nb 1 0\nc 0 5\nd 2\n";

/// The folder of small inputs as people have them, if it is there.
fn cases() -> Option<PathBuf> {
    let data = std::env::var_os("PRISM_DATA").map(PathBuf::from);
    let data =
        data.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").into());
    let cases = data.join("cases");
    if !cases.is_dir() {
        assert!(std::env::var_os("PRISM_REQUIRE_DATA").is_none(), "{} is missing", cases.display());
        let _ = writeln!(std::io::stderr(), "skipped: {} is not there", cases.display());
        return None;
    }
    Some(cases)
}

#[test]
fn a_coloring_is_within_the_lists() {
    let folder = Folder::new();
    let (cycle, lists) = (folder.file("g.txt", CYCLE), folder.file("lists", LISTS));
    let output = folder.path("colors");
    let report = prism!["color", "--json", "--allowed", &lists, &cycle, "-o", &output].code(0);
    report.says(&["3 colours, lower bound 3", "optimal"]);
    let report = report.json();
    assert_eq!((&report["num_colors"], &report["optimal"]), (&3.into(), &true.into()));
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "a\t0\nb\t1\nc\t0\nd\t2\n");
    prism!["verify", "--allowed", &lists, &cycle, &output].code(0);
    // The colours are those of the lists, not the first ones.
    let high = folder.file("high", "a 40\nb 7\nc 40 7\n");
    let done = prism!["color", "-q", "--allowed", &high, &cycle].code(0);
    assert!(done.stdout().starts_with("a\t40\nb\t7\nc\t40\nd\t"), "{}", done.stdout());
}

#[test]
fn verify_checks_lists_and_given_colors() {
    let folder = Folder::new();
    let (cycle, lists) = (folder.file("g.txt", CYCLE), folder.file("lists", LISTS));
    let given = folder.file("given", "c 4\n");
    let other = folder.file("other", "a 0\nb 1\nc 4\nd 2\n");
    prism!["verify", &cycle, &other].code(0);
    prism!["verify", "--precolor", &given, &cycle, &other].code(0);
    let told = prism!["verify", "--allowed", &lists, &cycle, &other].code(5);
    told.fails(&["vertex c has colour 4, but its list is 0 5"]);
    let kept = folder.file("kept", "a 0\nb 1\nc 0\nd 2\n");
    let told = prism!["verify", "--precolor", &given, &cycle, &kept].code(5);
    told.fails(&["vertex c has colour 0, but it is precoloured 4"]);
}

#[test]
fn lists_that_nothing_satisfies_are_7_and_nothing_is_written() {
    let folder = Folder::new();
    let cycle = folder.file("g.txt", CYCLE);
    let complete = folder.path("complete.col");
    prism!["generate", "gnp", "5", "1", "-o", &complete].code(0);
    let few: String = (1..=5).map(|v| format!("{v} 0 1 2 3\n")).collect();
    for (graph, lists, given, words) in [
        (&cycle, "a 0\nb 0 1\nc 1\n", "", "the neighbours of vertex b leave it no colour"),
        (&cycle, "a 0\nb 0\n", "", "adjacent vertices a and b may both have colour 0 only"),
        (&cycle, "a 0 1\n", "a 2\n", "vertex a may have no colour at all"),
        (&cycle, "", "a 1\nb 1\n", "adjacent vertices a and b are both precoloured 1"),
        (&complete, &*few, "", "all possibilities are ruled out"),
    ] {
        let output = folder.file("colors", "old");
        let given = folder.file("given", given);
        let mut command = prism!["color", "--json", graph, "--precolor", given, "-o", &output];
        if !lists.is_empty() {
            command.arg("--allowed").arg(folder.file("lists", lists));
        }
        let done = command.code(7);
        done.fails(&["no colouring exists", words]);
        let report = done.json();
        assert_eq!(report["status"], "infeasible", "{report}");
        assert_eq!((&report["num_colors"], &report["optimal"]), (&Value::Null, &false.into()));
        assert_eq!(std::fs::read_to_string(&output).unwrap(), "old");
    }
}

#[test]
fn what_is_not_found_is_1_and_not_called_impossible() {
    let folder = Folder::new();
    let lists: String =
        (1..=125).map(|v| format!("{v} 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14\n")).collect();
    let lists = folder.file("lists", lists);
    let done = prism!["color", "--json", "--moves", "20000", "--threads", "1"]
        .args(["--allowed".as_ref(), lists.as_os_str(), graph("gnp125_5").as_os_str()])
        .code(1);
    done.fails(&[
        "no colouring within the lists was found, and it is not proved that there is none",
    ]);
    assert_eq!(
        (&done.json()["status"], &done.json()["num_colors"]),
        (&"move_limit".into(), &Value::Null)
    );
}

#[test]
fn targets_count_different_colors() {
    let folder = Folder::new();
    let (cycle, lists) = (folder.file("g.txt", CYCLE), folder.file("lists", LISTS));
    let color = |target: &str, code| {
        let done = prism!["color", "--json", "--allowed", &lists, &cycle, "-k", target].code(code);
        done.json()["status"].clone()
    };
    assert_eq!(color("3", 0), "optimal");
    // The best colouring is written all the same.
    assert_eq!(color("2", 7), "optimal");
    let done = prism!["color", "-q", "--allowed", &lists, &cycle, "-k", "2"].code(7);
    assert_eq!(done.stdout(), "a\t0\nb\t1\nc\t0\nd\t2\n");
    done.fails(&["2 colours cannot be had within the lists: at least 3 are needed"]);
    // Three given colours are three colours.
    let given = folder.file("given", "a 0\nb 1\nc 2\n");
    let done = prism!["color", "-q", "--precolor", &given, &cycle, "-k", "2"].code(7);
    done.fails(&["2 colours cannot be had with the given colours: at least 3 are needed"]);
}

#[test]
fn constructions_do_not_heed_lists() {
    let folder = Folder::new();
    let (cycle, lists) = (folder.file("g.txt", CYCLE), folder.file("lists", LISTS));
    let told = prism!["color", "--method", "dsatur", "--allowed", &lists, &cycle].code(2);
    told.fails(&["--method dsatur does not heed the lists of --allowed"]);
    prism!["color", "-q", "--method", "tabucol", "--allowed", &lists, &cycle].code(0);
}

#[test]
fn the_cases_of_lists_are_answered_rightly() {
    let Some(cases) = cases() else { return };
    let edges = cases.join("lists.edges");
    let folder = Folder::new();
    let output = folder.path("colors");
    let possible = cases.join("lists-possible.txt");
    let done =
        prism!["color", "-q", "--json", "--allowed", &possible, &edges, "-o", &output].code(0);
    assert_eq!((&done.json()["num_colors"], &done.json()["optimal"]), (&3.into(), &true.into()));
    prism!["verify", "--allowed", &possible, &edges, &output].code(0);
    let impossible = cases.join("lists-impossible.txt");
    prism!["color", "-q", "--allowed", impossible, &edges].code(7).fails(&["no colouring exists"]);
}
