//! Nothing is left when the last handle has gone: what memcheck would call a leak at exit.

use std::sync::Arc;

use prism_stream::mock::MockDriver;
use prism_stream::{GpuContext, StreamPurpose};

use crate::support::{TRANSPORTS, config, device, expected, kernel, options, pipeline, unbound};

/// The mock, when all that was made on it has gone in the order that `end` says.
fn after(
    end: impl Fn(GpuContext, crate::support::Pipeline),
    seed: u64,
    steps: u64,
) -> Vec<Arc<MockDriver>> {
    TRANSPORTS
        .into_iter()
        .map(|transport| {
            let (mock, gpu) = device(seed);
            let mut pipeline = pipeline(&gpu, options(3, transport));
            for step in 0..steps {
                pipeline.step(&config(step)).unwrap();
            }
            end(gpu, pipeline);
            mock
        })
        .collect()
}

#[test]
fn nothing_is_left_after_steps_in_flight_whoever_goes_first() {
    for seed in 0..20 {
        for steps in 0..10 {
            for mock in after(drop_context_first, seed, steps).into_iter().chain(after(
                drop_pipeline_first,
                seed,
                steps,
            )) {
                assert_eq!(mock.live(), (0, 0, 0, 0), "{steps} steps");
                assert_eq!(mock.live_graphs(), (0, 0, 0));
                assert_eq!(mock.violations(), Vec::<String>::new());
            }
        }
    }
}

fn drop_context_first(gpu: GpuContext, pipeline: crate::support::Pipeline) {
    drop(gpu);
    drop(pipeline);
}

fn drop_pipeline_first(gpu: GpuContext, pipeline: crate::support::Pipeline) {
    drop(pipeline);
    drop(gpu);
}

/// Rule 15, for whoever forgets all of it: what was forgotten stays, and nothing else is touched by it.
#[test]
fn a_pipeline_a_lease_or_a_buffer_that_is_forgotten_is_left_alone() {
    for transport in TRANSPORTS {
        for seed in 0..20 {
            let (mock, gpu) = device(seed);
            let mut forgotten = pipeline(&gpu, options(3, transport));
            for step in 0..3 {
                forgotten.submit(&config(step)).unwrap();
            }
            let pool = forgotten.pool().clone();
            let lease = pool.lease(StreamPurpose::AuxCompute).unwrap();
            let (stream, buffer) = (lease.raw(), gpu.alloc(64).unwrap());
            std::mem::forget((forgotten, lease, buffer));
            let held = mock.live();
            let lease = pool.lease(StreamPurpose::AuxCompute).unwrap();
            assert_ne!(lease.raw(), stream, "it counts as leased");
            drop((lease, pool));
            let mut other = pipeline(&gpu, options(3, transport));
            for step in 0..10 {
                if let Some(done) = other.step(&config(step)).unwrap() {
                    assert_eq!(*done, expected(&config(done.step), done.step));
                }
            }
            drop(other);
            gpu.synchronize().unwrap();
            drop(gpu);
            let left = mock.live();
            assert!(left.0 >= held.0 && left.1 >= held.1 && left.2 >= held.2, "{left:?}, {held:?}");
            assert_eq!(mock.violations(), Vec::<String>::new());
        }
    }
}

#[test]
fn a_kernel_that_hangs_is_leaked_with_all_it_may_use_after_the_grace() {
    let (mock, gpu) = device(1);
    mock.hang_launch(0);
    let mut pipeline = unbound(&gpu, options(3, TRANSPORTS[2]));
    pipeline.bind(kernel(&gpu)).unwrap();
    pipeline.submit(&config(0)).unwrap();
    drop(pipeline);
    let before = mock.live();
    assert!(before.2 > 0);
    drop(gpu);
    assert_eq!(mock.live(), before, "nothing was freed under the device's hands");
    assert_eq!(mock.violations(), Vec::<String>::new());
}
