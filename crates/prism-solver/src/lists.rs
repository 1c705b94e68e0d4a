//! Colouring within lists: vertices may have some colours only, and as few different ones as possible
//! are used.
//!
//! Lists name colours, so that a colouring with three colours may well use the numbers 0, 4 and 7, and
//! the fewest different colours may be more than the chromatic number. Three steps:
//!
//! 1. What follows from single colours is taken from the neighbours' lists (`domains.rs`).
//! 2. *Some* colouring within the lists: the vertices that have lists, without those that find a colour
//!    whatever their neighbours have, become a plain graph (`augmented.rs`), and a [`Solver`] looks for
//!    a colouring of it with as many colours as there are names, or proves that there is none. Vertices
//!    without lists come last; a new number is always free for them.
//! 3. *Fewer different colours*: a palette with one colour less is chosen (`palettes.rs`), and a solver
//!    gets its turn with it. Small graphs are settled by exhaustive search over all palettes at once
//!    ([`decide_lists`]).
//!
//! List colouring: Vizing 1976, Erdos, Rubin & Taylor 1979.

mod augmented;
mod domains;
mod palettes;
mod unsatisfied;

use crate::exhaustion::{EXACT_VERTICES, EXACT_WORK, EXACT_WORK_PER_MOVE};
use crate::ledger::{CORES, Ledger};
use crate::memory;
use crate::options::{DEFAULT_EFFORT, GraphRef, Options, Prior};
use crate::problem::Problem;
use crate::stop::Alarm;
use crate::strategy::GraphClass;
use crate::{
    BuildError, Event, Goal, Method, Outcome, Proof, Settings, SizeBounds, Solver, Status,
};
use augmented::Augmented;
use domains::Domains;
use palettes::Palettes;
use prism_core::bounds::{Effort, clique, degeneracy};
use prism_core::memory::Room;
use prism_core::search::UNCOLORED;
use prism_core::{Color, Coloring};
use prism_cpu::exact::{Answer, MAX_EXACT_COLORS, decide_lists, raise_lower_bound};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

pub use unsatisfied::{Impossibility, Unsatisfied};

/// Work of the lower bound that leaves the lists aside: tenths of a second.
const BOUND_WORK: u64 = 20_000_000;

/// Moves, all threads together, that each of several palettes gets in the first round; in each later
/// round it is four times as many.
const FIRST_TURN: u64 = 50_000;

/// Colours one graph within lists. Made by [`SolverBuilder::within_lists`](crate::SolverBuilder).
///
/// ```
/// use prism_core::Graph;
/// use prism_solver::{Solver, Status};
///
/// // Two colours suffice for a path, but not within these lists.
/// let (path, _) = Graph::from_edges(3, &[(0, 1), (1, 2)])?;
/// let within = |lists: Vec<(u32, Vec<u16>)>| Solver::builder(&path).within_lists(lists);
/// let outcome = within(vec![(0, vec![4]), (1, vec![4, 7]), (2, vec![9])])?.run()?;
/// assert_eq!(outcome.coloring.colors(), [4, 7, 9]);
/// assert_eq!((outcome.num_colors(), outcome.status), (3, Status::Optimal));
/// // And within these there is none.
/// let nothing = within(vec![(0, vec![4]), (1, vec![4, 7]), (2, vec![7])])?.run();
/// assert!(nothing.is_err_and(|why| why.proof.is_some()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ListSolver<'a> {
    graph: GraphRef<'a>,
    domains: Domains,
    options: Options<'a>,
    ledger: Ledger<'a>,
    alarm: Arc<Alarm>,
    /// A proper colouring within the lists.
    best: Option<Coloring>,
    lower_bound: usize,
    /// A clique of the graph.
    clique: Vec<u32>,
    class: GraphClass,
    /// The work that exhaustive search may do the next time.
    exact_work: u64,
}

/// Why there is no colouring within the lists to go on from.
enum Missing {
    Impossible(Impossibility),
    Open(Status),
}

