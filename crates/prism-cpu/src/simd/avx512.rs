//! 512-bit vectors with byte masks: a row of up to 64 colours at a time, and the mask of blocked
//! colours as it is.

use super::{BLOCK, Block, LANES, Moves, NEUTRAL, Tie, Wanted, avx2};
use std::arch::x86_64::*;

/// A constant number of words lets the compiler unroll; 0 stands for any number.
#[target_feature(enable = "avx512f,avx512bw,avx2,popcnt")]
pub(super) fn minima(moves: &Moves<'_>, blocks: &mut [Block]) -> (u8, u8) {
    match moves.words {
        1 => minima_of::<1>(moves, blocks),
        2 => minima_of::<2>(moves, blocks),
        3 => minima_of::<3>(moves, blocks),
        4 => minima_of::<4>(moves, blocks),
        _ => minima_of::<0>(moves, blocks),
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx2,popcnt")]
fn minima_of<const WORDS: usize>(moves: &Moves<'_>, blocks: &mut [Block]) -> (u8, u8) {
    let words = if WORDS == 0 { moves.words } else { WORDS };
    let ones = _mm512_set1_epi8(-1);
    let (mut least_free, mut least) = (ones, ones);
    for (block, vertices) in blocks.iter_mut().zip(moves.vertices.chunks(BLOCK)) {
        let (mut free, mut all) = (ones, ones);
        for &v in vertices {
            let v = v as usize;
            let bias = _mm512_set1_epi8((NEUTRAL - moves.own[v]) as i8);
            let rows = &moves.rows[v * words * LANES..(v + 1) * words * LANES];
            let blocked = &moves.blocked[v * words..(v + 1) * words];
            for w in 0..words {
                let value = _mm512_adds_epu8(load(&rows[w * LANES..(w + 1) * LANES]), bias);
                all = _mm512_min_epu8(all, value);
                free = _mm512_mask_min_epu8(free, !blocked[w], free, value);
            }
        }
        store(&mut block.free, free);
        store(&mut block.all, all);
        least_free = _mm512_min_epu8(least_free, free);
        least = _mm512_min_epu8(least, all);
    }
    (least_lane(least_free), least_lane(least))
}

#[target_feature(enable = "avx512f,avx512bw,popcnt")]
pub(super) fn ties(
    moves: &Moves<'_>,
    blocks: &[Block],
    wanted: Wanted,
    ties: &mut Vec<Tie>,
) -> u32 {
    moves.collect(blocks, wanted, ties, |row, bias| equal(row, bias, wanted.value))
}

#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn shift_columns(up: &mut [u8], down: &mut [u8], mask: &[u64]) {
    let one = _mm512_set1_epi8(1);
    let lanes = up.chunks_exact_mut(LANES).zip(down.chunks_exact_mut(LANES));
    for ((up, down), &word) in lanes.zip(mask) {
        let (u, d) = (load(up), load(down));
        store(up, _mm512_mask_add_epi8(u, word, u, one));
        store(down, _mm512_mask_sub_epi8(d, word, d, one));
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn equal(row: &[u8; LANES], bias: u8, target: u8) -> u64 {
    let value = _mm512_adds_epu8(load(row), _mm512_set1_epi8(bias as i8));
    _mm512_cmpeq_epu8_mask(value, _mm512_set1_epi8(target as i8))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8]) -> __m512i {
    assert!(bytes.len() == LANES);
    // SAFETY: 64 bytes are there; the load takes any alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(bytes: &mut [u8], value: __m512i) {
    assert!(bytes.len() == LANES);
    // SAFETY: 64 bytes are there; the store takes any alignment.
    unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx512f,avx2")]
fn least_lane(x: __m512i) -> u8 {
    let high = _mm512_extracti64x4_epi64::<1>(x);
    avx2::least_lane(_mm256_min_epu8(_mm512_castsi512_si256(x), high))
}
