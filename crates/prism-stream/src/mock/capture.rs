//! Captures and graphs of the mock, with the rules that CUDA has for them.
//!
//! What is enqueued on a capturing stream is recorded and does not run. A stream joins a capture by
//! waiting for an event that was recorded in it, and is joined again when the stream that began the
//! capture has, through waits, seen all that it did; a clock of counts, one a stream, tells. A call
//! that cannot be recorded fails and spoils the capture of its thread. A launched graph runs on queues
//! of its own, one for each stream that was captured, between what came before it on the launching
//! stream and what comes after; so its parts interleave in every order that its edges allow.
#![allow(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::thread::ThreadId;

use super::device::{EventState, State, Work};
use super::{MockDriver, Outcome};
use crate::driver::{GraphDriver, RawGraph, RawGraphExec, RawStream};
use crate::error::DriverError;

/// How many nodes of each stream are known to come before.
type Clock = BTreeMap<u64, usize>;

/// What a capture recorded of one call.
#[derive(Clone, Debug)]
pub(super) struct Node {
    stream: u64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Work(Work),
    /// The record of that number within the capture.
    Record(usize),
    /// A wait for the record of that number.
    Wait(usize),
}

impl Node {
    /// Whether an update may put `other` in the place of this.
    fn fits(&self, other: &Self) -> bool {
        self.stream == other.stream
            && match (&self.what, &other.what) {
                (What::Work(a), What::Work(b)) => {
                    std::mem::discriminant(a) == std::mem::discriminant(b)
                }
                (What::Record(a), What::Record(b)) | (What::Wait(a), What::Wait(b)) => a == b,
                _ => false,
            }
    }
}

/// A capture under way.
#[derive(Debug)]
pub(super) struct Capture {
    origin: u64,
    thread: ThreadId,
    nodes: Vec<Node>,
    clocks: BTreeMap<u64, Clock>,
    marks: BTreeMap<u64, (usize, Clock)>,
    records: usize,
    spoilt: bool,
}

impl Capture {
    fn push(&mut self, stream: u64, what: What) {
        self.nodes.push(Node { stream, what });
        *self.clocks.entry(stream).or_default().entry(stream).or_default() += 1;
    }

    /// Whether the origin has seen all that the other streams did.
    fn joined(&self) -> bool {
        let end = &self.clocks[&self.origin];
        self.clocks.iter().all(|(stream, clock)| end.get(stream) >= clock.get(stream))
    }
}

/// Calls that no capture takes, on the thread that captures.
const FORBIDDEN: [&str; 11] = [
    "device_alloc",
    "device_free",
    "host_alloc",
    "host_free",
    "module_load",
    "module_unload",
    "synchronize",
    "stream_query",
    "stream_synchronize",
    "event_query",
    "event_synchronize",
];

impl State {
    /// The capture that a stream takes part in.
    fn capture_of(&mut self, stream: u64) -> Option<&mut Capture> {
        self.captures.iter_mut().find(|capture| capture.clocks.contains_key(&stream))
    }

    /// Refuses what this thread may not do while it captures.
    pub(super) fn admit(&mut self, name: &'static str) -> Outcome {
        let thread = std::thread::current().id();
        let capture = self.captures.iter_mut().find(|capture| capture.thread == thread);
        match capture {
            Some(capture) if FORBIDDEN.contains(&name) => {
                capture.spoilt = true;
                Err(DriverError { code: 900, call: name })
            }
            _ => Ok(()),
        }
    }

    /// Takes some work if its stream captures; gives it back if it is to run.
    pub(super) fn record_work(&mut self, stream: u64, work: Work) -> Option<Work> {
        match self.capture_of(stream) {
            None => return Some(work),
            Some(capture) => capture.push(stream, What::Work(work)),
        }
        None
    }

