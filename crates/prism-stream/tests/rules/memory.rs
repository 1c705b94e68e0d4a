//! What the pipeline promises about memory and devices: rules 1, 2, 16, 22 and 24.

use prism_stream::driver::{HostUse, RawEvent, RawStream};
use prism_stream::mock::MockDriver;
use prism_stream::{DevicePtr, Driver, DriverError, GpuError, KernelError, Module};

use crate::support::{TRANSPORTS, automatic, config, device, expected, options, pipeline};

/// Rules 1 and 2. The mock notices the contrary: see the two tests below.
#[test]
fn copies_use_page_locked_memory_that_suits_their_direction() {
    for transport in TRANSPORTS {
        let (mock, gpu) = device(1);
        let mut pipeline = pipeline(&gpu, options(3, transport));
        for step in 0..20 {
            pipeline.step(&config(step)).unwrap();
        }
        pipeline.drain().unwrap();
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

/// A mock with a stream, device memory of 64 bytes, and what it notices of a call.
fn noticed(call: impl FnOnce(&MockDriver, RawStream, DevicePtr)) -> Vec<String> {
    let mock = MockDriver::new(1);
    mock.bind().unwrap();
    let (stream, at) = (mock.stream_create(0).unwrap(), mock.device_alloc(64).unwrap());
    call(&mock, stream, at);
    // SAFETY: the stream is alive.
    unsafe { mock.stream_synchronize(stream) }.unwrap();
    mock.violations()
}

#[test]
fn the_mock_notices_a_copy_from_or_to_pageable_memory() {
    let mut pageable = [0_u8; 64];
    // SAFETY, for both: the array outlives the copy, which the mock runs at once or refuses.
    let up = noticed(|mock, stream, at| unsafe {
        mock.copy_to_device(at, pageable.as_ptr(), 64, stream).unwrap();
    });
    assert!(up.iter().any(|what| what.contains("pageable")), "{up:?}");
    let down = noticed(|mock, stream, at| unsafe {
        mock.copy_to_host(pageable.as_mut_ptr(), at, 64, stream).unwrap();
    });
    assert!(down.iter().any(|what| what.contains("pageable")), "{down:?}");
}

#[test]
fn the_mock_notices_a_download_into_write_combined_memory() {
    for (purpose, fine) in
        [(HostUse::Upload, false), (HostUse::Download, true), (HostUse::Mapped, true)]
    {
        let found = noticed(|mock, stream, at| {
            let block = mock.host_alloc(64, purpose).unwrap();
            // SAFETY: the block was just allocated and outlives the copy.
            unsafe { mock.copy_to_host(block.host, at, 64, stream) }.unwrap();
        });
        assert_eq!(found.is_empty(), fine, "{purpose:?}: {found:?}");
    }
}

/// Rule 16.
#[test]
fn pinned_memory_comes_before_the_first_step_and_goes_after_the_last() {
    for transport in TRANSPORTS {
        let (mock, gpu) = device(2);
        let mut pipeline = pipeline(&gpu, options(3, transport));
        for step in 0..50 {
            pipeline.step(&config(step)).unwrap();
        }
        pipeline.drain().unwrap();
        drop(pipeline);
        let calls = mock.take_calls();
        let of = |wanted: [&str; 2]| {
            let here = |call: &prism_stream::mock::Call| wanted.contains(&call.name);
            (calls.iter().position(here), calls.iter().rposition(here))
        };
        let (_, last_alloc) = of(["host_alloc", "device_alloc"]);
        let (first_free, _) = of(["host_free", "device_free"]);
        let (first_launch, _) = of(["launch", "graph_launch"]);
        let (_, last_launch) = of(["launch", "graph_launch"]);
        assert!(last_alloc < first_launch && last_launch < first_free, "{transport:?}");
    }
}

/// Rules 22 and 24: what belongs to one device never meets the other, on whatever thread.
#[test]
fn pipelines_on_two_devices_take_turns_on_one_thread() {
    let made = [device(3), device(4)];
    for transport in TRANSPORTS {
        let mut pipelines = made.each_ref().map(|(_, gpu)| pipeline(gpu, options(3, transport)));
        for step in 0..30 {
            for pipeline in &mut pipelines {
                let Some(done) = pipeline.step(&config(step)).unwrap() else { continue };
                assert_eq!(*done, expected(&config(done.step), done.step));
            }
        }
    }
    let mut chosen = made.each_ref().map(|(_, gpu)| pipeline(gpu, automatic(3)));
    for step in 0..300 {
        for pipeline in &mut chosen {
            pipeline.step(&config(step)).unwrap();
        }
    }
    drop(chosen);
    for (mock, gpu) in made {
        drop(gpu);
        assert_eq!(mock.live(), (0, 0, 0, 0));
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

/// Rule 22.
#[test]
fn an_event_is_recorded_on_a_stream_of_its_own_device_only() {
    let (one, other) = (MockDriver::new(1), MockDriver::new(2));
    one.bind().unwrap();
    let event: RawEvent = one.event_create(false).unwrap();
    other.bind().unwrap();
    let stream = other.stream_create(0).unwrap();
    // SAFETY: both are alive; that they do not belong together is what is tested.
    let refused = unsafe { other.event_record(event, stream) };
    assert_eq!(refused.map_err(|error| error.code), Err(400));
    assert_eq!(other.violations().len(), 1);
    // SAFETY: as above: the call goes to a device whose context is not current here.
    let _ = unsafe { one.event_query(event) };
    assert!(one.violations()[0].contains("context was not bound"));
}

#[test]
fn state_goes_up_and_comes_back_within_its_buffer() {
    let (mock, gpu) = device(3);
    let (_, other) = device(4);
    let mut buffer = gpu.alloc_zeroed(64).unwrap();
    gpu.upload(&mut buffer, 8, &[7_u64, 8, 9]).unwrap();
    let mut back = [1_u32; 16];
    gpu.download(&buffer, 0, &mut back).unwrap();
    assert_eq!(back, [0, 0, 7, 0, 8, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    gpu.upload::<u8>(&mut buffer, 64, &[]).unwrap();
    for (at, bytes) in [(0, 65), (57, 8), (usize::MAX, 2), (65, 0)] {
        let refused = gpu.upload(&mut buffer, at, &vec![0_u8; bytes]);
        assert!(matches!(refused, Err(GpuError::InvalidOptions(_))), "{bytes} bytes at {at}");
    }
    assert!(matches!(other.download(&buffer, 0, &mut back), Err(GpuError::InvalidOptions(_))));
    drop((buffer, gpu));
    assert_eq!(mock.live(), (0, 0, 0, 0));
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn an_image_that_is_not_all_there_is_refused_by_name() {
    let (mock, gpu) = device(3);
    mock.fail("module_load", 0, DriverError::INVALID_IMAGE);
    let error = Module::from_cubin(&gpu, "cut.cubin", b"\x7fELF").expect_err("four bytes");
    let expected = KernelError::NotAnImage { name: "cut.cubin".to_owned(), bytes: 4 };
    assert_eq!(error, GpuError::Kernel(expected));
    // What is all there and refused all the same is another matter.
    mock.fail("module_load", 0, DriverError::INVALID_IMAGE);
    let error = Module::from_ptx(&gpu, "new.ptx", ".version 99.0\n").expect_err("refused");
    assert!(matches!(error, GpuError::Kernel(KernelError::Load { .. })), "{error}");
}

#[test]
fn a_kernel_is_allowed_the_shared_memory_that_there_is() {
    let (_mock, gpu) = device(3);
    let function = Module::from_cubin(&gpu, "sum", b"").unwrap().function("sum").unwrap();
    function.allow_shared(64 << 10).unwrap();
    let refused = function.allow_shared(1 << 30).expect_err("no block has a gigabyte");
    assert!(refused.to_string().contains("shared"), "{refused}");
}
