//! [`TabuCol`] as what improves the individuals of a population, one after the other on one core.

use crate::adjacency::Adjacency;
use crate::tabucol::TabuCol;
use prism_core::memory::{OutOfMemory, Room};
use prism_core::pool::{Improved, Improver, Order};
use prism_core::search::{Elite, FixedK, Step};
use prism_core::{Color, Rng};
use std::sync::Arc;

/// Improves individuals by tabu search; an iteration is a move.
#[derive(Clone, Debug)]
pub struct TabuImprover {
    adjacency: Arc<Adjacency>,
    k: usize,
    individuals: usize,
    /// The best of a call that found no memory to go on.
    rescued: Option<Elite>,
}

impl TabuImprover {
    /// For so many individuals with `k >= 1` colours.
    #[must_use]
    pub fn new(adjacency: Arc<Adjacency>, k: usize, individuals: usize) -> Self {
        Self { adjacency, k, individuals, rescued: None }
    }
}

impl Improver for TabuImprover {
    type Error = OutOfMemory;

    fn individuals(&self) -> usize {
        self.individuals
    }

    fn improve(
        &mut self,
        individuals: Vec<Vec<Color>>,
        order: Order<'_>,
    ) -> Result<Improved, OutOfMemory> {
        let mut improved = Improved {
            individuals: Vec::with_capacity(individuals.len()),
            moves: 0,
            stopped: false,
        };
        for (at, start) in individuals.into_iter().enumerate() {
            let rng = Rng::new(order.seed, u64::from(order.round) << 32 | at as u64);
            // A search of its own, since one whose counts have grown makes other moves.
            let ran =
                TabuCol::new(self.adjacency.clone(), self.k, &start, rng).and_then(|search| {
                    let mut search = search;
                    match search.run(order.iterations, order.stop) {
                        Step::OutOfMemory => Err(OutOfMemory::new(0, Room::now())),
                        step => Ok((search, step)),
                    }
                });
            match ran {
                Ok((search, step)) => {
                    improved.moves += search.moves();
                    improved.stopped |= step == Step::Stopped;
                    improved.individuals.push(search.best());
                }
                Err(error) => {
                    let done = improved.individuals.into_iter();
                    self.rescued = done.min_by_key(|elite| elite.conflicts);
                    return Err(error);
                }
            }
        }
        Ok(improved)
    }

    fn rescued(&self) -> Option<Elite> {
        self.rescued.clone()
    }

    fn lacks_memory(_: &OutOfMemory) -> bool {
        true
    }
}
