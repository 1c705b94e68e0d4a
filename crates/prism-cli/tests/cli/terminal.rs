//! What a person sees on a terminal: a line that is drawn over and over, and then is gone.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::common::graph;

/// Reads on until the terminal has shown `mark`, or is closed, which is an error on some systems.
fn read_until(terminal: &mut File, shown: &mut String, mark: &str) -> bool {
    let mut buffer = [0; 4096];
    while !shown.contains(mark) {
        match terminal.read(&mut buffer) {
            Ok(got @ 1..) => shown.push_str(&String::from_utf8_lossy(&buffer[..got])),
            _ => return false,
        }
    }
    true
}

#[test]
fn a_progress_line_is_drawn_on_a_terminal_and_cleared() {
    let pty = openpty(None, None).unwrap();
    let mut terminal = File::from(pty.master);
    let mut command = prism!["color", graph("gnp125_5"), "--moves", "1000000000000"];
    // Should the line not come, this ends the run.
    command
        .args(["--time-limit", "100s", "--threads", "1"])
        .stdout(Stdio::null())
        .stderr(pty.slave);
    let mut child = command.spawn().unwrap();
    // It holds an end of the terminal, which would never be closed.
    drop(command);
    let mut shown = String::new();
    assert!(read_until(&mut terminal, &mut shown, " moves/s  "), "{shown:?}");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    read_until(&mut terminal, &mut shown, "never shown");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let drawn: Vec<&str> = shown.split('\r').filter(|text| text.ends_with("\x1b[K")).collect();
    for words in
        [&["best ", "smallest-last"][..], &["k ", "best ", "bound ", "conflicts ", " moves/s"]]
    {
        let has_all = |text: &&&str| words.iter().all(|word| text.contains(word));
        assert!(drawn.iter().any(|text| has_all(&text)), "no {words:?} in {shown:?}");
    }
    // What is left is the summary.
    let left = shown.rsplit("\r\x1b[K").next().unwrap();
    assert!(left.contains("gnp125_5.col: ") && left.trim_end().ends_with("stopped"), "{left:?}");
    assert_eq!(left.trim_end().lines().count(), 1, "{left:?}");
}
