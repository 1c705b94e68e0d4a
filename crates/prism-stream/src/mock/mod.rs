//! A device for tests: records every call, does the work at random later moments, and notices what a
//! GPU would let pass until it hurts.
//!
//! [`MockDriver`] keeps a queue a stream. Each call, each query and each wait lets a random number
//! of operations run, of streams chosen at random among those that may go on; the schedule depends
//! on the seed alone. Copies move real bytes when they run, not when they are enqueued, so that a
//! slot that is written too early is read wrong. Time is virtual: the host's passes in calls and in
//! [`Driver::pause`], the device's, which events tell, with each operation. "Kernels" are Rust
//! functions that see memory through bounds checks.
//!
//! What it notices goes to [`MockDriver::violations`]: waits on events that were never recorded,
//! the null stream, copies from or to pageable memory, memory or events given back while queued
//! work needs them, handles used after their end, calls without a bound context, and races on memory,
//! whatever the schedule.
#![allow(unsafe_code)]
#![allow(clippy::missing_panics_doc)]

mod calls;
mod capture;
mod device;
mod peer;
mod race;

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use self::device::MockMemory;
use self::device::{Hang, Line, State, Work, address};
pub use self::peer::MockReach;
use crate::device::DeviceInfo;
use crate::driver::{Driver, RawStream};
use crate::error::{DriverError, KernelError};

type Outcome<R = ()> = Result<R, DriverError>;

/// What a mock kernel computes: it gets the device's memory and the bytes of each argument.
pub type MockKernel = dyn Fn(&mut MockMemory<'_>, &[Vec<u8>]) + Send + Sync;

/// Where a mock's images come from, whose kernels are found by name whatever the image holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum MockCompiler {
    /// From NVRTC and the cache, as for a device.
    #[default]
    Real,
    /// From nowhere: nothing is compiled.
    Unneeded,
    /// It does not work, and says so.
    Failing(KernelError),
}

/// One recorded call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Call {
    /// The method of [`Driver`].
    pub name: &'static str,
    /// The stream it concerns; 0 for none.
    pub stream: u64,
    /// The event, address or function it concerns; 0 for none.
    pub object: u64,
}

/// A device that is not there.
pub struct MockDriver {
    info: DeviceInfo,
    state: Mutex<State>,
}

thread_local! {
    /// Addresses of the mocks whose context is current on this thread: the last one bound.
    static BOUND: Cell<usize> = const { Cell::new(0) };
}

/// What a device for tests says of itself: it can do all that is made use of, and is small.
#[must_use]
pub fn device_info(name: &str) -> DeviceInfo {
    DeviceInfo {
        ordinal: 0,
        name: name.to_owned(),
        compute_capability: (9, 0),
        multiprocessors: 4,
        memory_bytes: 1 << 30,
        shared_bytes_per_block: 227 << 10,
        shared_bytes_per_multiprocessor: 228 << 10,
        copy_engines: 2,
        maps_host_memory: true,
        driver_version: (13, 0),
    }
}

/// What to do wrong, and when.
#[derive(Clone, Debug)]
struct Fault {
    name: &'static str,
    after: u64,
    code: u32,
}

