//! The three inner loops of tabu search on byte counts, for AVX-512, AVX2 and any processor.
//!
//! All levels compute the same values, so a search makes the same moves on every machine; a test holds
//! them against each other. This is the only file of the crate with `unsafe` in it: calls of
//! functions compiled for a processor feature that [`Level::detect`] has seen, and vector loads and
//! stores inside slices whose length is checked.

#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// Colours or vertices handled at once; rows are padded to multiples of it.
pub const LANES: usize = 64;

/// What a move that changes nothing is worth in [`Moves`]; also the largest count of neighbours with
/// a vertex's own colour that byte arithmetic handles.
pub const NEUTRAL: u8 = 127;

/// Conflicting vertices whose minima are kept apart, so that the search for ties can pass over
/// blocks that have none.
pub const BLOCK: usize = 8;

/// An instruction set.
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
    /// For each vertex of the graph, `words * LANES` counts of neighbours by colour, 255 in the padding.
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

impl Moves<'_> {
    /// The least value of a free move and of any move, and the minima by block. `blocks` needs an
    /// entry for each [`BLOCK`] vertices or part of it.
    pub fn minima(&self, level: Level, blocks: &mut [Block]) -> (u8, u8) {
        match level {
            Level::Plain => self.minima_plain(blocks),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level was detected on this processor.
            Level::Avx2 => unsafe { self.minima_avx2(blocks) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level was detected on this processor.
            Level::Avx512 => unsafe {
                match self.words {
                    1 => self.minima_avx512::<1>(blocks),
                    2 => self.minima_avx512::<2>(blocks),
                    3 => self.minima_avx512::<3>(blocks),
                    4 => self.minima_avx512::<4>(blocks),
                    _ => self.minima_avx512::<0>(blocks),
                }
            },
        }
    }

    /// Collects in `ties` the moves of value `target`, free ones or all of them, in order of place,
    /// and returns how many they are. `blocks` comes from [`Moves::minima`].
    pub fn ties(
        &self,
        level: Level,
        blocks: &[Block],
        target: u8,
        free_only: bool,
        ties: &mut Vec<Tie>,
    ) -> u32 {
        ties.clear();
        let mut count = 0;
        let starts = (0..).step_by(BLOCK);
        for ((block, start), vertices) in blocks.iter().zip(starts).zip(self.vertices.chunks(BLOCK))
        {
            let minima = if free_only { &block.free } else { &block.all };
            count += match level {
                Level::Plain => {
                    self.block_ties_plain(minima, start, vertices, target, free_only, ties)
                }
                #[cfg(target_arch = "x86_64")]
                // SAFETY: the level was detected on this processor.
                Level::Avx2 => unsafe {
                    self.block_ties_avx2(minima, start, vertices, target, free_only, ties)
                },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: the level was detected on this processor.
                Level::Avx512 => unsafe {
                    self.block_ties_avx512(minima, start, vertices, target, free_only, ties)
                },
            };
        }
        count
    }

    /// [`Moves::ties`] of one block whose first vertex has place `start`.
    fn block_ties_plain(
        &self,
        minima: &[u8; LANES],
        start: usize,
        vertices: &[u32],
        target: u8,
        free_only: bool,
        ties: &mut Vec<Tie>,
    ) -> u32 {
        if !minima.contains(&target) {
            return 0;
        }
        self.collect(start, vertices, free_only, ties, |row, bias| {
            row.iter().enumerate().fold(0, |mask, (i, &count)| {
                mask | u64::from(count.saturating_add(bias) == target) << i
            })
        })
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,popcnt")]
    fn block_ties_avx2(
        &self,
        minima: &[u8; LANES],
        start: usize,
        vertices: &[u32],
        target: u8,
        free_only: bool,
        ties: &mut Vec<Tie>,
    ) -> u32 {
        if equal_avx2(minima, 0, target) == 0 {
            return 0;
        }
        self.collect(start, vertices, free_only, ties, |row, bias| equal_avx2(row, bias, target))
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,popcnt")]
    fn block_ties_avx512(
        &self,
        minima: &[u8; LANES],
        start: usize,
        vertices: &[u32],
        target: u8,
        free_only: bool,
        ties: &mut Vec<Tie>,
    ) -> u32 {
        if equal_avx512(minima, 0, target) == 0 {
            return 0;
        }
        self.collect(start, vertices, free_only, ties, |row, bias| equal_avx512(row, bias, target))
    }

    /// Applies `equal` to each word of the rows of `vertices` and collects what it finds.
    #[inline]
    fn collect(
        &self,
        start: usize,
        vertices: &[u32],
        free_only: bool,
        ties: &mut Vec<Tie>,
        equal: impl Fn(&[u8; LANES], u8) -> u64,
    ) -> u32 {
        let mut count = 0;
        for (place, &v) in (start..).zip(vertices) {
            let bias = NEUTRAL - self.own[v as usize];
            for w in 0..self.words {
                let mut mask = equal(self.row(v, w), bias);
                if free_only {
                    mask &= !self.blocked[v as usize * self.words + w];
                }
                if mask != 0 {
                    ties.push(((place * self.words + w) as u32, mask));
                    count += mask.count_ones();
                }
            }
        }
        count
    }

    #[inline]
    fn row(&self, v: u32, w: usize) -> &[u8; LANES] {
        let start = (v as usize * self.words + w) * LANES;
        let row = self.rows[start..].first_chunk();
        row.unwrap_or(&[0; LANES])
    }

    fn minima_plain(&self, blocks: &mut [Block]) -> (u8, u8) {
        let (mut least_free, mut least) = (u8::MAX, u8::MAX);
        for (block, vertices) in blocks.iter_mut().zip(self.vertices.chunks(BLOCK)) {
            *block = Block { free: [u8::MAX; LANES], all: [u8::MAX; LANES] };
            for &v in vertices {
                let bias = NEUTRAL - self.own[v as usize];
                for w in 0..self.words {
                    let blocked = self.blocked[v as usize * self.words + w];
                    for (i, &count) in self.row(v, w).iter().enumerate() {
                        let value = count.saturating_add(bias);
                        let hidden = 0u8.wrapping_sub((blocked >> i & 1) as u8);
                        block.all[i] = block.all[i].min(value);
                        block.free[i] = block.free[i].min(value | hidden);
                    }
                }
            }
            least_free = block.free.iter().fold(least_free, |a, &b| a.min(b));
            least = block.all.iter().fold(least, |a, &b| a.min(b));
        }
        (least_free, least)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,popcnt")]
    fn minima_avx2(&self, blocks: &mut [Block]) -> (u8, u8) {
        let ones = _mm256_set1_epi8(-1);
        let (mut least_free, mut least) = (ones, ones);
        for (block, vertices) in blocks.iter_mut().zip(self.vertices.chunks(BLOCK)) {
            let (mut free, mut all) = ([ones; 2], [ones; 2]);
            for &v in vertices {
                let bias = _mm256_set1_epi8((NEUTRAL - self.own[v as usize]) as i8);
                for w in 0..self.words {
                    let blocked = self.blocked[v as usize * self.words + w];
                    let row = self.row(v, w);
                    for half in 0..2 {
                        let counts = load_avx2(&row[32 * half..32 * half + 32]);
                        let value = _mm256_adds_epu8(counts, bias);
                        let hidden = spread_avx2((blocked >> (32 * half)) as u32);
                        all[half] = _mm256_min_epu8(all[half], value);
                        free[half] = _mm256_min_epu8(free[half], _mm256_or_si256(value, hidden));
                    }
                }
            }
            for half in 0..2 {
                store_avx2(&mut block.free[32 * half..32 * half + 32], free[half]);
                store_avx2(&mut block.all[32 * half..32 * half + 32], all[half]);
                least_free = _mm256_min_epu8(least_free, free[half]);
                least = _mm256_min_epu8(least, all[half]);
            }
        }
        (least_lane_avx2(least_free), least_lane_avx2(least))
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx2,popcnt")]
    fn minima_avx512<const WORDS: usize>(&self, blocks: &mut [Block]) -> (u8, u8) {
        // A constant number of words lets the compiler unroll; 0 stands for any number.
        let words = if WORDS == 0 { self.words } else { WORDS };
        let ones = _mm512_set1_epi8(-1);
        let (mut least_free, mut least) = (ones, ones);
        for (block, vertices) in blocks.iter_mut().zip(self.vertices.chunks(BLOCK)) {
            let (mut free, mut all) = (ones, ones);
            for &v in vertices {
                let v = v as usize;
                let bias = _mm512_set1_epi8((NEUTRAL - self.own[v]) as i8);
                let rows = &self.rows[v * words * LANES..(v + 1) * words * LANES];
                let blocked = &self.blocked[v * words..(v + 1) * words];
                for w in 0..words {
                    let value =
                        _mm512_adds_epu8(load_avx512(&rows[w * LANES..(w + 1) * LANES]), bias);
                    all = _mm512_min_epu8(all, value);
                    free = _mm512_mask_min_epu8(free, !blocked[w], free, value);
                }
            }
            store_avx512(&mut block.free, free);
            store_avx512(&mut block.all, all);
            least_free = _mm512_min_epu8(least_free, free);
            least = _mm512_min_epu8(least, all);
        }
        (least_lane_avx512(least_free), least_lane_avx512(least))
    }
}

/// Adds 1 to the bytes of `up` and takes 1 from the bytes of `down` whose bits are set in `mask`. Both
/// hold [`LANES`] bytes for each word of `mask`; sums wrap.
pub fn shift_columns(level: Level, up: &mut [u8], down: &mut [u8], mask: &[u64]) {
    assert!(up.len() == mask.len() * LANES && down.len() == up.len());
    match level {
        Level::Plain => {
            let lanes = up.chunks_exact_mut(LANES).zip(down.chunks_exact_mut(LANES));
            for ((up, down), &word) in lanes.zip(mask) {
                for (i, (up, down)) in up.iter_mut().zip(down).enumerate() {
                    let bit = (word >> i & 1) as u8;
                    *up = up.wrapping_add(bit);
                    *down = down.wrapping_sub(bit);
                }
            }
        }
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level was detected on this processor.
        Level::Avx2 => unsafe { shift_columns_avx2(up, down, mask) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level was detected on this processor.
        Level::Avx512 => unsafe { shift_columns_avx512(up, down, mask) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn shift_columns_avx2(up: &mut [u8], down: &mut [u8], mask: &[u64]) {
    let lanes = up.chunks_exact_mut(32).zip(down.chunks_exact_mut(32));
    for (i, (up, down)) in lanes.enumerate() {
        // Bytes of the mask are 0 or -1: subtracting it adds 1.
        let bits = spread_avx2((mask[i / 2] >> (32 * (i % 2))) as u32);
        store_avx2(up, _mm256_sub_epi8(load_avx2(up), bits));
        store_avx2(down, _mm256_add_epi8(load_avx2(down), bits));
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn shift_columns_avx512(up: &mut [u8], down: &mut [u8], mask: &[u64]) {
    let one = _mm512_set1_epi8(1);
    let lanes = up.chunks_exact_mut(LANES).zip(down.chunks_exact_mut(LANES));
    for ((up, down), &word) in lanes.zip(mask) {
        let (u, d) = (load_avx512(up), load_avx512(down));
        store_avx512(up, _mm512_mask_add_epi8(u, word, u, one));
        store_avx512(down, _mm512_mask_sub_epi8(d, word, d, one));
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn equal_avx2(row: &[u8; LANES], bias: u8, target: u8) -> u64 {
    let (bias, target) = (_mm256_set1_epi8(bias as i8), _mm256_set1_epi8(target as i8));
    let half = |bytes: &[u8]| {
        let value = _mm256_adds_epu8(load_avx2(bytes), bias);
        u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(value, target)) as u32)
    };
    half(&row[..32]) | half(&row[32..]) << 32
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn equal_avx512(row: &[u8; LANES], bias: u8, target: u8) -> u64 {
    let value = _mm512_adds_epu8(load_avx512(row), _mm512_set1_epi8(bias as i8));
    _mm512_cmpeq_epu8_mask(value, _mm512_set1_epi8(target as i8))
}

/// Byte i of the result is -1 where bit i is set, 0 elsewhere.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn spread_avx2(bits: u32) -> __m256i {
    let byte_of_lane =
        _mm256_setr_epi64x(0, 0x0101_0101_0101_0101, 0x0202_0202_0202_0202, 0x0303_0303_0303_0303);
    let bit_of_lane = _mm256_set1_epi64x(0x8040_2010_0804_0201u64 as i64);
    let bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(bits as i32), byte_of_lane);
    _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit_of_lane), bit_of_lane)
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn load_avx2(bytes: &[u8]) -> __m256i {
    assert!(bytes.len() == 32);
    // SAFETY: 32 bytes are there; the load takes any alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn store_avx2(bytes: &mut [u8], value: __m256i) {
    assert!(bytes.len() == 32);
    // SAFETY: 32 bytes are there; the store takes any alignment.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), value) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
fn load_avx512(bytes: &[u8]) -> __m512i {
    assert!(bytes.len() == LANES);
    // SAFETY: 64 bytes are there; the load takes any alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
fn store_avx512(bytes: &mut [u8], value: __m512i) {
    assert!(bytes.len() == LANES);
    // SAFETY: 64 bytes are there; the store takes any alignment.
    unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), value) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx2")]
fn least_lane_avx512(x: __m512i) -> u8 {
    let high = _mm512_extracti64x4_epi64::<1>(x);
    least_lane_avx2(_mm256_min_epu8(_mm512_castsi512_si256(x), high))
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn least_lane_avx2(x: __m256i) -> u8 {
    let x = _mm_min_epu8(_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x));
    // Bytes to 16-bit pairs of minima, then the minimum of eight 16-bit lanes.
    let pairs = _mm_min_epu8(x, _mm_srli_epi16::<8>(x));
    let least = _mm_minpos_epu16(_mm_and_si128(pairs, _mm_set1_epi16(0xff)));
    _mm_extract_epi16::<0>(least) as u8
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
                moves.ties(level, &blocks, free, true, &mut free_ties);
                moves.ties(level, &blocks, all, false, &mut all_ties);
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
