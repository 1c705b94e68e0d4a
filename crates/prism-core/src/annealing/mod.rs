//! What annealing is told, on the host and on a device: temperatures, fields, and how proposals are
//! drawn.
//!
//! Metropolis' rule is decided in integers, so that both decide the same. A cost is in units of 2^-16;
//! what costs c is accepted with probability 2^-c.

mod ladder;
mod transverse_field;

pub use ladder::{Ladder, RUNGS_AT_MOST, Rung};
pub use transverse_field::TransverseField;

/// Fixed-point ones of a cost.
const ONE: f64 = 65_536.0;

/// Which vertices are proposed for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proposals {
    /// Conflicting vertices only (Johnson et al. 1991). The walk has no detailed balance, and comes to
    /// solutions sooner.
    #[default]
    Conflicting,
    /// All vertices alike: at a fixed temperature the colourings follow the Boltzmann distribution.
    Uniform,
}

impl Proposals {
    /// The bits of `RuntimeConfig::flags` that say so to a kernel.
    #[must_use]
    pub const fn flags(self) -> u32 {
        match self {
            Self::Conflicting => 1,
            Self::Uniform => 0,
        }
    }
}

/// `share / ln 2` in fixed point, at most `limit`: what a cost of `share` natural units is multiplied
/// with.
fn fixed_point(share: f64, limit: u32) -> u32 {
    // The cast saturates, and takes NaN to 0.
    ((share * std::f64::consts::LOG2_E * ONE).round() as u32).min(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_become_fixed_point() {
        assert_eq!(fixed_point(1.0, u32::MAX), 94_548);
        assert_eq!(fixed_point(f64::INFINITY, 7), 7);
        assert_eq!(fixed_point(f64::NAN, 7), 0);
    }
}
