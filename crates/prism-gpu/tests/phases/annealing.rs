//! Annealing on a device.

use prism_core::annealing::Proposals;
use prism_core::{Color, Graph, generate};
use prism_cpu::quantum::Quantum;
use prism_cpu::thermodynamic::Thermodynamic;
use prism_gpu::phases::{IndividualState, QuantumEvolutionGpu, ThermodynamicGpu};

use super::needs;
use super::support::{Options, Search};

/// The colourings that the twin comes to from the same beginnings, by vertex.
fn twin(
    phase: &dyn Search,
    graph: &Graph<'_>,
    k: usize,
    starts: &[IndividualState],
    options: &Options,
) -> Vec<Vec<Color>> {
    let (slots, seed, k) = (phase.slots(), options.phase.seed, k as Color);
    let on_device = slots.graph(graph);
    let starts = starts.iter().map(|state| slots.by_slot(&state.coloring)).collect();
    let steps = 0..options.phase.steps;
    let number = phase.number();
    let by_vertex = |colors: &[Color]| slots.by_vertex(colors);
    if number == ThermodynamicGpu::PHASE {
        let settings = options.thermodynamic();
        let ladder = settings.ladder(graph.n(), settings.hottest);
        let mut twin =
            Thermodynamic::from_colorings(on_device, k, starts, ladder, seed, number).unwrap();
        steps.for_each(|_| twin.step());
        twin.colorings().map(by_vertex).collect()
    } else {
        let field = options.quantum().field;
        let mut twin = Quantum::from_colorings(on_device, k, starts, field, seed, number).unwrap();
        steps.for_each(|_| twin.half_step());
        twin.colorings().map(by_vertex).collect()
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
            let options = Options { proposals, ..Options::new(0, 5, 7, 12) };
            for mut phase in options.annealings(&gpu) {
                phase.load(&graph, None, k).unwrap();
                let starts = phase.individuals();
                let result = phase.search().unwrap();
                let states = phase.individuals();
                let expected = twin(&*phase, &graph, k, &starts, &options);
                for (at, (state, expected)) in states.iter().zip(&expected).enumerate() {
                    assert!(&state.coloring == expected, "{n} {p} {k} {proposals:?}: {at}");
                }
                let accepted: u64 = result.history.iter().map(|step| step.accepted).sum();
                assert!(accepted > 0 && accepted < result.moves);
                let swaps: u32 = result.history.iter().map(|step| step.swaps).sum();
                assert!(swaps > 0 || phase.number() == QuantumEvolutionGpu::PHASE);
            }
        }
    }
}

#[test]
fn gpu_a_class_beyond_a_byte_is_an_error() {
    let Some(gpu) = needs::gpu() else { return };
    // Four colours have room for 1020 vertices, but not one of them for 300.
    let sparse = generate::gnp(1000, 0.01, 1).unwrap();
    let start: Vec<Color> = (0..1000).map(|v| if v < 300 { 0 } else { 1 + v % 3 }).collect();
    let [_, mut quantum] = Options::new(0, 1, 2, 4).annealings(&gpu);
    quantum.load(&sparse, Some(&start), 4).unwrap();
    let error = quantum.search().unwrap_err();
    assert!(error.to_string().contains("255 vertices"), "{error}");
}
