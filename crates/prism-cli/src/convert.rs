//! `prism convert`: reads a graph in one format and writes it in another.

use crate::args::ConvertArgs;
use crate::exit::Failure;
use crate::{input, output};
use prism_core::io;
use std::process::ExitCode;

/// Rewrites a graph.
pub fn run(args: &ConvertArgs) -> Result<ExitCode, Failure> {
    let loaded = input::load(&args.graph, false)?;
    let format = output::graph_format(args.to, Some(&args.output));
    output::file_or_stdout(Some(&args.output), |out| {
        io::write_graph(out, &loaded.graph, loaded.labels.as_ref(), format)
    })
}
