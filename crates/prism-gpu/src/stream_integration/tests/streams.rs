//! The streams that a context hands out, when their priority changes and when there are none.

use prism_stream::{PoolOptions, StreamPriority};

use super::warnings::warnings;
use super::*;

#[test]
fn a_change_of_priority_re_leases_the_streams_of_users_and_of_steps() {
    managed(true, |mut context| {
        for iteration in 0..20 {
            context.triple_buffered_step(config(iteration)).unwrap();
        }
        let held = |context: &mut ManagedGpuContext| {
            let lease = context.lease(StreamPurpose::KernelExecution).unwrap();
            (lease.raw(), lease.level())
        };
        let before = held(&mut context);
        let pool = context.stream_pool().unwrap().clone();
        pool.set_priority(StreamPurpose::KernelExecution, StreamPriority::High);
        let after = held(&mut context);
        assert!(after.0 != before.0 && after.1 < before.1, "{before:?} {after:?}");
        assert_eq!(held(&mut context), after, "and the same at every call again");
        let leases = pool.usage(StreamPurpose::KernelExecution).leases;
        for iteration in 20..40 {
            check(&context.triple_buffered_step(config(iteration)).unwrap(), iteration - 2);
        }
        let usage = pool.usage(StreamPurpose::KernelExecution);
        assert_eq!(usage.leases, leases + 1, "the pipeline has another stream as well");
        assert_eq!(usage.leased, 2);
    });
}

#[test]
fn a_full_pool_follows_a_change_of_priority() {
    managed(true, |mut context| {
        let purpose = StreamPurpose::AuxCompute;
        let before = context.lease(purpose).unwrap().raw();
        let pool = context.stream_pool().unwrap().clone();
        let others: Vec<_> = std::iter::from_fn(|| pool.lease(purpose).ok()).collect();
        assert_eq!(others.len() + 1, PoolOptions::default().cap);
        pool.set_priority(purpose, StreamPriority::High);
        let lease = context.lease(purpose).unwrap();
        assert_ne!(lease.raw(), before);
        assert_eq!(lease.level(), pool.level(purpose).unwrap());
        assert_eq!(pool.len(), PoolOptions::default().cap);
    });
}

#[test]
fn a_stream_that_is_not_to_be_had_is_warned_of_once() {
    let (driver, gpu) = mock(7);
    let mut context = ManagedGpuContext::with_gpu(gpu, true).unwrap();
    let purpose = StreamPurpose::AuxCompute;
    let pool = context.stream_pool().unwrap().clone();
    // Refused at first, and again when the priority changes.
    let mut held = None;
    for level in [0, -5] {
        pool.set_priority(purpose, StreamPriority::Level(level));
        (0..4).for_each(|_| driver.fail("stream_create", 0, 2));
        let given = warnings(|| {
            for _ in 0..4 {
                assert_eq!(context.lease(purpose).map(StreamLease::raw), held);
            }
        });
        assert_eq!(given, 1);
        let given = warnings(|| {
            let lease = context.lease(purpose).expect("it may be had later");
            assert_eq!(lease.level(), level);
            held = Some(lease.raw());
        });
        assert_eq!(given, 0);
    }
    assert_eq!(pool.usage(purpose).leased, 1);
    assert_eq!(driver.violations(), Vec::<String>::new());
}
