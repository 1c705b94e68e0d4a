//! Is there a colouring with k classes whose sizes are within a range?
//!
//! The tree of [`decide`](super::decide), which counts the vertices of each colour: a colour that is full
//! is given to no further vertex, and a branch ends where colours need more vertices than there are left,
//! or than could still have them. Neither the reduction nor the split into components is of use, since
//! sizes are a matter of the whole graph.

use super::answer::{Answer, MAX_EXACT_COLORS};
use super::lists::interchangeable;
use super::tree::{Found, Palette, Tree, first};
use crate::sized::Sizing;
use prism_core::bounds::{Effort, clique, degeneracy};
use prism_core::search::UNCOLORED;
use prism_core::{Coloring, Graph};
use std::sync::atomic::AtomicBool;

/// Decides whether `graph` has a proper colouring as `sizing` asks for, by a search tree of at most `work`
/// looks at an arc or a vertex (a few nanoseconds each); returns the answer and the work done.
/// [`Answer::Unknown`] also where there are more than [`MAX_EXACT_COLORS`] classes.
pub fn decide_sizes(
    graph: &Graph<'_>,
    sizing: &Sizing,
    work: u64,
    stop: &AtomicBool,
) -> (Answer, u64) {
    let Sizing { k, range, given } = sizing;
    if !range.holds(graph.n(), *k) {
        return (Answer::Infeasible, 0);
    }
    if *k > MAX_EXACT_COLORS {
        return (Answer::Unknown, 0);
    }
    if given.iter().all(|&color| color == UNCOLORED) {
        let effort = Effort { work: 2_000_000, enough: k + 1, ..Effort::default() };
        let start = clique(graph, &degeneracy(graph), &effort, stop);
        if start.len() > *k {
            return (Answer::Infeasible, 0);
        }
        return answer(Tree::new(graph, *k, work, stop).sized(*range), &start);
    }
    let free = |&color: &u16| if color == UNCOLORED { first(*k) } else { 1 << color };
    let free: Vec<u128> = given.iter().map(free).collect();
    let groups = interchangeable(&free, *k);
    let palette = Palette { colors: *k, most: *k, groups };
    answer(Tree::within(graph, free, palette, work, stop).sized(*range), &[])
}

fn answer(mut tree: Tree<'_>, start: &[u32]) -> (Answer, u64) {
    let answer = match tree.root(start) {
        Found::Colors => Answer::Colorable(Coloring::from_colors(std::mem::take(&mut tree.colors))),
        Found::Nothing => Answer::Infeasible,
        Found::OutOfWork => Answer::Unknown,
    };
    (answer, tree.spent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use prism_core::{Color, SizeRange};
    use proptest::prelude::*;

    /// By trying every assignment, one vertex after the other.
    fn exists(graph: &Graph<'_>, sizing: &Sizing, colors: &mut Vec<Color>) -> bool {
        let v = colors.len();
        if v == graph.n() {
            let size = |color| colors.iter().filter(|&&c| c == color).count();
            return (0..sizing.k as Color).all(|color| sizing.range.contains(size(color)));
        }
        (0..sizing.k as Color).any(|color| {
            let clashes = |&u: &u32| (u as usize) < v && colors[u as usize] == color;
            let is_given = sizing.is_given(v as u32) && sizing.given[v] != color;
            if is_given || graph.neighbors(v as u32).iter().any(clashes) {
                return false;
            }
            colors.push(color);
            let exists = exists(graph, sizing, colors);
            colors.pop();
            exists
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn equals_brute_force(
            n in 0usize..9,
            raw in prop::collection::vec((0u32..9, 0u32..9), 0..25),
            k in 0usize..6,
            least in 0usize..4,
            more in 0usize..4,
            given in prop::collection::vec(prop::option::weighted(0.2, 0u16..5), 9),
            some: bool,
        ) {
            let edges: Vec<_> = raw.iter().map(|&(u, v)| (u % n.max(1) as u32, v % n.max(1) as u32)).collect();
            let (graph, _) = Graph::from_edges(n, &edges[..if n == 0 { 0 } else { edges.len() }]).unwrap();
            let mut sizing = Sizing::new(k, SizeRange { least, most: least + more });
            if some && k > 0 {
                let color = |color: &Option<Color>| color.map_or(UNCOLORED, |c| c % k as Color);
                sizing.given = given[..n].iter().map(color).collect();
            }
            let expected = exists(&graph, &sizing, &mut Vec::new());
            let (answer, _) = decide_sizes(&graph, &sizing, 10_000_000, &AtomicBool::new(false));
            match answer {
                Answer::Colorable(coloring) => {
                    prop_assert!(expected);
                    prop_assert_eq!(coloring.verify(&graph), Ok(()));
                    let size = |color| coloring.colors().iter().filter(|&&c| c == color).count();
                    prop_assert!((0..k as Color).all(|color| sizing.range.contains(size(color))));
                    let colors = coloring.colors().iter();
                    prop_assert!(colors.zip(&sizing.given).all(|(c, g)| *g == UNCOLORED || c == g));
                }
                Answer::Infeasible => prop_assert!(!expected),
                Answer::Unknown => prop_assert!(false),
            }
        }
    }

    #[test]
    fn limits_give_unknown() {
        let graph = prism_core::generate::queens(8, 8).unwrap();
        let (stop, even) = (AtomicBool::new(false), SizeRange::even(64, 9));
        let decide = |sizing| decide_sizes(&graph, &sizing, 1000, &stop).0;
        assert_eq!(decide(Sizing::new(9, even)), Answer::Unknown);
        let large = Sizing::new(129, SizeRange { least: 0, most: 1 });
        assert_eq!(decide(large), Answer::Unknown);
    }
}
