//! `prism color`: its outputs agree with each other, and its options do what they say.

use std::process::Command;

use serde_json::Value;

use crate::common::{Folder, PEOPLE, Run, graph, verified};

/// A search that ends soon and is the same everywhere.
fn short(name: &str) -> Command {
    let mut command = prism!["color", "--quiet", "--threads", "1", "--moves", "50000"];
    command.arg(graph(name));
    command
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let color = |seed: &str| short("gnp125_5").args(["--seed", seed]).code(0).output.stdout;
    assert_eq!(color("7"), color("7"));
    assert_ne!(color("7"), color("8"), "the seed has no effect");
}

#[test]
fn all_output_formats_are_verified() {
    let folder = Folder::new();
    let mut counts = Vec::new();
    for format in ["plain", "dimacs", "json", "csv", "dot"] {
        let output = folder.path(format);
        short("flat150_10").args(["--output-format", format, "-o"]).arg(&output).code(0);
        counts.push(verified(graph("flat150_10"), &output));
    }
    assert!(counts.iter().all(|&count| count == counts[0]), "{counts:?}");
    let plain = std::fs::read_to_string(folder.path("plain")).unwrap();
    assert_eq!(plain.lines().count(), 150);
    let dimacs = std::fs::read_to_string(folder.path("dimacs")).unwrap();
    assert!(dimacs.starts_with(&format!("s col {}\nc vertices: ", counts[0])), "{dimacs}");
    let json: Value = serde_json::from_slice(&std::fs::read(folder.path("json")).unwrap()).unwrap();
    assert_eq!(json["num_colors"], counts[0]);
}

#[test]
fn the_ending_of_the_output_decides_its_format() {
    let folder = Folder::new();
    for (name, start) in [
        ("a.txt", &b"0\n"[..]),
        ("a.sol", b"s col 6\n"),
        ("a.json", b"{"),
        ("a.txt.gz", b"\x1f\x8b"),
    ] {
        let output = folder.path(name);
        short("myciel6").arg("-o").arg(&output).code(0);
        assert_eq!(verified(graph("myciel6"), &output), 6, "{name}");
        assert!(std::fs::read(&output).unwrap().starts_with(start), "{name}");
    }
    assert_eq!(folder.names(), ["a.json", "a.sol", "a.txt", "a.txt.gz"]);
}

#[test]
fn the_json_report_agrees_with_the_coloring() {
    let folder = Folder::new();
    let output = folder.path("colors");
    let report =
        short("queen8_8").args(["--json", "--seed", "3", "-o"]).arg(&output).code(0).json();
    let colors = verified(graph("queen8_8"), &output);
    assert_eq!(report["num_colors"], colors);
    assert_eq!(report["optimal"], report["lower_bound"] == report["num_colors"]);
    assert_eq!((&report["seed"], &report["threads"]), (&3.into(), &1.into()));
    assert!(report["moves"].as_u64().unwrap() <= 50_000, "{report}");
    let history = report["history"].as_array().unwrap();
    assert_eq!(history.last().unwrap()["k"], colors);
    let ks: Vec<u64> = history.iter().map(|entry| entry["k"].as_u64().unwrap()).collect();
    assert!(ks.windows(2).all(|pair| pair[0] > pair[1]), "{ks:?}");
    assert!(report.get("colors").is_none(), "they are in the file: {report}");
    assert!(report["cpu_seconds"].as_f64().unwrap() > 0.0, "{report}");
    assert!(report["peak_memory_bytes"].as_u64().unwrap() > 1 << 20, "{report}");
}

#[test]
fn the_json_report_holds_the_coloring_when_no_file_does() {
    let done = short("queen8_8").arg("--json").code(0);
    let report = done.json();
    assert_eq!(report["status"], "move_limit");
    assert_eq!(report["colors"].as_array().unwrap().len(), 64);
    let folder = Folder::new();
    let colors = folder.file("colors.json", done.stdout());
    assert_eq!(report["num_colors"], verified(graph("queen8_8"), colors));
}

