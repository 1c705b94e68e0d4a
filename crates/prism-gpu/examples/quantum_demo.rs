//! Colours a graph with `QuantumEvolutionGpu`, and says how fast.
//!
//! `cargo run --release --example quantum_demo -- [GRAPH K [SECONDS [SEED [TEMPERATURE [START [END [FALL
//! [SLICES [SWEEPS]]]]]]]]]`; without a graph, a random one with 250 vertices and 29 colours. The field
//! falls from START to END, in units of the temperature, in FALL steps.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::{Duration, Instant};

use prism_core::annealing::TransverseField;
use prism_core::io::{self, ReadOptions};
use prism_core::{Graph, generate};
use prism_gpu::GpuContext;
use prism_gpu::phases::{PhaseOptions, QuantumEvolutionGpu, QuantumOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (graph, k): (Graph<'static>, usize) = match args.as_slice() {
        [] => (generate::gnp(250, 0.5, 1)?, 29),
        [path, k, ..] => (io::read_path(path, &ReadOptions::default())?.graph, k.parse()?),
        _ => return Err("quantum_demo GRAPH K [SECONDS [SEED [TEMPERATURE ...]]]".into()),
    };
    let number = |at: usize, default: f64| args.get(at).map_or(Ok(default), |arg| arg.parse());
    let gpu = match GpuContext::open(0) {
        Ok(gpu) => gpu,
        Err(reason) => {
            println!("no GPU to show this on: {reason}");
            return Ok(());
        }
    };
    println!("{} vertices, {} edges, {k} colours, on {}", graph.n(), graph.m(), gpu.info());
    let defaults = TransverseField::default();
    let temperature = number(4, defaults.temperature)?;
    let field = TransverseField {
        temperature,
        start: temperature * number(5, defaults.start / defaults.temperature)?,
        end: temperature * number(6, defaults.end / defaults.temperature)?,
        fall: number(7, f64::from(defaults.fall))? as u32,
        slices: number(8, f64::from(defaults.slices))? as u32,
        sweeps: number(9, f64::from(defaults.sweeps))? as u32,
        ..defaults
    };
    let phase =
        PhaseOptions { seed: number(3, 1.0)? as u64, steps: u64::MAX, ..PhaseOptions::default() };
    let mut phase = QuantumEvolutionGpu::with_context(&gpu, QuantumOptions { phase, field })?;
    phase.load(&graph, None, k)?;
    let (stop, limit) = (phase.stop_handle(), number(2, 5.0)?);
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs_f64(limit));
        stop.stop();
    });
    let start = Instant::now();
    let found = phase.run()?;
    let seconds = start.elapsed().as_secs_f64();
    let accepted: u64 = found.history.iter().map(|step| step.accepted).sum();
    println!(
        "{} conflicts after {seconds:.2} s, {} half steps; {:.3e} proposals/s, {:.3e} accepted/s",
        found.conflicts,
        found.steps,
        found.moves as f64 / seconds,
        accepted as f64 / seconds,
    );
    Ok(())
}
