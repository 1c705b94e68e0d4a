//! The moves of TabuCol with one width of counts.

use crate::adjacency::Adjacency;
use crate::choice::{Candidates, Chooser};
use crate::neighbor_counts::{Count, NeighborCounts};
use crate::simd::Level;
use crate::tabu_list::TabuList;
use crate::width::{Counted, largest_class};
use prism_core::{Color, Rng};
use std::sync::Arc;

/// The state of the search.
#[derive(Clone, Debug)]
pub(super) struct Search<C> {
    adjacency: Arc<Adjacency>,
    counts: NeighborCounts<C>,
    k: usize,
    /// No move may make a class larger.
    largest_class: u32,
    chooser: Chooser,
    /// Blocks each vertex's own colour, too.
    tabu: TabuList,
    rng: Rng,
    moves: u64,
    best: Vec<Color>,
    best_conflicts: u64,
}

impl<C: Count> Search<C> {
    pub(super) fn new(
        adjacency: Arc<Adjacency>,
        k: usize,
        start: &[Color],
        rng: Rng,
        level: Level,
    ) -> Self {
        let n = start.len();
        let longest_tenure = n * 6 / 10 + 10;
        let mut search = Self {
            counts: NeighborCounts::new(n, k, &adjacency, level),
            k,
            largest_class: largest_class::<C>(&adjacency),
            adjacency,
            chooser: Chooser::new(n, level),
            tabu: TabuList::new(n, k, longest_tenure),
            rng,
            moves: 0,
            best: start.to_vec(),
            best_conflicts: 0,
        };
        search.load(start);
        search
    }

    /// Starts again; moves are counted on.
    pub(super) fn load(&mut self, start: &[Color]) {
        self.counts.load(&self.adjacency, start);
        self.tabu.clear();
        (0..).zip(start).for_each(|(v, &color)| self.tabu.block(v, color));
        self.best.copy_from_slice(start);
        self.best_conflicts = self.counts.conflicts();
    }

    /// The same search with wider counts, from `start`; tabu entries are forgotten.
    pub(super) fn widened_from(&self, start: &[Color]) -> Search<u16> {
        let adjacency = Arc::new(self.adjacency.to_sparse());
        let mut wide = Search::new(adjacency, self.k, start, self.rng.clone(), self.chooser.level);
        wide.moves = self.moves;
        if self.best_conflicts < wide.best_conflicts {
            wide.best_conflicts = self.best_conflicts;
            wide.best.copy_from_slice(&self.best);
        }
        wide
    }

    pub(super) fn adjacency(&self) -> &Adjacency {
        &self.adjacency
    }

    /// The best move allowed, or `None` if every move is tabu.
    fn choose(&mut self) -> Option<(u32, Color)> {
        let moves = Candidates {
            vertices: self.counts.conflicting(),
            rows: self.counts.rows(),
            blocked: self.tabu.blocked(),
            own: self.counts.own(),
            words: self.counts.words(),
            k: self.k,
        };
        let aspiration = self.best_conflicts as i64 - self.counts.conflicts() as i64;
        self.chooser.choose(moves, aspiration, !self.counts.is_heavy(), &mut self.rng)
    }
}

impl<C: Count> Counted for Search<C> {
    type Wide = Search<u16>;

    /// Expiries, the best move, its tabu entry.
    fn step(&mut self) -> bool {
        self.moves += 1;
        let colors = self.counts.colors();
        self.tabu.expire(self.moves, |v, color| colors[v as usize] == color);
        let Some((v, color)) = self.choose() else { return true };
        if self.counts.class_size(color as usize) >= self.largest_class {
            self.moves -= 1;
            return false;
        }
        let left = self.counts.colors()[v as usize];
        self.counts.shift(&self.adjacency, v, color);
        self.tabu.block(v, color);
        let tenure =
            u64::from(self.rng.below(10)) + self.counts.conflicting().len() as u64 * 6 / 10;
        if tenure == 0 {
            self.tabu.unblock(v, left);
        } else {
            self.tabu.forbid(v, left, self.moves, tenure);
        }
        if self.counts.conflicts() < self.best_conflicts {
            self.best_conflicts = self.counts.conflicts();
            self.best.copy_from_slice(self.counts.colors());
        }
        true
    }

    fn k(&self) -> usize {
        self.k
    }

    fn best(&self) -> &[Color] {
        &self.best
    }

    fn conflicts(&self) -> u64 {
        self.best_conflicts
    }

    fn moves(&self) -> u64 {
        self.moves
    }

    fn widened(&self) -> Search<u16> {
        self.widened_from(self.counts.colors())
    }
}
