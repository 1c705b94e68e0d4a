//! The graph of a search as a bit matrix or as neighbour lists, by density.

use crate::bit_matrix::BitMatrix;
use crate::simd::LANES;
use prism_core::Graph;
use prism_core::memory::OutOfMemory;
use std::sync::Arc;

/// The graph in the form that its density asks for. Shared by all searches on it.
#[derive(Clone, Debug)]
pub enum Adjacency {
    /// A bit matrix, for columns of counts.
    Dense(BitMatrix),
    /// Neighbour lists, for rows of counts.
    Sparse(Arc<Graph<'static>>),
}

impl Adjacency {
    /// Chooses by size: the matrix where a row of it has fewer words than half the average degree, or
    /// is short anyway. Lists are shared with `graph`, not copied.
    ///
    /// # Errors
    /// [`OutOfMemory`]: the matrix does not fit.
    pub fn new(graph: &Arc<Graph<'static>>) -> Result<Self, OutOfMemory> {
        let words = graph.n().div_ceil(LANES);
        let average_degree = 2 * graph.m() / graph.n().max(1);
        if words <= 16 || (words <= 256 && 2 * words <= average_degree) {
            Self::dense(graph)
        } else {
            Ok(Self::Sparse(graph.clone()))
        }
    }

    /// The bit matrix, whatever the density.
    ///
    /// # Errors
    /// [`OutOfMemory`]: it does not fit.
    pub fn dense(graph: &Graph<'_>) -> Result<Self, OutOfMemory> {
        Ok(Self::Dense(BitMatrix::new(graph)?))
    }

    /// Every edge once, as `(u, v)` with `u < v`.
    pub fn edges(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let (matrix, graph) = match self {
            Self::Dense(matrix) => (Some(matrix), None),
            Self::Sparse(graph) => (None, Some(graph)),
        };
        let of_matrix = matrix.into_iter().flat_map(BitMatrix::edges);
        of_matrix.chain(graph.into_iter().flat_map(|graph| graph.edges()))
    }

    /// The largest degree.
    pub fn max_degree(&self) -> usize {
        match self {
            Self::Dense(matrix) => matrix.max_degree(),
            Self::Sparse(graph) => graph.max_degree(),
        }
    }

    /// The same graph as neighbour lists.
    ///
    /// # Errors
    /// [`OutOfMemory`]: they do not fit beside the matrix.
    pub fn to_sparse(&self) -> Result<Self, OutOfMemory> {
        match self {
            Self::Dense(matrix) => Ok(Self::Sparse(Arc::new(matrix.to_graph()?))),
            Self::Sparse(graph) => Ok(Self::Sparse(graph.clone())),
        }
    }

    /// Neighbour lists, whatever the density: a copy of them.
    pub fn sparse(graph: &Graph<'_>) -> Self {
        Self::Sparse(Arc::new(graph.reborrow().into_owned()))
    }
}