#[test]
fn events_are_lines_of_json() {
    let folder = Folder::new();
    let (events, output) = (folder.path("events"), folder.path("colors"));
    short("gnp125_5").arg("--events").arg(&events).arg("-o").arg(&output).code(0);
    let text = std::fs::read_to_string(&events).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kind = |line: &Value| line["event"].as_str().unwrap().to_owned();
    assert_eq!(kind(&lines[0]), "started");
    assert_eq!(kind(&lines[lines.len() - 1]), "finished");
    assert_eq!(lines[lines.len() - 1]["k"], verified(graph("gnp125_5"), &output));
    for expected in ["lower_bound", "improved", "searching"] {
        assert!(lines.iter().any(|line| kind(line) == expected), "no {expected} in {text}");
    }
}

#[test]
fn events_go_to_standard_error_for_a_dash() {
    let done = short("queen8_8").args(["--events", "-"]).code(0);
    let mut kinds = Vec::new();
    for line in done.stderr().lines() {
        kinds.push(serde_json::from_str::<Value>(line).unwrap()["event"].clone());
    }
    assert_eq!(kinds.first().unwrap(), "started");
    assert_eq!(kinds.last().unwrap(), "finished");
}

#[test]
fn a_summary_is_shown_unless_quiet() {
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    let done = prism!["color", "--threads", "1", &people].code(0);
    done.says(&["people.txt: 3 colours", "optimal"]);
    assert!(!done.stderr().contains('\r'), "a progress line where there is no terminal");
    assert_eq!(prism!["color", "--quiet", &people].code(0).stderr(), "");
}

#[test]
fn the_json_report_has_the_names_of_the_vertices() {
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    let done = prism!["color", "-q", "--json", &people].code(0);
    assert_eq!(done.json()["labels"], serde_json::json!(["alice", "bob", "carol", "dave"]));
    assert_eq!(verified(&people, folder.file("colors.json", done.stdout())), 3);
    // With -o the colours are in the file, in the format asked for.
    let output = folder.path("colors");
    let done = prism!["color", "-q", "--json", "--output-format", "dimacs", "-o", &output, &people]
        .code(0);
    assert_eq!((done.json().get("labels"), done.json().get("colors")), (None, None));
    assert!(std::fs::read_to_string(&output).unwrap().contains("\nl alice "));
}

#[test]
fn one_colour_is_not_in_the_plural() {
    let folder = Folder::new();
    let lone = folder.file("lone.col", "p edge 2 0\n");
    let colors = folder.path("colors");
    prism!["color", &lone, "-o", &colors].code(0).says(&["lone.col: 1 colour, lower bound 1"]);
    assert_eq!(prism!["verify", &lone, &colors].code(0).stdout(), "proper, 1 colour\n");
}

#[test]
fn a_target_below_the_lower_bound_ends_at_once() {
    let done = short("leighton200_12").args(["--json", "-k", "3"]).code(7);
    done.fails(&["3 colours cannot be had: at least 12 are needed"]);
    let report = done.json();
    assert_eq!((&report["status"], &report["moves"]), (&"target_infeasible".into(), &0.into()));
}

#[test]
fn a_target_ends_the_search() {
    let done = short("gnp125_5").args(["--json", "-k", "20"]).code(0);
    let report = done.json();
    assert_eq!(report["status"], "target_reached");
    assert!(report["num_colors"].as_u64().unwrap() <= 20, "{report}");
}

