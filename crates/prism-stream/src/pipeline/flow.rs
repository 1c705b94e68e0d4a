//! Which step is where: the slots, the events that say what has ended, and what waits to be taken.
//!
//! The flow knows nothing of how steps are enqueued. It gives out slots, takes note of what is in flight,
//! waits for the oldest, and names the step that went wrong. Its methods take the context to be bound to
//! the thread, see [`Flow::enter`].
#![allow(unsafe_code)]

use std::time::Duration;

use bytemuck::Pod;

use super::options::MAX_SLOTS;
use crate::context::GpuContext;
use crate::driver::{Driver, RawStream, poll};
use crate::error::GpuError;
use crate::handles::Event;
use crate::harvest::{Harvest, Harvests};
use crate::plan::Mark;
use crate::pool::StreamPool;
use crate::ring::Ring;
use crate::slots::{Lanes, Slot};
use crate::stream::StreamPurpose::KernelExecution;
use crate::timeline::Watch;

/// Steps that did not all get through.
pub(super) struct Torn {
    /// How many of them are enqueued whole, and will come back.
    pub whole: usize,
    /// What kept the next one back.
    pub error: GpuError,
}

impl<E: Into<GpuError>> From<E> for Torn {
    fn from(error: E) -> Self {
        Self { whole: 0, error: error.into() }
    }
}

/// The steps of a pipeline, and where they are.
pub(super) struct Flow<T> {
    pub pool: StreamPool,
    pub ring: Ring,
    pub lanes: Option<Lanes>,
    pub harvests: Harvests,
    /// Times steps, if it was asked for.
    pub watch: Option<Box<Watch>>,
    /// Steps submitted, seen to finish, and waited for, since the pipeline was made.
    pub submitted: u64,
    pub finished: u64,
    pub waits: u64,
    /// How long to wait for a step.
    limit: Duration,
    /// By slot: the last step of the batch that the slot's step came with.
    last: [u64; MAX_SLOTS],
    /// Something was enqueued in part, or is being repeated: no slot may be written, and none be read, until
    /// the streams are idle.
    torn: bool,
    /// Where telemetry waits to be taken whose slot is no more its own: in sync mode, which has one
    /// slot, and when the slots are made anew.
    history: Vec<T>,
    /// Steps below this are in the history.
    kept: u64,
}

impl<T> Flow<T> {
    pub fn new(pool: StreamPool, slots: usize, limit: Option<Duration>) -> Self {
        Self {
            pool,
            ring: Ring::new(slots),
            lanes: None,
            harvests: Harvests::default(),
            watch: None,
            submitted: 0,
            finished: 0,
            waits: 0,
            limit: limit.unwrap_or(Duration::MAX),
            last: [0; MAX_SLOTS],
            torn: false,
            history: Vec::new(),
            kept: 0,
        }
    }

    pub fn gpu(&self) -> &GpuContext {
        self.pool.gpu()
    }

    pub fn driver(&self) -> &dyn Driver {
        self.gpu().driver().as_ref()
    }

    /// Whether nothing is on the device, as far as steps are concerned.
    pub fn is_quiet(&self) -> bool {
        self.ring.in_flight() == 0 && !self.torn
    }

    /// Counts from 0: the device is lost, and what was on it is given up.
    pub fn abandon(&mut self) {
        self.ring = Ring::new(self.ring.slots());
        self.torn = false;
        self.kept = 0;
        self.history.clear();
    }

    /// Refuses if the device is lost, and binds the context to this thread: for each call of a user that
    /// leads to calls of the driver, once.
    pub fn enter(&self) -> Result<(), GpuError> {
        self.gpu().ensure_alive()?;
        Ok(self.driver().bind()?)
    }

    pub fn lanes(&self) -> Result<&Lanes, GpuError> {
        match &self.lanes {
            Some(lanes) => Ok(lanes),
            None => Err(GpuError::NoKernel),
        }
    }

    fn slot(&self, step: u64) -> Result<&Slot, GpuError> {
        Ok(self.lanes()?.slot(&self.ring, step))
    }

    /// The stream for kernels.
    pub fn stream(&self) -> Result<RawStream, GpuError> {
        self.lanes()?.stream(KernelExecution)
    }

    /// The event that says that a step is done: that of the last step of its batch.
    fn done(&self, step: u64) -> Result<&Event, GpuError> {
        self.slot(self.last[self.ring.slot(step)])?.mark(Mark::Done)
    }

    /// How long to wait.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Names the step that an error belongs to. Any call may return an error of earlier work: a
    /// sticky one is laid to the oldest step that was not seen to finish.
    pub fn blame(&self, step: u64, error: GpuError) -> GpuError {
        let step = match self.ring.oldest_in_flight() {
            Some(oldest) if error.is_sticky() => oldest,
            _ => step,
        };
        self.gpu().note(GpuError::Step { step, source: Box::new(error) })
    }

