//! A graph as Python holds it: PRISM's arrays, and what the caller calls the vertices.

use crate::failure;
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use prism_core::Graph;
use prism_core::io::{Labels, Naming};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyInt, PyList, PyRange};
use std::sync::Arc;

/// What the vertices are called.
pub enum Nodes {
    /// Numbers in order, from this one.
    Numbers(u32),
    /// Python's objects, and where each stands.
    Objects { list: Py<PyList>, index: PyOnceLock<Py<PyDict>> },
}

impl Nodes {
    /// Takes the nodes of a graph: all different, and hashable.
    pub fn of(list: &Bound<'_, PyList>) -> Self {
        let at_its_place =
            |(v, node): (usize, Bound<'_, PyAny>)| as_number(&node) == Some(v as i64);
        match list.iter().enumerate().all(at_its_place) {
            true => Self::Numbers(0),
            false => Self::Objects { list: list.clone().unbind(), index: PyOnceLock::new() },
        }
    }
}

/// The value of an `int`. A `bool` or a number of another type is not one, although it may be equal to one.
pub fn as_number(node: &Bound<'_, PyAny>) -> Option<i64> {
    node.cast_exact::<PyInt>().ok()?.extract().ok()
}

/// Where the nodes of one graph stand.
pub enum Index<'py> {
    Numbers { first: i64, count: i64 },
    Objects(Bound<'py, PyDict>),
}

impl<'py> Index<'py> {
    /// The vertex that `node` is, if it is in the graph.
    ///
    /// # Errors
    /// What its `__hash__` or `__eq__` raises.
    #[inline]
    pub fn find(&self, node: &Bound<'py, PyAny>) -> PyResult<Option<u32>> {
        match self {
            Self::Numbers { first, count } => {
                let number = match as_number(node) {
                    Some(number) => Some(number),
                    None => equal_number(node)?,
                };
                let place = number.map(|number| number - first);
                Ok(place.filter(|place| (0..*count).contains(place)).map(|place| place as u32))
            }
            Self::Objects(dict) => dict.get_item(node)?.map(|place| place.extract()).transpose(),
        }
    }
}

/// The `int` that an object of another type is equal to, as far as a `dict` would find it: `True`, `1.0`,
/// `numpy.int64(1)`.
fn equal_number(node: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    // Equal objects have equal hashes, and a small int is its own hash.
    let hash = node.hash()? as i64;
    Ok(node.eq(hash)?.then_some(hash))
}

/// An undirected graph without loops, and what its vertices are called.
#[pyclass(frozen, name = "Graph", module = "prism_coloring._prism")]
pub struct PyGraph {
    pub graph: Arc<Graph<'static>>,
    pub nodes: Nodes,
    /// Repeated edges and loops that were left out.
    pub repaired: (u64, u64),
    /// The neighbours of each vertex as NetworkX lists them, row by row as in `graph`.
    pub listed: Option<Vec<u32>>,
    /// Degrees as NetworkX counts them, where they are not those of `graph`: parallel edges count each, and a
    /// loop counts twice.
    pub degrees: Option<Vec<u32>>,
    /// What owns borrowed arrays of `graph`. It goes last.
    pub owner: Option<Py<PyAny>>,
}

impl PyGraph {
    /// A graph whose vertices are numbers from `first`.
    pub fn numbered(graph: Graph<'static>, first: u32, repaired: (u64, u64)) -> Self {
        Self {
            graph: graph.into(),
            nodes: Nodes::Numbers(first),
            repaired,
            listed: None,
            degrees: None,
            owner: None,
        }
    }

