//! What the stream pool promises, and what the mock makes of events.

use std::time::Duration;

use prism_stream::driver::RawStream;
use prism_stream::{
    Driver, GpuError, PoolOptions, StreamLease, StreamPool, StreamPriority, StreamPurpose,
};

use proptest::prelude::*;

use crate::support::{STREAMS, TRANSPORTS, config, device, expected, options, pipeline};
use crate::warnings::warnings;

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
fn a_stream_that_somebody_still_holds_is_not_lent_again() {
    let (mock, gpu) = device(26);
    let pool = StreamPool::new(gpu, PoolOptions { cap: 1, ..PoolOptions::default() });
    let lease = pool.lease(StreamPurpose::AuxCompute).unwrap();
    let held = lease.raw();
    mock.share(held);
    drop(lease);
    assert!(pool.is_empty(), "the pool lets go of it");
    let next = pool.lease(StreamPurpose::AuxCompute).expect("it takes no room");
    assert_ne!(next.raw(), held);
    let usage = pool.usage(StreamPurpose::AuxCompute);
    assert_eq!((usage.created, usage.destroyed, usage.leased, usage.idle), (2, 1, 1, 0));

    // Nor one that its lease has exchanged for another, though there is room for it.
    let pool = StreamPool::new(pool.gpu().clone(), PoolOptions::default());
    let mut lease = pool.lease(StreamPurpose::AuxCompute).unwrap();
    mock.share(lease.raw());
    pool.set_priority(StreamPurpose::AuxCompute, StreamPriority::High);
    assert_eq!((lease.renew(), pool.len()), (Ok(true), 1));
}

#[test]
fn leases_and_returns_give_back_what_was_idle_for_long() {
    let (mock, gpu) = device(27);
    let pool = StreamPool::new(gpu, PoolOptions { cap: 8, idle: Duration::from_secs(5) });
    let three = [(); 3].map(|()| pool.lease(StreamPurpose::AuxCompute).unwrap());
    let other = pool.lease(StreamPurpose::P2PTransfer).unwrap();
    drop(three);
    mock.advance(Duration::from_secs(6));
    let hit = pool.lease(StreamPurpose::AuxCompute).unwrap();
    assert_eq!((pool.len(), mock.live().0), (2, 2), "a lease that finds a stream retires the rest");
    drop(hit);
    mock.advance(Duration::from_secs(6));
    drop(other);
    assert_eq!((pool.len(), mock.live().0), (1, 1), "so does a return");
}

