//! Exhaustive search for the lower bound, in turns beside the searches.

use crate::incumbent::{Incumbent, Limits};
use crate::ledger::CORES;
use crate::memory;
use crate::stop::Alarm;
use crate::{Goal, Proof};
use prism_core::memory::Room;
use prism_cpu::exact::raise_lower_bound;

/// Work of the first exhaustive search: hundredths of a second. Each later one may do twice as much.
pub(crate) const EXACT_WORK: u64 = 4_000_000;

/// Work of exhaustive search for each move, so that it takes about a tenth of the time.
pub(crate) const EXACT_WORK_PER_MOVE: u64 = 20;

/// The same where one colour is missing to the proof, a time limit is to be used, and the graph is so
/// small that the proof is likely to be found: three quarters of the time.
const EXACT_WORK_PER_MOVE_SMALL: u64 = 450;

/// What the next search there may do, in terms of the last one: much more at first, so that little is
/// done twice, up to seconds.
const GROWTH_SMALL: [u64; 2] = [16, 4];

/// Work of seconds: a billion is 2.5 of them.
const SECONDS_OF_WORK: u64 = 1_000_000_000;

/// The largest graph that this holds for.
const EXACT_SMALL: usize = 100;

/// The gap between bound and colouring that exhaustive search is likely to close. Where it is
/// wider, it has one chance, ...
const EXACT_GAP: usize = 3;

/// ... with this much work.
const EXACT_WORK_FAR: u64 = 40_000_000;

/// The largest graph that exhaustive search is tried on.
pub(crate) const EXACT_VERTICES: usize = 1 << 16;

/// When exhaustive search is due, and how long it lasts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exhaustion {
    pub goal: Goal,
    pub limits: Limits,
    /// The work that it might do the last time, and may do the next time.
    last: u64,
    work: u64,
}

impl Exhaustion {
    pub fn new(goal: Goal, limits: Limits) -> Self {
        Self { goal, limits, last: 0, work: EXACT_WORK }
    }

    /// The work that it may do the next time.
    pub fn work(&self) -> u64 {
        self.work
    }

    /// The same where another run was.
    pub fn take_over(&mut self, work: u64) {
        (self.last, self.work) = (work / GROWTH_SMALL[1], work.max(EXACT_WORK));
    }

    /// Whether it is due.
    pub fn is_due(&self, incumbent: &Incumbent<'_>) -> bool {
        let gap = incumbent.decisive_bound(self.goal).saturating_sub(incumbent.lower_bound());
        let small = self.seeks_proof(incumbent);
        let rate = if small { EXACT_WORK_PER_MOVE_SMALL } else { EXACT_WORK_PER_MOVE };
        let earned = incumbent.ledger.moves.saturating_mul(rate);
        let affordable = match gap {
            0 => false,
            // Even with what was tried, not with what is to be: a proof is more likely than a colouring.
            _ if small => earned >= self.last,
            1..=EXACT_GAP => earned >= self.work - EXACT_WORK,
            _ => earned >= EXACT_WORK_FAR && self.work <= EXACT_WORK_FAR,
        };
        let graph = incumbent.problem.graph();
        affordable && graph.n() <= EXACT_VERTICES && Room::now().holds(memory::exhaustion(graph))
    }

    /// Whether a proof is what is left to be found in the time that there is.
    fn seeks_proof(&self, incumbent: &Incumbent<'_>) -> bool {
        self.limits.time.is_some()
            && self.limits.moves.is_none()
            && self.goal == Goal::Minimize
            && incumbent.best_k() == Some(incumbent.lower_bound() + 1)
            && incumbent.problem.graph().n() <= EXACT_SMALL
    }

    /// Searches. Says whether it found a better colouring.
    pub fn run(&mut self, incumbent: &mut Incumbent<'_>, alarm: &Alarm) -> bool {
        let (least, most) = (incumbent.lower_bound(), incumbent.decisive_bound(self.goal));
        let work = match most - least {
            ..=EXACT_GAP => self.work,
            _ => EXACT_WORK_FAR,
        };
        let growth = match self.seeks_proof(incumbent) {
            false => 2,
            true => GROWTH_SMALL[usize::from(work >= SECONDS_OF_WORK)],
        };
        (self.last, self.work) = (work, work.saturating_mul(growth));
        alarm.rearm();
        let (graph, stop) = (incumbent.problem.graph(), alarm.interrupt());
        let (proved, coloring) = raise_lower_bound(graph, least, most, work, stop);
        incumbent.raise_lower_bound(proved, Proof::Exhaustion);
        coloring.is_some_and(|coloring| incumbent.adopt(coloring, Proof::Exhaustion.name(), CORES))
    }
}
