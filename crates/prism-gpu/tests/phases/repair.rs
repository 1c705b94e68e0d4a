//! Conflict repair on a device.

use std::sync::Arc;

use prism_core::search::FixedK;
use prism_core::{Color, Graph, generate, hierarchy};
use prism_cpu::whcr::{Repair as Twin, Settings};
use prism_gpu::GpuContext;
use prism_gpu::phases::{DendriticWhcrGpu, Layout, RepairOptions, WhcrGpu};

use super::needs;
use super::support::{Options, Search, graphs};

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
