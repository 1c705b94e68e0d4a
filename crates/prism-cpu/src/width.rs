//! The width of counts: bytes while they suffice, 16 bits from then on.
//!
//! Counts are bytes until a class may come to hold more than 255 neighbours of one vertex. Then the
//! search starts again with wider ones where it is; its tabu entries are forgotten. That is the same
//! for every tabu search, so it is here, around [`Counted`].

use crate::adjacency::Adjacency;
use crate::neighbor_counts::Count;
use prism_core::Color;
use prism_core::search::{Elite, FixedK, Step};
use std::sync::atomic::{AtomicBool, Ordering};

/// The largest class that byte counts are safe with, unless no degree is larger.
const BYTE_CLASS: u32 = u8::MAX as u32;

/// The size that no class may come to exceed while counts are of type `C`.
pub(crate) fn largest_class<C: Count>(adjacency: &Adjacency) -> u32 {
    let bytes = C::bytes(&[]).is_some();
    if bytes && adjacency.max_degree() > BYTE_CLASS as usize { BYTE_CLASS } else { u32::MAX }
}

/// A search with one width of counts.
pub(crate) trait Counted {
    /// The same search with 16 bits a count.
    type Wide: Counted;

    /// One move. Returns false, having done nothing, if it would make a class larger than
    /// [`largest_class`].
    fn step(&mut self) -> bool;

    /// Colours.
    fn k(&self) -> usize;

    /// The colours of [`FixedK::best`].
    fn best(&self) -> &[Color];

    /// Of the best, see [`FixedK::conflicts`].
    fn conflicts(&self) -> u64;

    /// See [`FixedK::moves`].
    fn moves(&self) -> u64;

    /// The search with wider counts, where this one is.
    fn widened(&self) -> Self::Wide;
}

/// What ended a slice of moves.
enum Pause {
    Step(Step),
    /// A class would become too large for the counts.
    Crowded,
}

fn run(search: &mut impl Counted, moves: u64, stop: &AtomicBool) -> Pause {
    for _ in 0..moves {
        if search.conflicts() == 0 {
            return Pause::Step(Step::Solved);
        }
        if stop.load(Ordering::Relaxed) {
            return Pause::Step(Step::Stopped);
        }
        if !search.step() {
            return Pause::Crowded;
        }
    }
    Pause::Step(if search.conflicts() == 0 { Step::Solved } else { Step::OutOfMoves })
}

/// A search with byte counts, or what it has become.
#[derive(Clone, Debug)]
pub(crate) enum Width<S: Counted> {
    Bytes(S),
    Words(S::Wide),
}

impl<S: Counted> Width<S> {
    /// The colours of [`FixedK::best`].
    pub(crate) fn best_colors(&self) -> &[Color] {
        match self {
            Self::Bytes(search) => search.best(),
            Self::Words(search) => search.best(),
        }
    }

    fn k(&self) -> usize {
        match self {
            Self::Bytes(search) => search.k(),
            Self::Words(search) => search.k(),
        }
    }
}

impl<S: Counted + Send> FixedK for Width<S>
where
    S::Wide: Send,
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
                *self = Self::Words(search.widened());
                self.run(moves - (self.moves() - before), stop)
            }
            (Pause::Crowded, Self::Words(_)) => unreachable!("only byte counts can be crowded"),
        }
    }

    fn best(&self) -> Elite {
        Elite { k: self.k(), colors: self.best_colors().to_vec(), conflicts: self.conflicts() }
    }

    fn conflicts(&self) -> u64 {
        match self {
            Self::Bytes(search) => search.conflicts(),
            Self::Words(search) => search.conflicts(),
        }
    }

    fn moves(&self) -> u64 {
        match self {
            Self::Bytes(search) => search.moves(),
            Self::Words(search) => search.moves(),
        }
    }
}
