//! Classes of at most two vertices, as few as possible.
//!
//! Two vertices can share a colour where they are not adjacent, so that the fewest classes are what a largest
//! matching of the complement leaves. It is found by augmenting paths, where an odd cycle in the way is
//! shrunk to one vertex (Edmonds 1965). The complement is never made.

use crate::bit_matrix::BitMatrix;
use prism_core::memory::OutOfMemory;
use prism_core::{Color, Graph};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

/// The largest graph that it is meant for: it takes n^3 steps at worst, though mostly far fewer.
pub const MOST_VERTICES: usize = 1 << 13;

/// No vertex.
const NONE: u32 = u32::MAX;

/// A proper colouring whose classes have two vertices at most, with as few colours as possible. `None` if
/// `stop` is raised before it is found, or the graph has more than [`MOST_VERTICES`].
///
/// # Errors
/// [`OutOfMemory`].
pub fn fewest_pairs(
    graph: &Graph<'_>,
    stop: &AtomicBool,
) -> Result<Option<Vec<Color>>, OutOfMemory> {
    if graph.n() > MOST_VERTICES {
        return Ok(None);
    }
    let mut search = Search::new(graph)?;
    search.match_greedily();
    for root in graph.vertices() {
        if search.mate[root as usize] == NONE && search.grow(root, stop).is_none() {
            return Ok(None);
        }
    }
    let mut colors = vec![Color::MAX; graph.n()];
    let mut next = 0;
    for v in graph.vertices() {
        if colors[v as usize] == Color::MAX {
            colors[v as usize] = next;
            if let Some(mate) = colors.get_mut(search.mate[v as usize] as usize) {
                *mate = next;
            }
            next += 1;
        }
    }
    Ok(Some(colors))
}

/// A matching of the complement, and the tree from one vertex that has no mate.
struct Search<'g> {
    graph: &'g Graph<'g>,
    adjacent: BitMatrix,
    /// By vertex, the other end of its edge.
    mate: Vec<u32>,
    /// By vertex at odd distance, the one before it on the way from the root.
    parent: Vec<u32>,
    /// By vertex, the one that stands for the odd cycle that it lies in.
    base: Vec<u32>,
    /// Whether a vertex is at even distance.
    is_even: Vec<bool>,
}

impl<'g> Search<'g> {
    fn new(graph: &'g Graph<'g>) -> Result<Self, OutOfMemory> {
        let n = graph.n();
        Ok(Self {
            graph,
            adjacent: BitMatrix::new(graph)?,
            mate: vec![NONE; n],
            parent: vec![NONE; n],
            base: vec![0; n],
            is_even: vec![false; n],
        })
    }

    fn can_pair(&self, u: u32, v: u32) -> bool {
        u != v && !self.adjacent.contains(u, v)
    }

    /// The vertices with the fewest choices choose first.
    fn match_greedily(&mut self) {
        let mut order: Vec<u32> = self.graph.vertices().collect();
        order.sort_by_key(|&v| std::cmp::Reverse(self.graph.degree(v)));
        for (i, &u) in order.iter().enumerate() {
            if self.mate[u as usize] != NONE {
                continue;
            }
            let mut others = order[i + 1..].iter().copied();
            let free = others.find(|&v| self.mate[v as usize] == NONE && self.can_pair(u, v));
            if let Some(v) = free {
                (self.mate[u as usize], self.mate[v as usize]) = (v, u);
            }
        }
    }

    /// Looks for a way from `root` to another vertex without a mate, and changes the matching along it. Where
    /// there is none, there never will be. `None` if stopped.
    fn grow(&mut self, root: u32, stop: &AtomicBool) -> Option<()> {
        self.parent.fill(NONE);
        self.is_even.fill(false);
        (0..).zip(&mut self.base).for_each(|(v, base)| *base = v);
        self.is_even[root as usize] = true;
        let mut queue = VecDeque::from([root]);
        while let Some(u) = queue.pop_front() {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            for v in self.graph.vertices() {
                let is_inside = self.base[u as usize] == self.base[v as usize];
                if is_inside || self.mate[u as usize] == v || !self.can_pair(u, v) {
                    continue;
                }
                let mate = self.mate[v as usize];
                if v == root || mate != NONE && self.parent[mate as usize] != NONE {
                    self.shrink(u, v, &mut queue);
                } else if self.parent[v as usize] == NONE {
                    self.parent[v as usize] = u;
                    if mate == NONE {
                        self.augment(v);
                        return Some(());
                    }
                    self.is_even[mate as usize] = true;
                    queue.push_back(mate);
                }
            }
        }
        Some(())
    }

