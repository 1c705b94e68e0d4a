//! A device for tests: records every call, does the work at random later moments, and notices what a
//! GPU would let pass until it hurts.
//!
//! [`MockDriver`] keeps a queue a stream. Each call, each query and each wait lets a random number of
//! operations run, of streams chosen at random among those that may go on; the schedule depends on the
//! seed alone. Copies move real bytes when they run, not when they are enqueued, so that a slot that is
//! written too early is read wrong. Time is virtual: it passes in [`Driver::pause`] and with each
//! operation. "Kernels" are Rust functions that see memory through bounds checks.
//!
//! What it notices goes to [`MockDriver::violations`]: waits on events that were never recorded, the
//! null stream, memory or events given back while queued work needs them, handles used after their
//! end, calls without a bound context.
#![allow(unsafe_code)]
#![allow(clippy::missing_panics_doc)]

use std::any::Any;
use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::ffi::CStr;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::device::DeviceInfo;
use crate::driver::{
    DevicePtr, Driver, HostBlock, HostUse, KernelArg, LaunchShape, PriorityRange, RawEvent,
    RawFunction, RawModule, RawStream,
};
use crate::error::DriverError;

type Outcome<R = ()> = Result<R, DriverError>;

/// What a mock kernel computes: it gets the device's memory and the bytes of each argument.
pub type MockKernel = dyn Fn(&mut MockMemory<'_>, &[Vec<u8>]) + Send + Sync;

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

/// An operation on a stream's queue.
#[derive(Clone, Debug)]
enum Work {
    Copy { to: u64, from: u64, bytes: usize },
    Fill { at: u64, value: u8, bytes: usize },
    Record { event: u64, version: u64 },
    Wait { event: u64, version: u64 },
    Launch { function: u64, args: Vec<Vec<u8>>, code: u32, hang: bool },
}

/// An event: how often it was recorded, and which of these records was reached.
#[derive(Clone, Copy, Debug, Default)]
struct EventState {
    recorded: u64,
    reached: u64,
    timed: bool,
    at_ns: u64,
}

/// What to do wrong, and when.
#[derive(Clone, Debug)]
struct Fault {
    name: &'static str,
    after: u64,
    code: u32,
}

#[derive(Default)]
struct State {
    random: u64,
    clock_ns: u64,
    next: u64,
    streams: BTreeMap<u64, VecDeque<Work>>,
    levels: BTreeMap<u64, i32>,
    events: BTreeMap<u64, EventState>,
    blocks: BTreeMap<u64, (Box<[Line]>, usize)>,
    kernels: BTreeMap<u64, Arc<MockKernel>>,
    names: BTreeMap<String, u64>,
    modules: BTreeMap<u64, u64>,
    calls: Vec<Call>,
    violations: Vec<String>,
    faults: Vec<Fault>,
    launch_faults: BTreeMap<u64, u32>,
    launch_hangs: BTreeMap<u64, ()>,
    launches: u64,
    sticky: Option<u32>,
}

/// Memory in units that are aligned as a GPU's allocations are.
#[derive(Clone, Copy)]
#[repr(align(256))]
struct Line(#[allow(dead_code)] [u8; 256]);

/// The memory of a mock device, for its kernels.
pub struct MockMemory<'a> {
    state: &'a mut State,
}

impl MockMemory<'_> {
    /// Reads from an allocation; what lies outside of one is noticed, and read as 0.
    #[must_use]
    pub fn read(&mut self, at: u64, bytes: usize) -> Vec<u8> {
        let mut result = vec![0; bytes];
        if self.state.allocated(at, bytes, "read") {
            // SAFETY: the range lies in one allocation of ours.
            unsafe { std::ptr::copy(at as usize as *const u8, result.as_mut_ptr(), bytes) };
        }
        result
    }

    /// Writes to an allocation; what lies outside of one is noticed, and not written.
    pub fn write(&mut self, at: u64, bytes: &[u8]) {
        if self.state.allocated(at, bytes.len(), "write") {
            // SAFETY: the range lies in one allocation of ours.
            unsafe { std::ptr::copy(bytes.as_ptr(), at as usize as *mut u8, bytes.len()) };
        }
    }
}

