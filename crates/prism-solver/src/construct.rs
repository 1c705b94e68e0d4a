//! One construction alone, as a [`Method`](crate::Method) asks for it.

use crate::method::Construction;
use prism_core::threads::affordable;
use prism_core::{Coloring, Graph};
use prism_cpu::construct::ConstructError;
use prism_cpu::dsatur::dsatur;
use prism_cpu::greedy::{Order, greedy};
use prism_cpu::jones_plassmann;
use prism_cpu::rlf::rlf;
use prism_cpu::speculative::speculative;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::atomic::AtomicBool;

impl Construction {
    /// The threads that it wants to run on, where it can use several and they can be had.
    pub fn pool(self, threads: usize) -> Option<ThreadPool> {
        let threads = affordable(threads);
        if threads == 0 || !matches!(self, Self::JonesPlassmann | Self::Speculative) {
            return None;
        }
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        pool.inspect_err(|error| tracing::warn!(%error, threads, "no threads to be had")).ok()
    }

    /// Its colouring of `graph`, on the threads of the current rayon pool. `None` if `stop` was raised
    /// first, which DSATUR and RLF look at, or the colours ran out.
    pub fn make(self, graph: &Graph<'_>, seed: u64, stop: &AtomicBool) -> Option<Coloring> {
        let made = match self {
            Self::Greedy(order) => greedy(graph, order, seed),
            Self::JonesPlassmann => jones_plassmann::largest_first(graph),
            Self::Speculative => speculative(graph, Order::LargestFirst, seed),
            Self::Dsatur => dsatur(graph, stop).ok_or(ConstructError::Stopped),
            Self::Rlf => rlf(graph, stop),
        };
        made.ok()
    }
}
