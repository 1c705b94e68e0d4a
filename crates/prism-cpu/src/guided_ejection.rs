//! Guided ejection search: the search for graphs with structure.
//!
//! The colouring is partial and always proper. A move takes a vertex that has no class, puts it where
//! the neighbours that it pushes out weigh least, and those wait for their turn. What makes the search
//! quick is the weight: a vertex that could not enter any class for free gets heavier by one. Vertices
//! that are hard to place are so placed early and not pushed out again, and the pool fills with easy
//! ones. On geometric graphs, timetables and wavelength assignments, where a few cliques decide
//! everything and counting conflicts sees only plateaus, this learns within thousands of moves what
//! a tabu search does not find in hours.
//!
//! The weights are the penalty counters of Nagata & Bräysy (2009), who used them to empty the last
//! vehicle of a routing plan; the move is that of PartialCol (Bloechliger & Zufferey 2008), and
//! Malaguti, Monaci & Toth (2008) had before seen that the sum of degrees, a fixed weight, beats
//! the plain count. Two things come from measurement: the vertex is the best of a few random ones
//! from the pool (all of them cost more than they bring, one misses too much), and a vertex that
//! was pushed out may not return to that class for a handful of moves.
//!
//! Limits: on random graphs the weights mean nothing and tabu search over conflicts is far better.
//! Nothing proves that k colours do not suffice.

