//! The individuals of a phase on the device, and the kernel that works on them.
//!
//! `kernels/population.cuh` declares the same structures. Vertices lie on the device in the order of
//! the coarsening hierarchy, in the slots that the [`Layout`] gives them.
#![allow(unsafe_code)]

use std::mem::offset_of;

use bytemuck::{Pod, Zeroable};
use prism_core::hierarchy::Slots;
use prism_core::{Graph, KernelTelemetry, ReplicaRecord, RuntimeConfig};
use prism_stream::{
    DeviceBuffer, Function, GpuContext, GpuError, KernelArg, KernelSource, LaunchShape, StepKernel,
    StepLaunch,
};

use super::colorings;
use super::kind::PhaseKernel;
use super::rounds::Rounds;
use super::{Layout, PhaseError};
use crate::source::kernel_source;

/// The ticket, and the words behind it in which blocks tell each other what happened.
const TICKET_WORDS: usize = 12;

/// Where among them the steps are counted, as `Gathered::STEPS`.
const TICKET_STEPS: usize = 4;

/// What an individual is beside its colourings; `Individual` of the kernels.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Individual {
    /// Iterations since it was loaded.
    pub(crate) iteration: u64,
    /// Conflicting edges of its best colouring; [`UNKNOWN`] before its first step.
    pub(crate) conflicts: u32,
    /// Conflicting edges of the colouring at hand; likewise.
    pub(crate) current: u32,
}

/// Conflicts that were not counted yet.
pub(crate) const UNKNOWN: u32 = u32::MAX;

/// Where the state of all individuals is; `Population` of the kernels.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Population {
    rows: u64,
    individuals: u64,
    colorings: u64,
    bests: u64,
    memory: u64,
    records: u64,
    ticket: u64,
    slots: u32,
    phase: u32,
}

const _: () = assert!(offset_of!(Population, phase) == 60);

/// A source that can include `population.cuh`.
pub(crate) fn source(name: String, text: &'static str) -> KernelSource {
    kernel_source(name, text)
        .header("individuals.cuh", include_str!("../../kernels/individuals.cuh"))
        .header("columns.cuh", include_str!("../../kernels/columns.cuh"))
        .header("population.cuh", include_str!("../../kernels/population.cuh"))
        .define("POPULATION_BYTES", size_of::<Population>())
        .define("INDIVIDUAL_BYTES", size_of::<Individual>())
        .define("TICKET_WORDS", TICKET_WORDS)
}

/// Bytes of device memory that so many individuals take, beside the adjacency matrix.
pub(crate) fn device_bytes(kernel: &PhaseKernel, layout: &Layout, individuals: u64) -> u64 {
    let memory = u64::from(kernel.memory_words(layout));
    let beside = size_of::<Individual>() + size_of::<ReplicaRecord>();
    individuals * (2 * layout.coloring_bytes() as u64 + 4 * memory + beside as u64)
}

/// What all individuals are, on the host.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub individuals: Vec<Individual>,
    /// A row of slots for each.
    pub colorings: Vec<u8>,
    pub bests: Vec<u8>,
    /// What else the phase keeps; nothing if that is zeros at first, and not worth a word later.
    pub memory: Vec<u32>,
    /// Steps that were made.
    pub steps: u64,
}

impl State {
    /// Individuals that have these colourings and have done nothing yet.
    pub fn fresh(layout: &Layout, starts: Vec<u8>) -> Self {
        let count = starts.len() / layout.coloring_bytes();
        let fresh = Individual { iteration: 0, conflicts: UNKNOWN, current: UNKNOWN };
        Self {
            individuals: vec![fresh; count],
            bests: starts.clone(),
            colorings: starts,
            memory: Vec::new(),
            steps: 0,
        }
    }

    fn records(individuals: &[Individual]) -> Vec<ReplicaRecord> {
        let record = |one: &Individual| ReplicaRecord { conflicts: one.conflicts, moves: 0 };
        individuals.iter().map(record).collect()
    }

    fn ticket(&self) -> [u32; TICKET_WORDS] {
        let mut words = [0; TICKET_WORDS];
        words[TICKET_STEPS] = self.steps as u32;
        words
    }
}

