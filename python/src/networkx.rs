//! Greedy colouring as NetworkX does it: the same order of vertices, and so the same colours.
//!
//! Where an order of NetworkX depends on how its sets lie in memory (`smallest_last`, `independent_set`) or on
//! chance (`random_sequential`), an order that needs no more colours takes its place.

use crate::failure;
use crate::graph::PyGraph;
use crate::wait::without_gil;
use prism_core::{Coloring, Graph};
use prism_cpu::construct::ConstructError;
use prism_cpu::dsatur::dsatur_weighted;
use prism_cpu::greedy::{Order, greedy_in};
use prism_cpu::independent_sets::independent_sets;
use prism_cpu::kempe::greedy_with_interchange;
use prism_cpu::ranking::Ranking;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PySet};
use std::sync::atomic::{AtomicBool, Ordering};

/// Orders of which the best colouring is kept where NetworkX leaves the order open.
const TRIES: u64 = 3;
/// Edges of a graph from which one order has to do.
const LARGE: usize = 1 << 22;

/// The colouring of a graph by a strategy of NetworkX, under its name there. It is a dict in the order that
/// NetworkX would fill it.
///
/// # Errors
/// `ValueError` for a name that is no strategy, and what a signal raises.
#[pyfunction]
pub fn greedy<'py>(
    graph: &Bound<'py, PyGraph>,
    strategy: &str,
    interchange: bool,
    seed: u64,
) -> PyResult<Bound<'py, PyDict>> {
    let (py, graph) = (graph.py(), graph.get());
    let stop = AtomicBool::new(false);
    let pulled = || stop.store(true, Ordering::Relaxed);
    let orders: Vec<Vec<u32>> = match strategy {
        "largest_first" => vec![largest_first(graph)],
        "random_sequential" => {
            let order = |nth| Order::Random.of(&graph.graph, seed.wrapping_add(nth << 32));
            (0..tries(graph)).map(order).collect()
        }
        "smallest_last" => {
            let both = [false, true].into_iter().take(tries(graph) as usize);
            py.detach(|| both.map(|back| smallest_last(&graph.graph, back)).collect())
        }
        "connected_sequential" | "connected_sequential_bfs" => {
            vec![connected(py, graph, breadth_first)?]
        }
        "connected_sequential_dfs" => vec![connected(py, graph, depth_first)?],
        "saturation_largest_first" | "DSATUR" => {
            let work = || dsatur_weighted(&graph.graph, &degrees(graph), &stop);
            let found = without_gil(py, pulled, work)?.ok_or(ConstructError::TooManyColors);
            let (found, order) = found.map_err(failure::of_construction)?;
            return in_order(py, graph, &found, order);
        }
        "independent_set" => {
            let rankings = [Ranking::SMALLEST, Ranking::LARGEST, Ranking::SCATTERED[0]];
            let rankings = rankings.into_iter().take(tries(graph) as usize);
            let one = |ranking| independent_sets(&graph.graph, ranking, &stop);
            let all = || rankings.map(one).collect::<Result<Vec<_>, _>>();
            let all = without_gil(py, pulled, all)?.map_err(failure::of_construction)?;
            let best = all.into_iter().min_by_key(Coloring::num_colors).unwrap_or_default();
            let mut order: Vec<u32> = graph.graph.vertices().collect();
            order.sort_by_key(|&v| best.colors()[v as usize]);
            return in_order(py, graph, &best, order);
        }
        other => return Err(failure::value(format!("there is no strategy called {other}"))),
    };
    let tried = without_gil(py, pulled, || {
        let one = |order: Vec<u32>| {
            let found = match interchange {
                true => greedy_with_interchange(&graph.graph, &order, &stop),
                false => greedy_in(&graph.graph, &order),
            };
            found.map(|found| (found, order))
        };
        let all: Result<Vec<_>, _> = orders.into_iter().map(one).collect();
        all.map(|all| all.into_iter().min_by_key(|(found, _)| found.num_colors()))
    })?;
    match tried.map_err(failure::of_construction)? {
        // With interchange the colours of many are touched again, and NetworkX fills its dict at the end.
        Some((found, _)) if interchange => in_order(py, graph, &found, graph.graph.vertices()),
        Some((found, order)) => in_order(py, graph, &found, order),
        None => Ok(PyDict::new(py)),
    }
}

/// A colouring, verified, as a dict with the vertices in this order.
fn in_order<'py>(
    py: Python<'py>,
    graph: &PyGraph,
    found: &Coloring,
    order: impl IntoIterator<Item = u32>,
) -> PyResult<Bound<'py, PyDict>> {
    if let Err(wrong) = py.detach(|| found.verify(&graph.graph)) {
        return Err(failure::internal(&wrong.to_string()));
    }
    let dict = PyDict::new(py);
    for v in order {
        dict.set_item(graph.node(py, v)?, found.colors()[v as usize])?;
    }
    Ok(dict)
}

/// How many orders are tried.
fn tries(graph: &PyGraph) -> u64 {
    if graph.graph.m() < LARGE { TRIES } else { 1 }
}

