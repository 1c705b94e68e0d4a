//! Repairs colourings of a graph with `WhcrGpu` and `DendriticWhcrGpu`, and says how fast.
//!
//! `cargo run --release --example whcr_demo -- [GRAPH K [SECONDS [SEED [TENURE_SLOPE]]]]`; without a
//! graph, a random one with 250 vertices and 29 colours.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::{Duration, Instant};

use prism_core::io::{self, ReadOptions};
use prism_core::{Graph, generate};
use prism_gpu::GpuContext;
use prism_gpu::phases::{
    DendriticWhcrGpu, PhaseOptions, RepairOptions, RepairResult, StopHandle, WhcrGpu,
};

/// Stops a phase after a while.
fn stop_after(seconds: f64, stop: StopHandle) {
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs_f64(seconds));
        stop.stop();
    });
}

fn say(name: &str, result: &RepairResult, took: Duration) {
    let (seconds, moves) = (took.as_secs_f64(), result.moves as f64);
    println!(
        "{name}: {} conflicts after {seconds:.2} s, {} steps, {moves:.3e} moves, {:.3e} moves/s",
        result.conflicts,
        result.steps,
        moves / seconds,
    );
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (graph, k): (Graph<'static>, usize) = match args.as_slice() {
        [] => (generate::gnp(250, 0.5, 1)?, 29),
        [path, k, ..] => (io::read_path(path, &ReadOptions::default())?.graph, k.parse()?),
        _ => return Err("whcr_demo [GRAPH K [SECONDS [SEED [TENURE_SLOPE]]]]".into()),
    };
    let number = |at: usize, default: f64| args.get(at).map_or(Ok(default), |arg| arg.parse());
    let (seconds, seed) = (number(2, 5.0)?, number(3, 1.0)?);
    let tenure_slope = args.get(4).map(|arg| arg.parse()).transpose()?;
    let gpu = match GpuContext::open(0) {
        Ok(gpu) => gpu,
        Err(reason) => {
            println!("no GPU to show this on: {reason}");
            return Ok(());
        }
    };
    println!("{} vertices, {} edges, {k} colours, on {}", graph.n(), graph.m(), gpu.info());
    let phase = PhaseOptions { seed: seed as u64, steps: u64::MAX, ..PhaseOptions::default() };
    let options = RepairOptions { phase, tenure_slope, ..RepairOptions::default() };

    let mut whcr = WhcrGpu::with_context(&gpu, options.clone())?;
    whcr.load(&graph, None, k)?;
    stop_after(seconds, whcr.stop_handle());
    let start = Instant::now();
    say("whcr", &whcr.repair()?, start.elapsed());

    let mut whcr = DendriticWhcrGpu::with_context(&gpu, options)?;
    whcr.load(&graph, None, k)?;
    stop_after(seconds, whcr.stop_handle());
    let start = Instant::now();
    say("dendritic_whcr", &whcr.repair()?, start.elapsed());
    Ok(())
}
