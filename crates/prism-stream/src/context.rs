//! A device that work can be given to, and what must outlive that work.
//!
//! [`GpuContext`] is a cheap, shared handle: the driver of one device, its streams, its kernels, whether it
//! is lost, and the things whose owners went while the device was still using them. Several pipelines run
//! on one context, each with streams of its own, so going from one to the other waits for nothing. What
//! is in use when its owner goes is parked, and
//! let go at the next convenient moment after the device has passed them. When the last handle
//! goes, the device is given [`GRACE`] to pass them; a pipeline that is dropped does not wait for
//! its steps (CUDA itself may make whoever frees memory wait for what else runs). What the device
//! has not passed by then, or will not because it is lost, is leaked on purpose: memory that a lost
//! kernel may hold is not given to anyone else.
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use crate::cache::{self, KernelCache};
use crate::device::DeviceInfo;
use crate::driver::Driver;
use crate::error::{DriverError, GpuError, Severity};
use crate::handles::{DeviceBuffer, Ledger, Stream};
use crate::kernel::{Image, KernelSource, Module};
use crate::pool::{StreamPool, Streams};

/// How long the last handle to a device waits for what is parked.
pub const GRACE: Duration = Duration::from_millis(200);

/// A handle to one device; clones share it.
#[derive(Clone)]
pub struct GpuContext {
    shared: Arc<Shared>,
    cache: Arc<KernelCache>,
}

/// A handle that does not keep its context alive: for what may be parked in it.
pub(crate) struct WeakContext {
    shared: Weak<Shared>,
}

impl WeakContext {
    /// As [`GpuContext::note`], for as long as there is a context.
    pub fn note(&self, error: GpuError) -> GpuError {
        match self.shared.upgrade() {
            Some(shared) => shared.note(error),
            None => error,
        }
    }
}

/// What the clones share.
struct Shared {
    driver: Arc<dyn Driver>,
    ledger: Arc<Ledger>,
    /// Why the device is lost, if it is.
    poison: OnceLock<String>,
    /// What waits for the device to pass it.
    parked: Mutex<Vec<Box<dyn Parked>>>,
    /// Images that are loaded, by what they were made from.
    images: Mutex<HashMap<String, Weak<Image>>>,
    streams: Arc<Streams>,
}

impl Shared {
    fn note(&self, error: GpuError) -> GpuError {
        if error.is_sticky() && self.poison.set(error.to_string()).is_ok() {
            tracing::error!(device = self.driver.device().ordinal, %error, "the GPU is lost");
        }
        error
    }
}

/// Something the device may still be using. Dropping it frees it.
pub(crate) trait Parked: Send {
    /// Whether the device is done with it. The context is bound to the thread.
    fn passed(&self) -> Result<bool, DriverError>;
}

/// What work on a stream touches, when that work was not seen to end.
struct Unfinished<H> {
    stream: Stream,
    _held: H,
}

impl<H: Send> Parked for Unfinished<H> {
    fn passed(&self) -> Result<bool, DriverError> {
        self.stream.query()
    }
}

/// How much memory a context's pipelines and buffers hold.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct MemoryUse {
    /// Bytes of device memory held now.
    pub device_bytes: usize,
    /// Bytes of pinned host memory held now.
    pub pinned_bytes: usize,
    /// The most device memory held at a time since the context was opened.
    pub device_peak: usize,
    /// The most pinned host memory held at a time since the context was opened.
    pub pinned_peak: usize,
    /// Allocations and events made since the context was opened.
    pub allocations: usize,
}

impl GpuContext {
    /// Gives work to whatever `driver` speaks for: a device, or a mock of one.
    #[must_use]
    pub fn from_driver(driver: Arc<dyn Driver>) -> Self {
        let shared = Shared {
            driver,
            ledger: Arc::default(),
            poison: OnceLock::new(),
            parked: Mutex::default(),
            images: Mutex::default(),
            streams: Arc::default(),
        };
        Self { shared: Arc::new(shared), cache: Arc::new(KernelCache::for_user()) }
    }

    /// The same device, with compiled kernels kept elsewhere; by default
    /// [`KernelCache::for_user`].
    #[must_use]
    pub fn with_cache(self, cache: KernelCache) -> Self {
        Self { cache: Arc::new(cache), ..self }
    }

    /// Where compiled kernels are kept.
    #[must_use]
    pub fn cache(&self) -> &KernelCache {
        &self.cache
    }

    /// The device's streams, for all that runs on this context.
    #[must_use]
    pub fn pool(&self) -> StreamPool {
        StreamPool::of(self.clone(), Arc::clone(&self.shared.streams))
    }

    /// A source, compiled for the device at hand or taken from the cache, and loaded. As long as a function
    /// of it lives, it is loaded once for all that ask for the same source.
    ///
    /// # Errors
    /// As [`Module::from_source`].
    pub fn module(&self, source: &KernelSource) -> Result<Module, GpuError> {
        self.ensure_alive()?;
        let key = cache::key(source, &self.info().arch(), (0, 0));
        let images = || self.shared.images.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(image) = images().get(&key).and_then(Weak::upgrade) {
            return Ok(image.into());
        }
        // Not under the lock: it can take seconds. Two at a time load it twice, which does no harm.
        let module = Module::from_source(self, source, &self.cache)?;
        let mut images = images();
        images.retain(|_, image| image.strong_count() > 0);
        images.insert(key, module.downgrade());
        Ok(module)
    }

