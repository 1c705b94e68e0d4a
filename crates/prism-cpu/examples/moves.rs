//! Moves of TabuCol from a random assignment, to be timed from outside beside another tabu search.
//!
//! `cargo run --release -p prism-cpu --example moves -- FILE COLORS MOVES [SEED]`
//!
//! Prints the moves made: fewer than asked for only if the search solved the graph.
#![allow(clippy::print_stdout)]

use prism_core::io::{self, ReadOptions};
use prism_core::search::FixedK;
use prism_core::{Color, Rng};
use prism_cpu::adjacency::Adjacency;
use prism_cpu::tabucol::TabuCol;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, colors, moves, rest @ ..] = arguments.as_slice() else {
        return Err("usage: moves FILE COLORS MOVES [SEED]".into());
    };
    let (k, moves) = (colors.parse::<u32>()?, moves.parse()?);
    let seed = rest.first().map_or(Ok(1), |seed| seed.parse())?;
    let graph = io::read_path(file, &ReadOptions::default())?.graph;
    let mut rng = Rng::new(seed, 0);
    let start: Vec<Color> = (0..graph.n()).map(|_| rng.below(k) as Color).collect();
    let adjacency = Arc::new(Adjacency::dense(&graph)?);
    let mut search = TabuCol::new(adjacency, k as usize, &start, rng)?;
    search.run(moves, &AtomicBool::new(false));
    println!("{}", search.moves());
    Ok(())
}
