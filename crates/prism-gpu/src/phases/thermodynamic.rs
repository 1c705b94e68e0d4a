//! Replica-exchange simulated annealing on the device.
//!
//! Parallel tempering at a fixed number of colours over conflicting edges (Swendsen and Wang 1986; Geyer
//! 1991; Johnson, Aragon, McGeoch and Schevon 1991): an individual is a replica, and replicas form as many
//! ladders of temperatures as the device holds. `kernels/thermodynamic.cu` says how;
//! `prism_cpu::thermodynamic` makes the same moves on the CPU.
//!
//! The hottest rung is steered: where neighbours exchange their temperatures too seldom, it comes
//! nearer, and goes back where they exchange often.

use prism_core::RuntimeConfig;
use prism_core::annealing::{Ladder, Proposals, RUNGS_AT_MOST};

use super::kind::{Kind, PhaseKernel, Shape};
use super::outcome::StepSummary;
use super::residents::Individual;
use super::{Phase, PhaseError, PhaseOptions, RunResult};
use crate::layout::{Demand, Layout};

pub(super) const ANNEALING: (&str, &str) =
    ("annealing.cuh", include_str!("../../kernels/annealing.cuh"));

/// Words a thread: one warp an individual as long as it has few vertices, so that many individuals fit
/// a multiprocessor; several warps that judge more proposals at once where a few individuals fill it.
pub(super) const fn words(vertices: u32) -> u32 {
    match vertices {
        0..=128 => 1,
        129..=256 => 2,
        257..=384 => 3,
        _ => 1,
    }
}

/// Annealing: a byte for the colour of each vertex, two for the list of conflicting ones.
static DEMAND: Demand = Demand {
    chunk: 1,
    packed: true,
    words,
    bytes_a_vertex: 1 + 2,
    fixed: |_, _| 0,
    movable: |_| 0,
    rounds: false,
};

const KERNEL: PhaseKernel = PhaseKernel {
    name: "thermodynamic",
    source: include_str!("../../kernels/thermodynamic.cu"),
    headers: &[ANNEALING],
    phase: 2,
    memory: |_| PLACE_WORDS as u32,
    demand: &DEMAND,
    round_vertex_bytes: 0,
    individuals_a_block: 1,
    largest_class: u64::MAX,
};

/// How the tempering goes.
#[derive(Clone, Debug)]
pub struct ThermodynamicOptions {
    /// What all phases can be told; `sweeps` are proposals a vertex.
    pub phase: PhaseOptions,
    /// The coldest temperature, in conflicting edges.
    pub coldest: f64,
    /// The hottest one.
    pub hottest: f64,
    /// Temperatures of a ladder, 1 to [`RUNGS_AT_MOST`].
    pub rungs: usize,
    /// Steps between two exchanges of temperatures; 0 for none.
    pub exchange_interval: u32,
    /// Which vertices are proposed for.
    pub proposals: Proposals,
    /// The share of the possible exchanges that should be made: the hottest temperature is lowered
    /// while it is less, down to half of the way to the coldest. 0 leaves the temperatures alone.
    pub exchange_share: f64,
}

impl ThermodynamicOptions {
    /// The ladder for a graph of so many vertices, with this hottest temperature.
    #[must_use]
    pub fn ladder(&self, vertices: usize, hottest: f64) -> Ladder {
        let proposals = u64::from(self.phase.sweeps) * vertices as u64;
        let proposals = u32::try_from(proposals).unwrap_or(u32::MAX);
        let mut ladder = Ladder::geometric(self.coldest, hottest, self.rungs, proposals);
        ladder.exchange_interval = self.exchange_interval;
        ladder.proposals = self.proposals;
        ladder
    }
}

impl Default for ThermodynamicOptions {
    fn default() -> Self {
        Self {
            phase: PhaseOptions { sweeps: 200, ..PhaseOptions::default() },
            coldest: 0.2,
            hottest: 0.34,
            rungs: 12,
            exchange_interval: 1,
            proposals: Proposals::Conflicting,
            exchange_share: 0.2,
        }
    }
}

