//! Two devices of one host. With fewer, each test says so and passes.

use prism_stream::kernels::EchoOptions;
use prism_stream::{GpuContext, PeerLink, PoolOptions, StreamPool};

use crate::{TRANSPORTS, check, config, device, options, pipeline};

/// Both devices, if there are two.
fn two() -> Option<([GpuContext; 2], std::sync::MutexGuard<'static, ()>)> {
    let (first, alone) = device()?;
    match GpuContext::open(1) {
        Ok(second) => Some(([first, second], alone)),
        Err(reason) => {
            println!("skipped: {reason}");
            None
        }
    }
}

#[test]
fn gpu2_copies_between_devices_arrive_byte_for_byte_each_way() {
    let Some((devices, _alone)) = two() else { return };
    for (source, target) in [(0, 1), (1, 0)] {
        let (source, target) = (&devices[source], &devices[target]);
        let [from, to] =
            [source, target].map(|gpu| StreamPool::new(gpu.clone(), PoolOptions::default()));
        for again in 0..2 {
            // The second link finds access enabled already, which is fine.
            let mut link = PeerLink::new(&from, &to).unwrap();
            println!("{again}: {:?}", link.path());
            let size = (5 << 20) + 3;
            let sent: Vec<u8> = (0..size).map(|at| (at * 31 % 251) as u8).collect();
            let mut out = source.alloc(size).unwrap();
            let mut back = target.alloc_zeroed(size).unwrap();
            source.upload(&mut out, 0, &sent).unwrap();
            link.copy(&mut back, &out, size).unwrap();
            let mut arrived = vec![0_u8; size];
            target.download(&back, 0, &mut arrived).unwrap();
            assert!(arrived == sent, "every byte");
        }
    }
}

#[test]
fn gpu2_pipelines_on_two_devices_take_turns_on_one_thread() {
    let Some((devices, _alone)) = two() else { return };
    for transport in TRANSPORTS {
        let mut pipelines = devices
            .each_ref()
            .map(|gpu| pipeline(gpu, options(3, transport), EchoOptions::default()));
        for step in 0..200 {
            for pipeline in &mut pipelines {
                let Some(done) = pipeline.step(&config(step)).unwrap() else { continue };
                let at = done.step;
                check(&done, at, &format!("{transport:?}"));
            }
        }
    }
}

#[test]
fn gpu2_an_event_is_recorded_at_home_and_waited_for_anywhere() {
    let Some((devices, _alone)) = two() else { return };
    let [home, away] = devices.each_ref().map(|gpu| gpu.driver().as_ref());
    home.bind().unwrap();
    let (event, stream) = (home.event_create(false).unwrap(), home.stream_create(0).unwrap());
    away.bind().unwrap();
    let other = away.stream_create(0).unwrap();
    // SAFETY: all were just made; each is destroyed once, with nothing left on the streams.
    unsafe {
        assert!(away.event_record(event, other).is_err(), "another device's stream");
        home.bind().unwrap();
        home.event_record(event, stream).unwrap();
        away.bind().unwrap();
        away.stream_wait(other, event).unwrap();
        away.stream_synchronize(other).unwrap();
        away.stream_destroy(other).unwrap();
        home.bind().unwrap();
        home.event_destroy(event).unwrap();
        home.stream_destroy(stream).unwrap();
    }
}
