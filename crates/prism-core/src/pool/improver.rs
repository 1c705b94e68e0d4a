//! Who improves the individuals of a population.

use crate::Color;
use crate::search::{Elite, Watcher};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How individuals are to be improved.
#[derive(Clone, Copy, Debug)]
pub struct Order<'o> {
    /// Seed of the random numbers.
    pub seed: u64,
    /// The number of this order, which no other one of the search has, a part of the seed.
    pub round: u32,
    /// Iterations that each one has. One that is proper needs no more.
    pub iterations: u64,
    /// Raised when all should come back as they are.
    pub stop: &'o AtomicBool,
}

/// What became of individuals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Improved {
    /// The best that each one has come to, in their order.
    pub individuals: Vec<Elite>,
    /// Moves that all of them made together.
    pub moves: u64,
    /// Whether they came back because they were asked to.
    pub stopped: bool,
}

/// Improves individuals of one graph with one number of colours, many at once.
///
/// What becomes of them depends on the individuals and the [`Order`] alone, unless it is stopped: nothing is
/// remembered from one call to the next.
pub trait Improver: Send {
    /// Why it can improve no more.
    type Error: std::error::Error;

    /// How many it improves at once.
    fn individuals(&self) -> usize;

    /// Whether it can improve an assignment.
    fn takes(&self, _colors: &[Color]) -> bool {
        true
    }

    /// Improves as many as it says that it does at once, or another number if it must.
    ///
    /// # Errors
    /// If it can improve no more. What it has found before that is [`rescued`](Self::rescued).
    fn improve(
        &mut self,
        individuals: Vec<Vec<Color>>,
        order: Order<'_>,
    ) -> Result<Improved, Self::Error>;

    /// Whether it may improve again once there is more memory.
    fn lacks_memory(_error: &Self::Error) -> bool {
        false
    }

    /// From now on tells `watcher` what it does beside its moves: what the pipeline of its device does.
    fn watch(&mut self, _watcher: &Arc<dyn Watcher>) {}

    /// The best individual that is known of a call that failed.
    fn rescued(&self) -> Option<Elite> {
        None
    }
}