impl AsRef<PhaseOptions> for ThermodynamicOptions {
    fn as_ref(&self) -> &PhaseOptions {
        &self.phase
    }
}

impl AsMut<PhaseOptions> for ThermodynamicOptions {
    fn as_mut(&mut self) -> &mut PhaseOptions {
        &mut self.phase
    }
}

/// Anneals replicas of a colouring on a device.
///
/// ```
/// use prism_core::generate;
/// use prism_gpu::phases::{ThermodynamicGpu, ThermodynamicOptions};
/// use prism_gpu::GpuContext;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let Ok(gpu) = GpuContext::open(0) else { return Ok(()) };
///     let graph = generate::gnp(125, 0.5, 1)?;
///     let mut phase = ThermodynamicGpu::with_context(&gpu, ThermodynamicOptions::default())?;
///     phase.load(&graph, None, 19)?;
///     let found = phase.run()?;
///     println!("{} conflicts after {} proposals", found.conflicts, found.moves);
///     Ok(())
/// }
/// ```
pub type ThermodynamicGpu = Phase<Thermodynamic>;

/// Replica exchange. The host steers the hottest temperature by how many exchanges were made.
#[derive(Debug)]
pub struct Thermodynamic {
    hottest: f64,
}

/// How fast the hottest temperature follows, a step.
const PACE: f64 = 0.005;

/// The exchanges that a step can make, in the mean of two steps: every other pair of neighbours may exchange.
fn possible_exchanges(options: &ThermodynamicOptions, shape: &Shape, step: &StepSummary) -> f64 {
    let interval = u64::from(options.exchange_interval);
    let is_exchange = interval > 0 && step.step > 0 && step.step.is_multiple_of(interval);
    if !is_exchange {
        return 0.0;
    }
    let rungs = options.rungs.max(1) as f64;
    f64::from(shape.individuals) * (rungs - 1.0) / (2.0 * rungs)
}

impl Kind for Thermodynamic {
    type Options = ThermodynamicOptions;

    const KERNEL: &'static PhaseKernel = &KERNEL;

    const HAS_MEMORY: bool = true;

    fn begin(options: &ThermodynamicOptions) -> Self {
        Self { hottest: options.hottest }
    }

    fn moves_a_step(options: &ThermodynamicOptions, shape: &Shape) -> u64 {
        shape.sweeps(options.phase.sweeps)
    }

    const PROPOSES: bool = true;

    fn exchanges(options: &ThermodynamicOptions, shape: &Shape, step: &StepSummary) -> u64 {
        possible_exchanges(options, shape, step).round() as u64
    }

    fn observe(&mut self, options: &ThermodynamicOptions, shape: &Shape, step: &StepSummary) {
        let possible = possible_exchanges(options, shape, step);
        if possible == 0.0 || options.exchange_share == 0.0 {
            return;
        }
        let share = f64::from(step.swaps) / possible;
        let factor = if share < options.exchange_share { 1.0 - PACE } else { 1.0 + PACE };
        let least = (options.coldest + options.hottest) / 2.0;
        self.hottest = (self.hottest * factor).clamp(least.min(options.hottest), options.hottest);
    }

    fn steer(&mut self, options: &ThermodynamicOptions, shape: &Shape, config: &mut RuntimeConfig) {
        options.ladder(shape.layout.vertices as usize, self.hottest).configure(config);
    }

    fn counters(&self) -> Vec<u64> {
        vec![self.hottest.to_bits()]
    }

    fn resume(&mut self, counters: &[u64]) -> bool {
        let [bits] = *counters else { return false };
        self.hottest = f64::from_bits(bits);
        self.hottest.is_finite() && self.hottest > 0.0
    }

    /// The rung of each replica.
    fn kept(memory: &[u32], steps: u64) -> Vec<u64> {
        if steps == 0 {
            return Vec::new();
        }
        let places = memory.chunks_exact(PLACE_WORDS);
        places.map(|place| u64::from(place[now(steps) + RUNG])).collect()
    }

