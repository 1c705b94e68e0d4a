//! The individuals of a phase on the device, and the kernel that works on them.
//!
//! `kernels/population.cuh` declares the same structures. Vertices lie on the device in the order of
//! the coarsening hierarchy, in the [`Slots`] that the [`Layout`] gives them.
#![allow(unsafe_code)]

use std::mem::offset_of;

use bytemuck::{Pod, Zeroable};
use prism_core::hierarchy::Slots;
use prism_core::{Color, Graph, KernelTelemetry, Philox, ReplicaRecord, RuntimeConfig};
use prism_stream::{
    DeviceBuffer, Function, GpuContext, GpuError, KernelArg, KernelSource, LaunchShape, StepKernel,
    StepLaunch,
};

use super::PhaseError;
use crate::layout::{Demand, Layout};
use crate::source::kernel_source;

/// Random stream of starts, in the last word of a counter; kernels use the number of their phase.
const STARTS: u32 = 0x5354_4152;

/// The ticket, and the words behind it in which blocks tell each other what happened.
const TICKET_WORDS: usize = 12;

/// What an individual is beside its colourings; `Individual` of the kernels.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Individual {
    /// Iterations since it was loaded.
    pub iteration: u64,
    /// Conflicting edges of its best colouring.
    pub conflicts: u32,
    /// Conflicting edges of the colouring at hand.
    pub current: u32,
}

/// Where the state of all individuals is; `Population` of the kernels.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Population {
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

/// What is particular to the kernel of a phase.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PhaseKernel {
    /// Its name, in the source and in the file's name.
    pub name: &'static str,
    /// Its `.cu` file.
    pub source: &'static str,
    /// Headers that it includes beside `population.cuh`.
    pub headers: &'static [(&'static str, &'static str)],
    /// Its number in configs, and its random stream.
    pub phase: u32,
    /// Words that it keeps of an individual from step to step.
    pub memory: fn(&Layout) -> u32,
    /// What it asks of a layout.
    pub demand: &'static Demand,
    /// Individuals for each block that a step runs.
    pub individuals_a_block: u32,
}

impl PhaseKernel {
    /// Its source for a layout.
    pub fn source_for(&self, layout: &Layout) -> KernelSource {
        let mut source = kernel_source(format!("{}.cu", self.name), self.source)
            .header("columns.cuh", include_str!("../../kernels/columns.cuh"))
            .header("population.cuh", include_str!("../../kernels/population.cuh"))
            .define("POPULATION_BYTES", size_of::<Population>())
            .define("INDIVIDUAL_BYTES", size_of::<Individual>())
            .define("TICKET_WORDS", TICKET_WORDS);
        for (name, text) in self.headers {
            source = source.header(*name, *text);
        }
        layout.define(source, (self.memory)(layout))
    }
}

/// The individuals of one graph, bound to a phase's kernel.
#[derive(Debug)]
pub(crate) struct Residents {
    function: Function,
    layout: Layout,
    count: u32,
    blocks: u32,
    population: Population,
    /// The memory that `population` points to.
    buffers: [DeviceBuffer; 7],
}

impl Residents {
    /// Puts an adjacency matrix of so many slots and starting colourings on the device, and compiles
    /// the kernel for them.
    pub fn new(
        gpu: &GpuContext,
        kernel: &PhaseKernel,
        layout: Layout,
        (rows, slots): (&[u8], u32),
        starts: &[u8],
    ) -> Result<Self, PhaseError> {
        let room = layout.room() as usize;
        let count = starts.len() / room;
        let function = gpu.module(&kernel.source_for(&layout))?.function(kernel.name)?;
        function.allow_shared(layout.shared_bytes)?;
        let fresh = Individual { iteration: 0, conflicts: u32::MAX, current: u32::MAX };
        let memory = (kernel.memory)(&layout).max(1) as usize;
        let filled = |bytes: &[u8]| -> Result<DeviceBuffer, GpuError> {
            let mut buffer = gpu.alloc(bytes.len().max(1))?;
            gpu.upload(&mut buffer, 0, bytes)?;
            Ok(buffer)
        };
        let buffers = [
            filled(rows)?,
            filled(bytemuck::cast_slice(&vec![fresh; count]))?,
            filled(starts)?,
            filled(starts)?,
            gpu.alloc_zeroed(4 * memory * count)?,
            gpu.alloc_zeroed(size_of::<ReplicaRecord>() * count)?,
            gpu.alloc_zeroed(4 * TICKET_WORDS)?,
        ];
        let [rows, individuals, colorings, bests, memory, records, ticket] =
            buffers.each_ref().map(|buffer| buffer.ptr().0);
        let phase = kernel.phase;
        let population = Population {
            rows,
            individuals,
            colorings,
            bests,
            memory,
            records,
            ticket,
            slots,
            phase,
        };
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let blocks = count / kernel.individuals_a_block;
        Ok(Self { function, layout, count, blocks, population, buffers })
    }

