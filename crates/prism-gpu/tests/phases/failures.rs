//! What happens to a search when something goes wrong, on a mock: it says so, and what was found stays.

use prism_core::generate;
use prism_core::search::{Saved, Step};
use prism_gpu::phases::{DendriticWhcrGpu, PhaseError, RepairOptions, WhcrGpu};
use prism_gpu::{GpuContext, GpuError, KernelError};
use prism_stream::mock::{MockCompiler, MockDriver};

use super::fixed_k::{GO, INDIVIDUALS, K, graph, launches, loaded};
use super::support::{Options, Search, conflicts};
use super::toy;
use super::warnings::warnings;

/// Makes a search that has found something fail, and looks at what is left of it.
fn fails(go_wrong: impl Fn(&MockDriver, u64), reason: &str) {
    for (mock, mut phase) in loaded(3) {
        assert_eq!(phase.run(1500, &GO), Step::OutOfMoves);
        let (best, moves) = (phase.best(), phase.moves());
        assert!(best.conflicts < conflicts(&graph(), &[0; 24]));
        go_wrong(&mock, launches(&mock));
        let given = warnings(|| assert_eq!(phase.run(50_000, &GO), Step::Failed));
        assert_eq!(given, 1, "one warning");
        let failure = phase.failure().unwrap();
        assert!(failure.contains(reason), "{failure}");
        assert!(phase.moves() >= moves && phase.conflicts() <= best.conflicts);
        assert_eq!(phase.conflicts(), conflicts(&graph(), &phase.best().colors));
        // It stays failed, and says the same.
        assert_eq!(phase.run(1, &GO), Step::Failed);
        assert_eq!(phase.failure().unwrap(), failure);
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_kernel_fault_ends_a_search_and_its_best_stays() {
    fails(|mock, launches| mock.fault_launch(launches + 4, 719), "the kernel trapped");
}

#[test]
fn a_step_that_does_not_end_is_given_up() {
    fails(|mock, launches| mock.hang_launch(launches + 4), "step");
}

#[test]
fn a_call_that_fails_ends_a_search() {
    fails(|mock, _| mock.fail("launch", 4, 701), "too many resources");
}

#[test]
fn a_device_that_is_lost_refuses_another_graph_and_says_why() {
    for (mock, mut phase) in loaded(3) {
        mock.fault_launch(2, 700);
        assert_eq!(phase.run(5000, &GO), Step::Failed);
        let error = phase.load(&graph(), None, K).unwrap_err();
        assert!(error.to_string().contains("is lost"), "{error}");
    }
}

#[test]
fn memory_that_is_gone_at_the_first_step_ends_the_search_and_no_other() {
    for (mock, mut phase) in loaded(3) {
        mock.fail("host_alloc", 0, 2);
        assert_eq!(phase.run(500, &GO), Step::Failed);
        assert!(phase.failure().unwrap().contains("memory"), "{:?}", phase.failure());
        phase.load(&graph(), None, K).unwrap();
        assert!(phase.failure().is_none());
        assert_eq!(phase.run(500, &GO), Step::OutOfMoves);
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn where_device_memory_is_short_fewer_individuals_search() {
    let whole = WhcrGpu::footprint(
        &RepairOptions::default(),
        &prism_gpu::phases::Demands { vertices: 24, edges: 130, colors: K },
        &prism_stream::mock::device_info("mock"),
    )
    .unwrap();
    let (mock, gpu) = toy::device(1, 24, K, 0);
    let mut phase = WhcrGpu::with_context(&gpu, RepairOptions::default()).unwrap();
    mock.limit_memory(whole.device_bytes as usize / 2);
    let given = warnings(|| phase.load(&graph(), None, K).unwrap());
    let count = phase.individuals().unwrap().len() as u32;
    assert!(given >= 1 && count > 0 && count < whole.individuals, "{count}");
    // Where their number was asked for, it is an error.
    let mut fixed = Options::new(3, 1, 10, INDIVIDUALS).repair();
    fixed.phase.individuals = Some(whole.individuals);
    let mut phase = WhcrGpu::with_context(&gpu, fixed).unwrap();
    let error = phase.load(&graph(), None, K).unwrap_err();
    assert!(matches!(&error, PhaseError::Gpu(GpuError::Memory { .. })), "{error}");
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn without_a_compiler_a_graph_is_refused_and_the_error_says_what_to_do() {
    let (mock, gpu) = toy::device(1, 24, K, 8);
    mock.set_compiler(MockCompiler::Failing(KernelError::NoCompiler));
    for mut phase in Options::new(3, 1, 10, 8).every(&gpu) {
        let error = phase.load(&graph(), None, K).unwrap_err();
        assert!(error.to_string().contains("pip install nvidia-cuda-nvrtc"), "{error}");
        // Nothing is loaded, and nothing pretends to be.
        assert_eq!(phase.run(10, &GO), Step::Failed);
        assert!(phase.failure().unwrap().contains("no graph is loaded"));
    }
}

#[test]
fn a_device_that_counts_wrong_is_not_believed() {
    for (mock, mut phase) in loaded(3) {
        phase.run(500, &GO);
        let best = phase.best();
        toy::LIES.set(true);
        let step = phase.run(50_000, &GO);
        toy::LIES.set(false);
        assert_eq!((step, mock.violations().len()), (Step::Failed, 0));
        let failure = phase.failure().unwrap();
        assert!(failure.contains("the host counts"), "{failure}");
        assert!(phase.conflicts() > 0 && phase.conflicts() <= best.conflicts);
        assert_eq!(phase.conflicts(), conflicts(&graph(), &phase.best().colors));
    }
}

#[test]
fn what_is_wrong_is_said_before_a_device_is_asked() {
    let gpu = GpuContext::from_driver(MockDriver::new(1));
    for mut phase in Options::new(1, 1, 1, 4).every(&gpu) {
        assert!(matches!(phase.search(), Err(PhaseError::NothingLoaded)));
        let graph = generate::gnp(5, 0.5, 1).unwrap();
        let error = phase.load(&graph, Some(&[0, 1]), 3).unwrap_err();
        let expected = "a colouring of 2 vertices cannot start a search on a graph of 5";
        assert_eq!(error.to_string(), expected);
        assert!(matches!(phase.load(&graph, None, 0), Err(PhaseError::NoColors)));
        if ![WhcrGpu::PHASE, DendriticWhcrGpu::PHASE].contains(&phase.number()) {
            let large = generate::gnp(5000, 0.001, 1).unwrap();
            assert!(matches!(phase.load(&large, None, 3), Err(PhaseError::TooLarge { .. })));
        }
    }
}

#[test]
fn of_a_search_that_has_failed_the_best_is_saved_and_goes_on_elsewhere() {
    for ((mock, mut search), (_, mut other)) in loaded(3).into_iter().zip(loaded(4)) {
        search.run(1500, &GO);
        mock.fault_launch(launches(&mock) + 2, 719);
        assert_eq!(search.run(50_000, &GO), Step::Failed);
        let saved = search.save();
        assert_eq!((&saved.best, saved.moves), (&search.best(), search.moves()));
        assert!(saved.individuals.is_empty());
        other.restore(&saved).unwrap();
        assert_eq!((other.best(), other.moves()), (search.best(), search.moves()));
        assert_eq!(other.individuals()[0].coloring, saved.best.colors);
        assert_eq!(other.run(500, &GO), Step::OutOfMoves);
        assert!(other.moves() >= saved.moves + 400);
        // And a device that is lost while it is saved loses no more.
        mock_fails_while_saving(&mut *other, &saved);
    }
}

/// A search whose device fails in the middle of a state has failed, with its best.
fn mock_fails_while_saving(other: &mut dyn Search, state: &Saved) {
    let (mock, mut search) =
        loaded(6).into_iter().find(|(_, it)| it.number() == other.number()).unwrap();
    mock.fail("copy_to_device", 2, 719);
    search.restore(state).unwrap();
    assert_eq!(search.best(), state.best);
    assert_eq!(search.run(10, &GO), Step::Failed);
    let saved = search.save();
    assert_eq!((saved.best, saved.individuals.len()), (state.best.clone(), 0));
    mock.fail("copy_to_host", 0, 719);
    assert!(search.failure().is_some());
}
