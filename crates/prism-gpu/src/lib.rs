//! The GPU side of PRISM: `prism-stream` bound to what a colouring kernel is told and answers.
//!
//! * [`ManagedGpuContext`]: a device, with or without streams, that runs steps.
//! * [`StreamPool`], [`StreamPurpose`], [`AsyncPipelineCoordinator`]: what it is made of.
//!
//! ```no_run
//! use prism_core::RuntimeConfig;
//! use prism_gpu::{GpuContext, ManagedGpuContext};
//!
//! let mut gpu = ManagedGpuContext::with_gpu(GpuContext::open(0)?, true)?;
//! for _ in 0..1000 {
//!     let telemetry = gpu.triple_buffered_step(RuntimeConfig::default())?;
//!     // the telemetry of the step before the last; `Warmup` in the first two calls
//!     # let _ = telemetry;
//! }
//! # Ok::<(), prism_gpu::GpuError>(())
//! ```

#![deny(missing_docs)]
#![deny(clippy::undocumented_unsafe_blocks)]

pub mod probe_kernel;
pub mod stream_integration;

pub use prism_core::{KernelTelemetry, RuntimeConfig, TelemetryStatus};
pub use prism_stream::{
    DeviceInfo, GpuContext, GpuError, KernelCache, KernelError, PipelineOptions, Placement,
    PoolOptions, StepKernel, StepLaunch, StreamLease, StreamPool, StreamPriority, StreamPurpose,
    Submission, Unavailable,
};
pub use probe_kernel::ProbeKernel;
pub use stream_integration::ManagedGpuContext;

/// The pipeline of `prism-stream`, by default of PRISM's config and telemetry.
pub type AsyncPipelineCoordinator<C = RuntimeConfig, T = KernelTelemetry> =
    prism_stream::AsyncPipelineCoordinator<C, T>;
