//! The phases: searches at a fixed number of colours that run on the device.
//!
//! A phase works on a population that lives on the device. A step takes a [`RuntimeConfig`] and answers
//! with a [`KernelTelemetry`]; between steps nothing is copied. The host reads the telemetry of the step
//! before the last, steers with the next config, and fetches a colouring when there is a better one.
//!
//! | phase | what it is |
//! |---|---|
//! | [`WhcrGpu`] | conflict repair by tabu moves, several at once, with a wavelet hierarchy to say where |
//! | [`DendriticWhcrGpu`] | the same, with leaky integrators of each vertex's conflict history |
//!
//! Each is one file here and one `.cu` file of the same name. What they share: [`Layout`] is how an
//! individual lies in a block, `residents.rs` is the state on the device, `runner.rs` runs steps.

mod error;
mod options;
mod residents;
mod runner;

pub mod dendritic_whcr;
pub mod whcr;

pub use crate::layout::Layout;
pub use dendritic_whcr::DendriticWhcrGpu;
pub use error::PhaseError;
pub use options::PhaseOptions;
pub use runner::{IndividualState, StepSummary, StopHandle};
pub use whcr::{RepairOptions, RepairResult, WhcrGpu};

#[cfg(doc)]
use prism_core::{KernelTelemetry, RuntimeConfig};
use prism_stream::KernelSource;

/// The kernels of the phases.
static KERNELS: [&residents::PhaseKernel; 2] = [&whcr::KERNEL, &dendritic_whcr::KERNEL];

/// The sources of all phases for a layout, as they are compiled for a device.
pub fn sources(layout: &Layout) -> impl Iterator<Item = KernelSource> {
    KERNELS.iter().map(|kernel| kernel.source_for(layout))
}
