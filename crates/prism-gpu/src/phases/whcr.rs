//! Wavelet-hierarchical conflict repair on the device.
//!
//! Tabu search at a fixed number of colours (Hertz and de Werra 1987; Galinier and Hao 1999), with
//! several moves an iteration that do not touch one another (compare Luby 1986), and a Haar-like
//! transform of the conflicts over a coarsening hierarchy that says where to look when there are many.
//! `kernels/repair.cuh` has the search and says how. It takes any colouring; `prism_cpu::whcr` makes the
//! same moves on the CPU.

use prism_core::RuntimeConfig;

use super::kind::{Kind, PhaseKernel, Shape};
use super::residents::Individual;
use super::rounds::rounds_a_step;
use super::{Phase, PhaseError, PhaseOptions, RunResult, dendritic_whcr};
use crate::layout::{self, Layout};

/// Bars that a region can hold at once, as in `repair.cuh`.
const RING: u32 = 64;

/// Bits of [`RuntimeConfig::flags`].
const EVERYWHERE: u32 = 1;
const ONE_MOVE: u32 = 2;

const KERNEL: PhaseKernel = PhaseKernel {
    phase: 1,
    ..kernel("whcr", include_str!("../../kernels/whcr.cu"), |layout| memory(layout, 0))
};

const HEADERS: [(&str, &str); 2] = [
    ("repair.cuh", include_str!("../../kernels/repair.cuh")),
    ("rounds.cuh", include_str!("../../kernels/rounds.cuh")),
];

/// Words that an individual keeps in rounds: whether its bars (and integrators) hold, and the moves of the last round.
const ROUNDS_MEMORY: u32 = 2;

/// The kernel of a repair, whose number is still to be said.
pub(super) const fn kernel(
    name: &'static str,
    source: &'static str,
    memory: fn(&Layout) -> u32,
) -> PhaseKernel {
    PhaseKernel {
        name,
        source,
        headers: &HEADERS,
        phase: 0,
        memory,
        round_vertex_bytes: 0,
        demand: &layout::REPAIR_OR_ROUNDS,
        individuals_a_block: 1,
        largest_class: u64::MAX,
    }
}

/// Words that a region keeps, with as many integrators for each word of vertices.
const fn region_memory(words: u32, integrators: u32) -> usize {
    (1 + 2 * RING + 32 * words * integrators) as usize
}

/// Words that an individual keeps.
pub(super) const fn memory(layout: &Layout, integrators: u32) -> u32 {
    if layout.round_warps > 0 {
        return ROUNDS_MEMORY;
    }
    layout.warps * region_memory(layout.words, integrators) as u32
}

/// How repair goes.
#[derive(Clone, Debug)]
pub struct RepairOptions {
    /// What all phases can be told.
    pub phase: PhaseOptions,
    /// A move bars the old colour for a random number of iterations below this.
    pub tenure_base: u32,
    /// And for this many more a conflicting vertex. `None` for what was found best: 0.45 for up to two
    /// regions, 0.3 for more of them, which make more moves an iteration (docs/performance.md); in rounds 1.
    pub tenure_slope: Option<f32>,
    /// Look at all conflicting vertices, not at a cluster of the hierarchy where they are many.
    pub everywhere: bool,
    /// Make one move an iteration, not several that do not touch one another.
    pub one_move: bool,
}

impl RepairOptions {
    /// The slope for a layout.
    #[must_use]
    pub fn slope_for(&self, layout: &Layout) -> f32 {
        self.tenure_slope.unwrap_or(match layout.warps {
            _ if layout.is_in_rounds() => 1.0,
            0..=2 => 0.45,
            _ => 0.3,
        })
    }

    fn steer(&self, layout: &Layout, config: &mut RuntimeConfig) {
        config.tenure_base = self.tenure_base as f32;
        config.tenure_slope = self.slope_for(layout);
        config.flags =
            (u32::from(self.everywhere) * EVERYWHERE) | (u32::from(self.one_move) * ONE_MOVE);
    }
}

impl Default for RepairOptions {
    fn default() -> Self {
        Self {
            phase: PhaseOptions::default(),
            tenure_base: 10,
            tenure_slope: None,
            everywhere: false,
            one_move: false,
        }
    }
}

impl AsRef<PhaseOptions> for RepairOptions {
    fn as_ref(&self) -> &PhaseOptions {
        &self.phase
    }
}

impl AsMut<PhaseOptions> for RepairOptions {
    fn as_mut(&mut self) -> &mut PhaseOptions {
        &mut self.phase
    }
}

/// What a repair came to.
pub type RepairResult = RunResult;

/// Repairs colourings on a device.
///
/// What a block's table cannot hold (more than 4096 vertices, 256 colours, or 227 KB of counts) is repaired in
/// rounds, up to 2^24 vertices: `kernels/rounds.cuh` and `prism_cpu::rounds` say how. A step is then a round
/// for every 32 sweeps, 128 rounds at most, of individuals that are spread over the device; before the first
/// one the whole graph is looked at.
///
/// ```
/// use prism_core::generate;
/// use prism_gpu::phases::{RepairOptions, WhcrGpu};
/// use prism_gpu::GpuContext;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let Ok(gpu) = GpuContext::open(0) else { return Ok(()) };
///     let graph = generate::gnp(125, 0.5, 1)?;
///     let mut whcr = WhcrGpu::with_context(&gpu, RepairOptions::default())?;
///     whcr.load(&graph, None, 18)?;
///     let repaired = whcr.repair()?;
///     println!("{} conflicts after {} moves", repaired.conflicts, repaired.moves);
///     Ok(())
/// }
/// ```
pub type WhcrGpu = Phase<Whcr>;

