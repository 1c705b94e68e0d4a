//! The state of kernels: memory that is cleared, goes up or comes back while no step works on it.
//!
//! Each of these waits for what it does, and for nothing else: steps in flight that work on the same
//! memory are the caller's business. What is to be had of a step while others run is a
//! [`Harvest`](crate::Harvest).
#![allow(unsafe_code)]

use std::sync::Arc;

use bytemuck::Pod;

use crate::context::GpuContext;
use crate::driver::{DevicePtr, HostUse};
use crate::error::{DriverError, GpuError};
use crate::handles::{DeviceBuffer, HostBuffer, Stream};

impl GpuContext {
    /// Device memory as [`alloc`](Self::alloc) gives it, cleared on a stream of its own. Waits until it is, without
    /// a limit.
    ///
    /// # Errors
    /// As [`alloc`](Self::alloc).
    pub fn alloc_zeroed(&self, bytes: usize) -> Result<DeviceBuffer, GpuError> {
        let buffer = self.alloc(bytes)?;
        let stream = self.stream()?;
        // SAFETY: buffer and stream are ours, and stay until the stream was seen to be done;
        // `Stream::new` bound the context.
        let cleared = unsafe { self.driver().fill(buffer.ptr(), 0, bytes, stream.raw()) };
        self.finish(cleared, stream, buffer)
    }

    /// Copies values to a buffer of this context, from byte `at` on, and waits until they are
    /// there. For the state that a kernel starts from: it goes through pinned memory that is made
    /// for the occasion, on a stream of its own. Work on the buffer that is in flight is not waited for;
    /// there is none before a kernel is bound. The copy is waited for without a limit.
    ///
    /// # Errors
    /// [`GpuError::InvalidOptions`] if the buffer is too small or another context's;
    /// [`GpuError::Memory`]; what the driver says.
    pub fn upload<A: Pod>(
        &self,
        to: &mut DeviceBuffer,
        at: usize,
        values: &[A],
    ) -> Result<(), GpuError> {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let (there, block, stream) = self.transfer(to, at, bytes.len(), HostUse::Upload)?;
        // SAFETY: the block is ours and has room for the bytes; block and buffer stay until the stream
        // was seen to be done, and `Stream::new` bound the context.
        let copied = unsafe {
            block.host().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            self.driver().copy_to_device(there, block.host(), bytes.len(), stream.raw())
        };
        self.finish(copied, stream, (block, to.hold())).map(drop)
    }

    /// Copies values from a buffer of this context, from byte `at` on, and waits until they are here.
    /// What is in flight is not waited for, as with [`upload`](Self::upload).
    ///
    /// # Errors
    /// As [`upload`](Self::upload).
    pub fn download<A: Pod>(
        &self,
        from: &DeviceBuffer,
        at: usize,
        values: &mut [A],
    ) -> Result<(), GpuError> {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(values);
        let (there, block, stream) = self.transfer(from, at, bytes.len(), HostUse::Download)?;
        // SAFETY: buffer and block have so many bytes and stay until the stream was seen to be done,
        // and `Stream::new` bound the context.
        let copied =
            unsafe { self.driver().copy_to_host(block.host(), there, bytes.len(), stream.raw()) };
        let (block, _) = self.finish(copied, stream, (block, from.hold()))?;
        // SAFETY: the block has so many bytes, all written by the copy that was waited for.
        unsafe { block.host().copy_to_nonoverlapping(bytes.as_mut_ptr(), bytes.len()) };
        Ok(())
    }

    /// What it takes to copy so many bytes of a buffer.
    fn transfer(
        &self,
        buffer: &DeviceBuffer,
        at: usize,
        bytes: usize,
        purpose: HostUse,
    ) -> Result<(DevicePtr, HostBuffer, Stream), GpuError> {
        self.ensure_alive()?;
        if !buffer.belongs_to(self.driver()) {
            return Err(GpuError::InvalidOptions("the buffer is another context's"));
        }
        let there = buffer.range(at, bytes);
        let there = there.ok_or(GpuError::InvalidOptions("a copy goes beyond the buffer"))?;
        let stream = self.stream()?;
        let block = HostBuffer::new(self.driver(), self.ledger(), bytes.max(1), purpose);
        Ok((there, block.map_err(|error| self.note(error))?, stream))
    }

    /// A stream for the occasion.
    fn stream(&self) -> Result<Stream, GpuError> {
        Stream::new(Arc::clone(self.driver()), 0).map_err(|error| self.note(error.into()))
    }

    /// Waits for what was enqueued on a stream, and gives back what it touches. If that fails the device
    /// may be at it still, and all of it is parked.
    fn finish<H: Send + 'static>(
        &self,
        enqueued: Result<(), DriverError>,
        stream: Stream,
        held: H,
    ) -> Result<H, GpuError> {
        match enqueued.and_then(|()| stream.synchronize()) {
            Ok(()) => Ok(held),
            Err(error) => {
                self.park_until_done(stream, held);
                Err(self.note(error.into()))
            }
        }
    }
}
