//! Fewer and fewer colours, with sizes as asked for.
//!
//! In each round the solver without sizes has its turn, where fewer colours at all are what is missing, and
//! then the searches for each number of colours that is tried: mostly the one below the best, and less and
//! less the next ones, since an equitable colouring may exist with fewer colours only. Rounds grow while
//! nothing is found. On small graphs exhaustive search goes through the numbers of colours from the lower
//! bound up, and may leave out some before it comes to one that it cannot settle.

use super::Missing;
use super::classes::{count, split, squeeze};
use super::first;
use super::plain::Plain;
use super::searches::{Bench, Starts, Turn};
use super::state::State;
use crate::exhaustion::{EXACT_VERTICES, EXACT_WORK, EXACT_WORK_PER_MOVE};
use crate::ledger::CORES;
use crate::{Goal, Proof, Status, memory};
use prism_core::memory::Room;
use prism_core::{Color, Graph};
use prism_cpu::exact::{Answer, MAX_EXACT_COLORS, decide_sizes};
use std::collections::{BTreeMap, BTreeSet};

/// Moves of the first turn for one number of colours, each thread.
const FIRST_UNIT: u64 = 50_000;

/// Every further round is longer by half.
const GROWTH: (u64, u64) = (3, 2);

/// Numbers of colours that are tried at a time; each has half of the moves of the one before.
const TRIED: usize = 3;

/// The part of the turn of the solver without sizes where other colourings than its have fewer colours.
const GLANCE: u64 = 8;

/// The search.
pub(super) struct Fewer<'g> {
    graph: &'g Graph<'g>,
    benches: BTreeMap<usize, Bench<'g>>,
    /// Numbers of colours with which there is no colouring.
    refuted: BTreeSet<usize>,
    /// The classes of the solver without sizes.
    plain: Vec<Color>,
    /// The work that exhaustive search may do the next time.
    exact_work: u64,
    /// Moves of the next turn, all threads together.
    unit: u64,
}

impl<'g> Fewer<'g> {
    pub fn new(graph: &'g Graph<'g>) -> Self {
        let (benches, refuted) = (BTreeMap::new(), BTreeSet::new());
        Self { graph, benches, refuted, plain: Vec::new(), exact_work: EXACT_WORK, unit: 0 }
    }

    /// Searches until there is a reason to end.
    pub fn run(mut self, state: &mut State<'_>, plain: &mut Plain<'_>) -> Result<Status, Missing> {
        let first = FIRST_UNIT.saturating_mul(state.threads as u64);
        self.unit = first;
        self.hear(state, plain);
        loop {
            self.conclude(state)?;
            if let Some(status) = state.reached() {
                return Ok(status);
            }
            // What the moves have earned it does, also when they are used up.
            if self.is_exhaustion_due(state) {
                self.exhaust(state, self.exact_work);
                continue;
            }
            if let Some(status) = state.out_of_limits() {
                return if state.best.is_some() { Ok(status) } else { Err(Missing::Open(status)) };
            }
            let (before, best, refuted) = (state.ledger.moves, state.best_k(), self.refuted.len());
            self.step_plain(state, plain);
            self.search(state);
            if state.best_k() != best {
                self.unit = first;
                continue;
            }
            self.unit = self.unit.saturating_mul(GROWTH.0) / GROWTH.1;
            if state.ledger.moves == before
                && self.refuted.len() == refuted
                && state.out_of_limits().is_none()
            {
                // Nothing is left that could search; what is left is to try everything.
                self.exhaust(state, state.moves_left().saturating_mul(EXACT_WORK_PER_MOVE));
                self.conclude(state)?;
                if state.best_k() == best && self.refuted.len() == refuted {
                    let status = state.reached().or_else(|| state.out_of_limits());
                    let status = status.unwrap_or(Status::EffortSpent);
                    return match state.best {
                        Some(_) => Ok(status),
                        None => Err(Missing::Open(status)),
                    };
                }
            }
        }
    }

    /// Takes over what the solver without sizes has found.
    fn hear(&mut self, state: &State<'_>, plain: &Plain<'_>) {
        if let Some(coloring) = plain.best() {
            self.plain = state.names.classes(&coloring);
        }
    }

    /// What follows from the numbers of colours that are refuted.
    fn conclude(&mut self, state: &mut State<'_>) -> Result<(), Missing> {
        state.check_exact()?;
        if state.exact.is_some_and(|exact| self.refuted.contains(&exact)) {
            return Err(Missing::Impossible);
        }
        let most = state.best_k().unwrap_or(state.n + 1);
        let is_open = |k: &usize| !self.refuted.contains(k) && state.range(*k).is_some();
        let least = (state.lower_bound..most).find(is_open).unwrap_or(most);
        if state.exact.is_none() {
            if least > state.n {
                return Err(Missing::Impossible);
            }
            state.raise(least, Proof::Exhaustion.name());
        }
        Ok(())
    }

