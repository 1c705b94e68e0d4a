//! The strategy of PRISM: one call from a graph to a verified colouring with few colours.
//!
//! [`Solver`] starts from greedy colourings and lower bounds, then lowers the number of colours k one
//! by one: it shrinks the graph to what k makes hard, runs several searches on it on all threads,
//! and keeps the best colouring found. It verifies every colouring before it hands it out. It can be
//! [run](Solver::run) to its end or [stepped](Solver::step) by a caller who owns the process.
//!
//! ```
//! use prism_core::Graph;
//! use prism_solver::{Solver, Status};
//!
//! // A wheel: a cycle of seven and a hub.
//! let rim = (0..7).map(|v| (v, (v + 1) % 7));
//! let edges: Vec<(u32, u32)> = rim.chain((0..7).map(|v| (v, 7))).collect();
//! let (graph, _) = Graph::from_edges(8, &edges)?;
//! let outcome = Solver::builder(&graph).seed(1).move_limit(100_000).build()?.run();
//! assert_eq!(outcome.num_colors(), 4);
//! outcome.coloring.verify(&graph)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

mod agenda;
mod aim;
mod attempt;
mod bounds;
mod build_error;
mod checkpoint;
mod chronicle;
mod crew;
mod deferred;
mod device;
mod elites;
mod event;
mod exhaustion;
mod gpu;
mod incumbent;
mod ledger;
mod lists;
mod lookout;
pub mod memory;
mod method;
mod opening;
mod options;
mod outcome;
mod problem;
mod relaxation;
mod report;
pub mod roster;
pub mod settings;
mod site;
mod sized;
mod solver;
mod stop;
pub mod strategy;
pub mod task;
mod team;
mod thinned;

pub use prism_cpu::preprocess::components;

pub use bounds::{Bounds, BoundsOptions, BoundsProgress, Proof, bounds, bounds_with};
pub use build_error::BuildError;
pub use checkpoint::{Checkpoint, CheckpointError, CheckpointEvery};
pub use chronicle::{Chronicle, ProvedBound, Track, TrackPoint};
pub use device::Device;
pub use event::{Event, EventSink, TurnEnded, TurnSample};
pub use lists::{Impossibility, ListSolver, Unsatisfied};
pub use method::Method;
pub use options::{DEFAULT_EFFORT, Goal, GraphRef, SolverBuilder};
pub use outcome::{EngineCounters, Improvement, Outcome, Status};
pub use report::{Report, SizesReport};
pub use settings::Settings;
pub use sized::{SizeBounds, SizedSolver};
pub use solver::Solver;
pub use stop::StopHandle;
pub use thinned::Thinned;

pub use prism_core::search::{Pipeline, Sample, TimedStep};
