//! The Metropolis walk over the colourings of a graph: what [`thermodynamic`](crate::thermodynamic) and
//! [`quantum`](crate::quantum) are made of (Metropolis et al. 1953; Johnson, Aragon, McGeoch & Schevon
//! 1991 for colouring).
//!
//! A proposal gives a vertex another colour. Proposal t of an individual draws its vertex, its colour
//! and its acceptance from the counter (t, individual, phase), and all else is decided in integers. The
//! kernels of the same names judge many proposals at once and make the moves of this walk, one by one:
//! the same seed leads to the same colouring.

use prism_core::annealing::Proposals;
use prism_core::memory::{OutOfMemory, try_zeroed};
use prism_core::search::Elite;
use prism_core::{Color, Graph, Philox};
use std::sync::Arc;

/// 2^-cost in units of 2^-32, for a cost in units of 2^-16: a polynomial of degree 6 through the
/// Chebyshev nodes of the fraction, exact to 2 * 10^-9. The kernels have the same in `annealing.cuh`.
#[must_use]
pub fn chance(cost: u32) -> u32 {
    const COEFFICIENTS: [u32; 7] =
        [0x0007_2a3c, 0x0053_9803, 0x0273_d361, 0x0e34_a75b, 0x3d7f_577e, 0xb172_15b2, 0xffff_fffa];
    let fraction = u64::from(cost << 16);
    let power = COEFFICIENTS.iter().fold(0, |power: u32, &coefficient| {
        coefficient - ((fraction * u64::from(power)) >> 32) as u32
    });
    power.checked_shr(cost >> 16).unwrap_or(0)
}

/// Metropolis' rule: whether a cost, in units of 2^-16, is accepted by 32 random bits.
#[must_use]
pub fn is_accepted(cost: i64, bits: u32) -> bool {
    cost <= 0 || bits < chance(cost.min(i64::from(i32::MAX)) as u32)
}

/// What a move costs.
pub(crate) trait Weight {
    /// The cost, in units of 2^-16, of giving `v` the colour `to` instead of `from` where that adds
    /// `change` conflicts.
    fn cost(&self, change: i64, v: u32, from: Color, to: Color) -> i64;

    /// The move is made.
    fn moved(&mut self, _v: u32, _from: Color, _to: Color) {}
}

/// Where the random numbers of a walk come from, and what for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    pub(crate) philox: Philox,
    pub(crate) phase: u32,
    pub(crate) proposals: Proposals,
}

/// One individual: its colouring, what is counted about it, and its best colouring.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'g> {
    graph: Arc<Graph<'g>>,
    k: usize,
    /// Which individual this is, for its random numbers.
    number: u32,
    colors: Vec<Color>,
    /// Entry `v * k + colour`: neighbours of `v` with that colour.
    counts: Vec<u32>,
    /// The conflicting vertices as bits, and how many they are.
    conflicting: Vec<u64>,
    conflicting_count: u32,
    conflicts: u64,
    best: Vec<Color>,
    fewest: u64,
    /// Proposals so far: the counter of the random numbers.
    next: u64,
}

impl<'g> Walk<'g> {
    /// A walk from a colouring with `k` colours, which is at least 1.
    ///
    /// # Errors
    /// [`OutOfMemory`]: its table does not fit.
    pub(crate) fn new(
        graph: Arc<Graph<'g>>,
        k: Color,
        number: u32,
        colors: Vec<Color>,
    ) -> Result<Self, OutOfMemory> {
        let n = graph.n();
        let k = usize::from(k);
        let mut walk = Self {
            counts: try_zeroed(n * k)?,
            graph,
            k,
            number,
            conflicting: vec![0; n.div_ceil(64)],
            conflicting_count: 0,
            conflicts: 0,
            best: colors.clone(),
            fewest: 0,
            colors: colors.clone(),
            next: 0,
        };
        walk.load(&colors, 0);
        Ok(walk)
    }