/// What the search with one palette came to.
enum Searched {
    /// The colours, the engine that found them, and where it ran.
    Found(Vec<Color>, Cow<'static, str>, String),
    /// There is no colouring by this palette.
    Impossible,
    Open(Status),
}

impl<'a> ListSolver<'a> {
    pub(crate) fn new(
        graph: GraphRef<'a>,
        mut options: Options<'a>,
        lists: impl IntoIterator<Item = (u32, Vec<Color>)>,
    ) -> Result<Self, BuildError> {
        if let Some(row) = options.settle()?
            && options.roster[row].is_construction()
        {
            return Err(BuildError::MethodWithoutLists(options.settings.method));
        }
        if options.settings.asks_for_sizes() {
            return Err(BuildError::SizesWithLists);
        }
        if options.checkpoints.is_some() || options.resume.is_some() {
            return Err(BuildError::CheckpointWithLists);
        }
        // Opened once, for all palettes.
        options.sites()?;
        let domains = Domains::new(graph.get(), lists, &options.precolored)?;
        let best = options.warm_start.take();
        if let Some(warm) = &best {
            warm.verify(graph.get()).map_err(BuildError::WarmStart)?;
            let mut colors = (0..).zip(warm.colors());
            if let Some((vertex, &color)) = colors.find(|&(v, &color)| !domains.allows(v, color)) {
                return Err(BuildError::WarmStartList { vertex, color });
            }
        }
        let ledger = Ledger::new(options.sink.take());
        let alarm = Arc::new(Alarm::new(options.stop.clone()));
        Ok(Self {
            graph,
            domains,
            options,
            ledger,
            alarm,
            best,
            lower_bound: 0,
            clique: Vec::new(),
            class: GraphClass::Structured,
            exact_work: EXACT_WORK,
        })
    }

    /// Runs until the goal is reached or a limit ends it, as [`Solver::run`] does. The colours of the
    /// outcome are those of the lists; their number is that of the different ones in use, and the lower
    /// bound is a bound on that number.
    ///
    /// # Errors
    /// [`Unsatisfied`]: there is no colouring within the lists, or none was found.
    pub fn run(mut self) -> Result<Outcome, Unsatisfied> {
        self.ledger.start_clock();
        let (vertices, edges) = (self.graph.get().n(), self.graph.get().m());
        let (threads, seed) = (self.options.settings.threads, self.options.settings.seed);
        self.ledger.emit(&Event::Started { vertices, edges, threads, seed });
        let alarm = self.alarm.clone();
        let ended = alarm.within(self.options.settings.time_limit, || self.advance());
        self.ledger.stop_clock();
        let (status, proof) = match ended {
            Ok(status) => (status, None),
            Err(Missing::Impossible(why)) => (Status::Infeasible, Some(why)),
            Err(Missing::Open(status)) => (status, None),
        };
        let (moves, seconds) = (self.ledger.moves, self.ledger.seconds());
        let (k, lower_bound) = (self.best_k().unwrap_or(0), self.lower_bound);
        self.ledger.emit(&Event::Finished { status, k, lower_bound, moves, seconds });
        let (history, engines) = (self.ledger.history, self.ledger.engines);
        match self.best.filter(|_| proof.is_none()) {
            Some(coloring) => Ok(Outcome {
                sizes: SizeBounds::of(vertices, coloring.num_colors()),
                coloring,
                lower_bound,
                clique: self.clique,
                status,
                history,
                engines,
                moves,
                seconds,
            }),
            None => Err(Unsatisfied { proof, status, engines, moves, seconds }),
        }
    }

    fn advance(&mut self) -> Result<Status, Missing> {
        self.domains.propagate(self.graph.get()).map_err(Missing::Impossible)?;
        match self.best.take() {
            Some(warm) => self.adopt(warm.into_colors(), "warm start", CORES),
            None => self.satisfy()?,
        }
        self.bound();
        Ok(self.improve())
    }

