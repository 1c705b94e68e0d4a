//! What the automatic choice promises: it is made once, from measurements, and again when it is asked
//! for; it costs nothing in between, and no result depends on it.

use std::time::Duration;

use prism_stream::mock::MockDriver;
use prism_stream::{DriverError, GpuError, PipelineOptions, Placement, Submission};
use proptest::prelude::*;

use crate::support::{
    Config, Pipeline, STREAMS, Summing, automatic, config, device, expected, kernel, options,
    pipeline, unbound,
};

pub const US: Duration = Duration::from_micros(1);

/// What is chosen for single steps that the host holds up.
pub const MAPPED: (Placement, Submission) = (Placement::Mapped, Submission::Graph);

/// Runs steps one by one from `from` on, as many as `to` in all, and checks what comes back.
pub fn run(pipeline: &mut Pipeline, from: u64, to: u64) {
    for step in from..to {
        if let Some(done) = pipeline.step(&config(step)).unwrap() {
            assert_eq!(*done, expected(&config(done.step), done.step), "step {}", done.step);
        }
    }
}

/// The same in batches.
pub fn run_batches(pipeline: &mut Pipeline, from: u64, to: u64, size: u64) {
    for first in (from..to).step_by(size as usize) {
        let batch: Vec<Config> = (first..first + size).map(config).collect();
        pipeline.submit_batch(&batch).unwrap();
        for done in pipeline.drain().unwrap() {
            assert_eq!(done.telemetry, expected(&config(done.step), done.step));
        }
    }
}

/// A host whose calls take a microsecond each: what the device does in less, it waits for.
pub fn slow_host(mock: &MockDriver, kernel: u32) {
    mock.cost("call", US);
    mock.cost("kernel", US * kernel);
}

pub fn way(pipeline: &Pipeline) -> (Placement, Submission) {
    (pipeline.stats().placement, pipeline.stats().submission)
}

#[test]
fn the_first_steps_choose_a_transport_and_say_why() {
    for (kernel, expected) in [(1, MAPPED), (100, STREAMS)] {
        let (mock, gpu) = device(1);
        slow_host(&mock, kernel);
        let mut pipeline = pipeline(&gpu, automatic(3));
        assert_eq!(pipeline.stats().reason, "the first steps are measured");
        assert!(pipeline.measured().is_none());
        run(&mut pipeline, 0, 20);
        let stats = pipeline.stats();
        assert_eq!((stats.placement, stats.submission), expected);
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
fn batches_become_graphs_and_single_steps_only_if_their_graphs_can_be_launched_again() {
    for repeats in [true, false] {
        let (mock, gpu) = device(2);
        slow_host(&mock, 1);
        mock.cost("kernel", Duration::from_nanos(100));
        let mut pipeline = unbound(&gpu, automatic(8));
        pipeline.bind(Summing { repeats, ..kernel(&gpu) }).unwrap();
        run_batches(&mut pipeline, 0, 80, 8);
        assert_eq!(pipeline.stats().submission, Submission::Graph, "{:?}", pipeline.stats());
        pipeline.retune();
        run(&mut pipeline, 80, 200);
        let singly = if repeats { Submission::Graph } else { Submission::Streams };
        assert_eq!(pipeline.stats().submission, singly);
        assert_eq!(pipeline.stats().choices, 2);
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn where_nothing_overlaps_the_host_is_spared_its_copies_though_the_kernel_is_long() {
    let depth_of_one = automatic(1);
    let with_room_for_batches = PipelineOptions { batch: 4, ..automatic(1) };
    let one_in_flight = PipelineOptions { in_flight: Some(1), ..automatic(3) };
    for (options, way_of_singles) in [
        (depth_of_one, MAPPED),
        (with_room_for_batches, MAPPED),
        (one_in_flight, MAPPED),
        (automatic(3), STREAMS),
    ] {
        let (mock, gpu) = device(3);
        slow_host(&mock, 30);
        let mut pipeline = pipeline(&gpu, options);
        run(&mut pipeline, 0, 100);
        assert_eq!(way(&pipeline), way_of_singles, "{options:?}");
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

/// Rules 10 and 16.
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
            for call in calls {
                assert_ne!(call.name, "event_elapsed", "nobody looks at times any more");
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
        let singly = if placement == Placement::Mapped { MAPPED } else { STREAMS };
        assert_eq!(way(&pipeline), singly);
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
fn a_graph_that_was_asked_for_and_refused_is_not_chosen_again_either() {
    let (mock, gpu) = device(8);
    slow_host(&mock, 1);
    let graphs = PipelineOptions { submission: Some(Submission::Graph), ..automatic(3) };
    let mut pipeline = pipeline(&gpu, graphs);
    run(&mut pipeline, 0, 30);
    assert_eq!(way(&pipeline), MAPPED);
    mock.fail("graph_launch", 0, 1);
    run(&mut pipeline, 30, 60);
    assert_eq!(pipeline.stats().submission, Submission::Streams);
    pipeline.retune();
    run(&mut pipeline, 60, 100);
    assert_eq!((pipeline.stats().submission, pipeline.stats().choices), (Submission::Streams, 2));
    // That was this kernel.
    pipeline.drain().unwrap();
    pipeline.bind(kernel(&gpu)).unwrap();
    for step in 0..30 {
        pipeline.step(&config(step)).unwrap();
    }
    assert_eq!(pipeline.stats().submission, Submission::Graph);
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn what_was_chosen_for_one_kernel_is_not_left_to_another_that_cannot_be_measured() {
    let (mock, gpu) = device(1);
    slow_host(&mock, 1);
    let mut pipeline = pipeline(&gpu, automatic(3));
    run(&mut pipeline, 0, 100);
    assert_eq!(way(&pipeline), MAPPED);
    pipeline.drain().unwrap();
    pipeline.bind(Summing { repeats: false, ..kernel(&gpu) }).unwrap();
    mock.fail("event_elapsed", 0, 1);
    for step in 0..100 {
        pipeline.step(&config(step)).unwrap();
    }
    assert_eq!(pipeline.stats().reason, "the steps could not be measured");
    assert_eq!((way(&pipeline), pipeline.stats().depth), (STREAMS, 3));
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
                0 if size > 6 => pipeline.retune(),
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
