//! What a pipeline holds on the device, and how it comes by it.

use std::sync::Arc;

use bytemuck::Pod;

use super::tuning::TIMERS;
use super::{AsyncPipelineCoordinator, PipelineStats};
use crate::error::GpuError;
use crate::handles::Event;
use crate::plan::{self, Mark, Placement, Submission};
use crate::ring::Ring;
use crate::slots::{Lanes, NoLanes, release};
use crate::stream::StreamPriority;

impl<C: Pod, T: Pod> AsyncPipelineCoordinator<C, T> {
    /// Leases the streams and allocates the slots, once. Falls back to one stream if there are not
    /// as many as asked for.
    pub(super) fn prepare(&mut self) -> Result<(), GpuError> {
        let (gpu, slots) = (self.pool.gpu(), self.ring.slots());
        if let Err(error) = self.work.harvests.prepare(gpu, slots) {
            return Err(self.blame(self.ring.submitted(), error));
        }
        if self.work.lanes.is_some() {
            return Ok(());
        }
        self.gpu().reap();
        let made = match self.make_lanes() {
            Err(NoLanes::Scarce(error)) if plan::overlaps(self.stats.submission) => {
                tracing::warn!(%error, "no streams to overlap with, going on in sync mode");
                self.stats.submission = Submission::Sync;
                self.stats.reason = "streams could not be had";
                self.make_lanes()
            }
            made => made,
        };
        made.map_err(NoLanes::into_error)
            .and_then(|lanes| self.fit_out(lanes))
            .map_err(|error| self.blame(self.ring.submitted(), error))
    }

    /// Takes the lanes into use, with what measuring them needs.
    fn fit_out(&mut self, lanes: Lanes) -> Result<(), GpuError> {
        if !plan::overlaps(self.stats.submission) {
            self.tuner.stop();
        }
        if self.tuner.is_active() && self.work.timers.is_empty() {
            let (driver, ledger) = (self.gpu().driver(), self.gpu().ledger());
            let timers = (0..TIMERS).map(|_| Event::timed(driver, ledger));
            self.work.timers = Arc::new(timers.collect::<Result<_, _>>()?);
        }
        self.write_with(self.stats.writers);
        let swaps = self.tuner.is_active() || lanes.slots.len() < self.ring.slots();
        if swaps && self.history.is_empty() {
            // Not `vec![zeroed(); n]`: a telemetry may be too large for the stack.
            self.history = bytemuck::zeroed_vec(self.ring.slots());
        }
        self.work.lanes = Some(lanes);
        Ok(())
    }

    /// Moves config and telemetry to another place, between steps: waits for those in flight, keeps
    /// what has not been taken, and makes the lanes anew. Without memory for them there, everything
    /// stays where it is, and that place is not tried again with this kernel.
    pub(super) fn move_to(&mut self, placement: Placement) -> Result<(), GpuError> {
        if self.stats.placement == placement && self.work.lanes.is_some() {
            return Ok(());
        }
        while self.ring.in_flight() > 0 {
            self.finish_oldest()?;
        }
        self.torn = true; // harvests that wait for events of the slots are settled, too
        self.settle()?;
        for step in self.ring.ready() {
            self.keep(step)?;
        }
        self.work.graphs.clear();
        self.work.lanes = None;
        let before = std::mem::replace(&mut self.stats.placement, placement);
        match self.make_lanes().map_err(NoLanes::into_error) {
            Err(error) if !error.is_sticky() => {
                tracing::warn!(%error, ?placement, "no room to move to, staying");
                self.stats.placement = before;
                self.tuner.refuse(placement);
                self.prepare()
            }
            made => made
                .and_then(|lanes| self.fit_out(lanes))
                .map_err(|error| self.blame(self.ring.submitted(), error)),
        }
    }

    /// Gives the kernels of this pipeline a priority of their own, whatever that of
    /// [`KernelExecution`](crate::StreamPurpose::KernelExecution) is in the pool; `None` follows the
    /// pool's again. A hint for the device's scheduler: where pipelines share a device, it decides whose
    /// waiting kernel starts first. It holds from the next step on, before which the steps in flight are
    /// waited for.
    pub fn set_priority(&mut self, priority: Option<StreamPriority>) {
        if std::mem::replace(&mut self.priority, priority) != priority
            && let Some(lanes) = &mut self.work.lanes
        {
            lanes.set_priority(priority);
        }
    }

    /// Takes other streams if the pool's priorities are no more what they were: waits for the steps in
    /// flight, as a move does. A stream that is not to be had is no reason to stop.
    pub(super) fn follow_priorities(&mut self) -> Result<(), GpuError> {
        let Some(lanes) = &mut self.work.lanes else { return Ok(()) };
        if lanes.up_to_date(&self.pool)? {
            return Ok(());
        }
        while self.ring.in_flight() > 0 {
            self.finish_oldest()?;
        }
        self.settle()?;
        // A graph has the priority of the stream that it was captured on.
        self.work.graphs.clear();
        let Some(lanes) = &mut self.work.lanes else { return Ok(()) };
        match lanes.renew(&self.pool) {
            Err(error) if !error.is_sticky() => {
                tracing::warn!(%error, "no stream of another priority, going on with the old one");
                Ok(())
            }
            renewed => renewed.map_err(|error| self.blame(self.ring.submitted(), error)),
        }
    }

    /// Has configs written by so many threads, or by as many as the system gives.
    pub(super) fn write_with(&mut self, writers: usize) {
        if let Err(error) = self.writers.set_count(writers) {
            tracing::warn!(%error, writers, "fewer threads than wanted to write configs");
        }
        self.stats.writers = self.writers.count();
    }

    fn make_lanes(&self) -> Result<Lanes, NoLanes> {
        let PipelineStats { placement, submission, .. } = self.stats;
        let count = if plan::overlaps(submission) { self.ring.slots() } else { 1 };
        // Lanes for graphs will do for everything that may be chosen.
        let chosen = self.tuner.is_active() && plan::overlaps(submission);
        let submission = if chosen { Submission::Graph } else { submission };
        let bytes = (size_of::<C>(), size_of::<T>());
        Lanes::new((&self.pool, self.priority), (placement, submission), count, bytes)
    }

    pub(super) fn lanes(&self) -> Result<&Lanes, GpuError> {
        match &self.work.lanes {
            Some(lanes) => Ok(lanes),
            None => Err(GpuError::NoKernel),
        }
    }

    /// The event that says that a step is done: that of the last step of its batch.
    pub(super) fn done(&self, step: u64) -> Result<&Event, GpuError> {
        let last = self.last[self.ring.slot(step)];
        self.lanes()?.slot(&self.ring, last).mark(Mark::Done)
    }

    /// Gives up streams, slots and kernel, and counts from 0: the device is lost.
    pub(super) fn abandon(&mut self) {
        let quiet = self.ring.in_flight() == 0 && !self.torn;
        let work = std::mem::take(&mut self.work);
        release(self.pool.gpu(), work, quiet);
        self.ring = Ring::new(self.ring.slots());
        (self.torn, self.repeating) = (false, false);
        self.warm = false;
        self.kept = 0;
        self.history.clear();
    }
}
