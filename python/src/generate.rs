//! Graphs by rule or by seed.

use crate::failure;
use crate::graph::PyGraph;
use prism_core::generate::{GenerateError, MOST_BYTES, Recipe, complement, permute};
use prism_core::memory::Room;
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;

/// The graph of a recipe in JSON.
///
/// # Errors
/// `ValueError` for a recipe without sense; `MemoryError` for a graph that would take more than 8 GiB, unless
/// `force`.
#[pyfunction]
#[pyo3(signature = (recipe, *, seed, complemented, permuted, force))]
pub fn generate(
    py: Python<'_>,
    recipe: &str,
    seed: u64,
    complemented: bool,
    permuted: bool,
    force: bool,
) -> PyResult<PyGraph> {
    let recipe: Recipe = serde_json::from_str(recipe).map_err(|error| {
        let text = error.to_string();
        // Where in the text it is means nothing to the caller.
        failure::value(text.split(" at line ").next().unwrap_or(&text))
    })?;
    let bytes = recipe.size().bytes(complemented, permuted);
    if !force && bytes > MOST_BYTES as f64 {
        return Err(PyMemoryError::new_err(format!(
            "this graph would take about {:.0} GiB of memory; force=True makes it all the same",
            bytes / (1_u64 << 30) as f64
        )));
    }
    if !bytes.is_nan() {
        // The cast saturates.
        let room = Room::now().require(bytes as u64);
        room.map_err(|missing| PyMemoryError::new_err(missing.to_string()))?;
    }
    let made = py.detach(|| {
        let mut graph = recipe.make(seed)?;
        if complemented {
            graph = complement(&graph);
        }
        if permuted {
            graph = permute(&graph, seed)?;
        }
        Ok(graph)
    });
    let graph = made.map_err(|error: GenerateError| match error {
        GenerateError::Graph(error) => failure::of_graph(error),
        other => failure::value(other.to_string()),
    })?;
    Ok(PyGraph::numbered(graph, 0, (0, 0)))
}
