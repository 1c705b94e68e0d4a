//! The rules that captures have, as the mock keeps them: 17 and 18, and the half of 21 that it notices.

use prism_stream::Driver;
use prism_stream::driver::{GraphDriver, HostUse, RawEvent, RawStream};
use prism_stream::mock::MockDriver;

use crate::support::{device, kernel};

/// A stream that captures, an event, and what a call in the capture and its end answer.
fn in_a_capture(call: impl FnOnce(&MockDriver, RawStream, RawEvent)) -> Result<(), u32> {
    let mock = MockDriver::new(1);
    mock.bind().unwrap();
    let (stream, event) = (mock.stream_create(0).unwrap(), mock.event_create(false).unwrap());
    // SAFETY: both were just made; the graph is destroyed once.
    unsafe {
        mock.capture_begin(stream).unwrap();
        call(&mock, stream, event);
        match mock.capture_end(stream) {
            Ok(graph) => {
                mock.graph_destroy(graph).unwrap();
                Ok(())
            }
            Err(error) => Err(error.code),
        }
    }
}

#[test]
fn nothing_that_waits_allocates_or_asks_is_taken_by_a_capture() {
    let taken = in_a_capture(|_, _, _| {});
    assert_eq!(taken, Ok(()));
    type Case = (&'static str, fn(&MockDriver, RawStream, RawEvent));
    // SAFETY, for all below: handles are alive, and nothing was allocated where a call failed.
    let forbidden: [Case; 8] = [
        ("device_alloc", |mock, _, _| assert!(mock.device_alloc(1).is_err())),
        ("host_alloc", |mock, _, _| assert!(mock.host_alloc(1, HostUse::Mapped).is_err())),
        ("module_load", |mock, _, _| assert!(mock.module_load(b"").is_err())),
        ("synchronize", |mock, _, _| assert!(mock.synchronize().is_err())),
        ("stream_query", |mock, on, _| assert!(unsafe { mock.stream_query(on) }.is_err())),
        ("stream_synchronize", |mock, on, _| {
            assert!(unsafe { mock.stream_synchronize(on) }.is_err());
        }),
        ("event_query", |mock, on, event| unsafe {
            mock.event_record(event, on).unwrap();
            assert!(mock.event_query(event).is_err());
        }),
        ("event_synchronize", |mock, on, event| unsafe {
            mock.event_record(event, on).unwrap();
            assert!(mock.event_synchronize(event).is_err());
        }),
    ];
    for (name, call) in forbidden {
        assert_eq!(in_a_capture(call), Err(901), "{name} spoils the capture");
    }
}

#[test]
fn a_capture_is_kept_apart_from_what_is_outside() {
    // SAFETY, for all below: the handles are alive.
    let waits_for_the_outside = in_a_capture(|mock, stream, event| unsafe {
        let other = mock.stream_create(0).unwrap();
        mock.event_record(event, other).unwrap();
        assert_eq!(mock.stream_wait(stream, event).map_err(|error| error.code), Err(905));
    });
    assert_eq!(waits_for_the_outside, Err(901));
    let forks_and_does_not_join = in_a_capture(|mock, stream, event| unsafe {
        let other = mock.stream_create(0).unwrap();
        mock.event_record(event, stream).unwrap();
        mock.stream_wait(other, event).unwrap();
    });
    assert_eq!(forks_and_does_not_join, Err(904));
    let asks_for_a_captured_event = || {
        let mock = MockDriver::new(1);
        mock.bind().unwrap();
        let (stream, event) = (mock.stream_create(0).unwrap(), mock.event_create(false).unwrap());
        unsafe {
            mock.capture_begin(stream).unwrap();
            mock.event_record(event, stream).unwrap();
            mock.capture_end(stream).unwrap();
            mock.event_query(event).map_err(|error| error.code)
        }
    };
    assert_eq!(asks_for_a_captured_event(), Err(907));
}

#[test]
fn a_capture_ends_on_its_own_thread_and_others_allocate_meanwhile() {
    let mock = MockDriver::new(1);
    mock.bind().unwrap();
    let stream = mock.stream_create(0).unwrap();
    // SAFETY: the handles are alive; what is allocated is freed once.
    unsafe {
        mock.capture_begin(stream).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                mock.bind().unwrap();
                let at = mock.device_alloc(64).unwrap();
                mock.synchronize().unwrap();
                mock.device_free(at).unwrap();
            });
        });
        assert!(mock.capture_end(stream).is_ok(), "thread-local: nothing was spoilt");

        mock.capture_begin(stream).unwrap();
        let elsewhere = std::thread::scope(|scope| {
            let end = scope.spawn(|| {
                mock.bind().unwrap();
                mock.capture_end(stream).map_err(|error| error.code)
            });
            end.join().unwrap()
        });
        assert_eq!(elsewhere, Err(908));
    }
}

#[test]
fn the_mock_notices_a_graph_that_is_launched_while_it_runs() {
    let (mock, gpu) = device(10);
    let summing = kernel(&gpu);
    mock.hang_launch(0);
    let stream = mock.stream_create(0).unwrap();
    // SAFETY: the handles are alive; the kernel takes no arguments.
    unsafe {
        mock.capture_begin(stream).unwrap();
        let shape = prism_stream::LaunchShape::linear(1, 1);
        mock.launch(summing.nothing.raw(), &shape, stream, &[]).unwrap();
        let graph = mock.capture_end(stream).unwrap();
        let exec = mock.graph_instantiate(graph).unwrap();
        mock.graph_launch(exec, stream).unwrap();
        assert_eq!(mock.violations(), Vec::<String>::new());
        mock.graph_launch(exec, stream).unwrap();
    }
    assert_eq!(mock.violations().len(), 1);
}
