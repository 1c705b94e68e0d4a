//! The device of the mock: queues, events and memory, and the schedule that picks what runs next.
#![allow(unsafe_code)]

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::capture::{Capture, Node};
use super::race::{Order, Stamp};
use super::{Call, Fault, MockCompiler, MockKernel, MockReach};
use crate::driver::{Gate, HostUse};

/// An operation on a stream's queue.
#[derive(Clone, Debug)]
pub(super) enum Work {
    Copy { to: u64, from: u64, bytes: usize },
    Fill { at: u64, value: u8, bytes: usize },
    Write { at: u64, bytes: Vec<u8> },
    Record { event: u64, version: u64 },
    Wait { event: u64, version: u64 },
    Hold { gate: Arc<Gate> },
    Launch { function: u64, args: Vec<Vec<u8>>, code: u32, hang: Hang },
}

/// Some work, and what comes before it.
#[derive(Clone, Debug)]
pub(super) struct Queued {
    pub work: Work,
    stamp: Stamp,
}

/// Whether a kernel runs on and on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Hang {
    #[default]
    No,
    /// Until it is released.
    Forever,
    /// Until it is released, or the word there is not 0.
    Until(u64),
}

/// What is to hang: an argument of a launch, if that is looked at.
pub(super) type Hanging = Option<usize>;

/// An event: how often it was recorded, and which of these records was reached.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EventState {
    pub recorded: u64,
    pub reached: u64,
    pub timed: bool,
    pub at_ns: u64,
    /// Its latest record was captured, so that it says nothing.
    pub captured: bool,
    /// It belongs to a launched graph.
    pub hidden: bool,
}

#[derive(Default)]
pub(super) struct State {
    pub random: u64,
    /// What the host's clock shows, and the device's, which only the events see.
    pub clock_ns: u64,
    pub device_ns: u64,
    /// What calls and operations take, by name.
    pub costs: BTreeMap<&'static str, u64>,
    pub next: u64,
    pub streams: BTreeMap<u64, VecDeque<Queued>>,
    pub order: Order,
    pub waits_are_lost: bool,
    pub levels: BTreeMap<u64, i32>,
    /// Streams that somebody outside holds.
    pub shared: Vec<u64>,
    pub events: BTreeMap<u64, EventState>,
    pub blocks: BTreeMap<u64, (Box<[Line]>, usize)>,
    /// Bytes of device memory that are left, if that is limited.
    pub memory_left: Option<usize>,
    /// Which of the blocks are pinned host memory, and of which kind.
    pub pinned: BTreeMap<u64, HostUse>,
    pub kernels: BTreeMap<u64, Arc<MockKernel>>,
    pub names: BTreeMap<String, u64>,
    pub modules: BTreeMap<u64, u64>,
    pub compiler: MockCompiler,
    pub calls: Vec<Call>,
    pub violations: Vec<String>,
    pub faults: Vec<Fault>,
    pub launch_faults: BTreeMap<u64, u32>,
    pub launch_hangs: BTreeMap<u64, Hanging>,
    pub launches: u64,
    pub sticky: Option<u32>,
    pub reach: MockReach,
    pub captures: Vec<Capture>,
    pub graphs: BTreeMap<u64, Vec<Node>>,
    pub execs: BTreeMap<u64, Vec<Node>>,
    /// By stream that graphs are launched on and stream that was captured: what the races know it by.
    pub graph_lanes: BTreeMap<(u64, u64), u64>,
    /// The queues of graphs that run, and which graph that is.
    pub runs: BTreeMap<u64, u64>,
}

/// Memory in units that are aligned as a GPU's allocations are.
#[derive(Clone, Copy)]
#[repr(align(256))]
pub(super) struct Line(#[allow(dead_code)] pub [u8; 256]);

/// The memory of a mock device, for its kernels.
pub struct MockMemory<'a> {
    pub(super) state: &'a mut State,
}