    /// Lays an error to the step that is to be submitted next.
    pub fn blame_next(&self, error: GpuError) -> GpuError {
        self.blame(self.ring.submitted(), error)
    }

    /// Something is going to be enqueued on the streams: until it is known to be whole, it is not.
    pub fn tear(&mut self) {
        self.torn = true;
    }

    /// After something was enqueued in part: waits until none of it is left on the streams.
    pub fn settle(&mut self) -> Result<(), GpuError> {
        if !self.torn {
            return Ok(());
        }
        let step = self.ring.oldest_in_flight().or(self.ring.next()).unwrap_or_default();
        let settled = poll(self.driver(), self.limit, || self.idle());
        match settled.map_err(|error| self.blame(step, error))? {
            true => self.torn = false,
            false => return Err(GpuError::StepTimeout { step, after: self.limit }),
        }
        Ok(())
    }

    fn idle(&self) -> Result<bool, GpuError> {
        let steps = self.lanes.as_ref().map_or(Ok(true), Lanes::idle)?;
        Ok(steps && self.harvests.idle()?)
    }

    /// Writes a config into the slot of a step that is to be enqueued.
    pub fn write<C: Pod>(&self, step: u64, config: &C) -> Result<(), GpuError> {
        let to = self.slot(step)?.config_host().cast::<C>();
        // SAFETY: the block has room for a `C` and is aligned to 256 bytes; the ring gives out a slot
        // only after its last step was seen to finish, and what was enqueued in part was waited for.
        unsafe { to.copy_from_nonoverlapping(config, 1) };
        Ok(())
    }

    /// The config of the next step, where it is sent from.
    pub fn config_in_place<C: Pod>(&mut self, step: u64) -> Result<&mut C, GpuError> {
        let at = self.slot(step)?.config_host().cast::<C>();
        // SAFETY: the block holds a `C`, was cleared when it was made and has been written with
        // `C`s since, and its alignment is 256. The slot is free, as for `write`, and the borrow
        // of `self` keeps it from being sent.
        Ok(unsafe { &mut *at })
    }

    /// What steps have left in the slots of so many from `first` on is going to be overwritten.
    pub fn claim(&mut self, first: u64, steps: usize) -> Result<(), GpuError> {
        if !self.harvests.is_wanted() {
            return Ok(());
        }
        let stream = self.stream()?;
        for step in first..first + steps as u64 {
            let claimed = self.harvests.claim(self.ring.slot(step), stream);
            claimed.map_err(|error| self.blame(step, error.into()))?;
        }
        Ok(())
    }

    /// Counts what of some steps is enqueued as in flight, and passes on why the rest is not.
    pub fn accept(
        &mut self,
        first: u64,
        steps: usize,
        enqueued: Result<(), Torn>,
    ) -> Result<(), GpuError> {
        let (whole, torn) = match enqueued {
            Ok(()) => (steps, None),
            Err(torn) => (torn.whole, Some(torn.error)),
        };
        for step in first..first + whole as u64 {
            let slot = self.ring.slot(step);
            self.last[slot] = first + whole as u64 - 1;
            self.ring.submit();
            self.harvests.accept(slot, step);
            if let Some(watch) = &mut self.watch {
                watch.submitted(slot, self.ring.in_flight());
            }
        }
        self.submitted += whole as u64;
        if let Some(error) = torn {
            return Err(self.blame_next(error));
        }
        self.torn = false;
        Ok(())
    }

    /// Waits for a step's event; answers whether there was a need to.
    fn wait_for_event(&self, step: u64) -> Result<bool, GpuError> {
        let (event, mut asked) = (self.done(step)?, 0_u64);
        let done = poll(self.driver(), self.limit, || {
            asked += 1;
            Ok(event.query()?)
        })?;
        if done { Ok(asked > 1) } else { Err(GpuError::StepTimeout { step, after: self.limit }) }
    }

    /// Waits for a step.
    pub fn wait_for(&mut self, step: u64) -> Result<(), GpuError> {
        let slot = self.ring.slot(step);
        let since = self.watch.as_ref().and_then(|watch| watch.clock(slot));
        match self.wait_for_event(step) {
            Ok(waited) => {
                self.waits += u64::from(waited);
                if let (Some(watch), Some(since), true) = (&mut self.watch, since, waited) {
                    watch.waited(slot, since);
                }
                Ok(())
            }
            Err(error @ GpuError::StepTimeout { .. }) => Err(error),
            Err(error) => Err(self.blame(step, error)),
        }
    }
}

impl<T: Pod> Flow<T> {
    /// Whether the oldest step in flight, which this is, has come back; never waits.
    pub fn has_come_back(&self, step: u64) -> Result<bool, GpuError> {
        let done = self.done(step).and_then(|event| Ok(event.query()?));
        let done = done.and_then(|done| Ok(done && (!self.torn || self.idle()?)));
        done.map_err(|error| self.blame(step, error))
    }

