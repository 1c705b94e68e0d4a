//! PartialCol: tabu search over partial proper colourings (Bloechliger & Zufferey 2008).
//!
//! Where TabuCol colours every vertex and counts conflicts, PartialCol keeps all classes
//! independent and counts the vertices that have none, the pool. A move gives a vertex of the pool
//! the class where it has fewest neighbours, ties broken uniformly at random; those neighbours lose
//! theirs, and may not return to it for a while, the tenure.
//!
//! The tenure is either *dynamic*, growing with the pool as TabuCol's does with the conflicts
//! (Galinier & Hao 1999), or *reactive*, the FOO scheme of the paper ("fluctuation of the objective
//! function"): a period in which the number of uncoloured vertices hardly moves is taken for a
//! cycle or a plateau, and the tenure grows; otherwise it shrinks slowly.
//!
//! A move is found as TabuCol finds it, with the pool in the place of the conflicting vertices (see
//! `choice`), and made in `search`. [`guided_ejection`](crate::guided_ejection) makes the same moves with
//! learned prices.

mod search;
mod tenure;
#[cfg(test)]
pub(crate) mod tests;

pub use tenure::Tenure;

use crate::adjacency::Adjacency;
use crate::forward::forward_fixed_k;
use crate::simd::Level;
use crate::width::Width;
use prism_core::memory::OutOfMemory;
use prism_core::{Color, Rng};
use search::Search;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The search; see the top of this file.
#[derive(Clone, Debug)]
pub struct PartialCol(Width<Search<u8>>);

forward_fixed_k!(PartialCol);

impl PartialCol {
    /// A search for `k >= 1` colours that begins at `start`, as far as that is proper and below
    /// `k`: vertices whose entry is missing, too large, or that of a neighbour of a smaller number
    /// begin without a colour. Comes back early when `stop` is raised, with a search that has lost
    /// some of `start`.
    ///
    /// # Errors
    /// [`OutOfMemory`]: its tables do not fit.
    pub fn new(
        adjacency: Arc<Adjacency>,
        n: usize,
        k: usize,
        start: &[Color],
        tenure: Tenure,
        rng: Rng,
        stop: &AtomicBool,
    ) -> Result<Self, OutOfMemory> {
        let search = Search::new(adjacency, (n, k), tenure, rng, Level::detect())?;
        Self::begin(search, start, stop)
    }

    fn begin(
        mut search: Search<u8>,
        start: &[Color],
        stop: &AtomicBool,
    ) -> Result<Self, OutOfMemory> {
        Ok(Self(if search.load(start, stop) {
            Width::Bytes(search)
        } else {
            Width::Words(search.widened_from(start)?)
        }))
    }
}