impl State {
    fn random(&mut self, below: usize) -> usize {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below.max(1) as u64) as usize
    }

    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn violation(&mut self, what: String) {
        self.violations.push(what);
    }

    /// Whether a range lies in one allocation; notices if not.
    fn allocated(&mut self, at: u64, bytes: usize, what: &str) -> bool {
        let found = self.blocks.range(..=at).next_back();
        let inside = found.is_some_and(|(start, (_, size))| {
            at - start <= *size as u64 && bytes as u64 <= *size as u64 - (at - start)
        });
        if !inside {
            self.violation(format!("{what} of {bytes} bytes outside of any allocation"));
        }
        inside
    }

    fn runnable(&self, stream: u64) -> bool {
        match self.streams.get(&stream).and_then(VecDeque::front) {
            None => false,
            Some(Work::Wait { event, version }) => {
                self.events.get(event).is_none_or(|state| state.reached >= *version)
            }
            Some(Work::Launch { hang, .. }) => !hang,
            Some(_) => true,
        }
    }

    /// Runs one operation of a stream chosen at random; answers whether there was one.
    fn run_one(&mut self) -> bool {
        if self.sticky.is_some() {
            return false;
        }
        let ready: Vec<u64> =
            self.streams.keys().copied().filter(|stream| self.runnable(*stream)).collect();
        if ready.is_empty() {
            return false;
        }
        let stream = ready[self.random(ready.len())];
        let Some(work) = self.streams.get_mut(&stream).and_then(VecDeque::pop_front) else {
            return false;
        };
        self.clock_ns += 1000;
        match work {
            Work::Copy { to, from, bytes } => {
                let mut memory = MockMemory { state: self };
                let moved = memory.read(from, bytes);
                memory.write(to, &moved);
            }
            Work::Fill { at, value, bytes } => {
                MockMemory { state: self }.write(at, &vec![value; bytes]);
            }
            Work::Record { event, version } => {
                let now = self.clock_ns;
                if let Some(state) = self.events.get_mut(&event) {
                    state.reached = state.reached.max(version);
                    state.at_ns = now;
                }
            }
            Work::Wait { .. } => {}
            Work::Launch { code, .. } if code != 0 => self.sticky = Some(code),
            Work::Launch { function, args, .. } => match self.kernels.get(&function).cloned() {
                Some(kernel) => kernel(&mut MockMemory { state: self }, &args),
                None => {
                    self.violation(format!("launch of a function {function} that is not loaded"))
                }
            },
        }
        true
    }

    fn run_some(&mut self) {
        for _ in 0..self.random(4) {
            if !self.run_one() {
                return;
            }
        }
    }

    /// Whether anything queued reads or writes a range, or uses an event.
    fn uses(&self, wanted: impl Fn(&Work) -> bool) -> bool {
        self.sticky.is_none() && self.streams.values().flatten().any(wanted)
    }
}

impl MockDriver {
    /// A device with a seed for its schedule.
    #[must_use]
    pub fn new(seed: u64) -> Arc<Self> {
        let info = DeviceInfo {
            ordinal: 0,
            name: "mock".to_owned(),
            compute_capability: (9, 0),
            multiprocessors: 4,
            memory_bytes: 1 << 30,
            copy_engines: 2,
            maps_host_memory: true,
            driver_version: (13, 0),
        };
        let state = State { random: seed, ..State::default() };
        Arc::new(Self { info, state: Mutex::new(state) })
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
        self.lock().launch_hangs.insert(nth, ());
    }

    /// Ends all kernels that hang.
    pub fn release(&self) {
        let mut state = self.lock();
        state.launch_hangs.clear();
        for work in state.streams.values_mut().flatten() {
            if let Work::Launch { hang, .. } = work {
                *hang = false;
            }
        }
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
        (state.streams.len(), state.events.len(), state.blocks.len(), state.modules.len())
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
        if let Some(queue) = state.streams.get_mut(&stream.0) {
            queue.push_back(work);
        }
        Ok(())
    }

    /// Runs until `done`; with nothing left to run, that is a deadlock.
    fn run_until(
        &self,
        name: &'static str,
        mut state: MutexGuard<'_, State>,
        done: impl Fn(&State) -> bool,
    ) -> Outcome {
        while !done(&state) {
            if let Some(code) = state.sticky {
                return Err(DriverError { code, call: name });
            }
            if !state.run_one() && state.sticky.is_none() {
                state.violation(format!("{name} would wait for ever"));
                return Err(DriverError { code: 702, call: name });
            }
        }
        Ok(())
    }

    fn allocate(&self, name: &'static str, bytes: usize) -> Outcome<u64> {
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
        let inside = |place: u64| (at..at + size as u64).contains(&place);
        let needed = state.uses(|work| match work {
            Work::Copy { to, from, .. } => inside(*to) || inside(*from),
            Work::Fill { at, .. } => inside(*at),
            // Arguments of eight bytes may be addresses.
            Work::Launch { args, .. } => args.iter().any(|arg| {
                <[u8; 8]>::try_from(arg.as_slice()).is_ok_and(|raw| inside(u64::from_le_bytes(raw)))
            }),
            _ => false,
        });
        if needed {
            state.violation(format!("{name} of memory that queued work needs"));
        }
        drop(block);
        Ok(())
    }
}