    /// Free device memory in bytes, whoever has the rest.
    ///
    /// # Errors
    /// What the driver says.
    pub fn free_memory(&self) -> Result<usize, GpuError> {
        self.ensure_alive()?;
        let (free, _) = self.driver().memory_info().map_err(|error| self.note(error.into()))?;
        Ok(free)
    }

    /// The device.
    #[must_use]
    pub fn info(&self) -> &DeviceInfo {
        self.shared.driver.device()
    }

    /// The driver underneath.
    #[must_use]
    pub fn driver(&self) -> &Arc<dyn Driver> {
        &self.shared.driver
    }

    /// Device memory, not cleared, for a kernel's own state.
    ///
    /// Dropping the buffer frees it, so its owner waits for the work on it first; a
    /// [`StepKernel`](crate::StepKernel) that is bound to a pipeline is waited for or parked by it.
    ///
    /// # Errors
    /// [`GpuError::Memory`] if there is not enough, [`GpuError::Poisoned`] if the device is lost.
    pub fn alloc(&self, bytes: usize) -> Result<DeviceBuffer, GpuError> {
        self.ensure_alive()?;
        DeviceBuffer::new(self.driver(), self.ledger(), bytes).map_err(|error| self.note(error))
    }

    /// Keeps something until all that is on a stream is done.
    pub(crate) fn park_until_done(&self, stream: Stream, held: impl Send + 'static) {
        self.park(Box::new(Unfinished { stream, _held: held }));
        self.reap();
    }

    /// Waits for everything on the device, and lets go of what was parked.
    ///
    /// # Errors
    /// What the work did wrong; a sticky error poisons the context.
    pub fn synchronize(&self) -> Result<(), GpuError> {
        self.ensure_alive()?;
        self.driver().synchronize().map_err(|error| self.note(error.into()))?;
        self.reap();
        Ok(())
    }

    /// Why the device is lost, if it is.
    #[must_use]
    pub fn poison(&self) -> Option<&str> {
        self.shared.poison.get().map(String::as_str)
    }

    /// What is held now, and was at most.
    #[must_use]
    pub fn memory_use(&self) -> MemoryUse {
        let ledger = &self.shared.ledger;
        let (device_bytes, device_peak) = ledger.device.read();
        let (pinned_bytes, pinned_peak) = ledger.pinned.read();
        MemoryUse {
            device_bytes,
            pinned_bytes,
            device_peak,
            pinned_peak,
            allocations: ledger.allocations.load(Ordering::Relaxed),
        }
    }

    /// How many things wait for the device to pass them.
    #[must_use]
    pub fn parked(&self) -> usize {
        self.shared.parked.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        &self.shared.ledger
    }

    /// A handle that does not keep the context alive.
    pub(crate) fn downgrade(&self) -> WeakContext {
        WeakContext { shared: Arc::downgrade(&self.shared) }
    }

    /// Refuses if the device is lost.
    pub(crate) fn ensure_alive(&self) -> Result<(), GpuError> {
        match self.poison() {
            None => Ok(()),
            Some(reason) => {
                Err(GpuError::Poisoned { ordinal: self.info().ordinal, reason: reason.to_owned() })
            }
        }
    }

    /// Poisons the context if the error is sticky, and passes it on.
    pub(crate) fn note(&self, error: GpuError) -> GpuError {
        self.shared.note(error)
    }

    /// Keeps something until the device has passed it.
    pub(crate) fn park(&self, parked: Box<dyn Parked>) {
        self.shared.parked.lock().unwrap_or_else(PoisonError::into_inner).push(parked);
    }

    /// Lets go of what the device has passed; never waits.
    pub(crate) fn reap(&self) {
        let mut free = Vec::new();
        {
            let mut parked = self.shared.parked.lock().unwrap_or_else(PoisonError::into_inner);
            if parked.is_empty() || self.driver().bind().is_err() {
                return;
            }
            let mut at = 0;
            while at < parked.len() {
                match parked[at].passed() {
                    Ok(true) => free.push(parked.swap_remove(at)),
                    Ok(false) => at += 1,
                    Err(error) => {
                        if error.severity() == Severity::Sticky {
                            self.note(error.into());
                        }
                        at += 1;
                    }
                }
            }
        }
        // Dropped outside the lock: what is held may be a kernel with ideas of its own.
        drop(free);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let parked = self.parked.get_mut().unwrap_or_else(PoisonError::into_inner);
        let start = self.driver.now();
        for round in 0_u32.. {
            let lost = self.poison.get().is_some() || self.driver.bind().is_err();
            if !lost {
                parked.retain(|entry| !matches!(entry.passed(), Ok(true)));
            }
            if lost || parked.is_empty() || self.driver.now().saturating_sub(start) >= GRACE {
                break;
            }
            self.driver.pause(round);
        }
        for entry in parked.drain(..) {
            tracing::warn!("leaking what the GPU may still be using");
            std::mem::forget(entry);
        }
    }
}

impl fmt::Debug for GpuContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GpuContext")
            .field("driver", &self.shared.driver)
            .field("poison", &self.poison())
            .finish()
    }
}
