//! What a running solver tells.

use crate::{Improvement, Status};
use prism_core::search::{Pipeline, Sample};
use serde::Serialize;
use std::borrow::Cow;

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
        /// What proves it: `edge`, `odd cycle`, `clique`, `generalised Mycielskian`, `exhaustive
        /// search` or `class sizes`.
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
    /// A turn of an engine is over: told only where that was asked for
    /// ([`SolverBuilder::tell_turns`](crate::SolverBuilder::tell_turns)).
    TurnEnded(TurnEnded),
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

/// A turn of an engine on a site, and what its searches told of themselves meanwhile.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TurnEnded {
    /// The engine.
    pub engine: Cow<'static, str>,
    /// Where it ran: `cpu`, `cuda:0`.
    pub site: String,
    /// Number of colours searched for.
    pub k: usize,
    /// Seconds since the start of the run when the turn began.
    pub begun: f64,
    /// The same when it ended.
    pub seconds: f64,
    /// Moves made, all threads together.
    pub moves: u64,
    /// How the searches stood meanwhile, all together: some tens of samples at most.
    pub samples: Vec<TurnSample>,
    /// What the pipeline of the device did, where one was used.
    pub pipeline: Option<Pipeline>,
}

impl TurnEnded {
    /// The same in a run that began so many seconds before that of its own.
    pub(crate) fn later(&self, seconds: f64) -> Self {
        let mut turn = self.clone();
        turn.begun += seconds;
        turn.seconds += seconds;
        turn.samples.iter_mut().for_each(|sample| sample.seconds += seconds);
        turn
    }
}

/// How the searches of a turn stood at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TurnSample {
    /// Seconds since the start of the run.
    pub seconds: f64,
    /// The fewest conflicts of a search, the mean of diversities, and sums of counts, which begin with the
    /// turn.
    #[serde(flatten)]
    pub sample: Sample,
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
