//! [`ManagedGpuContext`]: one device that runs steps, pipelined if streams are enabled.
//!
//! ```text
//! call n:    upload n   | kernel n   | download n        enqueued, not waited for
//! answers:   telemetry of step n - 2, which has come back while the host did something else
//! ```
//!
//! With `enable_streams` three slots are in flight on three streams; without, one stream and one slot
//! are waited for after each step. Either way call n answers with step n - 2, calls 0 and 1 with
//! [`Warmup`](prism_core::TelemetryStatus::Warmup), so a controller sees the same lag and the same
//! telemetry in both modes. A context is one pipeline on a [`GpuContext`], which may carry several: each
//! module has its own, and going from one to another waits for nothing. Before a kernel is bound the [`ProbeKernel`] runs. Nothing is created and
//! nothing is allocated before the first step.

use prism_core::{KernelTelemetry, RuntimeConfig};
use prism_stream::{
    AbortHandle, GpuContext, GpuError, Harvest, KernelCache, PipelineOptions, StepKernel,
    StepRecord, StreamLease, StreamPool, StreamPurpose, Submission,
};

use crate::AsyncPipelineCoordinator;
use crate::probe_kernel::ProbeKernel;

#[cfg(feature = "cuda")]
use cudarc::driver::{CudaContext, CudaStream};
#[cfg(feature = "cuda")]
use std::sync::Arc;

/// A kernel whose steps are told by a [`RuntimeConfig`] and answer with a [`KernelTelemetry`].
pub trait ColoringKernel: StepKernel<RuntimeConfig, KernelTelemetry> + 'static {}

impl<K: StepKernel<RuntimeConfig, KernelTelemetry> + 'static> ColoringKernel for K {}

/// A device, with or without streams, that runs steps of a kernel.
#[derive(Debug)]
pub struct ManagedGpuContext {
    // Fields drop in order: the pipeline lets go of its leases before the pool goes.
    pipeline: AsyncPipelineCoordinator,
    leases: [Option<StreamLease>; 5],
    /// A stream of that purpose, or of its new priority, could not be had, and a warning has said so.
    missed: [bool; 5],
    /// A reset has been asked for and is not through.
    resetting: bool,
    /// A call timed out after it had submitted its step: the step of its answer is to be taken first.
    owed: bool,
    /// The step whose telemetry the last call answered with.
    answered: Option<u64>,
    pool: StreamPool,
    gpu: GpuContext,
    #[cfg(feature = "cuda")]
    device: Option<Arc<CudaContext>>,
}

impl ManagedGpuContext {
    /// Runs steps on a device that the caller opened with cudarc. The caller's context keeps its own
    /// event tracking.
    ///
    /// A new module, as the stream integration report prints it:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use cudarc::driver::CudaContext;
    /// use prism_gpu::{GpuError, ManagedGpuContext, RuntimeConfig};
    ///
    /// pub struct NewGpuModule {
    ///     ctx: ManagedGpuContext, // Mandatory
    /// }
    ///
    /// impl NewGpuModule {
    ///     pub fn new(device: Arc<CudaContext>, enable_async: bool) -> Result<Self, GpuError> {
    ///         Ok(Self { ctx: ManagedGpuContext::new(device, enable_async)? })
    ///     }
    ///
    ///     pub fn execute(&mut self) -> Result<(), GpuError> {
    ///         if self.ctx.has_stream_management() {
    ///             // Use async execution
    ///             self.ctx.triple_buffered_step(RuntimeConfig::default())?;
    ///         } else {
    ///             // Use sync execution: the same call
    ///             self.ctx.triple_buffered_step(RuntimeConfig::default())?;
    ///         }
    ///         Ok(())
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// [`GpuError::Unavailable`] if the device is too old.
    #[cfg(feature = "cuda")]
    pub fn new(device: Arc<CudaContext>, enable_streams: bool) -> Result<Self, GpuError> {
        Self::with_gpu(GpuContext::from_cudarc(device)?, enable_streams)
    }

    /// The same, with streams if `PRISM_ASYNC_GPU` is `1`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    #[cfg(feature = "cuda")]
    pub fn from_env(device: Arc<CudaContext>) -> Result<Self, GpuError> {
        Self::new(device, async_from_env())
    }

    /// Runs steps on a device that [`GpuContext::open`] opened, or on a mock.
    ///
    /// # Errors
    /// None today; options are checked here.
    pub fn with_gpu(gpu: GpuContext, enable_streams: bool) -> Result<Self, GpuError> {
        let submission = (!enable_streams).then_some(Submission::Sync);
        Self::with_options(gpu, PipelineOptions { submission, ..PipelineOptions::default() })
    }

    /// The same with every option; `depth` must be 3 for the lag that
    /// [`triple_buffered_step`](Self::triple_buffered_step) promises.
    ///
    /// # Errors
    /// [`GpuError::InvalidOptions`].
    pub fn with_options(gpu: GpuContext, options: PipelineOptions) -> Result<Self, GpuError> {
        if options.depth != 3 {
            return Err(GpuError::InvalidOptions("a triple-buffered pipeline has 3 slots"));
        }
        let pool = gpu.pool();
        Ok(Self {
            pipeline: AsyncPipelineCoordinator::new(pool.clone(), options)?,
            leases: [const { None }; 5],
            missed: [false; 5],
            resetting: false,
            owed: false,
            answered: None,
            pool,
            #[cfg(feature = "cuda")]
            device: gpu.cudarc().cloned(),
            gpu,
        })
    }

