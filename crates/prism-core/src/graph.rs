//! The graph: compressed sparse row, both directions stored, neighbours sorted.
//!
//! Offsets are `u64` so that a graph may hold more than 2^32 arcs; vertex ids are `u32`. Both arrays
//! may be borrowed (a NumPy array or a memory-mapped file can be a graph without a copy) or owned.

use crate::memory::{OutOfMemory, try_zeroed};
use std::borrow::Cow;
use std::sync::Arc;

/// An undirected simple graph with vertices `0..n`.
///
/// Invariants, checked by [`Graph::from_csr`] and kept by every constructor: the neighbours of each
/// vertex are strictly increasing, no vertex is its own neighbour, and `u` lists `v` exactly when `v`
/// lists `u`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph<'a> {
    /// `n + 1` entries; the neighbours of `v` are `neighbors[offsets[v]..offsets[v + 1]]`.
    offsets: Cow<'a, [u64]>,
    neighbors: Cow<'a, [u32]>,
}

/// What [`Graph::from_edges`] removed to make the input simple.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleanup {
    /// Edges that had been given before, in either direction.
    pub duplicates: u64,
    /// Edges from a vertex to itself.
    pub self_loops: u64,
}

/// Why arrays are not a [`Graph`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// More vertices than `u32` ids can name.
    #[error("{0} vertices; PRISM numbers vertices with 32 bits and takes at most {max}", max = Graph::MAX_VERTICES)]
    TooManyVertices(u64),
    /// An edge names a vertex that does not exist.
    #[error("edge ({u}, {v}) names a vertex outside 0..{n}")]
    VertexOutOfRange {
        /// One end, 0-based.
        u: u32,
        /// The other end, 0-based.
        v: u32,
        /// Number of vertices.
        n: usize,
    },
    /// The offsets do not start at 0, decrease, or do not end at the number of arcs.
    #[error("offsets must start at 0, never decrease and end at {arcs}, the number of arcs")]
    BadOffsets {
        /// Length of the neighbour array.
        arcs: usize,
    },
    /// A neighbour list is unsorted, repeats an entry, or names its own vertex.
    #[error("the neighbours of vertex {0} must be strictly increasing and not include {0}")]
    BadNeighbors(u32),
    /// An arc without its reverse.
    #[error("vertex {u} lists {v} as a neighbour but not the other way round")]
    Asymmetric {
        /// The vertex that lists the other.
        u: u32,
        /// The vertex that does not.
        v: u32,
    },
    /// There is too little memory for the arrays.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
}

impl Graph<'static> {
    /// Builds a graph of `n` vertices from 0-based edges in any order and direction. Duplicates and
    /// self-loops are dropped and counted.
    ///
    /// Time O(n + m + sorting each neighbourhood); memory: the CSR, `2 m` ids before merging.
    ///
    /// # Errors
    /// [`GraphError::TooManyVertices`], [`GraphError::VertexOutOfRange`] and [`GraphError::OutOfMemory`].
    pub fn from_edges(n: usize, edges: &[(u32, u32)]) -> Result<(Self, Cleanup), GraphError> {
        if n > Self::MAX_VERTICES {
            return Err(GraphError::TooManyVertices(n as u64));
        }
        let mut cleanup = Cleanup::default();
        // Counting sort by source. `offsets[v + 1]` counts v first, then becomes its end.
        let mut offsets: Vec<u64> = try_zeroed(n + 1)?;
        for &(u, v) in edges {
            if u as usize >= n || v as usize >= n {
                return Err(GraphError::VertexOutOfRange { u, v, n });
            }
            if u == v {
                cleanup.self_loops += 1;
            } else {
                offsets[u as usize + 1] += 1;
                offsets[v as usize + 1] += 1;
            }
        }
        for v in 0..n {
            offsets[v + 1] += offsets[v];
        }
        let mut neighbors: Vec<u32> = try_zeroed(offsets[n] as usize)?;
        let mut cursor = try_zeroed(n + 1)?;
        cursor.copy_from_slice(&offsets);
        for &(u, v) in edges.iter().filter(|(u, v)| u != v) {
            for (from, to) in [(u, v), (v, u)] {
                let at = &mut cursor[from as usize];
                neighbors[*at as usize] = to;
                *at += 1;
            }
        }
        drop(cursor);
        let arcs_before = neighbors.len();
        // Sort each neighbourhood and close the gaps that duplicates leave, in place.
        let mut write = 0usize;
        let mut start = 0usize;
        for v in 0..n {
            let end = offsets[v + 1] as usize;
            neighbors[start..end].sort_unstable();
            offsets[v] = write as u64;
            let mut last = None;
            for read in start..end {
                let u = neighbors[read];
                if last != Some(u) {
                    neighbors[write] = u;
                    write += 1;
                    last = Some(u);
                }
            }
            start = end;
        }
        offsets[n] = write as u64;
        neighbors.truncate(write);
        cleanup.duplicates = (arcs_before - write) as u64 / 2;
        Ok((Self { offsets: offsets.into(), neighbors: neighbors.into() }, cleanup))
    }

    /// Wraps arrays that keep the invariants by the way they were made.
    pub(crate) fn from_sorted_rows(offsets: Vec<u64>, neighbors: Vec<u32>) -> Self {
        let graph = Self { offsets: offsets.into(), neighbors: neighbors.into() };
        debug_assert!(Graph::from_csr(&*graph.offsets, &*graph.neighbors).is_ok());
        graph
    }

    /// The graph with `n` vertices and no edge.
    pub fn empty(n: usize) -> Self {
        Self { offsets: vec![0; n + 1].into(), neighbors: Vec::new().into() }
    }
}

