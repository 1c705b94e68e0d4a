//! The controller against a device whose kernel takes as long as it is told to.
#![allow(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prism_core::{KernelTelemetry, RuntimeConfig};
use prism_stream::driver::RawStream;
use prism_stream::mock::MockDriver;
use prism_stream::{
    Function, GpuContext, KernelArg, LaunchShape, Module, PipelineOptions, Placement, StepKernel,
    StepLaunch, Submission,
};

use super::*;

/// Takes so long for each sweep of its config.
struct Sweeping(Function);

// SAFETY: the mock's kernel reads a config and writes a telemetry, and the function stays in `self`.
unsafe impl StepKernel<RuntimeConfig, KernelTelemetry> for Sweeping {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        let args = [KernelArg::pointer(&step.config), KernelArg::pointer(&step.telemetry)];
        // SAFETY: as above.
        unsafe { step.launch(&self.0, &LaunchShape::linear(1, 1), &args) }
    }
}

/// A context whose kernel takes a time for each sweep that can be changed.
fn sweeping(
    driver: &MockDriver,
    gpu: &GpuContext,
    options: PipelineOptions,
) -> (ManagedGpuContext, Arc<AtomicU64>) {
    let sweep_ns = Arc::new(AtomicU64::new(1000));
    let told = sweep_ns.clone();
    driver.define("sweep", move |memory, args| {
        let at = |arg: &[u8]| u64::from_le_bytes(arg.try_into().unwrap());
        let bytes = memory.read(at(&args[0]), size_of::<RuntimeConfig>());
        let config: RuntimeConfig = bytemuck::pod_read_unaligned(&bytes);
        let sweep = Duration::from_nanos(told.load(Ordering::Relaxed));
        memory.spend(sweep * config.sweeps);
        let answer = KernelTelemetry { status_code: 1, ..KernelTelemetry::default() };
        memory.write(at(&args[1]), bytemuck::bytes_of(&answer));
    });
    let function = Module::from_cubin(gpu, "sweep", b"").unwrap().function("sweep").unwrap();
    let mut context = ManagedGpuContext::with_options(gpu.clone(), options).unwrap();
    context.bind(Sweeping(function)).unwrap();
    (context, sweep_ns)
}

fn pinned() -> PipelineOptions {
    PipelineOptions {
        placement: Some(Placement::Copied),
        submission: Some(Submission::Streams),
        ..PipelineOptions::default()
    }
}

/// Runs so many steps, and answers how often anything was changed.
fn run(context: &mut ManagedGpuContext, controller: &mut Controller, steps: u32) -> usize {
    let changed = (0..steps).filter(|_| {
        let config = RuntimeConfig { sweeps: controller.sweeps(), ..RuntimeConfig::default() };
        context.triple_buffered_step(config).unwrap();
        controller.adapt(context)
    });
    changed.count()
}

fn device(seed: u64) -> (Arc<MockDriver>, GpuContext) {
    let driver = MockDriver::new(seed);
    (driver.clone(), GpuContext::from_driver(driver))
}

#[test]
fn a_step_comes_to_take_some_milliseconds_whatever_a_sweep_takes() {
    let (driver, gpu) = device(1);
    let (mut context, sweep_ns) = sweeping(&driver, &gpu, pinned());
    let mut controller = Controller::new(&mut context, ControllerOptions::default()).unwrap();
    for ns in [1000, 50_000, 3_000_000, 200] {
        sweep_ns.store(ns, Ordering::Relaxed);
        run(&mut context, &mut controller, 400);
        let took = Duration::from_nanos(ns) * controller.sweeps();
        assert!(took >= Duration::from_micros(4500), "{ns} ns a sweep: {took:?} a step");
        assert!(took <= Duration::from_millis(22), "{ns} ns a sweep: {took:?} a step");
        let before = controller.sweeps();
        let changes = run(&mut context, &mut controller, 200);
        assert!(changes <= 1 && controller.sweeps() == before, "it stays where it is");
    }
    assert_eq!(driver.violations(), Vec::<String>::new());
}

#[test]
fn limits_are_kept_though_a_step_is_too_short_or_too_long() {
    let (driver, gpu) = device(2);
    for (ns, limits, expected) in [(10, (1, 100), 100), (90_000_000, (3, 9), 3)] {
        let (mut context, sweep_ns) = sweeping(&driver, &gpu, pinned());
        sweep_ns.store(ns, Ordering::Relaxed);
        let options = ControllerOptions { limits, sweeps: 5, ..ControllerOptions::default() };
        let mut controller = Controller::new(&mut context, options).unwrap();
        run(&mut context, &mut controller, 300);
        assert_eq!(controller.sweeps(), expected);
    }
    let (mut context, _) = sweeping(&driver, &gpu, pinned());
    for limits in [(0, 5), (6, 5)] {
        let options = ControllerOptions { limits, ..ControllerOptions::default() };
        let refused = Controller::new(&mut context, options);
        assert!(matches!(refused, Err(GpuError::InvalidOptions(_))), "{limits:?}");
    }
}

