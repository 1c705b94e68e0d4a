//! Iterated greedy: colour again, class by class, and never need more colours (Culberson 1992).
//!
//! If greedy colouring takes the vertices of each class of a proper colouring one after another, every
//! vertex gets at most the rank of its class. So any order of the classes gives a colouring no worse,
//! and some order gives a better one. Orders are drawn as Culberson advises: mostly reversed, or by
//! falling size, sometimes at random. The numbers of vertices within a class keep their order.
//!
//! Only vertices of core number k - 1 or more can stand in the way of k - 1 colours, so passes run on
//! that core alone; on graphs with skewed degrees it is a small part. When the core needs a colour
//! less, the rest follows greedily in reverse degeneracy order. Each pass costs the arcs of the core;
//! gains become rare soon, and tabu search does better on graphs small enough for it.

use crate::greedy::fill;
use crate::search::UNCOLORED;
use prism_core::{Color, Coloring, Graph, Rng, bounds::degeneracy};
use std::sync::atomic::{AtomicBool, Ordering};

/// Tries to bring a proper colouring down to `target` colours, and gives the best one found, never
/// worse than `coloring`, with colours numbered without gaps. Ends at the target, when about `arcs`
/// arcs have been looked at, or soon after `stop` is raised. The same for one seed on every machine.
pub fn reduce(
    graph: &Graph<'_>,
    coloring: &Coloring,
    target: usize,
    arcs: u64,
    seed: u64,
    stop: &AtomicBool,
) -> Coloring {
    let mut best = coloring.clone();
    best.normalize();
    let mut rng = Rng::new(seed, 0);
    let mut work = 0;
    let cores = degeneracy(graph);
    loop {
        let k = best.num_colors();
        if k <= target.max(1) {
            return best;
        }
        let first = cores.order.partition_point(|&v| (cores.core[v as usize] as usize) + 1 < k);
        // In the order of numbers, which is the order of memory.
        let mut core = cores.order[first..].to_vec();
        core.sort_unstable();
        let inner = graph.induced(&core);
        let mut colors: Vec<Color> = core.iter().map(|&v| best.colors()[v as usize]).collect();
        while compact(&mut colors) >= k {
            if work >= arcs || stop.load(Ordering::Relaxed) {
                return best;
            }
            work += (inner.n() + 2 * inner.m()) as u64;
            if !pass(&inner, &mut colors, &mut rng) {
                return best;
            }
        }
        let mut whole = vec![UNCOLORED; graph.n()];
        for (&v, &color) in core.iter().zip(&colors) {
            whole[v as usize] = color;
        }
        let rest: Vec<u32> = cores.order[..first].iter().rev().copied().collect();
        if fill(graph, &rest, &mut whole).is_err() {
            return best;
        }
        best = Coloring::from_colors(whole);
        best.normalize();
    }
}

/// Numbers the colours in use without gaps, keeping their order, and gives how many there are.
fn compact(colors: &mut [Color]) -> usize {
    let largest = colors.iter().max().map_or(0, |&c| c as usize + 1);
    let mut used = vec![false; largest];
    for &c in &*colors {
        used[c as usize] = true;
    }
    let mut k = 0;
    let name: Vec<Color> = used
        .iter()
        .map(|&u| {
            k += Color::from(u);
            k.wrapping_sub(1)
        })
        .collect();
    for c in colors.iter_mut() {
        *c = name[*c as usize];
    }
    k as usize
}

/// One greedy pass over the classes in a new order. Tells whether it went through.
fn pass(graph: &Graph<'_>, colors: &mut [Color], rng: &mut Rng) -> bool {
    let k = colors.iter().max().map_or(0, |&c| c as usize + 1);
    let mut sizes = vec![0u32; k];
    for &c in &*colors {
        sizes[c as usize] += 1;
    }
    let mut classes: Vec<u32> = (0..k as u32).collect();
    match rng.below(10) {
        0..5 => classes.reverse(),
        5..8 => {
            rng.shuffle(&mut classes);
            classes.sort_by_key(|&c| std::cmp::Reverse(sizes[c as usize]));
        }
        _ => rng.shuffle(&mut classes),
    }
    let mut start = vec![0u32; k];
    let mut before = 0;
    for &c in &classes {
        start[c as usize] = before;
        before += sizes[c as usize];
    }
    let mut order = vec![0u32; graph.n()];
    for (v, &c) in colors.iter().enumerate() {
        order[start[c as usize] as usize] = v as u32;
        start[c as usize] += 1;
    }
    colors.fill(UNCOLORED);
    fill(graph, &order, colors).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::greedy::{Order, greedy};
    use crate::partial_coloring::tests::random_graph;
    use prism_core::generate;
    use proptest::prelude::*;

    static GO_ON: AtomicBool = AtomicBool::new(false);

    #[test]
    fn improves_a_bad_start() {
        let graph = generate::gnp(200, 0.3, 1).unwrap();
        let start = greedy(&graph, Order::Random, 1).unwrap();
        let better = reduce(&graph, &start, 1, 20_000_000, 1, &GO_ON);
        assert_eq!(better.verify(&graph), Ok(()));
        assert!(better.num_colors() + 2 <= start.num_colors());
        // The rest of the graph hangs on a core that is coloured alone.
        let grid = generate::permute(&generate::grid3d(9, 9, 9).unwrap(), 2).unwrap();
        let start = greedy(&grid, Order::Random, 1).unwrap();
        assert!(reduce(&grid, &start, 2, 1_000_000, 1, &GO_ON).num_colors() < start.num_colors());
    }

    #[test]
    fn stops_when_told() {
        let graph = generate::gnp(100, 0.5, 1).unwrap();
        let mut start = greedy(&graph, Order::Random, 1).unwrap();
        start.normalize();
        assert_eq!(reduce(&graph, &start, 1, u64::MAX, 1, &AtomicBool::new(true)), start);
    }

    proptest! {
        #[test]
        fn proper_never_worse_and_repeatable(
            n in 0u32..80, percent in 0u32..100, seed in 0u64..500, target in 0usize..9,
        ) {
            let graph = random_graph(n, percent, seed);
            let start = greedy(&graph, Order::Random, seed).unwrap();
            let end = reduce(&graph, &start, target, 50_000, seed, &GO_ON);
            prop_assert_eq!(end.verify(&graph), Ok(()));
            prop_assert!(end.num_colors() <= start.num_colors());
            prop_assert_eq!(reduce(&graph, &start, target, 50_000, seed, &GO_ON), end);
        }
    }
}
