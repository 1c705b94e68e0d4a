//! The searches of an attempt: how each engine is set up, and from where it starts.

use crate::phase::Phase;
use crate::strategy::Engine;
use prism_core::memory::{RESERVE, Room};
use prism_core::search::FixedK;
use prism_core::threads::make_pool;
use prism_core::{Color, Graph, Rng};
use prism_cpu::adjacency::Adjacency;
use prism_cpu::annealing::{Annealing, Schedule};
use prism_cpu::dsatur::dsatur_with;
use prism_cpu::guided_ejection::{GuidedEjection, GuidedEjectionParams};
use prism_cpu::iterated_greedy::IteratedGreedy;
use prism_cpu::memetic::{Memetic, MemeticParams};
use prism_cpu::partialcol::{PartialCol, Tenure};
use prism_cpu::tabucol::TabuCol;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Memory that the tables of all searches may take together, about; a graph that needs more is left to
/// iterated greedy.
const SEARCH_MEMORY: u64 = 4 << 30;

/// The tables of one search of every engine, as a multiple of those of TabuCol.
const TABLES: usize = 8;

/// What a phase runs.
type Searches = Vec<Box<dyn FixedK>>;

/// What searches are set up with. On a large graph each takes tenths of a second to set up, so that all
/// share the graph, and a flag may call the whole off.
pub(crate) struct Setting {
    pub k: usize,
    /// The connected graph to colour.
    pub graph: Arc<Graph<'static>>,
    /// The same in the form that TabuCol wants, made when it is first asked for.
    pub adjacency: OnceLock<Arc<Adjacency>>,
    /// A proper colouring of it with more than k colours.
    pub known: Vec<Color>,
    pub threads: usize,
    pub seed: u64,
}

impl Setting {
    /// Whether the searches that need tables fit into memory, for so many attempts at a time.
    pub fn fits(&self, attempts: usize) -> bool {
        let left = Room::now().bytes.saturating_sub(RESERVE);
        let memory = usize::try_from(SEARCH_MEMORY.min(left)).unwrap_or(usize::MAX);
        TabuCol::fits(&self.graph, self.k, memory / attempts / TABLES / self.threads)
    }

    /// The searches of one engine, on all threads; `None` if `stop` was raised meanwhile.
    pub fn phase(&self, engine: Engine, stop: &AtomicBool) -> Option<Phase> {
        let searches = match engine {
            Engine::GuidedEjection => self.guided_ejection(stop),
            Engine::TabuCol => self.tabucol(stop),
            Engine::Memetic => self.memetic(stop),
            Engine::PartialCol => self.partialcol(stop),
            Engine::IteratedGreedy => self.iterated_greedy(stop),
            Engine::Annealing => self.annealing(stop),
        }?;
        Some(Phase { engine: engine.name(), searches, threads: self.threads })
    }

    fn adjacency(&self) -> &Arc<Adjacency> {
        self.adjacency.get_or_init(|| Arc::new(Adjacency::new(&self.graph)))
    }

    /// A stream of random numbers for search `i` of engine number `engine` at this k.
    fn stream(&self, engine: u64, i: usize) -> u64 {
        (self.k as u64) << 32 | engine << 16 | i as u64
    }

    /// From a DSATUR colouring cut off at k classes on the first thread, from what is known on others.
    fn guided_ejection(&self, stop: &AtomicBool) -> Option<Searches> {
        let (fresh, _) = dsatur_with(&self.graph, self.k, stop)?;
        unless(stop, self.threads, |i| {
            let start = if i.is_multiple_of(2) { &fresh } else { &self.known };
            let (graph, k) = (self.graph.clone(), self.k as Color);
            let params = GuidedEjectionParams::default();
            let rng = Rng::new(self.seed, self.stream(1, i));
            Box::new(GuidedEjection::new(graph, k, start, &[], params, rng, stop))
        })
    }

    /// From what is known: the vertices of the classes beyond k are spread at random.
    fn tabucol(&self, stop: &AtomicBool) -> Option<Searches> {
        unless(stop, self.threads, |i| {
            let mut rng = Rng::new(self.seed, self.stream(2, i));
            let start = self.squeezed(&mut rng);
            Box::new(TabuCol::new(self.adjacency().clone(), self.k, &start, rng))
        })
    }

