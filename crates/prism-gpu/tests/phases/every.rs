//! What holds for every phase, on a device.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use prism_core::search::{Elite, Step, UNCOLORED};
use prism_core::{Color, Graph, generate};
use prism_gpu::GpuError;
use prism_gpu::phases::{PhaseError, PhaseOptions};

use super::needs;
use super::support::{Options, Search, conflicts, graphs};

static GO: AtomicBool = AtomicBool::new(false);

#[test]
fn gpu_what_individuals_report_is_what_they_are() {
    let Some(gpu) = needs::gpu() else { return };
    for (graph, k) in graphs() {
        for mut phase in Options::new(150, 20, 4, 12).every(&gpu) {
            phase.load(&graph, None, k).unwrap();
            let result = phase.search().unwrap();
            let individuals = phase.individuals();
            assert_eq!(individuals.len(), 12);
            for state in &individuals {
                assert_eq!(conflicts(&graph, &state.coloring), u64::from(state.conflicts));
                assert_eq!(conflicts(&graph, &state.best), u64::from(state.best_conflicts));
                assert!(state.best.iter().chain(&state.coloring).all(|&c| usize::from(c) < k));
            }
            // Of what has not had its turn when a solution was found the search knows nothing.
            for state in individuals.iter().filter(|state| state.iteration > 0) {
                assert!(result.conflicts <= u64::from(state.best_conflicts));
            }
            assert_eq!(result.conflicts, conflicts(&graph, &result.coloring));
        }
    }
}

#[test]
fn gpu_planted_colourings_are_found() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::flat(200, 10, 0.5, 5).unwrap();
    for mut phase in Options::new(2000, 100, 2000, 60).every(&gpu) {
        phase.load(&graph, None, 10).unwrap();
        let result = phase.search().unwrap();
        assert_eq!((result.conflicts, conflicts(&graph, &result.coloring)), (0, 0));
        // And as a solver asks for it.
        phase.load(&graph, None, 10).unwrap();
        assert_eq!(phase.run(u64::MAX, &GO), Step::Solved);
        assert_eq!(conflicts(&graph, &phase.best().colors), 0);
        let moves = phase.moves();
        assert_eq!((phase.run(1000, &GO), phase.moves()), (Step::Solved, moves));
    }
}

#[test]
fn gpu_one_seed_gives_one_result_with_and_without_streams() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(250, 0.5, 9).unwrap();
    let run = |streams: bool, seed: u64| {
        let mut options = Options::new(300, 20, 12, 40);
        options.phase.pipeline = PhaseOptions::with_streams(streams).pipeline;
        options.phase.seed = seed;
        let run = |mut phase: Box<dyn Search>| {
            phase.load(&graph, None, 26).unwrap();
            let result = phase.search().unwrap();
            let timeless: Vec<_> = result
                .history
                .iter()
                .map(|s| (s.step, s.conflicts, s.best_replica, s.moves, s.accepted, s.swaps))
                .collect();
            (result.coloring, timeless, phase.individuals())
        };
        options.every(&gpu).map(run).collect::<Vec<_>>()
    };
    let first = run(true, 1);
    // Not `assert_eq`: what differs is too long to read.
    assert!(first == run(true, 1), "again");
    assert!(first == run(false, 1), "without streams");
    assert!(first != run(true, 2), "another seed");
}

#[test]
fn gpu_slices_decide_nothing() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(250, 0.5, 9).unwrap();
    let run = |slices: &[u64]| {
        let run = |mut phase: Box<dyn Search>| {
            phase.load(&graph, None, 26).unwrap();
            for &slice in slices {
                assert_eq!(phase.run(slice, &GO), Step::OutOfMoves);
                assert_eq!(phase.conflicts(), conflicts(&graph, &phase.best().colors));
            }
            (phase.best(), phase.moves(), phase.individuals())
        };
        Options::new(50, 2, 0, 40).every(&gpu).map(run).collect::<Vec<_>>()
    };
    let whole = run(&[400_000]);
    assert!(whole == run(&[1, 0, 99_999, 300_000]));
    assert!(whole == run(&[10_000; 40]));
}