proptest! {
    /// Rule 13.
    #[test]
    fn a_pool_never_holds_more_streams_than_its_cap(
        cap in 1_usize..6,
        moves in proptest::collection::vec((0_usize..5, 0..4), 1..60),
    ) {
        let (mock, gpu) = device(25);
        let pool = StreamPool::new(gpu, PoolOptions { cap, ..PoolOptions::default() });
        let mut leases = Vec::new();
        for (round, (at, what)) in moves.into_iter().enumerate() {
            let which = at.checked_rem(leases.len());
            match (what, which) {
                (0, Some(which)) => drop(leases.swap_remove(which)),
                (1, Some(which)) => {
                    let lease: &mut StreamLease = &mut leases[which];
                    let priority = StreamPriority::Level(-(round as i32 % 3));
                    pool.set_priority(lease.purpose(), priority);
                    lease.renew().expect("its place is its own");
                    prop_assert_eq!(lease.level(), pool.level(lease.purpose()).unwrap());
                }
                _ => match pool.lease(StreamPurpose::ALL[at]) {
                    Ok(lease) => leases.push(lease),
                    Err(error) => {
                        prop_assert_eq!(error, GpuError::PoolExhausted { cap });
                        prop_assert_eq!(leases.len(), cap, "idle streams make room");
                    }
                }
            }
            prop_assert!(pool.len() <= cap && leases.len() <= pool.len());
            prop_assert_eq!(mock.live().0, pool.len());
        }
    }
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
fn a_pipeline_takes_streams_of_another_priority_between_steps() {
    for transport in TRANSPORTS {
        let (mock, gpu) = device(28);
        let mut pipeline = pipeline(&gpu, options(3, transport));
        let mut run = |steps: std::ops::Range<u64>| {
            let _ = mock.take_calls();
            for step in steps {
                if let Some(done) = pipeline.step(&config(step)).unwrap() {
                    assert_eq!(*done, expected(&config(done.step), done.step), "{transport:?}");
                }
            }
            let calls = mock.take_calls();
            let launches = calls.iter().filter(|call| call.name.contains("launch"));
            let levels: Vec<_> =
                launches.map(|call| mock.level(RawStream(call.stream)).unwrap()).collect();
            let asked = calls.iter().filter(|call| call.name == "stream_create").count();
            (levels, asked, pipeline.pool().clone())
        };
        let (_, _, pool) = run(0..10);
        pool.set_priority(StreamPurpose::KernelExecution, StreamPriority::High);
        let (levels, made, _) = run(10..20);
        // With a graph, the step that is captured anew is launched twice: into the graph, and with it.
        assert!(levels.len() >= 10 && levels.iter().all(|level| *level == -5), "{levels:?}");
        assert_eq!(made, 1);
        // The same once more is no change, and one that comes to the same level takes no other stream.
        pool.set_priority(StreamPurpose::KernelExecution, StreamPriority::High);
        pool.set_priority(StreamPurpose::KernelExecution, StreamPriority::Level(-99));
        assert_eq!(run(20..30).1, 0);
        // One that is not to be had leaves the old one in place, after one warning.
        pool.set_priority(StreamPurpose::KernelExecution, StreamPriority::Level(-2));
        mock.fail("stream_create", 0, 2);
        let warnings = warnings(|| {
            let (levels, ..) = run(30..40);
            assert!(levels.iter().all(|level| *level == -5), "{levels:?}");
        });
        assert_eq!(warnings, 1);
        drop(pipeline);
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_full_pool_follows_a_change_of_priority_and_old_work_still_runs() {
    for cap in [1, 2] {
        let (mock, gpu) = device(30);
        let pool = StreamPool::new(gpu.clone(), PoolOptions { cap, ..PoolOptions::default() });
        let mut lease = pool.lease(StreamPurpose::KernelExecution).unwrap();
        assert_eq!(lease.renew(), Ok(false), "nothing has changed");
        let (old, buffer) = (lease.raw(), gpu.alloc_zeroed(16).unwrap());
        mock.bind().unwrap();
        // SAFETY: the stream is leased, and the buffer stays until the device was waited for.
        unsafe { mock.fill(buffer.ptr(), 7, 16, old) }.unwrap();
        pool.set_priority(StreamPurpose::KernelExecution, StreamPriority::High);
        assert_eq!(lease.renew(), Ok(true));
        assert_ne!(lease.raw(), old);
        assert_eq!((lease.level(), mock.level(lease.raw())), (-5, Some(-5)));
        // Where there is room the old stream waits for a change back, which then makes none.
        let idle = cap - 1;
        let usage = pool.usage(StreamPurpose::KernelExecution);
        assert_eq!((usage.leases, usage.created, usage.destroyed), (2, 2, 1 - idle as u64));
        assert_eq!((usage.leased, usage.idle, mock.live().0), (1, idle, 1 + idle));
        pool.set_priority(StreamPurpose::KernelExecution, StreamPriority::Normal);
        assert_eq!(lease.renew(), Ok(true));
        assert_eq!(lease.raw() == old, idle == 1);
        gpu.synchronize().unwrap();
        let mut filled = [0_u8; 16];
        gpu.download(&buffer, 0, &mut filled).unwrap();
        assert_eq!(filled, [7; 16]);
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_lease_that_cannot_follow_keeps_its_stream() {
    let (mock, gpu) = device(31);
    let pool = StreamPool::new(gpu, PoolOptions { cap: 1, ..PoolOptions::default() });
    let mut lease = pool.lease(StreamPurpose::AuxCompute).unwrap();
    let old = lease.raw();
    pool.set_priority(StreamPurpose::AuxCompute, StreamPriority::High);
    mock.fail("stream_create", 0, 2);
    assert!(matches!(lease.renew(), Err(GpuError::Driver(_))));
    assert_eq!((lease.raw(), lease.level(), mock.live().0), (old, 0, 1));
    let usage = pool.usage(StreamPurpose::AuxCompute);
    assert_eq!((usage.leases, usage.created, usage.destroyed), (1, 1, 0));
    assert_eq!((usage.leased, usage.idle), (1, 0));
    assert_eq!(lease.renew(), Ok(true), "it may be had later");
}

#[test]
fn a_pipeline_follows_priorities_on_a_full_pool_as_far_as_there_are_streams() {
    for refused in [None, Some(0), Some(1), Some(2)] {
        let (mock, gpu) = device(32);
        let mut pipeline = pipeline(&gpu, options(3, STREAMS));
        for step in 0..5 {
            pipeline.step(&config(step)).unwrap();
        }
        let pool = pipeline.pool().clone();
        let others: Vec<_> =
            std::iter::from_fn(|| pool.lease(StreamPurpose::AuxCompute).ok()).collect();
        assert_eq!(others.len() + 3, PoolOptions::default().cap);
        for purpose in StreamPurpose::ALL {
            pool.set_priority(purpose, StreamPriority::High);
        }
        if let Some(after) = refused {
            mock.fail("stream_create", after, 2);
        }
        let _ = mock.take_calls();
        let warnings = warnings(|| {
            for step in 5..20 {
                let done = pipeline.step(&config(step)).unwrap().unwrap();
                assert_eq!(*done, expected(&config(done.step), done.step));
            }
        });
        assert_eq!(warnings, usize::from(refused.is_some()));
        let calls = mock.take_calls();
        for (at, name) in ["copy_to_device", "launch", "copy_to_host"].into_iter().enumerate() {
            let level = if refused == Some(at as u64) { 0 } else { -5 };
            let mut on = calls.iter().filter(|call| call.name == name);
            assert!(on.all(|call| mock.level(RawStream(call.stream)) == Some(level)), "{name}");
        }
        assert_eq!(pool.len(), PoolOptions::default().cap);
        drop((pipeline, others));
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_stream_that_could_not_be_made_takes_no_room() {
    let (mock, gpu) = device(29);
    let pool = StreamPool::new(gpu, PoolOptions { cap: 1, ..PoolOptions::default() });
    mock.fail("stream_create", 0, 2);
    assert!(matches!(pool.lease(StreamPurpose::AuxCompute), Err(GpuError::Driver(_))));
    assert!(pool.is_empty());
    let usage = pool.usage(StreamPurpose::AuxCompute);
    assert_eq!((usage.leases, usage.created, usage.leased), (0, 0, 0));
    pool.lease(StreamPurpose::AuxCompute).expect("there is room for it");
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
