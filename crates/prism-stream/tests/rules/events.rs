//! What events promise: rules 9 and 10.

use prism_stream::driver::{HostUse, RawEvent};
use prism_stream::{DevicePtr, Driver};

use crate::support::{TRANSPORTS, config, device, options, pipeline};

/// Rule 9: an event that could be asked for its time would have cost its stream the taking of it.
#[test]
fn events_that_order_steps_carry_no_time() {
    for transport in TRANSPORTS {
        let (mock, gpu) = device(23);
        let mut pipeline = pipeline(&gpu, options(4, transport));
        for batch in 0..3 {
            let configs: Vec<_> = (batch * 4..batch * 4 + 4).map(config).collect();
            pipeline.submit_batch(&configs).unwrap();
            pipeline.drain().unwrap();
        }
        let calls = mock.take_calls();
        let mut recorded = 0;
        for call in calls.iter().filter(|call| call.name == "event_record") {
            let event = RawEvent(call.object);
            // SAFETY: the pipeline is alive, and so are its events.
            let time = unsafe { mock.event_elapsed(event, event) };
            assert_eq!(time.map_err(|error| error.code), Err(400), "{transport:?}: {call:?}");
            recorded += 1;
        }
        assert!(recorded >= 3, "each batch ends with one");
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn the_mock_notices_a_time_that_is_read_too_early() {
    let (mock, _) = device(24);
    mock.bind().unwrap();
    let (stream, event) = (mock.stream_create(0).unwrap(), mock.event_create(true).unwrap());
    // SAFETY: both were just made.
    unsafe {
        let never = mock.event_elapsed(event, event);
        assert_eq!(never.map_err(|error| error.code), Err(600), "not recorded");
        assert_eq!(mock.violations().len(), 1);
        mock.event_record(event, stream).unwrap();
        mock.stream_synchronize(stream).unwrap();
        assert_eq!(mock.event_elapsed(event, event).map_err(|error| error.code), Ok(0.0));
    }
    assert_eq!(mock.violations().len(), 1, "a complete event has a time");
}

/// Rule 32. What runs first by chance does not come first.
#[test]
fn the_mock_notices_a_race_whatever_the_schedule() {
    for seed in 0..50 {
        let (mock, gpu) = device(seed);
        let driver = gpu.driver();
        let (at, block) = (driver.device_alloc(8).unwrap(), HostUse::Download);
        let block = driver.host_alloc(8, block).unwrap();
        let (writer, reader) = (driver.stream_create(0).unwrap(), driver.stream_create(0).unwrap());
        let event = driver.event_create(false).unwrap();
        // SAFETY: all of it exists until the end, where everything is waited for.
        unsafe {
            let copy = || driver.copy_to_host(block.host, at, 8, reader).unwrap();
            let races = || {
                driver.synchronize().unwrap();
                mock.violations().len()
            };
            driver.fill(at, 1, 8, writer).unwrap();
            driver.event_record(event, writer).unwrap();
            driver.stream_wait(reader, event).unwrap();
            copy();
            assert_eq!(races(), 0, "an event");
            driver.fill(at, 2, 8, writer).unwrap();
            driver.stream_synchronize(writer).unwrap();
            copy();
            assert_eq!(races(), 0, "the host has seen the end");
            driver.fill(at, 3, 4, writer).unwrap();
            driver.copy_to_host(block.host, DevicePtr(at.0 + 4), 4, reader).unwrap();
            assert_eq!(races(), 0, "another part of the memory");
            driver.fill(at, 4, 8, writer).unwrap();
            copy();
            assert_eq!(races(), 1, "nothing comes before the other");
            driver.event_record(event, writer).unwrap();
            driver.fill(at, 5, 8, writer).unwrap();
            driver.stream_wait(reader, event).unwrap();
            copy();
            assert_eq!(races(), 2, "the event was recorded too early");
        }
        assert!(mock.violations().iter().all(|what| what.contains("race")));
    }
}
