//! What goes wrong, as exceptions: `ValueError`, `MemoryError`, `OSError`. Vertices are named as the caller
//! names them.

use crate::graph::PyGraph;
use prism_core::GraphError;
use prism_core::io::{ErrorKind, ReadError};
use prism_cpu::construct::ConstructError;
use prism_solver::BuildError;
use pyo3::exceptions::{PyMemoryError, PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

/// A `ValueError`.
pub fn value(text: impl Into<String>) -> PyErr {
    PyValueError::new_err(text.into())
}

/// Of arrays that are not a graph, whose vertices are numbers.
pub fn of_graph(error: GraphError) -> PyErr {
    match error {
        GraphError::OutOfMemory(_) => PyMemoryError::new_err(error.to_string()),
        _ => value(error.to_string()),
    }
}

/// Of a file.
pub fn of_file(error: &ReadError) -> PyErr {
    match error.kind() {
        _ if error.is_out_of_memory() => PyMemoryError::new_err(error.to_string()),
        ErrorKind::Io(_) => PyOSError::new_err(error.to_string()),
        _ => value(error.to_string()),
    }
}

/// Of settings that do not suit the graph.
pub fn of_build(py: Python<'_>, error: &BuildError, graph: &PyGraph) -> PyErr {
    match error {
        BuildError::OutOfMemory(_) => PyMemoryError::new_err(error.to_string()),
        _ => match graph.in_words(py, |naming| error.in_words_of(naming)) {
            Ok(text) => value(text),
            Err(error) => error,
        },
    }
}

/// Of a greedy colouring.
pub fn of_construction(error: ConstructError) -> PyErr {
    match error {
        ConstructError::OutOfMemory(_) => PyMemoryError::new_err(error.to_string()),
        _ => value(error.to_string()),
    }
}

/// Of what should never happen, in the place of a panic.
pub fn internal(what: &str) -> PyErr {
    PyRuntimeError::new_err(format!("internal error: {what}; please report it"))
}
