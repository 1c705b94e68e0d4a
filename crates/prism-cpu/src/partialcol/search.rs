//! The moves of PartialCol with one width of counts.

use super::Tenure;
use crate::adjacency::Adjacency;
use crate::choice::{Candidates, Chooser};
use crate::neighbor_counts::Count;
use crate::partial_counts::PartialCounts;
use crate::simd::Level;
use crate::tabu_list::TabuList;
use crate::width::{Counted, largest_class};
use prism_core::{Color, Rng};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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

#[derive(Clone, Debug)]
pub(super) struct Search<C> {
    adjacency: Arc<Adjacency>,
    counts: PartialCounts<C>,
    tenure: Tenure,
    fluctuation: Fluctuation,
    /// No move may make a class larger.
    largest_class: u32,
    chooser: Chooser,
    tabu: TabuList,
    rng: Rng,
    moves: u64,
    best: Vec<Color>,
    best_uncolored: u64,
    ejected: Vec<u32>,
    /// What a vertex of the pool has in its own class, for [`Candidates`].
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
        let counts = PartialCounts::new(n, k, &adjacency, level);
        Self {
            best: counts.colors().collect(),
            best_uncolored: n as u64,
            largest_class: largest_class::<C>(&adjacency),
            adjacency,
            counts,
            tenure,
            fluctuation: Fluctuation::NEW_PERIOD,
            chooser: Chooser::new(n, level),
            tabu: TabuList::new(n, k, LONGEST),
            rng,
            moves: 0,
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

    /// The same search with wider counts, from `start`; tabu entries are forgotten.
    pub(super) fn widened_from(&self, start: &[Color]) -> Search<u16> {
        let adjacency = Arc::new(self.adjacency.to_sparse());
        let (size, rng) = ((self.own.len(), self.counts.k()), self.rng.clone());
        let mut wide = Search::new(adjacency, size, self.tenure, rng, self.chooser.level);
        (wide.moves, wide.fluctuation) = (self.moves, self.fluctuation);
        (wide.best_uncolored, wide.best) = (self.best_uncolored, self.best.clone());
        wide.load(start, &AtomicBool::new(false));
        wide
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

    /// Keeps `u` out of a class for the tenure.
    fn forbid(&mut self, u: u32, class: Color) {
        let tenure = match self.tenure {
            Tenure::Dynamic { factor, random } => {
                (factor * self.uncolored() as f64) as u64 + u64::from(self.rng.below(random))
            }
            Tenure::Reactive { random, .. } => {
                self.fluctuation.tenure + u64::from(self.rng.below(random))
            }
        };
        self.tabu.forbid(u, class, self.moves, tenure);
    }

    /// The best move allowed, or `None` if every move is tabu. A tabu move is allowed if it leaves
    /// fewer vertices uncoloured than ever before (aspiration).
    fn choose(&mut self) -> Option<(u32, Color)> {
        let moves = Candidates {
            vertices: self.counts.pool(),
            rows: self.counts.rows(),
            blocked: self.tabu.blocked(),
            own: &self.own,
            words: self.counts.words(),
            k: self.counts.k(),
        };
        // The vertex that moves leaves the pool.
        let aspiration = self.best_uncolored as i64 + 1 - self.uncolored() as i64;
        self.chooser.choose(moves, aspiration, true, &mut self.rng)
    }
}

impl<C: Count> Counted for Search<C> {
    type Wide = Search<u16>;

    /// When everything is tabu, a move only counts.
    fn step(&mut self) -> bool {
        self.moves += 1;
        self.tabu.expire(self.moves, |_, _| false);
        if let Some((v, class)) = self.choose() {
            if self.counts.class_size(class.into()) >= self.largest_class {
                self.moves -= 1;
                return false;
            }
            let mut ejected = std::mem::take(&mut self.ejected);
            self.counts.place(&self.adjacency, v, class.into(), &mut ejected);
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

    fn k(&self) -> usize {
        self.counts.k()
    }

    fn best(&self) -> &[Color] {
        &self.best
    }

    /// Uncoloured vertices of the best.
    fn conflicts(&self) -> u64 {
        self.best_uncolored
    }

    fn moves(&self) -> u64 {
        self.moves
    }

    fn widened(&self) -> Search<u16> {
        self.widened_from(&self.counts.colors().collect::<Vec<_>>())
    }
}
