//! Steps in flight: configs go up, kernels run and telemetry comes down, several steps at a time.
//!
//! Every step has a slot (see `ring.rs`) and walks through the calls of its transport (see
//! `plan.rs`). The host waits in one place: for the oldest step, when it is asked for or when no more
//! steps are to be in flight. What is not pinned is chosen from what the first steps show (see
//! [`choose`](crate::choose)). Once that is done, and each run of slots that batches use has its graph
//! if there are to be graphs, a step allocates nothing.
//!
//! What is in flight belongs to the pipeline: configs are copied in, telemetry is lent out only after
//! its event was seen, and for no longer than the pipeline is not otherwise used. So safe code cannot
//! touch a slot in flight, also not by forgetting what it borrowed:
//!
//! ```compile_fail,E0499
//! # use prism_stream::{AsyncPipelineCoordinator, GpuError};
//! fn overtake(pipeline: &mut AsyncPipelineCoordinator<u32, u32>) -> Result<(), GpuError> {
//!     let first = pipeline.next()?;
//!     pipeline.submit(&7)?; // would write the slot that `first` still reads
//!     drop(first);
//!     Ok(())
//! }
//! ```
//!
//! ```compile_fail,E0515
//! # use prism_stream::{AsyncPipelineCoordinator, Completed};
//! fn escape(mut pipeline: AsyncPipelineCoordinator<u32, u32>) -> Option<Completed<'static, u32>> {
//!     pipeline.next().ok().flatten() // the slot would be freed with the pipeline
//! }
//! ```
//!
//! Returned with the pipeline's own lifetime, dropped before the next submission, both are fine:
//!
//! ```
//! # use prism_stream::{AsyncPipelineCoordinator, Completed, GpuError};
//! fn overtake(pipeline: &mut AsyncPipelineCoordinator<u32, u32>) -> Result<(), GpuError> {
//!     let first = pipeline.next()?;
//!     drop(first);
//!     pipeline.submit(&7)?;
//!     Ok(())
//! }
//! fn escape(pipeline: &mut AsyncPipelineCoordinator<u32, u32>) -> Option<Completed<'_, u32>> {
//!     pipeline.next().ok().flatten()
//! }
//! ```
//!
//! Nor can two threads submit at once, and so no graph is launched or updated by two:
//!
//! ```compile_fail,E0499
//! # use prism_stream::AsyncPipelineCoordinator;
//! fn race(pipeline: &mut AsyncPipelineCoordinator<u32, u32>) {
//!     std::thread::scope(|scope| {
//!         scope.spawn(|| pipeline.submit(&1).is_ok());
//!         scope.spawn(|| pipeline.submit(&2).is_ok());
//!     });
//! }
//! ```
//!
//! One thread at a time is fine:
//!
//! ```
//! # use prism_stream::AsyncPipelineCoordinator;
//! fn race(pipeline: &mut AsyncPipelineCoordinator<u32, u32>) {
//!     std::thread::scope(|scope| {
//!         scope.spawn(|| pipeline.submit(&1).is_ok());
//!     });
//! }
//! ```
//!
//! Errors, panics and time-outs leave a pipeline that can be waited for, reset or dropped. A drop
//! does not wait for steps: what the device may still be using is parked in the [`GpuContext`].

mod enqueue;
mod fetch;
mod finish;
mod observe;
mod options;
mod submit;
mod transport;
mod tuning;

use std::any::Any;
use std::fmt;

use bytemuck::Pod;

pub(crate) use self::options::MAX_SLOTS;
pub use self::options::{MAX_BATCH, MAX_DEPTH, MAX_WRITERS, PipelineOptions, PipelineStats};
use self::tuning::Tuner;
use crate::abort::AbortHandle;
use crate::choose::{Limits, Measured};
use crate::context::GpuContext;
use crate::driver::DevicePtr;
use crate::error::GpuError;
use crate::pool::StreamPool;
use crate::ring::Ring;
use crate::slots::{Work, release};
use crate::step::{Completed, StepKernel, StepRecord};
use crate::stream::StreamPriority;
use crate::writers::Writers;