    fn memory(
        options: &ThermodynamicOptions,
        _: &Layout,
        replicas: &[Individual],
        steps: u64,
        kept: &[u64],
    ) -> Option<Vec<u32>> {
        let mut memory = vec![0; PLACE_WORDS * replicas.len()];
        if steps == 0 {
            return kept.is_empty().then_some(memory);
        }
        if kept.len() != replicas.len() {
            return None;
        }
        let mut held = vec![false; replicas.len()];
        for (at, (replica, &rung)) in replicas.iter().zip(kept).enumerate() {
            let ladder = rungs_of(options, at, replicas.len());
            let rung = usize::try_from(rung).ok().filter(|rung| *rung < ladder.len())?;
            let held = &mut held[ladder.start + rung];
            if std::mem::replace(held, true) {
                return None;
            }
            memory[PLACE_WORDS * at + now(steps) + RUNG] = rung as u32;
            memory[PLACE_WORDS * at + now(steps) + ENERGY] = replica.current;
            memory[PLACE_WORDS * (ladder.start + rung) + now(steps) + HOLDER] = at as u32;
        }
        Some(memory)
    }

    /// The hottest replica of the ladder that has found least. Whoever comes in its place begins in the cold,
    /// and all others of the ladder move up a rung: what is good would not live long in the heat.
    fn give_way(
        options: &ThermodynamicOptions,
        replicas: &[Individual],
        memory: &mut [u32],
        steps: u64,
        conflicts: u32,
    ) -> usize {
        let mut worst = (0..replicas.len(), 0);
        let mut first = 0;
        while first < replicas.len() {
            let ladder = rungs_of(options, first, replicas.len());
            let least = replicas[ladder.clone()].iter().map(|it| it.current).min().unwrap_or(0);
            first = ladder.end;
            if ladder.start == 0 || least > worst.1 {
                worst = (ladder, least);
            }
        }
        let (ladder, _) = worst;
        if steps == 0 {
            return ladder.start; // they stand in order still
        }
        let word = |at: usize, field: usize| PLACE_WORDS * at + now(steps) + field;
        let mut coming = memory[word(ladder.end - 1, HOLDER)];
        let leaving = (coming as usize).clamp(ladder.start, ladder.end - 1);
        for (rung, at) in ladder.enumerate() {
            std::mem::swap(&mut memory[word(at, HOLDER)], &mut coming);
            let holder = memory[word(at, HOLDER)] as usize;
            if let Some(place) = memory.get_mut(word(holder, RUNG)) {
                *place = rung as u32;
            }
        }
        memory[word(leaving, ENERGY)] = conflicts;
        leaving
    }
}

/// Words of `Place` of the kernel, of which those of even and those of odd steps alternate.
const PLACE_WORDS: usize = 6;
const RUNG: usize = 0;
const ENERGY: usize = 2;
const HOLDER: usize = 4;

/// Which of two words the step after so many reads.
const fn now(steps: u64) -> usize {
    (steps % 2) as usize
}

/// The replicas that are on a ladder with this one, of so many; as many as there are rungs.
fn rungs_of(options: &ThermodynamicOptions, at: usize, replicas: usize) -> std::ops::Range<usize> {
    let rungs = options.rungs.clamp(1, RUNGS_AT_MOST);
    let first = at / rungs * rungs;
    first..(first + rungs).min(replicas)
}

