//! The opening: the first colourings and the first bounds.
//!
//! All constructions that the roster has for it are made, so that no run ends with more colours than
//! one of them would have needed. On random graphs the bounds stay far below, and looking longer would
//! only keep the search waiting.

use crate::Proof;
use crate::incumbent::Incumbent;
use crate::ledger::CORES;
use crate::memory;
use crate::options::Prior;
use crate::roster::{Construction, Kind, Making, Row};
use crate::stop::Alarm;
use crate::strategy::GraphClass;
use prism_core::Coloring;
use prism_core::bounds::{self, Bipartition, Degeneracy, Effort};
use prism_core::memory::Room;
use prism_core::threads::{affordable, with_pool};
use prism_cpu::greedy::{Order, greedy};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::ops::RangeInclusive;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

/// Work of each heuristic bound: up to about a tenth of a second.
const BOUND_WORK: RangeInclusive<u64> = 4_000_000..=20_000_000;

/// Looks at each arc that are enough to see whether a clique is near the colours.
const GLANCES: u64 = 16;

/// What the opening is made with.
pub(crate) struct Opening<'o> {
    pub roster: &'o [Row],
    /// The engine that is to make its colouring alone.
    pub alone: Option<&'o Row>,
    pub warm_start: Option<Coloring>,
    /// What is known already.
    pub prior: Option<Prior>,
    pub threads: usize,
    pub seed: u64,
    pub alarm: &'o Alarm,
    /// The degeneracy order of the graph, made when it is first asked for.
    pub degeneracy: OnceLock<Degeneracy>,
}

impl Opening<'_> {
    /// Makes the first colourings and the first bounds; says what kind of graph it is. A raised flag
    /// leaves out what is not needed.
    pub fn play(mut self, incumbent: &mut Incumbent<'_>) -> GraphClass {
        if let Some(warm) = self.warm_start.take() {
            incumbent.adopt(warm, "warm start", CORES);
        }
        if !Room::now().holds(memory::first_colorings(incumbent.problem.graph())) {
            self.alarm.run_out();
            if incumbent.best().is_none() {
                natural(incumbent);
            }
            return GraphClass::Random;
        }
        if let Some(row) = self.alone
            && let Kind::Construction(construction) = &row.kind
        {
            self.construct(row, construction, true, incumbent);
            if incumbent.best().is_none() {
                natural(incumbent);
            }
            return GraphClass::Random;
        }
        if let Some(prior) = self.prior.take() {
            incumbent.raise_lower_bound(prior.clique.len(), Proof::Clique);
            incumbent.clique = prior.clique;
            if incumbent.best().is_some() {
                return prior.class;
            }
        }
        match bounds::bipartition(incumbent.problem.graph()) {
            Bipartition::Colors(colors) => {
                incumbent.adopt(Coloring::from_colors(colors), "bipartition", CORES);
                let k = incumbent.best_k().unwrap_or(0);
                incumbent.raise_lower_bound(k, Proof::Clique);
                return GraphClass::Random;
            }
            Bipartition::OddCycle(_) => incumbent.raise_lower_bound(3, Proof::OddCycle),
        }
        for row in self.roster {
            let stopped = self.alarm.interrupt().load(Ordering::Relaxed);
            match &row.kind {
                // One colouring there has to be.
                _ if stopped && incumbent.best().is_some() => break,
                Kind::Construction(construction) if construction.first => {
                    self.construct(row, construction, false, incumbent);
                }
                _ => {}
            }
        }
        if incumbent.best().is_none() {
            natural(incumbent);
        }
        self.bound(incumbent)
    }

    /// The colouring of one engine. Called off, it makes none.
    fn construct(
        &self,
        row: &Row,
        construction: &Construction,
        alone: bool,
        incumbent: &mut Incumbent<'_>,
    ) {
        let (stop, degeneracy) = (self.alarm.interrupt(), &self.degeneracy);
        let making = Making { seed: self.seed, stop, alone, degeneracy };
        let (graph, ledger) = (incumbent.problem.graph(), &mut incumbent.ledger);
        let make = || (construction.make)(graph, &making);
        let made = match construction.parallel.then(|| pool(self.threads)).flatten() {
            Some(pool) => pool.install(|| ledger.construct(row.name, make)),
            None => with_pool(|| ledger.construct(row.name, make)),
        };
        if let Some(coloring) = made {
            incumbent.adopt(coloring, row.name, CORES);
        }
    }

    /// Lower bounds, from the cheapest to the dearest, until one meets the best colouring.
    fn bound(&self, incumbent: &mut Incumbent<'_>) -> GraphClass {
        let enough = incumbent.best_k().unwrap_or(usize::MAX);
        let effort = |work| Effort { work, seed: self.seed, enough };
        let stop = self.alarm.interrupt();
        let graph = incumbent.problem.graph();
        let order = self.degeneracy.get_or_init(|| bounds::degeneracy(graph));
        let (least, most) = (*BOUND_WORK.start(), *BOUND_WORK.end());
        let glance = (GLANCES * 2 * graph.m() as u64).clamp(least, most);
        let mut clique = bounds::clique(graph, order, &effort(glance), stop);
        let class = GraphClass::of(clique.len(), enough);
        if class == GraphClass::Structured && clique.len() < enough && glance < most {
            let longer = bounds::clique(graph, order, &effort(most), stop);
            if longer.len() > clique.len() {
                clique = longer;
            }
        }
        let size = clique.len();
        let mycielskian = if size < enough {
            let work = if class == GraphClass::Structured { most } else { glance };
            bounds::mycielskian(graph, order, &clique, &effort(work), stop).bound
        } else {
            size
        };
        incumbent.clique = clique;
        incumbent.raise_lower_bound(size, Proof::Clique);
        incumbent.raise_lower_bound(mycielskian, Proof::Mycielskian);
        class
    }
}

/// The colouring that is always there.
fn natural(incumbent: &mut Incumbent<'_>) {
    const NAME: &str = "natural";
    let (graph, ledger) = (incumbent.problem.graph(), &mut incumbent.ledger);
    let make = || greedy(graph, Order::Natural, 0).ok();
    if let Some(coloring) = ledger.construct(NAME, make) {
        incumbent.adopt(coloring, NAME, CORES);
    }
}

/// So many threads for one construction, if they can be had.
fn pool(threads: usize) -> Option<ThreadPool> {
    let threads = affordable(threads);
    if threads == 0 {
        return None;
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.inspect_err(|error| tracing::warn!(%error, threads, "no threads to be had")).ok()
}
