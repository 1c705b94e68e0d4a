//! Where the solver's events go: a line for a person, JSON lines, or nowhere.

use crate::events_file::EventsFile;
use crate::output::{counted, note};
use crate::status_line::{StatusLine, part, percent, time};
use prism_solver::{DEFAULT_EFFORT, Event, EventSink};
use std::io::{self, Write};
use std::time::Duration;

/// The limits of a run, for the share that is used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    pub time: Option<Duration>,
    pub moves: Option<u64>,
}

impl Limits {
    /// Those that hold where none is given are counted too.
    pub fn of(time: Option<Duration>, moves: Option<u64>) -> Self {
        match (time, moves) {
            (None, None) => Self { time, moves: Some(DEFAULT_EFFORT) },
            _ => Self { time, moves },
        }
    }
}

/// Shows events as they come.
pub struct Progress<'a> {
    line: StatusLine,
    limits: Limits,
    /// Takes one JSON object a line.
    events: Option<EventsFile>,
    /// The first error of `events`, to be told after the run.
    error: &'a mut Option<io::Error>,
    lower_bound: usize,
}

impl<'a> Progress<'a> {
    /// `line` is for a person, `events` takes JSON lines, `error` the first failure to write them.
    pub fn new(
        line: StatusLine,
        limits: Limits,
        events: Option<EventsFile>,
        error: &'a mut Option<io::Error>,
    ) -> Self {
        Self { line, limits, events, error, lower_bound: 0 }
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
        let Limits { time: time_limit, moves: move_limit } = self.limits;
        match event {
            Event::LowerBound { lower_bound, .. } | Event::Resumed { lower_bound, .. } => {
                self.lower_bound = *lower_bound
            }
            Event::Progress { k, best, conflicts, moves, moves_per_second, seconds } => {
                let bound = self.lower_bound;
                self.line.show(*seconds, || {
                    let mut parts = vec![
                        part(5, format!("k {k}")),
                        part(9, format!("best {best}")),
                        part(7, format!("bound {bound}")),
                        part(4, format!("conflicts {conflicts}")),
                        part(3, format!("{}/s", scaled(*moves_per_second))),
                        part(8, time(*seconds, time_limit)),
                    ];
                    parts.extend(move_limit.map(|limit| {
                        let share = percent(*moves as f64, limit as f64);
                        part(6, format!("{share} % of {}", scaled(limit as f64)))
                    }));
                    parts
                });
            }
            Event::Improved(found) => self.line.show(found.seconds, || {
                let best = part(9, format!("best {}", found.k));
                vec![best, part(7, &*found.engine), part(8, time(found.seconds, time_limit))]
            }),
            Event::SiteLost { site, why } => {
                self.line.clear();
                note(format_args!(
                    "warning: {site} is given up, and the search goes on without it: {why}"
                ));
            }
            Event::Finished { .. } => self.line.clear(),
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
