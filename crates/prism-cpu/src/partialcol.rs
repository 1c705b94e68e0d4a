//! PartialCol: tabu search over partial proper colourings (Bloechliger & Zufferey 2008).
//!
//! Where TabuCol colours every vertex and counts conflicts, PartialCol keeps all classes independent and
//! counts the vertices that have none. A move gives an uncoloured vertex the class where it is
//! cheapest, and its neighbours there lose theirs; they may not return to it for a while, the tenure.
//! Every entry of every uncoloured vertex is looked at, so a move is the best one, and costs
//! O(uncoloured * k) besides the update of [`PartialColoring`].
//!
//! The tenure is either *dynamic*, growing with the number of uncoloured vertices as in TabuCol
//! (Galinier & Hao 1999), or *reactive*, the FOO scheme of the paper ("fluctuation of the objective
//! function"): a period in which the number of uncoloured vertices hardly moves is taken for a cycle or
//! a plateau, and the tenure grows; otherwise it shrinks slowly.
//!
//! The price of a vertex may be its degree instead of 1 (Malaguti, Monaci & Toth 2008), so that the
//! vertices left over are the easy ones; [`crate::guided_ejection`] goes further and learns the price.

use crate::partial_coloring::PartialColoring;
use crate::search::{FixedK, Step};
use prism_core::{Color, Graph, Rng};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A tabu entry that never runs out: the class holds a frozen neighbour.
const FOREVER: u64 = u64::MAX;

/// How long a vertex may not return to the class that it was pushed out of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tenure {
    /// `factor * uncoloured + (0..random)` moves.
    Dynamic {
        /// Moves for each uncoloured vertex.
        factor: f64,
        /// Bound of the random part.
        random: u32,
    },
    /// Adapted to the fluctuation of the objective, plus `0..random` moves.
    Reactive {
        /// Moves between two looks at the fluctuation.
        period: u32,
        /// By how much the tenure grows after a period without fluctuation.
        increment: u32,
        /// Bound of the random part.
        random: u32,
    },
}

impl Tenure {
    /// The dynamic tenure with the constants of the paper.
    pub const DYNAMIC: Self = Self::Dynamic { factor: 0.6, random: 10 };
    /// The reactive tenure.
    pub const FOO: Self = Self::Reactive { period: 1000, increment: 5, random: 10 };
}

/// What an uncoloured vertex costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// 1: the number of uncoloured vertices is minimised.
    One,
    /// Its degree.
    Degree,
}

/// The parameters of [`PartialCol`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartialColParams {
    /// How long a vertex may not return to the class that it was pushed out of.
    pub tenure: Tenure,
    /// What an uncoloured vertex costs.
    pub price: Price,
}

impl Default for PartialColParams {
    /// The dynamic tenure, and every vertex at the same price.
    fn default() -> Self {
        Self { tenure: Tenure::DYNAMIC, price: Price::One }
    }
}

/// The reactive tenure's view of the past period.
#[derive(Clone, Copy, Debug)]
struct Fluctuation {
    tenure: u64,
    least: u64,
    most: u64,
}

impl Fluctuation {
    const NEW_PERIOD: Self = Self { tenure: 10, least: u64::MAX, most: 0 };

    /// Takes note of the uncoloured vertices after a move and adapts the tenure at the end of a period.
    fn record(&mut self, uncolored: u64, end_of_period: bool, increment: u32) {
        self.least = self.least.min(uncolored);
        self.most = self.most.max(uncolored);
        if end_of_period {
            let tenure = if self.most - self.least <= 1 {
                self.tenure + u64::from(increment)
            } else {
                self.tenure.saturating_sub(1)
            };
            *self = Self { tenure, ..Self::NEW_PERIOD };
        }
    }
}

/// The search; see the top of this file.
#[derive(Debug)]
pub struct PartialCol<'g> {
    state: PartialColoring<'g>,
    tenure: Tenure,
    fluctuation: Fluctuation,
    /// Entry `v * k + class`: the move from which `v` may enter `class` again.
    tabu_until: Vec<u64>,
    /// Summed price of the uncoloured vertices, now and at its least.
    cost: u64,
    least_cost: u64,
    best: Vec<Color>,
    best_uncolored: u64,
    moves: u64,
    ejected: Vec<u32>,
    rng: Rng,
}

