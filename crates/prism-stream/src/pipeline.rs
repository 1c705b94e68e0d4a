//! Steps in flight: configs go up, kernels run and telemetry comes down, several steps at a time.
//!
//! Every step has a slot (see `ring.rs`) and walks through the calls of its transport (see
//! `plan.rs`). The host waits in one place: for the oldest step, when it is asked for. Nothing is
//! allocated in a step after the first.
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
//! Errors, panics and time-outs leave a pipeline that can be waited for, reset or dropped. A drop
//! never waits: what the device may still be using is parked in the [`GpuContext`].
#![allow(unsafe_code)]

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use bytemuck::Pod;

use crate::context::GpuContext;
use crate::driver::Driver;
use crate::error::GpuError;
use crate::plan::{self, Mark, Op, Placement, Submission};
use crate::pool::StreamPool;
use crate::ring::Ring;
use crate::slots::{Lanes, Work, driver_of, release};
use crate::step::{Completed, StepKernel, StepLaunch, StepRecord};
use crate::stream::StreamPurpose;

/// Most slots that a pipeline can have.
pub const MAX_DEPTH: usize = 8;

/// Bytes of config and telemetry together up to which `auto` leaves them in mapped memory.
const MAPPED_BYTES: usize = 2048;

/// How a pipeline runs its steps. Results do not depend on any of this.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PipelineOptions {
    /// Slots, 1 to [`MAX_DEPTH`]: how many steps can be in flight or wait to be taken.
    pub depth: usize,
    /// Where config and telemetry live; `None` chooses by their size.
    pub placement: Option<Placement>,
    /// How steps are submitted.
    pub submission: Submission,
    /// How long to wait for a step; `None` for ever.
    pub step_timeout: Option<Duration>,
}

impl Default for PipelineOptions {
    fn default() -> Self {
        Self {
            depth: 3,
            placement: None,
            submission: Submission::Streams,
            step_timeout: Some(Duration::from_secs(30)),
        }
    }
}

/// What a pipeline has done, and how.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PipelineStats {
    /// Slots.
    pub depth: usize,
    /// Where config and telemetry live.
    pub placement: Placement,
    /// How steps are submitted.
    pub submission: Submission,
    /// Why it is done this way.
    pub reason: &'static str,
    /// Steps submitted since the pipeline was made; a reset does not clear it.
    pub submitted: u64,
    /// Steps seen to finish.
    pub finished: u64,
    /// How often the host had to wait for a step that it asked for.
    pub waits: u64,
}

/// Runs a [`StepKernel`] as a pipeline of steps. `C` goes up, `T` comes down.
pub struct AsyncPipelineCoordinator<C: 'static, T: 'static> {
    pool: StreamPool,
    options: PipelineOptions,
    ring: Ring,
    work: Work<C, T>,
    /// A step was enqueued in part: its slot must not be written until the streams are idle.
    torn: bool,
    /// Where telemetry waits to be taken if there is but one slot (sync); else empty.
    history: Vec<T>,
    stats: PipelineStats,
}

