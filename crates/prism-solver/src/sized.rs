//! Colourings whose classes have sizes that are asked for: equitable ones, bounded ones, balanced ones, and
//! ones with exactly as many colours as asked for.
//!
//! The sizes of classes are a matter of the whole graph, so that no reduction helps, and a colouring with few
//! colours need not be near to one with even classes. Hence two searches side by side, which have turns:
//!
//! 1. A [`Solver`] looks for colourings with few colours, whatever the sizes, and for lower bounds. Its
//!    colourings become more even by Kempe chains, or their large classes are split (`first.rs`).
//! 2. Searches at a fixed number of colours look for sizes within a range (`searches.rs`), and exhaustive
//!    search does so on small graphs (`fewer.rs`). That there is no equitable colouring with k colours
//!    says nothing of fewer, so that several numbers of colours are open at a time.
//!
//! With one colour more than the largest degree there is always an equitable colouring, and the algorithm
//! that makes one is the last resort. Where classes are to be balanced, a part of the run is kept for
//! that (`balance.rs`).

mod balance;
mod bounds;
mod classes;
mod fewer;
mod first;
mod names;
mod plain;
mod searches;
mod state;

pub use bounds::SizeBounds;

use crate::incumbent::Limits;
use crate::ledger::{CORES, Ledger};
use crate::lists::{Impossibility, Unsatisfied};
use crate::options::{DEFAULT_EFFORT, GraphRef, Options};
use crate::stop::Alarm;
use crate::{BuildError, Event, Method, Outcome, Status};
use fewer::Fewer;
use names::Names;
use plain::Plain;
use prism_core::Coloring;
use state::{State, WARM_START};
use std::sync::Arc;

/// The part of a run that is kept for balancing, if that is asked for: one of so many.
const BALANCE: u32 = 5;

/// Colours one graph with classes of certain sizes. Made by [`SolverBuilder::sized`](crate::SolverBuilder).
///
/// ```
/// use prism_core::Graph;
/// use prism_solver::{Settings, Solver, Status};
///
/// // A star with nine leaves: two colours suffice, but the hub is alone in its class.
/// let edges: Vec<(u32, u32)> = (1..10).map(|v| (0, v)).collect();
/// let (star, _) = Graph::from_edges(10, &edges)?;
/// let settings = Settings { equitable: true, threads: 1, ..Settings::default() };
/// let outcome = Solver::builder(&star).settings(&settings).sized()?.run()?;
/// assert_eq!((outcome.num_colors(), outcome.status), (6, Status::Optimal));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SizedSolver<'a> {
    graph: GraphRef<'a>,
    plain: Plain<'a>,
    warm_start: Option<Coloring>,
    limits: Limits,
    state: State<'a>,
}

/// Why there is no colouring to give.
#[derive(Clone, Copy, Debug)]
enum Missing {
    /// There is none.
    Impossible,
    Open(Status),
}

impl<'a> SizedSolver<'a> {
    pub(crate) fn new(graph: GraphRef<'a>, mut options: Options<'a>) -> Result<Self, BuildError> {
        options.settle()?;
        let settings = options.settings.clone();
        if settings.method != Method::Portfolio {
            return Err(BuildError::MethodWithSizes(settings.method));
        }
        if options.checkpoints.is_some() || options.resume.is_some() {
            return Err(BuildError::CheckpointWithSizes);
        }
        if let (Some(exact), Some(target)) = (settings.exact_colors, settings.target_colors) {
            return Err(BuildError::ExactAndTarget { exact, target });
        }
        // It checks what is given.
        let plain = Plain::new(graph.clone(), &options)?;
        let n = graph.get().n();
        let (rule, names) = (settings.size_rule(), Names::new(n, &options.precolored));
        if let (Some(most), Some((color, vertices))) = (rule.most, names.largest())
            && vertices > most
        {
            return Err(BuildError::PrecoloredTooMany { color, vertices, most });
        }
        let limits = options.limits();
        let state = State {
            n,
            rule,
            exact: settings.exact_colors,
            balance: settings.balance,
            goal: settings.goal(),
            threads: settings.threads,
            seed: settings.seed,
            names,
            ledger: Ledger::new(options.sink.take()),
            improvements: options.improvements.take(),
            limits,
            alarm: Arc::new(Alarm::new(options.stop.clone())),
            best: None,
            lower_bound: 0,
            capacities: Vec::new(),
            evenness: None,
        };
        Ok(Self { graph, plain, warm_start: options.warm_start.take(), limits, state })
    }

