//! What a page shows: a run, its result and its chronicle.

use prism_solver::{Chronicle, Report};

/// A run that is over.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What the graph is called.
    pub name: &'a str,
    /// The result.
    pub report: &'a Report<'a>,
    /// What happened on the way.
    pub chronicle: &'a Chronicle,
    /// The vertices of each colour; none if no colouring was found.
    pub classes: &'a [usize],
    /// Options that are no settings, by name.
    pub options: &'a [(&'a str, String)],
    /// What there is to say about a run that found no colouring.
    pub nothing: Option<&'a str>,
    /// Wall-clock seconds of reading the graph.
    pub read_seconds: f64,
    /// User and system seconds of the whole process.
    pub cpu_seconds: f64,
    /// The most memory that it took.
    pub peak_memory_bytes: u64,
}

impl Run<'_> {
    /// Seconds until the last thing happened.
    pub(crate) fn seconds(&self) -> f64 {
        let found = self.report.history.last().map_or(0.0, |found| found.seconds);
        self.report.seconds.max(found)
    }

    /// Seconds until the first thing happened, as far as is known.
    pub(crate) fn first(&self) -> f64 {
        let found = self.report.history.iter().map(|found| found.seconds);
        found.filter(|&seconds| seconds > 0.0).fold(self.seconds(), f64::min)
    }
}