impl Driver for MockDriver {
    fn device(&self) -> &DeviceInfo {
        &self.info
    }

    fn bind(&self) -> Outcome {
        BOUND.set(std::ptr::from_ref(self) as usize);
        Ok(())
    }

    fn priority_range(&self) -> Outcome<PriorityRange> {
        Ok(PriorityRange { least: 0, greatest: -5 })
    }

    fn synchronize(&self) -> Outcome {
        let state = self.call("synchronize", 0, 0, false)?;
        self.run_until("synchronize", state, |state| state.streams.values().all(VecDeque::is_empty))
    }

    fn memory_info(&self) -> Outcome<(usize, usize)> {
        Ok((self.info.memory_bytes, self.info.memory_bytes))
    }

    fn stream_create(&self, priority: i32) -> Outcome<RawStream> {
        let mut state = self.call("stream_create", 0, 0, true)?;
        let id = state.id();
        state.streams.insert(id, VecDeque::new());
        state.levels.insert(id, priority);
        Ok(RawStream(id))
    }

    unsafe fn stream_destroy(&self, stream: RawStream) -> Outcome {
        let mut state = self.on_stream("stream_destroy", stream, 0)?;
        // As CUDA does: the handle goes now, the work still runs. Here it runs at once.
        while state.streams.get(&stream.0).is_some_and(|queue| !queue.is_empty()) {
            if !state.run_one() {
                break;
            }
        }
        state.streams.remove(&stream.0);
        Ok(())
    }

    unsafe fn stream_query(&self, stream: RawStream) -> Outcome<bool> {
        let state = self.on_stream("stream_query", stream, 0)?;
        Ok(state.streams.get(&stream.0).is_none_or(VecDeque::is_empty))
    }

    unsafe fn stream_synchronize(&self, stream: RawStream) -> Outcome {
        let state = self.on_stream("stream_synchronize", stream, 0)?;
        self.run_until("stream_synchronize", state, |state| {
            state.streams.get(&stream.0).is_none_or(VecDeque::is_empty)
        })
    }

    unsafe fn stream_wait(&self, stream: RawStream, event: RawEvent) -> Outcome {
        let mut state = self.on_stream("stream_wait", stream, event.0)?;
        let version = match state.events.get(&event.0) {
            None => {
                state.violation("a wait on an event that does not exist".to_owned());
                0
            }
            Some(found) if found.recorded == 0 => {
                state.violation("a wait on an event that was never recorded".to_owned());
                0
            }
            Some(found) => found.recorded,
        };
        if let Some(queue) = state.streams.get_mut(&stream.0) {
            // A snapshot: later records of the event do not move this wait.
            queue.push_back(Work::Wait { event: event.0, version });
        }
        Ok(())
    }

    fn event_create(&self, timed: bool) -> Outcome<RawEvent> {
        let mut state = self.call("event_create", 0, 0, true)?;
        let id = state.id();
        state.events.insert(id, EventState { timed, ..EventState::default() });
        Ok(RawEvent(id))
    }

    unsafe fn event_destroy(&self, event: RawEvent) -> Outcome {
        let mut state = self.call("event_destroy", 0, event.0, true)?;
        let needed = state.uses(|work| match work {
            Work::Record { event: used, .. } | Work::Wait { event: used, .. } => *used == event.0,
            _ => false,
        });
        if needed {
            state.violation("an event was destroyed that queued work needs".to_owned());
        }
        if state.events.remove(&event.0).is_none() {
            state.violation("an event was destroyed twice".to_owned());
        }
        Ok(())
    }

    unsafe fn event_record(&self, event: RawEvent, stream: RawStream) -> Outcome {
        let mut state = self.on_stream("event_record", stream, event.0)?;
        let Some(found) = state.events.get_mut(&event.0) else {
            state.violation("a record of an event that does not exist".to_owned());
            return Err(DriverError { code: 400, call: "event_record" });
        };
        found.recorded += 1;
        let version = found.recorded;
        if let Some(queue) = state.streams.get_mut(&stream.0) {
            queue.push_back(Work::Record { event: event.0, version });
        }
        Ok(())
    }

    unsafe fn event_query(&self, event: RawEvent) -> Outcome<bool> {
        let state = self.call("event_query", 0, event.0, true)?;
        Ok(state.events.get(&event.0).is_none_or(|found| found.reached == found.recorded))
    }

