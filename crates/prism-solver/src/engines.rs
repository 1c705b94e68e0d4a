//! The searches of an attempt: how each engine is set up, and from where it starts.

use crate::phase::Phase;
use crate::strategy::Engine;
use prism_core::{Color, Graph, Rng};
use prism_cpu::dsatur::dsatur_with;
use prism_cpu::guided_ejection::{GuidedEjection, GuidedEjectionParams};
use prism_cpu::iterated_greedy::IteratedGreedy;
use prism_cpu::memetic::{Memetic, MemeticParams};
use prism_cpu::neighbor_counts::Adjacency;
use prism_cpu::partialcol::{PartialCol, Price, Tenure};
use prism_cpu::search::FixedK;
use prism_cpu::tabucol::TabuCol;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Memory that the tables of all searches may take together, about; a graph that needs more is left to
/// iterated greedy.
const SEARCH_MEMORY: usize = 4 << 30;

/// The tables of one search of every engine, as a multiple of those of TabuCol.
const TABLES: usize = 8;

/// What searches are set up with.
pub(crate) struct Setting {
    pub k: usize,
    /// The connected graph to colour.
    pub graph: Graph<'static>,
    /// A proper colouring of it with more than k colours.
    pub known: Vec<Color>,
    pub threads: usize,
    pub seed: u64,
}

impl Setting {
    /// Whether the searches that need tables fit into memory.
    pub fn fits(&self) -> bool {
        TabuCol::fits(&self.graph, self.k, SEARCH_MEMORY / TABLES / self.threads)
    }

    /// The searches of one engine, on all threads.
    pub fn phase(&self, engine: Engine) -> Phase {
        let searches = match engine {
            Engine::GuidedEjection => self.guided_ejection(),
            Engine::TabuCol => self.tabucol(),
            Engine::Memetic => self.memetic(),
            Engine::PartialCol => self.partialcol(),
            Engine::IteratedGreedy => self.iterated_greedy(),
        };
        Phase { engine: engine.name(), searches, threads: self.threads }
    }

    /// A stream of random numbers for search `i` of engine number `engine` at this k.
    fn stream(&self, engine: u64, i: usize) -> u64 {
        (self.k as u64) << 32 | engine << 16 | i as u64
    }

    /// From a DSATUR colouring cut off at k classes on the first thread, from what is known on others.
    fn guided_ejection(&self) -> Vec<Box<dyn FixedK>> {
        let dsatur = dsatur_with(&self.graph, self.k, &AtomicBool::new(false));
        let fresh = dsatur.map_or_else(Vec::new, |(colors, _)| colors);
        let search = |i: usize| {
            let start = if i.is_multiple_of(2) { &fresh } else { &self.known };
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

    /// From what is known: the vertices of the classes beyond k are spread at random.
    fn tabucol(&self) -> Vec<Box<dyn FixedK>> {
        let adjacency = Arc::new(Adjacency::new(&self.graph));
        let search = |i: usize| {
            let mut rng = Rng::new(self.seed, self.stream(2, i));
            let start = self.squeezed(&mut rng);
            let search = TabuCol::new(adjacency.clone(), self.k, &start, rng);
            Box::new(search) as Box<dyn FixedK>
        };
        (0..self.threads).map(search).collect()
    }

    /// From random assignments. Two threads share the two children of one search.
    fn memetic(&self) -> Vec<Box<dyn FixedK>> {
        let adjacency = Arc::new(Adjacency::new(&self.graph));
        let mut params = MemeticParams::for_graph(self.graph.n(), self.graph.density());
        let search = |i: usize| {
            params.parallel = 2 * i + 1 < self.threads;
            let (n, k, stream) = (self.graph.n(), self.k, self.stream(3, i));
            let search = Memetic::new(adjacency.clone(), n, k, params, &[], self.seed, stream);
            Box::new(search) as Box<dyn FixedK>
        };
        (0..self.threads.div_ceil(2)).map(search).collect()
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

    /// From what is known. All searches share the graph, since it is large.
    fn iterated_greedy(&self) -> Vec<Box<dyn FixedK>> {
        let graph = Arc::new(self.graph.clone());
        let search = |i: usize| {
            let rng = Rng::new(self.seed, self.stream(5, i));
            let search = IteratedGreedy::new(graph.clone(), self.k, &self.known, rng);
            Box::new(search) as Box<dyn FixedK>
        };
        (0..self.threads).map(search).collect()
    }

    /// The known colouring with its smallest classes given up until k are left.
    fn squeezed(&self, rng: &mut Rng) -> Vec<Color> {
        let classes = self.known.iter().map(|&c| usize::from(c) + 1).max().unwrap_or(0);
        let mut sizes = vec![0usize; classes];
        for &c in &self.known {
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
