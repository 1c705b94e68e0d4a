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

use crate::forward::forward_fixed_k;
use crate::metropolis::{Draws, Weight};
use crate::walks::{Annealer, Schedule, Walks};
use prism_core::annealing::TransverseField;
use prism_core::memory::OutOfMemory;
use prism_core::search::{Mismatch, place, split_counters};
use prism_core::{Color, Graph, Philox, Rng};
use std::sync::Arc;

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

/// The search; see the top of this file. A slice is a walk. The field is no part of its state: a search goes
/// on from one with its own.
#[derive(Debug)]
pub struct Quantum<'g>(Annealer<'g, Paths>);

forward_fixed_k!(Quantum<'g>);

/// Which slices stand still, and how strong the field is.
#[derive(Debug)]
struct Paths {
    field: TransverseField,
    k: Color,
    half_steps: u32,
    /// Where in its fall the field is.
    position: u32,
    /// Proposals of this half step, and how many of them were accepted.
    tally: (u64, u64),
    /// How many slices have had their turn in this half step.
    turn: usize,
    /// The proposals that the next one has left if it has begun, and otherwise 0.
    left: u32,
    /// Of the next one, if it has begun and they are known.
    bonds: Option<Bonds>,
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
        let walks = Walks::new(graph, k, starts, draws)?;
        let schedule = Paths {
            k,
            field,
            half_steps: 0,
            position: 0,
            tally: (0, 0),
            turn: 0,
            left: 0,
            bonds: None,
        };
        Ok(Self(Annealer::new(walks, schedule)))
    }

    /// The colouring at hand of every slice.
    pub fn colorings(&self) -> impl Iterator<Item = &[Color]> {
        self.0.walks.colorings()
    }

    /// Conflicting edges of every slice's colouring at hand.
    pub fn energies(&self) -> impl Iterator<Item = u64> {
        self.0.walks.energies()
    }

    /// Proposals accepted.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.0.walks.accepted()
    }

    /// Half steps made to their end.
    #[must_use]
    pub fn half_steps(&self) -> u32 {
        self.0.schedule.half_steps
    }

    /// One launch of the kernel: a turn for every other slice.
    pub fn half_step(&mut self) {
        self.0.step();
    }
}

impl Paths {
    /// The next slice to move: of slices 0, 2, 4, ... or 1, 3, 5, ..., since rings have an even number.
    fn slice(&self) -> usize {
        2 * self.turn + self.half_steps as usize % 2
    }

    /// What its moves cost. Its neighbours stand still, so this is the same at any time of its turn.
    fn bonds(&self, walks: &Walks<'_>) -> Bonds {
        let (slice, ring) = (self.slice(), self.field.slices as usize);
        let first = slice / ring * ring;
        let colors = |at: usize| walks.all()[first + at % ring].colors();
        let near = [colors(slice + ring - 1), colors(slice + 1)];
        Bonds::new(self.k, colors(slice), near, self.field.fixed_point(self.position))
    }

    /// Proposals of a slice in half a step.
    fn quota(&self, walks: &Walks<'_>) -> u32 {
        let vertices = walks.all().first().map_or(0, |walk| walk.colors().len());
        self.field.sweeps.saturating_mul(vertices as u32)
    }
}

/// A step is half a step here.
impl Schedule for Paths {
    fn advance(&mut self, walks: &mut Walks<'_>, proposals: u32) -> bool {
        if walks.all().is_empty() {
            return true;
        }
        let mut bonds = self.bonds.take().unwrap_or_else(|| self.bonds(walks));
        let left = if self.left > 0 { self.left } else { self.quota(walks) };
        let slice = self.slice();
        let now = proposals.min(left);
        let (made, accepted) = walks.walk(slice, now, &mut bonds);
        self.tally = (self.tally.0 + made, self.tally.1 + accepted);
        let is_solved = walks.all()[slice].conflicts() == 0;
        if !is_solved && now < left {
            (self.left, self.bonds) = (left - now, Some(bonds));
            return false;
        }
        self.left = 0;
        self.turn = (self.turn + 1) % (walks.all().len() / 2);
        if self.turn > 0 {
            return false;
        }
        let (proposed, accepted) = std::mem::take(&mut self.tally);
        self.position = self.field.next(self.position, accepted, proposed);
        self.half_steps += 1;
        true
    }

    fn counters(&self) -> Vec<u64> {
        let clock = [self.half_steps.into(), self.position.into(), self.tally.0, self.tally.1];
        clock.into_iter().chain([self.turn as u64, self.left.into()]).collect()
    }

    fn restore(&mut self, walks: &Walks<'_>, counters: &[u64]) -> Result<(), Mismatch> {
        let ([half_steps, position, made, accepted, turn, left], _) = split_counters(counters)?;
        let half_steps = u32::try_from(half_steps).ok().filter(|&steps| steps <= u32::MAX / 2);
        let half_steps = half_steps.ok_or(Mismatch::Part("the number of half steps"))?;
        Mismatch::unless(position < self.field.fall.max(1).into(), "the position of the field")?;
        Mismatch::unless(accepted <= made && made <= u64::MAX / 2, "the tally")?;
        let slices = walks.all().len();
        let is_slice = place(turn) < slices / 2 || slices == 0 && turn == 0;
        Mismatch::unless(is_slice && left <= self.quota(walks).into(), "the turn")?;
        (self.half_steps, self.position, self.tally) =
            (half_steps, position as u32, (made, accepted));
        (self.turn, self.left, self.bonds) = (place(turn), left as u32, None);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
