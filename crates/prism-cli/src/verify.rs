//! `prism verify`: checks a colouring against a graph.

use crate::args::VerifyArgs;
use crate::exit::{self, Failure};
use crate::{input, output};
use prism_core::io;
use std::process::ExitCode;

/// Prints the verdict; exit code 1 for an improper colouring.
pub fn run(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let loaded = input::load(&args.graph, false)?;
    let labels = loaded.labels.as_ref();
    let coloring = io::read_coloring_path(&args.coloring, loaded.graph.n(), labels)?;
    match coloring.verify(&loaded.graph) {
        Ok(()) => output::stdout(|out| writeln!(out, "proper, {} colours", coloring.num_colors())),
        Err(violation) => {
            output::stdout(|out| writeln!(out, "improper: {violation}"))?;
            Ok(ExitCode::from(exit::NO))
        }
    }
}
