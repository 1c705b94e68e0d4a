//! The program as its users meet it: command lines, files, exit codes, signals and pipes.
//!
//! One test program with a file for each theme. Every test runs the real `prism`, on the small graphs
//! of the folder `graphs` and on files that it writes itself; none depends on how fast the machine is.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[macro_use]
mod common;

mod bench;
mod browser;
mod cases;
mod checkpoints;
mod color;
mod describe;
mod devices;
mod doubts;
mod errors;
mod formats;
mod generate;
mod help;
mod kept;
mod large;
mod lists;
mod memory;
mod numbers;
mod report;
mod results;
mod signals;
mod sizes;
mod streams;
mod terminal;
mod threads;
mod verify;
