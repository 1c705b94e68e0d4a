//! The same promises on a real device. Without one, each test says so and passes; with
//! `PRISM_REQUIRE_GPU=1` it fails instead. Needs NVRTC.
//!
//! Tests that lose the device run in processes of their own: they are `#[ignore]`d here and run one
//! by one, by name.
#![cfg(feature = "cuda")]
#![allow(unsafe_code, clippy::unwrap_used, clippy::print_stdout)]

mod batches;
mod disturbances;
#[path = "../support/disturbed.rs"]
mod disturbed;
mod driver;
mod harvests;
#[path = "../support/needs.rs"]
mod needs;
mod own_kernels;
mod peers;
#[path = "../support/pipelines.rs"]
mod pipelines;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pipelines::{TRANSPORTS, Transport, bound, pinned};
use prism_stream::driver::RawStream;
use prism_stream::kernels::{EchoKernel, EchoOptions, echo_checksum, echo_source, echo_word};
use prism_stream::{
    AsyncPipelineCoordinator, GpuContext, GpuError, KernelArg, KernelCache, LaunchShape, Module,
    PipelineOptions, Placement, Submission,
};

type Config = [u32; 256];
type Telemetry = [u32; 2560];
type Pipeline = AsyncPipelineCoordinator<Config, Telemetry>;

/// How often to repeat what depends on chance; more with `PRISM_GPU_ROUNDS`.
fn rounds() -> u64 {
    std::env::var("PRISM_GPU_ROUNDS").ok().and_then(|value| value.parse().ok()).unwrap_or(5)
}

/// The device, and the right to be alone on it: tests that measure or fill memory disturb others.
fn device() -> Option<(GpuContext, MutexGuard<'static, ()>)> {
    static ALONE: Mutex<()> = Mutex::new(());
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    Some((needs::gpu()?, guard))
}

fn options(depth: usize, transport: Transport) -> PipelineOptions {
    pinned(transport, PipelineOptions { depth, ..PipelineOptions::default() })
}

fn pipeline(gpu: &GpuContext, options: PipelineOptions, echo: EchoOptions) -> Pipeline {
    bound(gpu, options, EchoKernel::new(gpu, &KernelCache::for_user(), echo).unwrap())
}

fn config(step: u64) -> Config {
    std::array::from_fn(|at| {
        (step as u32 + 1).wrapping_mul(2_654_435_761).rotate_left(at as u32 % 32) ^ at as u32
    })
}

/// What the echo answers to the config of a step.
fn expected(step: u64) -> Telemetry {
    let checksum = echo_checksum(&config(step));
    std::array::from_fn(|at| echo_word(checksum, step as u32, at))
}

fn check(telemetry: &Telemetry, step: u64, what: &str) {
    for (at, (word, right)) in telemetry.iter().zip(expected(step)).enumerate() {
        assert_eq!(*word, right, "step {step}, word {at}, {what}");
    }
}

/// How many steps to run where many are wanted: ten thousand, or `PRISM_GPU_STEPS`.
fn many_steps() -> u64 {
    std::env::var("PRISM_GPU_STEPS").ok().and_then(|v| v.parse().ok()).unwrap_or(10_000)
}

#[test]
fn gpu_every_step_comes_back_once_in_order_and_right() {
    let Some((gpu, _alone)) = device() else { return };
    for round in 0..rounds() {
        for transport in TRANSPORTS {
            for depth in [1, 2, 3, 8] {
                let echo = EchoOptions { jitter_ns: 1 + round * 7_000, ..EchoOptions::default() };
                let mut pipeline = pipeline(&gpu, options(depth, transport), echo);
                let mut taken = 0;
                for step in 0..200 {
                    if let Some(done) = pipeline.step(&config(step)).unwrap() {
                        assert_eq!(done.step, taken);
                        check(&done, taken, &format!("{transport:?}"));
                        taken += 1;
                    }
                }
                for done in pipeline.drain().unwrap() {
                    check(&done.telemetry, taken, &format!("{transport:?}"));
                    taken += 1;
                }
                assert_eq!(taken, 200);
            }
        }
    }
}