/// Conflict repair whose vertices remember nothing.
pub type Whcr = Repair<false>;

/// Conflict repair, with or without leaky integrators of each vertex's conflict history.
#[derive(Debug)]
pub struct Repair<const DENDRITES: bool>;

impl<const DENDRITES: bool> Kind for Repair<DENDRITES> {
    type Options = RepairOptions;

    const KERNEL: &'static PhaseKernel = if DENDRITES { &dendritic_whcr::KERNEL } else { &KERNEL };

    fn begin(_: &RepairOptions) -> Self {
        Self
    }

    /// As if there were one an iteration; there may be more.
    fn moves_a_step(options: &RepairOptions, shape: &Shape) -> u64 {
        let sweeps = options.phase.sweeps;
        let rounds = if shape.layout.is_in_rounds() { rounds_a_step(sweeps) } else { sweeps };
        u64::from(rounds) * u64::from(shape.individuals)
    }

    fn steer(&mut self, options: &RepairOptions, shape: &Shape, config: &mut RuntimeConfig) {
        options.steer(&shape.layout, config);
    }

    /// Nothing is barred, and no conflict remembered.
    fn memory(
        _: &RepairOptions,
        layout: &Layout,
        individuals: &[Individual],
        _: u64,
        kept: &[u64],
    ) -> Option<Vec<u32>> {
        if layout.is_in_rounds() {
            let memory = vec![0; individuals.len() * ROUNDS_MEMORY as usize];
            return kept.is_empty().then_some(memory);
        }
        let integrators = if DENDRITES { dendritic_whcr::INTEGRATORS } else { 0 };
        let region = region_memory(layout.words, integrators);
        let mut memory = vec![0; individuals.len() * layout.warps as usize * region];
        let regions = memory.chunks_exact_mut(region * layout.warps as usize);
        for (memory, individual) in regions.zip(individuals) {
            for region in memory.chunks_exact_mut(region) {
                // Bars that end now; 0 would be an iteration to come once these have passed 2^31.
                region[1..=RING as usize].fill(individual.iteration as u32);
            }
        }
        kept.is_empty().then_some(memory)
    }

    /// The one whose best, and of those whose colouring at hand, has most conflicts.
    fn give_way(
        _: &RepairOptions,
        individuals: &[Individual],
        _: &mut [u32],
        _: u64,
        _: u32,
    ) -> usize {
        let worst = |one: &Individual| std::cmp::Reverse((one.conflicts, one.current));
        let found = (0..individuals.len()).min_by_key(|&at| worst(&individuals[at]));
        found.unwrap_or(0)
    }
}

impl<const DENDRITES: bool> Phase<Repair<DENDRITES>> {
    /// Repairs until there are no conflicts, the steps are used up, or it is stopped. Called again it goes
    /// on.
    ///
    /// # Errors
    /// [`PhaseError::NothingLoaded`] before [`load`](Self::load), [`PhaseError::Gpu`] for what the device
    /// says, [`PhaseError::WrongResult`] if it reports what is not so.
    pub fn repair(&mut self) -> Result<RepairResult, PhaseError> {
        self.search()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phases::residents::UNKNOWN;
    use prism_stream::mock::device_info;

    #[test]
    fn the_worst_gives_way_and_the_first_of_them() {
        let one = |conflicts, current| Individual { iteration: 9, conflicts, current };
        let give_way =
            |all: &[Individual]| Whcr::give_way(&RepairOptions::default(), all, &mut [], 5, 0);
        assert_eq!(give_way(&[one(3, 9), one(4, 4), one(4, 7), one(4, 7), one(1, 70)]), 2);
        assert_eq!(give_way(&[one(3, 9), one(UNKNOWN, UNKNOWN)]), 1);
    }

    #[test]
    fn bars_that_are_forgotten_have_ended_at_any_time() {
        let layout = Layout::new(700, 20, &device_info("mock")).unwrap();
        let individual = |iteration| Individual { iteration, conflicts: 1, current: 1 };
        let all = [individual(5), individual(3 << 30)];
        let options = RepairOptions::default();
        for (words, memory) in [
            (memory(&layout, 0), Whcr::memory(&options, &layout, &all, 7, &[])),
            (memory(&layout, 2), Repair::<true>::memory(&options, &layout, &all, 7, &[])),
        ] {
            let memory = memory.unwrap();
            assert_eq!(memory.len(), 2 * words as usize);
            let region = (words / layout.warps) as usize;
            for (at, word) in memory.iter().enumerate() {
                let expected = if at < words as usize { 5 } else { 3 << 30 };
                let is_end = (1..=64).contains(&(at % region));
                assert_eq!(*word, if is_end { expected } else { 0 }, "{at}");
            }
        }
        assert!(Whcr::memory(&options, &layout, &all, 7, &[1]).is_none());
    }
}