/// The memory that a [`Population`] points to.
#[derive(Debug)]
struct Buffers {
    individuals: DeviceBuffer,
    colorings: DeviceBuffer,
    bests: DeviceBuffer,
    memory: DeviceBuffer,
    records: DeviceBuffer,
    ticket: DeviceBuffer,
}

/// How a step is launched, and where the graph is.
#[derive(Debug)]
enum Work {
    /// A block an individual, or two; the adjacency matrix.
    Blocks { function: Function, blocks: u32, _rows: DeviceBuffer },
    /// No table.
    Rounds(Box<Rounds>),
}

/// The individuals of one graph, bound to a phase's kernel.
#[derive(Debug)]
pub(crate) struct Residents {
    work: Work,
    layout: Layout,
    count: u32,
    population: Population,
    buffers: Buffers,
}

impl Residents {
    /// Puts a graph and individuals on the device, and compiles the kernel for them. `sweeps` are those of a
    /// step.
    pub fn new(
        gpu: &GpuContext,
        kernel: &PhaseKernel,
        layout: Layout,
        (graph, slots): (&Graph<'_>, &Slots),
        state: &State,
        sweeps: u32,
    ) -> Result<Self, PhaseError> {
        let count = u32::try_from(state.individuals.len()).unwrap_or(u32::MAX);
        let memory = kernel.memory_words(&layout) as usize;
        let filled = |bytes: &[u8]| -> Result<DeviceBuffer, GpuError> {
            let mut buffer = gpu.alloc(bytes.len().max(1))?;
            gpu.upload(&mut buffer, 0, bytes)?;
            Ok(buffer)
        };
        let (work, rows) = if layout.is_in_rounds() {
            let rounds = Rounds::new(gpu, kernel, &layout, (graph, slots), count, sweeps)?;
            (Work::Rounds(Box::new(rounds)), 0)
        } else {
            let function = gpu.module(&kernel.source_for(&layout))?.function(kernel.name)?;
            function.allow_shared(layout.shared_bytes)?;
            let rows = filled(&colorings::adjacency(graph, &layout, slots))?;
            let at = rows.ptr().0;
            let blocks = count / kernel.individuals_a_block;
            (Work::Blocks { function, blocks, _rows: rows }, at)
        };
        let buffers = Buffers {
            individuals: filled(bytemuck::cast_slice(&state.individuals))?,
            colorings: filled(&state.colorings)?,
            bests: filled(&state.bests)?,
            memory: match state.memory.as_slice() {
                [] => gpu.alloc_zeroed(4 * memory * state.individuals.len())?,
                words => filled(bytemuck::cast_slice(words))?,
            },
            records: filled(bytemuck::cast_slice(&State::records(&state.individuals)))?,
            ticket: filled(bytemuck::bytes_of(&state.ticket()))?,
        };
        let population = Population {
            rows,
            individuals: buffers.individuals.ptr().0,
            colorings: buffers.colorings.ptr().0,
            bests: buffers.bests.ptr().0,
            memory: buffers.memory.ptr().0,
            records: buffers.records.ptr().0,
            ticket: buffers.ticket.ptr().0,
            slots: slots.used() as u32,
            phase: kernel.phase,
        };
        Ok(Self { work, layout, count, population, buffers })
    }

    /// How many individuals there are.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// What every individual is. For this as for all that follows nothing may be in flight.
    pub fn individuals(&self, gpu: &GpuContext) -> Result<Vec<Individual>, GpuError> {
        let mut individuals = vec![Individual::zeroed(); self.count as usize];
        gpu.download(&self.buffers.individuals, 0, &mut individuals)?;
        Ok(individuals)
    }

    /// What all of them keep.
    pub fn memory(&self, gpu: &GpuContext) -> Result<Vec<u32>, GpuError> {
        let mut memory = vec![0; self.buffers.memory.bytes() / size_of::<u32>()];
        gpu.download(&self.buffers.memory, 0, &mut memory)?;
        Ok(memory)
    }

    /// The colourings at hand and the best ones of all individuals, a row of slots each.
    pub fn colorings(&self, gpu: &GpuContext) -> Result<[Vec<u8>; 2], GpuError> {
        let fetch = |buffer: &DeviceBuffer| {
            let mut rows = vec![0; buffer.bytes()];
            gpu.download(buffer, 0, &mut rows).map(|()| rows)
        };
        Ok([fetch(&self.buffers.colorings)?, fetch(&self.buffers.bests)?])
    }

    /// The best colourings alone.
    pub fn bests(&self, gpu: &GpuContext) -> Result<Vec<u8>, GpuError> {
        let mut rows = vec![0; self.buffers.bests.bytes()];
        gpu.download(&self.buffers.bests, 0, &mut rows)?;
        Ok(rows)
    }

    /// Makes all individuals, of which there are as many as before, what is said here.
    pub fn put(&mut self, gpu: &GpuContext, state: &State) -> Result<(), GpuError> {
        let to = &mut self.buffers;
        gpu.upload(&mut to.individuals, 0, &state.individuals)?;
        gpu.upload(&mut to.colorings, 0, &state.colorings)?;
        gpu.upload(&mut to.bests, 0, &state.bests)?;
        if !state.memory.is_empty() {
            gpu.upload(&mut to.memory, 0, &state.memory)?;
        }
        gpu.upload(&mut to.records, 0, &State::records(&state.individuals))?;
        gpu.upload(&mut to.ticket, 0, &state.ticket())
    }

    /// Makes one individual another one that has this colouring, at hand and as its best.
    pub fn replace(
        &mut self,
        gpu: &GpuContext,
        at: usize,
        individual: Individual,
        row: &[u8],
    ) -> Result<(), GpuError> {
        let to = &mut self.buffers;
        let records = State::records(&[individual]);
        gpu.upload(&mut to.individuals, at * size_of::<Individual>(), &[individual])?;
        gpu.upload(&mut to.colorings, at * row.len(), row)?;
        gpu.upload(&mut to.bests, at * row.len(), row)?;
        gpu.upload(&mut to.records, at * size_of::<ReplicaRecord>(), &records)
    }

    /// Writes what individuals keep, from word `at` on.
    pub fn remember(
        &mut self,
        gpu: &GpuContext,
        at: usize,
        memory: &[u32],
    ) -> Result<(), GpuError> {
        gpu.upload(&mut self.buffers.memory, at * size_of::<u32>(), memory)
    }
}

// SAFETY: the kernels read one RuntimeConfig, write all of one KernelTelemetry and a colouring at the
// harvest, and touch the buffers that this owns, whose sizes follow from the layout that they were
// compiled for; population.cuh asserts the structures.
unsafe impl StepKernel<RuntimeConfig, KernelTelemetry> for Residents {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        let (function, blocks) = match &self.work {
            Work::Rounds(rounds) => return rounds.launch(step, &self.population),
            Work::Blocks { function, blocks, .. } => (function, *blocks),
        };
        let args = [
            KernelArg::pointer(&step.config),
            KernelArg::pointer(&step.telemetry),
            KernelArg::pointer(&step.harvest),
            KernelArg::pointer(&step.abort),
            KernelArg::new(&self.population),
        ];
        let shape = LaunchShape {
            shared_bytes: self.layout.shared_bytes,
            ..LaunchShape::linear(blocks, self.layout.threads())
        };
        // SAFETY: these are the arguments of every phase's kernel, and all that they point to stays
        // until the step was seen to finish.
        unsafe { step.launch(function, &shape, &args) }
    }

    fn repeats(&self) -> bool {
        true
    }

    fn harvest_bytes(&self) -> usize {
        self.layout.coloring_bytes()
    }

    fn inspect(&self, telemetry: &KernelTelemetry) -> Result<(), String> {
        if telemetry.status_code != KernelTelemetry::REJECTED {
            return Ok(());
        }
        Err(match telemetry.detail {
            1 => "the config is of another layout".to_owned(),
            2 => "the config is for another phase".to_owned(),
            3 => format!("the kernel has room for 1 to {} colours", self.layout.colors),
            4 => "more than 127 neighbours of a vertex had one colour; use more colours".to_owned(),
            5 => "the parameters are none that the phase can have".to_owned(),
            6 => "more than 255 vertices had one colour; use more colours".to_owned(),
            other => format!("reason {other}"),
        })
    }
}
