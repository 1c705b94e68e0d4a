//! The report's four tests, each on the mock and, where there is one, on a GPU.
#![allow(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use prism_core::{KernelTelemetry, RuntimeConfig, TelemetryStatus};
use prism_stream::driver::is_whole_image;
use prism_stream::mock::MockDriver;
use prism_stream::{
    GpuContext, KernelArg, KernelCache, LaunchShape, Module, Placement, StepLaunch,
};

use super::*;

mod contexts;
#[path = "../../../prism-stream/tests/support/needs.rs"]
mod needs;
mod streams;
#[path = "../../../prism-stream/tests/rules/warnings.rs"]
mod warnings;

/// A mock that knows the probe.
fn mock(seed: u64) -> (Arc<MockDriver>, GpuContext) {
    let mock = MockDriver::new(seed);
    mock.define("probe", |memory, args| {
        let at = |arg: &[u8]| u64::from_le_bytes(arg.try_into().unwrap());
        let bytes = memory.read(at(&args[0]), size_of::<RuntimeConfig>());
        let config: RuntimeConfig = bytemuck::pod_read_unaligned(&bytes);
        let known = config.layout == RuntimeConfig::LAYOUT;
        let telemetry = KernelTelemetry {
            iteration: config.iteration,
            checksum: config.checksum(),
            status_code: if known { KernelTelemetry::COMPLETE } else { KernelTelemetry::REJECTED },
            detail: if known { 0 } else { config.layout },
            clock_ns: 1,
            ..KernelTelemetry::default()
        };
        memory.write(at(&args[1]), bytemuck::bytes_of(&telemetry));
    });
    let gpu = GpuContext::from_driver(mock.clone());
    (mock, gpu)
}

/// The devices to test on: a mock always, the GPU if there is one. The probe binds itself at the first
/// step, compiled where there is NVRTC and from its generic PTX elsewhere; the mock takes either.
fn managed(enable_streams: bool, test: impl Fn(ManagedGpuContext)) {
    let (driver, gpu) = mock(7);
    let context = ManagedGpuContext::with_gpu(gpu, enable_streams).unwrap();
    test(context.with_cache(KernelCache::disabled()));
    assert_eq!(driver.violations(), Vec::<String>::new());
    if let Some(gpu) = needs::gpu() {
        let context = ManagedGpuContext::with_gpu(gpu, enable_streams).unwrap();
        test(context.with_cache(KernelCache::disabled()));
    }
}

fn config(iteration: u64) -> RuntimeConfig {
    let mut config = RuntimeConfig { iteration, seed: iteration * 77, ..RuntimeConfig::default() };
    config.parameters[(iteration % 232) as usize] = iteration as f32;
    config
}

fn check(telemetry: &KernelTelemetry, iteration: u64) {
    assert_eq!(telemetry.status(), TelemetryStatus::Complete);
    assert_eq!(telemetry.iteration, iteration);
    assert_eq!(telemetry.checksum, config(iteration).checksum());
    assert_ne!(telemetry.clock_ns, 0);
}

#[test]
fn test_managed_context_sync_mode() {
    managed(false, |mut context| {
        assert!(!context.has_stream_management());
        assert!(context.stream_pool().is_none());
        assert!(context.pipeline_coordinator().is_none());
        assert!(context.lease(StreamPurpose::KernelExecution).is_none());
        assert!(context.pool.is_empty(), "nothing is made at construction");
        context.triple_buffered_step(config(0)).unwrap();
        assert_eq!(context.pool.len(), 1, "one stream at the first step");
        let memory = context.gpu().memory_use();
        assert!(memory.device_bytes <= 1024 + 10240, "one slot: {memory:?}");
        context.synchronize().unwrap();
    });
}

