//! The solver: a first colouring and a first bound, then attempts with fewer and fewer colours.

use crate::checkpoint::{Due, Maker, State};
use crate::crew::{Crew, Orders};
use crate::exhaustion::Exhaustion;
use crate::incumbent::{Incumbent, Limits};
use crate::ledger::{CORES, Ledger};
use crate::opening::Opening;
use crate::options::{DEFAULT_EFFORT, GraphRef, Options, Prior, TakeCheckpoint};
use crate::problem::Problem;
use crate::roster::Row;
use crate::stop::Alarm;
use crate::strategy::GraphClass;
use crate::{
    BuildError, Checkpoint, CheckpointError, CheckpointEvery, Event, Goal, Outcome, SizeBounds,
    SolverBuilder, Status,
};
use prism_core::bounds;
use prism_core::search::Mismatch;
use prism_core::{Coloring, MAX_COLORS};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Colours one graph. Made by [`Solver::builder`]; see the crate's page for an example.
pub struct Solver<'a> {
    incumbent: Incumbent<'a>,
    roster: &'a [Row],
    /// The row of the engine that works alone.
    alone: Option<usize>,
    goal: Goal,
    limits: Limits,
    threads: usize,
    seed: u64,
    /// A start, until the first step.
    warm_start: Option<Coloring>,
    /// What is known of the graph, until the first step.
    prior: Option<Prior>,
    alarm: Arc<Alarm>,
    crew: Crew,
    exhaustion: Exhaustion,
    /// What the first colouring and the first bound say about the graph.
    class: GraphClass,
    /// How things stood after the last step.
    status: Status,
    has_started: bool,
    checkpoints: Option<Checkpoints<'a>>,
}

/// Makes checkpoints and hands them over.
struct Checkpoints<'a> {
    maker: Maker,
    due: Due,
    take: TakeCheckpoint<'a>,
}

