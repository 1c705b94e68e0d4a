//! What happens when something goes wrong: which step is named, and what goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use prism_stream::{
    DriverError, GpuContext, GpuError, KernelError, Module, PipelineOptions, Placement, Submission,
};

use crate::support::{
    STREAMS, TRANSPORTS, config, device, expected, kernel, options, pipeline, unbound,
};
use crate::warnings::warnings;

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
fn a_lost_device_shows_whatever_is_asked_of_a_kernel() {
    for call in ["module_function", "function_allow_shared"] {
        let (mock, gpu) = device(6);
        let module = Module::from_cubin(&gpu, "sum", b"image").unwrap();
        let missing = module.function("difference").expect_err("there is none");
        assert!(matches!(missing, GpuError::Kernel(KernelError::NoFunction(_))), "{missing}");
        mock.fail(call, 0, 719);
        let lost = module.function("sum").and_then(|sum| sum.allow_shared(64 << 10));
        assert_eq!(
            lost.expect_err("lost").driver_error().map(|said| said.code),
            Some(719),
            "{call}"
        );
        assert!(gpu.poison().is_some(), "{call}");
    }
    // One that passes is no want of a kernel either.
    let (mock, gpu) = device(6);
    let module = Module::from_cubin(&gpu, "sum", b"image").unwrap();
    mock.fail("module_function", 0, DriverError::INVALID_VALUE);
    let error = module.function("sum").expect_err("refused");
    assert!(matches!(error, GpuError::Driver(_)), "{error}");
    assert!(gpu.poison().is_none() && module.function("sum").is_ok());
}

#[test]
fn out_of_memory_is_an_error_that_passes() {
    for (name, kind) in [("device_alloc", "device"), ("host_alloc", "pinned")] {
        let (mock, gpu) = device(7);
        let mut pipeline = pipeline(&gpu, options(3, (Placement::Copied, Submission::Sync)));
        mock.fail(name, 0, 2);
        let error = pipeline.submit(&config(0)).expect_err("no memory");
        assert!(
            matches!(&error, GpuError::Step { step: 0, source }
                if matches!(&**source, GpuError::Memory { kind: found, .. } if *found == kind)),
            "{error}"
        );
        assert!(!error.is_sticky());
        assert_eq!(pipeline.submit(&config(0)).unwrap(), 0);
        assert_eq!(*pipeline.next().unwrap().unwrap(), expected(&config(0), 0));
    }
}