    /// The oldest step in flight has finished, and with it its batch: the telemetry of both can be
    /// read from now on.
    pub fn arrive(&mut self, step: u64) -> Result<(), GpuError> {
        self.settle()?;
        let last = self.last[self.ring.slot(step)];
        for step in step..=last {
            if self.lanes()?.slots.len() < self.ring.slots() {
                self.keep(step)?; // the next step has the same slot
            }
            if let Some(watch) = &mut self.watch {
                watch.arrive(self.ring.slot(step));
            }
            self.ring.see();
            self.finished += 1;
        }
        Ok(())
    }

    /// Waits for the oldest step in flight, and sees it.
    pub fn finish_oldest(&mut self) -> Result<(), GpuError> {
        let Some(step) = self.ring.oldest_in_flight() else { return Ok(()) };
        self.wait_for(step)?;
        self.arrive(step)
    }

    /// Waits until so many steps are in flight at most.
    pub fn finish_down_to(&mut self, most: u64) -> Result<(), GpuError> {
        while self.ring.in_flight() > most {
            self.finish_oldest()?;
        }
        Ok(())
    }

    /// Waits until nothing is on the streams; the steps can be taken afterwards.
    pub fn quiesce(&mut self) -> Result<(), GpuError> {
        self.finish_down_to(0)?;
        self.settle()
    }

    /// Waits for all steps, and keeps what has not been taken of them, so that the slots can be made anew.
    pub fn keep_all(&mut self) -> Result<(), GpuError> {
        self.finish_down_to(0)?;
        self.torn = true; // also for copies that wait for events of the slots
        self.settle()?;
        for step in self.ring.ready() {
            self.keep(step)?;
        }
        Ok(())
    }

    /// Copies the telemetry of a step that has come back out of its slot.
    fn keep(&mut self, step: u64) -> Result<(), GpuError> {
        if step < self.kept {
            return Ok(());
        }
        if self.history.is_empty() {
            // Not `vec![zeroed(); n]`: a telemetry may be too large for the stack.
            self.history = bytemuck::zeroed_vec(self.ring.slots());
        }
        let from = self.slot(step)?.telemetry_host().cast::<T>();
        let to = &raw mut self.history[self.ring.slot(step)];
        // SAFETY: the block holds a `T`, any bytes of which are valid; the device is done with it,
        // and the history is memory of its own.
        unsafe { from.copy_to_nonoverlapping(to, 1) };
        self.kept = step + 1;
        Ok(())
    }

    /// Takes the oldest step that has come back. Its slot counts as free from here on; the borrow of
    /// `self` keeps it from being written.
    pub fn take(&mut self) -> Result<Option<(u64, &T)>, GpuError> {
        let Some(step) = self.ring.take() else { return Ok(None) };
        if step < self.kept {
            return Ok(Some((step, &self.history[self.ring.slot(step)])));
        }
        let from = self.slot(step)?.telemetry_host().cast::<T>();
        // SAFETY: the block holds a `T`, any bytes of which are valid, and its alignment is 256;
        // the device is done with it, and nothing writes it while `self` is borrowed.
        Ok(Some((step, unsafe { &*from })))
    }

    /// Forgets all steps, none of which is in flight, and counts from 0 again.
    pub fn forget(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.reset();
        }
        self.harvests.forget();
        self.ring.clear();
        self.kept = 0;
    }

    /// Enqueues the copy of what a step has left: beside the steps if they overlap, else on their stream.
    pub fn harvest(&mut self, step: u64, beside: bool) -> Result<Harvest, GpuError> {
        self.settle()?;
        let slot = self.ring.slot(step);
        if !self.harvests.has(slot, step) {
            let reason = match (self.harvests.is_asked_for(), step < self.ring.submitted()) {
                (false, _) => "its kernel leaves nothing",
                (true, true) => "its slot has been given to a later step",
                (true, false) => "it has not been submitted",
            };
            return Err(GpuError::NoHarvest { step, reason });
        }
        self.tear();
        let harvest = self.fetch(slot, step, beside);
        let harvest = harvest.map_err(|error| self.blame(step, error))?;
        self.torn = false;
        Ok(harvest)
    }

    fn fetch(&mut self, slot: usize, step: u64, beside: bool) -> Result<Harvest, GpuError> {
        let stream = if beside { self.harvests.stream(&self.pool)? } else { None };
        let stream = match stream {
            Some(stream) => {
                if self.ring.oldest_in_flight().is_some_and(|oldest| oldest <= step) {
                    self.done(step)?.hold_back(stream)?;
                }
                stream
            }
            None => self.stream()?,
        };
        self.harvests.copy(self.pool.gpu(), (slot, step), stream, self.limit)
    }
}
