//! The calls of a step, made one after the other as the plan lists them.
#![allow(unsafe_code)]

use bytemuck::Pod;

use super::AsyncPipelineCoordinator;
use crate::error::GpuError;
use crate::plan::{self, Op};
use crate::slots::{Work, driver_of};
use crate::step::StepLaunch;
use crate::stream::StreamPurpose;

impl<C: Pod, T: Pod> AsyncPipelineCoordinator<C, T> {
    /// Makes the calls of a step.
    pub(super) fn enqueue(&mut self, step: u64, config: &C) -> Result<(), GpuError> {
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
}
