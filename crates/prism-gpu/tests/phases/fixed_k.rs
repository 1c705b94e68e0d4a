//! The phases as a solver drives them, on a mock whose kernels are toys.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use prism_core::search::{Elite, FixedK, Pipeline, Sample, Step, UNCOLORED, Watcher};
use prism_core::{Color, Graph, generate};
use prism_gpu::{PipelineOptions, Placement, Submission};
use prism_stream::mock::MockDriver;
use proptest::prelude::*;

use super::support::{Options, Search, conflicts};
use super::toy;

pub static GO: AtomicBool = AtomicBool::new(false);

pub const K: usize = 4;
pub const INDIVIDUALS: u32 = 8;

/// A graph that four colours do not suffice for.
pub fn graph() -> Graph<'static> {
    generate::gnp(24, 0.5, 1).unwrap()
}

/// The phases on mocks of their own, with a graph loaded.
pub fn loaded(schedule: u64) -> Vec<(Arc<MockDriver>, Box<dyn Search>)> {
    loaded_with(schedule, PipelineOptions::default())
}

/// The same on streams, with nothing left to be measured: a launch a step.
fn on_streams(schedule: u64) -> Vec<(Arc<MockDriver>, Box<dyn Search>)> {
    let (placement, submission) = (Some(Placement::Copied), Some(Submission::Streams));
    loaded_with(schedule, PipelineOptions { placement, submission, ..PipelineOptions::default() })
}

fn loaded_with(
    schedule: u64,
    pipeline: PipelineOptions,
) -> Vec<(Arc<MockDriver>, Box<dyn Search>)> {
    (0..4)
        .map(|at| {
            let (mock, gpu) = toy::device(schedule, 24, K, INDIVIDUALS as usize);
            let mut options = Options::new(3, 1, 10, INDIVIDUALS);
            options.phase.pipeline = pipeline;
            let mut phase = options.every(&gpu).nth(at).unwrap();
            phase.load(&graph(), None, K).unwrap();
            (mock, phase)
        })
        .collect()
}

