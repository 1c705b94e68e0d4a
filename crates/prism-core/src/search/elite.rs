//! What searches give each other.

use crate::{Color, Graph};
use serde::{Deserialize, Serialize};

/// The colour of a vertex that has none in a partial colouring.
pub const UNCOLORED: Color = Color::MAX;

/// An individual: an assignment of colours, complete or partial, that searches give and take.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Elite {
    /// Colours of the search that it comes from.
    pub k: usize,
    /// One entry a vertex, each below k or [`UNCOLORED`].
    pub colors: Vec<Color>,
    /// Conflicting edges plus uncoloured vertices: 0 exactly when it is proper.
    pub conflicts: u64,
}

impl Elite {
    /// The individual with these colours of `k`, in the graph with these edges.
    ///
    /// # Panics
    /// If an edge has an end beyond the colours.
    pub fn new(k: usize, colors: Vec<Color>, edges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let of = |v: u32| colors[v as usize];
        let edges = edges.into_iter().filter(|&(u, v)| of(u) == of(v) && of(u) != UNCOLORED);
        let conflicts = edges.count() as u64;
        let uncolored = colors.iter().filter(|&&color| color == UNCOLORED).count() as u64;
        Self { k, colors, conflicts: conflicts + uncolored }
    }
}

/// The same colouring where those that have no colour below `k` get the one that fewest of their
/// neighbours have, one vertex after the other.
///
/// # Panics
/// If there are fewer colours than vertices.
#[must_use]
pub fn completed(graph: &Graph<'_>, k: usize, colors: &[Color]) -> Vec<Color> {
    let mut colors = colors.to_vec();
    let mut counts = vec![0_u64; k];
    for vertex in graph.vertices() {
        if usize::from(colors[vertex as usize]) < k {
            continue;
        }
        counts.fill(0);
        for &neighbor in graph.neighbors(vertex) {
            if let Some(count) = counts.get_mut(usize::from(colors[neighbor as usize])) {
                *count += 1;
            }
        }
        let least = (0..).zip(&counts).min_by_key(|(_, count)| **count);
        colors[vertex as usize] = least.map_or(0, |(color, _)| color);
    }
    colors
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_has_no_colour_gets_the_one_that_hurts_least() {
        let (path, _) = Graph::from_edges(4, &[(0, 1), (1, 2), (2, 3)]).unwrap();
        let none = UNCOLORED;
        assert_eq!(completed(&path, 2, &[0, none, 0, none]), [0, 1, 0, 1]);
        assert_eq!(completed(&path, 3, &[none; 4]), [0, 1, 0, 1]);
        assert_eq!(
            completed(&path, 1, &[7, 0, 0, 0]),
            [0; 4],
            "a colour that there is not is none"
        );
    }

    proptest! {
        #[test]
        fn an_elite_survives_serde(
            k in 0usize..70_000,
            colors in prop::collection::vec(any::<Color>(), 0..50),
            conflicts: u64,
        ) {
            let elite = Elite { k, colors, conflicts };
            let written = serde_json::to_string(&elite).unwrap();
            prop_assert_eq!(serde_json::from_str::<Elite>(&written).unwrap(), elite);
        }

        #[test]
        fn what_is_wrong_is_conflicting_edges_and_uncoloured_vertices(
            colors in prop::collection::vec(prop_oneof![0u16..3, Just(UNCOLORED)], 20),
        ) {
            let edges: Vec<_> = (0..20).flat_map(|v| (0..v).map(move |u| (u, v))).collect();
            let all = |color| colors.iter().filter(|&&c| c == color).count();
            let expected = (0..3).map(|c| all(c) * all(c).saturating_sub(1) / 2).sum::<usize>()
                + all(UNCOLORED);
            prop_assert_eq!(Elite::new(3, colors, edges).conflicts, expected as u64);
        }
    }
}
