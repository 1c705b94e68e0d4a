//! The rows of the phases, which run on a GPU, and by their twins on the cores.

use super::searches::{PAIR, tabu_tables};
use super::{GpuSeating, Kind, Row, Search, Seating};
use crate::strategy::{Turn, Turns};
use crate::task::{Seat, SetUp, Task, Unready};
use prism_core::annealing::{Ladder, TransverseField};
use prism_core::hierarchy::{self, LANES, Slots};
use prism_core::pool::{PoolOptions, Population};
use prism_core::search::{FixedK, UNCOLORED};
use prism_core::{Color, Graph};
use prism_cpu::quantum::Quantum;
use prism_cpu::tabu_improver::TabuImprover;
use prism_cpu::tabucol::TabuCol;
use prism_cpu::thermodynamic::Thermodynamic;
use prism_cpu::whcr::{Repair, Settings};
use prism_gpu::phases::{
    Demands, DendriticWhcrGpu, Kind as PhaseKind, Phase, PhaseError, PhaseOptions,
    QuantumEvolutionGpu, RepairOptions, ThermodynamicGpu, ThermodynamicOptions, WhcrGpu,
};
use prism_gpu::{GpuContext, PopulationGpu, PopulationOptions};
use std::sync::Arc;

/// Moves of a phase that recolours vertices in the time of one on a core.
const MOVES: u64 = 256;

/// Proposals of a phase that anneals, in the same time.
const PROPOSALS: u64 = 4096;

/// The one that leads where graphs are random, on a GPU and where more than two threads search.
pub const POPULATION: Row = Row {
    name: "population",
    source: "Galinier & Hao 1999, Porumbel, Hao & Kuntz 2010",
    help: "memetic search of many individuals, kept apart by distance on a GPU",
    kind: Kind::Search(Search {
        stream: 11,
        memory: |graph, k| tabu_tables(graph, k).saturating_add(members(graph)),
        cores: Some(Seating {
            threads_a_search: Seating::ALL,
            at_threads: [PAIR + 1, usize::MAX],
            ..Seating::a_thread(
                population,
                Turns {
                    structured: Some(Turn { weights: [8, 8], ..Turn::at(2) }),
                    random: Some(Turn { weights: [8, 8], leads: true, ..Turn::at(2) }),
                },
            )
        }),
        gpu: Some(GpuSeating {
            set_up: population_on_gpu,
            fits: PopulationGpu::fits,
            scale: MOVES,
            turns: Turns {
                structured: Some(Turn::at(4)),
                random: Some(Turn { leads: true, weights: [64, 64], ..Turn::at(0) }),
            },
        }),
    }),
};

/// The one that leads on a GPU where graphs are structured.
pub const WHCR: Row = Row {
    name: "whcr",
    source: "Galinier & Hao 1999, Luby 1986",
    help: "conflict repair by tabu moves, several at once, where a wavelet hierarchy says",
    kind: Kind::Search(Search {
        stream: 7,
        memory: table,
        cores: Some(Seating::a_thread(whcr, Turns::NEVER)),
        gpu: Some(GpuSeating {
            set_up: on_gpu::<WhcrKind>,
            fits: WhcrGpu::fits,
            scale: MOVES,
            turns: Turns {
                structured: Some(Turn { leads: true, ..Turn::at(0) }),
                random: Some(Turn::at(1)),
            },
        }),
    }),
};

pub const DENDRITIC_WHCR: Row = Row {
    name: "dendritic-whcr",
    source: "Jaeger 2001, Hutter et al. 2002",
    help: "conflict repair with leaky integrators of each vertex's conflict history",
    kind: Kind::Search(Search {
        stream: 8,
        memory: table,
        cores: Some(Seating::a_thread(dendritic_whcr, Turns::NEVER)),
        gpu: Some(GpuSeating {
            set_up: on_gpu::<DendriticKind>,
            fits: DendriticWhcrGpu::fits,
            scale: MOVES,
            turns: Turns { structured: Some(Turn::at(1)), random: Some(Turn::at(4)) },
        }),
    }),
};

pub const THERMODYNAMIC: Row = Row {
    name: "thermodynamic",
    source: "Swendsen & Wang 1986, Johnson et al. 1991",
    help: "replica-exchange simulated annealing",
    kind: Kind::Search(Search {
        stream: 9,
        memory: |graph, k| table(graph, k).saturating_mul(REPLICAS),
        cores: Some(Seating::a_thread(thermodynamic, Turns::NEVER)),
        gpu: Some(GpuSeating {
            set_up: on_gpu::<ThermodynamicKind>,
            fits: ThermodynamicGpu::fits,
            scale: PROPOSALS,
            turns: Turns { structured: Some(Turn::at(3)), random: Some(Turn::at(3)) },
        }),
    }),
};

pub const QUANTUM: Row = Row {
    name: "quantum",
    source: "Titiloye & Crispin 2011",
    help: "path-integral quantum annealing",
    kind: Kind::Search(Search {
        stream: 10,
        memory: |graph, k| table(graph, k).saturating_mul(REPLICAS),
        cores: Some(Seating::a_thread(quantum, Turns::NEVER)),
        gpu: Some(GpuSeating {
            set_up: on_gpu::<QuantumKind>,
            fits: QuantumEvolutionGpu::fits,
            scale: PROPOSALS,
            turns: Turns { structured: Some(Turn::at(2)), random: Some(Turn::at(2)) },
        }),
    }),
};

/// Replicas or slices of an annealing twin, about.
const REPLICAS: u64 = 16;

