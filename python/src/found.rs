//! A colouring that was found, with what is known of it.

use crate::arrays::color_array;
use crate::failure;
use crate::graph::PyGraph;
use numpy::PyArray1;
use prism_solver::{Outcome, Report, Settings, SizesReport};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::sync::Arc;

/// A colouring, verified, and how it was found.
#[pyclass(frozen, module = "prism_coloring._prism")]
pub struct Found {
    pub graph: Py<PyGraph>,
    pub settings: Settings,
    pub outcome: Arc<Outcome>,
}

#[pymethods]
impl Found {
    #[getter]
    fn graph(&self, py: Python<'_>) -> Py<PyGraph> {
        self.graph.clone_ref(py)
    }

    #[getter]
    fn num_colors(&self) -> usize {
        self.outcome.num_colors()
    }

    #[getter]
    fn lower_bound(&self) -> usize {
        self.outcome.lower_bound
    }

    #[getter]
    fn optimal(&self) -> bool {
        self.outcome.is_optimal()
    }

    #[getter]
    fn status(&self) -> String {
        self.outcome.status.to_string()
    }

    #[getter]
    fn moves(&self) -> u64 {
        self.outcome.moves
    }

    #[getter]
    fn seconds(&self) -> f64 {
        self.outcome.seconds
    }

    /// The nodes of a clique.
    #[getter]
    fn clique<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.graph.get().some_nodes(py, self.outcome.clique.iter().copied())
    }

    /// Each improvement: colours, seconds, moves, engine.
    #[getter]
    fn history(&self) -> Vec<(usize, f64, u64, String)> {
        let one = |found: &prism_solver::Improvement| {
            (found.k, found.seconds, found.moves, found.engine.to_string())
        };
        self.outcome.history.iter().map(one).collect()
    }

    /// Smallest and largest class, their ratio, and bounds on the last two; none without nodes.
    #[getter]
    fn sizes(&self) -> Option<(usize, usize, f64, usize, f64)> {
        let sizes = SizesReport::of(&self.outcome)?;
        let SizesReport { smallest, largest, ratio, largest_bound, ratio_bound } = sizes;
        Some((smallest, largest, ratio, largest_bound, ratio_bound))
    }

    /// The report of the run as a JSON object, without the colours.
    fn report(&self) -> PyResult<String> {
        let graph = &self.graph.get().graph;
        let report = Report::of(&self.settings, graph, &self.outcome);
        serde_json::to_string(&report).map_err(|error| failure::internal(&error.to_string()))
    }

    /// The colours as a new array.
    fn colors<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i32>> {
        color_array(py, self.outcome.coloring.colors())
    }

    /// The colours by node.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        to_dict(py, self.graph.get(), self.outcome.coloring.colors())
    }

    /// The colours in use, and the nodes that have each.
    fn classes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let coloring = &self.outcome.coloring;
        let classes = PyDict::new(py);
        let mut members = vec![Vec::new(); usize::from(u16::MAX) + 1];
        for (v, &color) in (0u32..).zip(coloring.colors()) {
            members[usize::from(color)].push(v);
        }
        for (color, _) in coloring.classes() {
            let members = std::mem::take(&mut members[usize::from(color)]);
            classes.set_item(color, self.graph.get().some_nodes(py, members)?)?;
        }
        Ok(classes)
    }

    /// The colours in use, and how many nodes have each.
    fn class_sizes(&self) -> Vec<(u16, usize)> {
        self.outcome.coloring.classes()
    }
}

/// Colours by node, in the order of the vertices.
pub fn to_dict<'py>(
    py: Python<'py>,
    graph: &PyGraph,
    colors: &[u16],
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (v, &color) in (0u32..).zip(colors) {
        dict.set_item(graph.node(py, v)?, color)?;
    }
    Ok(dict)
}
