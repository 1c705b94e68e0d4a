//! What the user may type.

use crate::exit;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use prism_core::io::{ColoringFormat, Format};
use std::path::PathBuf;
use std::time::Duration;

/// Colour graphs with few colours.
#[derive(Debug, Parser)]
#[command(name = "prism", version, after_help = exit::HELP)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find a proper colouring with few colours
    Color(ColorArgs),
    /// Check a colouring against a graph
    Verify(VerifyArgs),
    /// Bound the number of colours from below and above
    Bounds(BoundsArgs),
    /// Describe a graph
    Info(InfoArgs),
    /// Make a graph by rule or by seed
    Generate(GenerateArgs),
    /// Rewrite a graph in another format
    Convert(ConvertArgs),
    /// Measure how soon which number of colours is reached, over instances and seeds
    Bench(BenchArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// A graph to read.
#[derive(Debug, ClapArgs)]
pub struct GraphArgs {
    /// The graph: a file, plain, .gz or .zst, or - for standard input
    pub graph: PathBuf,

    /// Format of the graph, if detection by content should not decide:
    /// dimacs, dimacs-binary, metis, matrix-market, ecl or edge-list
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,

    /// Refuse duplicate edges, self-loops and wrong edge counts instead of mending and noting them
    #[arg(long)]
    pub strict: bool,
}

/// Where to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// The best there is.
    Auto,
    /// The CPU.
    Cpu,
}

fn device(text: &str) -> Result<Device, String> {
    match text {
        "auto" => Ok(Device::Auto),
        "cpu" => Ok(Device::Cpu),
        _ if text.starts_with("cuda:") => {
            Err("this build colours on the CPU only; use --device auto or --device cpu".to_owned())
        }
        _ => Err("expected auto, cpu or cuda:N".to_owned()),
    }
}

/// A duration such as 500ms, 30s, 5m or 1.5h; a bare number is seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        other => return Err(format!("unknown unit {other:?}; use ms, s, m or h")),
    };
    let number: f64 = digits.parse().map_err(|_| "expected a number and a unit, as in 30s")?;
    Duration::try_from_secs_f64(number * unit).map_err(|error| error.to_string())
}

/// A whole number of at least 1.
fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("expected a whole number".to_owned()),
    }
}

/// Arguments of `prism color`.
///
/// With no limit at all it ends by itself: when the colouring is proved optimal, or when its effort
/// of 50 million moves, all threads together, is spent (seconds to a minute, by the size of the graph).
#[derive(Debug, ClapArgs)]
#[command(after_help = exit::HELP)]
pub struct ColorArgs {
    #[command(flatten)]
    pub graph: GraphArgs,

    /// Where to write the colouring; standard output if missing. The file appears when it is complete
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// plain (one colour a line, from 0), dimacs (s and l lines, from 1) or json
    #[arg(long, value_name = "FORMAT", default_value_t)]
    pub output_format: ColoringFormat,

    /// Stop after this time, as in 500ms, 30s, 5m or 1h
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    pub time_limit: Option<Duration>,

    /// Stop after this many moves, all threads together. With --threads 1 and no time limit the result
    /// is the same on every machine
    #[arg(long, value_name = "N")]
    pub moves: Option<u64>,

    /// Stop as soon as this many colours suffice; exit code 1 if they are not reached
    #[arg(short = 'k', long, value_name = "K")]
    pub target_colors: Option<usize>,

    /// Seed of all random draws
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    /// Threads that search; all cores if missing
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub threads: Option<usize>,

    /// A proper colouring to start from, in any of the output formats
    #[arg(long, value_name = "FILE")]
    pub warm_start: Option<PathBuf>,

    /// Vertices whose colour is given: lines of a vertex (its name, or its number as the graph's format
    /// counts) and a colour from 0
    #[arg(long, value_name = "FILE")]
    pub precolor: Option<PathBuf>,

    /// auto, cpu or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = device)]
    pub device: Device,

    /// Print one JSON object with the result instead of the colouring (which goes to --output)
    #[arg(long)]
    pub json: bool,

    /// Write the events of the search as lines of JSON to this file, - for standard error
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,

