//! Tabu search for a proper colouring whose classes have sizes within a range.
//!
//! It works on assignments that may be improper, as TabuCol does, and that may be too uneven. What it
//! lowers is the number of conflicting edges and, with a weight, the number of vertices that classes have
//! too many or too few. So an exchange of two vertices is two moves, of which the first makes sizes wrong
//! and the second mends them, and neither has to know of the other. Searches that keep to equal sizes and
//! exchange vertices (Diaz, Nasini & Zabala 2017) look at n exchanges for each vertex in conflict; here a
//! vertex has k moves. That a search for equitable colourings gains by leaving them is the finding of Sun,
//! Hao, Lai & Wu (2017).
//!
//! Vertices in conflict may move, and where sizes are wrong also those of the classes that are too large, or
//! any to a class that is too small. The colour that a vertex leaves is tabu to it for a while, as in TabuCol
//! in proportion to what is wrong, but a smaller one, since more is wrong here. Which proportion is best, and
//! which weight, differs from graph to graph, so that both are drawn anew from time to time.

use super::classes::Classes;
use super::{SizedSearch, Sizing};
use crate::conflict_list::ConflictList;
use prism_core::memory::{OutOfMemory, try_zeroed};
use prism_core::search::Step;
use prism_core::{Color, Graph, Rng};
use std::sync::atomic::{AtomicBool, Ordering};

/// How long a colour is tabu: tenths for each thing that is wrong, and a random number below the second.
const TENURES: [(u32, u32); 4] = [(3, 5), (2, 5), (3, 10), (1, 10)];

/// What a conflicting edge weighs, ...
const EDGE: i32 = 4;

/// ... and what a vertex too many or too few does. Three quarters of an edge are best on random graphs, more
/// on others.
const VERTICES: [i32; 4] = [2, 3, 3, 6];

/// Moves with one tenure and one weight.
const EPOCH: u64 = 1 << 14;

/// The most vertices of a list that a move is chosen from.
const SOME: usize = 512;

/// The search.
pub struct SizedTabu<'g> {
    graph: &'g Graph<'g>,
    sizing: Sizing,
    classes: Classes,
    /// `counts[v * k + c]`: how many neighbours of v have colour c.
    counts: Vec<u16>,
    /// The move, modulo 2^32, from which the colour is free again.
    tabu: Vec<u32>,
    /// Vertices with a neighbour of their colour.
    conflicting: ConflictList,
    conflicts: u64,
    misses: u64,
    weight: i32,
    tenure: (u32, u32),
    /// By colour, what a vertex that joins it adds to what is wrong with the sizes, and one that leaves it.
    joins: Vec<i32>,
    leaves: Vec<i32>,
    best: Vec<Color>,
    least_wrong: u64,
    rng: Rng,
    moves: u64,
}

/// The best moves that were found.
struct Choice {
    /// What they add, weighted.
    delta: i32,
    ties: u32,
    vertex: u32,
    color: Color,
}

