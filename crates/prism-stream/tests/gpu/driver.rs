//! What pipelines take for granted of a device and its driver.

use std::time::Duration;

use prism_stream::driver::HostUse;
use prism_stream::{GpuError, PoolOptions, StreamPool, StreamPriority, StreamPurpose};

use crate::device;

#[test]
fn gpu_the_device_describes_itself() {
    let Some((gpu, _alone)) = device() else { return };
    let info = gpu.info();
    println!("{info}, driver for CUDA {}.{}", info.driver_version.0, info.driver_version.1);
    assert!(info.multiprocessors > 0 && info.memory_bytes > 0 && !info.name.is_empty());
    let (free, total) = gpu.driver().memory_info().unwrap();
    assert!(free <= total);
}

#[test]
fn gpu_a_stream_that_was_handed_out_outlives_its_pool() {
    let Some((gpu, _alone)) = device() else { return };
    let pool = StreamPool::new(
        gpu.clone(),
        PoolOptions { idle: Duration::ZERO, ..PoolOptions::default() },
    );
    let lease = pool.lease(StreamPurpose::KernelExecution).unwrap();
    let stream = lease.cuda().unwrap();
    drop(lease);
    assert!(pool.is_empty(), "the pool has let go of it");
    drop((pool, gpu));
    stream.synchronize().unwrap();
}

#[test]
fn gpu_priorities_are_clamped_and_accepted() {
    let Some((gpu, _alone)) = device() else { return };
    let range = gpu.driver().priority_range().unwrap();
    let pool = StreamPool::new(gpu, PoolOptions::default());
    for (priority, level) in [
        (StreamPriority::Level(-1000), range.greatest),
        (StreamPriority::Level(1000), range.least),
        (StreamPriority::High, range.greatest),
    ] {
        pool.set_priority(StreamPurpose::AuxCompute, priority);
        assert_eq!(pool.lease(StreamPurpose::AuxCompute).unwrap().level(), level);
    }
}

#[test]
fn gpu_elapsed_time_needs_timed_events() {
    let Some((gpu, _alone)) = device() else { return };
    let driver = gpu.driver();
    driver.bind().unwrap();
    let (plain, timed) = (driver.event_create(false).unwrap(), driver.event_create(true).unwrap());
    let stream = driver.stream_create(0).unwrap();
    // SAFETY: all were just made, and are destroyed once, after the stream was waited for.
    unsafe {
        driver.event_record(plain, stream).unwrap();
        driver.event_record(timed, stream).unwrap();
        driver.stream_synchronize(stream).unwrap();
        assert!(driver.event_elapsed(plain, timed).is_err());
        assert!(driver.event_elapsed(timed, timed).is_ok());
        driver.event_destroy(plain).unwrap();
        driver.event_destroy(timed).unwrap();
        driver.stream_destroy(stream).unwrap();
    }
}

#[test]
fn gpu_mapped_memory_has_an_address_on_the_device() {
    let Some((gpu, _alone)) = device() else { return };
    gpu.driver().bind().unwrap();
    let block = gpu.driver().host_alloc(4096, HostUse::Mapped).unwrap();
    assert!(block.device.is_some());
    assert_eq!(block.host as usize % 256, 0);
    // SAFETY: just allocated, never used.
    unsafe { gpu.driver().host_free(block) }.unwrap();
}

#[test]
fn gpu_memory_that_is_not_there_is_an_error_that_passes() {
    let Some((gpu, _alone)) = device() else { return };
    let error = gpu.alloc(1 << 50).expect_err("a pebibyte");
    assert!(matches!(error, GpuError::Memory { kind: "device", .. }), "{error}");
    assert!(!error.is_sticky());
    assert!(gpu.alloc_zeroed(4096).is_ok());
}
