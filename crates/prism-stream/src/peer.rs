//! Copies from one device's memory to another's.
//!
//! Devices of one host may reach each other's memory, each direction by itself. A [`PeerLink`] asks
//! first, enables what it may, and then copies a pattern and looks whether it came through: there are
//! machines where a copy between devices reports success and moves nothing. Where any of that fails,
//! copies go through pinned memory of the host, which is slower and always works.
#![allow(unsafe_code)]

use crate::context::GpuContext;
use crate::driver::{DevicePtr, HostUse};
use crate::error::{DriverError, GpuError};
use crate::handles::{DeviceBuffer, HostBuffer};
use crate::pool::{StreamLease, StreamPool};
use crate::stream::StreamPurpose;

/// Bytes that are copied to see whether a link works.
const PROBE_BYTES: usize = 256;

/// Bytes of pinned memory that a staged copy goes through at a time.
const STAGING_BYTES: usize = 1 << 20;

/// The way that copies take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PeerPath {
    /// From device to device.
    Direct,
    /// Through pinned memory of the host.
    Staged,
}

/// A way from the memory of one device to that of another.
#[derive(Debug)]
pub struct PeerLink {
    path: PeerPath,
    from: End,
    to: End,
    /// Pinned memory that copies go through: on its way down, and on its way up.
    staging: Option<(HostBuffer, HostBuffer)>,
}

/// One device of a link, and the stream that copies for it.
#[derive(Debug)]
struct End {
    gpu: GpuContext,
    stream: StreamLease,
}

impl End {
    fn new(pool: &StreamPool) -> Result<Self, GpuError> {
        Ok(Self { gpu: pool.gpu().clone(), stream: pool.lease(StreamPurpose::P2PTransfer)? })
    }

    fn pinned(&self, bytes: usize, purpose: HostUse) -> Result<HostBuffer, GpuError> {
        HostBuffer::new(self.gpu.driver(), self.gpu.ledger(), bytes, purpose)
    }

    /// Copies the beginning of a pinned block to the device, and waits.
    fn upload(&self, to: DevicePtr, block: &HostBuffer, bytes: usize) -> Result<(), GpuError> {
        let driver = self.gpu.driver();
        driver.bind()?;
        // SAFETY: callers see to it that both ends have so many bytes; they outlive the copy, which
        // is waited for; the context is bound.
        let copied = unsafe { driver.copy_to_device(to, block.host(), bytes, self.stream.raw()) };
        copied.map_err(|error| self.gpu.note(error.into()))?;
        self.stream.synchronize()
    }

    /// Copies from the device to the beginning of a pinned block, and waits.
    fn download(&self, block: &HostBuffer, from: DevicePtr, bytes: usize) -> Result<(), GpuError> {
        let driver = self.gpu.driver();
        driver.bind()?;
        // SAFETY: as for an upload.
        let copied = unsafe { driver.copy_to_host(block.host(), from, bytes, self.stream.raw()) };
        copied.map_err(|error| self.gpu.note(error.into()))?;
        self.stream.synchronize()
    }
}

impl PeerLink {
    /// Links the devices of two pools, and tries the link.
    ///
    /// # Errors
    /// [`GpuError::PoolExhausted`] and [`GpuError::Memory`] if not even a staged copy is to be had;
    /// what the drivers say of one.
    pub fn new(from: &StreamPool, to: &StreamPool) -> Result<Self, GpuError> {
        let (from, to) = (End::new(from)?, End::new(to)?);
        let mut link = Self { path: PeerPath::Direct, from, to, staging: None };
        if let Err(reason) = link.enable().and_then(|()| link.probe()) {
            if reason.is_sticky() {
                return Err(reason);
            }
            tracing::warn!(%reason, "devices do not reach each other, copying through the host");
            let down = link.from.pinned(STAGING_BYTES, HostUse::Download)?;
            let up = link.to.pinned(STAGING_BYTES, HostUse::Upload)?;
            (link.path, link.staging) = (PeerPath::Staged, Some((down, up)));
            link.probe()?;
        }
        Ok(link)
    }

    /// The way that copies take.
    #[must_use]
    pub fn path(&self) -> PeerPath {
        self.path
    }

