//! Graphs made of NumPy's arrays: lists of edges, and adjacency matrices in compressed rows.
//!
//! The Python files of the package see to what arrays look like: contiguous, in the byte order of the machine,
//! of the types named here. What they hold is checked here.

use crate::failure;
use crate::graph::{PyGraph, check_vertices};
use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use prism_core::{Cleanup, Graph, GraphError};
use pyo3::prelude::*;

/// A graph from an (m, 2) array of edges over the vertices 0 to n - 1; without n, up to the largest that is
/// named.
///
/// # Errors
/// `ValueError` for a vertex outside them, with the number of the row.
#[pyfunction]
#[pyo3(signature = (edges, num_vertices=None))]
pub fn from_edges(
    py: Python<'_>,
    edges: PyReadonlyArray2<'_, i64>,
    num_vertices: Option<usize>,
) -> PyResult<PyGraph> {
    let flat = edges.as_slice()?;
    let built = py.detach(|| {
        let largest = flat.iter().copied().max().unwrap_or(-1);
        let n = num_vertices.unwrap_or(usize::try_from(largest + 1).unwrap_or(0));
        check_vertices(n)?;
        let outside = |end: &i64| usize::try_from(*end).map_or(true, |v| v >= n);
        if let Some(at) = flat.iter().position(outside) {
            let (row, end) = (at / 2, flat[at]);
            return Err(failure::value(match end {
                ..0 => format!("edge {row} names vertex {end}; vertices are numbers from 0"),
                _ => format!("edge {row} names vertex {end}, which is outside 0..{n}"),
            }));
        }
        let pairs: Vec<(u32, u32)> =
            flat.chunks_exact(2).map(|ends| (ends[0] as u32, ends[1] as u32)).collect();
        Graph::from_edges(n, &pairs).map_err(failure::of_graph)
    });
    let (graph, Cleanup { duplicates, self_loops }) = built?;
    Ok(PyGraph::numbered(graph, 0, (duplicates, self_loops)))
}

/// The columns of the entries.
#[derive(FromPyObject)]
pub enum Columns<'py> {
    /// 32 bits wide.
    Narrow(PyReadonlyArray1<'py, i32>),
    /// 64 bits wide.
    Wide(PyReadonlyArray1<'py, i64>),
}

/// A graph from the rows of a square matrix: each entry is an edge. Where every row is sorted, without
/// repeated entries and without the diagonal, the columns are 32 bits wide, and the matrix is symmetric, it is
/// read where it is; otherwise its columns are copied.
///
/// # Errors
/// `ValueError` for arrays that are no such rows, and for a matrix that is not symmetric, unless `symmetrize`.
#[pyfunction]
pub fn from_csr(
    py: Python<'_>,
    ends: PyReadonlyArray1<'_, i64>,
    columns: Columns<'_>,
    symmetrize: bool,
) -> PyResult<PyGraph> {
    let offsets: Vec<u64> = check_offsets(ends.as_slice()?, columns.len())?;
    check_vertices(offsets.len() - 1)?;
    if let Columns::Narrow(array) = &columns {
        let used = &array.as_slice()?[..offsets[offsets.len() - 1] as usize];
        if let Some(graph) = borrowed(py, &offsets, used) {
            let owner = (**array).clone().into_any().unbind();
            return Ok(PyGraph { owner: Some(owner), ..PyGraph::numbered(graph, 0, (0, 0)) });
        }
    }
    match &columns {
        Columns::Narrow(array) => copied(py, &offsets, array.as_slice()?, symmetrize),
        Columns::Wide(array) => copied(py, &offsets, array.as_slice()?, symmetrize),
    }
}

impl Columns<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Narrow(array) => array.len().unwrap_or(0),
            Self::Wide(array) => array.len().unwrap_or(0),
        }
    }
}

