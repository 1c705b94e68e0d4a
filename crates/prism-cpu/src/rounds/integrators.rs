//! Leaky integrators of the conflict history of every vertex, as [`whcr`](crate::whcr) has them (compare
//! Jaeger 2001, and clause weights in local search: Hutter, Tompkins and Hoos 2002), where a vertex is looked
//! at only while it is in conflict.
//!
//! Each round in which a vertex is in conflict adds to both of its integrators, and what they had leaks with
//! the rounds since they were last added to. Both stand at about 65 536 after a long conflict.

/// Rounds after which half of the fast integrator is left, as an exponent of two, and what a round adds to it.
const FAST: (u32, u32) = (5, 1024);

/// The same of the slow one.
const SLOW: (u32, u32) = (10, 32);

/// The integrators of a vertex.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Integrators {
    fast: u32,
    slow: u32,
    /// The round in which they were added to.
    round: u32,
}

impl Integrators {
    /// Lets them leak up to a round, of which the lower bits are given, and adds that the vertex is in conflict.
    pub(super) fn integrate(&mut self, round: u32) {
        let gap = round.wrapping_sub(self.round);
        self.fast = leak(self.fast, gap, FAST.0) + FAST.1;
        self.slow = leak(self.slow, gap, SLOW.0) + SLOW.1;
        self.round = round;
    }

    /// Rounds by which a bar lasts longer: 0 to 3.
    pub(super) fn damping(self) -> u64 {
        u64::from((self.fast >> 14).min(3))
    }

    /// How a vertex is favoured among moves of equal change: 0 to 7.
    pub(super) fn favour(self) -> u32 {
        (self.slow >> 13).min(7)
    }
}

/// What is left of a value after `gap` rounds: half of it after each `1 << half_life`, in between along a line.
fn leak(value: u32, gap: u32, half_life: u32) -> u32 {
    let value = value.checked_shr(gap >> half_life).unwrap_or(0);
    let rest = gap & ((1 << half_life) - 1);
    value - ((value * rest) >> (half_life + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After conflicts in so many rounds from `first` on.
    fn after(first: u32, rounds: u32) -> Integrators {
        let mut integrators = Integrators::default();
        (0..rounds).for_each(|round| integrators.integrate(first.wrapping_add(round)));
        integrators
    }

    #[test]
    fn a_long_conflict_damps_and_favours_most_and_is_forgotten() {
        // Also where the count of rounds starts anew.
        for first in [0, 7, u32::MAX - 20] {
            let one = after(first, 1);
            assert_eq!((one.damping(), one.favour()), (0, 0));
            let some = after(first, 60);
            assert!(some.damping() > 0 && some.favour() == 0, "{some:?}");
            let mut long = after(first, 20_000);
            assert_eq!((long.damping(), long.favour()), (3, 7));
            assert!(long.fast < 1 << 17 && long.slow < 1 << 17, "{long:?}");
            // The fast one first.
            long.integrate(first.wrapping_add(20_200));
            assert_eq!((long.damping(), long.favour()), (0, 7));
            long.integrate(first.wrapping_add(60_000));
            assert_eq!(long, Integrators { fast: 1024, slow: 32, round: long.round });
        }
    }

    #[test]
    fn what_leaks_is_halved_in_its_time() {
        assert_eq!(leak(60_000, 32, 5), 30_000);
        assert_eq!(leak(60_000, 16, 5), 45_000);
        assert_eq!(leak(60_000, 48, 5), 22_500);
        assert_eq!(leak(60_000, u32::MAX, 5), 0);
    }
}
