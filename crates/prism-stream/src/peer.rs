//! Copies from one device's memory to another's.
//!
//! Devices of one host may reach each other's memory, each direction by itself. A [`PeerLink`] asks
//! first, enables what it may, and then copies a pattern and looks whether it came through: there are
//! machines where a copy between devices reports success and moves nothing. Where any of that fails,
//! copies go through pinned memory of the host, which is slower and always works.
#![allow(unsafe_code)]

use crate::context::GpuContext;
use crate::driver::{Driver, HostUse, RawStream};
use crate::error::{DriverError, GpuError};
use crate::handles::{DeviceBuffer, HostBuffer};
use crate::pool::{StreamLease, StreamPool};
use crate::stream::StreamPurpose;

/// The error of a copy that is too long.
const BEYOND: GpuError = GpuError::InvalidOptions("a copy between devices is larger than a buffer");

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
    /// Pinned memory that copies go through, once there was one: on its way down, and on its way up.
    staging: Option<(HostBuffer, HostBuffer)>,
}

/// One device of a link, and the stream that copies for it.
#[derive(Debug)]
struct End {
    pool: StreamPool,
    /// Taken by a copy that was not seen to end.
    stream: Option<StreamLease>,
}

impl End {
    fn new(pool: &StreamPool) -> Result<Self, GpuError> {
        let stream = pool.lease(StreamPurpose::P2PTransfer)?;
        Ok(Self { pool: pool.clone(), stream: Some(stream) })
    }

    fn gpu(&self) -> &GpuContext {
        self.pool.gpu()
    }

    fn pinned(&self, bytes: usize, purpose: HostUse) -> Result<HostBuffer, GpuError> {
        HostBuffer::new(self.gpu().driver(), self.gpu().ledger(), bytes, purpose)
    }

