//! Owned streams, events and memory: the handles of a driver, each destroyed once, when its owner
//! goes.
//!
//! None of these waits for its own work when dropped. CUDA may make whoever frees memory wait for what
//! else runs on the device; that is not prevented here. Whoever holds them sees to it that no work is
//! left that touches them: a pipeline parks what is still in flight (see
//! [`GpuContext`](crate::GpuContext)) and lets it go when the device has passed it.
#![allow(unsafe_code)]

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::driver::{DevicePtr, Driver, HostBlock, HostUse, RawEvent, RawStream};
use crate::error::{DriverError, GpuError};

/// Bytes held, and the most that were held at a time.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    held: AtomicUsize,
    peak: AtomicUsize,
}

impl Tally {
    fn add(&self, bytes: usize) {
        let held = self.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.peak.fetch_max(held, Ordering::Relaxed);
    }

    fn subtract(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Bytes held now, and the most so far.
    pub fn read(&self) -> (usize, usize) {
        (self.held.load(Ordering::Relaxed), self.peak.load(Ordering::Relaxed))
    }
}

/// How much memory a context's pipelines hold, and how much was ever asked for.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Bytes of device memory.
    pub device: Tally,
    /// Bytes of pinned host memory.
    pub pinned: Tally,
    /// Allocations of either kind, and events made, since the start.
    pub allocations: AtomicUsize,
}

/// Says in the log that giving something back failed; there is nobody to return it to.
pub(crate) fn note(what: &str, result: Result<(), DriverError>) {
    if let Err(error) = result {
        tracing::debug!(%error, "could not give back {what}");
    }
}

/// An owned stream.
pub(crate) struct Stream {
    driver: Arc<dyn Driver>,
    raw: RawStream,
}

impl Stream {
    pub fn new(driver: Arc<dyn Driver>, priority: i32) -> Result<Self, DriverError> {
        driver.bind()?;
        let raw = driver.stream_create(priority)?;
        Ok(Self { driver, raw })
    }

    pub fn raw(&self) -> RawStream {
        self.raw
    }

    pub fn query(&self) -> Result<bool, DriverError> {
        self.driver.bind()?;
        // SAFETY: the handle is alive while `self` is, and the context was bound.
        unsafe { self.driver.stream_query(self.raw) }
    }

    pub fn synchronize(&self) -> Result<(), DriverError> {
        self.driver.bind()?;
        // SAFETY: the handle is alive while `self` is, and the context was bound.
        unsafe { self.driver.stream_synchronize(self.raw) }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        note("a context", self.driver.bind());
        // SAFETY: the one owner goes; the driver lets pending work finish.
        note("a stream", unsafe { self.driver.stream_destroy(self.raw) });
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}

/// An owned event. The context must be bound to the thread for all but making and dropping it.
pub(crate) struct Event {
    driver: Arc<dyn Driver>,
    raw: RawEvent,
}

impl Event {
    /// An event for order alone.
    pub fn new(driver: &Arc<dyn Driver>, ledger: &Ledger) -> Result<Self, DriverError> {
        let raw = driver.event_create(false)?;
        ledger.allocations.fetch_add(1, Ordering::Relaxed);
        Ok(Self { driver: Arc::clone(driver), raw })
    }

    /// An event that can be compared with another, at the price of a slower record.
    pub fn timed(driver: &Arc<dyn Driver>, ledger: &Ledger) -> Result<Self, DriverError> {
        let raw = driver.event_create(true)?;
        ledger.allocations.fetch_add(1, Ordering::Relaxed);
        Ok(Self { driver: Arc::clone(driver), raw })
    }

    /// Milliseconds from `start` to this; both are timed and complete.
    pub fn elapsed_since(&self, start: &Self) -> Result<f32, DriverError> {
        // SAFETY: both events are alive.
        unsafe { self.driver.event_elapsed(start.raw, self.raw) }
    }

    /// The event completes when the work now on `stream` has.
    pub fn record(&self, stream: RawStream) -> Result<(), DriverError> {
        // SAFETY: the event is alive while `self` is; `stream` is alive by its lease.
        unsafe { self.driver.event_record(self.raw, stream) }
    }

    /// What is enqueued on `stream` from now on runs after this event's latest record.
    pub fn hold_back(&self, stream: RawStream) -> Result<(), DriverError> {
        // SAFETY: the event is alive while `self` is; `stream` is alive by its lease.
        unsafe { self.driver.stream_wait(stream, self.raw) }
    }

