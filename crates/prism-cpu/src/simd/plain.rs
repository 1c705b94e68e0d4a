//! No instructions beyond the target's baseline: what the other levels are held against.

use super::{BLOCK, Block, LANES, Moves, Tie, Wanted};

pub(super) fn minima(moves: &Moves<'_>, blocks: &mut [Block]) -> (u8, u8) {
    let (mut least_free, mut least) = (u8::MAX, u8::MAX);
    for (block, vertices) in blocks.iter_mut().zip(moves.vertices.chunks(BLOCK)) {
        *block = Block { free: [u8::MAX; LANES], all: [u8::MAX; LANES] };
        for &v in vertices {
            let bias = moves.bias(v);
            for w in 0..moves.words {
                let blocked = moves.blocked(v, w);
                for (i, &count) in moves.row(v, w).iter().enumerate() {
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

pub(super) fn ties(
    moves: &Moves<'_>,
    blocks: &[Block],
    wanted: Wanted,
    ties: &mut Vec<Tie>,
) -> u32 {
    moves.collect(blocks, wanted, ties, |row, bias| {
        row.iter().enumerate().fold(0, |mask, (i, &count)| {
            mask | u64::from(count.saturating_add(bias) == wanted.value) << i
        })
    })
}

pub(super) fn shift_columns(up: &mut [u8], down: &mut [u8], mask: &[u64]) {
    let lanes = up.chunks_exact_mut(LANES).zip(down.chunks_exact_mut(LANES));
    for ((up, down), &word) in lanes.zip(mask) {
        for (i, (up, down)) in up.iter_mut().zip(down).enumerate() {
            let bit = (word >> i & 1) as u8;
            *up = up.wrapping_add(bit);
            *down = down.wrapping_sub(bit);
        }
    }
}
