//! Wavelet-hierarchical conflict repair on the device.
//!
//! Tabu search at a fixed number of colours (Hertz and de Werra 1987; Galinier and Hao 1999), with
//! several moves an iteration that do not touch one another (compare Luby 1986), and a Haar-like
//! transform of the conflicts over a coarsening hierarchy that says where to look when there are many.
//! `kernels/repair.cuh` has the search and says how. It takes any colouring; `prism_cpu::whcr` makes the
//! same moves on the CPU.

use prism_core::{Color, Graph, RuntimeConfig};
use prism_stream::GpuContext;

use super::residents::PhaseKernel;
use super::runner::{IndividualState, RunResult, Runner, StopHandle};
use super::{PhaseError, PhaseOptions};
use crate::layout::{self, Layout};
use crate::stream_integration::ManagedGpuContext;

#[cfg(feature = "cuda")]
use cudarc::driver::CudaContext;
#[cfg(feature = "cuda")]
use std::sync::Arc;

/// Bars that a region can hold at once, as in `repair.cuh`.
const RING: u32 = 64;

/// Bits of [`RuntimeConfig::flags`].
const EVERYWHERE: u32 = 1;
const ONE_MOVE: u32 = 2;

pub(super) static KERNEL: PhaseKernel = PhaseKernel {
    name: "whcr",
    source: include_str!("../../kernels/whcr.cu"),
    headers: &[REPAIR],
    phase: WhcrGpu::PHASE,
    memory: |layout| memory(layout, 0),
    demand: &layout::REPAIR,
    individuals_a_block: 1,
};

pub(super) const REPAIR: (&str, &str) = ("repair.cuh", include_str!("../../kernels/repair.cuh"));

/// Words that a region keeps, with as many integrators for each word of vertices.
pub(super) const fn memory(layout: &Layout, integrators: u32) -> u32 {
    layout.warps * (1 + 2 * RING + 32 * layout.words * integrators)
}

/// How repair goes.
#[derive(Clone, Debug)]
pub struct RepairOptions {
    /// What all phases can be told.
    pub phase: PhaseOptions,
    /// A move bars the old colour for a random number of iterations below this.
    pub tenure_base: u32,
    /// And for this many more a conflicting vertex. `None` for what was found best: 0.45 for up to two
    /// regions, 0.3 for more of them, which make more moves an iteration (docs/performance.md).
    pub tenure_slope: Option<f32>,
    /// Look at all conflicting vertices, not at a cluster of the hierarchy where they are many.
    pub everywhere: bool,
    /// Make one move an iteration, not several that do not touch one another.
    pub one_move: bool,
}

impl RepairOptions {
    /// The defaults, with or without streams.
    #[must_use]
    pub fn with_streams(enable_streams: bool) -> Self {
        Self { phase: PhaseOptions::with_streams(enable_streams), ..Self::default() }
    }

    /// The slope for a layout.
    #[must_use]
    pub fn slope_for(&self, layout: &Layout) -> f32 {
        self.tenure_slope.unwrap_or(if layout.warps <= 2 { 0.45 } else { 0.3 })
    }

    pub(super) fn steer(&self, layout: &Layout, config: &mut RuntimeConfig) {
        config.tenure_base = self.tenure_base as f32;
        config.tenure_slope = self.slope_for(layout);
        config.flags =
            (u32::from(self.everywhere) * EVERYWHERE) | (u32::from(self.one_move) * ONE_MOVE);
    }
}

impl Default for RepairOptions {
    fn default() -> Self {
        Self {
            phase: PhaseOptions::default(),
            tenure_base: 10,
            tenure_slope: None,
            everywhere: false,
            one_move: false,
        }
    }
}

/// What a repair came to.
pub type RepairResult = RunResult;

/// Repairs colourings on a device.
///
/// ```
/// use prism_core::generate;
/// use prism_gpu::phases::{RepairOptions, WhcrGpu};
/// use prism_gpu::GpuContext;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let Ok(gpu) = GpuContext::open(0) else { return Ok(()) };
///     let graph = generate::gnp(125, 0.5, 1)?;
///     let mut whcr = WhcrGpu::with_context(&gpu, RepairOptions::default())?;
///     whcr.load(&graph, None, 18)?;
///     let repaired = whcr.repair()?;
///     println!("{} conflicts after {} moves", repaired.conflicts, repaired.moves);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct WhcrGpu {
    runner: Runner,
    options: RepairOptions,
}

impl WhcrGpu {
    /// Its number in configs and in the counters of its random numbers.
    pub const PHASE: u32 = 1;

    /// On a device that the caller opened with cudarc.
    ///
    /// # Errors
    /// [`PhaseError::Gpu`] if the device is too old.
    #[cfg(feature = "cuda")]
    pub fn new(device: Arc<CudaContext>, enable_streams: bool) -> Result<Self, PhaseError> {
        let gpu = GpuContext::from_cudarc(device)?;
        Self::with_context(&gpu, RepairOptions::with_streams(enable_streams))
    }

    /// On a device that others may use as well.
    ///
    /// # Errors
    /// [`PhaseError::Gpu`] for options that cannot be.
    pub fn with_context(gpu: &GpuContext, options: RepairOptions) -> Result<Self, PhaseError> {
        let runner = Runner::new(gpu, &KERNEL, options.phase.clone())?;
        Ok(Self { runner, options })
    }

    /// Puts a graph on the device, with `k` colours. One individual starts from `start` if it is
    /// given (colours of `k` and above become random ones), all others from random colourings.
    ///
    /// # Errors
    /// [`PhaseError::TooLarge`] if the graph does not fit the device, [`PhaseError::WrongStart`] for a
    /// start of another length, [`PhaseError::Gpu`] for what the device says.
    pub fn load(
        &mut self,
        graph: &Graph<'_>,
        start: Option<&[Color]>,
        k: usize,
    ) -> Result<(), PhaseError> {
        self.runner.load(graph, start, k)
    }

    /// Repairs until there are no conflicts, the steps are used up, or it is stopped. Called again it goes
    /// on.
    ///
    /// # Errors
    /// [`PhaseError::NothingLoaded`] before [`load`](Self::load), [`PhaseError::Gpu`] for what the device
    /// says, [`PhaseError::WrongResult`] if it reports what is not so.
    pub fn repair(&mut self) -> Result<RepairResult, PhaseError> {
        let options = &self.options;
        self.runner.run(|layout, config, _| options.steer(layout, config))?;
        RepairResult::of(&mut self.runner)
    }

    /// Every individual as it is; waits for the device.
    ///
    /// # Errors
    /// [`PhaseError::NothingLoaded`], [`PhaseError::Gpu`].
    pub fn individuals(&self) -> Result<Vec<IndividualState>, PhaseError> {
        self.runner.individuals()
    }

    /// Ends a repair from another thread.
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
