//! Path-integral Monte Carlo quantum annealing on the device.
//!
//! Titiloye and Crispin (2011, 2012: QA-col): rings of coupled colourings in a transverse field that falls.
//! An individual is a Trotter slice, and there are as many rings as the device holds; half of the slices
//! move in a step. `kernels/quantum.cu` says how; `prism_cpu::quantum` makes the same moves on the CPU.
//!
//! The field is steered: it rises again at the end of its fall, and before when hardly any proposal is
//! accepted any more.

use prism_core::RuntimeConfig;
use prism_core::annealing::TransverseField;

use super::kind::{Kind, PhaseKernel, Shape};
use super::outcome::StepSummary;
use super::residents::Individual;
use super::thermodynamic::{ANNEALING, words};
use super::{Phase, PhaseError, PhaseOptions, RunResult};
use crate::layout::{Demand, Layout};

/// Bytes of the overlaps with both neighbours.
const fn overlaps(colors: u32) -> u32 {
    2 * (colors * colors).next_multiple_of(4)
}

/// Annealing, and beside it the colours of two neighbours, the sizes of the classes, and their overlaps.
static DEMAND: Demand = Demand {
    chunk: 1,
    packed: true,
    words,
    bytes_a_vertex: 1 + 2 + 2,
    fixed: |_, colors| 4 * colors,
    movable: overlaps,
    rounds: false,
};

/// Words of a slice: the overlaps, where shared memory has no room for them.
fn memory(layout: &Layout) -> u32 {
    if layout.all_shared { 1 } else { overlaps(layout.colors) / 4 }
}

const KERNEL: PhaseKernel = PhaseKernel {
    name: "quantum",
    source: include_str!("../../kernels/quantum.cu"),
    headers: &[ANNEALING],
    phase: 3,
    memory,
    demand: &DEMAND,
    round_vertex_bytes: 0,
    individuals_a_block: 2,
    largest_class: 255,
};

/// How quantum annealing goes.
#[derive(Clone, Debug, Default)]
pub struct QuantumOptions {
    /// What all phases can be told; its `sweeps` give way to those of the field.
    pub phase: PhaseOptions,
    /// The field, and how it falls.
    pub field: TransverseField,
}

impl AsRef<PhaseOptions> for QuantumOptions {
    fn as_ref(&self) -> &PhaseOptions {
        &self.phase
    }
}

impl AsMut<PhaseOptions> for QuantumOptions {
    fn as_mut(&mut self) -> &mut PhaseOptions {
        &mut self.phase
    }
}

/// Anneals rings of colourings on a device.
///
/// ```
/// use prism_core::generate;
/// use prism_gpu::phases::{QuantumEvolutionGpu, QuantumOptions};
/// use prism_gpu::GpuContext;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let Ok(gpu) = GpuContext::open(0) else { return Ok(()) };
///     let graph = generate::gnp(125, 0.5, 1)?;
///     let mut phase = QuantumEvolutionGpu::with_context(&gpu, QuantumOptions::default())?;
///     phase.load(&graph, None, 19)?;
///     let found = phase.run()?;
///     println!("{} conflicts after {} proposals", found.conflicts, found.moves);
///     Ok(())
/// }
/// ```
///
/// Individuals that make no whole ring are left out; there is at least one ring. A number of slices that is
/// odd is raised by one.
pub type QuantumEvolutionGpu = Phase<QuantumEvolution>;

/// Path-integral annealing, and where in its fall the field is.
#[derive(Debug, Default)]
pub struct QuantumEvolution {
    position: u32,
    /// Steps before this one belong to a fall that has ended.
    since: u64,
    /// Proposals of the step that was observed last, and how many of them were accepted.
    latest: Option<(u64, u64)>,
}

impl QuantumEvolution {
    /// The place in the fall for a step.
    fn next(&mut self, step: u64, field: &TransverseField) -> u32 {
        let current = self.position;
        let (proposed, accepted) = self.latest.unwrap_or((0, 1));
        self.position = field.next(current, accepted, proposed);
        if self.position == 0 {
            self.since = step + 1;
            self.latest = None;
        }
        current
    }
}

impl Kind for QuantumEvolution {
    type Options = QuantumOptions;

    const KERNEL: &'static PhaseKernel = &KERNEL;

