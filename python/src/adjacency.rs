//! Graphs made of Python's objects: those of NetworkX, and dicts of neighbours.
//!
//! Most of the time of a conversion goes into finding the number of each neighbour. Nodes that are the ints
//! 0, 1, ... in order are their own numbers; others are looked up in a dict, as NetworkX would.
//!
//! Code of the caller may run at each look-up (`__hash__`, `__eq__`), and change the graph meanwhile. So rows are
//! copied before they are walked.

use crate::failure;
use crate::graph::{Index, Nodes, PyGraph, check_vertices};
use prism_core::{Cleanup, Graph, GraphError};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

/// A graph of NetworkX, undirected. `ordered` keeps the order of its rows, which some strategies of NetworkX
/// depend on.
///
/// # Errors
/// `ValueError` for a directed graph, or one whose rows contradict each other.
#[pyfunction]
pub fn from_networkx(graph: &Bound<'_, PyAny>, ordered: bool) -> PyResult<PyGraph> {
    let py = graph.py();
    if graph.call_method0("is_directed")?.is_truthy()? {
        return Err(failure::value(
            "the graph is directed, and a colouring is of undirected graphs; convert it with \
             G.to_undirected()",
        ));
    }
    let multigraph = graph.call_method0("is_multigraph")?.is_truthy()?;
    let list = list_of(graph)?;
    check_vertices(list.len())?;
    let empty = PyGraph::numbered(Graph::empty(list.len()), 0, (0, 0));
    let named = PyGraph { nodes: Nodes::of(&list), ..empty };
    let index = named.index(py)?;
    let adjacency = graph.getattr("_adj")?;

    let n = list.len();
    let mut rows = Rows::with_capacity(n);
    let mut degrees = Vec::with_capacity(n);
    let mut loops = 0u64;
    let mut parallel = 0u64;
    for (u, node) in list.iter().enumerate() {
        let row = adjacency.get_item(&node)?;
        let mut degree = 0u64;
        let mut take = |neighbor: &Bound<'_, PyAny>, edges: u64| -> PyResult<()> {
            let v = neighbor_number(&index, &node, neighbor)?;
            degree += edges;
            if v as usize == u {
                degree += edges;
                loops += edges;
            } else {
                parallel += edges - 1;
                rows.neighbors.push(v);
            }
            Ok(())
        };
        if multigraph {
            for pair in list_of(&row.call_method0("items")?)?.iter() {
                let (neighbor, edges): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
                take(&neighbor, edges.len()? as u64)?;
            }
        } else {
            for neighbor in list_of(&row)?.iter() {
                take(&neighbor, 1)?;
            }
        }
        degrees.push(u32::try_from(degree).unwrap_or(u32::MAX));
        rows.end_row();
    }
    let graph = py.detach(|| rows.mirrored()).map_err(|error| match error {
        GraphError::Asymmetric { u, v } => {
            let name = |v: u32| list.get_item(v as usize).and_then(|node| node.repr());
            match (name(u), name(v)) {
                (Ok(u), Ok(v)) => failure::value(format!(
                    "node {u} has neighbour {v} but not the other way round"
                )),
                (Err(error), _) | (_, Err(error)) => error,
            }
        }
        other => failure::of_graph(other),
    })?;
    let PyGraph { nodes, .. } = named;
    Ok(PyGraph {
        graph: graph.into(),
        nodes,
        // Each parallel edge stands in two rows.
        repaired: (parallel / 2, loops),
        listed: ordered.then_some(rows.neighbors),
        degrees: (loops + parallel > 0).then_some(degrees),
        owner: None,
    })
}

/// A graph from a dict of neighbours: `{node: neighbours}`. An edge may stand in one of its two rows or in
/// both.
///
/// # Errors
/// `ValueError` for a neighbour that has no row, `TypeError` for what cannot be a row.
#[pyfunction]
pub fn from_neighbors(rows: &Bound<'_, PyAny>) -> PyResult<PyGraph> {
    let py = rows.py();
    let list = list_of(rows)?;
    check_vertices(list.len())?;
    let empty = PyGraph::numbered(Graph::empty(list.len()), 0, (0, 0));
    let named = PyGraph { nodes: Nodes::of(&list), ..empty };
    let index = named.index(py)?;
    let mut edges = Vec::new();
    for (u, node) in (0u32..).zip(list.iter()) {
        let row = rows.get_item(&node)?;
        if row.is_instance_of::<PyString>() || row.is_instance_of::<PyBytes>() {
            let (node, kind) = (node.repr()?, row.get_type().name()?);
            return Err(PyTypeError::new_err(format!(
                "the neighbours of {node} are a {kind}; expected a list of nodes"
            )));
        }
        for neighbor in list_of(&row)?.iter() {
            edges.push((u, neighbor_number(&index, &node, &neighbor)?));
        }
    }
    let n = list.len();
    let built = py.detach(|| {
        // An edge that stands in both of its rows is one edge, and not repeated.
        edges.sort_unstable();
        let all = edges.len();
        edges.dedup();
        let again = (all - edges.len()) as u64;
        Graph::from_edges(n, &edges).map(|(graph, cleanup)| (graph, again, cleanup))
    });
    let (graph, again, Cleanup { self_loops, .. }) = built.map_err(failure::of_graph)?;
    let PyGraph { nodes, .. } = named;
    Ok(PyGraph { nodes, ..PyGraph::numbered(graph, 0, (again, self_loops)) })
}

/// The number of a neighbour of `node`.
fn neighbor_number<'py>(
    index: &Index<'py>,
    node: &Bound<'py, PyAny>,
    neighbor: &Bound<'py, PyAny>,
) -> PyResult<u32> {
    match index.find(neighbor)? {
        Some(v) => Ok(v),
        None => {
            let (node, neighbor) = (node.repr()?, neighbor.repr()?);
            Err(failure::value(format!("node {node} has neighbour {neighbor}, which is no node")))
        }
    }
}

/// A list of what an object iterates over.
fn list_of<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    if let Ok(dict) = object.cast_exact::<PyDict>() {
        return Ok(dict.keys());
    }
    let list = PyList::empty(object.py());
    for item in object.try_iter()? {
        list.append(item?)?;
    }
    Ok(list)
}

/// Rows of neighbours, as they are listed.
struct Rows {
    ends: Vec<u64>,
    neighbors: Vec<u32>,
}

impl Rows {
    fn with_capacity(n: usize) -> Self {
        let mut ends = Vec::with_capacity(n + 1);
        ends.push(0);
        Self { ends, neighbors: Vec::new() }
    }

    fn end_row(&mut self) {
        self.ends.push(self.neighbors.len() as u64);
    }

    /// The graph with these rows. Each arc is put into the row of its other end; taken in order, they leave
    /// that row sorted, and rows that agree with each other are the same as before.
    ///
    /// # Errors
    /// [`GraphError::Asymmetric`] if they do not agree.
    fn mirrored(&self) -> Result<Graph<'static>, GraphError> {
        let n = self.ends.len() - 1;
        let mut offsets = vec![0u64; n + 1];
        for &v in &self.neighbors {
            offsets[v as usize + 1] += 1;
        }
        for v in 0..n {
            offsets[v + 1] += offsets[v];
        }
        let mut next = offsets.clone();
        let mut neighbors = vec![0u32; self.neighbors.len()];
        for u in 0..n {
            for &v in &self.neighbors[self.ends[u] as usize..self.ends[u + 1] as usize] {
                neighbors[next[v as usize] as usize] = u as u32;
                next[v as usize] += 1;
            }
        }
        Graph::from_csr(offsets, neighbors)
    }
}
