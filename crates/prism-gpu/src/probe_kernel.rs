//! The kernel that runs when no other is bound: it shows that config and telemetry arrive whole.
//!
//! It answers each [`RuntimeConfig`] with its iteration, a checksum of all its bytes as the device saw
//! them, and the device's clock, and it rejects a config of another layout.
#![allow(unsafe_code)]

use prism_core::{KernelTelemetry, RuntimeConfig, TelemetryStatus};
use prism_stream::{
    Function, GpuContext, GpuError, KernelArg, KernelSource, LaunchShape, StepKernel, StepLaunch,
};

use crate::source::kernel_source;

/// The probe, ready to be bound.
#[derive(Clone, Debug)]
pub struct ProbeKernel {
    function: Function,
}

/// The source of the probe.
#[must_use]
pub fn probe_source() -> KernelSource {
    kernel_source("probe.cu", include_str!("../kernels/probe.cu"))
        .with_generic_ptx(include_str!("../kernels/probe.ptx"))
}

impl ProbeKernel {
    /// Compiles the probe for the device at hand, or takes it from the cache.
    ///
    /// # Errors
    /// [`GpuError::Kernel`] if it cannot be had; without NVRTC, the error says how to get it.
    pub fn new(gpu: &GpuContext) -> Result<Self, GpuError> {
        Ok(Self { function: gpu.module(&probe_source())?.function("probe")? })
    }

    /// The probe from a function that the caller loaded: it takes the addresses of a config and of
    /// a telemetry, reads the one and writes the other.
    ///
    /// # Safety
    /// The function is such a one.
    #[must_use]
    pub unsafe fn from_function(function: Function) -> Self {
        Self { function }
    }
}

// SAFETY: probe.cu reads one RuntimeConfig and writes all of one KernelTelemetry; it asserts the sizes.
unsafe impl StepKernel<RuntimeConfig, KernelTelemetry> for ProbeKernel {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        let args = [KernelArg::pointer(&step.config), KernelArg::pointer(&step.telemetry)];
        // SAFETY: these are the arguments of `probe`; both live until the step was seen to finish.
        unsafe { step.launch(&self.function, &LaunchShape::linear(1, 256), &args) }
    }

    fn repeats(&self) -> bool {
        true
    }

    fn inspect(&self, telemetry: &KernelTelemetry) -> Result<(), String> {
        match telemetry.status() {
            TelemetryStatus::Rejected => {
                Err(format!("its layout is {}, not {}", telemetry.detail, RuntimeConfig::LAYOUT))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where `scripts/generic-ptx.sh` puts the PTX.
    const PTX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/kernels/probe.ptx");

    #[test]
    fn the_generic_ptx_is_up_to_date() {
        assert!(
            probe_source().usable_generic_ptx().is_some(),
            "probe.cu, prism.cuh or a layout has changed since probe.ptx was made: run scripts/generic-ptx.sh"
        );
    }

    /// With the compiler that made it, the PTX in the repository can be made again to the byte. With
    /// `PRISM_WRITE_PTX=1` it is written.
    #[test]
    fn the_generic_ptx_can_be_made_again() {
        let asked = |name: &str| std::env::var(name).is_ok_and(|value| value == "1");
        match probe_source().make_generic_ptx() {
            Ok(made) if asked("PRISM_WRITE_PTX") => std::fs::write(PTX, made).unwrap(),
            Ok(made) => assert_eq!(probe_source().generic_ptx.as_deref(), Some(made.as_str())),
            Err(reason) => {
                assert!(!asked("PRISM_REQUIRE_PTX") && !asked("PRISM_WRITE_PTX"), "{reason}");
                println!("skipped: {reason}");
            }
        }
    }
}
