//! The options of `prism bench`.

use super::Reading;
use super::settings::{Offer, SettingsOf};
use super::values::{parse_jobs, parse_seeds, parse_whole};
use clap::Args;
use std::path::PathBuf;

// A paragraph is one line, which breaks where the terminal ends.
pub const HELP: &str = concat!(
    "An instance is a graph file, FILE=K with a target of its own, a directory of graph files, or a table (.csv \
with the column `name`, and `best_known_k` or `best_known_colours` for targets; graphs lie beside it as \
NAME.col.gz or under the first usable name of its column `files`).\n\n\
Each run is a process of its own, so that its CPU time is its own: user and system seconds of all threads, \
reading included. Ctrl-C, SIGTERM, SIGHUP or SIGXCPU ends the runs; those that had finished are written.\n\n",
    crate::exit_codes!()
);

#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Instances: files, FILE=K, directories, tables
    #[arg(required = true, value_name = "INSTANCE")]
    pub instances: Vec<String>,
    /// Number of seeds, up to a million
    #[arg(long, value_name = "N", value_parser = parse_seeds, allow_hyphen_values = true, default_value_t = 5)]
    pub seeds: u64,
    /// The first seed; the others follow
    #[arg(long, value_name = "N", value_parser = parse_whole::<u64>, default_value_t = 1, allow_hyphen_values = true)]
    pub first_seed: u64,
    /// Target for every instance: a number of colours, `best` (the table's best known) or `none`
    #[arg(short = 'k', long, value_name = "K", default_value = "best", allow_hyphen_values = true)]
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
    /// Runs at the same time, up to 1024
    #[arg(long, value_name = "N", value_parser = parse_jobs, allow_hyphen_values = true, default_value_t = 1)]
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
    #[command(flatten)]
    pub settings: SettingsOf<EachRun>,
    /// How each instance is read.
    #[command(flatten)]
    pub reading: Reading,
    /// Nothing on standard error but errors
    #[arg(short, long)]
    pub quiet: bool,
}

/// The settings of each run; instances have targets, and there are several seeds.
#[derive(Clone, Debug)]
pub struct EachRun;

impl Offer for EachRun {
    const LEFT_OUT: &'static [&'static str] = &["target-colors", "seed"];
    const DEFAULTS: &'static [(&'static str, &'static str)] =
        &[("time-limit", "30s"), ("threads", "1")];
    const HEADING: Option<&'static str> = Some("Options of each run, as in prism color");
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
            _ => match text.parse() {
                Ok(k @ 1..) => Ok(Self::Colors(k)),
                _ => Err("expected a number (1 or more), best or none".to_owned()),
            },
        }
    }
}
