//! One run of a benchmark: a child process, and what its JSON says.

use super::children::Children;
use super::instances::Instance;
use crate::args::BenchArgs;
use crate::failure::Failure;
use crate::output::counted;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

/// What one run gave.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    pub instance: String,
    pub vertices: u64,
    pub edges: u64,
    pub seed: u64,
    pub threads: u64,
    pub target: Option<usize>,
    pub colors: usize,
    pub lower_bound: usize,
    pub status: String,
    /// Whether the target was reached; without a target, whether the colouring is optimal.
    pub success: bool,
    /// Wall-clock seconds of the solver.
    pub seconds: f64,
    /// Wall-clock seconds inside engines: without bounds, reductions and checks.
    pub engine_seconds: f64,
    /// Wall-clock seconds of reading.
    pub read_seconds: f64,
    /// CPU seconds of the process, user and system, all threads.
    pub cpu_seconds: f64,
    /// Wall-clock seconds of the solver when it reached its last colouring.
    pub best_at_seconds: f64,
    pub moves: u64,
    pub moves_per_cpu_second: f64,
    pub peak_memory_bytes: u64,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.target.map_or(String::new(), |k| format!(" of {k}"));
        write!(
            f,
            "{} seed {}: {}{target}, {}, {:.2} CPU s, {:.2} s",
            self.instance,
            self.seed,
            counted(self.colors, "colour"),
            self.status,
            self.cpu_seconds,
            self.seconds
        )
    }
}

/// Runs `prism color` on one instance with one seed; nothing if the benchmark was stopped meanwhile.
pub fn run_one(
    prism: &Path,
    instance: &Instance,
    seed: u64,
    args: &BenchArgs,
    children: &Children,
) -> Result<Option<Run>, Failure> {
    let mut command = Command::new(prism);
    command.args(["color", "--json", "--quiet", "--output", "/dev/null"]);
    command.arg(format!("--seed={seed}"));
    command.arg(format!("--threads={}", args.threads));
    command.arg(format!("--method={}", args.method));
    command.arg(format!("--time-limit={}ms", args.time_limit.as_millis()));
    command.args(args.reading.arguments());
    if let Some(moves) = args.moves {
        command.arg(format!("--moves={moves}"));
    }
    if let Some(target) = instance.target {
        command.arg(format!("--target-colors={target}"));
    }
    command.arg("--").arg(&instance.file);
    let failed = |what: &str| Failure::Input(format!("{} seed {seed}: {what}", instance.name));
    let ended = children.run(&mut command).map_err(|error| failed(&error.to_string()))?;
    let Some(output) = ended else { return Ok(None) };
    if !matches!(output.status.code(), Some(0 | 1 | 7)) {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().trim_start_matches("error: ");
        // A message that begins with the file needs no other name.
        return Err(if said.starts_with(&*instance.file.to_string_lossy()) {
            Failure::Input(said.to_owned())
        } else if said.is_empty() {
            failed(&output.status.to_string())
        } else {
            failed(said)
        });
    }
    let json: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| failed(&error.to_string()))?;
    Ok(Some(from_json(&json, instance, seed)))
}

fn from_json(json: &Value, instance: &Instance, seed: u64) -> Run {
    let count = |name: &str| json[name].as_u64().unwrap_or(0);
    let real = |name: &str| json[name].as_f64().unwrap_or(0.0);
    let colors = count("num_colors") as usize;
    let last = json["history"].as_array().and_then(|history| history.last());
    let engines = json["engines"].as_array().into_iter().flatten();
    let engine_seconds = engines.filter_map(|engine| engine["seconds"].as_f64()).sum();
    let (moves, cpu_seconds) = (count("moves"), real("cpu_seconds"));
    Run {
        instance: instance.name.clone(),
        vertices: count("vertices"),
        edges: count("edges"),
        seed,
        threads: count("threads"),
        target: instance.target,
        colors,
        lower_bound: count("lower_bound") as usize,
        status: json["status"].as_str().unwrap_or("").to_owned(),
        success: match instance.target {
            Some(target) => colors <= target,
            None => json["optimal"].as_bool().unwrap_or(false),
        },
        seconds: real("seconds"),
        engine_seconds,
        read_seconds: real("read_seconds"),
        cpu_seconds,
        best_at_seconds: last.and_then(|last| last["seconds"].as_f64()).unwrap_or(0.0),
        moves,
        moves_per_cpu_second: if cpu_seconds > 0.0 { moves as f64 / cpu_seconds } else { 0.0 },
        peak_memory_bytes: count("peak_memory_bytes"),
    }
}

/// Writes the runs as a table with a header.
pub fn write_csv(out: &mut dyn Write, runs: &[Run]) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    for run in runs {
        table.serialize(run)?;
    }
    table.flush()
}
