//! Streams by purpose, lent out and taken back.
//!
//! A pool makes nothing until somebody asks. A lease owns its stream until it is dropped; the stream
//! then waits, idle, for the next lease of its purpose and priority. Each lease and each return gives
//! those back to the driver that have been idle for long. A stream that somebody may still use through
//! [`StreamLease::cuda`] is never lent again: the pool lets go of it. There is a cap, since a device has
//! few hardware queues and streams beyond them wait for each other without saying so. A lease that
//! follows a change of priority keeps its place below the cap, so that a full pool can follow too.
//!
//! A stream is made with the pool unlocked: whoever leases or gives back another one is not held up by
//! it, though the first one can take long (see [`StreamPool::lease`]).

mod lease;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use self::lease::StreamLease;
use crate::context::GpuContext;
use crate::driver::Driver;
use crate::error::GpuError;
use crate::handles::Stream;
use crate::stream::{StreamPriority, StreamPurpose};

/// How many streams a pool may hold, and for how long when nobody uses them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PoolOptions {
    /// Most streams at a time, leased and idle together: a pipeline has up to four, and its owner may
    /// lease more. A device has 8 to 32 hardware queues.
    pub cap: usize,
    /// How long a stream may be idle before it is given back.
    pub idle: Duration,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self { cap: 32, idle: Duration::from_secs(30) }
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

/// Lends out the streams of one device. Clones and leases are of the same pool, and keep its context.
#[derive(Clone)]
pub struct StreamPool {
    gpu: GpuContext,
    streams: Arc<Streams>,
}

/// The streams of a pool. They keep no context: a [`GpuContext`] has one of these itself.
#[derive(Default)]
pub(crate) struct Streams {
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

impl Idle {
    /// Whether it has been idle for as long as the options say.
    fn is_outdated(&self, now: Duration, options: &PoolOptions) -> bool {
        now.saturating_sub(self.since) >= options.idle
    }
}

impl State {
    /// Streams of all purposes.
    fn total(&self) -> usize {
        self.usage.iter().map(|usage| usage.leased + usage.idle).sum()
    }

