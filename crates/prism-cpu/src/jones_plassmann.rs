//! Largest-first greedy colouring on all threads, with the same result as on one.
//!
//! Jones & Plassmann (1993): a vertex may be coloured as soon as every neighbour of higher priority
//! has been. With the degree as priority and ties to the smaller number (Hasenplaugh et al. 2014)
//! the outcome is the sequential largest-first colouring, whatever the threads do. Counting
//! predecessors costs more than the colouring itself; so the threads of the current rayon pool take
//! short runs of the sequential order in turn, and wait in place for the few earlier neighbours
//! that are in another thread's hands. To tell those from vertices whose turn is far away, a run is
//! marked under the lock under which it is taken: whoever holds a later run sees the marks of all
//! earlier ones. The vertex of highest priority in hand never waits, so there is progress.
//!
//! Two things keep the waits short where they would hurt, among the hubs of a graph with skewed
//! degrees, which are all adjacent. Runs are measured in arcs, so that a hub is a run of its own. And a
//! vertex looks at all its neighbours before it waits for any: two threads scan the arcs of two hubs at
//! the same time, and the second has to wait only if it is done first. Where the degrees allow it a
//! colour takes one byte, so that the caches hold twice as many of the colours that all threads read.

use crate::construct::ConstructError;
use crate::greedy::{Forbidden, Order, greedy};
use crate::order::largest_first_in_parallel;
use prism_core::search::UNCOLORED;
use prism_core::{Color, Coloring, Graph};
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, Ordering};
use std::sync::{Mutex, PoisonError};

/// Arcs of a run, about: enough that taking it costs little, few enough that it holds nobody up for
/// more than some microseconds.
const RUN_ARCS: usize = 2048;
/// The most vertices of a run.
const RUN: usize = 128;
/// Looks at an unfinished vertex before the thread offers its core to another.
const SPINS: u32 = 256;

/// The colouring that `greedy` gives in [`Order::LargestFirst`], made by all threads of the current
/// rayon pool. Independent of their number.
///
/// # Errors
/// [`ConstructError::TooManyColors`].
pub fn largest_first(graph: &Graph<'_>) -> Result<Coloring, ConstructError> {
    let threads = rayon::current_num_threads();
    if threads == 1 {
        return greedy(graph, Order::LargestFirst, 0);
    }
    let order = largest_first_in_parallel(graph);
    // The colours of a vertex of degree d are 0 to d.
    let most = order.first().map_or(0, |&v| graph.degree(v));
    if most < usize::from(AtomicU8::PENDING) {
        color::<AtomicU8>(graph, &order, threads)
    } else {
        color::<AtomicU16>(graph, &order, threads)
    }
}

/// Holds the colour of a vertex, or one of two marks.
trait Cell: Send + Sync {
    /// The mark of a vertex whose turn has not come.
    const WAITING: Color;
    /// The mark of a vertex in somebody's hands. No colour either.
    const PENDING: Color = Self::WAITING - 1;
    fn waiting() -> Self;
    fn set(&self, color: Color);
    /// Relaxed, like [`Self::set`]: the colour is all that is communicated.
    fn get(&self) -> Color;
}

impl Cell for AtomicU8 {
    const WAITING: Color = u8::MAX as Color;

    fn waiting() -> Self {
        Self::new(u8::MAX)
    }

    fn set(&self, color: Color) {
        self.store(color as u8, Ordering::Relaxed);
    }

    fn get(&self) -> Color {
        self.load(Ordering::Relaxed).into()
    }
}

impl Cell for AtomicU16 {
    const WAITING: Color = UNCOLORED;

    fn waiting() -> Self {
        Self::new(UNCOLORED)
    }

    fn set(&self, color: Color) {
        self.store(color, Ordering::Relaxed);
    }

    fn get(&self) -> Color {
        self.load(Ordering::Relaxed)
    }
}

fn color<C: Cell>(
    graph: &Graph<'_>,
    order: &[u32],
    threads: usize,
) -> Result<Coloring, ConstructError> {
    let cells: Vec<C> = (0..graph.n()).into_par_iter().map(|_| C::waiting()).collect();
    let failed = AtomicBool::new(false);
    let queue = Queue { graph, cells: &cells, rest: Mutex::new(order) };
    rayon::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|_| {
                let mut forbidden = Forbidden::default();
                while let Some(run) = queue.take() {
                    for &v in run {
                        let free = smallest_free(graph, &cells, v, &mut forbidden);
                        if free.is_none() {
                            failed.store(true, Ordering::Relaxed);
                        }
                        // On failure as well: somebody may wait for this vertex.
                        cells[v as usize].set(free.unwrap_or(0));
                    }
                }
            });
        }
    });
    if failed.into_inner() {
        return Err(ConstructError::TooManyColors);
    }
    Ok(Coloring::from_colors(cells.par_iter().map(C::get).collect()))
}

/// The vertices that nobody has taken yet, in their order.
struct Queue<'q, C> {
    graph: &'q Graph<'q>,
    cells: &'q [C],
    rest: Mutex<&'q [u32]>,
}

impl<'q, C: Cell> Queue<'q, C> {
    /// Takes the next run, and marks it.
    fn take(&self) -> Option<&'q [u32]> {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        // The degrees fall along the order.
        let degree = self.graph.degree(*rest.first()?);
        let length = (RUN_ARCS / degree.max(1)).clamp(1, RUN).min(rest.len());
        let (run, after) = rest.split_at(length);
        for &v in run {
            self.cells[v as usize].set(C::PENDING);
        }
        *rest = after;
        Some(run)
    }
}

/// The smallest colour that no earlier neighbour of `v` has. Waits for those in the making.
#[inline]
fn smallest_free<C: Cell>(
    graph: &Graph<'_>,
    cells: &[C],
    v: u32,
    forbidden: &mut Forbidden,
) -> Option<Color> {
    let around = || graph.neighbors(v).iter().map(|&u| (u, &cells[u as usize]));
    // A neighbour with a colour is an earlier one: later ones wait for `v` themselves. The marks are
    // listed with the colours, so that this loop has no branches.
    forbidden.begin(around().map(|(_, cell)| cell.get()));
    if forbidden.has(C::PENDING) {
        let earlier = around().filter(|&(u, cell)| {
            cell.get() != C::WAITING && (graph.degree(u), v) > (graph.degree(v), u)
        });
        forbidden.extend(earlier.map(|(_, cell)| settled(cell)));
    }
    forbidden.end().filter(|&color| color < C::PENDING)
}

/// The colour, once there is one.
fn settled<C: Cell>(cell: &C) -> Color {
    let mut spins = 0;
    loop {
        let color = cell.get();
        if color != C::PENDING {
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
        // Colours of one byte, and of two.
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
