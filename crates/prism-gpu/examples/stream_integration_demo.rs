//! The stream integration report's three scenarios on a GPU: sync, async, and streams of one's own;
//! then what the device was doing meanwhile.
//!
//! `cargo run --release --example stream_integration_demo --features cuda`. With `PRISM_OUT` set to a
//! folder, a picture and a Perfetto trace of the last steps are left there.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use prism_core::{KernelTelemetry, RuntimeConfig, TelemetryStatus};
use prism_gpu::{GpuContext, GpuError, ManagedGpuContext, Stage, StreamPurpose, TimingOptions};

/// Steps a scenario.
const STEPS: u64 = 2000;

/// What a scenario came to.
struct Ran {
    us_a_step: f64,
    /// Steps that answered, each with its own number and the checksum of its config.
    right: u64,
}

fn config(iteration: u64) -> RuntimeConfig {
    RuntimeConfig { iteration, seed: iteration ^ 0x5eed, ..RuntimeConfig::default() }
}

fn is_right(telemetry: &KernelTelemetry, iteration: u64) -> bool {
    telemetry.iteration == iteration && telemetry.checksum == config(iteration).checksum()
}

/// Runs steps; the first one, which sets everything up, is not counted.
fn run(context: &mut ManagedGpuContext) -> Result<Ran, GpuError> {
    context.triple_buffered_step(config(0))?;
    context.reset_pipeline();
    let mut answers = Vec::with_capacity(STEPS as usize);
    let start = Instant::now();
    for iteration in 0..STEPS {
        let telemetry = context.triple_buffered_step(config(iteration))?;
        if telemetry.status() == TelemetryStatus::Complete {
            answers.push((telemetry.iteration, telemetry.checksum));
        }
    }
    let rest = context.drain()?;
    let us_a_step = start.elapsed().as_secs_f64() * 1e6 / STEPS as f64;
    let right = (0..)
        .zip(&answers)
        .filter(|(iteration, answer)| **answer == (*iteration, config(*iteration).checksum()));
    let last = (STEPS - 2..).zip(&rest).filter(|(at, record)| is_right(&record.telemetry, *at));
    Ok(Ran { us_a_step, right: (right.count() + last.count()) as u64 })
}

/// Times some steps and says how well they overlapped.
fn watch(context: &mut ManagedGpuContext) -> Result<(), GpuError> {
    let timing = TimingOptions { every: 100, burst: 24, keep: 240 };
    context.pipeline_mut().set_timing(Some(timing))?;
    run(context)?;
    let Some(timeline) = context.pipeline_mut().timeline() else { return Ok(()) };
    let Some(used) = timeline.utilisation() else { return Ok(()) };
    println!(
        "while watched: {:.1} us a step, bound {:.1} us, efficiency {:.0} %, {:.1} steps in flight",
        used.step_ns / 1e3,
        used.bound_ns / 1e3,
        100.0 * used.efficiency(),
        used.queue_depth,
    );
    for stage in Stage::ALL {
        println!("  {:<9} busy {:>3.0} % of the time", stage.name(), 100.0 * used.busy(stage));
    }
    if let Some(folder) = std::env::var_os("PRISM_OUT").map(std::path::PathBuf::from) {
        let (picture, trace) = (folder.join("demo.svg"), folder.join("demo-trace.json"));
        let written = std::fs::write(&picture, timeline.svg(24))
            .and_then(|()| std::fs::write(&trace, timeline.chrome_trace()));
        match written {
            Ok(()) => println!("see {} and {}", picture.display(), trace.display()),
            Err(error) => println!("no picture: {error}"),
        }
    }
    Ok(())
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
    println!("{STEPS} steps of the probe kernel, 1 KiB up and 10 KiB down each");

    println!("\n{:<8} {:>10} {:>9} {:>8}", "mode", "us a step", "right", "speedup");
    let sync = run(&mut ManagedGpuContext::with_gpu(gpu.clone(), false)?)?;
    println!("{:<8} {:>10.2} {:>9} {:>7.2}x", "sync", sync.us_a_step, sync.right, 1.0);
    let mut context = ManagedGpuContext::with_gpu(gpu, true)?;
    let overlapped = run(&mut context)?;
    let speedup = sync.us_a_step / overlapped.us_a_step;
    println!(
        "{:<8} {:>10.2} {:>9} {speedup:>7.2}x\n",
        "async", overlapped.us_a_step, overlapped.right
    );

    for purpose in StreamPurpose::ALL {
        if let Some(stream) = context.lease(purpose) {
            stream.synchronize()?;
            println!("{purpose:?}: a stream of one's own, of priority {}", stream.level());
        }
    }
    context.synchronize()?;
    let memory = context.gpu().memory_use();
    println!(
        "at most {} KB of device memory and {} KB of pinned memory were held\n",
        memory.device_peak.div_ceil(1024),
        memory.pinned_peak.div_ceil(1024)
    );
    watch(&mut context)
}
