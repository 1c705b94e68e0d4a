//! Replica-exchange simulated annealing on the device.
//!
//! Parallel tempering at a fixed number of colours over conflicting edges (Swendsen and Wang 1986; Geyer
//! 1991; Johnson, Aragon, McGeoch and Schevon 1991): an individual is a replica, and replicas form as many
//! ladders of temperatures as the device holds. `kernels/thermodynamic.cu` says how;
//! `prism_cpu::thermodynamic` makes the same moves on the CPU.
//!
//! The hottest rung is steered: where neighbours exchange their temperatures too seldom, it comes
//! nearer, and goes back where they exchange often.

use prism_core::annealing::{Ladder, Proposals};
use prism_core::hierarchy::Slots;
use prism_core::{Color, Graph, KernelTelemetry, RuntimeConfig};
use prism_stream::GpuContext;

use super::residents::PhaseKernel;
use super::runner::{IndividualState, RunResult, Runner, StopHandle};
use super::{PhaseError, PhaseOptions};
use crate::layout::{Demand, Layout};
use crate::stream_integration::ManagedGpuContext;

#[cfg(feature = "cuda")]
use cudarc::driver::CudaContext;
#[cfg(feature = "cuda")]
use std::sync::Arc;

pub(super) const ANNEALING: (&str, &str) =
    ("annealing.cuh", include_str!("../../kernels/annealing.cuh"));

/// Words a thread: one warp an individual as long as it has few vertices, so that many individuals fit
/// a multiprocessor; several warps that judge more proposals at once where a few individuals fill it.
pub(super) const fn words(vertices: u32) -> u32 {
    match vertices {
        0..=128 => 1,
        129..=256 => 2,
        257..=384 => 3,
        _ => 1,
    }
}

/// Annealing: a byte for the colour of each vertex, two for the list of conflicting ones.
static DEMAND: Demand = Demand {
    chunk: 1,
    packed: true,
    words,
    bytes_a_vertex: 1 + 2,
    fixed: |_, _| 0,
    movable: |_| 0,
};

pub(super) static KERNEL: PhaseKernel = PhaseKernel {
    name: "thermodynamic",
    source: include_str!("../../kernels/thermodynamic.cu"),
    headers: &[ANNEALING],
    phase: ThermodynamicGpu::PHASE,
    memory: |_| 6,
    demand: &DEMAND,
    individuals_a_block: 1,
};

/// How the tempering goes.
#[derive(Clone, Debug)]
pub struct ThermodynamicOptions {
    /// What all phases can be told; `sweeps` are proposals a vertex.
    pub phase: PhaseOptions,
    /// The coldest temperature, in conflicting edges.
    pub coldest: f64,
    /// The hottest one.
    pub hottest: f64,
    /// Temperatures of a ladder, 1 to [`RUNGS_AT_MOST`](prism_core::annealing::RUNGS_AT_MOST).
    pub rungs: usize,
    /// Steps between two exchanges of temperatures; 0 for none.
    pub exchange_interval: u32,
    /// Which vertices are proposed for.
    pub proposals: Proposals,
    /// The share of the possible exchanges that should be made: the hottest temperature is lowered
    /// while it is less, down to half of the way to the coldest. 0 leaves the temperatures alone.
    pub exchange_share: f64,
}

impl ThermodynamicOptions {
    /// The defaults, with or without streams.
    #[must_use]
    pub fn with_streams(enable_streams: bool) -> Self {
        let defaults = Self::default();
        let pipeline = PhaseOptions::with_streams(enable_streams).pipeline;
        Self { phase: PhaseOptions { pipeline, ..defaults.phase }, ..defaults }
    }

    /// The ladder for a graph of so many vertices, with this hottest temperature.
    #[must_use]
    pub fn ladder(&self, vertices: usize, hottest: f64) -> Ladder {
        let proposals = u64::from(self.phase.sweeps) * vertices as u64;
        let proposals = u32::try_from(proposals).unwrap_or(u32::MAX);
        let mut ladder = Ladder::geometric(self.coldest, hottest, self.rungs, proposals);
        ladder.exchange_interval = self.exchange_interval;
        ladder.proposals = self.proposals;
        ladder
    }
}

impl Default for ThermodynamicOptions {
    fn default() -> Self {
        Self {
            phase: PhaseOptions { sweeps: 200, ..PhaseOptions::default() },
            coldest: 0.2,
            hottest: 0.34,
            rungs: 12,
            exchange_interval: 1,
            proposals: Proposals::Conflicting,
            exchange_share: 0.2,
        }
    }
}

/// Steers the hottest temperature by how many exchanges were made.
#[derive(Debug)]
struct Controller {
    hottest: f64,
}

impl Controller {
    /// How fast the hottest temperature follows, a step.
    const PACE: f64 = 0.005;

    /// Takes the telemetry of a step in, of so many replicas.
    fn observe(
        &mut self,
        telemetry: &KernelTelemetry,
        replicas: u32,
        options: &ThermodynamicOptions,
    ) {
        // Every other pair of neighbours may exchange.
        let possible = f64::from(replicas) * (options.rungs.max(1) - 1) as f64
            / (2.0 * options.rungs.max(1) as f64);
        let is_exchange = options.exchange_interval > 0
            && telemetry.iteration > 0
            && possible > 0.0
            && telemetry.iteration.is_multiple_of(u64::from(options.exchange_interval));
        if !is_exchange || options.exchange_share == 0.0 {
            return;
        }
        let share = f64::from(telemetry.swaps) / possible;
        let factor =
            if share < options.exchange_share { 1.0 - Self::PACE } else { 1.0 + Self::PACE };
        let least = (options.coldest + options.hottest) / 2.0;
        self.hottest = (self.hottest * factor).clamp(least.min(options.hottest), options.hottest);
    }
}

