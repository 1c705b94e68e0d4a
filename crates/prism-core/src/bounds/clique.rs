//! Large cliques: a greedy pass over the degeneracy order, then local search.
//!
//! The greedy pass is the heuristic of Rossi, Gleich, Gebremedhin & Patwary (2014) for sparse graphs:
//! walk the degeneracy order from its dense end, complete each vertex greedily inside its later
//! neighbours, and stop where the core number says that no larger clique can follow. It takes
//! milliseconds on a million vertices. Before the walk, whose first vertices have hardly any later
//! neighbours, the last vertex is completed inside all of its neighbours: in a graph with most of all
//! edges, the walk would come to its large cliques late or never. What is found restricts the local
//! search of `clique_search` to the core that could still hold a larger clique.

use super::clique_search::Search;
use super::{Degeneracy, Effort};
use crate::Graph;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether `vertices` are distinct, exist and are pairwise adjacent. O(size^2 log degree).
pub fn is_clique(graph: &Graph<'_>, vertices: &[u32]) -> bool {
    vertices.iter().all(|&v| (v as usize) < graph.n())
        && (0..vertices.len())
            .all(|i| vertices[i + 1..].iter().all(|&u| graph.has_edge(vertices[i], u)))
}

/// A large clique of `graph`, its vertices increasing; `order` is its [`super::degeneracy`]. Empty only
/// without vertices. The same for the same effort on every machine unless `stop` is raised, which
/// ends the search early with what it has.
///
/// The local search is left out where the core that could hold a larger clique has more than
/// `effort.work / 8` arcs: it would copy that core and then hardly move.
pub fn clique(
    graph: &Graph<'_>,
    order: &Degeneracy,
    effort: &Effort,
    stop: &AtomicBool,
) -> Vec<u32> {
    let most = effort.enough.min(order.degeneracy as usize + 1);
    let mut best = greedy_clique(graph, order, effort, stop);
    if best.len() < most && !stop.load(Ordering::Relaxed) {
        let could = |v: &u32| order.core[*v as usize] as usize >= best.len();
        let core: Vec<u32> = graph.vertices().filter(could).collect();
        let arcs: u64 = core.iter().map(|&v| graph.degree(v) as u64).sum();
        if arcs <= effort.work / 8 {
            let inner = graph.induced(&core);
            let found = Search::new(&inner, most, effort.seed).run(best.len(), effort.work, stop);
            if found.len() > best.len() {
                best = found.into_iter().map(|i| core[i as usize]).collect();
                best.sort_unstable();
            }
        }
    }
    debug_assert!(is_clique(graph, &best));
    best
}

/// The greedy pass alone: a clique, its vertices increasing. Uses up to a tenth of `effort.work`
/// beside the first completion, which is always finished: where that is not enough, the graph is dense,
/// and there the local search is the better use of time.
pub fn greedy_clique(
    graph: &Graph<'_>,
    order: &Degeneracy,
    effort: &Effort,
    stop: &AtomicBool,
) -> Vec<u32> {
    let most = effort.enough.min(order.degeneracy as usize + 1);
    let mut position = vec![0u32; graph.n()];
    for (i, &v) in order.order.iter().enumerate() {
        position[v as usize] = i as u32;
    }
    let mut best: Vec<u32> = Vec::new();
    let mut members = Vec::new();
    let mut candidates: Vec<u32> = Vec::new();
    let mut work = effort.work / 10;
    let from_the_end = || order.order.iter().rev().copied();
    let beginnings = from_the_end().take(1).map(|v| (v, 0));
    for (v, after) in beginnings.chain(from_the_end().map(|v| (v, position[v as usize] + 1))) {
        // Core numbers only fall from here on.
        if (order.core[v as usize] as usize) < best.len() || best.len() >= most {
            break;
        }
        if work == 0 || stop.load(Ordering::Relaxed) {
            break;
        }
        work = work.saturating_sub(graph.degree(v) as u64);
        candidates.clear();
        let inside = |u: &u32| position[*u as usize] >= after;
        candidates.extend(graph.neighbors(v).iter().copied().filter(inside));
        // From the densest end: the last in the order is tried first.
        candidates.sort_unstable_by_key(|&u| std::cmp::Reverse(position[u as usize]));
        members.clear();
        members.push(v);
        while members.len() + candidates.len() > best.len() && !stop.load(Ordering::Relaxed) {
            let Some(&u) = candidates.first() else {
                best.clone_from(&members);
                break;
            };
            members.push(u);
            // A binary search each; charged as what it costs in scanned arcs.
            work = work.saturating_sub(4 * candidates.len() as u64);
            candidates.retain(|&w| w != u && graph.has_edge(u, w));
        }
    }
    // A flag may have been raised in the middle of the first.
    if best.is_empty() {
        best.extend(from_the_end().next());
    }
    best.sort_unstable();
    best
}