    /// A turn of the solver without sizes, if fewer colours or a better bound could come of it.
    fn step_plain(&mut self, state: &mut State<'_>, plain: &mut Plain<'_>) {
        let k = count(&self.plain);
        if !plain.is_running() || k <= state.lower_bound {
            return;
        }
        let is_ahead = state.best_k().is_some_and(|best| best > k);
        let moves = if is_ahead { self.unit / GLANCE } else { self.unit };
        plain.step(moves.min(state.moves_left()), state);
        self.hear(state, plain);
        if count(&self.plain) < k && state.out_of_limits().is_none() {
            first::make(state, self.graph, plain);
            let fewer = count(&self.plain);
            self.benches.retain(|&k, bench| k < fewer || bench.has_proper());
        }
    }

    /// A turn for each number of colours that is tried.
    fn search(&mut self, state: &mut State<'_>) {
        let best = state.best_k();
        let mut unit = self.unit;
        for k in self.tried(state) {
            if state.best_k() != best || state.out_of_limits().is_some() {
                break;
            }
            let Some(range) = state.range(k) else { continue };
            if !self.benches.contains_key(&k) {
                let starts = self.starts(state, k);
                let bench = Bench::new(self.graph, state.sizing(k, range), starts);
                self.benches.insert(k, bench);
            }
            let Some(bench) = self.benches.get_mut(&k) else { continue };
            match bench.turn(unit, state) {
                Turn::Found(classes, engine) => {
                    state.adopt(self.graph, &classes, engine, CORES);
                }
                Turn::Impossible => _ = self.refuted.insert(k),
                Turn::Open => {}
            }
            unit = (unit / 2).max(1);
        }
        let best = state.best_k().unwrap_or(usize::MAX);
        self.benches.retain(|&k, _| k < best);
    }

    /// The numbers of colours that are tried next.
    fn tried(&self, state: &State<'_>) -> Vec<usize> {
        let is_open = |k: &usize| !self.refuted.contains(k) && state.range(*k).is_some();
        match (state.exact, state.best_k()) {
            (Some(exact), _) => vec![exact],
            (None, Some(best)) => {
                (state.lower_bound..best).rev().filter(is_open).take(TRIED).collect()
            }
            // Nothing is known to be possible: from what can be evened up.
            (None, None) => {
                let least = state.lower_bound.max(count(&self.plain));
                let rounds = self.benches.len();
                (least..=state.n).filter(is_open).skip(rounds / TRIED).take(TRIED).collect()
            }
        }
    }

    /// Where the searches with `k` classes start.
    fn starts(&self, state: &State<'_>, k: usize) -> Starts {
        let Some(range) = state.range(k) else { return Starts::default() };
        let sizing = state.sizing(k, range);
        let proper = split(&self.plain, state.names.given(), k);
        let other = match &state.best {
            Some(best) => state.names.classes(best),
            None => self.plain.clone(),
        };
        Starts { proper, other: Some(squeeze(self.graph, &other, &sizing)) }
    }

    /// Whether exhaustive search is due.
    fn is_exhaustion_due(&self, state: &State<'_>) -> bool {
        let earned = state.ledger.moves.saturating_mul(EXACT_WORK_PER_MOVE);
        self.graph.n() <= EXACT_VERTICES
            && !state.alarm.is_raised()
            && earned >= self.exact_work - EXACT_WORK
            && Room::now().holds(memory::exhaustion(self.graph))
    }

    /// Exhaustive search for each number of colours from the lower bound up, at most so much work.
    fn exhaust(&mut self, state: &mut State<'_>, work: u64) {
        self.exact_work = self.exact_work.saturating_mul(2);
        let best = state.best_k().unwrap_or(state.n + 1);
        let most = match state.goal {
            Goal::Minimize => best,
            Goal::Colors(target) => best.min(target.saturating_add(1)),
        };
        let open: Vec<usize> = match state.exact {
            Some(exact) => vec![exact],
            None => (state.lower_bound..most).filter(|k| !self.refuted.contains(k)).collect(),
        };
        let alarm = state.alarm.clone();
        let mut left = work;
        for k in open.into_iter().take_while(|&k| k <= MAX_EXACT_COLORS) {
            let Some(range) = state.range(k) else { continue };
            let stop = alarm.interrupt();
            let (answer, spent) = decide_sizes(self.graph, &state.sizing(k, range), left, stop);
            left = left.saturating_sub(spent);
            match answer {
                Answer::Infeasible => _ = self.refuted.insert(k),
                Answer::Colorable(found) => {
                    state.adopt(self.graph, found.colors(), Proof::Exhaustion.name(), CORES);
                    return;
                }
                Answer::Unknown => return,
            }
        }
    }
}
