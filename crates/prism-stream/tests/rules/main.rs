//! What a pipeline promises about order, lifetime and failure, against the recording mock: one test a
//! promise, named after it.
#![allow(unsafe_code, clippy::unwrap_used)]

mod captures;
mod choice;
mod disturbances;
#[path = "../support/disturbed.rs"]
mod disturbed;
mod failures;
mod graphs;
mod in_place;
mod leaks;
mod memory;
mod peers;
mod pool;
mod steps;
#[path = "../support/mod.rs"]
mod support;
