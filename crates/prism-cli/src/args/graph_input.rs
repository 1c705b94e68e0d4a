//! The options of every command that reads a graph, and the names of formats.

use super::size::parse_size;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use prism_core::io::Format;
use std::path::PathBuf;

/// A graph file and how to read it.
#[derive(Debug, Args)]
pub struct GraphInput {
    /// Graph file, plain or compressed with gzip or zstd; - for standard input
    pub file: PathBuf,
    #[command(flatten)]
    pub reading: Reading,
}

/// How graphs are read.
#[derive(Debug, Args)]
pub struct Reading {
    /// Format of the graph [default: detected by content]
    #[arg(long, value_name = "FORMAT", value_parser = formats(Format::ALL), ignore_case = true)]
    pub format: Option<Format>,
    /// Take for errors: repeated edges, self-loops, wrong edge counts, and what of the file is not read as
    /// it is meant (distances, demands, matrices that are not symmetric)
    #[arg(long)]
    pub strict: bool,
    /// Take no more memory than this, as in 500M or 4G [default: what the system leaves]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub memory_limit: Option<u64>,
    /// Whether the first line of an edge list is a heading, N M or the names of the columns
    /// [default: found out, and refused where it cannot be]
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no())]
    pub heading: Option<bool>,
    /// Whether the last line of an edge list, such as 0 0, -1 or end, is a mark of its end
    /// [default: found out, and refused where it cannot be]
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no())]
    pub end_mark: Option<bool>,
    /// Take a list for a graph although no name stands in both columns (of an edge list below a heading), or on
    /// both sides of the colons; without it, such a list is refused, as it may be one of enrolments
    #[arg(long)]
    pub bipartite: bool,
}

impl Reading {
    /// The arguments that say the same to another `prism`.
    pub fn arguments(&self) -> Vec<String> {
        let Self { format, strict, memory_limit, heading, end_mark, bipartite } = self;
        let answer = |yes: &bool| if *yes { "yes" } else { "no" };
        let mut arguments = Vec::new();
        arguments.extend(format.map(|format| format!("--format={format}")));
        arguments.extend(strict.then(|| "--strict".to_owned()));
        arguments.extend(memory_limit.map(|limit| format!("--memory-limit={limit}B")));
        arguments.extend(heading.as_ref().map(|yes| format!("--heading={}", answer(yes))));
        arguments.extend(end_mark.as_ref().map(|yes| format!("--end-mark={}", answer(yes))));
        arguments.extend(bipartite.then(|| "--bipartite".to_owned()));
        arguments
    }
}

fn yes_or_no() -> impl TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["yes", "no"]).map(|answer| answer == "yes")
}

/// Some of the formats by name or by usual extension, for the help and for completions.
pub fn formats(which: impl IntoIterator<Item = Format>) -> impl TypedValueParser<Value = Format> {
    let names =
        which.into_iter().map(|format| PossibleValue::new(format.name()).aliases(format.aliases()));
    // It lets no other name through.
    PossibleValuesParser::new(names.collect::<Vec<_>>()).try_map(|name| name.parse::<Format>())
}

/// The formats that are written.
pub fn written_formats() -> impl TypedValueParser<Value = Format> {
    formats(Format::ALL.into_iter().filter(|format| format.is_written()))
}
