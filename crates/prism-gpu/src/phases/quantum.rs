//! Path-integral Monte Carlo quantum annealing on the device.
//!
//! Titiloye and Crispin (2011, 2012: QA-col): rings of coupled colourings in a transverse field that falls.
//! An individual is a Trotter slice, and there are as many rings as the device holds; half of the slices
//! move in a step. `kernels/quantum.cu` says how; `prism_cpu::quantum` makes the same moves on the CPU.
//!
//! The field is steered: it rises again at the end of its fall, and before when hardly any proposal is
//! accepted any more.

use prism_core::annealing::TransverseField;
use prism_core::hierarchy::Slots;
use prism_core::{Color, Graph, KernelTelemetry, RuntimeConfig};
use prism_stream::GpuContext;

use super::residents::PhaseKernel;
use super::runner::{IndividualState, RunResult, Runner, StopHandle};
use super::thermodynamic::{ANNEALING, words};
use super::{PhaseError, PhaseOptions};
use crate::layout::{Demand, Layout};
use crate::stream_integration::ManagedGpuContext;

#[cfg(feature = "cuda")]
use cudarc::driver::CudaContext;
#[cfg(feature = "cuda")]
use std::sync::Arc;

/// Bytes of the overlaps with both neighbours.
const fn overlaps(colors: u32) -> u32 {
    2 * (colors * colors).next_multiple_of(4)
}

/// Annealing, and beside it the colours of two neighbours, the sizes of the classes, and their overlaps.
static DEMAND: Demand = Demand {
    chunk: 1,
    packed: true,
    words,
    bytes_a_vertex: 1 + 2 + 2,
    fixed: |_, colors| 4 * colors,
    movable: overlaps,
};

/// Words of a slice: the overlaps, where shared memory has no room for them.
fn memory(layout: &Layout) -> u32 {
    if layout.all_shared { 1 } else { overlaps(layout.colors) / 4 }
}

pub(super) static KERNEL: PhaseKernel = PhaseKernel {
    name: "quantum",
    source: include_str!("../../kernels/quantum.cu"),
    headers: &[ANNEALING],
    phase: QuantumEvolutionGpu::PHASE,
    memory,
    demand: &DEMAND,
    individuals_a_block: 2,
};

/// How quantum annealing goes.
#[derive(Clone, Debug, Default)]
pub struct QuantumOptions {
    /// What all phases can be told; its `sweeps` give way to those of the field.
    pub phase: PhaseOptions,
    /// The field, and how it falls.
    pub field: TransverseField,
}

impl QuantumOptions {
    /// The defaults, with or without streams.
    #[must_use]
    pub fn with_streams(enable_streams: bool) -> Self {
        let phase = PhaseOptions::with_streams(enable_streams);
        Self { phase, ..Self::default() }
    }
}

/// Where in its fall the field is.
#[derive(Debug, Default)]
struct Controller {
    position: u32,
    /// Telemetry of earlier steps belongs to a fall that has ended.
    since: u64,
}

impl Controller {
    /// The place in the fall for a step, given the latest telemetry.
    fn next(
        &mut self,
        step: u64,
        latest: Option<&KernelTelemetry>,
        field: &TransverseField,
    ) -> u32 {
        let current = self.position;
        let (accepted, proposed) = match latest {
            Some(telemetry) if telemetry.iteration >= self.since => {
                (telemetry.accepted, telemetry.moves)
            }
            _ => (1, 0),
        };
        self.position = field.next(current, accepted, proposed);
        if self.position == 0 {
            self.since = step + 1;
        }
        current
    }
}

/// Anneals rings of colourings on a device.
///
/// ```
/// use prism_core::generate;
/// use prism_gpu::phases::{QuantumEvolutionGpu, QuantumOptions};
/// use prism_gpu::GpuContext;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let Ok(gpu) = GpuContext::open(0) else { return Ok(()) };
///     let graph = generate::gnp(125, 0.5, 1)?;
///     let mut phase = QuantumEvolutionGpu::with_context(&gpu, QuantumOptions::default())?;
///     phase.load(&graph, None, 19)?;
///     let found = phase.run()?;
///     println!("{} conflicts after {} proposals", found.conflicts, found.moves);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct QuantumEvolutionGpu {
    runner: Runner,
    options: QuantumOptions,
    controller: Controller,
}

