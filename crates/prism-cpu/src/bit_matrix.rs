//! Adjacency as a square matrix of bits, for graphs that are dense or small.
//!
//! A row is a whole number of 64-bit words, so that set operations on neighbourhoods run word by word
//! and SIMD code may use a row as masks. Memory: n^2 / 8 bytes.

use prism_core::Graph;
use prism_core::memory::{OutOfMemory, try_zeroed};

/// A symmetric bit matrix without a diagonal: bit `v` of row `u` says whether `u` and `v` are adjacent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BitMatrix {
    words: usize,
    bits: Vec<u64>,
}

impl BitMatrix {
    /// The adjacency of `graph`.
    ///
    /// # Errors
    /// [`OutOfMemory`]: the matrix does not fit.
    pub fn new(graph: &Graph<'_>) -> Result<Self, OutOfMemory> {
        let words = graph.n().div_ceil(64);
        let mut bits: Vec<u64> = try_zeroed(graph.n() * words)?;
        for v in graph.vertices() {
            let row = &mut bits[v as usize * words..][..words];
            for &u in graph.neighbors(v) {
                row[u as usize / 64] |= 1 << (u % 64);
            }
        }
        Ok(Self { words, bits })
    }

    /// Words in a row.
    pub fn words(&self) -> usize {
        self.words
    }

    /// The neighbourhood of `v`.
    #[inline]
    pub fn row(&self, v: u32) -> &[u64] {
        &self.bits[v as usize * self.words..][..self.words]
    }

    /// The largest number of bits in a row.
    pub fn max_degree(&self) -> usize {
        let degree = |row: &[u64]| row.iter().map(|w| w.count_ones() as usize).sum();
        self.bits.chunks_exact(self.words.max(1)).map(degree).max().unwrap_or(0)
    }

    /// The graph again.
    ///
    /// # Errors
    /// [`OutOfMemory`]: it does not fit beside the matrix.
    pub fn to_graph(&self) -> Result<Graph<'static>, OutOfMemory> {
        let rows = || self.bits.chunks_exact(self.words.max(1));
        let mut offsets: Vec<u64> = try_zeroed(rows().len() + 1)?;
        let mut end = 0;
        for (offset, row) in offsets[1..].iter_mut().zip(rows()) {
            end += row.iter().map(|w| u64::from(w.count_ones())).sum::<u64>();
            *offset = end;
        }
        let mut neighbors: Vec<u32> = try_zeroed(end as usize)?;
        let ends =
            rows().flat_map(|row| row.iter().enumerate().flat_map(|(w, &word)| ones(w, word)));
        neighbors.iter_mut().zip(ends).for_each(|(neighbor, v)| *neighbor = v as u32);
        match Graph::from_csr(offsets, neighbors) {
            Ok(graph) => Ok(graph),
            Err(error) => unreachable!("a symmetric matrix is a graph: {error}"),
        }
    }

    /// Every edge once, as `(u, v)` with `u < v`, in order.
    pub fn edges(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let rows = self.bits.chunks_exact(self.words.max(1));
        (0..).zip(rows).flat_map(|(u, row)| {
            let ends = row.iter().enumerate().flat_map(|(w, &word)| ones(w, word));
            ends.map(move |v| (u, v as u32)).filter(|&(u, v)| u < v)
        })
    }

    /// Whether `u` and `v` are adjacent.
    #[inline]
    pub fn contains(&self, u: u32, v: u32) -> bool {
        self.row(u)[v as usize / 64] >> (v % 64) & 1 == 1
    }
}

/// The positions of the one-bits of `word`, counted from `64 * index`.
#[inline]
pub fn ones(index: usize, word: u64) -> impl Iterator<Item = usize> {
    let mut rest = word;
    std::iter::from_fn(move || {
        if rest == 0 {
            return None;
        }
        let bit = rest.trailing_zeros() as usize;
        rest &= rest - 1;
        Some(index * 64 + bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_graph(
            n in 1usize..150,
            raw in prop::collection::vec((0u32..150, 0u32..150), 0..400),
        ) {
            let edges: Vec<_> = raw.iter().map(|&(u, v)| (u % n as u32, v % n as u32)).collect();
            let (graph, _) = Graph::from_edges(n, &edges).unwrap();
            let matrix = BitMatrix::new(&graph).unwrap();
            prop_assert_eq!(&matrix.to_graph().unwrap(), &graph);
            prop_assert_eq!(matrix.max_degree(), graph.max_degree());
            prop_assert!(matrix.edges().eq(graph.edges()));
            for u in graph.vertices() {
                let row: Vec<u32> = (0..matrix.words())
                    .flat_map(|w| ones(w, matrix.row(u)[w])).map(|v| v as u32).collect();
                prop_assert_eq!(&row[..], graph.neighbors(u));
                prop_assert!(graph.vertices().all(|v| matrix.contains(u, v) == graph.has_edge(u, v)));
            }
        }
    }
}