#[test]
fn gpu_ten_thousand_steps_give_equal_telemetry_in_every_transport() {
    let Some((gpu, _alone)) = device() else { return };
    let steps = many_steps();
    for transport in TRANSPORTS {
        let what = format!("{transport:?}");
        let mut pipeline = pipeline(&gpu, options(3, transport), EchoOptions::default());
        let mut compared = 0;
        for step in 0..steps {
            if let Some(done) = pipeline.step(&config(step)).unwrap() {
                assert_eq!(done.step, compared, "{what}");
                check(&done, compared, &what);
                compared += 1;
            }
        }
        for done in pipeline.drain().unwrap() {
            check(&done.telemetry, compared, &what);
            compared += 1;
        }
        assert_eq!(compared, steps, "{what}");
    }
}

/// Runs more steps in batches, each of which fills all slots or those of a batch, checks each step, and
/// answers how it ended up submitting.
fn run_batches(pipeline: &mut Pipeline, steps: u64, what: &str) -> Submission {
    let PipelineOptions { depth, batch, .. } = *pipeline.options();
    let size = if batch > 1 { batch } else { depth } as u64;
    let slots = pipeline.options().slots() as u64;
    let first = pipeline.stats().submitted;
    let (mut submitted, mut taken) = (first, first);
    while taken < first + steps {
        while submitted < first + steps && pipeline.pending() + size <= slots {
            let configs: Vec<Config> = (submitted..submitted + size).map(config).collect();
            submitted = pipeline.submit_batch(&configs).unwrap().end;
        }
        let done = pipeline.next().unwrap().unwrap();
        assert_eq!(done.step, taken);
        check(&done, taken, what);
        taken += 1;
    }
    for done in pipeline.drain().unwrap() {
        check(&done.telemetry, done.step, what);
    }
    pipeline.stats().submission
}

#[test]
fn gpu_work_on_the_default_stream_does_not_hold_up_the_steps() {
    let Some((gpu, _alone)) = device() else { return };
    let Some(context) = gpu.cudarc() else { return };
    // Two seconds of noise on the legacy default stream, which blocking streams would wait for.
    let source = echo_source(256, 2560);
    let module = Module::from_source(&gpu, &source, &KernelCache::for_user()).unwrap();
    let (function, count) = (module.function("echo").unwrap(), gpu.alloc_zeroed(8).unwrap());
    let (config_at, telemetry_at) = (
        gpu.alloc_zeroed(size_of::<Config>()).unwrap(),
        gpu.alloc_zeroed(size_of::<Telemetry>()).unwrap(),
    );
    let mut pipelines: Vec<Pipeline> = TRANSPORTS
        .into_iter()
        .map(|transport| {
            let mut made = pipeline(&gpu, options(3, transport), EchoOptions::default());
            run_batches(&mut made, 6, "warm-up");
            for step in 6..10 {
                made.submit(&config(step)).unwrap();
                check(&made.next().unwrap().unwrap(), step, "warm-up");
            }
            made
        })
        .collect();
    let legacy = RawStream(context.default_stream().cu_stream() as usize as u64);
    let (up, down, counted) = (config_at.ptr(), telemetry_at.ptr(), count.ptr());
    let args = [
        KernelArg::pointer(&up),
        KernelArg::pointer(&down),
        KernelArg::pointer(&counted),
        KernelArg::new(&2_000_000_000_u64),
        KernelArg::new(&0_u64),
        KernelArg::new(&0_u32),
    ];
    // SAFETY: these are the arguments of the echo; the buffers live until the device was waited for.
    unsafe {
        gpu.driver().bind().unwrap();
        let shape = LaunchShape::linear(1, 256);
        gpu.driver().launch(function.raw(), &shape, legacy, &args).unwrap();
    }
    for pipeline in &mut pipelines {
        for step in 10..30 {
            pipeline.submit(&config(step)).unwrap();
            check(&pipeline.next().unwrap().unwrap(), step, "beside noise");
        }
    }
    // SAFETY: the legacy stream exists always, and the context is bound to this thread.
    let finished = unsafe { gpu.driver().stream_query(legacy) }.unwrap();
    assert!(!finished, "the steps came back before the noise ended");
    gpu.synchronize().unwrap();
}

#[test]
fn gpu_nothing_grows_while_steps_run() {
    let Some((gpu, _alone)) = device() else { return };
    for transport in TRANSPORTS {
        let mut pipeline = pipeline(&gpu, options(3, transport), EchoOptions::default());
        for step in 0..100 {
            pipeline.step(&config(step)).unwrap();
        }
        let (before, free) = (gpu.memory_use(), gpu.driver().memory_info().unwrap().0);
        for step in 0..20_000 {
            pipeline.step(&config(step)).unwrap();
        }
        assert_eq!(gpu.memory_use(), before);
        assert_eq!(gpu.driver().memory_info().unwrap().0, free);
    }
}

