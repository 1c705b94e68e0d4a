//! DSATUR: colour next the vertex that sees the most colours (Brelaz 1979).
//!
//! Ties go to the vertex with the most uncoloured neighbours, then to the smallest number; it gets the
//! smallest colour that no neighbour has. Exact on bipartite graphs, and the best of the fast
//! constructive methods on most others.
//!
//! The queue is a binary heap with lazy entries: a vertex that comes to see another colour is pushed
//! again, and an entry that promises more than the vertex now has is corrected when it surfaces. The
//! colours that a vertex sees are a bit set of as many words as colours are in use. O((n + m) log n)
//! time, n k / 8 bytes.

use crate::search::UNCOLORED;
use prism_core::{Color, Coloring, Graph, MAX_COLORS};
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicBool, Ordering};

/// Vertices coloured between two looks at the stop flag.
const STOP_EVERY: usize = 1024;

/// The DSATUR colouring of `graph`, or `None` if `stop` was raised or [`MAX_COLORS`] do not suffice.
/// The same on every machine.
pub fn dsatur(graph: &Graph<'_>, stop: &AtomicBool) -> Option<Coloring> {
    let (colors, skipped) = dsatur_with(graph, MAX_COLORS, stop)?;
    (skipped == 0).then(|| Coloring::from_colors(colors))
}

/// DSATUR with at most `k` colours: vertices that would need another one stay [`UNCOLORED`]. Gives the
/// colours and the number of such vertices, or `None` if `stop` was raised. The start that searches
/// over partial colourings want.
pub fn dsatur_with(graph: &Graph<'_>, k: usize, stop: &AtomicBool) -> Option<(Vec<Color>, usize)> {
    let n = graph.n();
    let mut colors = vec![UNCOLORED; n];
    let mut seen = Seen::new(n);
    let mut open_neighbors: Vec<u32> = graph.vertices().map(|v| graph.degree(v) as u32).collect();
    let entry = |v: u32, saturation: u32, open: u32| (saturation, open, std::cmp::Reverse(v));
    let mut heap: BinaryHeap<_> =
        graph.vertices().map(|v| entry(v, 0, open_neighbors[v as usize])).collect();
    let mut done = vec![false; n];
    let mut skipped = 0;
    let mut steps = 0;
    while let Some((saturation, open, std::cmp::Reverse(v))) = heap.pop() {
        if done[v as usize] || saturation != seen.count[v as usize] {
            continue;
        }
        if open != open_neighbors[v as usize] {
            heap.push(entry(v, saturation, open_neighbors[v as usize]));
            continue;
        }
        steps += 1;
        if steps % STOP_EVERY == 0 && stop.load(Ordering::Relaxed) {
            return None;
        }
        done[v as usize] = true;
        let color = seen.smallest_free(v);
        if color >= k.min(MAX_COLORS) {
            skipped += 1;
            for &u in graph.neighbors(v) {
                open_neighbors[u as usize] -= 1;
            }
            continue;
        }
        colors[v as usize] = color as Color;
        for &u in graph.neighbors(v) {
            open_neighbors[u as usize] -= 1;
            if !done[u as usize] && seen.add(u, color) {
                heap.push(entry(u, seen.count[u as usize], open_neighbors[u as usize]));
            }
        }
    }
    Some((colors, skipped))
}

/// For each vertex, the set of colours among its neighbours.
struct Seen {
    words: usize,
    bits: Vec<u64>,
    /// Its size.
    count: Vec<u32>,
}

impl Seen {
    fn new(n: usize) -> Self {
        Self { words: 1, bits: vec![0; n], count: vec![0; n] }
    }

    fn smallest_free(&self, v: u32) -> usize {
        let row = &self.bits[v as usize * self.words..][..self.words];
        let word = row.iter().position(|&word| word != !0);
        word.map_or(self.words * 64, |w| w * 64 + (!row[w]).trailing_zeros() as usize)
    }

