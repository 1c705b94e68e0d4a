//! Signals that ask for an end: the search stops, and its best colouring is written; a second one
//! ends the process.

#[path = "../../src/signals/ignored.rs"]
mod ignored;

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::common::{Folder, Run, graph, verified};

fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
}

/// Waits until the file of events has an event of this name.
fn wait_for(event: &str, child: &mut Child, events: &Path) {
    loop {
        let text = std::fs::read_to_string(events).unwrap_or_default();
        if text.contains(&format!("\"{event}\"")) {
            return;
        }
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it said {event}: {text}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Interrupts a search that would take days, and expects a colouring all the same.
fn interrupt(signal: Signal, code: i32, json: bool) {
    let folder = Folder::new();
    let (events, output) = (folder.path("events"), folder.path("colors"));
    let mut command = prism!["color", graph("gnp125_5"), "--moves", "1000000000000"];
    // Should the signal be lost, this ends the run, with another exit code.
    command.args(["--threads", "2", "--time-limit", "100s", "--events"]).arg(&events);
    command.arg("-o").arg(&output).stdout(Stdio::piped()).stderr(Stdio::piped());
    if json {
        command.arg("--json");
    }
    let mut child = command.spawn().unwrap();
    wait_for("searching", &mut child, &events);
    send(&child, signal);
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(code), "{done:?}");
    let colors = verified(graph("gnp125_5"), &output);
    assert!(String::from_utf8(done.stderr).unwrap().contains("stopped"));
    if json {
        let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!((&report["status"], &report["num_colors"]), (&"stopped".into(), &colors.into()));
    }
    let text = std::fs::read_to_string(&events).unwrap();
    assert!(text.lines().last().unwrap().contains("\"finished\""), "{text}");
}

#[test]
fn sigint_writes_the_best_coloring() {
    interrupt(Signal::SIGINT, 130, false);
}

#[test]
fn sigterm_writes_the_best_coloring() {
    interrupt(Signal::SIGTERM, 143, true);
}

#[test]
fn sighup_writes_the_best_coloring() {
    // As by `nohup`, which children inherit.
    if ignored::is_ignored(Signal::SIGHUP as i32) {
        eprintln!("skipped: SIGHUP is ignored here");
        return;
    }
    interrupt(Signal::SIGHUP, 129, false);
}

#[test]
fn sigxcpu_writes_the_best_coloring() {
    interrupt(Signal::SIGXCPU, 152, true);
}

/// A search that goes on for days, whose events are in this file.
fn endless(folder: &Folder) -> (Command, PathBuf) {
    let events = folder.path("events");
    let mut command = prism!["color", graph("gnp125_5"), "--moves", "1000000000000", "--events"];
    command.arg(&events).args(["--time-limit", "100s", "--threads", "1"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    (command, events)
}

#[test]
fn a_signal_during_the_first_colorings_of_a_large_graph_stops_them() {
    let folder = Folder::new();
    let (large, events, output) =
        (folder.path("l.col"), folder.path("events"), folder.path("colors"));
    // Without a signal it would be coloured by three engines, bounded and reduced before any search.
    prism!["generate", "gnp", "60000", "0.001", "-o", &large].code(0);
    let mut command = prism!["color", "-q", &large, "--json", "--moves", "1000000000000"];
    command.args(["--time-limit", "100s", "--events"]).arg(&events).arg("-o").arg(&output);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    wait_for("started", &mut child, &events);
    send(&child, Signal::SIGTERM);
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(143), "{done:?}");
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let colors = verified(&large, &output);
    assert_eq!((&report["status"], &report["num_colors"]), (&"stopped".into(), &colors.into()));
}

#[test]
fn nohup_is_respected() {
    let folder = Folder::new();
    let (mut plain, events) = endless(&folder);
    let output = folder.path("colors");
    plain.arg("-o").arg(&output);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(plain.get_program());
    command.args(plain.get_args()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    wait_for("searching", &mut child, &events);
    send(&child, Signal::SIGHUP);
    send(&child, Signal::SIGTERM);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(143));
    // Had the first one counted, the second would have ended the process without a result.
    verified(graph("gnp125_5"), &output);
}

#[test]
fn a_folder_that_is_gone_at_the_end_costs_no_result() {
    let (folder, gone, elsewhere) = (Folder::new(), Folder::new(), Folder::new());
    let (mut command, events) = endless(&folder);
    command.arg("-o").arg(gone.path("colors")).env("TMPDIR", elsewhere.path(""));
    let mut child = command.spawn().unwrap();
    wait_for("searching", &mut child, &events);
    std::fs::remove_dir(gone.path("")).unwrap();
    send(&child, Signal::SIGINT);
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(4), "{done:?}");
    let names = elsewhere.names();
    assert_eq!(names.len(), 1, "{names:?}");
    let message = String::from_utf8(done.stderr).unwrap();
    assert!(message.contains(elsewhere.path(&names[0]).to_str().unwrap()), "{message}");
    verified(graph("gnp125_5"), elsewhere.path(&names[0]));
}

/// The child processes of a process.
fn children(parent: u32) -> Vec<u32> {
    let text = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output().unwrap().stdout;
    let text = String::from_utf8(text).unwrap();
    let numbers = text.lines().map(|line| {
        let mut words = line.split_whitespace().map(|word| word.parse::<u32>().unwrap());
        (words.next().unwrap(), words.next().unwrap())
    });
    numbers.filter(|&(_, of)| of == parent).map(|(child, _)| child).collect()
}

/// Interrupts a benchmark while its second run would take days, and expects the first in every file.
fn interrupt_bench(signal: Signal, code: i32) {
    let folder = Folder::new();
    let path = |name: &str| folder.path(name);
    let mut command = prism!["bench", graph("myciel5"), graph("gnp125_5"), "--seeds", "1"];
    command.args(["--time-limit", "100s", "--moves", "1000000000000"]);
    for (option, name) in [("--csv", "a.csv"), ("--json", "a.json"), ("--plot", "a.svg")] {
        command.arg(option).arg(path(name));
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().starts_with("myciel5 seed 1: 5 colours")));
    let mut runs = children(child.id());
    while runs.is_empty() {
        runs = children(child.id());
    }
    send(&child, signal);
    let rest: Vec<String> = said.map(Result::unwrap).collect();
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(code), "{done:?} {rest:?}");
    assert_eq!(rest, ["stopped: 1 run of 2 finished"]);
    for run in runs {
        assert!(kill(Pid::from_raw(run.cast_signed()), None).is_err(), "a run goes on");
    }
    assert!(String::from_utf8(done.stdout).unwrap().contains("\nmyciel5 "));
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    assert_eq!(read("a.csv").lines().count(), 2);
    let json: serde_json::Value = serde_json::from_str(&read("a.json")).unwrap();
    assert_eq!(
        (json["runs"].as_array().unwrap().len(), &json["runs"][0]["instance"]),
        (1, &"myciel5".into())
    );
    assert!(read("a.svg").trim_end().ends_with("</svg>"));
}

