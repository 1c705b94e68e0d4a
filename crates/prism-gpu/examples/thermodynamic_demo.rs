//! Colours a graph with `ThermodynamicGpu`, and says how fast.
//!
//! `cargo run --release --example thermodynamic_demo -- [GRAPH K [SECONDS [SEED [COLDEST [HOTTEST [RUNGS
//! [SWEEPS]]]]]]]`; without a graph, a random one with 250 vertices and 29 colours.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::{Duration, Instant};

use prism_core::io::{self, ReadOptions};
use prism_core::{Graph, generate};
use prism_gpu::GpuContext;
use prism_gpu::phases::{PhaseOptions, ThermodynamicGpu, ThermodynamicOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (graph, k): (Graph<'static>, usize) = match args.as_slice() {
        [] => (generate::gnp(250, 0.5, 1)?, 29),
        [path, k, ..] => (io::read_path(path, &ReadOptions::default())?.graph, k.parse()?),
        _ => return Err("thermodynamic_demo GRAPH K [SECONDS [SEED [COLDEST ...]]]".into()),
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
    let defaults = ThermodynamicOptions::default();
    let options = ThermodynamicOptions {
        phase: PhaseOptions {
            seed: number(3, 1.0)? as u64,
            steps: u64::MAX,
            sweeps: number(7, f64::from(defaults.phase.sweeps))? as u32,
            ..defaults.phase
        },
        coldest: number(4, defaults.coldest)?,
        hottest: number(5, defaults.hottest)?,
        rungs: number(6, defaults.rungs as f64)? as usize,
        ..defaults
    };
    let mut phase = ThermodynamicGpu::with_context(&gpu, options)?;
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
    let swaps: u64 = found.history.iter().map(|step| u64::from(step.swaps)).sum();
    println!(
        "{} conflicts after {seconds:.2} s, {} steps; {:.3e} proposals/s, {:.3e} accepted/s, {swaps} exchanges",
        found.conflicts,
        found.steps,
        found.moves as f64 / seconds,
        accepted as f64 / seconds,
    );
    Ok(())
}
