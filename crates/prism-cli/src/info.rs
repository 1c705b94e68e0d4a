//! `prism info`: what a graph looks like.

use crate::args::InfoArgs;
use crate::exit::Failure;
use crate::{input, output};
use prism_core::bounds;
use prism_solver::components;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Serialize)]
struct Info {
    format: String,
    vertices: usize,
    edges: usize,
    density: f64,
    min_degree: usize,
    average_degree: f64,
    max_degree: usize,
    degeneracy: u32,
    components: usize,
    largest_component: usize,
    bipartite: bool,
    duplicate_edges: u64,
    self_loops: u64,
}

/// Prints the description.
pub fn run(args: &InfoArgs) -> Result<ExitCode, Failure> {
    let loaded = input::load(&args.graph, true)?;
    let graph = &loaded.graph;
    let parts = components(graph);
    let info = Info {
        format: loaded.format.to_string(),
        vertices: graph.n(),
        edges: graph.m(),
        density: graph.density(),
        min_degree: graph.vertices().map(|v| graph.degree(v)).min().unwrap_or(0),
        average_degree: 2.0 * graph.m() as f64 / graph.n().max(1) as f64,
        max_degree: graph.max_degree(),
        degeneracy: bounds::degeneracy(graph).degeneracy,
        components: parts.len(),
        largest_component: parts.iter().next().map_or(0, <[u32]>::len),
        bipartite: matches!(bounds::bipartition(graph), bounds::Bipartition::Colors(_)),
        duplicate_edges: loaded.cleanup.duplicates,
        self_loops: loaded.cleanup.self_loops,
    };
    if args.json {
        return output::json(&info);
    }
    output::stdout(|out| {
        writeln!(out, "format             {}", info.format)?;
        writeln!(out, "vertices           {}", info.vertices)?;
        writeln!(out, "edges              {}", info.edges)?;
        writeln!(out, "density            {:.4}", info.density)?;
        writeln!(
            out,
            "degrees            {} to {}, {:.1} on average",
            info.min_degree, info.max_degree, info.average_degree
        )?;
        writeln!(out, "degeneracy         {}", info.degeneracy)?;
        writeln!(
            out,
            "components         {}, the largest of {} vertices",
            info.components, info.largest_component
        )?;
        writeln!(out, "bipartite          {}", if info.bipartite { "yes" } else { "no" })?;
        writeln!(out, "merged duplicates  {}", info.duplicate_edges)?;
        writeln!(out, "dropped loops      {}", info.self_loops)
    })
}
