//! The transverse field of path-integral quantum annealing (Titiloye & Crispin 2011).

use super::{Proposals, fixed_point};
use crate::RuntimeConfig;

/// The largest inverse temperature and coupling in fixed point, so that no cost overflows on the device.
const BETA_AT_MOST: u32 = 1 << 22;
const COUPLING_AT_MOST: u32 = 1 << 19;

/// How a transverse field falls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransverseField {
    /// The temperature of a slice, in conflicting edges: that of the path, times the slices.
    pub temperature: f64,
    /// Slices in a ring: even, at least 2.
    pub slices: u32,
    /// The field at the beginning of a fall, in the unit of the temperature.
    pub start: f64,
    /// The field at its end.
    pub end: f64,
    /// Half steps of a fall; then it begins anew.
    pub fall: u32,
    /// It begins anew early when a smaller share of the proposals of a half step was accepted.
    pub frozen_share: f64,
    /// Proposals a vertex in half a step.
    pub sweeps: u32,
    /// Which vertices are proposed for.
    pub proposals: Proposals,
}

impl Default for TransverseField {
    fn default() -> Self {
        Self {
            temperature: 0.3,
            slices: 8,
            start: 0.66,
            end: 0.39,
            fall: 500,
            frozen_share: 0.0,
            sweeps: 200,
            proposals: Proposals::Conflicting,
        }
    }
}

impl TransverseField {
    /// The field in a half step of the fall, counted from 0. It falls by the same amount from one to the next.
    #[must_use]
    pub fn at(&self, position: u32) -> f64 {
        let fall = self.fall.max(1);
        let share = f64::from(position % fall) / f64::from((fall - 1).max(1));
        self.start + (self.end - self.start) * share
    }

    /// What comes after a half step in which so many proposals were accepted, of so many.
    #[must_use]
    pub fn next(&self, position: u32, accepted: u64, proposed: u64) -> u32 {
        let is_frozen = (accepted as f64) < self.frozen_share * proposed as f64;
        if is_frozen { 0 } else { (position + 1) % self.fall.max(1) }
    }

    /// The coupling of slices over the temperature of a slice, -1/2 ln tanh(field / temperature).
    #[must_use]
    pub fn coupling(&self, field: f64) -> f64 {
        -0.5 * libm::log(libm::tanh(field / self.temperature))
    }

    /// What a conflict costs in fixed point, and what a fourth of the change of the sum of the products
    /// of spins does.
    #[must_use]
    pub fn fixed_point(&self, position: u32) -> (u32, u32) {
        let coupling = self.coupling(self.at(position));
        (
            fixed_point(1.0 / self.temperature, BETA_AT_MOST),
            fixed_point(4.0 * coupling, COUPLING_AT_MOST),
        )
    }

    /// Writes into `config` what the kernel reads of a field.
    pub fn configure(&self, position: u32, config: &mut RuntimeConfig) {
        let (beta, coupling) = self.fixed_point(position);
        config.temperature_min = self.temperature as f32;
        config.temperature_max = self.temperature as f32;
        config.transverse_field = self.at(position) as f32;
        config.sweeps = self.sweeps;
        config.flags = self.proposals.flags();
        for (parameter, word) in config.parameters.iter_mut().zip([beta, coupling, self.slices]) {
            *parameter = f32::from_bits(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_falls_and_rises_again() {
        let field = TransverseField { start: 2.0, end: 1.0, fall: 5, ..TransverseField::default() };
        let fields: Vec<f64> = (0..6).map(|at| field.at(at)).collect();
        assert_eq!(fields, [2.0, 1.75, 1.5, 1.25, 1.0, 2.0]);
        let mut config = RuntimeConfig::default();
        TransverseField { temperature: 1.0, ..field }.configure(4, &mut config);
        let words: Vec<u32> = config.parameters[..3].iter().map(|one| one.to_bits()).collect();
        // -1/2 ln tanh 1 = 0.13617.
        assert_eq!(words, [94_548, 51_499, 8]);
        assert_eq!(config.transverse_field, 1.0);
        assert_eq!(field.coupling(0.0), f64::INFINITY, "no field binds the slices to one");
    }

    #[test]
    fn a_frozen_fall_begins_anew() {
        let field = TransverseField { fall: 5, frozen_share: 0.01, ..TransverseField::default() };
        assert_eq!(
            [field.next(1, 10, 1000), field.next(4, 10, 1000), field.next(1, 9, 1000)],
            [2, 0, 0]
        );
    }
}
