//! What a pipeline holds on the device: streams, and a config, a telemetry and events a slot.
//!
//! Everything is made once, before the first step, and used until the pipeline goes. It is kept in one
//! piece together with the kernel, so that it can be parked in one piece if the pipeline goes while
//! the device is still at work.
#![allow(unsafe_code)]

use std::sync::Arc;

use crate::abort::AbortHandle;
use crate::context::{GpuContext, Parked};
use crate::driver::{DevicePtr, Driver, HostUse, RawStream};
use crate::error::{DriverError, GpuError};
use crate::graph::Graphs;
use crate::handles::{DeviceBuffer, Event, HostBuffer, Stream};
use crate::harvest::Harvests;
use crate::plan::{self, MARKS, Mark, Placement, Submission};
use crate::pool::{StreamLease, StreamPool};
use crate::ring::Ring;
use crate::step::BoundKernel;
use crate::stream::{StreamPriority, StreamPurpose};
use crate::timeline::Watch;

/// One slot.
pub(crate) struct Slot {
    config_host: HostBuffer,
    config_device: Option<DeviceBuffer>,
    telemetry_host: HostBuffer,
    telemetry_device: Option<DeviceBuffer>,
    marks: [Option<Event>; MARKS],
}

impl Slot {
    fn new(
        gpu: &GpuContext,
        placement: Placement,
        submission: Submission,
        (config_bytes, telemetry_bytes): (usize, usize),
    ) -> Result<Self, NoLanes> {
        let (driver, ledger) = (gpu.driver(), gpu.ledger());
        let host = |bytes, purpose| HostBuffer::new(driver, ledger, bytes, purpose);
        let device = |bytes| DeviceBuffer::new(driver, ledger, bytes);
        let copied = placement == Placement::Copied;
        let (up, down) = if copied {
            (HostUse::Upload, HostUse::Download)
        } else {
            (HostUse::Mapped, HostUse::Mapped)
        };
        let mut marks = [const { None }; MARKS];
        for op in plan::plan(placement, submission).calls() {
            if let plan::Op::Record(mark, _) = op {
                let event = Event::new(driver, ledger);
                marks[mark as usize] = Some(event.map_err(|error| NoLanes::scarce(error.into()))?);
            }
        }
        let slot = Self {
            config_host: host(config_bytes, up)?,
            config_device: copied.then(|| device(config_bytes)).transpose()?,
            telemetry_host: host(telemetry_bytes, down)?,
            telemetry_device: copied.then(|| device(telemetry_bytes)).transpose()?,
            marks,
        };
        // SAFETY: the blocks were just allocated with that many bytes, and nothing else knows of them.
        unsafe {
            slot.config_host.host().write_bytes(0, config_bytes);
            slot.telemetry_host.host().write_bytes(0, telemetry_bytes);
        }
        Ok(slot)
    }

    /// Where the host writes the config.
    pub fn config_host(&self) -> *mut u8 {
        self.config_host.host()
    }

    /// Where the host reads the telemetry.
    pub fn telemetry_host(&self) -> *mut u8 {
        self.telemetry_host.host()
    }

    /// Where the kernel reads the config.
    pub fn config(&self) -> Result<DevicePtr, GpuError> {
        address(self.config_device.as_ref(), &self.config_host)
    }

    /// Where the kernel writes the telemetry.
    pub fn telemetry(&self) -> Result<DevicePtr, GpuError> {
        address(self.telemetry_device.as_ref(), &self.telemetry_host)
    }

    pub fn mark(&self, mark: Mark) -> Result<&Event, GpuError> {
        match &self.marks[mark as usize] {
            Some(event) => Ok(event),
            None => Err(GpuError::Internal("a plan uses a mark that it does not record")),
        }
    }
}

/// What the device calls a buffer: its device copy, or its mapped view.
fn address(device: Option<&DeviceBuffer>, host: &HostBuffer) -> Result<DevicePtr, GpuError> {
    match device.map(DeviceBuffer::ptr).or_else(|| host.device()) {
        Some(at) => Ok(at),
        None => Err(GpuError::InvalidOptions("this device does not map host memory")),
    }
}

/// Why there are no lanes.
#[derive(Debug)]
pub(crate) enum NoLanes {
    /// Not as many streams or events were to be had; fewer might be.
    Scarce(GpuError),
    /// Anything else.
    Other(GpuError),
}

impl NoLanes {
    /// The error of making a stream or an event.
    fn scarce(error: GpuError) -> Self {
        if error.is_sticky() { Self::Other(error) } else { Self::Scarce(error) }
    }

    pub fn into_error(self) -> GpuError {
        match self {
            Self::Scarce(error) | Self::Other(error) => error,
        }
    }
}

impl<E: Into<GpuError>> From<E> for NoLanes {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// The streams and slots of a pipeline.
pub(crate) struct Lanes {
    streams: Vec<StreamLease>,
    /// How often the pool's priorities had changed when the streams were seen to be of them.
    changes: u64,
    /// The same, once they were taken out of the pool.
    detached: Vec<Stream>,
    pub slots: Vec<Slot>,
}

impl Lanes {
    /// Leases the streams of a plan and allocates `count` slots, cleared.
    pub fn new(
        (pool, priority): (&StreamPool, Option<StreamPriority>),
        (placement, submission): (Placement, Submission),
        count: usize,
        bytes: (usize, usize),
    ) -> Result<Self, NoLanes> {
        let (gpu, changes) = (pool.gpu(), pool.changes());
        // A priority is the kernels'; copies do not heed any.
        let of = |purpose| priority.filter(|_| purpose == StreamPurpose::KernelExecution);
        let streams = plan::purposes(placement, submission)
            .into_iter()
            .map(|purpose| pool.lease_with(purpose, of(purpose)).map_err(NoLanes::scarce))
            .collect::<Result<Vec<_>, _>>()?;
        gpu.driver().bind()?;
        let slots = (0..count)
            .map(|_| Slot::new(gpu, placement, submission, bytes))
            .collect::<Result<Vec<_>, _>>()?;
        let mut lanes = Self { streams, changes, detached: Vec::new(), slots };
        if let Err(error) = lanes.clear(gpu.driver().as_ref()) {
            // The device may be clearing them still.
            lanes.detach();
            gpu.park(Box::new(lanes));
            gpu.reap();
            return Err(error.into());
        }
        Ok(lanes)
    }

