//! What a test needs that a machine may lack. Without it a test says so and passes, unless it is required
//! by `PRISM_REQUIRE_GPU=1` or `PRISM_REQUIRE_NVRTC=1`: then it fails.
#![allow(dead_code, clippy::print_stdout)]

use std::fmt::Display;

use prism_stream::{GpuContext, KernelError, KernelSource};

/// Says what is missing, or fails if it is required.
pub fn missing(what: &str, reason: &dyn Display) {
    let required = std::env::var(format!("PRISM_REQUIRE_{what}")).is_ok_and(|value| value == "1");
    assert!(!required, "{what} is required: {reason}");
    println!("skipped: {reason}");
}

/// The first GPU.
pub fn gpu() -> Option<GpuContext> {
    GpuContext::open(0).map_err(|reason| missing("GPU", &reason)).ok()
}

/// Whether there is a compiler.
pub fn nvrtc() -> bool {
    let built = KernelSource::new("empty.cu", "").compile("sm_90");
    let none = built == Err(KernelError::NoCompiler);
    if none {
        missing("NVRTC", &KernelError::NoCompiler);
    }
    !none
}
