//! What a person sees on a terminal: a line that is drawn over and over, and then is gone.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::common::{Folder, Run, graph};

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
    for words in [&["best ", "dsatur"][..], &["k ", "best ", "bound ", "conflicts ", " moves/s"]] {
        let has_all = |text: &&&str| words.iter().all(|word| text.contains(word));
        assert!(drawn.iter().any(|text| has_all(&text)), "no {words:?} in {shown:?}");
    }
    // What is left is the summary.
    let left = shown.rsplit("\r\x1b[K").next().unwrap();
    assert!(left.contains("gnp125_5.col: ") && left.trim_end().ends_with("stopped"), "{left:?}");
    assert_eq!(left.trim_end().lines().count(), 1, "{left:?}");
}

#[test]
fn the_progress_line_fits_a_narrow_terminal() {
    for (width, at_least) in [(40, "best "), (20, "best "), (4, "bes")] {
        let size = Winsize { ws_row: 24, ws_col: width, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).unwrap();
        let mut terminal = File::from(pty.master);
        let mut command = prism!["color", graph("gnp125_5"), "--moves", "1000000000000"];
        command.args(["--time-limit", "100s", "--threads", "1"]).stdout(Stdio::null());
        let mut child = command.stderr(pty.slave).spawn().unwrap();
        drop(command);
        let mut shown = String::new();
        // More than the first colourings: the search is shown too.
        while shown.matches("\x1b[K").count() < 12 {
            let mut buffer = [0; 256];
            let got = terminal.read(&mut buffer).unwrap();
            shown.push_str(&String::from_utf8_lossy(&buffer[..got]));
        }
        kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
        read_until(&mut terminal, &mut shown, "never shown");
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let drawn = shown.split('\r').filter_map(|text| text.strip_suffix("\x1b[K"));
        let drawn: Vec<&str> = drawn.filter(|text| !text.is_empty()).collect();
        let fits = |text: &&&str| text.chars().count() < usize::from(width);
        assert_eq!(drawn.iter().filter(fits).count(), drawn.len(), "{drawn:?}");
        assert!(drawn.iter().all(|text| text.contains(at_least)), "{drawn:?}");
    }
}

#[test]
fn a_log_gets_a_line_now_and_then_with_the_share_of_the_limits() {
    let mut command = prism!["color", graph("gnp125_5"), "--moves", "1000000000000"];
    command.args(["--time-limit", "100s", "--threads", "1"]).stdout(Stdio::null());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.next().unwrap();
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    for words in ["best ", " s of 100 s (", " %)", " % of 1000.00 G moves"] {
        assert!(line.contains(words), "no {words:?} in {line:?}");
    }
    assert!(!line.contains(['\r', '\x1b']), "{line:?}");
    let left: Vec<String> = lines.collect();
    assert!(left.last().unwrap().ends_with("stopped"), "{left:?}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_quiet_run_shows_no_progress() {
    let folder = Folder::new();
    let events = folder.path("events");
    // Longer than it takes to the first line of a log.
    let mut command = prism!["color", "-q", graph("gnp125_5"), "--moves", "1000000000000"];
    command.args(["-t", "1500ms", "--threads", "1", "--events"]).arg(&events);
    assert_eq!(command.code(0).stderr(), "");
    assert!(std::fs::read_to_string(&events).unwrap().contains("\"progress\""));
    let mut command = prism!["bounds", "-q", graph("gnp125_5"), "-t", "1500ms"];
    assert_eq!(command.code(0).stderr(), "");
}

#[test]
fn bounds_show_how_it_goes_and_a_signal_ends_them_with_what_they_have() {
    let mut command = prism!["bounds", graph("gnp125_5"), "-t", "100s"];
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.next().unwrap();
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(143));
    for words in ["bounds ", " to ", " s of 100 s ("] {
        assert!(line.contains(words), "no {words:?} in {line:?}");
    }
    let report = String::from_utf8(done.stdout).unwrap();
    assert!(report.contains("lower bound "), "{report}");
    let pty = openpty(None, None).unwrap();
    let mut terminal = File::from(pty.master);
    let mut command = prism!["bounds", graph("gnp125_5"), "-t", "1s"];
    let mut child = command.stdout(Stdio::null()).stderr(pty.slave).spawn().unwrap();
    drop(command);
    let mut shown = String::new();
    read_until(&mut terminal, &mut shown, "never shown");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(shown.contains("exhaustive search  ") && shown.ends_with("\r\x1b[K"), "{shown:?}");
}