#[test]
fn test_managed_context_async_mode() {
    managed(true, |mut context| {
        assert!(context.has_stream_management());
        assert!(context.stream_pool().is_some());
        assert!(context.pipeline_coordinator().is_some());
        for purpose in StreamPurpose::ALL {
            let raw = context.lease(purpose).unwrap().raw();
            assert_eq!(context.lease(purpose).unwrap().raw(), raw, "the same at every call");
        }
        context.triple_buffered_step(config(0)).unwrap();
        let memory = context.gpu().memory_use();
        assert!(memory.device_bytes <= 35 * 1024, "{memory:?}");
        assert!(memory.pinned_bytes <= 35 * 1024, "{memory:?}");
        context.synchronize().unwrap();
    });
}

#[test]
fn three_steps_hold_35_kb_at_most_also_while_the_way_to_run_them_is_chosen_and_changed() {
    // Of a kernel that is short, then long, then short again, where calls take the host long: steps are
    // measured with copies, then in mapped memory, and move there and back.
    let (driver, gpu) = mock(7);
    driver.cost("call", Duration::from_micros(1));
    let mut context = ManagedGpuContext::with_gpu(gpu.clone(), true).unwrap();
    let function = Module::from_cubin(&gpu, "probe", b"").unwrap().function("probe").unwrap();
    // SAFETY: the mock's probe reads a config and writes a telemetry.
    context.bind(unsafe { ProbeKernel::from_function(function) }).unwrap();
    let mut placements = Vec::new();
    let costs = [(1, 6), (20, 20), (1, 100), (500, 100), (1, 100)];
    for (kernel, steps) in costs {
        driver.cost("kernel", Duration::from_micros(kernel));
        if steps > 20 {
            context.pipeline_mut().retune();
        }
        for iteration in 0..steps {
            context.triple_buffered_step(config(iteration)).unwrap();
            placements.push(context.pipeline_mut().stats().placement);
        }
    }
    placements.dedup();
    assert!(placements.len() >= 4, "it moved: {placements:?}");
    assert!(context.pipeline_mut().stats().choices >= 2);
    let memory = gpu.memory_use();
    assert!(memory.device_peak <= 35 * 1024 && memory.pinned_peak <= 35 * 1024, "{memory:?}");
    assert!(memory.device_peak >= 3 * (1024 + 10240), "the slots count: {memory:?}");
    assert_eq!(driver.violations(), Vec::<String>::new());
}

#[test]
fn test_triple_buffered_step() {
    managed(true, |mut context| {
        for round in 0..3 {
            for iteration in 0..50 {
                let telemetry = context.triple_buffered_step(config(iteration)).unwrap();
                match iteration.checked_sub(2) {
                    None => assert_eq!(telemetry.status(), TelemetryStatus::Warmup),
                    Some(before) => check(&telemetry, before),
                }
            }
            if round == 1 {
                context.reset_pipeline();
            } else {
                let rest = context.drain().unwrap();
                assert_eq!(rest.len(), 2);
                check(&rest[0].telemetry, 48);
                check(&rest[1].telemetry, 49);
                context.reset_pipeline();
            }
        }
    });
}

#[test]
fn test_sync_fallback() {
    let run = |enable_streams| {
        let telemetry = std::cell::RefCell::new(Vec::new());
        managed(enable_streams, |mut context| {
            let mut all = Vec::new();
            for iteration in 0..20 {
                all.push(context.triple_buffered_step(config(iteration)).unwrap());
            }
            all.extend(context.drain().unwrap().iter().map(|record| record.telemetry));
            telemetry.borrow_mut().push(all);
        });
        telemetry.into_inner()
    };
    assert_eq!(run(false), run(true), "the same telemetry in both modes");

    // A device that has no stream to spare goes on with one.
    let (driver, gpu) = mock(3);
    let mut context = ManagedGpuContext::with_options(
        gpu.clone(),
        PipelineOptions { placement: Some(Placement::Copied), ..PipelineOptions::default() },
    )
    .unwrap();
    let function = Module::from_cubin(&gpu, "probe", b"").unwrap().function("probe").unwrap();
    // SAFETY: the mock's probe reads a config and writes a telemetry.
    context.bind(unsafe { ProbeKernel::from_function(function) }).unwrap();
    driver.fail("stream_create", 2, 2);
    assert!(context.has_stream_management());
    for iteration in 0..5 {
        context.triple_buffered_step(config(iteration)).unwrap();
    }
    assert!(!context.has_stream_management());
    check(&context.triple_buffered_step(config(5)).unwrap(), 3);
}