impl<'g> SizedTabu<'g> {
    /// Starts from `colors`, any assignment of colours below k that has the given ones.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn new(
        graph: &'g Graph<'g>,
        sizing: Sizing,
        colors: Vec<Color>,
        rng: Rng,
    ) -> Result<Self, OutOfMemory> {
        let (n, k) = (graph.n(), sizing.k);
        let mut search = Self {
            graph,
            classes: Classes::new(k, colors.clone())?,
            counts: try_zeroed(n * k)?,
            tabu: try_zeroed(n * k)?,
            conflicting: ConflictList::new(n)?,
            conflicts: 0,
            misses: 0,
            weight: VERTICES[0],
            tenure: TENURES[0],
            joins: vec![0; k],
            leaves: vec![0; k],
            best: colors,
            least_wrong: 0,
            rng,
            moves: 0,
            sizing,
        };
        for v in graph.vertices() {
            let row = &mut search.counts[v as usize * k..][..k];
            for &u in graph.neighbors(v) {
                row[usize::from(search.classes.of(u))] += 1;
            }
            let own = row[usize::from(search.classes.of(v))];
            search.conflicts += u64::from(own);
            if own > 0 {
                search.conflicting.insert(v);
            }
        }
        search.conflicts /= 2;
        for color in search.classes.all() {
            search.misses += search.sizing.range.misses(search.classes.size(color)) as u64;
            search.weigh(color);
        }
        search.least_wrong = search.conflicts + search.misses;
        Ok(search)
    }

    /// The bytes that one takes; [`u64::MAX`] where a vertex has more neighbours than can be counted.
    #[must_use]
    pub fn memory(graph: &Graph<'_>, k: usize) -> u64 {
        if graph.max_degree() > usize::from(u16::MAX) {
            return u64::MAX;
        }
        (graph.n() as u64).saturating_mul((k as u64).saturating_mul(6).saturating_add(32))
    }

    /// Works out what joining and leaving a class adds to what is wrong with the sizes.
    fn weigh(&mut self, color: Color) {
        let (range, size) = (self.sizing.range, self.classes.size(color));
        let misses = |size| range.misses(size) as i32;
        self.joins[usize::from(color)] = misses(size + 1) - misses(size);
        self.leaves[usize::from(color)] = misses(size.saturating_sub(1)) - misses(size);
    }

    /// One move, unless all are tabu.
    fn step(&mut self) {
        if self.moves.is_multiple_of(EPOCH) {
            self.tenure = TENURES[self.rng.below(TENURES.len() as u32) as usize];
            self.weight = VERTICES[self.rng.below(VERTICES.len() as u32) as usize];
        }
        self.moves += 1;
        if let Some(choice) = self.choose() {
            let (v, own) = (choice.vertex, self.classes.of(choice.vertex));
            let (tenths, most) = self.tenure;
            let wrong = self.conflicting.vertices().len() as u64 + self.misses;
            let tenure = u64::from(self.rng.below(most)) + u64::from(tenths) * wrong / 10 + 1;
            self.tabu[v as usize * self.sizing.k + usize::from(own)] = (self.moves + tenure) as u32;
            self.recolor(v, choice.color);
            let wrong = self.conflicts + self.misses;
            if wrong < self.least_wrong {
                self.least_wrong = wrong;
                self.best.copy_from_slice(self.classes.colors());
            }
        }
    }

    /// The best move that is allowed, a random one of several.
    fn choose(&mut self) -> Option<Choice> {
        let mut best = Choice { delta: i32::MAX, ties: 0, vertex: 0, color: 0 };
        let mut rng = self.rng.clone();
        let k = self.sizing.k as Color;
        for &v in some(self.conflicting.vertices(), &mut rng) {
            self.consider(v, 0..k, &mut best, &mut rng);
        }
        if self.misses > 0 {
            let range = self.sizing.range;
            let is_calm = |v: &&u32| !self.conflicting.contains(**v);
            for color in self.classes.all() {
                let size = self.classes.size(color);
                if size > range.most {
                    let members = some(self.classes.members(color), &mut rng);
                    for &v in members.iter().filter(is_calm) {
                        self.consider(v, 0..k, &mut best, &mut rng);
                    }
                }
                if size < range.least {
                    // Those of classes that are too large have been considered.
                    let gives = |other: &Color| {
                        (range.least + 1..=range.most).contains(&self.classes.size(*other))
                    };
                    for other in self.classes.all().filter(gives) {
                        let members = some(self.classes.members(other), &mut rng);
                        for &v in members.iter().filter(is_calm) {
                            self.consider(v, color..color + 1, &mut best, &mut rng);
                        }
                    }
                }
            }
        }
        self.rng = rng;
        (best.ties > 0).then_some(best)
    }

    /// Considers the moves of a vertex to some colours.
    #[inline]
    fn consider(&self, v: u32, colors: std::ops::Range<Color>, best: &mut Choice, rng: &mut Rng) {
        if self.sizing.is_given(v) {
            return;
        }
        let (k, own) = (self.sizing.k, self.classes.of(v));
        let counts = &self.counts[v as usize * k..][..k];
        let tabu = &self.tabu[v as usize * k..][..k];
        let now = self.moves as u32;
        let leaves = self.leaves[usize::from(own)];
        let left = i32::from(counts[usize::from(own)]);
        let base = self.weight * leaves - EDGE * left;
        let wrong = (self.conflicts + self.misses) as i64;
        for color in colors {
            let c = usize::from(color);
            let delta = EDGE * i32::from(counts[c]) + self.weight * self.joins[c] + base;
            if delta > best.delta || color == own {
                continue;
            }
            if (tabu[c].wrapping_sub(now) as i32) > 0 {
                let after = wrong + i64::from(i32::from(counts[c]) - left + self.joins[c] + leaves);
                if after >= self.least_wrong as i64 {
                    continue;
                }
            }
            if delta < best.delta {
                *best = Choice { delta, ties: 1, vertex: v, color };
            } else {
                best.ties += 1;
                if rng.below(best.ties) == 0 {
                    (best.vertex, best.color) = (v, color);
                }
            }
        }
    }

    fn recolor(&mut self, v: u32, color: Color) {
        let (k, own) = (self.sizing.k, self.classes.of(v));
        let (from, to) = (usize::from(own), usize::from(color));
        let row = &self.counts[v as usize * k..][..k];
        match (row[from] > 0, row[to] > 0) {
            (true, false) => self.conflicting.remove(v),
            (false, true) => self.conflicting.insert(v),
            _ => {}
        }
        self.conflicts = self.conflicts + u64::from(row[to]) - u64::from(row[from]);
        for &u in self.graph.neighbors(v) {
            let row = &mut self.counts[u as usize * k..][..k];
            row[from] -= 1;
            row[to] += 1;
            let of = self.classes.of(u);
            if of == own && row[from] == 0 {
                self.conflicting.remove(u);
            } else if of == color && row[to] == 1 {
                self.conflicting.insert(u);
            }
        }
        let range = self.sizing.range;
        for changed in [own, color] {
            self.misses -= range.misses(self.classes.size(changed)) as u64;
        }
        self.classes.recolor(v, color);
        for changed in [own, color] {
            self.misses += range.misses(self.classes.size(changed)) as u64;
            self.weigh(changed);
        }
    }
}

/// All of a list that is short, and a part of a long one: on large graphs a move that is good enough is worth
/// more than the best one of all.
fn some<'l>(list: &'l [u32], rng: &mut Rng) -> &'l [u32] {
    match list.len() {
        ..=SOME => list,
        long => {
            let first = rng.below((long - SOME) as u32 + 1) as usize;
            &list[first..first + SOME]
        }
    }
}

impl SizedSearch for SizedTabu<'_> {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        let end = self.moves.saturating_add(moves);
        loop {
            if self.least_wrong == 0 {
                return Step::Solved;
            }
            if self.moves >= end {
                return Step::OutOfMoves;
            }
            if stop.load(Ordering::Relaxed) {
                return Step::Stopped;
            }
            self.step();
        }
    }

    fn best(&self) -> &[Color] {
        &self.best
    }

    fn wrong(&self) -> u64 {
        self.least_wrong
    }

    fn moves(&self) -> u64 {
        self.moves
    }
}
