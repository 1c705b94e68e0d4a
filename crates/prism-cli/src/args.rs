//! What the user typed: the one table of commands and options. Help and completions are made from it.

use crate::failure::EXIT_CODES;
use clap::{Args as ClapArgs, Parser, Subcommand};
use prism_core::io::{ColoringFormat, Format};
use std::path::PathBuf;
use std::time::Duration;

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
    #[command(after_help = COLOR_HELP)]
    Color(Box<ColorArgs>),
    /// Check that a colouring is proper
    Verify(VerifyArgs),
    /// Bound the number of colours from below and above
    Bounds(BoundsArgs),
    /// Describe a graph file
    Info(QueryArgs),
    /// Generate a graph
    Generate(GenerateArgs),
    /// Write a graph in another format
    Convert(ConvertArgs),
    /// Run a set of instances with several seeds and sum up
    #[command(after_help = BENCH_HELP)]
    Bench(BenchArgs),
    /// List the NVIDIA GPUs that this machine has, or say why there is none
    Devices(DevicesArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
}

const COLOR_HELP: &str = "\
The run ends when the colouring is proved optimal, when the target or a limit is reached, or, with no
limit given, when 50 million moves are spent (all threads together). With one thread, a seed and
--moves, the result is the same on every machine. The colouring goes to standard output, a summary to
standard error. Every colouring is verified before it is written. Ctrl-C and SIGTERM stop the run and
the best colouring is written; a second signal ends the process at once.

Exit codes: 0 done (also by a limit), 1 target missed (the best colouring is written all the same),
2 usage, 3 input, 4 output, 5 not proper, 6 no such device, 130 after Ctrl-C, 143 after SIGTERM.";

const BENCH_HELP: &str = "\
An instance is a graph file, FILE=K with a target of its own, a directory of graph files, or a table
(.csv with the column `name`, and `best_known_k` or `best_known_colours` for targets; graphs lie beside
it as NAME.col.gz or under the first usable name of its column `files`). Each run is a process of its
own, so that its CPU time is its own: user and system seconds of all threads, reading included.";

/// A graph file and how to read it.
#[derive(Debug, ClapArgs)]
pub struct GraphInput {
    /// Graph file, plain or compressed with gzip or zstd; - for standard input
    pub file: PathBuf,
    /// Format of the graph, detected if not given: dimacs, dimacs-binary, metis, mtx, ecl, edge-list
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Take repeated edges, self-loops and wrong edge counts for errors
    #[arg(long)]
    pub strict: bool,
}

#[derive(Debug, ClapArgs)]
pub struct ColorArgs {
    #[command(flatten)]
    pub input: GraphInput,
    /// Write the colouring to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Format of the colouring: plain, dimacs or json [default: by the extension of the output, else plain]
    #[arg(long, value_name = "FORMAT")]
    pub output_format: Option<ColoringFormat>,
    /// Stop after this time: 500ms, 30s, 5m, 1h
    #[arg(short, long, value_name = "TIME", value_parser = parse_duration)]
    pub time_limit: Option<Duration>,
    /// Stop after this many moves, all threads together
    #[arg(long, value_name = "N")]
    pub moves: Option<u64>,
    /// Stop as soon as a colouring has at most this many colours; missing it is exit code 1
    #[arg(short = 'k', long, value_name = "K")]
    pub target_colors: Option<usize>,
    /// Seed of all random choices
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Threads that search [default: one a core]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Start from the colouring in this file
    #[arg(long, value_name = "FILE")]
    pub warm_start: Option<PathBuf>,
    /// Vertices with a given colour: lines VERTEX COLOUR, vertices as the graph file calls them, colours from 0
    #[arg(long, value_name = "FILE")]
    pub precolor: Option<PathBuf>,
    /// Where to search: auto, cpu or cuda:N; no engine of this version runs on a GPU, so auto is the CPU
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: Device,
    /// Nothing on standard error but errors
    #[arg(short, long)]
    pub quiet: bool,
    /// Print one JSON object with the result on standard output (with the colours, unless -o is given)
    #[arg(long)]
    pub json: bool,
    /// Write events as JSON lines to this file; - for standard error, which then holds nothing else
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
}

/// Where the search runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    Auto,
    Cpu,
    /// An NVIDIA GPU by number.
    Cuda(usize),
}

impl std::str::FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            _ => {
                let number = text.strip_prefix("cuda:").and_then(|n| n.parse().ok());
                number.map(Self::Cuda).ok_or_else(|| "expected auto, cpu or cuda:N".to_owned())
            }
        }
    }
}

impl serde::Serialize for Device {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
        }
    }
}

#[derive(Debug, ClapArgs)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub input: GraphInput,
    /// Colouring file: plain, dimacs or json; - for standard input
    pub coloring: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub struct QueryArgs {
    #[command(flatten)]
    pub input: GraphInput,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct BoundsArgs {
    #[command(flatten)]
    pub query: QueryArgs,
    /// Effort for each kind of bound, in millions of steps of some nanoseconds
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub work: u64,
    /// Seed of the searches
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Nothing on standard error but errors
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Debug, ClapArgs)]
pub struct GenerateArgs {
    #[command(subcommand)]
    pub kind: Kind,
    /// Write the graph to this file instead of standard output; .gz compresses
    #[arg(short, long, value_name = "FILE", global = true)]
    pub output: Option<PathBuf>,
    /// Format: dimacs or edge-list [default: by the extension of the output, else dimacs]
    #[arg(long, value_name = "FORMAT", global = true)]
    pub format: Option<Format>,
    /// Seed of all random choices
    #[arg(long, value_name = "N", default_value_t = 1, global = true)]
    pub seed: u64,
    /// Number the vertices at random
    #[arg(long, global = true)]
    pub permute: bool,
    /// Take the complement of the graph
    #[arg(long, global = true)]
    pub complement: bool,
}