type WhcrKind = prism_gpu::phases::whcr::Whcr;
type DendriticKind = prism_gpu::phases::dendritic_whcr::DendriticWhcr;
type ThermodynamicKind = prism_gpu::phases::thermodynamic::Thermodynamic;
type QuantumKind = prism_gpu::phases::quantum::QuantumEvolution;

/// What a table of neighbour counts takes.
fn table(graph: &Graph<'_>, k: usize) -> u64 {
    (graph.n() as u64).saturating_mul(k as u64).saturating_mul(4)
}

/// What the colourings of a population on one core take: members, children, and what they become.
fn members(graph: &Graph<'_>) -> u64 {
    let members = PoolOptions::few(graph.n(), 1).members.unwrap_or(1) as u64;
    let coloring = (graph.n() as u64).saturating_mul(size_of::<Color>() as u64);
    // A member has chains as large as its colouring.
    coloring.saturating_mul(2 * members + 3)
}

/// The most individuals of a population on a GPU. A device runs 2 640 of 250 vertices at once, but it is done with
/// them long before the host has compared all pairs.
const MEMBERS_ON_GPU: u32 = 1056;

/// A population on a GPU: one individual from what is known, the others from random colourings.
fn population_on_gpu(
    task: &Task,
    gpu: &GpuContext,
    stream: u64,
    asynchronous: bool,
) -> Result<Box<dyn FixedK>, PhaseError> {
    let mut rng = task.rng(stream);
    let start = task.squeezed(&mut rng);
    let graph = task.graph().clone();
    let pool = PoolOptions { seed: rng.bits(), ..PoolOptions::for_vertices(graph.n()) };
    let phase = PhaseOptions::with_streams(asynchronous);
    let repair = RepairOptions { phase, ..RepairOptions::default() };
    let mut options = PopulationOptions { repair, pool: Some(pool) };
    let demands = Demands { vertices: graph.n(), edges: graph.m(), colors: task.k() };
    let most = PopulationGpu::footprint(&options, &demands, gpu.info())?.individuals;
    if most > MEMBERS_ON_GPU {
        options.repair.phase.individuals = Some(MEMBERS_ON_GPU);
    }
    Ok(Box::new(PopulationGpu::new(gpu, graph, Some(&start), task.k(), options)?))
}

/// A population on the cores, improved by tabu search, from random colourings: all would soon be children
/// of one that is far better than the others.
fn population(task: &Task, seat: &Seat<'_>) -> SetUp {
    let (graph, k) = (task.graph().clone(), task.k());
    TabuCol::memory(&graph, k).ok_or(Unready::Unfit)?;
    let (n, threads) = (graph.n(), seat.threads.max(1));
    let options = PoolOptions {
        seed: seat.rng(task).bits(),
        parallel: threads > 1,
        ..PoolOptions::few(n, threads)
    };
    let improver = TabuImprover::new(task.adjacency()?.clone(), k, threads, threads);
    let start = task.nearby().map_or_else(|| vec![UNCOLORED; n], <[Color]>::to_vec);
    Ok(Box::new(Population::new(graph, k, &start, improver, options)))
}

/// A phase on a GPU: one individual from what is known, the others from random colourings.
fn on_gpu<K: PhaseKind>(
    task: &Task,
    gpu: &GpuContext,
    stream: u64,
    asynchronous: bool,
) -> Result<Box<dyn FixedK>, PhaseError> {
    let mut rng = task.rng(stream);
    let start = task.squeezed(&mut rng);
    let mut options = K::Options::default();
    let told = options.as_mut();
    told.seed = rng.bits();
    told.pipeline = PhaseOptions::with_streams(asynchronous).pipeline;
    let mut phase = Phase::<K>::with_context(gpu, options)?;
    phase.load_shared(task.graph().clone(), Some(&start), task.k())?;
    Ok(Box::new(phase))
}

fn whcr(task: &Task, seat: &Seat<'_>) -> SetUp {
    repair(task, seat, false)
}

fn dendritic_whcr(task: &Task, seat: &Seat<'_>) -> SetUp {
    repair(task, seat, true)
}

/// From what is known. The vertices lie as for one region.
fn repair(task: &Task, seat: &Seat<'_>, dendrites: bool) -> SetUp {
    let mut rng = seat.rng(task);
    let start = task.squeezed(&mut rng);
    let (graph, order) = (task.graph(), hierarchy::order(task.graph()));
    // A lane has four vertices a word.
    let words = graph.n().div_ceil(LANES * 4).max(1);
    let slots = Arc::new(Slots::new(&order, 1, words).map_err(|_| Unready::Unfit)?);
    let in_slots = Arc::new(slots.graph(graph));
    let settings = Settings {
        tenure_slope: 0.45,
        dendrites,
        seed: rng.bits(),
        individual: seat.index as u32,
        ..Settings::default()
    };
    Ok(Box::new(Repair::new(in_slots, slots, task.k(), &start, settings)?))
}

fn thermodynamic(task: &Task, seat: &Seat<'_>) -> SetUp {
    let mut rng = seat.rng(task);
    let start = task.squeezed(&mut rng);
    let options = ThermodynamicOptions::default();
    let ladder: Ladder = options.ladder(task.graph().n(), options.hottest);
    let (graph, k) = (task.graph().clone(), task.k() as Color);
    Ok(Box::new(Thermodynamic::new(graph, k, &start, ladder, rng.bits())?))
}

fn quantum(task: &Task, seat: &Seat<'_>) -> SetUp {
    let mut rng = seat.rng(task);
    let start = task.squeezed(&mut rng);
    let (graph, k) = (task.graph().clone(), task.k() as Color);
    let field = TransverseField::default();
    Ok(Box::new(Quantum::new(graph, k, &start, field, rng.bits())?))
}