impl<'a> Graph<'a> {
    /// The largest number of vertices a graph may have.
    pub const MAX_VERTICES: usize = u32::MAX as usize;

    /// Takes the two CSR arrays, owned or borrowed, after checking every invariant. O(n + m) time, and 8 bytes a
    /// vertex meanwhile.
    ///
    /// # Errors
    /// Any [`GraphError`]: the first one found.
    pub fn from_csr(
        offsets: impl Into<Cow<'a, [u64]>>,
        neighbors: impl Into<Cow<'a, [u32]>>,
    ) -> Result<Self, GraphError> {
        let (offsets, neighbors) = (offsets.into(), neighbors.into());
        let arcs = neighbors.len();
        if offsets.first() != Some(&0)
            || offsets.last() != Some(&(arcs as u64))
            || offsets.windows(2).any(|w| w[0] > w[1])
        {
            return Err(GraphError::BadOffsets { arcs });
        }
        let n = offsets.len() - 1;
        if n > Self::MAX_VERTICES {
            return Err(GraphError::TooManyVertices(n as u64));
        }
        let graph = Self { offsets, neighbors };
        for u in graph.vertices() {
            let list = graph.neighbors(u);
            if list.windows(2).any(|w| w[0] >= w[1]) || list.binary_search(&u).is_ok() {
                return Err(GraphError::BadNeighbors(u));
            }
            if let Some(&v) = list.last()
                && v as usize >= n
            {
                return Err(GraphError::VertexOutOfRange { u, v, n });
            }
        }
        graph.check_symmetry()?;
        Ok(graph)
    }

    /// Whether every arc has its reverse, for lists that are sorted and in range.
    fn check_symmetry(&self) -> Result<(), GraphError> {
        if self.is_symmetric()? {
            return Ok(());
        }
        let lonely = |u: u32| self.neighbors(u).iter().find(move |&&v| !self.has_edge(v, u));
        let mut arcs = self.vertices().filter_map(|u| Some((u, *lonely(u)?)));
        arcs.next().map_or(Ok(()), |(u, v)| Err(GraphError::Asymmetric { u, v }))
    }

    /// In order of u, the arcs (u, v) with u < v pass the smaller neighbours of each v from first to last: one
    /// look an edge, which is the cost, since it is at a random place.
    fn is_symmetric(&self) -> Result<bool, GraphError> {
        let mut next: Vec<u64> = try_zeroed(self.n())?;
        next.copy_from_slice(&self.offsets[..self.n()]);
        for u in self.vertices() {
            let list = self.neighbors(u);
            let smaller = list.partition_point(|&v| v < u);
            if next[u as usize] != self.offsets[u as usize] + smaller as u64 {
                return Ok(false);
            }
            for &v in &list[smaller..] {
                // Beyond the list of v as well: the turn of v tells.
                let at = &mut next[v as usize];
                if self.neighbors.get(*at as usize) != Some(&u) {
                    return Ok(false);
                }
                *at += 1;
            }
        }
        Ok(true)
    }

