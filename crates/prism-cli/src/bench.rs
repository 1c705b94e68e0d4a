//! `prism bench`: every instance with every seed, each run a process of its own, and what comes of it.
//!
//! A run is `prism color --json`, so that its CPU time and memory are those of one run and nothing
//! else. A signal ends the runs, and those that had finished are reported. Times to a target are
//! heavy-tailed: the summary gives medians with extremes and counts of success, and the plot shows
//! whole distributions.

mod children;
mod instances;
mod plot;
mod runner;
mod summary;

use crate::args::BenchArgs;
use crate::devices;
use crate::failure::Failure;
use crate::input::{is_same_file, is_stdin};
use crate::output::{Output, counted, note};
use crate::signals::on_first_signal;
use children::Children;
use instances::Instance;
use prism_core::threads::spawn_scoped;
use prism_solver::Settings;
use runner::{Run, run_one};
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use summary::Summary;

#[derive(Serialize)]
struct Results<'a> {
    version: &'static str,
    machine: Machine,
    first_seed: u64,
    seeds: u64,
    /// Of each run, but for seed and target.
    #[serde(flatten)]
    settings: Map<String, Value>,
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
    devices::check(args.settings.0.device)?;
    let last_seed = args.first_seed.checked_add(args.seeds - 1).ok_or_else(|| {
        Failure::Usage("--first-seed: the last seed would be beyond 2^64 - 1".to_owned())
    })?;
    let instances = instances::collect(args)?;
    check_outputs(args, &instances)?;
    if shows_table(args) {
        Output::Stdout.check()?;
    }
    let prism = std::env::current_exe()
        .map_err(|error| Failure::Input(format!("cannot find the program itself: {error}")))?;
    let machine = machine();
    if !args.quiet {
        note(format_args!(
            "prism {}, {}, {}, {} a run, {}, seeds {} to {}",
            env!("CARGO_PKG_VERSION"),
            machine.cpu,
            counted(machine.cores, "core"),
            counted(args.settings.0.threads, "thread"),
            counted(instances.len(), "instance"),
            args.first_seed,
            last_seed,
        ));
    }
    let tasks: Vec<_> = (0..instances.len())
        .flat_map(|at| (args.first_seed..=last_seed).map(move |seed| (at, seed)))
        .collect();
    let children = Children::default();
    let stopper = children.clone();
    let received = on_first_signal(move || stopper.stop(), None)?;
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let work = || {
        while let Some(&(at, seed)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = run_one(&prism, &instances[at], seed, args, &children);
            if !args.quiet {
                match &result {
                    Ok(Some(run)) => note(format_args!("{run}")),
                    Ok(None) => {}
                    Err(_) => note(format_args!("{} seed {seed}: failed", instances[at].name)),
                }
            }
            // A thread that panicked elsewhere leaves whole entries behind.
            let mut done = done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            done.push((at, seed, result));
        }
    };
    std::thread::scope(|scope| {
        // This thread is one of them. What cannot be started is done without.
        for _ in 1..args.jobs.min(tasks.len()) {
            let thread = std::thread::Builder::new();
            if let Err(error) = spawn_scoped(thread, scope, work) {
                tracing::warn!(%error, "the system gives no more threads");
                break;
            }
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    done.sort_by_key(|&(at, seed, _)| (at, seed));
    // Good runs are reported even when others failed.
    let mut runs = Vec::new();
    let mut failures = Vec::new();
    for (_, _, result) in done {
        match result {
            Ok(run) => runs.extend(run),
            Err(error) => failures.push(error),
        }
    }
    let stopped = received.exit_code();
    if stopped.is_some() && !args.quiet {
        let done = counted(runs.len(), "run");
        note(format_args!("stopped: {done} of {} finished", tasks.len()));
    }
    if stopped.is_none() || !runs.is_empty() {
        let summaries = summary::summarize(&runs);
        write_outputs(args, machine, &runs, &summaries)?;
    }
    match (stopped, failures.first()) {
        (Some(code), _) => Ok(code),
        (None, None) => Ok(0),
        (None, Some(first)) => Err(match failures.len() {
            1 => Failure::Run(first.to_string(), first.exit_code()),
            many => {
                let text = format!("{first} (the first of {many} runs that failed)");
                Failure::Run(text, first.exit_code())
            }
        }),
    }
}

/// Refuses outputs that cannot be written, that would replace an instance, or that go to one place.
fn check_outputs(args: &BenchArgs, instances: &[Instance]) -> Result<(), Failure> {
    let outputs: Vec<_> = [("--csv", &args.csv), ("--json", &args.json), ("--plot", &args.plot)]
        .into_iter()
        .filter_map(|(option, path)| Some((option, path.as_ref()?)))
        .collect();
    let same =
        |a: &PathBuf, b: &PathBuf| a == b || !is_stdin(a) && !is_stdin(b) && is_same_file(a, b);
    for (at, &(option, path)) in outputs.iter().enumerate() {
        if let Some((other, _)) = outputs[..at].iter().find(|(_, other)| same(path, other)) {
            return Err(Failure::Usage(format!("{other} and {option} name the same file")));
        }
        if !is_stdin(path)
            && let Some(input) = instances.iter().find(|one| is_same_file(path, &one.file))
        {
            let (path, input) = (path.display(), input.file.display());
            return Err(Failure::Usage(format!("{option} {path}: this is an instance ({input})")));
        }
        Output::new(Some(path.clone())).check()?;
    }
    Ok(())
}

fn write_outputs(
    args: &BenchArgs,
    machine: Machine,
    runs: &[Run],
    summaries: &[Summary],
) -> Result<(), Failure> {
    let mut failed = None;
    let mut put = |path: &Option<PathBuf>, write: &dyn Fn(&mut dyn Write) -> io::Result<()>| {
        if let Some(path) = path {
            let written = Output::new(Some(path.clone())).write_or_rescue("result", write);
            failed = failed.take().or(written.err());
        }
    };
    put(&args.csv, &|out| runner::write_csv(out, runs));
    let limit = args.settings.0.time_limit.unwrap_or_default().as_secs_f64();
    put(&args.plot, &|out| out.write_all(plot::time_to_target(runs, limit).as_bytes()));
    let results = Results {
        version: env!("CARGO_PKG_VERSION"),
        machine,
        first_seed: args.first_seed,
        seeds: args.seeds,
        settings: shared_settings(&args.settings.0)?,
        summaries,
        runs,
    };
    put(&args.json, &|out| {
        serde_json::to_writer_pretty(&mut *out, &results)?;
        writeln!(out)
    });
    if !runs.is_empty() && shows_table(args) {
        Output::Stdout.write(|out| summary::table(out, summaries))?;
    }
    failed.map_or(Ok(()), Err)
}

/// The settings that all runs share.
fn shared_settings(settings: &Settings) -> Result<Map<String, Value>, Failure> {
    let settings = serde_json::to_value(settings);
    let settings =
        settings.map_err(|error| Failure::Output("the settings".into(), error.into()))?;
    let mut settings = settings.as_object().cloned().unwrap_or_default();
    for varied in ["seed", "target_colors"] {
        settings.shift_remove(varied);
    }
    Ok(settings)
}

/// Whether the table for a person goes to standard output: unless something else does.
fn shows_table(args: &BenchArgs) -> bool {
    !([&args.csv, &args.json, &args.plot].into_iter().flatten()).any(|path| is_stdin(path))
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
