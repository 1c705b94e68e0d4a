//! Bounds on the chromatic number: what proves that a colouring is optimal.
//!
//! From below: a clique ([`clique`]), an odd cycle ([`bipartition`]), or a subgraph built like
//! Mycielski's ([`mycielskian`]), which can exceed every clique. From above, without colouring
//! anything: [`degeneracy`] and [`upper`]. Every lower bound comes with a witness that
//! can be checked against the graph. Nothing here reads a clock: effort is counted in elementary
//! steps, and a stop flag ends a computation early with what it has.

mod bipartite;
mod clique;
mod clique_search;
mod degeneracy;
mod mycielski;
mod upper;

pub use bipartite::{Bipartition, bipartition};
pub use clique::{clique, greedy_clique, is_clique};
pub use degeneracy::{Degeneracy, degeneracy};
pub use mycielski::{Mycielskian, mycielskian};
pub use upper::{UpperBounds, upper};

/// How much work a bound may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Elementary steps, each about one look at an arc: some nanoseconds.
    pub work: u64,
    /// Seed of the randomised parts.
    pub seed: u64,
    /// A bound this large is as good as any: the colours of the best colouring known.
    pub enough: usize,
}

impl Default for Effort {
    /// A fraction of a second.
    fn default() -> Self {
        Self { work: 100_000_000, seed: 1, enough: usize::MAX }
    }
}
