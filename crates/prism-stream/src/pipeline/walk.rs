//! The calls that a plan lists, made one after the other on the slots of its steps.
#![allow(unsafe_code)]

use bytemuck::Pod;

use super::flow::Flow;
use crate::driver::{DevicePtr, Driver, RawStream};
use crate::error::GpuError;
use crate::harvest::Harvests;
use crate::plan::{Op, Plan};
use crate::ring::Ring;
use crate::slots::{Lanes, Slot};
use crate::step::{BoundKernel, StepKernel, StepLaunch};
use crate::stream::StreamPurpose;
use crate::timeline::{Edge, Watch};

/// Makes the calls that a plan lists. The context is bound to the thread.
pub(super) struct Walk<'a, C, T> {
    pub driver: &'a dyn Driver,
    pub watch: Option<&'a mut Watch>,
    lanes: &'a Lanes,
    ring: Ring,
    harvests: &'a Harvests,
    kernel: &'a mut dyn StepKernel<C, T>,
    abort: DevicePtr,
}

impl<'a, C: Pod, T: Pod> Walk<'a, C, T> {
    /// What it takes to walk through a plan.
    pub fn new(
        flow: &'a mut Flow<T>,
        kernel: &'a mut Option<Box<dyn BoundKernel<C, T>>>,
        abort: DevicePtr,
    ) -> Result<Self, GpuError> {
        let Flow { pool, lanes, ring, harvests, watch, .. } = flow;
        let (Some(lanes), Some(kernel)) = (lanes, kernel) else { return Err(GpuError::NoKernel) };
        let (driver, watch) = (pool.gpu().driver().as_ref(), watch.as_deref_mut());
        Ok(Self { driver, watch, lanes, ring: *ring, harvests, kernel: kernel.as_mut(), abort })
    }

    /// The stream for kernels.
    pub fn stream(&self) -> Result<RawStream, GpuError> {
        self.lanes.stream(StreamPurpose::KernelExecution)
    }

    /// Makes some calls on the slot of a step.
    pub fn make(&mut self, ops: &[Op], step: u64) -> Result<(), GpuError> {
        let slot = self.lanes.slot(&self.ring, step);
        for &op in ops {
            self.mark(op, step, Edge::Begin)?;
            self.call(op, step, slot)?;
            self.mark(op, step, Edge::End)?;
        }
        Ok(())
    }

    /// Makes one call on the slot of a step.
    fn call(&mut self, op: Op, step: u64, slot: &Slot) -> Result<(), GpuError> {
        let Self { driver, lanes, .. } = self;
        match op {
            Op::Upload(on) => {
                let (to, from) = (slot.config()?, slot.config_host());
                // SAFETY: both ends are the slot's, which stays until the step was seen.
                unsafe { driver.copy_to_device(to, from, size_of::<C>(), lanes.stream(on)?) }?;
            }
            Op::Download(on) => {
                let (to, from) = (slot.telemetry_host(), slot.telemetry()?);
                // SAFETY: both ends are the slot's, which stays until the step was seen.
                unsafe { driver.copy_to_host(to, from, size_of::<T>(), lanes.stream(on)?) }?;
            }
            Op::Launch => {
                let launch = StepLaunch {
                    step,
                    config: slot.config()?,
                    telemetry: slot.telemetry()?,
                    harvest: self.harvests.room(self.ring.slot(step)),
                    abort: self.abort,
                    stream: self.stream()?,
                    driver: self.driver,
                };
                self.kernel.launch(&launch)?;
            }
            Op::Record(mark, on) => slot.mark(mark)?.record(lanes.stream(on)?)?,
            Op::Wait(mark, on) => slot.mark(mark)?.hold_back(lanes.stream(on)?)?,
        }
        Ok(())
    }

    /// Lets the watch, if there is one, mark where a stage begins or ends.
    pub fn mark(&mut self, op: Op, step: u64, edge: Edge) -> Result<(), GpuError> {
        if let (Some(watch), Some((stage, on))) = (&mut self.watch, op.stage()) {
            watch.mark(self.ring.slot(step), stage, edge, self.lanes.stream(on)?);
        }
        Ok(())
    }

    /// Lets the watch decide whether a step is timed.
    pub fn time(&mut self, step: u64) {
        if let Some(watch) = &mut self.watch {
            watch.submit(self.ring.slot(step), step);
        }
    }

    /// Makes the calls that end a batch whose last step this is.
    pub fn finish(&mut self, plan: Plan, last: u64) -> Result<(), GpuError> {
        self.make(plan.close, last)?;
        self.make(plan.done, last)
    }
}
