//! What copies between devices promise: rule 23.

use std::sync::Arc;

use prism_stream::driver::PeerDriver;
use prism_stream::mock::{MockDriver, MockReach};
use prism_stream::{GpuContext, GpuError, PeerLink, PeerPath, PoolOptions, StreamPool};

use crate::support::device;

/// Two devices.
fn two(seed: u64) -> [(Arc<MockDriver>, GpuContext); 2] {
    [device(seed), device(seed + 1000)]
}

fn link(devices: &[(Arc<MockDriver>, GpuContext); 2]) -> Result<PeerLink, GpuError> {
    let [from, to] =
        devices.each_ref().map(|(_, gpu)| StreamPool::new(gpu.clone(), PoolOptions::default()));
    PeerLink::new(&from, &to)
}

#[test]
fn copies_between_devices_arrive_byte_for_byte_on_either_path() {
    for (reach, path) in [
        (MockReach::Direct, PeerPath::Direct),
        (MockReach::No, PeerPath::Staged),
        (MockReach::SilentlyNot, PeerPath::Staged),
    ] {
        for seed in 0..5 {
            let devices = two(seed);
            devices[1].0.set_reach(reach);
            let mut link = link(&devices).unwrap();
            assert_eq!(link.path(), path, "{reach:?}");
            // More than one piece of a staged copy, and not a whole number of them.
            let size = (5 << 19) + 3;
            let sent: Vec<u8> = (0..size).map(|at| (at * 31 % 251) as u8).collect();
            let mut from = devices[0].1.alloc(size).unwrap();
            let mut to = devices[1].1.alloc_zeroed(size).unwrap();
            devices[0].1.upload(&mut from, 0, &sent).unwrap();
            link.copy(&mut to, &from, size - 1).unwrap();
            let mut arrived = vec![0_u8; size];
            devices[1].1.download(&to, 0, &mut arrived).unwrap();
            assert!(arrived[..size - 1] == sent[..size - 1] && arrived[size - 1] == 0);
            assert!(matches!(
                link.copy(&mut to, &from, size + 1),
                Err(GpuError::InvalidOptions(_))
            ));
            drop((link, from, to));
            for (mock, gpu) in devices {
                drop(gpu);
                assert_eq!(mock.live(), (0, 0, 0, 0));
                assert_eq!(mock.violations(), Vec::<String>::new());
            }
        }
    }
}

#[test]
fn a_buffer_of_another_device_is_refused_by_a_link() {
    let devices = two(3);
    let mut link = link(&devices).unwrap();
    let [mut near, mut far] = devices.each_ref().map(|(_, gpu)| gpu.alloc_zeroed(64).unwrap());
    let _ = (devices[0].0.take_calls(), devices[1].0.take_calls());
    assert!(matches!(link.copy(&mut near, &far, 64), Err(GpuError::InvalidOptions(_))));
    let same = devices[1].1.alloc_zeroed(64).unwrap();
    assert!(matches!(link.copy(&mut far, &same, 64), Err(GpuError::InvalidOptions(_))));
    assert!(devices[0].0.take_calls().iter().all(|call| call.name != "copy_to_host"));
    assert!(devices[1].0.take_calls().iter().all(|call| call.name != "copy_from_peer"));
    link.copy(&mut far, &near, 64).unwrap();
}

#[test]
fn access_is_asked_for_before_it_is_enabled_and_has_a_direction() {
    let devices = two(1);
    let _ = (devices[0].0.take_calls(), devices[1].0.take_calls());
    let link = link(&devices).unwrap();
    let names: Vec<_> = devices[1].0.take_calls().iter().map(|call| call.name).collect();
    let at = |name| names.iter().position(|found| *found == name);
    assert!(at("can_reach").is_some() && at("can_reach") < at("enable_reach"));
    assert!(at("enable_reach") < at("copy_from_peer"));
    let other: Vec<_> = devices[0].0.take_calls().iter().map(|call| call.name).collect();
    assert!(!other.contains(&"enable_reach"), "the other direction is nobody's business");
    drop(link);
    // The other way may be closed all the same.
    devices[0].0.set_reach(MockReach::No);
    assert!(devices[1].0.can_reach(devices[0].0.as_ref()).unwrap());
    assert!(!devices[0].0.can_reach(devices[1].0.as_ref()).unwrap());
}

/// Rule 14: whichever wait fails, on whichever device, nothing is freed or written under the device's
/// hands, and the next copy is right.
#[test]
fn a_copy_between_devices_that_was_not_seen_to_end_keeps_what_it_touches() {
    for reach in [MockReach::Direct, MockReach::No] {
        for (at_fault, after) in [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)] {
            for seed in 0..20 {
                let devices = two(seed);
                devices[1].0.set_reach(reach);
                let mut link = link(&devices).unwrap();
                let sent: Vec<u8> = (0..100_u32).map(|at| (at * 7 % 251) as u8).collect();
                let mut from = devices[0].1.alloc_zeroed(100).unwrap();
                devices[0].1.upload(&mut from, 0, &sent).unwrap();
                let mut to = devices[1].1.alloc_zeroed(100).unwrap();
                devices[at_fault].0.fail("stream_synchronize", after, 2);
                let mut failed = false;
                for _ in 0..4 {
                    match link.copy(&mut to, &from, 100) {
                        Ok(()) => {}
                        Err(error) => {
                            assert_eq!(
                                error.driver_error().map(|said| said.code),
                                Some(2),
                                "{error}"
                            );
                            failed = true;
                            // The buffer goes at once; the copy to it may be queued still.
                            to = devices[1].1.alloc(100).unwrap();
                        }
                    }
                }
                assert!(failed || (reach, at_fault) == (MockReach::Direct, 0));
                let mut arrived = [0_u8; 100];
                let _ = devices[1].1.download(&to, 0, &mut arrived);
                assert_eq!(arrived, sent[..], "{reach:?}");
                drop((link, from, to));
                // The one may hold memory of the other.
                for mock in devices.map(|(mock, _)| mock) {
                    assert_eq!(mock.live(), (0, 0, 0, 0));
                    assert_eq!(mock.violations(), Vec::<String>::new());
                }
            }
        }
    }
}

#[test]
fn a_device_that_is_lost_is_no_reason_to_go_through_the_host() {
    let devices = two(2);
    devices[1].0.fail("copy_from_peer", 0, 700);
    let error = link(&devices).expect_err("lost");
    assert!(error.is_sticky(), "{error}");
    assert!(devices[1].1.poison().is_some());
}