impl<'g> PartialCol<'g> {
    /// A search for a colouring of `graph` with `k` colours that begins at `start`, as far as that is
    /// proper and below `k` ([`PartialColoring::new`] says how).
    ///
    /// The vertices of `frozen` keep their colour of `start` for good; those colours must be
    /// below `k` and proper among themselves. Memory: 12 bytes for each vertex and colour.
    ///
    /// Comes back early when `stop` is raised, with a search that has lost some of `start`.
    pub fn new(
        graph: impl Into<Arc<Graph<'g>>>,
        k: Color,
        start: &[Color],
        frozen: &[u32],
        params: PartialColParams,
        rng: Rng,
        stop: &AtomicBool,
    ) -> Self {
        let graph = graph.into();
        let weight = |v: u32| match params.price {
            Price::One => 1,
            Price::Degree => graph.degree(v).max(1) as u32,
        };
        let state = PartialColoring::new(graph.clone(), k, start, frozen, weight, stop);
        let classes = state.k();
        let mut tabu_until = vec![0; graph.n() * classes];
        for &v in frozen.iter().filter(|&&v| state.is_frozen(v)) {
            let class = usize::from(state.colors()[v as usize]);
            for &u in graph.neighbors(v) {
                tabu_until[u as usize * classes + class] = FOREVER;
            }
        }
        let cost = state.pool().iter().map(|&v| u64::from(state.weight(v))).sum();
        Self {
            tenure: params.tenure,
            fluctuation: Fluctuation::NEW_PERIOD,
            tabu_until,
            cost,
            least_cost: cost,
            best: state.colors().to_vec(),
            best_uncolored: state.pool().len() as u64,
            moves: 0,
            ejected: Vec::new(),
            rng,
            state,
        }
    }

    /// The allowed entry that adds least to the cost, `(vertex, class, what it adds)`, ties broken
    /// evenly. A tabu entry is allowed when it leads below the least cost so far (aspiration).
    fn choose(&mut self) -> Option<(u32, usize, i64)> {
        let Self { state, tabu_until, rng, moves, .. } = self;
        let k = state.k();
        let aspiration = self.least_cost as i64 - self.cost as i64;
        let mut chosen = None;
        let mut least = i64::MAX;
        let mut ties = 0;
        for &v in state.pool() {
            let own = i64::from(state.weight(v));
            let tabu = &tabu_until[v as usize * k..(v as usize + 1) * k];
            for (class, &until) in tabu.iter().enumerate() {
                let growth = i64::from(state.pressure(v, class)) - own;
                if growth > least {
                    continue;
                }
                if until > *moves && (growth >= aspiration || until == FOREVER) {
                    continue;
                }
                ties = if growth < least { 1 } else { ties + 1 };
                if ties == 1 || rng.below(ties) == 0 {
                    least = growth;
                    chosen = Some((v, class, growth));
                }
            }
        }
        chosen
    }

    /// How long a vertex that is pushed out now stays away.
    fn draw_tenure(&mut self) -> u64 {
        match self.tenure {
            Tenure::Dynamic { factor, random } => {
                let uncolored = self.state.pool().len() as f64;
                (factor * uncolored) as u64 + u64::from(self.rng.below(random))
            }
            Tenure::Reactive { random, .. } => {
                self.fluctuation.tenure + u64::from(self.rng.below(random))
            }
        }
    }

    /// One move; when everything is tabu it only counts.
    fn make_move(&mut self) {
        self.moves += 1;
        if let Some((v, class, growth)) = self.choose() {
            let mut ejected = std::mem::take(&mut self.ejected);
            self.state.place(v, class, &mut ejected);
            self.cost = self.cost.saturating_add_signed(growth);
            self.least_cost = self.least_cost.min(self.cost);
            for &u in &ejected {
                let until = self.moves + 1 + self.draw_tenure();
                self.tabu_until[u as usize * self.state.k() + class] = until;
            }
            self.ejected = ejected;
        }
        if let Tenure::Reactive { period, increment, .. } = self.tenure {
            let end_of_period = self.moves.is_multiple_of(u64::from(period.max(1)));
            self.fluctuation.record(self.state.pool().len() as u64, end_of_period, increment);
        }
    }
}

