//! `prism bench`: every instance with every seed, each run a process of its own, and what comes of it.
//!
//! A run is `prism color --json`, so that its CPU time and memory are those of one run and nothing
//! else. Times to a target are heavy-tailed: the summary gives medians with extremes and counts of
//! success, and the plot shows whole distributions.

mod instances;
mod plot;
mod runner;
mod summary;

use crate::args::BenchArgs;
use crate::failure::Failure;
use crate::output::{Output, note};
use runner::{Run, run_one};
use serde::Serialize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use summary::Summary;

#[derive(Serialize)]
struct Report<'a> {
    version: &'static str,
    machine: Machine,
    first_seed: u64,
    seeds: u64,
    threads: usize,
    time_limit_seconds: f64,
    move_limit: Option<u64>,
    summaries: &'a [Summary],
    runs: &'a [Run],
}

#[derive(Serialize)]
struct Machine {
    cpu: String,
    cores: usize,
    os: &'static str,
    arch: &'static str,
}

/// Runs the benchmark.
pub fn run(args: &BenchArgs) -> Result<u8, Failure> {
    let instances = instances::collect(args)?;
    for path in [&args.csv, &args.json, &args.plot].into_iter().flatten() {
        Output::new(Some(path.clone())).check()?;
    }
    let prism = std::env::current_exe()
        .map_err(|error| Failure::Input(format!("cannot find the program itself: {error}")))?;
    let machine = machine();
    if !args.quiet {
        note(format_args!(
            "prism {}, {}, {} cores, {} threads a run, {} instances, seeds {} to {}",
            env!("CARGO_PKG_VERSION"),
            machine.cpu,
            machine.cores,
            args.threads,
            instances.len(),
            args.first_seed,
            args.first_seed + args.seeds.saturating_sub(1),
        ));
    }
    let seeds = args.first_seed..args.first_seed.saturating_add(args.seeds);
    let tasks: Vec<_> = (0..instances.len())
        .flat_map(|instance| seeds.clone().map(move |seed| (instance, seed)))
        .collect();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..args.jobs.clamp(1, tasks.len().max(1)) {
            scope.spawn(|| {
                while let Some(&(at, seed)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = run_one(&prism, &instances[at], seed, args);
                    if !args.quiet {
                        match &result {
                            Ok(run) => note(format_args!("{run}")),
                            Err(error) => note(format_args!("prism: error: {error}")),
                        }
                    }
                    // A thread that panicked elsewhere leaves whole entries behind.
                    let mut done = done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    done.push((at, seed, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    done.sort_by_key(|&(at, seed, _)| (at, seed));
    // Good runs are reported even when others failed.
    let mut runs = Vec::new();
    let mut failure = None;
    for (_, _, result) in done {
        match result {
            Ok(run) => runs.push(run),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    let summaries = summary::summarize(&runs);
    write_outputs(args, machine, &runs, &summaries)?;
    failure.map_or(Ok(0), Err)
}

fn write_outputs(
    args: &BenchArgs,
    machine: Machine,
    runs: &[Run],
    summaries: &[Summary],
) -> Result<(), Failure> {
    let output = |path: &std::path::PathBuf| Output::new(Some(path.clone()));
    if let Some(csv) = args.csv.as_ref().map(output) {
        csv.write(|out| runner::write_csv(out, runs))?;
    }
    if let Some(plot) = args.plot.as_ref().map(output) {
        let limit = args.time_limit.as_secs_f64();
        plot.write(|out| out.write_all(plot::time_to_target(runs, limit).as_bytes()))?;
    }
    if let Some(json) = args.json.as_ref().map(output) {
        let report = Report {
            version: env!("CARGO_PKG_VERSION"),
            machine,
            first_seed: args.first_seed,
            seeds: args.seeds,
            threads: args.threads,
            time_limit_seconds: args.time_limit.as_secs_f64(),
            move_limit: args.moves,
            summaries,
            runs,
        };
        json.write(|out| {
            serde_json::to_writer_pretty(&mut *out, &report)?;
            writeln!(out)
        })?;
    }
    let taken =
        |path: &Option<std::path::PathBuf>| path.as_deref().is_some_and(crate::input::is_stdin);
    if !taken(&args.csv) && !taken(&args.json) && !taken(&args.plot) {
        Output::Stdout.write(|out| summary::table(out, summaries))?;
    }
    Ok(())
}

fn machine() -> Machine {
    let named = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        line.split_once(':').map(|(_, name)| name.trim().to_owned())
    });
    Machine {
        cpu: named.unwrap_or_else(|| "unknown CPU".to_owned()),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        os: std::env::consts::OS,
        arch: std::env::consts::ARCH,
    }
}