    /// Runs until the goal is reached or a limit ends it, as [`Solver::run`](crate::Solver::run) does. The
    /// lower bound of the outcome is one on the colours of colourings with sizes as asked for.
    ///
    /// # Errors
    /// [`Unsatisfied`]: there is no such colouring, or none was found.
    pub fn run(mut self) -> Result<Outcome, Unsatisfied> {
        self.state.ledger.start_clock();
        let (vertices, edges) = (self.state.n, self.graph.get().m());
        let (threads, seed) = (self.state.threads, self.state.seed);
        self.state.ledger.emit(&Event::Started { vertices, edges, threads, seed });
        let ended = self.search();
        let Self { mut state, plain, .. } = self;
        let plain = plain.finish();
        state.ledger.book(&plain.engines);
        state.ledger.stop_clock();
        let (status, proof) = match ended {
            Ok(status) => (status, None),
            Err(Missing::Impossible) => (Status::Infeasible, Some(Impossibility::Search)),
            Err(Missing::Open(status)) => (status, None),
        };
        let (moves, seconds) = (state.ledger.moves, state.ledger.seconds());
        let (k, lower_bound) = (state.best_k().unwrap_or(0), state.lower_bound);
        state.ledger.emit(&Event::Finished { status, k, lower_bound, moves, seconds });
        let Ledger { engines, history, .. } = state.ledger;
        match state.best.filter(|_| proof.is_none()) {
            Some(coloring) => Ok(Outcome {
                sizes: state.evenness.unwrap_or_else(|| SizeBounds::of(vertices, k)),
                coloring,
                lower_bound,
                clique: plain.clique,
                status,
                history,
                engines,
                moves,
                seconds,
            }),
            None => Err(Unsatisfied { proof, status, engines, moves, seconds }),
        }
    }

    /// The search for few colours, and then that for even classes.
    fn search(&mut self) -> Result<Status, Missing> {
        let all = match self.limits {
            Limits { time: None, moves: None } => {
                Limits { time: None, moves: Some(DEFAULT_EFFORT) }
            }
            limits => limits,
        };
        let (alarm, balance) = (self.state.alarm.clone(), self.state.balance);
        self.state.limits = if balance { all.without_a_part(BALANCE) } else { all };
        let status = alarm.within(self.state.limits.time, || self.fewest());
        let status = self.in_words_of_limits(status?);
        if !balance || matches!(status, Status::Stopped | Status::MemoryLimit) {
            return Ok(status);
        }
        self.state.limits = all;
        let graph = self.graph.clone();
        let left = self.state.time_left();
        let ended = alarm.within(left, || balance::balance(&mut self.state, graph.get()));
        // Where no more is to be had, it ended for the reason that the first part did.
        Ok(ended.map_or(status, |ended| self.in_words_of_limits(ended)))
    }

    /// The moves of a run without limits are no limit that was set.
    fn in_words_of_limits(&self, status: Status) -> Status {
        match status {
            Status::MoveLimit if self.limits.moves.is_none() => Status::EffortSpent,
            other => other,
        }
    }

    /// Few colours, with sizes as asked for.
    fn fewest(&mut self) -> Result<Status, Missing> {
        let (graph, state, plain) = (self.graph.clone(), &mut self.state, &mut self.plain);
        let graph = graph.get();
        if let Some(warm) = self.warm_start.take() {
            state.adopt(graph, &state.names.classes(&warm), WARM_START, CORES);
        }
        plain.open(state);
        state.bound(graph)?;
        first::make(state, graph, plain);
        Fewer::new(graph).run(state, plain)
    }
}
