//! Colours a graph with `ThermodynamicGpu`, and says how fast.
//!
//! `cargo run --release --example thermodynamic_demo -- [GRAPH K [SECONDS [SEED [COLDEST [HOTTEST [RUNGS
//! [SWEEPS]]]]]]]`; without a graph, a random one with 250 vertices and 29 colours.
#![allow(clippy::print_stdout)]

mod support;

use std::error::Error;

use prism_gpu::phases::{PhaseOptions, ThermodynamicGpu, ThermodynamicOptions};

/// Shows it.
pub fn demo(args: &[String]) -> Result<(), Box<dyn Error>> {
    let Some(demo) = support::Demo::new(args)? else { return Ok(()) };
    let defaults = ThermodynamicOptions::default();
    let sweeps = demo.extra(3)?.unwrap_or(defaults.phase.sweeps);
    let options = ThermodynamicOptions {
        phase: demo.options(PhaseOptions { sweeps, ..defaults.phase })?,
        coldest: demo.extra(0)?.unwrap_or(defaults.coldest),
        hottest: demo.extra(1)?.unwrap_or(defaults.hottest),
        rungs: demo.extra(2)?.unwrap_or(defaults.rungs),
        ..defaults
    };
    demo.show("thermodynamic", ThermodynamicGpu::with_context(&demo.gpu, options)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    demo(&support::args())
}
