//! What can go wrong on a GPU, by who can do something about it.
//!
//! A [`DriverError`] is a code of the CUDA driver and the call that returned it. It is printed from a
//! table of our own, never by asking the driver, since the driver's library may be the thing that is
//! missing. A [`GpuError`] is what callers see: one variant a domain of failure.
//!
//! Some codes are sticky: after them the device's primary context answers every call with the same
//! code until the process ends. [`Severity`] says which. A context that has seen one is poisoned:
//! it refuses further work and says why, and nothing is tried again on it.

use std::time::Duration;

/// How much of the world a driver error takes with it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// The call failed and left everything else as it was.
    Recoverable,
    /// The context is lost for the rest of the process.
    Sticky,
}

/// A code that the CUDA driver returned.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{call} failed with CUDA error {code} ({})", name(*.code))]
pub struct DriverError {
    /// The `CUresult`.
    pub code: u32,
    /// The driver call that returned it, which need not be the one that caused it.
    pub call: &'static str,
}

impl DriverError {
    /// `CUDA_ERROR_OUT_OF_MEMORY`.
    pub const OUT_OF_MEMORY: u32 = 2;
    /// `CUDA_ERROR_NO_DEVICE`.
    pub const NO_DEVICE: u32 = 100;
    /// `CUDA_ERROR_INVALID_VALUE`.
    pub const INVALID_VALUE: u32 = 1;
    /// `CUDA_ERROR_INVALID_IMAGE`.
    pub const INVALID_IMAGE: u32 = 200;
    /// `CUDA_ERROR_PEER_ACCESS_UNSUPPORTED`.
    pub const PEER_ACCESS_UNSUPPORTED: u32 = 217;
    /// `CUDA_ERROR_NOT_FOUND`.
    pub const NOT_FOUND: u32 = 500;
    /// `CUDA_ERROR_NOT_READY`: a query's "no", not a failure.
    pub const NOT_READY: u32 = 600;
    /// `CUDA_ERROR_ILLEGAL_ADDRESS`.
    pub const ILLEGAL_ADDRESS: u32 = 700;
    /// `CUDA_ERROR_LAUNCH_FAILED`.
    pub const LAUNCH_FAILED: u32 = 719;

    /// Whether a stream that records, rather than runs, would not take the call.
    #[must_use]
    pub const fn is_capture(&self) -> bool {
        matches!(self.code, 900..=908)
    }

    /// Whether the context survives this error.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self.code {
            // Device-side traps, asserts, bad addresses, time-outs of a watchdog, uncorrectable
            // memory, and a context that is being torn down.
            4 | 214 | 220 | 226 | 700 | 702 | 709 | 710 | 714..=719 | 721 | 999 => Severity::Sticky,
            _ => Severity::Recoverable,
        }
    }
}

/// The driver's own name for a code.
fn name(code: u32) -> &'static str {
    match code {
        1 => "invalid value",
        2 => "out of memory",
        3 => "driver not initialised",
        4 => "driver shutting down",
        34 => "stub library: the real driver is not installed",
        100 => "no device",
        101 => "invalid device",
        200 => "invalid image",
        201 => "invalid context",
        209 => "no binary for this device",
        214 => "uncorrectable memory error",
        217 => "the devices do not reach each other's memory",
        218 => "invalid PTX",
        222 => "PTX newer than the driver",
        300 => "invalid source",
        400 => "invalid handle",
        500 => "not found",
        600 => "not ready",
        700 => "illegal address",
        701 => "too many resources for a launch",
        702 => "launch timed out",
        709 => "context destroyed",
        710 => "device-side assert",
        714 => "hardware stack error",
        715 => "illegal instruction",
        716 => "misaligned address",
        717 => "invalid address space",
        718 => "invalid program counter",
        719 => "launch failed: the kernel trapped",
        801 => "not supported",
        802 => "system not ready",
        803 => "driver and library versions differ",
        900..=908 => "stream capture",
        999 => "unknown error",
        _ => "see cuda.h",
    }
}

