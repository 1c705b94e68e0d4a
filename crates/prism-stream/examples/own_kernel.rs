//! A pipeline with a kernel, a config and a telemetry of one's own: a running mean on the device.
//!
//! `cargo run --release -p prism-stream --example own_kernel`
#![allow(unsafe_code, clippy::print_stdout)]

use prism_stream::{
    AsyncPipelineCoordinator, DeviceBuffer, Function, GpuContext, GpuError, KernelArg,
    KernelSource, LaunchShape, PipelineOptions, StepKernel, StepLaunch,
};

/// Goes up: one sample.
type Sample = [f32; 1];
/// Comes down: the mean of the samples so far, and how many there were.
type Mean = [f32; 2];

const SOURCE: &str = r#"
extern "C" __global__ void mean(const float* sample, float* answer, float* state) {
    state[0] += sample[0];
    state[1] += 1.0f;
    answer[0] = state[0] / state[1];
    answer[1] = state[1];
}
"#;

/// The kernel, with its state: both belong to the pipeline once bound.
struct RunningMean {
    function: Function,
    state: DeviceBuffer,
}

// SAFETY: `mean` reads one float, writes two, and otherwise touches the two of its state.
unsafe impl StepKernel<Sample, Mean> for RunningMean {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        let state = self.state.ptr();
        let args = [
            KernelArg::pointer(&step.config),
            KernelArg::pointer(&step.telemetry),
            KernelArg::pointer(&state),
        ];
        // SAFETY: these are the arguments of `mean`; the state lives as long as `self`.
        unsafe { step.launch(&self.function, &LaunchShape::linear(1, 1), &args) }
    }

    /// Every launch is the same but for the sample and the answer, so a graph of it can be kept.
    fn repeats(&self) -> bool {
        true
    }
}

fn main() -> Result<(), GpuError> {
    let gpu = match GpuContext::open(0) {
        Ok(gpu) => gpu,
        Err(reason) => {
            println!("nothing to show: {reason}");
            return Ok(());
        }
    };
    let source = KernelSource::new("mean.cu", SOURCE);
    let module = gpu.module(&source)?;
    let kernel = RunningMean { function: module.function("mean")?, state: gpu.alloc_zeroed(8)? };

    let mut pipeline = AsyncPipelineCoordinator::new(gpu.pool(), PipelineOptions::default())?;
    pipeline.bind(kernel)?;
    for sample in 1_u8..=100 {
        if let Some(done) = pipeline.step(&[f32::from(sample)])?
            && done.step % 20 == 0
        {
            println!("after step {}: mean {} of {}", done.step, done[0], done[1]);
        }
    }
    for record in pipeline.drain()? {
        println!("after step {}: mean {}", record.step, record.telemetry[0]);
    }
    Ok(())
}
