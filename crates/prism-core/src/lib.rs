//! What a graph and a colouring are: the shared vocabulary of PRISM.
//!
//! * [`Graph`]: an undirected simple graph in compressed sparse row form, owned or borrowed.
//! * [`Coloring`]: one colour a vertex, and the independent check [`Coloring::verify`] that every
//!   answer of PRISM passes before it leaves the program.
//! * [`SizeRule`]: what may be asked of the sizes of the classes.
//! * [`annealing`]: temperatures and fields, as annealers on the host and on a device are told them.
//! * [`bounds`]: cliques, odd cycles and degrees, that tell how few colours can do.
//! * [`generate`]: seeded random and structured graphs.
//! * [`hierarchy`]: the vertices in an order that has close ones together.
//! * [`io`]: graph and colouring files in the formats of the field.
//! * [`pool`]: individuals that are crossed and kept apart, whoever improves them.
//! * [`search`]: what a search at a fixed number of colours is, and what searches hand each other.
//! * [`Rng`]: the seeded generator that all of PRISM draws from, and [`Philox`], which kernels share.
//!
//! Nothing here reads a clock or touches a GPU. Engines live in `prism-cpu`, strategy in
//! `prism-solver`.
//!
//! ```
//! use prism_core::{Coloring, Graph};
//!
//! let (triangle, _) = Graph::from_edges(3, &[(0, 1), (1, 2), (2, 0)])?;
//! let coloring = Coloring::from_colors(vec![0, 1, 2]);
//! assert_eq!(coloring.verify(&triangle), Ok(()));
//! # Ok::<(), prism_core::GraphError>(())
//! ```

pub mod annealing;
pub mod bounds;
mod class_sizes;
mod coloring;
pub mod generate;
mod graph;
pub mod hierarchy;
pub mod io;
pub mod memory;
mod philox;
pub mod pool;
mod rng;
mod runtime;
pub mod search;
pub mod threads;

pub use class_sizes::{Class, ClassSizes, SizeRange, SizeRule, SizeViolation};
pub use coloring::{Color, Coloring, MAX_COLORS, Violation};
pub use graph::{Cleanup, Graph, GraphError};
pub use philox::Philox;
pub use rng::Rng;
pub use runtime::{
    CONFIG_PARAMETERS, KernelTelemetry, ReplicaRecord, RuntimeConfig, TELEMETRY_RECORDS,
    TelemetryStatus,
};
