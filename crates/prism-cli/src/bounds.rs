//! `prism bounds`: how many colours are needed at least and at most.

use crate::args::BoundsArgs;
use crate::exit::Failure;
use crate::{input, output};
use prism_solver::Solver;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Serialize)]
struct Bounds {
    lower: usize,
    upper: usize,
    optimal: bool,
    /// Vertices of the clique, counted from 0.
    clique: Vec<u32>,
}

/// Prints the bounds that need no search: a clique and a greedy colouring.
pub fn run(args: &BoundsArgs) -> Result<ExitCode, Failure> {
    let loaded = input::load(&args.graph, args.json)?;
    let solver = Solver::builder(&loaded.graph).move_limit(0).build();
    let outcome = solver.map_err(|error| Failure::Input(error.to_string()))?.run();
    outcome.coloring.verify(&loaded.graph).map_err(Failure::Improper)?;
    let bounds = Bounds {
        lower: outcome.lower_bound,
        upper: outcome.num_colors(),
        optimal: outcome.is_optimal(),
        clique: outcome.clique,
    };
    if args.json {
        return output::json(&bounds);
    }
    output::stdout(|out| {
        writeln!(out, "at least  {}", bounds.lower)?;
        writeln!(out, "at most   {}", bounds.upper)?;
        writeln!(out, "clique    {} vertices", bounds.clique.len())?;
        writeln!(out, "optimal   {}", if bounds.optimal { "yes" } else { "not proved" })
    })
}