#[test]
fn a_target_that_is_not_reached_is_answered_no() {
    let folder = Folder::new();
    // 14 colours are too few for the search, but not for the bound.
    for (name, target, chromatic, code) in
        [("myciel6", "5", 6, 7), ("leighton200_12", "11", 12, 7), ("gnp125_5", "14", 15, 1)]
    {
        let output = folder.path(name);
        let done = short(name).args(["-k", target, "-o"]).arg(&output).code(code);
        if code == 7 {
            let why = format!("{target} colours cannot be had: at least {chromatic} are needed");
            done.fails(&[name, &why]);
        }
        let colors = verified(graph(name), &output);
        assert!(colors >= chromatic, "{name}: {colors} colours are impossible");
    }
}

#[test]
fn precolored_vertices_keep_their_colors() {
    let folder = Folder::new();
    // DIMACS files count vertices from 1. The squares a1 and b3 are no queen's move apart.
    let given = folder.file("given", "# two squares\n1 30\n\n18 30\n2 0\n");
    let done = short("queen8_8").arg("--precolor").arg(&given).code(0);
    let colors: Vec<&str> = done.stdout().lines().collect();
    assert_eq!((colors[0], colors[17], colors[1]), ("30", "30", "0"));
    verified(graph("queen8_8"), folder.file("colors", done.stdout()));
}

#[test]
fn precolored_vertices_have_the_names_of_the_graph() {
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    let given = folder.file("given", "dave 2\nalice 2\n");
    let done = prism!["color", "-q", "--precolor", &given, &people].code(0);
    let lines: Vec<&str> = done.stdout().lines().collect();
    assert!(lines.contains(&"dave\t2") && lines.contains(&"alice\t2"), "{lines:?}");
}

#[test]
fn contradictory_precoloring_is_refused() {
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    for (text, words) in [
        ("dave 1\ndave 2\n", "vertex dave is precoloured both 1 and 2"),
        ("eve 1\n", "given, line 1: expected the name of a vertex of the graph, found \"eve\""),
    ] {
        let given = folder.file("given", text);
        prism!["color", "-q", "--precolor", given, &people].code(3).fails(&[words]);
    }
    for (name, text, words) in [
        ("twice", "1 0\n1 1\n", "vertex 1 is precoloured both 0 and 1"),
        ("outside", "65 0\n", "outside, line 1: expected one of 64 vertices, counted from 1"),
        ("zero", "0 0\n", "zero, line 1: expected one of 64 vertices, counted from 1"),
        ("color", "1 red\n", "color, line 1: expected a colour"),
        ("short", "1 0\n3\n", "short, line 2: expected a vertex and its colour"),
    ] {
        let given = folder.file(name, text);
        short("queen8_8").arg("--precolor").arg(&given).code(3).fails(&[words]);
    }
}

#[test]
fn precoloring_with_very_many_colors_is_refused() {
    let folder = Folder::new();
    let graph = folder.file("isolated.col", "p edge 5000 0\n");
    let given: String = (1..=5000).map(|v| format!("{v} {}\n", v - 1)).collect();
    let given = folder.file("given", &given);
    let words = "the precolouring uses 5000 different colours; PRISM takes up to 4096";
    prism!["color", "-q", "--precolor", given, graph].code(3).fails(&[words]);
}

#[test]
fn a_warm_start_is_where_the_search_starts() {
    let folder = Folder::new();
    let start = folder.path("start");
    short("gnp125_5").arg("-o").arg(&start).code(0);
    let before = verified(graph("gnp125_5"), &start);
    let report = prism!["color", "-q", "--json", "--moves", "0", "--threads", "1"]
        .arg("--warm-start")
        .arg(&start)
        .arg(graph("gnp125_5"))
        .code(0)
        .json();
    assert_eq!(report["num_colors"], before);
    let cold = prism!["color", "-q", "--json", "--moves", "0", graph("gnp125_5")].code(0).json();
    assert!(cold["num_colors"].as_u64().unwrap() > before, "the search gained nothing: {cold}");
}

