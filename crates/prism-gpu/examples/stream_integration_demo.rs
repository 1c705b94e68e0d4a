//! The stream integration report's three scenarios on a GPU: sync, async, and a stream of one's own.
//!
//! `cargo run --release --example stream_integration_demo --features cuda`
#![allow(clippy::print_stdout)]

use std::time::Instant;

use prism_core::{RuntimeConfig, TelemetryStatus};
use prism_gpu::{GpuContext, GpuError, ManagedGpuContext, StreamPurpose};

/// Steps a scenario.
const STEPS: u64 = 1000;

/// Runs steps and answers microseconds a step, from a first one that sets everything up.
fn run(gpu: &GpuContext, enable_streams: bool) -> Result<(f64, u64), GpuError> {
    let mut context = ManagedGpuContext::with_gpu(gpu.clone(), enable_streams)?;
    context.triple_buffered_step(RuntimeConfig::default())?;
    context.reset_pipeline();
    let mut right = 0;
    let start = Instant::now();
    for iteration in 0..STEPS {
        let config = RuntimeConfig { iteration, ..RuntimeConfig::default() };
        let telemetry = context.triple_buffered_step(config)?;
        if telemetry.status() == TelemetryStatus::Complete {
            right += u64::from(telemetry.iteration + 2 == iteration);
        }
    }
    let rest = context.drain()?;
    let us = start.elapsed().as_secs_f64() * 1e6 / STEPS as f64;
    Ok((us, right + rest.len() as u64))
}

fn main() -> Result<(), GpuError> {
    let gpu = match GpuContext::open(0) {
        Ok(gpu) => gpu,
        Err(GpuError::Unavailable(reason)) => {
            println!("nothing to show: {reason}");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    println!("{}", gpu.info());

    println!("{:<8} {:>10} {:>10}", "mode", "us a step", "answered");
    let (sync, answered) = run(&gpu, false)?;
    println!("{:<8} {sync:>10.2} {answered:>10}", "sync");
    let (overlapped, answered) = run(&gpu, true)?;
    println!("{:<8} {overlapped:>10.2} {answered:>10}", "async");
    println!("1 KiB up, 10 KiB down, a kernel of some microseconds: {:.2}x", sync / overlapped);

    let mut context = ManagedGpuContext::with_gpu(gpu, true)?;
    if let Some(stream) = context.lease(StreamPurpose::AuxCompute) {
        stream.synchronize()?;
        println!("a stream of one's own, of priority {}", stream.level());
    }
    context.synchronize()
}
