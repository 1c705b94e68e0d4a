//! Colours a graph with `QuantumEvolutionGpu`, and says how fast.
//!
//! `cargo run --release --example quantum_demo -- [GRAPH K [SECONDS [SEED [TEMPERATURE [START [END [FALL
//! [SLICES [SWEEPS]]]]]]]]]`; without a graph, a random one with 250 vertices and 29 colours. The field
//! falls from START to END, in units of the temperature, in FALL steps.
#![allow(clippy::print_stdout)]

mod support;

use std::error::Error;

use prism_core::annealing::TransverseField;
use prism_gpu::phases::{PhaseOptions, QuantumEvolutionGpu, QuantumOptions};

/// Shows it.
pub fn demo(args: &[String]) -> Result<(), Box<dyn Error>> {
    let Some(demo) = support::Demo::new(args)? else { return Ok(()) };
    let defaults = TransverseField::default();
    let temperature: f64 = demo.extra(0)?.unwrap_or(defaults.temperature);
    let share = |field: f64| field / defaults.temperature;
    let field = TransverseField {
        temperature,
        start: temperature * demo.extra(1)?.unwrap_or(share(defaults.start)),
        end: temperature * demo.extra(2)?.unwrap_or(share(defaults.end)),
        fall: demo.extra(3)?.unwrap_or(defaults.fall),
        slices: demo.extra(4)?.unwrap_or(defaults.slices),
        sweeps: demo.extra(5)?.unwrap_or(defaults.sweeps),
        ..defaults
    };
    let options = QuantumOptions { phase: demo.options(PhaseOptions::default())?, field };
    demo.show("quantum", QuantumEvolutionGpu::with_context(&demo.gpu, options)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    demo(&support::args())
}
