//! How long what was pushed out stays out.

/// How long a vertex may not return to the class that it was pushed out of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tenure {
    /// `factor * uncoloured + (0..random)` moves.
    Dynamic {
        /// Moves for each uncoloured vertex.
        factor: f64,
        /// Bound of the random part.
        random: u32,
    },
    /// Adapted to the fluctuation of the objective, plus `0..random` moves.
    Reactive {
        /// Moves between two looks at the fluctuation.
        period: u32,
        /// By how much the tenure grows after a period without fluctuation.
        increment: u32,
        /// Bound of the random part.
        random: u32,
    },
}

impl Tenure {
    /// The dynamic tenure with the constants of the paper.
    pub const DYNAMIC: Self = Self::Dynamic { factor: 0.6, random: 10 };
    /// The reactive tenure.
    pub const FOO: Self = Self::Reactive { period: 1000, increment: 5, random: 10 };
}

/// The reactive tenure's view of the past period.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fluctuation {
    pub(super) tenure: u64,
    pub(super) least: u64,
    pub(super) most: u64,
}

impl Fluctuation {
    pub(super) const NEW_PERIOD: Self = Self { tenure: 10, least: u64::MAX, most: 0 };

    /// Takes note of the uncoloured vertices after a move and adapts the tenure at the end of a period.
    pub(super) fn record(&mut self, uncolored: u64, end_of_period: bool, increment: u32) {
        self.least = self.least.min(uncolored);
        self.most = self.most.max(uncolored);
        if end_of_period {
            let tenure = if self.most - self.least <= 1 {
                self.tenure + u64::from(increment)
            } else {
                self.tenure.saturating_sub(1)
            };
            *self = Self { tenure, ..Self::NEW_PERIOD };
        }
    }
}