    /// Where compiled kernels are kept; by default [`KernelCache::for_user`].
    #[must_use]
    pub fn with_cache(self, cache: KernelCache) -> Self {
        Self { gpu: self.gpu.with_cache(cache), ..self }
    }

    /// The device; `None` only on a mock.
    #[cfg(feature = "cuda")]
    #[must_use]
    pub fn try_device(&self) -> Option<&Arc<CudaContext>> {
        self.device.as_ref()
    }

    /// The device.
    ///
    /// # Panics
    /// On a mock, which has none; see [`try_device`](Self::try_device).
    #[cfg(feature = "cuda")]
    #[must_use]
    pub fn device(&self) -> &Arc<CudaContext> {
        match &self.device {
            Some(device) => device,
            None => panic!("a mock has no CUDA context"),
        }
    }

    /// The device as `prism-stream` knows it: information, memory, whether it is lost.
    #[must_use]
    pub fn gpu(&self) -> &GpuContext {
        &self.gpu
    }

    /// A stream of that purpose to launch on, the same at every call until its priority is changed
    /// ([`StreamPool::set_priority`]). `None` without stream management, and if there is none to be had.
    /// One of another priority that is not to be had leaves the old one in its place; either is tried
    /// again by the next call, and one warning says so.
    #[cfg(feature = "cuda")]
    pub fn get_stream(&mut self, purpose: StreamPurpose) -> Option<Arc<CudaStream>> {
        self.lease(purpose)?.cuda()
    }

    /// The lease behind [`get_stream`](Self::get_stream), for synchronising and querying.
    pub fn lease(&mut self, purpose: StreamPurpose) -> Option<&StreamLease> {
        if !self.has_stream_management() {
            return None;
        }
        let (held, missed) =
            (&mut self.leases[purpose as usize], &mut self.missed[purpose as usize]);
        let had = match held {
            Some(lease) => lease.renew().map(drop),
            None => self.pool.lease(purpose).map(|lease| *held = Some(lease)),
        };
        if let Err(error) = &had
            && !*missed
        {
            tracing::warn!(%error, ?purpose, "no stream of that purpose and priority to hand out");
        }
        *missed = had.is_err();
        held.as_ref()
    }

    /// Whether steps overlap: streams were enabled, and could be had.
    #[must_use]
    pub fn has_stream_management(&self) -> bool {
        self.pipeline.stats().submission != Submission::Sync
    }

    /// Supplies the kernel of the steps to come.
    ///
    /// # Errors
    /// [`GpuError::Busy`] while steps have not been taken; see [`drain`](Self::drain).
    pub fn bind(&mut self, kernel: impl ColoringKernel) -> Result<(), GpuError> {
        self.finish_reset()?;
        self.pipeline.bind(kernel)
    }

    /// The kernel that is bound, if it is a `K`: for its buffers, and what it counts.
    #[must_use]
    pub fn kernel<K: ColoringKernel>(&self) -> Option<&K> {
        self.pipeline.kernel()
    }

    /// The same, to be changed, while nothing is in flight.
    ///
    /// # Errors
    /// [`GpuError::Busy`] while steps are in flight; [`GpuError::NoKernel`] if none of this type is
    /// bound.
    pub fn kernel_mut<K: ColoringKernel>(&mut self) -> Result<&mut K, GpuError> {
        self.finish_reset()?;
        self.pipeline.kernel_mut()
    }

    /// Gives back the kernel that is bound.
    ///
    /// # Errors
    /// [`GpuError::Busy`] while steps have not been taken; [`GpuError::NoKernel`] if none of this type
    /// is bound.
    pub fn unbind<K: ColoringKernel>(&mut self) -> Result<K, GpuError> {
        self.finish_reset()?;
        self.pipeline.unbind()
    }

    /// What ends the steps of this context early, from any thread: see [`AbortHandle::abort`].
    #[must_use]
    pub fn abort_handle(&self) -> AbortHandle {
        self.pipeline.abort_handle()
    }

    /// Lets steps run again after an abort, once those that it ended have come back. Their telemetry,
    /// whose status is `Aborted`, is taken as ever. A reset does the same and forgets them.
    ///
    /// # Errors
    /// [`GpuError::StepTimeout`] if a step does not end; what else went wrong with one.
    pub fn clear_abort(&mut self) -> Result<(), GpuError> {
        self.finish_reset()?;
        self.pipeline.clear_abort()
    }

