//! A partial proper colouring that vertices enter by pushing their neighbours out.
//!
//! What [`crate::guided_ejection`] works on: classes that are always independent sets, a pool of
//! the vertices that have no class, and for every class and vertex the *pressure*, the summed
//! weight of the vertex's neighbours in that class. Placing a vertex in a class throws those
//! neighbours back into the pool, so the pressure is the price of the move, known without looking
//! at a single neighbour.
//!
//! The pressures are stored class by class (`k` rows of `n`). A move touches one row only, which stays
//! in the first-level cache, where the transposed layout would touch one cache line for each neighbour.
//! The price is that reading all classes of one vertex takes k lines; degrees are larger than k on
//! every graph that needs a search. A move costs O(degree of the vertex + degrees of the ejected).

use prism_core::memory::{OutOfMemory, try_zeroed};
use prism_core::search::UNCOLORED;
use prism_core::{Color, Graph};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Independent classes, the pool of vertices outside them, and the price of entering each class.
#[derive(Clone, Debug)]
pub struct PartialColoring<'g> {
    graph: Arc<Graph<'g>>,
    k: usize,
    /// The class of each vertex, or [`UNCOLORED`].
    colors: Vec<Color>,
    /// What ejecting each vertex costs; at least 1.
    weights: Vec<u32>,
    /// Entry `class * n + v`: summed weight of the neighbours of `v` in `class`.
    pressure: Vec<u32>,
    /// The vertices without a class, in an order that only the moves decide.
    pool: Vec<u32>,
    /// Where in `pool` a vertex stands; meaningless for vertices that have a class.
    place_in_pool: Vec<u32>,
    /// Vertices that never leave their class.
    frozen: Vec<bool>,
}

impl<'g> PartialColoring<'g> {
    /// Takes over `start` as far as it is proper: the vertices of `frozen` first, in their order,
    /// then the others by number; entries at or above `k`, missing entries and vertices with a
    /// neighbour in their class already go to the pool. `weight` is what ejecting a vertex costs,
    /// at least 1. When `stop` is raised, the vertices not yet looked at stay in the pool. O(n k +
    /// m).
    ///
    /// # Errors
    /// [`OutOfMemory`]: the table of pressures does not fit.
    pub fn new(
        graph: impl Into<Arc<Graph<'g>>>,
        k: Color,
        start: &[Color],
        frozen: &[u32],
        weight: impl Fn(u32) -> u32,
        stop: &AtomicBool,
    ) -> Result<Self, OutOfMemory> {
        let graph = graph.into();
        let n = graph.n();
        let k = usize::from(k);
        let mut state = Self {
            k,
            colors: vec![UNCOLORED; n],
            weights: graph.vertices().map(weight).collect(),
            pressure: try_zeroed(n * k)?,
            pool: graph.vertices().collect(),
            place_in_pool: graph.vertices().collect(),
            frozen: vec![false; n],
            graph,
        };
        state.fill(start, frozen.iter().copied().chain(0..n as u32), stop);
        for &v in frozen {
            state.frozen[v as usize] = state.colors[v as usize] != UNCOLORED;
        }
        Ok(state)
    }

    /// Takes over `colors`, which are those of a partial proper colouring, and replaces the weight of every
    /// vertex by `weight(vertex, weight)`. The pool is in an order that depends on the colours alone.
    /// O(n k + m).
    pub fn load(&mut self, colors: &[Color], weight: impl Fn(u32, u32) -> u32) {
        for (v, own) in self.graph.vertices().zip(&mut self.weights) {
            *own = weight(v, *own);
        }
        self.colors.fill(UNCOLORED);
        self.pressure.fill(0);
        self.pool.clear();
        self.pool.extend(self.graph.vertices());
        self.place_in_pool.copy_from_slice(&self.pool);
        self.fill(colors, 0..colors.len() as u32, &AtomicBool::new(false));
    }

    /// Places vertices of the pool where `start` has them, if they push nobody out.
    fn fill(&mut self, start: &[Color], order: impl Iterator<Item = u32>, stop: &AtomicBool) {
        let mut ejected = Vec::new();
        for v in order {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let class = start.get(v as usize).map_or(usize::MAX, |&c| usize::from(c));
            let waits = self.colors[v as usize] == UNCOLORED;
            if waits && class < self.k && self.pressure(v, class) == 0 {
                self.place(v, class, &mut ejected);
            }
        }
    }

