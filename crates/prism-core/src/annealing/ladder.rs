//! The temperatures of a parallel tempering (Swendsen & Wang 1986; Geyer 1991).

use super::{Proposals, fixed_point};
use crate::{CONFIG_PARAMETERS, RuntimeConfig};

/// The most rungs of a ladder: what a config of the kernel has room for.
pub const RUNGS_AT_MOST: usize = (CONFIG_PARAMETERS - 1) / 2;

/// The largest inverse temperature in fixed point, so that no cost overflows on the device.
const BETA_AT_MOST: u32 = (1 << 24) - 1;

/// A temperature, and how long a replica walks at it between two exchanges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rung {
    /// In conflicting edges.
    pub temperature: f64,
    /// Proposals a step.
    pub proposals: u32,
}

/// The temperatures of a parallel tempering, coldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    rungs: Vec<Rung>,
    /// Steps between two exchanges; 0 for none.
    pub exchange_interval: u32,
    /// Which vertices are proposed for.
    pub proposals: Proposals,
}

impl Ladder {
    /// `rungs` temperatures from `coldest` to `hottest`, each the same factor above the one before; with
    /// an exchange every step, each after `proposals` proposals. At least one rung, and at most
    /// [`RUNGS_AT_MOST`].
    #[must_use]
    pub fn geometric(coldest: f64, hottest: f64, rungs: usize, proposals: u32) -> Self {
        let rungs = rungs.clamp(1, RUNGS_AT_MOST);
        let ratio = hottest / coldest;
        let temperature = |at: usize| match rungs {
            1 => coldest,
            _ => coldest * libm::pow(ratio, at as f64 / (rungs - 1) as f64),
        };
        Self {
            rungs: (0..rungs).map(|at| Rung { temperature: temperature(at), proposals }).collect(),
            exchange_interval: 1,
            proposals: Proposals::default(),
        }
    }

    /// The rungs, coldest first.
    #[must_use]
    pub fn rungs(&self) -> &[Rung] {
        &self.rungs
    }

    /// The inverse temperature of a rung, in the fixed point of costs.
    #[must_use]
    pub fn beta(&self, rung: usize) -> u32 {
        fixed_point(1.0 / self.rungs[rung].temperature, BETA_AT_MOST)
    }

    /// Writes into `config` what the kernel reads of a ladder.
    pub fn configure(&self, config: &mut RuntimeConfig) {
        let extreme = |rung: Option<&Rung>| rung.map_or(0.0, |rung| rung.temperature as f32);
        config.temperature_min = extreme(self.rungs.first());
        config.temperature_max = extreme(self.rungs.last());
        config.exchange_interval = self.exchange_interval;
        config.flags = self.proposals.flags();
        for (at, rung) in self.rungs.iter().enumerate() {
            config.parameters[at] = f32::from_bits(self.beta(at));
            config.parameters[RUNGS_AT_MOST + at] = f32::from_bits(rung.proposals);
        }
        config.parameters[2 * RUNGS_AT_MOST] = f32::from_bits(self.rungs.len() as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_carries_the_ladder() {
        let mut config = RuntimeConfig::default();
        let ladder = Ladder::geometric(0.5, 1.0, 2, 77);
        ladder.configure(&mut config);
        let words: Vec<u32> = config.parameters.iter().map(|one| one.to_bits()).collect();
        assert_eq!(words[..2], [189_097, 94_548]);
        assert_eq!(words[RUNGS_AT_MOST..][..2], [77, 77]);
        assert_eq!(words[2 * RUNGS_AT_MOST], 2);
        assert_eq!((config.temperature_min, config.temperature_max), (0.5, 1.0));
        assert_eq!(Ladder::geometric(1.0, 2.0, 1000, 1).rungs().len(), RUNGS_AT_MOST);
        assert_eq!(Ladder::geometric(1.0, 2.0, 0, 1).rungs().len(), 1);
    }
}