    /// Copies the first `bytes` bytes of one buffer to another, and waits until they are there. What
    /// writes the one or reads the other is waited for before, or enqueued after.
    ///
    /// # Errors
    /// [`GpuError::InvalidOptions`] if a buffer is smaller, or was not allocated by the context at its end
    /// of the link; what the drivers say.
    pub fn copy(
        &mut self,
        to: &mut DeviceBuffer,
        from: &DeviceBuffer,
        bytes: usize,
    ) -> Result<(), GpuError> {
        if bytes > to.bytes().min(from.bytes()) {
            return Err(GpuError::InvalidOptions("a copy between devices is larger than a buffer"));
        }
        if !from.belongs_to(self.from.gpu.driver()) || !to.belongs_to(self.to.gpu.driver()) {
            return Err(GpuError::InvalidOptions(
                "a buffer is not of the context at its end of the link between devices",
            ));
        }
        self.from.gpu.ensure_alive()?;
        self.to.gpu.ensure_alive()?;
        if self.path == PeerPath::Staged {
            return self.copy_staged(to.ptr(), from.ptr(), bytes);
        }
        let End { gpu, stream } = &self.to;
        gpu.driver().bind()?;
        let other = self.from.gpu.driver().as_ref();
        // SAFETY: both buffers are borrowed until the stream was waited for and have so many bytes;
        // the context of the stream's device is bound.
        let copied = unsafe {
            gpu.driver().copy_from_peer(to.ptr(), from.ptr(), other, bytes, stream.raw())
        };
        copied.map_err(|error| gpu.note(error.into()))?;
        stream.synchronize()
    }

    /// Piece by piece, each down on one device and up on the other.
    fn copy_staged(&self, to: DevicePtr, from: DevicePtr, bytes: usize) -> Result<(), GpuError> {
        let Some((down, up)) = &self.staging else { return Ok(()) };
        for start in (0..bytes).step_by(STAGING_BYTES) {
            let piece = (bytes - start).min(STAGING_BYTES);
            let at = |base: DevicePtr| DevicePtr(base.0 + start as u64);
            self.from.download(down, at(from), piece)?;
            // SAFETY: the blocks are ours, apart from each other, and have room for a piece; no
            // copy is in flight.
            unsafe { up.host().copy_from_nonoverlapping(down.host(), piece) };
            self.to.upload(at(to), up, piece)?;
        }
        Ok(())
    }

    /// Lets the one device reach the other.
    fn enable(&self) -> Result<(), GpuError> {
        let (driver, other) = (self.to.gpu.driver(), self.from.gpu.driver().as_ref());
        if !driver.can_reach(other)? {
            let call = "cuDeviceCanAccessPeer";
            return Err(DriverError { code: DriverError::PEER_ACCESS_UNSUPPORTED, call }.into());
        }
        Ok(driver.enable_reach(other)?)
    }

    /// Copies a pattern and compares every byte of what arrives.
    fn probe(&mut self) -> Result<(), GpuError> {
        let pattern: [u8; PROBE_BYTES] = std::array::from_fn(|at| (at as u8) ^ 0x5a);
        let source = self.from.gpu.alloc_zeroed(PROBE_BYTES)?;
        let mut target = self.to.gpu.alloc_zeroed(PROBE_BYTES)?;
        let (sent, got) = (
            self.from.pinned(PROBE_BYTES, HostUse::Upload)?,
            self.to.pinned(PROBE_BYTES, HostUse::Download)?,
        );
        // SAFETY: the block has room for the pattern, and nothing else knows of it.
        unsafe { sent.host().copy_from_nonoverlapping(pattern.as_ptr(), PROBE_BYTES) };
        self.from.upload(source.ptr(), &sent, PROBE_BYTES)?;
        self.copy(&mut target, &source, PROBE_BYTES)?;
        self.to.download(&got, target.ptr(), PROBE_BYTES)?;
        // SAFETY: the block has so many bytes, all written by the copy that was waited for.
        let arrived = unsafe { std::slice::from_raw_parts(got.host(), PROBE_BYTES) };
        if arrived == pattern {
            return Ok(());
        }
        let call = "cuMemcpyPeerAsync";
        Err(DriverError { code: DriverError::PEER_ACCESS_UNSUPPORTED, call }.into())
    }
}
