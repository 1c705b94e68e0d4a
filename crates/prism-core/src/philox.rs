//! Random numbers without a state, for many threads at once: Philox 4x32-10.
//!
//! A counter-based generator (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2,
//! 3", 2011) computes the numbers that belong to a counter from the counter and a key alone. So a thread
//! of a GPU draws for vertex v of replica r in sweep s by putting these into the counter: nothing is
//! stored between draws, their order does not matter, and the host can draw the same. The kernels have
//! it in `prism.cuh`; engines on the CPU that are no twin of a kernel draw from [`Rng`](crate::Rng).

/// What a round multiplies the first and the third word by.
const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];

/// What is added to the key after each round.
const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];

const ROUNDS: u32 = 10;

/// The random numbers of one seed, by counter.
///
/// ```
/// use prism_core::Philox;
/// let draws = Philox::new(7);
/// let (vertex, replica, sweep) = (12, 3, 100);
/// assert_eq!(draws.at([vertex, replica, sweep, 0]), draws.at([vertex, replica, sweep, 0]));
/// assert_ne!(draws.at([vertex, replica, sweep, 0]), draws.at([vertex, replica, sweep, 1]));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Philox {
    key: [u32; 2],
}

impl Philox {
    /// The numbers of a seed. As in the kernels, the low half of it is the first word of the key.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32] }
    }

    /// The seed.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.key[0] as u64 | (self.key[1] as u64) << 32
    }

    /// The four numbers of a counter, 32 random bits each.
    #[must_use]
    pub fn at(&self, counter: [u32; 4]) -> [u32; 4] {
        let ([mut a, mut b, mut c, mut d], mut key) = (counter, self.key);
        for _ in 0..ROUNDS {
            let first = u64::from(MULTIPLIERS[0]) * u64::from(a);
            let second = u64::from(MULTIPLIERS[1]) * u64::from(c);
            (a, b) = ((second >> 32) as u32 ^ b ^ key[0], second as u32);
            (c, d) = ((first >> 32) as u32 ^ d ^ key[1], first as u32);
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        [a, b, c, d]
    }

    /// A number in `0..bound` from 32 random bits, by Lemire's multiplication (2019) without the
    /// rejection step: its bias is below `bound / 2^32`. 0 when `bound` is 0.
    #[must_use]
    pub const fn below(bits: u32, bound: u32) -> u32 {
        ((bits as u64 * bound as u64) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that the authors publish with Random123.
    #[test]
    fn the_published_answers_come_out() {
        let answers = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, expected) in answers {
            let seed = u64::from(key[0]) | u64::from(key[1]) << 32;
            assert_eq!(Philox::new(seed).at(counter), expected, "{counter:x?} {key:x?}");
            assert_eq!(Philox::new(seed).seed(), seed);
        }
    }

    #[test]
    fn numbers_below_a_bound_are_even() {
        let draws = Philox::new(3);
        let mut seen = [0_u32; 7];
        for at in 0..7000 {
            seen[Philox::below(draws.at([at, 0, 0, 0])[0], 7) as usize] += 1;
        }
        assert!(seen.iter().all(|&count| (850..1150).contains(&count)), "{seen:?}");
        assert_eq!(Philox::below(u32::MAX, 0), 0);
        assert_eq!(Philox::below(u32::MAX, 9), 8);
    }
}
