//! `info`, `bounds`, help and completions: what the program says about graphs and about itself.

use serde_json::Value;

use crate::common::{Folder, PEOPLE, Run, graph};

#[test]
fn info_describes_a_graph() {
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    let info = prism!["info", "--json", &people].code(0).json();
    for (field, value) in [
        ("vertices", 4),
        ("edges", 4),
        ("min_degree", 1),
        ("max_degree", 3),
        ("degeneracy", 2),
        ("components", 1),
        ("largest_component", 4),
        ("dropped_self_loops", 0),
    ] {
        assert_eq!(info[field], value, "{field}");
    }
    assert_eq!((&info["format"], &info["bipartite"]), (&"edge-list".into(), &false.into()));
    let text = prism!["info", &people].code(0);
    assert!(text.stdout().lines().any(|l| l.starts_with("vertices ") && l.ends_with(" 4")));
    let grid = prism!["generate", "grid3d", "3", "3", "3"].code(0);
    let info = prism!["info", "--json", "-"].fed(&grid.output.stdout, 0).json();
    assert_eq!(info["bipartite"], true);
}

#[test]
fn info_shows_how_many_vertices_have_each_degree() {
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    let info = prism!["info", "--json", &people].code(0).json();
    let rows = [(1, 1), (2, 2), (3, 1)];
    let rows = rows.map(|(d, n)| serde_json::json!({"degree": d, "vertices": n}));
    assert_eq!(info["degree_histogram"], serde_json::json!(rows));
    let text = prism!["info", &people].code(0);
    let drawn = "\ndegree  vertices\n     1         1  ####################\n     2         2  ###";
    assert!(text.stdout().contains(drawn), "{text:?}");
    // Where each vertex has a degree of its own there are fewer rows than degrees.
    let star = prism!["generate", "rmat", "12"].code(0);
    let text = prism!["info", "-"].fed(&star.output.stdout, 0);
    let (_, drawn) = text.stdout().split_once("\n\n").unwrap();
    let counts = drawn.lines().skip(1).map(|line| line.split_whitespace().nth(1).unwrap());
    let counts: Vec<usize> = counts.map(|count| count.parse().unwrap()).collect();
    assert_eq!(counts.iter().sum::<usize>(), 4096, "{drawn}");
    assert!(counts.len() <= 33, "{drawn}");
}

