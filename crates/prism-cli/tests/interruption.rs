//! What goes wrong from outside: signals, closed pipes, full disks, folders without permission.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

fn prism() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prism"));
    command.stdin(Stdio::null());
    command
}

fn graph(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../graphs");
    root.join(name).display().to_string()
}

/// Starts a run without a useful end, waits until it searches, sends `signal` and checks what it leaves.
fn interrupted_by(signal: Signal, code: i32) {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("best.txt");
    let mut child = prism()
        .args(["color", &graph("gnp250_5.col.gz"), "--time-limit=1h", "--threads=1", "--events=-"])
        .arg("-o")
        .arg(&out)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let events = BufReader::new(child.stderr.take().unwrap());
    let mut sent = false;
    for line in events.lines() {
        if line.unwrap().contains("\"searching\"") && !sent {
            kill(Pid::from_raw(child.id() as i32), signal).unwrap();
            sent = true;
        }
    }
    assert!(sent);
    assert_eq!(child.wait().unwrap().code(), Some(code));
    let check = prism().args(["verify", &graph("gnp250_5.col.gz")]).arg(&out).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn ctrl_c_writes_the_best_colouring() {
    interrupted_by(Signal::SIGINT, 130);
}

#[test]
fn sigterm_writes_the_best_colouring() {
    interrupted_by(Signal::SIGTERM, 143);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = prism()
        .args(["generate", "gnp", "2000", "0.5"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Far more than a pipe holds will be written; nobody reads it.
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_4() {
    let run = |out: &str| {
        prism().args(["color", &graph("queen8_8.col"), "--moves=100", "-q", "-o", out]).output()
    };
    let full = run("/dev/full").unwrap();
    assert_eq!(full.status.code(), Some(4));
    let said = String::from_utf8(full.stderr).unwrap();
    assert!(said.starts_with("prism: error: cannot write /dev/full: "), "{said}");
    let stdout = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let args = ["color", &graph("queen8_8.col"), "--moves=100", "-q"];
    let full = prism().args(args).stdout(stdout).output().unwrap();
    assert_eq!(full.status.code(), Some(4));
}

#[test]
fn an_output_that_cannot_be_written_is_4_and_the_old_one_stays() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("no/such/folder/out.txt");
    let args = ["color", &graph("queen8_8.col"), "--moves=100", "-q", "-o"];
    let run = prism().args(args).arg(&missing).output().unwrap();
    assert_eq!(run.status.code(), Some(4));
    assert!(String::from_utf8(run.stderr).unwrap().contains("no/such/folder"));
    // An error before there is a result leaves an old result alone.
    let old = folder.path().join("old.txt");
    fs::write(&old, "precious\n").unwrap();
    let run = prism().args(["color", "/nonexistent.col", "-o"]).arg(&old).output().unwrap();
    assert_eq!(run.status.code(), Some(3));
    assert_eq!(fs::read_to_string(&old).unwrap(), "precious\n");
}
