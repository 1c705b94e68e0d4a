//! [`TabuCol`] as what improves the individuals of a population, each on a core.

use crate::adjacency::Adjacency;
use crate::tabucol::TabuCol;
use prism_core::memory::{OutOfMemory, Room};
use prism_core::pool::{Improved, Improver, Order};
use prism_core::search::{Elite, FixedK, Step};
use prism_core::threads::affordable;
use prism_core::{Color, Rng};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::Arc;

/// The stack of a thread; searches keep their tables elsewhere and do not recurse.
const STACK: usize = 512 << 10;

/// Improves individuals by tabu search; an iteration is a move. How many threads share them changes nothing
/// but the time.
#[derive(Clone, Debug)]
pub struct TabuImprover {
    adjacency: Arc<Adjacency>,
    k: usize,
    individuals: usize,
    /// None where the thread that asks does it all.
    threads: Option<Arc<ThreadPool>>,
    /// The best of a call that found no memory to go on.
    rescued: Option<Elite>,
}

impl TabuImprover {
    /// For so many individuals with `k >= 1` colours, and on so many threads, or as many as the system gives.
    #[must_use]
    pub fn new(adjacency: Arc<Adjacency>, k: usize, individuals: usize, threads: usize) -> Self {
        // Threads of its own, so that nobody else's work waits behind long searches.
        let start = |&threads: &usize| {
            let builder = ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK);
            builder.build().map(Arc::new).ok()
        };
        let fewer = |threads: &usize| Some(threads / 2);
        let numbers = std::iter::successors(Some(affordable(threads.min(individuals))), fewer);
        let threads =
            numbers.take_while(|&threads| threads > 1).find_map(|threads| start(&threads));
        Self { adjacency, k, individuals, threads, rescued: None }
    }

    /// The best that comes of one, the number `at` of its order, its moves, and how it ended.
    fn improved(
        &self,
        start: &[Color],
        at: usize,
        order: Order<'_>,
    ) -> Result<(Elite, u64, Step), OutOfMemory> {
        let rng = Rng::new(order.seed, u64::from(order.round) << 32 | at as u64);
        // A search of its own, since one whose counts have grown makes other moves.
        let mut search = TabuCol::new(self.adjacency.clone(), self.k, start, rng)?;
        match search.run(order.iterations, order.stop) {
            Step::OutOfMemory => Err(OutOfMemory::new(0, Room::now())),
            step => Ok((search.best(), search.moves(), step)),
        }
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
        let one = |(at, start): (usize, &Vec<Color>)| self.improved(start, at, order);
        let ran: Vec<_> = match &self.threads {
            Some(threads) => threads
                .install(|| individuals.par_iter().enumerate().with_max_len(1).map(one).collect()),
            None => individuals.iter().enumerate().map(one).collect(),
        };
        let mut improved = Improved { individuals: Vec::new(), moves: 0, stopped: false };
        let mut missing = None;
        for one in ran {
            match one {
                Ok((elite, moves, step)) => {
                    improved.moves += moves;
                    improved.stopped |= step == Step::Stopped;
                    improved.individuals.push(elite);
                }
                Err(error) => missing = missing.or(Some(error)),
            }
        }
        match missing {
            Some(error) => {
                let done = improved.individuals.into_iter();
                self.rescued = done.min_by_key(|elite| elite.conflicts);
                Err(error)
            }
            None => Ok(improved),
        }
    }

    fn rescued(&self) -> Option<Elite> {
        self.rescued.clone()
    }

    fn lacks_memory(_: &OutOfMemory) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prism_core::generate::gnp;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn threads_change_nothing_but_the_time() {
        let graph = gnp(60, 0.5, 1).unwrap();
        let adjacency = Arc::new(Adjacency::dense(&graph).unwrap());
        let starts: Vec<Vec<Color>> =
            (0..5).map(|at| (0..60).map(|v| ((v + at) % 7) as Color).collect()).collect();
        let stop = AtomicBool::new(false);
        let order = Order { seed: 3, round: 2, iterations: 300, stop: &stop };
        let improved = |individuals, threads| {
            let mut improver = TabuImprover::new(adjacency.clone(), 7, individuals, threads);
            improver.improve(starts.clone(), order).unwrap()
        };
        let alone = improved(5, 1);
        for threads in [2, 3, 5, 9] {
            assert_eq!(improved(5, threads), alone, "{threads}");
        }
        // Another number than it has threads for.
        assert_eq!(improved(2, 2), alone);
        assert!(alone.individuals.iter().all(|one| one.conflicts > 0) && alone.moves == 5 * 300);
        for (at, one) in alone.individuals.iter().enumerate() {
            assert_eq!(*one, Elite::new(7, one.colors.clone(), graph.edges()));
            assert!(alone.individuals[..at].iter().all(|other| other != one));
        }
    }
}
