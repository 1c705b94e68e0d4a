//! How steps get in and come out: singly, in batches, or written where they are sent from.
//!
//! A config is copied into its slot, which costs nothing that matters for kilobytes. For megabytes that
//! copy would be the longest part of a step, so a config can also be written in place: the slot of a
//! step that is not submitted yet is free, and lent for as long as it is written.

use std::ops::Range;

use bytemuck::Pod;

use super::AsyncPipelineCoordinator;
use crate::error::GpuError;
use crate::step::{Completed, StepRecord};

impl<C: Pod, T: Pod> AsyncPipelineCoordinator<C, T> {
    /// Enqueues a step and answers its number, counted from 0. Waits for the step if the submission
    /// is [`Submission::Sync`](crate::Submission::Sync) or the step is measured, else only for as
    /// many as are not to be in flight at a time.
    ///
    /// # Errors
    /// [`GpuError::PipelineFull`] if every slot holds a step that was not taken;
    /// [`GpuError::NoKernel`]; [`GpuError::StepTimeout`] if a step that was waited for is late: in
    /// sync mode, and in the first steps if they are measured, the new one, which is accepted all
    /// the same; [`GpuError::Step`] for what the driver or the kernel's launch says.
    pub fn submit(&mut self, config: &C) -> Result<u64, GpuError> {
        self.submit_batch(std::slice::from_ref(config)).map(|steps| steps.start)
    }

    /// Enqueues several steps and answers their numbers. All or none fit.
    ///
    /// The steps of a batch come back together, so that one event is enough for all of them, and
    /// [`Submission::Graph`](crate::Submission::Graph) gives them to the device in one call. Batches
    /// of the same size use their slots in the same turn, and graphs are kept for those; the first
    /// round of a size makes them. That is one graph for each slot that a batch begins on: as many as
    /// batches fit into the slots, or, where they do not divide them, the slots over the greatest
    /// common divisor of both. Eight slots and batches of three make eight graphs.
    ///
    /// # Errors
    /// As [`submit`](Self::submit); steps before the one that failed stay submitted.
    pub fn submit_batch(&mut self, configs: &[C]) -> Result<Range<u64>, GpuError> {
        self.flow.enter()?;
        self.submit_all(configs)
    }