/// Whether what a search says of itself is so.
pub fn check(phase: &dyn Search, graph: &Graph<'_>) {
    let best = phase.best();
    assert_eq!((best.k, best.conflicts), (K, conflicts(graph, &best.colors)));
    assert_eq!(phase.conflicts(), best.conflicts);
    for state in phase.individuals() {
        assert_eq!(u64::from(state.conflicts), conflicts(graph, &state.coloring));
        assert_eq!(u64::from(state.best_conflicts), conflicts(graph, &state.best));
        // What has not had its turn yet the search knows nothing of.
        assert!(state.iteration == 0 || phase.conflicts() <= state.best_conflicts.into());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn slices_decide_nothing(slices in prop::collection::vec(0u64..300, 1..7), schedule: u64) {
        let total = slices.iter().sum();
        for ((_, mut whole), (mock, mut sliced)) in loaded(1).into_iter().zip(loaded(schedule)) {
            prop_assert_eq!(whole.run(total, &GO), Step::OutOfMoves);
            for &slice in &slices {
                prop_assert_eq!(sliced.run(slice, &GO), Step::OutOfMoves);
                check(&*sliced, &graph());
            }
            prop_assert_eq!(whole.moves(), sliced.moves());
            prop_assert_eq!(whole.best(), sliced.best());
            prop_assert!(whole.individuals() == sliced.individuals());
            prop_assert_eq!(mock.violations(), Vec::<String>::new());
        }
    }
}

#[test]
fn moves_that_are_asked_for_are_made() {
    for (_, mut phase) in loaded(3) {
        for target in [500, 1000, 5000] {
            let asked = target - phase.moves();
            assert_eq!(phase.run(asked, &GO), Step::OutOfMoves);
            // Less than three steps beside it: those that are under way are not known yet.
            assert!(phase.moves().abs_diff(target) < 3 * 80, "{} of {target}", phase.moves());
        }
    }
}

/// Launches that a mock was asked for since this was asked.
pub fn launches(mock: &MockDriver) -> u64 {
    mock.take_calls().iter().filter(|call| call.name == "launch").count() as u64
}

#[test]
fn a_step_waits_for_none_but_the_last_but_two() {
    for (mock, mut phase) in on_streams(5) {
        phase.run(2000, &GO);
        mock.hang_launch(launches(&mock));
        assert_eq!(phase.run(2000, &GO), Step::Failed);
        assert_eq!(launches(&mock), 3, "that step and the two after it");
    }
}

#[test]
fn a_stop_ends_what_runs_and_the_search_can_go_on() {
    for (mock, mut phase) in loaded(7) {
        assert_eq!(phase.run(400, &GO), Step::OutOfMoves);
        let (moves, best) = (phase.moves(), phase.best());
        assert_eq!(phase.run(400, &AtomicBool::new(true)), Step::Stopped);
        assert_eq!((phase.moves(), phase.best()), (moves, best));
        assert_eq!(phase.run(400, &GO), Step::OutOfMoves);
        assert!(phase.moves() > moves);
        check(&*phase, &graph());
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

/// A colouring with few conflicts, as another engine may have it.
fn good(graph: &Graph<'_>) -> Elite {
    let colors: Vec<Color> = graph.vertices().map(|v| (v % 4) as Color).collect();
    let mut best = Elite { k: K, conflicts: conflicts(graph, &colors), colors };
    // First improvement until there is none.
    loop {
        let mut improved = false;
        for v in 0..graph.n() {
            for color in 0..K as Color {
                let mut colors = best.colors.clone();
                colors[v] = color;
                let left = conflicts(graph, &colors);
                if left < best.conflicts {
                    best = Elite { k: K, colors, conflicts: left };
                    improved = true;
                }
            }
        }
        if !improved {
            return best;
        }
    }
}

#[test]
fn what_is_offered_takes_the_place_of_the_worst() {
    let graph = graph();
    let elite = good(&graph);
    for before in [0, 400] {
        for (mock, mut phase) in loaded(9) {
            phase.run(before, &GO);
            let was = phase.individuals();
            phase.offer(&elite);
            assert!(was == phase.individuals(), "not before the next call");
            phase.run(0, &GO);
            let is = phase.individuals();
            let changed: Vec<usize> = (0..is.len()).filter(|&at| was[at] != is[at]).collect();
            let [at] = changed[..] else { panic!("{changed:?}") };
            assert_eq!((&is[at].coloring, &is[at].best), (&elite.colors, &elite.colors));
            assert_eq!(u64::from(is[at].conflicts), elite.conflicts);
            assert_eq!(is[at].iteration, was[at].iteration, "its random numbers go on");
            if phase.number() != 2 {
                // Replica exchange goes by the rung.
                assert!(was.iter().all(|other| other.conflicts <= was[at].conflicts
                    || other.best_conflicts < was[at].best_conflicts));
            }
            phase.run(200, &GO);
            assert!(phase.conflicts() <= elite.conflicts);
            check(&*phase, &graph);
            assert_eq!(mock.violations(), Vec::<String>::new());
        }
    }
}

#[test]
fn many_offers_replace_many_and_foreign_ones_nobody() {
    let graph = graph();
    let elite = good(&graph);
    for (_, mut phase) in loaded(11) {
        phase.run(400, &GO);
        let was = phase.individuals();
        for other in [
            Elite { k: K + 1, ..elite.clone() },
            Elite { colors: elite.colors[1..].to_vec(), ..elite.clone() },
        ] {
            phase.offer(&other);
        }
        phase.run(0, &GO);
        assert!(was == phase.individuals());
        for color in 0..4 {
            // Turned, so that they differ; and one vertex without a colour.
            let turned = |c: &Color| (c + color) % 4;
            let mut colors: Vec<Color> = elite.colors.iter().map(turned).collect();
            colors[3] = UNCOLORED;
            phase.offer(&Elite { colors, ..elite.clone() });
        }
        phase.run(0, &GO);
        let is = phase.individuals();
        let changed = (0..is.len()).filter(|&at| was[at] != is[at]).count();
        assert!((2..=4).contains(&changed), "{changed}");
        phase.run(400, &GO);
        check(&*phase, &graph);
    }
}

#[test]
fn what_kernels_cannot_count_is_not_taken_in() {
    // A star whose leaves have one colour: a proper colouring that no kernel can hold.
    let edges: Vec<_> = (1..150).map(|leaf| (0, leaf)).collect();
    let (star, _) = Graph::from_edges(150, &edges).unwrap();
    let (_, gpu) = toy::device(1, 150, 2, 8);
    let colors: Vec<Color> = (0..150).map(|v| Color::from(v > 0)).collect();
    for mut phase in Options::new(1, 1, 10, 8).every(&gpu) {
        // From a colouring that is one move away from none.
        phase.load(&star, None, 2).unwrap();
        let was = phase.individuals();
        phase.offer(&Elite { k: 2, colors: colors.clone(), conflicts: 0 });
        phase.run(0, &GO);
        assert!(was == phase.individuals());
    }
}

#[test]
fn a_solution_ends_a_search_and_is_not_gone_beyond() {
    let (mock, gpu) = toy::device(1, 24, 12, 8);
    for mut phase in Options::new(3, 1, 10, 8).every(&gpu) {
        phase.load(&graph(), None, 12).unwrap();
        assert_eq!(phase.run(u64::MAX, &GO), Step::Solved);
        assert_eq!(conflicts(&graph(), &phase.best().colors), 0);
        let moves = phase.moves();
        assert_eq!((phase.run(100, &GO), phase.moves()), (Step::Solved, moves));
    }
    // As many moves whatever was under way.
    let moves = |schedule| {
        let (_, gpu) = toy::device(schedule, 24, 12, 8);
        let run = |mut phase: Box<dyn Search>| {
            phase.load(&graph(), None, 12).unwrap();
            phase.run(u64::MAX, &GO);
            (phase.moves(), phase.best())
        };
        Options::new(3, 1, 10, 8).every(&gpu).map(run).collect::<Vec<_>>()
    };
    assert_eq!(moves(1), moves(2));
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_search_goes_to_another_thread_with_its_graph() {
    let (_, gpu) = toy::device(1, 24, K, 8);
    let shared = Arc::new(graph());
    let options = Options::new(3, 1, 10, 8);
    let mut whcr = prism_gpu::phases::WhcrGpu::with_context(&gpu, options.repair()).unwrap();
    whcr.load_shared(Arc::clone(&shared), None, K).unwrap();
    assert_eq!(Arc::strong_count(&shared), 2, "no copy was made");
    let mut search: Box<dyn FixedK> = Box::new(whcr);
    let ran = std::thread::spawn(move || (search.run(100, &GO), search.conflicts()));
    let (step, left) = ran.join().unwrap();
    assert!(step == Step::OutOfMoves && left > 0);
}

/// Another search of the same kind, on a device of its own with so many individuals and another seed.
fn another(number: u32, schedule: u64, individuals: u32) -> Box<dyn Search> {
    let (_, gpu) = toy::device(schedule, 24, K, INDIVIDUALS as usize);
    let mut options = Options::new(3, 1, 10, individuals);
    options.phase.seed = 99;
    let mut phase = options.every(&gpu).find(|phase| phase.number() == number).unwrap();
    phase.load(&graph(), None, K).unwrap();
    phase
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_search_goes_on_from_what_it_was(
        before in 0u64..900, after in 0u64..900, schedule: u64, offer: bool,
    ) {
        for (mock, mut search) in loaded(schedule) {
            search.run(before, &GO);
            if offer {
                search.offer(&good(&graph()));
            }
            let saved = search.save();
            prop_assert_eq!(&saved.best, &search.best());
            prop_assert_eq!(saved.moves, search.moves());
            // Not the one that was saved, whose number of individuals may be another one.
            let mut restored = another(search.number(), schedule ^ 5, 4 + 4 * (before % 3) as u32);
            restored.run(after, &GO);
            restored.restore(&saved).unwrap();
            prop_assert_eq!(restored.best(), search.best());
            prop_assert_eq!(restored.moves(), search.moves());
            prop_assert!(restored.individuals() == search.individuals());
            prop_assert_eq!(search.run(after, &GO), Step::OutOfMoves);
            prop_assert_eq!(restored.run(after, &GO), Step::OutOfMoves);
            prop_assert_eq!(restored.best(), search.best());
            prop_assert_eq!(restored.moves(), search.moves());
            prop_assert!(restored.individuals() == search.individuals());
            prop_assert_eq!(restored.save(), search.save());
            check(&*restored, &graph());
            prop_assert_eq!(mock.violations(), Vec::<String>::new());
        }
    }
}

#[test]
fn a_state_that_does_not_fit_is_refused_and_changes_nothing() {
    for (_, mut search) in loaded(2) {
        search.run(700, &GO);
        let saved = search.save();
        let mut other = another(search.number(), 4, 8);
        other.run(300, &GO);
        let was = (other.best(), other.moves(), other.individuals());
        let mut wrong = vec![saved.clone(); 10];
        wrong[0].best.k = 5;
        wrong[1].best.conflicts += 1;
        wrong[2].individuals.pop();
        wrong[3].individuals[2][5] = K as Color;
        wrong[4].individuals[2][5] = UNCOLORED;
        wrong[5].counters.pop();
        wrong[6].counters.truncate(3);
        wrong[7].counters[5] = 4; // steps that are not heeded
        wrong[8].counters[1] = u64::MAX; // steps
        wrong[9].individuals.truncate(14); // seven, where slices come in fours
        if search.number() != 3 {
            wrong.pop();
        }
        for (at, state) in wrong.iter().enumerate() {
            let refused = other.restore(state);
            assert!(refused.is_err(), "{at} of {}", search.number());
            assert!(was == (other.best(), other.moves(), other.individuals()), "{at}");
        }
        other.restore(&saved).unwrap();
        assert!(other.individuals() == search.individuals());
    }
}

/// A graph with more vertices than a table holds, on two individuals.
fn without_a_table(schedule: u64, seed: u64) -> (Arc<MockDriver>, Box<dyn Search>) {
    let wide = generate::gnp(4200, 0.0004, 3).unwrap();
    let (mock, gpu) = toy::device(schedule, 4200, 2, 2);
    let mut options = Options::new(32, 0, 10, 2);
    options.phase.seed = seed;
    let [mut phase, _] = options.repairs(&gpu);
    phase.load(&wide, None, 2).unwrap();
    (mock, phase)
}

#[test]
fn without_a_table_it_is_the_same() {
    let graph = generate::gnp(4200, 0.0004, 3).unwrap();
    let (_, mut whole) = without_a_table(1, 7);
    assert_eq!(whole.run(400, &GO), Step::OutOfMoves);
    let (mock, mut sliced) = without_a_table(2, 7);
    for slice in [100, 1, 250, 49] {
        assert_eq!(sliced.run(slice, &GO), Step::OutOfMoves);
        assert_eq!(sliced.conflicts(), conflicts(&graph, &sliced.best().colors));
    }
    assert!(whole.individuals() == sliced.individuals());
    assert_eq!((whole.moves(), whole.best()), (sliced.moves(), sliced.best()));

    let offered = Elite { k: 2, ..whole.best() };
    sliced.offer(&offered);
    sliced.run(0, &GO);
    assert!(sliced.individuals().iter().any(|it| it.coloring == offered.colors));
    let saved = sliced.save();
    let (_, mut restored) = without_a_table(3, 8);
    restored.restore(&saved).unwrap();
    for _ in 0..2 {
        assert!(restored.individuals() == sliced.individuals());
        assert_eq!(
            (restored.run(200, &GO), sliced.run(200, &GO)),
            (Step::OutOfMoves, Step::OutOfMoves)
        );
        assert_eq!((restored.moves(), restored.best()), (sliced.moves(), sliced.best()));
    }
    for state in sliced.individuals() {
        assert_eq!(u64::from(state.conflicts), conflicts(&graph, &state.coloring));
        assert_eq!(u64::from(state.best_conflicts), conflicts(&graph, &state.best));
    }
    assert_eq!(mock.violations(), Vec::<String>::new());
}

/// Keeps what a search tells.
#[derive(Debug, Default)]
pub struct Notes {
    samples: Mutex<Vec<Sample>>,
    pipelines: Mutex<Vec<Pipeline>>,
}

impl Watcher for Notes {
    fn sample(&self, sample: Sample) {
        self.samples.lock().unwrap().push(sample);
    }

    fn pipeline(&self, pipeline: Pipeline) {
        self.pipelines.lock().unwrap().push(pipeline);
    }
}

/// Has a search watched from the beginning; what it tells in so many moves, in calls of so many.
pub fn told(search: &mut dyn FixedK, moves: u64, slice: u64) -> (Vec<Sample>, Vec<Pipeline>) {
    let notes = Arc::new(Notes::default());
    search.watch(&(notes.clone() as Arc<dyn Watcher>));
    (0..moves / slice).for_each(|_| _ = search.run(slice, &GO));
    let Notes { samples, pipelines } = &*notes;
    (std::mem::take(&mut samples.lock().unwrap()), std::mem::take(&mut pipelines.lock().unwrap()))
}

#[test]
fn who_is_watched_goes_the_same_way_and_tells_of_each_step() {
    let mut numbers = Vec::new();
    let alone = on_streams(1).into_iter().zip(on_streams(1)).zip(on_streams(2));
    for (((_, mut alone), (mock, mut whole)), (_, mut sliced)) in alone {
        alone.run(6000, &GO);
        let (samples, pipelines) = told(&mut *whole, 6000, 6000);
        assert_eq!(whole.save(), alone.save());
        assert_eq!(told(&mut *sliced, 6000, 500).0, samples, "slices decide nothing");
        let last = samples.last().unwrap();
        assert_eq!((last.moves, last.conflicts), (whole.moves(), whole.conflicts()));
        assert!(samples.len() > 20, "{}", samples.len());
        assert!(samples.is_sorted_by(|a, b| a.moves < b.moves && a.swaps <= b.swaps));
        // Of the kernels that are toys here, annealing alone has proposals, and replica exchange exchanges.
        let anneals = [2, 3].contains(&alone.number());
        assert_eq!(last.proposed, if anneals { last.moves } else { 0 });
        assert_eq!((last.accepted > 0, last.exchanges > 0), (anneals, alone.number() == 2));
        let pipeline = pipelines.last().unwrap();
        assert_eq!(pipeline.transport, "three streams, config and telemetry copied");
        let is_timed = |ends: Option<[u64; 2]>| ends.is_some_and(|[begin, end]| begin <= end);
        for step in &pipeline.steps {
            assert!(is_timed(step.upload) && is_timed(step.kernel) && is_timed(step.download));
            assert!((1..=3).contains(&step.in_flight));
        }
        assert!((2..=24).contains(&pipeline.steps.len()), "{}", pipeline.steps.len());
        assert_eq!(mock.violations(), Vec::<String>::new());
        numbers.push(alone.number());
    }
    assert_eq!(numbers.len(), 4);
}