    /// Where the nodes stand.
    pub fn index<'py>(&self, py: Python<'py>) -> PyResult<Index<'py>> {
        Ok(match &self.nodes {
            Nodes::Numbers(first) => {
                Index::Numbers { first: i64::from(*first), count: self.graph.n() as i64 }
            }
            Nodes::Objects { list, index } => {
                let make = || -> PyResult<Py<PyDict>> {
                    let dict = PyDict::new(py);
                    for (v, node) in list.bind(py).iter().enumerate() {
                        dict.set_item(node, v)?;
                    }
                    if dict.len() != self.graph.n() {
                        return Err(failure::value("two nodes of the graph are equal"));
                    }
                    Ok(dict.unbind())
                };
                Index::Objects(index.get_or_try_init(py, make)?.bind(py).clone())
            }
        })
    }

    /// What the caller calls vertex `v`.
    pub fn node<'py>(&self, py: Python<'py>, v: u32) -> PyResult<Bound<'py, PyAny>> {
        match &self.nodes {
            Nodes::Numbers(first) => {
                Ok((u64::from(*first) + u64::from(v)).into_pyobject(py)?.into_any())
            }
            Nodes::Objects { list, .. } => list.bind(py).get_item(v as usize),
        }
    }

    /// What the caller calls these vertices.
    pub fn some_nodes<'py>(
        &self,
        py: Python<'py>,
        vertices: impl IntoIterator<Item = u32>,
    ) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for v in vertices {
            list.append(self.node(py, v)?)?;
        }
        Ok(list)
    }

    /// What is told of vertices, by their names as Python writes them. For messages: it takes as long as all
    /// names together.
    pub fn in_words(
        &self,
        py: Python<'_>,
        tell: impl FnOnce(Naming<'_>) -> String,
    ) -> PyResult<String> {
        match &self.nodes {
            Nodes::Numbers(first) => Ok(tell(Naming::counted_from(*first))),
            Nodes::Objects { list, .. } => {
                let name = |node: Bound<'_, PyAny>| Ok(node.repr()?.to_string_lossy().into_owned());
                let names: Vec<String> = list.bind(py).iter().map(name).collect::<PyResult<_>>()?;
                let labels: Labels = names.iter().collect();
                Ok(tell(Naming::names(&labels)))
            }
        }
    }
}

#[pymethods]
impl PyGraph {
    /// Number of vertices.
    #[getter]
    fn num_vertices(&self) -> usize {
        self.graph.n()
    }

    /// Number of edges; each counts once.
    #[getter]
    fn num_edges(&self) -> usize {
        self.graph.m()
    }

    /// Repeated edges that were merged.
    #[getter]
    fn duplicates(&self) -> u64 {
        self.repaired.0
    }

    /// Loops that were left out.
    #[getter]
    fn self_loops(&self) -> u64 {
        self.repaired.1
    }

    /// What the vertices are called, in order: a range or a list.
    #[getter]
    fn nodes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match &self.nodes {
            Nodes::Numbers(first) => {
                let first = *first as isize;
                Ok(PyRange::new(py, first, first + self.graph.n() as isize)?.into_any())
            }
            // A copy: the places of the nodes are those of the vertices.
            Nodes::Objects { list, .. } => {
                let list = list.bind(py);
                Ok(list.get_slice(0, list.len()).into_any())
            }
        }
    }

    /// The edges as an (m, 2) array of vertex numbers from 0, smaller end first, in order.
    fn edges<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let ends = || self.graph.edges().flat_map(|(u, v)| [i64::from(u), i64::from(v)]);
        let flat: Vec<i64> = py.detach(|| ends().collect());
        PyArray1::from_vec(py, flat).reshape([self.graph.m(), 2])
    }

    /// The arrays `(indptr, indices)` of the adjacency matrix in compressed rows, as copies.
    fn csr<'py>(&self, py: Python<'py>) -> (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>) {
        let (offsets, neighbors) = self.graph.csr();
        let (offsets, neighbors): (Vec<i64>, Vec<i64>) = py.detach(|| {
            let offsets = offsets.iter().map(|&at| at as i64).collect();
            (offsets, neighbors.iter().map(|&v| i64::from(v)).collect())
        });
        (PyArray1::from_vec(py, offsets), PyArray1::from_vec(py, neighbors))
    }

    /// Whether it reads its neighbours from an array of the caller.
    #[getter]
    fn is_borrowed(&self) -> bool {
        self.owner.is_some()
    }

    fn __len__(&self) -> usize {
        self.graph.n()
    }

    fn __repr__(&self) -> String {
        format!("<Graph with {} vertices and {} edges>", self.graph.n(), self.graph.m())
    }
}

/// Refuses more vertices than PRISM numbers.
pub fn check_vertices(n: usize) -> PyResult<()> {
    if n > Graph::MAX_VERTICES {
        let most = Graph::MAX_VERTICES;
        return Err(PyValueError::new_err(format!("{n} vertices; PRISM takes at most {most}")));
    }
    Ok(())
}
