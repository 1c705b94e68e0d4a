//! A search at rest, and whether it is one of the search that is to go on from it.

use super::elite::{Elite, UNCOLORED};
use crate::memory::OutOfMemory;
use crate::{Color, Rng};
use serde::{Deserialize, Serialize};

/// The most that a number of moves is believed to be; beyond it sums might overflow.
const MOVES_AT_MOST: u64 = u64::MAX >> 1;

/// A search at rest, a plain value: what [`FixedK::save`](super::FixedK::save) gives and
/// [`FixedK::restore`](super::FixedK::restore) takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// See [`FixedK::best`](super::FixedK::best).
    pub best: Elite,
    /// The assignments that it works on, in the engine's own order.
    pub individuals: Vec<Vec<Color>>,
    /// See [`FixedK::moves`](super::FixedK::moves).
    pub moves: u64,
    /// Its random streams. Numbers that depend on a seed and counters alone have both below.
    pub random: Vec<Rng>,
    /// What else the engine remembers, in its own order: weights, a generation, the bits of a temperature.
    pub counters: Vec<u64>,
}

/// The sizes that the state of a search has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Colours.
    pub k: usize,
    /// Vertices.
    pub vertices: usize,
    /// Assignments that it works on.
    pub individuals: usize,
    /// Random streams.
    pub random: usize,
    /// Other numbers.
    pub counters: usize,
}

/// Why a search cannot go on from a state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// It has another number of something.
    #[error("the state has {found} {what} where this search has {expected}")]
    Size {
        /// Of what.
        what: &'static str,
        /// In the state.
        found: usize,
        /// In the search.
        expected: usize,
    },
    /// Its best is not what it is said to be: it is of another graph, or damaged.
    #[error("the best colouring of the state has {counted} conflicts in this graph, not {found}")]
    Conflicts {
        /// As the state says.
        found: u64,
        /// In the graph of the search.
        counted: u64,
    },
    /// There is too little memory for the tables that it needs.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// A part of it cannot be one of this search.
    #[error("{0} of the state cannot be that of this search")]
    Part(&'static str),
}

impl Mismatch {
    /// That `part` of a state is wrong, unless it `fits`.
    pub fn unless(fits: bool, part: &'static str) -> Result<(), Self> {
        if fits { Ok(()) } else { Err(Self::Part(part)) }
    }
}

impl Saved {
    /// Whether it is of that shape, and its best what it says in the graph with these edges, which lie
    /// among the vertices of the shape. What stands in `individuals` and `counters` is left to the engine.
    pub fn check(
        &self,
        shape: Shape,
        edges: impl IntoIterator<Item = (u32, u32)>,
    ) -> Result<(), Mismatch> {
        let vertices =
            self.individuals.iter().map(|colors| ("vertices", colors.len(), shape.vertices));
        let sizes = [
            ("colours", self.best.k, shape.k),
            ("vertices", self.best.colors.len(), shape.vertices),
            ("individuals", self.individuals.len(), shape.individuals),
            ("random streams", self.random.len(), shape.random),
            ("counters", self.counters.len(), shape.counters),
        ];
        for (what, found, expected) in sizes.into_iter().chain(vertices) {
            if found != expected {
                return Err(Mismatch::Size { what, found, expected });
            }
        }
        Mismatch::unless(self.moves <= MOVES_AT_MOST, "the number of moves")?;
        Mismatch::unless(are_below(shape.k, &self.best.colors, true), "the best colouring")?;
        let counted = Elite::new(shape.k, self.best.colors.clone(), edges).conflicts;
        match self.best.conflicts {
            found if found != counted => Err(Mismatch::Conflicts { found, counted }),
            _ => Ok(()),
        }
    }

    /// Whether every individual has colours below `k` alone, or [`UNCOLORED`] where it may be `partial`.
    pub fn check_colors(&self, k: usize, partial: bool) -> Result<(), Mismatch> {
        let fit = self.individuals.iter().all(|colors| are_below(k, colors, partial));
        Mismatch::unless(fit, "an individual")
    }
}

/// The first counters, and the others.
///
/// # Errors
/// If there are fewer.
pub fn split_counters<const N: usize>(counters: &[u64]) -> Result<([u64; N], &[u64]), Mismatch> {
    let (first, others) = counters.split_first_chunk().ok_or(Mismatch::Size {
        what: "counters",
        found: counters.len(),
        expected: N,
    })?;
    Ok((*first, others))
}

/// The place that a counter names; one out of every range if it does not fit.
pub fn place(counter: u64) -> usize {
    usize::try_from(counter).unwrap_or(usize::MAX)
}

fn are_below(k: usize, colors: &[Color], partial: bool) -> bool {
    colors.iter().all(|&c| usize::from(c) < k || partial && c == UNCOLORED)
}
