//! Watching a pipeline at work: off by default, when a step makes no call that it would not make.

use std::time::Duration;

use bytemuck::Pod;

use super::AsyncPipelineCoordinator;
use crate::error::GpuError;
use crate::timeline::{Timeline, TimingOptions, Watch};

impl<C: Pod, T: Pod> AsyncPipelineCoordinator<C, T> {
    /// Times some of the steps to come, from the next one on; `None` ends it and forgets what was
    /// seen. All events are made here, none in a step. Steps that go as a graph are not timed, since
    /// the graph would be another one with events in it; but one mapped step that is a graph of its
    /// own is, by events around it.
    ///
    /// # Errors
    /// [`GpuError::Busy`] while steps have not been taken, [`GpuError::InvalidOptions`] for a burst of
    /// no steps or too many, or as many to be kept, [`GpuError::Driver`] if there are no events to be had.
    pub fn set_timing(&mut self, timing: Option<TimingOptions>) -> Result<(), GpuError> {
        self.gpu().ensure_alive()?;
        if self.ring.occupied() > 0 {
            return Err(GpuError::Busy { in_flight: self.ring.occupied() });
        }
        self.settle()?;
        let slots = self.ring.slots();
        let watch = timing.map(|options| Watch::new(self.gpu(), slots, options));
        self.work.watch = watch.transpose().map_err(|error| self.gpu().note(error))?.map(Box::new);
        Ok(())
    }

    /// The steps that were timed last; `None` unless [`set_timing`](Self::set_timing) asked for it.
    #[must_use]
    pub fn timeline(&self) -> Option<&Timeline> {
        self.work.watch.as_deref().map(Watch::timeline)
    }

    /// A step counts as in flight.
    pub(super) fn note_submitted(&mut self, step: u64) {
        let (slot, in_flight) = (self.ring.slot(step), self.ring.in_flight());
        if let Some(watch) = &mut self.work.watch {
            watch.submitted(slot, in_flight);
        }
    }

    /// The host's clock, if it matters.
    pub(super) fn clock(&self, step: u64) -> Option<Duration> {
        self.work.watch.as_ref()?.clock(self.ring.slot(step))
    }

    /// The host was in want of a step since then, and had to wait or had not.
    pub(super) fn note_waited(&mut self, step: u64, waited: bool, since: Option<Duration>) {
        self.stats.waits += u64::from(waited);
        let slot = self.ring.slot(step);
        if let (Some(watch), Some(since), true) = (&mut self.work.watch, since, waited) {
            watch.waited(slot, since);
        }
    }

    /// A step was seen to finish. The context is bound to the thread.
    pub(super) fn note_arrived(&mut self, step: u64) {
        let slot = self.ring.slot(step);
        if let Some(watch) = &mut self.work.watch {
            watch.arrive(slot);
        }
    }

    /// Nothing is in flight: a burst that was cut short can be read.
    pub(super) fn note_idle(&mut self) {
        if let Some(watch) = &mut self.work.watch {
            watch.read();
        }
    }

    /// Steps are counted from 0 again.
    pub(super) fn note_reset(&mut self) {
        if let Some(watch) = &mut self.work.watch {
            watch.reset();
        }
    }
}