/// Runs a [`StepKernel`] as a pipeline of steps. `C` goes up, `T` comes down.
pub struct AsyncPipelineCoordinator<C: 'static, T: 'static> {
    pool: StreamPool,
    options: PipelineOptions,
    /// Of the kernels, if it is not the pool's.
    priority: Option<StreamPriority>,
    ring: Ring,
    work: Work<C, T>,
    /// By slot: the last step of the batch that the slot's step came with.
    last: [u64; MAX_SLOTS],
    /// The kernel has been launched, so that it is loaded.
    warm: bool,
    /// A step was enqueued in part: its slot must not be written until the streams are idle.
    torn: bool,
    /// The copies of the oldest step in flight are being repeated to measure them: its slot must not
    /// be read either until the streams are idle.
    repeating: bool,
    /// Where telemetry waits to be taken whose slot is no more its own: in sync mode, which has one
    /// slot, and when the slots are made anew.
    history: Vec<T>,
    /// Steps below this are in the history.
    kept: u64,
    writers: Writers,
    tuner: Tuner,
    stats: PipelineStats,
}

impl<C: Pod, T: Pod> AsyncPipelineCoordinator<C, T> {
    /// A pipeline on the streams of `pool`. Makes and allocates nothing before the first step.
    ///
    /// # Errors
    /// [`GpuError::InvalidOptions`] for a depth that cannot be, or a `C` or `T` of no size.
    pub fn new(pool: StreamPool, options: PipelineOptions) -> Result<Self, GpuError> {
        if size_of::<C>() == 0 || size_of::<T>() == 0 {
            return Err(GpuError::InvalidOptions("config and telemetry must have a size"));
        }
        if align_of::<C>().max(align_of::<T>()) > 256 {
            return Err(GpuError::InvalidOptions(
                "config and telemetry align to 256 bytes at most",
            ));
        }
        let payload = size_of::<C>() + size_of::<T>();
        let info = pool.gpu().info();
        let start = options.start(payload, info.maps_host_memory)?;
        let limits = Limits {
            slots: options.slots(),
            copy_engines: info.copy_engines,
            maps_host_memory: info.maps_host_memory,
            placement: options.placement,
            submission: options.submission,
            graphs: true,
            repeats: false,
            writers: options.most_writers(size_of::<C>()),
        };
        let stats = PipelineStats {
            depth: options.in_flight.unwrap_or(options.slots()),
            placement: start.placement,
            submission: start.submission,
            writers: options.given_writers(size_of::<C>()),
            reason: start.reason,
            choices: 0,
            submitted: 0,
            finished: 0,
            waits: 0,
        };
        Ok(Self {
            pool,
            options,
            priority: None,
            ring: Ring::new(options.slots()),
            work: Work::default(),
            last: [0; MAX_SLOTS],
            warm: false,
            torn: false,
            repeating: false,
            history: Vec::new(),
            kept: 0,
            writers: Writers::default(),
            tuner: Tuner::new(start.measures.then_some(start.placement), limits),
            stats,
        })
    }

    /// Supplies the kernel of the steps to come; the one before it is dropped.
    ///
    /// # Errors
    /// [`GpuError::Busy`] while steps have not been taken.
    pub fn bind(&mut self, kernel: impl StepKernel<C, T> + 'static) -> Result<(), GpuError> {
        self.gpu().ensure_alive()?;
        if self.ring.occupied() > 0 {
            return Err(GpuError::Busy { in_flight: self.ring.occupied() });
        }
        self.settle()?;
        // The graphs name what the old kernel owns.
        self.work.graphs.clear();
        self.warm = false;
        self.tuner.restart(kernel.repeats());
        self.work.harvests.begin(kernel.harvest_bytes());
        self.begin_anew();
        self.work.kernel = Some(Box::new(kernel));
        Ok(())
    }