    /// The same graph, without a copy, for as long as this one lives.
    pub fn reborrow(&self) -> Graph<'_> {
        Graph { offsets: Cow::Borrowed(&*self.offsets), neighbors: Cow::Borrowed(&*self.neighbors) }
    }

    /// Number of vertices.
    pub fn n(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of edges; each counts once.
    pub fn m(&self) -> usize {
        self.neighbors.len() / 2
    }

    /// All vertices, in order.
    pub fn vertices(&self) -> std::ops::Range<u32> {
        0..self.n() as u32
    }

    /// The neighbours of `v`, strictly increasing.
    #[inline]
    pub fn neighbors(&self, v: u32) -> &[u32] {
        let v = v as usize;
        &self.neighbors[self.offsets[v] as usize..self.offsets[v + 1] as usize]
    }

    /// Number of neighbours of `v`.
    #[inline]
    pub fn degree(&self, v: u32) -> usize {
        (self.offsets[v as usize + 1] - self.offsets[v as usize]) as usize
    }

    /// The largest degree, 0 for a graph without vertices.
    pub fn max_degree(&self) -> usize {
        self.vertices().map(|v| self.degree(v)).max().unwrap_or(0)
    }

    /// Edges over possible edges, in `0.0..=1.0`; 0 for fewer than two vertices.
    pub fn density(&self) -> f64 {
        let n = self.n() as f64;
        if n < 2.0 { 0.0 } else { 2.0 * self.m() as f64 / (n * (n - 1.0)) }
    }

    /// Whether `u` and `v` are adjacent. O(log of the smaller degree).
    pub fn has_edge(&self, u: u32, v: u32) -> bool {
        let (a, b) = if self.degree(u) <= self.degree(v) { (u, v) } else { (v, u) };
        self.neighbors(a).binary_search(&b).is_ok()
    }

    /// Every edge once, as `(u, v)` with `u < v`, in lexicographic order.
    pub fn edges(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.vertices().flat_map(|u| {
            let list = self.neighbors(u);
            list[list.partition_point(|&v| v < u)..].iter().map(move |&v| (u, v))
        })
    }

    /// The same graph with arrays of its own.
    pub fn into_owned(self) -> Graph<'static> {
        Graph {
            offsets: Cow::Owned(self.offsets.into_owned()),
            neighbors: Cow::Owned(self.neighbors.into_owned()),
        }
    }

    /// The arrays of [`Graph::csr`], to be changed and put together again.
    pub(crate) fn into_csr(self) -> (Vec<u64>, Vec<u32>) {
        (self.offsets.into_owned(), self.neighbors.into_owned())
    }

    /// The raw CSR arrays: `n + 1` offsets and `2 m` neighbours.
    pub fn csr(&self) -> (&[u64], &[u32]) {
        (&self.offsets, &self.neighbors)
    }

    /// The subgraph on `keep`; its vertex `i` is `keep[i]`. `keep` must not repeat a vertex. O(n +
    /// arcs of `keep`).
    pub fn induced(&self, keep: &[u32]) -> Graph<'static> {
        const ABSENT: u32 = u32::MAX;
        let mut new_id = vec![ABSENT; self.n()];
        for (i, &v) in keep.iter().enumerate() {
            new_id[v as usize] = i as u32;
        }
        let mut offsets = Vec::with_capacity(keep.len() + 1);
        let mut neighbors = Vec::new();
        offsets.push(0);
        for &v in keep {
            let start = neighbors.len();
            let kept = self.neighbors(v).iter().map(|&u| new_id[u as usize]);
            neighbors.extend(kept.filter(|&u| u != ABSENT));
            neighbors[start..].sort_unstable();
            offsets.push(neighbors.len() as u64);
        }
        Graph { offsets: offsets.into(), neighbors: neighbors.into() }
    }
}

impl<'a> From<&'a Graph<'_>> for Graph<'a> {
    fn from(graph: &'a Graph<'_>) -> Self {
        graph.reborrow()
    }
}