impl<'a> Solver<'a> {
    /// Starts to set a solver up for `graph`: borrowed, or shared as `Arc<Graph<'static>>`, so that the
    /// solver borrows nothing.
    pub fn builder(graph: impl Into<GraphRef<'a>>) -> SolverBuilder<'a> {
        SolverBuilder::new(graph.into())
    }

    pub(crate) fn new(graph: GraphRef<'a>, mut options: Options<'a>) -> Result<Self, BuildError> {
        let alone = options.settle()?;
        if options.settings.asks_for_sizes() {
            return Err(BuildError::SizesInPlainSolver);
        }
        let problem = Problem::new(graph, &options.precolored)?;
        // Degeneracy d takes d (d + 1) / 2 edges, and d + 1 colours always suffice.
        if problem.graph().m() >= MAX_COLORS * (MAX_COLORS + 1) / 2
            && bounds::degeneracy(problem.graph()).degeneracy as usize >= MAX_COLORS
        {
            return Err(BuildError::TooManyColors);
        }
        if let Some(warm) = &options.warm_start {
            warm.verify(problem.input()).map_err(BuildError::WarmStart)?;
            options.warm_start = Some(problem.project(warm, &options.precolored)?);
        }
        let ledger = Ledger::new(options.sink.take());
        let alarm = Arc::new(Alarm::new(options.stop.clone()));
        let (sites, limits) = (options.sites()?, options.limits());
        let maker = Maker::new(&problem, &options);
        let settings = &options.settings;
        let mut solver = Self {
            incumbent: Incumbent::new(problem, ledger, options.improvements.take()),
            roster: options.roster,
            alone,
            goal: settings.goal(),
            limits,
            threads: settings.threads,
            seed: settings.seed,
            warm_start: options.warm_start,
            prior: options.prior,
            crew: Crew::new(sites, alarm.clone(), options.lockstep, options.tells_turns),
            alarm,
            exhaustion: Exhaustion::new(settings.goal(), limits),
            class: GraphClass::Random,
            status: Status::Running,
            has_started: false,
            checkpoints: None,
        };
        let Some(maker) = maker else { return Ok(solver) };
        if let Some(checkpoint) = options.resume {
            maker.check(&checkpoint)?;
            solver.resume(checkpoint)?;
        }
        if let Some((every, take)) = options.checkpoints {
            if solver.crew.is_in_lockstep() && matches!(every, CheckpointEvery::Time(_)) {
                return Err(BuildError::CheckpointsByTime);
            }
            let ledger = &solver.incumbent.ledger;
            let due = Due::new(every, ledger.elapsed(), ledger.moves);
            solver.checkpoints = Some(Checkpoints { maker, due, take });
        }
        Ok(solver)
    }

    /// Goes on from what another run came to.
    fn resume(&mut self, checkpoint: Checkpoint) -> Result<(), CheckpointError> {
        let State { books, best, lower_bound, clique, class, exact_work, crew } = checkpoint.state;
        let best = Coloring::from_colors(best);
        Mismatch::unless(books.are_possible(), "a number of moves")?;
        self.incumbent.take_over(books, best, lower_bound, clique)?;
        self.exhaustion.take_over(exact_work);
        self.class = class;
        let orders = self.orders();
        Ok(self.crew.resume(&crew, orders, &self.incumbent)?)
    }

    /// Calls everyone home, and hands a checkpoint over.
    fn make_checkpoint(&mut self) {
        let has_colors = self.incumbent.best().is_some();
        let Some(mut to) = self.checkpoints.take_if(|_| has_colors) else { return };
        let crew = self.crew.save(self.orders(), &mut self.incumbent);
        let Incumbent { ledger, clique, .. } = &self.incumbent;
        // What comes home may be better.
        let best = self.incumbent.best().map(|best| best.colors().to_vec()).unwrap_or_default();
        let state = State {
            books: ledger.books(),
            best,
            lower_bound: self.incumbent.lower_bound(),
            clique: clique.clone(),
            class: self.class,
            exact_work: self.exhaustion.work(),
            crew,
        };
        to.due.made(ledger.elapsed(), ledger.moves);
        (to.take)(&to.maker.make(state));
        self.checkpoints = Some(to);
    }

    /// Runs until the goal is reached or a limit ends it. With no limit set it ends when the
    /// colouring is proved optimal or [`DEFAULT_EFFORT`] moves are spent.
    pub fn run(mut self) -> Outcome {
        let effort = match (self.limits.time, self.limits.moves) {
            (None, None) => DEFAULT_EFFORT,
            _ => u64::MAX,
        };
        if self.step(effort) == Status::Running {
            self.status = Status::EffortSpent;
        }
        self.finish()
    }

    /// Goes on for up to `moves` more moves, all threads together, and says how things stand:
    /// [`Status::Running`] when there is more to do. The first call also makes the first colouring.
    pub fn step(&mut self, moves: u64) -> Status {
        self.incumbent.ledger.start_clock();
        let elapsed = self.incumbent.ledger.elapsed();
        let left = self.limits.time.map(|limit| limit.saturating_sub(elapsed));
        let until = self.incumbent.ledger.moves.saturating_add(moves);
        let alarm = self.alarm.clone();
        self.status = alarm.within(left, || self.advance(until));
        self.incumbent.ledger.stop_clock();
        self.status
    }

    /// Sets the time limit to what is left of that of a larger run.
    pub(crate) fn set_time_left(&mut self, left: Option<Duration>) {
        self.limits.time = left.map(|left| self.incumbent.ledger.elapsed() + left);
    }

    /// The best colouring of the input graph so far, verified; `None` before the first step.
    pub fn best(&self) -> Option<Coloring> {
        self.incumbent.lifted()
    }

    /// Moves made so far, all threads together.
    pub fn moves(&self) -> u64 {
        self.incumbent.ledger.moves
    }

    /// Ends the run and hands over what it found, with the status of the last step. A solver that was
    /// never stepped makes its first colouring now.
    pub fn finish(mut self) -> Outcome {
        if self.incumbent.best().is_none() {
            self.step(0);
        }
        let status = self.status;
        if !(self.crew.is_in_lockstep() && status == Status::Stopped) {
            self.make_checkpoint();
        }
        let coloring = self.best().unwrap_or_default();
        let lower_bound = self.incumbent.lower_bound();
        let Incumbent { problem, mut ledger, clique, .. } = self.incumbent;
        let (moves, seconds) = (ledger.moves, ledger.seconds());
        let k = coloring.num_colors();
        ledger.emit(&Event::Finished { status, k, lower_bound, moves, seconds });
        Outcome {
            sizes: SizeBounds::of(coloring.colors().len(), k),
            coloring,
            lower_bound,
            clique: problem.clique_of_input(&clique),
            status,
            seconds,
            moves,
            history: ledger.history,
            engines: ledger.engines,
        }
    }

    /// The main loop. `until` bounds the moves of the whole run so far.
    fn advance(&mut self, until: u64) -> Status {
        if !std::mem::replace(&mut self.has_started, true) {
            let graph = self.incumbent.problem.graph();
            let (vertices, edges) = (graph.n(), graph.m());
            let (threads, seed) = (self.threads, self.seed);
            self.incumbent.ledger.emit(&Event::Started { vertices, edges, threads, seed });
            if let Some(k) = self.incumbent.best_k() {
                let lower_bound = self.incumbent.lower_bound();
                let ledger = &mut self.incumbent.ledger;
                let (moves, seconds) = (ledger.moves, ledger.seconds());
                ledger.emit(&Event::Resumed { k, lower_bound, moves, seconds });
            }
        }
        if let Some(warm) = self.warm_start.take_if(|_| self.incumbent.best().is_some())
            && self.incumbent.adopt(warm, "warm start", CORES)
        {
            self.crew.improved(&self.incumbent);
        }
        if self.incumbent.best().is_none() {
            let opening = Opening {
                roster: self.roster,
                alone: self.alone.map(|row| &self.roster[row]),
                warm_start: self.warm_start.take(),
                prior: self.prior.take(),
                threads: self.threads,
                seed: self.seed,
                alarm: &self.alarm,
                degeneracy: OnceLock::new(),
            };
            self.class = opening.play(&mut self.incumbent);
        }
        let until = self.limits.moves.map_or(until, |limit| limit.min(until));
        loop {
            let spent = self.incumbent.ledger.moves;
            let ended = self.ended().or((spent >= until).then_some(Status::Running));
            if let Some(status) = ended {
                if self.crew.is_home() {
                    return status;
                }
                // What comes home may be better.
                self.crew.recall(self.orders(), &mut self.incumbent);
                continue;
            }
            let ledger = &self.incumbent.ledger;
            let is_due = |to: &Checkpoints<'_>| to.due.is_now(ledger.elapsed(), ledger.moves);
            if self.checkpoints.as_ref().is_some_and(is_due) {
                self.make_checkpoint();
                continue;
            }
            if self.alone.is_none()
                && self.crew.is_home()
                && self.exhaustion.is_due(&self.incumbent)
            {
                if self.exhaustion.run(&mut self.incumbent, &self.alarm) {
                    self.crew.improved(&self.incumbent);
                }
                continue;
            }
            let orders = self.orders();
            if !self.crew.work(until - spent, orders, &mut self.incumbent) {
                return self.ended().unwrap_or(Status::EffortSpent);
            }
        }
    }

    fn orders(&self) -> Orders<'a> {
        let Self { roster, goal, seed, alone, class, .. } = *self;
        Orders { roster, goal, seed, alone, class }
    }

    /// Why there is nothing more to do, if so.
    fn ended(&self) -> Option<Status> {
        let Incumbent { ledger, .. } = &self.incumbent;
        let (best, bound) = (self.incumbent.best_k(), self.incumbent.lower_bound());
        let constructed = || {
            let row = &self.roster[self.alone?];
            row.is_construction().then_some(Status::Constructed)
        };
        self.goal
            .reached(best, bound)
            .or_else(|| self.alarm.reason())
            .or_else(constructed)
            .or_else(|| self.limits.used_up(ledger))
    }
}
