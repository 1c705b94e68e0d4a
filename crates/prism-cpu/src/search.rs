//! The one shape that every search at a fixed number of colours has.
//!
//! A search owns its state, works in slices of moves, and never looks at a clock: whoever drives it
//! decides how many moves a slice is, so that a seed and a number of moves decide the result.

use prism_core::Color;
use std::sync::atomic::AtomicBool;

/// The colour of a vertex that has none in a partial colouring.
pub const UNCOLORED: Color = Color::MAX;

/// Why [`FixedK::run`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// [`FixedK::best`] is a proper colouring.
    Solved,
    /// The moves of this call are used up.
    OutOfMoves,
    /// The stop flag was raised.
    Stopped,
}

/// A search for a proper colouring of one graph with one number of colours.
pub trait FixedK: Send {
    /// Makes up to `moves` further moves, rounded up to the smallest step of the search: a pair of
    /// moves, or a pass over the vertices. Looks at `stop` often enough to come back within
    /// milliseconds. A solved search returns [`Step::Solved`] at once.
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step;

    /// The best assignment so far: one entry a vertex, each below k or [`UNCOLORED`].
    fn best(&self) -> &[Color];

    /// What is wrong with [`FixedK::best`]: conflicting edges, or uncoloured vertices for searches
    /// over partial colourings. 0 exactly when it is proper.
    fn conflicts(&self) -> u64;

    /// Moves made since the search was built.
    fn moves(&self) -> u64;

    /// Takes in the best assignment of another search of the same kind, one colour below k for each
    /// vertex. Searches that do not recombine ignore it.
    fn immigrate(&mut self, _migrant: &[Color]) {}
}
