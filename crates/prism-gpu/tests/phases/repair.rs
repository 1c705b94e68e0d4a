//! Conflict repair on a device.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use prism_core::search::{FixedK, Step};
use prism_core::{Color, Graph, generate, hierarchy};
use prism_cpu::rounds::Rounds;
use prism_cpu::whcr::{Repair as Twin, Settings};
use prism_gpu::GpuContext;
use prism_gpu::phases::whcr::Repair;
use prism_gpu::phases::{DendriticWhcrGpu, Layout, Phase, RepairOptions, WhcrGpu};

use super::needs;
use super::support::{Options, Search, conflicts, graphs};

/// The twin of an individual that has just been loaded.
fn twin(
    graph: &Graph<'_>,
    k: usize,
    gpu: &GpuContext,
    start: &[Color],
    settings: Settings,
) -> Twin {
    let slots = Layout::new(graph.n(), k, gpu.info()).unwrap().slots(&hierarchy::order(graph));
    let in_slots = Arc::new(slots.graph(graph));
    Twin::new(in_slots, Arc::new(slots), k, start, settings).unwrap()
}

#[test]
fn gpu_one_seed_makes_the_moves_of_the_twin() {
    let Some(gpu) = needs::gpu() else { return };
    let large = (generate::gnp(3000, 0.01, 3).unwrap(), 10);
    let graphs = graphs().into_iter().chain([large]);
    for (graph, k) in graphs.filter(|(graph, _)| graph.n() > 0) {
        for (everywhere, one_move) in [(false, false), (true, false), (false, true)] {
            let options =
                RepairOptions { everywhere, one_move, ..Options::new(100, 0, 3, 5).repair() };
            let phases: [Box<dyn Search>; 2] = [
                Box::new(WhcrGpu::with_context(&gpu, options.clone()).unwrap()),
                Box::new(DendriticWhcrGpu::with_context(&gpu, options.clone()).unwrap()),
            ];
            for (mut phase, dendrites) in phases.into_iter().zip([false, true]) {
                phase.load(&graph, None, k).unwrap();
                let starts = phase.individuals();
                let layout = Layout::new(graph.n(), k, gpu.info()).unwrap();
                let result = phase.search().unwrap();
                for ((individual, start), end) in (0..).zip(starts).zip(phase.individuals()) {
                    let mut twin = twin(
                        &graph,
                        k,
                        &gpu,
                        &start.coloring,
                        Settings {
                            tenure_base: options.tenure_base as f32,
                            tenure_slope: options.slope_for(&layout),
                            everywhere,
                            one_move,
                            dendrites,
                            seed: options.phase.seed,
                            individual,
                            phase: phase.number(),
                        },
                    );
                    if result.steps == 0 {
                        continue;
                    }
                    twin.iterate(end.iteration);
                    let what = format!(
                        "n {} k {k} individual {individual}, dendrites {dendrites}, everywhere \
                         {everywhere}, one move {one_move}",
                        graph.n()
                    );
                    assert_eq!(twin.iteration(), end.iteration, "{what}");
                    assert_eq!(twin.current(), u64::from(end.conflicts), "{what}");
                    assert_eq!(twin.conflicts(), u64::from(end.best_conflicts), "{what}");
                    assert!(
                        twin.coloring() == end.coloring && twin.best().colors == end.best,
                        "{what}"
                    );
                }
            }
        }
    }
}

#[test]
fn gpu_a_start_is_repaired_and_not_forgotten() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(125, 0.5, 1).unwrap();
    for mut phase in Options::new(5000, 0, 200, 32).repairs(&gpu) {
        phase.load(&graph, None, 19).unwrap();
        let proper = phase.search().unwrap();
        assert_eq!(proper.conflicts, 0);
        // A proper colouring is at its end before the first step.
        phase.load(&graph, Some(&proper.coloring), 19).unwrap();
        let again = phase.search().unwrap();
        assert_eq!((again.conflicts, again.steps), (0, 0));
        assert_eq!(again.coloring, proper.coloring);
        // One colour less: what is above becomes random and is repaired.
        phase.load(&graph, Some(&proper.coloring), 18).unwrap();
        assert!(phase.search().unwrap().coloring.iter().all(|&color| color < 18));
    }
}

#[test]
fn gpu_steps_of_any_length_make_the_same_moves() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(300, 0.5, 4).unwrap();
    let run = |sweeps: u32, steps: u64| {
        Options::new(sweeps, 0, steps, 12).repairs(&gpu).map(|mut phase| {
            phase.load(&graph, None, 28).unwrap();
            phase.search().unwrap();
            phase.individuals()
        })
    };
    let whole = run(600, 1);
    assert!(whole == run(200, 3), "three steps");
    assert!(whole == run(1, 600), "a step an iteration");
}

