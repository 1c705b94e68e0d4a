//! What the automatic choice promises: it is made from measurements, made again when they no longer
//! hold, costs nothing in between, and no result depends on it.

use std::sync::Arc;
use std::time::Duration;

use prism_stream::mock::{Call, MockDriver};
use prism_stream::{DriverError, GpuError, PipelineOptions, Placement, Submission};
use proptest::prelude::*;

use crate::support::{
    Config, Pipeline, automatic, config, device, expected, kernel, options, pipeline, unbound,
};

const US: Duration = Duration::from_micros(1);

/// Runs steps one by one from `from` on, as many as `to` in all, and checks what comes back.
fn run(pipeline: &mut Pipeline, from: u64, to: u64) {
    for step in from..to {
        if let Some(done) = pipeline.step(&config(step)).unwrap() {
            assert_eq!(*done, expected(&config(done.step), done.step), "step {}", done.step);
        }
    }
}

/// The same in batches.
fn run_batches(pipeline: &mut Pipeline, from: u64, to: u64, size: u64) {
    for first in (from..to).step_by(size as usize) {
        let batch: Vec<Config> = (first..first + size).map(config).collect();
        pipeline.submit_batch(&batch).unwrap();
        for done in pipeline.drain().unwrap() {
            assert_eq!(done.telemetry, expected(&config(done.step), done.step));
        }
    }
}

/// A host whose calls take a microsecond each: what the device does in less, it waits for.
fn slow_host(mock: &MockDriver, kernel: u32) {
    mock.cost("call", US);
    mock.cost("kernel", US * kernel);
}

fn way(pipeline: &Pipeline) -> (Placement, Submission) {
    (pipeline.stats().placement, pipeline.stats().submission)
}

