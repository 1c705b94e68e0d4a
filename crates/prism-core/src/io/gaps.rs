//! Numbers that an edge list passes over are no vertices.
//!
//! While a list of integers is read, each is the number of its vertex, which needs no table. Once
//! the graph is there, the numbers without a line are those of isolated vertices; where there are
//! any (0 if the list counts from 1), one pass over the arrays moves the others together, in place.
//! Beside the graph that takes 4 bytes a number, and nothing for a list without gaps.

use rayon::prelude::*;

use crate::graph::Graph;

/// Removes the vertices that have no edge and are not in `loops`. Returns the old numbers of the
/// others, increasing, if anything changed.
pub(super) fn close(
    graph: Graph<'static>,
    mut loops: Vec<u32>,
) -> (Graph<'static>, Option<Vec<u32>>) {
    loops.sort_unstable();
    let used = |&v: &u32| graph.degree(v) > 0 || loops.binary_search(&v).is_ok();
    if graph.vertices().all(|v| used(&v)) {
        return (graph, None);
    }
    let ids: Vec<u32> = graph.vertices().filter(used).collect();
    let n = graph.n();
    let (mut offsets, mut neighbors) = graph.into_csr();
    // Vertices left out have empty rows, so that each row starts where the last kept one ended.
    for (v, &id) in ids.iter().enumerate() {
        offsets[v + 1] = offsets[id as usize + 1];
    }
    offsets.truncate(ids.len() + 1);
    offsets.shrink_to_fit();
    match (ids.first(), ids.last()) {
        (Some(&first), Some(&last)) if (last - first) as usize + 1 == ids.len() => {
            neighbors.par_iter_mut().for_each(|v| *v -= first);
        }
        _ => {
            let mut numbers = vec![0u32; n];
            for (v, &id) in (0u32..).zip(&ids) {
                numbers[id as usize] = v;
            }
            neighbors.par_iter_mut().for_each(|v| *v = numbers[*v as usize]);
        }
    }
    (Graph::from_sorted_rows(offsets, neighbors), Some(ids))
}

/// Removes the first `count` vertices, which have no edges.
pub(super) fn without_first(graph: Graph<'static>, count: u32) -> Graph<'static> {
    let (mut offsets, mut neighbors) = graph.into_csr();
    offsets.drain(..count as usize);
    neighbors.par_iter_mut().for_each(|v| *v -= count);
    Graph::from_sorted_rows(offsets, neighbors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_others_keep_their_edges(
            n in 1u32..60, first in 0u32..5, raw in prop::collection::vec((0u32..60, 0u32..60), 0..40),
        ) {
            let edges: Vec<_> = raw.iter().map(|&(u, v)| (first + u % n, first + v % n)).collect();
            let loops: Vec<u32> = edges.iter().filter(|(u, v)| u == v).map(|&(u, _)| u).collect();
            let mut named: Vec<u32> = edges.iter().flat_map(|&(u, v)| [u, v]).collect();
            named.sort_unstable();
            named.dedup();
            let size = named.last().map_or(0, |&last| last as usize + 1);
            let (graph, _) = Graph::from_edges(size, &edges).unwrap();
            let before: Vec<_> = graph.edges().collect();
            let (closed, ids) = close(graph, loops);
            let ids = ids.unwrap_or_else(|| (0..size as u32).collect());
            prop_assert_eq!(&ids, &named);
            prop_assert_eq!(closed.n(), ids.len());
            prop_assert!(Graph::from_csr(closed.csr().0, closed.csr().1).is_ok());
            let after: Vec<_> =
                closed.edges().map(|(u, v)| (ids[u as usize], ids[v as usize])).collect();
            prop_assert_eq!(after, before);
        }
    }
}