impl<'a> From<&'a Graph<'_>> for Arc<Graph<'a>> {
    fn from(graph: &'a Graph<'_>) -> Self {
        Self::new(graph.reborrow())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn merges_duplicates_and_drops_loops() {
        let (g, cleanup) = Graph::from_edges(4, &[(0, 1), (1, 0), (2, 2), (3, 1), (3, 1)]).unwrap();
        assert_eq!(cleanup, Cleanup { duplicates: 2, self_loops: 1 });
        assert_eq!((g.n(), g.m(), g.max_degree()), (4, 2, 2));
        assert_eq!(g.edges().collect::<Vec<_>>(), [(0, 1), (1, 3)]);
    }

    #[test]
    fn empty_graphs_are_graphs() {
        for n in [0, 1, 5] {
            let g = Graph::empty(n);
            assert_eq!((g.n(), g.m(), g.max_degree(), g.density()), (n, 0, 0, 0.0));
            assert!(Graph::from_csr(g.csr().0, g.csr().1).is_ok());
        }
    }

    #[test]
    fn from_csr_names_the_broken_invariant() {
        let bad = |offsets: &[u64], neighbors: &[u32]| {
            Graph::from_csr(offsets.to_vec(), neighbors.to_vec()).unwrap_err()
        };
        assert_eq!(bad(&[], &[]), GraphError::BadOffsets { arcs: 0 });
        assert_eq!(bad(&[0, 2, 1], &[1]), GraphError::BadOffsets { arcs: 1 });
        assert_eq!(bad(&[0, 1], &[0]), GraphError::BadNeighbors(0));
        assert_eq!(bad(&[0, 2, 3, 4], &[2, 1, 0, 0]), GraphError::BadNeighbors(0));
        assert_eq!(bad(&[0, 1, 1], &[1]), GraphError::Asymmetric { u: 0, v: 1 });
        assert_eq!(bad(&[0, 0, 1], &[0]), GraphError::Asymmetric { u: 1, v: 0 });
        assert_eq!(bad(&[0, 1, 2], &[7, 0]), GraphError::VertexOutOfRange { u: 0, v: 7, n: 2 });
    }

    proptest! {
        #[test]
        fn from_edges_keeps_exactly_the_simple_edges(
            n in 1usize..40,
            raw in prop::collection::vec((0u32..40, 0u32..40), 0..200),
        ) {
            let edges: Vec<_> = raw.iter().map(|&(u, v)| (u % n as u32, v % n as u32)).collect();
            let (g, cleanup) = Graph::from_edges(n, &edges).unwrap();
            let expected: std::collections::BTreeSet<_> =
                edges.iter().filter(|(u, v)| u != v).map(|&(u, v)| (u.min(v), u.max(v))).collect();
            prop_assert_eq!(g.edges().collect::<Vec<_>>(), expected.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(
                cleanup.duplicates + cleanup.self_loops + g.m() as u64,
                edges.len() as u64
            );
            prop_assert!(Graph::from_csr(g.csr().0, g.csr().1).is_ok());
        }

        #[test]
        fn from_csr_takes_exactly_what_is_symmetric(
            arcs in prop::collection::btree_set((0u32..8, 0u32..8), 0..24),
            mirrored: bool,
        ) {
            let mut arcs: std::collections::BTreeSet<_> =
                arcs.into_iter().filter(|(u, v)| u != v).collect();
            if mirrored {
                arcs.extend(arcs.clone().into_iter().map(|(u, v)| (v, u)));
            }
            let below = |u: u32| arcs.iter().filter(|arc| arc.0 < u).count() as u64;
            let offsets: Vec<u64> = (0..=8).map(below).collect();
            let neighbors: Vec<u32> = arcs.iter().map(|arc| arc.1).collect();
            let lonely = arcs.iter().any(|&(u, v)| !arcs.contains(&(v, u)));
            match Graph::from_csr(offsets, neighbors) {
                Ok(graph) => prop_assert!(!lonely && 2 * graph.m() == arcs.len()),
                Err(GraphError::Asymmetric { u, v }) => {
                    prop_assert!(arcs.contains(&(u, v)) && !arcs.contains(&(v, u)))
                }
                Err(other) => prop_assert!(false, "{other}"),
            }
        }

        #[test]
        fn induced_keeps_adjacency(
            raw in prop::collection::vec((0u32..20, 0u32..20), 0..80),
            keep in prop::sample::subsequence((0u32..20).collect::<Vec<_>>(), 0..20),
        ) {
            let keep: Vec<u32> = keep.into_iter().rev().collect();
            let (g, _) = Graph::from_edges(20, &raw).unwrap();
            let h = g.induced(&keep);
            prop_assert!(Graph::from_csr(h.csr().0, h.csr().1).is_ok());
            for a in h.vertices() {
                for b in h.vertices() {
                    prop_assert_eq!(h.has_edge(a, b), g.has_edge(keep[a as usize], keep[b as usize]));
                }
            }
        }
    }
}