/// Why there is no GPU to use. Every variant says what to do.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// The crate was built without the `cuda` feature.
    #[error("built without GPU support; build with the `cuda` feature")]
    NotBuilt,
    /// The driver's library could not be opened.
    #[error("no NVIDIA driver found (libcuda); install one, or run on the CPU")]
    NoDriver,
    /// The driver is older than what this program speaks.
    #[error(
        "the NVIDIA driver supports CUDA {found_major}.{found_minor}, but 12.0 is needed; update the driver"
    )]
    DriverTooOld {
        /// Major version that the driver supports.
        found_major: u32,
        /// Minor version that the driver supports.
        found_minor: u32,
    },
    /// The driver would not start.
    #[error(
        "the NVIDIA driver did not start: {0}; check that it matches the kernel module (`nvidia-smi`)"
    )]
    DriverFailed(DriverError),
    /// The driver works and sees no GPU.
    #[error("the NVIDIA driver finds no GPU; check `nvidia-smi` and CUDA_VISIBLE_DEVICES")]
    NoDevice,
    /// There are GPUs, but not that one.
    #[error("there is no GPU {ordinal}; this machine has {count} (numbered from 0)")]
    NoSuchDevice {
        /// The one asked for.
        ordinal: usize,
        /// How many there are.
        count: usize,
    },
    /// The GPU's compute capability is below what the kernels need.
    #[error("{name} has compute capability {major}.{minor}, but 7.0 is needed; use a newer GPU")]
    DeviceTooOld {
        /// The device's name.
        name: String,
        /// Its compute capability, before the point.
        major: u32,
        /// Its compute capability, after the point.
        minor: u32,
    },
}

/// Why a kernel could not be had.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// The run-time compiler could not be opened.
    #[error(
        "NVRTC, CUDA's run-time compiler, was not found; `pip install nvidia-cuda-nvrtc` and put its \
         lib folder on LD_LIBRARY_PATH, or install the CUDA toolkit"
    )]
    NoCompiler,
    /// The compiler was found and lacks a function.
    #[error("the NVRTC library found is unusable: {0}; install CUDA 12 or newer")]
    BadCompiler(String),
    /// The source does not compile.
    #[error("kernel {name} does not compile for {arch}:\n{log}")]
    Compile {
        /// The kernel's name.
        name: String,
        /// The architecture, such as `sm_90`.
        arch: String,
        /// What the compiler said.
        log: String,
    },
    /// A name, a constant or a source holds a byte that CUDA cannot take.
    #[error("kernel {name}: {what} contains a NUL byte")]
    Nul {
        /// The kernel's name.
        name: String,
        /// What holds the byte.
        what: &'static str,
    },
    /// The image has no function of this name.
    #[error("the kernel image has no function `{0}`")]
    NoFunction(String),
    /// The image is no CUBIN, fat binary or PTX, or not all of one. The driver was not given it.
    #[error("kernel image {name} is not a whole CUBIN, fat binary or PTX: {bytes} bytes")]
    NotAnImage {
        /// The kernel's name.
        name: String,
        /// How many bytes there are.
        bytes: usize,
    },
    /// The driver refused the image.
    #[error("the driver refused kernel image {name}: {source}")]
    Load {
        /// The kernel's name.
        name: String,
        /// What the driver said.
        source: DriverError,
    },
}

