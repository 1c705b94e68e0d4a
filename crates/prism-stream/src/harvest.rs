//! Fetching what a step leaves on the device, while later steps run: the best colouring, say.
//!
//! Telemetry comes down with every step and so is small. What is larger, and wanted now and then, has a
//! room of its own in each slot: the kernel says how large that is
//! ([`StepKernel::harvest_bytes`](crate::StepKernel::harvest_bytes)) and writes the room of its step
//! ([`StepLaunch::harvest`](crate::StepLaunch)). A harvest copies it into pinned memory on the stream for
//! [`AuxCompute`](crate::StreamPurpose), behind the step and beside those that follow. A room is the
//! step's until its slot is given to another one; that one's kernel is held back, by an event on the device,
//! only if the copy is under way then. So no harvest reads what a later step has written, and the host
//! waits for nothing.
#![allow(unsafe_code)]

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::context::GpuContext;
use crate::driver::{DevicePtr, HostUse, RawStream, poll};
use crate::error::{DriverError, GpuError};
use crate::handles::{DeviceBuffer, DeviceHold, Event, HostBuffer, Stream};
use crate::pool::{StreamLease, StreamPool};
use crate::stream::StreamPurpose;

/// Pinned memory that a harvest is copied to, with what has to outlive the copy.
struct Landing {
    host: HostBuffer,
    bytes: usize,
    /// The copy has ended.
    done: Event,
    /// Where it came from.
    _room: Option<DeviceHold>,
}

/// What a step left on the device, on its way to the host or there.
///
/// It is independent of its pipeline: it can be sent to another thread, and outlive the step's slot. The
/// memory is used again for another harvest when this goes.
pub struct Harvest {
    step: u64,
    landing: Arc<Landing>,
    bytes: usize,
    /// The bytes were seen to be there: whatever becomes of the device, they are.
    landed: AtomicBool,
    limit: Duration,
    gpu: GpuContext,
}

impl Harvest {
    /// The step that left it.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The bytes if they are there, aligned to 256; never waits.
    ///
    /// # Errors
    /// [`GpuError::Step`] if the step, or one before it, failed.
    pub fn try_get(&self) -> Result<Option<&[u8]>, GpuError> {
        Ok(self.has_landed()?.then(|| self.landed()))
    }

    /// The bytes, aligned to 256; waits for them.
    ///
    /// # Errors
    /// [`GpuError::StepTimeout`] if that takes longer than the pipeline's
    /// [`step_timeout`](crate::PipelineOptions::step_timeout) (ask again to wait again);
    /// [`GpuError::Step`] if the step, or one before it, failed.
    pub fn wait(&self) -> Result<&[u8], GpuError> {
        match poll(self.gpu.driver().as_ref(), self.limit, || self.has_landed())? {
            true => Ok(self.landed()),
            false => Err(GpuError::StepTimeout { step: self.step, after: self.limit }),
        }
    }

    fn has_landed(&self) -> Result<bool, GpuError> {
        if self.landed.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let asked = self.gpu.driver().bind().and_then(|()| self.landing.done.query());
        let landed = asked.map_err(|error| {
            self.gpu.note(GpuError::Step { step: self.step, source: Box::new(error.into()) })
        })?;
        self.landed.store(landed, Ordering::Relaxed);
        Ok(landed)
    }

    fn landed(&self) -> &[u8] {
        // SAFETY: the block has so many bytes, all written by the copy that was seen to end; nothing
        // writes there again before this goes, since a landing that a harvest holds is not taken.
        unsafe { std::slice::from_raw_parts(self.landing.host.host(), self.bytes) }
    }
}

impl fmt::Debug for Harvest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Harvest").field("step", &self.step).field("bytes", &self.bytes).finish()
    }
}

/// The room of a slot.
struct Room {
    buffer: DeviceBuffer,
    /// The step that has written it, if that was enqueued whole.
    of: Option<u64>,
    /// The copy from it that may be under way.
    copying: Option<Arc<Landing>>,
}

/// The rooms of a pipeline, and where their content goes. One piece with the lanes and the kernel: it is
/// parked with them.
#[derive(Default)]
pub(crate) struct Harvests {
    /// Bytes that the bound kernel leaves.
    bytes: usize,
    /// By slot.
    rooms: Vec<Room>,
    landings: Vec<Arc<Landing>>,
    stream: Option<StreamLease>,
    /// The same, once it was taken out of the pool.
    detached: Option<Stream>,
    /// A stream could not be had, and a warning has said so.
    missed: bool,
}

impl Harvests {
    /// Another kernel is bound, which leaves so many bytes; nothing is in flight.
    pub fn begin(&mut self, bytes: usize) {
        self.bytes = bytes;
        // A copy that is under way keeps its room by itself.
        if self.rooms.iter().any(|room| room.buffer.bytes() < bytes) {
            self.rooms.clear();
        }
        self.forget();
    }

    /// Whether the kernel leaves anything.
    pub fn is_asked_for(&self) -> bool {
        self.bytes > 0
    }

    /// Whether there are rooms to be looked after.
    pub fn is_wanted(&self) -> bool {
        !self.rooms.is_empty()
    }

    /// What steps have left is not to be had any more.
    pub fn forget(&mut self) {
        self.rooms.iter_mut().for_each(|room| room.of = None);
    }

