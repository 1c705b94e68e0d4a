//! Which colours are tabu to which vertices, and until when.
//!
//! A tabu entry is a bit beside the vertex's row of counts, so that the scan for the best move reads
//! one bit a colour; an [`ExpiryRing`] says which bit to clear when. The bits of a row's padding are
//! always set, and a search may block more, such as each vertex's own colour.

use crate::expiry_ring::ExpiryRing;
use crate::simd::LANES;
use prism_core::Color;
use prism_core::memory::{OutOfMemory, try_zeroed};

/// See the top of this file.
#[derive(Clone, Debug)]
pub(crate) struct TabuList {
    /// By vertex, a bit for each colour: `words` masks.
    blocked: Vec<u64>,
    /// By vertex and colour: when the latest entry ends, modulo 2^32.
    ends: Vec<u32>,
    ring: ExpiryRing,
    words: usize,
    k: usize,
}

impl TabuList {
    /// For `n` vertices and `k >= 1` colours; tenures beyond `longest` moves are cut to about that.
    ///
    /// # Errors
    /// [`OutOfMemory`]: the tables do not fit.
    pub fn new(n: usize, k: usize, longest: usize) -> Result<Self, OutOfMemory> {
        let words = k.div_ceil(LANES);
        let mut list = Self {
            blocked: try_zeroed(n * words)?,
            ends: try_zeroed(n * k)?,
            ring: ExpiryRing::new(longest)?,
            words,
            k,
        };
        list.clear();
        Ok(list)
    }

    /// Forgets every entry and unblocks every colour.
    pub fn clear(&mut self) {
        self.ring.clear();
        self.blocked.fill(0);
        if !self.k.is_multiple_of(LANES) {
            let last = self.blocked.iter_mut().skip(self.words - 1).step_by(self.words);
            last.for_each(|mask| *mask = !0 << (self.k % LANES));
        }
    }

    /// By vertex, `words` masks of blocked colours.
    #[inline]
    pub fn blocked(&self) -> &[u64] {
        &self.blocked
    }

    /// Blocks a colour until it is unblocked.
    #[inline]
    pub fn block(&mut self, v: u32, color: Color) {
        let (word, bit) = self.place(v, color);
        self.blocked[word] |= 1 << bit;
    }

    /// Lets `v` have a colour again.
    #[inline]
    pub fn unblock(&mut self, v: u32, color: Color) {
        let (word, bit) = self.place(v, color);
        self.blocked[word] &= !(1 << bit);
    }

    /// Blocks a colour for the `tenure` moves after move `now`.
    #[inline]
    pub fn forbid(&mut self, v: u32, color: Color, now: u64, tenure: u64) {
        self.block(v, color);
        let item = v as usize * self.k + color as usize;
        self.ends[item] = self.ring.insert(now, tenure + 1, item as u32) as u32;
    }

    /// Ends the entries whose time is over at move `now`, but leaves blocked what `stays`. Must be called
    /// for each move, in order.
    #[inline]
    pub fn expire(&mut self, now: u64, stays: impl Fn(u32, Color) -> bool) {
        let Self { blocked, ends, ring, words, k } = self;
        ring.expire(now, |item| {
            let (v, color) = (item as usize / *k, item as usize % *k);
            // A later entry may have replaced this one.
            if ends[item as usize] == now as u32 && !stays(v as u32, color as Color) {
                blocked[v * *words + color / LANES] &= !(1 << (color % LANES));
            }
        });
    }

    #[inline]
    fn place(&self, v: u32, color: Color) -> (usize, usize) {
        let color = usize::from(color);
        (v as usize * self.words + color / LANES, color % LANES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_blocked(list: &TabuList, v: u32, color: Color) -> bool {
        let (word, bit) = list.place(v, color);
        list.blocked()[word] >> bit & 1 == 1
    }

    #[test]
    fn an_entry_lasts_its_tenure_and_the_latest_counts() {
        let mut list = TabuList::new(3, 70, 20).unwrap();
        list.forbid(1, 69, 0, 4);
        list.forbid(2, 3, 0, 2);
        for now in 1..=9 {
            list.expire(now, |_, _| false);
            // Renewed at move 2, for four moves.
            if now == 2 {
                list.forbid(1, 69, 2, 4);
            }
            assert_eq!(is_blocked(&list, 1, 69), now <= 6, "move {now}");
            assert_eq!(is_blocked(&list, 2, 3), now <= 2, "move {now}");
        }
    }

    #[test]
    fn what_stays_and_the_padding_are_always_blocked() {
        let mut list = TabuList::new(2, 65, 9).unwrap();
        list.forbid(0, 64, 0, 1);
        list.forbid(1, 64, 0, 1);
        (1..5).for_each(|now| list.expire(now, |v, _| v == 0));
        assert!(is_blocked(&list, 0, 64));
        assert!(!is_blocked(&list, 1, 64));
        assert_eq!(list.blocked(), [0, !0, 0, !1]);
        list.clear();
        assert_eq!(list.blocked(), [0, !1, 0, !1]);
    }
}