    /// The way from the root ends at `last`.
    fn augment(&mut self, last: u32) {
        let mut v = last;
        while v != NONE {
            let u = self.parent[v as usize];
            let next = self.mate[u as usize];
            (self.mate[v as usize], self.mate[u as usize]) = (u, v);
            v = next;
        }
    }

    /// An edge between two vertices at even distance closes an odd cycle.
    fn shrink(&mut self, u: u32, v: u32, queue: &mut VecDeque<u32>) {
        let stem = self.common(u, v);
        let mut is_on_cycle = vec![false; self.base.len()];
        for (from, other) in [(u, v), (v, u)] {
            let (mut at, mut child) = (from, other);
            while self.base[at as usize] != stem {
                let mate = self.mate[at as usize];
                is_on_cycle[self.base[at as usize] as usize] = true;
                is_on_cycle[self.base[mate as usize] as usize] = true;
                self.parent[at as usize] = child;
                (child, at) = (mate, self.parent[mate as usize]);
            }
        }
        for w in 0..self.base.len() as u32 {
            if is_on_cycle[self.base[w as usize] as usize] {
                self.base[w as usize] = stem;
                if !self.is_even[w as usize] {
                    self.is_even[w as usize] = true;
                    queue.push_back(w);
                }
            }
        }
    }

    /// Where the ways from two vertices back to the root meet.
    fn common(&self, u: u32, v: u32) -> u32 {
        let mut is_on_way = vec![false; self.base.len()];
        let mut at = self.base[u as usize];
        loop {
            is_on_way[at as usize] = true;
            let mate = self.mate[at as usize];
            if mate == NONE {
                break;
            }
            at = self.base[self.parent[mate as usize] as usize];
        }
        let mut at = self.base[v as usize];
        while !is_on_way[at as usize] {
            let mate = self.mate[at as usize];
            at = self.base[self.parent[mate as usize] as usize];
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partial_coloring::tests::random_graph;
    use prism_core::{Coloring, SizeRule};
    use proptest::prelude::*;

    fn colors(graph: &Graph<'_>) -> usize {
        let found = fewest_pairs(graph, &AtomicBool::new(false)).unwrap();
        let coloring = Coloring::from_colors(found.unwrap());
        assert_eq!(coloring.verify(graph), Ok(()));
        let rule = SizeRule { most: Some(2), ..SizeRule::default() };
        assert_eq!(rule.check(&coloring), Ok(()));
        coloring.num_colors()
    }

    /// By trying all mates of the first vertex that is left.
    fn fewest(graph: &Graph<'_>, left: &[u32]) -> usize {
        let Some((&u, rest)) = left.split_first() else { return 0 };
        let alone = 1 + fewest(graph, rest);
        let others = (0..rest.len()).filter(|&i| !graph.has_edge(u, rest[i]));
        let with = others.map(|i| 1 + fewest(graph, &[&rest[..i], &rest[i + 1..]].concat()));
        with.chain([alone]).min().unwrap_or(alone)
    }

    #[test]
    fn odd_cycles_are_no_obstacle() {
        // The complement is two odd cycles that are joined by an edge.
        let mut pairs: Vec<(u32, u32)> = (0..10).map(|v| (v, v / 5 * 5 + (v + 1) % 5)).collect();
        pairs.push((2, 7));
        let (graph, _) = Graph::from_edges(10, &pairs).unwrap();
        let complement = prism_core::generate::complement(&graph);
        assert_eq!(colors(&complement), 5);
        assert_eq!(colors(&Graph::empty(0)), 0);
        assert_eq!(colors(&Graph::empty(7)), 4);
    }

    #[test]
    fn it_stops() {
        assert_eq!(fewest_pairs(&Graph::empty(3), &AtomicBool::new(true)), Ok(None));
        let large = Graph::empty(MOST_VERTICES + 1);
        assert_eq!(fewest_pairs(&large, &AtomicBool::new(false)), Ok(None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn no_colouring_has_fewer(n in 0u32..12, percent in 20u32..100, seed in 0u64..5000) {
            let graph = random_graph(n, percent, seed);
            let all: Vec<u32> = graph.vertices().collect();
            prop_assert_eq!(colors(&graph), fewest(&graph, &all));
        }
    }
}
