//! Moves of equal value: one of them is drawn, and they are found here where byte arithmetic does not do.

use crate::neighbor_counts::Count;
use crate::simd::{LANES, Tie};
use prism_core::Rng;

/// Draws one of `count` moves, evenly: the place of its vertex and its colour.
#[inline]
pub(crate) fn draw(
    ties: &[Tie],
    count: u32,
    words: usize,
    rng: &mut Rng,
) -> Option<(usize, usize)> {
    if count == 0 {
        return None;
    }
    let mut drawn = rng.below(count);
    for &(place, mask) in ties {
        let here = mask.count_ones();
        if drawn < here {
            let bit = (0..drawn).fold(mask, |rest, _| rest & (rest - 1)).trailing_zeros();
            let (at, word) = (place as usize / words, place as usize % words);
            return Some((at, word * LANES + bit as usize));
        }
        drawn -= here;
    }
    None
}

/// What a search may do with its vertices, in counts of any width.
pub(crate) struct Exact<'a, C> {
    /// The vertices that may move.
    pub vertices: &'a [u32],
    /// For each vertex of the graph, `words * LANES` counts of neighbours by colour.
    pub rows: &'a [C],
    /// For each vertex of the graph, `words` masks of blocked colours.
    pub blocked: &'a [u64],
    /// For each vertex of the graph, the count of neighbours with its own colour.
    pub own: &'a [C],
    /// Words of 64 colours in a row.
    pub words: usize,
    /// Colours.
    pub k: usize,
}

impl<C: Count> Exact<'_, C> {
    /// Fills `ties` with the moves that change the count least, and returns their number. A blocked one
    /// counts if it changes it by less than `aspiration`.
    pub fn ties(&self, aspiration: i64, ties: &mut Vec<Tie>) -> u32 {
        let mut least = i64::MAX;
        let mut count = 0;
        ties.clear();
        for (at, &v) in self.vertices.iter().enumerate() {
            let own: u32 = self.own[v as usize].into();
            let row = &self.rows[v as usize * self.words * LANES..][..self.k];
            for (color, &there) in row.iter().enumerate() {
                let (word, bit) = (color / LANES, color % LANES);
                let delta = i64::from(there.into()) - i64::from(own);
                let blocked = self.blocked[v as usize * self.words + word] >> bit & 1 == 1;
                if delta > least || (blocked && delta >= aspiration) {
                    continue;
                }
                if delta < least {
                    least = delta;
                    count = 0;
                    ties.clear();
                }
                count += 1;
                let place = (at * self.words + word) as u32;
                match ties.last_mut() {
                    Some((last, mask)) if *last == place => *mask |= 1 << bit,
                    _ => ties.push((place, 1 << bit)),
                }
            }
        }
        count
    }
}