/// Checks where the rows end.
fn check_offsets(ends: &[i64], columns: usize) -> PyResult<Vec<u64>> {
    let in_order = ends.first() == Some(&0) && ends.windows(2).all(|w| w[0] <= w[1]);
    let within = ends.last().is_some_and(|&end| end as usize <= columns);
    if !in_order || !within {
        return Err(failure::value(format!(
            "indptr must start at 0, never decrease and end at {columns} or before, the length of \
             indices"
        )));
    }
    Ok(ends.iter().map(|&end| end as u64).collect())
}

/// The graph that reads its neighbours from the array of the caller, if they are as PRISM has them.
#[allow(unsafe_code)]
fn borrowed(py: Python<'_>, offsets: &[u64], columns: &[i32]) -> Option<Graph<'static>> {
    let columns: &[u32] = bytemuck::cast_slice(columns);
    // SAFETY: the array is one allocation that lives as long as its Python object, which the `PyGraph` holds on
    // to beside the graph, and so does every thread that works on it (see `solver.rs`). Its values are not
    // changed meanwhile: the caller is told not to, as with every function of NumPy that works without the GIL.
    let columns: &'static [u32] =
        unsafe { std::slice::from_raw_parts(columns.as_ptr(), columns.len()) };
    // Negative numbers are large ones here, and outside the graph.
    py.detach(|| Graph::from_csr(offsets.to_vec(), columns).ok())
}

/// The graph of any rows.
fn copied<T: Copy + Into<i64> + Sync>(
    py: Python<'_>,
    offsets: &[u64],
    columns: &[T],
    symmetrize: bool,
) -> PyResult<PyGraph> {
    let n = offsets.len() - 1;
    py.detach(|| {
        let mut narrow = Vec::with_capacity(offsets[n] as usize);
        for u in 0..n {
            for &column in &columns[offsets[u] as usize..offsets[u + 1] as usize] {
                let v: i64 = column.into();
                if !(0..n as i64).contains(&v) {
                    return Err(failure::value(format!(
                        "row {u} has an entry in column {v}, which is outside 0..{n}"
                    )));
                }
                narrow.push(v as u32);
            }
        }
        // Most matrices are as PRISM has them, but for the width of their indices.
        if let Ok(graph) = Graph::from_csr(offsets, &*narrow) {
            return Ok(PyGraph::numbered(graph.into_owned(), 0, (0, 0)));
        }
        let row = |u: usize| narrow[offsets[u] as usize..offsets[u + 1] as usize].iter();
        let mut arcs: Vec<(u32, u32)> =
            (0..n).flat_map(|u| row(u).map(move |&v| (u as u32, v))).collect();
        arcs.sort_unstable();
        let all = arcs.len();
        arcs.dedup();
        let repeated = (all - arcs.len()) as u64;
        if !symmetrize {
            let lonely = |&&(u, v): &&(u32, u32)| arcs.binary_search(&(v, u)).is_err();
            if let Some(&(u, v)) = arcs.iter().find(lonely) {
                return Err(failure::value(format!(
                    "the matrix is not symmetric: it has an entry at ({u}, {v}) and none at ({v}, \
                     {u}). symmetrize=True colours the graph of A + A.T. To compress the columns \
                     or rows of a Jacobian is another problem, which color_matrix is to solve in a \
                     later release"
                )));
            }
        }
        let (graph, cleanup) = Graph::from_edges(n, &arcs).map_err(|error| match error {
            GraphError::OutOfMemory(_) => failure::of_graph(error),
            other => failure::internal(&other.to_string()),
        })?;
        Ok(PyGraph::numbered(graph, 0, (repeated, cleanup.self_loops)))
    })
}

/// Colours as an array for Python, wide enough to count with.
pub fn color_array<'py>(py: Python<'py>, colors: &[u16]) -> Bound<'py, PyArray1<i32>> {
    PyArray1::from_iter(py, colors.iter().map(|&color| i32::from(color)))
}
