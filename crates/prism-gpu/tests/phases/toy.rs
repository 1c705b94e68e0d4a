//! Kernels of the phases for a mock of a device: a simple search on the same structures in the same memory.
//!
//! What an individual does depends on its colouring, its iteration, the seed and, where a phase keeps
//! something for it on the device, on that: for repair how many moves it has made, for replica exchange its
//! rung, which the rungs of a ladder pass on in a circle.

use std::cell::Cell;
use std::sync::Arc;

use prism_core::{KernelTelemetry, Philox, ReplicaRecord, RuntimeConfig};
use prism_gpu::GpuContext;
use prism_gpu::phases;
use prism_stream::mock::{MockCompiler, MockDriver, MockMemory, device_info};

thread_local! {
    // A mock's kernels run in the calls of the thread that drives it.
    /// Every step says that it has found a proper colouring.
    pub static LIES: Cell<bool> = const { Cell::new(false) };
}

/// Where things are: `Population` of population.cuh.
struct Population {
    rows: u64,
    individuals: u64,
    colorings: u64,
    bests: u64,
    memory: u64,
    records: u64,
    ticket: u64,
    slots: usize,
    phase: u32,
}

impl Population {
    fn read(arg: &[u8]) -> Self {
        let long = |at: usize| u64::from_le_bytes(arg[8 * at..8 * at + 8].try_into().unwrap());
        Self {
            rows: long(0),
            individuals: long(1),
            colorings: long(2),
            bests: long(3),
            memory: long(4),
            records: long(5),
            ticket: long(6),
            slots: long(7) as u32 as usize,
            phase: (long(7) >> 32) as u32,
        }
    }
}

/// What a kernel is compiled with.
#[derive(Clone, Copy)]
struct Sizes {
    /// Slots.
    room: usize,
    /// Bytes of a colour.
    width: usize,
    memory: usize,
    individuals: usize,
}

impl Sizes {
    fn row(&self) -> usize {
        self.room * self.width
    }
}

/// An individual, as it is read and written.
struct One {
    iteration: u64,
    best: u32,
    current: u32,
    coloring: Vec<u16>,
    best_coloring: Vec<u16>,
}

/// A mock whose kernels work on so many individuals of graphs with so many vertices and colours.
pub fn device(
    schedule: u64,
    vertices: usize,
    colors: usize,
    individuals: usize,
) -> (Arc<MockDriver>, GpuContext) {
    let mock = MockDriver::new(schedule);
    mock.set_compiler(MockCompiler::Unneeded);
    for source in phases::sources(vertices, colors, &device_info("mock")).unwrap() {
        let defined = |name: &str| {
            let found = source.defines.iter().find(|(defined, _)| defined == name);
            found.unwrap().1.parse::<usize>().unwrap()
        };
        let memory = defined("MEMORY");
        if defined("ROUNDS") == 1 {
            // The last kernel of a step does all of it.
            for name in ["count", "begin", "propose", "move", "relist", "keep"] {
                mock.define(&format!("rounds_{name}"), |_, _| {});
            }
            let room = vertices.next_multiple_of(128);
            let sizes = Sizes { room, width: 2, memory, individuals };
            mock.define("rounds_finish", move |memory, args| step(memory, args, sizes));
            continue;
        }
        let room = 128 * defined("WARPS") * defined("WORDS");
        let sizes = Sizes { room, width: 1, memory, individuals };
        let name = source.name.strip_suffix(".cu").unwrap().to_owned();
        mock.define(&name, move |memory, args| step(memory, args, sizes));
    }
    let gpu = GpuContext::from_driver(mock.clone());
    (mock, gpu)
}

