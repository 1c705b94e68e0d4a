//! Balance: with the number of colours that was found, the largest class as small as possible, and then the
//! variance of the sizes.
//!
//! The best colouring is evened by Kempe chains first. While it is not proved that nothing is to be
//! gained, searches then look for sizes within narrower ranges: as even as the number of vertices allows, a
//! smaller largest class, a larger smallest class. What they find is evened again. With two colours,
//! evening is exact. Otherwise bounds follow from how large the class of each vertex can be, and on small
//! graphs exhaustive search rules out ranges until the largest class and the ratio are proved best.

use super::SizeBounds;
use super::first;
use super::searches::{Bench, EVENING, Starts, Turn};
use super::state::State;
use crate::exhaustion::{EXACT_VERTICES, EXACT_WORK, EXACT_WORK_PER_MOVE};
use crate::ledger::CORES;
use crate::{Proof, Status, memory};
use prism_core::memory::Room;
use prism_core::search::Step;
use prism_core::{ClassSizes, Color, Graph, Rng, SizeRange};
use prism_cpu::exact::{Answer, MAX_EXACT_COLORS, decide_sizes};
use prism_cpu::sized::SizedSearch;
use prism_cpu::sized::capacities::extremes;
use prism_cpu::sized::evening::Evening;
use std::collections::{BTreeMap, BTreeSet};

/// Moves of the first turn for one range, each thread.
const FIRST_UNIT: u64 = 50_000;

/// Every further round is longer by half.
const GROWTH: (u64, u64) = (3, 2);

/// Moves of one evening: a few for each vertex, and this many.
const EVEN: u64 = 10_000;

/// Balances the best colouring. Gives the limit that ended it, or nothing if there is no more to be had.
pub(super) fn balance(state: &mut State<'_>, graph: &Graph<'_>) -> Option<Status> {
    let k = state.best_k().filter(|&k| k > 0)?;
    let (smallest, largest) = extremes(&state.capacities, k);
    let bounds = SizeBounds::of(state.n, k).between(smallest, largest);
    let (benches, refuted) = (BTreeMap::new(), BTreeSet::new());
    let mut balance =
        Balance { graph, k, smallest, bounds, benches, refuted, exact_work: EXACT_WORK };
    let ended = balance.run(state);
    state.evenness = Some(balance.bounds);
    ended
}

struct Balance<'g> {
    graph: &'g Graph<'g>,
    k: usize,
    /// No smallest class has more vertices.
    smallest: usize,
    bounds: SizeBounds,
    benches: BTreeMap<SizeRange, Bench<'g>>,
    /// Ranges that no colouring keeps to.
    refuted: BTreeSet<SizeRange>,
    /// The work that exhaustive search may do the next time.
    exact_work: u64,
}

