//! Path-integral Monte Carlo quantum annealing at a fixed number of colours (Titiloye & Crispin 2011,
//! 2012: QA-col).
//!
//! A ring of colourings, the Trotter slices, is the path integral of one colouring in a transverse
//! field. A pair of vertices is a spin: +1 if they have the same colour, -1 if not, whatever the colour
//! is called. Beside its conflicts, a slice pays for every pair whose spin differs from the one in a
//! slice next to it; the weaker the field, the more. So the slices explore on their own first, and are
//! drawn together where several of them found the same as the field falls. At its end it rises again.
//!
//! Every other slice moves while those between them stand still: half a step, which is what the kernel
//! `quantum.cu` does in a launch. It makes the same moves from the same seed, colourings and field.
//!
//! Limits: a slice keeps 4 bytes for each vertex and colour, and 8 for each pair of colours.

use crate::metropolis::{Draws, Weight};
use crate::walks::{Population, Walks, run};
use prism_core::annealing::TransverseField;
use prism_core::memory::OutOfMemory;
use prism_core::search::{Elite, FixedK, Mismatch, Saved, Step, place, split_counters};
use prism_core::{Color, Graph, Philox, Rng};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What a slice's moves cost while its neighbours stand still.
#[derive(Debug)]
struct Bonds {
    k: usize,
    beta: i64,
    coupling: i64,
    /// Of the two neighbours: their colours, and by own colour and theirs how many vertices have both.
    near: [(Vec<Color>, Vec<i32>); 2],
    /// Of the own classes.
    sizes: Vec<i32>,
}

impl Bonds {
    fn new(k: Color, own: &[Color], near: [&[Color]; 2], (beta, coupling): (u32, u32)) -> Self {
        let k = usize::from(k);
        let mut sizes = vec![0; k];
        for &color in own {
            sizes[usize::from(color)] += 1;
        }
        let near = near.map(|near| {
            let mut overlaps = vec![0; k * k];
            for (&color, &other) in own.iter().zip(near) {
                overlaps[usize::from(color) * k + usize::from(other)] += 1;
            }
            (near.to_vec(), overlaps)
        });
        Self { k, beta: i64::from(beta), coupling: i64::from(coupling), near, sizes }
    }

    /// A fourth of how the sum of the products of spins with the two neighbours changes.
    fn agreement(&self, v: u32, from: Color, to: Color) -> i32 {
        let overlap = |color: Color| -> i32 {
            let of = |(near, overlaps): &(Vec<Color>, Vec<i32>)| {
                overlaps[usize::from(color) * self.k + usize::from(near[v as usize])]
            };
            self.near.iter().map(of).sum()
        };
        overlap(to) - overlap(from) + self.sizes[usize::from(from)] - self.sizes[usize::from(to)]
            + 1
    }
}

impl Weight for Bonds {
    fn cost(&self, change: i64, v: u32, from: Color, to: Color) -> i64 {
        change * self.beta - i64::from(self.agreement(v, from, to)) * self.coupling
    }

    fn moved(&mut self, v: u32, from: Color, to: Color) {
        for (near, overlaps) in &mut self.near {
            let other = usize::from(near[v as usize]);
            overlaps[usize::from(from) * self.k + other] -= 1;
            overlaps[usize::from(to) * self.k + other] += 1;
        }
        self.sizes[usize::from(from)] -= 1;
        self.sizes[usize::from(to)] += 1;
    }
}

/// The search; see the top of this file.
#[derive(Debug)]
pub struct Quantum<'g> {
    field: TransverseField,
    k: Color,
    slices: Walks<'g>,
    half_steps: u32,
    /// Where in its fall the field is.
    position: u32,
    /// Proposals of this half step, and how many of them were accepted.
    tally: (u64, u64),
    /// The next slice to move, and what it has left if it has begun.
    turn: (usize, Option<(Bonds, u32)>),
}

impl<'g> Quantum<'g> {
    /// A search for a colouring of `graph` with `k` colours by one ring. All slices begin alike, at
    /// `start`; missing entries and entries at or above `k` are drawn at random.
    ///
    /// # Errors
    /// [`OutOfMemory`]: the tables of its slices do not fit.
    pub fn new(
        graph: impl Into<Arc<Graph<'g>>>,
        k: Color,
        start: &[Color],
        field: TransverseField,
        seed: u64,
    ) -> Result<Self, OutOfMemory> {
        let graph = graph.into();
        let mut rng = Rng::new(seed, 0);
        let draw = |v: u32| match start.get(v as usize) {
            Some(&c) if c < k => c,
            _ => rng.below(u32::from(k)) as Color,
        };
        let colors: Vec<Color> = graph.vertices().map(draw).collect();
        let slices = field.slices.next_multiple_of(2).max(2);
        let starts = vec![colors; slices as usize];
        Self::from_colorings(graph, k, starts, field, seed, 0)
    }