#[test]
fn an_improper_warm_start_is_refused() {
    let folder = Folder::new();
    let start = folder.file("start", "0\n".repeat(64));
    short("queen8_8")
        .arg("--warm-start")
        .arg(&start)
        .code(3)
        .says(&["not a proper colouring: vertices 1 and 2 are adjacent"]);
    let people = folder.file("people.txt", PEOPLE);
    let names = folder.file("start", "alice 1\nbob 0\ncarol 2\ndave 2\n");
    let done = prism!["color", "-q", "--warm-start", &names, &people].code(3);
    done.fails(&["vertices carol and dave are adjacent and both have colour 2"]);
    let proper = folder.file("start", "alice 1\nbob 0\ncarol 2\ndave 0\n");
    let given = folder.file("given", "dave 1\n");
    let done = prism!["color", "-q", "--warm-start", proper, "--precolor", given, &people].code(3);
    done.fails(&["the warm start gives vertex dave colour 0, but it is precoloured 1"]);
    let start = folder.file("start", "0\n".repeat(63));
    short("queen8_8").arg("--warm-start").arg(&start).code(3).says(&["start", "64 colours"]);
}

#[test]
fn a_time_limit_is_used_for_the_proof() {
    // It takes exhaustive search, for which moves alone would earn the work much later.
    let mut command = prism!["color", "-q", "--json", "-t", "100", "--threads", "1"];
    let report = command.arg(graph("queen8_8")).code(0).json();
    assert_eq!((&report["status"], &report["lower_bound"]), (&"optimal".into(), &9.into()));
    assert!(report["moves"].as_u64().unwrap() < 2_000_000, "{report}");
}

#[test]
fn a_missed_target_is_one_error_line_however_quiet() {
    let folder = Folder::new();
    let output = folder.path("colors");
    let run = |more: &[&str]| {
        let mut command = prism!["color", "-k", "12", "--threads", "1", "--moves", "1000"];
        command.args(more).arg(graph("gnp125_5")).arg("-o").arg(&output).code(1)
    };
    let quiet = run(&["-q"]);
    let best = verified(graph("gnp125_5"), &output);
    let missed = format!(
        "no colouring with 12 colours was found, and it is not proved that there is none; the best has {best}"
    );
    quiet.fails(&["gnp125_5", &missed]);
    assert_eq!((quiet.stderr().lines().count(), quiet.stdout()), (1, ""));
    run(&[]).fails(&[&missed, "move limit"]);
    let report = run(&["-q", "--json"]);
    report.fails(&[&missed]);
    assert_eq!(report.json()["num_colors"], best);
}

#[test]
fn without_time_there_is_still_a_coloring() {
    let folder = Folder::new();
    let output = folder.path("colors");
    prism!["color", "-q", "-t", "0s", graph("queen11_11"), "-o", &output].code(0);
    verified(graph("queen11_11"), &output);
}

#[test]
fn several_threads_color_too() {
    let folder = Folder::new();
    let output = folder.path("colors");
    prism!["color", "-q", "--threads", "3", "--moves", "200000", graph("flat150_10")]
        .arg("-o")
        .arg(&output)
        .code(0);
    assert!(verified(graph("flat150_10"), &output) <= 12);
}

#[test]
fn one_engine_alone_colours_too() {
    let folder = Folder::new();
    for method in ["largest-first", "jones-plassmann", "rlf", "memetic"] {
        let output = folder.path(method);
        let done =
            short("gnp125_5").args(["--json", "--method", method, "-o"]).arg(&output).code(0);
        assert_eq!(done.json()["method"], method);
        assert_eq!(done.json()["num_colors"], verified(graph("gnp125_5"), &output));
    }
    let told = short("gnp125_5").args(["--method", "brelaz"]).code(2);
    told.fails(&["brelaz", "dsatur"]);
    let warm = folder.path("rlf");
    let told = short("gnp125_5").args(["--method", "dsatur", "--warm-start"]).arg(&warm).code(2);
    told.fails(&["dsatur does not start from a colouring"]);
}
