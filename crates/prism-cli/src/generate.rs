//! `prism generate`: makes a graph and writes it.

use crate::args::{GenerateArgs, GraphKind};
use crate::exit::Failure;
use crate::output;
use prism_core::generate::{self, GenerateError};
use prism_core::{Graph, io};
use std::process::ExitCode;

/// Makes the graph that was asked for.
pub fn run(args: &GenerateArgs) -> Result<ExitCode, Failure> {
    let graph = make(args).map_err(|error| Failure::Usage(error.to_string()))?;
    let format = output::graph_format(args.to, args.output.as_deref());
    output::file_or_stdout(args.output.as_deref(), |out| io::write_graph(out, &graph, None, format))
}

fn make(args: &GenerateArgs) -> Result<Graph<'static>, GenerateError> {
    let seed = args.seed;
    let mut graph = match args.kind {
        GraphKind::Queens { rows, columns } => generate::queens(rows, columns.unwrap_or(rows))?,
        GraphKind::Mycielski { k } => generate::mycielski(k)?,
        GraphKind::Gnp { n, p } => generate::gnp(n, p, seed)?,
        GraphKind::Geometric { n, radius } => generate::geometric(n, radius, seed)?,
        GraphKind::Flat { n, k, p } => generate::flat(n, k, p, seed)?,
        GraphKind::Leighton { n, k, edges } => generate::leighton(n, k, edges, seed)?,
        GraphKind::Grid { x, y, z } => generate::grid3d(x, y, z)?,
        GraphKind::Rmat { scale, edge_factor } => generate::rmat(scale, edge_factor, seed)?,
    };
    if args.complement {
        graph = generate::complement(&graph);
    }
    if args.permute {
        graph = generate::permute(&graph, seed)?;
    }
    Ok(graph)
}
