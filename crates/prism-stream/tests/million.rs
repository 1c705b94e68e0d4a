//! A million steps grow nothing: no memory on the device, no pinned memory, no event, and no
//! allocation on the host at all, which an allocator that counts can tell to the last one.
//!
//! Without a GPU this says so and passes; with `PRISM_REQUIRE_GPU=1` it fails. `PRISM_GPU_STEPS` sets
//! another number of steps. The recording mock cannot stand in here: it allocates to record.
#![cfg(feature = "cuda")]
#![allow(unsafe_code, clippy::unwrap_used, clippy::print_stdout)]

#[path = "support/counting.rs"]
mod counting;
#[path = "support/needs.rs"]
mod needs;
#[path = "support/pipelines.rs"]
mod pipelines;

use counting::ALLOCATIONS;
use pipelines::{TRANSPORTS, bound, pinned};
use prism_stream::kernels::{EchoKernel, EchoOptions, echo_checksum, echo_word};
use prism_stream::{KernelCache, PipelineOptions};

/// Resident memory of the process in KiB, where the system tells.
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn the_allocator_counts() {
    let before = ALLOCATIONS.get();
    drop(std::hint::black_box(vec![0_u8; 100]));
    assert_eq!(ALLOCATIONS.get(), before + 1);
}

#[test]
fn gpu_a_million_steps_grow_nothing() {
    let Some(gpu) = needs::gpu() else { return };
    let steps: u64 =
        std::env::var("PRISM_GPU_STEPS").ok().and_then(|v| v.parse().ok()).unwrap_or(1_000_000);
    for transport in TRANSPORTS.map(Some).into_iter().chain([None]) {
        let options = PipelineOptions::default();
        let options = transport.map_or(options, |transport| pinned(transport, options));
        let echo = EchoKernel::new(&gpu, &KernelCache::for_user(), EchoOptions::default());
        let mut pipeline = bound::<[u32; 64], [u32; 64]>(&gpu, options, echo.unwrap());
        let mut config = [0_u32; 64];
        let mut run =
            |steps: std::ops::Range<u64>| {
                for step in steps {
                    config[0] = step as u32;
                    let Some(done) = pipeline.step(&config).unwrap() else { continue };
                    let sent = std::array::from_fn::<u32, 64, _>(|at| {
                        if at == 0 { done.step as u32 } else { 0 }
                    });
                    assert_eq!(done[63], echo_word(echo_checksum(&sent), done.step as u32, 63));
                }
            };
        // The driver's own pools settle in the first steps.
        let warm = (steps / 10).min(10_000);
        run(0..warm);
        let device = || (gpu.memory_use(), gpu.driver().memory_info().unwrap().0);
        let (held, resident, allocations) = (device(), resident_kib(), ALLOCATIONS.get());
        run(warm..steps);
        let allocated = ALLOCATIONS.get() - allocations;
        println!(
            "{transport:?}: {} steps, {allocated} allocations, resident {resident:?} -> {:?} KiB, {:?}",
            steps - warm,
            resident_kib(),
            pipeline.stats(),
        );
        assert_eq!(allocated, 0, "allocations on the host");
        assert_eq!(device(), held, "memory of the device, and what is held");
        if let (Some(before), Some(after)) = (resident, resident_kib()) {
            // A byte a step would be a thousand KiB.
            assert!(after <= before + 256, "resident memory: {before} -> {after} KiB");
        }
    }
}
