//! Greedy colouring: take the vertices in some order, give each the smallest colour that no neighbour
//! has.
//!
//! The order decides the quality (see [`Order`]); in any order no vertex gets a colour above its
//! degree. Forbidden colours are stamped with the number of the step, so that nothing is cleared
//! between vertices. One pass over the arcs: on large graphs the time is that of fetching the
//! neighbours' colours from memory.

pub use crate::construct::ConstructError;
pub use crate::order::Order;

use crate::construct::check_start;
use prism_core::search::UNCOLORED;
use prism_core::{Color, Coloring, Graph, MAX_COLORS};
use std::sync::atomic::{AtomicBool, Ordering};

/// Vertices coloured between two looks at the stop flag.
const STOP_EVERY: usize = 1 << 12;

/// The greedy colouring of `graph` in `order`; `seed` is used by [`Order::Random`] only.
///
/// # Errors
/// [`ConstructError::TooManyColors`].
pub fn greedy(graph: &Graph<'_>, order: Order, seed: u64) -> Result<Coloring, ConstructError> {
    greedy_in(graph, &order.of(graph, seed))
}

/// The greedy colouring of `graph`, taking vertices as `order` lists them.
///
/// # Errors
/// [`ConstructError::TooManyColors`].
pub fn greedy_in(graph: &Graph<'_>, order: &[u32]) -> Result<Coloring, ConstructError> {
    let mut colors = vec![UNCOLORED; graph.n()];
    fill(graph, order, &mut colors)?;
    Ok(Coloring::from_colors(colors))
}

/// The same from a start in which some vertices have a colour already, which they keep; the others
/// are [`UNCOLORED`].
///
/// # Errors
/// A start of the wrong length or with a conflict; [`ConstructError::TooManyColors`].
pub fn greedy_from(
    graph: &Graph<'_>,
    order: &[u32],
    start: &[Color],
) -> Result<Coloring, ConstructError> {
    check_start(graph, start)?;
    let mut colors = start.to_vec();
    fill(graph, order, &mut colors)?;
    Ok(Coloring::from_colors(colors))
}

/// Gives each uncoloured vertex of `order` the smallest colour free for it.
pub(crate) fn fill(
    graph: &Graph<'_>,
    order: &[u32],
    colors: &mut [Color],
) -> Result<(), ConstructError> {
    fill_unless(graph, order, colors, &AtomicBool::new(false))
}

/// [`fill`], given up soon after `stop` is raised.
pub(crate) fn fill_unless(
    graph: &Graph<'_>,
    order: &[u32],
    colors: &mut [Color],
    stop: &AtomicBool,
) -> Result<(), ConstructError> {
    let mut forbidden = Forbidden::default();
    for (i, &v) in order.iter().enumerate() {
        if i % STOP_EVERY == 0 && stop.load(Ordering::Relaxed) {
            return Err(ConstructError::Stopped);
        }
        if colors[v as usize] != UNCOLORED {
            continue;
        }
        let seen = graph.neighbors(v).iter().map(|&u| colors[u as usize]);
        colors[v as usize] = forbidden.smallest_free(seen).ok_or(ConstructError::TooManyColors)?;
    }
    Ok(())
}

/// Finds the smallest colour outside a list.
#[derive(Clone, Debug)]
pub(crate) struct Forbidden {
    /// Which list last had each colour.
    stamp: Box<[u32; MAX_COLORS + 1]>,
    now: u32,
}

impl Default for Forbidden {
    fn default() -> Self {
        Self { stamp: Box::new([0; MAX_COLORS + 1]), now: 0 }
    }
}

impl Forbidden {
    /// The smallest colour that is not in `seen`; [`UNCOLORED`] may be in it. `None` if no colour is
    /// left.
    #[inline]
    pub(crate) fn smallest_free(&mut self, seen: impl Iterator<Item = Color>) -> Option<Color> {
        self.begin(seen);
        self.end()
    }

    /// Begins a new list with `seen`.
    #[inline]
    pub(crate) fn begin(&mut self, seen: impl Iterator<Item = Color>) {
        self.now = self.now.wrapping_add(1);
        if self.now == 0 {
            self.stamp.fill(0);
            self.now = 1;
        }
        self.extend(seen);
    }

    /// Adds to the list.
    #[inline]
    pub(crate) fn extend(&mut self, seen: impl Iterator<Item = Color>) {
        // An uncoloured neighbour stamps the last entry, which is no colour: no branch is needed.
        for color in seen {
            self.stamp[color as usize] = self.now;
        }
    }

    /// Whether `color` is in the list.
    pub(crate) fn has(&self, color: Color) -> bool {
        self.stamp[color as usize] == self.now
    }

    /// The smallest colour that is not in the list.
    #[inline]
    pub(crate) fn end(&self) -> Option<Color> {
        let free = self.stamp[..MAX_COLORS].iter().position(|&stamp| stamp != self.now);
        free.map(|color| color as Color)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partial_coloring::tests::random_graph;
    use prism_core::bounds::degeneracy;
    use prism_core::generate;
    use proptest::prelude::*;

    #[test]
    fn a_path_in_a_bad_order_needs_three() {
        let (path, _) = Graph::from_edges(4, &[(0, 1), (1, 2), (2, 3)]).unwrap();
        assert_eq!(greedy(&path, Order::Natural, 0).unwrap().colors(), [0, 1, 0, 1]);
        assert_eq!(greedy_in(&path, &[0, 3, 1, 2]).unwrap().colors(), [0, 1, 2, 0]);
    }

    #[test]
    fn starts_are_kept_and_checked() {
        let (path, _) = Graph::from_edges(3, &[(0, 1), (1, 2)]).unwrap();
        let start = [UNCOLORED, 0, UNCOLORED];
        assert_eq!(greedy_from(&path, &[0, 1, 2], &start).unwrap().colors(), [1, 0, 1]);
        assert_eq!(
            greedy_from(&path, &[0, 1, 2], &[5, 5, 0]),
            Err(ConstructError::StartConflict { u: 0, v: 1, color: 5 })
        );
        assert_eq!(
            greedy_from(&path, &[], &[0]),
            Err(ConstructError::StartLength { entries: 1, vertices: 3 })
        );
    }

    #[test]
    fn known_graphs() {
        let queens = generate::queens(8, 8).unwrap();
        for order in Order::ALL {
            let k = greedy(&queens, order, 1).unwrap().num_colors();
            assert!((9..=16).contains(&k), "{order:?} {k}");
        }
        let grid = generate::grid3d(6, 5, 4).unwrap();
        assert_eq!(greedy(&grid, Order::Natural, 0).unwrap().num_colors(), 2);
        assert_eq!(greedy(&grid, Order::IncidenceDegree, 0).unwrap().num_colors(), 2);
    }

    proptest! {
        #[test]
        fn proper_within_its_bound_and_repeatable(
            n in 0u32..80, percent in 0u32..100, seed in 0u64..500,
        ) {
            let g = random_graph(n, percent, seed);
            for order in Order::ALL {
                let coloring = greedy(&g, order, seed).unwrap();
                prop_assert_eq!(coloring.verify(&g), Ok(()));
                prop_assert!(coloring.num_colors() <= g.max_degree() + 1);
                prop_assert_eq!(greedy(&g, order, seed).unwrap(), coloring);
            }
            let smallest_last = greedy(&g, Order::SmallestLast, 0).unwrap();
            prop_assert!(smallest_last.num_colors() <= degeneracy(&g).degeneracy as usize + 1);
        }
    }
}
