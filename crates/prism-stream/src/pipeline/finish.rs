//! How steps come back: waiting, seeing, lending out, and naming the step that went wrong.
#![allow(unsafe_code)]

use std::time::Duration;

use bytemuck::Pod;

use super::AsyncPipelineCoordinator;
use crate::driver::poll;
use crate::error::GpuError;
use crate::step::Completed;

impl<C: Pod, T: Pod> AsyncPipelineCoordinator<C, T> {
    /// Waits for the oldest step in flight, and sees it.
    pub(super) fn finish_oldest(&mut self) -> Result<(), GpuError> {
        let Some(step) = self.ring.oldest_in_flight() else { return Ok(()) };
        self.wait_for_step(step)?;
        self.arrive(step)
    }

    /// Waits for a step.
    pub(super) fn wait_for_step(&mut self, step: u64) -> Result<(), GpuError> {
        let since = self.clock(step);
        match self.driver_call(|this| this.wait_for(step)) {
            Ok(waited) => self.note_waited(step, waited, since),
            Err(error @ GpuError::StepTimeout { .. }) => return Err(error),
            Err(error) => return Err(self.blame(step, error)),
        }
        Ok(())
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
        match poll(driver.as_ref(), limit, || event.query().map_err(Into::into))? {
            true => Ok(true),
            false => Err(GpuError::StepTimeout { step, after: limit }),
        }
    }

    /// The oldest step in flight has finished, and with it its batch: the telemetry of both can be
    /// read from now on.
    pub(super) fn arrive(&mut self, step: u64) -> Result<(), GpuError> {
        if self.repeating {
            self.settle()?;
        }
        let last = self.last[self.ring.slot(step)];
        for step in step..=last {
            if self.lanes()?.slots.len() < self.ring.slots() {
                self.keep(step)?; // the next step has the same slot
            }
            self.note_arrived(step);
            self.ring.see();
            self.stats.finished += 1;
        }
        self.observe(last);
        Ok(())
    }

    /// Copies the telemetry of a step that has come back out of its slot.
    pub(super) fn keep(&mut self, step: u64) -> Result<(), GpuError> {
        if step < self.kept {
            return Ok(());
        }
        let from = self.lanes()?.slot(&self.ring, step).telemetry_host().cast::<T>();
        let to = &raw mut self.history[self.ring.slot(step)];
        // SAFETY: the block holds a `T`, any bytes of which are valid; the device is done with it,
        // and the history is memory of its own.
        unsafe { from.copy_to_nonoverlapping(to, 1) };
        self.kept = step + 1;
        Ok(())
    }

    /// Lends out the oldest step that has come back.
    pub(super) fn take(&mut self) -> Result<Option<Completed<'_, T>>, GpuError> {
        // The slot counts as free from here on; the borrow of `self` keeps it from being written.
        let Some(step) = self.ring.take() else { return Ok(None) };
        let telemetry = if step >= self.kept {
            let from = self.lanes()?.slot(&self.ring, step).telemetry_host().cast::<T>();
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
    pub(super) fn settle(&mut self) -> Result<(), GpuError> {
        if !self.torn {
            return Ok(());
        }
        let step = self.ring.oldest_in_flight().or(self.ring.next()).unwrap_or_default();
        let settled = self.driver_call(|this| {
            let limit = this.options.step_timeout.unwrap_or(Duration::MAX);
            poll(this.gpu().driver().as_ref(), limit, || this.work.idle().map_err(Into::into))
        });
        if !settled.map_err(|error| self.blame(step, error))? {
            let after = self.options.step_timeout.unwrap_or(Duration::MAX);
            return Err(GpuError::StepTimeout { step, after });
        }
        (self.torn, self.repeating) = (false, false);
        Ok(())
    }

    /// Names the step that an error belongs to. Any call may return an error of earlier work: a
    /// sticky one is laid to the oldest step that was not seen to finish.
    pub(super) fn blame(&self, step: u64, error: GpuError) -> GpuError {
        let step = match self.ring.oldest_in_flight() {
            Some(oldest) if error.is_sticky() => oldest,
            _ => step,
        };
        self.gpu().note(GpuError::Step { step, source: Box::new(error) })
    }
}
