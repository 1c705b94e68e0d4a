//! Harvests: what steps have left on the device, fetched beside those that follow.

use std::time::Duration;

use bytemuck::Pod;

use super::AsyncPipelineCoordinator;
use crate::error::GpuError;
use crate::harvest::Harvest;
use crate::plan;
use crate::stream::StreamPurpose::KernelExecution;

impl<C: Pod, T: Pod> AsyncPipelineCoordinator<C, T> {
    /// Fetches what a step has left on the device (see
    /// [`StepKernel::harvest_bytes`](crate::StepKernel::harvest_bytes)), in order after that step and while
    /// later ones run. Never waits for the device. It can be asked for from the step's submission on, and
    /// until as many further steps were submitted as there are slots: in a pipeline of depth 3, when the
    /// telemetry of step n is taken after the submission of step n + 2, step n can still be harvested.
    ///
    /// # Errors
    /// [`GpuError::NoHarvest`] if the step's slot is another one's, or its kernel leaves nothing;
    /// [`GpuError::Memory`] if there is no pinned memory for it; what the driver says.
    pub fn harvest(&mut self, step: u64) -> Result<Harvest, GpuError> {
        self.gpu().ensure_alive()?;
        self.settle()?;
        let slot = self.ring.slot(step);
        if !self.work.harvests.has(slot, step) {
            let leaves = self.work.kernel.as_ref().is_some_and(|kernel| kernel.harvest_bytes() > 0);
            let reason = match (leaves, step < self.ring.submitted()) {
                (false, _) => "the kernel that is bound leaves nothing",
                (true, true) => "its slot has been given to a later step",
                (true, false) => "it has not been submitted",
            };
            return Err(GpuError::NoHarvest { step, reason });
        }
        self.gpu().driver().bind()?;
        self.torn = true;
        let fetched = self.fetch(slot, step);
        let fetched = fetched.map_err(|error| self.blame(step, error))?;
        self.torn = false;
        Ok(fetched)
    }

    fn fetch(&mut self, slot: usize, step: u64) -> Result<Harvest, GpuError> {
        let beside = match plan::overlaps(self.stats.submission) {
            true => self.work.harvests.stream(&self.pool)?,
            false => None, // one stream it is
        };
        let stream = match beside {
            Some(stream) => stream,
            None => self.lanes()?.stream(KernelExecution)?,
        };
        let in_flight = self.ring.oldest_in_flight().is_some_and(|oldest| oldest <= step);
        if beside.is_some() && in_flight {
            self.done(step)?.hold_back(stream)?;
        }
        let limit = self.options.step_timeout.unwrap_or(Duration::MAX);
        self.work.harvests.copy(self.pool.gpu(), (slot, step), stream, limit)
    }

    /// What steps have left in the slots of so many from `first` on is going to be overwritten.
    pub(super) fn claim(&mut self, first: u64, steps: usize) -> Result<(), GpuError> {
        let Some(lanes) = self.work.lanes.as_ref().filter(|_| self.work.harvests.is_wanted())
        else {
            return Ok(());
        };
        let stream = lanes.stream(KernelExecution)?;
        self.pool.gpu().driver().bind()?;
        for step in first..first + steps as u64 {
            let claimed = self.work.harvests.claim(self.ring.slot(step), stream);
            claimed.map_err(|error| self.blame(step, error.into()))?;
        }
        Ok(())
    }
}
