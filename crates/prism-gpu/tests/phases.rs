//! The phases on a device. Without one the tests say so and pass; `PRISM_REQUIRE_GPU=1` requires it.
#![cfg(feature = "cuda")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../../prism-stream/tests/support/needs.rs"]
mod needs;

use std::sync::Arc;
use std::time::Duration;

use prism_core::search::FixedK;
use prism_core::{Color, Graph, generate, hierarchy};
use prism_cpu::whcr::{Repair as Twin, Settings};
use prism_gpu::phases::{
    DendriticWhcrGpu, IndividualState, Layout, PhaseError, PhaseOptions, RepairOptions,
    RepairResult, WhcrGpu,
};
use prism_gpu::{GpuContext, GpuError};

/// The two repair phases behind one name.
enum Repair {
    Whcr(WhcrGpu),
    Dendritic(DendriticWhcrGpu),
}

impl Repair {
    fn each(gpu: &GpuContext, options: &RepairOptions) -> [Self; 2] {
        [
            Self::Whcr(WhcrGpu::with_context(gpu, options.clone()).unwrap()),
            Self::Dendritic(DendriticWhcrGpu::with_context(gpu, options.clone()).unwrap()),
        ]
    }

    fn load(
        &mut self,
        graph: &Graph<'_>,
        start: Option<&[Color]>,
        k: usize,
    ) -> Result<(), PhaseError> {
        match self {
            Self::Whcr(phase) => phase.load(graph, start, k),
            Self::Dendritic(phase) => phase.load(graph, start, k),
        }
    }

    fn repair(&mut self) -> Result<RepairResult, PhaseError> {
        match self {
            Self::Whcr(phase) => phase.repair(),
            Self::Dendritic(phase) => phase.repair(),
        }
    }

    fn individuals(&self) -> Vec<IndividualState> {
        match self {
            Self::Whcr(phase) => phase.individuals().unwrap(),
            Self::Dendritic(phase) => phase.individuals().unwrap(),
        }
    }
}

fn conflicts(graph: &Graph<'_>, colors: &[Color]) -> u64 {
    graph.edges().filter(|&(u, v)| colors[u as usize] == colors[v as usize]).count() as u64
}

fn options(sweeps: u32, steps: u64, individuals: u32) -> RepairOptions {
    let phase = PhaseOptions {
        seed: 7,
        individuals: Some(individuals),
        sweeps,
        steps,
        ..PhaseOptions::default()
    };
    RepairOptions { phase, ..RepairOptions::default() }
}

/// Graphs of all sizes that take different layouts, with a number of colours that is hard to reach.
fn graphs() -> Vec<(Graph<'static>, usize)> {
    let gnp = |n, p, k| (generate::gnp(n, p, 3).unwrap(), k);
    vec![
        gnp(0, 0.5, 3),
        gnp(1, 0.5, 1),
        gnp(5, 0.9, 3),
        gnp(33, 0.5, 6),
        gnp(125, 0.5, 16),
        gnp(250, 0.5, 26),
        gnp(300, 0.9, 80),
        gnp(500, 0.5, 46),
        gnp(513, 0.1, 12),
        gnp(1000, 0.5, 80),
        gnp(1000, 0.9, 222),
        gnp(3000, 0.01, 10),
    ]
}

#[test]
fn gpu_what_individuals_report_is_what_they_are() {
    let Some(gpu) = needs::gpu() else { return };
    for (graph, k) in graphs() {
        for mut phase in Repair::each(&gpu, &options(150, 3, 10)) {
            phase.load(&graph, None, k).unwrap();
            let result = phase.repair().unwrap();
            let individuals = phase.individuals();
            assert_eq!(individuals.len(), 10);
            if result.steps == 0 {
                assert_eq!(result.conflicts, 0, "there was nothing to do");
                continue;
            }
            for state in &individuals {
                assert_eq!(conflicts(&graph, &state.coloring), u64::from(state.conflicts));
                assert_eq!(conflicts(&graph, &state.best), u64::from(state.best_conflicts));
                assert!(state.best.iter().chain(&state.coloring).all(|&c| usize::from(c) < k));
            }
            let least = individuals.iter().map(|state| u64::from(state.best_conflicts)).min();
            assert_eq!(result.conflicts, least.unwrap().min(result.conflicts));
            assert_eq!(result.conflicts, conflicts(&graph, &result.coloring));
        }
    }
}

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
    Twin::new(in_slots, Arc::new(slots), k, start, settings)
}

