//! Graph files.

use crate::failure;
use crate::graph::{Nodes, PyGraph};
use prism_core::io::{self, Format, Loaded, Naming, ReadOptions};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyList;
use std::path::PathBuf;

/// A graph from a file, and notes on what is odd about the file.
///
/// # Errors
/// `OSError` for a file that cannot be read, `ValueError` for one that is no graph.
#[pyfunction]
#[pyo3(signature = (path, *, format, strict, heading, end_mark, bipartite))]
pub fn read(
    py: Python<'_>,
    path: PathBuf,
    format: Option<&str>,
    strict: bool,
    heading: Option<bool>,
    end_mark: Option<bool>,
    bipartite: bool,
) -> PyResult<(PyGraph, Vec<String>)> {
    let format = format.map(str::parse::<Format>).transpose();
    let format = format.map_err(|error| failure::value(error.to_string()))?;
    let options =
        ReadOptions { format, strict, heading, end_mark, bipartite, ..ReadOptions::default() };
    // So that a file that is not there is the FileNotFoundError that everyone expects.
    std::fs::File::open(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let words = (2, "No such file or directory", path.clone());
            pyo3::exceptions::PyFileNotFoundError::new_err(words)
        }
        _ => pyo3::exceptions::PyOSError::new_err(format!("{}: {error}", path.display())),
    })?;
    let loaded = py.detach(|| io::read_path(&path, &options));
    let loaded = loaded.map_err(|error| failure::of_file(&error))?;
    let nodes = nodes(py, &loaded)?;
    let notes = loaded.notes.iter().map(ToString::to_string).collect();
    let repaired = (loaded.cleanup.duplicates, loaded.cleanup.self_loops);
    let graph = PyGraph { nodes, ..PyGraph::numbered(loaded.graph, 0, repaired) };
    Ok((graph, notes))
}

/// What the file calls its vertices: ints, or strings.
fn nodes(py: Python<'_>, loaded: &Loaded) -> PyResult<Nodes> {
    let naming: Naming<'_> = loaded.naming();
    let Some(labels) = naming.labels() else {
        return Ok(Nodes::Numbers(naming.first().unwrap_or(0)));
    };
    let list = PyList::empty(py);
    for name in labels.iter() {
        match name.parse::<u32>().ok().filter(|number| number.to_string() == *name) {
            Some(number) if labels.are_integers() => list.append(number)?,
            _ => list.append(name)?,
        }
    }
    Ok(Nodes::Objects { list: list.unbind(), index: PyOnceLock::new() })
}
