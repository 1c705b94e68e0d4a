//! The counts of all vertices by colour: the dense form's columns of bytes, and the classes as bits.

use crate::bit_matrix::{BitMatrix, ones};
use crate::simd::{LANES, Level, shift_columns};
use prism_core::Color;
use prism_core::memory::{OutOfMemory, try_zeroed};

/// What the dense form keeps beside the rows.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    level: Level,
    /// By colour: a count for each vertex.
    counts: Vec<u8>,
    /// By colour: its vertices as bits.
    classes: Vec<u64>,
    /// The conflicting vertices as bits.
    conflicting: Vec<u64>,
    /// Bytes from one column to the next.
    stride: usize,
}

impl Columns {
    /// Columns for `k` colours, of no use before [`Columns::load`].
    ///
    /// # Errors
    /// [`OutOfMemory`]: they do not fit.
    pub(crate) fn new(matrix: &BitMatrix, k: usize, level: Level) -> Result<Self, OutOfMemory> {
        // An odd number of cache lines keeps a vertex's counts out of one cache set.
        let stride = (matrix.words() | 1) * LANES;
        Ok(Self {
            level,
            counts: try_zeroed(k * stride)?,
            classes: try_zeroed(k * matrix.words())?,
            conflicting: try_zeroed(matrix.words())?,
            stride,
        })
    }

    /// Counts everything anew. No vertex is marked as conflicting.
    pub(crate) fn load(&mut self, matrix: &BitMatrix, colors: &[Color]) {
        self.counts.fill(0);
        self.classes.fill(0);
        self.conflicting.fill(0);
        for (v, &c) in colors.iter().enumerate() {
            let c = c as usize;
            self.classes[c * matrix.words() + v / 64] |= 1 << (v % 64);
            let column = &mut self.counts[c * self.stride..];
            for (w, &word) in matrix.row(v as u32).iter().enumerate() {
                for u in ones(w, word) {
                    // Wraps for a class of pooled vertices, whose counts nobody reads.
                    column[u] = column[u].wrapping_add(1);
                }
            }
        }
    }

    /// Moves `v` with the given neighbourhood from class `a` to class `b`.
    pub(crate) fn shift(&mut self, neighbors: &[u64], v: u32, a: usize, b: usize) {
        let words = neighbors.len();
        self.classes[a * words + v as usize / 64] &= !(1 << (v % 64));
        self.classes[b * words + v as usize / 64] |= 1 << (v % 64);
        let len = words * LANES;
        let ranges =
            [b * self.stride..b * self.stride + len, a * self.stride..a * self.stride + len];
        // Two different colours have columns that do not overlap.
        if let Ok([up, down]) = self.counts.get_disjoint_mut(ranges) {
            shift_columns(self.level, up, down, neighbors);
        }
    }

    /// How many neighbours of `v` have each colour.
    #[inline]
    pub(crate) fn row(&self, v: u32) -> impl Iterator<Item = u8> {
        self.counts[v as usize..].iter().step_by(self.stride).copied()
    }

    /// How many neighbours of `v` have that colour.
    pub(crate) fn count(&self, v: usize, color: Color) -> u8 {
        self.counts[color as usize * self.stride + v]
    }

    /// The vertices of a neighbourhood that have some colour.
    #[inline]
    pub(crate) fn neighbors_in(
        &self,
        neighbors: &[u64],
        color: usize,
    ) -> impl Iterator<Item = usize> {
        let class = &self.classes[color * neighbors.len()..][..neighbors.len()];
        let words = neighbors.iter().zip(class).enumerate();
        words.flat_map(|(w, (&adjacent, &members))| ones(w, adjacent & members))
    }

    /// Word `w` of a class.
    #[inline]
    pub(crate) fn class(&self, color: usize, w: usize) -> u64 {
        self.classes[color * self.conflicting.len() + w]
    }

    /// Word `w` of the conflicting vertices.
    #[inline]
    pub(crate) fn conflicting(&self, w: usize) -> u64 {
        self.conflicting[w]
    }

    /// Marks `v` as conflicting, or as not.
    #[inline]
    pub(crate) fn mark(&mut self, v: u32, conflicting: bool) {
        let (word, bit) = (&mut self.conflicting[v as usize / 64], 1 << (v % 64));
        if conflicting {
            *word |= bit;
        } else {
            *word &= !bit;
        }
    }
}
