//! Streams by purpose, lent out and taken back.
//!
//! A pool makes nothing until somebody asks. A lease owns its stream until it is dropped; the stream
//! then waits, idle, for the next lease of its purpose and priority. Each lease and each return gives
//! those back to the driver that have been idle for long. A stream that somebody may still use through
//! [`StreamLease::cuda`] is never lent again: the pool lets go of it. There is a cap, since a device has few hardware queues and streams
//! beyond them wait for each other without saying so.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::context::GpuContext;
use crate::driver::RawStream;
use crate::error::GpuError;
use crate::handles::Stream;
use crate::stream::{StreamPriority, StreamPurpose};

/// How many streams a pool may hold, and for how long when nobody uses them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PoolOptions {
    /// Most streams at a time, leased and idle together. A device has 8 to 32 hardware queues.
    pub cap: usize,
    /// How long a stream may be idle before it is given back.
    pub idle: Duration,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self { cap: 16, idle: Duration::from_secs(30) }
    }
}

/// How a purpose has used the pool.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StreamUsage {
    /// Leases given since the start.
    pub leases: u64,
    /// Streams made since the start.
    pub created: u64,
    /// Streams given back to the driver since the start.
    pub destroyed: u64,
    /// Streams leased now.
    pub leased: usize,
    /// Streams waiting for a lease now.
    pub idle: usize,
}

/// Lends out the streams of one device.
#[derive(Clone)]
pub struct StreamPool {
    shared: Arc<Shared>,
}

/// What the clones and the leases share.
struct Shared {
    gpu: GpuContext,
    options: PoolOptions,
    state: Mutex<State>,
}

/// What changes.
#[derive(Default)]
struct State {
    idle: Vec<Idle>,
    usage: [StreamUsage; 5],
    priority: [StreamPriority; 5],
}

/// A stream that nobody leases.
struct Idle {
    stream: Stream,
    purpose: StreamPurpose,
    level: i32,
    since: Duration,
}

impl State {
    /// Streams of all purposes.
    fn total(&self) -> usize {
        self.usage.iter().map(|usage| usage.leased + usage.idle).sum()
    }

    /// Takes out the idle streams that `gone` picks.
    fn retire(&mut self, gone: impl Fn(&Idle) -> bool) -> Vec<Stream> {
        let mut retired = Vec::new();
        let mut at = 0;
        while at < self.idle.len() {
            if gone(&self.idle[at]) {
                let idle = self.idle.swap_remove(at);
                let usage = &mut self.usage[idle.purpose as usize];
                usage.idle -= 1;
                usage.destroyed += 1;
                retired.push(idle.stream);
            } else {
                at += 1;
            }
        }
        retired
    }
}

