//! The GPU side of PRISM: `prism-stream` bound to what a colouring kernel is told and answers.
//!
//! * [`ManagedGpuContext`]: a device, with or without streams, that runs steps.
//! * [`StreamPool`], [`StreamPurpose`], [`AsyncPipelineCoordinator`]: what it is made of.
//! * [`Controller`](controller::Controller): adapts how much a step does to how busy the device is.
//! * [`PopulationGpu`]: individuals that are crossed on the host and improved by a phase.
//! * [`guide`]: how to run a kernel of your own on it.
//!
//! ```
//! use prism_core::RuntimeConfig;
//! use prism_gpu::{GpuContext, GpuError, ManagedGpuContext};
//!
//! fn main() -> Result<(), GpuError> {
//!     let Ok(device) = GpuContext::open(0) else { return Ok(()) };
//!     let mut gpu = ManagedGpuContext::with_gpu(device, true)?;
//!     for _ in 0..1000 {
//!         // The telemetry of the step before the last; `Warmup` in the first two calls.
//!         let telemetry = gpu.triple_buffered_step(RuntimeConfig::default())?;
//!         println!("{}", telemetry.iteration);
//!     }
//!     Ok(())
//! }
//! ```

#![deny(missing_docs)]
#![deny(clippy::undocumented_unsafe_blocks)]

#[doc = include_str!("../STREAM_INTEGRATION_GUIDE.md")]
pub mod guide {}

pub mod controller;
mod layout;
pub mod phases;
pub mod population;
pub mod probe_kernel;
mod source;
pub mod stream_integration;

pub use population::{PopulationGpu, PopulationOptions};
pub use prism_core::{KernelTelemetry, RuntimeConfig, TelemetryStatus};
pub use prism_stream::{
    AbortHandle, DeviceBuffer, DeviceInfo, Function, GpuContext, GpuError, Harvest, KernelArg,
    KernelCache, KernelError, KernelSource, LaunchShape, Module, PipelineOptions, Placement,
    PoolOptions, Stage, StepKernel, StepLaunch, StreamLease, StreamPool, StreamPriority,
    StreamPurpose, Submission, Timeline, TimingOptions, Unavailable, Utilisation,
};
pub use probe_kernel::ProbeKernel;
pub use source::kernel_source;
pub use stream_integration::{ColoringKernel, ManagedGpuContext};

/// The pipeline of `prism-stream`, by default of PRISM's config and telemetry.
pub type AsyncPipelineCoordinator<C = RuntimeConfig, T = KernelTelemetry> =
    prism_stream::AsyncPipelineCoordinator<C, T>;
