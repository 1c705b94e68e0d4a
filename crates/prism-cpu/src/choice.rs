//! The choice of a move in tabu search: the best of those that are allowed, one of the ties at random.
//!
//! Byte counts are compared by SIMD: one pass for the least value, one for the moves that have it
//! (see [`simd`](crate::simd)). Wider counts, and values that do not fit into a byte, are compared one
//! by one; both ways find the same ties in the same order.

use crate::neighbor_counts::Count;
use crate::simd::{BLOCK, Block, LANES, Level, Moves, NEUTRAL, Tie, Wanted};
use prism_core::memory::{OutOfMemory, try_vec};
use prism_core::{Color, Rng};

/// Room for the passes over the candidates.
#[derive(Clone, Debug)]
pub(crate) struct Chooser {
    pub level: Level,
    blocks: Vec<Block>,
    ties: Vec<Tie>,
}

impl Chooser {
    /// For up to `n` candidates.
    ///
    /// # Errors
    /// [`OutOfMemory`]: there is no room for them.
    pub fn new(n: usize, level: Level) -> Result<Self, OutOfMemory> {
        let blocks = try_vec(n.div_ceil(BLOCK), Block::EMPTY)?;
        Ok(Self { level, blocks, ties: Vec::with_capacity(64) })
    }

    /// A best move, or `None` if every move is blocked. A blocked move is allowed if it changes the
    /// count by less than `aspiration`. `fits` says that no own count is above [`NEUTRAL`].
    #[inline]
    pub fn choose<C: Count>(
        &mut self,
        moves: Candidates<'_, C>,
        aspiration: i64,
        fits: bool,
        rng: &mut Rng,
    ) -> Option<(u32, Color)> {
        let by_bytes = fits.then(|| self.ties_of_bytes(moves, aspiration)).flatten();
        let count = by_bytes.unwrap_or_else(|| moves.ties(aspiration, &mut self.ties));
        let (at, color) = draw(&self.ties, count, moves.words, rng)?;
        Some((moves.vertices[at], color as Color))
    }

    /// The number of ties, if bytes can tell.
    #[inline]
    fn ties_of_bytes<C: Count>(&mut self, of: Candidates<'_, C>, aspiration: i64) -> Option<u32> {
        let (rows, own) = (C::bytes(of.rows)?, C::bytes(of.own)?);
        let Candidates { vertices, blocked, words, .. } = of;
        let moves = Moves { vertices, rows, blocked, own, words };
        let (free, all) = moves.minima(self.level, &mut self.blocks);
        let aspires = all < free && i64::from(all) - i64::from(NEUTRAL) < aspiration;
        let value = if aspires { all } else { free };
        let wanted = Wanted { value, free_only: !aspires };
        (value < u8::MAX).then(|| moves.ties(self.level, &self.blocks, wanted, &mut self.ties))
    }
}

/// What a search may do with its vertices, in counts of any width.
#[derive(Clone, Copy)]
pub(crate) struct Candidates<'a, C> {
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

impl<C: Count> Candidates<'_, C> {
    /// Fills `ties` with the moves that change the count least, and returns their number. Blocked ones
    /// count only if they change it by less than `aspiration` and than all that are free.
    fn ties(&self, aspiration: i64, ties: &mut Vec<Tie>) -> u32 {
        let (mut free, mut blocked) = (i64::MAX, i64::MAX);
        let mut count = 0;
        let mut take = |(place, bit): (u32, usize), is_first: bool| {
            if is_first {
                count = 0;
                ties.clear();
            }
            count += 1;
            match ties.last_mut() {
                Some((last, mask)) if *last == place => *mask |= 1 << bit,
                _ => ties.push((place, 1 << bit)),
            }
        };
        self.each(|place, delta, is_blocked| {
            if is_blocked {
                blocked = blocked.min(delta);
            } else if delta <= free {
                take(place, delta < free);
                free = delta;
            }
        });
        if blocked < free && blocked < aspiration {
            let mut is_first = true;
            self.each(|place, delta, _| {
                if delta == blocked {
                    take(place, std::mem::take(&mut is_first));
                }
            });
        }
        count
    }

    /// Calls `look` with every move, in order: its place in [`Tie`]s and its bit there, how it changes the
    /// count, and whether it is blocked.
    fn each(&self, mut look: impl FnMut((u32, usize), i64, bool)) {
        for (at, &v) in self.vertices.iter().enumerate() {
            let own: u32 = self.own[v as usize].into();
            let row = &self.rows[v as usize * self.words * LANES..][..self.k];
            for (color, &there) in row.iter().enumerate() {
                let (word, bit) = (color / LANES, color % LANES);
                let delta = i64::from(there.into()) - i64::from(own);
                let is_blocked = self.blocked[v as usize * self.words + word] >> bit & 1 == 1;
                look(((at * self.words + word) as u32, bit), delta, is_blocked);
            }
        }
    }
}

/// Draws one of `count` moves, evenly: the place of its vertex and its colour.
#[inline]
fn draw(ties: &[Tie], count: u32, words: usize, rng: &mut Rng) -> Option<(usize, usize)> {
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
