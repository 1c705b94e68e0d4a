//! `prism generate`: graphs by rule or by seed.

use crate::args::{GenerateArgs, Kind};
use crate::failure::Failure;
use crate::output::Output;
use crate::plan::graph_format;
use prism_core::generate;
use prism_core::io::write_graph;

/// Generates and writes a graph.
pub fn run(args: &GenerateArgs) -> Result<u8, Failure> {
    let output = Output::new(args.output.clone());
    let format = graph_format(args.format, output.path())?;
    let seed = args.seed;
    let wrong = |error: generate::GenerateError| Failure::Usage(error.to_string());
    let mut graph = match args.kind {
        Kind::Gnp { n, p } => generate::gnp(n, p, seed),
        Kind::Geometric { n, radius } => generate::geometric(n, radius, seed),
        Kind::Flat { n, parts, p } => generate::flat(n, parts, p, seed),
        Kind::Leighton { n, k, edges } => generate::leighton(n, k, edges, seed),
        Kind::Queens { rows, columns } => generate::queens(rows, columns.unwrap_or(rows)),
        Kind::Mycielski { k } => generate::mycielski(k),
        Kind::Grid3d { x, y, z } => generate::grid3d(x, y, z),
        Kind::Rmat { scale, edge_factor } => generate::rmat(scale, edge_factor, seed),
    }
    .map_err(wrong)?;
    if args.complement {
        graph = generate::complement(&graph);
    }
    if args.permute {
        graph = generate::permute(&graph, seed).map_err(wrong)?;
    }
    output.write(|out| write_graph(out, &graph, None, format))?;
    Ok(0)
}