impl MockMemory<'_> {
    /// Reads from an allocation; what lies outside of one is noticed, and read as 0.
    #[must_use]
    pub fn read(&mut self, at: u64, bytes: usize) -> Vec<u8> {
        let mut result = vec![0; bytes];
        if self.state.allocated(at, bytes, "read") {
            // SAFETY: the range lies in one allocation of ours.
            unsafe { std::ptr::copy(at as usize as *const u8, result.as_mut_ptr(), bytes) };
            self.state.note_access(at, bytes, false);
        }
        result
    }

    /// Passes time on the device, beside what [`MockDriver::cost`](super::MockDriver::cost) says.
    pub fn spend(&mut self, time: Duration) {
        self.state.device_ns += time.as_nanos() as u64;
    }

    /// Writes to an allocation; what lies outside of one is noticed, and not written.
    pub fn write(&mut self, at: u64, bytes: &[u8]) {
        if self.state.allocated(at, bytes.len(), "write") {
            // SAFETY: the range lies in one allocation of ours.
            unsafe { std::ptr::copy(bytes.as_ptr(), at as usize as *mut u8, bytes.len()) };
            self.state.note_access(at, bytes.len(), true);
        }
    }
}

/// What an argument of a launch is, if it is as long as an address.
pub(super) fn address(arg: &[u8]) -> Option<u64> {
    arg.try_into().ok().map(u64::from_le_bytes)
}