    /// Takes the record of an event if its stream captures; answers whether it did.
    pub(super) fn record_event(&mut self, stream: u64, event: u64) -> bool {
        let Some(capture) = self.capture_of(stream) else { return false };
        let record = capture.records;
        capture.records += 1;
        capture.push(stream, What::Record(record));
        let clock = capture.clocks[&stream].clone();
        capture.marks.insert(event, (record, clock));
        if let Some(found) = self.events.get_mut(&event) {
            found.captured = true;
        }
        true
    }

    /// Takes a wait if its event or its stream captures; answers whether it did.
    pub(super) fn record_wait(&mut self, stream: u64, event: u64) -> Outcome<bool> {
        let call = "stream_wait";
        let captured = self.events.get(&event).is_some_and(|found| found.captured);
        let of_event = self.captures.iter().position(|capture| capture.marks.contains_key(&event));
        if let (true, Some(at)) = (captured, of_event) {
            let capture = &mut self.captures[at];
            let (record, clock) = capture.marks[&event].clone();
            let own = capture.clocks.entry(stream).or_default();
            for (stream, count) in clock {
                let seen = own.entry(stream).or_default();
                *seen = count.max(*seen);
            }
            capture.push(stream, What::Wait(record));
            return Ok(true);
        }
        if let Some(capture) = self.capture_of(stream) {
            capture.spoilt = true;
            return Err(DriverError { code: 905, call });
        }
        if captured { Err(DriverError { code: 907, call }) } else { Ok(false) }
    }

    /// Puts a graph on queues of its own, behind and before what is on `stream`.
    fn launch_graph(&mut self, exec: u64, nodes: Vec<Node>, stream: u64) {
        let event = |state: &mut Self| {
            let id = state.id();
            state.events.insert(id, EventState { recorded: 1, hidden: true, ..Default::default() });
            id
        };
        let begin = event(self);
        let own: BTreeSet<u64> = nodes.iter().map(|node| node.stream).collect();
        // Its queue, and what the races know it by.
        let queues: BTreeMap<u64, (u64, u64)> =
            own.into_iter().map(|of| (of, (self.id(), self.graph_lane(stream, of)))).collect();
        let mut records = BTreeMap::new();
        self.push(stream, stream, Work::Record { event: begin, version: 1 });
        for (queue, lane) in queues.values() {
            self.streams.insert(*queue, VecDeque::new());
            self.push(*queue, *lane, Work::Wait { event: begin, version: 1 });
            self.runs.insert(*queue, exec);
        }
        for node in nodes {
            let work = match node.what {
                What::Work(Work::Launch { function, args, .. }) => self.launch_of(function, args),
                What::Work(work) => work,
                What::Record(record) => {
                    let id = event(self);
                    records.insert(record, id);
                    Work::Record { event: id, version: 1 }
                }
                What::Wait(record) => Work::Wait { event: records[&record], version: 1 },
            };
            let (queue, lane) = queues[&node.stream];
            self.push(queue, lane, work);
        }
        for (queue, lane) in queues.values() {
            let end = event(self);
            self.push(*queue, *lane, Work::Record { event: end, version: 1 });
            self.push(stream, stream, Work::Wait { event: end, version: 1 });
        }
    }

    /// What the races know a captured stream by, of graphs that are launched on a stream: one runs after
    /// the other there.
    fn graph_lane(&mut self, stream: u64, captured: u64) -> u64 {
        let new = self.id();
        *self.graph_lanes.entry((stream, captured)).or_insert(new)
    }
}

impl MockDriver {
    /// Captures under way, graphs, and executable graphs that exist now.
    #[must_use]
    pub fn live_graphs(&self) -> (usize, usize, usize) {
        let state = self.lock();
        (state.captures.len(), state.graphs.len(), state.execs.len())
    }
}

