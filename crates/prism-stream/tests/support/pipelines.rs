//! Every transport, and pipelines of any kernel on them.
#![allow(dead_code, clippy::unwrap_used)]

use bytemuck::Pod;
use prism_stream::{
    AsyncPipelineCoordinator, GpuContext, PipelineOptions, Placement, PoolOptions, StepKernel,
    StreamPool, Submission,
};

/// Where config and telemetry live, and how steps are submitted.
pub type Transport = (Placement, Submission);

/// All transports.
pub const TRANSPORTS: [Transport; 6] = [
    (Placement::Copied, Submission::Sync),
    (Placement::Mapped, Submission::Sync),
    (Placement::Copied, Submission::Streams),
    (Placement::Mapped, Submission::Streams),
    (Placement::Copied, Submission::Graph),
    (Placement::Mapped, Submission::Graph),
];

/// Options with the transport pinned.
pub fn pinned((placement, submission): Transport, options: PipelineOptions) -> PipelineOptions {
    PipelineOptions { placement: Some(placement), submission: Some(submission), ..options }
}

/// A pipeline on a pool of its own, without a kernel.
pub fn unbound<C: Pod, T: Pod>(
    gpu: &GpuContext,
    options: PipelineOptions,
) -> AsyncPipelineCoordinator<C, T> {
    let pool = StreamPool::new(gpu.clone(), PoolOptions::default());
    AsyncPipelineCoordinator::new(pool, options).unwrap()
}

/// A pipeline on a pool of its own, with its kernel.
pub fn bound<C: Pod, T: Pod>(
    gpu: &GpuContext,
    options: PipelineOptions,
    kernel: impl StepKernel<C, T> + 'static,
) -> AsyncPipelineCoordinator<C, T> {
    let mut pipeline = unbound(gpu, options);
    pipeline.bind(kernel).unwrap();
    pipeline
}
