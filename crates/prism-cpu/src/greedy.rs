//! Greedy colouring: each vertex in turn gets the smallest colour that no neighbour has (Welsh & Powell
//! 1967).

use crate::search::UNCOLORED;
use prism_core::{Color, Coloring, Graph, MAX_COLORS};

/// Colours the vertices in `order`, which names each once. `None` if a vertex has neighbours of all
/// [`MAX_COLORS`] colours. O(n + m).
pub fn greedy(graph: &Graph<'_>, order: impl IntoIterator<Item = u32>) -> Option<Coloring> {
    let mut colors = vec![UNCOLORED; graph.n()];
    // `used[c]` is the vertex that last saw colour c at a neighbour; a vertex never sees itself.
    let mut used = vec![u32::MAX; graph.max_degree().min(MAX_COLORS) + 1];
    for v in order {
        for &u in graph.neighbors(v) {
            if let Some(by) = used.get_mut(colors[u as usize] as usize) {
                *by = v;
            }
        }
        let free = used.iter().position(|&by| by != v)?;
        if free >= MAX_COLORS {
            return None;
        }
        colors[v as usize] = free as Color;
    }
    Some(Coloring::from_colors(colors))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partial_coloring::tests::random_graph;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_proper_and_within_the_largest_degree(
            n in 0u32..60, percent in 0u32..100, seed in 0u64..500,
        ) {
            let graph = random_graph(n, percent, seed);
            let coloring = greedy(&graph, graph.vertices().rev()).unwrap();
            prop_assert_eq!(coloring.verify(&graph), Ok(()));
            prop_assert!(coloring.num_colors() <= graph.max_degree() + 1);
        }
    }
}