/// Anneals replicas of a colouring on a device.
///
/// ```
/// use prism_core::generate;
/// use prism_gpu::phases::{ThermodynamicGpu, ThermodynamicOptions};
/// use prism_gpu::GpuContext;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let Ok(gpu) = GpuContext::open(0) else { return Ok(()) };
///     let graph = generate::gnp(125, 0.5, 1)?;
///     let mut phase = ThermodynamicGpu::with_context(&gpu, ThermodynamicOptions::default())?;
///     phase.load(&graph, None, 19)?;
///     let found = phase.run()?;
///     println!("{} conflicts after {} proposals", found.conflicts, found.moves);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct ThermodynamicGpu {
    runner: Runner,
    options: ThermodynamicOptions,
    controller: Controller,
}

impl ThermodynamicGpu {
    /// Its number in configs and in the counters of its random numbers.
    pub const PHASE: u32 = 2;

    /// On a device that the caller opened with cudarc.
    ///
    /// # Errors
    /// [`PhaseError::Gpu`] if the device is too old.
    #[cfg(feature = "cuda")]
    pub fn new(device: Arc<CudaContext>, enable_streams: bool) -> Result<Self, PhaseError> {
        let gpu = GpuContext::from_cudarc(device)?;
        Self::with_context(&gpu, ThermodynamicOptions::with_streams(enable_streams))
    }

    /// On a device that others may use as well.
    ///
    /// # Errors
    /// [`PhaseError::Gpu`] for options that cannot be.
    pub fn with_context(
        gpu: &GpuContext,
        options: ThermodynamicOptions,
    ) -> Result<Self, PhaseError> {
        let runner = Runner::new(gpu, &KERNEL, options.phase.clone())?;
        let controller = Controller { hottest: options.hottest };
        Ok(Self { runner, options, controller })
    }

    /// Puts a graph on the device, with `k` colours. One replica starts from `start` if it is given
    /// (colours of `k` and above become random ones), all others from random colourings.
    ///
    /// # Errors
    /// As [`WhcrGpu::load`](super::WhcrGpu::load).
    pub fn load(
        &mut self,
        graph: &Graph<'_>,
        start: Option<&[Color]>,
        k: usize,
    ) -> Result<(), PhaseError> {
        self.controller.hottest = self.options.hottest;
        self.runner.load(graph, start, k)
    }

    /// Anneals until there are no conflicts, the steps are used up, or it is stopped. Called again it
    /// goes on.
    ///
    /// # Errors
    /// [`PhaseError::NothingLoaded`] before [`load`](Self::load), [`PhaseError::Gpu`] for what the device
    /// says, [`PhaseError::WrongResult`] if it reports what is not so.
    pub fn run(&mut self) -> Result<RunResult, PhaseError> {
        let (options, controller) = (&self.options, &mut self.controller);
        let (replicas, vertices) = self.runner.size()?;
        let steer = |_: &Layout, config: &mut RuntimeConfig, latest: Option<&KernelTelemetry>| {
            if let Some(telemetry) = latest {
                controller.observe(telemetry, replicas, options);
            }
            options.ladder(vertices, controller.hottest).configure(config);
        };
        self.runner.run(steer)?;
        RunResult::of(&mut self.runner)
    }

    /// Every replica as it is; waits for the device.
    ///
    /// # Errors
    /// [`PhaseError::NothingLoaded`], [`PhaseError::Gpu`].
    pub fn individuals(&self) -> Result<Vec<IndividualState>, PhaseError> {
        self.runner.individuals()
    }

    /// Where the vertices lie on the device: `prism_cpu::thermodynamic` makes the same moves on the graph of the
    /// slots.
    ///
    /// # Errors
    /// [`PhaseError::NothingLoaded`].
    pub fn slots(&self) -> Result<&Slots, PhaseError> {
        self.runner.slots()
    }

    /// Ends a run from another thread.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        self.runner.stop_handle()
    }

    /// The pipeline and its device.
    #[must_use]
    pub fn context(&self) -> &ManagedGpuContext {
        self.runner.context()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hottest_temperature_follows_the_exchanges() {
        let options =
            ThermodynamicOptions { coldest: 0.2, hottest: 0.4, rungs: 3, ..Default::default() };
        let mut controller = Controller { hottest: 0.4 };
        let telemetry =
            |swaps| KernelTelemetry { iteration: 5, swaps, ..KernelTelemetry::default() };
        // Of 30 replicas on ladders of 3 rungs, 10 pairs may exchange.
        controller.observe(&telemetry(1), 30, &options);
        assert!(controller.hottest < 0.4);
        for _ in 0..1000 {
            controller.observe(&telemetry(0), 30, &options);
        }
        assert!((controller.hottest - 0.3).abs() < 1e-9);
        for _ in 0..1000 {
            controller.observe(&telemetry(9), 30, &options);
        }
        assert_eq!(controller.hottest, 0.4);
        let alone = ThermodynamicOptions { exchange_share: 0.0, ..options };
        controller.observe(&telemetry(0), 30, &alone);
        assert_eq!(controller.hottest, 0.4);
    }
}
