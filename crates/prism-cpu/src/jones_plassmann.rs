//! Largest-first greedy colouring on all threads, with the same result as on one.
//!
//! Jones & Plassmann (1993): a vertex may be coloured as soon as every neighbour of higher priority
//! has been. With the degree as priority and ties to the smaller number (Hasenplaugh et al. 2014) the
//! outcome is the sequential largest-first colouring, whatever the threads do. Counting predecessors
//! costs more than the colouring itself; so the threads of the current rayon pool take short runs of the
//! sequential order in turn, and wait in place for the few earlier neighbours that are in another
//! thread's hands. To tell those from vertices whose turn is far away, a run is marked under the lock
//! under which it is taken: whoever holds a later run sees the marks of all earlier ones. The vertex of
//! highest priority in hand never waits, so there is progress.

use crate::construct::ConstructError;
use crate::greedy::{Forbidden, greedy_in};
use crate::order::Order;
use crate::search::UNCOLORED;
use prism_core::{Color, Coloring, Graph};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Mutex, PoisonError};

/// The mark of a vertex in somebody's hands. It is no colour here, so one colour less is possible.
const PENDING: Color = UNCOLORED - 1;
/// Vertices that a thread takes at once: few, so that it holds others up for a short time only.
const RUN: usize = 32;
/// Looks at an unfinished vertex before the thread offers its core to another.
const SPINS: u32 = 64;

/// The colouring that `greedy` gives in [`Order::LargestFirst`], made by all threads of the current
/// rayon pool. Independent of their number.
///
/// # Errors
/// [`ConstructError::TooManyColors`].
pub fn largest_first(graph: &Graph<'_>) -> Result<Coloring, ConstructError> {
    let order = Order::LargestFirst.of(graph, 0);
    let threads = rayon::current_num_threads();
    if threads == 1 {
        return greedy_in(graph, &order);
    }
    color(graph, &order, threads)
}

fn color(graph: &Graph<'_>, order: &[u32], threads: usize) -> Result<Coloring, ConstructError> {
    let colors: Vec<AtomicU16> = (0..graph.n()).map(|_| AtomicU16::new(UNCOLORED)).collect();
    let mut workspaces = vec![Forbidden::default(); threads];
    let failed = AtomicBool::new(false);
    let runs = Mutex::new(order.chunks(RUN));
    let (shared, queue, failure) = (&colors, &runs, &failed);
    let take = move || {
        let mut runs = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let run = runs.next()?;
        for &v in run {
            shared[v as usize].store(PENDING, Ordering::Relaxed);
        }
        Some(run)
    };
    rayon::scope(|scope| {
        for forbidden in &mut workspaces {
            scope.spawn(move |_| {
                while let Some(run) = take() {
                    for &v in run {
                        let around = graph.neighbors(v).iter();
                        let seen = around.map(|&u| settled(graph, shared, u, v));
                        let free = forbidden.smallest_free(seen).filter(|&c| c < PENDING);
                        if free.is_none() {
                            failure.store(true, Ordering::Relaxed);
                        }
                        // On failure as well: somebody may wait for this vertex.
                        shared[v as usize].store(free.unwrap_or(0), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    if failed.into_inner() {
        return Err(ConstructError::TooManyColors);
    }
    Ok(Coloring::from_colors(colors.into_iter().map(AtomicU16::into_inner).collect()))
}

/// The colour of `u`, or [`UNCOLORED`] if its turn comes after `v`. Waits for a colour in the making.
#[inline]
fn settled(graph: &Graph<'_>, colors: &[AtomicU16], u: u32, v: u32) -> Color {
    let color = colors[u as usize].load(Ordering::Relaxed);
    if color == PENDING { wait(graph, colors, u, v) } else { color }
}

#[cold]
fn wait(graph: &Graph<'_>, colors: &[AtomicU16], u: u32, v: u32) -> Color {
    let priority = |v: u32| (graph.degree(v), std::cmp::Reverse(v));
    if priority(u) < priority(v) {
        return UNCOLORED;
    }
    let mut spins = 0;
    loop {
        // The colour is all that is communicated, so relaxed loads suffice.
        let color = colors[u as usize].load(Ordering::Relaxed);
        if color != PENDING {
            return color;
        }
        spins += 1;
        if spins % SPINS == 0 {
            std::thread::yield_now();
        } else {
            std::hint::spin_loop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::greedy::greedy;
    use crate::partial_coloring::tests::random_graph;
    use prism_core::generate;
    use proptest::prelude::*;

    fn on(threads: usize, graph: &Graph<'_>) -> Coloring {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| largest_first(graph)).unwrap()
    }

    #[test]
    fn large_graphs_on_any_number_of_threads() {
        let grid = generate::permute(&generate::grid3d(50, 50, 30).unwrap(), 1).unwrap();
        for graph in [grid, generate::rmat(14, 8, 2).unwrap()] {
            let sequential = greedy(&graph, Order::LargestFirst, 0).unwrap();
            assert_eq!(sequential.verify(&graph), Ok(()));
            for threads in [1, 2, 5] {
                assert_eq!(on(threads, &graph), sequential);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn the_same_as_in_sequence(n in 0u32..200, percent in 0u32..100, seed in 0u64..500) {
            let graph = random_graph(n, percent, seed);
            prop_assert_eq!(on(3, &graph), greedy(&graph, Order::LargestFirst, 0).unwrap());
        }
    }
}
