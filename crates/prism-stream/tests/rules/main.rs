//! What a pipeline promises about order, lifetime and failure, against the recording mock.
#![allow(unsafe_code, clippy::unwrap_used)]

mod choice;
mod graphs;
mod in_place;
mod leaks;
mod memory;
mod peers;
#[path = "../support/mod.rs"]
mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use prism_stream::{
    Driver, GpuError, PipelineOptions, Placement, PoolOptions, StreamPool, StreamPriority,
    StreamPurpose, Submission,
};
use proptest::prelude::*;
use support::{TRANSPORTS, config, device, expected, kernel, options, pipeline, unbound};

const STREAMS: (Placement, Submission) = (Placement::Copied, Submission::Streams);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Rule 5, 6, 8: whatever the schedule, whatever the caller does in between.
    #[test]
    fn every_step_comes_back_once_in_order_and_right(
        seed in any::<u64>(),
        depth in 1_usize..=8,
        transport in 0_usize..6,
        moves in proptest::collection::vec(0_u8..6, 1..150),
    ) {
        let (mock, gpu) = device(seed);
        let mut pipeline = pipeline(&gpu, options(depth, TRANSPORTS[transport]));
        let (mut submitted, mut taken) = (0_u64, 0_u64);
        for what in moves {
            match what {
                0..3 => match pipeline.submit(&config(submitted)) {
                    Ok(step) => {
                        prop_assert_eq!(step, submitted);
                        submitted += 1;
                    }
                    Err(GpuError::PipelineFull { depth: full }) => {
                        prop_assert_eq!(full, depth);
                        prop_assert_eq!(submitted - taken, depth as u64);
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
    assert_eq!(gpu.memory_use().pinned_bytes, 32 + 64);
}

#[test]
fn the_slots_of_a_pipeline_are_counted() {
    let (_, gpu) = device(5);
    let mut pipeline = pipeline(&gpu, options(3, STREAMS));
    let before = gpu.memory_use().device_bytes;
    pipeline.submit(&config(0)).unwrap();
    assert_eq!(gpu.memory_use().device_bytes - before, 3 * (32 + 64));
    assert_eq!(gpu.memory_use().pinned_bytes, 3 * (32 + 64));
}

#[test]
fn a_kernel_fault_names_the_step_and_poisons_the_context() {
    let (mock, gpu) = device(6);
    let mut pipeline = pipeline(&gpu, options(3, STREAMS));
    mock.fault_launch(1, 719);
    pipeline.submit(&config(0)).unwrap();
    assert!(pipeline.next().unwrap().is_some());
    let mut failure = None;
    for step in 1..4 {
        if let Err(error) = pipeline.submit(&config(step)) {
            failure = Some(error);
            break;
        }
    }
    let error = failure.unwrap_or_else(|| pipeline.next().expect_err("it trapped"));
    assert!(matches!(error, GpuError::Step { step: 1, .. }), "{error}");
    assert!(error.is_sticky());
    for _ in 0..2 {
        let refused = pipeline.submit(&config(9)).expect_err("poisoned");
        assert!(matches!(&refused, GpuError::Poisoned { reason, .. } if reason.contains("step 1")));
    }
    assert!(gpu.alloc(16).is_err());
    assert!(pipeline.reset().is_err());
    drop(pipeline); // leaks, does not free under a lost device's hands, and does not wait
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn out_of_memory_is_an_error_that_passes() {
    for (name, kind) in [("device_alloc", "device"), ("host_alloc", "pinned")] {
        let (mock, gpu) = device(7);
        let mut pipeline = pipeline(&gpu, options(3, (Placement::Copied, Submission::Sync)));
        mock.fail(name, 0, 2);
        let error = pipeline.submit(&config(0)).expect_err("no memory");
        assert!(
            matches!(&error, GpuError::Memory { kind: found, .. } if *found == kind),
            "{error}"
        );
        assert!(!error.is_sticky());
        assert_eq!(pipeline.submit(&config(0)).unwrap(), 0);
        assert_eq!(*pipeline.next().unwrap().unwrap(), expected(&config(0), 0));
    }
}

#[test]
fn without_streams_to_overlap_with_it_goes_on_in_sync_mode() {
    let (mock, gpu) = device(8);
    let mut pipeline = pipeline(&gpu, options(3, STREAMS));
    mock.fail("stream_create", 1, 2);
    for step in 0..6 {
        pipeline.step(&config(step)).unwrap();
    }
    assert_eq!(pipeline.stats().submission, Submission::Sync);
    assert_eq!(pipeline.stats().reason, "streams could not be had");
    let rest = pipeline.drain().unwrap();
    assert_eq!(rest[0].telemetry, expected(&config(4), 4));
}

#[test]
fn a_step_that_hangs_times_out_and_can_be_waited_for_again() {
    for transport in TRANSPORTS {
        let (mock, gpu) = device(9);
        let mut pipeline = pipeline(&gpu, options(3, transport));
        mock.hang_launch(0);
        let error = match pipeline.submit(&config(0)) {
            Ok(_) => pipeline.next().expect_err("it hangs"),
            Err(error) => error,
        };
        assert_eq!(error, GpuError::StepTimeout { step: 0, after: Duration::from_secs(1) });
        mock.release();
        assert_eq!(*pipeline.next().unwrap().unwrap(), expected(&config(0), 0), "{transport:?}");
        assert_eq!(pipeline.submit(&config(1)).unwrap(), 1);
        assert_eq!(*pipeline.next().unwrap().unwrap(), expected(&config(1), 1), "{transport:?}");
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_pipeline_that_hangs_is_parked_by_drop_and_let_go_later() {
    let (mock, gpu) = device(10);
    let mut pipeline = pipeline(&gpu, options(3, STREAMS));
    mock.hang_launch(0);
    pipeline.submit(&config(0)).unwrap();
    drop(pipeline);
    assert_eq!(gpu.parked(), 1);
    mock.release();
    gpu.synchronize().unwrap();
    assert_eq!(gpu.parked(), 0);
    assert_eq!(gpu.memory_use().device_bytes, 0);
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_panic_in_a_launch_leaves_no_slot_open_to_the_host() {
    for seed in 0..50 {
        let (mock, gpu) = device(seed);
        let mut pipeline = unbound(&gpu, options(2, STREAMS));
        let mut panicking = kernel(&gpu);
        panicking.panic_at = Some(1);
        pipeline.bind(panicking).unwrap();
        pipeline.submit(&config(0)).unwrap();
        let panicked = catch_unwind(AssertUnwindSafe(|| pipeline.submit(&config(1))));
        assert!(panicked.is_err());
        assert_eq!(pipeline.submit(&config(1)).unwrap(), 1);
        let records = pipeline.drain().unwrap();
        assert_eq!(records[0].telemetry, expected(&config(0), 0));
        assert_eq!(records[1].telemetry, expected(&config(1), 1));
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_kernel_of_a_step_that_was_enqueued_in_part_is_waited_for_before_it_goes() {
    for seed in 0..50 {
        for transport in TRANSPORTS {
            let (mock, gpu) = device(seed);
            let mut pipeline = pipeline(&gpu, options(3, transport));
            // The last call of a step: its kernel is queued, but the step does not count.
            let records = if transport == STREAMS { 2 } else { 0 };
            let other = kernel(&gpu);
            mock.fail("event_record", records, 1);
            assert!(matches!(pipeline.submit(&config(0)), Err(GpuError::Step { step: 0, .. })));
            pipeline.bind(other).unwrap();
            pipeline.submit(&config(1)).unwrap();
            assert_eq!(*pipeline.next().unwrap().unwrap(), expected(&config(1), 0));
            assert_eq!(mock.violations(), Vec::<String>::new(), "{transport:?}");
        }
    }
}

#[test]
fn a_launch_that_refuses_names_its_step_and_gives_the_number_to_the_next() {
    let (mock, gpu) = device(11);
    let mut pipeline = unbound(&gpu, options(3, STREAMS));
    let mut failing = kernel(&gpu);
    failing.fail_at = Some(1);
    pipeline.bind(failing).unwrap();
    pipeline.submit(&config(0)).unwrap();
    let error = pipeline.submit(&config(1)).expect_err("told to fail");
    assert!(matches!(error, GpuError::Step { step: 1, .. }), "{error}");
    assert_eq!(pipeline.submit(&config(2)).unwrap(), 1);
    let records = pipeline.drain().unwrap();
    assert_eq!(records[1].telemetry, expected(&config(2), 1));
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_rejected_config_names_its_step_and_the_pipeline_goes_on() {
    let (_, gpu) = device(12);
    let mut pipeline = pipeline(&gpu, options(3, STREAMS));
    let mut bad = config(0);
    bad[7] = u32::MAX;
    pipeline.submit(&bad).unwrap();
    pipeline.submit(&config(1)).unwrap();
    let error = pipeline.next().expect_err("rejected");
    assert!(matches!(error, GpuError::Rejected { step: 0, .. }), "{error}");
    assert_eq!(*pipeline.next().unwrap().unwrap(), expected(&config(1), 1));
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
    let mut pipeline = unbound(&gpu, PipelineOptions::default());
    assert_eq!(pipeline.submit(&config(0)), Err(GpuError::NoKernel));
    assert!(pipeline.next().unwrap().is_none());
}

#[test]
fn a_batch_fits_whole_or_not_at_all() {
    let (_, gpu) = device(16);
    let mut pipeline = pipeline(&gpu, options(4, STREAMS));
    let batch: Vec<_> = (0..5).map(config).collect();
    assert_eq!(pipeline.submit_batch(&batch), Err(GpuError::PipelineFull { depth: 4 }));
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
fn the_mock_flags_a_wait_on_an_event_that_was_never_recorded() {
    let (mock, _) = device(19);
    mock.bind().unwrap();
    let (stream, event) = (mock.stream_create(0).unwrap(), mock.event_create(false).unwrap());
    // SAFETY: both were just made.
    unsafe { mock.stream_wait(stream, event) }.unwrap();
    assert_eq!(mock.violations().len(), 1);
}

#[test]
fn the_mock_takes_waits_as_snapshots() {
    for seed in 0..50 {
        let (mock, _) = device(seed);
        mock.bind().unwrap();
        let (first, second) = (mock.stream_create(0).unwrap(), mock.stream_create(0).unwrap());
        let event = mock.event_create(false).unwrap();
        // SAFETY: all were just made; the second record waits for the second stream, whose wait
        // would never end if it took the second record for the first.
        unsafe {
            mock.event_record(event, first).unwrap();
            mock.stream_wait(second, event).unwrap();
            mock.event_record(event, second).unwrap();
            mock.stream_synchronize(second).unwrap();
        }
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_lease_is_used_again_and_idle_streams_go() {
    let (mock, gpu) = device(20);
    let pool = StreamPool::new(gpu, PoolOptions { cap: 2, idle: Duration::from_secs(5) });
    assert!(pool.is_empty());
    let first = pool.lease(StreamPurpose::AuxCompute).unwrap().raw();
    let again = pool.lease(StreamPurpose::AuxCompute).unwrap();
    assert_eq!(again.raw(), first);
    let other = pool.lease(StreamPurpose::AuxCompute).unwrap();
    let full = pool.lease(StreamPurpose::P2PTransfer).expect_err("at the cap");
    assert_eq!(full, GpuError::PoolExhausted { cap: 2 });
    drop(other);
    let moved = pool.lease(StreamPurpose::P2PTransfer).expect("an idle stream makes room");
    drop((again, moved));
    assert_eq!(pool.shrink(), 0);
    mock.advance(Duration::from_secs(6));
    assert_eq!(pool.shrink(), 2);
    assert!(pool.is_empty());
    assert_eq!(mock.live().0, 0);
    let usage = pool.usage(StreamPurpose::AuxCompute);
    assert_eq!((usage.leases, usage.created, usage.destroyed), (3, 2, 2));
}

#[test]
fn a_change_of_priority_leases_another_stream_clamped_to_the_device() {
    let (mock, gpu) = device(21);
    let pool = StreamPool::new(gpu, PoolOptions::default());
    let normal = pool.lease(StreamPurpose::KernelExecution).unwrap();
    assert_eq!(mock.level(normal.raw()), Some(0));
    let old = normal.raw();
    drop(normal);
    pool.set_priority(StreamPurpose::KernelExecution, StreamPriority::Level(-99));
    let urgent = pool.lease(StreamPurpose::KernelExecution).unwrap();
    assert_ne!(urgent.raw(), old);
    assert_eq!(mock.level(urgent.raw()), Some(-5));
    assert_eq!(pool.len(), 1, "the old one was idle and went");
}

#[test]
fn each_stream_is_waited_for_by_itself() {
    let (mock, gpu) = device(22);
    let pool = StreamPool::new(gpu, PoolOptions::default());
    let lease = pool.lease(StreamPurpose::AuxCompute).unwrap();
    assert!(lease.query().unwrap());
    let _ = mock.take_calls();
    lease.synchronize().unwrap();
    let calls = mock.take_calls();
    assert_eq!((calls.len(), calls[0].name), (1, "stream_synchronize"));
}
