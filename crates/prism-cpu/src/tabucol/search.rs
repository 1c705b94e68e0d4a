//! The moves of TabuCol with one width of counts.

use crate::adjacency::Adjacency;
use crate::choice::Candidates;
use crate::neighbor_counts::{Count, NeighborCounts};
use crate::simd::Level;
use crate::tabu_state::TabuState;
use crate::width::Counted;
use prism_core::memory::OutOfMemory;
use prism_core::search::{Mismatch, Saved};
use prism_core::{Color, Rng};
use std::sync::Arc;

/// The search; what is tabu includes each vertex's own colour.
#[derive(Clone, Debug)]
pub(super) struct Search<C> {
    state: TabuState,
    counts: NeighborCounts<C>,
}

impl<C: Count> Search<C> {
    pub(super) fn new(
        adjacency: Arc<Adjacency>,
        k: usize,
        start: &[Color],
        rng: Rng,
        level: Level,
    ) -> Result<Self, OutOfMemory> {
        let n = start.len();
        let longest_tenure = n * 6 / 10 + 10;
        let state = TabuState::new::<C>(adjacency, (n, k), longest_tenure, rng, level)?;
        let mut search = Self::empty(state)?;
        search.load(start);
        Ok(search)
    }

    /// A search that has counted nothing yet.
    fn empty(state: TabuState) -> Result<Self, OutOfMemory> {
        let (n, level) = (state.best.len(), state.chooser.level);
        Ok(Self { counts: NeighborCounts::new(n, state.k, &state.adjacency, level)?, state })
    }

    /// Starts again; moves are counted on.
    pub(super) fn load(&mut self, start: &[Color]) {
        self.place(start);
        self.state.best.copy_from_slice(start);
        self.state.fewest = self.counts.conflicts();
    }

    /// Has these colours at hand, and nothing tabu.
    fn place(&mut self, colors: &[Color]) {
        self.counts.load(&self.state.adjacency, colors);
        self.state.tabu.clear();
        (0..).zip(colors).for_each(|(v, &color)| self.state.tabu.block(v, color));
    }

    /// The best move allowed, or `None` if every move is tabu.
    fn choose(&mut self) -> Option<(u32, Color)> {
        let state = &mut self.state;
        let moves = Candidates {
            vertices: self.counts.conflicting(),
            rows: self.counts.rows(),
            blocked: state.tabu.blocked(),
            own: self.counts.own(),
            words: self.counts.words(),
            k: state.k,
        };
        let aspiration = state.fewest as i64 - self.counts.conflicts() as i64;
        state.chooser.choose(moves, aspiration, !self.counts.is_heavy(), &mut state.rng)
    }
}

impl<C: Count> Counted for Search<C> {
    type Narrow = Search<u8>;
    type Wide = Search<u16>;

    const COUNTERS: usize = 0;
    const PARTIAL: bool = false;

    fn state(&self) -> &TabuState {
        &self.state
    }

    /// Expiries, the best move, its tabu entry.
    fn step(&mut self) -> bool {
        self.state.moves += 1;
        let colors = self.counts.colors();
        self.state.tabu.expire(self.state.moves, |v, color| colors[v as usize] == color);
        let Some((v, color)) = self.choose() else { return true };
        let state = &mut self.state;
        if self.counts.class_size(color as usize) >= state.largest_class {
            state.moves -= 1;
            return false;
        }
        let left = self.counts.colors()[v as usize];
        self.counts.shift(&state.adjacency, v, color);
        state.tabu.block(v, color);
        let tenure =
            u64::from(state.rng.below(10)) + self.counts.conflicting().len() as u64 * 6 / 10;
        if tenure == 0 {
            state.tabu.unblock(v, left);
        } else {
            state.tabu.forbid(v, left, state.moves, tenure);
        }
        state.note(self.counts.conflicts(), self.counts.colors().iter().copied());
        true
    }

    fn narrow(&self) -> Result<Search<u8>, OutOfMemory> {
        Search::empty(self.state.resized::<u8>()?)
    }

    fn wide(&self) -> Result<Search<u16>, OutOfMemory> {
        Search::empty(self.state.resized::<u16>()?)
    }

    fn widened(&self) -> Result<Search<u16>, OutOfMemory> {
        let mut wide = self.wide()?;
        wide.place(self.counts.colors());
        Ok(wide)
    }

    fn save(&mut self) -> Saved {
        let colors = self.counts.colors().to_vec();
        self.place(&colors);
        self.state.save(colors, Vec::new())
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        self.place(&saved.individuals[0]);
        self.state.restore(saved);
        Ok(())
    }
}