impl QuantumEvolutionGpu {
    /// Its number in configs and in the counters of its random numbers.
    pub const PHASE: u32 = 3;

    /// On a device that the caller opened with cudarc.
    ///
    /// # Errors
    /// [`PhaseError::Gpu`] if the device is too old.
    #[cfg(feature = "cuda")]
    pub fn new(device: Arc<CudaContext>, enable_streams: bool) -> Result<Self, PhaseError> {
        let gpu = GpuContext::from_cudarc(device)?;
        Self::with_context(&gpu, QuantumOptions::with_streams(enable_streams))
    }

    /// On a device that others may use as well. Individuals that make no whole ring are left out; there
    /// is at least one ring. A number of slices that is odd is raised by one.
    ///
    /// # Errors
    /// [`PhaseError::Gpu`] for options that cannot be.
    pub fn with_context(gpu: &GpuContext, mut options: QuantumOptions) -> Result<Self, PhaseError> {
        options.field.slices = options.field.slices.next_multiple_of(2).max(2);
        let runner =
            Runner::new(gpu, &KERNEL, options.phase.clone())?.with_groups(options.field.slices);
        Ok(Self { runner, options, controller: Controller::default() })
    }

    /// Puts a graph on the device, with `k` colours. One slice starts from `start` if it is given
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
        self.controller = Controller::default();
        self.runner.load(graph, start, k)
    }

    /// Anneals until there are no conflicts, the steps are used up, or it is stopped. Called again it
    /// goes on.
    ///
    /// # Errors
    /// [`PhaseError::NothingLoaded`] before [`load`](Self::load), [`PhaseError::Gpu`] for what the device
    /// says, [`PhaseError::WrongResult`] if it reports what is not so.
    pub fn run(&mut self) -> Result<RunResult, PhaseError> {
        let (field, controller) = (&self.options.field, &mut self.controller);
        let steer = |_: &Layout, config: &mut RuntimeConfig, latest: Option<&KernelTelemetry>| {
            field.configure(controller.next(config.iteration, latest, field), config);
        };
        self.runner.run(steer)?;
        RunResult::of(&mut self.runner)
    }

    /// Every slice as it is; waits for the device.
    ///
    /// # Errors
    /// [`PhaseError::NothingLoaded`], [`PhaseError::Gpu`].
    pub fn individuals(&self) -> Result<Vec<IndividualState>, PhaseError> {
        self.runner.individuals()
    }

    /// Where the vertices lie on the device: `prism_cpu::quantum` makes the same moves on the graph of the
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
    fn the_field_begins_anew_when_frozen_and_not_for_what_was_before() {
        let field = TransverseField { fall: 100, frozen_share: 0.01, ..TransverseField::default() };
        let telemetry = |iteration, accepted| KernelTelemetry {
            iteration,
            accepted,
            moves: 1000,
            ..KernelTelemetry::default()
        };
        let mut controller = Controller::default();
        let mut next =
            |step, latest: Option<KernelTelemetry>| controller.next(step, latest.as_ref(), &field);
        assert_eq!([next(0, None), next(1, None), next(2, Some(telemetry(0, 500)))], [0, 1, 2]);
        // Frozen: this step is as planned, and the next one is the first of a fall.
        assert_eq!(next(3, Some(telemetry(1, 5))), 3);
        // What comes in of the steps 2 and 3 says nothing of the new fall.
        assert_eq!([next(4, Some(telemetry(2, 5))), next(5, Some(telemetry(3, 5)))], [0, 1]);
        assert_eq!([next(6, Some(telemetry(4, 500))), next(7, Some(telemetry(5, 5)))], [2, 3]);
        assert_eq!(next(8, Some(telemetry(6, 5))), 0);
    }
}