#[test]
fn gpu_dropping_in_flight_parks_and_lets_go() {
    let Some((gpu, _alone)) = device() else { return };
    for transport in TRANSPORTS {
        for steps in 0..4 {
            let echo = EchoOptions { spin_ns: 3_000_000, ..EchoOptions::default() };
            let mut pipeline = pipeline(&gpu, options(3, transport), echo);
            for step in 0..steps {
                if pipeline.pending() < 3 {
                    pipeline.submit(&config(step)).unwrap();
                }
            }
            drop(pipeline);
            gpu.synchronize().unwrap();
            assert_eq!(gpu.parked(), 0);
            assert_eq!(gpu.memory_use().device_bytes, 0);
            assert_eq!(gpu.memory_use().pinned_bytes, 0);
        }
    }
}

#[test]
fn gpu_a_step_that_outlasts_its_time_is_an_error_and_can_be_waited_for() {
    let Some((gpu, _alone)) = device() else { return };
    let echo = EchoOptions { long_at: Some(1), long_ns: 3_000_000_000, ..EchoOptions::default() };
    let limit = Duration::from_millis(200);
    let with_limit = PipelineOptions {
        step_timeout: Some(limit),
        ..options(3, (Placement::Copied, Submission::Streams))
    };
    let mut pipeline = pipeline(&gpu, with_limit, echo);
    pipeline.submit(&config(0)).unwrap();
    pipeline.submit(&config(1)).unwrap();
    check(&pipeline.next().unwrap().unwrap(), 0, "before");
    let error = pipeline.next().expect_err("it spins");
    assert_eq!(error, GpuError::StepTimeout { step: 1, after: limit });
    let done = loop {
        match pipeline.next() {
            Ok(done) => break *done.unwrap(),
            Err(GpuError::StepTimeout { step: 1, .. }) => {}
            Err(error) => panic!("{error}"),
        }
    };
    check(&done, 1, "after");
}

#[test]
fn gpu_the_callers_event_tracking_stays_as_it_was() {
    let Some((gpu, _alone)) = device() else { return };
    drop(gpu);
    let context = cudarc::driver::CudaContext::new(0).unwrap();
    let before = context.is_event_tracking();
    let gpu = GpuContext::from_cudarc(Arc::clone(&context)).unwrap();
    let mut pipeline = pipeline(
        &gpu,
        options(3, (Placement::Copied, Submission::Streams)),
        EchoOptions::default(),
    );
    for step in 0..10 {
        pipeline.step(&config(step)).unwrap();
    }
    assert_eq!(context.is_event_tracking(), before);
    context.check_err().unwrap();
}

#[test]
fn gpu_a_pipeline_made_on_one_thread_steps_and_drops_on_others() {
    let Some((gpu, _alone)) = device() else { return };
    let transport = (Placement::Copied, Submission::Streams);
    let mut pipeline = pipeline(&gpu, options(3, transport), EchoOptions::default());
    pipeline.submit(&config(0)).unwrap();
    std::thread::spawn(move || {
        pipeline.submit(&config(1)).unwrap();
        check(&pipeline.next().unwrap().unwrap(), 0, "thread");
        drop(pipeline);
    })
    .join()
    .unwrap();
    gpu.synchronize().unwrap();
    assert_eq!(gpu.memory_use().device_bytes, 0);
}

#[test]
#[ignore = "loses the device for its process; run by name"]
fn gpu_lost_a_trap_names_its_step_and_poisons_the_context() {
    let Some((gpu, _alone)) = device() else { return };
    let echo = EchoOptions { trap_at: Some(5), ..EchoOptions::default() };
    let mut pipeline = pipeline(&gpu, options(3, (Placement::Copied, Submission::Streams)), echo);
    let mut failure = None;
    for step in 0..10 {
        if let Err(error) = pipeline.step(&config(step)) {
            failure = Some(error);
            break;
        }
    }
    let error = failure.expect("step 5 traps");
    println!("{error}");
    assert!(error.is_sticky());
    // The driver says that something failed, not what; the oldest step not seen to finish is named.
    assert!(matches!(error, GpuError::Step { step: 3..=5, .. }), "{error}");
    assert!(matches!(pipeline.submit(&config(0)), Err(GpuError::Poisoned { .. })));
    assert!(matches!(gpu.alloc(16), Err(GpuError::Poisoned { .. })));
    assert!(gpu.synchronize().is_err());
    drop(pipeline);
}
