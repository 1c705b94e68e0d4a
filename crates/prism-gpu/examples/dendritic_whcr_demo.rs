//! Repairs colourings of a graph with `DendriticWhcrGpu`, and says how fast.
//!
//! `cargo run --release --example dendritic_whcr_demo -- [GRAPH K [SECONDS [SEED [TENURE_SLOPE]]]]`; without a
//! graph, a random one with 250 vertices and 29 colours.
#![allow(clippy::print_stdout)]

mod support;

use std::error::Error;

use prism_gpu::phases::{DendriticWhcrGpu, PhaseOptions, RepairOptions};

/// Shows it.
pub fn demo(args: &[String]) -> Result<(), Box<dyn Error>> {
    let Some(demo) = support::Demo::new(args)? else { return Ok(()) };
    let options = RepairOptions {
        phase: demo.options(PhaseOptions::default())?,
        tenure_slope: demo.extra(0)?,
        ..RepairOptions::default()
    };
    demo.show("dendritic_whcr", DendriticWhcrGpu::with_context(&demo.gpu, options)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    demo(&support::args())
}
