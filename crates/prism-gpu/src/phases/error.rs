//! Why a phase cannot go on.

use prism_stream::GpuError;

/// What went wrong in a phase.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhaseError {
    /// The graph does not fit what a block can hold.
    #[error("{vertices} vertices with {colors} colours do not fit the device: at most {limit}")]
    TooLarge {
        /// Vertices of the graph.
        vertices: usize,
        /// Colours asked for.
        colors: usize,
        /// What the limit is.
        limit: String,
    },
    /// The kernels need instructions that the device does not have.
    #[error("the device has compute capability {}.{}; colouring kernels need 8.0 or above", .found.0, .found.1)]
    DeviceTooOld {
        /// What the device has: major, minor.
        found: (u32, u32),
    },
    /// There is not even one colour.
    #[error("no colours to colour with; a graph that has vertices takes one at least")]
    NoColors,
    /// A search was asked for before a graph was loaded.
    #[error("no graph is loaded; call `load` first")]
    NothingLoaded,
    /// The colouring to start from is not one of the graph.
    #[error("a colouring of {found} vertices cannot start a search on a graph of {expected}")]
    WrongStart {
        /// Vertices that the colouring has.
        found: usize,
        /// Vertices that the graph has.
        expected: usize,
    },
    /// A colouring that came back has another number of conflicts than the device said.
    #[error(
        "the device says that step {step} left {reported} conflicts, the host counts {counted}"
    )]
    WrongResult {
        /// The step.
        step: u64,
        /// What the telemetry says.
        reported: u64,
        /// What there are.
        counted: u64,
    },
    /// What individuals keep on the device cannot be.
    #[error("what individuals keep on the device contradicts itself")]
    WrongMemory,
    /// The runtime.
    #[error(transparent)]
    Gpu(#[from] GpuError),
}