    /// The class of each vertex, or [`UNCOLORED`].
    pub fn colors(&self) -> &[Color] {
        &self.colors
    }

    /// The vertices without a class.
    pub fn pool(&self) -> &[u32] {
        &self.pool
    }

    /// The graph.
    pub fn graph(&self) -> &Graph<'g> {
        &self.graph
    }

    /// Number of classes.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Whether `v` was given a class for good.
    pub fn is_frozen(&self, v: u32) -> bool {
        self.frozen[v as usize]
    }

    /// The summed weight of what [`PartialColoring::place`] would eject.
    #[inline]
    pub fn pressure(&self, v: u32, class: usize) -> u32 {
        self.pressure[class * self.graph.n() + v as usize]
    }

    /// The pressures of all vertices in `class`.
    #[inline]
    pub fn pressures(&self, class: usize) -> &[u32] {
        let n = self.graph.n();
        &self.pressure[class * n..(class + 1) * n]
    }

    /// The weight of `v`.
    #[inline]
    pub fn weight(&self, v: u32) -> u32 {
        self.weights[v as usize]
    }

    /// Gives `v` another weight. Only vertices of the pool may change theirs: they press on nobody, so
    /// this is O(1). For others it does nothing.
    #[inline]
    pub fn set_weight(&mut self, v: u32, weight: u32) {
        if self.colors[v as usize] == UNCOLORED {
            self.weights[v as usize] = weight;
        }
    }

    /// Replaces the weight of every vertex by `f(vertex, weight)`, which must be at least 1, and counts
    /// the pressures afresh. O(n k + m).
    pub fn reweigh(&mut self, f: impl Fn(u32, u32) -> u32) {
        for (v, w) in self.graph.vertices().zip(&mut self.weights) {
            *w = f(v, *w);
        }
        self.pressure = self.counted_pressures();
    }

    /// Moves `v` from the pool into `class` and lists in `ejected` its neighbours that go to the pool
    /// instead. `v` must be in the pool and no neighbour in `class` frozen.
    pub fn place(&mut self, v: u32, class: usize, ejected: &mut Vec<u32>) {
        debug_assert_eq!(self.colors[v as usize], UNCOLORED);
        ejected.clear();
        let graph = &*self.graph;
        let n = graph.n();
        let row = &mut self.pressure[class * n..(class + 1) * n];
        let name = class as Color;
        let weight = self.weights[v as usize];
        if row[v as usize] == 0 {
            for &u in graph.neighbors(v) {
                row[u as usize] += weight;
            }
        } else {
            for &u in graph.neighbors(v) {
                row[u as usize] += weight;
                if self.colors[u as usize] == name {
                    ejected.push(u);
                }
            }
        }
        self.colors[v as usize] = name;
        let at = self.place_in_pool[v as usize] as usize;
        self.pool.swap_remove(at);
        if let Some(&moved) = self.pool.get(at) {
            self.place_in_pool[moved as usize] = at as u32;
        }
        for &u in ejected.iter() {
            let weight = self.weights[u as usize];
            for &x in graph.neighbors(u) {
                row[x as usize] -= weight;
            }
            self.colors[u as usize] = UNCOLORED;
            self.place_in_pool[u as usize] = self.pool.len() as u32;
            self.pool.push(u);
        }
    }

    /// The pressures computed from the colours alone: the invariant that [`PartialColoring::place`]
    /// keeps up by difference.
    pub(crate) fn counted_pressures(&self) -> Vec<u32> {
        let n = self.graph.n();
        let mut pressure = vec![0; n * self.k];
        for v in self.graph.vertices() {
            let class = usize::from(self.colors[v as usize]);
            if class < self.k {
                for &u in self.graph.neighbors(v) {
                    pressure[class * n + u as usize] += self.weights[v as usize];
                }
            }
        }
        pressure
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use prism_core::Rng;
    use proptest::prelude::*;

    /// A random graph with `n` vertices and edge probability `percent`, for the tests of the searches.
    pub(crate) fn random_graph(n: u32, percent: u32, seed: u64) -> Graph<'static> {
        let mut rng = Rng::new(seed, 0);
        let pairs = (0..n).flat_map(|u| (0..u).map(move |v| (u, v)));
        let edges: Vec<_> = pairs.filter(|_| rng.below(100) < percent).collect();
        Graph::from_edges(n as usize, &edges).unwrap().0
    }

    /// Checks everything that must hold between moves.
    pub(crate) fn check_invariants(state: &PartialColoring<'_>) {
        assert_eq!(state.pressure, state.counted_pressures());
        let waiting = state.colors.iter().filter(|&&c| c == UNCOLORED).count();
        assert_eq!(state.pool.len(), waiting);
        for (i, &v) in state.pool.iter().enumerate() {
            assert_eq!(state.colors[v as usize], UNCOLORED);
            assert_eq!(state.place_in_pool[v as usize] as usize, i);
        }
        for (u, v) in state.graph.edges() {
            let c = state.colors[u as usize];
            assert!(c == UNCOLORED || c != state.colors[v as usize], "{u} and {v} share {c}");
        }
    }

    static GO: AtomicBool = AtomicBool::new(false);

    #[test]
    fn a_raised_flag_ends_the_set_up() {
        let graph = random_graph(40, 50, 1);
        let start: Vec<Color> = (0..40).collect();
        let state = |stop: bool| {
            PartialColoring::new(&graph, 40, &start, &[3, 5], |_| 1, &AtomicBool::new(stop))
                .unwrap()
        };
        assert_eq!((state(false).pool().len(), state(true).pool().len()), (0, 40));
        assert!(state(false).is_frozen(3) && !state(true).is_frozen(3));
        check_invariants(&state(true));
    }

    #[test]
    fn placing_ejects_exactly_the_neighbours_in_the_class() {
        let (star, _) = Graph::from_edges(4, &[(0, 1), (0, 2), (0, 3)]).unwrap();
        let mut state =
            PartialColoring::new(&star, 2, &[UNCOLORED, 0, 0, 1], &[], |_| 1, &GO).unwrap();
        assert_eq!((state.pressure(0, 0), state.pressure(0, 1)), (2, 1));
        let mut ejected = Vec::new();
        state.place(0, 0, &mut ejected);
        assert_eq!(ejected, [1, 2]);
        assert_eq!(state.colors(), [0, UNCOLORED, UNCOLORED, 1]);
        check_invariants(&state);
    }

    #[test]
    fn frozen_vertices_are_placed_before_the_others() {
        let (path, _) = Graph::from_edges(3, &[(0, 1), (1, 2)]).unwrap();
        let state = PartialColoring::new(&path, 1, &[0, 0, 0], &[1], |_| 1, &GO).unwrap();
        assert_eq!(state.colors(), [UNCOLORED, 0, UNCOLORED]);
        assert!(state.is_frozen(1) && !state.is_frozen(0));
    }

    proptest! {
        #[test]
        fn the_pressures_stay_those_of_the_colours(
            n in 1u32..30, percent in 0u32..100, k in 1u16..6, seed: u64,
        ) {
            let graph = random_graph(n, percent, seed);
            let mut rng = Rng::new(seed, 1);
            // An arbitrary start: improper, with entries out of range, and too short.
            let start: Vec<Color> = (1..n).map(|_| rng.below(u32::from(k) + 2) as Color).collect();
            let mut state = PartialColoring::new(&graph, k, &start, &[], |v| 1 + v % 3, &GO).unwrap();
            check_invariants(&state);
            let mut ejected = Vec::new();
            for round in 0..60 {
                let waiting = state.pool().len() as u32;
                if waiting == 0 {
                    break;
                }
                let v = state.pool()[rng.below(waiting) as usize];
                state.set_weight(v, 1 + rng.below(9));
                state.place(v, rng.below(u32::from(k)) as usize, &mut ejected);
                if round == 30 {
                    state.reweigh(|_, w| w.div_ceil(2));
                }
                check_invariants(&state);
            }
        }
    }
}