    /// A search that begins with the given colourings, one a slice: as many rings as there are whole
    /// ones. `phase` is that of the config of a kernel, which makes the same moves.
    ///
    /// # Errors
    /// [`OutOfMemory`]: the tables of its slices do not fit.
    pub fn from_colorings(
        graph: impl Into<Arc<Graph<'g>>>,
        k: Color,
        mut starts: Vec<Vec<Color>>,
        mut field: TransverseField,
        seed: u64,
        phase: u32,
    ) -> Result<Self, OutOfMemory> {
        let graph = graph.into();
        field.slices = field.slices.next_multiple_of(2).max(2);
        starts.truncate(starts.len() - starts.len() % field.slices as usize);
        let draws = Draws { philox: Philox::new(seed), phase, proposals: field.proposals };
        Ok(Self {
            k,
            field,
            slices: Walks::new(graph, k, starts, draws)?,
            half_steps: 0,
            position: 0,
            tally: (0, 0),
            turn: (0, None),
        })
    }

    /// The colouring at hand of every slice.
    pub fn colorings(&self) -> impl Iterator<Item = &[Color]> {
        self.slices.colorings()
    }

    /// Conflicting edges of every slice's colouring at hand.
    pub fn energies(&self) -> impl Iterator<Item = u64> {
        self.slices.energies()
    }

    /// Proposals accepted.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.slices.accepted()
    }

    /// Half steps made to their end.
    #[must_use]
    pub fn half_steps(&self) -> u32 {
        self.half_steps
    }

    /// One launch of the kernel: a turn for every other slice.
    pub fn half_step(&mut self) {
        while !self.advance(u32::MAX) {}
    }

    /// The colours of the slice that is so many places on in the ring of `slice`.
    fn neighbor(&self, slice: usize, places: usize) -> &[Color] {
        let ring = self.field.slices as usize;
        self.slices.all()[slice / ring * ring + (slice + places) % ring].colors()
    }

    /// The next slice to move: of slices 0, 2, 4, ... or 1, 3, 5, ..., since rings have an even number.
    fn slice(&self) -> usize {
        2 * self.turn.0 + self.half_steps as usize % 2
    }

    /// What its moves cost now.
    fn bonds(&self) -> Bonds {
        let (slice, ring) = (self.slice(), self.field.slices as usize);
        let near = [self.neighbor(slice, ring - 1), self.neighbor(slice, 1)];
        let weights = self.field.fixed_point(self.position);
        Bonds::new(self.k, self.slices.all()[slice].colors(), near, weights)
    }

    /// Proposals of a slice in half a step.
    fn quota(&self) -> u32 {
        self.slices
            .all()
            .first()
            .map_or(0, |slice| self.field.sweeps.saturating_mul(slice.colors().len() as u32))
    }
}

impl<'g> Population<'g> for Quantum<'g> {
    fn walks(&self) -> &Walks<'g> {
        &self.slices
    }

    fn walks_mut(&mut self) -> &mut Walks<'g> {
        &mut self.slices
    }

    /// A step is half a step here.
    fn advance(&mut self, proposals: u32) -> bool {
        if self.slices.all().is_empty() {
            return true;
        }
        let begun = self.turn.1.take();
        let (mut bonds, left) = begun.unwrap_or_else(|| (self.bonds(), self.quota()));
        let slice = self.slice();
        let now = proposals.min(left);
        let (made, accepted) = self.slices.walk(slice, now, &mut bonds);
        self.tally = (self.tally.0 + made, self.tally.1 + accepted);
        let is_solved = self.slices.all()[slice].conflicts() == 0;
        if !is_solved && now < left {
            self.turn.1 = Some((bonds, left - now));
            return false;
        }
        self.turn.0 = (self.turn.0 + 1) % (self.slices.all().len() / 2);
        if self.turn.0 > 0 {
            return false;
        }
        let (proposed, accepted) = std::mem::take(&mut self.tally);
        self.position = self.field.next(self.position, accepted, proposed);
        self.half_steps += 1;
        true
    }
}

impl FixedK for Quantum<'_> {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        run(self, moves, stop)
    }

    fn best(&self) -> Elite {
        self.slices.best()
    }

    /// Conflicting edges of the best assignment.
    fn conflicts(&self) -> u64 {
        self.slices.fewest()
    }

    /// Proposals, accepted or not, over all slices.
    fn moves(&self) -> u64 {
        self.slices.proposed()
    }

    fn save(&mut self) -> Saved {
        let (turn, begun) = &self.turn;
        let left = begun.as_ref().map_or(0, |&(_, left)| left.into());
        let clock = [self.half_steps.into(), self.position.into(), self.tally.0, self.tally.1];
        self.slices.save(clock.into_iter().chain([*turn as u64, left]))
    }

    /// The field is a parameter.
    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        let counters = self.slices.check(saved, 6)?;
        let ([half_steps, position, made, accepted, turn, left], _) = split_counters(counters)?;
        let half_steps = u32::try_from(half_steps).ok().filter(|&steps| steps <= u32::MAX / 2);
        let half_steps = half_steps.ok_or(Mismatch::Part("the number of half steps"))?;
        Mismatch::unless(position < self.field.fall.max(1).into(), "the position of the field")?;
        Mismatch::unless(accepted <= made && made <= saved.moves, "the tally")?;
        let slices = self.slices.all().len();
        let is_slice = place(turn) < slices / 2 || slices == 0 && turn == 0;
        Mismatch::unless(is_slice && left <= self.quota().into(), "the turn")?;
        self.slices.restore(saved);
        (self.half_steps, self.position, self.tally) =
            (half_steps, position as u32, (made, accepted));
        self.turn = (place(turn), None);
        if left > 0 {
            // The neighbours have stood still since the slice began.
            self.turn.1 = Some((self.bonds(), left as u32));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
