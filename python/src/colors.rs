//! What callers say about colours: a colouring, given colours, lists of allowed ones.

use crate::failure;
use crate::found::Found;
use crate::graph::PyGraph;
use prism_core::{Color, Coloring, MAX_COLORS, SizeRule};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// A colour, as a number of any type of integers.
fn color(graph: &PyGraph, v: u32, value: &Bound<'_, PyAny>) -> PyResult<Color> {
    let py = value.py();
    let number = value.call_method0("__index__").map_err(|_| {
        let told = graph.in_words(py, |naming| {
            let kind = value.get_type().name().map_or("?".to_owned(), |kind| kind.to_string());
            format!("vertex {}: expected a colour, an integer, not {kind}", naming.name(v))
        });
        told.map_or_else(|error| error, pyo3::exceptions::PyTypeError::new_err)
    })?;
    let known = number.extract::<i64>().ok().and_then(|number| Color::try_from(number).ok());
    known.filter(|&color| usize::from(color) < MAX_COLORS).ok_or_else(|| {
        let told = graph.in_words(py, |naming| {
            let most = MAX_COLORS - 1;
            let name = naming.name(v);
            format!("vertex {name}: expected a colour from 0 to {most}, not {number}")
        });
        told.map_or_else(|error| error, failure::value)
    })
}

/// The vertex that is a key of a dict.
fn vertex<'py>(index: &crate::graph::Index<'py>, node: &Bound<'py, PyAny>) -> PyResult<u32> {
    match index.find(node)? {
        Some(v) => Ok(v),
        None => Err(failure::value(format!("{} is no vertex of the graph", node.repr()?))),
    }
}

/// Given colours, from a dict from nodes.
///
/// # Errors
/// `ValueError` and `TypeError` for what is no vertex and no colour.
pub fn given(graph: &PyGraph, colors: &Bound<'_, PyDict>) -> PyResult<Vec<(u32, Color)>> {
    let index = graph.index(colors.py())?;
    let one = |(node, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let v = vertex(&index, &node)?;
        Ok((v, color(graph, v, &value)?))
    };
    colors.iter().map(one).collect()
}

/// Lists of allowed colours, from a dict from nodes.
///
/// # Errors
/// As [`given`].
pub fn allowed(graph: &PyGraph, lists: &Bound<'_, PyDict>) -> PyResult<Vec<(u32, Vec<Color>)>> {
    let index = graph.index(lists.py())?;
    let one = |(node, list): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let v = vertex(&index, &node)?;
        let colors = list.try_iter()?.map(|value| color(graph, v, &value?));
        Ok((v, colors.collect::<PyResult<_>>()?))
    };
    lists.iter().map(one).collect()
}

/// A colouring of all vertices: what was found before, a dict from nodes, or one colour a vertex in their order.
///
/// # Errors
/// As [`given`], and for a vertex without a colour.
pub fn whole(graph: &PyGraph, coloring: &Bound<'_, PyAny>) -> PyResult<Coloring> {
    if let Ok(found) = coloring.cast::<Found>() {
        return Ok(found.get().outcome.coloring.clone());
    }
    let n = graph.graph.n();
    let mut colors = vec![Color::MAX; n];
    if let Ok(dict) = coloring.cast::<PyDict>() {
        for (v, color) in given(graph, dict)? {
            colors[v as usize] = color;
        }
        return Ok(Coloring::from_colors(colors));
    }
    let mut count = 0;
    for value in coloring.try_iter()? {
        if count < n {
            colors[count] = color(graph, count as u32, &value?)?;
        }
        count += 1;
    }
    if count != n {
        return Err(failure::value(format!("{count} colours for {n} vertices")));
    }
    Ok(Coloring::from_colors(colors))
}

/// Checks a colouring and gives its number of colours.
///
/// # Errors
/// `ValueError` that names the first two neighbours of one colour, or the first vertex without one, or classes
/// whose sizes are not as asked for.
#[pyfunction]
#[pyo3(signature = (graph, coloring, equitable, max_class_size=None))]
pub fn verify(
    graph: &Bound<'_, PyGraph>,
    coloring: &Bound<'_, PyAny>,
    equitable: bool,
    max_class_size: Option<usize>,
) -> PyResult<usize> {
    let (py, graph) = (graph.py(), graph.get());
    let coloring = whole(graph, coloring)?;
    let rule = SizeRule { equitable, most: max_class_size };
    match py.detach(|| coloring.verify(&graph.graph)) {
        Ok(()) => match rule.check(&coloring) {
            Ok(()) => Ok(coloring.num_colors()),
            Err(wrong) => Err(failure::value(wrong.to_string())),
        },
        Err(wrong) => {
            let told = graph.in_words(py, |naming| naming.describe_violation(&wrong))?;
            Err(failure::value(told))
        }
    }
}