    /// Goes on from another colouring, as after so many proposals. It is the best so far.
    pub(crate) fn load(&mut self, colors: &[Color], made: u64) {
        self.colors.copy_from_slice(colors);
        count_neighbors(&self.graph, self.k, colors, &mut self.counts);
        self.conflicts = 0;
        for v in 0..colors.len() as u32 {
            let own = self.count(v, self.colors[v as usize]);
            self.conflicts += u64::from(own);
            self.mark(v, own > 0);
        }
        self.conflicts /= 2;
        self.next = made;
        self.forget_best();
    }

    /// The best so far is the colouring at hand.
    pub(crate) fn forget_best(&mut self) {
        self.best.copy_from_slice(&self.colors);
        self.fewest = self.conflicts;
    }

    /// Has another best from elsewhere.
    pub(crate) fn set_best(&mut self, best: &Elite) {
        self.best.copy_from_slice(&best.colors);
        self.fewest = best.conflicts;
    }

    /// Proposals so far.
    pub(crate) fn made(&self) -> u64 {
        self.next
    }

    pub(crate) fn colors(&self) -> &[Color] {
        &self.colors
    }

    pub(crate) fn best(&self) -> &[Color] {
        &self.best
    }

    /// Conflicting edges of [`Walk::colors`].
    pub(crate) fn conflicts(&self) -> u64 {
        self.conflicts
    }

    /// Conflicting edges of [`Walk::best`].
    pub(crate) fn fewest(&self) -> u64 {
        self.fewest
    }

    fn count(&self, v: u32, color: Color) -> u32 {
        self.counts[v as usize * self.k + usize::from(color)]
    }

    fn mark(&mut self, v: u32, conflicts: bool) {
        let (word, bit) = (&mut self.conflicting[v as usize / 64], 1 << (v % 64));
        if (*word & bit != 0) != conflicts {
            *word ^= bit;
            self.conflicting_count =
                if conflicts { self.conflicting_count + 1 } else { self.conflicting_count - 1 };
        }
    }

    /// The conflicting vertex that so many others come before.
    fn conflicting_at(&self, mut index: u32) -> u32 {
        for (&word, base) in self.conflicting.iter().zip((0..).step_by(64)) {
            let here = word.count_ones();
            if index < here {
                let rest = (0..index).fold(word, |word, _| word & (word - 1));
                return base + rest.trailing_zeros();
            }
            index -= here;
        }
        0
    }

    /// Up to so many proposals, as many as it takes to come to a proper colouring. Returns how many were
    /// made, and how many of them were accepted.
    pub(crate) fn run(
        &mut self,
        proposals: u32,
        draws: &Draws,
        weight: &mut impl Weight,
    ) -> (u32, u32) {
        let (mut made, mut accepted) = (0, 0);
        while made < proposals && self.conflicts > 0 {
            made += 1;
            accepted += u32::from(self.propose(draws, weight));
        }
        (made, accepted)
    }

    /// One proposal; whether it was accepted. With one colour there is none to propose.
    #[inline]
    fn propose(&mut self, draws: &Draws, weight: &mut impl Weight) -> bool {
        let [low, high] = [self.next as u32, (self.next >> 32) as u32];
        self.next += 1;
        if self.k < 2 {
            return false;
        }
        let random = draws.philox.at([low, high, self.number, draws.phase]);
        let v = match draws.proposals {
            Proposals::Conflicting => {
                self.conflicting_at(Philox::below(random[0], self.conflicting_count))
            }
            Proposals::Uniform => Philox::below(random[0], self.graph.n() as u32),
        };
        let from = self.colors[v as usize];
        let draw = Philox::below(random[1], self.k as u32 - 1) as Color;
        let to = draw + Color::from(draw >= from);
        let change = i64::from(self.count(v, to)) - i64::from(self.count(v, from));
        let accepts = is_accepted(weight.cost(change, v, from, to), random[2]);
        if accepts {
            self.recolor(v, to);
            weight.moved(v, from, to);
            self.conflicts = self.conflicts.saturating_add_signed(change);
            if self.conflicts < self.fewest {
                self.fewest = self.conflicts;
                self.best.copy_from_slice(&self.colors);
            }
        }
        accepts
    }

