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
use crate::partial_search::{FOREVER, PartialSearch};
use crate::search::{FixedK, Step};
use prism_core::{Color, Graph, Rng};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

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
    search: PartialSearch<'g>,
    rule: Rule,
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
        let search = PartialSearch::new(graph.clone(), k, start, frozen, weight, rng, stop);
        let cost = cost_of_pool(&search.state);
        let (tenure, fluctuation) = (params.tenure, Fluctuation::NEW_PERIOD);
        Self { search, rule: Rule { tenure, fluctuation, cost, least_cost: cost } }
    }
}

/// Summed price of the uncoloured vertices.
fn cost_of_pool(state: &PartialColoring<'_>) -> u64 {
    state.pool().iter().map(|&v| u64::from(state.weight(v))).sum()
}

/// What chooses the moves and adapts the tenure.
#[derive(Debug)]
struct Rule {
    tenure: Tenure,
    fluctuation: Fluctuation,
    /// Summed price of the uncoloured vertices, now and at its least.
    cost: u64,
    least_cost: u64,
}

impl Rule {
    /// The allowed entry that adds least to the cost, `(vertex, class, what it adds)`, ties broken
    /// evenly. A tabu entry is allowed when it leads below the least cost so far (aspiration).
    fn choose(&self, search: &mut PartialSearch<'_>) -> Option<(u32, usize, i64)> {
        let now = search.moves();
        let PartialSearch { state, tabu, rng, .. } = search;
        let aspiration = self.least_cost as i64 - self.cost as i64;
        let mut chosen = None;
        let mut least = i64::MAX;
        let mut ties = 0;
        for &v in state.pool() {
            let own = i64::from(state.weight(v));
            for (class, &until) in tabu.of(v).iter().enumerate() {
                let growth = i64::from(state.pressure(v, class)) - own;
                if growth > least {
                    continue;
                }
                if until > now && (growth >= aspiration || until == FOREVER) {
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
    fn draw_tenure(&self, state: &PartialColoring<'_>, rng: &mut Rng) -> u64 {
        match self.tenure {
            Tenure::Dynamic { factor, random } => {
                let uncolored = state.pool().len() as f64;
                (factor * uncolored) as u64 + u64::from(rng.below(random))
            }
            Tenure::Reactive { random, .. } => {
                self.fluctuation.tenure + u64::from(rng.below(random))
            }
        }
    }

    fn make_move(&mut self, search: &mut PartialSearch<'_>) {
        if let Some((v, class, growth)) = self.choose(search) {
            search.place(v, class, |state, rng| self.draw_tenure(state, rng));
            self.cost = self.cost.saturating_add_signed(growth);
            self.least_cost = self.least_cost.min(self.cost);
        }
        if let Tenure::Reactive { period, increment, .. } = self.tenure {
            let end_of_period = search.moves().is_multiple_of(u64::from(period.max(1)));
            let uncolored = search.state.pool().len() as u64;
            self.fluctuation.record(uncolored, end_of_period, increment);
        }
    }
}

impl FixedK for PartialCol<'_> {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        self.search.run(moves, stop, |search| self.rule.make_move(search))
    }

    fn best(&self) -> &[Color] {
        self.search.best()
    }

    /// Uncoloured vertices of the best partial colouring.
    fn conflicts(&self) -> u64 {
        self.search.conflicts()
    }

    fn moves(&self) -> u64 {
        self.search.moves()
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
            check_invariants(&whole.search.state);
            prop_assert_eq!(whole.rule.cost, cost_of_pool(&whole.search.state));
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
            check_invariants(&engine.search.state);
            for &v in &frozen {
                prop_assert_eq!(engine.best()[v as usize], start[v as usize]);
                prop_assert_eq!(engine.search.state.colors()[v as usize], start[v as usize]);
            }
        }
    }
}
