//! Populations whose individuals are improved on a device, and on a mock of one.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use prism_core::pool::{Improved, Improver, Order, Pace, PoolOptions, Population};
use prism_core::search::{Elite, FixedK, Step};
use prism_core::{Color, Coloring, Graph, generate, hierarchy};
use prism_cpu::whcr::{Repair, Settings};
use prism_gpu::phases::{Demands, Layout, WhcrGpu};
use prism_gpu::{PipelineOptions, Placement, PopulationGpu, PopulationOptions, Submission};
use prism_stream::mock::{MockDriver, device_info};

use super::fixed_k::{GO, INDIVIDUALS, K, graph, launches, told};
use super::support::{Options, conflicts};
use super::{needs, toy};

fn options(seed: u64) -> PopulationOptions {
    let mut options = Options::new(3, 1, 10, INDIVIDUALS);
    let (placement, submission) = (Some(Placement::Copied), Some(Submission::Streams));
    options.phase.pipeline =
        PipelineOptions { placement, submission, ..PipelineOptions::default() };
    let pool = PoolOptions {
        seed,
        iterations: [5, 20],
        patience: 3,
        parallel: false,
        ..PoolOptions::for_vertices(24)
    };
    PopulationOptions { repair: options.repair(), pool: Some(pool) }
}

/// A population on a mock of its own.
fn loaded(schedule: u64, seed: u64, k: usize) -> (Arc<MockDriver>, PopulationGpu) {
    let (mock, gpu) = toy::device(schedule, 24, k, INDIVIDUALS as usize);
    let population = PopulationGpu::new(&gpu, Arc::new(graph()), None, k, options(seed)).unwrap();
    (mock, population)
}

fn check(population: &PopulationGpu, graph: &Graph<'_>) {
    let best = population.best();
    assert_eq!(best.conflicts, conflicts(graph, &best.colors));
    assert_eq!(population.conflicts(), best.conflicts);
    for member in population.pool().members() {
        assert_eq!(member.conflicts, conflicts(graph, &member.colors));
        assert!(best.conflicts <= member.conflicts);
    }
}