impl State {
    pub(super) fn random(&mut self, below: usize) -> usize {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below.max(1) as u64) as usize
    }

    pub(super) fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn violation(&mut self, what: String) {
        self.violations.push(what);
    }

    /// What a range holds now.
    pub(super) fn snapshot(&mut self, at: u64, bytes: usize) -> Vec<u8> {
        MockMemory { state: self }.read(at, bytes)
    }

    /// Whether a range lies in one allocation; notices if not.
    pub(super) fn allocated(&mut self, at: u64, bytes: usize, what: &str) -> bool {
        let found = self.blocks.range(..=at).next_back();
        let inside = found.is_some_and(|(start, (_, size))| {
            at - start <= *size as u64 && bytes as u64 <= *size as u64 - (at - start)
        });
        if !inside {
            self.violation(format!("{what} of {bytes} bytes outside of any allocation"));
        }
        inside
    }

    /// A word that the host may write at any time; `None` outside of any allocation.
    fn word(&self, at: u64) -> Option<u32> {
        let (start, (_, size)) = self.blocks.range(..=at).next_back()?;
        let inside = at - start + 4 <= *size as u64 && at.is_multiple_of(4);
        // SAFETY: the range lies in one allocation of ours, is aligned, and is accessed as an atomic.
        inside
            .then(|| unsafe { AtomicU32::from_ptr(at as usize as *mut u32) }.load(Ordering::SeqCst))
    }

    /// The kind of pinned memory that an address lies in; `None` for other memory.
    pub(super) fn host_use(&self, at: u64) -> Option<HostUse> {
        let (start, kind) = self.pinned.range(..=at).next_back()?;
        let (_, size) = self.blocks.get(start)?;
        (at - start < *size as u64).then_some(*kind)
    }

    /// Notices a launch that hands the device host memory that it cannot see.
    pub(super) fn check_args(&mut self, args: &[Vec<u8>]) {
        let unmapped = args.iter().any(|arg| {
            let kind = address(arg).and_then(|at| self.host_use(at));
            kind.is_some_and(|kind| kind != HostUse::Mapped)
        });
        if unmapped {
            self.violation("a kernel was given host memory that is not mapped".to_owned());
        }
    }

    pub(super) fn runnable(&self, stream: u64) -> bool {
        match self.streams.get(&stream).and_then(VecDeque::front).map(|queued| &queued.work) {
            None => false,
            Some(Work::Wait { event, version }) => {
                self.events.get(event).is_none_or(|state| state.reached >= *version)
            }
            Some(Work::Hold { gate }) => gate.is_open(),
            Some(Work::Launch { hang: Hang::Forever, .. }) => false,
            Some(Work::Launch { hang: Hang::Until(at), .. }) => self.word(*at) != Some(0),
            Some(_) => true,
        }
    }

    /// Runs one operation of a stream chosen at random; answers whether there was one.
    pub(super) fn run_one(&mut self) -> bool {
        if self.sticky.is_some() {
            return false;
        }
        let ready: Vec<u64> =
            self.streams.keys().copied().filter(|stream| self.runnable(*stream)).collect();
        if ready.is_empty() {
            return false;
        }
        let stream = ready[self.random(ready.len())];
        let Some(Queued { work, stamp }) =
            self.streams.get_mut(&stream).and_then(VecDeque::pop_front)
        else {
            return false;
        };
        self.order.run(Some(stamp));
        if self.runs.contains_key(&stream) && self.streams[&stream].is_empty() {
            self.streams.remove(&stream);
            self.runs.remove(&stream);
        }
        let name = match work {
            Work::Copy { .. } => "copy",
            Work::Launch { .. } => "kernel",
            _ => "nothing",
        };
        let usual = if name == "nothing" { 0 } else { 1000 };
        self.device_ns += self.costs.get(name).copied().unwrap_or(usual);
        match work {
            Work::Copy { to, from, bytes } => {
                let mut memory = MockMemory { state: self };
                let moved = memory.read(from, bytes);
                memory.write(to, &moved);
            }
            Work::Fill { at, value, bytes } => {
                MockMemory { state: self }.write(at, &vec![value; bytes]);
            }
            Work::Write { at, bytes } => MockMemory { state: self }.write(at, &bytes),
            Work::Record { event, version } => {
                let now = self.device_ns;
                if let Some(state) = self.events.get_mut(&event) {
                    state.reached = state.reached.max(version);
                    state.at_ns = now;
                }
            }
            Work::Wait { .. } | Work::Hold { .. } => {}
            Work::Launch { code, .. } if code != 0 => self.sticky = Some(code),
            Work::Launch { function, args, .. } => match self.kernels.get(&function).cloned() {
                Some(kernel) => kernel(&mut MockMemory { state: self }, &args),
                None => {
                    self.violation(format!("launch of a function {function} that is not loaded"))
                }
            },
        }
        self.order.run(None);
        true
    }

    /// Puts some work on a queue, which stands for a stream or for what a graph has on one.
    pub(super) fn push(&mut self, queue: u64, lane: u64, work: Work) {
        let stamp = match &work {
            Work::Record { event, .. } => self.order.record(lane, *event),
            Work::Wait { event, .. } => self.order.wait(lane, *event),
            _ => self.order.enqueue(lane),
        };
        if let Some(queue) = self.streams.get_mut(&queue) {
            queue.push_back(Queued { work, stamp });
        }
    }

    /// A launch, with what is to go wrong with it.
    pub(super) fn launch_of(&mut self, function: u64, args: Vec<Vec<u8>>) -> Work {
        let nth = self.launches;
        self.launches += 1;
        let code = self.launch_faults.get(&nth).copied().unwrap_or(0);
        let hang = match self.launch_hangs.get(&nth) {
            None => Hang::No,
            Some(None) => Hang::Forever,
            Some(Some(arg)) => Hang::Until(address(&args[*arg]).unwrap_or(0)),
        };
        Work::Launch { function, args, code, hang }
    }

    pub(super) fn run_some(&mut self) {
        for _ in 0..self.random(4) {
            if !self.run_one() {
                return;
            }
        }
    }

    /// Whether anything queued reads or writes a range, or uses an event.
    pub(super) fn uses(&self, wanted: impl Fn(&Work) -> bool) -> bool {
        self.sticky.is_none() && self.streams.values().flatten().any(|queued| wanted(&queued.work))
    }
}