use crate::partial_search::PartialSearch;
use prism_core::memory::OutOfMemory;
use prism_core::search::{Elite, FixedK, Mismatch, Saved, Step};
use prism_core::{Color, Graph, Rng};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The parameters of [`GuidedEjection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuidedEjectionParams {
    /// How many random vertices of the pool compete for a move; at least 1.
    pub samples: u32,
    /// A vertex that was pushed out of a class may not return for `0..tenure` moves.
    pub tenure: u32,
    /// The weight of every vertex at the start. A larger one makes the search slower to learn.
    pub initial_weight: u32,
    /// When the weights of all vertices add up to this, all are halved. Halving early, so that the
    /// search forgets, made it worse on every structured graph: this only keeps sums in range.
    pub weight_limit: u32,
}

impl Default for GuidedEjectionParams {
    fn default() -> Self {
        Self { samples: 2, tenure: 10, initial_weight: 3, weight_limit: 1 << 30 }
    }
}

/// The search; see the top of this file.
#[derive(Debug)]
pub struct GuidedEjection<'g> {
    search: PartialSearch<'g>,
    guide: Guide,
}

impl<'g> GuidedEjection<'g> {
    /// A search for a colouring of `graph` with `k` colours that begins at `start`, as far as that is
    /// proper and below `k` ([`PartialColoring::new`] says how). A DSATUR colouring limited to
    /// `k` classes is the start that the figures were measured with.
    ///
    /// The vertices of `frozen` keep their colour of `start` for good; those colours must be
    /// below `k` and proper among themselves.
    ///
    /// Comes back early when `stop` is raised, with a search that has lost some of `start`.
    ///
    /// Memory: 12 bytes for each vertex and colour.
    ///
    /// # Errors
    /// [`OutOfMemory`]: there is no room for them.
    ///
    /// [`PartialColoring::new`]: crate::partial_coloring::PartialColoring::new
    pub fn new(
        graph: impl Into<Arc<Graph<'g>>>,
        k: Color,
        start: &[Color],
        frozen: &[u32],
        params: GuidedEjectionParams,
        rng: Rng,
        stop: &AtomicBool,
    ) -> Result<Self, OutOfMemory> {
        let graph = graph.into();
        let n = graph.n();
        // All weights together must fit 32 bits.
        let fair_share = params.weight_limit / n.max(1) as u32;
        let weight = params.initial_weight.clamp(1, fair_share.max(1));
        let search = PartialSearch::new(graph, k, start, frozen, |_| weight, rng, stop)?;
        Ok(Self { search, guide: Guide { params, total_weight: u64::from(weight) * n as u64 } })
    }
}

/// What chooses the moves and learns the weights.
#[derive(Debug)]
struct Guide {
    params: GuidedEjectionParams,
    /// Sum of all weights, so that no pressure can overflow.
    total_weight: u64,
}

impl Guide {
    /// The cheapest allowed entry among a few vertices of the pool: `(vertex, class)`.
    ///
    /// Cheapest is the least growth of the pool's weight. Ties are broken evenly.
    fn choose(&self, search: &mut PartialSearch<'_>) -> Option<(u32, usize)> {
        let now = search.moves();
        let PartialSearch { state, tabu, rng, .. } = search;
        let pool = state.pool();
        let mut chosen = None;
        let mut least = i64::MAX;
        let mut ties = 0;
        for _ in 0..self.params.samples.clamp(1, pool.len() as u32) {
            let v = pool[rng.below(pool.len() as u32) as usize];
            let own = i64::from(state.weight(v));
            for (class, &until) in tabu.of(v).iter().enumerate() {
                let pressure = state.pressure(v, class);
                let growth = i64::from(pressure) - own;
                // A class that costs nothing is never refused.
                if growth > least || (until > now && pressure > 0) {
                    continue;
                }
                ties = if growth < least { 1 } else { ties + 1 };
                if ties == 1 || rng.below(ties) == 0 {
                    least = growth;
                    chosen = Some((v, class));
                }
            }
        }
        chosen
    }

    fn make_move(&mut self, search: &mut PartialSearch<'_>) {
        let Some((v, class)) = self.choose(search) else {
            return;
        };
        let state = &mut search.state;
        if state.pressure(v, class) > 0 {
            state.set_weight(v, state.weight(v) + 1);
            self.total_weight += 1;
        }
        let tenure = self.params.tenure;
        search.place(v, class, |_, rng| u64::from(rng.below(tenure)));
        if self.total_weight >= u64::from(self.params.weight_limit) {
            search.state.reweigh(|_, w| w.div_ceil(2));
            let vertices = search.state.graph().vertices();
            self.total_weight = vertices.map(|v| u64::from(search.state.weight(v))).sum();
        }
    }
}

impl FixedK for GuidedEjection<'_> {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        self.search.run(moves, stop, |search| self.guide.make_move(search))
    }

    fn best(&self) -> Elite {
        let (k, colors) = (self.search.state.k(), self.search.best().to_vec());
        Elite { k, colors, conflicts: self.search.conflicts() }
    }

    /// Uncoloured vertices of the best partial colouring.
    fn conflicts(&self) -> u64 {
        self.search.conflicts()
    }

    fn moves(&self) -> u64 {
        self.search.moves()
    }

    fn save(&mut self) -> Saved {
        self.search.save()
    }

    /// What is frozen is a parameter.
    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        let vertices = self.search.state.graph().n() as u64;
        let most = u64::from(self.guide.params.weight_limit).max(vertices);
        self.guide.total_weight = self.search.restore(saved, most)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partial_coloring::tests::{check_invariants, random_graph};
    use prism_core::search::UNCOLORED;
    use prism_core::{Coloring, Rng};
    use proptest::prelude::*;

    static GO: AtomicBool = AtomicBool::new(false);

    fn search<'g>(graph: &'g Graph<'g>, k: Color, seed: u64) -> GuidedEjection<'g> {
        let params = GuidedEjectionParams::default();
        GuidedEjection::new(graph, k, &[], &[], params, Rng::new(seed, 0), &GO).unwrap()
    }

    /// The n by n queen graph.
    fn queens(n: i32) -> Graph<'static> {
        let mut edges = Vec::new();
        for a in 0..n * n {
            for b in 0..a {
                let (dx, dy) = (a % n - b % n, a / n - b / n);
                if dx == 0 || dy == 0 || dx.abs() == dy.abs() {
                    edges.push((a as u32, b as u32));
                }
            }
        }
        Graph::from_edges((n * n) as usize, &edges).unwrap().0
    }

    #[test]
    fn colours_queens_8_8_with_nine_colours() {
        let graph = queens(8);
        let mut engine = search(&graph, 9, 1);
        assert_eq!(engine.run(5_000_000, &GO), Step::Solved);
        assert_eq!(Coloring::from_colors(engine.best().colors).verify(&graph), Ok(()));
        assert!(engine.best().colors.iter().all(|&c| c < 9));
    }

    #[test]
    fn small_and_impossible_cases_end() {
        let nothing = Graph::empty(0);
        assert_eq!(search(&nothing, 0, 1).run(0, &GO), Step::Solved);
        let (edge, _) = Graph::from_edges(2, &[(0, 1)]).unwrap();
        for k in [0, 1] {
            let mut engine = search(&edge, k, 1);
            assert_eq!(engine.run(1000, &GO), Step::OutOfMoves);
            assert_eq!((engine.moves(), engine.conflicts()), (1000, 2 - u64::from(k)));
        }
    }

    proptest! {
        #[test]
        fn the_report_is_true_and_repeatable(
            n in 1u32..40, percent in 0u32..100, k in 1u16..9, seed: u64, limit in 40u32..200,
        ) {
            let graph = random_graph(n, percent, seed);
            // A low limit, so that halving is exercised.
            let params = GuidedEjectionParams { weight_limit: limit * n, ..Default::default() };
            let build = || GuidedEjection::new(&graph, k, &[], &[], params, Rng::new(seed, 1), &GO).unwrap();
            let (mut whole, mut sliced) = (build(), build());
            let step = whole.run(900, &GO);
            for _ in 0..9 {
                sliced.run(100, &GO);
            }
            prop_assert_eq!(whole.best(), sliced.best());
            prop_assert_eq!(whole.moves(), sliced.moves());
            check_invariants(&whole.search.state);
            let uncolored = whole.best().colors.iter().filter(|&&c| c == UNCOLORED).count() as u64;
            prop_assert_eq!(whole.conflicts(), uncolored);
            let proper = Coloring::from_colors(whole.best().colors).verify(&graph).is_ok();
            prop_assert_eq!(step == Step::Solved, proper);
        }

        #[test]
        fn frozen_vertices_keep_their_colour(
            n in 2u32..30, percent in 10u32..90, seed: u64,
        ) {
            let graph = random_graph(n, percent, seed);
            let k = 4;
            // Freeze a greedy partial colouring of every third vertex.
            let mut start = vec![UNCOLORED; n as usize];
            let mut frozen = Vec::new();
            for v in (0..n).step_by(3) {
                let free = |c: &Color| graph.neighbors(v).iter().all(|&u| start[u as usize] != *c);
                if let Some(c) = (0..k).find(free) {
                    start[v as usize] = c;
                    frozen.push(v);
                }
            }
            let rng = Rng::new(seed, 1);
            let mut engine = GuidedEjection::new(&graph, k, &start, &frozen, Default::default(), rng, &GO).unwrap();
            engine.run(500, &GO);
            check_invariants(&engine.search.state);
            for &v in &frozen {
                prop_assert_eq!(engine.best().colors[v as usize], start[v as usize]);
                prop_assert_eq!(engine.search.state.colors()[v as usize], start[v as usize]);
            }
        }
    }
}
