//! How steps get in: singly, in batches, or written where they are sent from.
//!
//! A config is copied into its slot, which costs nothing that matters for kilobytes. For megabytes that
//! copy would be the longest part of a step, so a config can also be written in place: the slot of a
//! step that is not submitted yet is free, and lent for as long as it is written.

use std::ops::Range;

use bytemuck::Pod;

use super::AsyncPipelineCoordinator;
use super::enqueue::Torn;
use crate::error::GpuError;
use crate::plan;

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
        self.get_ready(configs.len())?;
        let first = self.ring.submitted();
        let mut left = configs;
        while !left.is_empty() {
            let measures = self.tuner.is_measuring();
            let one_by_one = measures || !plan::overlaps(self.stats.submission);
            let (batch, later) = left.split_at(if one_by_one { 1 } else { left.len() });
            if measures {
                self.measure(batch, false)?
            } else {
                self.make_room(batch.len())?;
                self.submit_together(batch.len(), batch)?
            }
            left = later;
        }
        Ok(first..self.ring.submitted())
    }

    /// Submits a step whose config `fill` writes where it is sent from, and so saves a copy: worth it
    /// from some hundred kilobytes up. What `fill` finds there is some config, not that of the step
    /// before; it is to write, since reading this memory can be slow.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn submit_with(&mut self, fill: impl FnOnce(&mut C)) -> Result<u64, GpuError> {
        self.get_ready(1)?;
        let step = self.ring.submitted();
        if self.tuner.is_measuring() {
            // A measured step may move to other slots before it is written.
            let mut config = bytemuck::zeroed_box();
            fill(&mut config);
            self.measure(std::slice::from_ref(&*config), true)?;
        } else {
            self.make_room(1)?;
            fill(self.config_in_place(step)?);
            self.submit_together(1, &[])?;
        }
        Ok(step)
    }

    /// Makes sure that so many steps can be submitted, and that there are slots as they are wanted.
    fn get_ready(&mut self, steps: usize) -> Result<(), GpuError> {
        self.gpu().ensure_alive()?;
        if self.work.kernel.is_none() {
            return Err(GpuError::NoKernel);
        }
        if steps > self.ring.free() {
            return Err(GpuError::PipelineFull { slots: self.ring.slots() });
        }
        self.settle()?;
        self.prepare()?;
        self.follow_priorities()?;
        self.retune(steps)
    }

    /// Waits until no more steps are in flight than are to be, with so many more.
    fn make_room(&mut self, steps: usize) -> Result<(), GpuError> {
        let overlaps = plan::overlaps(self.stats.submission);
        let most = if overlaps { self.stats.depth } else { 1 };
        while self.ring.in_flight() > 0 && self.ring.in_flight() + steps as u64 > most as u64 {
            self.finish_oldest()?;
        }
        Ok(())
    }

    /// Enqueues so many steps that come back together, for which there are slots. Without configs,
    /// they lie in their slots already.
    fn submit_together(&mut self, steps: usize, configs: &[C]) -> Result<(), GpuError> {
        let first = self.ring.submitted();
        self.claim(first, steps)?;
        self.torn = true;
        let enqueued = self.enqueue(first, steps, configs);
        self.accept(first, steps, enqueued)?;
        if plan::overlaps(self.stats.submission) { Ok(()) } else { self.finish_oldest() }
    }

    /// Counts what of a batch is enqueued as in flight, and passes on why the rest is not.
    pub(super) fn accept(
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
            self.last[self.ring.slot(step)] = first + whole as u64 - 1;
            self.ring.submit();
            self.work.harvests.accept(self.ring.slot(step), step);
            self.note_submitted(step);
        }
        self.stats.submitted += whole as u64;
        if let Some(error) = torn {
            return Err(self.blame(self.ring.submitted(), error));
        }
        self.torn = false;
        Ok(())
    }
}
