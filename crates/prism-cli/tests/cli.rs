//! The built binary on real files: each subcommand, each way in and out.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

fn prism(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prism"));
    command.args(args).stdin(Stdio::null());
    command
}

fn graph(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../graphs");
    root.join(name).display().to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// A file in a folder of its own.
fn file(name: &str, content: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    (folder, path)
}

/// Checks the code and that standard error is one line that starts as errors do and holds `what`.
fn fails(output: &Output, code: i32, what: &str) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    let errors: Vec<_> = said.lines().filter(|line| line.starts_with("prism: error: ")).collect();
    assert!(errors.len() == 1 && errors[0].contains(what), "{said}");
}

const C5: &str = "p edge 5 5\ne 1 2\ne 2 3\ne 3 4\ne 4 5\ne 1 5\n";

#[test]
fn colours_verifies_and_writes_each_format() {
    let folder = TempDir::new().unwrap();
    for name in ["a.txt", "a.sol", "a.json", "a.txt.gz"] {
        let out = folder.path().join(name);
        let out = out.to_str().unwrap();
        let run = prism(&["color", &graph("myciel6.col"), "--moves", "10000", "-o", out]);
        assert!(run.status.success() && run.stdout.is_empty(), "{}", text(&run.stderr));
        assert!(text(&run.stderr).contains("6 colours"), "{}", text(&run.stderr));
        let check = prism(&["verify", &graph("myciel6.col"), out]);
        assert_eq!(text(&check.stdout), "proper, 6 colours\n", "{name}");
    }
    assert!(fs::read_to_string(folder.path().join("a.sol")).unwrap().starts_with("s col 6\n"));
    assert_eq!(json(&fs::read(folder.path().join("a.json")).unwrap())["num_colors"], 6);
    // Nothing but the results is left behind.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
}

