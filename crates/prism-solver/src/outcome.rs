//! What a solver hands back.

use crate::SizeBounds;
use prism_core::Coloring;
use std::borrow::Cow;
use std::fmt;

/// Why a solver ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// It has not ended: [`Solver::step`](crate::Solver::step) came back because its moves were
    /// used up. In an [`Outcome`], the caller ended it with [`Solver::finish`](crate::Solver::finish).
    Running,
    /// The colouring has as few colours as the lower bound proves necessary.
    Optimal,
    /// The number of colours asked for was reached.
    TargetReached,
    /// The number of colours asked for is below the proven lower bound.
    TargetInfeasible,
    /// It is proved that no colouring is within the lists, or has classes as asked for.
    Infeasible,
    /// The time limit ran out.
    TimeLimit,
    /// The move limit ran out.
    MoveLimit,
    /// There was no memory left for more: see [`memory`](mod@crate::memory).
    MemoryLimit,
    /// Neither limit was set and the effort budget is used up.
    EffortSpent,
    /// A [`StopHandle`](crate::StopHandle) was pulled.
    Stopped,
    /// The engine that was to run [alone](crate::SolverBuilder::method) has made its colouring.
    Constructed,
}

/// As in JSON.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        serde::Serialize::serialize(self, f)
    }
}

/// One entry of the history of best colourings.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Improvement {
    /// Number of colours reached.
    pub k: usize,
    /// Seconds since the start.
    pub seconds: f64,
    /// Moves since the start, all threads together.
    pub moves: u64,
    /// The engine that found it.
    pub engine: Cow<'static, str>,
    /// Where that ran: `cpu`, `cuda:0`.
    pub site: String,
}

/// What one engine did.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct EngineCounters {
    /// Its name.
    pub engine: Cow<'static, str>,
    /// Where it ran: `cpu`, `cuda:0`.
    pub site: String,
    /// Rounds of moves that it was given, or colourings that it made.
    pub rounds: u64,
    /// Searches that ended in a proper colouring.
    pub successes: u64,
    /// Best colourings so far that it found.
    pub improvements: u64,
    /// Moves made.
    pub moves: u64,
    /// Wall-clock seconds of these.
    pub seconds: f64,
}

impl EngineCounters {
    /// Whether they are those of this engine on this site.
    pub(crate) fn is(&self, engine: &str, site: &str) -> bool {
        self.engine == engine && self.site == site
    }
}

/// The result of a run, verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// A proper colouring of the input graph with colours `0..k` (precoloured vertices keep the
    /// colour they were given).
    pub coloring: Coloring,
    /// No proper colouring has fewer colours, of those with sizes as asked for.
    pub lower_bound: usize,
    /// How even the classes of colourings with as many colours can be at best.
    pub sizes: SizeBounds,
    /// A clique of the input graph, 0-based: it proves the lower bound if it is as large, else
    /// something else did.
    pub clique: Vec<u32>,
    /// Why the solver ended.
    pub status: Status,
    /// Every improvement, in order.
    pub history: Vec<Improvement>,
    /// What each engine did.
    pub engines: Vec<EngineCounters>,
    /// Moves, all threads together.
    pub moves: u64,
    /// Wall-clock seconds.
    pub seconds: f64,
}

impl Outcome {
    /// Number of colours in use.
    pub fn num_colors(&self) -> usize {
        self.coloring.num_colors()
    }

    /// Whether the colouring is proved to have the fewest colours possible.
    pub fn is_optimal(&self) -> bool {
        self.num_colors() == self.lower_bound
    }
}