    /// Makes rooms for so many slots, if the kernel wants them and there are none.
    pub fn prepare(&mut self, gpu: &GpuContext, slots: usize) -> Result<(), GpuError> {
        while self.bytes > 0 && self.rooms.len() < slots {
            // Cleared: a kernel may write less than all of it.
            let buffer = gpu.alloc_zeroed(self.bytes)?;
            self.rooms.push(Room { buffer, of: None, copying: None });
        }
        Ok(())
    }

    /// Where the step of a slot leaves what it leaves; nowhere if it leaves nothing.
    pub fn room(&self, slot: usize) -> DevicePtr {
        self.rooms.get(slot).map_or(DevicePtr(0), |room| room.buffer.ptr())
    }

    /// The room of a slot is going to be written by what is enqueued on a stream from now on, which is held
    /// back for as long as it is being copied. The context is bound to the thread.
    pub fn claim(&mut self, slot: usize, stream: RawStream) -> Result<(), DriverError> {
        let Some(room) = self.rooms.get_mut(slot) else { return Ok(()) };
        room.of = None;
        if let Some(landing) = &room.copying {
            if !landing.done.query()? {
                landing.done.hold_back(stream)?;
            }
            room.copying = None;
        }
        Ok(())
    }

    /// The step of a slot is enqueued whole.
    pub fn accept(&mut self, slot: usize, step: u64) {
        if let Some(room) = self.rooms.get_mut(slot) {
            room.of = Some(step);
        }
    }

    /// The stream to copy on, if there is one to be had beside those of the steps.
    pub fn stream(&mut self, pool: &StreamPool) -> Result<Option<RawStream>, GpuError> {
        if self.stream.is_none() {
            match pool.lease(StreamPurpose::AuxCompute) {
                Ok(lease) => self.stream = Some(lease),
                Err(error) if error.is_sticky() => return Err(error),
                Err(error) => {
                    if !std::mem::replace(&mut self.missed, true) {
                        tracing::warn!(%error, "no stream for harvests, which go among the steps");
                    }
                }
            }
        }
        Ok(self.stream.as_ref().map(StreamLease::raw))
    }

    /// Takes a landing that no harvest holds and no copy goes to, or makes one.
    fn landing(&mut self, gpu: &GpuContext) -> Result<&mut Arc<Landing>, GpuError> {
        let bytes = self.bytes;
        let suits = |landing: &Landing| {
            landing.bytes >= bytes && landing.done.query().is_ok_and(|passed| passed)
        };
        // Alone: no harvest has it, nor a room that it is copied from.
        let alone = |landing: &mut Arc<Landing>| Arc::get_mut(landing).is_some_and(|it| suits(it));
        let at = match self.landings.iter_mut().position(alone) {
            Some(at) => at,
            None => {
                let (driver, ledger) = (gpu.driver(), gpu.ledger());
                let host = HostBuffer::new(driver, ledger, bytes, HostUse::Download)?;
                let done = Event::new(driver, ledger)?;
                self.landings.push(Arc::new(Landing { host, bytes, done, _room: None }));
                self.landings.len() - 1
            }
        };
        Ok(&mut self.landings[at])
    }

    /// Whether the room of a slot has what a step has left.
    pub fn has(&self, slot: usize, step: u64) -> bool {
        self.rooms.get(slot).is_some_and(|room| room.of == Some(step))
    }

    /// Enqueues the copy of what a step has left in the room of its slot on a stream that comes to it after
    /// the step. The context is bound to the thread. After an error, what there is on the stream is waited for
    /// before anything else is done here.
    pub fn copy(
        &mut self,
        gpu: &GpuContext,
        (slot, step): (usize, u64),
        stream: RawStream,
        limit: Duration,
    ) -> Result<Harvest, GpuError> {
        let bytes = self.bytes;
        let room = &self.rooms[slot];
        let (from, hold) = (room.buffer.ptr(), room.buffer.hold());
        let landing = self.landing(gpu)?;
        if let Some(landing) = Arc::get_mut(landing) {
            landing._room = Some(hold);
        }
        let landing = Arc::clone(landing);
        // SAFETY: both ends have so many bytes; the landing is nobody else's and has both of them for as
        // long as the copy may take, and it goes only once the stream was seen to have passed it.
        unsafe { gpu.driver().copy_to_host(landing.host.host(), from, bytes, stream) }?;
        landing.done.record(stream)?;
        self.rooms[slot].copying = Some(Arc::clone(&landing));
        let landed = AtomicBool::new(false);
        Ok(Harvest { step, landing, bytes, landed, limit, gpu: gpu.clone() })
    }

    /// Whether no copy is under way.
    pub fn idle(&self) -> Result<bool, DriverError> {
        for landing in &self.landings {
            if !landing.done.query()? {
                return Ok(false);
            }
        }
        let leased = self.stream.as_ref().map(StreamLease::stream);
        match leased.or(self.detached.as_ref()) {
            Some(stream) => stream.query(),
            None => Ok(true),
        }
    }

    /// Takes the stream out of the pool: see [`Lanes`](crate::slots::Lanes).
    pub fn detach(&mut self) {
        if let Some(stream) = self.stream.take().and_then(StreamLease::detach) {
            self.detached = Some(stream);
        }
    }
}
