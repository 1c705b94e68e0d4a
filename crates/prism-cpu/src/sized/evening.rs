//! Evening: the classes of a proper colouring get sizes that are more even, and it stays proper.
//!
//! The vertices of two colours fall into Kempe chains, in each of which the two colours can be swapped
//! (see [`crate::kempe`]). A chain with x vertices of one colour and y of the other adds x - y or y - x to
//! the difference of the classes, so that the most even sizes which these two classes can have are a
//! matter of subset sums. With two colours that settles the whole graph. With more,
//! pairs are evened again and again, the largest class with the smallest one first, until no pair is left
//! that gains anything. Then vertices move on along a path: one of the largest class to the next, one of
//! that to the one after it, and so on to a class that is smaller by two at least, which is the shift of
//! Kierstead, Kostochka, Mydlarz & Szemeredi (2010).
//!
//! Where all that has come to its end, a few random chains are swapped and it begins again; what is no
//! worse is kept (iterated local search). Good where classes are sparse among each other, as in
//! timetables, meshes and registers. On dense random graphs two classes are mostly one single chain, and
//! [tabu search](super::tabu) is better.

use super::chains::{Chain, Chains};
use super::classes::Classes;
use super::subset_sum::nearest;
use super::{SizedSearch, Sizing};
use prism_core::memory::OutOfMemory;
use prism_core::search::Step;
use prism_core::{Color, Graph, Rng};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// Chains that are swapped at random before everything is evened again: up to this many.
const KICKS: u32 = 4;

/// Evens one proper colouring.
pub struct Evening<'g> {
    graph: &'g Graph<'g>,
    sizing: Sizing,
    classes: Classes,
    chains: Chains,
    /// How often a class has changed.
    changes: Vec<u64>,
    /// For pairs that gained nothing: how often the two had changed by then.
    settled: HashMap<(Color, Color), (u64, u64)>,
    best: Vec<Color>,
    best_key: (u64, u64),
    rng: Rng,
    moves: u64,
    is_sure: bool,
}

/// What was gained.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gain {
    Some,
    None,
    /// There was no time to try everything.
    Unknown,
}

