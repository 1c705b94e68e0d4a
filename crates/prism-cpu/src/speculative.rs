//! Speculative greedy colouring: colour many vertices at once, then take back what clashes.
//!
//! Gebremedhin & Manne (2000): threads colour the vertices of a block without regard to each other,
//! look for adjacent vertices that chose the same colour, and put one of each such pair back into
//! the next block (the iterative scheme of Catalyurek et al. 2012). In any order, like sequential
//! greedy.
//!
//! Usually what clashes depends on who was first. Here everybody chooses by the colours that were
//! there before the block, so that the outcome does not depend on the threads; that asks for blocks
//! which are small beside the graph, and their size follows the share of vertices that clash. Few
//! do on sparse graphs. Among the hubs of a graph with skewed degrees most do, and the blocks
//! shrink until they are coloured in sequence. Every arc is looked at twice, so it takes more than
//! two threads to gain; for the order by degree `jones_plassmann` is faster and gives the
//! sequential result.

use crate::construct::ConstructError;
use crate::greedy::{Forbidden, Order};
use prism_core::search::UNCOLORED;
use prism_core::{Color, Coloring, Graph};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// A block of no more vertices than this is coloured in sequence.
const SEQUENTIAL: usize = 256;
/// The most vertices of a block.
const BLOCK: usize = 1 << 15;
/// Vertices that a thread takes at once.
const RUN: usize = 256;

/// A colouring of `graph` with the vertices taken roughly in `order`, made by all threads of the
/// current rayon pool. Independent of their number; `seed` is used by [`Order::Random`] only.
///
/// # Errors
/// [`ConstructError::TooManyColors`].
pub fn speculative(graph: &Graph<'_>, order: Order, seed: u64) -> Result<Coloring, ConstructError> {
    let order = order.of(graph, seed);
    let mut turn = vec![0u32; graph.n()];
    for (i, &v) in order.iter().enumerate() {
        turn[v as usize] = i as u32;
    }
    let mut colors = vec![UNCOLORED; graph.n()];
    let threads = rayon::current_num_threads();
    let workspaces: Vec<Mutex<Forbidden>> = (0..threads).map(|_| Mutex::default()).collect();
    let mut rest = order.into_iter();
    let mut block: Vec<u32> = Vec::new();
    let mut size = SEQUENTIAL;
    loop {
        // First those that have been taken back.
        block.extend(rest.by_ref().take(size.saturating_sub(block.len())));
        if block.is_empty() {
            return Ok(Coloring::from_colors(colors));
        }
        if block.len() <= SEQUENTIAL {
            let mut forbidden = workspaces[0].lock().unwrap_or_else(PoisonError::into_inner);
            for v in block.drain(..) {
                colors[v as usize] = choose(graph, &colors, v, &mut forbidden)?;
            }
            size = (2 * size).min(BLOCK);
            continue;
        }
        for (v, color) in block.iter().zip(guess(graph, &colors, &block, &workspaces)?) {
            colors[*v as usize] = color;
        }
        // Only vertices of this block can have a neighbour with the same colour.
        let clashes = |&v: &u32| {
            let mut around = graph.neighbors(v).iter().map(|&u| u as usize);
            let (color, turn_of_v) = (colors[v as usize], turn[v as usize]);
            around.any(|u| colors[u] == color && turn[u] < turn_of_v)
        };
        let again: Vec<u32> = block.par_iter().with_min_len(RUN).copied().filter(clashes).collect();
        for &v in &again {
            colors[v as usize] = UNCOLORED;
        }
        // Work that is done again should be the exception.
        if again.len() * 4 > block.len() {
            size = (size / 2).max(SEQUENTIAL);
        } else if again.len() * 16 < block.len() {
            size = (2 * size).min(BLOCK);
        }
        block = again;
    }
}

/// The colour that each vertex of `block` would get if it were the next.
fn guess(
    graph: &Graph<'_>,
    colors: &[Color],
    block: &[u32],
    workspaces: &[Mutex<Forbidden>],
) -> Result<Vec<Color>, ConstructError> {
    let mut guesses = vec![UNCOLORED; block.len()];
    let runs = block.par_chunks(RUN).zip(guesses.par_chunks_mut(RUN));
    runs.try_for_each(|(run, guesses)| {
        // Nobody else uses the workspace of a thread of the pool; outside a pool there is one thread.
        let mine = &workspaces[rayon::current_thread_index().unwrap_or(0) % workspaces.len()];
        let mut forbidden = mine.lock().unwrap_or_else(PoisonError::into_inner);
        for (&v, guess) in run.iter().zip(guesses) {
            *guess = choose(graph, colors, v, &mut forbidden)?;
        }
        Ok::<_, ConstructError>(())
    })?;
    Ok(guesses)
}

fn choose(
    graph: &Graph<'_>,
    colors: &[Color],
    v: u32,
    forbidden: &mut Forbidden,
) -> Result<Color, ConstructError> {
    let seen = graph.neighbors(v).iter().map(|&u| colors[u as usize]);
    forbidden.smallest_free(seen).ok_or(ConstructError::TooManyColors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::greedy::greedy;
    use crate::partial_coloring::tests::random_graph;
    use prism_core::generate;
    use proptest::prelude::*;

    fn on(threads: usize, graph: &Graph<'_>, order: Order) -> Coloring {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| speculative(graph, order, 1)).unwrap()
    }

    #[test]
    fn large_graphs_on_any_number_of_threads() {
        let grid = generate::permute(&generate::grid3d(40, 40, 30).unwrap(), 1).unwrap();
        for (graph, more) in [(grid, 1), (generate::rmat(13, 8, 2).unwrap(), 3)] {
            for order in [Order::Natural, Order::LargestFirst] {
                let sequential = greedy(&graph, order, 0).unwrap().num_colors();
                let coloring = on(1, &graph, order);
                assert_eq!(coloring.verify(&graph), Ok(()));
                assert!(coloring.num_colors() <= sequential + more, "{order:?}");
                for threads in [2, 5] {
                    assert_eq!(on(threads, &graph, order), coloring);
                }
            }
        }
    }

    #[test]
    fn where_all_clash_it_is_sequential() {
        let clique = generate::gnp(700, 1.0, 0).unwrap();
        assert_eq!(on(2, &clique, Order::Natural).num_colors(), 700);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn proper_and_within_its_bound(n in 0u32..900, percent in 0u32..30, seed in 0u64..500) {
            let graph = random_graph(n, percent, seed);
            let coloring = on(3, &graph, Order::Random);
            prop_assert_eq!(coloring.verify(&graph), Ok(()));
            prop_assert!(coloring.num_colors() <= graph.max_degree() + 1);
            prop_assert_eq!(on(2, &graph, Order::Random), coloring);
        }
    }
}
