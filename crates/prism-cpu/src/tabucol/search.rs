//! The moves of TabuCol with one width of counts.

use crate::adjacency::Adjacency;
use crate::expiry_ring::ExpiryRing;
use crate::neighbor_counts::{Count, NeighborCounts};
use crate::search::Step;
use crate::simd::{BLOCK, Block, LANES, Level, Moves, NEUTRAL, Tie, Wanted};
use crate::ties::{Exact, draw};
use prism_core::{Color, Rng};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The largest class that byte counts are safe with, unless no degree is larger.
pub(super) const BYTE_CLASS: u32 = u8::MAX as u32;

/// What ended a slice of moves, inside.
pub(super) enum Pause {
    Step(Step),
    /// The chosen move would make a class too large for byte counts. It was not made.
    Crowded,
}

/// The state of the search.
#[derive(Clone, Debug)]
pub(super) struct Search<C> {
    pub(super) adjacency: Arc<Adjacency>,
    counts: NeighborCounts<C>,
    pub(super) k: usize,
    /// No move may make a class larger.
    largest_class: u32,
    level: Level,
    /// By vertex, `words` masks: tabu colours, its own colour, and the padding.
    blocked: Vec<u64>,
    /// By vertex and colour: when the latest tabu entry ends, modulo 2^32.
    ends: Vec<u32>,
    ring: ExpiryRing,
    rng: Rng,
    moves: u64,
    best: Vec<Color>,
    best_conflicts: u64,
    blocks: Vec<Block>,
    ties: Vec<Tie>,
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
        let counts = NeighborCounts::new(n, k, &adjacency, level);
        let longest_tenure = n * 6 / 10 + 10;
        let bytes = C::bytes(&[]).is_some();
        let largest_class = if bytes && adjacency.max_degree() > BYTE_CLASS as usize {
            BYTE_CLASS
        } else {
            u32::MAX
        };
        let mut search = Self {
            adjacency,
            counts,
            k,
            largest_class,
            level,
            blocked: vec![0; n * k.div_ceil(LANES)],
            ends: vec![0; n * k],
            ring: ExpiryRing::new(longest_tenure),
            rng,
            moves: 0,
            best: start.to_vec(),
            best_conflicts: 0,
            blocks: vec![Block::EMPTY; n.div_ceil(BLOCK)],
            ties: Vec::with_capacity(64),
        };
        search.load(start);
        search
    }

    /// Starts again; moves are counted on.
    pub(super) fn load(&mut self, start: &[Color]) {
        self.counts.load(&self.adjacency, start);
        self.ring.clear();
        let words = self.counts.words();
        self.blocked.fill(0);
        for (v, blocked) in self.blocked.chunks_exact_mut(words.max(1)).enumerate() {
            if !self.k.is_multiple_of(LANES) {
                blocked[words - 1] = !0 << (self.k % LANES);
            }
            blocked[start[v] as usize / LANES] |= 1 << (start[v] as usize % LANES);
        }
        self.best.copy_from_slice(start);
        self.best_conflicts = self.counts.conflicts();
    }

    /// The same search with wider counts, from `start`; tabu entries are forgotten.
    pub(super) fn widened(&self, start: &[Color]) -> Search<u16> {
        let adjacency = Arc::new(self.adjacency.to_sparse());
        let mut wide = Search::new(adjacency, self.k, start, self.rng.clone(), self.level);
        wide.moves = self.moves;
        if self.best_conflicts < wide.best_conflicts {
            wide.best_conflicts = self.best_conflicts;
            wide.best.copy_from_slice(&self.best);
        }
        wide
    }

    pub(super) fn run(&mut self, moves: u64, stop: &AtomicBool) -> Pause {
        for _ in 0..moves {
            if self.best_conflicts == 0 {
                return Pause::Step(Step::Solved);
            }
            if stop.load(Ordering::Relaxed) {
                return Pause::Step(Step::Stopped);
            }
            if !self.step() {
                return Pause::Crowded;
            }
        }
        Pause::Step(if self.best_conflicts == 0 { Step::Solved } else { Step::OutOfMoves })
    }

    /// One iteration: expiries, the best move, its tabu entry. Returns false, having done nothing, if
    /// the move would crowd a class.
    fn step(&mut self) -> bool {
        self.moves += 1;
        self.expire();
        let Some((v, color)) = self.choose() else { return true };
        if self.counts.class_size(color as usize) >= self.largest_class {
            self.moves -= 1;
            return false;
        }
        let left = self.counts.colors()[v as usize];
        self.counts.shift(&self.adjacency, v, color);
        self.block(v, color);
        let tenure =
            u64::from(self.rng.below(10)) + self.counts.conflicting().len() as u64 * 6 / 10;
        if tenure == 0 {
            self.unblock(v, left);
        } else {
            // The colour left is blocked already, as the vertex's own.
            let item = v as usize * self.k + left as usize;
            self.ends[item] = self.ring.insert(self.moves, tenure + 1, item as u32) as u32;
        }
        if self.counts.conflicts() < self.best_conflicts {
            self.best_conflicts = self.counts.conflicts();
            self.best.copy_from_slice(self.counts.colors());
        }
        true
    }

    pub(super) fn colors(&self) -> &[Color] {
        self.counts.colors()
    }

    pub(super) fn best(&self) -> &[Color] {
        &self.best
    }

    /// Of the best.
    pub(super) fn conflicts(&self) -> u64 {
        self.best_conflicts
    }

    pub(super) fn moves(&self) -> u64 {
        self.moves
    }

    fn expire(&mut self) {
        let Self { ring, ends, blocked, counts, moves, k, .. } = self;
        ring.expire(*moves, |item| {
            let (v, color) = (item as usize / *k, item as usize % *k);
            // A later entry may have replaced this one, or the vertex have come back to the colour.
            if ends[item as usize] == *moves as u32 && counts.colors()[v] as usize != color {
                blocked[v * counts.words() + color / LANES] &= !(1 << (color % LANES));
            }
        });
    }

    #[inline]
    fn block(&mut self, v: u32, color: Color) {
        let (word, bit) = (color as usize / LANES, color as usize % LANES);
        self.blocked[v as usize * self.counts.words() + word] |= 1 << bit;
    }

    #[inline]
    fn unblock(&mut self, v: u32, color: Color) {
        let (word, bit) = (color as usize / LANES, color as usize % LANES);
        self.blocked[v as usize * self.counts.words() + word] &= !(1 << bit);
    }

    /// The best move allowed, or `None` if every move is tabu.
    fn choose(&mut self) -> Option<(u32, Color)> {
        let chosen = match (C::bytes(self.counts.rows()), C::bytes(self.counts.own())) {
            (Some(rows), Some(own)) if !self.counts.is_heavy() => {
                let moves = Moves {
                    vertices: self.counts.conflicting(),
                    rows,
                    blocked: &self.blocked,
                    own,
                    words: self.counts.words(),
                };
                let (free, all) = moves.minima(self.level, &mut self.blocks);
                let aspires = all < free && all < NEUTRAL && {
                    self.counts.conflicts() - u64::from(NEUTRAL - all) < self.best_conflicts
                };
                let target = if aspires { all } else { free };
                let wanted = Wanted { value: target, free_only: !aspires };
                (target < u8::MAX)
                    .then(|| moves.ties(self.level, &self.blocks, wanted, &mut self.ties))
            }
            _ => None,
        };
        // Values that do not fit into bytes, or counts that are no bytes, are compared exactly.
        let count = chosen.unwrap_or_else(|| self.exact_ties());
        let (at, color) = draw(&self.ties, count, self.counts.words(), &mut self.rng)?;
        Some((self.counts.conflicting()[at], color as Color))
    }

    fn exact_ties(&mut self) -> u32 {
        let moves = Exact {
            vertices: self.counts.conflicting(),
            rows: self.counts.rows(),
            blocked: &self.blocked,
            own: self.counts.own(),
            words: self.counts.words(),
            k: self.k,
        };
        let aspiration = self.best_conflicts as i64 - self.counts.conflicts() as i64;
        moves.ties(aspiration.min(0), &mut self.ties)
    }
}
