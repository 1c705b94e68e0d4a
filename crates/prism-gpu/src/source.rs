//! What a kernel of PRISM is compiled with: `kernels/prism.cuh`, and the layout that it asserts.
//!
//! The header declares [`RuntimeConfig`] and [`KernelTelemetry`] for CUDA, once, and asserts when it is
//! compiled that their sizes and offsets are those of `prism-core`. It also has what kernels share: the
//! random numbers of [`Philox`](prism_core::Philox), the abort word, the summing up of replicas.

use std::borrow::Cow;
use std::mem::offset_of;

use prism_core::{
    CONFIG_PARAMETERS, KernelTelemetry, ReplicaRecord, RuntimeConfig, TELEMETRY_RECORDS,
};
use prism_stream::KernelSource;

/// Adds a constant `TYPE_FIELD` with the offset of each field, for the header to assert. A field
/// that is not named does not compile.
macro_rules! with_offsets {
    ($source:expr, $type:ident: $($field:ident)*) => {{
        let _ = |$type { $($field: _),* }: $type| ();
        $source$(.define(
            concat!(stringify!($type), "_", stringify!($field)),
            offset_of!($type, $field),
        ))*
    }};
}

/// A source that can `#include "prism.cuh"`.
///
/// ```
/// let source = prism_gpu::kernel_source("tally.cu", "#include \"prism.cuh\"\n/* ... */");
/// assert!(source.headers.iter().any(|(name, _)| name == "prism.cuh"));
/// ```
#[must_use]
pub fn kernel_source(
    name: impl Into<Cow<'static, str>>,
    source: impl Into<Cow<'static, str>>,
) -> KernelSource {
    let source = KernelSource::new(name, source)
        .header("prism.cuh", include_str!("../kernels/prism.cuh"))
        .define("CONFIG_BYTES", size_of::<RuntimeConfig>())
        .define("CONFIG_LAYOUT", RuntimeConfig::LAYOUT)
        .define("CONFIG_PARAMETERS", CONFIG_PARAMETERS)
        .define("TELEMETRY_BYTES", size_of::<KernelTelemetry>())
        .define("TELEMETRY_RECORDS", TELEMETRY_RECORDS)
        .define("STATUS_COMPLETE", KernelTelemetry::COMPLETE)
        .define("STATUS_REJECTED", KernelTelemetry::REJECTED)
        .define("STATUS_ABORTED", KernelTelemetry::ABORTED);
    let source = with_offsets!(source, RuntimeConfig: iteration seed colors sweeps phase flags
        temperature_min temperature_max transverse_field tenure_base tenure_slope
        exchange_interval best_conflicts layout reserved parameters);
    let source = with_offsets!(source, KernelTelemetry: iteration checksum moves accepted status_code
        detail conflicts best_replica swaps record_count clock_ns records);
    with_offsets!(source, ReplicaRecord: conflicts moves)
}