    /// Gives `v` the colour `new` and brings counts and conflicting vertices up to date. O(degree).
    fn recolor(&mut self, v: u32, new: Color) {
        let graph = Arc::clone(&self.graph);
        let old = std::mem::replace(&mut self.colors[v as usize], new);
        for &u in graph.neighbors(v) {
            let row = &mut self.counts[u as usize * self.k..][..self.k];
            row[usize::from(old)] -= 1;
            row[usize::from(new)] += 1;
            let color = self.colors[u as usize];
            if color == old || color == new {
                let conflicts = row[usize::from(color)] > 0;
                self.mark(u, conflicts);
            }
        }
        self.mark(v, self.count(v, new) > 0);
    }
}

/// Counts the neighbours by colour anew, entry `v * k + colour`.
pub(crate) fn count_neighbors(graph: &Graph<'_>, k: usize, colors: &[Color], counts: &mut [u32]) {
    counts.fill(0);
    if k > 0 {
        for v in graph.vertices() {
            for &u in graph.neighbors(v) {
                counts[v as usize * k + usize::from(colors[u as usize])] += 1;
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::partial_coloring::tests::random_graph;
    use proptest::prelude::*;

    pub(crate) fn conflicts_of(graph: &Graph<'_>, colors: &[Color]) -> u64 {
        graph.edges().filter(|&(u, v)| colors[u as usize] == colors[v as usize]).count() as u64
    }

    pub(crate) fn neighbor_counts(graph: &Graph<'_>, k: usize, colors: &[Color]) -> Vec<u32> {
        let mut counts = vec![7; graph.n() * k];
        count_neighbors(graph, k, colors, &mut counts);
        counts
    }

    /// Checks everything that must hold between proposals.
    pub(crate) fn check(walk: &Walk<'_>) {
        assert_eq!(walk.counts, neighbor_counts(&walk.graph, walk.k, &walk.colors));
        assert_eq!(walk.conflicts, conflicts_of(&walk.graph, &walk.colors));
        assert_eq!(walk.fewest, conflicts_of(&walk.graph, &walk.best));
        let conflicting: Vec<u32> =
            walk.graph.vertices().filter(|&v| walk.count(v, walk.colors[v as usize]) > 0).collect();
        let listed: Vec<u32> =
            (0..walk.conflicting_count).map(|at| walk.conflicting_at(at)).collect();
        assert_eq!(listed, conflicting);
    }

    struct Heat(i64);

    impl Weight for Heat {
        fn cost(&self, change: i64, _: u32, _: Color, _: Color) -> i64 {
            change * self.0
        }
    }

    #[test]
    fn chances_are_powers_of_two() {
        for cost in (0..40 << 16).step_by(37) {
            let exact = (-f64::from(cost) / 65_536.0).exp2();
            let error = f64::from(chance(cost)) / 4_294_967_296.0 - exact;
            assert!(error.abs() < 2e-9, "{cost}: {error}");
        }
        assert_eq!(chance(u32::MAX), 0);
        let falling: Vec<u32> = (0..1 << 17).map(chance).collect();
        assert!(falling.is_sorted_by(|a, b| a >= b));
        assert!(is_accepted(-1, u32::MAX) && is_accepted(0, u32::MAX));
        assert!(!is_accepted(i64::MAX, 0) && !is_accepted(1 << 16, 1 << 31));
    }

    proptest! {
        #[test]
        fn counts_are_those_of_a_recount(
            n in 1u32..80, percent in 0u32..100, k in 1u16..9, seed: u64, uniform: bool,
        ) {
            let graph = Arc::new(random_graph(n, percent, seed));
            let colors = (0..n).map(|v| (v.wrapping_mul(2_654_435_761) >> 16) as Color % k).collect();
            let mut walk = Walk::new(graph, k, 3, colors).unwrap();
            let proposals = if uniform { Proposals::Uniform } else { Proposals::Conflicting };
            let draws = Draws { philox: Philox::new(seed), phase: 9, proposals };
            let mut total = 0;
            for _ in 0..20 {
                let (made, accepted) = walk.run(50, &draws, &mut Heat(100_000));
                check(&walk);
                prop_assert!(accepted <= made);
                prop_assert!(made == 50 || walk.conflicts == 0);
                total += made;
            }
            prop_assert_eq!(walk.next, u64::from(total));
        }
    }
}
