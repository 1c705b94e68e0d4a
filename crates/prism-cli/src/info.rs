//! `prism info`: what a graph file holds.

use crate::args::QueryArgs;
use crate::failure::Failure;
use crate::input::{read_graph, require_memory};
use crate::output::Output;
use crate::{fields, histogram};
use prism_core::bounds::{Bipartition, bipartition, degeneracy};
use prism_solver::components;
use serde::Serialize;

#[derive(Serialize)]
struct Info {
    file: String,
    format: &'static str,
    vertices: usize,
    edges: usize,
    density: f64,
    min_degree: usize,
    mean_degree: f64,
    max_degree: usize,
    isolated_vertices: usize,
    degeneracy: u32,
    components: usize,
    largest_component: usize,
    bipartite: bool,
    named_vertices: bool,
    merged_edges: u64,
    dropped_self_loops: u64,
    notes: Vec<String>,
    /// The degrees that occur, in order, and how many vertices have each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    degree_histogram: Vec<Degree>,
}

#[derive(Clone, Copy, Serialize)]
struct Degree {
    degree: usize,
    vertices: usize,
}

/// Prints the figures, one a line or as one JSON object.
pub fn run(args: &QueryArgs) -> Result<u8, Failure> {
    let loaded = read_graph(&args.input)?;
    let graph = &loaded.graph;
    require_memory(&args.input, 32 * graph.n() as u64)?;
    let degrees = || graph.vertices().map(|v| graph.degree(v));
    let parts = components(graph);
    let info = Info {
        file: args.input.file.display().to_string(),
        format: loaded.format.name(),
        vertices: graph.n(),
        edges: graph.m(),
        density: graph.density(),
        min_degree: degrees().min().unwrap_or(0),
        mean_degree: 2.0 * graph.m() as f64 / graph.n().max(1) as f64,
        max_degree: graph.max_degree(),
        isolated_vertices: degrees().filter(|&d| d == 0).count(),
        degeneracy: degeneracy(graph).degeneracy,
        components: parts.len(),
        largest_component: parts.iter().next().map_or(0, <[u32]>::len),
        bipartite: matches!(bipartition(graph), Bipartition::Colors(_)),
        named_vertices: loaded.labels.is_some(),
        merged_edges: loaded.cleanup.duplicates,
        dropped_self_loops: loaded.cleanup.self_loops,
        notes: loaded.notes.iter().map(ToString::to_string).collect(),
        degree_histogram: histogram::count(degrees())
            .into_iter()
            .map(|(degree, vertices)| Degree { degree, vertices })
            .collect(),
    };
    Output::Stdout.write(|out| {
        if args.json {
            return fields::write(out, &info, true);
        }
        // A person gets it drawn.
        let counts: Vec<_> =
            info.degree_histogram.iter().map(|row| (row.degree, row.vertices)).collect();
        fields::write(out, &Info { degree_histogram: Vec::new(), ..info }, false)?;
        histogram::draw(out, "degree", "vertices", &counts)
    })?;
    Ok(0)
}