    pub fn query(&self) -> Result<bool, DriverError> {
        // SAFETY: the event is alive while `self` is.
        unsafe { self.driver.event_query(self.raw) }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        note("a context", self.driver.bind());
        // SAFETY: the one owner goes.
        note("an event", unsafe { self.driver.event_destroy(self.raw) });
    }
}

/// Device memory that is freed when the last of its owners goes.
struct DeviceBlock {
    driver: Arc<dyn Driver>,
    ledger: Arc<Ledger>,
    at: DevicePtr,
    bytes: usize,
}

/// Owned device memory.
pub struct DeviceBuffer {
    block: Arc<DeviceBlock>,
}

/// Keeps device memory allocated beyond its buffer: for work on it that was not seen to end.
pub(crate) struct DeviceHold {
    _block: Arc<DeviceBlock>,
}

impl DeviceBuffer {
    pub(crate) fn new(
        driver: &Arc<dyn Driver>,
        ledger: &Arc<Ledger>,
        bytes: usize,
    ) -> Result<Self, GpuError> {
        let at = driver.device_alloc(bytes).map_err(|source| GpuError::Memory {
            bytes,
            kind: "device",
            source,
        })?;
        ledger.device.add(bytes);
        ledger.allocations.fetch_add(1, Ordering::Relaxed);
        let (driver, ledger) = (Arc::clone(driver), Arc::clone(ledger));
        Ok(Self { block: Arc::new(DeviceBlock { driver, ledger, at, bytes }) })
    }

    /// Keeps the memory for as long as the answer lives, whatever becomes of the buffer.
    pub(crate) fn hold(&self) -> DeviceHold {
        DeviceHold { _block: Arc::clone(&self.block) }
    }

    /// Whether it was allocated through this very driver.
    pub(crate) fn belongs_to(&self, driver: &Arc<dyn Driver>) -> bool {
        Arc::ptr_eq(&self.block.driver, driver)
    }

    /// Where the bytes from `at` on are; none if there are fewer than `bytes` of them.
    pub(crate) fn range(&self, at: usize, bytes: usize) -> Option<DevicePtr> {
        let fits = at.checked_add(bytes).is_some_and(|end| end <= self.bytes());
        fits.then(|| DevicePtr(self.ptr().0 + at as u64))
    }

    /// Where it is.
    #[must_use]
    pub fn ptr(&self) -> DevicePtr {
        self.block.at
    }

    /// Its size in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.block.bytes
    }
}

impl Drop for DeviceBlock {
    fn drop(&mut self) {
        note("a context", self.driver.bind());
        // SAFETY: the one owner goes, and it waited for the work on this memory.
        note("device memory", unsafe { self.driver.device_free(self.at) });
        self.ledger.device.subtract(self.bytes);
    }
}

impl fmt::Debug for DeviceBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceBuffer")
            .field("at", &self.ptr())
            .field("bytes", &self.bytes())
            .finish()
    }
}

/// What a host block is aligned to, at the least: configs and telemetry are used in place.
const HOST_ALIGN: usize = 256;

/// Whether a block is what was asked for.
fn suits(block: &HostBlock, bytes: usize) -> bool {
    !block.host.is_null() && block.host.addr().is_multiple_of(HOST_ALIGN) && block.bytes >= bytes
}

/// Owned pinned host memory.
pub(crate) struct HostBuffer {
    driver: Arc<dyn Driver>,
    ledger: Arc<Ledger>,
    block: HostBlock,
}

// SAFETY: the block is plain memory that any thread may touch; who may touch it when is decided by
// the pipeline that owns this, through `&mut`.
unsafe impl Send for HostBuffer {}

// SAFETY: a shared reference gives addresses away and nothing else; what may be done with them is
// decided as above.
unsafe impl Sync for HostBuffer {}

impl HostBuffer {
    pub fn new(
        driver: &Arc<dyn Driver>,
        ledger: &Arc<Ledger>,
        bytes: usize,
        purpose: HostUse,
    ) -> Result<Self, GpuError> {
        let block = driver.host_alloc(bytes, purpose).map_err(|source| GpuError::Memory {
            bytes,
            kind: "pinned",
            source,
        })?;
        if !suits(&block, bytes) {
            // SAFETY: just allocated, and nobody else has seen it.
            note("pinned memory", unsafe { driver.host_free(block) });
            return Err(GpuError::Internal("a driver gave pinned memory that is short or askew"));
        }
        ledger.pinned.add(block.bytes);
        ledger.allocations.fetch_add(1, Ordering::Relaxed);
        Ok(Self { driver: Arc::clone(driver), ledger: Arc::clone(ledger), block })
    }

    pub fn host(&self) -> *mut u8 {
        self.block.host
    }

    pub fn device(&self) -> Option<DevicePtr> {
        self.block.device
    }
}

impl Drop for HostBuffer {
    fn drop(&mut self) {
        note("a context", self.driver.bind());
        // SAFETY: the one owner goes, and it waited for the work on this memory.
        note("pinned memory", unsafe { self.driver.host_free(self.block) });
        self.ledger.pinned.subtract(self.block.bytes);
    }
}

impl fmt::Debug for HostBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.block.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pinned_memory_that_is_missing_short_or_askew_is_noticed() {
        let block = |host: usize, bytes| HostBlock {
            host: std::ptr::without_provenance_mut(host),
            device: None,
            bytes,
        };
        assert!(suits(&block(512, 8), 8));
        assert!(!suits(&block(0, 8), 8));
        assert!(!suits(&block(512, 7), 8));
        assert!(!suits(&block(512 + 128, 8), 8));
    }
}
