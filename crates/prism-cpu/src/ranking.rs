//! Rankings of the vertices for when every criterion is level.
//!
//! Constructive methods end up with ties however many criteria they have, and some accident of
//! numbering decides. A few runs that decide it differently are the cheapest way to a better colouring.
//! A ranking here is an affine map of the vertices' numbers modulo 2^32: it takes no memory and can be
//! computed in both directions.

/// A ranking of all vertices: the rank of `v` is `factor * v + offset` modulo 2^32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranking {
    factor: u32,
    inverse: u32,
    offset: u32,
}

impl Ranking {
    /// The smallest number ranks highest.
    pub const SMALLEST: Self = Self { factor: u32::MAX, inverse: u32::MAX, offset: u32::MAX };
    /// The largest number ranks highest.
    pub const LARGEST: Self = Self { factor: 1, inverse: 1, offset: 0 };
    /// Rankings that have nothing to do with each other nor with the order of the numbers. The factors
    /// are constants of well-known hash functions.
    pub const SCATTERED: [Self; 5] = [
        Self::scattered(0x9e37_79b9),
        Self::scattered(0x85eb_ca6b),
        Self::scattered(0xc2b2_ae35),
        Self::scattered(0xcc9e_2d51),
        Self::scattered(0x1b87_3593),
    ];

    /// Without regard to the order of the numbers, as far as multiplication by `factor` hides it. The
    /// factor is made odd if it is even.
    pub const fn scattered(factor: u32) -> Self {
        let factor = factor | 1;
        // Newton's iteration for the inverse: right in the last 3 bits, then in 6, 12, 24, 48.
        let (mut inverse, mut round) = (factor, 0);
        while round < 4 {
            inverse = inverse.wrapping_mul(2u32.wrapping_sub(factor.wrapping_mul(inverse)));
            round += 1;
        }
        Self { factor, inverse, offset: 0 }
    }

    /// The rank of `v`. Different vertices have different ranks.
    #[inline]
    pub const fn rank(self, v: u32) -> u32 {
        self.factor.wrapping_mul(v).wrapping_add(self.offset)
    }

    /// The vertex of a rank.
    #[inline]
    pub const fn vertex(self, rank: u32) -> u32 {
        self.inverse.wrapping_mul(rank.wrapping_sub(self.offset))
    }
}

impl Default for Ranking {
    fn default() -> Self {
        Self::SMALLEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn who_ranks_highest() {
        let highest = |ranking: Ranking| (0..100).max_by_key(|&v| ranking.rank(v));
        assert_eq!(highest(Ranking::SMALLEST), Some(0));
        assert_eq!(highest(Ranking::LARGEST), Some(99));
        let scattered = Ranking::SCATTERED.map(highest);
        assert!(!scattered.contains(&Some(0)) && !scattered.contains(&Some(99)));
    }

    proptest! {
        #[test]
        fn ranks_lead_back(v: u32, factor: u32) {
            for ranking in [Ranking::SMALLEST, Ranking::LARGEST, Ranking::scattered(factor)] {
                prop_assert_eq!(ranking.vertex(ranking.rank(v)), v);
            }
        }
    }
}