    /// Adds a colour; tells whether it is new to `v`.
    fn add(&mut self, v: u32, color: usize) -> bool {
        if color >= self.words * 64 {
            self.widen();
        }
        let word = &mut self.bits[v as usize * self.words + color / 64];
        let new = *word >> (color % 64) & 1 == 0;
        *word |= 1 << (color % 64);
        self.count[v as usize] += u32::from(new);
        new
    }

    /// Makes room for 64 more colours.
    fn widen(&mut self) {
        let n = self.count.len();
        let mut wider = vec![0; n * (self.words + 1)];
        for (old, new) in
            self.bits.chunks_exact(self.words).zip(wider.chunks_exact_mut(self.words + 1))
        {
            new[..self.words].copy_from_slice(old);
        }
        self.words += 1;
        self.bits = wider;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partial_coloring::tests::random_graph;
    use proptest::prelude::*;

    static GO_ON: AtomicBool = AtomicBool::new(false);

    /// The textbook: look at every vertex for each choice.
    fn plain(graph: &Graph<'_>) -> Vec<Color> {
        let mut colors = vec![UNCOLORED; graph.n()];
        for _ in graph.vertices() {
            let seen = |v: u32| {
                let mut seen: Vec<Color> =
                    graph.neighbors(v).iter().map(|&u| colors[u as usize]).collect();
                seen.retain(|&c| c != UNCOLORED);
                seen.sort_unstable();
                seen.dedup();
                seen
            };
            let open = |v: u32| {
                graph.neighbors(v).iter().filter(|&&u| colors[u as usize] == UNCOLORED).count()
            };
            let next = graph
                .vertices()
                .filter(|&v| colors[v as usize] == UNCOLORED)
                .max_by_key(|&v| (seen(v).len(), open(v), std::cmp::Reverse(v)))
                .unwrap();
            let seen = seen(next);
            colors[next as usize] = (0..).find(|c| !seen.contains(c)).unwrap();
        }
        colors
    }

    #[test]
    fn stops_when_told() {
        let graph = Graph::empty(5000);
        assert_eq!(dsatur(&graph, &AtomicBool::new(true)), None);
    }

    #[test]
    fn cliques_widen_the_sets() {
        let edges: Vec<_> = (0..150u32).flat_map(|u| (0..u).map(move |v| (u, v))).collect();
        let (clique, _) = Graph::from_edges(150, &edges).unwrap();
        assert_eq!(dsatur(&clique, &GO_ON).unwrap().num_colors(), 150);
    }

    proptest! {
        #[test]
        fn makes_the_textbook_choices(n in 0u32..60, percent in 0u32..100, seed in 0u64..500) {
            let graph = random_graph(n, percent, seed);
            let coloring = dsatur(&graph, &GO_ON).unwrap();
            prop_assert_eq!(coloring.colors(), plain(&graph));
            prop_assert_eq!(coloring.verify(&graph), Ok(()));
        }

        #[test]
        fn bipartite_graphs_get_two_colours(
            raw in prop::collection::vec((0u32..20, 20u32..40), 1..100),
        ) {
            let (graph, _) = Graph::from_edges(40, &raw).unwrap();
            prop_assert_eq!(dsatur(&graph, &GO_ON).unwrap().num_colors(), 2);
        }

        #[test]
        fn with_too_few_colours_it_is_partial_and_proper(
            n in 1u32..60, percent in 0u32..100, seed in 0u64..500, k in 1usize..6,
        ) {
            let graph = random_graph(n, percent, seed);
            let (colors, skipped) = dsatur_with(&graph, k, &GO_ON).unwrap();
            prop_assert_eq!(colors.iter().filter(|&&c| c == UNCOLORED).count(), skipped);
            prop_assert!(colors.iter().all(|&c| c == UNCOLORED || (c as usize) < k));
            let clash = graph.edges().find(|&(u, v)| {
                colors[u as usize] == colors[v as usize] && colors[u as usize] != UNCOLORED
            });
            prop_assert_eq!(clash, None);
        }
    }
}
