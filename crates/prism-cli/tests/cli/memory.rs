//! Little memory: a graph that fits is coloured as far as the memory goes, one that does not fit is refused
//! with a reason, and nothing ends by an abort.

use std::path::Path;
use std::process::Command;

use crate::common::{Done, Folder, Run, graph, verified};

/// `prism` with its address space limited to so many KiB.
fn limited(kibibytes: u64, arguments: &[&str], files: &[&Path]) -> Done {
    let mut command = Command::new("bash");
    command.args(["-c", &format!("ulimit -v {kibibytes} && exec \"$0\" \"$@\"")]);
    command.arg(env!("CARGO_BIN_EXE_prism")).args(arguments).args(files);
    command.env_remove("PRISM_LOG").stdin(std::process::Stdio::null()).done()
}

/// A cycle of odd length with chords, large enough to take memory.
fn large(folder: &Folder) -> std::path::PathBuf {
    let n = 300_001u32;
    let ring = (0..n).map(|v| (v, (v + 1) % n));
    let chords = (0..n).map(|v| (v, (v + 777) % n));
    let text: String = ring.chain(chords).map(|(u, v)| format!("{u} {v}\n")).collect();
    folder.file("large.edges", text)
}

#[cfg(target_os = "linux")]
#[test]
fn every_limit_ends_with_a_code_that_is_documented() {
    let folder = Folder::new();
    let (small, large) = (graph("gnp125_5"), large(&folder));
    let colors = folder.path("colors");
    prism!["color", "-q", "--moves", "0", &large, "-o", &colors].code(0);
    let mut ended = std::collections::BTreeSet::new();
    for kibibytes in [15_000, 30_000, 50_000, 75_000, 100_000, 140_000, 200_000, 300_000, 500_000] {
        let mut expect = |arguments: &[&str], files: &[&Path], codes: &[i32]| {
            let done = limited(kibibytes, arguments, files);
            let code = done.output.status.code();
            assert!(codes.iter().any(|&c| Some(c) == code), "{kibibytes} {arguments:?} {done:?}");
            assert!(!done.stderr().contains("panicked"), "{kibibytes} {arguments:?} {done:?}");
            if code == Some(8) {
                done.says(&["not enough memory", "left of"]);
            }
            ended.insert(code);
        };
        for graph in [&small, &large] {
            for threads in ["1", "2", "8"] {
                let options = ["color", "-q", "-t", "0.1", "--threads", threads];
                expect(&options, &[graph], &[0, 8]);
            }
            expect(&["color", "-q", "-t", "0.1", "-k", "2"], &[graph], &[1, 7, 8]);
            expect(&["info"], &[graph], &[0, 8]);
            expect(&["bounds", "--work", "1"], &[graph], &[0, 8]);
        }
        expect(&["verify"], &[&large, &colors], &[0, 8]);
        expect(&["bench", "-q", "--seeds", "1", "-t", "0.1"], &[&small], &[0, 8]);
        for line in
            ["gnp 3000 0.5", "grid3d 80 80 80 --permute", "leighton 900 90 99999", "rmat 15 9"]
        {
            let words: Vec<&str> = ["generate"].into_iter().chain(line.split(' ')).collect();
            expect(&words, &[], &[0, 8]);
        }
    }
    assert!(ended.contains(&Some(0)) && ended.contains(&Some(8)), "{ended:?}");
}

#[test]
fn what_was_found_when_the_memory_ended_is_written() {
    let folder = Folder::new();
    let (large, output) = (large(&folder), folder.path("colors"));
    // Enough for the graph, and for a colouring in one pass; the graph takes three colours or more.
    for (arguments, code) in [(&[][..], 0), (&["-k", "2"], 1)] {
        let mut command = prism!["color", "--json", "--memory-limit", "60M"];
        let done = command.args(arguments).arg(&large).arg("-o").arg(&output).code(code);
        done.says(&["memory limit"]);
        assert_eq!(done.json()["status"], "memory_limit");
        assert_eq!(done.json()["num_colors"], verified(&large, &output));
    }
}

#[test]
fn a_graph_that_does_not_fit_is_8_and_says_what_it_takes() {
    let folder = Folder::new();
    let large = large(&folder);
    for command in ["color", "info", "bounds"] {
        let done = prism![command, "--memory-limit", "20M", &large].code(8);
        done.fails(&["not enough memory: it takes", "MiB", "left of the memory limit"]);
        assert_eq!(done.stdout(), "");
    }
    let isolated = folder.file("isolated.col", "p edge 60000000 0\n");
    prism!["color", "-q", "--memory-limit", "100M", isolated].code(8).fails(&["not enough memory"]);
    // A limit that is not reached changes nothing.
    let free =
        prism!["color", "-q", "--threads", "1", "--moves", "20000", graph("gnp125_5")].code(0);
    let mut command = prism!["color", "-q", "--threads", "1", "--moves", "20000"];
    let held = command.args(["--memory-limit", "4G"]).arg(graph("gnp125_5")).code(0);
    assert_eq!(free.stdout(), held.stdout());
}

#[test]
fn a_benchmark_ends_as_its_runs_do() {
    let folder = Folder::new();
    let large = large(&folder);
    let done = prism!["bench", "-q", "--seeds", "2", "-t", "0.1", "--memory-limit", "20M", &large];
    let done = { done }.code(8);
    done.fails(&[
        "large.edges: ",
        "not enough memory: it takes",
        "the first of 2 runs that failed",
    ]);
    let broken = folder.file("broken.col", "p edge 3 1\ne 1 9\n");
    prism!["bench", "-q", "--seeds", "1", "-t", "0.1", broken].code(3).fails(&["broken.col"]);
}

#[test]
fn sizes_need_a_unit() {
    let told = prism!["color", "--memory-limit", "500", graph("myciel5")].code(2);
    told.fails(&["expected a size with its unit, like 500M"]);
}
