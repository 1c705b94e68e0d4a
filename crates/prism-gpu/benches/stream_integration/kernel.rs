//! The benchmark's kernel on the host's side: its source, its launch, and what it must answer.

use bytemuck::Pod;
use prism_stream::driver::DevicePtr;
use prism_stream::kernels::echo_checksum;
use prism_stream::mock::MockDriver;
use prism_stream::{
    DeviceBuffer, Function, GpuContext, GpuError, KernelArg, KernelCache, KernelSource,
    LaunchShape, Module, StepKernel, StepLaunch,
};

/// The source for so many words up and down.
pub fn source(config_words: usize, telemetry_words: usize) -> KernelSource {
    KernelSource::new("bench.cu", include_str!("bench.cu"))
        .define("CONFIG_WORDS", config_words)
        .define("TELEMETRY_WORDS", telemetry_words)
        .define("THREADS", threads(config_words, telemetry_words))
}

/// Threads of a block: one for each sixteen bytes as far as that goes, in whole warps.
fn threads(config_words: usize, telemetry_words: usize) -> u32 {
    (config_words.max(telemetry_words) as u32 / 4).next_multiple_of(32).min(256)
}

/// The kernel, with its state.
pub struct BenchKernel {
    function: Function,
    state: DeviceBuffer,
    shape: LaunchShape,
    spin_ns: u64,
}

impl BenchKernel {
    /// Compiles it for so many words up and down, to spin for so long.
    pub fn new(
        gpu: &GpuContext,
        cache: &KernelCache,
        (config, telemetry): (usize, usize),
        spin_ns: u64,
    ) -> Self {
        // Enough threads for sixteen bytes each, and no more blocks than run at once.
        let blocks = config.max(telemetry).div_ceil(4 * 256) as u32;
        let blocks = blocks.clamp(1, 2 * gpu.info().multiprocessors);
        let module = if gpu.driver().as_any().is::<MockDriver>() {
            Module::from_cubin(gpu, "bench.cu", b"")
        } else {
            Module::from_source(gpu, &source(config, telemetry), cache)
        };
        Self {
            function: module.unwrap().function("bench").unwrap(),
            state: gpu.alloc_zeroed(16).unwrap(),
            shape: LaunchShape::linear(blocks, threads(config, telemetry)),
            spin_ns,
        }
    }

    /// Steps so far, as the kernel counts them. None is queued.
    pub fn steps(&self, gpu: &GpuContext) -> u32 {
        let mut state = [0_u32; 4];
        gpu.download(&self.state, 0, &mut state).unwrap();
        state[2]
    }

    /// Calls `launch` with the function, the shape and the arguments for a config and a telemetry.
    pub fn with<R>(
        &self,
        config: DevicePtr,
        telemetry: DevicePtr,
        launch: impl FnOnce(&Function, &LaunchShape, &[KernelArg<'_>]) -> R,
    ) -> R {
        let state = self.state.ptr();
        let args = [
            KernelArg::pointer(&config),
            KernelArg::pointer(&telemetry),
            KernelArg::pointer(&state),
            KernelArg::new(&self.spin_ns),
        ];
        launch(&self.function, &self.shape, &args)
    }
}

// SAFETY: the kernel is compiled for the words of `C` and `T`, reads the ones and writes the others,
// and otherwise touches its state, which lives as long as `self` and stays where it is.
unsafe impl<C: Pod, T: Pod> StepKernel<C, T> for BenchKernel {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        self.with(step.config, step.telemetry, |function, shape, args| {
            // SAFETY: these are the arguments of `bench`, and what they point to lives long enough.
            unsafe { step.launch(function, shape, args) }
        })
    }

    fn repeats(&self) -> bool {
        true
    }
}

/// Checks every word of a telemetry, of the step before which there were so many.
pub fn check(config: &[u32], telemetry: &[u32], steps: u32, what: &str) {
    let sum = config.iter().zip(0_u32..).fold(0_u32, |sum, (word, at)| {
        let mixed = (word ^ at.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
        sum.wrapping_add(mixed.rotate_left(at % 31))
    });
    assert_eq!(telemetry[0], sum.wrapping_add(steps), "{what}, checksum of step {steps}");
    for (at, &word) in telemetry.iter().enumerate().skip(1) {
        assert_eq!(word, answer(config, at), "{what}, word {at} of step {steps}");
    }
}

/// Word `at` of the telemetry, but for word 0.
fn answer(config: &[u32], at: usize) -> u32 {
    config.get(at).unwrap_or(&0) ^ (at as u32).wrapping_mul(0x9e37_79b9)
}

/// A mock that computes what the kernel computes, for so many words up and down: it shows that the
/// benchmark works, where there is nothing to measure.
pub fn mock<C: Pod, T: Pod>(mock: &MockDriver) {
    mock.define("bench", |memory, args| {
        let at = |arg: &[u8]| u64::from_le_bytes(arg.try_into().unwrap());
        let bytes = memory.read(at(&args[0]), size_of::<C>());
        let config: Vec<u32> = bytemuck::pod_collect_to_vec(&bytes);
        let state: Vec<u32> = bytemuck::pod_collect_to_vec(&memory.read(at(&args[2]), 16));
        let mut answers: Vec<u32> = (0..size_of::<T>() / 4).map(|at| answer(&config, at)).collect();
        let whole: C = bytemuck::pod_read_unaligned(&bytes);
        answers[0] = echo_checksum(&whole).wrapping_add(state[2]);
        memory.write(at(&args[1]), bytemuck::cast_slice(&answers));
        memory.write(at(&args[2]), bytemuck::cast_slice(&[0, 0, state[2] + 1, 0]));
    });
}
