//! What a running solver tells.

use crate::{Improvement, Status};

/// Something that happened. Every event is plain data and serialises to one JSON object with the
/// field `event` naming its kind.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The solver has taken the graph.
    Started {
        /// Number of vertices.
        vertices: usize,
        /// Number of edges.
        edges: usize,
        /// Threads that will search.
        threads: usize,
        /// The seed.
        seed: u64,
    },
    /// The run goes on from a checkpoint.
    Resumed {
        /// Colours of the best colouring that the run had found.
        k: usize,
        /// The best lower bound.
        lower_bound: usize,
        /// Moves that it had made, all threads together.
        moves: u64,
        /// Seconds that it had taken.
        seconds: f64,
    },
    /// A better lower bound.
    LowerBound {
        /// No proper colouring has fewer colours.
        lower_bound: usize,
        /// What proves it: `edge`, `odd cycle`, `clique`, `generalised Mycielskian` or `exhaustive
        /// search`.
        proof: &'static str,
        /// Seconds since the start.
        seconds: f64,
    },
    /// A better colouring, already verified.
    Improved(Improvement),
    /// A search for a colouring with `k` colours begins on what preprocessing left of the graph.
    Searching {
        /// Number of colours searched for.
        k: usize,
        /// Vertices left after preprocessing.
        kernel_vertices: usize,
        /// Edges left after preprocessing.
        kernel_edges: usize,
        /// Seconds since the start.
        seconds: f64,
    },
    /// The state of the search, a few times a second.
    Progress {
        /// Number of colours searched for.
        k: usize,
        /// Colours of the best colouring so far.
        best: usize,
        /// Conflicts (or uncoloured vertices) of the search nearest to success.
        conflicts: u64,
        /// Moves since the start, all threads together.
        moves: u64,
        /// Moves a second, all threads together, since the last progress event.
        moves_per_second: f64,
        /// Seconds since the start.
        seconds: f64,
    },
    /// A site can search no more; the others go on, and what it found is kept.
    SiteLost {
        /// Its name, as `--device` has it.
        site: String,
        /// What happened.
        why: String,
    },
    /// The end.
    Finished {
        /// Why it ended.
        status: Status,
        /// Colours of the best colouring.
        k: usize,
        /// The best lower bound.
        lower_bound: usize,
        /// Moves since the start, all threads together.
        moves: u64,
        /// Seconds since the start.
        seconds: f64,
    },
}

/// Receives the events of a solver, on the thread that called [`Solver::run`](crate::Solver::run).
///
/// Every `FnMut(&Event) + Send` is one.
pub trait EventSink: Send {
    /// Takes one event. The search goes on meanwhile on its own threads; an event waits for the one
    /// before it.
    fn event(&mut self, event: &Event);
}

impl<F: FnMut(&Event) + Send> EventSink for F {
    fn event(&mut self, event: &Event) {
        self(event);
    }
}
