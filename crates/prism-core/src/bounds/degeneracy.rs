//! The degeneracy order and core numbers, by repeatedly taking a vertex of least degree.
//!
//! Matula & Beck (1983) showed that removing a vertex of least remaining degree, with vertices kept
//! in buckets by degree, takes O(n + m) and that colouring greedily in the reverse order needs at most
//! degeneracy + 1 colours. The array layout, where buckets are ranges of one permutation, is that of
//! Batagelj & Zaversnik (2003). A clique of c vertices lies in the (c - 1)-core, so that core numbers
//! also bound cliques from above: clique searches start from the end of the order.

use crate::Graph;

/// What [`degeneracy`] finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Degeneracy {
    /// All vertices in the order of removal, least degree first.
    pub order: Vec<u32>,
    /// The core number of each vertex: the largest c such that it lies in a subgraph where every
    /// vertex has at least c neighbours.
    pub core: Vec<u32>,
    /// The largest core number; 0 for a graph without edges.
    pub degeneracy: u32,
}

/// The degeneracy order of `graph`. O(n + m) time, four words a vertex.
pub fn degeneracy(graph: &Graph<'_>) -> Degeneracy {
    let n = graph.n();
    let mut degree: Vec<u32> = graph.vertices().map(|v| graph.degree(v) as u32).collect();
    // `bucket[d]` is where the vertices of remaining degree d start in `order`.
    let mut bucket = vec![0u32; graph.max_degree() + 2];
    for &d in &degree {
        bucket[d as usize + 1] += 1;
    }
    for d in 1..bucket.len() {
        bucket[d] += bucket[d - 1];
    }
    let mut cursor = bucket.clone();
    let mut order = vec![0u32; n];
    let mut position = vec![0u32; n];
    for v in graph.vertices() {
        let at = &mut cursor[degree[v as usize] as usize];
        order[*at as usize] = v;
        position[v as usize] = *at;
        *at += 1;
    }
    drop(cursor);
    for i in 0..n {
        let v = order[i];
        let d = degree[v as usize];
        for &u in graph.neighbors(v) {
            let du = degree[u as usize];
            // A vertex already taken has a degree of at most d, so this also skips those.
            if du > d {
                // Swap u with the first of its bucket, then move the border past it.
                let first = bucket[du as usize];
                let w = order[first as usize];
                order.swap(first as usize, position[u as usize] as usize);
                position[w as usize] = position[u as usize];
                position[u as usize] = first;
                bucket[du as usize] += 1;
                degree[u as usize] -= 1;
            }
        }
    }
    let degeneracy = degree.iter().copied().max().unwrap_or(0);
    Degeneracy { order, core: degree, degeneracy }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_clique_with_a_tail() {
        // K4 on 0..4, then the path 3-4-5.
        let edges = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3), (3, 4), (4, 5)];
        let (g, _) = Graph::from_edges(7, &edges).unwrap();
        let d = degeneracy(&g);
        assert_eq!(d.core, [3, 3, 3, 3, 1, 1, 0]);
        assert_eq!(d.degeneracy, 3);
        assert_eq!(d.order[0], 6);
    }

    proptest! {
        #[test]
        fn later_neighbours_never_exceed_the_core_number(
            n in 1usize..40,
            raw in prop::collection::vec((0u32..40, 0u32..40), 0..250),
        ) {
            let edges: Vec<_> = raw.iter().map(|&(u, v)| (u % n as u32, v % n as u32)).collect();
            let (g, _) = Graph::from_edges(n, &edges).unwrap();
            let d = degeneracy(&g);
            let mut position = vec![usize::MAX; n];
            for (i, &v) in d.order.iter().enumerate() {
                prop_assert_eq!(position[v as usize], usize::MAX);
                position[v as usize] = i;
            }
            let mut widest = 0;
            for &v in &d.order {
                let later = g.neighbors(v).iter()
                    .filter(|&&u| position[u as usize] > position[v as usize]).count();
                prop_assert!(later <= d.core[v as usize] as usize);
                widest = widest.max(later);
            }
            // The order attains the degeneracy, and no order does better.
            prop_assert_eq!(widest, d.degeneracy as usize);
            // The vertices of core number >= c have >= c neighbours among themselves.
            for v in g.vertices() {
                let c = d.core[v as usize];
                let inside = g.neighbors(v).iter().filter(|&&u| d.core[u as usize] >= c).count();
                prop_assert!(inside >= c as usize);
            }
        }
    }
}
