//! What batches and graphs promise: rules 18 to 21, and what a batch costs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prism_stream::mock::MockDriver;
use prism_stream::{GpuContext, GpuError, PipelineOptions, Placement, Submission};
use proptest::prelude::*;

use crate::support::{
    Config, Greed, Pipeline, TRANSPORTS, config, device, expected, kernel, options, pipeline,
    unbound,
};
use crate::warnings::warnings;

const MAPPED: (Placement, Submission) = (Placement::Mapped, Submission::Graph);
const COPIED: (Placement, Submission) = (Placement::Copied, Submission::Graph);

fn configs(steps: std::ops::Range<u64>) -> Vec<Config> {
    steps.map(config).collect()
}

/// Takes what is there and checks it against the steps before.
fn take_all(pipeline: &mut Pipeline, taken: &mut u64) {
    for done in pipeline.drain().unwrap() {
        assert_eq!((done.step, done.telemetry), (*taken, expected(&config(*taken), *taken)));
        *taken += 1;
    }
}

/// The names of the calls of the second batch of `steps` on the same slots, of a third kind: those
/// that poll are left out.
fn calls_of_a_batch(mock: &MockDriver, pipeline: &mut Pipeline, steps: u64) -> Vec<&'static str> {
    let mut taken = 0;
    for round in 0..3 {
        let _ = mock.take_calls();
        pipeline.submit_batch(&configs(round * steps..(round + 1) * steps)).unwrap();
        if round == 2 {
            break;
        }
        take_all(pipeline, &mut taken);
    }
    let calls = mock.take_calls();
    take_all(pipeline, &mut taken);
    calls.iter().map(|call| call.name).collect()
}

#[test]
fn a_batch_of_mapped_steps_costs_one_launch_a_step_and_one_record() {
    let (mock, gpu) = device(1);
    let transport = (Placement::Mapped, Submission::Streams);
    let mut pipeline = pipeline(&gpu, options(8, transport));
    let calls = calls_of_a_batch(&mock, &mut pipeline, 8);
    assert_eq!(calls, [vec!["launch"; 8], vec!["event_record"]].concat());
}

#[test]
fn a_batch_as_a_graph_costs_one_launch_and_one_record() {
    for transport in [MAPPED, COPIED] {
        let (mock, gpu) = device(1);
        let mut pipeline = pipeline(&gpu, options(8, transport));
        let calls = calls_of_a_batch(&mock, &mut pipeline, 8);
        assert_eq!(calls, ["graph_launch", "event_record"], "{transport:?}");
        assert_eq!(pipeline.stats().submission, Submission::Graph);
    }
}

#[test]
fn the_steps_of_a_batch_are_seen_with_one_query() {
    for transport in TRANSPORTS.into_iter().filter(|(_, how)| *how != Submission::Sync) {
        let (mock, gpu) = device(2);
        let mut pipeline = pipeline(&gpu, options(8, transport));
        pipeline.submit_batch(&configs(0..8)).unwrap();
        gpu.synchronize().unwrap();
        let _ = mock.take_calls();
        take_all(&mut pipeline, &mut 0);
        let calls = mock.take_calls();
        assert_eq!(calls.iter().filter(|call| call.name == "event_query").count(), 1);
        assert_eq!(calls.len(), 1, "{transport:?}");
    }
}

#[test]
fn a_kernel_whose_launches_differ_is_captured_anew_without_instantiating_again() {
    let (mock, gpu) = device(3);
    let mut pipeline = unbound(&gpu, options(4, MAPPED));
    let mut differing = kernel(&gpu);
    differing.repeats = false;
    pipeline.bind(differing).unwrap();
    let calls = calls_of_a_batch(&mock, &mut pipeline, 4);
    let mut captured = vec!["capture_begin"];
    captured.extend(["launch"; 4]);
    captured.extend(["capture_end", "graph_update", "graph_destroy", "graph_launch"]);
    captured.push("event_record");
    assert_eq!(calls, captured);
    assert_eq!(mock.live_graphs(), (0, 0, 1));
}