impl FixedK for PartialCol<'_> {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        let end = self.moves.saturating_add(moves);
        while self.best_uncolored > 0 {
            if self.moves >= end {
                return Step::OutOfMoves;
            }
            if stop.load(Ordering::Relaxed) {
                return Step::Stopped;
            }
            self.make_move();
            let uncolored = self.state.pool().len() as u64;
            if uncolored < self.best_uncolored {
                self.best_uncolored = uncolored;
                self.best.copy_from_slice(self.state.colors());
            }
        }
        Step::Solved
    }

    fn best(&self) -> &[Color] {
        &self.best
    }

    /// Uncoloured vertices of the best partial colouring.
    fn conflicts(&self) -> u64 {
        self.best_uncolored
    }

    fn moves(&self) -> u64 {
        self.moves
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partial_coloring::tests::{check_invariants, random_graph};
    use crate::search::UNCOLORED;
    use prism_core::{Coloring, Rng};
    use proptest::prelude::*;

    static GO: AtomicBool = AtomicBool::new(false);

    #[test]
    fn a_quiet_period_raises_the_tenure_and_a_lively_one_lowers_it() {
        let mut f = Fluctuation::NEW_PERIOD;
        f.record(7, false, 5);
        f.record(8, true, 5);
        assert_eq!(f.tenure, 15);
        f.record(7, false, 5);
        f.record(9, true, 5);
        assert_eq!(f.tenure, 14);
    }

    #[test]
    fn colours_a_random_graph_below_its_greedy_number() {
        let graph = random_graph(60, 50, 3);
        for (tenure, price) in [(Tenure::DYNAMIC, Price::One), (Tenure::FOO, Price::Degree)] {
            let params = PartialColParams { tenure, price };
            let mut engine = PartialCol::new(&graph, 12, &[], &[], params, Rng::new(1, 0), &GO);
            assert_eq!(engine.run(1_000_000, &GO), Step::Solved);
            assert_eq!(Coloring::from_colors(engine.best().to_vec()).verify(&graph), Ok(()));
        }
    }

    #[test]
    fn small_and_impossible_cases_end() {
        let params = PartialColParams { tenure: Tenure::FOO, price: Price::One };
        let new = |graph, k| PartialCol::new(graph, k, &[], &[], params, Rng::new(1, 0), &GO);
        let (nothing, three) = (Graph::empty(0), Graph::empty(3));
        assert_eq!(new(&nothing, 0).run(0, &GO), Step::Solved);
        assert_eq!(new(&three, 1).run(3, &GO), Step::Solved);
        let (edge, _) = Graph::from_edges(2, &[(0, 1)]).unwrap();
        for k in [0, 1] {
            let mut engine = new(&edge, k);
            assert_eq!(engine.run(5000, &GO), Step::OutOfMoves);
            assert_eq!((engine.moves(), engine.conflicts()), (5000, 2 - u64::from(k)));
        }
        assert_eq!(new(&edge, 1).run(u64::MAX, &AtomicBool::new(true)), Step::Stopped);
    }

    proptest! {
        #[test]
        fn the_report_is_true_and_repeatable(
            n in 1u32..40, percent in 0u32..100, k in 1u16..9, seed: u64, foo: bool, degree: bool,
        ) {
            let graph = random_graph(n, percent, seed);
            let tenure = if foo { Tenure::FOO } else { Tenure::DYNAMIC };
            let price = if degree { Price::Degree } else { Price::One };
            let params = PartialColParams { tenure, price };
            let build = || PartialCol::new(&graph, k, &[], &[], params, Rng::new(seed, 1), &GO);
            let (mut whole, mut sliced) = (build(), build());
            let step = whole.run(600, &GO);
            for _ in 0..6 {
                sliced.run(100, &GO);
            }
            prop_assert_eq!(whole.best(), sliced.best());
            prop_assert_eq!(whole.moves(), sliced.moves());
            check_invariants(&whole.state);
            let cost: u64 = whole.state.pool().iter().map(|&v| u64::from(whole.state.weight(v))).sum();
            prop_assert_eq!(whole.cost, cost);
            let uncolored = whole.best().iter().filter(|&&c| c == UNCOLORED).count() as u64;
            prop_assert_eq!(whole.conflicts(), uncolored);
            let proper = Coloring::from_colors(whole.best().to_vec()).verify(&graph).is_ok();
            prop_assert_eq!(step == Step::Solved, proper);
        }

        #[test]
        fn frozen_vertices_keep_their_colour(n in 2u32..30, percent in 10u32..90, seed: u64) {
            let graph = random_graph(n, percent, seed);
            let mut start = vec![UNCOLORED; n as usize];
            let mut frozen = Vec::new();
            for v in (0..n).step_by(3) {
                let free = |c: &Color| graph.neighbors(v).iter().all(|&u| start[u as usize] != *c);
                if let Some(c) = (0..4).find(free) {
                    start[v as usize] = c;
                    frozen.push(v);
                }
            }
            let rng = Rng::new(seed, 1);
            let mut engine =
                PartialCol::new(&graph, 4, &start, &frozen, Default::default(), rng, &GO);
            engine.run(500, &GO);
            check_invariants(&engine.state);
            for &v in &frozen {
                prop_assert_eq!(engine.best()[v as usize], start[v as usize]);
                prop_assert_eq!(engine.state.colors()[v as usize], start[v as usize]);
            }
        }
    }
}
