//! The three usage examples of the stream integration report, adapted to today's cudarc: `CudaDevice`
//! is `CudaContext`, and a stream is a stream, where it was an index that nothing could be launched on.
//!
//! They are compiled everywhere, and run where there is a GPU (`PRISM_REQUIRE_GPU=1` to require one).
#![cfg(feature = "cuda")]
#![allow(unsafe_code, clippy::unwrap_used, clippy::print_stdout)]

#[path = "../../prism-stream/tests/support/needs.rs"]
mod needs;

use std::error::Error;
use std::sync::Arc;

use cudarc::driver::{CudaContext, LaunchConfig, PushKernelArg};
use cudarc::nvrtc::Ptx;
use prism_core::{KernelTelemetry, RuntimeConfig, TelemetryStatus};
use prism_gpu::{ManagedGpuContext, StreamPurpose};

type Outcome = Result<(), Box<dyn Error>>;

/// Example 1: simple triple-buffered execution.
fn simple(process: &mut impl FnMut(KernelTelemetry)) -> Outcome {
    let device = CudaContext::new(0)?;
    let mut ctx = ManagedGpuContext::new(device, true)?;

    for _ in 0..1000 {
        let config = RuntimeConfig::default();
        let telemetry = ctx.triple_buffered_step(config)?;
        process(telemetry);
    }
    Ok(())
}

/// Example 2: conditional stream usage. [`ManagedGpuContext::from_env`] is the same in one call.
fn conditional(device: Arc<CudaContext>) -> Outcome {
    let enable_async = std::env::var("PRISM_ASYNC_GPU").map(|v| v == "1").unwrap_or(false);

    let ctx = ManagedGpuContext::new(device, enable_async)?;

    if ctx.has_stream_management() {
        println!("Using async execution");
    } else {
        println!("Using sync execution");
    }
    assert_eq!(ctx.has_stream_management(), enable_async);
    Ok(())
}

/// Example 3: advanced stream access.
fn advanced(device: Arc<CudaContext>) -> Outcome {
    let mut ctx = ManagedGpuContext::new(device, true)?;
    let module = ctx.device().load_module(Ptx::from_src(include_str!("../kernels/probe.ptx")))?;
    let kernel = module.load_function("probe")?;
    let config = RuntimeConfig { iteration: 7, ..RuntimeConfig::default() };

    if let Some(stream) = ctx.get_stream(StreamPurpose::KernelExecution) {
        let up = stream.clone_htod(bytemuck::bytes_of(&config))?;
        let mut down = stream.alloc_zeros::<u8>(size_of::<KernelTelemetry>())?;
        // Launch kernel on specific stream
        let mut launch = stream.launch_builder(&kernel);
        launch.arg(&up).arg(&mut down);
        let shape =
            LaunchConfig { grid_dim: (1, 1, 1), block_dim: (256, 1, 1), shared_mem_bytes: 0 };
        // SAFETY: the probe reads a config and writes a telemetry; both buffers are of that size.
        unsafe { launch.launch(shape) }?;
        let answer: KernelTelemetry = bytemuck::pod_read_unaligned(&stream.clone_dtoh(&down)?);
        assert_eq!((answer.iteration, answer.checksum), (7, config.checksum()));
    } else {
        panic!("a pool that was just made has a stream");
    }

    // Synchronize specific stream, and everything
    if let Some(stream) = ctx.lease(StreamPurpose::KernelExecution) {
        stream.synchronize()?;
    }
    ctx.synchronize()?;
    Ok(())
}

/// Asks before cudarc is asked, which panics without a driver.
fn device() -> Option<Arc<CudaContext>> {
    needs::gpu()?.cudarc().cloned()
}

#[test]
fn gpu_example_1_simple_triple_buffered_execution() {
    let Some(_device) = device() else { return };
    let mut counts = (0, 0);
    simple(&mut |telemetry| match telemetry.status() {
        TelemetryStatus::Warmup => counts.0 += 1,
        TelemetryStatus::Complete => counts.1 += 1,
        other => panic!("{other:?}"),
    })
    .unwrap();
    assert_eq!(counts, (2, 998));
}

#[test]
fn gpu_example_2_conditional_stream_usage() {
    let Some(device) = device() else { return };
    conditional(device).unwrap();
}

#[test]
fn gpu_example_3_advanced_stream_access() {
    let Some(device) = device() else { return };
    advanced(device).unwrap();
}