#[test]
fn sigint_ends_a_benchmark_and_reports_what_is_finished() {
    interrupt_bench(Signal::SIGINT, 130);
}

#[test]
fn sigterm_ends_a_benchmark_and_reports_what_is_finished() {
    interrupt_bench(Signal::SIGTERM, 143);
}

/// Signals `first` and then `second` to a process that cannot finish in between: its colouring does not
/// fit into a pipe that nobody reads.
fn interrupt_twice(first: Signal, second: Signal, code: i32) {
    let folder = Folder::new();
    let text = std::fs::read_to_string(graph("gnp125_5")).unwrap();
    // With so many vertices without edges the colouring takes more than the 64 KiB of a pipe.
    let large = folder.file("large.col", text.replace("p edge 125 ", "p edge 200000 "));
    let events = folder.path("events");
    let mut command = prism!["color", large, "--moves", "1000000000000", "--time-limit", "100s"];
    command.arg("--events").arg(&events).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    wait_for("searching", &mut child, &events);
    send(&child, first);
    wait_for("finished", &mut child, &events);
    send(&child, second);
    // Were the second one ignored, nothing would end the process: give up some time.
    for _ in 0..10_000 {
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(code), "{status}");
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    panic!("the second signal was ignored");
}

#[test]
fn a_second_sigint_ends_the_process() {
    interrupt_twice(Signal::SIGINT, Signal::SIGINT, 130);
}