#[test]
fn gpu_in_rounds_it_makes_the_moves_of_its_twin() {
    in_rounds_it_makes_the_moves_of_its_twin::<false>();
}

#[test]
fn gpu_in_rounds_dendrites_make_the_moves_of_their_twin() {
    in_rounds_it_makes_the_moves_of_its_twin::<true>();
}

fn in_rounds_it_makes_the_moves_of_its_twin<const DENDRITES: bool>() {
    let Some(gpu) = needs::gpu() else { return };
    let gnp = |n: u64, degree: f64, k| (generate::gnp(n, degree / n as f64, 3).unwrap(), k);
    let star: Vec<_> = (1..6000).map(|leaf| (0, leaf)).collect();
    let graphs = [
        gnp(4097, 10.0, 4),
        gnp(5000, 300.0, 40),
        // More colours than a byte has, and than a table.
        gnp(600, 590.0, 300),
        (Graph::from_edges(6000, &star).unwrap().0, 2),
        gnp(100_000, 8.0, 3),
    ];
    for (graph, k) in graphs {
        for one_move in [false, true] {
            let options = RepairOptions { one_move, ..Options::new(320, 0, 4, 3).repair() };
            let mut phase =
                Phase::<Repair<DENDRITES>>::with_context(&gpu, options.clone()).unwrap();
            phase.load(&graph, None, k).unwrap();
            let starts = phase.individuals().unwrap();
            let result = phase.repair().unwrap();
            let slots = phase.slots().unwrap().clone();
            let in_slots = Arc::new(slots.graph(&graph));
            for ((individual, start), end) in (0..).zip(starts).zip(phase.individuals().unwrap()) {
                let settings = Settings {
                    tenure_base: options.tenure_base as f32,
                    tenure_slope: 1.0,
                    one_move,
                    dendrites: DENDRITES,
                    seed: options.phase.seed,
                    individual,
                    phase: Phase::<Repair<DENDRITES>>::PHASE,
                    ..Settings::default()
                };
                let start = slots.by_slot(&start.coloring);
                let mut twin = Rounds::new(Arc::clone(&in_slots), k, &start, settings);
                twin.iterate(end.iteration);
                let what = format!("n {} k {k} individual {individual}, {one_move}", graph.n());
                assert!(result.conflicts == 0 || end.iteration == 40, "{what}");
                assert_eq!(twin.current(), u64::from(end.conflicts), "{what}");
                assert_eq!(twin.conflicts(), u64::from(end.best_conflicts), "{what}");
                assert!(slots.by_vertex(twin.coloring()) == end.coloring, "{what}");
                assert!(slots.by_vertex(&twin.best().colors) == end.best, "{what}");
            }
        }
    }
}

#[test]
fn gpu_a_large_graph_is_coloured_in_rounds() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(20_000, 10.0 / 20_000.0, 3).unwrap();
    let mut phase = WhcrGpu::with_context(&gpu, Options::new(4096, 0, 2000, 4).repair()).unwrap();
    phase.load(&graph, None, 5).unwrap();
    let result = phase.repair().unwrap();
    assert_eq!((result.conflicts, conflicts(&graph, &result.coloring)), (0, 0));
}

#[test]
fn gpu_in_rounds_individuals_are_what_they_report() {
    in_rounds_individuals_are_what_they_report::<false>();
    in_rounds_individuals_are_what_they_report::<true>();
}

fn in_rounds_individuals_are_what_they_report<const DENDRITES: bool>() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(4100, 0.003, 3).unwrap();
    let new = || Phase::<Repair<DENDRITES>>::with_context(&gpu, Options::new(96, 0, 3, 2).repair());
    let mut phase = new().unwrap();
    phase.load(&graph, None, 5).unwrap();
    phase.repair().unwrap();
    let best = phase.best();
    phase.offer(&best);
    let go = AtomicBool::new(false);
    assert_eq!(FixedK::run(&mut phase, 500, &go), Step::OutOfMoves);
    let saved = phase.save();
    let mut restored = new().unwrap();
    restored.load(&graph, None, 5).unwrap();
    restored.restore(&saved).unwrap();
    for _ in 0..2 {
        assert!(phase.individuals().unwrap() == restored.individuals().unwrap());
        for state in phase.individuals().unwrap() {
            assert_eq!(conflicts(&graph, &state.coloring), u64::from(state.conflicts));
            assert_eq!(conflicts(&graph, &state.best), u64::from(state.best_conflicts));
            assert!(state.best.iter().chain(&state.coloring).all(|&color| color < 5));
        }
        assert_eq!(FixedK::run(&mut phase, 500, &go), Step::OutOfMoves);
        assert_eq!(FixedK::run(&mut restored, 500, &go), Step::OutOfMoves);
    }
}
