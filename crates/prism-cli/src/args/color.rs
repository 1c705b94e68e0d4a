//! The options of `prism color`.

use super::GraphInput;
use super::counts::{parse_colors, parse_threads, parse_whole};
use super::duration::parse_duration;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use prism_core::io::ColoringFormat;
use prism_solver::roster::STANDARD;
use prism_solver::{Device, Method};
use std::path::PathBuf;
use std::time::Duration;

// A paragraph is one line, which breaks where the terminal ends.
pub const HELP: &str = concat!(
    "The run ends when the colouring is proved optimal, when the target or a limit is reached, or, with no \
limit given, when 50 million moves are spent (all threads together). With a seed and --moves, the \
result is the same on every machine for a number of threads.\n\n\
The colouring goes to standard output, a summary to standard error. Every colouring is verified before it is \
written; if it cannot be written where it should go, it is put into a temporary file or on standard output, and \
the message says where. The first Ctrl-C, SIGTERM, SIGHUP or SIGXCPU stops the run, and the best colouring is \
written; a second one ends the process at once.\n\n\
Standard error shows how it goes: on a terminal a line that fits its width, in a file a line now and then, \
nothing with --quiet. Its parts: k, the number of colours that is searched for; best, the colours of the best \
colouring; bound, which no colouring can go below; conflicts, the edges with ends of one colour (or vertices \
without a colour) of the search that is nearest to success; moves/s of all threads together; the time so far \
and its share of --time-limit; the share of --moves, or of the moves that a run without a limit has.\n\n",
    crate::exit_codes!()
);

#[derive(Debug, Args)]
pub struct ColorArgs {
    #[command(flatten)]
    pub input: GraphInput,
    /// Write the colouring to this file instead of standard output; vertices are called as in the graph
    /// file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Format of the colouring: plain, dimacs (.sol), json, csv or dot; together with --json, that of
    /// the file of -o [default: by the extension of the output, else plain]
    #[arg(long, value_name = "FORMAT")]
    pub output_format: Option<ColoringFormat>,
    /// Write each better colouring to this file when it is found, at most one a second, and the last one in
    /// the end, so that little is lost if the process is killed; its extension decides on the format,
    /// else --output-format. A colouring that is there already is replaced only by a better one (it may
    /// be the file of --warm-start); a file that is no colouring of this graph is refused
    #[arg(long, value_name = "FILE")]
    pub save_improvements: Option<PathBuf>,
    /// Stop after this time, as in 500ms, 30s, 5m or 1h; a number alone is seconds
    #[arg(short, long, value_name = "TIME", value_parser = parse_duration, allow_hyphen_values = true)]
    pub time_limit: Option<Duration>,
    /// Stop after this many moves, all threads together; the last step of each thread may go a little
    /// beyond (a move, or on huge graphs a pass over the vertices)
    #[arg(long, value_name = "N", value_parser = parse_whole::<u64>, allow_hyphen_values = true)]
    pub moves: Option<u64>,
    /// Stop as soon as a colouring has at most this many colours (1 or more), or at once when the lower
    /// bound says that none has; missing it is exit code 1, or 7 if the bound says so
    #[arg(short = 'k', long, value_name = "K", value_parser = parse_colors, allow_hyphen_values = true)]
    pub target_colors: Option<usize>,
    /// The whole strategy, or one engine alone, to compare engines; those before tabucol make one
    /// colouring, the others search
    #[arg(long, value_name = "METHOD", value_parser = methods(), default_value_t)]
    pub method: Method,
    /// Seed of all random choices
    #[arg(long, value_name = "N", value_parser = parse_whole::<u64>, default_value_t = 0, allow_hyphen_values = true)]
    pub seed: u64,
    /// Threads that search, up to 1024 [default: one a core]
    #[arg(long, value_name = "N", value_parser = parse_threads, allow_hyphen_values = true)]
    pub threads: Option<usize>,
    /// Start from the colouring in this file, in any form that is written
    #[arg(long, value_name = "FILE")]
    pub warm_start: Option<PathBuf>,
    /// Vertices with a given colour: a file with lines VERTEX COLOUR, vertices as the graph file calls
    /// them, colours from 0; or a colouring in any form that is written
    #[arg(long, value_name = "FILE")]
    pub precolor: Option<PathBuf>,
    /// Colours that vertices may have: a file with lines VERTEX COLOUR COLOUR ..., vertices as the graph
    /// file calls them, colours from 0; a vertex without a line may have any. As few different colours
    /// as possible are used; if no colouring is within the lists, exit code 7
    #[arg(long, value_name = "FILE")]
    pub allowed: Option<PathBuf>,
    /// Where to search: on the cores alone (cpu), also on an NVIDIA GPU, which is opened at once (cuda:N), or
    /// also on the first GPU if there is one and the search takes longer than a moment (auto)
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: Device,
    /// The engines that search on the GPU, in the order of their turns, separated by commas; the first one
    /// has most of them [default: what suits the graph]
    #[arg(long, value_name = "ENGINES", value_delimiter = ',', value_parser = phases())]
    pub phases: Vec<&'static str>,
    /// Overlap upload, kernel and download of successive steps on the GPU [default, unless the variable
    /// PRISM_ASYNC_GPU is 0]
    #[arg(long = "async", overrides_with = "sync")]
    pub asynchronous: bool,
    /// Wait for each step on the GPU before the next one
    #[arg(long)]
    pub sync: bool,
    /// Nothing on standard error but errors
    #[arg(short, long)]
    pub quiet: bool,
    /// Print one JSON object with the result on standard output; without -o it has the colours and the
    /// names of the vertices
    #[arg(long)]
    pub json: bool,
    /// Write events as JSON lines to this file; - for standard error, which then holds nothing else
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
}

/// The methods by name, for the help and for completions.
pub fn methods() -> impl TypedValueParser<Value = Method> {
    let names: Vec<_> = Method::all().map(Method::name).collect();
    // It lets no other name through.
    PossibleValuesParser::new(names).map(|name| name.parse().unwrap_or_default())
}

/// The engines that run on a GPU.
fn phases() -> impl TypedValueParser<Value = &'static str> {
    let names: Vec<_> =
        STANDARD.iter().filter(|row| row.runs_on_gpu()).map(|row| row.name).collect();
    let known = names.clone();
    // It lets no other name through.
    PossibleValuesParser::new(names)
        .map(move |name| known.iter().copied().find(|&known| known == name).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_the_default_effort() {
        assert!(HELP.contains("50 million ") && prism_solver::DEFAULT_EFFORT == 50_000_000);
    }
}
