//! What a person sees of a long computation: on a terminal one line, drawn over and over, that fits its
//! width; elsewhere, in a log, a line now and then.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

/// Seconds before the first line of a log.
const FIRST: f64 = 1.0;

/// Least seconds between two lines of a log; in a long one, a tenth of the time so far.
const APART: f64 = 5.0;

/// Where lines go.
#[derive(Debug)]
pub enum StatusLine {
    Off,
    Terminal,
    /// The next line is due at so many seconds.
    Log(f64),
}

/// A part of a line. Where there is no room for all, those of the least weight are left out.
pub struct Part {
    weight: u8,
    text: String,
}

/// A part of this weight.
pub fn part(weight: u8, text: impl Into<String>) -> Part {
    Part { weight, text: text.into() }
}

impl StatusLine {
    /// Lines on standard error, if anybody wants any.
    pub fn new(wanted: bool) -> Self {
        match (wanted, io::stderr().is_terminal()) {
            (false, _) => Self::Off,
            (true, true) => Self::Terminal,
            (true, false) => Self::Log(FIRST),
        }
    }

    /// Whether nothing is ever shown.
    pub fn is_off(&self) -> bool {
        matches!(self, Self::Off)
    }

    /// Shows a line, `seconds` after the start, if one is due.
    pub fn show(&mut self, seconds: f64, parts: impl FnOnce() -> Vec<Part>) {
        if !self.is_due(seconds) {
            return;
        }
        // Nobody may be left to see it; the run goes on.
        let mut err = io::stderr();
        let _ = match self {
            // To the start of the line, the text, and clear what is left of the old one.
            Self::Terminal => {
                let text = fitted(parts(), width());
                write!(err, "\r{text}\x1b[K").and_then(|()| err.flush())
            }
            _ => writeln!(err, "{}", fitted(parts(), usize::MAX)),
        };
    }

    /// Whether there is something to be shown now. A log then waits for the next line.
    fn is_due(&mut self, seconds: f64) -> bool {
        match self {
            Self::Off => false,
            Self::Terminal => true,
            Self::Log(due) if seconds < *due => false,
            Self::Log(due) => {
                *due = seconds + APART.max(seconds / 10.0);
                true
            }
        }
    }

    /// Leaves no line on the terminal.
    pub fn clear(&mut self) {
        if let Self::Terminal = self {
            let mut err = io::stderr();
            let _ = write!(err, "\r\x1b[K").and_then(|()| err.flush());
        }
    }
}

/// The characters that a line of the terminal has room for. The last column stays free: some terminals
/// break a line that fills it.
fn width() -> usize {
    match rustix::termios::tcgetwinsize(rustix::stdio::stderr()) {
        Ok(size) if size.ws_col > 0 => usize::from(size.ws_col) - 1,
        _ => usize::MAX,
    }
}

/// The parts that have room, in their order.
fn fitted(mut parts: Vec<Part>, width: usize) -> String {
    loop {
        let texts: Vec<&str> = parts.iter().map(|part| &*part.text).collect();
        let line = texts.join("  ");
        let least = (0..parts.len()).min_by_key(|&at| parts[at].weight);
        match least {
            Some(at) if line.chars().count() > width && parts.len() > 1 => {
                parts.remove(at);
            }
            _ => return line.chars().take(width).collect(),
        }
    }
}

/// The time so far, and its share of the limit if there is one.
pub fn time(seconds: f64, limit: Option<Duration>) -> String {
    match limit.map(|limit| limit.as_secs_f64()) {
        Some(limit) if limit > 0.0 => {
            format!("{seconds:.1} s of {limit} s ({} %)", percent(seconds, limit))
        }
        _ => format!("{seconds:.1} s"),
    }
}

/// How much of `limit` is used, in whole percent.
pub fn percent(used: f64, limit: f64) -> u64 {
    (100.0 * used / limit).min(100.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_important_parts_are_left_out() {
        let line = |width| {
            fitted(vec![part(1, "k 12"), part(3, "best 13"), part(2, "4.0 s of 8 s (50 %)")], width)
        };
        assert_eq!(line(usize::MAX), "k 12  best 13  4.0 s of 8 s (50 %)");
        assert_eq!(line(34), "k 12  best 13  4.0 s of 8 s (50 %)");
        assert_eq!(line(33), "best 13  4.0 s of 8 s (50 %)");
        assert_eq!((&*line(27), &*line(4), &*line(0)), ("best 13", "best", ""));
        assert_eq!(fitted(Vec::new(), 9), "");
    }

    #[test]
    fn a_log_has_fewer_lines_the_longer_it_is() {
        let mut line = StatusLine::Log(FIRST);
        let seconds = (0..20_000).map(|tenth| f64::from(tenth) / 10.0);
        let shown: Vec<f64> = seconds.filter(|&seconds| line.is_due(seconds)).collect();
        assert_eq!(shown[..3], [1.0, 6.0, 11.0]);
        assert!(shown.len() < 60, "{shown:?}");
    }

    #[test]
    fn time_is_shown_with_its_share() {
        assert_eq!(time(12.34, None), "12.3 s");
        assert_eq!(time(12.34, Some(Duration::from_secs(60))), "12.3 s of 60 s (20 %)");
        assert_eq!(time(0.5, Some(Duration::from_millis(500))), "0.5 s of 0.5 s (100 %)");
        assert_eq!(time(0.0, Some(Duration::ZERO)), "0.0 s");
    }
}
