//! What an exhaustive search can say.

use prism_core::Coloring;

/// The most colours that [`decide`](crate::exact::decide) deals with: a set of colours is one word.
pub const MAX_EXACT_COLORS: usize = 128;

/// The answer of [`decide`](crate::exact::decide).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A proper colouring with at most k colours.
    Colorable(Coloring),
    /// There is none: k + 1 is a lower bound.
    Infeasible,
    /// The work was used up, the stop flag was raised, or k is above [`MAX_EXACT_COLORS`].
    Unknown,
}