/// Smallest degree last, with ties by the numbers of the vertices, or by these backwards.
fn smallest_last(graph: &Graph<'_>, back: bool) -> Vec<u32> {
    if !back {
        return Order::SmallestLast.of(graph, 0);
    }
    let names: Vec<u32> = graph.vertices().rev().collect();
    let renamed = Order::SmallestLast.of(&graph.induced(&names), 0);
    renamed.into_iter().map(|v| names[v as usize]).collect()
}

/// Degrees as NetworkX counts them.
fn degrees(graph: &PyGraph) -> Vec<u32> {
    let plain = || graph.graph.vertices().map(|v| graph.graph.degree(v) as u32).collect();
    graph.degrees.clone().unwrap_or_else(plain)
}

/// Largest degree first; vertices of one degree stay in order.
fn largest_first(graph: &PyGraph) -> Vec<u32> {
    match &graph.degrees {
        None => Order::LargestFirst.of(&graph.graph, 0),
        Some(degrees) => {
            let mut order: Vec<u32> = graph.graph.vertices().collect();
            order.sort_by_key(|&v| std::cmp::Reverse(degrees[v as usize]));
            order
        }
    }
}

/// Component by component, each in the order of `walk` from the vertex that comes first in a Python set of its
/// nodes. That set is filled as `networkx.connected_components` fills it: how it lies in memory depends on the
/// order.
fn connected(
    py: Python<'_>,
    graph: &PyGraph,
    walk: fn(&Rows<'_>, u32, &mut [bool], &mut Vec<u32>),
) -> PyResult<Vec<u32>> {
    let rows = Rows::of(graph)?;
    let index = graph.index(py)?;
    let n = graph.graph.n();
    let (mut reached, mut visited) = (vec![false; n], vec![false; n]);
    let mut order = Vec::with_capacity(n);
    for start in graph.graph.vertices() {
        if reached[start as usize] {
            continue;
        }
        let mut component = Vec::new();
        breadth_first(&rows, start, &mut reached, &mut component);
        let set = PySet::empty(py)?;
        for &v in &component {
            set.add(graph.node(py, v)?)?;
        }
        let first = set.try_iter()?.next().transpose()?;
        let first = first.map(|node| index.find(&node)).transpose()?.flatten();
        let source = first.ok_or_else(|| failure::internal("a component without a vertex"))?;
        walk(&rows, source, &mut visited, &mut order);
    }
    Ok(order)
}

/// Neighbours in the order in which NetworkX lists them.
struct Rows<'g> {
    graph: &'g Graph<'static>,
    listed: &'g [u32],
}

impl<'g> Rows<'g> {
    fn of(graph: &'g PyGraph) -> PyResult<Self> {
        let listed = graph.listed.as_deref();
        let listed = listed.ok_or_else(|| failure::internal("the order of rows was not kept"))?;
        Ok(Self { graph: &graph.graph, listed })
    }

    fn of_vertex(&self, v: u32) -> &'g [u32] {
        let ends = self.graph.csr().0;
        &self.listed[ends[v as usize] as usize..ends[v as usize + 1] as usize]
    }
}

/// Appends the vertices that are reached from `source`, level by level.
fn breadth_first(rows: &Rows<'_>, source: u32, visited: &mut [bool], order: &mut Vec<u32>) {
    let mut next = order.len();
    visited[source as usize] = true;
    order.push(source);
    while let Some(&v) = order.get(next) {
        next += 1;
        for &u in rows.of_vertex(v) {
            if !std::mem::replace(&mut visited[u as usize], true) {
                order.push(u);
            }
        }
    }
}

/// Appends the vertices that are reached from `source`, each followed by what is reached from it.
fn depth_first(rows: &Rows<'_>, source: u32, visited: &mut [bool], order: &mut Vec<u32>) {
    let mut stack = vec![rows.of_vertex(source).iter()];
    visited[source as usize] = true;
    order.push(source);
    while let Some(children) = stack.last_mut() {
        match children.find(|&&u| !visited[u as usize]) {
            Some(&u) => {
                visited[u as usize] = true;
                order.push(u);
                stack.push(rows.of_vertex(u).iter());
            }
            None => {
                stack.pop();
            }
        }
    }
}

/// Whether no edge has two ends of one colour, by any colours that a dict may hold. A loop is an edge whose ends
/// have one colour.
///
/// # Errors
/// `KeyError` for an end without a colour, as in NetworkX.
#[pyfunction]
pub fn is_coloring(graph: &Bound<'_, PyGraph>, coloring: &Bound<'_, PyAny>) -> PyResult<bool> {
    let (py, graph) = (graph.py(), graph.get());
    let numbers = PyDict::new(py);
    let mut colors: Vec<u32> = vec![0; graph.graph.n()];
    for v in graph.graph.vertices().filter(|&v| graph.graph.degree(v) > 0) {
        let color = coloring.get_item(graph.node(py, v)?)?;
        let number = match numbers.get_item(&color)? {
            Some(number) => number.extract()?,
            None => {
                let number = numbers.len() as u32;
                numbers.set_item(&color, number)?;
                number
            }
        };
        colors[v as usize] = number;
    }
    let differ = |(u, v): (u32, u32)| colors[u as usize] != colors[v as usize];
    Ok(graph.repaired.1 == 0 && py.detach(|| graph.graph.edges().all(differ)))
}
