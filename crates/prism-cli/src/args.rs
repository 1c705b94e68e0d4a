//! What the user typed: the one table of commands and options. Help and completions are made from it.
//! The commands with many options are in files of their own.

mod bench;
mod color;
mod generate;
mod graph_input;
mod settings;
mod size;
mod values;

use crate::failure::EXIT_CODES;
use clap::{Args as ClapArgs, Parser, Subcommand};
use prism_core::io::Format;
use std::path::PathBuf;
use std::time::Duration;
use values::{parse_duration, parse_whole};

pub use bench::{BenchArgs, Target};
pub use color::ColorArgs;
pub use generate::{GenerateArgs, Kind};
pub use graph_input::{GraphInput, Reading};

/// Colours graphs: few colours, soon.
#[derive(Debug, Parser)]
#[command(name = "prism", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Colour a graph: a proper colouring with as few colours as the limits allow
    #[command(after_help = color::help())]
    Color(Box<ColorArgs>),
    /// Check that a colouring is proper
    #[command(after_help = EXIT_CODES)]
    Verify(VerifyArgs),
    /// Bound the number of colours from below and above
    #[command(after_help = BOUNDS_HELP)]
    Bounds(BoundsArgs),
    /// Describe a graph file
    Info(QueryArgs),
    /// Generate a graph
    Generate(GenerateArgs),
    /// Write a graph in another format
    Convert(ConvertArgs),
    /// Run a set of instances with several seeds and sum up
    #[command(after_help = bench::HELP)]
    Bench(Box<BenchArgs>),
    /// List the NVIDIA GPUs that this machine has, or say why there is none
    Devices(DevicesArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
}

#[derive(Debug, ClapArgs)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub input: GraphInput,
    /// Colouring file in any form that `prism color` writes; - for standard input
    pub coloring: PathBuf,
    /// Check also that vertices have the colours that this file gives them, as in `prism color`
    #[arg(long, value_name = "FILE")]
    pub precolor: Option<PathBuf>,
    /// Check also that vertices have colours of their lists in this file, as in `prism color`
    #[arg(long, value_name = "FILE")]
    pub allowed: Option<PathBuf>,
    /// Check also that the sizes of the classes differ by at most one, as in `prism color`
    #[arg(long)]
    pub equitable: bool,
    /// Check also that at most this many vertices have the same colour, as in `prism color`
    #[arg(long, value_name = "N", value_parser = parse_whole::<usize>, allow_hyphen_values = true)]
    pub max_class_size: Option<usize>,
    /// Show how many vertices have each colour
    #[arg(long)]
    pub classes: bool,
    /// Show every edge whose ends have the same colour, not only the first one
    #[arg(long)]
    pub all: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Say nothing but what an option asks for, and errors: the exit code tells
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Debug, ClapArgs)]
pub struct QueryArgs {
    #[command(flatten)]
    pub input: GraphInput,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

// A paragraph is one line, which breaks where the terminal ends.
const BOUNDS_HELP: &str = concat!(
    "Cliques, odd cycles, generalised Mycielskians and exhaustive search bound from below, degrees and DSATUR \
from above. Where the bounds do not meet, the chromatic number is unknown, and the report says between which \
numbers it lies. The first Ctrl-C, SIGTERM, SIGHUP or SIGXCPU ends the search, and what was found is printed.\n\n\
Standard error shows how it goes: on a terminal a line that fits its width, in a file a line now and then, \
nothing with --quiet. Its parts: the bounds so far, the kind of proof that is tried, the time so far and its \
share of --time-limit.\n\n",
    crate::exit_codes!()
);

#[derive(Debug, ClapArgs)]
pub struct BoundsArgs {
    #[command(flatten)]
    pub query: QueryArgs,
    /// Effort for each kind of bound, in millions of steps of some nanoseconds [default: 1000; with
    /// --time-limit that, and then twice as much again and again]
    #[arg(long, value_name = "N", value_parser = parse_whole::<u64>, allow_hyphen_values = true)]
    pub work: Option<u64>,
    /// Stop after this time, as in 500ms, 30s, 5m or 1h; a number alone is seconds
    #[arg(short, long, value_name = "TIME", value_parser = parse_duration, allow_hyphen_values = true)]
    pub time_limit: Option<Duration>,
    /// Seed of the searches
    #[arg(long, value_name = "N", value_parser = parse_whole::<u64>, default_value_t = 1, allow_hyphen_values = true)]
    pub seed: u64,
    /// Nothing on standard error but errors
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Debug, ClapArgs)]
pub struct ConvertArgs {
    #[command(flatten)]
    pub input: GraphInput,
    /// Output file, - for standard output; .gz compresses
    pub output: PathBuf,
    /// Format to write; only edge-list (with tabs, whatever the extension) has a place for names
    /// [default: by the extension of the output]
    #[arg(long, value_name = "FORMAT", value_parser = graph_input::written_formats(), ignore_case = true)]
    pub to: Option<Format>,
}

#[derive(Debug, ClapArgs)]
pub struct DevicesArgs {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_table_is_consistent() {
        Args::command().debug_assert();
    }
}
