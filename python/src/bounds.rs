//! Bounds on the number of colours.

use crate::failure;
use crate::graph::PyGraph;
use crate::wait::without_gil;
use prism_solver::{BoundsOptions, StopHandle};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::time::Duration;

/// The bounds, as a dict of what the fields of `Bounds` hold.
///
/// # Errors
/// `ValueError` for a time that is none, and what a signal raises.
#[pyfunction]
pub fn bounds<'py>(
    graph: &Bound<'py, PyGraph>,
    work: Option<u64>,
    time_limit: Option<f64>,
    seed: u64,
) -> PyResult<Bound<'py, PyDict>> {
    let (py, graph) = (graph.py(), graph.get());
    let time = |seconds| {
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| failure::value(format!("time_limit: expected seconds, not {seconds}")))
    };
    let stop = StopHandle::new();
    let usual = BoundsOptions::default();
    let options = BoundsOptions {
        deepen: work.is_none() && time_limit.is_some(),
        work: work.unwrap_or(usual.work),
        time_limit: time_limit.map(time).transpose()?,
        seed,
        stop: stop.clone(),
    };
    let found = without_gil(py, || stop.stop(), || prism_solver::bounds(&graph.graph, &options))?;
    let nodes = |vertices: &[u32]| -> PyResult<Bound<'py, PyList>> {
        graph.some_nodes(py, vertices.iter().copied())
    };
    let fields = PyDict::new(py);
    fields.set_item("lower", found.lower)?;
    fields.set_item("upper", found.upper)?;
    fields.set_item("proof", found.proof.name())?;
    fields.set_item("witness", nodes(&found.witness)?)?;
    fields.set_item("clique", nodes(&found.clique)?)?;
    Ok(fields)
}