fn address(arg: &[u8]) -> u64 {
    u64::from_le_bytes(arg.try_into().unwrap())
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

/// By slot: its neighbours, from the rows of a table or from lists.
fn graph(
    memory: &mut MockMemory<'_>,
    args: &[Vec<u8>],
    population: &Population,
    sizes: Sizes,
) -> Vec<Vec<usize>> {
    let slots = population.slots;
    if sizes.width == 1 {
        let row_bytes = sizes.room / 8;
        let rows = memory.read(population.rows, sizes.room * row_bytes);
        let adjacent = |u: usize, v: usize| rows[u * row_bytes + v / 8] >> (v % 8) & 1 == 1;
        return (0..slots).map(|u| (0..slots).filter(|&v| adjacent(u, v)).collect()).collect();
    }
    let offsets = memory.read(address(&args[5][..8]), 8 * (slots + 1));
    let offsets: Vec<usize> = offsets.chunks_exact(8).map(|at| address(at) as usize).collect();
    let neighbors = words(&memory.read(address(&args[5][8..16]), 4 * offsets[slots]));
    let of = |slot: usize| &neighbors[offsets[slot]..offsets[slot + 1]];
    (0..slots).map(|slot| of(slot).iter().map(|&u| u as usize).collect()).collect()
}

fn step(memory: &mut MockMemory<'_>, args: &[Vec<u8>], sizes: Sizes) {
    let config = memory.read(address(&args[0]), size_of::<RuntimeConfig>());
    let config: RuntimeConfig = bytemuck::pod_read_unaligned(&config);
    let population = Population::read(&args[4]);
    let aborted = words(&memory.read(address(&args[3]), 4))[0] != 0;
    let mut ticket = words(&memory.read(population.ticket, 4 * 12));
    let steps = ticket[4];
    let graph = graph(memory, args, &population, sizes);
    let mut moves = 0;
    for at in 0..sizes.individuals {
        if population.phase == 3 && at % 2 != steps as usize % 2 {
            continue; // half of the slices
        }
        if !aborted {
            moves += individual(memory, &config, (&population, &graph), sizes, at, steps);
        }
    }
    ticket[4] += 1;
    memory.write(population.ticket, bytemuck::cast_slice(&ticket));
    let size = size_of::<ReplicaRecord>();
    let records: Vec<ReplicaRecord> = memory
        .read(population.records, size * sizes.individuals)
        .chunks_exact(size)
        .map(bytemuck::pod_read_unaligned)
        .collect();
    let mut telemetry = KernelTelemetry {
        iteration: config.iteration,
        moves,
        accepted: moves / 2,
        swaps: steps,
        status_code: if aborted { KernelTelemetry::ABORTED } else { KernelTelemetry::COMPLETE },
        ..KernelTelemetry::default()
    };
    telemetry.summarise(&records);
    if LIES.get() {
        telemetry.conflicts = 0;
    }
    let best = u64::from(telemetry.best_replica) * sizes.row() as u64;
    let best = memory.read(population.bests + best, sizes.row());
    memory.write(address(&args[2]), &best);
    memory.write(address(&args[1]), bytemuck::bytes_of(&telemetry));
}

/// Lets an individual make its moves; as many as sweeps, or one more for each that is odd.
fn individual(
    memory: &mut MockMemory<'_>,
    config: &RuntimeConfig,
    (population, graph): (&Population, &[Vec<usize>]),
    sizes: Sizes,
    at: usize,
    steps: u32,
) -> u64 {
    let colors = |bytes: Vec<u8>| -> Vec<u16> {
        let color =
            |it: &[u8]| it.iter().rev().fold(0, |color, &byte| color << 8 | u16::from(byte));
        bytes.chunks_exact(sizes.width).map(color).collect()
    };
    let bytes = |colors: &[u16]| -> Vec<u8> {
        colors.iter().flat_map(|color| color.to_le_bytes().into_iter().take(sizes.width)).collect()
    };
    let place = |base: u64, bytes: usize| base + (at * bytes) as u64;
    let state = memory.read(place(population.individuals, 16), 16);
    let state_words = words(&state);
    let mut one = One {
        iteration: u64::from(state_words[0]) | u64::from(state_words[1]) << 32,
        best: state_words[2],
        current: state_words[3],
        coloring: colors(memory.read(place(population.colorings, sizes.row()), sizes.row())),
        best_coloring: colors(memory.read(place(population.bests, sizes.row()), sizes.row())),
    };
    let keeps = place(population.memory, 4 * sizes.memory);
    let mut kept = words(&memory.read(keeps, 4 * sizes.memory));
    let (now, next) = (steps as usize % 2, 1 - steps as usize % 2);
    let rungs = 5.min(sizes.individuals - at / 5 * 5);
    let rung = if steps == 0 { at % 5 } else { kept.get(now).map_or(0, |&word| word as usize) };
    let bias = match population.phase {
        1 | 4 => kept[0],
        2 => rung as u32,
        _ => 0,
    };
    let counts = |coloring: &[u16], v: usize, color: u16| {
        graph[v].iter().filter(|&&u| coloring[u] == color).count()
    };
    let mut moves = 0;
    let mut sweep = 0;
    loop {
        let conflicting: Vec<usize> = (0..population.slots)
            .filter(|&v| counts(&one.coloring, v, one.coloring[v]) > 0)
            .collect();
        let ends: usize =
            conflicting.iter().map(|&v| counts(&one.coloring, v, one.coloring[v])).sum();
        one.current = ends as u32 / 2;
        if one.current < one.best {
            one.best = one.current;
            one.best_coloring = one.coloring.clone();
        }
        if one.best == 0 || sweep == config.sweeps.max(1) {
            break;
        }
        let draws = Philox::new(config.seed ^ u64::from(bias)).at([
            one.iteration as u32,
            (one.iteration >> 32) as u32,
            at as u32,
            population.phase,
        ]);
        for draw in 0..1 + draws[3] as usize % 2 {
            let v = conflicting[Philox::below(draws[draw], conflicting.len() as u32) as usize];
            let first = Philox::below(draws[2], config.colors) as u16;
            let colors = (0..config.colors as u16).map(|c| (c + first) % config.colors as u16);
            let others = colors.filter(|&color| color != one.coloring[v]);
            if let Some(to) = others.min_by_key(|&color| counts(&one.coloring, v, color)) {
                one.coloring[v] = to;
                moves += 1;
            }
        }
        one.iteration += 1;
        sweep += 1;
    }
    match population.phase {
        1 | 4 => kept[0] += moves as u32,
        2 => {
            kept[next] = ((rung + 1) % rungs) as u32;
            kept[2 + next] = one.current;
            let base = at / 5 * 5;
            let holder = [at as u32];
            let there = (base + (rung + 1) % rungs) * sizes.memory + 4 + next;
            memory.write(population.memory + 4 * there as u64, bytemuck::cast_slice(&holder));
            // Its own words but for the holders, which other replicas write.
            kept.truncate(4);
        }
        _ => kept[0] = steps, // of no account
    }
    let state = [one.iteration as u32, (one.iteration >> 32) as u32, one.best, one.current];
    memory.write(place(population.individuals, 16), bytemuck::cast_slice(&state));
    memory.write(place(population.colorings, sizes.row()), &bytes(&one.coloring));
    memory.write(place(population.bests, sizes.row()), &bytes(&one.best_coloring));
    memory.write(keeps, bytemuck::cast_slice(&kept));
    let record = [one.best, moves as u32];
    memory.write(place(population.records, 8), bytemuck::cast_slice(&record));
    moves
}
