//! `prism bounds`: how many colours it takes at least, and how many always do.
//!
//! Below, from the cheapest proof to the dearest: a clique, an odd cycle, a generalised
//! Mycielskian, exhaustive search. Above: degrees, and the colouring of DSATUR. Each is tried only
//! while the bounds have not met.

use crate::args::BoundsArgs;
use crate::failure::Failure;
use crate::input::{note_repairs, read_graph};
use crate::output::Output;
use crate::report;
use prism_core::bounds::{self, Bipartition, Effort};
use prism_cpu::dsatur::dsatur;
use prism_cpu::exact::raise_lower_bound;
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
    dsatur_bound: Option<usize>,
    chromatic_number: Option<usize>,
    /// The vertices that the proof is about, as the file calls them; none for exhaustive search.
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
    let stop = AtomicBool::new(false);
    let dsatur_bound = dsatur(graph, &stop).map(|coloring| coloring.num_colors());
    let upper_bound = dsatur_bound.map_or(upper.best(), |dsatur| dsatur.min(upper.best()));
    let effort =
        Effort { work: args.work.saturating_mul(1_000_000), seed: args.seed, enough: upper_bound };
    let clique = bounds::clique(graph, &order, &effort, &stop);
    let mut bounds = Bounds {
        file: args.query.input.file.display().to_string(),
        lower_bound: clique.len(),
        proof: "clique",
        upper_bound,
        clique_size: clique.len(),
        degeneracy_bound: upper.degeneracy,
        welsh_powell_bound: upper.welsh_powell,
        brooks_bound: upper.brooks,
        dsatur_bound,
        chromatic_number: None,
        witness: Vec::new(),
    };
    let mut witness = clique.clone();
    if bounds.lower_bound <= 2 {
        match bounds::bipartition(graph) {
            Bipartition::Colors(_) => bounds.upper_bound = bounds.lower_bound,
            Bipartition::OddCycle(cycle) => {
                (bounds.lower_bound, bounds.proof, witness) = (3, "odd cycle", cycle);
            }
        }
    }
    if bounds.lower_bound < bounds.upper_bound {
        let found = bounds::mycielskian(graph, &order, &clique, &effort, &stop);
        if found.bound > bounds.lower_bound {
            (bounds.lower_bound, bounds.proof, witness) =
                (found.bound, "generalised Mycielskian", found.vertices);
        }
    }
    if bounds.lower_bound < bounds.upper_bound {
        let (least, most) = (bounds.lower_bound, bounds.upper_bound);
        let (proved, coloring) = raise_lower_bound(graph, least, most, effort.work / 10, &stop);
        if proved > least {
            (bounds.lower_bound, bounds.proof, witness) = (proved, "exhaustive search", Vec::new());
        }
        if coloring.is_some() {
            bounds.upper_bound = proved;
        }
    }
    bounds.witness = witness.iter().map(|&v| loaded.vertex_name(v)).collect();
    let met = bounds.lower_bound == bounds.upper_bound;
    bounds.chromatic_number = met.then_some(bounds.lower_bound);
    Output::Stdout.write(|out| report::object(out, &bounds, args.query.json))?;
    Ok(0)
}
