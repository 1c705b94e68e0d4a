//! What a pipeline promises about order, lifetime and failure, against the recording mock: one test a
//! promise, named after it. `tests/README.md` has the rules behind them, and which test shows which.
#![allow(unsafe_code, clippy::unwrap_used)]

mod abort;
mod callbacks;
mod captures;
mod choice;
mod disturbances;
#[path = "../support/disturbed.rs"]
mod disturbed;
mod events;
mod failures;
mod graphs;
mod harvests;
mod in_place;
mod kernels;
mod leaks;
mod memory;
mod peers;
mod pool;
mod retune;
mod steps;
#[path = "../support/mod.rs"]
mod support;
mod table;
mod warnings;
