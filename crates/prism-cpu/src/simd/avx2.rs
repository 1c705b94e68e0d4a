//! 256-bit vectors: half a row at a time.

use super::{BLOCK, Block, LANES, Moves, Tie, Wanted};
use std::arch::x86_64::*;

#[target_feature(enable = "avx2,popcnt")]
pub(super) fn minima(moves: &Moves<'_>, blocks: &mut [Block]) -> (u8, u8) {
    let ones = _mm256_set1_epi8(-1);
    let (mut least_free, mut least) = (ones, ones);
    for (block, vertices) in blocks.iter_mut().zip(moves.vertices.chunks(BLOCK)) {
        let (mut free, mut all) = ([ones; 2], [ones; 2]);
        for &v in vertices {
            let bias = _mm256_set1_epi8(moves.bias(v) as i8);
            for w in 0..moves.words {
                let blocked = moves.blocked(v, w);
                let row = moves.row(v, w);
                for half in 0..2 {
                    let counts = load(&row[32 * half..32 * half + 32]);
                    let value = _mm256_adds_epu8(counts, bias);
                    let hidden = spread((blocked >> (32 * half)) as u32);
                    all[half] = _mm256_min_epu8(all[half], value);
                    free[half] = _mm256_min_epu8(free[half], _mm256_or_si256(value, hidden));
                }
            }
        }
        for half in 0..2 {
            store(&mut block.free[32 * half..32 * half + 32], free[half]);
            store(&mut block.all[32 * half..32 * half + 32], all[half]);
            least_free = _mm256_min_epu8(least_free, free[half]);
            least = _mm256_min_epu8(least, all[half]);
        }
    }
    (least_lane(least_free), least_lane(least))
}

#[target_feature(enable = "avx2,popcnt")]
pub(super) fn ties(
    moves: &Moves<'_>,
    blocks: &[Block],
    wanted: Wanted,
    ties: &mut Vec<Tie>,
) -> u32 {
    moves.collect(blocks, wanted, ties, |row, bias| equal(row, bias, wanted.value))
}

#[target_feature(enable = "avx2")]
pub(super) fn shift_columns(up: &mut [u8], down: &mut [u8], mask: &[u64]) {
    let lanes = up.chunks_exact_mut(32).zip(down.chunks_exact_mut(32));
    for (i, (up, down)) in lanes.enumerate() {
        // Bytes of the mask are 0 or -1: subtracting it adds 1.
        let bits = spread((mask[i / 2] >> (32 * (i % 2))) as u32);
        store(up, _mm256_sub_epi8(load(up), bits));
        store(down, _mm256_add_epi8(load(down), bits));
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn equal(row: &[u8; LANES], bias: u8, target: u8) -> u64 {
    let (bias, target) = (_mm256_set1_epi8(bias as i8), _mm256_set1_epi8(target as i8));
    let half = |bytes: &[u8]| {
        let value = _mm256_adds_epu8(load(bytes), bias);
        u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(value, target)) as u32)
    };
    half(&row[..32]) | half(&row[32..]) << 32
}

/// Byte i of the result is -1 where bit i is set, 0 elsewhere.
#[inline]
#[target_feature(enable = "avx2")]
fn spread(bits: u32) -> __m256i {
    let byte_of_lane =
        _mm256_setr_epi64x(0, 0x0101_0101_0101_0101, 0x0202_0202_0202_0202, 0x0303_0303_0303_0303);
    let bit_of_lane = _mm256_set1_epi64x(0x8040_2010_0804_0201u64 as i64);
    let bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(bits as i32), byte_of_lane);
    _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit_of_lane), bit_of_lane)
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8]) -> __m256i {
    assert!(bytes.len() == 32);
    // SAFETY: 32 bytes are there; the load takes any alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(bytes: &mut [u8], value: __m256i) {
    assert!(bytes.len() == 32);
    // SAFETY: 32 bytes are there; the store takes any alignment.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn least_lane(x: __m256i) -> u8 {
    let x = _mm_min_epu8(_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x));
    // Bytes to 16-bit pairs of minima, then the minimum of eight 16-bit lanes.
    let pairs = _mm_min_epu8(x, _mm_srli_epi16::<8>(x));
    let least = _mm_minpos_epu16(_mm_and_si128(pairs, _mm_set1_epi16(0xff)));
    _mm_extract_epi16::<0>(least) as u8
}
