//! What is shown while the search runs: one line that is rewritten, on a terminal only, and events as
//! lines of JSON.

use crate::exit::Failure;
use prism_solver::Event;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::Path;

/// Shows the events of a search.
pub struct Progress {
    /// Whether standard error is a terminal that wants a progress line.
    line: bool,
    /// Whether the line is not empty.
    shown: bool,
    events: Option<Box<dyn Write + Send>>,
    target: String,
}

impl Progress {
    /// A progress line unless `quiet`, and events to a file, or standard error for `-`.
    pub fn new(quiet: bool, events: Option<&Path>) -> Result<Self, Failure> {
        let target = events.map(|path| path.display().to_string()).unwrap_or_default();
        let events: Option<Box<dyn Write + Send>> = match events {
            None => None,
            Some(path) if path.as_os_str() == "-" => Some(Box::new(std::io::stderr())),
            Some(path) => {
                let file = File::create(path).map_err(|error| Failure::write(&target, error))?;
                Some(Box::new(std::io::BufWriter::new(file)))
            }
        };
        let line = !quiet && std::io::stderr().is_terminal() && target != "-";
        Ok(Self { line, shown: false, events, target })
    }

    /// Shows one event.
    pub fn event(&mut self, event: &Event) {
        if let Some(events) = &mut self.events {
            let written = serde_json::to_writer(&mut *events, event)
                .map_err(std::io::Error::from)
                .and_then(|()| writeln!(events))
                .and_then(|()| events.flush());
            if let Err(error) = written {
                // The colouring matters more than its log.
                self.events = None;
                crate::input::say(&format!("cannot write events to {}: {error}", self.target));
            }
        }
        if self.line
            && let Event::Progress { k, best, conflicts, moves, moves_per_second, seconds } = event
        {
            let speed = moves_per_second / 1e6;
            let moves = *moves as f64 / 1e6;
            self.rewrite(&format!(
                "{best} colours; trying {k}: {conflicts} conflicts, {moves:.1} M moves, {speed:.2} M/s, {seconds:.1} s"
            ));
        }
    }

    /// Clears the line.
    pub fn finish(&mut self) {
        if self.shown {
            self.rewrite("");
        }
    }

    fn rewrite(&mut self, line: &str) {
        // A terminal that went away is no reason to stop.
        let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
        self.shown = true;
    }
}
