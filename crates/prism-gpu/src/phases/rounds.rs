//! Individuals of a graph that is too large for a table of counts, repaired in rounds: what `rounds.cuh` works
//! on, and how it is launched.
//!
//! The graph lies on the device as lists of neighbours. An individual is spread over the device, and a step is
//! as many rounds as it was told when it was loaded, three kernels each.
#![allow(unsafe_code)]

use std::mem::offset_of;

use bytemuck::{Pod, Zeroable};
use prism_core::Graph;
use prism_core::hierarchy::Slots;
use prism_stream::{
    DeviceBuffer, Function, GpuContext, GpuError, KernelArg, KernelSource, LaunchShape, StepLaunch,
};

use super::Layout;
use super::kind::PhaseKernel;
use super::residents::Population;

/// Rounds of a step, of so many sweeps that it is asked for: a round is three launches, where an iteration of an
/// individual in a block is a part of one. A measured step is held back until all of it is enqueued, for which
/// a stream has room for some thousand launches.
pub(crate) fn rounds_a_step(sweeps: u32) -> u32 {
    (sweeps / 32).clamp(1, 128)
}

/// Blocks of a kernel for each multiprocessor, over all individuals.
const BLOCKS_A_MULTIPROCESSOR: u32 = 8;

/// Bytes that kernels keep of an individual in the course of a step; `Tally` of the kernels.
const TALLY_BYTES: usize = 88;

/// Bytes that they keep of a vertex in the course of a step: `keys`, `same`, `is_listed`, two `listed`, `target`.
const VERTEX_BYTES: u64 = 8 + 4 + 4 + 2 * 4 + 2;

/// Where it all is; `Lists` of the kernels.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Lists {
    offsets: u64,
    neighbors: u64,
    tallies: u64,
    keys: u64,
    until: u64,
    same: u64,
    is_listed: u64,
    listed: [u64; 2],
    target: u64,
    integrators: u64,
    room: u32,
    places: u32,
}

const _: () = assert!(offset_of!(Lists, places) == 92);

/// Tells a kernel's source of the structures, and of the bytes that it keeps of a vertex for itself.
pub(crate) fn define(source: KernelSource, vertex_bytes: u64) -> KernelSource {
    source
        .define("TALLY_BYTES", TALLY_BYTES)
        .define("LISTS_BYTES", size_of::<Lists>())
        .define("VERTEX_BYTES", vertex_bytes)
}

/// Places for the bars of so many vertices, as an exponent of two.
fn places(vertices: u64) -> u32 {
    (4 * vertices).next_power_of_two().max(64).trailing_zeros()
}

/// Bytes of device memory that the graph takes.
pub(crate) fn graph_bytes(vertices: u64, edges: u64) -> u64 {
    8 * (vertices + 4) + 8 * edges
}

/// Bytes of device memory that an individual takes, beside its colourings, with so many bytes of a vertex
/// that the kernel keeps for itself.
pub(crate) fn individual_bytes(vertices: u64, vertex_bytes: u64) -> u64 {
    (VERTEX_BYTES + vertex_bytes) * (vertices + 4)
        + (8 << places(vertices + 4))
        + TALLY_BYTES as u64
}

/// The kernels of a step, and the memory that they have beside that of all phases.
#[derive(Debug)]
pub(crate) struct Rounds {
    count: Function,
    begin: Function,
    propose: Function,
    make: Function,
    relist: Function,
    keep: Function,
    finish: Function,
    lists: Lists,
    individuals: u32,
    blocks: u32,
    rounds: u32,
    threads: u32,
    shared_bytes: u32,
    /// The memory that `lists` points to.
    _buffers: [DeviceBuffer; 11],
}

