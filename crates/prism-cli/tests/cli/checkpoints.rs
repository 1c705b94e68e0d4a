//! Runs that are killed, and go on from their checkpoints.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::common::{Folder, Run, graph, verified};

/// Waits until a file is there, as the run that writes it goes on.
fn wait_for(child: &mut Child, file: &Path) {
    while !file.exists() {
        assert_eq!(child.try_wait().unwrap(), None, "it ended by itself");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A run of many moves with checkpoints every few.
fn by_moves(threads: &str, checkpoint: &Path) -> Command {
    let mut command = prism!["color", "-q", graph("gnp125_5"), "--moves", "3000000"];
    command.args(["--threads", threads, "--checkpoint-every", "200000moves", "--checkpoint"]);
    command.arg(checkpoint).stdout(Stdio::piped());
    command
}

#[test]
fn a_run_that_was_killed_ends_as_the_unbroken_one() {
    let folder = Folder::new();
    for threads in ["1", "2"] {
        let whole = by_moves(threads, &folder.path("whole")).code(0);
        let broken = folder.path(&format!("broken{threads}"));
        let mut child = by_moves(threads, &broken).spawn().unwrap();
        wait_for(&mut child, &broken);
        child.kill().unwrap();
        assert_eq!(child.wait_with_output().unwrap().status.code(), None);
        // Killed and resumed once more, at another moment.
        let again = || {
            let mut command = by_moves(threads, &broken);
            command.arg("--resume").arg(&broken);
            command
        };
        let mut child = again().spawn().unwrap();
        std::thread::sleep(Duration::from_millis(30));
        let _ = child.kill();
        let _ = child.wait();
        let resumed = again().code(0);
        assert_eq!(resumed.stdout(), whole.stdout(), "{threads} threads");
    }
}

#[test]
fn nothing_that_was_saved_is_lost_by_a_kill() {
    let folder = Folder::new();
    let (checkpoint, best) = (folder.path("checkpoint"), folder.path("best.txt"));
    let run = |limit: &str| {
        let mut command = prism!["color", graph("gnp125_5"), "-t", limit, "--threads", "1"];
        command.args(["-o", "/dev/null", "--checkpoint-every", "10ms", "--checkpoint"]);
        command.arg(&checkpoint).arg("--save-improvements").arg(&best);
        command
    };
    let mut child = run("100s").stderr(Stdio::null()).spawn().unwrap();
    wait_for(&mut child, &checkpoint);
    wait_for(&mut child, &best);
    child.kill().unwrap();
    child.wait().unwrap();
    let saved = verified(graph("gnp125_5"), &best);
    // The limit counts what went before, so that a target is what ends this one.
    let target = saved.to_string();
    let done = run("100s").args(["-k", &target, "--json", "--resume"]).arg(&checkpoint).code(0);
    assert!(done.json()["num_colors"].as_u64().unwrap() <= saved);
    done.says(&["the run goes on from", "after"]);
    assert!(verified(graph("gnp125_5"), &best) <= saved);
}

#[test]
fn who_is_interrupted_goes_on_from_there() {
    let folder = Folder::new();
    let checkpoint = folder.path("checkpoint");
    let mut command = prism!["color", "-q", graph("gnp125_5"), "-t", "100s", "--threads", "1"];
    command.args(["-o", "/dev/null", "--checkpoint-every", "20ms", "--checkpoint"]);
    let mut child = command.arg(&checkpoint).stdout(Stdio::null()).spawn().unwrap();
    wait_for(&mut child, &checkpoint);
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let events = folder.path("events");
    let mut command = prism!["color", "-q", "--json", graph("gnp125_5"), "-k", "30"];
    command.arg("--events").arg(&events).arg("--resume").arg(&checkpoint);
    let report = command.code(0).json();
    assert_eq!(report["status"], "target_reached", "{report}");
    let events = std::fs::read_to_string(events).unwrap();
    assert!(events.lines().nth(1).unwrap().contains("\"resumed\""), "{events}");
}

#[test]
fn what_is_no_checkpoint_of_this_run_is_refused() {
    let folder = Folder::new();
    let checkpoint = folder.path("checkpoint");
    by_moves("1", &checkpoint).code(0);
    let resume = |name: &str, file: &Path, more: &[&str]| {
        let mut command = prism!["color", "-q", graph(name), "--moves", "1000", "--resume"];
        command.arg(file).args(more).code(3)
    };
    resume("myciel5", &checkpoint, &[]).fails(&["checkpoint: ", "another graph", "125 vertices"]);
    resume("gnp125_5", &checkpoint, &["--seed", "5"]).fails(&["the seed 0, not 5"]);
    resume("gnp125_5", &checkpoint, &["--method", "tabucol"]).fails(&["the method"]);
    let bytes = std::fs::read(&checkpoint).unwrap();
    let cut = folder.path("cut");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    resume("gnp125_5", &cut, &[]).fails(&["cut: it is cut short"]);
    let foreign = folder.file("foreign", "1 2\n");
    resume("gnp125_5", Path::new(&foreign), &[]).fails(&["foreign: this is no checkpoint"]);
    resume("gnp125_5", &folder.path("nowhere"), &[]).fails(&["nowhere: "]);
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let folder = Folder::new();
    let lists = folder.file("lists", "1 0 1\n");
    let lists = lists.to_str().unwrap();
    for (more, says) in [
        (&["--checkpoint", "-"][..], "--checkpoint needs a file"),
        (&["--checkpoint", "c.gz"], "not compressed"),
        (&["--checkpoint-every", "3s"], "--checkpoint"),
        (&["--checkpoint", "c", "--moves", "10", "--checkpoint-every", "3s"], "50000000moves"),
        (&["--checkpoint", "c", "--checkpoint-every", "often"], "often"),
        (&["--checkpoint", "c", "--allowed", lists], "--allowed"),
        (&["--checkpoint", "c", "-o", "c"], "name the same file"),
    ] {
        let mut command = prism!["color", "-q", graph("gnp125_5")];
        let done = command.args(more).code(2);
        assert!(done.stderr().contains(says), "{more:?}: {done:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_keeps_the_last_checkpoint_and_warns() {
    let mut command = prism!["color", graph("gnp125_5"), "--moves", "300000", "--threads", "1"];
    command.args(["-o", "/dev/null", "--checkpoint-every", "100000moves"]);
    let done = command.args(["--checkpoint", "/dev/full"]).code(4);
    done.says(&["warning: /dev/full: no checkpoint could be written"]);
    assert_eq!(done.stderr().matches("warning").count(), 1, "{done:?}");
}