/// The witness of some bounds, sorted.
fn witness(bounds: &Value) -> Vec<&str> {
    let names = bounds["witness"].as_array().unwrap();
    let mut names: Vec<&str> = names.iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn bounds_come_with_what_proves_them() {
    let folder = Folder::new();
    let pentagon = folder.file("c5.col", "p edge 5 5\ne 1 2\ne 2 3\ne 3 4\ne 4 5\ne 1 5\n");
    let bounds = prism!["bounds", "--json", &pentagon].code(0).json();
    assert_eq!((&bounds["chromatic_number"], &bounds["proof"]), (&3.into(), &"odd cycle".into()));
    assert_eq!(witness(&bounds), ["1", "2", "3", "4", "5"]);
    // The Groetzsch graph: no triangle, four colours.
    let groetzsch = folder.path("groetzsch.col");
    prism!["generate", "mycielski", "4", "-o", &groetzsch].code(0);
    let bounds = prism!["bounds", "--json", &groetzsch].code(0).json();
    assert_eq!((&bounds["lower_bound"], &bounds["clique_size"]), (&4.into(), &2.into()));
    assert_eq!(bounds["proof"], "generalised Mycielskian");
    // Six queens a row, but no six sets of six that cover the board: only search tells.
    let queens = folder.path("queens.col");
    prism!["generate", "queens", "6", "6", "-o", &queens].code(0);
    let bounds = prism!["bounds", "--json", &queens].code(0).json();
    assert_eq!(
        (&bounds["chromatic_number"], &bounds["proof"]),
        (&7.into(), &"exhaustive search".into())
    );
    let people = folder.file("people.txt", PEOPLE);
    let bounds = prism!["bounds", "--json", &people].code(0).json();
    assert_eq!((&bounds["lower_bound"], &bounds["proof"]), (&3.into(), &"clique".into()));
    assert_eq!(witness(&bounds), ["alice", "bob", "carol"]);
    let text = prism!["bounds", &people].code(0);
    assert!(text.stdout().lines().any(|l| l.starts_with("lower bound ") && l.ends_with(" 3")));
}

#[test]
fn bounds_that_do_not_meet_say_between_which_numbers_it_is() {
    for limit in [&["--work", "1"][..], &["-t", "100ms"], &["-t", "0"]] {
        let text = prism!["bounds", "-q", graph("gnp125_5")].args(limit).code(0);
        let value = |name: &str| {
            let found = text.stdout().lines().find_map(|line| line.strip_prefix(name));
            found.unwrap().trim().to_owned()
        };
        let (lower, upper) = (value("lower bound "), value("upper bound "));
        assert_ne!(lower, upper);
        assert_eq!(value("chromatic number "), format!("unknown, {lower} to {upper}"));
        let json = prism!["bounds", "-q", "--json", graph("gnp125_5")].args(limit).code(0).json();
        assert_eq!(json["chromatic_number"], Value::Null, "{json}");
    }
    // With a limit it goes on until the bounds meet.
    let json = prism!["bounds", "-q", "--json", "-t", "100s", graph("queen8_8")].code(0).json();
    assert_eq!(json["chromatic_number"], 9, "{json}");
}

#[test]
fn help_mentions_the_exit_codes() {
    for arguments in [&["--help"][..], &["color", "--help"], &["color", "-h"]] {
        let done = prism![].args(arguments).code(0);
        // Lines break where the terminal ends.
        let text = done.stdout().split_whitespace().collect::<Vec<_>>().join(" ");
        for words in
            ["Exit codes: 0 done", " 1 ", " 2 ", " 3 ", " 4 ", " 5 ", " 6 ", "130 ", "143 "]
        {
            assert!(text.contains(words), "{arguments:?}: no {words:?}");
        }
    }
    let version = prism!["--version"].code(0);
    assert_eq!(version.stdout(), concat!("prism ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn no_line_of_a_help_is_broken_twice() {
    for width in [60, 72, 90] {
        for command in ["", "color", "bench"] {
            let mut help = prism![];
            help.args([command].iter().filter(|name| !name.is_empty())).arg("--help");
            let text = help.env("COLUMNS", width.to_string()).code(0);
            let lines: Vec<&str> = text.stdout().lines().collect();
            assert!(lines.iter().any(|line| line.len() > width / 2), "{lines:?}");
            for pair in lines.windows(2) {
                let is_text =
                    |line: &str| line.starts_with(|c: char| c.is_alphanumeric() || c == '-');
                if is_text(pair[0]) && is_text(pair[1]) && !pair[0].ends_with(':') {
                    let next = pair[1].split(' ').next().unwrap();
                    let room = pair[0].len() + 1 + next.len() <= width;
                    assert!(!room, "{command}, width {width}: {pair:?}");
                }
            }
        }
    }
}

#[test]
fn help_says_what_there_is_to_know() {
    let text = prism!["color", "--help"].code(0);
    let text = text.stdout().split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "a number alone is seconds",
        "Its parts: k, the number of colours",
        "when the lower bound says",
        "If two apply: 5 before 4",
    ] {
        assert!(text.contains(words), "no {words:?}");
    }
}

#[test]
fn every_subcommand_has_help() {
    let commands = [
        "color",
        "verify",
        "bounds",
        "info",
        "generate",
        "convert",
        "bench",
        "devices",
        "completions",
    ];
    let all = prism!["--help"].code(0);
    for command in commands {
        assert!(all.stdout().contains(&format!("  {command} ")), "{command} is not listed");
        let help = prism![command, "--help"].code(0);
        assert!(help.stdout().contains(&format!("Usage: prism {command}")), "{help:?}");
    }
}

#[test]
fn help_has_a_help() {
    let help = prism!["help", "help"].code(0);
    assert!(help.stdout().contains("Usage: prism help [COMMAND]"), "{help:?}");
    for flag in ["--help", "-h"] {
        assert_eq!(prism!["help", flag].code(0).stdout(), help.stdout());
        for command in [&["color"][..], &["generate"], &["generate", "sudoku"]] {
            let asked = prism!["help"].args(command).arg(flag).code(0);
            assert_eq!(asked.stdout(), prism!["help"].args(command).code(0).stdout());
        }
        prism!["generate", "help", flag].code(0);
    }
    // A file may be called so.
    let folder = Folder::new();
    folder.file("help", PEOPLE);
    let mut command = prism!["info", "help", "--json"];
    assert_eq!(command.current_dir(folder.path("")).code(0).json()["vertices"], 4);
}

#[test]
fn completions_know_the_options() {
    for shell in ["bash", "zsh", "fish"] {
        let script = prism!["completions", shell].code(0);
        for word in ["prism", "color", "target-colors", "warm-start", "dimacs-binary", "edge-list"]
        {
            assert!(script.stdout().contains(word), "{shell}: no {word}");
        }
    }
}