impl MockDriver {
    /// A device with a seed for its schedule.
    #[must_use]
    pub fn new(seed: u64) -> Arc<Self> {
        // No two mocks have a handle in common: one that goes to the wrong device is noticed.
        static MADE: AtomicU64 = AtomicU64::new(1);
        let next = MADE.fetch_add(1, Ordering::Relaxed) << 32;
        let state = State { random: seed, next, ..State::default() };
        Arc::new(Self { info: device_info("mock"), state: Mutex::new(state) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Defines what a kernel of this name computes. Images loaded later have it.
    pub fn define(
        &self,
        name: &str,
        kernel: impl Fn(&mut MockMemory<'_>, &[Vec<u8>]) + Send + Sync + 'static,
    ) {
        let mut state = self.lock();
        let id = state.id();
        state.kernels.insert(id, Arc::new(kernel));
        state.names.insert(name.to_owned(), id);
    }

    /// Lets the `after`-th call (from 0, counted from now) of a method fail with a code.
    pub fn fail(&self, name: &'static str, after: u64, code: u32) {
        self.lock().faults.push(Fault { name, after, code });
    }

    /// Lets the `nth` launch (from 0, counted from the start) fault on the device with a code.
    pub fn fault_launch(&self, nth: u64, code: u32) {
        self.lock().launch_faults.insert(nth, code);
    }

    /// Lets the `nth` launch (from 0, counted from the start) run until [`MockDriver::release`].
    pub fn hang_launch(&self, nth: u64) {
        self.lock().launch_hangs.insert(nth, None);
    }

    /// The same for a kernel that looks at a word, the one that its argument number `arg` points to, and
    /// ends once that is not 0.
    pub fn hang_launch_until(&self, nth: u64, arg: usize) {
        self.lock().launch_hangs.insert(nth, Some(arg));
    }

    /// Ends all kernels that hang.
    pub fn release(&self) {
        let mut state = self.lock();
        state.launch_hangs.clear();
        for queued in state.streams.values_mut().flatten() {
            if let Work::Launch { hang, .. } = &mut queued.work {
                *hang = Hang::No;
            }
        }
    }

    /// Lets streams wait for no event from now on, to see that this is noticed.
    pub fn lose_waits(&self) {
        self.lock().waits_are_lost = true;
    }

    /// Sets where the images of sources come from.
    pub fn set_compiler(&self, compiler: MockCompiler) {
        self.lock().compiler = compiler;
    }

    /// Sets how much virtual time a `"copy"` or a `"kernel"` takes on the device, or a `"call"` the
    /// host: a microsecond, a microsecond and nothing if this is not called.
    pub fn cost(&self, name: &'static str, time: Duration) {
        self.lock().costs.insert(name, time.as_nanos() as u64);
    }

    /// Leaves so many bytes of device memory to be had from now on, whoever has the rest.
    pub fn limit_memory(&self, bytes: usize) {
        self.lock().memory_left = Some(bytes);
    }

    /// Passes virtual time.
    pub fn advance(&self, by: Duration) {
        self.lock().clock_ns += by.as_nanos() as u64;
    }

    /// What was noticed.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.lock().violations.clone()
    }

    /// The calls so far; forgotten by the next [`MockDriver::take_calls`].
    #[must_use]
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.lock().calls)
    }

    /// Streams, events, memory blocks and images that exist now.
    #[must_use]
    pub fn live(&self) -> (usize, usize, usize, usize) {
        let state = self.lock();
        let streams = state.streams.len() - state.runs.len();
        let events = state.events.values().filter(|event| !event.hidden).count();
        (streams, events, state.blocks.len(), state.modules.len())
    }

    /// Makes as if somebody outside held the stream from now on.
    pub fn share(&self, stream: RawStream) {
        self.lock().shared.push(stream.0);
    }

    /// The priority that a stream was made with.
    #[must_use]
    pub fn level(&self, stream: RawStream) -> Option<i32> {
        self.lock().levels.get(&stream.0).copied()
    }

    /// Begins a call: records it, checks it, lets time pass, and fails it if it is to fail.
    fn call(
        &self,
        name: &'static str,
        stream: u64,
        object: u64,
        bound: bool,
    ) -> Outcome<MutexGuard<'_, State>> {
        let mut state = self.lock();
        state.calls.push(Call { name, stream, object });
        state.clock_ns += state.costs.get("call").copied().unwrap_or(0);
        if bound && BOUND.get() != std::ptr::from_ref(self) as usize {
            state.violation(format!("{name} on a thread to which the context was not bound"));
        }
        if let Some(at) = state.faults.iter().position(|fault| fault.name == name) {
            if state.faults[at].after == 0 {
                let fault = state.faults.remove(at);
                return Err(DriverError { code: fault.code, call: name });
            }
            state.faults[at].after -= 1;
        }
        state.run_some();
        state.admit(name)?;
        match state.sticky {
            Some(code) => Err(DriverError { code, call: name }),
            None => Ok(state),
        }
    }

    /// The same for a call that concerns a stream, which must exist.
    fn on_stream(
        &self,
        name: &'static str,
        stream: RawStream,
        object: u64,
    ) -> Outcome<MutexGuard<'_, State>> {
        let mut state = self.call(name, stream.0, object, true)?;
        if !state.streams.contains_key(&stream.0) {
            state.violation(format!("{name} on stream {}, which does not exist", stream.0));
            return Err(DriverError { code: 400, call: name });
        }
        Ok(state)
    }

    fn enqueue(&self, name: &'static str, stream: RawStream, object: u64, work: Work) -> Outcome {
        let mut state = self.on_stream(name, stream, object)?;
        let work = match state.record_work(stream.0, work) {
            None => return Ok(()), // captured, to be counted when it is launched
            Some(Work::Launch { function, args, .. }) => state.launch_of(function, args),
            Some(work) => work,
        };
        state.push(stream.0, stream.0, work);
        Ok(())
    }

    /// Runs until `done`; with nothing left to run, that is a deadlock.
    fn run_until<'a>(
        &'a self,
        name: &'static str,
        mut state: MutexGuard<'a, State>,
        done: impl Fn(&State) -> bool,
    ) -> Outcome<MutexGuard<'a, State>> {
        while !done(&state) {
            if let Some(code) = state.sticky {
                return Err(DriverError { code, call: name });
            }
            if !state.run_one() && state.sticky.is_none() {
                state.violation(format!("{name} would wait for ever"));
                return Err(DriverError { code: 702, call: name });
            }
        }
        Ok(state)
    }

    fn allocate(&self, name: &'static str, bytes: usize) -> Outcome<u64> {
        self.bind()?; // as every safe method of the trait does by itself
        let mut state = self.call(name, 0, bytes as u64, true)?;
        let lines = vec![Line([0xa5; 256]); bytes.div_ceil(256).max(1)].into_boxed_slice();
        let at = lines.as_ptr() as usize as u64;
        state.blocks.insert(at, (lines, bytes));
        Ok(at)
    }

    fn free(&self, name: &'static str, at: u64) -> Outcome {
        let mut state = self.call(name, 0, at, true)?;
        let Some((block, size)) = state.blocks.remove(&at) else {
            state.violation(format!("{name} of memory that is not allocated"));
            return Ok(());
        };
        state.pinned.remove(&at);
        state.order.forget_block(at);
        let inside = |place: u64| (at..at + size as u64).contains(&place);
        let needed = state.uses(|work| match work {
            Work::Copy { to, from, .. } => inside(*to) || inside(*from),
            Work::Fill { at, .. } | Work::Write { at, .. } => inside(*at),
            // Arguments of eight bytes may be addresses.
            Work::Launch { args, .. } => args.iter().filter_map(|arg| address(arg)).any(inside),
            _ => false,
        });
        if needed {
            state.violation(format!("{name} of memory that queued work needs"));
        }
        drop(block);
        Ok(())
    }
}

impl fmt::Debug for MockDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockDriver").field("clock_ns", &self.lock().clock_ns).finish()
    }
}