    /// From random assignments. Two threads share the two children of one search.
    fn memetic(&self, stop: &AtomicBool) -> Option<Searches> {
        let mut params = MemeticParams::for_graph(self.graph.n(), self.graph.density());
        unless(stop, self.threads.div_ceil(2), |i| {
            params.parallel = 2 * i + 1 < self.threads && make_pool();
            let (n, k, stream) = (self.graph.n(), self.k, self.stream(3, i));
            let adjacency = self.adjacency().clone();
            Box::new(Memetic::new(adjacency, n, k, params, self.seed, stream))
        })
    }

    /// From random classes: it gets stuck near what is known, and finds hidden partitions from afar.
    fn partialcol(&self, stop: &AtomicBool) -> Option<Searches> {
        unless(stop, self.threads, |i| {
            let mut rng = Rng::new(self.seed, self.stream(4, i));
            let (n, k) = (self.graph.n(), self.k);
            let start: Vec<Color> = (0..n).map(|_| rng.below(k as u32) as Color).collect();
            let adjacency = self.adjacency().clone();
            Box::new(PartialCol::new(adjacency, n, k, &start, Tenure::DYNAMIC, rng, stop))
        })
    }

    /// From what is known.
    fn iterated_greedy(&self, stop: &AtomicBool) -> Option<Searches> {
        unless(stop, self.threads, |i| {
            let rng = Rng::new(self.seed, self.stream(5, i));
            Box::new(IteratedGreedy::new(self.graph.clone(), self.k, &self.known, rng))
        })
    }

    /// As tabu search.
    fn annealing(&self, stop: &AtomicBool) -> Option<Searches> {
        unless(stop, self.threads, |i| {
            let mut rng = Rng::new(self.seed, self.stream(6, i));
            let start = self.squeezed(&mut rng);
            let (graph, k) = (self.graph.clone(), self.k as Color);
            Box::new(Annealing::new(graph, k, &start, &[], Schedule::default(), rng))
        })
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

/// The searches that `build` gives for 0, 1 and so on up to `count`, one after the other; `None` if
/// `stop` is raised before the last one is finished.
fn unless(
    stop: &AtomicBool,
    count: usize,
    mut build: impl FnMut(usize) -> Box<dyn FixedK>,
) -> Option<Searches> {
    let go_on = || !stop.load(Ordering::Relaxed);
    let searches = (0..count).map(|i| go_on().then(|| build(i))).collect();
    if go_on() { searches } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(threads: usize) -> Setting {
        let edges: Vec<_> = (0..40).flat_map(|v| (0..v).map(move |u| (u, v))).collect();
        let (graph, _) = Graph::from_edges(40, &edges).unwrap();
        let (graph, known) = (Arc::new(graph), (0..40).collect());
        Setting { k: 39, graph, adjacency: OnceLock::new(), known, threads, seed: 1 }
    }

    #[test]
    fn a_raised_flag_calls_every_set_up_off() {
        let setting = setting(3);
        for engine in Engine::EVERY {
            assert!(setting.phase(engine, &AtomicBool::new(true)).is_none(), "{engine:?}");
            let phase = setting.phase(engine, &AtomicBool::new(false));
            let searches = if engine == Engine::Memetic { 2 } else { 3 };
            assert_eq!(phase.map(|phase| phase.searches.len()), Some(searches), "{engine:?}");
        }
    }

    #[test]
    fn no_search_is_built_behind_the_one_that_was_interrupted() {
        let stop = AtomicBool::new(false);
        let setting = setting(1);
        let mut built = 0;
        let searches = unless(&stop, 9, |i| {
            built += 1;
            stop.store(i == 3, Ordering::Relaxed);
            Box::new(IteratedGreedy::new(setting.graph.clone(), 39, &setting.known, Rng::new(1, 0)))
        });
        assert!(searches.is_none());
        assert_eq!(built, 4);
    }
}