    /// Some colouring within the lists.
    fn satisfy(&mut self) -> Result<(), Missing> {
        let (core, peeled) = self.peel();
        let mut colors: Vec<Color> = self
            .graph
            .get()
            .vertices()
            .map(|v| self.domains.only(v).unwrap_or(UNCOLORED))
            .collect();
        let (mut engine, mut site) = (Cow::Borrowed("smallest-last"), CORES.to_owned());
        if !core.is_empty() {
            let lists = core.iter().filter_map(|&v| self.domains.of(v));
            let palette: BTreeSet<Color> = lists.flatten().copied().collect();
            let palette = palette.into_iter().collect();
            match self.search(&core, palette, None, u64::MAX) {
                Searched::Found(found, by, at) => {
                    core.iter().zip(found).for_each(|(&v, color)| colors[v as usize] = color);
                    (engine, site) = (by, at);
                }
                Searched::Impossible => return Err(Missing::Impossible(Impossibility::Search)),
                Searched::Open(status) => return Err(Missing::Open(status)),
            }
        }
        let order = degeneracy(self.graph.get()).order;
        let free = order.iter().rev().copied().filter(|&v| self.domains.of(v).is_none());
        let mut used: BTreeSet<Color> =
            colors.iter().copied().filter(|&c| c != UNCOLORED).collect();
        for v in peeled.into_iter().rev().chain(free) {
            let around: BTreeSet<Color> =
                self.graph.get().neighbors(v).iter().map(|&u| colors[u as usize]).collect();
            let new = |color: &Color| !around.contains(color);
            // A colour that is in use already is no further one.
            let known = used.iter().copied().find(|c| new(c) && self.domains.allows(v, *c));
            let color = known.or_else(|| match self.domains.of(v) {
                Some(list) => list.iter().copied().find(new),
                None => (0..UNCOLORED).find(|c| !used.contains(c)),
            });
            // A peeled vertex has more colours than neighbours, and there are more numbers than colours
            // that a graph takes which a solver deals with.
            let Some(color) = color else { return Err(Missing::Open(Status::EffortSpent)) };
            colors[v as usize] = color;
            used.insert(color);
        }
        self.adopt(colors, &engine, &site);
        match self.best {
            Some(_) => Ok(()),
            None => Err(Missing::Open(Status::EffortSpent)),
        }
    }

    /// The vertices with several colours left that may be hard to colour, increasing, and the others in
    /// an order in which each leaves fewer neighbours behind than it has colours: they are coloured in
    /// reverse.
    fn peel(&self) -> (Vec<u32>, Vec<u32>) {
        let choices = |v: u32| self.domains.of(v).map_or(0, <[_]>::len);
        let mut open: Vec<bool> = self.graph.get().vertices().map(|v| choices(v) > 1).collect();
        let mut degree: Vec<usize> = (self.graph.get().vertices())
            .map(|v| self.graph.get().neighbors(v).iter().filter(|&&u| open[u as usize]).count())
            .collect();
        let easy = |v: u32, degree: &[usize]| choices(v) > degree[v as usize];
        let mut peeled: Vec<u32> =
            self.graph.get().vertices().filter(|&v| open[v as usize] && easy(v, &degree)).collect();
        peeled.iter().for_each(|&v| open[v as usize] = false);
        let mut at = 0;
        while let Some(&v) = peeled.get(at) {
            at += 1;
            for &u in self.graph.get().neighbors(v) {
                degree[u as usize] -= 1;
                if open[u as usize] && easy(u, &degree) {
                    open[u as usize] = false;
                    peeled.push(u);
                }
            }
        }
        (self.graph.get().vertices().filter(|&v| open[v as usize]).collect(), peeled)
    }

    /// A lower bound that knows of single colours, but not of lists.
    fn bound(&mut self) {
        let (Some(best), fixed) = (self.best_k(), self.domains.fixed()) else { return };
        // Checked before.
        let Ok(problem) = Problem::new(self.graph.clone(), &fixed) else { return };
        let (graph, alarm) = (problem.graph(), self.alarm.clone());
        let effort = Effort { work: BOUND_WORK, seed: self.options.settings.seed, enough: best };
        let found = clique(graph, &degeneracy(graph), &effort, alarm.interrupt());
        self.class = GraphClass::of(found.len(), best);
        self.clique = problem.clique_of_input(&found);
        self.raise_lower_bound(found.len(), Proof::Clique);
        if found.len() < best && graph.n() <= EXACT_VERTICES {
            let stop = alarm.interrupt();
            let (proved, _) = raise_lower_bound(graph, found.len(), best, EXACT_WORK, stop);
            self.raise_lower_bound(proved, Proof::Exhaustion);
        }
    }