#[test]
fn a_graph_of_another_shape_is_instantiated_again() {
    let (mock, gpu) = device(4);
    let mut pipeline = unbound(&gpu, options(4, MAPPED));
    let mut differing = kernel(&gpu);
    (differing.repeats, differing.extra_at) = (false, Some(9));
    pipeline.bind(differing).unwrap();
    let calls = calls_of_a_batch(&mock, &mut pipeline, 4);
    assert!(calls.contains(&"graph_instantiate") && calls.contains(&"graph_exec_destroy"));
    assert_eq!(mock.live_graphs(), (0, 0, 1));
    assert_eq!(pipeline.stats().submission, Submission::Graph);
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_kernel_that_cannot_be_captured_goes_on_with_streams_after_one_warning() {
    type Make = fn(GpuContext) -> Greed;
    let cases: [(_, Make); 4] = [
        (MAPPED, |_| Greed::Memory),
        (COPIED, |_| Greed::Memory),
        (COPIED, Greed::Buffer),
        (COPIED, Greed::Module),
    ];
    for (transport, greed) in cases {
        let (mock, gpu) = device(5);
        let mut pipeline = unbound(&gpu, options(8, transport));
        let mut greedy = kernel(&gpu);
        (greedy.greedy_from, greedy.greed) = (Some(4), greed(gpu.clone()));
        pipeline.bind(greedy).unwrap();
        let mut taken = 0;
        let warnings = warnings(|| {
            for batch in 0..6 {
                pipeline.submit_batch(&configs(batch * 4..batch * 4 + 4)).unwrap();
                take_all(&mut pipeline, &mut taken);
            }
        });
        assert_eq!((taken, warnings), (24, 1), "{transport:?}");
        assert_eq!(pipeline.stats().submission, Submission::Streams);
        assert_eq!(pipeline.stats().reason, "a graph was refused");
        assert_eq!(mock.live_graphs(), (0, 0, 0));
        // That was this kernel: another one may be captured.
        pipeline.bind(kernel(&gpu)).unwrap();
        for batch in 0..2 {
            pipeline.submit_batch(&configs(batch * 4..batch * 4 + 4)).unwrap();
            for (step, done) in (batch * 4..).zip(pipeline.drain().unwrap()) {
                assert_eq!(done.telemetry, expected(&config(step), step));
            }
        }
        assert_eq!(pipeline.stats().submission, Submission::Graph);
        assert_ne!(mock.live_graphs(), (0, 0, 0));
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_panic_in_a_capture_ends_it_and_leaves_the_steps_right() {
    for transport in [MAPPED, COPIED] {
        let (mock, gpu) = device(6);
        let mut pipeline = unbound(&gpu, options(8, transport));
        let mut panicking = kernel(&gpu);
        panicking.panic_at = Some(6);
        pipeline.bind(panicking).unwrap();
        pipeline.submit_batch(&configs(0..4)).unwrap();
        let batch = configs(4..8);
        let panicked = catch_unwind(AssertUnwindSafe(|| pipeline.submit_batch(&batch)));
        assert!(panicked.is_err());
        assert_eq!(mock.live_graphs(), (0, 0, 0), "ended, and its part of a graph destroyed");
        assert_eq!(pipeline.submit_batch(&batch).unwrap(), 4..8);
        take_all(&mut pipeline, &mut 0);
        assert_eq!(pipeline.stats().submission, Submission::Graph);
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn steps_before_the_one_that_failed_stay_submitted_in_every_transport() {
    for transport in TRANSPORTS {
        let (mock, gpu) = device(7);
        let mut pipeline = unbound(&gpu, options(8, transport));
        let mut failing = kernel(&gpu);
        failing.fail_at = Some(6);
        pipeline.bind(failing).unwrap();
        pipeline.submit_batch(&configs(0..4)).unwrap();
        let mut taken = 0;
        take_all(&mut pipeline, &mut taken);
        let error = pipeline.submit_batch(&configs(4..8)).expect_err("step 6 fails");
        assert!(matches!(error, GpuError::Step { step: 6, .. }), "{transport:?}: {error}");
        assert_eq!(pipeline.pending(), 2);
        assert_eq!(pipeline.submit_batch(&configs(6..8)).unwrap(), 6..8);
        take_all(&mut pipeline, &mut taken);
        assert_eq!(taken, 8);
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn graphs_go_before_what_they_name() {
    for transport in [MAPPED, COPIED] {
        let (mock, gpu) = device(8);
        let mut pipeline = pipeline(&gpu, options(4, transport));
        let mut taken = 0;
        for batch in 0..3 {
            pipeline.submit_batch(&configs(batch * 4..batch * 4 + 4)).unwrap();
            take_all(&mut pipeline, &mut taken);
        }
        assert_eq!(mock.live_graphs().2, 1);
        let other = kernel(&gpu);
        let _ = mock.take_calls();
        pipeline.bind(other).unwrap();
        let calls = mock.take_calls();
        let at = |name| calls.iter().position(|call| call.name == name);
        assert!(at("graph_exec_destroy") < at("device_free"), "before the old kernel's memory");
        assert!(at("graph_exec_destroy").is_some());
        let mut counted = 0;
        for batch in 3..6 {
            pipeline.submit_batch(&configs(batch * 4..batch * 4 + 4)).unwrap();
            for done in pipeline.drain().unwrap() {
                assert_eq!(done.telemetry, expected(&config(done.step), counted), "its own count");
                counted += 1;
            }
        }
        let _ = mock.take_calls();
        drop(pipeline);
        let calls = mock.take_calls();
        let at = |name| calls.iter().position(|call| call.name == name);
        assert!(at("graph_exec_destroy").is_some() && at("graph_exec_destroy") < at("host_free"));
        assert_eq!(mock.live_graphs(), (0, 0, 0));
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Rule 21 too: the mock notices a graph that is launched while it runs.
    #[test]
    fn batches_of_any_size_come_back_once_in_order_and_right(
        seed in any::<u64>(),
        depth in 1_usize..=8,
        batch in 1_usize..=8,
        transport in 0_usize..6,
        repeats in any::<bool>(),
        moves in proptest::collection::vec((1_u64..=12, 0_usize..13), 1..40),
    ) {
        let (mock, gpu) = device(seed);
        let options = PipelineOptions { batch, ..options(depth, TRANSPORTS[transport]) };
        let mut pipeline = unbound(&gpu, options);
        let mut summing = kernel(&gpu);
        summing.repeats = repeats;
        pipeline.bind(summing).unwrap();
        let (mut submitted, mut taken) = (0, 0);
        for (steps, take) in moves {
            let free = options.slots() as u64 - pipeline.pending();
            let end = submitted + steps;
            match pipeline.submit_batch(&configs(submitted..end)) {
                Ok(range) => {
                    prop_assert_eq!(range, submitted..end);
                    submitted = end;
                }
                Err(GpuError::PipelineFull { .. }) => prop_assert!(steps > free),
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            }
            for _ in 0..take {
                let Some(done) = pipeline.next().unwrap() else { break };
                prop_assert_eq!((done.step, *done), (taken, expected(&config(taken), taken)));
                taken += 1;
            }
        }
        take_all(&mut pipeline, &mut taken);
        prop_assert_eq!(taken, submitted);
        drop(pipeline);
        prop_assert_eq!(mock.live_graphs(), (0, 0, 0));
        prop_assert_eq!(mock.violations(), Vec::<String>::new());
    }

    /// Rule 19.
    #[test]
    fn a_capture_that_fails_anywhere_is_ended_and_changes_no_result(
        seed in any::<u64>(),
        mapped in any::<bool>(),
        which in 0_usize..8,
        after in 0_u64..12,
    ) {
        let names = [
            "capture_begin", "capture_end", "graph_instantiate", "graph_update", "graph_launch",
            "event_record", "stream_wait", "copy_to_device",
        ];
        let (mock, gpu) = device(seed);
        let mut pipeline = unbound(&gpu, options(4, if mapped { MAPPED } else { COPIED }));
        let mut differing = kernel(&gpu);
        differing.repeats = false;
        pipeline.bind(differing).unwrap();
        let mut taken = 0;
        pipeline.submit_batch(&configs(0..4)).unwrap();
        take_all(&mut pipeline, &mut taken);
        mock.fail(names[which], after, 1);
        for batch in 1..6 {
            let batch = configs(batch * 4..batch * 4 + 4);
            if let Err(error) = pipeline.submit_batch(&batch) {
                // As on streams: a call of a step that fails is that step's error.
                prop_assert!(which >= 5, "{} was not laid to the graph: {}", names[which], error);
                if names[which] == "event_record" {
                    break; // it may be the one after the launch: then the kernels have run
                }
                let whole = pipeline.pending() as usize;
                pipeline.submit_batch(&batch[whole..]).unwrap();
            }
            prop_assert_eq!(mock.live_graphs().0, 0);
            prop_assert_eq!(mock.live_graphs().1, 0);
            take_all(&mut pipeline, &mut taken);
        }
        drop(pipeline);
        gpu.synchronize().unwrap();
        prop_assert_eq!(mock.live_graphs(), (0, 0, 0));
        prop_assert_eq!(mock.violations(), Vec::<String>::new());
    }

    /// Rule 14, with graphs in flight.
    #[test]
    fn graphs_in_flight_are_parked_with_what_they_name(seed in any::<u64>(), mapped in any::<bool>()) {
        let (mock, gpu) = device(seed);
        let mut pipeline = pipeline(&gpu, options(4, if mapped { MAPPED } else { COPIED }));
        pipeline.submit_batch(&configs(0..2)).unwrap();
        pipeline.submit_batch(&configs(2..4)).unwrap();
        drop(pipeline);
        gpu.synchronize().unwrap();
        prop_assert_eq!((gpu.parked(), mock.live_graphs()), (0, (0, 0, 0)));
        prop_assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn another_thread_that_allocates_does_not_spoil_the_batches_of_a_pipeline() {
    let (mock, gpu) = device(9);
    let mut pipeline = unbound(&gpu, options(8, COPIED));
    let mut differing = kernel(&gpu);
    differing.repeats = false;
    pipeline.bind(differing).unwrap();
    let busy = gpu.clone();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let noise = std::thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            drop(busy.alloc(64).unwrap());
        }
    });
    let mut taken = 0;
    for batch in 0..50 {
        pipeline.submit_batch(&configs(batch * 4..batch * 4 + 4)).unwrap();
        take_all(&mut pipeline, &mut taken);
    }
    stop.store(true, Ordering::Relaxed);
    noise.join().unwrap();
    assert_eq!(pipeline.stats().submission, Submission::Graph, "no capture was refused");
    assert_eq!(mock.violations(), Vec::<String>::new());
}
