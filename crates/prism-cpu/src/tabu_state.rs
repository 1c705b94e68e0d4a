//! What a tabu search has beside its counts, whatever it counts: its graph, what is tabu, its random
//! numbers and its best.

use crate::adjacency::Adjacency;
use crate::choice::Chooser;
use crate::neighbor_counts::Count;
use crate::simd::Level;
use crate::tabu_list::TabuList;
use prism_core::memory::{OutOfMemory, try_vec};
use prism_core::search::{Elite, Mismatch, Saved, Shape, UNCOLORED};
use prism_core::{Color, Rng};
use std::sync::Arc;

/// The largest class that byte counts are safe with, unless no degree is larger.
const BYTE_CLASS: u32 = u8::MAX as u32;

/// The size that no class may come to exceed while counts are of type `C`.
fn largest_class<C: Count>(adjacency: &Adjacency) -> u32 {
    let bytes = C::bytes(&[]).is_some();
    if bytes && adjacency.max_degree() > BYTE_CLASS as usize { BYTE_CLASS } else { u32::MAX }
}

/// Whether `start` has a class that byte counts are not safe with. Colours beyond `k` are no class.
pub(crate) fn is_crowded(adjacency: &Adjacency, k: usize, start: &[Color]) -> bool {
    let largest = largest_class::<u8>(adjacency);
    if largest == u32::MAX {
        return false;
    }
    let mut sizes = vec![0u32; k];
    for &color in start {
        if let Some(size) = sizes.get_mut(usize::from(color)) {
            *size += 1;
        }
    }
    sizes.into_iter().any(|size| size > largest)
}

/// See the top of this file.
#[derive(Clone, Debug)]
pub(crate) struct TabuState {
    /// The graph as the search was given it; counts of another width begin from it.
    given: Arc<Adjacency>,
    /// The graph as the counts want it: bytes take a bit matrix, wider ones need lists.
    pub adjacency: Arc<Adjacency>,
    pub k: usize,
    /// No move may make a class larger.
    pub largest_class: u32,
    pub chooser: Chooser,
    pub tabu: TabuList,
    longest_tenure: usize,
    pub rng: Rng,
    pub moves: u64,
    pub best: Vec<Color>,
    /// Conflicts of the best.
    pub fewest: u64,
}

impl TabuState {
    /// Of a search with counts of type `C` for `n` vertices and `k` colours; nothing is coloured.
    ///
    /// # Errors
    /// [`OutOfMemory`]: the tables do not fit.
    pub fn new<C: Count>(
        given: Arc<Adjacency>,
        (n, k): (usize, usize),
        longest_tenure: usize,
        rng: Rng,
        level: Level,
    ) -> Result<Self, OutOfMemory> {
        let is_wide = C::bytes(&[]).is_none();
        let adjacency = if is_wide { Arc::new(given.to_sparse()?) } else { given.clone() };
        Ok(Self {
            k,
            largest_class: largest_class::<C>(&adjacency),
            adjacency,
            given,
            chooser: Chooser::new(n, level)?,
            tabu: TabuList::new(n, k, longest_tenure)?,
            longest_tenure,
            rng,
            moves: 0,
            best: try_vec(n, UNCOLORED)?,
            fewest: n as u64,
        })
    }

    /// The same for counts of type `C`, with nothing tabu.
    ///
    /// # Errors
    /// [`OutOfMemory`]: the tables do not fit beside these.
    pub fn resized<C: Count>(&self) -> Result<Self, OutOfMemory> {
        let (given, size) = (self.given.clone(), (self.best.len(), self.k));
        let (rng, level) = (self.rng.clone(), self.chooser.level);
        let mut fresh = Self::new::<C>(given, size, self.longest_tenure, rng, level)?;
        fresh.best.copy_from_slice(&self.best);
        Ok(Self { moves: self.moves, fewest: self.fewest, ..fresh })
    }

    /// Whether `start` has a class that byte counts are not safe with.
    pub fn is_crowded(&self, start: &[Color]) -> bool {
        is_crowded(&self.given, self.k, start)
    }

    /// The edges of the graph.
    pub fn edges(&self) -> impl Iterator<Item = (u32, u32)> {
        self.given.edges()
    }

    /// Takes `colors` for the best if they have fewer conflicts.
    #[inline]
    pub fn note(&mut self, conflicts: u64, colors: impl Iterator<Item = Color>) {
        if conflicts < self.fewest {
            self.fewest = conflicts;
            self.best.iter_mut().zip(colors).for_each(|(best, color)| *best = color);
        }
    }

    /// The best.
    pub fn elite(&self) -> Elite {
        Elite { k: self.k, colors: self.best.clone(), conflicts: self.fewest }
    }

    /// The state of the search with these colours at hand.
    pub fn save(&self, colors: Vec<Color>, counters: Vec<u64>) -> Saved {
        let (best, moves, random) = (self.elite(), self.moves, vec![self.rng.clone()]);
        Saved { best, individuals: vec![colors], moves, random, counters }
    }

    /// Whether a state is one of this search, which has so many counters and whose colourings are
    /// `partial`, proper as far as they go, or complete.
    pub fn check(&self, saved: &Saved, counters: usize, partial: bool) -> Result<(), Mismatch> {
        let (k, vertices) = (self.k, self.best.len());
        let shape = Shape { k, vertices, individuals: 1, random: 1, counters };
        saved.check(shape, self.given.edges())?;
        saved.check_colors(k, partial)?;
        let colors = &saved.individuals[0];
        if partial {
            let uncolored = colors.iter().filter(|&&color| color == UNCOLORED).count();
            let wrong = Elite::new(k, colors.clone(), self.given.edges()).conflicts;
            Mismatch::unless(wrong == uncolored as u64, "the partial colouring")?;
        }
        Ok(())
    }

    /// Goes on from a state that passed [`TabuState::check`], but for the colours at hand.
    pub fn restore(&mut self, saved: &Saved) {
        (self.moves, self.rng) = (saved.moves, saved.random[0].clone());
        self.best.copy_from_slice(&saved.best.colors);
        self.fewest = saved.best.conflicts;
    }
}