    /// Submits a step whose config `fill` writes where it is sent from, and so saves a copy: worth it
    /// from some hundred kilobytes up. What `fill` finds there is some config, not that of the step
    /// before; it is to write, since reading this memory can be slow.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn submit_with(&mut self, fill: impl FnOnce(&mut C)) -> Result<u64, GpuError> {
        self.flow.enter()?;
        self.submit_in_place(fill)
    }

    fn submit_all(&mut self, configs: &[C]) -> Result<Range<u64>, GpuError> {
        self.get_ready(configs.len())?;
        let first = self.flow.ring.submitted();
        let mut left = configs;
        while let [next, ..] = left {
            let measures = self.tuner.is_measuring();
            let one_by_one = measures || !self.transport.overlaps();
            let (batch, later) = left.split_at(if one_by_one { 1 } else { left.len() });
            if measures {
                self.tuner.measure((&mut self.flow, &mut self.transport), next, false)?;
            } else {
                self.make_room(batch.len())?;
                self.submit_together(batch.len(), batch)?;
            }
            left = later;
        }
        Ok(first..self.flow.ring.submitted())
    }

    fn submit_in_place(&mut self, fill: impl FnOnce(&mut C)) -> Result<u64, GpuError> {
        self.get_ready(1)?;
        let step = self.flow.ring.submitted();
        if self.tuner.is_measuring() {
            // A measured step may move to other slots before it is written.
            let mut config = bytemuck::zeroed_box();
            fill(&mut config);
            self.tuner.measure((&mut self.flow, &mut self.transport), &*config, true)?;
        } else {
            self.make_room(1)?;
            fill(self.flow.config_in_place(step)?);
            self.submit_together(1, &[])?;
        }
        Ok(step)
    }

    /// Makes sure that so many steps can be submitted, and that there are slots as they are wanted.
    fn get_ready(&mut self, steps: usize) -> Result<(), GpuError> {
        let Self { flow, transport, tuner, .. } = self;
        if transport.kernel.is_none() {
            return Err(GpuError::NoKernel);
        }
        if steps > flow.ring.free() {
            return Err(GpuError::PipelineFull { slots: flow.ring.slots() });
        }
        flow.settle()?;
        transport.prepare(flow)?;
        transport.follow_priorities(flow)?;
        if !transport.overlaps() {
            tuner.stop();
        } else if tuner.is_measuring() {
            tuner.note_batch(steps);
        }
        Ok(())
    }

    /// Waits until no more steps are in flight than are to be, with so many more.
    fn make_room(&mut self, steps: usize) -> Result<(), GpuError> {
        let most = if self.transport.overlaps() { self.tuner.depth } else { 1 };
        self.flow.finish_down_to(most.saturating_sub(steps) as u64)
    }

    /// Enqueues so many steps that come back together, for which there are slots. Without configs,
    /// they lie in their slots already.
    fn submit_together(&mut self, steps: usize, configs: &[C]) -> Result<(), GpuError> {
        let Self { flow, transport, .. } = self;
        let first = flow.ring.submitted();
        flow.claim(first, steps)?;
        flow.tear();
        let enqueued = transport.enqueue(flow, first, steps, configs);
        flow.accept(first, steps, enqueued)?;
        if transport.overlaps() { Ok(()) } else { flow.finish_oldest() }
    }

    /// Takes the oldest step if it has come back; never waits.
    ///
    /// # Errors
    /// [`GpuError::Rejected`] if the kernel refused its config, [`GpuError::Step`] if it failed.
    pub fn try_next(&mut self) -> Result<Option<Completed<'_, T>>, GpuError> {
        if !self.flow.ring.has_ready() {
            self.flow.enter()?;
            let Some(step) = self.flow.ring.oldest_in_flight() else { return Ok(None) };
            if !self.flow.has_come_back(step)? {
                return Ok(None);
            }
            self.flow.arrive(step)?;
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
        if !self.flow.ring.has_ready() {
            self.flow.enter()?; // what has come back is there, whatever became of the device
        }
        self.wait_and_take()
    }

    fn wait_and_take(&mut self) -> Result<Option<Completed<'_, T>>, GpuError> {
        let flow = &mut self.flow;
        if !flow.ring.has_ready() {
            if flow.ring.in_flight() == 0 {
                if let Some(watch) = &mut flow.watch {
                    watch.read(); // a burst that was cut short
                }
                return Ok(None);
            }
            flow.finish_oldest()?;
        }
        self.take()
    }

    /// Lends out the oldest step that has come back.
    fn take(&mut self) -> Result<Option<Completed<'_, T>>, GpuError> {
        let Some((step, telemetry)) = self.flow.take()? else { return Ok(None) };
        if let Some(kernel) = &self.transport.kernel {
            kernel.inspect(telemetry).map_err(|reason| GpuError::Rejected { step, reason })?;
        }
        Ok(Some(Completed { step, telemetry }))
    }

    /// Submits step n and takes step n - (depth - 1), exactly; `None` while the pipeline fills.
    ///
    /// # Errors
    /// As [`submit`](Self::submit) and [`next`](Self::next). After a time-out of the step to be
    /// taken, the pipeline is full until that step was taken with `next`.
    pub fn step(&mut self, config: &C) -> Result<Option<Completed<'_, T>>, GpuError> {
        self.flow.enter()?;
        self.has_room_for_a_step()?;
        self.submit_all(std::slice::from_ref(config))?;
        self.take_if_full()
    }

    /// The same, with the config written in place: see [`submit_with`](Self::submit_with).
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn step_with(
        &mut self,
        fill: impl FnOnce(&mut C),
    ) -> Result<Option<Completed<'_, T>>, GpuError> {
        self.flow.enter()?;
        self.has_room_for_a_step()?;
        self.submit_in_place(fill)?;
        self.take_if_full()
    }

    /// Whether as many steps are under way as go singly, whatever batches have slots for.
    fn is_full_of_steps(&self) -> bool {
        self.flow.ring.occupied() >= self.options.depth as u64
    }

    /// Whether one more can go.
    fn has_room_for_a_step(&self) -> Result<(), GpuError> {
        match self.is_full_of_steps() {
            true => Err(GpuError::PipelineFull { slots: self.options.depth }),
            false => Ok(()),
        }
    }

    fn take_if_full(&mut self) -> Result<Option<Completed<'_, T>>, GpuError> {
        if self.is_full_of_steps() { self.wait_and_take() } else { Ok(None) }
    }

    /// Takes every step that is left, in order.
    ///
    /// # Errors
    /// As [`next`](Self::next); the steps taken before the error are lost.
    pub fn drain(&mut self) -> Result<Vec<StepRecord<T>>, GpuError> {
        let mut records = Vec::with_capacity(self.flow.ring.slots());
        while let Some(done) = self.next()? {
            records.push(StepRecord { step: done.step, telemetry: *done });
        }
        Ok(records)
    }
}
