//! Kempe chains: make room for a vertex by swapping two colours in a part of the graph.
//!
//! The vertices of two colours induce a bipartite graph; in any of its connected components, a
//! Kempe chain, the two colours can be swapped and the colouring stays proper (Kempe 1879). Suppose
//! that every colour is taken around a vertex v. If the chains of colours a and b that start at the
//! neighbours of v with colour a reach none of its neighbours with colour b, swapping them frees a
//! for v. Sequential colouring with interchange, [`greedy_with_interchange`], does this before it opens a
//! new colour (Matula, Marble & Isaacson 1972). [`empty_class`] does it afterwards, to a whole class: it
//! moves the vertices of one class elsewhere until none is left or the work is used up.
//!
//! Chains are short where classes are sparse among each other. On dense graphs most pairs of classes
//! form a single chain and little can be freed. Work is counted in arcs looked at, and no other limit
//! is needed: a chain that grows beyond its share is given up.

use crate::construct::ConstructError;
use crate::greedy::Forbidden;
use prism_core::search::UNCOLORED;
use prism_core::{Color, Coloring, Graph};
use std::sync::atomic::{AtomicBool, Ordering};

/// The most arcs that one chain may look at.
const CHAIN_ARCS: u64 = 1 << 12;

/// Swaps the colour of `v` and `other` in the chain of `v`, and gives the number of vertices in it. A
/// proper colouring remains one, and no colour but these two is touched.
pub fn interchange(graph: &Graph<'_>, colors: &mut [Color], v: u32, other: Color) -> usize {
    let mut chains = Chains::new(graph, colors);
    let own = chains.colors[v as usize];
    if own == other {
        return 0;
    }
    chains.grow([v].into_iter(), own, other, u64::MAX, |_| true);
    chains.swap(own, other);
    chains.members.len()
}

/// The greedy colouring of `graph`, taking vertices as `order` lists them, with interchange: where a vertex
/// would open a new colour, the first pair of colours a < b is looked for, by a and then by b, whose chains
/// from its neighbours of colour a reach none of its neighbours of colour b. They are swapped, and it gets
/// colour a (Matula, Marble & Isaacson 1972, in the form of Syslo, Deo & Kowalik 1983).
///
/// O(k^2 m) time for each vertex that asks for a new colour at worst.
///
/// # Errors
/// [`ConstructError::Stopped`] if `stop` was raised, and [`ConstructError::TooManyColors`].
pub fn greedy_with_interchange(
    graph: &Graph<'_>,
    order: &[u32],
    stop: &AtomicBool,
) -> Result<Coloring, ConstructError> {
    let mut colors = vec![UNCOLORED; graph.n()];
    let mut chains = Chains::new(graph, &mut colors);
    let mut forbidden = Forbidden::default();
    let mut around: Vec<Vec<u32>> = Vec::new();
    for &v in order {
        if stop.load(Ordering::Relaxed) {
            return Err(ConstructError::Stopped);
        }
        let seen = graph.neighbors(v).iter().map(|&u| chains.colors[u as usize]);
        let smallest = forbidden.smallest_free(seen).ok_or(ConstructError::TooManyColors)?;
        let mut color = smallest;
        if usize::from(smallest) == around.len() {
            for &u in graph.neighbors(v).iter().filter(|&&u| chains.colors[u as usize] != UNCOLORED)
            {
                around[chains.colors[u as usize] as usize].push(u);
            }
            let pairs = (0..smallest).flat_map(|a| (a + 1..smallest).map(move |b| (a, b)));
            for (a, b) in pairs {
                if stop.load(Ordering::Relaxed) {
                    return Err(ConstructError::Stopped);
                }
                let against = &around[b as usize];
                // Neighbour lists are sorted, and so is what was collected from one.
                let free = |u: u32| against.binary_search(&u).is_err();
                if chains.grow(around[a as usize].iter().copied(), a, b, u64::MAX, free) {
                    chains.swap(a, b);
                    color = a;
                    break;
                }
            }
            around.iter_mut().for_each(Vec::clear);
            if color == smallest {
                around.push(Vec::new());
            }
        }
        chains.colors[v as usize] = color;
    }
    Ok(Coloring::from_colors(colors))
}

/// Moves vertices of `class` to other classes, with Kempe chains where no colour is free, until the
/// class is empty or about `arcs` arcs have been looked at. Gives the number of vertices left in it
/// and adds the arcs to `work`. A proper colouring remains one and gets no colour that it did not have.
pub fn empty_class(
    graph: &Graph<'_>,
    colors: &mut [Color],
    class: Color,
    arcs: u64,
    work: &mut u64,
) -> usize {
    let k = colors.iter().max().map_or(0, |&c| usize::from(c) + 1);
    let members: Vec<u32> = graph.vertices().filter(|&v| colors[v as usize] == class).collect();
    let mut chains = Chains::new(graph, colors);
    let mut around = vec![Vec::new(); k];
    let mut left = 0;
    for v in members {
        let moved = chains.work < arcs && chains.move_away(v, &mut around, arcs);
        left += usize::from(!moved);
    }
    *work += chains.work;
    left
}