impl StreamPool {
    /// A pool that makes its first stream at the first lease.
    #[must_use]
    pub fn new(gpu: GpuContext, options: PoolOptions) -> Self {
        let shared = Shared { gpu, options, state: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Sets the priority of leases to come. A stream cannot change its own: the next lease gets
    /// another stream, and streams of the old priority go when they are idle.
    pub fn set_priority(&self, purpose: StreamPurpose, priority: StreamPriority) {
        self.lock().priority[purpose as usize] = priority;
    }

    /// Lends a stream: an idle one of that purpose and priority, or a new one.
    ///
    /// # Errors
    /// [`GpuError::PoolExhausted`] at the cap, [`GpuError::Driver`] if the driver makes none.
    pub fn lease(&self, purpose: StreamPurpose) -> Result<StreamLease, GpuError> {
        let gpu = &self.shared.gpu;
        gpu.ensure_alive()?;
        let range = gpu.driver().priority_range().map_err(|error| gpu.note(error.into()))?;
        let now = gpu.driver().now();
        let mut state = self.lock();
        let level = state.priority[purpose as usize].level(range);
        let fits = |idle: &Idle| idle.purpose == purpose && idle.level == level;
        let stream =
            if let Some(at) = state.idle.iter().position(fits) {
                state.usage[purpose as usize].idle -= 1;
                let stream = state.idle.swap_remove(at).stream;
                let room = self.shared.options.idle;
                drop(state.retire(|idle| now.saturating_sub(idle.since) >= room));
                stream
            } else {
                let room = self.shared.options.idle;
                drop(state.retire(|idle| {
                    idle.purpose == purpose || now.saturating_sub(idle.since) >= room
                }));
                if state.total() >= self.shared.options.cap {
                    drop(state.retire(|_| true));
                }
                if state.total() >= self.shared.options.cap {
                    return Err(GpuError::PoolExhausted { cap: self.shared.options.cap });
                }
                let made = Stream::new(Arc::clone(gpu.driver()), level);
                let stream = made.map_err(|error| gpu.note(error.into()))?;
                state.usage[purpose as usize].created += 1;
                stream
            };
        let usage = &mut state.usage[purpose as usize];
        usage.leases += 1;
        usage.leased += 1;
        drop(state);
        Ok(StreamLease { stream: Some(stream), purpose, level, shared: Arc::clone(&self.shared) })
    }

    /// Gives back the streams that have been idle for as long as the options say; answers how many.
    pub fn shrink(&self) -> usize {
        let (now, room) = (self.shared.gpu.driver().now(), self.shared.options.idle);
        let retired = self.lock().retire(|idle| now.saturating_sub(idle.since) >= room);
        retired.len()
    }

    /// How a purpose has used the pool.
    #[must_use]
    pub fn usage(&self, purpose: StreamPurpose) -> StreamUsage {
        self.lock().usage[purpose as usize]
    }

    /// Streams held now, leased and idle, of all purposes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().total()
    }

    /// Whether the pool holds no stream.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The device whose streams these are.
    #[must_use]
    pub fn gpu(&self) -> &GpuContext {
        &self.shared.gpu
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for StreamPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamPool").field("usage", &self.lock().usage).finish()
    }
}

/// A stream, for as long as this lives. Work that is left on it when it goes back still runs, before
/// whatever the next lease enqueues.
pub struct StreamLease {
    /// `None` only while it is being dropped.
    stream: Option<Stream>,
    purpose: StreamPurpose,
    level: i32,
    shared: Arc<Shared>,
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
        let gpu = &self.shared.gpu;
        gpu.ensure_alive()?;
        self.stream().query().map_err(|error| gpu.note(error.into()))
    }

    /// Waits until everything on this stream is done, and for no other stream.
    ///
    /// # Errors
    /// What the work did wrong; a sticky error poisons the context.
    pub fn synchronize(&self) -> Result<(), GpuError> {
        let gpu = &self.shared.gpu;
        gpu.ensure_alive()?;
        self.stream().synchronize().map_err(|error| gpu.note(error.into()))
    }

    /// The stream as cudarc knows it, to launch on; `None` on a mock. It may outlive the
    /// lease; the pool then lets go of it, and it counts no more towards the cap.
    #[cfg(feature = "cuda")]
    #[must_use]
    pub fn cuda(&self) -> Option<Arc<cudarc::driver::CudaStream>> {
        let driver = self.shared.gpu.driver().as_any().downcast_ref::<crate::CudaDriver>()?;
        driver.shared_stream(self.raw())
    }

    pub(crate) fn stream(&self) -> &Stream {
        match &self.stream {
            Some(stream) => stream,
            // Only `drop` takes it, and nothing can be called after that.
            None => unreachable!("a lease has its stream until it is dropped"),
        }
    }
}

impl StreamLease {
    /// Takes the stream out of the pool for good. A stream whose work may never end is not for the
    /// next lease, and, unlike a lease, it does not keep the pool alive, nor the context.
    pub(crate) fn detach(mut self) -> Option<Stream> {
        let stream = self.stream.take()?;
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let usage = &mut state.usage[self.purpose as usize];
        usage.leased -= 1;
        usage.destroyed += 1;
        Some(stream)
    }
}

impl Drop for StreamLease {
    fn drop(&mut self) {
        let Some(stream) = self.stream.take() else { return };
        let driver = self.shared.gpu.driver();
        let (since, room) = (driver.now(), self.shared.options.idle);
        let shared = driver.stream_is_shared(stream.raw());
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let usage = &mut state.usage[self.purpose as usize];
        usage.leased -= 1;
        if shared {
            usage.destroyed += 1;
            drop(state);
            drop(stream);
            return;
        }
        usage.idle += 1;
        drop(state.retire(|idle| since.saturating_sub(idle.since) >= room));
        state.idle.push(Idle { stream, purpose: self.purpose, level: self.level, since });
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
