//! The options of `prism color`.

use super::GraphInput;
use super::settings::{Offer, SettingsOf};
use crate::checkpoints::parse_every;
use crate::failure::EXIT_CODES;
use clap::Args;
use prism_core::io::ColoringFormat;
use prism_solver::CheckpointEvery;
use prism_solver::roster::{Row, STANDARD};
use std::path::PathBuf;

// A paragraph is one line, which breaks where the terminal ends.
const HELP: &str = "The run ends when the colouring is proved optimal, when the target or a limit is reached, or, with no \
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
and its share of --time-limit; the share of --moves, or of the moves that a run without a limit has.\n\n";

/// Lines of a help are no longer than this, however wide the terminal is.
const WIDTH: usize = 100;

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
    /// Write a checkpoint to this file now and then and in the end, for --resume to go on from
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// How far apart checkpoints are: a time, or a number of moves, all threads together, as in
    /// 50000000moves, which --moves needs [default: 30s, and with --moves 50000000moves]
    #[arg(long, value_name = "TIME", requires = "checkpoint", value_parser = parse_every)]
    pub checkpoint_every: Option<CheckpointEvery>,
    /// Go on from the checkpoint in this file, of the same graph, given colours, seed and method. Limits,
    /// threads, device, target and outputs may be others; limits are those of the whole run, with what it
    /// had done before
    #[arg(long, value_name = "FILE")]
    pub resume: Option<PathBuf>,
    #[command(flatten)]
    pub settings: SettingsOf<EachRow>,
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
    /// Nothing on standard error but errors
    #[arg(short, long)]
    pub quiet: bool,
    /// Print one JSON object with the result on standard output; without -o it has the colours and the
    /// names of the vertices
    #[arg(long)]
    pub json: bool,
    /// Write a page about the run to this file (.html): colours and conflicts over time, what each engine
    /// did, diversity of pools, class sizes, bounds, options; or its first plot alone (.svg)
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Write events as JSON lines to this file; - for standard error, which then holds nothing else
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
}

/// All settings, as the solver has them.
#[derive(Clone, Debug)]
pub struct EachRow;

impl Offer for EachRow {
    const LEFT_OUT: &'static [&'static str] = &[];
    const DEFAULTS: &'static [(&'static str, &'static str)] = &[];
    const HEADING: Option<&'static str> = None;
}

/// What stands below the options.
pub fn help() -> String {
    format!("{HELP}{}\n\n{EXIT_CODES}", engines())
}

/// The engines of `--method`, each with its source.
fn engines() -> String {
    let width = STANDARD.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let list = |constructions: bool| -> String {
        let rows = STANDARD.iter().filter(|row| row.is_construction() == constructions);
        let line = |row: &Row| {
            let line = format!("  {:<width$}  {}", row.name, row.help);
            match row.source {
                "" => format!("\n{line}"),
                source if line.len() + source.len() + 3 <= WIDTH => format!("\n{line} ({source})"),
                source => format!("\n{line}\n  {:<width$}  ({source})", ""),
            }
        };
        rows.map(line).collect()
    };
    format!(
        "Engines of --method that make one colouring:{}\n\nEngines of --method that search, with fewer \
         and fewer colours:{}",
        list(true),
        list(false)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_the_default_effort() {
        assert!(HELP.contains("50 million ") && prism_solver::DEFAULT_EFFORT == 50_000_000);
    }
}