impl<C: Pod, T: Pod> AsyncPipelineCoordinator<C, T> {
    /// A pipeline on the streams of `pool`. Makes and allocates nothing before the first step.
    ///
    /// # Errors
    /// [`GpuError::InvalidOptions`] for a depth that cannot be, or a `C` or `T` of no size.
    pub fn new(pool: StreamPool, options: PipelineOptions) -> Result<Self, GpuError> {
        if !(1..=MAX_DEPTH).contains(&options.depth) {
            return Err(GpuError::InvalidOptions("a pipeline has 1 to 8 slots"));
        }
        if size_of::<C>() == 0 || size_of::<T>() == 0 {
            return Err(GpuError::InvalidOptions("config and telemetry must have a size"));
        }
        if align_of::<C>().max(align_of::<T>()) > 256 {
            return Err(GpuError::InvalidOptions(
                "config and telemetry align to 256 bytes at most",
            ));
        }
        let maps = pool.gpu().info().maps_host_memory;
        let (placement, reason) = match options.placement {
            Some(Placement::Mapped) if !maps => {
                return Err(GpuError::InvalidOptions("this device does not map host memory"));
            }
            Some(placement) => (placement, "as asked for"),
            None if !maps => (Placement::Copied, "the device does not map host memory"),
            None if size_of::<C>() + size_of::<T>() <= MAPPED_BYTES => {
                (Placement::Mapped, "the payload is small")
            }
            None => (Placement::Copied, "the payload is not small"),
        };
        let stats = PipelineStats {
            depth: options.depth,
            placement,
            submission: options.submission,
            reason,
            submitted: 0,
            finished: 0,
            waits: 0,
        };
        Ok(Self {
            pool,
            options,
            ring: Ring::new(options.depth),
            work: Work { lanes: None, kernel: None },
            torn: false,
            history: Vec::new(),
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
        self.work.kernel = Some(Box::new(kernel));
        Ok(())
    }

    /// Whether a kernel is bound.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.work.kernel.is_some()
    }

    /// Enqueues a step and answers its number, counted from 0. Waits for the step if the submission
    /// is [`Submission::Sync`], else for nothing.
    ///
    /// # Errors
    /// [`GpuError::PipelineFull`] if every slot holds a step that was not taken;
    /// [`GpuError::NoKernel`]; [`GpuError::StepTimeout`] in sync mode, with the step accepted all the
    /// same; [`GpuError::Step`] for what the driver or the kernel's launch says.
    pub fn submit(&mut self, config: &C) -> Result<u64, GpuError> {
        self.gpu().ensure_alive()?;
        if self.work.kernel.is_none() {
            return Err(GpuError::NoKernel);
        }
        let step = self.ring.next().ok_or(GpuError::PipelineFull { depth: self.ring.depth() })?;
        self.settle()?;
        self.prepare()?;
        let overlaps = plan::overlaps(self.stats.submission);
        if !overlaps && self.ring.in_flight() > 0 {
            self.finish_oldest()?;
        }
        self.torn = true;
        if let Err(error) = self.enqueue(step, config) {
            return Err(self.blame(step, error));
        }
        self.torn = false;
        self.ring.submit();
        self.stats.submitted += 1;
        if !overlaps {
            self.finish_oldest()?;
        }
        Ok(step)
    }

    /// Enqueues several steps and answers their numbers. All or none fit.
    ///
    /// # Errors
    /// As [`submit`](Self::submit); steps before the one that failed stay submitted.
    pub fn submit_batch(&mut self, configs: &[C]) -> Result<Range<u64>, GpuError> {
        if configs.len() > self.ring.free() {
            return Err(GpuError::PipelineFull { depth: self.ring.depth() });
        }
        let mut range = None;
        for config in configs {
            let step = self.submit(config)?;
            range.get_or_insert(step..step).end = step + 1;
        }
        Ok(range.unwrap_or(0..0))
    }

    /// Takes the oldest step if it has come back; never waits.
    ///
    /// # Errors
    /// [`GpuError::Rejected`] if the kernel refused its config, [`GpuError::Step`] if it failed.
    pub fn try_next(&mut self) -> Result<Option<Completed<'_, T>>, GpuError> {
        self.gpu().ensure_alive()?;
        if !self.ring.has_ready() {
            let Some(step) = self.ring.oldest_in_flight() else { return Ok(None) };
            let done = self.driver_call(|this| this.done(step)?.query().map_err(Into::into));
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
        self.submit(config)?;
        if self.ring.free() > 0 { Ok(None) } else { self.next() }
    }

    /// Takes every step that is left, in order.
    ///
    /// # Errors
    /// As [`next`](Self::next); the steps taken before the error are lost.
    pub fn drain(&mut self) -> Result<Vec<StepRecord<T>>, GpuError> {
        let mut records = Vec::with_capacity(self.ring.depth());
        while let Some(done) = self.next()? {
            records.push(StepRecord { step: done.step, telemetry: *done });
        }
        Ok(records)
    }

    /// Waits for what is in flight, forgets it, and counts steps from 0 again.
    ///
    /// # Errors
    /// What a step in flight did wrong. If the device is lost, what the pipeline held is given up.
    pub fn reset(&mut self) -> Result<(), GpuError> {
        let waited = self.quiesce();
        if waited.is_ok() {
            self.ring.clear();
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

    /// Leases the streams and allocates the slots, once. Falls back to one stream if there are not
    /// as many as asked for.
    fn prepare(&mut self) -> Result<(), GpuError> {
        if self.work.lanes.is_some() {
            return Ok(());
        }
        self.gpu().reap();
        let made = match self.make_lanes() {
            Err(error) if plan::overlaps(self.stats.submission) && !error.is_sticky() => {
                tracing::warn!(%error, "no streams to overlap with, going on in sync mode");
                self.stats.submission = Submission::Sync;
                self.stats.reason = "streams could not be had";
                self.make_lanes()
            }
            made => made,
        };
        let lanes = made.map_err(|error| self.gpu().note(error))?;
        if lanes.slots.len() < self.ring.depth() {
            // Not `vec![zeroed(); n]`: a telemetry may be too large for the stack.
            self.history = bytemuck::zeroed_vec(self.ring.depth());
        }
        self.work.lanes = Some(lanes);
        Ok(())
    }

    fn make_lanes(&self) -> Result<Lanes, GpuError> {
        let PipelineStats { placement, submission, depth, .. } = self.stats;
        let count = if plan::overlaps(submission) { depth } else { 1 };
        Lanes::new(&self.pool, placement, submission, count, (size_of::<C>(), size_of::<T>()))
    }

    fn lanes(&self) -> Result<&Lanes, GpuError> {
        self.work.lanes.as_ref().ok_or(GpuError::NoKernel)
    }

    /// The index of a step's slot among those that there are.
    fn slot(&self, step: u64) -> Result<usize, GpuError> {
        Ok(if self.lanes()?.slots.len() == 1 { 0 } else { self.ring.slot(step) })
    }

    /// The event that says that a step is done.
    fn done(&self, step: u64) -> Result<&crate::handles::Event, GpuError> {
        self.lanes()?.slots[self.slot(step)?].mark(Mark::Done)
    }

    /// Makes the calls of a step.
    fn enqueue(&mut self, step: u64, config: &C) -> Result<(), GpuError> {
        let at = self.slot(step)?;
        let driver = driver_of(&self.pool);
        driver.bind()?;
        let Work { lanes, kernel } = &mut self.work;
        let (Some(lanes), Some(kernel)) = (lanes, kernel) else { return Err(GpuError::NoKernel) };
        let slot = &lanes.slots[at];
        let (config_bytes, telemetry_bytes) = (size_of::<C>(), size_of::<T>());
        // SAFETY: the block has room for a `C`; the ring gives out a slot only after its last step
        // was seen to finish, and a step that was enqueued in part was waited for by `settle`.
        unsafe {
            let source = std::ptr::from_ref(config).cast::<u8>();
            slot.config_host().copy_from_nonoverlapping(source, config_bytes);
        }
        for op in plan::calls(self.stats.placement, self.stats.submission) {
            match *op {
                Op::Upload(on) => {
                    let (to, from) = (slot.config()?, slot.config_host());
                    // SAFETY: both ends are the slot's, which stays until the step was seen.
                    unsafe { driver.copy_to_device(to, from, config_bytes, lanes.stream(on)?) }?;
                }
                Op::Download(on) => {
                    let (to, from) = (slot.telemetry_host(), slot.telemetry()?);
                    // SAFETY: both ends are the slot's, which stays until the step was seen.
                    unsafe { driver.copy_to_host(to, from, telemetry_bytes, lanes.stream(on)?) }?;
                }
                Op::Launch => kernel.launch(&StepLaunch {
                    step,
                    config: slot.config()?,
                    telemetry: slot.telemetry()?,
                    stream: lanes.stream(StreamPurpose::KernelExecution)?,
                    driver: driver.as_ref(),
                })?,
                Op::Record(mark, on) => slot.mark(mark)?.record(lanes.stream(on)?)?,
                Op::Wait(mark, on) => slot.mark(mark)?.hold_back(lanes.stream(on)?)?,
                Op::HostWait(_) => {} // after the step counts as in flight: see `submit`
            }
        }
        Ok(())
    }

    /// Waits for the oldest step in flight.
    fn finish_oldest(&mut self) -> Result<(), GpuError> {
        let Some(step) = self.ring.oldest_in_flight() else { return Ok(()) };
        match self.driver_call(|this| this.wait_for(step)) {
            Ok(waited) => self.stats.waits += u64::from(waited),
            Err(error @ GpuError::StepTimeout { .. }) => return Err(error),
            Err(error) => return Err(self.blame(step, error)),
        }
        self.arrive(step)
    }

    /// Waits for a step's event; answers whether there was a need to.
    fn wait_for(&self, step: u64) -> Result<bool, GpuError> {
        let event = self.done(step)?;
        if event.query()? {
            return Ok(false);
        }
        let Some(limit) = self.options.step_timeout else {
            event.synchronize()?;
            return Ok(true);
        };
        let driver = self.gpu().driver();
        poll(driver.as_ref(), limit, || event.query().map_err(Into::into))?
            .then_some(true)
            .ok_or(GpuError::StepTimeout { step, after: limit })
    }

    /// The oldest step in flight has finished: its telemetry can be read from now on.
    fn arrive(&mut self, step: u64) -> Result<(), GpuError> {
        if !self.history.is_empty() {
            let at = self.slot(step)?;
            let from = self.lanes()?.slots[at].telemetry_host().cast::<T>();
            let to = &raw mut self.history[self.ring.slot(step)];
            // SAFETY: the block holds a `T`, any bytes of which are valid; the device is done with
            // it, and the history is memory of its own.
            unsafe { from.copy_to_nonoverlapping(to, 1) };
        }
        self.ring.see();
        self.stats.finished += 1;
        Ok(())
    }

    /// Lends out the oldest step that has come back.
    fn take(&mut self) -> Result<Option<Completed<'_, T>>, GpuError> {
        // The slot counts as free from here on; the borrow of `self` keeps it from being written.
        let Some(step) = self.ring.take() else { return Ok(None) };
        let telemetry = if self.history.is_empty() {
            let at = self.slot(step)?;
            let from = self.lanes()?.slots[at].telemetry_host().cast::<T>();
            // SAFETY: the block holds a `T`, any bytes of which are valid, and its alignment is 256;
            // the device is done with it, and nothing writes it while `self` is borrowed.
            unsafe { &*from }
        } else {
            &self.history[self.ring.slot(step)]
        };
        if let Some(kernel) = &self.work.kernel {
            kernel.inspect(telemetry).map_err(|reason| GpuError::Rejected { step, reason })?;
        }
        Ok(Some(Completed { step, telemetry }))
    }

    /// After a step that was enqueued in part: waits until none of it is left on the streams.
    fn settle(&mut self) -> Result<(), GpuError> {
        if !self.torn {
            return Ok(());
        }
        let step = self.ring.oldest_in_flight().or(self.ring.next()).unwrap_or_default();
        let settled = self.driver_call(|this| {
            let Some(lanes) = &this.work.lanes else { return Ok(true) };
            let limit = this.options.step_timeout.unwrap_or(Duration::MAX);
            poll(this.gpu().driver().as_ref(), limit, || lanes.idle().map_err(Into::into))
        });
        if !settled.map_err(|error| self.blame(step, error))? {
            let after = self.options.step_timeout.unwrap_or(Duration::MAX);
            return Err(GpuError::StepTimeout { step, after });
        }
        self.torn = false;
        Ok(())
    }

    /// Names the step that an error belongs to. Any call may return an error of earlier work: a
    /// sticky one is laid to the oldest step that was not seen to finish.
    fn blame(&self, step: u64, error: GpuError) -> GpuError {
        let step = match self.ring.oldest_in_flight() {
            Some(oldest) if error.is_sticky() => oldest,
            _ => step,
        };
        self.gpu().note(GpuError::Step { step, source: Box::new(error) })
    }

    /// Gives up streams, slots and kernel, and counts from 0.
    fn abandon(&mut self) {
        let quiet = self.ring.in_flight() == 0 && !self.torn;
        let work = std::mem::replace(&mut self.work, Work { lanes: None, kernel: None });
        release(self.pool.gpu(), work, quiet);
        self.ring = Ring::new(self.ring.depth());
        self.torn = false;
        self.history.clear();
    }
}

/// Polls until `done` says so or the time is up; answers which.
fn poll(
    driver: &dyn Driver,
    limit: Duration,
    mut done: impl FnMut() -> Result<bool, GpuError>,
) -> Result<bool, GpuError> {
    let start = driver.now();
    for round in 0_u32.. {
        if done()? {
            return Ok(true);
        }
        if driver.now().saturating_sub(start) >= limit {
            break;
        }
        driver.pause(round);
    }
    Ok(false)
}

impl<C, T> Drop for AsyncPipelineCoordinator<C, T> {
    fn drop(&mut self) {
        let lanes = self.work.lanes.take();
        let kernel = self.work.kernel.take();
        let quiet = self.ring.in_flight() == 0 && !self.torn;
        release(self.pool.gpu(), Work::<C, T> { lanes, kernel }, quiet);
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