    const PROPOSES: bool = true;

    fn mended(mut options: QuantumOptions) -> QuantumOptions {
        options.field.slices = options.field.slices.next_multiple_of(2).max(2);
        options
    }

    fn group(options: &QuantumOptions) -> u32 {
        options.field.slices
    }

    fn begin(_: &QuantumOptions) -> Self {
        Self::default()
    }

    /// Half of the slices move.
    fn moves_a_step(options: &QuantumOptions, shape: &Shape) -> u64 {
        shape.sweeps(options.field.sweeps) / 2
    }

    fn observe(&mut self, _: &QuantumOptions, _: &Shape, step: &StepSummary) {
        if step.step >= self.since {
            self.latest = Some((step.moves, step.accepted));
        }
    }

    fn steer(&mut self, options: &QuantumOptions, _: &Shape, config: &mut RuntimeConfig) {
        let position = self.next(config.iteration, &options.field);
        options.field.configure(position, config);
    }

    fn counters(&self) -> Vec<u64> {
        let (proposed, accepted) = self.latest.unwrap_or_default();
        vec![
            u64::from(self.position),
            self.since,
            u64::from(self.latest.is_some()),
            proposed,
            accepted,
        ]
    }

    fn resume(&mut self, counters: &[u64]) -> bool {
        let [position, since, has_latest @ 0..=1, proposed, accepted] = *counters else {
            return false;
        };
        let Ok(position) = u32::try_from(position) else { return false };
        let latest = (has_latest == 1).then_some((proposed, accepted));
        *self = Self { position, since, latest };
        true
    }

    /// Overlaps are counted anew by every step.
    fn memory(
        _: &QuantumOptions,
        _: &Layout,
        _: &[Individual],
        _: u64,
        kept: &[u64],
    ) -> Option<Vec<u32>> {
        kept.is_empty().then(Vec::new)
    }

    /// The slice whose colouring at hand has most conflicts.
    fn give_way(_: &QuantumOptions, slices: &[Individual], _: &mut [u32], _: u64, _: u32) -> usize {
        let worst = |at: &usize| std::cmp::Reverse(slices[*at].current);
        (0..slices.len()).min_by_key(worst).unwrap_or(0)
    }
}

impl Phase<QuantumEvolution> {
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

    #[test]
    fn the_field_begins_anew_when_frozen_and_not_for_what_was_before() {
        let field = TransverseField { fall: 100, frozen_share: 0.01, ..TransverseField::default() };
        let options = QuantumOptions { field, ..QuantumOptions::default() };
        let layout = Layout::new(10, 3, &prism_stream::mock::device_info("mock")).unwrap();
        let shape = Shape { layout, individuals: 8 };
        let mut kind = QuantumEvolution::default();
        let mut next = |step, seen: Option<(u64, u64)>| {
            if let Some((step, accepted)) = seen {
                let seen = StepSummary { step, accepted, moves: 1000, ..StepSummary::default() };
                kind.observe(&options, &shape, &seen);
            }
            // A state that is saved and taken up between two steps changes nothing.
            let counters = kind.counters();
            kind = QuantumEvolution::default();
            assert!(kind.resume(&counters));
            kind.next(step, &field)
        };
        assert_eq!([next(0, None), next(1, None), next(2, None)], [0, 1, 2]);
        assert_eq!(next(3, Some((0, 500))), 3);
        // Frozen: this step is as planned, and the next one is the first of a fall.
        assert_eq!(next(4, Some((1, 5))), 4);
        // What comes in of the steps 2 to 4 says nothing of the new fall.
        assert_eq!(
            [next(5, Some((2, 5))), next(6, Some((3, 5))), next(7, Some((4, 5)))],
            [0, 1, 2]
        );
        assert_eq!([next(8, Some((5, 500))), next(9, Some((6, 5)))], [3, 4]);
        assert_eq!(next(10, Some((7, 5))), 0);
    }

    #[test]
    fn counters_of_something_else_are_refused() {
        let mut kind = QuantumEvolution::default();
        for counters in [&[][..], &[1, 2], &[1 << 32, 0, 0, 0, 0], &[1, 0, 2, 0, 0]] {
            assert!(!kind.resume(counters), "{counters:?}");
        }
    }
}
