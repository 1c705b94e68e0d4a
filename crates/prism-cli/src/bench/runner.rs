//! One run of a benchmark: a child process, and what its JSON says.

use super::children::Children;
use super::instances::Instance;
use crate::args::BenchArgs;
use crate::failure::{Failure, OUT_OF_MEMORY};
use crate::output::counted;
use crate::printed::Printed;
use prism_solver::{Report, Settings, Status};
use serde::Serialize;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

/// What one run gave.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    pub instance: String,
    pub vertices: usize,
    pub edges: usize,
    pub seed: u64,
    pub threads: usize,
    pub target: Option<usize>,
    pub colors: usize,
    pub lower_bound: usize,
    pub status: Status,
    /// Whether the target was reached; without a target, whether the colouring is optimal.
    pub success: bool,
    /// Wall-clock seconds of the solver.
    pub seconds: f64,
    /// Wall-clock seconds inside engines, those of all sites added up: without bounds, reductions and
    /// checks.
    pub engine_seconds: f64,
    /// Wall-clock seconds of reading.
    pub read_seconds: f64,
    /// CPU seconds of the process, user and system, all threads.
    pub cpu_seconds: f64,
    /// Wall-clock seconds of the solver when it reached its last colouring.
    pub best_at_seconds: Option<f64>,
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
    command.args(args.reading.arguments());
    let settings = Settings { seed, target_colors: instance.target, ..args.settings.0.clone() };
    command.args(settings.options());
    command.arg("--").arg(&instance.file);
    let name = format!("{} seed {seed}", instance.name);
    let ended = children.run(&mut command).map_err(|error| not_begun(&name, &error))?;
    let Some(output) = ended else { return Ok(None) };
    let code = output.status.code().and_then(|code| u8::try_from(code).ok());
    if !matches!(code, Some(0 | 1 | 7)) {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().trim_start_matches("error: ");
        // A message that begins with the file needs no other name.
        let text = if said.starts_with(&*instance.file.to_string_lossy()) {
            said.to_owned()
        } else if said.is_empty() {
            format!("{name}: {}", output.status)
        } else {
            format!("{name}: {said}")
        };
        let code = code.filter(|code| (3..=OUT_OF_MEMORY).contains(code));
        return Err(Failure::Run(text, code.unwrap_or(3)));
    }
    let failed = |what: &str| Failure::Run(format!("{name}: {what}"), 3);
    let printed = serde_json::from_slice(&output.stdout)
        .map_err(|error| failed(&format!("what the run printed cannot be read: {error}")))?;
    let run = Run::new(instance, &printed);
    run.map(Some).ok_or_else(|| failed("the run printed no colouring"))
}

/// A run whose process could not be started.
fn not_begun(name: &str, error: &io::Error) -> Failure {
    let (code, why) = match error.kind() {
        io::ErrorKind::WouldBlock => {
            (OUT_OF_MEMORY, ", the system allows no more of them (ulimit -u)")
        }
        io::ErrorKind::OutOfMemory => (OUT_OF_MEMORY, ", there is not enough memory"),
        _ => (3, ""),
    };
    Failure::Run(format!("{name}: its process cannot be started{why}: {error}"), code)
}

impl Run {
    /// What a run on an instance printed, if it has a colouring.
    fn new(instance: &Instance, printed: &Printed<'_>) -> Option<Self> {
        let Printed { report, read_seconds, cpu_seconds, peak_memory_bytes, .. } = printed;
        let Report { vertices, edges, status, moves, seconds, .. } = *report;
        let colors = report.num_colors?;
        Some(Self {
            instance: instance.name.clone(),
            vertices,
            edges,
            seed: report.settings.seed,
            threads: report.settings.threads,
            target: instance.target,
            colors,
            lower_bound: report.lower_bound?,
            status,
            success: match instance.target {
                Some(target) => colors <= target,
                None => report.optimal,
            },
            seconds,
            engine_seconds: report.engines.iter().map(|engine| engine.seconds).sum(),
            read_seconds: *read_seconds,
            cpu_seconds: *cpu_seconds,
            best_at_seconds: report.history.last().map(|last| last.seconds),
            moves,
            moves_per_cpu_second: if *cpu_seconds > 0.0 { moves as f64 / cpu_seconds } else { 0.0 },
            peak_memory_bytes: *peak_memory_bytes,
        })
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
