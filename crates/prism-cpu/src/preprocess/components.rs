//! Connected components, largest first.
//!
//! Breadth-first search from each vertex not yet seen, O(n + m). All components share one array, so
//! that a million isolated vertices are no million allocations.

use prism_core::Graph;

/// The vertices of a graph grouped by connected component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Components {
    vertices: Vec<u32>,
    /// Where each component starts and ends in `vertices`, largest first.
    ranges: Vec<(u32, u32)>,
}

impl Components {
    /// Number of components.
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether there is none, as in the graph without vertices.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The components by decreasing number of vertices, equal ones by least vertex; each one's vertices
    /// increase.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        self.ranges.iter().map(|&(from, to)| &self.vertices[from as usize..to as usize])
    }
}

/// The connected components of `graph`. O(n log n + m).
pub fn components(graph: &Graph<'_>) -> Components {
    let mut seen = vec![false; graph.n()];
    let mut vertices: Vec<u32> = Vec::with_capacity(graph.n());
    let mut ranges = Vec::new();
    for root in graph.vertices() {
        if std::mem::replace(&mut seen[root as usize], true) {
            continue;
        }
        let from = vertices.len();
        vertices.push(root);
        let mut head = from;
        while let Some(&v) = vertices.get(head) {
            head += 1;
            for &u in graph.neighbors(v) {
                if !std::mem::replace(&mut seen[u as usize], true) {
                    vertices.push(u);
                }
            }
        }
        vertices[from..].sort_unstable();
        ranges.push((from as u32, vertices.len() as u32));
    }
    // Stable, and roots increase: equal sizes stay in order of their least vertex.
    ranges.sort_by_key(|&(from, to)| std::cmp::Reverse(to - from));
    Components { vertices, ranges }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn largest_first() {
        let (g, _) = Graph::from_edges(7, &[(1, 2), (3, 4), (4, 6)]).unwrap();
        let parts = components(&g);
        let expected: [&[u32]; 4] = [&[3, 4, 6], &[1, 2], &[0], &[5]];
        assert!(parts.iter().eq(expected));
        assert_eq!((parts.len(), parts.is_empty()), (4, false));
        assert!(components(&Graph::empty(0)).is_empty());
    }

    proptest! {
        #[test]
        fn a_partition_without_edges_across(raw in prop::collection::vec((0u32..30, 0u32..30), 0..40)) {
            let (g, _) = Graph::from_edges(30, &raw).unwrap();
            let parts = components(&g);
            let mut part_of = vec![usize::MAX; 30];
            for (i, part) in parts.iter().enumerate() {
                for &v in part {
                    prop_assert_eq!(std::mem::replace(&mut part_of[v as usize], i), usize::MAX);
                }
                // Connected: a spanning forest of the part has no second tree.
                prop_assert_eq!(components(&g.induced(part)).len(), 1);
            }
            prop_assert!(part_of.iter().all(|&p| p != usize::MAX));
            for (u, v) in g.edges() {
                prop_assert_eq!(part_of[u as usize], part_of[v as usize]);
            }
        }
    }
}