    /// Enqueues a copy, waits for it, and gives back what it touches. If that fails the device may be
    /// at it still: then all of it is parked, with the stream, and the next copy has another one.
    fn copy<H: Send + 'static>(
        &mut self,
        held: H,
        enqueue: impl FnOnce(&dyn Driver, &H, RawStream) -> Result<(), DriverError>,
    ) -> Result<H, GpuError> {
        let lease = match self.stream.take() {
            Some(lease) => lease,
            None => self.pool.lease(StreamPurpose::P2PTransfer)?,
        };
        let driver = self.gpu().driver().as_ref();
        driver.bind()?;
        let enqueued = enqueue(driver, &held, lease.raw());
        match enqueued.and_then(|()| lease.stream().synchronize()) {
            Ok(()) => {
                self.stream = Some(lease);
                Ok(held)
            }
            Err(error) => {
                if let Some(stream) = lease.detach() {
                    self.gpu().park_until_done(stream, held);
                }
                Err(self.gpu().note(error.into()))
            }
        }
    }

    /// Copies the beginning of a pinned block to a buffer, from byte `at` on, and waits.
    fn upload(
        &mut self,
        (to, at): (&DeviceBuffer, usize),
        block: HostBuffer,
        bytes: usize,
    ) -> Result<HostBuffer, GpuError> {
        let there = to.range(at, bytes).ok_or(BEYOND)?;
        let (block, _) = self.copy((block, to.hold()), |driver, (block, _), stream| {
            // SAFETY: both ends have so many bytes, and are held until the stream was seen to be done;
            // the context is bound.
            unsafe { driver.copy_to_device(there, block.host(), bytes, stream) }
        })?;
        Ok(block)
    }

    /// Copies from a buffer, from byte `at` on, to the beginning of a pinned block, and waits.
    fn download(
        &mut self,
        block: HostBuffer,
        (from, at): (&DeviceBuffer, usize),
        bytes: usize,
    ) -> Result<HostBuffer, GpuError> {
        let there = from.range(at, bytes).ok_or(BEYOND)?;
        let (block, _) = self.copy((block, from.hold()), |driver, (block, _), stream| {
            // SAFETY: as for an upload.
            unsafe { driver.copy_to_host(block.host(), there, bytes, stream) }
        })?;
        Ok(block)
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
            link.path = PeerPath::Staged;
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
            return Err(BEYOND);
        }
        if !from.belongs_to(self.from.gpu().driver()) || !to.belongs_to(self.to.gpu().driver()) {
            return Err(GpuError::InvalidOptions(
                "a buffer is not of the context at its end of the link between devices",
            ));
        }
        self.from.gpu().ensure_alive()?;
        self.to.gpu().ensure_alive()?;
        if self.path == PeerPath::Staged {
            return self.copy_staged(to, from, bytes);
        }
        let other = self.from.gpu().driver().as_ref();
        let copied = self.to.copy((to.hold(), from.hold()), |driver, _, stream| {
            // SAFETY: both buffers have so many bytes, and are held until the stream was seen to be
            // done; the context of the stream's device is bound.
            unsafe { driver.copy_from_peer(to.ptr(), from.ptr(), other, bytes, stream) }
        });
        copied.map(drop)
    }

    /// Piece by piece, each down on one device and up on the other.
    fn copy_staged(
        &mut self,
        to: &DeviceBuffer,
        from: &DeviceBuffer,
        bytes: usize,
    ) -> Result<(), GpuError> {
        let (mut down, mut up) = match self.staging.take() {
            Some(staging) => staging,
            None => (
                self.from.pinned(STAGING_BYTES, HostUse::Download)?,
                self.to.pinned(STAGING_BYTES, HostUse::Upload)?,
            ),
        };
        for start in (0..bytes).step_by(STAGING_BYTES) {
            let piece = (bytes - start).min(STAGING_BYTES);
            down = self.from.download(down, (from, start), piece)?;
            // SAFETY: the blocks are ours, apart from each other, and have room for a piece; no
            // copy is in flight.
            unsafe { up.host().copy_from_nonoverlapping(down.host(), piece) };
            up = self.to.upload((to, start), up, piece)?;
        }
        self.staging = Some((down, up));
        Ok(())
    }

    /// Lets the one device reach the other.
    fn enable(&self) -> Result<(), GpuError> {
        let (driver, other) = (self.to.gpu().driver(), self.from.gpu().driver().as_ref());
        if !driver.can_reach(other)? {
            let call = "cuDeviceCanAccessPeer";
            return Err(DriverError { code: DriverError::PEER_ACCESS_UNSUPPORTED, call }.into());
        }
        Ok(driver.enable_reach(other)?)
    }

    /// Copies a pattern and compares every byte of what arrives.
    fn probe(&mut self) -> Result<(), GpuError> {
        let pattern: [u8; PROBE_BYTES] = std::array::from_fn(|at| (at as u8) ^ 0x5a);
        let source = self.from.gpu().alloc_zeroed(PROBE_BYTES)?;
        let mut target = self.to.gpu().alloc_zeroed(PROBE_BYTES)?;
        let (sent, got) = (
            self.from.pinned(PROBE_BYTES, HostUse::Upload)?,
            self.to.pinned(PROBE_BYTES, HostUse::Download)?,
        );
        // SAFETY: the block has room for the pattern, and nothing else knows of it.
        unsafe { sent.host().copy_from_nonoverlapping(pattern.as_ptr(), PROBE_BYTES) };
        self.from.upload((&source, 0), sent, PROBE_BYTES)?;
        self.copy(&mut target, &source, PROBE_BYTES)?;
        let got = self.to.download(got, (&target, 0), PROBE_BYTES)?;
        // SAFETY: the block has so many bytes, all written by the copy that was waited for.
        let arrived = unsafe { std::slice::from_raw_parts(got.host(), PROBE_BYTES) };
        if arrived == pattern {
            return Ok(());
        }
        let call = "cuMemcpyPeerAsync";
        Err(DriverError { code: DriverError::PEER_ACCESS_UNSUPPORTED, call }.into())
    }
}
