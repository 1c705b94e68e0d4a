//! What is particular to a phase. Everything else is written once, for all of them: [`Phase`](super::Phase).

use std::fmt;

use prism_core::RuntimeConfig;
use prism_stream::KernelSource;

use super::outcome::StepSummary;
use super::residents::{self, Individual};
use super::{Layout, PhaseOptions, rounds};
use crate::layout::Demand;

/// The kernel of a phase.
#[derive(Debug)]
pub struct PhaseKernel {
    /// Its name, in the source and in the file's name.
    pub(crate) name: &'static str,
    /// Its `.cu` file.
    pub(crate) source: &'static str,
    /// Headers that it includes beside `population.cuh`.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// Its number in configs, and its random stream.
    pub(crate) phase: u32,
    /// Words that it keeps of an individual from step to step.
    pub(crate) memory: fn(&Layout) -> u32,
    /// Bytes that it keeps of a vertex in rounds, beside what every kernel does there.
    pub(crate) round_vertex_bytes: u64,
    /// What it asks of a layout.
    pub(crate) demand: &'static Demand,
    /// Individuals for each block that a step runs.
    pub(crate) individuals_a_block: u32,
    /// The most vertices that may have one colour.
    pub(crate) largest_class: u64,
}

impl PhaseKernel {
    /// Its source for a layout.
    pub(crate) fn source_for(&self, layout: &Layout) -> KernelSource {
        let mut source = residents::source(format!("{}.cu", self.name), self.source);
        for (name, text) in self.headers {
            source = source.header(*name, *text);
        }
        let source = layout.define(source, self.memory_words(layout));
        rounds::define(source, self.round_vertex_bytes)
    }

    /// Words of an individual: at least one, so that there is something to point to.
    pub(crate) fn memory_words(&self, layout: &Layout) -> u32 {
        (self.memory)(layout).max(1)
    }
}

/// A population at work.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How an individual lies in a block.
    pub layout: Layout,
    /// How many individuals there are.
    pub individuals: u32,
}

impl Shape {
    /// Individuals times vertices times `sweeps`.
    pub(crate) fn sweeps(&self, sweeps: u32) -> u64 {
        u64::from(self.individuals) * u64::from(self.layout.vertices) * u64::from(sweeps)
    }
}

/// A phase, and by what its host steers.
///
/// What the next config says depends on the steps that were observed, and on nothing else: not on time, and not
/// on how many steps a call makes.
pub trait Kind: fmt::Debug + Send + Sized + 'static {
    /// What it can be told.
    type Options: Clone + fmt::Debug + Default + Send + AsRef<PhaseOptions> + AsMut<PhaseOptions>;

    /// Its kernel.
    const KERNEL: &'static PhaseKernel;

    /// The options as they are used, where some that are asked for cannot be.
    fn mended(options: Self::Options) -> Self::Options {
        options
    }

    /// Individuals come in groups of so many.
    fn group(_options: &Self::Options) -> u32 {
        1
    }

    /// Whether moves are proposals, which are accepted or not.
    const PROPOSES: bool = false;

    /// The exchanges between two replicas that a step can make.
    fn exchanges(_options: &Self::Options, _shape: &Shape, _step: &StepSummary) -> u64 {
        0
    }

    /// As it is before the first step.
    fn begin(options: &Self::Options) -> Self;

    /// About how many moves a step makes.
    fn moves_a_step(options: &Self::Options, shape: &Shape) -> u64;

    /// Takes a step in: each one, in order, two steps after it.
    fn observe(&mut self, _options: &Self::Options, _shape: &Shape, _step: &StepSummary) {}

    /// Fills in what the phase has to say in the config of a step.
    fn steer(&mut self, options: &Self::Options, shape: &Shape, config: &mut RuntimeConfig);

    /// What [`resume`](Self::resume) goes on from.
    fn counters(&self) -> Vec<u64> {
        Vec::new()
    }

    /// Goes on from the counters of another one; whether they can be that.
    fn resume(&mut self, counters: &[u64]) -> bool {
        counters.is_empty()
    }

    /// Whether what individuals keep on the device is to be known for [`kept`](Self::kept) and
    /// [`give_way`](Self::give_way).
    const HAS_MEMORY: bool = false;

    /// What of the individuals' memory a saved state holds; the rest is forgotten.
    fn kept(_memory: &[u32], _steps: u64) -> Vec<u64> {
        Vec::new()
    }

    /// The memory of individuals after so many steps that keeps this and nothing else; `None` if it
    /// cannot be that of these individuals.
    fn memory(
        options: &Self::Options,
        layout: &Layout,
        individuals: &[Individual],
        steps: u64,
        kept: &[u64],
    ) -> Option<Vec<u32>>;

    /// The individual that gives way to one with so many conflicts. The memory of all is there if the phase
    /// [has it](Self::HAS_MEMORY), and is changed as need be.
    fn give_way(
        options: &Self::Options,
        individuals: &[Individual],
        memory: &mut [u32],
        steps: u64,
        conflicts: u32,
    ) -> usize;
}
