//! The moves of PartialCol with one width of counts.

use super::tenure::{Fluctuation, Tenure};
use crate::adjacency::Adjacency;
use crate::choice::Candidates;
use crate::neighbor_counts::Count;
use crate::partial_counts::PartialCounts;
use crate::simd::Level;
use crate::tabu_state::TabuState;
use crate::width::Counted;
use prism_core::memory::{OutOfMemory, try_vec};
use prism_core::search::{Mismatch, Saved, split_counters};
use prism_core::{Color, Rng};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The longest tenure, in moves. The reactive one grows without a bound of its own.
const LONGEST: usize = 1 << 13;

#[derive(Clone, Debug)]
pub(super) struct Search<C> {
    state: TabuState,
    counts: PartialCounts<C>,
    tenure: Tenure,
    fluctuation: Fluctuation,
    ejected: Vec<u32>,
    /// What a vertex of the pool has in its own class, for [`Candidates`].
    own: Vec<C>,
}

impl<C: Count> Search<C> {
    /// A search with nothing coloured.
    pub(super) fn new(
        adjacency: Arc<Adjacency>,
        size: (usize, usize),
        tenure: Tenure,
        rng: Rng,
        level: Level,
    ) -> Result<Self, OutOfMemory> {
        let state = TabuState::new::<C>(adjacency, size, LONGEST, rng, level)?;
        Self::empty(state, tenure, Fluctuation::NEW_PERIOD)
    }

    fn empty(
        state: TabuState,
        tenure: Tenure,
        fluctuation: Fluctuation,
    ) -> Result<Self, OutOfMemory> {
        let (n, level) = (state.best.len(), state.chooser.level);
        Ok(Self {
            counts: PartialCounts::new(n, state.k, &state.adjacency, level)?,
            state,
            tenure,
            fluctuation,
            ejected: Vec::new(),
            own: try_vec(n, C::from(0))?,
        })
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
            if self.counts.class_size(class) >= self.state.largest_class {
                return false;
            }
            self.counts.place(&self.state.adjacency, v, class, &mut self.ejected);
        }
        self.note_best();
        true
    }

    /// The same search with wider counts, from `start`; tabu entries are forgotten.
    pub(super) fn widened_from(&self, start: &[Color]) -> Result<Search<u16>, OutOfMemory> {
        let mut wide = self.wide()?;
        wide.load(start, &AtomicBool::new(false));
        Ok(wide)
    }

    /// Has these colours at hand, which are proper as far as they go, and nothing tabu.
    fn place(&mut self, colors: &[Color]) {
        self.counts.clear(&self.state.adjacency);
        self.state.tabu.clear();
        self.load(colors, &AtomicBool::new(false));
    }

    fn uncolored(&self) -> u64 {
        self.counts.pool().len() as u64
    }

    fn note_best(&mut self) {
        self.state.note(self.uncolored(), self.counts.colors());
    }

    /// Keeps `u` out of a class for the tenure.
    fn forbid(&mut self, u: u32, class: Color) {
        let tenure = match self.tenure {
            Tenure::Dynamic { factor, random } => {
                (factor * self.uncolored() as f64) as u64 + u64::from(self.state.rng.below(random))
            }
            Tenure::Reactive { random, .. } => {
                self.fluctuation.tenure + u64::from(self.state.rng.below(random))
            }
        };
        self.state.tabu.forbid(u, class, self.state.moves, tenure);
    }

    /// The best move allowed, or `None` if every move is tabu. A tabu move is allowed if it leaves
    /// fewer vertices uncoloured than ever before (aspiration).
    fn choose(&mut self) -> Option<(u32, Color)> {
        let moves = Candidates {
            vertices: self.counts.pool(),
            rows: self.counts.rows(),
            blocked: self.state.tabu.blocked(),
            own: &self.own,
            words: self.counts.words(),
            k: self.counts.k(),
        };
        // The vertex that moves leaves the pool.
        let aspiration = self.state.fewest as i64 + 1 - self.uncolored() as i64;
        self.state.chooser.choose(moves, aspiration, true, &mut self.state.rng)
    }
}

impl<C: Count> Counted for Search<C> {
    type Narrow = Search<u8>;
    type Wide = Search<u16>;

    const COUNTERS: usize = 3;
    const PARTIAL: bool = true;

    fn state(&self) -> &TabuState {
        &self.state
    }

    /// When everything is tabu, a move only counts.
    fn step(&mut self) -> bool {
        self.state.moves += 1;
        self.state.tabu.expire(self.state.moves, |_, _| false);
        if let Some((v, class)) = self.choose() {
            if self.counts.class_size(class.into()) >= self.state.largest_class {
                self.state.moves -= 1;
                return false;
            }
            let mut ejected = std::mem::take(&mut self.ejected);
            self.counts.place(&self.state.adjacency, v, class.into(), &mut ejected);
            for &u in &ejected {
                self.forbid(u, class);
            }
            self.ejected = ejected;
            self.note_best();
        }
        if let Tenure::Reactive { period, increment, .. } = self.tenure {
            let end_of_period = self.state.moves.is_multiple_of(u64::from(period.max(1)));
            self.fluctuation.record(self.uncolored(), end_of_period, increment);
        }
        true
    }

    fn narrow(&self) -> Result<Search<u8>, OutOfMemory> {
        Search::empty(self.state.resized::<u8>()?, self.tenure, self.fluctuation)
    }

    fn wide(&self) -> Result<Search<u16>, OutOfMemory> {
        Search::empty(self.state.resized::<u16>()?, self.tenure, self.fluctuation)
    }

    fn widened(&self) -> Result<Search<u16>, OutOfMemory> {
        self.widened_from(&self.counts.colors().collect::<Vec<_>>())
    }

    fn save(&mut self) -> Saved {
        let colors: Vec<Color> = self.counts.colors().collect();
        self.place(&colors);
        let Fluctuation { tenure, least, most } = self.fluctuation;
        self.state.save(colors, vec![tenure, least, most])
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        let ([tenure, least, most], _) = split_counters(&saved.counters)?;
        Mismatch::unless(tenure <= u64::MAX / 2, "the tenure")?;
        self.fluctuation = Fluctuation { tenure, least, most };
        self.place(&saved.individuals[0]);
        self.state.restore(saved);
        Ok(())
    }
}
