//! Races that the mock notices: two pieces of work that touch the same memory, one of them to write it,
//! and neither of which has to end before the other begins.
//!
//! Whether one comes before the other follows from streams, events and what the host has seen, as a
//! clock of counts tells, one a stream; not from when they happened to run. So a missing edge is noticed
//! under every schedule, also where the bytes come out right. What the host itself reads and writes is
//! not seen, and what its threads agree on among themselves is taken for granted.

use std::collections::BTreeMap;
use std::ops::Range;

use super::device::State;

/// How much of each stream is known to come before.
pub(super) type Clock = BTreeMap<u64, u64>;

/// Which piece of work of which stream something is, and what comes before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Stamp {
    lane: u64,
    clock: Clock,
}

impl Stamp {
    /// Whether this comes after work number `count` of a lane.
    fn follows(&self, lane: u64, count: u64) -> bool {
        self.clock.get(&lane).is_some_and(|known| *known >= count)
    }

    /// Its own number.
    fn count(&self) -> u64 {
        self.clock.get(&self.lane).copied().unwrap_or(0)
    }
}

/// A range of a block that some work has touched.
#[derive(Clone, Debug)]
struct Access {
    range: Range<u64>,
    writes: bool,
    lane: u64,
    count: u64,
}

/// What is known of the order of things.
#[derive(Default)]
pub(super) struct Order {
    /// By stream, or by what a graph has on it in place of one.
    lanes: BTreeMap<u64, Clock>,
    /// What the host has seen the end of.
    host: Clock,
    /// The latest record of each event.
    events: BTreeMap<u64, Clock>,
    /// By block.
    accesses: BTreeMap<u64, Vec<Access>>,
    /// The work that runs.
    running: Option<Stamp>,
}

fn join(clock: &mut Clock, other: &Clock) {
    for (lane, count) in other {
        let known = clock.entry(*lane).or_default();
        *known = (*known).max(*count);
    }
}

impl Order {
    /// Some work is put on a lane, behind what is there and what the host has seen.
    pub(super) fn enqueue(&mut self, lane: u64) -> Stamp {
        let clock = self.lanes.entry(lane).or_default();
        join(clock, &self.host);
        *clock.entry(lane).or_default() += 1;
        Stamp { lane, clock: clock.clone() }
    }

    /// An event is recorded on a lane.
    pub(super) fn record(&mut self, lane: u64, event: u64) -> Stamp {
        let stamp = self.enqueue(lane);
        self.events.insert(event, stamp.clock.clone());
        stamp
    }

    /// A lane waits for an event.
    pub(super) fn wait(&mut self, lane: u64, event: u64) -> Stamp {
        if let Some(known) = self.events.get(&event) {
            join(self.lanes.entry(lane).or_default(), known);
        }
        self.enqueue(lane)
    }

    /// The host has seen the end of what an event stands for.
    pub(super) fn see_event(&mut self, event: u64) {
        if let Some(known) = self.events.get(&event) {
            join(&mut self.host, known);
        }
    }

    /// The host has seen the end of all that is on a lane.
    pub(super) fn see_lane(&mut self, lane: u64) {
        if let Some(known) = self.lanes.get(&lane) {
            join(&mut self.host, known);
        }
    }

    /// The host has seen the end of everything.
    pub(super) fn see_all(&mut self) {
        for known in self.lanes.values() {
            join(&mut self.host, known);
        }
    }

    /// Some work begins to run, or ends.
    pub(super) fn run(&mut self, stamp: Option<Stamp>) {
        self.running = stamp;
    }

    pub(super) fn forget_event(&mut self, event: u64) {
        self.events.remove(&event);
    }

    pub(super) fn forget_block(&mut self, block: u64) {
        self.accesses.remove(&block);
    }

    /// The work that runs touches part of a block; answers whether it races with what touched it before.
    fn touch(&mut self, block: u64, range: Range<u64>, writes: bool) -> bool {
        let Some(stamp) = &self.running else { return false };
        let accesses = self.accesses.entry(block).or_default();
        let mut races = false;
        accesses.retain(|old| {
            let overlaps = old.range.start < range.end && range.start < old.range.end;
            let ordered = stamp.follows(old.lane, old.count);
            races |= overlaps && !ordered && (writes || old.writes);
            // What comes after this and in conflict with the old one is in conflict with this as well.
            let within = range.start <= old.range.start && old.range.end <= range.end;
            !(within && ordered && (writes || !old.writes))
        });
        let (lane, count) = (stamp.lane, stamp.count());
        accesses.push(Access { range, writes, lane, count });
        races
    }
}

impl State {
    /// Takes note of what the work that runs reads or writes, in an allocation.
    pub(super) fn note_access(&mut self, at: u64, bytes: usize, writes: bool) {
        let Some((block, _)) = self.blocks.range(..=at).next_back() else { return };
        if bytes > 0 && self.order.touch(*block, at..at + bytes as u64, writes) {
            let what = if writes { "written" } else { "read" };
            self.violation(format!("{bytes} bytes were {what} in a race with other work"));
        }
    }
}
