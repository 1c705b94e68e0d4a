//! The state of [`guided_ejection`](crate::guided_ejection): the loop, the tabu list and the best
//! so far.
//!
//! A vertex of the pool enters a class, and its neighbours there are pushed out and may not return
//! to that class for a while. Which vertex, which class and how long is the engine's business.

use crate::partial_coloring::PartialColoring;
use prism_core::memory::{OutOfMemory, try_zeroed};
use prism_core::search::{Elite, Mismatch, Saved, Shape, Step, UNCOLORED};
use prism_core::{Color, Graph, Rng};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A tabu entry that never runs out: the class holds a frozen neighbour.
pub(crate) const FOREVER: u64 = u64::MAX;

/// The state of a search over partial colourings.
#[derive(Debug)]
pub(crate) struct PartialSearch<'g> {
    pub state: PartialColoring<'g>,
    pub rng: Rng,
    pub tabu: TabuList,
    best: Vec<Color>,
    best_uncolored: u64,
    moves: u64,
    ejected: Vec<u32>,
}

/// From which move on a vertex may enter a class again.
#[derive(Debug)]
pub(crate) struct TabuList {
    k: usize,
    /// By vertex, `k` entries.
    until: Vec<u64>,
}

impl TabuList {
    /// The entries of `v`, by class.
    #[inline]
    pub fn of(&self, v: u32) -> &[u64] {
        &self.until[v as usize * self.k..(v as usize + 1) * self.k]
    }

    #[inline]
    fn set(&mut self, v: u32, class: usize, until: u64) {
        self.until[v as usize * self.k + class] = until;
    }
}

impl<'g> PartialSearch<'g> {
    /// Begins at what [`PartialColoring::new`] makes of its arguments.
    ///
    /// # Errors
    /// [`OutOfMemory`]: the tables do not fit.
    pub fn new(
        graph: Arc<Graph<'g>>,
        k: Color,
        start: &[Color],
        frozen: &[u32],
        weight: impl Fn(u32) -> u32,
        rng: Rng,
        stop: &AtomicBool,
    ) -> Result<Self, OutOfMemory> {
        let state = PartialColoring::new(graph.clone(), k, start, frozen, weight, stop)?;
        let mut tabu = TabuList { k: state.k(), until: try_zeroed(graph.n() * state.k())? };
        for &v in frozen.iter().filter(|&&v| state.is_frozen(v)) {
            let class = usize::from(state.colors()[v as usize]);
            for &u in graph.neighbors(v) {
                tabu.set(u, class, FOREVER);
            }
        }
        Ok(Self {
            tabu,
            best: state.colors().to_vec(),
            best_uncolored: state.pool().len() as u64,
            moves: 0,
            ejected: Vec::new(),
            rng,
            state,
        })
    }

    /// [`FixedK::run`](prism_core::search::FixedK::run) with what `make_move` does as a move; it may
    /// find nothing to do.
    pub fn run(
        &mut self,
        moves: u64,
        stop: &AtomicBool,
        mut make_move: impl FnMut(&mut Self),
    ) -> Step {
        let end = self.moves.saturating_add(moves);
        while self.best_uncolored > 0 {
            if self.moves >= end {
                return Step::OutOfMoves;
            }
            if stop.load(Ordering::Relaxed) {
                return Step::Stopped;
            }
            self.moves += 1;
            make_move(self);
            let uncolored = self.state.pool().len() as u64;
            if uncolored < self.best_uncolored {
                self.best_uncolored = uncolored;
                self.best.copy_from_slice(self.state.colors());
            }
        }
        Step::Solved
    }

    /// Moves `v` from the pool into `class`. The neighbours that it pushes out stay away from there
    /// for as many moves as `tenure` draws for each, after the next one.
    #[inline]
    pub fn place(
        &mut self,
        v: u32,
        class: usize,
        tenure: impl Fn(&PartialColoring<'g>, &mut Rng) -> u64,
    ) {
        self.state.place(v, class, &mut self.ejected);
        for &u in &self.ejected {
            let until = self.moves + 1 + tenure(&self.state, &mut self.rng);
            self.tabu.set(u, class, until);
        }
    }

    pub fn best(&self) -> &[Color] {
        &self.best
    }

    /// The state, with the weights as counters.
    pub fn save(&mut self) -> Saved {
        let colors = self.state.colors().to_vec();
        self.go_on_from(&colors, |_, weight| weight);
        let best =
            Elite { k: self.state.k(), colors: self.best.clone(), conflicts: self.best_uncolored };
        let weights = self.state.graph().vertices().map(|v| self.state.weight(v).into());
        Saved {
            best,
            moves: self.moves,
            random: vec![self.rng.clone()],
            counters: weights.collect(),
            individuals: vec![colors],
        }
    }

    /// Goes on from a state whose weights add up to `most` at the most; gives their sum.
    pub fn restore(&mut self, saved: &Saved, most: u64) -> Result<u64, Mismatch> {
        let (k, n) = (self.state.k(), self.state.graph().n());
        let shape = Shape { k, vertices: n, individuals: 1, random: 1, counters: n };
        saved.check(shape, self.state.graph().edges())?;
        saved.check_colors(k, true)?;
        let colors = &saved.individuals[0];
        let uncolored = colors.iter().filter(|&&color| color == UNCOLORED).count();
        let wrong = Elite::new(k, colors.clone(), self.state.graph().edges()).conflicts;
        Mismatch::unless(wrong == uncolored as u64, "the partial colouring")?;
        let mut vertices = self.state.graph().vertices();
        let keeps = vertices.all(|v| {
            !self.state.is_frozen(v) || colors[v as usize] == self.state.colors()[v as usize]
        });
        Mismatch::unless(keeps, "the colour of a frozen vertex")?;
        let fits = |total: &u64| *total <= most;
        let add = |total: u64, &weight: &u64| total.checked_add(weight).filter(fits);
        let total = saved.counters.iter().try_fold(0, add);
        let total = total.filter(|_| !saved.counters.contains(&0));
        let total = total.ok_or(Mismatch::Part("a weight"))?;
        self.go_on_from(colors, |v, _| saved.counters[v as usize] as u32);
        (self.moves, self.rng) = (saved.moves, saved.random[0].clone());
        self.best.copy_from_slice(&saved.best.colors);
        self.best_uncolored = saved.best.conflicts;
        Ok(total)
    }

    /// Puts the vertices where they are in a partial colouring, and forgets what is tabu for a time.
    fn go_on_from(&mut self, colors: &[Color], weight: impl Fn(u32, u32) -> u32) {
        self.state.load(colors, weight);
        self.tabu.until.iter_mut().filter(|until| **until != FOREVER).for_each(|until| *until = 0);
    }

    /// Uncoloured vertices of the best partial colouring.
    pub fn conflicts(&self) -> u64 {
        self.best_uncolored
    }

    /// Moves made, with the one that is being made.
    pub fn moves(&self) -> u64 {
        self.moves
    }
}
