//! A mock device with a kernel on it whose answers can be checked: telemetry word `i` is the sum of
//! the config's words, plus the steps counted on the device so far, plus `i`.
#![allow(dead_code, unsafe_code, clippy::unwrap_used)]

mod pipelines;

use std::sync::Arc;
use std::time::Duration;

#[allow(unused_imports)] // no test needs all of it
pub use pipelines::{TRANSPORTS, Transport, bound, pinned, unbound};
use prism_stream::mock::MockDriver;
use prism_stream::{
    AsyncPipelineCoordinator, DeviceBuffer, Function, GpuContext, GpuError, KernelArg, LaunchShape,
    Module, PipelineOptions, Placement, StepKernel, StepLaunch, Submission,
};

pub type Config = [u32; 8];
pub type Telemetry = [u32; 16];
pub type Pipeline = AsyncPipelineCoordinator<Config, Telemetry>;

/// The transport with the most edges.
pub const STREAMS: Transport = (Placement::Copied, Submission::Streams);

/// What a kernel makes at its launches.
#[derive(Debug)]
pub enum Greed {
    /// Memory of the driver.
    Memory,
    /// A buffer of the context.
    Buffer(GpuContext),
    /// An image of another kernel.
    Module(GpuContext),
}

/// The kernel, as a user would write it.
pub struct Summing {
    pub function: Function,
    pub count: DeviceBuffer,
    /// Fails or panics at a step instead of launching.
    pub fail_at: Option<u64>,
    pub panic_at: Option<u64>,
    /// Makes something at every launch from this step on, which no capture takes.
    pub greedy_from: Option<u64>,
    pub greed: Greed,
    /// Launches one more kernel, which does nothing, at this step.
    pub extra_at: Option<u64>,
    pub nothing: Function,
    /// Says that all launches are alike.
    pub repeats: bool,
}

// SAFETY: the mock kernel reads a `Config`, writes a `Telemetry`, and touches only its count.
unsafe impl StepKernel<Config, Telemetry> for Summing {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        if self.fail_at == Some(step.step) {
            self.fail_at = None;
            return Err(GpuError::InvalidOptions("told to fail"));
        }
        if self.panic_at == Some(step.step) {
            self.panic_at = None;
            panic!("told to panic");
        }
        if self.greedy_from.is_some_and(|from| step.step >= from) {
            match &self.greed {
                Greed::Memory => {
                    let at = step.driver().device_alloc(16)?;
                    // SAFETY: just allocated, never used.
                    unsafe { step.driver().device_free(at) }?;
                }
                Greed::Buffer(gpu) => drop(gpu.alloc(16)?),
                Greed::Module(gpu) => drop(Module::from_cubin(gpu, "another", b"image")?),
            }
        }
        let count = self.count.ptr();
        let args = [
            KernelArg::pointer(&step.config),
            KernelArg::pointer(&step.telemetry),
            KernelArg::pointer(&count),
        ];
        if self.extra_at == Some(step.step) {
            // SAFETY: it takes no arguments.
            unsafe { step.launch(&self.nothing, &LaunchShape::linear(1, 1), &[]) }?;
        }
        // SAFETY: these are the arguments of the mock kernel below.
        unsafe { step.launch(&self.function, &LaunchShape::linear(1, 32), &args) }
    }

    fn repeats(&self) -> bool {
        self.repeats
    }

    fn inspect(&self, telemetry: &Telemetry) -> Result<(), String> {
        if telemetry[15] == u32::MAX { Err("told to reject".to_owned()) } else { Ok(()) }
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

fn address(arg: &[u8]) -> u64 {
    u64::from_le_bytes(arg.try_into().unwrap())
}

/// A mock device that knows the kernel.
pub fn device(seed: u64) -> (Arc<MockDriver>, GpuContext) {
    let mock = MockDriver::new(seed);
    mock.define("sum", |memory, args| {
        let config = words(&memory.read(address(&args[0]), 32));
        let count = words(&memory.read(address(&args[2]), 4))[0];
        let sum = config.iter().fold(count, |sum, word| sum.wrapping_add(*word));
        let mut telemetry: Telemetry = std::array::from_fn(|at| sum.wrapping_add(at as u32));
        if config[7] == u32::MAX {
            telemetry[15] = u32::MAX;
        }
        let bytes: Vec<u8> = telemetry.iter().flat_map(|word| word.to_le_bytes()).collect();
        memory.write(address(&args[1]), &bytes);
        memory.write(address(&args[2]), &(count + 1).to_le_bytes());
    });
    mock.define("nothing", |_, _| {});
    let gpu = GpuContext::from_driver(mock.clone());
    (mock, gpu)
}

/// What the kernel answers to `config` as its `count`-th step.
pub fn expected(config: &Config, count: u64) -> Telemetry {
    let sum = config.iter().fold(count as u32, |sum, word| sum.wrapping_add(*word));
    std::array::from_fn(|at| sum.wrapping_add(at as u32))
}

/// A config that no other step has.
pub fn config(step: u64) -> Config {
    std::array::from_fn(|at| (step as u32 + 1).wrapping_mul(2_654_435_761).rotate_left(at as u32))
}

pub fn kernel(gpu: &GpuContext) -> Summing {
    let module = Module::from_cubin(gpu, "sum", b"image").unwrap();
    Summing {
        function: module.function("sum").unwrap(),
        nothing: module.function("nothing").unwrap(),
        extra_at: None,
        count: gpu.alloc_zeroed(4).unwrap(),
        fail_at: None,
        panic_at: None,
        greedy_from: None,
        greed: Greed::Memory,
        repeats: true,
    }
}

pub fn options(depth: usize, transport: Transport) -> PipelineOptions {
    pinned(transport, automatic(depth))
}

/// Leaves everything to choice.
pub fn automatic(depth: usize) -> PipelineOptions {
    PipelineOptions {
        depth,
        step_timeout: Some(Duration::from_secs(1)),
        ..PipelineOptions::default()
    }
}

pub fn pipeline(gpu: &GpuContext, options: PipelineOptions) -> Pipeline {
    bound(gpu, options, kernel(gpu))
}