#[test]
fn without_memory_to_move_to_it_stays_where_it_is() {
    let (mock, gpu) = device(7);
    let mut pipeline = unbound(&gpu, PipelineOptions::default());
    pipeline.bind(kernel(&gpu)).unwrap();
    pipeline.submit(&config(0)).unwrap();
    // The next pinned memory that is asked for is that of mapped slots.
    mock.fail("host_alloc", 0, 2);
    for step in 1..40 {
        if let Some(done) = pipeline.next().unwrap() {
            assert_eq!(*done, expected(&config(step - 1), step - 1));
        }
        pipeline.submit(&config(step)).unwrap();
    }
    let stats = pipeline.stats();
    assert_eq!((stats.placement, stats.submission), (Placement::Copied, Submission::Streams));
    assert_eq!(stats.reason, "mapped slots could not be had");
    // It was a shortage: another kernel tries again.
    pipeline.drain().unwrap();
    pipeline.bind(kernel(&gpu)).unwrap();
    for step in 40..80 {
        pipeline.step(&config(step)).unwrap();
    }
    assert_ne!(pipeline.stats().reason, "mapped slots could not be had");
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_measurement_that_fails_leaves_kernel_and_steps_in_place() {
    // Queries of the streams wait for the repeated copies of a measured step.
    for after in 0..3 {
        let (mock, gpu) = device(7);
        let mut pipeline = unbound(&gpu, PipelineOptions::default());
        pipeline.bind(kernel(&gpu)).unwrap();
        mock.fail("stream_query", after, 2);
        let mut failed = 0;
        let mut answers = Vec::new();
        for step in 0..12 {
            match pipeline.submit(&config(step)) {
                Ok(_) => {}
                Err(error) => {
                    assert!(matches!(error, GpuError::Step { .. }), "{error}");
                    failed += 1;
                }
            }
            while let Some(done) = pipeline.next().unwrap() {
                answers.push((done.step, *done));
            }
        }
        assert!(pipeline.is_bound());
        assert_eq!(failed, 1, "query {after}");
        assert_eq!(answers.len(), 12, "the step that was measured comes back as well");
        for (step, telemetry) in answers {
            assert_eq!(telemetry, expected(&config(step), step));
        }
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn without_streams_to_overlap_with_it_goes_on_in_sync_mode_after_one_warning() {
    let (mock, gpu) = device(8);
    let mut pipeline = pipeline(&gpu, options(3, STREAMS));
    mock.fail("stream_create", 1, 2);
    let warnings = warnings(|| {
        for step in 0..6 {
            pipeline.step(&config(step)).unwrap();
        }
    });
    assert_eq!(warnings, 1);
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

/// Rule 14, where nobody comes back for what was not seen to end.
#[test]
fn what_a_failed_wait_leaves_to_the_device_is_parked_until_the_device_is_done() {
    type Attempt = fn(&GpuContext) -> bool;
    let attempts: [(&str, u64, Attempt); 4] = [
        ("new slots", 1, |gpu| pipeline(gpu, options(3, STREAMS)).submit(&config(0)).is_err()),
        ("cleared memory", 0, |gpu| gpu.alloc_zeroed(64).is_err()),
        ("an upload", 1, |gpu| {
            let mut buffer = gpu.alloc_zeroed(64).unwrap();
            gpu.upload(&mut buffer, 0, &[1_u8; 64]).is_err()
        }),
        ("a download", 1, |gpu| {
            let buffer = gpu.alloc_zeroed(64).unwrap();
            gpu.download(&buffer, 0, &mut [0_u8; 64]).is_err()
        }),
    ];
    for (what, after, attempt) in attempts {
        for seed in 0..40 {
            let (mock, gpu) = device(seed);
            mock.fail("stream_synchronize", after, 2);
            assert!(attempt(&gpu), "{what} did not wait");
            gpu.synchronize().unwrap();
            assert_eq!(gpu.parked(), 0, "{what}");
            let memory = gpu.memory_use();
            assert_eq!((memory.device_bytes, memory.pinned_bytes), (0, 0), "{what}");
            drop(gpu);
            assert_eq!(mock.live().2, 0, "{what}");
            assert_eq!(mock.violations(), Vec::<String>::new(), "{what}, seed {seed}");
        }
    }
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
fn what_has_come_back_before_the_device_was_lost_can_still_be_taken() {
    let (mock, gpu) = device(31);
    let mut pipeline = pipeline(&gpu, options(4, STREAMS));
    mock.fault_launch(3, 719);
    for step in 0..3 {
        pipeline.submit(&config(step)).unwrap();
    }
    pipeline.quiesce().unwrap();
    while gpu.poison().is_none() {
        let _ = pipeline.submit(&config(3));
        let _ = gpu.synchronize();
    }
    for step in 0..3 {
        assert_eq!(*pipeline.next().unwrap().unwrap(), expected(&config(step), step));
    }
    assert!(matches!(pipeline.next(), Err(GpuError::Poisoned { .. })));
}

#[test]
fn a_device_whose_memory_others_have_gives_what_is_left_and_more_once_they_are_gone() {
    let (mock, gpu) = device(32);
    let mut pipeline = unbound(&gpu, options(3, STREAMS));
    mock.limit_memory(1000);
    assert_eq!(gpu.free_memory(), Ok(1000));
    let refused = gpu.alloc(1001).map(|_| ());
    assert!(matches!(refused, Err(GpuError::Memory { bytes: 1001, kind: "device", .. })));
    let state = gpu.alloc(900).unwrap();
    pipeline.bind(kernel(&gpu)).unwrap();
    let error = pipeline.submit(&config(0)).unwrap_err();
    assert!(matches!(error, GpuError::Step { step: 0, .. }), "{error}");
    assert_eq!(gpu.poison(), None);
    drop(state); // a smaller one would do as well
    pipeline.submit(&config(0)).unwrap();
    assert_eq!(*pipeline.next().unwrap().unwrap(), expected(&config(0), 0));
    assert_eq!(mock.violations(), Vec::<String>::new());
}
