//! The pipeline with delays in every stage and slots full of rubbish: what a missing edge, a slot
//! that is written too early or a telemetry that was not written would show.

use prism_stream::kernels::{EchoKernel, EchoOptions};
use prism_stream::{
    GpuContext, KernelCache, KernelSource, Module, PipelineOptions, Placement, Submission,
};

use crate::disturbed::{DisturbedKernel, Lost, disturbed};
use crate::{
    Pipeline, TRANSPORTS, bound, check, config, device, expected, options, rounds, run_batches,
};

/// The longest delay of a stage. The kernel of the echo adds one of its own.
const LONGEST_NS: u64 = 40_000;

/// A pipeline whose steps are disturbed, and the context that it is on.
fn pipeline(
    gpu: &GpuContext,
    seed: u64,
    options: PipelineOptions,
    lost: Lost,
) -> (Pipeline, GpuContext) {
    let cache = KernelCache::for_user();
    let source = KernelSource::new("disturb.cu", include_str!("../support/disturb.cu"));
    let module = Module::from_source(gpu, &source, &cache).unwrap();
    let (gpu, disturbance) = disturbed(gpu, &module, (seed, LONGEST_NS), lost);
    let echo = EchoOptions { jitter_ns: LONGEST_NS, ..EchoOptions::default() };
    let kernel = EchoKernel::new(&gpu, &cache, echo).unwrap();
    // Graphs are captured anew each time, with other delays, in every other round.
    let kernel = DisturbedKernel { kernel, disturbance, repeats: seed.is_multiple_of(2) };
    (bound(&gpu, options, kernel), gpu)
}

#[test]
fn gpu_delays_in_every_stage_and_poisoned_slots_change_nothing() {
    let Some((gpu, _alone)) = device() else { return };
    for round in 0..rounds() {
        let (depth, batch) = [(2, 1), (3, 4), (8, 1)][round as usize % 3];
        for transport in TRANSPORTS {
            let options = PipelineOptions { batch, ..options(depth, transport) };
            let (mut pipeline, _gpu) = pipeline(&gpu, round, options, Lost::Nothing);
            let what = format!("{options:?}, round {round}");
            // One by one, then in batches.
            for step in 0..64 {
                if let Some(done) = pipeline.step(&config(step)).unwrap() {
                    let at = done.step;
                    check(&done, at, &what);
                }
            }
            for done in pipeline.drain().unwrap() {
                check(&done.telemetry, done.step, &what);
            }
            run_batches(&mut pipeline, 64, &what);
        }
    }
}

#[test]
fn gpu_a_lost_wait_between_streams_is_noticed() {
    let Some((gpu, _alone)) = device() else { return };
    let transport = (Placement::Copied, Submission::Streams);
    let (mut pipeline, disturbed) = pipeline(&gpu, 1, options(3, transport), Lost::Waits);
    let (mut wrong, mut steps) = (0, 0);
    for step in 0..200 {
        if let Some(done) = pipeline.step(&config(step)).unwrap() {
            let right = expected(done.step);
            wrong += usize::from(done[..] != right[..]);
            steps += 1;
        }
    }
    // With edges lost, streams may still be at work when the last step has come back.
    disturbed.synchronize().unwrap();
    println!("{wrong} of {steps} steps wrong without waits");
    assert!(wrong > 0, "the order of the streams was left to chance");
}
