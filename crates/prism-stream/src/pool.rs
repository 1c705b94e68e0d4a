//! Streams by purpose, lent out and taken back.
//!
//! A pool makes nothing until somebody asks. A lease owns its stream until it is dropped; the stream
//! then waits, idle, for the next lease of its purpose and priority. Each lease and each return gives
//! those back to the driver that have been idle for long. A stream that somebody may still use through
//! [`StreamLease::cuda`] is never lent again: the pool lets go of it. There is a cap, since a device has
//! few hardware queues and streams beyond them wait for each other without saying so.
//!
//! A stream is made with the pool unlocked: whoever leases or gives back another one is not held up by
//! it, though the first one can take long (see [`StreamPool::lease`]).

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
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
    /// How often a priority was changed, to be asked for in every step.
    changes: AtomicU64,
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
        let shared = Shared { gpu, options, state: Mutex::default(), changes: AtomicU64::new(0) };
        Self { shared: Arc::new(shared) }
    }

    /// Sets the priority of leases to come. A stream cannot change its own: the next lease gets
    /// another stream, and streams of the old priority go when they are idle. A pipeline takes other
    /// streams before its next step.
    pub fn set_priority(&self, purpose: StreamPurpose, priority: StreamPriority) {
        let mut state = self.lock();
        if std::mem::replace(&mut state.priority[purpose as usize], priority) != priority {
            self.shared.changes.fetch_add(1, Ordering::Release);
        }
    }

    /// How often a priority was changed.
    pub(crate) fn changes(&self) -> u64 {
        self.shared.changes.load(Ordering::Acquire)
    }

    /// The priority that the next lease for this purpose has, as the driver counts, lower first.
    ///
    /// # Errors
    /// [`GpuError::Driver`] if the driver does not say what priorities there are.
    pub fn level(&self, purpose: StreamPurpose) -> Result<i32, GpuError> {
        let gpu = &self.shared.gpu;
        let range = gpu.driver().priority_range().map_err(|error| gpu.note(error.into()))?;
        Ok(self.lock().priority[purpose as usize].level(range))
    }

    /// Lends a stream: an idle one of that purpose and priority, or a new one.
    ///
    /// On a context of cudarc whose event tracking is on, making its first stream waits for all that is
    /// on the device, without a limit.
    ///
    /// # Errors
    /// [`GpuError::PoolExhausted`] at the cap, [`GpuError::Driver`] if the driver makes none.
    pub fn lease(&self, purpose: StreamPurpose) -> Result<StreamLease, GpuError> {
        let gpu = &self.shared.gpu;
        gpu.ensure_alive()?;
        let level = self.level(purpose)?;
        let stream = match self.reserve(purpose, level)? {
            Some(idle) => idle,
            None => match Stream::new(Arc::clone(gpu.driver()), level) {
                Ok(made) => {
                    self.lock().usage[purpose as usize].created += 1;
                    made
                }
                Err(error) => {
                    self.lock().usage[purpose as usize].leased -= 1;
                    return Err(gpu.note(error.into()));
                }
            },
        };
        self.lock().usage[purpose as usize].leases += 1;
        Ok(StreamLease { stream: Some(stream), purpose, level, shared: Arc::clone(&self.shared) })
    }

    /// Counts a stream as leased, and answers with an idle one that fits; with none, one can be made
    /// below the cap. Idle streams that are in the way, or were idle for long, go.
    fn reserve(&self, purpose: StreamPurpose, level: i32) -> Result<Option<Stream>, GpuError> {
        let (now, options) = (self.shared.gpu.driver().now(), &self.shared.options);
        let mut state = self.lock();
        let fits = |idle: &Idle| idle.purpose == purpose && idle.level == level;
        let found = state.idle.iter().position(fits).map(|at| state.idle.swap_remove(at).stream);
        state.usage[purpose as usize].idle -= usize::from(found.is_some());
        let long = |idle: &Idle| now.saturating_sub(idle.since) >= options.idle;
        let mut retired = match found {
            Some(_) => state.retire(long),
            None => state.retire(|idle| idle.purpose == purpose || long(idle)),
        };
        if found.is_none() && state.total() >= options.cap {
            retired.append(&mut state.retire(|_| true));
        }
        let room = found.is_some() || state.total() < options.cap;
        state.usage[purpose as usize].leased += usize::from(room);
        drop(state);
        drop(retired);
        if room { Ok(found) } else { Err(GpuError::PoolExhausted { cap: options.cap }) }
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
        let retired = state.retire(|idle| since.saturating_sub(idle.since) >= room);
        state.idle.push(Idle { stream, purpose: self.purpose, level: self.level, since });
        drop(state);
        drop(retired);
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
