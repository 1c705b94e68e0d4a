//! The strategy on one page: which searches an attempt runs, from where, and in what shares.
//!
//! No single search is good on every graph. Guided ejection solves graphs with structure in thousands
//! of moves and random graphs hardly at all; memetic search is the other way round; plain tabu search
//! is quickest while k is still easy; PartialCol finds the hidden colouring of flat graphs. Which one a
//! graph wants is not guessed but found out: they take turns, and the one that solved the last k
//! gets most of the moves for the next.

use crate::phase::Phase;
use prism_core::{Color, Graph, Rng};
use prism_cpu::dsatur::dsatur_with;
use prism_cpu::guided_ejection::{GuidedEjection, GuidedEjectionParams};
use prism_cpu::memetic::{Memetic, MemeticParams};
use prism_cpu::neighbor_counts::Adjacency;
use prism_cpu::partialcol::{PartialCol, Price, Tenure};
use prism_cpu::search::FixedK;
use prism_cpu::tabucol::TabuCol;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Moves of a search in the first turn that it gets.
const FIRST_TURN: u64 = 20_000;

/// Every later round of turns is longer by half.
const GROWTH: (u64, u64) = (3, 2);

/// How many times the moves of the others the preferred engine gets.
const PREFERENCE: u64 = 4;

/// Memory that the tables of one search may take; a graph that needs more is left to the
/// constructive engines.
const SEARCH_MEMORY: usize = 1 << 30;

/// What an attempt needs to know to set up its searches.
pub(crate) struct Setting<'s> {
    pub k: usize,
    /// The connected graph to colour.
    pub graph: &'s Graph<'static>,
    /// A proper colouring of it with more than k colours.
    pub known: &'s [Color],
    pub threads: usize,
    pub seed: u64,
    /// The engine that solved the last attempt.
    pub preferred: Option<&'static str>,
}

impl Setting<'_> {
    /// The phases of an attempt, in the order of their turns.
    pub fn phases(&self) -> Vec<Phase> {
        let mut phases = Vec::new();
        if TabuCol::fits(self.graph, self.k, SEARCH_MEMORY) {
            phases.push(self.phase("guided ejection", self.guided_ejection()));
            let adjacency = Arc::new(Adjacency::new(self.graph));
            phases.push(self.phase("tabucol", self.tabucol(&adjacency)));
            phases.push(self.phase("memetic", self.memetic(&adjacency)));
            phases.push(self.phase("partialcol", self.partialcol()));
        }
        if let Some(at) = phases.iter().position(|phase| Some(phase.engine) == self.preferred) {
            phases[..=at].rotate_right(1);
        }
        phases
    }

    fn phase(&self, engine: &'static str, searches: Vec<Box<dyn FixedK>>) -> Phase {
        let share = if Some(engine) == self.preferred { PREFERENCE } else { 1 };
        Phase { engine, searches, round: FIRST_TURN * share }
    }

    /// A stream of random numbers for search `i` of engine number `engine` at this k.
    fn stream(&self, engine: u64, i: usize) -> u64 {
        (self.k as u64) << 32 | engine << 16 | i as u64
    }

    /// From a DSATUR colouring cut off at k classes on the first thread, from what is known on others.
    fn guided_ejection(&self) -> Vec<Box<dyn FixedK>> {
        let dsatur = dsatur_with(self.graph, self.k, &AtomicBool::new(false));
        let fresh = dsatur.map_or_else(Vec::new, |(colors, _)| colors);
        let search = |i: usize| {
            let start = if i.is_multiple_of(2) { &fresh[..] } else { self.known };
            Box::new(GuidedEjection::new(
                self.graph.clone(),
                self.k as Color,
                start,
                &[],
                GuidedEjectionParams::default(),
                Rng::new(self.seed, self.stream(1, i)),
            )) as Box<dyn FixedK>
        };
        (0..self.threads).map(search).collect()
    }

    /// From random classes: it gets stuck near what is known, and finds hidden partitions from afar.
    fn partialcol(&self) -> Vec<Box<dyn FixedK>> {
        let search = |i: usize| {
            let mut rng = Rng::new(self.seed, self.stream(4, i));
            let k = self.k as u32;
            let start: Vec<Color> = self.graph.vertices().map(|_| rng.below(k) as Color).collect();
            let (tenure, price) = (Tenure::DYNAMIC, Price::One);
            let graph = self.graph.clone();
            let search = PartialCol::new(graph, self.k as Color, &start, &[], tenure, price, rng);
            Box::new(search) as Box<dyn FixedK>
        };
        (0..self.threads).map(search).collect()
    }

    /// From what is known: the vertices of the classes beyond k are spread at random.
    fn tabucol(&self, adjacency: &Arc<Adjacency>) -> Vec<Box<dyn FixedK>> {
        let search = |i: usize| {
            let mut rng = Rng::new(self.seed, self.stream(2, i));
            let start = self.squeezed(&mut rng);
            let search = TabuCol::new(adjacency.clone(), self.k, &start, rng);
            Box::new(search) as Box<dyn FixedK>
        };
        (0..self.threads).map(search).collect()
    }

    /// From random assignments. Two threads share the two children of one search.
    fn memetic(&self, adjacency: &Arc<Adjacency>) -> Vec<Box<dyn FixedK>> {
        let mut params = MemeticParams::for_graph(self.graph.n(), self.graph.density());
        let search = |i: usize| {
            params.parallel = 2 * i + 1 < self.threads;
            let (n, k, stream) = (self.graph.n(), self.k, self.stream(3, i));
            let search = Memetic::new(adjacency.clone(), n, k, params, &[], self.seed, stream);
            Box::new(search) as Box<dyn FixedK>
        };
        (0..self.threads.div_ceil(2)).map(search).collect()
    }

    /// The known colouring with its smallest classes given up until k are left.
    fn squeezed(&self, rng: &mut Rng) -> Vec<Color> {
        let classes = self.known.iter().map(|&c| usize::from(c) + 1).max().unwrap_or(0);
        let mut sizes = vec![0usize; classes];
        for &c in self.known {
            sizes[c as usize] += 1;
        }
        let mut order: Vec<usize> = (0..classes).collect();
        order.sort_by_key(|&c| std::cmp::Reverse(sizes[c]));
        let mut new_name = vec![None; classes];
        for (name, &class) in order.iter().take(self.k).enumerate() {
            new_name[class] = Some(name as Color);
        }
        let known = self.known.iter();
        known
            .map(|&c| new_name[c as usize].unwrap_or_else(|| rng.below(self.k as u32) as Color))
            .collect()
    }
}

/// The moves of a search in its next turn.
pub(crate) fn next_round(round: u64) -> u64 {
    round.saturating_mul(GROWTH.0) / GROWTH.1
}