    unsafe fn event_synchronize(&self, event: RawEvent) -> Outcome {
        let state = self.call("event_synchronize", 0, event.0, true)?;
        self.run_until("event_synchronize", state, |state| {
            state.events.get(&event.0).is_none_or(|found| found.reached == found.recorded)
        })
    }

    unsafe fn event_elapsed(&self, start: RawEvent, end: RawEvent) -> Outcome<f32> {
        let state = self.call("event_elapsed", 0, start.0, true)?;
        match (state.events.get(&start.0), state.events.get(&end.0)) {
            (Some(from), Some(to)) if from.timed && to.timed => {
                Ok(to.at_ns.saturating_sub(from.at_ns) as f32 / 1e6)
            }
            _ => Err(DriverError { code: 400, call: "event_elapsed" }),
        }
    }

    fn device_alloc(&self, bytes: usize) -> Outcome<DevicePtr> {
        self.allocate("device_alloc", bytes).map(DevicePtr)
    }

    unsafe fn device_free(&self, at: DevicePtr) -> Outcome {
        self.free("device_free", at.0)
    }

    fn host_alloc(&self, bytes: usize, purpose: HostUse) -> Outcome<HostBlock> {
        let at = self.allocate("host_alloc", bytes)?;
        let device = (purpose == HostUse::Mapped).then_some(DevicePtr(at));
        Ok(HostBlock { host: at as usize as *mut u8, device, bytes })
    }

    unsafe fn host_free(&self, block: HostBlock) -> Outcome {
        self.free("host_free", block.host as usize as u64)
    }

    unsafe fn copy_to_device(
        &self,
        to: DevicePtr,
        from: *const u8,
        bytes: usize,
        stream: RawStream,
    ) -> Outcome {
        let work = Work::Copy { to: to.0, from: from as usize as u64, bytes };
        self.enqueue("copy_to_device", stream, to.0, work)
    }

    unsafe fn copy_to_host(
        &self,
        to: *mut u8,
        from: DevicePtr,
        bytes: usize,
        stream: RawStream,
    ) -> Outcome {
        let work = Work::Copy { to: to as usize as u64, from: from.0, bytes };
        self.enqueue("copy_to_host", stream, from.0, work)
    }

    unsafe fn fill(&self, at: DevicePtr, value: u8, bytes: usize, stream: RawStream) -> Outcome {
        self.enqueue("fill", stream, at.0, Work::Fill { at: at.0, value, bytes })
    }

    fn module_load(&self, _: &[u8]) -> Outcome<RawModule> {
        let mut state = self.call("module_load", 0, 0, true)?;
        let id = state.id();
        state.modules.insert(id, id);
        Ok(RawModule(id))
    }

    unsafe fn module_unload(&self, module: RawModule) -> Outcome {
        let mut state = self.call("module_unload", 0, module.0, true)?;
        if state.uses(|work| matches!(work, Work::Launch { .. })) {
            state.violation("an image was unloaded while kernels were queued".to_owned());
        }
        state.modules.remove(&module.0);
        Ok(())
    }

    unsafe fn module_function(&self, module: RawModule, name: &CStr) -> Outcome<RawFunction> {
        let state = self.call("module_function", 0, module.0, true)?;
        let found = state.names.get(name.to_string_lossy().as_ref()).copied();
        found.map(RawFunction).ok_or(DriverError { code: 500, call: "module_function" })
    }

    unsafe fn launch(
        &self,
        function: RawFunction,
        _: &LaunchShape,
        stream: RawStream,
        args: &[KernelArg<'_>],
    ) -> Outcome {
        let args = args
            .iter()
            // SAFETY: an argument borrows a value of that size.
            .map(|arg| unsafe { std::slice::from_raw_parts(arg.value.cast::<u8>(), arg.bytes) })
            .map(<[u8]>::to_vec)
            .collect();
        let (code, hang) = {
            let mut state = self.lock();
            let nth = state.launches;
            state.launches += 1;
            let code = state.launch_faults.get(&nth).copied().unwrap_or(0);
            (code, state.launch_hangs.contains_key(&nth))
        };
        let work = Work::Launch { function: function.0, args, code, hang };
        self.enqueue("launch", stream, function.0, work)
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(self.lock().clock_ns)
    }

    fn pause(&self, _: u32) {
        let mut state = self.lock();
        state.clock_ns += 1_000_000;
        state.run_some();
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl fmt::Debug for MockDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockDriver").field("clock_ns", &self.lock().clock_ns).finish()
    }
}
