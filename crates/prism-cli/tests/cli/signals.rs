//! SIGINT and SIGTERM: the search stops, and its best colouring is written; a second one ends the process.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::common::{Folder, graph, verified};

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
    // Standard input stays open: the program waits for it and has nothing to save.
    send(&child, Signal::SIGINT);
    let status = {
        let input = child.stdin.take();
        let status = child.wait().unwrap();
        drop(input);
        status
    };
    assert!(status.signal() == Some(2) || status.code() == Some(130), "{status}");
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "old");
}