// SAFETY: memory is allocated as asked for and kept until it is freed; queues run in order.
unsafe impl GraphDriver for MockDriver {
    unsafe fn capture_begin(&self, stream: RawStream) -> Outcome {
        let mut state = self.on_stream("capture_begin", stream, 0)?;
        if let Some(capture) = state.capture_of(stream.0) {
            capture.spoilt = true;
            return Err(DriverError { code: 901, call: "capture_begin" });
        }
        state.captures.push(Capture {
            origin: stream.0,
            thread: std::thread::current().id(),
            nodes: Vec::new(),
            clocks: BTreeMap::from([(stream.0, Clock::new())]),
            marks: BTreeMap::new(),
            records: 0,
            spoilt: false,
        });
        Ok(())
    }

    unsafe fn capture_end(&self, stream: RawStream) -> Outcome<RawGraph> {
        let mut state = match self.on_stream("capture_end", stream, 0) {
            Ok(state) => state,
            Err(error) => {
                self.lock().captures.retain(|capture| capture.origin != stream.0);
                return Err(error); // failed as it was told to, and has ended all the same
            }
        };
        let refused = |code| Err(DriverError { code, call: "capture_end" });
        let found = state.captures.iter().position(|capture| capture.origin == stream.0);
        let Some(at) = found else { return refused(1) };
        if state.captures[at].thread != std::thread::current().id() {
            state.captures[at].spoilt = true;
            return refused(908);
        }
        let capture = state.captures.remove(at);
        if capture.spoilt {
            return refused(901);
        }
        if !capture.joined() {
            return refused(904);
        }
        let id = state.id();
        state.graphs.insert(id, capture.nodes);
        Ok(RawGraph(id))
    }

    unsafe fn graph_destroy(&self, graph: RawGraph) -> Outcome {
        let mut state = self.call("graph_destroy", 0, graph.0, true)?;
        if state.graphs.remove(&graph.0).is_none() {
            state.violation("a graph was destroyed twice".to_owned());
        }
        Ok(())
    }

    unsafe fn graph_instantiate(&self, graph: RawGraph) -> Outcome<RawGraphExec> {
        let mut state = self.call("graph_instantiate", 0, graph.0, true)?;
        let Some(nodes) = state.graphs.get(&graph.0).cloned() else {
            state.violation("a graph that does not exist was instantiated".to_owned());
            return Err(DriverError { code: 400, call: "graph_instantiate" });
        };
        let id = state.id();
        state.execs.insert(id, nodes);
        Ok(RawGraphExec(id))
    }

    unsafe fn graph_update(&self, exec: RawGraphExec, from: RawGraph) -> Outcome<bool> {
        let mut state = self.call("graph_update", 0, exec.0, true)?;
        if state.runs.values().any(|running| *running == exec.0) {
            state.violation("a graph was updated while it ran".to_owned());
        }
        let new = state.graphs.get(&from.0).cloned().unwrap_or_default();
        let old = state.execs.get(&exec.0).cloned().unwrap_or_default();
        let fits = old.len() == new.len() && old.iter().zip(&new).all(|(old, new)| old.fits(new));
        if fits {
            state.execs.insert(exec.0, new);
        }
        Ok(fits)
    }

    unsafe fn graph_launch(&self, exec: RawGraphExec, stream: RawStream) -> Outcome {
        let mut state = self.on_stream("graph_launch", stream, exec.0)?;
        let Some(nodes) = state.execs.get(&exec.0).cloned() else {
            state.violation("a graph that does not exist was launched".to_owned());
            return Err(DriverError { code: 400, call: "graph_launch" });
        };
        if state.runs.values().any(|running| *running == exec.0) {
            state.violation("a graph was launched while it ran".to_owned());
        }
        state.launch_graph(exec.0, nodes, stream.0);
        Ok(())
    }

    unsafe fn graph_exec_destroy(&self, exec: RawGraphExec) -> Outcome {
        let mut state = self.call("graph_exec_destroy", 0, exec.0, true)?;
        if state.runs.values().any(|running| *running == exec.0) && state.sticky.is_none() {
            state.violation("a graph was destroyed while it ran".to_owned());
        }
        if state.execs.remove(&exec.0).is_none() {
            state.violation("an executable graph was destroyed twice".to_owned());
        }
        Ok(())
    }
}
