//! Two colours, or an odd cycle that shows why not.
//!
//! A breadth-first search colours each component by the parity of the distance; an edge inside a
//! level closes an odd cycle through the nearest common ancestor of its ends. O(n + m). The cycle is
//! as short as that search tree allows, not the shortest of the graph.

use crate::{Color, Graph};

/// What [`bipartition`] finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bipartition {
    /// A proper colouring with at most two colours; one for each vertex.
    Colors(Vec<Color>),
    /// The vertices of an odd cycle in order; consecutive ones, and the last and the first, are
    /// adjacent. It proves that three colours are needed.
    OddCycle(Vec<u32>),
}

/// Colours `graph` with two colours or finds an odd cycle. O(n + m).
pub fn bipartition(graph: &Graph<'_>) -> Bipartition {
    const UNSEEN: Color = Color::MAX;
    let mut colors = vec![UNSEEN; graph.n()];
    let mut parent: Vec<u32> = graph.vertices().collect();
    let mut queue = Vec::new();
    for root in graph.vertices() {
        if colors[root as usize] != UNSEEN {
            continue;
        }
        colors[root as usize] = 0;
        queue.clear();
        queue.push(root);
        let mut head = 0;
        while let Some(&v) = queue.get(head) {
            head += 1;
            for &u in graph.neighbors(v) {
                if colors[u as usize] == UNSEEN {
                    colors[u as usize] = 1 - colors[v as usize];
                    parent[u as usize] = v;
                    queue.push(u);
                } else if colors[u as usize] == colors[v as usize] {
                    return Bipartition::OddCycle(close_cycle(&parent, u, v));
                }
            }
        }
    }
    Bipartition::Colors(colors)
}

/// The cycle of the tree paths from `u` and `v`, which are on one level, up to where they meet.
fn close_cycle(parent: &[u32], u: u32, v: u32) -> Vec<u32> {
    let (mut left, mut right) = (vec![u], vec![v]);
    let (mut a, mut b) = (u, v);
    loop {
        // Equal levels: both climb in step and meet at the common ancestor.
        a = parent[a as usize];
        b = parent[b as usize];
        left.push(a);
        if a == b {
            break;
        }
        right.push(b);
    }
    left.extend(right.into_iter().rev());
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Coloring;
    use proptest::prelude::*;

    #[test]
    fn cycles_by_parity() {
        for n in 3u32..12 {
            let edges: Vec<_> = (0..n).map(|i| (i, (i + 1) % n)).collect();
            let (g, _) = Graph::from_edges(n as usize, &edges).unwrap();
            match bipartition(&g) {
                Bipartition::Colors(_) => assert_eq!(n % 2, 0),
                Bipartition::OddCycle(cycle) => {
                    assert_eq!(n % 2, 1);
                    assert_eq!(cycle.len(), n as usize);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_witness_holds(raw in prop::collection::vec((0u32..25, 0u32..25), 0..40)) {
            let (g, _) = Graph::from_edges(25, &raw).unwrap();
            match bipartition(&g) {
                Bipartition::Colors(colors) => {
                    prop_assert!(colors.iter().all(|&c| c < 2));
                    prop_assert_eq!(Coloring::from_colors(colors).verify(&g), Ok(()));
                }
                Bipartition::OddCycle(cycle) => {
                    prop_assert_eq!(cycle.len() % 2, 1);
                    for i in 0..cycle.len() {
                        prop_assert!(g.has_edge(cycle[i], cycle[(i + 1) % cycle.len()]));
                    }
                    let mut distinct = cycle.clone();
                    distinct.sort_unstable();
                    distinct.dedup();
                    prop_assert_eq!(distinct.len(), cycle.len());
                }
            }
        }
    }
}
