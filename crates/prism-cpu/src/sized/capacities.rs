//! How large the class of a vertex can be at most, and how many classes there are then at least.
//!
//! The class of v is v and an independent set of vertices that are not adjacent to it. A set of cliques that
//! cover the graph bounds such a set: it has one vertex at most of each clique that does not lie within v
//! and its neighbours. So every v has a capacity c(v). In a colouring with k classes, each vertex v of a
//! class with s vertices stands for 1/s of it, so that k is at least the sum of all 1/c(v). In an equitable
//! one no class has more than c(v) + 1 vertices, and that of v has c(v) at most, so that k is at least
//! (n + 1) / (c(v) + 1), for every v (Chen & Lih 1994).

use prism_core::bounds::Degeneracy;
use prism_core::{Graph, SizeRule};

/// An upper bound on the size of the class of each vertex, in any proper colouring. O(n + m) time, beside
/// the cliques, which take `work` looks at an arc at most; where that is not enough, they are smaller.
#[must_use]
pub fn capacities(graph: &Graph<'_>, order: &Degeneracy, work: u64) -> Vec<u32> {
    let clique = clique_cover(graph, order, work);
    let cliques = clique.iter().map(|&c| c as usize + 1).max().unwrap_or(0);
    let mut sizes = vec![0u32; cliques];
    clique.iter().for_each(|&c| sizes[c as usize] += 1);
    // How many vertices of a clique are v or neighbours of it; only entries that were touched are cleared.
    let mut within = vec![0u32; cliques];
    let capacity = |v: u32| {
        let closed = || graph.neighbors(v).iter().copied().chain([v]);
        closed().for_each(|u| within[clique[u as usize] as usize] += 1);
        let mut covered = 0;
        for u in closed() {
            let c = clique[u as usize] as usize;
            covered += u32::from(within[c] == sizes[c]);
            within[c] = 0;
        }
        1 + (cliques as u32 - covered).min((graph.n() - 1 - graph.degree(v)) as u32)
    };
    graph.vertices().map(capacity).collect()
}

/// No proper colouring of a graph with these capacities that keeps to the rule has fewer classes.
#[must_use]
pub fn fewest_classes(capacities: &[u32], rule: SizeRule) -> usize {
    let n = capacities.len();
    let most = rule.most.unwrap_or(n);
    if n == 0 || most == 0 {
        return rule.fewest_classes(n);
    }
    let mut of_size = vec![0usize; n + 1];
    capacities.iter().for_each(|&c| of_size[most.min(c as usize)] += 1);
    let sum: f64 = of_size.iter().enumerate().skip(1).map(|(c, &all)| all as f64 / c as f64).sum();
    // The error of the sum is far below; a whole number stays what it is.
    let mut bound = (sum - 1e-6).ceil().max(1.0) as usize;
    let least = of_size.iter().position(|&vertices| vertices > 0);
    if let (true, Some(least)) = (rule.equitable, least) {
        bound = bound.max((n + 1).div_ceil(least + 1));
    }
    bound.max(rule.fewest_classes(n))
}

/// No proper colouring of `n` vertices with these capacities and `k` classes, of which none is empty, has a
/// smallest class with more vertices, and none has a largest class with fewer.
#[must_use]
pub fn extremes(capacities: &[u32], k: usize) -> (usize, usize) {
    let n = capacities.len();
    let Some(least) = capacities.iter().min().filter(|_| k > 0) else { return (0, 0) };
    let smallest = (*least as usize).min(n / k);
    let others = if k > 1 { (n - smallest).div_ceil(k - 1) } else { n };
    (smallest, others.max(n.div_ceil(k)))
}

