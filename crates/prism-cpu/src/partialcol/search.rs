//! The moves of PartialCol with one width of counts.

use super::Tenure;
use crate::adjacency::Adjacency;
use crate::expiry_ring::ExpiryRing;
use crate::neighbor_counts::Count;
use crate::partial_counts::PartialCounts;
use crate::search::Step;
use crate::simd::{BLOCK, Block, LANES, Level, Moves, NEUTRAL, Tie, Wanted};
use crate::ties::{Exact, draw};
use prism_core::{Color, Rng};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The largest class that byte counts are safe with, unless no degree is larger.
const BYTE_CLASS: u32 = u8::MAX as u32;

/// The longest tenure, in moves. The reactive one grows without a bound of its own.
const LONGEST: usize = 1 << 13;

/// The reactive tenure's view of the past period.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fluctuation {
    pub(super) tenure: u64,
    least: u64,
    most: u64,
}

impl Fluctuation {
    pub(super) const NEW_PERIOD: Self = Self { tenure: 10, least: u64::MAX, most: 0 };

    /// Takes note of the uncoloured vertices after a move and adapts the tenure at the end of a period.
    pub(super) fn record(&mut self, uncolored: u64, end_of_period: bool, increment: u32) {
        self.least = self.least.min(uncolored);
        self.most = self.most.max(uncolored);
        if end_of_period {
            let tenure = if self.most - self.least <= 1 {
                self.tenure + u64::from(increment)
            } else {
                self.tenure.saturating_sub(1)
            };
            *self = Self { tenure, ..Self::NEW_PERIOD };
        }
    }
}

/// What ended a slice of moves, inside.
pub(super) enum Pause {
    Step(Step),
    /// The chosen move would make a class too large for byte counts. It was not made.
    Crowded,
}

#[derive(Clone, Debug)]
pub(super) struct Search<C> {
    adjacency: Arc<Adjacency>,
    counts: PartialCounts<C>,
    tenure: Tenure,
    fluctuation: Fluctuation,
    /// No move may make a class larger.
    largest_class: u32,
    level: Level,
    /// By vertex, `words` masks: tabu classes, and the padding.
    blocked: Vec<u64>,
    /// By vertex and class: when the latest tabu entry ends, modulo 2^32.
    ends: Vec<u32>,
    ring: ExpiryRing,
    rng: Rng,
    moves: u64,
    best: Vec<Color>,
    best_uncolored: u64,
    blocks: Vec<Block>,
    ties: Vec<Tie>,
    ejected: Vec<u32>,
    /// What a vertex of the pool has in its own class, for [`Moves`].
    own: Vec<C>,
}

impl<C: Count> Search<C> {
    /// A search with nothing coloured.
    pub(super) fn new(
        adjacency: Arc<Adjacency>,
        (n, k): (usize, usize),
        tenure: Tenure,
        rng: Rng,
        level: Level,
    ) -> Self {
        let bytes = C::bytes(&[]).is_some();
        let largest_class = if bytes && adjacency.max_degree() > BYTE_CLASS as usize {
            BYTE_CLASS
        } else {
            u32::MAX
        };
        let counts = PartialCounts::new(n, k, &adjacency, level);
        let words = counts.words();
        let mut blocked = vec![0; n * words];
        if !k.is_multiple_of(LANES) {
            let last = blocked.iter_mut().skip(words - 1).step_by(words);
            last.for_each(|mask| *mask = !0 << (k % LANES));
        }
        Self {
            best: counts.colors().collect(),
            best_uncolored: n as u64,
            adjacency,
            counts,
            tenure,
            fluctuation: Fluctuation::NEW_PERIOD,
            largest_class,
            level,
            blocked,
            ends: vec![0; n * k],
            ring: ExpiryRing::new(LONGEST),
            rng,
            moves: 0,
            blocks: vec![Block::EMPTY; n.div_ceil(BLOCK)],
            ties: Vec::with_capacity(64),
            ejected: Vec::new(),
            own: vec![C::from(0); n],
        }
    }

    /// Gives the vertices their class of `start` as far as it is proper; all are in the pool before.
    /// Answers whether no class became too large. Ends early when `stop` is raised.
    pub(super) fn load(&mut self, start: &[Color], stop: &AtomicBool) -> bool {
        for (v, &class) in (0..).zip(start.iter().take(self.own.len())) {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let class = usize::from(class);
            if class >= self.counts.k() || self.counts.row(v)[class] > C::from(0) {
                continue;
            }
            if self.counts.class_size(class) >= self.largest_class {
                return false;
            }
            self.counts.place(&self.adjacency, v, class, &mut self.ejected);
        }
        self.note_best();
        true
    }

    /// The same search with wider counts and nothing coloured; tabu entries are forgotten.
    pub(super) fn widened(&self) -> Search<u16> {
        let adjacency = Arc::new(self.adjacency.to_sparse());
        let size = (self.own.len(), self.counts.k());
        let mut wide = Search::new(adjacency, size, self.tenure, self.rng.clone(), self.level);
        (wide.moves, wide.fluctuation) = (self.moves, self.fluctuation);
        (wide.best_uncolored, wide.best) = (self.best_uncolored, self.best.clone());
        wide
    }

