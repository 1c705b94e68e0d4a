//! Is there a colouring within lists of allowed colours, with at most k different ones?
//!
//! The tree of [`decide`](super::decide), from other roots: a vertex begins with the colours of its
//! list, and colours are interchangeable only where the same vertices may have them. Neither the
//! reduction nor the split into components is of use, since the number of different colours is a matter
//! of the whole graph.

use super::answer::{Answer, MAX_EXACT_COLORS};
use super::tree::{Found, Palette, Tree, first};
use prism_core::{Coloring, Graph};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

/// Decides whether `graph` has a proper colouring in which vertex `v` has one of the colours of
/// `allowed[v]`, a set of bits below `colors`, and in which at most `most` different colours are used.
/// By a search tree of at most `work` looks at an arc or a vertex (a few nanoseconds each); returns the
/// answer and the work done. [`Answer::Unknown`] also where `colors` is above [`MAX_EXACT_COLORS`].
pub fn decide_lists(
    graph: &Graph<'_>,
    allowed: &[u128],
    colors: usize,
    most: usize,
    work: u64,
    stop: &AtomicBool,
) -> (Answer, u64) {
    if colors > MAX_EXACT_COLORS {
        return (Answer::Unknown, 0);
    }
    let free: Vec<u128> = allowed.iter().map(|set| set & first(colors)).collect();
    if free.contains(&0) || most == 0 && graph.n() > 0 {
        return (Answer::Infeasible, 0);
    }
    let palette = Palette { colors, most, groups: interchangeable(&free, colors) };
    let mut tree = Tree::within(graph, free, palette, work, stop);
    let answer = match tree.root(&[]) {
        Found::Colors => Answer::Colorable(Coloring::from_colors(tree.colors)),
        Found::Nothing => Answer::Infeasible,
        Found::OutOfWork => Answer::Unknown,
    };
    (answer, tree.spent)
}

/// The colours in groups of those that the same vertices may have.
pub(super) fn interchangeable(allowed: &[u128], colors: usize) -> Vec<u128> {
    let mut groups = BTreeMap::<Vec<bool>, u128>::new();
    for c in 0..colors {
        let vertices = allowed.iter().map(|set| set >> c & 1 == 1).collect();
        *groups.entry(vertices).or_default() |= 1 << c;
    }
    groups.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use prism_core::Color;
    use proptest::prelude::*;

    /// The fewest different colours of a colouring within the lists, by trying all.
    fn fewest(graph: &Graph<'_>, allowed: &[u128], colors: &mut Vec<Color>) -> Option<u32> {
        let v = colors.len();
        if v == graph.n() {
            return Some(colors.iter().fold(0u128, |used, c| used | 1 << c).count_ones());
        }
        let mut best = None;
        for c in (0..128).filter(|c| allowed[v] >> c & 1 == 1) {
            let clashes = |&u: &u32| (u as usize) < v && colors[u as usize] == c;
            if !graph.neighbors(v as u32).iter().any(clashes) {
                colors.push(c);
                best = best.into_iter().chain(fewest(graph, allowed, colors)).min();
                colors.pop();
            }
        }
        best
    }

    proptest! {
        #[test]
        fn equals_brute_force(
            raw in prop::collection::vec((0u32..7, 0u32..7), 0..20),
            sets in prop::collection::vec(0u128..32, 7),
        ) {
            let (graph, _) = Graph::from_edges(7, &raw).unwrap();
            let expected = fewest(&graph, &sets, &mut Vec::new());
            let stop = AtomicBool::new(false);
            for most in 0..=6 {
                let (answer, _) = decide_lists(&graph, &sets, 5, most, 1_000_000, &stop);
                let possible = expected.is_some_and(|fewest| fewest as usize <= most);
                match answer {
                    Answer::Colorable(coloring) => {
                        prop_assert!(possible);
                        prop_assert_eq!(coloring.verify(&graph), Ok(()));
                        prop_assert!(coloring.num_colors() <= most);
                        let within = |(v, &c): (usize, &Color)| sets[v] >> c & 1 == 1;
                        prop_assert!(coloring.colors().iter().enumerate().all(within));
                    }
                    Answer::Infeasible => prop_assert!(!possible),
                    Answer::Unknown => prop_assert!(false),
                }
            }
        }
    }

    #[test]
    fn limits_give_unknown() {
        let graph = prism_core::generate::queens(8, 8).unwrap();
        let (stop, free) = (AtomicBool::new(false), vec![first(9); 64]);
        assert_eq!(decide_lists(&graph, &free, 9, 8, 1000, &stop).0, Answer::Unknown);
        assert_eq!(decide_lists(&graph, &free, 129, 8, 1000, &stop).0, Answer::Unknown);
    }
}
