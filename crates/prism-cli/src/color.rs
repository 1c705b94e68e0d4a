//! `prism color`: the main job.

use crate::args::{ColorArgs, Device};
use crate::exit::{self, Failure};
use crate::progress::Progress;
use crate::{input, output, signals};
use prism_core::io::{self, Labels, Loaded};
use prism_core::{Color, Coloring};
use prism_solver::{BuildError, Goal, Outcome, Solver, Status, StopHandle};
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;

/// The result as one JSON object.
#[derive(Serialize)]
struct Report<'a> {
    graph: String,
    vertices: usize,
    edges: usize,
    colors: usize,
    lower_bound: usize,
    optimal: bool,
    status: Status,
    seed: u64,
    threads: usize,
    seconds: f64,
    moves: u64,
    history: &'a [prism_solver::Improvement],
    engines: &'a [prism_solver::EngineCounters],
}

/// Colours a graph and writes the colouring.
pub fn run(args: &ColorArgs) -> Result<ExitCode, Failure> {
    match args.device {
        Device::Auto | Device::Cpu => {}
    }
    let stop = StopHandle::new();
    let caught = signals::stop_on_signals(stop.clone())?;
    let loaded = input::load(&args.graph, args.quiet)?;
    let threads = args
        .threads
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    let progress = Mutex::new(Progress::new(args.quiet, args.events.as_deref())?);
    let outcome = solve(args, &loaded, threads, stop, &progress)?;
    if let Ok(mut progress) = progress.lock() {
        progress.finish();
    }
    outcome.coloring.verify(&loaded.graph).map_err(Failure::Improper)?;
    write(args, &loaded, &outcome)?;
    if args.json {
        output::json(&Report {
            graph: args.graph.graph.display().to_string(),
            vertices: loaded.graph.n(),
            edges: loaded.graph.m(),
            colors: outcome.num_colors(),
            lower_bound: outcome.lower_bound,
            optimal: outcome.is_optimal(),
            status: outcome.status,
            seed: args.seed,
            threads,
            seconds: outcome.seconds,
            moves: outcome.moves,
            history: &outcome.history,
            engines: &outcome.engines,
        })?;
    }
    if !args.quiet {
        input::say(&summary(&outcome));
    }
    if let Some(signal) = caught.get() {
        return Ok(ExitCode::from((128 + signal) as u8));
    }
    let missed = args.target_colors.is_some_and(|target| outcome.num_colors() > target);
    Ok(ExitCode::from(if missed { exit::NO } else { 0 }))
}

fn solve(
    args: &ColorArgs,
    loaded: &Loaded,
    threads: usize,
    stop: StopHandle,
    progress: &Mutex<Progress>,
) -> Result<Outcome, Failure> {
    let labels = loaded.labels.as_ref();
    let n = loaded.graph.n();
    let mut builder = Solver::builder(&loaded.graph)
        .seed(args.seed)
        .threads(threads)
        .stop_handle(stop)
        .goal(args.target_colors.map_or(Goal::Minimize, Goal::Colors))
        .on_event(|event: &prism_solver::Event| {
            if let Ok(mut progress) = progress.lock() {
                progress.event(event);
            }
        });
    if let Some(limit) = args.time_limit {
        builder = builder.time_limit(limit);
    }
    if let Some(moves) = args.moves {
        builder = builder.move_limit(moves);
    }
    if let Some(path) = &args.warm_start {
        builder = builder.warm_start(io::read_coloring_path(path, n, labels)?);
    }
    if let Some(path) = &args.precolor {
        builder = builder.precolored(precoloring(path, loaded)?);
    }
    let solver = builder.build().map_err(|error| match error {
        BuildError::NoThreads => Failure::Usage(error.to_string()),
        _ => Failure::Input(error.to_string()),
    })?;
    Ok(solver.run())
}

/// Writes the colouring, unless its place is taken by the JSON report.
fn write(args: &ColorArgs, loaded: &Loaded, outcome: &Outcome) -> Result<(), Failure> {
    if args.output.is_none() && args.json {
        return Ok(());
    }
    let coloring: &Coloring = &outcome.coloring;
    output::file_or_stdout(args.output.as_deref(), |out| {
        io::write_coloring(out, coloring, loaded.labels.as_ref(), args.output_format)
    })?;
    Ok(())
}

/// Reads lines of a vertex and a colour. Vertices are named as in the graph.
fn precoloring(path: &Path, loaded: &Loaded) -> Result<Vec<(u32, Color)>, Failure> {
    let place = |line: usize| format!("{}:{}", path.display(), line + 1);
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Input(format!("{}: {error}", path.display())))?;
    let names = loaded.labels.as_ref().map(Labels::index);
    let first = loaded.format.first_vertex();
    let mut precolored = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let bad = |what: &str| Err(Failure::Input(format!("{}: {what}", place(number))));
        match fields[..] {
            [] => {}
            [comment, ..] if comment.starts_with('#') => {}
            [vertex, color] => {
                let id = match &names {
                    Some(names) => names.get(vertex).copied(),
                    None => vertex.parse().ok().and_then(|v: u32| v.checked_sub(first)),
                };
                let Some(id) = id.filter(|&id| (id as usize) < loaded.graph.n()) else {
                    return bad(&format!("{vertex} is not a vertex of the graph"));
                };
                let Ok(color) = color.parse::<Color>() else {
                    return bad(&format!("{color} is not a colour (0 to {})", Color::MAX - 1));
                };
                precolored.push((id, color));
            }
            _ => return bad("expected a vertex and a colour"),
        }
    }
    Ok(precolored)
}

fn summary(outcome: &Outcome) -> String {
    let k = outcome.num_colors();
    let why = match outcome.status {
        Status::Optimal => "optimal",
        Status::TargetReached => "target reached",
        Status::TargetInfeasible => "the target is below the lower bound",
        Status::TimeLimit => "time limit",
        Status::MoveLimit => "move limit",
        Status::EffortSpent => "effort spent",
        Status::Stopped => "stopped",
        _ => "ended",
    };
    format!(
        "{k} colours ({why}; at least {} needed) in {:.2} s, {:.1} M moves",
        outcome.lower_bound,
        outcome.seconds,
        outcome.moves as f64 / 1e6
    )
}