#[test]
fn gpu_one_seed_makes_the_moves_of_the_twin() {
    let Some(gpu) = needs::gpu() else { return };
    for (graph, k) in graphs().into_iter().filter(|(graph, _)| graph.n() > 0) {
        for (everywhere, one_move) in [(false, false), (true, false), (false, true)] {
            let options = RepairOptions { everywhere, one_move, ..options(100, 3, 5) };
            let phases = Repair::each(&gpu, &options).into_iter().zip([false, true]);
            for (mut phase, dendrites) in phases {
                phase.load(&graph, None, k).unwrap();
                let starts = phase.individuals();
                let layout = Layout::new(graph.n(), k, gpu.info()).unwrap();
                let result = phase.repair().unwrap();
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
                            phase: match dendrites {
                                false => WhcrGpu::PHASE,
                                true => DendriticWhcrGpu::PHASE,
                            },
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
fn gpu_planted_colourings_are_found() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::flat(200, 10, 0.5, 5).unwrap();
    for mut phase in Repair::each(&gpu, &options(2000, 500, 64)) {
        phase.load(&graph, None, 10).unwrap();
        let result = phase.repair().unwrap();
        assert_eq!((result.conflicts, conflicts(&graph, &result.coloring)), (0, 0));
    }
}

#[test]
fn gpu_a_start_is_repaired_and_not_forgotten() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(125, 0.5, 1).unwrap();
    for mut phase in Repair::each(&gpu, &options(5000, 200, 32)) {
        phase.load(&graph, None, 19).unwrap();
        let proper = phase.repair().unwrap();
        assert_eq!(proper.conflicts, 0);
        // A proper colouring is at its end before the first step.
        phase.load(&graph, Some(&proper.coloring), 19).unwrap();
        let again = phase.repair().unwrap();
        assert_eq!((again.conflicts, again.steps), (0, 0));
        assert_eq!(again.coloring, proper.coloring);
        // One colour less: what is above becomes random and is repaired.
        phase.load(&graph, Some(&proper.coloring), 18).unwrap();
        assert!(phase.repair().unwrap().coloring.iter().all(|&color| color < 18));
    }
}

#[test]
fn gpu_one_seed_gives_one_result_with_and_without_streams() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(250, 0.5, 9).unwrap();
    let run = |streams: bool, seed: u64| {
        let mut options = options(300, 12, 40);
        options.phase.pipeline = PhaseOptions::with_streams(streams).pipeline;
        options.phase.seed = seed;
        Repair::each(&gpu, &options).map(|mut phase| {
            phase.load(&graph, None, 26).unwrap();
            let result = phase.repair().unwrap();
            let timeless: Vec<_> = result
                .history
                .iter()
                .map(|s| (s.step, s.conflicts, s.best_replica, s.moves))
                .collect();
            (result.coloring, timeless, phase.individuals())
        })
    };
    let first = run(true, 1);
    // Not `assert_eq`: what differs is too long to read.
    assert!(first == run(true, 1), "again");
    assert!(first == run(false, 1), "without streams");
    assert!(first != run(true, 2), "another seed");
}

#[test]
fn gpu_steps_of_any_length_make_the_same_moves() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(300, 0.5, 4).unwrap();
    let run = |sweeps: u32, steps: u64| {
        Repair::each(&gpu, &options(sweeps, steps, 12)).map(|mut phase| {
            phase.load(&graph, None, 28).unwrap();
            phase.repair().unwrap();
            phase.individuals()
        })
    };
    let whole = run(600, 1);
    assert!(whole == run(200, 3), "three steps");
    assert!(whole == run(1, 600), "a step an iteration");
}

#[test]
fn gpu_a_repair_that_is_stopped_loses_nothing() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(250, 0.5, 2).unwrap();
    let mut phase = WhcrGpu::with_context(&gpu, options(1 << 30, 1000, 8)).unwrap();
    phase.load(&graph, None, 20).unwrap();
    let stop = phase.stop_handle();
    let raised = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        stop.stop();
    });
    let result = phase.repair().unwrap();
    raised.join().unwrap();
    assert!(result.moves > 0 && result.conflicts > 0);
    assert_eq!(result.conflicts, conflicts(&graph, &result.coloring));
    // It stays stopped until a graph is loaded.
    assert_eq!(phase.repair().unwrap().steps, result.steps);
    phase.load(&generate::gnp(20, 0.1, 2).unwrap(), None, 5).unwrap();
    assert_eq!(phase.repair().unwrap().conflicts, 0);
}

#[test]
fn gpu_counts_beyond_a_byte_are_an_error_and_no_wrong_answer() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(200, 1.0, 1).unwrap();
    for mut phase in Repair::each(&gpu, &options(10, 2, 4)) {
        phase.load(&graph, None, 1).unwrap();
        let error = phase.repair().unwrap_err();
        assert!(matches!(&error, PhaseError::Gpu(GpuError::Rejected { .. })), "{error}");
        assert!(error.to_string().contains("127 neighbours"), "{error}");
    }
}

#[test]
fn gpu_phases_share_a_context() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(125, 0.5, 6).unwrap();
    let mut phases = Repair::each(&gpu, &options(100, 4, 16));
    for phase in &mut phases {
        phase.load(&graph, None, 15).unwrap();
    }
    for _ in 0..3 {
        for phase in &mut phases {
            let result = phase.repair().unwrap();
            assert_eq!(result.conflicts, conflicts(&graph, &result.coloring));
        }
    }
}

#[test]
fn what_is_wrong_is_said_before_a_device_is_asked() {
    let gpu = GpuContext::from_driver(prism_stream::mock::MockDriver::new(1));
    let mut phase = WhcrGpu::with_context(&gpu, RepairOptions::default()).unwrap();
    assert!(matches!(phase.repair(), Err(PhaseError::NothingLoaded)));
    let graph = generate::gnp(5, 0.5, 1).unwrap();
    let error = phase.load(&graph, Some(&[0, 1]), 3).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a colouring of 2 vertices cannot start a search on a graph of 5"
    );
    let large = generate::gnp(5000, 0.001, 1).unwrap();
    assert!(matches!(phase.load(&large, None, 3), Err(PhaseError::TooLarge { .. })));
}
