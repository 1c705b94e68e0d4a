//! `prism bounds`: how few colours can do, and how many always do, without colouring.

use crate::args::BoundsArgs;
use crate::failure::Failure;
use crate::input::{note_repairs, read_graph};
use crate::output::Output;
use crate::report;
use prism_core::bounds::{self, Bipartition, Effort};
use serde::Serialize;
use std::sync::atomic::AtomicBool;

#[derive(Serialize)]
struct Bounds {
    file: String,
    lower_bound: usize,
    proof: &'static str,
    upper_bound: usize,
    clique_size: usize,
    degeneracy_bound: usize,
    welsh_powell_bound: usize,
    brooks_bound: usize,
    chromatic_number: Option<usize>,
    /// Vertices of the clique or of the odd cycle, as the file calls them.
    witness: Vec<String>,
}

/// Prints the bounds, one a line or as one JSON object.
pub fn run(args: &BoundsArgs) -> Result<u8, Failure> {
    let loaded = read_graph(&args.query.input)?;
    if !args.quiet {
        note_repairs(&args.query.input.file, &loaded);
    }
    let graph = &loaded.graph;
    let order = bounds::degeneracy(graph);
    let upper = bounds::upper(graph, &order);
    let effort =
        Effort { work: args.work.saturating_mul(1_000_000), seed: args.seed, enough: upper.best() };
    let clique = bounds::clique(graph, &order, &effort, &AtomicBool::new(false));
    let mut bounds = Bounds {
        file: args.query.input.file.display().to_string(),
        lower_bound: clique.len(),
        proof: "clique",
        upper_bound: upper.best(),
        clique_size: clique.len(),
        degeneracy_bound: upper.degeneracy,
        welsh_powell_bound: upper.welsh_powell,
        brooks_bound: upper.brooks,
        chromatic_number: None,
        witness: Vec::new(),
    };
    let mut witness = clique;
    if bounds.lower_bound <= 2 {
        match bounds::bipartition(graph) {
            Bipartition::Colors(_) => bounds.upper_bound = bounds.lower_bound,
            Bipartition::OddCycle(cycle) => {
                (bounds.lower_bound, bounds.proof, witness) = (3, "odd cycle", cycle);
            }
        }
    }
    let names = crate::precolor::Names::new(&loaded);
    bounds.witness = witness.iter().map(|&v| names.name(v)).collect();
    let met = bounds.lower_bound == bounds.upper_bound;
    bounds.chromatic_number = met.then_some(bounds.lower_bound);
    Output::Stdout.write(|out| report::object(out, &bounds, args.query.json))?;
    Ok(0)
}