    /// Takes out an idle stream that fits, and those that are to go: they were idle for long or, if none
    /// fits, are of a priority that their purpose has no more.
    fn find(
        &mut self,
        purpose: StreamPurpose,
        level: i32,
        now: Duration,
        options: &PoolOptions,
    ) -> (Option<Stream>, Vec<Stream>) {
        let fits = |idle: &Idle| idle.purpose == purpose && idle.level == level;
        let found = self.idle.iter().position(fits).map(|at| self.idle.swap_remove(at).stream);
        let none = found.is_none();
        self.usage[purpose as usize].idle -= usize::from(!none);
        let retired =
            self.retire(|idle| idle.is_outdated(now, options) || none && idle.purpose == purpose);
        (found, retired)
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

impl Streams {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a stream back from its lease, which may have `another` in its place already. It waits for
    /// the next lease, unless somebody outside holds it or there is no room for it below the cap.
    fn take_back(
        &self,
        driver: &dyn Driver,
        stream: Stream,
        (purpose, level): (StreamPurpose, i32),
        another: bool,
    ) {
        let options = &self.options;
        let (since, held) = (driver.now(), driver.stream_is_shared(stream.raw()));
        let mut state = self.lock();
        let mut gone = state.retire(|idle| idle.is_outdated(since, options));
        let usage = &mut state.usage[purpose as usize];
        usage.leases += u64::from(another);
        usage.leased -= usize::from(!another);
        if held || state.total() >= options.cap {
            state.usage[purpose as usize].destroyed += 1;
            gone.push(stream);
        } else {
            state.usage[purpose as usize].idle += 1;
            state.idle.push(Idle { stream, purpose, level, since });
        }
        drop(state);
        drop(gone);
    }
}

impl StreamPool {
    /// A pool that makes its first stream at the first lease, beside the one that the context has itself
    /// ([`GpuContext::pool`]).
    #[must_use]
    pub fn new(gpu: GpuContext, options: PoolOptions) -> Self {
        Self { gpu, streams: Arc::new(Streams { options, ..Streams::default() }) }
    }

    /// The pool of a context.
    pub(crate) fn of(gpu: GpuContext, streams: Arc<Streams>) -> Self {
        Self { gpu, streams }
    }

    /// Sets the priority of leases to come. A stream cannot change its own: the next lease gets
    /// another stream, and streams of the old priority go when they are idle. A pipeline takes other
    /// streams before its next step; other holders of a lease call [`StreamLease::renew`].
    pub fn set_priority(&self, purpose: StreamPurpose, priority: StreamPriority) {
        let mut state = self.lock();
        if std::mem::replace(&mut state.priority[purpose as usize], priority) != priority {
            self.streams.changes.fetch_add(1, Ordering::Release);
        }
    }

    /// How often a priority was changed.
    pub(crate) fn changes(&self) -> u64 {
        self.streams.changes.load(Ordering::Acquire)
    }

    /// The priority that the next lease for this purpose has, as the driver counts, lower first.
    ///
    /// # Errors
    /// [`GpuError::Driver`] if the driver does not say what priorities there are.
    pub fn level(&self, purpose: StreamPurpose) -> Result<i32, GpuError> {
        self.level_of(purpose, None)
    }

    /// The same for a lease that has a priority of its own, or none.
    fn level_of(
        &self,
        purpose: StreamPurpose,
        own: Option<StreamPriority>,
    ) -> Result<i32, GpuError> {
        let gpu = &self.gpu;
        let range = gpu.driver().priority_range().map_err(|error| gpu.note(error.into()))?;
        Ok(own.unwrap_or_else(|| self.lock().priority[purpose as usize]).level(range))
    }

    /// Lends a stream: an idle one of that purpose and priority, or a new one.
    ///
    /// On a context of cudarc whose event tracking is on, making its first stream waits for all that is
    /// on the device, without a limit.
    ///
    /// # Errors
    /// [`GpuError::PoolExhausted`] at the cap, [`GpuError::Driver`] if the driver makes none.
    pub fn lease(&self, purpose: StreamPurpose) -> Result<StreamLease, GpuError> {
        self.lease_with(purpose, None)
    }

    /// The same with a priority of its own, whatever that of its purpose is or becomes.
    ///
    /// # Errors
    /// As [`lease`](Self::lease).
    pub fn lease_with(
        &self,
        purpose: StreamPurpose,
        own: Option<StreamPriority>,
    ) -> Result<StreamLease, GpuError> {
        self.gpu.ensure_alive()?;
        let level = self.level_of(purpose, own)?;
        let stream = match self.reserve(purpose, level)? {
            Some(idle) => idle,
            None => self.make(purpose, level).inspect_err(|_| {
                self.lock().usage[purpose as usize].leased -= 1;
            })?,
        };
        self.lock().usage[purpose as usize].leases += 1;
        Ok(StreamLease { stream: Some(stream), purpose, own, level, pool: self.clone() })
    }

    /// Counts a stream as leased, and answers with an idle one that fits; with none, one can be made
    /// below the cap, for which idle streams make room.
    fn reserve(&self, purpose: StreamPurpose, level: i32) -> Result<Option<Stream>, GpuError> {
        let (now, options) = (self.gpu.driver().now(), &self.streams.options);
        let mut state = self.lock();
        let (found, mut retired) = state.find(purpose, level, now, options);
        if found.is_none() && state.total() >= options.cap {
            retired.append(&mut state.retire(|_| true));
        }
        let room = found.is_some() || state.total() < options.cap;
        state.usage[purpose as usize].leased += usize::from(room);
        drop(state);
        drop(retired);
        if room { Ok(found) } else { Err(GpuError::PoolExhausted { cap: options.cap }) }
    }

    /// Makes a stream, with the pool unlocked; its place is counted by the caller.
    fn make(&self, purpose: StreamPurpose, level: i32) -> Result<Stream, GpuError> {
        let gpu = &self.gpu;
        let made = Stream::new(Arc::clone(gpu.driver()), level);
        let made = made.map_err(|error| gpu.note(error.into()))?;
        self.lock().usage[purpose as usize].created += 1;
        Ok(made)
    }

    /// Puts another stream in the place of a leased one: the same place below the cap, while the driver
    /// has one stream more for a moment.
    fn exchange(&self, lease: &mut StreamLease, level: i32) -> Result<(), GpuError> {
        let (purpose, now) = (lease.purpose, self.gpu.driver().now());
        let (found, retired) = self.lock().find(purpose, level, now, &self.streams.options);
        drop(retired);
        let stream = match found {
            Some(idle) => idle,
            None => self.make(purpose, level)?,
        };
        let level = std::mem::replace(&mut lease.level, level);
        if let Some(old) = lease.stream.replace(stream) {
            let driver = self.gpu.driver().as_ref();
            self.streams.take_back(driver, old, (purpose, level), true);
        }
        Ok(())
    }

    /// Gives back the streams that have been idle for as long as the options say; answers how many.
    pub fn shrink(&self) -> usize {
        let (now, options) = (self.gpu.driver().now(), &self.streams.options);
        let retired = self.lock().retire(|idle| idle.is_outdated(now, options));
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
        &self.gpu
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.streams.lock()
    }
}

impl fmt::Debug for StreamPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamPool").field("usage", &self.lock().usage).finish()
    }
}
