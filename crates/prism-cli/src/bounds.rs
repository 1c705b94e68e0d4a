//! `prism bounds`: how many colours it takes at least, and how many always do.

use crate::args::BoundsArgs;
use crate::failure::Failure;
use crate::input::{note_repairs, read_graph};
use crate::output::Output;
use crate::report::object;
use prism_solver::{BoundsOptions, bounds};
use serde::Serialize;

#[derive(Serialize)]
struct Report {
    file: String,
    lower_bound: usize,
    proof: String,
    upper_bound: usize,
    clique_size: usize,
    degeneracy_bound: usize,
    welsh_powell_bound: usize,
    brooks_bound: usize,
    dsatur_bound: Option<usize>,
    chromatic_number: Option<usize>,
    /// The vertices that the proof is about, as the file calls them; none for exhaustive search.
    witness: Vec<String>,
}

/// Prints the bounds, one a line or as one JSON object.
pub fn run(args: &BoundsArgs) -> Result<u8, Failure> {
    Output::Stdout.check()?;
    let loaded = read_graph(&args.query.input)?;
    if !args.quiet {
        note_repairs(&args.query.input.file, &loaded);
    }
    let options = BoundsOptions {
        work: args.work.saturating_mul(1_000_000),
        seed: args.seed,
        ..BoundsOptions::default()
    };
    let found = bounds(&loaded.graph, &options);
    let report = Report {
        file: args.query.input.file.display().to_string(),
        lower_bound: found.lower,
        proof: found.proof.to_string(),
        upper_bound: found.upper,
        clique_size: found.clique.len(),
        degeneracy_bound: found.degrees.degeneracy,
        welsh_powell_bound: found.degrees.welsh_powell,
        brooks_bound: found.degrees.brooks,
        dsatur_bound: found.dsatur,
        chromatic_number: found.chromatic_number(),
        witness: found.witness.iter().map(|&v| loaded.vertex_name(v)).collect(),
    };
    Output::Stdout.write(|out| object(out, &report, args.query.json))?;
    Ok(0)
}
