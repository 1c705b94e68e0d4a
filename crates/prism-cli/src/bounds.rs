//! `prism bounds`: how many colours it takes at least, and how many always do.

use crate::args::BoundsArgs;
use crate::failure::Failure;
use crate::fields;
use crate::input::{note_repairs, read_graph, require_memory};
use crate::output::Output;
use crate::signals::on_first_signal;
use crate::status_line::{Part, StatusLine, part, time};
use prism_core::Graph;
use prism_core::threads::spawn_scoped;
use prism_solver::{
    Bounds, BoundsOptions, BoundsProgress, StopHandle, bounds, bounds_with, memory,
};
use serde::Serialize;
use serde_json::Value;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Millions of steps for each kind of bound. The help of `--work` names it.
const DEFAULT_WORK: u64 = 1000;

/// How often the progress line is drawn on a terminal.
const REDRAW: Duration = Duration::from_millis(100);

#[derive(Serialize)]
struct Report {
    file: String,
    lower_bound: usize,
    proof: String,
    upper_bound: usize,
    clique_size: usize,
    degeneracy_bound: usize,
    welsh_powell_bound: usize,
    brooks_bound: usize,
    dsatur_bound: Option<usize>,
    /// A number, or why there is none.
    chromatic_number: Value,
    /// The vertices that the proof is about, as the file calls them; none for exhaustive search.
    witness: Vec<String>,
}

/// Prints the bounds, one a line or as one JSON object.
pub fn run(args: &BoundsArgs) -> Result<u8, Failure> {
    Output::Stdout.check()?;
    let loaded = read_graph(&args.query.input)?;
    if !args.quiet {
        note_repairs(&args.query.input.file, &loaded);
    }
    let stop = StopHandle::new();
    let options = BoundsOptions {
        work: args.work.unwrap_or(DEFAULT_WORK).saturating_mul(1_000_000),
        deepen: args.work.is_none() && args.time_limit.is_some(),
        time_limit: args.time_limit,
        seed: args.seed,
        stop: stop.clone(),
    };
    require_memory(&args.query.input, memory::first_colorings(&loaded.graph))?;
    let received = on_first_signal(move || stop.stop(), None)?;
    let found = watched(&loaded.graph, &options, StatusLine::new(!args.quiet));
    let report = Report {
        file: args.query.input.file.display().to_string(),
        lower_bound: found.lower,
        proof: found.proof.to_string(),
        upper_bound: found.upper,
        clique_size: found.clique.len(),
        degeneracy_bound: found.degrees.degeneracy,
        welsh_powell_bound: found.degrees.welsh_powell,
        brooks_bound: found.degrees.brooks,
        dsatur_bound: found.dsatur,
        chromatic_number: match found.chromatic_number() {
            None if !args.query.json => {
                Value::String(format!("unknown, {} to {}", found.lower, found.upper))
            }
            number => number.into(),
        },
        witness: found.witness.iter().map(|&v| loaded.vertex_name(v)).collect(),
    };
    Output::Stdout.write(|out| fields::write(out, &report, args.query.json))?;
    Ok(received.exit_code().unwrap_or(0))
}

/// Looks for bounds while a thread shows how it goes; without one, where the system gives none.
fn watched(graph: &Graph<'_>, options: &BoundsOptions, mut line: StatusLine) -> Bounds {
    if line.is_off() {
        return bounds(graph, options);
    }
    let started = Instant::now();
    let state = Mutex::new(None);
    let latest = || *state.lock().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        let (working, ended) = mpsc::channel::<()>();
        let show = move || {
            while ended.recv_timeout(REDRAW) == Err(RecvTimeoutError::Timeout) {
                let seconds = started.elapsed().as_secs_f64();
                line.show(seconds, || parts(latest(), seconds, options.time_limit));
            }
            line.clear();
        };
        let thread = std::thread::Builder::new().name("progress".to_owned());
        if let Err(error) = spawn_scoped(thread, scope, show) {
            tracing::warn!(%error, "no thread to show progress");
        }
        let found = bounds_with(graph, options, |progress| {
            *state.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
        });
        drop(working);
        found
    })
}

/// The progress line. Nothing is known before the first colouring.
fn parts(progress: Option<BoundsProgress>, seconds: f64, limit: Option<Duration>) -> Vec<Part> {
    let time = part(8, time(seconds, limit));
    match progress {
        None => vec![part(9, "first bounds"), time],
        Some(BoundsProgress { lower, upper, proof }) => {
            vec![part(9, format!("bounds {lower} to {upper}")), part(7, proof.name()), time]
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_help_names_the_default_work() {
        let help =
            crate::args::Args::command().find_subcommand_mut("bounds").unwrap().render_help();
        assert!(help.to_string().contains(&format!("[default: {};", super::DEFAULT_WORK)));
    }
}
