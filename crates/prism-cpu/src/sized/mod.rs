//! Proper colourings whose classes have sizes within a range: equitable ones, bounded ones, balanced ones.
//!
//! * [`tabu`]: tabu search over assignments that may be improper and uneven on the way.
//! * [`evening`]: proper colourings are made more even by Kempe chains, pair by pair.
//! * [`hajnal_szemeredi`]: an equitable colouring with more colours than the largest degree, always.
//! * [`pairs`]: classes of at most two vertices, with as few colours as possible.
//! * [`capacities`]: how large the class of a vertex can be at most, and what follows from that.
//!
//! Exhaustive search is [`crate::exact::decide_sizes`]. What the two searches have in common is
//! [`SizedSearch`].

pub mod capacities;
mod chains;
mod classes;
pub mod evening;
pub mod hajnal_szemeredi;
pub mod pairs;
mod subset_sum;
pub mod tabu;

use prism_core::search::{Step, UNCOLORED};
use prism_core::{Color, SizeRange};
use std::sync::atomic::AtomicBool;

/// What is asked of a colouring with k classes: the colours `0..k`, of which some may be used by nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizing {
    /// Number of classes, at least 1.
    pub k: usize,
    /// The sizes that they may have.
    pub range: SizeRange,
    /// By vertex, the colour that is given, or [`UNCOLORED`]; empty if none is.
    pub given: Vec<Color>,
}

impl Sizing {
    /// Without given colours.
    #[must_use]
    pub fn new(k: usize, range: SizeRange) -> Self {
        Self { k, range, given: Vec::new() }
    }

    /// Whether the colour of `v` is given.
    #[must_use]
    pub fn is_given(&self, v: u32) -> bool {
        self.given.get(v as usize).is_some_and(|&color| color != UNCOLORED)
    }
}

/// A search for a proper colouring whose classes have sizes within a range.
///
/// Slices decide nothing, as with [`FixedK`](prism_core::search::FixedK).
pub trait SizedSearch: Send {
    /// Makes up to `moves` further moves, rounded up to the smallest step of the search. Looks at `stop`
    /// often enough to come back within milliseconds, or a pass over two classes. A solved search returns
    /// [`Step::Solved`] at once.
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step;

    /// The best colours so far, one a vertex.
    fn best(&self) -> &[Color];

    /// What is wrong with these: conflicting edges, and vertices that classes have too many or too few.
    fn wrong(&self) -> u64;

    /// Moves made since the search was built: vertices that were recoloured or looked at in a chain.
    fn moves(&self) -> u64;
}