impl Phase<Thermodynamic> {
    /// Anneals until there are no conflicts, the steps are used up, or it is stopped. Called again it
    /// goes on.
    ///
    /// # Errors
    /// [`PhaseError::NothingLoaded`] before [`load`](Self::load), [`PhaseError::Gpu`] for what the device
    /// says, [`PhaseError::WrongResult`] if it reports what is not so.
    pub fn run(&mut self) -> Result<RunResult, PhaseError> {
        self.search()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prism_stream::mock::device_info;

    #[test]
    fn the_hottest_temperature_follows_the_exchanges() {
        let options =
            ThermodynamicOptions { coldest: 0.2, hottest: 0.4, rungs: 3, ..Default::default() };
        let layout = Layout::new(10, 3, &device_info("mock")).unwrap();
        // Of 30 replicas on ladders of 3 rungs, 10 pairs may exchange.
        let shape = Shape { layout, individuals: 30 };
        let mut kind = Thermodynamic::begin(&options);
        let after = |kind: &mut Thermodynamic, options: &ThermodynamicOptions, swaps, times| {
            for _ in 0..times {
                let step = StepSummary { step: 5, swaps, ..StepSummary::default() };
                kind.observe(options, &shape, &step);
            }
            kind.hottest
        };
        assert!(after(&mut kind, &options, 1, 1) < 0.4);
        assert!((after(&mut kind, &options, 0, 1000) - 0.3).abs() < 1e-9);
        assert_eq!(after(&mut kind, &options, 9, 1000), 0.4);
        let alone = ThermodynamicOptions { exchange_share: 0.0, ..options };
        assert_eq!(after(&mut kind, &alone, 0, 1), 0.4);
    }

    /// Energies at hand; the rest does not matter here.
    fn replicas(energies: &[u32]) -> Vec<Individual> {
        let one = |&current: &u32| Individual { iteration: 3, conflicts: 0, current };
        energies.iter().map(one).collect()
    }

    #[test]
    fn what_comes_in_is_cold_and_the_hottest_goes() {
        let options = ThermodynamicOptions { rungs: 3, ..Default::default() };
        // Two ladders and a part of one; the second has found least.
        let replicas = replicas(&[1, 9, 9, 7, 5, 6, 4, 8]);
        for steps in [4, 7] {
            let rungs = [2, 0, 1, 1, 2, 0, 1, 0];
            let mut memory =
                Thermodynamic::memory(&options, &layout(), &replicas, steps, &rungs).unwrap();
            assert_eq!(Thermodynamic::kept(&memory, steps), rungs);
            let leaving = Thermodynamic::give_way(&options, &replicas, &mut memory, steps, 3);
            assert_eq!(leaving, 4, "on rung 2 of the second ladder");
            assert_eq!(Thermodynamic::kept(&memory, steps), [2, 0, 1, 2, 0, 1, 1, 0]);
            let mut expected = replicas.clone();
            expected[4].current = 3;
            let rungs = Thermodynamic::kept(&memory, steps);
            let whole = Thermodynamic::memory(&options, &layout(), &expected, steps, &rungs);
            assert_eq!(Some(memory), whole, "energies and holders go with the rungs");
        }
    }

    #[test]
    fn before_the_first_step_ladders_are_in_order() {
        let options = ThermodynamicOptions { rungs: 3, ..Default::default() };
        let fresh = replicas(&[7, u32::MAX, u32::MAX, u32::MAX, u32::MAX, u32::MAX]);
        let mut memory = Thermodynamic::memory(&options, &layout(), &fresh, 0, &[]).unwrap();
        assert!(Thermodynamic::kept(&memory, 0).is_empty());
        assert_eq!(Thermodynamic::give_way(&options, &fresh, &mut memory, 0, 3), 3);
        assert!(memory.iter().all(|word| *word == 0));
    }

    #[test]
    fn rungs_that_are_no_ladder_are_refused() {
        let options = ThermodynamicOptions { rungs: 2, ..Default::default() };
        let all = replicas(&[1, 2, 3]);
        let memory = |kept: &[u64]| Thermodynamic::memory(&options, &layout(), &all, 1, kept);
        assert!(memory(&[1, 0, 0]).is_some());
        for kept in [&[0, 0, 0][..], &[0, 1, 1], &[0, 2, 0], &[0, 1]] {
            assert!(memory(kept).is_none(), "{kept:?}");
        }
    }

    fn layout() -> Layout {
        Layout::new(10, 3, &device_info("mock")).unwrap()
    }
}
