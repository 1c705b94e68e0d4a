//! [`WhcrGpu`](super::WhcrGpu) whose vertices remember.
//!
//! Every vertex carries two leaky integrators of its conflict history, a fast and a slow one (compare
//! Jaeger 2001). The fast one lengthens the tenure of a vertex that has been in conflict of late, so that
//! oscillation is damped; the slow one breaks ties in favour of vertices that have been in conflict for
//! long (compare the weights of Hutter, Tompkins and Hoos 2002). `kernels/repair.cuh` has both.

use prism_core::{Color, Graph};
use prism_stream::GpuContext;

use super::PhaseError;
use super::residents::PhaseKernel;
use super::runner::{IndividualState, Runner, StopHandle};
use super::whcr::{REPAIR, RepairOptions, RepairResult, memory};
use crate::layout;
use crate::stream_integration::ManagedGpuContext;

#[cfg(feature = "cuda")]
use cudarc::driver::CudaContext;
#[cfg(feature = "cuda")]
use std::sync::Arc;

/// Integrators of a vertex, as in `repair.cuh`.
const INTEGRATORS: u32 = 2;

pub(super) static KERNEL: PhaseKernel = PhaseKernel {
    name: "dendritic_whcr",
    source: include_str!("../../kernels/dendritic_whcr.cu"),
    headers: &[REPAIR],
    phase: DendriticWhcrGpu::PHASE,
    memory: |layout| memory(layout, INTEGRATORS),
    demand: &layout::REPAIR,
    individuals_a_block: 1,
};

/// Repairs colourings on a device, with memory.
#[derive(Debug)]
pub struct DendriticWhcrGpu {
    runner: Runner,
    options: RepairOptions,
}

impl DendriticWhcrGpu {
    /// Its number in configs and in the counters of its random numbers.
    pub const PHASE: u32 = 4;

    /// On a device that the caller opened with cudarc.
    ///
    /// # Errors
    /// As [`WhcrGpu::new`](super::WhcrGpu::new).
    #[cfg(feature = "cuda")]
    pub fn new(device: Arc<CudaContext>, enable_streams: bool) -> Result<Self, PhaseError> {
        let gpu = GpuContext::from_cudarc(device)?;
        Self::with_context(&gpu, RepairOptions::with_streams(enable_streams))
    }

    /// On a device that others may use as well.
    ///
    /// # Errors
    /// As [`WhcrGpu::with_context`](super::WhcrGpu::with_context).
    pub fn with_context(gpu: &GpuContext, options: RepairOptions) -> Result<Self, PhaseError> {
        let runner = Runner::new(gpu, &KERNEL, options.phase.clone())?;
        Ok(Self { runner, options })
    }

    /// Puts a graph on the device; as [`WhcrGpu::load`](super::WhcrGpu::load).
    ///
    /// # Errors
    /// As [`WhcrGpu::load`](super::WhcrGpu::load).
    pub fn load(
        &mut self,
        graph: &Graph<'_>,
        start: Option<&[Color]>,
        k: usize,
    ) -> Result<(), PhaseError> {
        self.runner.load(graph, start, k)
    }

    /// Repairs; as [`WhcrGpu::repair`](super::WhcrGpu::repair).
    ///
    /// # Errors
    /// As [`WhcrGpu::repair`](super::WhcrGpu::repair).
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
