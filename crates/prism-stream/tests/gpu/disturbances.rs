//! The pipeline with delays in every stage and slots full of rubbish: what a missing edge, a slot
//! that is written too early or a telemetry that was not written would show.

use prism_stream::kernels::{EchoKernel, EchoOptions};
use prism_stream::{
    GpuContext, KernelCache, KernelSource, Module, Placement, PoolOptions, StreamPool, Submission,
};

use crate::disturbed::{DisturbedKernel, Lost, disturbed};
use crate::{Config, Pipeline, TRANSPORTS, check, config, device, expected, options, rounds};

/// The longest delay of a stage. The kernel of the echo adds one of its own.
const LONGEST_NS: u64 = 40_000;

/// A pipeline whose steps are disturbed, and the context that it is on.
fn pipeline(
    gpu: &GpuContext,
    seed: u64,
    (depth, transport): (usize, (Placement, Submission)),
    lost: Lost,
) -> (Pipeline, GpuContext) {
    let cache = KernelCache::for_user();
    let source = KernelSource::new("disturb.cu", include_str!("../support/disturb.cu"));
    let module = Module::from_source(gpu, &source, &cache).unwrap();
    let (gpu, disturbance) = disturbed(gpu, &module, (seed, LONGEST_NS), lost);
    let echo = EchoOptions { jitter_ns: LONGEST_NS, ..EchoOptions::default() };
    let kernel = EchoKernel::new(&gpu, &cache, echo).unwrap();
    let pool = StreamPool::new(gpu.clone(), PoolOptions::default());
    let mut pipeline = Pipeline::new(pool, options(depth, transport)).unwrap();
    // Graphs are captured anew each time, with other delays, in every other round.
    pipeline
        .bind(DisturbedKernel { kernel, disturbance, repeats: seed.is_multiple_of(2) })
        .unwrap();
    (pipeline, gpu)
}

#[test]
fn gpu_delays_in_every_stage_and_poisoned_slots_change_nothing() {
    let Some((gpu, _alone)) = device() else { return };
    for round in 0..rounds() {
        let depth = [2, 3, 8][round as usize % 3];
        for transport in TRANSPORTS {
            let (mut pipeline, _gpu) = pipeline(&gpu, round, (depth, transport), Lost::Nothing);
            let what = format!("{transport:?}, depth {depth}, round {round}");
            // One by one, then in batches.
            for step in 0..64 {
                if let Some(done) = pipeline.step(&config(step)).unwrap() {
                    let at = done.step;
                    check(&done, at, &what);
                }
            }
            let mut taken = 64 - pipeline.pending();
            for batch in 0..=8 {
                while let Some(done) = pipeline.next().unwrap() {
                    assert_eq!(done.step, taken, "{what}");
                    check(&done, taken, &what);
                    taken += 1;
                }
                if batch < 8 {
                    let steps = taken..taken + depth as u64;
                    let configs: Vec<Config> = steps.map(config).collect();
                    pipeline.submit_batch(&configs).unwrap();
                }
            }
            assert_eq!(taken, 64 + 8 * depth as u64, "{what}");
        }
    }
}

#[test]
fn gpu_a_lost_wait_between_streams_is_noticed() {
    let Some((gpu, _alone)) = device() else { return };
    let transport = (Placement::Copied, Submission::Streams);
    let (mut pipeline, disturbed) = pipeline(&gpu, 1, (3, transport), Lost::Waits);
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