    /// How many individuals there are.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// How individuals lie in a block.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What every individual is. Nothing may be in flight.
    pub fn individuals(&self, gpu: &GpuContext) -> Result<Vec<Individual>, GpuError> {
        let mut individuals = vec![Individual::zeroed(); self.count as usize];
        gpu.download(&self.buffers[1], 0, &mut individuals)?;
        Ok(individuals)
    }

    /// The colourings at hand and the best ones of all individuals, a row of places each. Nothing may be
    /// in flight.
    pub fn colorings(&self, gpu: &GpuContext) -> Result<[Vec<u8>; 2], GpuError> {
        let fetch = |buffer: &DeviceBuffer| {
            let mut rows = vec![0; buffer.bytes()];
            gpu.download(buffer, 0, &mut rows).map(|()| rows)
        };
        Ok([fetch(&self.buffers[2])?, fetch(&self.buffers[3])?])
    }
}

// SAFETY: the kernels read one RuntimeConfig, write all of one KernelTelemetry and a colouring at the
// harvest, and touch the buffers that this owns, whose sizes follow from the layout that they were
// compiled for; population.cuh asserts the structures.
unsafe impl StepKernel<RuntimeConfig, KernelTelemetry> for Residents {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        let args = [
            KernelArg::pointer(&step.config),
            KernelArg::pointer(&step.telemetry),
            KernelArg::pointer(&step.harvest),
            KernelArg::pointer(&step.abort),
            KernelArg::new(&self.population),
        ];
        let shape = LaunchShape {
            shared_bytes: self.layout.shared_bytes,
            ..LaunchShape::linear(self.blocks, self.layout.threads())
        };
        // SAFETY: these are the arguments of every phase's kernel, and all that they point to stays
        // until the step was seen to finish.
        unsafe { step.launch(&self.function, &shape, &args) }
    }

    fn repeats(&self) -> bool {
        true
    }

    fn harvest_bytes(&self) -> usize {
        self.layout.room() as usize
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

/// The adjacency matrix, a bit for every two slots. Slots that hold no vertex have rows, too: where a count
/// has passed its byte a kernel may come to one, before the step is thrown away.
pub(crate) fn rows(graph: &Graph<'_>, layout: &Layout, slots: &Slots) -> Vec<u8> {
    let row_bytes = layout.row_bytes() as usize;
    let mut rows = vec![0; layout.room() as usize * row_bytes];
    for (vertex, &slot) in graph.vertices().zip(slots.slots()) {
        let row = &mut rows[slot as usize * row_bytes..][..row_bytes];
        for &neighbor in graph.neighbors(vertex) {
            let there = slots.slots()[neighbor as usize];
            row[there as usize / 8] |= 1 << (there % 8);
        }
    }
    rows
}

/// Colourings to start from, one after the other as the device has them: the first has the colours of
/// `start`, the others random ones; so has a vertex whose colour is not below k.
pub(crate) fn starts(
    start: Option<&[Color]>,
    layout: &Layout,
    slots: &Slots,
    individuals: u32,
    seed: u64,
) -> Vec<u8> {
    let (draws, k) = (Philox::new(seed), layout.colors);
    let room = layout.room() as usize;
    let mut rows = vec![0; room * individuals as usize];
    for (individual, row) in (0..).zip(rows.chunks_exact_mut(room)) {
        let given = start.filter(|_| individual == 0);
        for (vertex, &slot) in (0_u32..).zip(slots.slots()) {
            let kept = given.map(|colors| u32::from(colors[vertex as usize]));
            let color = kept
                .filter(|color| *color < k)
                .unwrap_or_else(|| Philox::below(draws.at([vertex, individual, 0, STARTS])[0], k));
            row[slot as usize] = color as u8;
        }
    }
    rows
}

/// A colouring that came from the device, by vertex.
pub(crate) fn by_vertex(slots: &Slots, row: &[u8]) -> Vec<Color> {
    slots.slots().iter().map(|&slot| Color::from(row[slot as usize])).collect()
}

/// Edges whose ends have one colour.
pub(crate) fn conflicts(graph: &Graph<'_>, colors: &[Color]) -> u64 {
    graph.edges().filter(|&(u, v)| colors[u as usize] == colors[v as usize]).count() as u64
}
