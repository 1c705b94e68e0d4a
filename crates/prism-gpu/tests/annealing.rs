//! The annealing phases on a device. Without one the tests say so and pass; `PRISM_REQUIRE_GPU=1`
//! requires it.
#![cfg(feature = "cuda")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../../prism-stream/tests/support/needs.rs"]
mod needs;

use std::time::Duration;

use prism_core::annealing::{Proposals, TransverseField};
use prism_core::hierarchy::Slots;
use prism_core::{Color, Graph, generate};
use prism_cpu::quantum::Quantum;
use prism_cpu::thermodynamic::Thermodynamic;
use prism_gpu::phases::{
    IndividualState, PhaseError, PhaseOptions, QuantumEvolutionGpu, QuantumOptions, RunResult,
    ThermodynamicGpu, ThermodynamicOptions,
};
use prism_gpu::{GpuContext, GpuError};

/// The two annealing phases behind one name.
enum Anneal {
    Thermodynamic(ThermodynamicGpu),
    Quantum(QuantumEvolutionGpu),
}

/// How both anneal.
#[derive(Clone)]
struct Options {
    phase: PhaseOptions,
    proposals: Proposals,
}

impl Options {
    fn thermodynamic(&self) -> ThermodynamicOptions {
        ThermodynamicOptions {
            phase: self.phase.clone(),
            rungs: 5,
            proposals: self.proposals,
            exchange_share: 0.0,
            ..ThermodynamicOptions::default()
        }
    }

    fn quantum(&self) -> QuantumOptions {
        let field = TransverseField {
            slices: 4,
            fall: 30,
            sweeps: self.phase.sweeps,
            proposals: self.proposals,
            ..TransverseField::default()
        };
        QuantumOptions { phase: self.phase.clone(), field }
    }
}

impl Anneal {
    fn each(gpu: &GpuContext, options: &Options) -> [Self; 2] {
        let thermodynamic = ThermodynamicGpu::with_context(gpu, options.thermodynamic()).unwrap();
        let quantum = QuantumEvolutionGpu::with_context(gpu, options.quantum()).unwrap();
        [Self::Thermodynamic(thermodynamic), Self::Quantum(quantum)]
    }

    fn load(
        &mut self,
        graph: &Graph<'_>,
        start: Option<&[Color]>,
        k: usize,
    ) -> Result<(), PhaseError> {
        match self {
            Self::Thermodynamic(phase) => phase.load(graph, start, k),
            Self::Quantum(phase) => phase.load(graph, start, k),
        }
    }

    fn run(&mut self) -> Result<RunResult, PhaseError> {
        match self {
            Self::Thermodynamic(phase) => phase.run(),
            Self::Quantum(phase) => phase.run(),
        }
    }

    fn individuals(&self) -> Vec<IndividualState> {
        match self {
            Self::Thermodynamic(phase) => phase.individuals().unwrap(),
            Self::Quantum(phase) => phase.individuals().unwrap(),
        }
    }

    fn slots(&self) -> Slots {
        match self {
            Self::Thermodynamic(phase) => phase.slots().unwrap().clone(),
            Self::Quantum(phase) => phase.slots().unwrap().clone(),
        }
    }
}

fn conflicts(graph: &Graph<'_>, colors: &[Color]) -> u64 {
    graph.edges().filter(|&(u, v)| colors[u as usize] == colors[v as usize]).count() as u64
}

fn options(sweeps: u32, steps: u64, individuals: u32) -> Options {
    let phase = PhaseOptions {
        seed: 7,
        individuals: Some(individuals),
        sweeps,
        steps,
        ..PhaseOptions::default()
    };
    Options { phase, proposals: Proposals::Conflicting }
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
        // The overlaps of slices lie in device memory.
        gnp(1000, 0.9, 218),
        gnp(2000, 0.01, 12),
    ]
}

#[test]
fn gpu_what_individuals_report_is_what_they_are() {
    let Some(gpu) = needs::gpu() else { return };
    for (graph, k) in graphs() {
        for mut phase in Anneal::each(&gpu, &options(20, 4, 12)) {
            phase.load(&graph, None, k).unwrap();
            let result = phase.run().unwrap();
            let mut individuals = phase.individuals();
            assert_eq!(individuals.len(), 12);
            // What has not had its turn when a solution was found knows nothing of itself.
            individuals.retain(|state| state.best_conflicts != u32::MAX);
            assert_eq!(individuals.is_empty(), result.steps == 0);
            for state in &individuals {
                assert_eq!(conflicts(&graph, &state.coloring), u64::from(state.conflicts));
                assert_eq!(conflicts(&graph, &state.best), u64::from(state.best_conflicts));
                assert!(state.best.iter().chain(&state.coloring).all(|&c| usize::from(c) < k));
            }
            let least = individuals.iter().map(|state| u64::from(state.best_conflicts)).min();
            assert!(least.is_none_or(|least| result.conflicts <= least));
            assert_eq!(result.conflicts, conflicts(&graph, &result.coloring));
        }
    }
}