#[test]
fn gpu_what_is_offered_takes_part() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(250, 0.5, 9).unwrap();
    // Far better than anything that is random, and without a colour somewhere.
    let [mut repair, _] = Options::new(1000, 0, 4, 8).repairs(&gpu);
    repair.load(&graph, None, 26).unwrap();
    repair.search().unwrap();
    let mut good = repair.best();
    good.colors[7] = UNCOLORED;
    for mut phase in Options::new(3, 1, 0, 20).every(&gpu) {
        phase.load(&graph, None, 26).unwrap();
        for _ in 0..3 {
            phase.offer(&good);
            assert_eq!(phase.run(200, &GO), Step::OutOfMoves);
        }
        assert!(phase.conflicts() <= good.conflicts + 20, "{}", phase.conflicts());
        assert_eq!(phase.conflicts(), conflicts(&graph, &phase.best().colors));
        for state in phase.individuals() {
            assert_eq!(conflicts(&graph, &state.coloring), u64::from(state.conflicts));
            assert_eq!(conflicts(&graph, &state.best), u64::from(state.best_conflicts));
        }
        // Of another size or another k, it is none for this search.
        phase.offer(&Elite { k: 27, ..good.clone() });
        phase.offer(&Elite { colors: vec![0; 3], ..good.clone() });
        assert_eq!(phase.run(200, &GO), Step::OutOfMoves);
    }
}

#[test]
fn gpu_a_search_goes_on_from_what_it_was() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(250, 0.5, 9).unwrap();
    let options = Options::new(50, 2, 0, 20);
    for (mut search, mut restored) in options.every(&gpu).zip(options.every(&gpu)) {
        search.load(&graph, None, 26).unwrap();
        search.run(50_000, &GO);
        let saved = search.save();
        restored.load(&graph, None, 26).unwrap();
        restored.run(5000, &GO);
        restored.restore(&saved).unwrap();
        for _ in 0..2 {
            assert!(search.individuals() == restored.individuals());
            assert_eq!((search.best(), search.moves()), (restored.best(), restored.moves()));
            assert_eq!(search.run(50_000, &GO), Step::OutOfMoves);
            assert_eq!(restored.run(50_000, &GO), Step::OutOfMoves);
        }
    }
}

#[test]
fn gpu_a_search_that_is_stopped_loses_nothing() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(250, 0.5, 2).unwrap();
    for mut phase in Options::new(1 << 30, 1 << 20, 1000, 8).every(&gpu) {
        phase.load(&graph, None, 20).unwrap();
        let stop = phase.stop_handle();
        let raised = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            stop.stop();
        });
        let result = phase.search().unwrap();
        raised.join().unwrap();
        assert!(result.moves > 0 && result.conflicts > 0);
        assert_eq!(result.conflicts, conflicts(&graph, &result.coloring));
        // It stays stopped until a graph is loaded.
        assert_eq!(phase.search().unwrap().steps, result.steps);
        assert_eq!(phase.run(1, &GO), Step::Stopped);
        phase.load(&generate::gnp(20, 0.1, 2).unwrap(), None, 8).unwrap();
        assert_eq!(phase.search().unwrap().conflicts, 0);
    }
}

#[test]
fn gpu_counts_beyond_a_byte_are_an_error_and_no_wrong_answer() {
    let Some(gpu) = needs::gpu() else { return };
    // Few edges for its vertices, so that it is not refused at once: one vertex has all of them.
    let edges: Vec<_> = (1..200).map(|leaf| (0, leaf)).collect();
    let (star, _) = Graph::from_edges(200, &edges).unwrap();
    let one_color: Vec<Color> = vec![0; 200];
    for mut phase in Options::new(10, 1, 2, 4).every(&gpu) {
        phase.load(&star, Some(&one_color), 1).unwrap();
        let error = phase.search().unwrap_err();
        assert!(matches!(&error, PhaseError::Gpu(GpuError::Rejected { .. })), "{error}");
        assert!(error.to_string().contains("127 neighbours"), "{error}");
    }
}

#[test]
fn gpu_phases_share_a_context() {
    let Some(gpu) = needs::gpu() else { return };
    let graph = generate::gnp(125, 0.5, 6).unwrap();
    let mut phases: Vec<_> = Options::new(100, 5, 4, 16).every(&gpu).collect();
    for phase in &mut phases {
        phase.load(&graph, None, 15).unwrap();
    }
    for _ in 0..3 {
        for phase in &mut phases {
            let result = phase.search().unwrap();
            assert_eq!(result.conflicts, conflicts(&graph, &result.coloring));
        }
    }
}
