//! `prism.cuh` on the device against its twins on the host.
#![cfg(feature = "cuda")]
#![allow(unsafe_code, clippy::unwrap_used)]

#[path = "../../prism-stream/tests/support/needs.rs"]
mod needs;

use prism_core::{KernelTelemetry, Philox, ReplicaRecord, RuntimeConfig, TelemetryStatus};
use prism_gpu::{
    DeviceBuffer, Function, GpuContext, GpuError, KernelArg, KernelSource, LaunchShape,
    ManagedGpuContext, StepKernel, StepLaunch, kernel_source,
};
use prism_stream::driver::is_whole_image;

fn source() -> KernelSource {
    kernel_source("prism_cuh.cu", include_str!("prism_cuh.cu"))
}

#[test]
fn the_header_compiles_for_every_architecture() {
    if !needs::nvrtc() {
        return;
    }
    for arch in ["sm_80", "sm_90", "sm_100"] {
        assert!(is_whole_image(&source().compile(arch).unwrap()), "{arch}");
    }
}

/// Draws the conflicts and moves of as many replicas as a config has sweeps.
struct Draw {
    function: Function,
    replicas: DeviceBuffer,
    ticket: DeviceBuffer,
    shape: LaunchShape,
}

/// Most replicas of a test.
const MOST: usize = 20_000;

impl Draw {
    fn new(gpu: &GpuContext, blocks: u32, threads: u32) -> Result<Self, GpuError> {
        let module = gpu.module(&source())?;
        Ok(Self {
            function: module.function("draw")?,
            replicas: gpu.alloc_zeroed(MOST * size_of::<ReplicaRecord>())?,
            ticket: gpu.alloc_zeroed(4)?,
            shape: LaunchShape::linear(blocks, threads),
        })
    }
}

// SAFETY: the kernel reads a config and the abort word, writes all of a telemetry, and no more than `MOST`
// replicas and the ticket, which `self` has.
unsafe impl StepKernel<RuntimeConfig, KernelTelemetry> for Draw {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        let (replicas, ticket) = (self.replicas.ptr(), self.ticket.ptr());
        let args = [
            KernelArg::pointer(&step.config),
            KernelArg::pointer(&step.telemetry),
            KernelArg::pointer(&step.abort),
            KernelArg::pointer(&replicas),
            KernelArg::pointer(&ticket),
        ];
        // SAFETY: these are the arguments of `draw`.
        unsafe { step.launch(&self.function, &self.shape, &args) }
    }
}

/// What the host draws for the same config.
fn drawn(config: &RuntimeConfig) -> KernelTelemetry {
    let draws = Philox::new(config.seed);
    let replicas: Vec<ReplicaRecord> = (0..config.sweeps)
        .map(|at| {
            let [a, b, c, d] = draws.at([at, at.wrapping_mul(7), !at, config.phase]);
            ReplicaRecord { conflicts: Philox::below(a ^ c, 1000), moves: b ^ d }
        })
        .collect();
    let mut telemetry = KernelTelemetry {
        iteration: config.iteration,
        status_code: KernelTelemetry::COMPLETE,
        ..KernelTelemetry::default()
    };
    telemetry.summarise(&replicas);
    telemetry
}

#[test]
fn gpu_random_numbers_and_summaries_are_those_of_the_host() {
    let Some(gpu) = needs::gpu() else { return };
    for (blocks, threads) in [(1, 32), (1, 1024), (7, 96), (264, 256)] {
        let mut context = ManagedGpuContext::with_gpu(gpu.clone(), true).unwrap();
        context.bind(Draw::new(&gpu, blocks, threads).unwrap()).unwrap();
        let configs: Vec<RuntimeConfig> = [0, 1, 5, 1271, 1272, 1273, 2545, 9999, MOST as u32]
            .into_iter()
            .zip(0..)
            .map(|(sweeps, iteration)| RuntimeConfig {
                iteration,
                seed: 0x0123_4567_89ab_cdef_u64.rotate_left(iteration as u32 * 5),
                sweeps,
                phase: iteration as u32,
                ..RuntimeConfig::default()
            })
            .collect();
        let mut answers: Vec<KernelTelemetry> = configs
            .iter()
            .map(|config| context.triple_buffered_step(*config).unwrap())
            .filter(|answer| answer.status() != TelemetryStatus::Warmup)
            .collect();
        answers.extend(context.drain().unwrap().iter().map(|record| record.telemetry));
        assert_eq!(answers.len(), configs.len());
        for (answer, config) in answers.iter().zip(&configs) {
            assert!(*answer == drawn(config), "{blocks} blocks, {} replicas", config.sweeps);
        }
    }
}

#[test]
fn gpu_an_abort_reaches_the_device_and_is_cleared_behind_its_steps() {
    let Some(gpu) = needs::gpu() else { return };
    let mut context = ManagedGpuContext::with_gpu(gpu.clone(), true).unwrap();
    context.bind(Draw::new(&gpu, 1, 32).unwrap()).unwrap();
    for round in 0..100 {
        context.abort_handle().abort();
        context.triple_buffered_step(RuntimeConfig::default()).unwrap();
        context.clear_abort().unwrap();
        context.triple_buffered_step(RuntimeConfig::default()).unwrap();
        let status: Vec<TelemetryStatus> =
            context.drain().unwrap().iter().map(|record| record.telemetry.status()).collect();
        assert_eq!(status, [TelemetryStatus::Aborted, TelemetryStatus::Complete], "{round}");
    }
}
