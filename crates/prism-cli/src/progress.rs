//! Where the solver's events go: a line on the terminal, JSON lines, or nowhere.

use crate::events_file::EventsFile;
use crate::output::counted;
use prism_solver::{Event, EventSink};
use std::io::{self, Write};

/// Shows events as they come.
pub struct Progress<'a> {
    /// Whether a progress line is drawn on standard error.
    line: bool,
    /// Takes one JSON object a line.
    events: Option<EventsFile>,
    /// The first error of `events`, to be told after the run.
    error: &'a mut Option<io::Error>,
    lower_bound: usize,
}

impl<'a> Progress<'a> {
    /// `line` draws on the terminal, `events` takes JSON lines, `error` the first failure to write
    /// them.
    pub fn new(line: bool, events: Option<EventsFile>, error: &'a mut Option<io::Error>) -> Self {
        Self { line, events, error, lower_bound: 0 }
    }

    fn draw(&self, text: &str) {
        // To the start of the line, the text, and clear what is left of the old one. The terminal may
        // be gone; the run goes on.
        let mut err = io::stderr();
        let _ = write!(err, "\r{text}\x1b[K").and_then(|()| err.flush());
    }
}

impl EventSink for Progress<'_> {
    fn event(&mut self, event: &Event) {
        if let Some(out) = &mut self.events {
            let written = serde_json::to_writer(&mut *out, event)
                .map_err(io::Error::from)
                .and_then(|()| out.write_all(b"\n"))
                .and_then(|()| out.flush());
            if let Err(error) = written {
                self.events = None;
                *self.error = Some(error);
            }
        }
        if !self.line {
            return;
        }
        match event {
            Event::LowerBound { lower_bound, .. } => self.lower_bound = *lower_bound,
            Event::Progress { k, best, conflicts, moves_per_second, seconds, .. } => {
                let bound = self.lower_bound;
                self.draw(&format!(
                    "k {k}  best {best}  bound {bound}  conflicts {conflicts}  {}/s  {seconds:.1} s",
                    scaled(*moves_per_second)
                ));
            }
            Event::Improved(found) => {
                self.draw(&format!("best {}  {}  {:.1} s", found.k, found.engine, found.seconds));
            }
            Event::Finished { .. } => self.draw(""),
            _ => {}
        }
    }
}

/// A number of moves in few characters.
pub fn scaled(moves: f64) -> String {
    match moves {
        m if m >= 1e9 => format!("{:.2} G moves", m / 1e9),
        m if m >= 1e6 => format!("{:.2} M moves", m / 1e6),
        m if m >= 1e3 => format!("{:.0} k moves", m / 1e3),
        m => counted(m as u64, "move"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn moves_are_scaled() {
        assert_eq!(super::scaled(12.0), "12 moves");
        assert_eq!(super::scaled(1.0), "1 move");
        assert_eq!(super::scaled(45_300.0), "45 k moves");
        assert_eq!(super::scaled(1_234_000.0), "1.23 M moves");
    }
}