/// Why a step could not be submitted, or did not come back.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GpuError {
    /// There is no GPU to use.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// A kernel could not be compiled or loaded.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// Device or pinned memory could not be had.
    #[error("no {bytes} bytes of {kind} memory: {source}")]
    Memory {
        /// How many bytes were asked for.
        bytes: usize,
        /// "device" or "pinned".
        kind: &'static str,
        /// What the driver said.
        source: DriverError,
    },
    /// A driver call failed and the context lives on.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// Streams ran out.
    #[error("the stream pool is at its cap of {cap} streams")]
    PoolExhausted {
        /// The cap.
        cap: usize,
    },
    /// Every slot holds a step that has not been taken.
    #[error("all {slots} slots are taken; take a step with `next` before submitting another")]
    PipelineFull {
        /// How many there are for what was to be submitted.
        slots: usize,
    },
    /// A pipeline was asked for that cannot be.
    #[error("{0}")]
    InvalidOptions(&'static str),
    /// The library broke a rule of its own.
    #[error("a defect of prism-stream, please report it: {0}")]
    Internal(&'static str),
    /// `submit` before `bind`.
    #[error("no kernel is bound to the pipeline; call `bind` first")]
    NoKernel,
    /// A kernel was bound while steps were in flight.
    #[error(
        "{in_flight} steps have not been taken; `drain` or `reset` before binding another kernel"
    )]
    Busy {
        /// How many.
        in_flight: u64,
    },
    /// The step did not come back in time. It is still in flight, and may be waited for again.
    #[error("step {step} has not finished after {after:?}")]
    StepTimeout {
        /// The step waited for.
        step: u64,
        /// How long.
        after: Duration,
    },
    /// Nothing that the step has left can be fetched any more, or yet.
    #[error("nothing of step {step} can be harvested: {reason}")]
    NoHarvest {
        /// The step.
        step: u64,
        /// Why.
        reason: &'static str,
    },
    /// The kernel refused the step's config.
    #[error("the kernel rejected the config of step {step}: {reason}")]
    Rejected {
        /// The step.
        step: u64,
        /// What the kernel said.
        reason: String,
    },
    /// A step failed.
    #[error("step {step} failed: {source}")]
    Step {
        /// The oldest step that was not seen to finish, when the error came up.
        step: u64,
        /// What came up.
        source: Box<GpuError>,
    },
    /// The context was lost to an earlier error; only a new process can use this device again.
    #[error("GPU {ordinal} is lost for the rest of this process: {reason}")]
    Poisoned {
        /// The device.
        ordinal: usize,
        /// The first sticky error, and the step if one is known.
        reason: String,
    },
}

impl GpuError {
    /// Whether nothing more can be done on this device in this process.
    #[must_use]
    pub fn is_sticky(&self) -> bool {
        match self {
            Self::Poisoned { .. } => true,
            Self::Step { source, .. } => source.is_sticky(),
            _ => self.driver_error().is_some_and(|error| error.severity() == Severity::Sticky),
        }
    }

    /// What the driver said, if this goes back to a call of it, however often it was wrapped.
    #[must_use]
    pub fn driver_error(&self) -> Option<DriverError> {
        match self {
            Self::Driver(source)
            | Self::Memory { source, .. }
            | Self::Kernel(KernelError::Load { source, .. }) => Some(*source),
            Self::Step { source, .. } => source.driver_error(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traps_are_sticky_and_shortages_are_not() {
        for (code, expected) in [
            (700, Severity::Sticky),
            (710, Severity::Sticky),
            (716, Severity::Sticky),
            (718, Severity::Sticky),
            (719, Severity::Sticky),
            (2, Severity::Recoverable),
            (600, Severity::Recoverable),
            (1, Severity::Recoverable),
            (901, Severity::Recoverable),
        ] {
            assert_eq!(DriverError { code, call: "x" }.severity(), expected, "code {code}");
        }
    }

    #[test]
    fn an_error_prints_without_the_driver() {
        let error = DriverError { code: 719, call: "cuEventQuery" };
        assert_eq!(
            error.to_string(),
            "cuEventQuery failed with CUDA error 719 (launch failed: the kernel trapped)"
        );
    }

    #[test]
    fn stickiness_shows_through_the_step_that_wraps_it() {
        let inner = GpuError::Driver(DriverError { code: 700, call: "x" });
        assert!(GpuError::Step { step: 3, source: Box::new(inner) }.is_sticky());
    }

    #[test]
    fn what_the_driver_said_is_found_behind_whatever_wraps_it() {
        let source = DriverError { code: 900, call: "x" };
        let wrapped = [
            GpuError::Driver(source),
            GpuError::Memory { bytes: 1, kind: "device", source },
            KernelError::Load { name: "a".to_owned(), source }.into(),
        ];
        for error in wrapped {
            assert_eq!(error.driver_error(), Some(source));
            let step = GpuError::Step { step: 3, source: Box::new(error) };
            assert_eq!((step.driver_error(), step.is_sticky()), (Some(source), false));
        }
        assert_eq!(GpuError::NoKernel.driver_error(), None);
    }
}
