//! What steps promise: order, edges, calls, and what they hold.

use prism_stream::{
    GpuError, KernelArg, LaunchShape, PipelineOptions, Placement, PoolOptions, StepKernel,
    StepLaunch, StreamPool, Submission,
};
use proptest::prelude::*;

use crate::support::{
    Config, Pipeline, STREAMS, Summing, TRANSPORTS, Telemetry, config, device, expected, kernel,
    options, pipeline, unbound,
};

/// Bytes of the word by which steps are ended early.
const ABORT_WORD: usize = 4;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Rule 5, 6, 8: whatever the schedule, whatever the caller does in between.
    #[test]
    fn every_step_comes_back_once_in_order_and_right(
        seed in any::<u64>(),
        depth in 1_usize..=8,
        batch in 1_usize..=2,
        transport in 0_usize..6,
        moves in proptest::collection::vec(0_u8..6, 1..150),
    ) {
        let (mock, gpu) = device(seed);
        let options = PipelineOptions { batch, ..options(depth, TRANSPORTS[transport]) };
        let mut pipeline = pipeline(&gpu, options);
        let (mut submitted, mut taken) = (0_u64, 0_u64);
        for what in moves {
            match what {
                0..3 => match pipeline.submit(&config(submitted)) {
                    Ok(step) => {
                        prop_assert_eq!(step, submitted);
                        submitted += 1;
                    }
                    Err(GpuError::PipelineFull { slots: full }) => {
                        prop_assert_eq!(full, depth * batch);
                        prop_assert_eq!(submitted - taken, full as u64);
                    }
                    Err(error) => return Err(TestCaseError::fail(error.to_string())),
                },
                3 => if let Some(done) = pipeline.next().unwrap() {
                    prop_assert_eq!(done.step, taken);
                    prop_assert_eq!(*done, expected(&config(taken), taken));
                    taken += 1;
                },
                4 => if let Some(done) = pipeline.try_next().unwrap() {
                    prop_assert_eq!(done.step, taken);
                    prop_assert_eq!(*done, expected(&config(taken), taken));
                    taken += 1;
                },
                _ => if let Some(done) = pipeline.try_next().unwrap() {
                    // Rule 15: forgetting what was lent changes nothing.
                    taken += 1;
                    #[allow(clippy::forget_non_drop)] // the point is that it may be forgotten
                    std::mem::forget(done);
                },
            }
        }
        for done in pipeline.drain().unwrap() {
            prop_assert_eq!(done.step, taken);
            prop_assert_eq!(done.telemetry, expected(&config(taken), taken));
            taken += 1;
        }
        prop_assert_eq!(taken, submitted);
        drop(pipeline);
        prop_assert_eq!(mock.violations(), Vec::<String>::new());
    }

    /// Rule 14: at any moment.
    #[test]
    fn dropping_a_pipeline_in_flight_neither_frees_early_nor_waits(
        seed in any::<u64>(),
        steps in 0_u64..8,
        transport in 0_usize..6,
    ) {
        let (mock, gpu) = device(seed);
        let mut pipeline = pipeline(&gpu, options(8, TRANSPORTS[transport]));
        for step in 0..steps {
            pipeline.submit(&config(step)).unwrap();
        }
        let _ = mock.take_calls();
        drop(pipeline);
        let waited = mock.take_calls().iter().any(|call| call.name.ends_with("synchronize"));
        prop_assert!(!waited);
        gpu.synchronize().unwrap();
        prop_assert_eq!(gpu.parked(), 0);
        prop_assert_eq!(gpu.memory_use().device_bytes, 0);
        prop_assert_eq!(gpu.memory_use().pinned_bytes, 0);
        prop_assert_eq!(mock.violations(), Vec::<String>::new());
    }

    /// Rule 26, and recovery from a step that was enqueued in part.
    #[test]
    fn a_step_that_could_not_be_enqueued_leaves_the_others_right(
        seed in any::<u64>(),
        which in 0_usize..6,
        after in 0_u64..8,
        transport in 0_usize..6,
    ) {
        let names = ["copy_to_device", "copy_to_host", "event_record", "stream_wait", "launch", "event_query"];
        let (mock, gpu) = device(seed);
        let mut pipeline = pipeline(&gpu, options(3, TRANSPORTS[transport]));
        mock.fail(names[which], after, 1);
        // A kernel that was enqueued may have counted, even if its step failed.
        let mut records = Vec::new();
        for step in 0..12 {
            match pipeline.submit(&config(step)) {
                Ok(_) | Err(GpuError::Step { .. }) => {}
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            }
            while pipeline.pending() > 2 {
                match pipeline.next() {
                    Ok(Some(done)) => records.push((done.step, *done)),
                    Ok(None) => break,
                    Err(GpuError::Step { .. }) => {}
                    Err(error) => return Err(TestCaseError::fail(error.to_string())),
                }
            }
        }
        loop {
            match pipeline.next() {
                Ok(Some(done)) => records.push((done.step, *done)),
                Ok(None) => break,
                Err(_) => {}
            }
        }
        prop_assert!(records.len() >= 11);
        for (at, (step, telemetry)) in records.iter().enumerate() {
            prop_assert_eq!(*step, at as u64, "none lost, skipped or handed out twice");
            let possible = (0..12).any(|from| {
                (0..3).any(|extra| *telemetry == expected(&config(from), *step + extra))
            });
            prop_assert!(possible, "a telemetry that no config explains");
        }
        drop(pipeline);
        prop_assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn step_n_answers_with_step_n_minus_2_in_every_transport() {
    for transport in TRANSPORTS {
        let (mock, gpu) = device(1);
        let mut pipeline = pipeline(&gpu, options(3, transport));
        for step in 0..20 {
            let answer = pipeline.step(&config(step)).unwrap();
            match step.checked_sub(2) {
                None => assert!(answer.is_none(), "{transport:?}"),
                Some(before) => {
                    let answer = answer.expect("past warm-up");
                    assert_eq!(answer.step, before);
                    assert_eq!(*answer, expected(&config(before), before), "{transport:?}");
                }
            }
        }
        let rest: Vec<_> = pipeline.drain().unwrap().iter().map(|record| record.step).collect();
        assert_eq!(rest, [18, 19]);
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn no_call_takes_the_null_stream() {
    for transport in TRANSPORTS {
        let (mock, gpu) = device(2);
        let mut pipeline = pipeline(&gpu, options(3, transport));
        for step in 0..10 {
            pipeline.step(&config(step)).unwrap();
        }
        let enqueues =
            ["copy_to_device", "copy_to_host", "launch", "event_record", "stream_wait", "fill"];
        for call in mock.take_calls().iter().filter(|call| enqueues.contains(&call.name)) {
            assert_ne!(call.stream, 0, "{call:?}");
        }
    }
}

#[test]
fn the_edges_of_a_step_are_exactly_one_record_and_one_wait_each() {
    let (mock, gpu) = device(3);
    let mut pipeline = pipeline(&gpu, options(3, STREAMS));
    pipeline.submit(&config(0)).unwrap();
    let _ = mock.take_calls();
    pipeline.submit(&config(1)).unwrap();
    let names: Vec<_> = mock.take_calls().iter().map(|call| call.name).collect();
    assert_eq!(
        names,
        [
            "copy_to_device",
            "event_record",
            "stream_wait",
            "launch",
            "event_record",
            "stream_wait",
            "copy_to_host",
            "event_record"
        ]
    );
}

#[test]
fn a_mapped_step_is_two_calls() {
    let (mock, gpu) = device(3);
    let mut pipeline = pipeline(&gpu, options(3, (Placement::Mapped, Submission::Streams)));
    pipeline.submit(&config(0)).unwrap();
    let _ = mock.take_calls();
    pipeline.submit(&config(1)).unwrap();
    let names: Vec<_> = mock.take_calls().iter().map(|call| call.name).collect();
    assert_eq!(names, ["launch", "event_record"]);
}

#[test]
fn nothing_is_allocated_in_a_step_after_warm_up() {
    for transport in TRANSPORTS {
        let (mock, gpu) = device(4);
        let mut pipeline = pipeline(&gpu, options(3, transport));
        for step in 0..4 {
            pipeline.step(&config(step)).unwrap(); // a graph needs one round of the slots
        }
        let before = gpu.memory_use();
        let _ = mock.take_calls();
        for step in 4..50 {
            pipeline.step(&config(step)).unwrap();
        }
        assert_eq!(gpu.memory_use(), before);
        for call in mock.take_calls() {
            assert!(
                !["alloc", "create", "free", "destroy", "load", "capture", "instantiate"]
                    .iter()
                    .any(|w| call.name.contains(w)),
                "{call:?}"
            );
        }
    }
}

#[test]
fn nothing_is_made_before_the_first_step_and_sync_makes_one_stream_and_one_slot() {
    let (mock, gpu) = device(5);
    let mut pipeline = unbound(&gpu, options(3, (Placement::Copied, Submission::Sync)));
    assert_eq!(mock.live(), (0, 0, 0, 0));
    pipeline.bind(kernel(&gpu)).unwrap();
    let before = gpu.memory_use();
    pipeline.submit(&config(0)).unwrap();
    let (streams, events, ..) = mock.live();
    assert_eq!((streams, events), (1, 1));
    assert_eq!(gpu.memory_use().device_bytes - before.device_bytes, 32 + 64);
    assert_eq!(gpu.memory_use().pinned_bytes, 32 + 64 + ABORT_WORD);
}

#[test]
fn the_slots_of_a_pipeline_are_counted() {
    let (_, gpu) = device(5);
    let mut pipeline = pipeline(&gpu, options(3, STREAMS));
    let before = gpu.memory_use().device_bytes;
    pipeline.submit(&config(0)).unwrap();
    assert_eq!(gpu.memory_use().device_bytes - before, 3 * (32 + 64));
    assert_eq!(gpu.memory_use().pinned_bytes, 3 * (32 + 64) + ABORT_WORD);
}

#[test]
fn reset_forgets_what_was_in_flight_and_counts_from_zero() {
    for transport in TRANSPORTS {
        let (_, gpu) = device(13);
        let mut pipeline = pipeline(&gpu, options(3, transport));
        for step in 0..3 {
            pipeline.submit(&config(step)).unwrap();
        }
        pipeline.reset().unwrap();
        assert_eq!(pipeline.pending(), 0);
        assert!(pipeline.next().unwrap().is_none());
        assert_eq!(pipeline.submit(&config(7)).unwrap(), 0);
        assert_eq!(*pipeline.next().unwrap().unwrap(), expected(&config(7), 3));
    }
}

#[test]
fn a_kernel_cannot_be_exchanged_under_steps_in_flight() {
    let (_, gpu) = device(14);
    let mut pipeline = pipeline(&gpu, options(3, STREAMS));
    pipeline.submit(&config(0)).unwrap();
    assert_eq!(pipeline.bind(kernel(&gpu)), Err(GpuError::Busy { in_flight: 1 }));
    pipeline.drain().unwrap();
    pipeline.bind(kernel(&gpu)).unwrap();
    pipeline.submit(&config(1)).unwrap();
    assert_eq!(*pipeline.next().unwrap().unwrap(), expected(&config(1), 0));
}

#[test]
fn a_pipeline_without_a_kernel_says_so() {
    let (_, gpu) = device(15);
    let mut pipeline: Pipeline = unbound(&gpu, PipelineOptions::default());
    assert_eq!(pipeline.submit(&config(0)), Err(GpuError::NoKernel));
    assert!(pipeline.next().unwrap().is_none());
}

#[test]
fn a_batch_fits_whole_or_not_at_all() {
    let (_, gpu) = device(16);
    let mut pipeline = pipeline(&gpu, options(4, STREAMS));
    let batch: Vec<_> = (0..5).map(config).collect();
    assert_eq!(pipeline.submit_batch(&batch), Err(GpuError::PipelineFull { slots: 4 }));
    assert_eq!(pipeline.pending(), 0);
    assert_eq!(pipeline.submit_batch(&batch[..4]).unwrap(), 0..4);
    let records = pipeline.drain().unwrap();
    assert_eq!(records[3].telemetry, expected(&config(3), 3));
}

#[test]
fn a_pipeline_made_on_one_thread_steps_and_drops_on_others() {
    let (mock, gpu) = device(17);
    let mut pipeline = pipeline(&gpu, options(3, STREAMS));
    pipeline.submit(&config(0)).unwrap();
    let mut pipeline = std::thread::spawn(move || {
        pipeline.submit(&config(1)).unwrap();
        assert_eq!(*pipeline.next().unwrap().unwrap(), expected(&config(0), 0));
        pipeline
    })
    .join()
    .unwrap();
    assert_eq!(*pipeline.next().unwrap().unwrap(), expected(&config(1), 1));
    std::thread::spawn(move || drop(pipeline)).join().unwrap();
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn depths_that_cannot_be_are_refused() {
    let (_, gpu) = device(18);
    for depth in [0, 9] {
        let pool = StreamPool::new(gpu.clone(), PoolOptions::default());
        let options = PipelineOptions { depth, ..PipelineOptions::default() };
        let made = prism_stream::AsyncPipelineCoordinator::<u32, u32>::new(pool, options);
        assert!(matches!(made, Err(GpuError::InvalidOptions(_))), "depth {depth}");
    }
}

#[test]
fn batches_that_cannot_be_are_refused() {
    let (_, gpu) = device(19);
    let of = |depth, batch, in_flight| {
        let pool = StreamPool::new(gpu.clone(), PoolOptions::default());
        let options = PipelineOptions { depth, batch, in_flight, ..PipelineOptions::default() };
        prism_stream::AsyncPipelineCoordinator::<u32, u32>::new(pool, options)
    };
    for refused in [of(3, 0, None), of(3, 9, None), of(2, 4, Some(9)), of(2, 4, Some(0))] {
        assert!(matches!(refused, Err(GpuError::InvalidOptions(_))), "{refused:?}");
    }
    assert_eq!(of(8, 8, Some(64)).unwrap().options().slots(), 64);
}

#[test]
fn steps_lag_by_the_depth_whatever_batches_have_slots_for() {
    for transport in TRANSPORTS {
        let (mock, gpu) = device(20);
        let options = PipelineOptions { batch: 4, ..options(3, transport) };
        let mut pipeline = pipeline(&gpu, options);
        for step in 0..20 {
            let done = pipeline.step(&config(step)).unwrap().map(|done| done.step);
            assert_eq!(done, step.checked_sub(2), "{transport:?}");
        }
        pipeline.submit_batch(&[config(20); 4]).unwrap();
        let full = pipeline.step(&config(24)).map(|_| ());
        assert_eq!(full, Err(GpuError::PipelineFull { slots: 3 }), "six wait to be taken");
        assert_eq!(pipeline.drain().unwrap().len(), 6);
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

/// Launches with more arguments than there may be.
struct Wordy(Summing);

// SAFETY: nothing that it asks for is ever launched.
unsafe impl StepKernel<Config, Telemetry> for Wordy {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        let args = [KernelArg::new(&0_u32); 33];
        // SAFETY: so many arguments are refused.
        unsafe { step.launch(&self.0.function, &LaunchShape::linear(1, 1), &args) }
    }
}

#[test]
fn too_many_arguments_are_refused_before_the_driver_is_asked() {
    let (mock, gpu) = device(31);
    let mut pipeline = unbound(&gpu, options(1, (Placement::Mapped, Submission::Sync)));
    pipeline.bind(Wordy(kernel(&gpu))).unwrap();
    let told = pipeline.submit(&config(0)).expect_err("33 arguments").to_string();
    assert!(told.contains("at most 32 arguments"), "{told}");
    assert!(mock.take_calls().iter().all(|call| call.name != "launch"));
}
