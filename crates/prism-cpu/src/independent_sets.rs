//! Greedy independent sets: build one colour class after another, each from the vertices of smallest degree
//! (Johnson 1974).
//!
//! A class takes, again and again, the vertex with the fewest neighbours among those that still fit in, which
//! keeps the most of them. RLF, which weighs what no longer fits in as well, needs fewer colours; this is the
//! heuristic that users of other libraries know. Neighbours are counted by difference: a class costs the arcs
//! among the vertices that are left, and a logarithm for the queue.

use crate::construct::ConstructError;
use crate::level_queue::LevelQueue;
use crate::ranking::Ranking;
use prism_core::search::UNCOLORED;
use prism_core::{Color, Coloring, Graph, MAX_COLORS};
use std::sync::atomic::{AtomicBool, Ordering};

/// The colouring of `graph` by greedy independent sets, with ties to the vertex that ranks highest.
///
/// # Errors
/// [`ConstructError::Stopped`] if `stop` was raised, which is looked at with every class, and
/// [`ConstructError::TooManyColors`].
pub fn independent_sets(
    graph: &Graph<'_>,
    ranking: Ranking,
    stop: &AtomicBool,
) -> Result<Coloring, ConstructError> {
    let mut colors = vec![UNCOLORED; graph.n()];
    // Neighbours without a colour.
    let mut open: Vec<u32> = graph.vertices().map(|v| graph.degree(v) as u32).collect();
    let mut waiting: Vec<u32> = graph.vertices().collect();
    let mut fits = vec![false; graph.n()];
    let mut queue = LevelQueue::new(ranking);
    for color in 0.. {
        if waiting.is_empty() {
            break;
        }
        if stop.load(Ordering::Relaxed) {
            return Err(ConstructError::Stopped);
        }
        if color == MAX_COLORS {
            return Err(ConstructError::TooManyColors);
        }
        let mut left = open.clone();
        queue.clear();
        for &v in &waiting {
            fits[v as usize] = true;
            queue.push(0, few(left[v as usize]), v);
        }
        let mut class = Vec::new();
        while let Some(v) = queue.pop(|v| fits[v as usize].then(|| (0, few(left[v as usize])))) {
            fits[v as usize] = false;
            class.push(v);
            for &u in graph.neighbors(v) {
                if !std::mem::replace(&mut fits[u as usize], false) {
                    continue;
                }
                for &w in graph.neighbors(u).iter().filter(|&&w| fits[w as usize]) {
                    left[w as usize] -= 1;
                    queue.push(0, few(left[w as usize]), w);
                }
            }
        }
        for v in class {
            colors[v as usize] = color as Color;
            graph.neighbors(v).iter().for_each(|&u| open[u as usize] -= 1);
        }
        waiting.retain(|&v| colors[v as usize] == UNCOLORED);
    }
    Ok(Coloring::from_colors(colors))
}

/// A key that is the larger the fewer neighbours there are.
fn few(neighbors: u32) -> u32 {
    u32::MAX - neighbors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partial_coloring::tests::random_graph;
    use proptest::prelude::*;

    static GO_ON: AtomicBool = AtomicBool::new(false);

    /// The definition: look at every vertex for each choice.
    fn by_definition(graph: &Graph<'_>, ranking: Ranking) -> Vec<Color> {
        let mut colors = vec![UNCOLORED; graph.n()];
        for color in 0.. {
            let open = |&v: &u32| colors[v as usize] == UNCOLORED;
            let mut rest: Vec<u32> = graph.vertices().filter(open).collect();
            if rest.is_empty() {
                break;
            }
            let near =
                |v: u32, rest: &[u32]| rest.iter().filter(|&&u| graph.has_edge(u, v)).count();
            while let Some(&v) =
                rest.iter().max_by_key(|&&v| (std::cmp::Reverse(near(v, &rest)), ranking.rank(v)))
            {
                colors[v as usize] = color;
                rest.retain(|&u| u != v && !graph.has_edge(u, v));
            }
        }
        colors
    }

    #[test]
    fn stops_when_told() {
        let stopped = independent_sets(&Graph::empty(3), Ranking::SMALLEST, &AtomicBool::new(true));
        assert_eq!(stopped, Err(ConstructError::Stopped));
    }

    proptest! {
        #[test]
        fn chooses_as_defined(n in 0u32..40, percent in 0u32..100, seed in 0u64..500) {
            let graph = random_graph(n, percent, seed);
            for ranking in [Ranking::SMALLEST, Ranking::LARGEST, Ranking::SCATTERED[0]] {
                let coloring = independent_sets(&graph, ranking, &GO_ON).unwrap();
                prop_assert_eq!(coloring.verify(&graph), Ok(()));
                prop_assert_eq!(coloring.colors(), by_definition(&graph, ranking));
            }
        }
    }
}