#[test]
fn the_first_steps_choose_a_transport_and_say_why() {
    for (kernel, expected) in [(1, Placement::Mapped), (100, Placement::Copied)] {
        let (mock, gpu) = device(1);
        slow_host(&mock, kernel);
        let mut pipeline = pipeline(&gpu, automatic(3));
        assert_eq!(pipeline.stats().reason, "the first steps are measured");
        assert!(pipeline.measured().is_none());
        run(&mut pipeline, 0, 20);
        let stats = pipeline.stats();
        assert_eq!((stats.placement, stats.submission), (expected, Submission::Streams));
        assert_eq!((stats.choices, stats.depth), (1, 3), "{stats:?}");
        assert!(stats.reason.contains(if kernel == 1 { "mapped" } else { "kernel" }));
        let measured = pipeline.measured().expect("measured");
        let copied = measured.copied.expect("copies come first");
        assert!(copied.kernel >= f64::from(kernel) && copied.both >= 2.0, "{measured:?}");
        assert_eq!(measured.mapped.is_some(), kernel == 1, "measured only where it can help");
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_measured_step_is_enqueued_as_a_whole_before_any_of_it_runs() {
    let (mock, gpu) = device(12);
    let mut pipeline = pipeline(&gpu, automatic(3));
    let _ = mock.take_calls();
    pipeline.submit(&config(0)).unwrap();
    let calls = mock.take_calls();
    let at = |name| calls.iter().position(|call| call.name == name).unwrap();
    let launched = calls.iter().position(|call| call.name == "launch").unwrap();
    assert!(at("stream_hold") < at("event_record") && at("event_record") < launched);
    let held = calls.iter().filter(|call| call.name == "stream_hold").count();
    assert_eq!(held, 2, "the step, and its copies once more");
    // A gate that stays closed would hold up the device for ever, which the mock notices.
    run(&mut pipeline, 1, 20);
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn whatever_goes_wrong_behind_a_gate_opens_it() {
    for (name, after) in [("launch", 0), ("event_record", 2), ("copy_to_device", 1)] {
        let (mock, gpu) = device(13);
        let mut pipeline = pipeline(&gpu, automatic(3));
        mock.fail(name, after, DriverError::INVALID_VALUE);
        let _ = pipeline.submit(&config(0));
        pipeline.quiesce().unwrap();
        assert_eq!(mock.violations(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn steps_are_measured_also_where_no_stream_can_be_held_back() {
    let (mock, gpu) = device(14);
    slow_host(&mock, 1);
    let mut pipeline = pipeline(&gpu, automatic(3));
    (0..40).for_each(|_| mock.fail("stream_hold", 0, DriverError::INVALID_VALUE));
    run(&mut pipeline, 0, 100);
    assert_eq!(pipeline.stats().choices, 1);
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn batches_that_the_host_holds_up_become_graphs_and_single_steps_do_not() {
    let (mock, gpu) = device(2);
    slow_host(&mock, 1);
    mock.cost("kernel", Duration::from_nanos(100));
    let mut pipeline = pipeline(&gpu, automatic(8));
    run_batches(&mut pipeline, 0, 80, 8);
    assert_eq!(pipeline.stats().submission, Submission::Graph, "{:?}", pipeline.stats());
    // One by one from now on: a graph of one step gains nothing.
    run(&mut pipeline, 80, 1000);
    assert_eq!(pipeline.stats().submission, Submission::Streams);
    assert_eq!(pipeline.stats().choices, 2);
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_kernel_that_changes_is_noticed_and_the_choice_made_again() {
    for seed in 0..10 {
        let (mock, gpu) = device(seed);
        slow_host(&mock, 1);
        let mut pipeline = pipeline(&gpu, automatic(3));
        run(&mut pipeline, 0, 100);
        assert_eq!(way(&pipeline), (Placement::Mapped, Submission::Streams));
        slow_host(&mock, 300);
        run(&mut pipeline, 100, 1000);
        assert_eq!(pipeline.stats().choices, 2, "{:?}", pipeline.stats());
        let kernel = pipeline.measured().unwrap().copied.unwrap().kernel;
        assert!(kernel >= 295.0, "{kernel}");
        slow_host(&mock, 1);
        run(&mut pipeline, 1000, 2000);
        assert_eq!(pipeline.stats().choices, 3);
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_choice_that_a_late_step_held_up_is_carried_out_once_that_has_come_back() {
    /// A pipeline that copies since mapped memory seemed slow, its kernel now so long that it would do.
    fn lengthened() -> (Arc<MockDriver>, Pipeline) {
        let (mock, gpu) = device(3);
        slow_host(&mock, 1);
        let mut pipeline = pipeline(&gpu, automatic(3));
        run(&mut pipeline, 0, 6);
        slow_host(&mock, 20);
        run(&mut pipeline, 6, 20);
        slow_host(&mock, 1);
        assert_eq!((way(&pipeline).0, pipeline.stats().choices), (Placement::Copied, 1));
        run(&mut pipeline, 20, 100);
        slow_host(&mock, 500);
        (mock, pipeline)
    }
    let launches =
        |mock: &MockDriver| mock.take_calls().iter().filter(|call| call.name == "launch").count();
    let (mock, mut pipeline) = lengthened();
    let (mut step, mut launched) = (100, launches(&mock));
    while pipeline.stats().choices == 1 {
        launched += launches(&mock);
        run(&mut pipeline, step, step + 1);
        step += 1;
    }
    assert_eq!(way(&pipeline).0, Placement::Mapped);
    // Once more, and what was launched just before the choice is late.
    let (mock, mut pipeline) = lengthened();
    mock.hang_launch(launched as u64 - 1);
    run(&mut pipeline, 100, step - 1);
    let late = pipeline.submit(&config(step - 1)).expect_err("it hangs");
    assert!(matches!(late, GpuError::StepTimeout { .. }), "{late}");
    assert_eq!((way(&pipeline).0, pipeline.stats().choices), (Placement::Copied, 1));
    mock.release();
    pipeline.submit(&config(step - 1)).unwrap();
    assert_eq!((way(&pipeline).0, pipeline.stats().choices), (Placement::Mapped, 2));
    for done in pipeline.drain().unwrap() {
        assert_eq!(done.telemetry, expected(&config(done.step), done.step));
    }
    assert_eq!(mock.violations(), Vec::<String>::new());
}

/// How many calls of a name there are before the first place where `what` follow one another.
fn count_before(calls: &[Call], name: &str, what: [&str; 2]) -> u64 {
    let here = |pair: &[Call]| [pair[0].name, pair[1].name] == what;
    let at = calls.windows(2).position(here).expect("a sample");
    calls[..at].iter().filter(|call| call.name == name).count() as u64
}

#[test]
fn a_sample_that_cannot_be_timed_ends_no_graph() {
    let batches = |fault: Option<u64>| {
        let (mock, gpu) = device(2);
        slow_host(&mock, 1);
        mock.cost("kernel", Duration::from_nanos(100));
        let mut pipeline = pipeline(&gpu, automatic(8));
        run_batches(&mut pipeline, 0, 80, 8);
        let _ = mock.take_calls();
        fault.into_iter().for_each(|after| mock.fail("event_record", after, 1));
        run_batches(&mut pipeline, 80, 80 + 8 * 200, 8);
        assert_eq!(pipeline.stats().submission, Submission::Graph, "{:?}", pipeline.stats());
        assert_eq!(mock.violations(), Vec::<String>::new());
        mock.take_calls()
    };
    let samples = |calls: &[Call]| calls.iter().filter(|call| call.name == "event_elapsed").count();
    let untouched = batches(None);
    let begin = count_before(&untouched, "event_record", ["event_record", "graph_launch"]);
    for fault in [begin, begin + 1] {
        let calls = batches(Some(fault));
        assert!((1..=samples(&untouched)).contains(&samples(&calls)), "it goes on to be watched");
    }
}

#[test]
fn the_copies_of_a_graph_are_no_drift_of_its_kernel() {
    let (mock, gpu) = device(6);
    slow_host(&mock, 1);
    mock.cost("copy", US * 50);
    let graphs = PipelineOptions { submission: Some(Submission::Graph), ..automatic(8) };
    let mut pipeline = pipeline(&gpu, graphs);
    run_batches(&mut pipeline, 0, 8 * 400, 8);
    assert_eq!(way(&pipeline), (Placement::Copied, Submission::Graph));
    assert_eq!(pipeline.stats().choices, 1);
    let kernel = pipeline.measured().unwrap().copied.unwrap().kernel;
    assert!(kernel < 2.0, "{kernel}");
    // One that outlasts them is.
    slow_host(&mock, 1000);
    run_batches(&mut pipeline, 8 * 400, 8 * 800, 8);
    assert_eq!(pipeline.stats().choices, 2);
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_sampled_step_that_failed_is_no_sample() {
    let steps = |fault: Option<u64>| {
        let (mock, gpu) = device(4);
        slow_host(&mock, 1);
        let mut pipeline = pipeline(&gpu, automatic(3));
        run(&mut pipeline, 0, 40);
        let _ = mock.take_calls();
        fault.into_iter().for_each(|after| mock.fail("launch", after, 1));
        for at in 40..400 {
            let failed = pipeline.step(&config(at)).is_err();
            assert!(!failed || fault.is_some());
        }
        pipeline.drain().unwrap();
        assert_eq!(mock.violations(), Vec::<String>::new());
        mock.take_calls()
    };
    let calls = steps(None);
    let calls = steps(Some(count_before(&calls, "launch", ["event_record", "launch"])));
    let read: Vec<u64> =
        calls.iter().filter(|call| call.name == "event_elapsed").map(|call| call.object).collect();
    let begun = calls.iter().filter(|call| call.name == "event_record" && call.object == read[0]);
    assert_eq!(begun.count(), read.len() + 1, "the begin that failed was not read");
}

#[test]
fn a_kernel_that_shortens_makes_mapped_memory_worth_measuring() {
    let (mock, gpu) = device(3);
    slow_host(&mock, 100);
    let mut pipeline = pipeline(&gpu, automatic(3));
    run(&mut pipeline, 0, 100);
    assert_eq!(way(&pipeline), (Placement::Copied, Submission::Streams));
    assert!(pipeline.measured().unwrap().mapped.is_none());
    slow_host(&mock, 1);
    run(&mut pipeline, 100, 1000);
    assert_eq!(way(&pipeline), (Placement::Mapped, Submission::Streams));
    assert!(pipeline.measured().unwrap().mapped.is_some());
    assert_eq!(mock.violations(), Vec::<String>::new());
}

/// Rules 10 and 16: what is sampled is read once it is complete, and no call waits for it.
#[test]
fn nothing_is_allocated_and_nothing_waited_for_once_the_choice_is_made() {
    for kernel in [1, 100] {
        for batch in [1, 4] {
            let (mock, gpu) = device(4);
            slow_host(&mock, kernel);
            let mut pipeline = pipeline(&gpu, automatic(4));
            run_batches(&mut pipeline, 0, 80, batch);
            let (before, _) = (gpu.memory_use(), mock.take_calls());
            run_batches(&mut pipeline, 80, 80 + 1000 * batch, batch);
            assert_eq!(gpu.memory_use(), before);
            let calls = mock.take_calls();
            assert!(calls.iter().any(|call| call.name == "event_elapsed"), "it is watched");
            for call in calls {
                let allocates = ["alloc", "create", "free", "destroy", "load", "instantiate"];
                assert!(!allocates.iter().any(|word| call.name.contains(word)), "{call:?}");
                assert!(!call.name.ends_with("synchronize"), "{call:?}");
            }
            assert_eq!(pipeline.stats().choices, 1);
            assert_eq!(mock.violations(), Vec::<String>::new());
        }
    }
}

#[test]
fn what_is_pinned_is_neither_measured_nor_chosen() {
    for transport in crate::support::TRANSPORTS {
        let (mock, gpu) = device(5);
        slow_host(&mock, 1);
        let mut pipeline = pipeline(&gpu, options(3, transport));
        run(&mut pipeline, 0, 500);
        assert_eq!((way(&pipeline), pipeline.stats().choices), (transport, 0));
        assert_eq!(pipeline.stats().reason, "as asked for");
        assert!(!mock.take_calls().iter().any(|call| call.name == "event_elapsed"));
    }
    for placement in [Placement::Copied, Placement::Mapped] {
        let (mock, gpu) = device(5);
        slow_host(&mock, 1);
        let pinned = PipelineOptions { placement: Some(placement), ..automatic(3) };
        let mut pipeline = pipeline(&gpu, pinned);
        run(&mut pipeline, 0, 500);
        assert_eq!(way(&pipeline), (placement, Submission::Streams));
    }
    let (mock, gpu) = device(5);
    slow_host(&mock, 1);
    let pinned = PipelineOptions { submission: Some(Submission::Graph), ..automatic(3) };
    let mut pipeline = pipeline(&gpu, pinned);
    run(&mut pipeline, 0, 500);
    assert_eq!(pipeline.stats().submission, Submission::Graph);
}

#[test]
fn no_more_steps_are_in_flight_than_an_option_allows() {
    let (mock, gpu) = device(6);
    let transport = (Placement::Copied, Submission::Streams);
    let pinned = PipelineOptions { in_flight: Some(2), ..options(4, transport) };
    let mut pipeline = pipeline(&gpu, pinned);
    for step in 0..4 {
        pipeline.submit(&config(step)).unwrap();
        assert!(pipeline.stats().submitted - pipeline.stats().finished <= 2);
    }
    assert_eq!(pipeline.submit(&config(4)), Err(GpuError::PipelineFull { slots: 4 }));
    assert_eq!(pipeline.drain().unwrap().len(), 4);
    assert_eq!(mock.violations(), Vec::<String>::new());
    for in_flight in [0, 5] {
        let options = PipelineOptions { in_flight: Some(in_flight), ..automatic(4) };
        let pool = prism_stream::StreamPool::new(gpu.clone(), Default::default());
        assert!(Pipeline::new(pool, options).is_err());
    }
}

#[test]
fn another_kernel_is_measured_anew() {
    let (mock, gpu) = device(7);
    slow_host(&mock, 1);
    let mut pipeline = pipeline(&gpu, automatic(3));
    run(&mut pipeline, 0, 50);
    assert_eq!(way(&pipeline).0, Placement::Mapped);
    pipeline.drain().unwrap();
    pipeline.bind(kernel(&gpu)).unwrap();
    slow_host(&mock, 100);
    for step in 0..50 {
        pipeline.step(&config(step)).unwrap();
    }
    assert_eq!(way(&pipeline).0, Placement::Copied);
    assert_eq!(pipeline.stats().choices, 2);
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_refused_graph_is_not_chosen_again() {
    let (mock, gpu) = device(8);
    slow_host(&mock, 1);
    mock.cost("kernel", Duration::from_nanos(100));
    let mut pipeline = unbound(&gpu, automatic(8));
    let mut greedy = kernel(&gpu);
    greedy.greedy_from = Some(0);
    pipeline.bind(greedy).unwrap();
    run_batches(&mut pipeline, 0, 4000, 8);
    assert_eq!(pipeline.stats().submission, Submission::Streams);
    let refused = mock.take_calls().iter().filter(|call| call.name == "capture_begin").count();
    assert_eq!(refused, 1);
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn steps_that_cannot_be_measured_run_all_the_same() {
    for (name, after) in [("event_elapsed", 0), ("event_elapsed", 3), ("event_elapsed", 7)] {
        let (mock, gpu) = device(9);
        slow_host(&mock, 1);
        let mut pipeline = pipeline(&gpu, automatic(3));
        mock.fail(name, after, DriverError::INVALID_VALUE);
        run(&mut pipeline, 0, 100);
        assert_eq!(pipeline.stats().reason, "the steps could not be measured");
        assert_eq!(pipeline.stats().choices, 0);
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_measured_step_that_hangs_times_out_and_can_be_waited_for_again() {
    for nth in 0..20 {
        let (mock, gpu) = device(10);
        slow_host(&mock, 1);
        let mut pipeline = pipeline(&gpu, automatic(3));
        mock.hang_launch(nth);
        let (mut step, mut taken, mut late) = (0, 0, 0);
        while taken < 40 {
            match pipeline.submit(&config(step)) {
                Ok(_) => step += 1,
                Err(GpuError::StepTimeout { step: hung, .. }) => {
                    late += 1;
                    step = hung + 1; // accepted, unless it is an older one that is late
                    step = step.max(pipeline.stats().submitted);
                    mock.release();
                }
                Err(GpuError::PipelineFull { .. }) => {}
                Err(error) => panic!("{error}"),
            }
            match pipeline.try_next() {
                Ok(Some(done)) => {
                    assert_eq!((done.step, *done), (taken, expected(&config(taken), taken)));
                    taken += 1;
                }
                Ok(None) => {}
                Err(error) => panic!("{error}"),
            }
            if pipeline.pending() == 3 && late == 0 {
                if matches!(pipeline.next(), Err(GpuError::StepTimeout { .. })) {
                    late += 1;
                    mock.release();
                } else {
                    taken += 1;
                }
            }
        }
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn without_streams_nothing_is_measured_and_it_goes_on_in_sync_mode() {
    let (mock, gpu) = device(11);
    let mut pipeline = pipeline(&gpu, automatic(3));
    mock.fail("stream_create", 1, 2);
    run(&mut pipeline, 0, 50);
    assert_eq!(way(&pipeline), (Placement::Copied, Submission::Sync));
    assert_eq!(pipeline.stats().reason, "streams could not be had");
    assert_eq!(mock.violations(), Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is pinned, whatever the times are and become, whoever submits how.
    #[test]
    fn no_result_depends_on_the_choice(
        seed in any::<u64>(),
        depth in 1_usize..=8,
        batch in 1_usize..=4,
        placement in 0_usize..3,
        submission in 0_usize..3,
        repeats in any::<bool>(),
        moves in proptest::collection::vec((0_u8..12, 1_u64..=8), 50..400),
    ) {
        let (mock, gpu) = device(seed);
        let options = PipelineOptions {
            placement: [None, Some(Placement::Copied), Some(Placement::Mapped)][placement],
            submission: [None, Some(Submission::Streams), Some(Submission::Graph)][submission],
            batch,
            ..automatic(depth)
        };
        let mut pipeline = unbound(&gpu, options);
        let mut summing = kernel(&gpu);
        summing.repeats = repeats;
        pipeline.bind(summing).unwrap();
        let (mut submitted, mut taken) = (0, 0);
        for (what, size) in moves {
            match what {
                0 => slow_host(&mock, 1),
                1 => slow_host(&mock, 10 * size as u32 * size as u32),
                2..8 => {
                    let batch: Vec<Config> = (submitted..submitted + size).map(config).collect();
                    match pipeline.submit_batch(&batch) {
                        Ok(range) => submitted = range.end,
                        Err(GpuError::PipelineFull { .. }) => {
                            prop_assert!(size > options.slots() as u64 - pipeline.pending());
                        }
                        Err(error) => return Err(TestCaseError::fail(error.to_string())),
                    }
                }
                _ => for _ in 0..size {
                    let done =
                        if what < 10 { pipeline.next() } else { pipeline.try_next() }.unwrap();
                    let Some(done) = done else { break };
                    prop_assert_eq!((done.step, *done), (taken, expected(&config(taken), taken)));
                    taken += 1;
                },
            }
        }
        for done in pipeline.drain().unwrap() {
            prop_assert_eq!(done.telemetry, expected(&config(taken), taken));
            taken += 1;
        }
        prop_assert_eq!(taken, submitted);
        drop(pipeline);
        drop(gpu);
        prop_assert_eq!(mock.live(), (0, 0, 0, 0));
        prop_assert_eq!(mock.live_graphs(), (0, 0, 0));
        prop_assert_eq!(mock.violations(), Vec::<String>::new());
    }
}