/// A colouring and the chains that are being looked at in it.
struct Chains<'c> {
    graph: &'c Graph<'c>,
    colors: &'c mut [Color],
    /// The vertices of the chains at hand.
    members: Vec<u32>,
    /// Which search saw a vertex last.
    seen: Vec<u32>,
    search: u32,
    work: u64,
}

impl<'c> Chains<'c> {
    fn new(graph: &'c Graph<'c>, colors: &'c mut [Color]) -> Self {
        let seen = vec![0; graph.n()];
        Self { graph, colors, members: Vec::new(), seen, search: 0, work: 0 }
    }

    /// Collects the chains of colours `a` and `b` that the vertices `from` of colour `a` lie in.
    /// Gives up and says `false` after `arcs` arcs, or at a vertex that `allowed` forbids.
    fn grow(
        &mut self,
        from: impl Iterator<Item = u32>,
        a: Color,
        b: Color,
        arcs: u64,
        allowed: impl Fn(u32) -> bool,
    ) -> bool {
        self.search += 1;
        self.members.clear();
        let until = self.work.saturating_add(arcs);
        for v in from {
            self.seen[v as usize] = self.search;
            self.members.push(v);
        }
        let mut next = 0;
        while let Some(&v) = self.members.get(next) {
            next += 1;
            let cost = self.graph.degree(v) as u64 + 1;
            if self.work + cost > until {
                self.work += 1;
                return false;
            }
            self.work += cost;
            let across = if self.colors[v as usize] == a { b } else { a };
            for &u in self.graph.neighbors(v) {
                if self.colors[u as usize] != across || self.seen[u as usize] == self.search {
                    continue;
                }
                if !allowed(u) {
                    return false;
                }
                self.seen[u as usize] = self.search;
                self.members.push(u);
            }
        }
        true
    }

    /// Swaps `a` and `b` in the chains at hand.
    fn swap(&mut self, a: Color, b: Color) {
        for &v in &self.members {
            let color = &mut self.colors[v as usize];
            *color = if *color == a { b } else { a };
        }
    }

    /// Gives `v` another colour, if chains can make room for it. `around` has an empty list for each
    /// colour, before and after.
    fn move_away(&mut self, v: u32, around: &mut [Vec<u32>], arcs: u64) -> bool {
        let (graph, own) = (self.graph, self.colors[v as usize]);
        self.work += graph.degree(v) as u64 + 1;
        for &u in graph.neighbors(v) {
            around[self.colors[u as usize] as usize].push(u);
        }
        // The fewer neighbours have a colour, the fewer chains have to be free of the other one.
        let mut palette: Vec<Color> = (0..around.len() as Color).filter(|&c| c != own).collect();
        palette.sort_by_key(|&c| around[c as usize].len());
        let found = self.room(&palette, around, arcs);
        if let Some(color) = found {
            self.colors[v as usize] = color;
        }
        around.iter_mut().for_each(Vec::clear);
        found.is_some()
    }