impl<'g> Evening<'g> {
    /// Starts from `colors`, a proper colouring with colours below k that has the given ones.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn new(
        graph: &'g Graph<'g>,
        sizing: Sizing,
        colors: Vec<Color>,
        rng: Rng,
    ) -> Result<Self, OutOfMemory> {
        let k = sizing.k;
        let mut evening = Self {
            graph,
            sizing,
            classes: Classes::new(k, colors.clone())?,
            chains: Chains::new(graph.n())?,
            changes: vec![0; k],
            settled: HashMap::new(),
            best: colors,
            best_key: (0, 0),
            rng,
            moves: 0,
            is_sure: k == 1,
        };
        evening.best_key = evening.key();
        Ok(evening)
    }

    /// The bytes that one takes.
    #[must_use]
    pub fn memory(graph: &Graph<'_>, k: usize) -> u64 {
        (graph.n() as u64).saturating_mul(32).saturating_add((k as u64).saturating_mul(128))
    }

    /// Whether no proper colouring with these colours has classes of more even sizes, for sure: with one
    /// colour or two.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.is_sure
    }

    /// What the sizes have too many or too few, and the sum of their squares.
    fn key(&self) -> (u64, u64) {
        let sizes = || self.classes.all().map(|color| self.classes.size(color));
        let misses = sizes().map(|size| self.sizing.range.misses(size) as u64).sum();
        (misses, sizes().map(|size| (size as u64).pow(2)).sum())
    }

    /// Evens the first pair that gains by it, the largest class with the smallest one first.
    fn even_some_pair(&mut self, by_size: &[Color], end: u64, stop: &AtomicBool) -> Gain {
        for &large in by_size {
            for &small in by_size.iter().rev() {
                if self.classes.size(large) < self.classes.size(small) + 2 {
                    break;
                }
                let changes = (self.changes[usize::from(large)], self.changes[usize::from(small)]);
                if self.settled.get(&(large, small)) == Some(&changes) {
                    continue;
                }
                if self.moves >= end || stop.load(Ordering::Relaxed) {
                    return Gain::Unknown;
                }
                if self.even_pair(large, small) {
                    return Gain::Some;
                }
                self.settled.insert((large, small), changes);
            }
        }
        Gain::None
    }

    /// Gives two classes the most even sizes that they can have. Says whether these are more even than
    /// before.
    fn even_pair(&mut self, a: Color, b: Color) -> bool {
        let given = |v| self.sizing.is_given(v);
        self.chains.find(self.graph, &self.classes, a, b, given);
        self.moves += self.chains.vertices.len() as u64;
        let free = || self.chains.list.iter().filter(|chain| !chain.is_fixed);
        let fixed = self.chains.list.iter().filter(|chain| chain.is_fixed);
        let fixed: i64 = fixed.map(|chain| chain.excess).sum();
        let parts: Vec<usize> = free().map(|chain| chain.excess.unsigned_abs() as usize).collect();
        let all: usize = parts.iter().sum();
        // Parts P on the side of `a` make a difference of fixed + P - (all - P).
        let wanted = usize::try_from((all as i64 - fixed) / 2).unwrap_or(0);
        let (on_side, is_sure) = nearest(&parts, wanted);
        self.is_sure |= self.classes.k() == 2 && is_sure;
        let sum = |part: (&usize, &bool)| if *part.1 { *part.0 as i64 } else { -(*part.0 as i64) };
        let after = fixed + parts.iter().zip(&on_side).map(sum).sum::<i64>();
        let before = self.classes.size(a).abs_diff(self.classes.size(b)) as u64;
        if after.unsigned_abs() >= before {
            return false;
        }
        let wrong_way = |(chain, on_side): &(&Chain, bool)| (chain.excess > 0) != *on_side;
        let swapped = free().zip(on_side).filter(|(chain, _)| chain.excess != 0);
        for (chain, _) in swapped.filter(wrong_way) {
            for &v in &self.chains.vertices[chain.start..chain.end] {
                let other = if self.classes.of(v) == a { b } else { a };
                self.classes.recolor(v, other);
            }
        }
        self.changed(a);
        self.changed(b);
        true
    }

    fn changed(&mut self, color: Color) {
        self.changes[usize::from(color)] += 1;
    }

    /// Moves a vertex from a class to one that is smaller by two at least, where others move on to make
    /// room for it, if that is possible somewhere.
    fn shift_some(&mut self, by_size: &[Color]) -> bool {
        let Some(&smallest) = by_size.last() else { return false };
        let least = self.classes.size(smallest);
        let mut sources: &[Color] = by_size;
        while let Some(&first) = sources.first() {
            let size = self.classes.size(first);
            if size < least + 2 {
                return false;
            }
            let equal = sources.iter().take_while(|&&color| self.classes.size(color) == size);
            let (from, rest) = sources.split_at(equal.count());
            if let Some(path) = self.path(from, size - 2) {
                for (v, color) in path {
                    let own = self.classes.of(v);
                    self.classes.recolor(v, color);
                    self.changed(own);
                    self.changed(color);
                }
                return true;
            }
            sources = rest;
        }
        false
    }

    /// A shortest path from one of the classes `from` to one with at most so many vertices, as the moves
    /// that shift a vertex along it, the last one first.
    fn path(&mut self, from: &[Color], most: usize) -> Option<Vec<(u32, Color)>> {
        let k = self.classes.k();
        // By class, the vertex that moves to it; its own class is the one before.
        let mut by: Vec<Option<u32>> = vec![None; k];
        let mut is_reached = vec![false; k];
        from.iter().for_each(|&color| is_reached[usize::from(color)] = true);
        let mut open: Vec<Color> =
            self.classes.all().filter(|&color| !is_reached[usize::from(color)]).collect();
        let mut queue = from.to_vec();
        let mut next = 0;
        let mut around = vec![u32::MAX; k];
        while let Some(&class) = queue.get(next) {
            next += 1;
            for &v in self.classes.members(class) {
                if self.sizing.is_given(v) {
                    continue;
                }
                self.moves += 1;
                for &u in self.graph.neighbors(v) {
                    around[usize::from(self.classes.of(u))] = v;
                }
                open.retain(|&color| {
                    let is_free = around[usize::from(color)] != v;
                    if is_free {
                        by[usize::from(color)] = Some(v);
                        queue.push(color);
                    }
                    !is_free
                });
            }
            let end = queue[next..].iter().find(|&&color| self.classes.size(color) <= most);
            if let Some(&end) = end {
                let mut path = Vec::new();
                let mut color = end;
                while let Some(v) = by[usize::from(color)] {
                    path.push((v, color));
                    color = self.classes.of(v);
                }
                return Some(path);
            }
        }
        None
    }

    /// Swaps a few chains at random.
    fn kick(&mut self) {
        let (n, k) = (self.graph.n() as u32, self.classes.k() as u32);
        for _ in 0..=self.rng.below(KICKS) {
            let v = self.rng.below(n);
            let own = self.classes.of(v);
            let other = self.rng.below(k - 1) as Color;
            let other = if other >= own { other + 1 } else { other };
            let given = |v| self.sizing.is_given(v);
            self.chains.begin();
            let chain = self.chains.grow(self.graph, &self.classes, v, (own, other), given);
            self.moves += self.chains.vertices.len() as u64;
            if !chain.is_fixed {
                for &u in &self.chains.vertices {
                    let across = if self.classes.of(u) == own { other } else { own };
                    self.classes.recolor(u, across);
                }
                self.changed(own);
                self.changed(other);
            }
        }
    }

    /// Goes back to the best colouring.
    fn go_back(&mut self) {
        for v in self.graph.vertices() {
            let (now, color) = (self.classes.of(v), self.best[v as usize]);
            if now != color {
                self.classes.recolor(v, color);
                self.changed(now);
                self.changed(color);
            }
        }
    }

    /// Keeps what there is now if it is no worse than the best. Says whether it is.
    fn keep(&mut self) -> bool {
        let key = self.key();
        let is_as_good = key <= self.best_key;
        if is_as_good {
            self.best.copy_from_slice(self.classes.colors());
            self.best_key = key;
        }
        is_as_good
    }
}

impl SizedSearch for Evening<'_> {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        let end = self.moves.saturating_add(moves);
        let mut by_size: Vec<Color> = self.classes.all().collect();
        loop {
            if self.key().0 == 0 {
                self.keep();
                return Step::Solved;
            }
            by_size.sort_by_key(|&color| (Reverse(self.classes.size(color)), color));
            let gain = match self.even_some_pair(&by_size, end, stop) {
                Gain::None if self.shift_some(&by_size) => Gain::Some,
                gain => gain,
            };
            if gain == Gain::None {
                if !self.keep() {
                    self.go_back();
                }
                if self.is_sure {
                    return Step::Failed;
                }
                self.kick();
            }
            let is_stopped = stop.load(Ordering::Relaxed);
            if is_stopped || self.moves >= end {
                self.keep();
                return match is_stopped {
                    _ if self.wrong() == 0 => Step::Solved,
                    true => Step::Stopped,
                    false => Step::OutOfMoves,
                };
            }
        }
    }

    fn best(&self) -> &[Color] {
        &self.best
    }

    fn wrong(&self) -> u64 {
        self.best_key.0
    }

    fn moves(&self) -> u64 {
        self.moves
    }
}
