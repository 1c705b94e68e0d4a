//! The phases, on a device and on a mock of one. Without a device the tests that need one say so and
//! pass; `PRISM_REQUIRE_GPU=1` requires it.
#![cfg(feature = "cuda")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../../../prism-stream/tests/support/needs.rs"]
mod needs;
#[path = "../../../prism-stream/tests/rules/warnings.rs"]
mod warnings;

mod annealing;
mod every;
mod failures;
mod fixed_k;
mod population;
mod repair;
mod support;
mod toy;