    /// The kernel that is bound, if it is a `K`: for its buffers, and what it counts.
    #[must_use]
    pub fn kernel<K: StepKernel<C, T> + 'static>(&self) -> Option<&K> {
        let kernel: &dyn Any = self.work.kernel.as_deref()?;
        kernel.downcast_ref()
    }

    /// The same, to be changed: to give it other state, say. Nothing may be in flight meanwhile;
    /// [`quiesce`](Self::quiesce) waits and leaves the steps to be taken. Graphs are captured anew
    /// afterwards, since its launches may be others.
    ///
    /// # Errors
    /// [`GpuError::Busy`] while steps are in flight; [`GpuError::NoKernel`] if none is bound, or none of
    /// this type.
    pub fn kernel_mut<K: StepKernel<C, T> + 'static>(&mut self) -> Result<&mut K, GpuError> {
        self.gpu().ensure_alive()?;
        if self.ring.in_flight() > 0 {
            return Err(GpuError::Busy { in_flight: self.ring.in_flight() });
        }
        self.settle()?;
        self.work.graphs.clear();
        let kernel: Option<&mut dyn Any> =
            self.work.kernel.as_deref_mut().map(|kernel| kernel as _);
        kernel.and_then(|kernel| kernel.downcast_mut()).ok_or(GpuError::NoKernel)
    }

    /// Gives back the kernel that is bound.
    ///
    /// # Errors
    /// [`GpuError::Busy`] while steps have not been taken; [`GpuError::NoKernel`] if none is bound, or
    /// none of this type, which then stays.
    pub fn unbind<K: StepKernel<C, T> + 'static>(&mut self) -> Result<K, GpuError> {
        if self.ring.occupied() > 0 {
            return Err(GpuError::Busy { in_flight: self.ring.occupied() });
        }
        self.kernel_mut::<K>()?;
        let kernel: Box<dyn Any> = self.work.kernel.take().ok_or(GpuError::NoKernel)?;
        kernel.downcast().map(|kernel| *kernel).map_err(|_| GpuError::NoKernel)
    }

    /// What ends the steps of this pipeline early, from any thread.
    #[must_use]
    pub fn abort_handle(&self) -> AbortHandle {
        self.work.abort.clone()
    }

    /// Lets steps run again after an [`abort`](AbortHandle::abort): waits for those that were submitted
    /// since, which end early, and clears the word behind them. Their telemetry is taken as ever.
    ///
    /// # Errors
    /// As [`quiesce`](Self::quiesce); steps are then still asked to end.
    pub fn clear_abort(&mut self) -> Result<(), GpuError> {
        self.quiesce()?;
        self.work.abort.clear();
        Ok(())
    }

    /// Whether a kernel is bound.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.work.kernel.is_some()
    }

    /// Takes the oldest step if it has come back; never waits.
    ///
    /// # Errors
    /// [`GpuError::Rejected`] if the kernel refused its config, [`GpuError::Step`] if it failed.
    pub fn try_next(&mut self) -> Result<Option<Completed<'_, T>>, GpuError> {
        self.gpu().ensure_alive()?;
        if !self.ring.has_ready() {
            let Some(step) = self.ring.oldest_in_flight() else { return Ok(None) };
            let done = self.driver_call(|this| {
                let done = this.done(step)?.query()?;
                Ok(done && (!this.repeating || this.lanes()?.idle()?))
            });
            if !done.map_err(|error| self.blame(step, error))? {
                return Ok(None);
            }
            self.arrive(step)?;
        }
        self.take()
    }

    /// Takes the oldest step, and waits for it if need be; `None` if none is in flight.
    ///
    /// # Errors
    /// [`GpuError::StepTimeout`] if it takes too long (ask again to wait again), else as
    /// [`try_next`](Self::try_next).
    #[allow(clippy::should_implement_trait)] // it lends from `self`, which `Iterator` cannot
    pub fn next(&mut self) -> Result<Option<Completed<'_, T>>, GpuError> {
        self.gpu().ensure_alive()?;
        if !self.ring.has_ready() {
            if self.ring.in_flight() == 0 {
                self.note_idle();
                return Ok(None);
            }
            self.finish_oldest()?;
        }
        self.take()
    }

    /// Submits step n and takes step n - (depth - 1), exactly; `None` while the pipeline fills.
    ///
    /// # Errors
    /// As [`submit`](Self::submit) and [`next`](Self::next). After a time-out of the step to be
    /// taken, the pipeline is full until that step was taken with `next`.
    pub fn step(&mut self, config: &C) -> Result<Option<Completed<'_, T>>, GpuError> {
        self.has_room_for_a_step()?;
        self.submit(config)?;
        self.next_if_full()
    }

    /// The same, with the config written in place: see [`submit_with`](Self::submit_with).
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn step_with(
        &mut self,
        fill: impl FnOnce(&mut C),
    ) -> Result<Option<Completed<'_, T>>, GpuError> {
        self.has_room_for_a_step()?;
        self.submit_with(fill)?;
        self.next_if_full()
    }

    /// Whether as many steps are under way as go singly, whatever batches have slots for.
    fn is_full_of_steps(&self) -> bool {
        self.ring.occupied() >= self.options.depth as u64
    }

    /// Whether one more can go.
    fn has_room_for_a_step(&self) -> Result<(), GpuError> {
        self.gpu().ensure_alive()?;
        match self.is_full_of_steps() {
            true => Err(GpuError::PipelineFull { slots: self.options.depth }),
            false => Ok(()),
        }
    }

    fn next_if_full(&mut self) -> Result<Option<Completed<'_, T>>, GpuError> {
        if self.is_full_of_steps() { self.next() } else { Ok(None) }
    }

    /// Takes every step that is left, in order.
    ///
    /// # Errors
    /// As [`next`](Self::next); the steps taken before the error are lost.
    pub fn drain(&mut self) -> Result<Vec<StepRecord<T>>, GpuError> {
        let mut records = Vec::with_capacity(self.ring.slots());
        while let Some(done) = self.next()? {
            records.push(StepRecord { step: done.step, telemetry: *done });
        }
        Ok(records)
    }

    /// Waits for what is in flight, forgets it, and counts steps from 0 again. An abort is over with it.
    ///
    /// # Errors
    /// What a step in flight did wrong. If the device is lost, what the pipeline held is given up.
    pub fn reset(&mut self) -> Result<(), GpuError> {
        let waited = self.quiesce();
        if waited.is_ok() {
            self.note_reset();
            self.work.abort.clear();
            self.work.harvests.forget();
            self.ring.clear();
            self.kept = 0;
        } else if self.gpu().poison().is_some() {
            self.abandon();
        }
        waited
    }

    /// Waits for what is in flight; the steps can be taken afterwards.
    ///
    /// # Errors
    /// As [`next`](Self::next), but for rejected configs.
    pub fn quiesce(&mut self) -> Result<(), GpuError> {
        self.gpu().ensure_alive()?;
        self.settle()?;
        while self.ring.in_flight() > 0 {
            self.finish_oldest()?;
        }
        Ok(())
    }

    /// Steps submitted and not yet taken.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.ring.occupied()
    }

    /// What the pipeline has done, and how.
    #[must_use]
    pub fn stats(&self) -> &PipelineStats {
        &self.stats
    }

    /// What the first steps showed; `None` if nothing is left to choose, or nothing measured yet.
    #[must_use]
    pub fn measured(&self) -> Option<&Measured> {
        self.tuner.measured()
    }

    /// The options that it was made with.
    #[must_use]
    pub fn options(&self) -> &PipelineOptions {
        &self.options
    }

    /// The pool that its streams come from.
    #[must_use]
    pub fn pool(&self) -> &StreamPool {
        &self.pool
    }

    /// Where kernels look whether they should end.
    fn abort_word(&self) -> Result<DevicePtr, GpuError> {
        self.work.abort.address(self.gpu())
    }

    fn gpu(&self) -> &GpuContext {
        self.pool.gpu()
    }

    /// Binds the context to this thread and makes calls.
    fn driver_call<R>(
        &self,
        calls: impl FnOnce(&Self) -> Result<R, GpuError>,
    ) -> Result<R, GpuError> {
        self.gpu().driver().bind()?;
        calls(self)
    }
}

impl<C, T> Drop for AsyncPipelineCoordinator<C, T> {
    fn drop(&mut self) {
        let quiet = self.ring.in_flight() == 0 && !self.torn;
        if !quiet {
            self.work.abort.abort(); // nobody will look at what they find
        }
        release(self.pool.gpu(), std::mem::take(&mut self.work), quiet);
    }
}

impl<C, T> fmt::Debug for AsyncPipelineCoordinator<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncPipelineCoordinator")
            .field("stats", &self.stats)
            .field("ring", &self.ring)
            .finish()
    }
}
