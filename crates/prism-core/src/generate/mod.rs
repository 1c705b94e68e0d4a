//! Graphs made by rule or by seed, to try, test and measure with.
//!
//! Each generator is a function of its parameters and a seed alone: it draws from [`Rng`](crate::Rng)
//! and gives the same graph on every machine and in every release.

mod lattice;
mod planted;
mod random;
mod recipe;
mod rmat;
mod structured;

pub use lattice::{grid3d, permute};
pub use planted::{flat, leighton};
pub use random::{complement, geometric, gnp};
pub use recipe::{MOST_BYTES, Recipe, Size};
pub use rmat::rmat;
pub use structured::{mycielski, queens, sudoku};

use crate::{Graph, GraphError};

/// Why a graph cannot be generated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// A parameter outside its range.
    #[error("{name} must be {expected}, not {value}")]
    Parameter {
        /// What the parameter means.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The range it must lie in.
        expected: &'static str,
    },
    /// The graph is larger than a [`Graph`] can be.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

/// Checks one parameter.
fn require(
    holds: bool,
    name: &'static str,
    value: f64,
    expected: &'static str,
) -> Result<(), GenerateError> {
    if holds { Ok(()) } else { Err(GenerateError::Parameter { name, value, expected }) }
}

/// Checks a number of vertices before anything is allocated for it.
fn require_vertices(n: u64) -> Result<usize, GenerateError> {
    if n > Graph::MAX_VERTICES as u64 {
        return Err(GraphError::TooManyVertices(n).into());
    }
    Ok(n as usize)
}

/// Wraps edges whose ends are below `n` by construction.
fn build(n: usize, edges: &[(u32, u32)]) -> Result<Graph<'static>, GenerateError> {
    Ok(Graph::from_edges(n, edges)?.0)
}