/// The number of a clique for each vertex: a partition into few cliques, from the dense end of the graph.
fn clique_cover(graph: &Graph<'_>, order: &Degeneracy, work: u64) -> Vec<u32> {
    const NONE: u32 = u32::MAX;
    let mut clique = vec![NONE; graph.n()];
    // By vertex, how many members of the clique at hand it is adjacent to, and for which clique that holds.
    let mut adjacent = vec![(NONE, 0u32); graph.n()];
    let mut left = work;
    let mut number = 0;
    for &first in order.order.iter().rev() {
        if clique[first as usize] != NONE {
            continue;
        }
        clique[first as usize] = number;
        let mut size = 1;
        // The last member, whose neighbours have not been told yet.
        let mut last = Some(first);
        // Each member narrows the candidates, which are neighbours of the first one, in order of degree.
        let mut candidates: Vec<u32> = graph.neighbors(first).to_vec();
        candidates.retain(|&u| clique[u as usize] == NONE);
        candidates.sort_unstable_by_key(|&u| (graph.degree(u), u));
        for u in candidates {
            if let Some(member) = last.take() {
                let cost = graph.degree(member) as u64 + 1;
                if left < cost {
                    break;
                }
                left -= cost;
                for &w in graph.neighbors(member) {
                    let entry = &mut adjacent[w as usize];
                    *entry = if entry.0 == number { (number, entry.1 + 1) } else { (number, 1) };
                }
            }
            if adjacent[u as usize] == (number, size) {
                clique[u as usize] = number;
                size += 1;
                last = Some(u);
            }
        }
        number += 1;
    }
    clique
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partial_coloring::tests::random_graph;
    use prism_core::bounds::degeneracy;
    use proptest::prelude::*;

    fn of(graph: &Graph<'_>) -> Vec<u32> {
        capacities(graph, &degeneracy(graph), 1_000_000)
    }

    #[test]
    fn a_star_takes_half_of_its_vertices() {
        let edges: Vec<_> = (1..10).map(|v| (0, v)).collect();
        let (star, _) = Graph::from_edges(10, &edges).unwrap();
        let capacities = of(&star);
        assert_eq!(capacities[0], 1);
        let equitable = SizeRule { equitable: true, most: None };
        assert_eq!(fewest_classes(&capacities, equitable), 6);
        assert_eq!(fewest_classes(&capacities, SizeRule::default()), 2);
        let of_three = SizeRule { most: Some(3), ..SizeRule::default() };
        assert_eq!(fewest_classes(&capacities, of_three), 4);
        assert_eq!(extremes(&capacities, 2), (1, 9));
    }

    #[test]
    fn cliques_are_found_within_the_work() {
        // Five cliques of eight.
        let pairs = (0..40u32).flat_map(|u| (0..u).map(move |v| (u, v)));
        let edges: Vec<_> = pairs.filter(|(u, v)| u / 8 == v / 8).collect();
        let (graph, _) = Graph::from_edges(40, &edges).unwrap();
        assert_eq!(of(&graph), [5; 40]);
        assert_eq!(capacities(&graph, &degeneracy(&graph), 0), [33; 40]);
        assert_eq!(fewest_classes(&[5; 40], SizeRule::default()), 8);
        assert_eq!(extremes(&[5; 40], 8), (5, 5));
    }

    #[test]
    fn extremes_of_little() {
        assert_eq!((extremes(&[], 0), extremes(&[], 3)), ((0, 0), (0, 0)));
        assert_eq!((extremes(&[1], 1), extremes(&[2, 2], 1)), ((1, 1), (2, 2)));
        assert_eq!(fewest_classes(&[], SizeRule::default()), 0);
    }

    /// The size of a largest independent set of vertices among `left`.
    fn independence(graph: &Graph<'_>, left: &[u32]) -> usize {
        let Some((&v, rest)) = left.split_first() else { return 0 };
        let apart: Vec<u32> = rest.iter().copied().filter(|&u| !graph.has_edge(u, v)).collect();
        independence(graph, rest).max(1 + independence(graph, &apart))
    }

    proptest! {
        #[test]
        fn no_class_is_larger(n in 1u32..14, percent in 0u32..100, seed in 0u64..500, work in 0u64..400) {
            let graph = random_graph(n, percent, seed);
            let found = capacities(&graph, &degeneracy(&graph), work);
            for v in graph.vertices() {
                let apart: Vec<u32> =
                    graph.vertices().filter(|&u| u != v && !graph.has_edge(u, v)).collect();
                prop_assert!(found[v as usize] as usize > independence(&graph, &apart));
            }
        }
    }
}