    /// Fewer and fewer different colours, until there is a reason to end.
    fn improve(&mut self) -> Status {
        let mut refuted = BTreeSet::new();
        let mut round = 0;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            if self.exhausts() {
                self.exhaust(self.exact_work);
                continue;
            }
            let Some(best) = &self.best else { return Status::EffortSpent };
            let k = best.num_colors();
            let palettes = Palettes::new(&self.domains, best.colors(), k - 1);
            let complete = palettes.complete;
            let open = palettes.list.into_iter().filter(|palette| !refuted.contains(palette));
            let open: Vec<Vec<Color>> = open.collect();
            if open.is_empty() && complete {
                self.raise_lower_bound(k, Proof::Exhaustion);
                continue;
            }
            let budget = match open.len() {
                1 if complete => u64::MAX,
                _ => FIRST_TURN.saturating_mul(4u64.saturating_pow(round)),
            };
            let before = self.ledger.moves;
            let (mut turns, ruled_out) = (0, refuted.len());
            for palette in open {
                if self.ended().is_some() || self.best_k() != Some(k) {
                    break;
                }
                if !palettes::serves(&palette, self.graph.get(), &self.domains) {
                    refuted.insert(palette);
                    continue;
                }
                turns += 1;
                match self.turn(&palette, budget) {
                    Searched::Found(colors, engine, site) => self.adopt(colors, &engine, &site),
                    Searched::Impossible => _ = refuted.insert(palette),
                    Searched::Open(_) => {}
                }
            }
            round += 1;
            if self.best_k() != Some(k) {
                round = 0;
                refuted.clear();
            } else if refuted.len() == ruled_out
                && (turns == 0 || self.ledger.moves == before && self.ended().is_none())
            {
                // Searches have come to their end; what is left is to try everything.
                let left = self.move_limit().saturating_sub(self.ledger.moves);
                self.exhaust(left.saturating_mul(EXACT_WORK_PER_MOVE));
                if self.best_k() == Some(k) {
                    return self.ended().unwrap_or(Status::EffortSpent);
                }
            }
        }
    }

    /// A search with one palette for all vertices, from the best colouring.
    fn turn(&mut self, palette: &[Color], moves: u64) -> Searched {
        let all: Vec<u32> = self.graph.get().vertices().collect();
        let known = self.best.as_ref().map(|best| best.colors().to_vec());
        self.search(&all, palette.to_vec(), known, moves)
    }

    /// Has a solver look for colours of a palette for some vertices, from colours within the lists that
    /// are more, if some are known.
    fn search(
        &mut self,
        vertices: &[u32],
        palette: Vec<Color>,
        known: Option<Vec<Color>>,
        moves: u64,
    ) -> Searched {
        let k = palette.len();
        let graph = self.graph.get();
        let edges = augmented::edges(graph, vertices, &self.domains, &palette);
        let fits = Room::now().require(memory::augmented(graph, edges));
        let plain = fits.and_then(|()| Augmented::new(graph, vertices, &self.domains, palette));
        let Ok(plain) = plain else {
            self.alarm.run_out();
            return Searched::Open(Status::MemoryLimit);
        };
        let known = known.map(|colors| plain.project(&colors));
        let left = self.move_limit().saturating_sub(self.ledger.moves);
        let settings = &self.options.settings;
        let rest = |limit: Duration| limit.saturating_sub(self.ledger.elapsed());
        let settings = Settings {
            target_colors: Some(k),
            time_limit: settings.time_limit.map(rest),
            ..settings.clone()
        };
        let mut builder = Solver::builder(plain.graph())
            .settings(&settings)
            .roster(self.options.roster)
            .on(self.options.gpu.clone())
            .stop_handle(self.options.stop.clone())
            .tell_turns(self.options.tells_turns)
            .moves_of_part(moves.min(left), self.options.lockstep)
            .prior(Prior { clique: plain.clique(), class: self.class });
        if let Some(known) = known {
            builder = builder.warm_start(known);
        }
        let (best, booked) = (self.best_k().unwrap_or(0), self.ledger.moves);
        let begun = self.ledger.seconds();
        let ledger = &mut self.ledger;
        let pass_on = |event: &Event| match event {
            Event::Progress { conflicts, moves, k, .. } => {
                ledger.progress(*k, best, *conflicts, booked + moves);
            }
            &Event::Searching { k, kernel_vertices, kernel_edges, .. } => {
                let seconds = ledger.seconds();
                ledger.emit(&Event::Searching { k, kernel_vertices, kernel_edges, seconds });
            }
            Event::TurnEnded(turn) => ledger.emit(&Event::TurnEnded(turn.later(begun))),
            // The others speak of colours that mean nothing outside.
            _ => {}
        };
        let outcome = match builder.on_event(pass_on).build() {
            Ok(solver) => solver.run(),
            Err(error) => {
                tracing::error!(%error, "a palette is refused");
                return Searched::Open(Status::EffortSpent);
            }
        };
        self.ledger.moves += outcome.moves;
        self.ledger.book(&outcome.engines);
        if outcome.status == Status::MemoryLimit {
            self.alarm.run_out();
        }
        if let Some(colors) = plain.lift(&outcome.coloring) {
            let last = outcome.history.into_iter().next_back();
            let (engine, site) =
                last.map_or(("lists".into(), CORES.to_owned()), |last| (last.engine, last.site));
            return Searched::Found(colors, engine, site);
        }
        if outcome.lower_bound > k {
            return Searched::Impossible;
        }
        Searched::Open(self.ended().unwrap_or(outcome.status))
    }

