//! The solver: a first colouring and a first bound, then attempts with fewer and fewer colours.

use crate::agenda::Agenda;
use crate::attempt::{Attempt, Manner, Verdict};
use crate::ledger::Ledger;
use crate::memory;
use crate::method::{Construction, Kind};
use crate::options::{DEFAULT_EFFORT, Options};
use crate::phase::Watch;
use crate::problem::Problem;
use crate::stop::Alarm;
use crate::strategy::{Engine, Lean};
use crate::{BuildError, Event, Goal, Method, Outcome, Proof, SolverBuilder, Status};
use prism_core::bounds::{self, Bipartition, Degeneracy, Effort};
use prism_core::memory::Room;
use prism_core::threads::with_pool;
use prism_core::{Coloring, Graph, MAX_COLORS};
use prism_cpu::dsatur::dsatur;
use prism_cpu::exact::raise_lower_bound;
use prism_cpu::greedy::{Order, greedy, greedy_in};
use prism_cpu::rlf::rlf_within;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Arcs that RLF may look at: tenths of a second. It gives up on graphs that need more.
const RLF_ARCS: u64 = 100_000_000;

/// Work of each heuristic bound: up to about a tenth of a second.
const BOUND_WORK: RangeInclusive<u64> = 4_000_000..=20_000_000;

/// Looks at each arc that are enough to see whether a clique is near the colours.
const GLANCES: u64 = 16;

/// Work of the first exhaustive search: hundredths of a second. Each later one may do twice as much.
pub(crate) const EXACT_WORK: u64 = 4_000_000;

/// Work of exhaustive search for each move, so that it takes about a tenth of the time.
pub(crate) const EXACT_WORK_PER_MOVE: u64 = 20;

/// The same where one colour is missing to the proof, a time limit is to be used, and the graph is so
/// small that the proof is likely to be found: half of the time.
const EXACT_WORK_PER_MOVE_SMALL: u64 = 150;

/// The largest graph that this holds for.
const EXACT_SMALL: usize = 100;

/// The gap between bound and colouring that exhaustive search is likely to close. Where it is
/// wider, it has one chance, ...
const EXACT_GAP: usize = 3;

/// ... with this much work.
const EXACT_WORK_FAR: u64 = 40_000_000;

/// The largest graph that exhaustive search is tried on.
pub(crate) const EXACT_VERTICES: usize = 1 << 16;

/// Colours one graph. Made by [`Solver::builder`]; see the crate's page for an example.
pub struct Solver<'a> {
    problem: Problem<'a>,
    options: Options<'a>,
    ledger: Ledger<'a>,
    alarm: Arc<Alarm>,
    /// A proper colouring of the problem's graph with gapless colours; none before the first step.
    best: Option<Coloring>,
    lower_bound: usize,
    /// A clique of the problem's graph.
    clique: Vec<u32>,
    /// The work that exhaustive search may do the next time.
    exact_work: u64,
    agenda: Agenda,
    /// What the first colouring and the first bound say about the graph.
    lean: Lean,
    /// The engine that solved the last attempt.
    preferred: Option<Engine>,
    /// How things stood after the last step.
    status: Status,
}

