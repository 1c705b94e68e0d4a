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
use crate::simd::{LANES, Level};
use crate::width::{Counted, Width, largest_class};
use prism_core::search::{Elite, FixedK, Step};
use prism_core::{Color, Graph, Rng};
use search::Search;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Tabu search for a proper colouring with k colours.
#[derive(Clone, Debug)]
pub struct TabuCol(Width<Search<u8>>);

impl TabuCol {
    /// A search for `k >= 1` colours from `start`, which has one colour below `k` for each vertex.
    ///
    /// # Panics
    /// If `start` is not such an assignment.
    pub fn new(adjacency: Arc<Adjacency>, k: usize, start: &[Color], rng: Rng) -> Self {
        Self::with_level(adjacency, k, start, rng, Level::detect())
    }

    fn with_level(
        adjacency: Arc<Adjacency>,
        k: usize,
        start: &[Color],
        rng: Rng,
        level: Level,
    ) -> Self {
        Self(if crowded(&adjacency, k, start) {
            let adjacency = Arc::new(adjacency.to_sparse());
            Width::Words(Search::new(adjacency, k, start, rng, level))
        } else {
            Width::Bytes(Search::new(adjacency, k, start, rng, level))
        })
    }

    /// The bytes of a search for `k` colours; none if the graph is too large for one.
    pub fn memory(graph: &Graph<'_>, k: usize) -> Option<u64> {
        let row = k.div_ceil(LANES) * (LANES + size_of::<u64>()) + k * (1 + size_of::<u32>());
        let possible = graph.max_degree() <= u16::MAX.into()
            && graph.n().saturating_mul(k) < u32::MAX as usize;
        possible.then(|| (graph.n() as u64).saturating_mul(row as u64))
    }

    /// Starts again from another assignment of the same k colours; moves are counted on.
    pub fn restart(&mut self, start: &[Color]) {
        match &mut self.0 {
            Width::Bytes(search) if crowded(search.adjacency(), search.k(), start) => {
                self.0 = Width::Words(search.widened_from(start));
            }
            Width::Bytes(search) => search.load(start),
            Width::Words(search) => search.load(start),
        }
    }

    /// The colours of [`FixedK::best`], not copied.
    pub(crate) fn best_colors(&self) -> &[Color] {
        self.0.best_colors()
    }
}

/// Whether `start` has a class that byte counts are not safe with.
fn crowded(adjacency: &Adjacency, k: usize, start: &[Color]) -> bool {
    let largest = largest_class::<u8>(adjacency);
    if largest == u32::MAX {
        return false;
    }
    let mut sizes = vec![0u32; k];
    for &c in start {
        sizes[c as usize] += 1;
    }
    sizes.into_iter().any(|size| size > largest)
}

impl FixedK for TabuCol {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        self.0.run(moves, stop)
    }

    fn best(&self) -> Elite {
        self.0.best()
    }

    fn conflicts(&self) -> u64 {
        self.0.conflicts()
    }

    fn moves(&self) -> u64 {
        self.0.moves()
    }
}