#[test]
fn a_sigterm_after_a_sigint_ends_the_process() {
    interrupt_twice(Signal::SIGINT, Signal::SIGTERM, 143);
}

#[test]
fn a_signal_while_reading_ends_the_program() {
    let folder = Folder::new();
    let output = folder.file("colors", "old");
    let mut command = prism!["color", "-", "-o", &output];
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // Standard input stays open: the program waits for it and has nothing to save. Not SIGINT, which
    // is ignored in what a script has put in the background.
    send(&child, Signal::SIGTERM);
    let status = {
        let input = child.stdin.take();
        let status = child.wait().unwrap();
        drop(input);
        status
    };
    assert!(status.signal() == Some(15) || status.code() == Some(143), "{status}");
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "old");
}

/// Waits until a file is being written in this folder.
fn wait_for_part(folder: &Folder, child: &mut Child) {
    while !folder.names().iter().any(|name| name.ends_with(".part")) {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it wrote");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_signal_while_a_graph_is_written_leaves_no_part_of_it() {
    let inputs = Folder::new();
    let large = inputs.path("large.col");
    prism!["generate", "gnp", "3000", "0.5", "-o", &large].code(0);
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143), (Signal::SIGXCPU, 152)] {
        let folder = Folder::new();
        let old = folder.file("graph.col.gz", "old");
        for mut command in
            [prism!["convert", &large, &old], prism!["generate", "gnp", "3000", "0.5", "-o", &old]]
        {
            let mut child = command.spawn().unwrap();
            wait_for_part(&folder, &mut child);
            send(&child, signal);
            assert_eq!(child.wait().unwrap().code(), Some(code));
            assert_eq!(folder.names(), ["graph.col.gz"]);
            assert_eq!(std::fs::read_to_string(&old).unwrap(), "old");
        }
    }
}

#[test]
fn a_second_signal_while_a_coloring_is_written_leaves_no_part_of_it() {
    let inputs = Folder::new();
    // Beside a search that goes on for days, pairs with long names, which take long to compress.
    let text = std::fs::read_to_string(graph("gnp125_5")).unwrap();
    let hard =
        text.lines().filter_map(|line| line.strip_prefix("e ")).map(|edge| format!("{edge}\n"));
    let mut rng = prism_core::Rng::new(1, 0);
    let mut name = || format!("{:016x}{:016x}", rng.bits(), rng.bits());
    let pairs = (0..200_000).map(|_| format!("{} {}\n", name(), name()));
    let large = inputs.file("large.txt", hard.chain(pairs).collect::<String>());
    let folder = Folder::new();
    let old = folder.file("colors.gz", "old");
    let events = inputs.path("events");
    let mut command = prism!["color", "-q", &large, "--moves", "1000000000000", "-o", &old];
    command.args(["--time-limit", "100s", "--events"]).arg(&events);
    let mut child = command.spawn().unwrap();
    wait_for("searching", &mut child, &events);
    send(&child, Signal::SIGINT);
    wait_for_part(&folder, &mut child);
    send(&child, Signal::SIGTERM);
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(folder.names(), ["colors.gz"]);
    assert_eq!(std::fs::read_to_string(&old).unwrap(), "old");
}