    /// Makes a colour of `palette` free for the vertex that has the neighbours `around`, and says
    /// which.
    fn room(&mut self, palette: &[Color], around: &[Vec<u32>], arcs: u64) -> Option<Color> {
        for &a in palette {
            let from = &around[a as usize];
            if from.is_empty() {
                return Some(a);
            }
            for &b in palette {
                if self.work >= arcs {
                    return None;
                }
                let against = &around[b as usize];
                let free = |u: u32| !against.contains(&u);
                if a != b && self.grow(from.iter().copied(), a, b, CHAIN_ARCS, free) {
                    self.swap(a, b);
                    return Some(a);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::greedy::{Order, greedy};
    use crate::partial_coloring::tests::random_graph;
    use prism_core::Coloring;
    use proptest::prelude::*;

    #[test]
    fn a_chain_is_swapped_as_a_whole() {
        // Two paths; only the one of vertex 1 changes.
        let (graph, _) = Graph::from_edges(5, &[(0, 1), (1, 2), (3, 4)]).unwrap();
        let mut colors = vec![0, 1, 0, 0, 1];
        assert_eq!(interchange(&graph, &mut colors, 1, 0), 3);
        assert_eq!(colors, [1, 0, 1, 0, 1]);
        // A colour that no neighbour has: the vertex alone.
        assert_eq!(interchange(&graph, &mut colors, 4, 2), 1);
        assert_eq!(colors, [1, 0, 1, 0, 2]);
    }

    #[test]
    fn chains_empty_a_class_that_greedy_moves_cannot() {
        // Vertex 4 sees both colours, but in different chains.
        let (graph, _) = Graph::from_edges(5, &[(0, 1), (2, 3), (0, 4), (3, 4)]).unwrap();
        let mut colors = vec![0, 1, 0, 1, 2];
        let mut work = 0;
        assert_eq!(empty_class(&graph, &mut colors, 2, 1000, &mut work), 0);
        assert!(work > 0);
        let coloring = Coloring::from_colors(colors);
        assert_eq!((coloring.verify(&graph), coloring.num_colors()), (Ok(()), 2));
    }

    /// As the paper has it: every chain is grown to its end before it is compared.
    fn by_definition(graph: &Graph<'_>, order: &[u32]) -> Vec<Color> {
        let mut colors = vec![UNCOLORED; graph.n()];
        let mut k = 0;
        for &v in order {
            let around = |colors: &[Color], color: Color| -> Vec<u32> {
                let all = graph.neighbors(v).iter().copied();
                all.filter(|&u| colors[u as usize] == color).collect()
            };
            let mut color = (0..).find(|&c| around(&colors, c).is_empty()).unwrap();
            'pairs: for (a, b) in (0..k).flat_map(|a| (a + 1..k).map(move |b| (a, b))) {
                if color < k {
                    break;
                }
                let mut chain: std::collections::BTreeSet<u32> =
                    around(&colors, a).into_iter().collect();
                loop {
                    let reached = |u: &u32| {
                        let other = if colors[*u as usize] == a { b } else { a };
                        let all = graph.neighbors(*u).iter().copied();
                        all.filter(|&w| colors[w as usize] == other).collect::<Vec<_>>()
                    };
                    let more: Vec<u32> = chain.iter().flat_map(reached).collect();
                    let before = chain.len();
                    chain.extend(more);
                    if chain.len() == before {
                        break;
                    }
                }
                if around(&colors, b).iter().all(|u| !chain.contains(u)) {
                    for &u in &chain {
                        colors[u as usize] = if colors[u as usize] == a { b } else { a };
                    }
                    color = a;
                    break 'pairs;
                }
            }
            colors[v as usize] = color;
            k = k.max(color + 1);
        }
        colors
    }

    #[test]
    fn interchange_stops_when_told() {
        let graph = Graph::empty(3);
        let stopped = greedy_with_interchange(&graph, &[0, 1, 2], &AtomicBool::new(true));
        assert_eq!(stopped, Err(ConstructError::Stopped));
    }

    proptest! {
        #[test]
        fn greedy_interchanges_as_defined(n in 0u32..40, percent in 0u32..100, seed in 0u64..500) {
            let graph = random_graph(n, percent, seed);
            let order = Order::Random.of(&graph, seed);
            let coloring = greedy_with_interchange(&graph, &order, &AtomicBool::new(false)).unwrap();
            prop_assert_eq!(coloring.verify(&graph), Ok(()));
            prop_assert_eq!(coloring.colors(), by_definition(&graph, &order));
        }

        #[test]
        fn interchange_keeps_the_colouring_proper(
            n in 1u32..60, percent in 0u32..100, seed in 0u64..500, v: u32, other in 0u16..8,
        ) {
            let graph = random_graph(n, percent, seed);
            let before = greedy(&graph, Order::Random, seed).unwrap();
            let (v, k) = (v % n, before.num_colors());
            let other = other % k as Color;
            let mut colors = before.colors().to_vec();
            let swapped = interchange(&graph, &mut colors, v, other);
            let changed = colors.iter().zip(before.colors()).filter(|(a, b)| a != b).count();
            prop_assert_eq!(changed, swapped);
            // The way back is the same.
            let mut back = colors.clone();
            let own = before.colors()[v as usize];
            prop_assert_eq!(interchange(&graph, &mut back, v, own), swapped);
            prop_assert_eq!(&back, before.colors());
            let after = Coloring::from_colors(colors);
            prop_assert_eq!(after.verify(&graph), Ok(()));
            prop_assert!(after.num_colors() <= k);
        }

        #[test]
        fn emptying_a_class_keeps_the_colouring_proper_and_its_colours(
            n in 1u32..60, percent in 0u32..100, seed in 0u64..500, class in 0u16..8,
            arcs in 0u64..20_000,
        ) {
            let graph = random_graph(n, percent, seed);
            let before = greedy(&graph, Order::Random, seed).unwrap();
            let k = before.num_colors();
            let class = class % k as Color;
            let size = |colors: &[Color]| colors.iter().filter(|&&c| c == class).count();
            let mut colors = before.colors().to_vec();
            let left = empty_class(&graph, &mut colors, class, arcs, &mut 0);
            prop_assert_eq!(size(&colors), left);
            prop_assert!(left <= size(before.colors()));
            prop_assert!(colors.iter().all(|&c| usize::from(c) < k));
            prop_assert_eq!(Coloring::from_colors(colors).verify(&graph), Ok(()));
        }
    }
}
