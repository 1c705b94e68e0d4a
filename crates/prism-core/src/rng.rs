//! The seeded random numbers of PRISM.
//!
//! Xoshiro256++ (Blackman & Vigna 2021) from `rand_xoshiro`, with the few draws that engines need.
//! The draws are written out here, not taken from `rand`'s distributions, because their values are
//! part of PRISM's promise: one seed, one result, on every machine and in every release.

use rand_core::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use crate::philox::Philox;

/// A reproducible stream of random numbers. With serde it is written where it stands, and goes on from
/// there once read.
///
/// ```
/// use prism_core::Rng;
/// let mut a = Rng::new(7, 0);
/// let mut b = Rng::new(7, 0);
/// assert_eq!(a.below(100), b.below(100));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rng(Xoshiro256PlusPlus);

impl Rng {
    /// The generator number `stream` of `seed`; different pairs give unrelated sequences.
    pub fn new(seed: u64, stream: u64) -> Self {
        // An odd multiplier keeps streams of one seed apart; `seed_from_u64` mixes the rest.
        Self(Xoshiro256PlusPlus::seed_from_u64(
            seed ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17),
        ))
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in `0..bound`, by Lemire's multiplication (2019) without the rejection step: its bias
    /// is below `bound / 2^32`. Returns 0 when `bound` is 0.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        Philox::below((self.0.next_u64() >> 32) as u32, bound)
    }

    /// A number in `[0, 1)` with 53 random bits.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Puts `items` into random order (Fisher & Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u32 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_never_changes() {
        let mut rng = Rng::new(1, 2);
        let first: Vec<u32> = (0..6).map(|_| rng.below(1000)).collect();
        assert_eq!(first, [28, 558, 800, 551, 815, 917]);
    }

    #[test]
    fn what_is_read_goes_on_where_it_was_written() {
        let mut rng = Rng::new(1, 2);
        rng.bits();
        let mut read: Rng = serde_json::from_str(&serde_json::to_string(&rng).unwrap()).unwrap();
        assert_eq!(read, rng);
        assert_eq!(read.bits(), rng.bits());
    }

    #[test]
    fn below_is_in_range_and_covers_it() {
        let mut rng = Rng::new(3, 0);
        let mut seen = [0u32; 7];
        for _ in 0..7000 {
            seen[rng.below(7) as usize] += 1;
        }
        assert!(seen.iter().all(|&s| (850..1150).contains(&s)), "{seen:?}");
        assert_eq!(rng.below(0), 0);
        assert!((0..1000).map(|_| rng.unit()).all(|x| (0.0..1.0).contains(&x)));
    }

    #[test]
    fn shuffle_permutes() {
        let mut items: Vec<u32> = (0..100).collect();
        Rng::new(5, 0).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