#[cfg(test)]
mod tests {
    use super::super::{degeneracy, upper};
    use super::*;
    use proptest::prelude::*;

    fn find(graph: &Graph<'_>, work: u64) -> Vec<u32> {
        let effort = Effort { work, ..Effort::default() };
        clique(graph, &degeneracy(graph), &effort, &AtomicBool::new(false))
    }

    /// The clique number by trying every set of up to 16 vertices.
    fn clique_number(graph: &Graph<'_>) -> usize {
        let rows: Vec<u32> = graph
            .vertices()
            .map(|v| graph.neighbors(v).iter().fold(1 << v, |row, &u| row | 1 << u))
            .collect();
        let holds = |set: u32| (0..graph.n()).all(|v| set >> v & 1 == 0 || set & !rows[v] == 0);
        (0u32..1 << graph.n()).filter(|&s| holds(s)).map(u32::count_ones).max().unwrap_or(0)
            as usize
    }

    #[test]
    fn trivial_graphs() {
        assert_eq!(find(&Graph::empty(0), 1000), [0u32; 0]);
        assert_eq!(find(&Graph::empty(4), 1000).len(), 1);
        let (edge, _) = Graph::from_edges(3, &[(0, 2)]).unwrap();
        assert_eq!(find(&edge, 1000), [0, 2]);
        assert!(is_clique(&edge, &[0, 2]) && !is_clique(&edge, &[0, 1]));
        assert!(!is_clique(&edge, &[0, 0]) && !is_clique(&edge, &[7]));
    }

    #[test]
    fn a_raised_flag_still_gives_a_clique() {
        let (g, _) = Graph::from_edges(4, &[(0, 1), (1, 2), (2, 0), (2, 3)]).unwrap();
        let found = clique(&g, &degeneracy(&g), &Effort::default(), &AtomicBool::new(true));
        assert!(is_clique(&g, &found));
    }

    #[test]
    fn a_planted_clique_that_greedy_misses_is_found() {
        // A clique of 12 under a sparse-ish random graph whose other vertices have higher degree.
        let mut rng = crate::Rng::new(11, 0);
        let mut edges = Vec::new();
        for u in 0u32..150 {
            for v in u + 1..150 {
                let chance = if v < 12 {
                    1.0
                } else if u < 12 {
                    0.3
                } else {
                    0.45
                };
                if rng.unit() < chance {
                    edges.push((u, v));
                }
            }
        }
        let (g, _) = Graph::from_edges(150, &edges).unwrap();
        let order = degeneracy(&g);
        let greedy = greedy_clique(&g, &order, &Effort::default(), &AtomicBool::new(false));
        assert!(greedy.len() < 12);
        assert_eq!(find(&g, 20_000_000), (0..12).collect::<Vec<u32>>());
        // The same answer twice, and nothing beyond what is asked for.
        assert_eq!(find(&g, 3_000_000), find(&g, 3_000_000));
        let enough = Effort { enough: 5, ..Effort::default() };
        let five = clique(&g, &order, &enough, &AtomicBool::new(false));
        assert!(five.len() >= 5 && is_clique(&g, &five));
    }

    #[test]
    fn a_large_dense_graph_has_a_large_clique() {
        // All edges but a perfect matching, and all of them: both cost more than the walk may spend.
        let n = 1200;
        for (missing, size) in [(true, n / 2), (false, n)] {
            let edges = (0..n).flat_map(|v| (0..v).map(move |u| (u, v)));
            let edges: Vec<_> =
                edges.filter(|&(u, v)| !missing || v != u + 1 || u % 2 == 1).collect();
            let (g, _) = Graph::from_edges(n as usize, &edges).unwrap();
            let effort = Effort { work: 4_000_000, ..Effort::default() };
            let found = greedy_clique(&g, &degeneracy(&g), &effort, &AtomicBool::new(false));
            assert_eq!(found.len(), size as usize);
        }
    }

    proptest! {
        #[test]
        fn finds_the_clique_number_of_small_graphs(
            n in 1usize..13,
            raw in prop::collection::vec((0u32..13, 0u32..13), 0..90),
        ) {
            let edges: Vec<_> = raw.iter().map(|&(u, v)| (u % n as u32, v % n as u32)).collect();
            let (g, _) = Graph::from_edges(n, &edges).unwrap();
            let found = find(&g, 200_000);
            prop_assert!(is_clique(&g, &found));
            prop_assert_eq!(found.len(), clique_number(&g));
            prop_assert!(found.len() <= upper(&g, &degeneracy(&g)).best());
        }
    }
}
