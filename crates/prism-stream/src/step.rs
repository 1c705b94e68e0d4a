//! What a user of the pipeline supplies: the kernel of a step.
#![allow(unsafe_code)]

use std::any::Any;
use std::ops::Deref;

use crate::driver::{DevicePtr, Driver, KernelArg, LaunchShape, MAX_KERNEL_ARGS, RawStream};
use crate::error::GpuError;
use crate::kernel::Function;

/// Where and on what a step's kernels are to be launched. Lives for the duration of the call.
#[derive(Clone, Copy, Debug)]
pub struct StepLaunch<'a> {
    /// The number of the step, from 0, as the pipeline counts.
    pub step: u64,
    /// The step's config in memory that the device can read.
    pub config: DevicePtr,
    /// Where the step's telemetry goes; not cleared.
    pub telemetry: DevicePtr,
    /// Where the step leaves what the host may want to fetch: as many bytes as the kernel asks for by
    /// [`StepKernel::harvest_bytes`]; 0 if it asks for none. They hold what some step has left before.
    pub harvest: DevicePtr,
    /// A word of 32 bits that is not 0 once the step should end early: see
    /// [`AbortHandle`](crate::AbortHandle). The host may set it while the kernel runs, so it is read
    /// as `volatile`. The same for all steps of a pipeline, and valid for as long as they run.
    pub abort: DevicePtr,
    /// The stream to launch on, and no other.
    pub stream: RawStream,
    pub(crate) driver: &'a dyn Driver,
}

impl StepLaunch<'_> {
    /// Enqueues a kernel on the step's stream.
    ///
    /// # Safety
    /// The arguments are what `function` declares, in number, size and meaning, and whatever they
    /// point to stays allocated until the step has finished. So long does the function's module stay
    /// loaded, for which a clone of `function` or its [`Module`](crate::Module) is kept: a field of the
    /// [`StepKernel`] is kept for long enough.
    ///
    /// # Errors
    /// [`GpuError::InvalidOptions`] for more than [`MAX_KERNEL_ARGS`] arguments; what the driver says of
    /// the launch.
    pub unsafe fn launch(
        &self,
        function: &Function,
        shape: &LaunchShape,
        args: &[KernelArg<'_>],
    ) -> Result<(), GpuError> {
        if args.len() > MAX_KERNEL_ARGS {
            return Err(GpuError::InvalidOptions("a kernel is launched with at most 32 arguments"));
        }
        // SAFETY: the function's image is alive, now and by the caller's promise later, the stream is the pipeline's,
        // the context was bound by the pipeline, and the caller vouches for the arguments.
        unsafe { self.driver.launch(function.raw(), shape, self.stream, args) }?;
        Ok(())
    }

    /// The driver, for calls that this type has no method for.
    #[must_use]
    pub fn driver(&self) -> &dyn Driver {
        self.driver
    }
}

/// The kernel of a step, with the state that it works on.
///
/// The pipeline owns it from [`bind`](crate::AsyncPipelineCoordinator::bind) on, and drops it only
/// when no step that it launched is in flight; so the device memory of its state may simply be a
/// field. A [`GpuContext`](crate::GpuContext) had better not be one: if the pipeline goes while steps
/// are in flight the kernel is parked in the context, and one that keeps it alive is let go only by
/// the next call that does something with it.
///
/// # Safety
/// What [`launch`](Self::launch) enqueues goes on the given stream only, reads no more than a `C` at
/// the config and writes no more than a `T` at the telemetry, writes all of a `T` or leaves bytes
/// that are a valid `T` anyway, writes no more at the harvest than it asked for, and touches no other memory but what the implementor owns or keeps
/// alive. The functions that it launches, too, are kept, and so loaded, for as long as the kernel is.
/// If it [`repeats`](Self::repeats), all that stays where it is.
pub unsafe trait StepKernel<C, T>: Send {
    /// Enqueues the kernels of one step. Called for each step, in order; with
    /// [`Submission::Graph`](crate::Submission::Graph) the calls are recorded in place of being run,
    /// and a step whose graph was refused is launched again without.
    ///
    /// # Errors
    /// Whatever kept it from enqueuing; the pipeline then waits for what was enqueued, and the step's
    /// number goes to the next config.
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError>;

    /// Whether every launch makes the same calls with the same arguments, but for the addresses of
    /// config, telemetry and harvest, and goes on to do so for as long as this kernel is bound. A batch that
    /// was captured as a graph is then launched again as it is, without asking
    /// [`launch`](Self::launch).
    fn repeats(&self) -> bool {
        false
    }

    /// Bytes that each step leaves on the device to be fetched by
    /// [`harvest`](crate::AsyncPipelineCoordinator::harvest), at [`StepLaunch::harvest`]. Asked when the
    /// kernel is bound.
    fn harvest_bytes(&self) -> usize {
        0
    }

    /// Looks at the telemetry of a finished step before the caller does.
    ///
    /// # Errors
    /// Why the kernel refused the step's config, if it did; the step is then reported as
    /// [`GpuError::Rejected`], and the pipeline goes on.
    fn inspect(&self, telemetry: &T) -> Result<(), String> {
        let _ = telemetry;
        Ok(())
    }
}

/// A kernel as a pipeline keeps it: one whose type can be asked for.
pub(crate) trait BoundKernel<C, T>: StepKernel<C, T> + Any {}

impl<C, T, K: StepKernel<C, T> + Any> BoundKernel<C, T> for K {}

/// A step that has come back, borrowed from its slot. The slot is free when this goes.
#[derive(Debug)]
pub struct Completed<'a, T> {
    /// The number of the step.
    pub step: u64,
    pub(crate) telemetry: &'a T,
}

impl<T> Deref for Completed<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.telemetry
    }
}

/// A step that has come back, by value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StepRecord<T> {
    /// The number of the step.
    pub step: u64,
    /// What the kernel said.
    pub telemetry: T,
}
