//! TabuCol: tabu search over complete assignments of k colours (Hertz & de Werra 1987).
//!
//! Each move gives one conflicting vertex another colour: the move that leaves the fewest conflicting
//! edges, ties broken uniformly at random. The colour that the vertex gives up is tabu to it for a
//! tenure of 0.6 times the number of conflicting vertices plus a random number below 10 (Galinier &
//! Hao 1999), unless taking it leads to fewer conflicts than ever seen.
//!
//! A move costs a scan of the conflicting vertices' count rows, 64 colours an instruction (see
//! `choice`), and an update of the counts (see `neighbor_counts`); `tabu_list` says what is tabu. The
//! moves are made in `search`; this file is what others see of it.
//!
//! Strong on random graphs and as the improvement step of [`memetic`](crate::memetic) search; on
//! geometric and register-allocation graphs it drowns in plateaus.

mod search;
#[cfg(test)]
pub(crate) mod tests;

use crate::adjacency::Adjacency;
use crate::forward::forward_fixed_k;
use crate::simd::{LANES, Level};
use crate::tabu_state::is_crowded;
use crate::width::{Counted, Width};
use prism_core::memory::OutOfMemory;
use prism_core::search::{Mismatch, Saved};
use prism_core::{Color, Graph, Rng};
use search::Search;
use std::sync::Arc;

/// Tabu search for a proper colouring with k colours.
#[derive(Clone, Debug)]
pub struct TabuCol(Width<Search<u8>>);

forward_fixed_k!(TabuCol);

impl TabuCol {
    /// A search for `k >= 1` colours from `start`, which has one colour below `k` for each vertex.
    ///
    /// # Errors
    /// [`OutOfMemory`]: its tables do not fit.
    ///
    /// # Panics
    /// If `start` is not such an assignment.
    pub fn new(
        adjacency: Arc<Adjacency>,
        k: usize,
        start: &[Color],
        rng: Rng,
    ) -> Result<Self, OutOfMemory> {
        Self::with_level(adjacency, k, start, rng, Level::detect())
    }

    fn with_level(
        adjacency: Arc<Adjacency>,
        k: usize,
        start: &[Color],
        rng: Rng,
        level: Level,
    ) -> Result<Self, OutOfMemory> {
        Ok(Self(if is_crowded(&adjacency, k, start) {
            Width::Words(Search::new(adjacency, k, start, rng, level)?)
        } else {
            Width::Bytes(Search::new(adjacency, k, start, rng, level)?)
        }))
    }

    /// The bytes of a search for `k` colours; none if the graph is too large for one.
    pub fn memory(graph: &Graph<'_>, k: usize) -> Option<u64> {
        let row = k.div_ceil(LANES) * (LANES + size_of::<u64>()) + k * (1 + size_of::<u32>());
        let possible = graph.max_degree() <= u16::MAX.into()
            && graph.n().saturating_mul(k) < u32::MAX as usize;
        possible.then(|| (graph.n() as u64).saturating_mul(row as u64))
    }

    /// Starts again from another assignment of the same k colours; moves are counted on.
    ///
    /// # Errors
    /// [`OutOfMemory`]: this assignment needs larger tables, and they do not fit. The search is where it
    /// was.
    pub fn restart(&mut self, start: &[Color]) -> Result<(), OutOfMemory> {
        match &mut self.0 {
            Width::Bytes(search) if search.state().is_crowded(start) => {
                let mut wide = search.wide()?;
                wide.load(start);
                self.0 = Width::Words(wide);
            }
            Width::Bytes(search) => search.load(start),
            Width::Words(search) => search.load(start),
        }
        Ok(())
    }

    /// The edges of the graph.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (u32, u32)> {
        self.0.state().edges()
    }

    /// Whether [`FixedK::restore`](prism_core::search::FixedK::restore) takes a state.
    pub(crate) fn check(&self, saved: &Saved) -> Result<(), Mismatch> {
        self.0.check(saved).map(|_| ())
    }

    /// The colours of [`FixedK::best`](prism_core::search::FixedK::best), not copied.
    pub(crate) fn best_colors(&self) -> &[Color] {
        &self.0.state().best
    }
}