    pub(super) fn colors(&self) -> impl Iterator<Item = Color> {
        self.counts.colors()
    }

    pub(super) fn best(&self) -> &[Color] {
        &self.best
    }

    /// Uncoloured vertices of the best.
    pub(super) fn conflicts(&self) -> u64 {
        self.best_uncolored
    }

    pub(super) fn moves(&self) -> u64 {
        self.moves
    }

    fn uncolored(&self) -> u64 {
        self.counts.pool().len() as u64
    }

    fn note_best(&mut self) {
        let uncolored = self.uncolored();
        if uncolored < self.best_uncolored {
            self.best_uncolored = uncolored;
            self.best.iter_mut().zip(self.counts.colors()).for_each(|(best, color)| *best = color);
        }
    }

    pub(super) fn run(&mut self, moves: u64, stop: &AtomicBool) -> Pause {
        for _ in 0..moves {
            if self.best_uncolored == 0 {
                return Pause::Step(Step::Solved);
            }
            if stop.load(Ordering::Relaxed) {
                return Pause::Step(Step::Stopped);
            }
            if !self.step() {
                return Pause::Crowded;
            }
        }
        Pause::Step(if self.best_uncolored == 0 { Step::Solved } else { Step::OutOfMoves })
    }

    /// One move; when everything is tabu it only counts. Returns false, having done nothing, if the move
    /// would crowd a class.
    fn step(&mut self) -> bool {
        self.moves += 1;
        self.expire();
        if let Some((v, class)) = self.choose() {
            if self.counts.class_size(class) >= self.largest_class {
                self.moves -= 1;
                return false;
            }
            let mut ejected = std::mem::take(&mut self.ejected);
            self.counts.place(&self.adjacency, v, class, &mut ejected);
            for &u in &ejected {
                self.forbid(u, class);
            }
            self.ejected = ejected;
            self.note_best();
        }
        if let Tenure::Reactive { period, increment, .. } = self.tenure {
            let end_of_period = self.moves.is_multiple_of(u64::from(period.max(1)));
            self.fluctuation.record(self.uncolored(), end_of_period, increment);
        }
        true
    }

    /// Lets tabu entries end.
    fn expire(&mut self) {
        let Self { ring, ends, blocked, counts, moves, .. } = self;
        ring.expire(*moves, |item| {
            // A later entry may have replaced this one.
            if ends[item as usize] == *moves as u32 {
                let (v, class) = (item as usize / counts.k(), item as usize % counts.k());
                blocked[v * counts.words() + class / LANES] &= !(1 << (class % LANES));
            }
        });
    }

    /// Keeps `u` out of a class for the tenure.
    fn forbid(&mut self, u: u32, class: usize) {
        let tenure = match self.tenure {
            Tenure::Dynamic { factor, random } => {
                (factor * self.uncolored() as f64) as u64 + u64::from(self.rng.below(random))
            }
            Tenure::Reactive { random, .. } => {
                self.fluctuation.tenure + u64::from(self.rng.below(random))
            }
        };
        let item = u as usize * self.counts.k() + class;
        self.ends[item] = self.ring.insert(self.moves, tenure + 1, item as u32) as u32;
        self.blocked[u as usize * self.counts.words() + class / LANES] |= 1 << (class % LANES);
    }

    /// The best move allowed, or `None` if every move is tabu. A tabu move is allowed if it leaves fewer
    /// vertices uncoloured than ever before (aspiration).
    fn choose(&mut self) -> Option<(u32, usize)> {
        let uncolored = self.uncolored();
        let chosen = match (C::bytes(self.counts.rows()), C::bytes(&self.own)) {
            (Some(rows), Some(own)) => {
                let moves = Moves {
                    vertices: self.counts.pool(),
                    rows,
                    blocked: &self.blocked,
                    own,
                    words: self.counts.words(),
                };
                let (free, all) = moves.minima(self.level, &mut self.blocks);
                let aspires =
                    all < free && uncolored + u64::from(all - NEUTRAL) <= self.best_uncolored;
                let target = if aspires { all } else { free };
                let wanted = Wanted { value: target, free_only: !aspires };
                (target < u8::MAX)
                    .then(|| moves.ties(self.level, &self.blocks, wanted, &mut self.ties))
            }
            _ => None,
        };
        let count = chosen.unwrap_or_else(|| self.exact_ties());
        let (at, class) = draw(&self.ties, count, self.counts.words(), &mut self.rng)?;
        Some((self.counts.pool()[at], class))
    }

    fn exact_ties(&mut self) -> u32 {
        let moves = Exact {
            vertices: self.counts.pool(),
            rows: self.counts.rows(),
            blocked: &self.blocked,
            own: &self.own,
            words: self.counts.words(),
            k: self.counts.k(),
        };
        let aspiration = self.best_uncolored as i64 + 1 - self.uncolored() as i64;
        moves.ties(aspiration, &mut self.ties)
    }
}
