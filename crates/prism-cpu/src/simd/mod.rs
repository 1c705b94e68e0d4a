//! The three inner loops of tabu search on byte counts, for AVX-512, AVX2 and any processor.
//!
//! All levels compute the same values, so a search makes the same moves on every machine; a test holds
//! them against each other. Each level is a file with the same three functions; what is the same for
//! all of them is here. This folder is the only place of the crate with `unsafe` in it: calls of
//! functions compiled for a processor feature that [`Level::detect`] has seen, and vector loads and
//! stores inside slices whose length is checked.

#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod plain;

/// Colours or vertices handled at once; rows are padded to multiples of it.
pub const LANES: usize = 64;

/// What a move that changes nothing is worth in [`Moves`]; also the largest count of neighbours with
/// a vertex's own colour that byte arithmetic handles.
pub const NEUTRAL: u8 = 127;

/// Conflicting vertices whose minima are kept apart, so that the search for ties can pass over
/// blocks that have none.
pub const BLOCK: usize = 8;

/// An instruction set. Only [`Level::available`] names one that is more than plain, so that whoever
/// has it may call its functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Nothing beyond the target's baseline.
    Plain,
    /// 256-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 512-bit vectors with byte masks.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// The levels that this processor has, slowest first.
    pub fn available() -> Vec<Self> {
        #[allow(unused_mut)]
        let mut levels = vec![Self::Plain];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt") {
                levels.push(Self::Avx2);
            }
            if is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("popcnt") {
                levels.push(Self::Avx512);
            }
        }
        levels
    }

    /// The fastest level that this processor has.
    pub fn detect() -> Self {
        Self::available().pop().unwrap_or(Self::Plain)
    }
}

/// Lane-wise minima over the rows of [`BLOCK`] vertices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Over moves that are not blocked; 255 where there is none.
    free: [u8; LANES],
    /// Over all moves.
    all: [u8; LANES],
}

impl Block {
    /// A block before its first use.
    pub const EMPTY: Self = Self { free: [0; LANES], all: [0; LANES] };
}

/// The moves of the conflicting vertices. The value of moving `v` to colour `c` is
/// `rows[v][c] + NEUTRAL - own[v]`, at most 255; it is smaller the better the move.
#[derive(Clone, Copy, Debug)]
pub struct Moves<'a> {
    /// The conflicting vertices.
    pub vertices: &'a [u32],
    /// For each vertex of the graph, `words * LANES` counts of neighbours by colour, 255 in the
    /// padding.
    pub rows: &'a [u8],
    /// For each vertex of the graph, `words` masks of blocked colours, bits of the padding included.
    pub blocked: &'a [u64],
    /// For each vertex of the graph, the count of neighbours with its own colour, at most [`NEUTRAL`]
    /// for those in `vertices`.
    pub own: &'a [u8],
    /// Words of 64 colours in a row.
    pub words: usize,
}

/// Some moves of equal value: colours `64 * (place % words)` plus each bit of the mask, of the vertex
/// at `place / words` in [`Moves::vertices`].
pub type Tie = (u32, u64);

/// Which moves [`Moves::ties`] collects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Their value.
    pub value: u8,
    /// Whether blocked ones are left out.
    pub free_only: bool,
}