#[test]
fn standard_input_to_standard_output() {
    let mut child = command(&["color", "-", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(C5.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    let colors: Vec<u32> = text(&output.stdout).lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!((colors.len(), colors.iter().max()), (5, Some(&2)));
}

#[test]
fn json_tells_everything_and_events_are_lines() {
    let folder = TempDir::new().unwrap();
    let events = folder.path().join("events.jsonl");
    let run = prism(&[
        "color",
        &graph("gnp125_5.col"),
        "--json",
        "--moves=20000",
        "--threads=1",
        "--seed=7",
        "--events",
        events.to_str().unwrap(),
    ]);
    let result = json(&run.stdout);
    assert_eq!((&result["vertices"], &result["seed"]), (&Value::from(125), &Value::from(7)));
    assert_eq!(result["status"], "move_limit");
    assert_eq!(result["colors"].as_array().unwrap().len(), 125);
    assert!(result["cpu_seconds"].as_f64().unwrap() > 0.0);
    assert!(result["peak_memory_bytes"].as_u64().unwrap() > 1 << 20);
    let lines = fs::read(&events).unwrap();
    let kinds: Vec<Value> =
        text(&lines).lines().map(|line| json(line.as_bytes())["event"].clone()).collect();
    assert_eq!((&kinds[0], &kinds[kinds.len() - 1]), (&"started".into(), &"finished".into()));
    assert!(kinds.contains(&"improved".into()));

    let on_stderr = prism(&["color", &graph("queen8_8.col"), "--moves=1000", "--events=-"]);
    assert!(text(&on_stderr.stderr).lines().all(|line| json(line.as_bytes())["event"].is_string()));
}

#[test]
fn one_thread_a_seed_and_a_move_limit_repeat() {
    let run = || {
        let file = graph("gnp125_5.col");
        prism(&["color", &file, "--moves=100000", "--threads=1", "--seed=3", "-q"]).stdout
    };
    assert_eq!(text(&run()), text(&run()));
}

#[test]
fn a_missed_target_is_1_and_still_writes() {
    let (_folder, c5) = file("c5.col", C5);
    let c5 = c5.to_str().unwrap();
    let run = prism(&["color", c5, "-k", "2"]);
    assert_eq!(run.status.code(), Some(1));
    assert_eq!(text(&run.stdout).lines().count(), 5);
    assert_eq!(prism(&["color", c5, "-k", "3"]).status.code(), Some(0));
}

#[test]
fn usage_errors_are_2() {
    let (_folder, c5) = file("c5.col", C5);
    let c5 = c5.to_str().unwrap();
    assert_eq!(prism(&["color"]).status.code(), Some(2));
    assert_eq!(prism(&["color", c5, "--time-limit", "soon"]).status.code(), Some(2));
    fails(&prism(&["color", c5, "--threads", "0"]), 2, "--threads");
    fails(&prism(&["color", c5, "--device", "cuda:0"]), 2, "cuda:0");
    fails(&prism(&["convert", c5, "x.mtx"]), 2, "not written");
    fails(&prism(&["generate", "gnp", "10", "1.5"]), 2, "between 0 and 1");
    fails(&prism(&["verify", "-", "-"]), 2, "standard input");
}

#[test]
fn input_errors_are_3_and_name_file_and_line() {
    let (folder, bad) = file("bad.col", "p edge 2 1\ne 1 3\n");
    fails(&prism(&["color", bad.to_str().unwrap()]), 3, "bad.col, line 2");
    fails(&prism(&["info", "/nonexistent/graph.col"]), 3, "/nonexistent/graph.col");
    let double = folder.path().join("double.col");
    fs::write(&double, "p edge 2 2\ne 1 2\ne 2 1\n").unwrap();
    let double = double.to_str().unwrap();
    fails(&prism(&["color", double, "--strict"]), 3, "repeated");
    let repaired = prism(&["color", double]);
    assert!(repaired.status.success());
    assert!(text(&repaired.stderr).contains("merged 1 repeated"), "{}", text(&repaired.stderr));
    let (_folder, warm) = file("warm.txt", "0\n0\n");
    fails(&prism(&["color", double, "--warm-start", warm.to_str().unwrap()]), 3, "warm start");
}

#[test]
fn a_warm_start_is_never_lost() {
    let (_folder, c5) = file("c5.col", C5);
    let (_other, warm) = file("warm.txt", "0\n1\n0\n1\n2\n");
    let args = ["color", c5.to_str().unwrap(), "--moves=0", "--json", "--warm-start"];
    let run = prism(&[&args[..], &[warm.to_str().unwrap()]].concat());
    assert_eq!(json(&run.stdout)["num_colors"], 3);
}

#[test]
fn precoloured_vertices_keep_their_colour() {
    let (folder, c5) = file("c5.col", C5);
    let c5 = c5.to_str().unwrap();
    let fixed = folder.path().join("fixed.txt");
    fs::write(&fixed, "# two of them\n1 7\n3 2\n").unwrap();
    let run = prism(&["color", c5, "-q", "--precolor", fixed.to_str().unwrap()]);
    let out = text(&run.stdout);
    let colors: Vec<&str> = out.lines().collect();
    assert_eq!((colors.len(), colors[0], colors[2]), (5, "7", "2"), "{}", text(&run.stderr));
    fs::write(&fixed, "1 0\n9 1\n").unwrap();
    let wrong = prism(&["color", c5, "--precolor", fixed.to_str().unwrap()]);
    fails(&wrong, 3, "fixed.txt, line 2: the graph has no vertex \"9\"");
    fs::write(&fixed, "1 0\n2 0\n").unwrap();
    let clash = prism(&["color", c5, "--precolor", fixed.to_str().unwrap()]);
    fails(&clash, 3, "precoloured");
}

#[test]
fn an_improper_colouring_is_5() {
    let (_folder, c5) = file("c5.col", C5);
    let (_other, bad) = file("bad.txt", "0\n0\n1\n2\n1\n");
    fails(&prism(&["verify", c5.to_str().unwrap(), bad.to_str().unwrap()]), 5, "adjacent");
}

#[test]
fn names_of_vertices_survive() {
    let (_folder, list) = file("exams.edges", "algebra biology\nbiology chemistry\n");
    let run = prism(&["color", list.to_str().unwrap(), "-q"]);
    let out = text(&run.stdout);
    let names: Vec<&str> = out.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(names, ["algebra", "biology", "chemistry"]);
}

#[test]
fn info_and_bounds_agree_with_what_was_generated() {
    let info = json(&prism(&["info", "--json", &graph("queen8_8.col")]).stdout);
    assert_eq!((&info["vertices"], &info["edges"]), (&64.into(), &728.into()));
    assert_eq!((&info["components"], &info["format"]), (&1.into(), &"dimacs".into()));
    let bounds = json(&prism(&["bounds", "--json", &graph("queen8_8.col")]).stdout);
    assert_eq!(bounds["lower_bound"], 8);
    let (_folder, c5) = file("c5.col", C5);
    let odd = json(&prism(&["bounds", "--json", c5.to_str().unwrap()]).stdout);
    assert_eq!((&odd["chromatic_number"], &odd["proof"]), (&3.into(), &"odd cycle".into()));
    assert_eq!(odd["witness"].as_array().unwrap().len(), 5);
    assert!(text(&prism(&["info", c5.to_str().unwrap()]).stdout).contains("max degree"));
}

#[test]
fn generated_graphs_repeat_and_convert() {
    let committed = fs::read(graph("gnp125_5.col")).unwrap();
    let again = prism(&["generate", "gnp", "125", "0.5", "--seed", "1"]);
    assert_eq!(text(&again.stdout), text(&committed));
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    assert!(prism(&["convert", &graph("myciel6.col"), &path("a.edges.gz")]).status.success());
    assert!(prism(&["convert", &path("a.edges.gz"), &path("a.col")]).status.success());
    assert_eq!(fs::read(path("a.col")).unwrap(), fs::read(graph("myciel6.col")).unwrap());
    for kind in [
        "geometric 40 0.3",
        "flat 40 4 0.5",
        "leighton 40 5 200",
        "queens 4 5",
        "mycielski 4",
        "grid3d 3 4 5 --permute",
        "rmat 6 4 --complement",
    ] {
        let args: Vec<&str> = ["generate"].into_iter().chain(kind.split(' ')).collect();
        let made = prism(&args);
        assert!(text(&made.stdout).starts_with("p edge "), "{kind}: {}", text(&made.stderr));
    }
}

#[test]
fn bench_writes_csv_json_and_a_plot() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("c5.col"), C5).unwrap();
    fs::write(folder.path().join("INDEX.csv"), "name,best_known_k\nc5,3\n").unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (csv, all, plot) = (path("a.csv"), path("a.json"), path("a.svg"));
    let index = path("INDEX.csv");
    let args = ["bench", &index, "--seeds=3", "--csv", &csv, "--json", &all, "--plot", &plot];
    let run = prism(&args);
    assert!(run.status.success(), "{}", text(&run.stderr));
    assert!(text(&run.stdout).contains("3/3"), "{}", text(&run.stdout));
    assert_eq!(fs::read_to_string(&csv).unwrap().lines().count(), 4);
    let report = json(&fs::read(&all).unwrap());
    assert_eq!(report["summaries"][0]["successes"], 3);
    assert_eq!(report["summaries"][0]["colors"]["median"], 3.0);
    let svg = fs::read_to_string(&plot).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("c5 k=3 (3/3)"));
    fails(&prism(&["bench", &index, "--only", "nothing"]), 3, "no instance");
    let missing = prism(&["bench", "/nonexistent.col", "--seeds=1", "-q"]);
    fails(&missing, 3, "/nonexistent.col");
}

#[test]
fn completions_and_help() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(text(&prism(&["completions", shell]).stdout).contains("prism"), "{shell}");
    }
    let help = text(&prism(&["color", "--help"]).stdout);
    assert!(help.contains("50 million moves") && help.contains("143"));
}