#[derive(Debug, Subcommand)]
pub enum Kind {
    /// G(n, p): every edge with the same probability
    Gnp {
        /// Vertices
        n: u64,
        /// Probability of an edge
        p: f64,
    },
    /// Points in the unit square, joined when nearer than a radius
    Geometric {
        /// Vertices
        n: u64,
        /// Radius
        radius: f64,
    },
    /// A hidden colouring with classes of equal size and near-equal degrees between them
    Flat {
        /// Vertices
        n: u64,
        /// Classes of the hidden colouring
        parts: u64,
        /// Probability of an edge between classes
        p: f64,
    },
    /// Leighton's graphs: a hidden colouring, made of cliques
    Leighton {
        /// Vertices
        n: u64,
        /// Chromatic number
        k: u64,
        /// Edges, about
        edges: u64,
    },
    /// Queens on a board that attack each other
    Queens {
        /// Rows
        rows: u32,
        /// Columns [default: as many as rows]
        columns: Option<u32>,
    },
    /// Mycielski's graphs: no triangle, yet chromatic number k
    Mycielski {
        /// Chromatic number
        k: u32,
    },
    /// A grid in three dimensions
    Grid3d {
        /// Vertices along the first axis
        x: u32,
        /// Along the second
        y: u32,
        /// Along the third
        z: u32,
    },
    /// R-MAT: a recursive random graph with a skewed degree distribution
    Rmat {
        /// Binary logarithm of the number of vertices
        scale: u32,
        /// Edges drawn, per vertex
        #[arg(default_value_t = 16)]
        edge_factor: u32,
    },
}

#[derive(Debug, ClapArgs)]
pub struct ConvertArgs {
    #[command(flatten)]
    pub input: GraphInput,
    /// Output file, - for standard output; .gz compresses
    pub output: PathBuf,
    /// Format to write: dimacs or edge-list [default: by the extension of the output]
    #[arg(long, value_name = "FORMAT")]
    pub to: Option<Format>,
}

#[derive(Debug, ClapArgs)]
pub struct BenchArgs {
    /// Instances: files, FILE=K, directories, tables
    #[arg(required = true, value_name = "INSTANCE")]
    pub instances: Vec<String>,
    /// Number of seeds
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub seeds: u64,
    /// The first seed; the others follow
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub first_seed: u64,
    /// Target for every instance: a number of colours, `best` (the table's best known) or `none`
    #[arg(short = 'k', long, value_name = "K", default_value = "best")]
    pub target: Target,
    /// Add this to the table's best known
    #[arg(long, value_name = "N", default_value_t = 0, allow_hyphen_values = true)]
    pub offset: i64,
    /// Only instances whose name contains one of these
    #[arg(long, value_name = "TEXT")]
    pub only: Vec<String>,
    /// Only rows of a table whose column `kind` contains this
    #[arg(long, value_name = "TEXT")]
    pub kind: Option<String>,
    /// Time limit of each run
    #[arg(short, long, value_name = "TIME", value_parser = parse_duration, default_value = "30s")]
    pub time_limit: Duration,
    /// Move limit of each run
    #[arg(long, value_name = "N")]
    pub moves: Option<u64>,
    /// Threads of each run
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub threads: usize,
    /// Runs at the same time
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub jobs: usize,
    /// Write one line a run to this file; - for standard output
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write everything as one JSON object to this file; - for standard output
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write a time-to-target plot to this SVG file
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// Nothing on standard error but errors
    #[arg(short, long)]
    pub quiet: bool,
}

/// What the runs of a benchmark aim at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The best known number of colours of the table, where there is one.
    Best,
    /// As few as the limits allow.
    None,
    /// The same for all.
    Colors(usize),
}

impl std::str::FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "best" => Ok(Self::Best),
            "none" => Ok(Self::None),
            _ => {
                text.parse().map(Self::Colors).map_err(|_| "expected a number, best or none".into())
            }
        }
    }
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

/// Reads `500ms`, `30s`, `5m`, `1h`, `1.5h` or `90` (seconds).
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale = match unit {
        "ms" => 1e-3,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(format!("unknown unit \"{unit}\"; expected ms, s, m or h")),
    };
    let number: f64 = number.trim().parse().map_err(|_| "expected a time like 30s".to_owned())?;
    Duration::try_from_secs_f64(number * scale).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_table_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn durations() {
        let ms = |text| parse_duration(text).map(|d| d.as_millis());
        assert_eq!(ms("500ms"), Ok(500));
        assert_eq!(ms("30s"), Ok(30_000));
        assert_eq!(ms("1.5h"), Ok(5_400_000));
        assert_eq!(ms("90"), Ok(90_000));
        for bad in ["", "s", "-1s", "5 days", "nan", "1e300h"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_help_names_the_default_effort() {
        assert!(COLOR_HELP.contains("50 million") && prism_solver::DEFAULT_EFFORT == 50_000_000);
    }
}
