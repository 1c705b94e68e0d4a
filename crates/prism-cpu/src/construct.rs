//! What the constructive engines share: why they give up, and how a start with some vertices coloured
//! is checked.

use prism_core::memory::OutOfMemory;
use prism_core::search::UNCOLORED;
use prism_core::{Color, Graph, MAX_COLORS};

/// Why a constructive engine has no colouring to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConstructError {
    /// The colours ran out.
    #[error("more than {max} colours would be needed; PRISM numbers colours with 16 bits", max = MAX_COLORS)]
    TooManyColors,
    /// The stop flag was raised.
    #[error("stopped before every vertex had a colour")]
    Stopped,
    /// The start does not have one entry a vertex.
    #[error("{entries} start colours for {vertices} vertices")]
    StartLength {
        /// Entries given.
        entries: usize,
        /// Number of vertices.
        vertices: usize,
    },
    /// Two adjacent vertices have the same colour in the start.
    #[error("adjacent vertices {u} and {v} (0-based) both start with colour {color}")]
    StartConflict {
        /// One end.
        u: u32,
        /// The other end.
        v: u32,
        /// Their colour.
        color: Color,
    },
    /// There is too little memory for its tables.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
}

/// Checks a start: one colour or [`UNCOLORED`] a vertex, proper as far as it goes.
pub(crate) fn check_start(graph: &Graph<'_>, start: &[Color]) -> Result<(), ConstructError> {
    if start.len() != graph.n() {
        return Err(ConstructError::StartLength { entries: start.len(), vertices: graph.n() });
    }
    for u in graph.vertices() {
        let color = start[u as usize];
        if color != UNCOLORED
            && let Some(&v) = graph.neighbors(u).iter().find(|&&v| start[v as usize] == color)
        {
            return Err(ConstructError::StartConflict { u, v, color });
        }
    }
    Ok(())
}