    /// No progress line, no notes, no summary
    #[arg(short, long)]
    pub quiet: bool,
}

/// Arguments of `prism verify`.
#[derive(Debug, ClapArgs)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub graph: GraphArgs,

    /// The colouring, in any of the output formats of `prism color`
    pub coloring: PathBuf,
}

/// Arguments of `prism bounds`.
#[derive(Debug, ClapArgs)]
pub struct BoundsArgs {
    #[command(flatten)]
    pub graph: GraphArgs,

    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `prism info`.
#[derive(Debug, ClapArgs)]
pub struct InfoArgs {
    #[command(flatten)]
    pub graph: GraphArgs,

    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `prism convert`.
#[derive(Debug, ClapArgs)]
pub struct ConvertArgs {
    #[command(flatten)]
    pub graph: GraphArgs,

    /// Where to write, - for standard output; the ending .gz compresses
    pub output: PathBuf,

    /// dimacs or edge-list; by the name of the output if missing
    #[arg(long, value_name = "FORMAT")]
    pub to: Option<Format>,
}

/// Arguments of `prism generate`.
#[derive(Debug, ClapArgs)]
pub struct GenerateArgs {
    #[command(subcommand)]
    pub kind: GraphKind,

    /// Where to write; standard output if missing. The ending .gz compresses
    #[arg(short, long, value_name = "FILE", global = true)]
    pub output: Option<PathBuf>,

    /// dimacs or edge-list; by the name of the output if missing
    #[arg(long, value_name = "FORMAT", global = true)]
    pub to: Option<Format>,

    /// Seed of all random draws
    #[arg(long, value_name = "N", default_value_t = 0, global = true)]
    pub seed: u64,

    /// Give the vertices random numbers
    #[arg(long, global = true)]
    pub permute: bool,

    /// Make the complement of the graph
    #[arg(long, global = true)]
    pub complement: bool,
}

/// The kinds of graphs that can be made.
#[derive(Debug, Subcommand)]
pub enum GraphKind {
    /// Squares of a chess board, adjacent where a queen moves
    Queens { rows: u32, columns: Option<u32> },
    /// The triangle-free graph of Mycielski with chromatic number K
    Mycielski { k: u32 },
    /// Every edge with probability P
    Gnp { n: u64, p: f64 },
    /// Random points in the unit square, adjacent below a distance
    Geometric { n: u64, radius: f64 },
    /// A random graph with a hidden colouring of K equal classes; edges between them with probability P
    Flat { n: u64, k: u64, p: f64 },
    /// A random graph with a hidden colouring and a clique of K
    Leighton { n: u64, k: u64, edges: u64 },
    /// A three-dimensional grid
    Grid { x: u32, y: u32, z: u32 },
    /// A graph with a heavy-tailed degree distribution, 2^SCALE vertices
    Rmat { scale: u32, edge_factor: u32 },
}

/// What `prism bench` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BenchFormat {
    /// One line a run
    Csv,
    /// One object with the machine and all runs
    Json,
}

/// Arguments of `prism bench`.
#[derive(Debug, ClapArgs)]
pub struct BenchArgs {
    /// Graph files, folders of them, or INDEX.csv files whose columns name and best_known_k (or
    /// best_known_colours) give instances and targets
    #[arg(required = true)]
    pub instances: Vec<PathBuf>,

    /// Colours to reach; a run ends there. For INDEX.csv the best known number is the default
    #[arg(short = 'k', long, value_name = "K")]
    pub target_colors: Option<usize>,

    /// Do not stop at the best known number of an INDEX.csv
    #[arg(long)]
    pub no_targets: bool,

    /// Time limit of a run
    #[arg(short, long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub time_limit: Duration,

    /// Seeds of each instance: 1 to N
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seeds: u64,

    /// Threads of a run
    #[arg(long, value_name = "N", default_value = "1", value_parser = at_least_one)]
    pub threads: usize,

    /// Format of the results on standard output
    #[arg(long, value_enum, default_value_t = BenchFormat::Csv)]
    pub results: BenchFormat,

    /// Draw the share of runs that have reached their target against CPU time, as SVG
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5h"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        for bad in ["", "s", "3d", "-1s", "1e400s", "5 m"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