impl Balance<'_> {
    fn run(&mut self, state: &mut State<'_>) -> Option<Status> {
        self.even(state);
        let sizes = self.sizes(state)?;
        if sizes.largest.size > sizes.smallest.size + 1 && self.k > self.graph.max_degree() {
            let classes = self.classes(state);
            first::last_resort(state, self.graph, &classes, self.k);
        }
        let first = FIRST_UNIT.saturating_mul(state.threads as u64);
        let mut unit = first;
        loop {
            let sizes = self.sizes(state)?;
            let is_even = sizes.largest.size <= sizes.smallest.size + 1;
            if is_even || self.is_proved(sizes) {
                return None;
            }
            // What the moves have earned it does, also when they are used up.
            if self.is_exhaustion_due(state) {
                self.exhaust(state, sizes);
                continue;
            }
            if let Some(limit) = state.out_of_limits() {
                return Some(limit);
            }
            let before = state.ledger.moves;
            self.search(state, sizes, unit);
            if state.ledger.moves == before {
                // No range is left to be searched.
                return state.out_of_limits();
            }
            let gained = self.sizes(state)?.imbalance() < sizes.imbalance();
            unit = if gained { first } else { unit.saturating_mul(GROWTH.0) / GROWTH.1 };
        }
    }

    /// The sizes of the best colouring.
    fn sizes(&self, state: &State<'_>) -> Option<ClassSizes> {
        ClassSizes::of(state.best.as_ref()?)
    }

    fn classes(&self, state: &State<'_>) -> Vec<Color> {
        state.best.as_ref().map(|best| state.names.classes(best)).unwrap_or_default()
    }

    /// Whether no colouring keeps to a range.
    fn is_refuted(&self, range: SizeRange) -> bool {
        let within = |other: &SizeRange| other.least <= range.least && range.most <= other.most;
        self.refuted.iter().any(within)
    }

    /// Whether neither the largest class nor the ratio can be better.
    fn is_proved(&self, sizes: ClassSizes) -> bool {
        sizes.largest.size <= self.bounds.largest && sizes.ratio() <= self.bounds.ratio
    }

    fn range(&self, state: &State<'_>, least: usize, most: usize) -> Option<SizeRange> {
        let range = SizeRange { least: least.max(1), most };
        range.holds(state.n, self.k).then_some(range)
    }

    /// Evens the best colouring by Kempe chains.
    fn even(&mut self, state: &mut State<'_>) {
        let sizing = state.sizing(self.k, SizeRange::even(state.n, self.k));
        let rng = Rng::new(state.seed, 1 << 16 | self.k as u64);
        let start = self.classes(state);
        if !Room::now().holds(Evening::memory(self.graph, self.k)) {
            return;
        }
        let Ok(mut evening) = Evening::new(self.graph, sizing, start, rng) else { return };
        let moves = (EVEN + 16 * state.n as u64).min(state.moves_left());
        let begun = state.ledger.seconds();
        let step = evening.run(moves, state.alarm.interrupt());
        state.ledger.moves += evening.moves();
        let solved = step == Step::Solved;
        state.ledger.book_made(EVENING, CORES, evening.moves(), begun, solved);
        state.adopt(self.graph, evening.best(), EVENING, CORES);
        if evening.is_sure()
            && matches!(step, Step::Solved | Step::Failed)
            && let Some(sizes) = self.sizes(state)
        {
            self.bounds = self.bounds.between(sizes.smallest.size, sizes.largest.size);
        }
    }

    /// A turn for each range that would be better.
    fn search(&mut self, state: &mut State<'_>, sizes: ClassSizes, unit: u64) {
        for range in self.wanted(state, sizes) {
            if state.out_of_limits().is_some() {
                return;
            }
            if !self.benches.contains_key(&range) {
                let starts = Starts { proper: Some(self.classes(state)), other: None };
                let bench = Bench::new(self.graph, state.sizing(self.k, range), starts);
                self.benches.insert(range, bench);
            }
            let Some(bench) = self.benches.get_mut(&range) else { continue };
            let gained = match bench.turn(unit, state) {
                Turn::Found(classes, engine) => state.adopt(self.graph, &classes, engine, CORES),
                Turn::Impossible => {
                    self.refuted.insert(range);
                    false
                }
                Turn::Open => {
                    let found: Vec<Vec<Color>> = bench.proper_ones().map(<[_]>::to_vec).collect();
                    let mut gained = false;
                    for found in found {
                        gained |= state.adopt(self.graph, &found, EVENING, CORES);
                    }
                    gained
                }
            };
            if gained {
                // The others start anew, from what was found.
                self.benches.clear();
                self.even(state);
                return;
            }
        }
    }

    /// Ranges that would be better than these sizes, the best one first.
    fn wanted(&self, state: &State<'_>, sizes: ClassSizes) -> Vec<SizeRange> {
        let (smallest, largest) = (sizes.smallest.size, sizes.largest.size);
        let even = SizeRange::even(state.n, self.k);
        let wanted = [(even.least, even.most), (1, largest - 1), (smallest + 1, largest)];
        let ranges = wanted.into_iter().filter_map(|(least, most)| self.range(state, least, most));
        let mut ranges: Vec<SizeRange> = ranges
            .filter(|range| range.least <= self.smallest && range.most >= self.bounds.largest)
            .filter(|range| !self.is_refuted(*range))
            .collect();
        ranges.dedup();
        ranges
    }

    /// Whether exhaustive search is due.
    fn is_exhaustion_due(&self, state: &State<'_>) -> bool {
        let earned = state.ledger.moves.saturating_mul(EXACT_WORK_PER_MOVE);
        self.graph.n() <= EXACT_VERTICES
            && !state.alarm.is_raised()
            && self.k <= MAX_EXACT_COLORS
            && earned >= self.exact_work - EXACT_WORK
            && Room::now().holds(memory::exhaustion(self.graph))
    }

    /// Rules out smaller largest classes, and then smaller ratios, with a limited amount of work.
    fn exhaust(&mut self, state: &mut State<'_>, sizes: ClassSizes) {
        let mut left = self.exact_work;
        self.exact_work = self.exact_work.saturating_mul(2);
        let largest = sizes.largest.size;
        if largest > self.bounds.largest
            && let Some(range) = self.range(state, 1, largest - 1)
        {
            match self.decide(state, range, &mut left) {
                Some(Answer::Infeasible) => self.bounds.largest = largest,
                Some(Answer::Colorable(_)) => return self.even(state),
                _ => return,
            }
        }
        // The ratio of the best of all colourings, whatever their largest class.
        let (mut most, mut least) = (largest, sizes.smallest.size);
        'smaller: loop {
            for lower in 1..=self.smallest.min(state.n / self.k) {
                // The largest size whose ratio to this one is smaller.
                let upper = (most * lower - 1) / least;
                let Some(range) = self.range(state, lower, upper) else { continue };
                match self.decide(state, range, &mut left) {
                    Some(Answer::Infeasible) => {}
                    Some(Answer::Colorable(found)) => {
                        let Some(sizes) = ClassSizes::of(&found) else { return };
                        (most, least) = (sizes.largest.size, sizes.smallest.size);
                        continue 'smaller;
                    }
                    _ => return,
                }
            }
            self.bounds.ratio = self.bounds.ratio.max(most as f64 / least as f64);
            break;
        }
        // A better ratio may come with a larger class only.
        if let Some(range) = self.range(state, sizes.smallest.size + 1, largest) {
            self.decide(state, range, &mut left);
        }
    }

    /// Whether there is a colouring with sizes in a range; it is taken if it is the best one so far.
    fn decide(
        &mut self,
        state: &mut State<'_>,
        range: SizeRange,
        left: &mut u64,
    ) -> Option<Answer> {
        if self.is_refuted(range) {
            return Some(Answer::Infeasible);
        }
        let alarm = state.alarm.clone();
        let sizing = state.sizing(self.k, range);
        let (answer, spent) = decide_sizes(self.graph, &sizing, *left, alarm.interrupt());
        *left = left.saturating_sub(spent);
        match &answer {
            Answer::Infeasible => _ = self.refuted.insert(range),
            Answer::Colorable(found) => {
                state.adopt(self.graph, found.colors(), Proof::Exhaustion.name(), CORES);
            }
            Answer::Unknown => {}
        }
        Some(answer)
    }
}
