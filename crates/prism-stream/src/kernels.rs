//! A kernel to try a pipeline with: [`EchoKernel`] reads every word of its config and writes every
//! word of its telemetry, after a delay, and keeps a count on the device.
//!
//! The tests and benchmarks run on it, since both ends can check every byte: telemetry word `i` is the
//! config's checksum plus `i` plus the number of steps that the device has counted so far. It can also
//! be told to trap or to spin for long, to see that failures are reported.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use bytemuck::Pod;

use crate::cache::KernelCache;
use crate::context::GpuContext;
use crate::driver::{KernelArg, LaunchShape};
use crate::error::GpuError;
use crate::handles::DeviceBuffer;
use crate::kernel::{Function, KernelSource, Module};
use crate::step::{StepKernel, StepLaunch};

/// What the kernel does, apart from echoing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct EchoOptions {
    /// How long each step spins, in nanoseconds.
    pub spin_ns: u64,
    /// The step that traps instead, if any.
    pub trap_at: Option<u64>,
    /// The step that spins for `long_ns` instead, if any.
    pub long_at: Option<u64>,
    /// See `long_at`.
    pub long_ns: u64,
    /// Adds a delay of up to this many nanoseconds, drawn from the config and the step.
    pub jitter_ns: u64,
}

/// The echo, for a config and a telemetry that are whole numbers of 32-bit words.
#[derive(Debug)]
pub struct EchoKernel<C, T> {
    function: Function,
    count: DeviceBuffer,
    options: EchoOptions,
    sizes: PhantomData<fn(C) -> T>,
}

/// The source of the echo for `config_words` up and `telemetry_words` down, of 32 bits each.
#[must_use]
pub fn echo_source(config_words: usize, telemetry_words: usize) -> KernelSource {
    KernelSource::new("echo.cu", include_str!("../kernels/echo.cu"))
        .define("CONFIG_WORDS", config_words)
        .define("TELEMETRY_WORDS", telemetry_words)
}

/// The checksum that the echo computes of a config.
#[must_use]
pub fn echo_checksum<C: Pod>(config: &C) -> u32 {
    bytemuck::bytes_of(config)
        .chunks_exact(4)
        .zip(0_u32..)
        .map(|(bytes, at)| {
            let word = bytes.iter().rev().fold(0, |word, &byte| (word << 8) | u32::from(byte));
            (word ^ at.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b).rotate_left(at % 31)
        })
        .fold(0, u32::wrapping_add)
}

/// The word that telemetry has at `at`, if the device had counted `steps` steps before.
#[must_use]
pub fn echo_word(checksum: u32, steps: u32, at: usize) -> u32 {
    checksum.wrapping_add(steps).wrapping_add(at as u32)
}

impl<C: Pod, T: Pod> EchoKernel<C, T> {
    /// Compiles the echo for config `C` and telemetry `T`, and clears its count.
    ///
    /// # Errors
    /// [`GpuError::Kernel`] without NVRTC, [`GpuError::Memory`] without memory,
    /// [`GpuError::InvalidOptions`] for sizes that are not whole words.
    pub fn new(
        gpu: &GpuContext,
        cache: &KernelCache,
        options: EchoOptions,
    ) -> Result<Self, GpuError> {
        if !size_of::<C>().is_multiple_of(4) || !size_of::<T>().is_multiple_of(4) {
            return Err(GpuError::InvalidOptions("the echo kernel takes whole 32-bit words"));
        }
        let source = echo_source(size_of::<C>() / 4, size_of::<T>() / 4);
        let function = Module::from_source(gpu, &source, cache)?.function("echo")?;
        let count = gpu.alloc_zeroed(8)?;
        Ok(Self { function, count, options, sizes: PhantomData })
    }
}

// SAFETY: the kernel is compiled for the sizes of `C` and `T`, reads the config's words, writes all of
// the telemetry's, and touches nothing else but the count, which lives as long as `self`.
unsafe impl<C: Pod, T: Pod> StepKernel<C, T> for EchoKernel<C, T> {
    fn repeats(&self) -> bool {
        self.options.trap_at.is_none() && self.options.long_at.is_none()
    }

    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        let options = &self.options;
        let spin =
            if options.long_at == Some(step.step) { options.long_ns } else { options.spin_ns };
        let trap = u32::from(options.trap_at == Some(step.step));
        let count = self.count.ptr();
        let args = [
            KernelArg::pointer(&step.config),
            KernelArg::pointer(&step.telemetry),
            KernelArg::pointer(&count),
            KernelArg::new(&spin),
            KernelArg::new(&options.jitter_ns),
            KernelArg::new(&trap),
        ];
        // SAFETY: the arguments are those of `echo` in echo.cu, and point to what lives long enough.
        unsafe { step.launch(&self.function, &LaunchShape::linear(1, 256), &args) }
    }
}