#[test]
fn gpu_the_generic_ptx_answers_like_the_compiled_probe() {
    let Some(gpu) = needs::gpu() else { return };
    let source = crate::probe_kernel::probe_source();
    let ptx = source.usable_generic_ptx().unwrap();
    let function = Module::from_ptx(&gpu, "probe.ptx", ptx).unwrap().function("probe").unwrap();
    let mut context = ManagedGpuContext::with_gpu(gpu, true).unwrap();
    // SAFETY: the PTX was made from probe.cu, so its probe reads a config and writes a telemetry.
    context.bind(unsafe { ProbeKernel::from_function(function) }).unwrap();
    for iteration in 0..3 {
        context.triple_buffered_step(config(iteration)).unwrap();
    }
    check(&context.triple_buffered_step(config(3)).unwrap(), 1);
}

#[test]
fn a_config_of_another_layout_is_rejected_by_its_step() {
    managed(true, |mut context| {
        context.triple_buffered_step(RuntimeConfig { layout: 9, ..config(0) }).unwrap();
        context.triple_buffered_step(config(1)).unwrap();
        let error = context.triple_buffered_step(config(2)).expect_err("step 0 was rejected");
        assert!(matches!(error, GpuError::Rejected { step: 0, .. }), "{error}");
        check(&context.triple_buffered_step(config(3)).unwrap(), 1);
    });
}

#[test]
fn the_probe_compiles_for_every_architecture() {
    if !needs::nvrtc() {
        return;
    }
    let source = crate::probe_kernel::probe_source();
    for arch in ["sm_80", "sm_90", "sm_100"] {
        assert!(is_whole_image(&source.compile(arch).unwrap()), "{arch}");
    }
}

/// Needs a compiler; `.ci/run` has one.
#[test]
fn a_field_that_has_moved_does_not_compile() {
    if !needs::nvrtc() {
        return;
    }
    let mut source = crate::probe_kernel::probe_source();
    let moved = source.defines.iter_mut().find(|(name, _)| name == "RuntimeConfig_layout").unwrap();
    moved.1 = "64".to_owned();
    match source.compile("sm_90") {
        Err(prism_stream::KernelError::Compile { log, .. }) => {
            assert!(log.contains("RuntimeConfig::layout has moved"), "{log}");
        }
        other => panic!("{other:?}"),
    }
}

/// Answers every config with 4242 moves.
struct Marked(prism_stream::Function);

// SAFETY: the mock's kernel writes a telemetry where it belongs, and the function stays in `self`.
unsafe impl StepKernel<RuntimeConfig, KernelTelemetry> for Marked {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        let args = [KernelArg::pointer(&step.config), KernelArg::pointer(&step.telemetry)];
        // SAFETY: as above.
        unsafe { step.launch(&self.0, &LaunchShape::linear(1, 1), &args) }
    }
}

fn marked(driver: &MockDriver, gpu: &GpuContext) -> Marked {
    driver.define("marked", |memory, args| {
        let telemetry = u64::from_le_bytes(args[1].as_slice().try_into().unwrap());
        let answer = KernelTelemetry { moves: 4242, status_code: 1, ..KernelTelemetry::default() };
        memory.write(telemetry, bytemuck::bytes_of(&answer));
    });
    Marked(Module::from_cubin(gpu, "marked", b"").unwrap().function("marked").unwrap())
}

