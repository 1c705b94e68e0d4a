//! What the parts of a run take of the memory, estimated from above before they begin. What does not fit
//! is left out, and the run ends with what it has.
//!
//! The figures are bytes for each vertex and each edge of what the engines keep: orders, queues, bit
//! matrices where a graph is dense, copies of the graph.

use prism_core::Graph;

/// The first colourings and bounds.
pub fn first_colorings(graph: &Graph<'_>) -> u64 {
    cost(graph, 128, 16)
}

/// The kernel for a number of colours, and the searches that need no tables.
pub(crate) fn attempt(graph: &Graph<'_>, threads: usize) -> u64 {
    cost(graph, 160 + 32 * threads as u64, 32)
}

/// Exhaustive search.
pub fn exhaustion(graph: &Graph<'_>) -> u64 {
    cost(graph, 384, 32)
}

/// A plain graph of so many edges in the place of one with lists.
pub(crate) fn augmented(graph: &Graph<'_>, edges: u64) -> u64 {
    cost(graph, 64, 0).saturating_add(edges.saturating_mul(24))
}

fn cost(graph: &Graph<'_>, vertex: u64, edge: u64) -> u64 {
    let (n, m) = (graph.n() as u64, graph.m() as u64);
    n.saturating_mul(vertex).saturating_add(m.saturating_mul(edge))
}