/// The colourings that the twin comes to from the same beginnings, by vertex.
fn twin(
    phase: &Anneal,
    graph: &Graph<'_>,
    k: usize,
    starts: &[IndividualState],
    options: &Options,
) -> Vec<Vec<Color>> {
    let (slots, seed, k) = (phase.slots(), options.phase.seed, k as Color);
    let on_device = slots.graph(graph);
    let starts = starts.iter().map(|state| slots.by_slot(&state.coloring)).collect();
    let steps = 0..options.phase.steps;
    match phase {
        Anneal::Thermodynamic(_) => {
            let settings = options.thermodynamic();
            let ladder = settings.ladder(graph.n(), settings.hottest);
            let number = ThermodynamicGpu::PHASE;
            let mut twin =
                Thermodynamic::from_colorings(on_device, k, starts, ladder, seed, number);
            steps.for_each(|_| twin.step());
            twin.colorings().map(|colors| slots.by_vertex(colors)).collect()
        }
        Anneal::Quantum(_) => {
            let field = options.quantum().field;
            let number = QuantumEvolutionGpu::PHASE;
            let mut twin = Quantum::from_colorings(on_device, k, starts, field, seed, number);
            steps.for_each(|_| twin.half_step());
            twin.colorings().map(|colors| slots.by_vertex(colors)).collect()
        }
    }
}

#[test]
fn gpu_the_cpu_makes_the_same_moves() {
    let Some(gpu) = needs::gpu() else { return };
    // Too few colours for a solution, so that all steps are made.
    for (n, p, k) in [
        (33, 0.5, 4),
        (130, 0.5, 12),
        (250, 0.5, 22),
        (300, 0.9, 70),
        (513, 0.1, 9),
        (1000, 0.5, 70),
        (1000, 0.9, 200),
    ] {
        let graph = generate::gnp(n, p, 8).unwrap();
        for proposals in [Proposals::Conflicting, Proposals::Uniform] {
            let options = Options { proposals, ..options(5, 7, 12) };
            for mut phase in Anneal::each(&gpu, &options) {
                phase.load(&graph, None, k).unwrap();
                let starts = phase.individuals();
                let result = phase.run().unwrap();
                let states = phase.individuals();
                let expected = twin(&phase, &graph, k, &starts, &options);
                for (at, (state, expected)) in states.iter().zip(&expected).enumerate() {
                    assert!(&state.coloring == expected, "{n} {p} {k} {proposals:?}: {at}");
                }
                let accepted: u64 = result.history.iter().map(|step| step.accepted).sum();
                assert!(accepted > 0 && accepted < result.moves);
                let swaps: u32 = result.history.iter().map(|step| step.swaps).sum();
                assert!(swaps > 0 || matches!(phase, Anneal::Quantum(_)));
            }
        }
    }
}

#[test]
fn gpu_planted_colourings_are_found() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::flat(200, 10, 0.5, 5).unwrap();
    for mut phase in Anneal::each(&gpu, &options(100, 2000, 60)) {
        phase.load(&graph, None, 10).unwrap();
        let result = phase.run().unwrap();
        assert_eq!((result.conflicts, conflicts(&graph, &result.coloring)), (0, 0));
    }
}

#[test]
fn gpu_one_seed_gives_one_result_with_and_without_streams() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(250, 0.5, 9).unwrap();
    let run = |streams: bool, seed: u64| {
        let mut options = options(20, 12, 40);
        options.phase.pipeline = PhaseOptions::with_streams(streams).pipeline;
        options.phase.seed = seed;
        Anneal::each(&gpu, &options).map(|mut phase| {
            phase.load(&graph, None, 26).unwrap();
            let result = phase.run().unwrap();
            let timeless: Vec<_> = result
                .history
                .iter()
                .map(|s| (s.step, s.conflicts, s.best_replica, s.moves, s.accepted, s.swaps))
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
fn gpu_a_run_that_is_stopped_loses_nothing() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(250, 0.5, 2).unwrap();
    for mut phase in Anneal::each(&gpu, &options(1 << 20, 1000, 10)) {
        phase.load(&graph, None, 20).unwrap();
        let stop = match &phase {
            Anneal::Thermodynamic(phase) => phase.stop_handle(),
            Anneal::Quantum(phase) => phase.stop_handle(),
        };
        let raised = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            stop.stop();
        });
        let result = phase.run().unwrap();
        raised.join().unwrap();
        assert!(result.moves > 0 && result.conflicts > 0);
        assert_eq!(result.conflicts, conflicts(&graph, &result.coloring));
    }
}

#[test]
fn gpu_counts_beyond_a_byte_are_an_error_and_no_wrong_answer() {
    let Some(gpu) = needs::gpu() else { return };
    let dense = generate::gnp(300, 1.0, 1).unwrap();
    for mut phase in Anneal::each(&gpu, &options(1, 2, 20)) {
        phase.load(&dense, None, 2).unwrap();
        let error = phase.run().unwrap_err();
        assert!(matches!(&error, PhaseError::Gpu(GpuError::Rejected { .. })), "{error}");
    }
    // A class of more than 255 vertices, whose overlaps no byte can hold.
    let sparse = generate::gnp(1000, 0.01, 1).unwrap();
    let [_, mut quantum] = Anneal::each(&gpu, &options(1, 2, 4));
    quantum.load(&sparse, None, 3).unwrap();
    let error = quantum.run().unwrap_err();
    assert!(error.to_string().contains("255 vertices"), "{error}");
}

#[test]
fn what_is_wrong_is_said_before_a_device_is_asked() {
    let gpu = GpuContext::from_driver(prism_stream::mock::MockDriver::new(1));
    for mut phase in Anneal::each(&gpu, &options(1, 1, 4)) {
        assert!(matches!(phase.run(), Err(PhaseError::NothingLoaded)));
        let graph = generate::gnp(5, 0.5, 1).unwrap();
        assert!(matches!(
            phase.load(&graph, Some(&[0, 1]), 3),
            Err(PhaseError::WrongStart { found: 2, expected: 5 })
        ));
        let large = generate::gnp(5000, 0.001, 1).unwrap();
        assert!(matches!(phase.load(&large, None, 3), Err(PhaseError::TooLarge { .. })));
    }
}