    /// Whether exhaustive search is due.
    fn exhausts(&self) -> bool {
        let earned = self.ledger.moves.saturating_mul(EXACT_WORK_PER_MOVE);
        self.options.settings.method == Method::Portfolio
            && self.graph.get().n() <= EXACT_VERTICES
            && earned >= self.exact_work - EXACT_WORK
            && Room::now().holds(memory::exhaustion(self.graph.get()))
    }

    /// Exhaustive search over all palettes at once, for the lower bound, at most so much work.
    fn exhaust(&mut self, work: u64) {
        self.exact_work = self.exact_work.saturating_mul(2);
        let Some(best) = self.best_k() else { return };
        let least = match self.options.settings.goal() {
            Goal::Minimize => best,
            Goal::Colors(target) => best.min(target.saturating_add(1)),
        };
        let mut colors = self.domains.named();
        let unnamed = (0..UNCOLORED).filter(|c| colors.binary_search(c).is_err());
        // Vertices without a list can do with names as long as there are any.
        let unnamed: Vec<Color> = unnamed.take((best - 1).saturating_sub(colors.len())).collect();
        let named = colors.len();
        colors.extend(unnamed);
        if colors.len() > MAX_EXACT_COLORS || self.graph.get().n() > EXACT_VERTICES {
            return;
        }
        let set = |v| match self.domains.of(v) {
            None => u128::MAX,
            Some(list) => {
                list.iter().fold(0, |set, color| match colors[..named].binary_search(color) {
                    Ok(at) => set | 1 << at,
                    Err(_) => set,
                })
            }
        };
        let sets: Vec<u128> = self.graph.get().vertices().map(set).collect();
        let alarm = self.alarm.clone();
        let mut left = work;
        for k in self.lower_bound..least {
            let stop = alarm.interrupt();
            let (answer, spent) =
                decide_lists(self.graph.get(), &sets, colors.len(), k, left, stop);
            left = left.saturating_sub(spent);
            match answer {
                Answer::Infeasible => self.raise_lower_bound(k + 1, Proof::Exhaustion),
                Answer::Colorable(found) => {
                    let found = found.colors().iter().map(|&c| colors[usize::from(c)]).collect();
                    return self.adopt(found, Proof::Exhaustion.name(), CORES);
                }
                Answer::Unknown => return,
            }
        }
    }

    /// Makes a colouring the best one, if it is proper, within the lists, and better.
    fn adopt(&mut self, colors: Vec<Color>, engine: &str, site: &str) {
        let within = (0..).zip(&colors).all(|(v, &color)| self.domains.allows(v, color));
        let coloring = Coloring::from_colors(colors);
        if !within || coloring.verify(self.graph.get()).is_err() {
            tracing::error!(engine, "an engine made a colouring that is not within the lists");
            return;
        }
        let k = coloring.num_colors();
        if self.best_k().is_none_or(|best| k < best) {
            self.ledger.improved(k, engine, site);
            let best = self.best.insert(coloring);
            if let Some(take) = &mut self.options.improvements {
                take(best);
            }
        }
    }

    fn raise_lower_bound(&mut self, lower_bound: usize, proof: Proof) {
        if lower_bound > self.lower_bound {
            self.lower_bound = lower_bound;
            self.ledger.bounded(lower_bound, proof);
        }
    }

    /// Why there is nothing more to do, if so.
    fn ended(&self) -> Option<Status> {
        let effort = || (self.ledger.moves >= self.move_limit()).then_some(Status::EffortSpent);
        self.options
            .settings
            .goal()
            .reached(self.best_k(), self.lower_bound)
            .or_else(|| self.alarm.reason())
            .or_else(|| self.options.limits().used_up(&self.ledger))
            .or_else(effort)
    }

    /// The moves that the run may make.
    fn move_limit(&self) -> u64 {
        match (self.options.settings.move_limit, self.options.settings.time_limit) {
            (Some(limit), _) => limit,
            (None, Some(_)) => u64::MAX,
            (None, None) => DEFAULT_EFFORT,
        }
    }

    fn best_k(&self) -> Option<usize> {
        self.best.as_ref().map(Coloring::num_colors)
    }
}