#[test]
fn a_step_that_takes_another_time_has_its_transport_chosen_anew_and_once() {
    let (driver, gpu) = device(3);
    let (mut context, sweep_ns) = sweeping(&driver, &gpu, PipelineOptions::default());
    let limits = (10, 10); // so that nothing but the time of a step changes
    let options = ControllerOptions { limits, ..ControllerOptions::default() };
    let mut controller = Controller::new(&mut context, options).unwrap();
    for (ns, choices) in [(100, 1), (100_000, 2), (110_000, 2), (100, 3)] {
        sweep_ns.store(ns, Ordering::Relaxed);
        run(&mut context, &mut controller, 400);
        assert_eq!(context.pipeline_mut().stats().choices, choices, "{ns} ns a sweep");
    }
    assert_eq!(driver.violations(), Vec::<String>::new());
}

#[test]
fn a_host_that_holds_up_the_device_gives_it_longer_steps() {
    let (driver, gpu) = device(4);
    let (mut context, _) = sweeping(&driver, &gpu, pinned());
    let mut controller = Controller::new(&mut context, ControllerOptions::default()).unwrap();
    let mut wanted = |kernel_ms: f64, busy| {
        controller.sweeps = 1000;
        controller.wanted(Seen { kernel_ns: kernel_ms * 1e6, busy })
    };
    assert_eq!(wanted(6.0, 0.99), 1000);
    assert_eq!(wanted(6.0, 0.7), 1500);
    assert_eq!(wanted(18.0, 0.7), 1112, "no longer than the longest");
    assert_eq!(wanted(20.0, 0.7), 1000);
    assert_eq!(wanted(4.9, 0.99), 1000, "near enough");
    assert_eq!(wanted(0.001, 0.99), 8000, "no further at a time");
}

#[test]
fn a_reset_or_a_pipeline_that_warms_up_confuses_nothing() {
    let (driver, gpu) = device(5);
    let (mut context, _) = sweeping(&driver, &gpu, pinned());
    let mut controller = Controller::new(&mut context, ControllerOptions::default()).unwrap();
    assert!(!controller.adapt(&mut context), "before the first step");
    for _ in 0..3 {
        run(&mut context, &mut controller, 300);
        assert!((4500..=22_000).contains(&controller.sweeps()), "{}", controller.sweeps());
        context.reset_pipeline();
        controller.sweeps = 7;
    }
    assert_eq!(driver.violations(), Vec::<String>::new());
}

#[test]
fn the_phase_that_is_held_up_goes_first_and_none_where_they_are_equal() {
    let (driver, gpu) = device(6);
    let (mut first, _) = sweeping(&driver, &gpu, pinned());
    let (mut second, _) = sweeping(&driver, &gpu, pinned());
    let options = ControllerOptions::default();
    let mut controllers = [
        Controller::new(&mut first, options).unwrap(),
        Controller::new(&mut second, options).unwrap(),
    ];
    let mut levels = |controllers: &[Controller; 2], worth: [f64; 2]| -> [i32; 2] {
        let mut contexts = [&mut first, &mut second];
        let [a, b] = &mut contexts;
        balance(&mut [
            Sharing { context: a, controller: &controllers[0], worth: worth[0] },
            Sharing { context: b, controller: &controllers[1], worth: worth[1] },
        ]);
        contexts.map(|context| {
            let _ = driver.take_calls();
            context.triple_buffered_step(RuntimeConfig::default()).unwrap();
            let calls = driver.take_calls();
            let launch = calls.iter().find(|call| call.name == "launch").unwrap();
            driver.level(RawStream(launch.stream)).unwrap()
        })
    };
    assert_eq!(levels(&controllers, [1.0, 1.0]), [0, 0]);
    controllers[0].sweep_ns = Some((3000.0, 1000.0)); // three times as slow as alone
    controllers[1].sweep_ns = Some((1200.0, 1000.0));
    assert_eq!(levels(&controllers, [1.0, 1.0]), [-5, 0]);
    assert_eq!(levels(&controllers, [1.0, 2.4]), [0, 0], "the other is worth more");
    assert_eq!(levels(&controllers, [1.0, 9.0]), [0, -5]);
    controllers[0].sweep_ns = Some((1000.0, 1000.0));
    assert_eq!(levels(&controllers, [1.0, 1.0]), [0, 0], "and back");
    assert_eq!(driver.violations(), Vec::<String>::new());
}

/// Another phase on the device shows by what a sweep takes, and goes when that one stops.
#[test]
fn a_slowdown_is_against_the_best_that_was_seen() {
    let (driver, gpu) = device(7);
    let (mut context, sweep_ns) = sweeping(&driver, &gpu, pinned());
    let mut controller = Controller::new(&mut context, ControllerOptions::default()).unwrap();
    assert_eq!(controller.slowdown(), 1.0);
    for (ns, slowdown) in [(1000, 1.0), (1800, 1.8), (1000, 1.0), (500, 1.0), (1000, 2.0)] {
        sweep_ns.store(ns, Ordering::Relaxed);
        run(&mut context, &mut controller, 300);
        let seen = controller.slowdown();
        assert!((seen - slowdown).abs() < 0.01, "{ns} ns a sweep: {seen}");
    }
}