    /// Whether the priorities of the pool are still those that the streams were leased with. Makes a
    /// call only after one has changed.
    pub fn up_to_date(&mut self, pool: &StreamPool) -> Result<bool, GpuError> {
        let changes = pool.changes();
        if changes != self.changes {
            for lease in &self.streams {
                if !lease.is_current()? {
                    return Ok(false);
                }
            }
            self.changes = changes;
        }
        Ok(true)
    }

    /// Gives kernels a priority of their own, or that of their purpose, from the next
    /// [`renew`](Self::renew) on.
    pub fn set_priority(&mut self, priority: Option<StreamPriority>) {
        let kernels = |lease: &&mut StreamLease| lease.purpose() == StreamPurpose::KernelExecution;
        if let Some(lease) = self.streams.iter_mut().find(kernels) {
            lease.set_priority(priority);
            self.changes = u64::MAX; // to be looked at
        }
    }

    /// Takes other streams in place of those whose priority has changed; nothing is on them. Those that
    /// cannot be had stay what they are until the next change.
    pub fn renew(&mut self, pool: &StreamPool) -> Result<(), GpuError> {
        self.changes = pool.changes();
        let renewed = self.streams.iter_mut().map(|lease| lease.renew().map(drop));
        renewed.fold(Ok(()), Result::and)
    }

    /// Clears the device's copies, so that a kernel that writes part of a telemetry leaves no
    /// surprises in the rest. Waits until that is done and, without a limit, for what the stream's last
    /// lease left on it.
    fn clear(&self, driver: &dyn Driver) -> Result<(), GpuError> {
        let stream = self.stream(StreamPurpose::KernelExecution)?;
        for slot in &self.slots {
            for buffer in [&slot.config_device, &slot.telemetry_device].into_iter().flatten() {
                // SAFETY: the buffer is ours and new; the stream is leased; the context is bound.
                unsafe { driver.fill(buffer.ptr(), 0, buffer.bytes(), stream) }?;
            }
        }
        // SAFETY: the stream is leased and the context is bound.
        unsafe { driver.stream_synchronize(stream) }?;
        Ok(())
    }

    pub fn stream(&self, purpose: StreamPurpose) -> Result<RawStream, GpuError> {
        match self.streams.iter().find(|lease| lease.purpose() == purpose) {
            Some(lease) => Ok(lease.raw()),
            None => Err(GpuError::Internal("a plan uses a stream that it does not name")),
        }
    }

    /// The slot of a step.
    pub fn slot(&self, ring: &Ring, step: u64) -> &Slot {
        // In sync mode there is but one, whatever the ring says.
        self.slots.get(ring.slot(step)).unwrap_or(&self.slots[0])
    }

    /// Whether every stream is done.
    pub fn idle(&self) -> Result<bool, DriverError> {
        for stream in self.streams.iter().map(StreamLease::stream).chain(&self.detached) {
            if !stream.query()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes the streams out of the pool. What is parked in a context must not keep it alive: the
    /// two would hold on to each other, and nobody would ever let go of either.
    fn detach(&mut self) {
        self.detached.extend(self.streams.drain(..).filter_map(StreamLease::detach));
    }
}

impl Parked for Lanes {
    fn passed(&self) -> Result<bool, DriverError> {
        self.idle()
    }
}

/// All that the device may be using for a pipeline, in the order in which it goes.
#[allow(dead_code)] // kept, and let go
pub(crate) struct Held<C, T> {
    /// They name the slots' memory and what the kernel owns.
    pub graphs: Graphs,
    /// A stream that is given back still runs what is on it; a kernel's own memory may not go before
    /// that. (Nothing is on it, by the pipeline's rules.)
    pub lanes: Option<Lanes>,
    pub harvests: Harvests,
    pub kernel: Option<Box<dyn BoundKernel<C, T>>>,
    pub abort: AbortHandle,
    pub watch: Option<Box<Watch>>,
    pub timers: Arc<Vec<Event>>,
}

impl<C, T> Parked for Held<C, T> {
    fn passed(&self) -> Result<bool, DriverError> {
        Ok(self.lanes.as_ref().map_or(Ok(true), Lanes::idle)? && self.harvests.idle()?)
    }
}

/// Gives up what a pipeline held, without waiting and without freeing under the device's hands.
pub(crate) fn release<C: 'static, T: 'static>(gpu: &GpuContext, mut held: Held<C, T>, quiet: bool) {
    let copied = || gpu.driver().bind().is_ok() && held.harvests.idle() == Ok(true);
    if quiet && gpu.poison().is_none() && copied() {
        drop(held);
    } else {
        if let Some(lanes) = &mut held.lanes {
            lanes.detach();
        }
        held.harvests.detach();
        gpu.park(Box::new(held));
        gpu.reap();
    }
}
