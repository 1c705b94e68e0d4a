//! The options of `prism generate`.

use super::graph_input::written_formats;
use super::values::{parse_real, parse_whole};
use clap::{Args, Subcommand};
use prism_core::io::Format;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct GenerateArgs {
    #[command(subcommand)]
    pub kind: Kind,
    /// Write the graph to this file instead of standard output; .gz compresses
    #[arg(short, long, value_name = "FILE", global = true)]
    pub output: Option<PathBuf>,
    /// Format; edge-list has tabs, whatever the extension [default: by the extension of the output;
    /// dimacs on standard output]
    #[arg(long, value_name = "FORMAT", value_parser = written_formats(), ignore_case = true, global = true)]
    pub format: Option<Format>,
    /// Seed of all random choices
    #[arg(long, value_name = "N", value_parser = parse_whole::<u64>, default_value_t = 1, global = true, allow_hyphen_values = true)]
    pub seed: u64,
    /// Number the vertices at random
    #[arg(long, global = true)]
    pub permute: bool,
    /// Take the complement of the graph
    #[arg(long, global = true)]
    pub complement: bool,
    /// Generate the graph even if it is estimated to take more than 8 GiB of memory
    #[arg(long, global = true)]
    pub force: bool,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Kind {
    /// G(n, p): every edge with the same probability
    Gnp {
        /// Vertices
        #[arg(value_parser = parse_whole::<u64>, allow_negative_numbers = true)]
        n: u64,
        /// Probability of an edge
        #[arg(value_parser = parse_real, allow_negative_numbers = true)]
        p: f64,
    },
    /// Points in the unit square, joined when nearer than a radius
    Geometric {
        /// Vertices
        #[arg(value_parser = parse_whole::<u64>, allow_negative_numbers = true)]
        n: u64,
        /// Radius
        #[arg(value_parser = parse_real, allow_negative_numbers = true)]
        radius: f64,
    },
    /// A hidden colouring with classes of equal size and near-equal degrees between them
    Flat {
        /// Vertices
        #[arg(value_parser = parse_whole::<u64>, allow_negative_numbers = true)]
        n: u64,
        /// Classes of the hidden colouring
        #[arg(value_parser = parse_whole::<u64>, allow_negative_numbers = true)]
        parts: u64,
        /// Probability of an edge between classes
        #[arg(value_parser = parse_real, allow_negative_numbers = true)]
        p: f64,
    },
    /// Leighton's graphs: a hidden colouring, made of cliques
    Leighton {
        /// Vertices
        #[arg(value_parser = parse_whole::<u64>, allow_negative_numbers = true)]
        n: u64,
        /// Chromatic number
        #[arg(value_parser = parse_whole::<u64>, allow_negative_numbers = true)]
        k: u64,
        /// Edges, about
        #[arg(value_parser = parse_whole::<u64>, allow_negative_numbers = true)]
        edges: u64,
    },
    /// Queens on a board that attack each other
    Queens {
        /// Rows
        #[arg(value_parser = parse_whole::<u32>, allow_negative_numbers = true)]
        rows: u32,
        /// Columns [default: as many as rows]
        #[arg(value_parser = parse_whole::<u32>, allow_negative_numbers = true)]
        columns: Option<u32>,
    },
    /// Mycielski's graphs: no triangle, yet chromatic number k
    Mycielski {
        /// Chromatic number
        #[arg(value_parser = parse_whole::<u32>, allow_negative_numbers = true)]
        k: u32,
    },
    /// A grid in three dimensions
    Grid3d {
        /// Vertices along the first axis
        #[arg(value_parser = parse_whole::<u32>, allow_negative_numbers = true)]
        x: u32,
        /// Along the second
        #[arg(value_parser = parse_whole::<u32>, allow_negative_numbers = true)]
        y: u32,
        /// Along the third
        #[arg(value_parser = parse_whole::<u32>, allow_negative_numbers = true)]
        z: u32,
    },
    /// The cells of a sudoku, adjacent where they may not hold the same number
    Sudoku {
        /// Rows of a box: 3 for the usual grid of 9 by 9, from 2 to 5
        #[arg(value_parser = parse_whole::<u32>, allow_negative_numbers = true)]
        order: u32,
    },
    /// R-MAT: a recursive random graph with a skewed degree distribution
    Rmat {
        /// Binary logarithm of the number of vertices
        #[arg(value_parser = parse_whole::<u32>, allow_negative_numbers = true)]
        scale: u32,
        /// Edges drawn, per vertex
        #[arg(value_parser = parse_whole::<u32>, default_value_t = 16, allow_negative_numbers = true)]
        edge_factor: u32,
    },
}
