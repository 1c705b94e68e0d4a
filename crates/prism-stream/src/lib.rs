//! Pipelined CUDA steps, for any kernel.
//!
//! You have a kernel that is launched over and over: a small config goes in, a small telemetry comes
//! out, and the state stays on the device. Done one after the other, upload, kernel and download leave
//! the device idle most of the time. This crate overlaps them: you supply the launch
//! ([`StepKernel`]), it supplies streams, events, pinned memory and slots, and tells you which step's
//! telemetry you hold.
//!
//! * [`GpuContext`]: finds devices without panicking, opens one, knows when it is lost.
//! * [`StreamPool`]: streams by [`StreamPurpose`], leased and given back.
//! * [`AsyncPipelineCoordinator`]: the pipeline; [`Placement`] and [`Submission`] say how it runs, and
//!   [`choose`] picks them from what the first steps measure.
//! * [`Harvest`]: what a step has left on the device, fetched while later steps run.
//! * [`AbortHandle`]: ends running steps, from any thread.
//! * [`Timeline`], [`Utilisation`]: when each stage of a step ran, and how well stages overlap.
//! * [`KernelSource`], [`KernelCache`], [`Module`]: CUDA C++ to something that can be launched.
//! * [`Driver`]: the calls underneath; [`mock::MockDriver`] is a device for tests that needs no GPU.
//!
//! Nothing of CUDA is needed to build this, with or without the `cuda` feature: the driver and NVRTC
//! are opened at run time, and their absence is an [`Unavailable`] or a [`KernelError`] that says what
//! to do.
//!
//! ```
//! use prism_stream::GpuContext;
//!
//! match GpuContext::devices() {
//!     Ok(devices) => assert!(!devices.is_empty()),
//!     Err(reason) => assert!(!reason.to_string().is_empty()), // for example: no NVIDIA driver found
//! }
//! ```

#![deny(missing_docs)]
#![deny(clippy::undocumented_unsafe_blocks)]

mod abort;
mod cache;
pub mod choose;
mod context;
#[cfg(feature = "cuda")]
mod cuda;
mod device;
pub mod driver;
mod error;
mod generic;
mod graph;
pub mod handles;
mod harvest;
mod kernel;
pub mod kernels;
pub mod mock;
#[cfg(feature = "cuda")]
mod nvrtc;
mod peer;
mod pipeline;
mod plan;
mod pool;
pub mod probe;
mod ring;
mod slots;
mod step;
mod stream;
pub mod timeline;
mod transfer;

#[cfg(test)]
#[path = "../tests/rules/warnings.rs"]
mod warnings;

pub use abort::AbortHandle;
pub use cache::KernelCache;
pub use context::{GRACE, GpuContext, MemoryUse};
#[cfg(feature = "cuda")]
pub use cuda::CudaDriver;
pub use device::DeviceInfo;
pub use driver::{DevicePtr, Driver, KernelArg, LaunchShape};
pub use error::{DriverError, GpuError, KernelError, Severity, Unavailable};
pub use handles::DeviceBuffer;
pub use harvest::Harvest;
pub use kernel::{Function, KernelSource, Module};
pub use peer::{PeerLink, PeerPath};
pub use pipeline::{
    AsyncPipelineCoordinator, MAX_BATCH, MAX_DEPTH, PipelineOptions, PipelineStats,
};
pub use plan::{Placement, Submission};
pub use pool::{PoolOptions, StreamLease, StreamPool, StreamUsage};
pub use step::{Completed, StepKernel, StepLaunch, StepRecord};
pub use stream::{StreamPriority, StreamPurpose};
pub use timeline::{Stage, Timeline, TimingOptions, Utilisation};