fn pinned(gpu: &GpuContext) -> ManagedGpuContext {
    let options = PipelineOptions {
        placement: Some(Placement::Copied),
        submission: Some(Submission::Streams),
        ..PipelineOptions::default()
    };
    let context = ManagedGpuContext::with_options(gpu.clone(), options).unwrap();
    context.with_cache(KernelCache::disabled())
}

#[test]
fn a_kernel_is_never_replaced_by_the_probe() {
    for after in 0..3 {
        let (driver, gpu) = mock(5);
        let mut context = ManagedGpuContext::with_gpu(gpu.clone(), true).unwrap();
        context.bind(marked(&driver, &gpu)).unwrap();
        driver.fail("stream_query", after, 2);
        let answers: Vec<_> = (0..12).map(|at| context.triple_buffered_step(config(at))).collect();
        assert!(answers.iter().any(Result::is_err), "query {after} was not made");
        for answer in answers.into_iter().flatten() {
            let warming_up = answer.status() == TelemetryStatus::Warmup;
            assert!(warming_up || answer.moves == 4242, "{answer:?}");
        }
    }
}

#[test]
fn a_reset_that_times_out_is_finished_by_the_next_call() {
    let (driver, gpu) = mock(5);
    let mut context = pinned(&gpu);
    driver.hang_launch(0);
    context.triple_buffered_step(config(0)).unwrap();
    context.triple_buffered_step(config(1)).unwrap();
    context.reset_pipeline();
    let late = context.triple_buffered_step(config(99)).unwrap_err();
    assert!(matches!(late, GpuError::StepTimeout { step: 0, .. }), "{late}");
    driver.release();
    for call in 0..4 {
        let answer = context.triple_buffered_step(config(100 + call)).unwrap();
        if call < 2 {
            assert_eq!(answer.status(), TelemetryStatus::Warmup);
        } else {
            assert_eq!(answer.iteration, 100 + call - 2);
        }
    }
}

#[test]
fn after_a_late_step_the_lag_is_what_it_was() {
    let (driver, gpu) = mock(5);
    let mut context = pinned(&gpu);
    driver.hang_launch(0);
    context.triple_buffered_step(config(0)).unwrap();
    context.triple_buffered_step(config(1)).unwrap();
    for call in [2, 77, 78] {
        // Call 2 submits its step and waits in vain; the others submit nothing.
        let late = context.triple_buffered_step(config(call)).unwrap_err();
        assert!(matches!(late, GpuError::StepTimeout { step: 0, .. }), "{late}");
    }
    driver.release();
    for call in 3..8 {
        assert_eq!(context.triple_buffered_step(config(call)).unwrap().iteration, call - 2);
    }
    let rest: Vec<_> = context.drain().unwrap().iter().map(|r| r.telemetry.iteration).collect();
    assert_eq!(rest, [6, 7]);
}

#[test]
fn the_environment_asks_for_streams_with_a_one() {
    const CHILD: &str = "PRISM_TEST_ANSWER";
    if let Ok(expected) = std::env::var(CHILD) {
        assert_eq!(async_from_env().to_string(), expected);
        // Nobody else asks it.
        for enable_streams in [false, true] {
            let context = ManagedGpuContext::with_gpu(mock(1).1, enable_streams).unwrap();
            assert_eq!(context.has_stream_management(), enable_streams);
        }
        let chosen = ManagedGpuContext::with_options(mock(1).1, PipelineOptions::default());
        assert!(chosen.unwrap().has_stream_management());
        return;
    }
    for (value, expected) in
        [(Some("1"), true), (Some("0"), false), (Some(""), false), (None, false)]
    {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args([
            "--exact",
            "stream_integration::tests::the_environment_asks_for_streams_with_a_one",
        ]);
        child.env(CHILD, expected.to_string()).env_remove("PRISM_ASYNC_GPU");
        child.envs(value.map(|value| ("PRISM_ASYNC_GPU", value)));
        let output = child.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && printed.contains("1 passed"), "{value:?}: {printed}");
    }
}