impl Moves<'_> {
    /// The least value of a free move and of any move, and the minima by block. `blocks` needs an
    /// entry for each [`BLOCK`] vertices or part of it.
    pub fn minima(&self, level: Level, blocks: &mut [Block]) -> (u8, u8) {
        match level {
            Level::Plain => plain::minima(self, blocks),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level was seen on this processor, see [`Level`].
            Level::Avx2 => unsafe { avx2::minima(self, blocks) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level was seen on this processor, see [`Level`].
            Level::Avx512 => unsafe { avx512::minima(self, blocks) },
        }
    }

    /// Collects in `ties` the moves that are `wanted`, in order of place, and returns how many they
    /// are. `blocks` comes from [`Moves::minima`].
    pub fn ties(&self, level: Level, blocks: &[Block], wanted: Wanted, ties: &mut Vec<Tie>) -> u32 {
        match level {
            Level::Plain => plain::ties(self, blocks, wanted, ties),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level was seen on this processor, see [`Level`].
            Level::Avx2 => unsafe { avx2::ties(self, blocks, wanted, ties) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level was seen on this processor, see [`Level`].
            Level::Avx512 => unsafe { avx512::ties(self, blocks, wanted, ties) },
        }
    }

    /// [`Moves::ties`] by a function that says, for 64 counts and what to add to each, which of them
    /// come to the wanted value. Inlined, so that it is compiled for the instructions of its caller.
    #[inline(always)]
    fn collect(
        &self,
        blocks: &[Block],
        wanted: Wanted,
        ties: &mut Vec<Tie>,
        equal: impl Fn(&[u8; LANES], u8) -> u64,
    ) -> u32 {
        ties.clear();
        let mut count = 0;
        let starts = (0..).step_by(BLOCK);
        for ((block, start), vertices) in blocks.iter().zip(starts).zip(self.vertices.chunks(BLOCK))
        {
            let minima = if wanted.free_only { &block.free } else { &block.all };
            if equal(minima, 0) == 0 {
                continue;
            }
            for (place, &v) in (start..).zip(vertices) {
                let bias = self.bias(v);
                for w in 0..self.words {
                    let mut mask = equal(self.row(v, w), bias);
                    if wanted.free_only {
                        mask &= !self.blocked(v, w);
                    }
                    if mask != 0 {
                        ties.push(((place * self.words + w) as u32, mask));
                        count += mask.count_ones();
                    }
                }
            }
        }
        count
    }

    /// What makes values of the counts of `v`.
    #[inline]
    fn bias(&self, v: u32) -> u8 {
        NEUTRAL - self.own[v as usize]
    }

    /// Word `w` of the row of `v`.
    #[inline]
    fn row(&self, v: u32, w: usize) -> &[u8; LANES] {
        let start = (v as usize * self.words + w) * LANES;
        let row = self.rows[start..].first_chunk();
        row.unwrap_or(&[0; LANES])
    }

    /// Which of the colours of that word are blocked.
    #[inline]
    fn blocked(&self, v: u32, w: usize) -> u64 {
        self.blocked[v as usize * self.words + w]
    }
}

/// Adds 1 to the bytes of `up` and takes 1 from the bytes of `down` whose bits are set in `mask`. Both
/// hold [`LANES`] bytes for each word of `mask`; sums wrap.
pub fn shift_columns(level: Level, up: &mut [u8], down: &mut [u8], mask: &[u64]) {
    assert!(up.len() == mask.len() * LANES && down.len() == up.len());
    match level {
        Level::Plain => plain::shift_columns(up, down, mask),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level was seen on this processor, see [`Level`].
        Level::Avx2 => unsafe { avx2::shift_columns(up, down, mask) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level was seen on this processor, see [`Level`].
        Level::Avx512 => unsafe { avx512::shift_columns(up, down, mask) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prism_core::Rng;

    #[test]
    fn every_level_computes_the_same() {
        let mut rng = Rng::new(1, 0);
        for round in 0..200 {
            let words = 1 + round % 6;
            let n = 1 + rng.below(40) as usize;
            let limit = 1 + rng.below(255);
            let rows: Vec<u8> = (0..n * words * LANES).map(|_| rng.below(limit) as u8).collect();
            let blocked: Vec<u64> = (0..n * words).map(|_| rng.bits() & rng.bits()).collect();
            let own: Vec<u8> = (0..n).map(|_| rng.below(limit.min(128)) as u8).collect();
            let mut vertices: Vec<u32> = (0..n as u32).collect();
            rng.shuffle(&mut vertices);
            vertices.truncate(1 + rng.below(n as u32) as usize);
            let moves =
                Moves { vertices: &vertices, rows: &rows, blocked: &blocked, own: &own, words };
            let run = |level| {
                let mut blocks = vec![Block::EMPTY; vertices.len().div_ceil(BLOCK)];
                let (free, all) = moves.minima(level, &mut blocks);
                let (mut free_ties, mut all_ties) = (Vec::new(), Vec::new());
                let best_free = Wanted { value: free, free_only: true };
                moves.ties(level, &blocks, best_free, &mut free_ties);
                let best = Wanted { value: all, free_only: false };
                moves.ties(level, &blocks, best, &mut all_ties);
                (free, all, blocks, free_ties, all_ties)
            };
            let plain = run(Level::Plain);
            assert!(!plain.4.is_empty());
            for level in Level::available() {
                assert_eq!(run(level), plain, "{level:?}");
            }

            let mask: Vec<u64> = (0..words).map(|_| rng.bits()).collect();
            let columns = |level| {
                let (mut up, mut down) = (vec![7; words * LANES], vec![9; words * LANES]);
                shift_columns(level, &mut up, &mut down, &mask);
                (up, down)
            };
            let (up, down) = columns(Level::Plain);
            for v in 0..words * LANES {
                let bit = (mask[v / 64] >> (v % 64) & 1) as u8;
                assert_eq!((up[v], down[v]), (7 + bit, 9 - bit));
            }
            for level in Level::available() {
                assert_eq!(columns(level), (up.clone(), down.clone()), "{level:?}");
            }
        }
    }
}
