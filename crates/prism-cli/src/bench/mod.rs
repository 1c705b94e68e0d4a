//! `prism bench`: how soon which number of colours is reached.
//!
//! Every run is a `prism color` of its own, so that its CPU time is that of a whole process: reading,
//! bounds, search and verification. Runs follow one another; on a shared machine CPU seconds mean
//! more than wall-clock seconds, and both are given.

mod instances;
mod plot;

use crate::args::{BenchArgs, BenchFormat};
use crate::exit::Failure;
use crate::{input, output};
use instances::Instance;
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// One run.
#[derive(Clone, Debug, Serialize)]
struct Run {
    instance: String,
    vertices: usize,
    edges: usize,
    target: Option<usize>,
    seed: u64,
    threads: usize,
    colors: usize,
    lower_bound: usize,
    reached: bool,
    status: String,
    cpu_seconds: f64,
    wall_seconds: f64,
    moves: u64,
}

/// All runs and where they were made.
#[derive(Serialize)]
struct Report {
    version: &'static str,
    machine: String,
    time_limit_seconds: f64,
    runs: Vec<Run>,
}

/// What a run reads of the JSON that `prism color` prints.
#[derive(Deserialize)]
struct Colored {
    vertices: usize,
    edges: usize,
    colors: usize,
    lower_bound: usize,
    status: String,
    moves: u64,
}

/// Runs every instance with every seed and prints results and a summary.
pub fn run(args: &BenchArgs) -> Result<ExitCode, Failure> {
    let instances = instances::collect(args)?;
    let machine = machine();
    input::say(&format!("{} instances, {} seeds, {machine}", instances.len(), args.seeds));
    let mut runs = Vec::new();
    for instance in &instances {
        let first = runs.len();
        for seed in 1..=args.seeds {
            runs.push(run_one(args, instance, seed)?);
        }
        input::say(&summary(&runs[first..]));
    }
    if instances.len() > 1 {
        input::say(&totals(&runs));
    }
    if let Some(path) = &args.plot {
        let drawing = plot::draw(&runs).map_err(Failure::Input)?;
        output::file_or_stdout(Some(path), |out| out.write_all(drawing.as_bytes()))?;
    }
    match args.results {
        BenchFormat::Csv => output::stdout(|out| {
            let mut csv = csv::Writer::from_writer(out);
            runs.iter().try_for_each(|run| csv.serialize(run))?;
            csv.flush()
        }),
        BenchFormat::Json => output::json(&Report {
            version: env!("CARGO_PKG_VERSION"),
            machine,
            time_limit_seconds: args.time_limit.as_secs_f64(),
            runs,
        }),
    }
}

fn run_one(args: &BenchArgs, instance: &Instance, seed: u64) -> Result<Run, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::Input(format!("cannot find this program: {error}")))?;
    let mut command = Command::new(program);
    command.arg("color").arg(&instance.path);
    command.args(["--json", "--quiet", "--seed", &seed.to_string()]);
    command.args(["--threads", &args.threads.to_string()]);
    command.arg("--time-limit").arg(format!("{}s", args.time_limit.as_secs_f64()));
    if let Some(target) = instance.target {
        command.args(["--target-colors", &target.to_string()]);
    }
    let cpu = children_cpu_seconds()?;
    let start = Instant::now();
    let done = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| Failure::Input(format!("cannot start a run: {error}")))?;
    let wall_seconds = start.elapsed().as_secs_f64();
    let cpu_seconds = children_cpu_seconds()? - cpu;
    let colored: Colored = serde_json::from_slice(&done.stdout).map_err(|_| {
        let message = String::from_utf8_lossy(&done.stderr);
        Failure::Input(format!("{} failed: {}", instance.name, message.trim()))
    })?;
    Ok(Run {
        instance: instance.name.clone(),
        vertices: colored.vertices,
        edges: colored.edges,
        target: instance.target,
        seed,
        threads: args.threads,
        colors: colored.colors,
        lower_bound: colored.lower_bound,
        reached: instance.target.is_none_or(|target| colored.colors <= target),
        status: colored.status,
        cpu_seconds,
        wall_seconds,
        moves: colored.moves,
    })
}

/// User and system time of all child processes that have ended.
fn children_cpu_seconds() -> Result<f64, Failure> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|error| Failure::Input(format!("cannot measure CPU time: {error}")))?;
    let times = [usage.user_time(), usage.system_time()];
    Ok(times.iter().map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 * 1e-6).sum())
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name").and_then(|rest| rest.split(": ").nth(1)));
    format!("{cores} cores, {}", model.unwrap_or(std::env::consts::ARCH))
}

/// A line on the runs of one instance.
fn summary(runs: &[Run]) -> String {
    let Some(first) = runs.first() else { return String::new() };
    let mut cpu: Vec<f64> = runs.iter().map(|run| run.cpu_seconds).collect();
    cpu.sort_by(f64::total_cmp);
    let colors = || runs.iter().map(|run| run.colors);
    let reached = runs.iter().filter(|run| run.reached).count();
    let target = first.target.map_or("no target".to_owned(), |k| format!("target {k}"));
    format!(
        "{}: {target}, reached {reached} of {}, {} to {} colours, CPU s min {:.2} median {:.2} max {:.2}",
        first.instance,
        runs.len(),
        colors().min().unwrap_or(0),
        colors().max().unwrap_or(0),
        cpu[0],
        median(&cpu),
        cpu[cpu.len() - 1]
    )
}

fn totals(runs: &[Run]) -> String {
    let with_target: Vec<&Run> = runs.iter().filter(|run| run.target.is_some()).collect();
    let reached = with_target.iter().filter(|run| run.reached).count();
    let near = with_target.iter().filter(|run| run.target.is_some_and(|k| run.colors <= k + 1));
    format!("reached {reached} of {} targets, {} within 1", with_target.len(), near.count())
}

/// The median of sorted numbers; 0 of none.
fn median(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    match n {
        0 => 0.0,
        _ => (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median(&[1.0, 2.0, 9.0]), 2.0);
        assert_eq!(median(&[1.0, 2.0, 4.0, 9.0]), 3.0);
    }
}
