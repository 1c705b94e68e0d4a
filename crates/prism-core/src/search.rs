//! What a search at a fixed number of colours is, wherever it runs: the trait [`FixedK`].
//!
//! A search owns its state, works in slices of moves, and never looks at a clock: whoever drives it
//! decides how many moves a slice is, so that a seed and a number of moves decide the result. What
//! searches hand each other, and keep, are plain values with serde: an [`Elite`] travels between
//! threads, devices and processes, and a [`Saved`] search is a file of a checkpoint.

mod elite;
mod saved;
mod watch;

pub use elite::{Elite, UNCOLORED, completed};
pub use saved::{Mismatch, Saved, Shape, place, split_counters};
pub use watch::{Pipeline, Sample, TimedStep, Watch, Watcher};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Why [`FixedK::run`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// [`FixedK::best`] is a proper colouring.
    Solved,
    /// The moves of this call are used up.
    OutOfMoves,
    /// The stop flag was raised.
    Stopped,
    /// The search can make no more moves: [`FixedK::failure`] says why. Its best is still good.
    Failed,
    /// The search needs larger tables to go on, and there is too little memory for them. Its best is
    /// still good.
    OutOfMemory,
}

/// A search for a proper colouring of one graph with one number of colours.
///
/// Slices decide nothing: a search that is run for 500 moves and 500 more has done what one that is run
/// for 1000 has.
pub trait FixedK: Send {
    /// Makes up to `moves` further moves, rounded up to the smallest step of the search: a pair of
    /// moves, or a pass over the vertices. Looks at `stop` often enough to come back within
    /// milliseconds. A solved search returns [`Step::Solved`] at once.
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step;

    /// The best individual so far. It is copied: between slices, not between moves.
    fn best(&self) -> Elite;

    /// The conflicts of [`FixedK::best`], without a copy.
    fn conflicts(&self) -> u64;

    /// Moves made since the search was built, by all individuals it works on: a move is a vertex that
    /// is recoloured, or a proposal of annealing.
    fn moves(&self) -> u64;

    /// Takes in an individual of another search, of any engine, of the same graph and k. Searches that
    /// neither recombine nor restart ignore it, and all ignore one with other numbers of vertices or
    /// colours.
    fn offer(&mut self, _elite: &Elite) {}

    /// The state of the search. The search forgets what a state does not hold, such as tabu entries and
    /// the order of lists, so that it and one that is restored make the same moves from here on.
    fn save(&mut self) -> Saved;

    /// Goes on from a state that a search of the same engine, graph, k and parameters saved, whatever
    /// its seed.
    ///
    /// # Errors
    /// If the state does not fit, and then the search is as it was. What cannot be told from a state of
    /// this search is taken for one: another engine, or a graph in which the best has as many conflicts.
    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch>;

    /// From now on tells `watcher` now and then how the search stands, and once at this moment, if it has more to
    /// tell than its moves and its conflicts. The search goes the same way as without.
    fn watch(&mut self, _watcher: &Arc<dyn Watcher>) {}

    /// Why the search failed, after [`Step::Failed`].
    fn failure(&self) -> Option<String> {
        None
    }
}

/// [`FixedK::run`] of a search that moves in small steps: one after the other until it is solved, the moves
/// are used up, or `stop` is raised.
pub fn run_in_steps<S: FixedK>(
    search: &mut S,
    moves: u64,
    stop: &AtomicBool,
    mut step: impl FnMut(&mut S),
) -> Step {
    let end = search.moves().saturating_add(moves);
    loop {
        if search.conflicts() == 0 {
            return Step::Solved;
        }
        if search.moves() >= end {
            return Step::OutOfMoves;
        }
        if stop.load(Ordering::Relaxed) {
            return Step::Stopped;
        }
        step(search);
    }
}
