//! The elites: the best individuals for one part of the graph and one number of colours, from all sites,
//! kept apart.
//!
//! Searches that go on from each other's results soon all sit in one place. So an individual that is
//! close to one of the pool takes its place or is dropped, and never stands beside it. What is deposited
//! becomes visible when the solver says so, between turns and in the order of the roster: who comes
//! home first does not matter then.

use prism_core::Graph;
use prism_core::pool::agreement;
use prism_core::search::{self, Elite, Mismatch, UNCOLORED};
use serde::{Deserialize, Serialize};

/// Individuals that are kept.
const CAPACITY: usize = 16;

/// Individuals that class more than this share of the vertices alike are close: nine tenths.
const CLOSE: (usize, usize) = (9, 10);

/// Where an individual came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// The row of the engine.
    pub row: usize,
    /// The number of the site.
    pub site: usize,
}

/// The pool of one part of the graph.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Elites {
    members: Vec<(Elite, Origin)>,
    /// Deposited, and not visible yet.
    waiting: Vec<(Elite, Origin)>,
}

impl Elites {
    /// Whether all individuals are of a graph with `k` colours, and have the conflicts that they say.
    pub fn check(&self, graph: &Graph<'_>, k: usize) -> Result<(), Mismatch> {
        let fits = |(elite, _): &(Elite, Origin)| fits(elite, graph, k);
        let fit = self.waiting.is_empty() && self.members.iter().all(fits);
        Mismatch::unless(fit, "the pool of elites")
    }

    /// Leaves an individual here; it becomes visible by [`publish`](Self::publish).
    pub fn deposit(&mut self, elite: Elite, origin: Origin) {
        self.waiting.push((elite, origin));
    }

    /// Makes all deposits visible, in the order of the roster, then of the sites. Vertices without a
    /// colour get that which fewest of their neighbours have.
    pub fn publish(&mut self, graph: &Graph<'_>) {
        self.waiting.sort_by_key(|&(_, origin)| origin);
        for (elite, origin) in std::mem::take(&mut self.waiting) {
            self.admit(completed(graph, elite), origin);
        }
    }

    fn admit(&mut self, elite: Elite, origin: Origin) {
        let alike = |other: &Elite| agreement(&elite.colors, &other.colors, elite.k);
        let nearest = self.members.iter().enumerate().map(|(at, (other, _))| (alike(other), at));
        let close =
            nearest.max().filter(|&(alike, _)| alike * CLOSE.1 > elite.colors.len() * CLOSE.0);
        if let Some((_, at)) = close {
            if elite.conflicts <= self.members[at].0.conflicts {
                self.members[at] = (elite, origin);
            }
        } else if self.members.len() < CAPACITY {
            self.members.push((elite, origin));
        } else {
            // The oldest of the worst.
            let worst = (0..CAPACITY).rev().max_by_key(|&at| self.members[at].0.conflicts);
            if let Some(at) = worst.filter(|&at| self.members[at].0.conflicts >= elite.conflicts) {
                self.members.remove(at);
                self.members.push((elite, origin));
            }
        }
    }

    /// The best individual that another site has found, the oldest one of several.
    pub fn best_from_elsewhere(&self, site: usize) -> Option<&Elite> {
        let others = self.members.iter().filter(|(_, origin)| origin.site != site);
        others.map(|(elite, _)| elite).min_by_key(|elite| elite.conflicts)
    }
}

/// Whether an individual is a complete one of a graph with `k` colours, and has the conflicts that it says.
pub(crate) fn fits(elite: &Elite, graph: &Graph<'_>, k: usize) -> bool {
    elite.k == k
        && elite.colors.len() == graph.n()
        && elite.colors.iter().all(|&color| usize::from(color) < k)
        && Elite::new(k, elite.colors.clone(), graph.edges()).conflicts == elite.conflicts
}

/// The same with a colour for each vertex.
pub(crate) fn completed(graph: &Graph<'_>, elite: Elite) -> Elite {
    if !elite.colors.contains(&UNCOLORED) {
        return elite;
    }
    let colors = search::completed(graph, elite.k, &elite.colors);
    Elite::new(elite.k, colors, graph.edges())
}

