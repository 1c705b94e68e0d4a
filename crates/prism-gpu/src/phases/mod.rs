//! The phases: searches at a fixed number of colours that run on the device.
//!
//! A phase works on a population that lives on the device. A step takes a [`RuntimeConfig`] and answers
//! with a [`KernelTelemetry`]; between steps nothing is copied. The host reads the telemetry of the step
//! before the last, steers with the next config, and fetches a colouring when there is a better one.
//!
//! | phase | what it is |
//! |---|---|
//! | [`WhcrGpu`] | conflict repair by tabu moves, several at once, with a wavelet hierarchy to say where; in rounds up to 2^24 vertices |
//! | [`DendriticWhcrGpu`] | the same, with leaky integrators of each vertex's conflict history |
//! | [`ThermodynamicGpu`] | replica-exchange simulated annealing |
//! | [`QuantumEvolutionGpu`] | path-integral Monte Carlo quantum annealing |
//!
//! Each is one file here and one `.cu` file of the same name, and says in these what is particular to it
//! (`kind.rs`). All else is written once: [`Phase`] is what can be done with any of them, `runner.rs` runs
//! steps, `residents.rs` is the state on the device, [`Layout`] how an individual lies in a block, `limits.rs`
//! what fits.

mod colorings;
mod error;
mod fixed_k;
mod improve;
mod kind;
mod limits;
mod options;
mod outcome;
mod phase;
mod residents;
mod rounds;
mod runner;
mod saved;
mod watched;

pub mod dendritic_whcr;
pub mod quantum;
pub mod thermodynamic;
pub mod whcr;

pub use crate::layout::Layout;
pub use dendritic_whcr::DendriticWhcrGpu;
pub use error::PhaseError;
pub use kind::Kind;
pub use limits::{Demands, Footprint};
pub use options::PhaseOptions;
pub use outcome::{IndividualState, RunResult, StepSummary, StopHandle};
pub use phase::Phase;
pub use quantum::{QuantumEvolutionGpu, QuantumOptions};
pub use thermodynamic::{ThermodynamicGpu, ThermodynamicOptions};
pub use whcr::{RepairOptions, RepairResult, WhcrGpu};

use kind::PhaseKernel;
#[cfg(doc)]
use prism_core::{KernelTelemetry, RuntimeConfig};
use prism_stream::{DeviceInfo, KernelSource};

/// The kernels of the phases.
static KERNELS: [&PhaseKernel; 4] = [
    whcr::Whcr::KERNEL,
    dendritic_whcr::DendriticWhcr::KERNEL,
    thermodynamic::Thermodynamic::KERNEL,
    quantum::QuantumEvolution::KERNEL,
];

/// The sources of the phases that a graph of so many vertices and colours fits, as they are compiled for a
/// device.
///
/// # Errors
/// [`PhaseError::TooLarge`] if it fits none, [`PhaseError::DeviceTooOld`].
pub fn sources(
    vertices: usize,
    colors: usize,
    device: &DeviceInfo,
) -> Result<Vec<KernelSource>, PhaseError> {
    let mut sources = Vec::new();
    let mut refused = None;
    for kernel in KERNELS {
        match Layout::for_demand(vertices, colors, device, kernel.demand) {
            Ok(layout) => sources.push(kernel.source_for(&layout)),
            Err(error) => refused = Some(error),
        }
    }
    match refused {
        Some(error) if sources.is_empty() => Err(error),
        _ => Ok(sources),
    }
}
