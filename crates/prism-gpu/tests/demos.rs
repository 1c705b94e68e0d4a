//! Each demo of a phase runs. Without a device it says so and ends; `PRISM_REQUIRE_GPU=1` requires one.
#![cfg(feature = "cuda")]
#![allow(clippy::unwrap_used, clippy::print_stdout, dead_code)]
// Each demo has the support of all.
#![allow(clippy::duplicate_mod)]

#[path = "../../prism-stream/tests/support/needs.rs"]
mod needs;

#[path = "../examples/dendritic_whcr_demo.rs"]
mod dendritic_whcr_demo;
#[path = "../examples/population_demo.rs"]
mod population_demo;
#[path = "../examples/quantum_demo.rs"]
mod quantum_demo;
#[path = "../examples/thermodynamic_demo.rs"]
mod thermodynamic_demo;
#[path = "../examples/whcr_demo.rs"]
mod whcr_demo;

use std::error::Error;

/// Runs a demo for a moment.
fn runs(name: &str, demo: impl Fn(&[String]) -> Result<(), Box<dyn Error>>) {
    needs::gpu();
    // A cycle and its chords, and as many colours as make it easy.
    let file = format!("prism-{name}-{}.col", std::process::id());
    let path = std::env::temp_dir().join(file);
    let edges = (1..=100).flat_map(|u| [1, 2, 7].map(|far| (u, (u - 1 + far) % 100 + 1)));
    let lines: String = edges.map(|(u, v)| format!("e {u} {v}\n")).collect();
    std::fs::write(&path, format!("p edge 100 300\n{lines}")).unwrap();
    let args = |args: &[&str]| args.iter().map(|&arg| arg.to_owned()).collect::<Vec<_>>();
    let graph = path.to_str().unwrap();
    let ran = demo(&args(&[graph, "5", "0.5", "3"]));
    let refused = demo(&args(&[graph]));
    std::fs::remove_file(&path).unwrap();
    ran.unwrap();
    assert!(refused.is_err(), "no number of colours");
}

#[test]
fn gpu_the_demo_of_whcr_runs() {
    runs("whcr", whcr_demo::demo);
}

#[test]
fn gpu_the_demo_of_dendritic_whcr_runs() {
    runs("dendritic_whcr", dendritic_whcr_demo::demo);
}

#[test]
fn gpu_the_demo_of_thermodynamic_runs() {
    runs("thermodynamic", thermodynamic_demo::demo);
}

#[test]
fn gpu_the_demo_of_quantum_runs() {
    runs("quantum", quantum_demo::demo);
}

#[test]
fn gpu_the_demo_of_the_population_runs() {
    runs("population", population_demo::demo);
}
