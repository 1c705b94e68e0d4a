//! The width of counts: bytes while they suffice, 16 bits from then on.
//!
//! Counts are bytes until a class may come to hold more than 255 neighbours of one vertex. Then the
//! search starts again with wider ones where it is; its tabu entries are forgotten. That is the same
//! for every tabu search, so it is here, around [`Counted`].

use crate::tabu_state::TabuState;
use prism_core::memory::OutOfMemory;
use prism_core::search::{Elite, FixedK, Mismatch, Saved, Step};
use std::sync::atomic::{AtomicBool, Ordering};

/// A search with one width of counts.
pub(crate) trait Counted: Send {
    /// The same search with 8 and with 16 bits a count.
    type Narrow: Counted;
    type Wide: Counted;

    /// Counters of its state.
    const COUNTERS: usize;

    /// Whether its colourings may be partial.
    const PARTIAL: bool;

    fn state(&self) -> &TabuState;

    /// One move. Returns false, having done nothing, if it would make a class larger than
    /// [`TabuState::largest_class`].
    fn step(&mut self) -> bool;

    /// The search with other counts and nothing in them: to be loaded or restored.
    fn narrow(&self) -> Result<Self::Narrow, OutOfMemory>;
    fn wide(&self) -> Result<Self::Wide, OutOfMemory>;

    /// The search with wider counts, where this one is.
    fn widened(&self) -> Result<Self::Wide, OutOfMemory>;

    /// Its state; what that does not hold is forgotten.
    fn save(&mut self) -> Saved;

    /// Goes on from a state that fits, and whose classes are not too large for the counts.
    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch>;
}

/// What ended a slice of moves.
enum Pause {
    Step(Step),
    /// A class would become too large for the counts.
    Crowded,
}

fn run(search: &mut impl Counted, moves: u64, stop: &AtomicBool) -> Pause {
    for _ in 0..moves {
        if search.state().fewest == 0 {
            return Pause::Step(Step::Solved);
        }
        if stop.load(Ordering::Relaxed) {
            return Pause::Step(Step::Stopped);
        }
        if !search.step() {
            return Pause::Crowded;
        }
    }
    Pause::Step(if search.state().fewest == 0 { Step::Solved } else { Step::OutOfMoves })
}

/// A search with byte counts, or what it has become.
#[derive(Clone, Debug)]
pub(crate) enum Width<S: Counted> {
    Bytes(S),
    Words(S::Wide),
}

impl<S: Counted> Width<S> {
    pub(crate) fn state(&self) -> &TabuState {
        match self {
            Self::Bytes(search) => search.state(),
            Self::Words(search) => search.state(),
        }
    }

    /// Whether a state is one of this search, and then whether its counts are wide.
    pub(crate) fn check(&self, saved: &Saved) -> Result<bool, Mismatch> {
        self.state().check(saved, S::COUNTERS + 1, S::PARTIAL)?;
        let width = saved.counters[S::COUNTERS];
        let fits = width == 1 || !self.state().is_crowded(&saved.individuals[0]);
        Mismatch::unless(width <= 1 && fits, "the width of counts")?;
        Ok(width == 1)
    }
}

impl<S: Counted> FixedK for Width<S>
where
    S::Wide: Counted<Narrow = S>,
{
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        let before = self.moves();
        let pause = match self {
            Self::Bytes(search) => run(search, moves, stop),
            Self::Words(search) => run(search, moves, stop),
        };
        match (pause, &*self) {
            (Pause::Step(step), _) => step,
            (Pause::Crowded, Self::Bytes(search)) => {
                let Ok(wide) = search.widened() else { return Step::OutOfMemory };
                *self = Self::Words(wide);
                self.run(moves - (self.moves() - before), stop)
            }
            (Pause::Crowded, Self::Words(_)) => unreachable!("only byte counts can be crowded"),
        }
    }

    fn best(&self) -> Elite {
        self.state().elite()
    }

    fn conflicts(&self) -> u64 {
        self.state().fewest
    }

    fn moves(&self) -> u64 {
        self.state().moves
    }

    /// The last counter is the width: 0 for bytes. Moves depend on it, since bytes may come to widen.
    fn save(&mut self) -> Saved {
        let (mut saved, is_wide) = match self {
            Self::Bytes(search) => (search.save(), 0),
            Self::Words(search) => (search.save(), 1),
        };
        saved.counters.push(is_wide);
        saved
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        let is_wide = self.check(saved)?;
        match (&mut *self, is_wide) {
            (Self::Bytes(search), false) => search.restore(saved),
            (Self::Words(search), true) => search.restore(saved),
            (Self::Bytes(search), true) => {
                let mut wide = search.wide()?;
                wide.restore(saved)?;
                *self = Self::Words(wide);
                Ok(())
            }
            (Self::Words(search), false) => {
                let mut narrow = search.narrow()?;
                narrow.restore(saved)?;
                *self = Self::Bytes(narrow);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
