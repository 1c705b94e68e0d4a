//! A stream that is lent, and what its holder can do with it.

use std::fmt;
#[cfg(feature = "cuda")]
use std::sync::Arc;

use super::StreamPool;
use crate::driver::RawStream;
use crate::error::GpuError;
use crate::handles::Stream;
use crate::stream::{StreamPriority, StreamPurpose};

/// A stream, for as long as this lives. Work that is left on it when it goes back still runs, before
/// whatever the next lease enqueues.
pub struct StreamLease {
    /// `None` only while it is being dropped.
    pub(super) stream: Option<Stream>,
    pub(super) purpose: StreamPurpose,
    /// Its own priority, if it does not follow that of its purpose.
    pub(super) own: Option<StreamPriority>,
    pub(super) level: i32,
    pub(super) pool: StreamPool,
}

impl StreamLease {
    /// What the stream was leased for.
    #[must_use]
    pub fn purpose(&self) -> StreamPurpose {
        self.purpose
    }

    /// The stream's priority as the driver counts, lower first.
    #[must_use]
    pub fn level(&self) -> i32 {
        self.level
    }

    /// Whether its priority is the one that it is to have now.
    ///
    /// # Errors
    /// As [`StreamPool::level`].
    pub(crate) fn is_current(&self) -> Result<bool, GpuError> {
        Ok(self.pool.level_of(self.purpose, self.own)? == self.level)
    }

    /// Gives it a priority of its own, from the next [`renew`](Self::renew) on, or none, so that it
    /// follows that of its purpose.
    pub fn set_priority(&mut self, own: Option<StreamPriority>) {
        self.own = own;
    }

    /// Takes a stream of the priority that it is to have now, its own or the one that the pool has for
    /// its purpose, if that is another one; answers whether it is. What is left on the old stream still runs, and nothing that is enqueued on
    /// the new one waits for it. A pool at its cap is no hindrance: the place is the same.
    ///
    /// # Errors
    /// As [`StreamPool::lease`], but for the cap. The lease then has the stream that it had.
    pub fn renew(&mut self) -> Result<bool, GpuError> {
        let pool = self.pool.clone();
        pool.gpu().ensure_alive()?;
        let level = pool.level_of(self.purpose, self.own)?;
        let outdated = level != self.level;
        if outdated {
            pool.exchange(self, level)?;
        }
        Ok(outdated)
    }

    /// The driver's handle.
    #[must_use]
    pub fn raw(&self) -> RawStream {
        self.stream().raw()
    }

    /// Whether everything on this stream is done.
    ///
    /// # Errors
    /// What the work did wrong; a sticky error poisons the context.
    pub fn query(&self) -> Result<bool, GpuError> {
        let gpu = self.pool.gpu();
        gpu.ensure_alive()?;
        self.stream().query().map_err(|error| gpu.note(error.into()))
    }

    /// Waits until everything on this stream is done, and for no other stream.
    ///
    /// # Errors
    /// What the work did wrong; a sticky error poisons the context.
    pub fn synchronize(&self) -> Result<(), GpuError> {
        let gpu = self.pool.gpu();
        gpu.ensure_alive()?;
        self.stream().synchronize().map_err(|error| gpu.note(error.into()))
    }

    /// The stream as cudarc knows it, to launch on; `None` on a mock. It may outlive the
    /// lease; the pool then lets go of it, and it counts no more towards the cap.
    #[cfg(feature = "cuda")]
    #[must_use]
    pub fn cuda(&self) -> Option<Arc<cudarc::driver::CudaStream>> {
        let driver = self.pool.gpu.driver().as_any().downcast_ref::<crate::CudaDriver>()?;
        driver.shared_stream(self.raw())
    }

    pub(crate) fn stream(&self) -> &Stream {
        match &self.stream {
            Some(stream) => stream,
            // Only `drop` takes it, and nothing can be called after that.
            None => unreachable!("a lease has its stream until it is dropped"),
        }
    }

    /// Takes the stream out of the pool for good. A stream whose work may never end is not for the
    /// next lease, and, unlike a lease, it does not keep the pool alive, nor the context.
    pub(crate) fn detach(mut self) -> Option<Stream> {
        let stream = self.stream.take()?;
        let mut state = self.pool.lock();
        let usage = &mut state.usage[self.purpose as usize];
        usage.leased -= 1;
        usage.destroyed += 1;
        Some(stream)
    }
}

impl Drop for StreamLease {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            let driver = self.pool.gpu.driver().as_ref();
            self.pool.streams.take_back(driver, stream, (self.purpose, self.level), false);
        }
    }
}

impl fmt::Debug for StreamLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamLease")
            .field("purpose", &self.purpose)
            .field("level", &self.level)
            .finish()
    }
}