#[cfg(test)]
mod tests {
    use super::*;
    use prism_core::{Color, Rng};
    use proptest::prelude::*;

    fn elite(colors: Vec<Color>, conflicts: u64) -> Elite {
        Elite { k: 4, colors, conflicts }
    }

    fn random(seed: u64, conflicts: u64) -> Elite {
        let mut rng = Rng::new(seed, 0);
        elite((0..100).map(|_| rng.below(4) as Color).collect(), conflicts)
    }

    fn origin(row: usize, site: usize) -> Origin {
        Origin { row, site }
    }

    #[test]
    fn deposits_become_visible_in_the_order_of_the_roster() {
        let graph = Graph::empty(100);
        let mut pools = [Elites::default(), Elites::default()];
        let mut deposits: Vec<_> =
            (0..6).map(|i| (random(i as u64, 5), origin(i / 2, i % 2))).collect();
        for pool in &mut pools {
            deposits.reverse();
            deposits.iter().for_each(|(elite, origin)| pool.deposit(elite.clone(), *origin));
            assert!(pool.best_from_elsewhere(7).is_none(), "not yet");
            pool.publish(&graph);
        }
        let [one, other] = pools;
        assert_eq!(one.members, other.members);
        assert!(one.members.is_sorted_by_key(|&(_, origin)| origin));
        assert_eq!(one.best_from_elsewhere(7), Some(&one.members[0].0));
        assert_eq!(one.best_from_elsewhere(0), Some(&one.members[1].0));
    }

    #[test]
    fn what_is_close_takes_a_place_or_none_and_the_worst_makes_room() {
        let graph = Graph::empty(100);
        let mut pool = Elites::default();
        let mut add = |elite: Elite| {
            pool.deposit(elite, origin(0, 0));
            pool.publish(&graph);
            pool.members.iter().map(|(elite, _)| elite.conflicts).collect::<Vec<_>>()
        };
        assert_eq!(add(random(1, 5)), [5]);
        // The same partition under other names.
        let mut renamed = random(1, 6);
        renamed.colors.iter_mut().for_each(|color| *color = 3 - *color);
        assert_eq!(add(renamed.clone()), [5], "it is worse");
        renamed.conflicts = 4;
        assert_eq!(add(renamed), [4], "it is better");
        for seed in 2..=16 {
            add(random(seed, seed));
        }
        let full = add(random(17, 40));
        assert_eq!((full.len(), full.iter().max()), (CAPACITY, Some(&16)), "it is worse than all");
        let full = add(random(18, 9));
        assert_eq!((full.len(), full.iter().max()), (CAPACITY, Some(&15)));
    }

    proptest! {
        #[test]
        fn what_is_completed_counts_right(
            edges in proptest::collection::vec((0u32..12, 0u32..12), 0..40),
            seed: u64,
        ) {
            let edges: Vec<_> = edges.into_iter().filter(|(u, v)| u != v).collect();
            let (graph, _) = Graph::from_edges(12, &edges).unwrap();
            // A partial colouring, proper as far as it goes.
            let mut rng = Rng::new(seed, 0);
            let mut colors = vec![UNCOLORED; 12];
            for v in graph.vertices() {
                let color = rng.below(6) as Color;
                let free = graph.neighbors(v).iter().all(|&u| colors[u as usize] != color);
                if color < 4 && free {
                    colors[v as usize] = color;
                }
            }
            let uncolored = colors.iter().filter(|&&color| color == UNCOLORED).count() as u64;
            let full = completed(&graph, elite(colors, uncolored));
            prop_assert!(full.colors.iter().all(|&color| color < 4));
            let color = |v: u32| full.colors[v as usize];
            let wrong = graph.edges().filter(|&(u, v)| color(u) == color(v)).count() as u64;
            prop_assert_eq!(full.conflicts, wrong);
        }
    }
}