impl<'a> Solver<'a> {
    /// Starts to set a solver up for `graph`.
    pub fn builder(graph: &'a Graph<'a>) -> SolverBuilder<'a> {
        SolverBuilder::new(graph)
    }

    pub(crate) fn new(graph: &'a Graph<'a>, mut options: Options<'a>) -> Result<Self, BuildError> {
        if options.threads == 0 {
            return Err(BuildError::NoThreads);
        }
        options.settle_threads();
        let problem = Problem::new(graph, &options.precolored)?;
        // Degeneracy d takes d (d + 1) / 2 edges, and d + 1 colours always suffice.
        if problem.graph().m() >= MAX_COLORS * (MAX_COLORS + 1) / 2
            && bounds::degeneracy(problem.graph()).degeneracy as usize >= MAX_COLORS
        {
            return Err(BuildError::TooManyColors);
        }
        if let Some(warm) = &options.warm_start {
            warm.verify(graph).map_err(BuildError::WarmStart)?;
            options.warm_start = Some(problem.project(warm, &options.precolored)?);
        }
        let ledger = Ledger::new(options.sink.take());
        let alarm = Arc::new(Alarm::new(options.stop.clone()));
        Ok(Self {
            problem,
            options,
            ledger,
            alarm,
            best: None,
            lower_bound: 0,
            clique: Vec::new(),
            exact_work: EXACT_WORK,
            agenda: Agenda::default(),
            lean: Lean::Chance,
            preferred: None,
            status: Status::Running,
        })
    }

    /// Runs until the goal is reached or a limit ends it. With no limit set it ends when the
    /// colouring is proved optimal or [`DEFAULT_EFFORT`] moves are spent.
    pub fn run(mut self) -> Outcome {
        let effort = match (self.options.time_limit, self.options.move_limit) {
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
        self.ledger.start_clock();
        let left = self.options.time_limit.map(|limit| limit.saturating_sub(self.ledger.elapsed()));
        let until = self.ledger.moves.saturating_add(moves);
        let alarm = self.alarm.clone();
        self.status = alarm.within(left, || self.advance(until));
        self.ledger.stop_clock();
        self.status
    }

    /// The best colouring of the input graph so far, verified; `None` before the first step.
    pub fn best(&self) -> Option<Coloring> {
        let lifted = self.problem.lift(self.best.as_ref()?);
        match lifted.verify(self.problem.input()) {
            Ok(()) => Some(lifted),
            Err(violation) => {
                tracing::error!(%violation, "the way back from the contracted graph is improper");
                None
            }
        }
    }

    /// Moves made so far, all threads together.
    pub fn moves(&self) -> u64 {
        self.ledger.moves
    }

    /// Ends the run and hands over what it found, with the status of the last step. A solver that was
    /// never stepped makes its first colouring now.
    pub fn finish(mut self) -> Outcome {
        if self.best.is_none() {
            self.step(0);
        }
        let status = self.status;
        let coloring = self.best().unwrap_or_default();
        self.ledger.emit(&Event::Finished {
            status,
            k: coloring.num_colors(),
            lower_bound: self.lower_bound,
            moves: self.ledger.moves,
            seconds: self.ledger.seconds(),
        });
        Outcome {
            coloring,
            lower_bound: self.lower_bound,
            clique: self.problem.clique_of_input(&self.clique),
            status,
            seconds: self.ledger.seconds(),
            moves: self.ledger.moves,
            history: self.ledger.history,
            engines: self.ledger.engines,
        }
    }

    /// The main loop. `until` bounds the moves of the whole run so far.
    fn advance(&mut self, until: u64) -> Status {
        if self.best.is_none() {
            self.begin();
        }
        let until = self.options.move_limit.map_or(until, |limit| limit.min(until));
        loop {
            if let Some(ended) = self.ended() {
                return ended;
            }
            if self.ledger.moves >= until {
                return Status::Running;
            }
            if self.exhausts() {
                self.exhaust();
                continue;
            }
            match self.turn(until - self.ledger.moves) {
                Verdict::Open => {}
                Verdict::Solved(coloring, engine) => {
                    self.preferred = engine.or(self.preferred);
                    self.adopt(coloring, engine.map_or("preprocessing", Engine::name));
                }
                Verdict::Nothing => return self.ended().unwrap_or(Status::EffortSpent),
            }
        }
    }

    /// The first colourings and the first bounds. A raised flag leaves out what is not needed.
    fn begin(&mut self) {
        let (vertices, edges) = (self.problem.graph().n(), self.problem.graph().m());
        let (threads, seed) = (self.options.threads, self.options.seed);
        self.ledger.emit(&Event::Started { vertices, edges, threads, seed });
        if let Some(warm) = self.options.warm_start.take() {
            self.adopt(warm, "warm start");
        }
        if !Room::now().holds(memory::first_colorings(self.problem.graph())) {
            self.alarm.run_out();
            if self.best.is_none() {
                self.first(Method::Natural.name(), |graph, _| {
                    greedy(graph, Order::Natural, 0).ok()
                });
            }
            return;
        }
        if let Kind::Construction(construction) = self.options.method.kind() {
            self.construct(construction);
            return;
        }
        if let Some(prior) = self.options.prior.take() {
            self.raise_lower_bound(prior.clique.len(), Proof::Clique);
            (self.clique, self.lean) = (prior.clique, prior.lean);
            if self.best.is_some() {
                return;
            }
        }
        match bounds::bipartition(self.problem.graph()) {
            Bipartition::Colors(colors) => {
                self.adopt(Coloring::from_colors(colors), "bipartition");
                self.raise_lower_bound(self.best_k(), Proof::Clique);
                return;
            }
            Bipartition::OddCycle(_) => self.raise_lower_bound(3, Proof::OddCycle),
        }
        let order = bounds::degeneracy(self.problem.graph());
        let smallest_last: Vec<u32> = order.order.iter().rev().copied().collect();
        self.first(Method::SmallestLast.name(), |graph, _| greedy_in(graph, &smallest_last).ok());
        self.first(Method::Dsatur.name(), dsatur);
        self.first(Method::Rlf.name(), |graph, stop| rlf_within(graph, RLF_ARCS, stop).ok());
        self.bound(&order);
    }

    /// A first colouring, unless it is called off.
    fn first(
        &mut self,
        engine: &'static str,
        make: impl FnOnce(&Graph<'_>, &AtomicBool) -> Option<Coloring>,
    ) {
        let (graph, stop) = (self.problem.graph(), self.alarm.interrupt());
        if let Some(coloring) = self.ledger.construct(engine, || make(graph, stop)) {
            self.adopt(coloring, engine);
        }
    }

    /// The colouring of one engine, and no more. Called off, it is the greedy one.
    fn construct(&mut self, construction: Construction) {
        let name = self.options.method.name();
        let (threads, seed) = (self.options.threads, self.options.seed);
        let (graph, stop) = (self.problem.graph(), self.alarm.interrupt());
        let make = || construction.make(graph, seed, stop);
        let ledger = &mut self.ledger;
        let made = match construction.pool(threads) {
            Some(pool) => pool.install(|| ledger.construct(name, make)),
            None => with_pool(|| ledger.construct(name, make)),
        };
        if let Some(coloring) = made {
            self.adopt(coloring, name);
        } else if let Ok(coloring) = greedy(self.problem.graph(), Order::Natural, seed) {
            self.adopt(coloring, Method::Natural.name());
        }
    }

    /// Lower bounds, from the cheapest to the dearest, until one meets the best colouring. On random
    /// graphs they stay far below, and looking longer would only keep the search waiting.
    fn bound(&mut self, order: &Degeneracy) {
        let (seed, enough) = (self.options.seed, self.best_k());
        let effort = |work| Effort { work, seed, enough };
        let alarm = self.alarm.clone();
        let stop = alarm.interrupt();
        let graph = self.problem.graph();
        let (least, most) = (*BOUND_WORK.start(), *BOUND_WORK.end());
        let glance = (GLANCES * 2 * graph.m() as u64).clamp(least, most);
        let clique = bounds::clique(graph, order, &effort(glance), stop);
        if clique.len() > self.clique.len() {
            self.clique = clique;
        }
        self.lean = Lean::of(self.clique.len(), enough);
        if self.lean == Lean::Structure && self.clique.len() < enough && glance < most {
            let clique = bounds::clique(graph, order, &effort(most), stop);
            if clique.len() > self.clique.len() {
                self.clique = clique;
            }
        }
        let clique = self.clique.len();
        let mycielskian = if clique < enough {
            let work = if self.lean == Lean::Structure { most } else { glance };
            bounds::mycielskian(graph, order, &self.clique, &effort(work), stop).bound
        } else {
            clique
        };
        self.raise_lower_bound(clique, Proof::Clique);
        self.raise_lower_bound(mycielskian, Proof::Mycielskian);
    }

    /// The lower bound that would end the run.
    fn decisive_bound(&self) -> usize {
        match self.options.goal {
            Goal::Minimize => self.best_k(),
            Goal::Colors(target) => self.best_k().min(target.saturating_add(1)),
        }
    }

    /// Whether exhaustive search is due.
    fn exhausts(&self) -> bool {
        let gap = self.decisive_bound().saturating_sub(self.lower_bound);
        let rate = if self.seeks_proof() { EXACT_WORK_PER_MOVE_SMALL } else { EXACT_WORK_PER_MOVE };
        let earned = self.ledger.moves.saturating_mul(rate);
        let affordable = match gap {
            0 => false,
            1..=EXACT_GAP => earned >= self.exact_work - EXACT_WORK,
            _ => earned >= EXACT_WORK_FAR && self.exact_work <= EXACT_WORK_FAR,
        };
        affordable
            && self.options.method == Method::Portfolio
            && self.problem.graph().n() <= EXACT_VERTICES
            && Room::now().holds(memory::exhaustion(self.problem.graph()))
    }

    /// Whether a proof is what is left to be found in the time that there is.
    fn seeks_proof(&self) -> bool {
        self.options.time_limit.is_some()
            && self.options.move_limit.is_none()
            && self.options.goal == Goal::Minimize
            && self.best_k() == self.lower_bound + 1
            && self.problem.graph().n() <= EXACT_SMALL
    }

    /// Exhaustive search for the lower bound.
    fn exhaust(&mut self) {
        let (least, most) = (self.lower_bound, self.decisive_bound());
        let work = match most - least {
            ..=EXACT_GAP => self.exact_work,
            _ => EXACT_WORK_FAR,
        };
        let growth = if self.seeks_proof() { 4 } else { 2 };
        self.exact_work = work.saturating_mul(growth);
        self.alarm.rearm();
        let stop = self.alarm.interrupt();
        let (proved, coloring) = raise_lower_bound(self.problem.graph(), least, most, work, stop);
        self.raise_lower_bound(proved, Proof::Exhaustion);
        if let Some(coloring) = coloring {
            self.adopt(coloring, Proof::Exhaustion.name());
        }
    }

    /// Gives the attempt that is due its next turn; begins it if need be.
    fn turn(&mut self, moves: u64) -> Verdict {
        let (Some(best), best_k) = (&self.best, self.best_k()) else { return Verdict::Nothing };
        let manner = Manner {
            threads: self.options.threads,
            seed: self.options.seed,
            attempts: match self.options.goal {
                Goal::Minimize => 1,
                Goal::Colors(_) => 2,
            },
            lean: self.lean,
            preferred: self.preferred,
            alone: match self.options.method.kind() {
                Kind::Search(engine) => Some(engine),
                _ => None,
            },
        };
        let graph = self.problem.graph();
        let alarm = self.alarm.clone();
        // The flag is still up if it ended the race that found the best colouring.
        alarm.rearm();
        let (course, k) = self.agenda.next(self.options.goal, best_k);
        let attempt = match self.agenda.attempt(course) {
            Some(attempt) => attempt,
            none => {
                if !Room::now().holds(memory::attempt(graph, manner.threads)) {
                    alarm.run_out();
                    return Verdict::Nothing;
                }
                let Some(attempt) = Attempt::new(graph, k, best, manner, &alarm) else {
                    return Verdict::Open;
                };
                let (kernel_vertices, kernel_edges) = attempt.kernel_size();
                let seconds = self.ledger.seconds();
                self.ledger.emit(&Event::Searching { k, kernel_vertices, kernel_edges, seconds });
                none.insert(attempt)
            }
        };
        let before = self.ledger.moves;
        let threads = &mut self.options.threads;
        let ledger = &mut self.ledger;
        let mut watch = Watch { alarm: &alarm, k, best: best_k, ledger, threads };
        let verdict = attempt.turn(graph, moves, &mut watch);
        self.agenda.book(course, self.ledger.moves - before);
        verdict
    }

    /// Makes a colouring of the problem's graph the best one. It is verified on the way out of every
    /// engine, and a wrong one is dropped with an error in the log rather than handed out.
    fn adopt(&mut self, mut coloring: Coloring, engine: &'static str) {
        if let Err(violation) = coloring.verify(self.problem.graph()) {
            tracing::error!(engine, %violation, "an engine made an improper colouring");
            return;
        }
        coloring.normalize();
        let k = coloring.num_colors();
        if k < self.best_k() {
            self.best = Some(coloring);
            self.agenda.improved(k);
            self.ledger.improved(k, engine);
            self.hand_out();
        }
    }

    /// Shows the best colouring to whoever wants each.
    fn hand_out(&mut self) {
        if let Some(mut take) = self.options.improvements.take() {
            if let Some(coloring) = self.best() {
                take(&coloring);
            }
            self.options.improvements = Some(take);
        }
    }

    fn raise_lower_bound(&mut self, lower_bound: usize, proof: Proof) {
        if lower_bound > self.lower_bound {
            self.lower_bound = lower_bound;
            let seconds = self.ledger.seconds();
            let proof = proof.name();
            self.ledger.emit(&Event::LowerBound { lower_bound, proof, seconds });
        }
    }

    /// Why there is nothing more to do, if so.
    fn ended(&self) -> Option<Status> {
        let k = self.best_k();
        let target = match self.options.goal {
            Goal::Minimize => self.lower_bound,
            Goal::Colors(target) => target,
        };
        if k == self.lower_bound {
            Some(Status::Optimal)
        } else if k <= target {
            Some(Status::TargetReached)
        } else if target < self.lower_bound {
            Some(Status::TargetInfeasible)
        } else if self.alarm.is_stopped() {
            Some(Status::Stopped)
        } else if self.alarm.is_out_of_memory() {
            Some(Status::MemoryLimit)
        } else if let Kind::Construction(_) = self.options.method.kind() {
            Some(Status::Constructed)
        } else if self.options.time_limit.is_some_and(|limit| self.ledger.elapsed() >= limit) {
            Some(Status::TimeLimit)
        } else if self.options.move_limit.is_some_and(|limit| self.ledger.moves >= limit) {
            Some(Status::MoveLimit)
        } else {
            None
        }
    }

    fn best_k(&self) -> usize {
        self.best.as_ref().map_or(usize::MAX, Coloring::num_colors)
    }
}