    /// Enqueues step n and answers with the telemetry of step n - 2, exactly; calls 0 and 1 answer
    /// with a telemetry whose status is `Warmup`.
    ///
    /// # Errors
    /// [`GpuError`]; it names the step that failed. A rejected config is an error of the call that
    /// would have answered with its telemetry.
    ///
    /// After [`GpuError::StepTimeout`] of call n the late step n - 2 is still owed (in sync mode, and in
    /// the first calls, which are measured, it is step n itself that is late, and step n - 2 has come
    /// back):
    /// [`pipeline_mut().next()`](crate::AsyncPipelineCoordinator::next) waits for it again. Otherwise
    /// the next call does, and passes its telemetry over, so that call n + 1 answers with step n - 1;
    /// if it is late again, that call has submitted nothing.
    pub fn triple_buffered_step(
        &mut self,
        config: RuntimeConfig,
    ) -> Result<KernelTelemetry, GpuError> {
        self.finish_reset()?;
        if !self.pipeline.is_bound() {
            self.pipeline.bind(ProbeKernel::new(&self.gpu)?)?;
        }
        let depth = self.depth();
        if self.owed && self.pipeline.pending() == depth {
            match self.pipeline.next() {
                Ok(_) => {}
                Err(error @ GpuError::Rejected { .. }) => {
                    tracing::warn!(%error, "a late step was passed over");
                }
                Err(error) => return Err(error),
            }
        }
        let answer = self.pipeline.step(&config);
        let answered = &mut self.answered;
        *answered = None;
        let answer = answer.map(|done| match done {
            Some(done) => {
                *answered = Some(done.step);
                *done
            }
            None => KernelTelemetry::warmup(),
        });
        let late = matches!(answer, Err(GpuError::StepTimeout { .. }));
        self.owed = late && self.pipeline.pending() == depth;
        answer
    }

    /// The step whose telemetry the last [`triple_buffered_step`](Self::triple_buffered_step) answered
    /// with, for [`harvest`](Self::harvest); `None` while it warms up and after an error.
    #[must_use]
    pub fn answered(&self) -> Option<u64> {
        self.answered
    }

    /// How many steps lie between a call and the one whose step it answers for, itself counted: 3.
    pub(crate) fn depth(&self) -> u64 {
        self.pipeline.options().depth as u64
    }

    /// Fetches what a step has left on the device, in order after it and while later ones run: see
    /// [`AsyncPipelineCoordinator::harvest`](crate::AsyncPipelineCoordinator::harvest). Call n enqueues
    /// step n, counted from 0; the step that it answers for can be harvested until the next call.
    ///
    /// # Errors
    /// [`GpuError::NoHarvest`] if it is too late or too early, or the kernel leaves nothing.
    pub fn harvest(&mut self, step: u64) -> Result<Harvest, GpuError> {
        self.finish_reset()?;
        self.pipeline.harvest(step)
    }

    /// Takes the steps that are left, in order.
    ///
    /// # Errors
    /// As [`triple_buffered_step`](Self::triple_buffered_step); the steps taken before the error are
    /// lost. Where that matters take them one by one with
    /// [`pipeline_mut().next()`](crate::AsyncPipelineCoordinator::next).
    pub fn drain(&mut self) -> Result<Vec<StepRecord<KernelTelemetry>>, GpuError> {
        self.finish_reset()?;
        self.pipeline.drain()
    }

    /// Waits for everything on the device.
    ///
    /// # Errors
    /// What the work did wrong.
    pub fn synchronize(&self) -> Result<(), GpuError> {
        self.gpu.synchronize()
    }

    /// Waits for the steps in flight, forgets them, and starts again with warm-up. If one of them is
    /// late or has failed, a warning says so and the next call goes on with the reset: it waits again,
    /// and its answer is that error or the first of the new run.
    pub fn reset_pipeline(&mut self) {
        self.resetting = true;
        if let Err(error) = self.finish_reset() {
            tracing::warn!(%error, "the pipeline could not be reset yet");
        }
    }

    fn finish_reset(&mut self) -> Result<(), GpuError> {
        if self.resetting {
            self.pipeline.reset()?;
            self.resetting = false;
        }
        Ok(())
    }

    /// The streams; `None` without stream management.
    #[must_use]
    pub fn stream_pool(&self) -> Option<&StreamPool> {
        self.has_stream_management().then_some(&self.pool)
    }

    /// The pipeline; `None` without stream management.
    #[must_use]
    pub fn pipeline_coordinator(&self) -> Option<&AsyncPipelineCoordinator> {
        self.has_stream_management().then_some(&self.pipeline)
    }

    /// The pipeline in either mode, to look at.
    #[must_use]
    pub fn pipeline(&self) -> &AsyncPipelineCoordinator {
        &self.pipeline
    }

    /// The pipeline in either mode: `submit`, `next`, `submit_batch`. What it holds after a
    /// [`reset_pipeline`](Self::reset_pipeline) that could not finish are the old steps.
    pub fn pipeline_mut(&mut self) -> &mut AsyncPipelineCoordinator {
        &mut self.pipeline
    }
}

/// Whether `PRISM_ASYNC_GPU` asks for streams: it does if it is `1`.
#[must_use]
pub fn async_from_env() -> bool {
    std::env::var("PRISM_ASYNC_GPU").is_ok_and(|value| value == "1")
}

const _: fn() = || {
    fn is_send<S: Send>() {}
    is_send::<ManagedGpuContext>();
};

#[cfg(test)]
mod tests;
