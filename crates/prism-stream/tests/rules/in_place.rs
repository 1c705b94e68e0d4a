//! Configs that are written where they are sent from.

use std::panic::{AssertUnwindSafe, catch_unwind};

use prism_stream::{GpuError, PipelineOptions};
use proptest::prelude::*;

use crate::support::{TRANSPORTS, config, device, expected, kernel, options, pipeline, unbound};

proptest! {
    /// Steps submitted either way, on any transport and any schedule, give the same answers.
    #[test]
    fn a_config_written_in_place_is_the_one_that_the_kernel_reads(
        seed in 0_u64..1000,
        transport in 0..TRANSPORTS.len(),
        depth in 1_usize..9,
        in_place in proptest::collection::vec(any::<bool>(), 1..40),
    ) {
        let (mock, gpu) = device(seed);
        let mut pipeline = pipeline(&gpu, options(depth, TRANSPORTS[transport]));
        let mut taken = 0;
        for (step, in_place) in (0..).zip(&in_place) {
            let done = if *in_place {
                pipeline.step_with(|slot| *slot = config(step))
            } else {
                pipeline.step(&config(step))
            };
            if let Some(done) = done.unwrap() {
                prop_assert_eq!(done.step, taken);
                prop_assert_eq!(*done, expected(&config(taken), taken));
                taken += 1;
            }
        }
        for done in pipeline.drain().unwrap() {
            prop_assert_eq!(done.telemetry, expected(&config(taken), taken));
            taken += 1;
        }
        prop_assert_eq!(taken, in_place.len() as u64);
        drop(pipeline);
        prop_assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn configs_are_written_in_place_while_the_first_steps_are_measured_and_later() {
    let (mock, gpu) = device(3);
    let mut pipeline = unbound(&gpu, PipelineOptions::default());
    // Twice: what was chosen for one kernel is measured anew for the next.
    for _ in 0..2 {
        pipeline.bind(kernel(&gpu)).unwrap();
        pipeline.reset().unwrap();
        for step in 0..60 {
            if let Some(done) = pipeline.step_with(|slot| *slot = config(step)).unwrap() {
                assert_eq!(*done, expected(&config(done.step), done.step));
            }
        }
        pipeline.drain().unwrap();
    }
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_panic_while_a_config_is_written_submits_nothing() {
    for transport in TRANSPORTS {
        let (mock, gpu) = device(5);
        let mut pipeline = pipeline(&gpu, options(3, transport));
        pipeline.submit(&config(0)).unwrap();
        let wrote = catch_unwind(AssertUnwindSafe(|| {
            let _ = pipeline.submit_with(|slot| {
                slot[0] = 99;
                panic!("told to panic");
            });
        }));
        assert!(wrote.is_err());
        assert_eq!(pipeline.pending(), 1);
        assert_eq!(pipeline.submit_with(|slot| *slot = config(1)).unwrap(), 1);
        for done in pipeline.drain().unwrap() {
            assert_eq!(done.telemetry, expected(&config(done.step), done.step), "{transport:?}");
        }
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn nothing_is_lent_while_every_slot_is_taken() {
    for transport in TRANSPORTS {
        let (_mock, gpu) = device(7);
        let mut pipeline = pipeline(&gpu, options(2, transport));
        for step in 0..2 {
            pipeline.submit_with(|slot| *slot = config(step)).unwrap();
        }
        let full = pipeline.submit_with(|_| panic!("there is no slot to write"));
        assert!(matches!(full, Err(GpuError::PipelineFull { slots: 2 })), "{full:?}");
    }
}