impl Rounds {
    /// Puts the graph of the slots on the device, and makes room for so many individuals.
    pub fn new(
        gpu: &GpuContext,
        kernel: &PhaseKernel,
        layout: &Layout,
        (graph, slots): (&Graph<'_>, &Slots),
        individuals: u32,
        sweeps: u32,
    ) -> Result<Self, GpuError> {
        let module = gpu.module(&kernel.source_for(layout))?;
        let function = |name| module.function(name);
        let propose = function("rounds_propose")?;
        propose.allow_shared(layout.shared_bytes)?;

        let graph = slots.graph(graph);
        let mut offsets = Vec::with_capacity(graph.n() + 1);
        let mut neighbors = Vec::with_capacity(2 * graph.m());
        offsets.push(0_u64);
        for slot in graph.vertices() {
            neighbors.extend_from_slice(graph.neighbors(slot));
            offsets.push(neighbors.len() as u64);
        }
        let filled = |bytes: &[u8]| -> Result<DeviceBuffer, GpuError> {
            let mut buffer = gpu.alloc(bytes.len().max(1))?;
            gpu.upload(&mut buffer, 0, bytes)?;
            Ok(buffer)
        };
        let (many, places) = (individuals as usize, places(graph.n() as u64));
        // `rounds_count` fills these, or as much of a list as is read.
        let each = |bytes: usize| gpu.alloc((bytes * many * graph.n()).max(1));
        let buffers = [
            filled(bytemuck::cast_slice(&offsets))?,
            filled(bytemuck::cast_slice(&neighbors))?,
            gpu.alloc_zeroed(TALLY_BYTES * many)?,
            each(8)?,
            gpu.alloc_zeroed((8 * many) << places)?,
            each(4)?,
            each(4)?,
            each(4)?,
            each(4)?,
            each(2)?,
            each(kernel.round_vertex_bytes as usize)?,
        ];
        let at = buffers.each_ref().map(|buffer| buffer.ptr().0);
        let lists = Lists {
            offsets: at[0],
            neighbors: at[1],
            tallies: at[2],
            keys: at[3],
            until: at[4],
            same: at[5],
            is_listed: at[6],
            listed: [at[7], at[8]],
            target: at[9],
            integrators: at[10],
            room: layout.room(),
            places,
        };
        let blocks = BLOCKS_A_MULTIPROCESSOR * gpu.info().multiprocessors;
        Ok(Self {
            count: function("rounds_count")?,
            begin: function("rounds_begin")?,
            propose,
            make: function("rounds_move")?,
            relist: function("rounds_relist")?,
            keep: function("rounds_keep")?,
            finish: function("rounds_finish")?,
            lists,
            individuals,
            blocks: (blocks / individuals.max(1)).max(1),
            rounds: rounds_a_step(sweeps),
            threads: layout.threads(),
            shared_bytes: layout.shared_bytes,
            _buffers: buffers,
        })
    }

    /// Enqueues a step.
    pub fn launch(&self, step: &StepLaunch<'_>, population: &Population) -> Result<(), GpuError> {
        let enqueue = |function: &Function, blocks: u32, side: u32| {
            let args = [
                KernelArg::pointer(&step.config),
                KernelArg::pointer(&step.telemetry),
                KernelArg::pointer(&step.harvest),
                KernelArg::pointer(&step.abort),
                KernelArg::new(population),
                KernelArg::new(&self.lists),
                KernelArg::new(&side),
                KernelArg::new(&self.individuals),
            ];
            let is_propose = function.raw() == self.propose.raw();
            let is_last = function.raw() == self.finish.raw();
            let shape = LaunchShape {
                grid: [blocks, if is_last { 1 } else { self.individuals }, 1],
                shared_bytes: if is_propose { self.shared_bytes } else { 0 },
                ..LaunchShape::linear(blocks, self.threads)
            };
            // SAFETY: these are the arguments of every kernel in rounds.cuh, and all that they point to
            // stays until the step was seen to finish.
            unsafe { step.launch(function, &shape, &args) }
        };
        enqueue(&self.count, self.blocks, 0)?;
        enqueue(&self.begin, 1, 0)?;
        for round in 0..self.rounds {
            let side = round % 2;
            enqueue(&self.propose, self.blocks, side)?;
            enqueue(&self.make, self.blocks, side)?;
            enqueue(&self.relist, self.blocks, side)?;
        }
        enqueue(&self.keep, self.blocks, 0)?;
        enqueue(&self.finish, self.blocks, 0)
    }
}
