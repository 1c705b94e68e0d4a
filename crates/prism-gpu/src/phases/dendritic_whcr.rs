//! [`WhcrGpu`](super::WhcrGpu) whose vertices remember.
//!
//! Every vertex carries two leaky integrators of its conflict history, a fast and a slow one (compare
//! Jaeger 2001). The fast one lengthens the tenure of a vertex that has been in conflict of late, so that
//! oscillation is damped; the slow one breaks ties in favour of vertices that have been in conflict for
//! long (compare the weights of Hutter, Tompkins and Hoos 2002). `kernels/repair.cuh` has both, and
//! `kernels/rounds.cuh` for graphs without a table.

use super::Phase;
use super::kind::PhaseKernel;
use super::whcr::{Repair, kernel, memory};

/// Integrators of a vertex, as in `repair.cuh`.
pub(super) const INTEGRATORS: u32 = 2;

pub(super) const KERNEL: PhaseKernel = PhaseKernel {
    phase: 4,
    round_vertex_bytes: 16,
    ..kernel("dendritic_whcr", include_str!("../../kernels/dendritic_whcr.cu"), |layout| {
        memory(layout, INTEGRATORS)
    })
};

/// Repairs colourings on a device, with memory; otherwise as [`WhcrGpu`](super::WhcrGpu).
pub type DendriticWhcrGpu = Phase<DendriticWhcr>;

/// Conflict repair whose vertices remember.
pub type DendriticWhcr = Repair<true>;