#[test]
fn children_come_back_as_the_device_has_left_them() {
    let (mock, mut population) = loaded(1, 7, K);
    let graph = graph();
    for generation in 1..40 {
        assert_eq!(population.run(1, &GO), Step::OutOfMoves);
        check(&population, &graph);
        assert!(population.generations() <= generation);
        // A generation makes more moves than that, so that not every call makes one.
        population.run(50, &GO);
    }
    assert!(population.generations() > 20, "{}", population.generations());
    assert!(population.iterations() > 5 || population.restarts() > 0);
    let times = population.times();
    assert!((0.0..=1.0).contains(&times.host_share()));
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_generation_is_made_in_steps_of_equal_length() {
    let (mock, mut population) = loaded(1, 7, K);
    for (iterations, steps) in [(5, 2), (8, 3), (13, 5), (20, 7)] {
        while population.iterations() < iterations {
            population.run(1, &GO);
            population.run(100, &GO);
        }
        assert_eq!(population.iterations(), iterations);
        launches(&mock);
        let generations = population.generations();
        while population.generations() == generations {
            population.run(1, &GO);
        }
        assert_eq!(launches(&mock), steps);
    }
}

#[test]
fn the_order_of_calls_on_the_device_decides_nothing() {
    let run = |schedule| {
        let (_, mut population) = loaded(schedule, 7, K);
        population.run(5000, &GO);
        population.save()
    };
    let saved = run(1);
    assert_eq!(saved, run(2));
    let (_, mut other) = loaded(1, 8, K);
    other.run(5000, &GO);
    assert_ne!(saved.individuals, other.save().individuals, "another seed is another search");
}

#[test]
fn who_watches_a_population_sees_its_generations_and_the_pipeline() {
    let (_, mut alone) = loaded(1, 7, K);
    alone.run(5000, &GO);
    let (mock, mut watched) = loaded(1, 7, K);
    let (samples, pipelines) = told(&mut watched, 5000, 5000);
    assert_eq!(watched.save(), alone.save());
    assert_eq!(samples.len() as u64, watched.generations() + 1, "one before the first");
    assert!(samples[0].diversity.is_none() && samples[0].moves == 0);
    let shares = samples[1..].iter().map(|sample| sample.diversity.unwrap());
    assert!(shares.clone().all(|share| (0.0..=1.0).contains(&share)));
    assert!(shares.clone().any(|share| share > 0.0), "they are never all alike");
    let last = samples.last().unwrap();
    assert_eq!((last.moves, last.conflicts), (watched.moves(), watched.conflicts()));
    assert_eq!(pipelines.len() as u64, watched.generations());
    assert!(!pipelines[0].steps.is_empty());
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_population_goes_on_on_another_device() {
    for before in [0, 1, 3000] {
        let (_, mut one) = loaded(1, 7, K);
        one.run(before, &GO);
        let saved = one.save();
        let (mock, mut other) = loaded(2, 99, K);
        other.run(777, &GO);
        other.restore(&saved).unwrap();
        assert_eq!(other.save(), saved);
        for population in [&mut one, &mut other] {
            assert_eq!(population.run(3000, &GO), Step::OutOfMoves);
        }
        assert_eq!(one.save(), other.save());
        check(&other, &graph());
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_proper_colouring_ends_it_and_is_verified() {
    let (mock, mut population) = loaded(3, 7, 9);
    assert_eq!(population.run(u64::MAX, &GO), Step::Solved);
    assert_eq!(Coloring::from_colors(population.best().colors).verify(&graph()), Ok(()));
    let moves = population.moves();
    assert_eq!((population.run(100, &GO), population.moves()), (Step::Solved, moves));
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_device_that_hangs_ends_the_search_and_the_pool_goes_on_elsewhere() {
    let (mock, mut population) = loaded(5, 7, K);
    population.run(2000, &GO);
    let (best, members) = (population.best(), population.pool().members().to_vec());
    mock.hang_launch(launches(&mock));
    assert_eq!(population.run(2000, &GO), Step::Failed);
    assert!(population.failure().is_some());
    assert!(population.conflicts() <= best.conflicts);
    check(&population, &graph());
    let saved = population.save();
    let (_, mut other) = loaded(1, 7, K);
    other.restore(&saved).unwrap();
    assert_eq!(other.pool().members(), members);
    assert_eq!(other.run(2000, &GO), Step::OutOfMoves);
    check(&other, &graph());
}

#[test]
fn what_the_device_reports_and_is_not_so_is_not_believed() {
    let (_, mut population) = loaded(1, 7, K);
    population.run(1000, &GO);
    let best = population.best();
    toy::LIES.set(true);
    let step = population.run(1000, &GO);
    toy::LIES.set(false);
    assert_eq!((step, population.best()), (Step::Failed, best));
    assert!(population.failure().unwrap().contains("the host counts"));
}

#[test]
fn a_stop_ends_it_and_it_can_go_on() {
    let (mock, mut population) = loaded(7, 7, K);
    population.run(1000, &GO);
    let saved = population.save();
    assert_eq!(population.run(1000, &AtomicBool::new(true)), Step::Stopped);
    assert_eq!(population.best(), saved.best);
    assert_eq!(population.run(1000, &GO), Step::OutOfMoves);
    assert!(population.moves() > saved.moves);
    check(&population, &graph());
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn what_kernels_cannot_count_does_not_enter() {
    let edges: Vec<_> = (1..150).map(|leaf| (0, leaf)).collect();
    let star = Arc::new(Graph::from_edges(150, &edges).unwrap().0);
    let (_, gpu) = toy::device(1, 150, 2, INDIVIDUALS as usize);
    let mut population = PopulationGpu::new(&gpu, star, None, 2, options(7)).unwrap();
    let colors: Vec<Color> = (0..150).map(|v| Color::from(v > 0)).collect();
    population.offer(&Elite { k: 2, colors, conflicts: 0 });
    assert!(population.pool().members().is_empty());
    let colors: Vec<Color> = (0..150).map(|v| Color::from(v % 2 == 0)).collect();
    population.offer(&Elite { k: 2, colors, conflicts: 0 });
    let wrong: Vec<u64> = population.pool().members().iter().map(|one| one.conflicts).collect();
    assert_eq!(wrong, [74], "counted, not believed");
}

#[test]
fn limits_are_those_of_repair() {
    let device = device_info("mock");
    let demands = Demands { vertices: 1000, edges: 249_826, colors: 83 };
    let options = PopulationOptions::default();
    let footprint = PopulationGpu::footprint(&options, &demands, &device).unwrap();
    let repair = WhcrGpu::footprint(&options.repair, &demands, &device).unwrap();
    assert_eq!(footprint.individuals, repair.individuals);
    assert_eq!(footprint.device_bytes, repair.device_bytes);
    assert!(footprint.host_bytes > repair.host_bytes);
    assert!(PopulationGpu::fits(4096, 20, &device) && !PopulationGpu::fits(4097, 20, &device));
    let (_, gpu) = toy::device(1, 24, 4, INDIVIDUALS as usize);
    let graph = Arc::new(graph());
    let refused = |start: Option<&[Color]>, k| {
        let made = PopulationGpu::new(&gpu, graph.clone(), start, k, PopulationOptions::default());
        made.map(|_| ()).unwrap_err().to_string()
    };
    assert!(refused(None, 0).contains("no colours"));
    assert!(refused(Some(&[0; 7]), 4).contains("a colouring of 7 vertices"));
}

#[test]
fn gpu_a_population_solves_what_tabu_finds_hard() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = Arc::new(generate::gnp(250, 0.5, 1).unwrap());
    for pace in [Pace::Patience, Pace::Moves(1_000_000_000)] {
        let pool = PoolOptions { seed: 3, pace, ..PoolOptions::for_vertices(250) };
        let options = PopulationOptions { pool: Some(pool), ..PopulationOptions::default() };
        let mut population = PopulationGpu::new(&gpu, graph.clone(), None, 29, options).unwrap();
        assert_eq!(population.run(20_000_000_000, &GO), Step::Solved, "{pace:?}");
        assert_eq!(Coloring::from_colors(population.best().colors).verify(&graph), Ok(()));
    }
}

#[test]
fn gpu_one_seed_has_one_result() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = Arc::new(generate::gnp(300, 0.5, 2).unwrap());
    let run = |slices: &[u64]| {
        let pool = PoolOptions { seed: 4, ..PoolOptions::for_vertices(300) };
        let options = PopulationOptions { pool: Some(pool), ..PopulationOptions::default() };
        let mut population = PopulationGpu::new(&gpu, graph.clone(), None, 28, options).unwrap();
        for &slice in slices {
            assert_eq!(population.run(slice, &GO), Step::OutOfMoves);
            check(&population, &graph);
        }
        population.save()
    };
    assert_eq!(run(&[120_000_000]), run(&[1, 50_000_000, 69_999_999]));
}

/// The twins of what runs on a device.
struct Twins {
    graph: Arc<Graph<'static>>,
    k: usize,
    individuals: usize,
    layout: Layout,
    slope: f32,
}

impl Improver for Twins {
    type Error = std::convert::Infallible;

    fn individuals(&self) -> usize {
        self.individuals
    }

    fn improve(
        &mut self,
        individuals: Vec<Vec<Color>>,
        order: Order<'_>,
    ) -> Result<Improved, Self::Error> {
        let slots = Arc::new(self.layout.slots(&hierarchy::order(&self.graph)));
        let in_slots = Arc::new(slots.graph(&self.graph));
        let mut improved = Improved { individuals: Vec::new(), moves: 0, stopped: false };
        for (individual, start) in (0..).zip(individuals) {
            let settings = Settings {
                tenure_slope: self.slope,
                seed: order.seed,
                individual,
                phase: WhcrGpu::PHASE,
                ..Settings::default()
            };
            let (graph, slots) = (in_slots.clone(), slots.clone());
            let mut twin = Repair::new(graph, slots, self.k, &start, settings).unwrap();
            // The iterations of a round are counted from there on.
            let mut saved = twin.save();
            saved.counters[1] = u64::from(order.round) << 32;
            saved.moves = saved.counters[1];
            twin.restore(&saved).unwrap();
            let iterations = order.iterations.next_multiple_of(STEPS);
            twin.iterate(iterations);
            improved.moves += twin.moves_made();
            improved.individuals.push(twin.best());
        }
        Ok(improved)
    }
}

/// Steps of a generation in the test of the twins.
const STEPS: u64 = 3;

#[test]
fn gpu_a_population_is_that_of_the_twins() {
    let Some(gpu) = needs::gpu() else { return };
    for (n, k) in [(125, 16), (600, 60)] {
        let graph = Arc::new(generate::gnp(n, 0.5, 3).unwrap());
        let mut options = options(11);
        options.repair.phase.sweeps = 30;
        options.repair.phase.individuals = Some(6);
        if let Some(pool) = &mut options.pool {
            (pool.iterations, pool.pace) = ([80, 90], Pace::Moves(u64::MAX));
        }
        let layout = Layout::new(graph.n(), k, gpu.info()).unwrap();
        let slope = options.repair.slope_for(&layout);
        let twins = Twins { graph: graph.clone(), k, individuals: 6, layout, slope };
        let (pool, none) = (options.pool.clone().unwrap(), vec![Color::MAX; graph.n()]);
        let mut expected = Population::new(graph.clone(), k, &none, twins, pool);
        let mut population = PopulationGpu::new(&gpu, graph, None, k, options).unwrap();
        for generation in 1..6 {
            while expected.generations() < generation {
                expected.run(1, &GO);
            }
            while population.generations() < generation {
                population.run(1, &GO);
            }
            assert_eq!(population.pool().members(), expected.pool().members(), "{generation}");
            assert_eq!(population.moves(), expected.moves());
        }
    }
}
