//! Is there a colouring with k colours? Settled by DSATUR branch and bound, for small graphs.
//!
//! The vertex to branch on is always one with the fewest colours left (Brelaz 1979). Ties go to the
//! vertex that shares most of its colours with its uncoloured neighbours that are tied as well, which
//! is the rule PASS of San Segundo (2012): colouring it narrows the others most. A branch ends where a
//! vertex has no colour left; of colours not in use yet only the first is tried, since they are
//! interchangeable; a given clique is coloured first.
//!
//! Before that, the graph is reduced for k (see [`crate::preprocess`]) and its components are settled
//! one by one. Exponential: random graphs end at about 100 vertices; structured ones can be much
//! larger. No random numbers: the same nodes are visited on every machine.
//!
//! Where vertices have lists of the colours that they may have, the same tree decides, in `lists.rs`, and
//! where the classes have to have certain sizes, in `sizes.rs`.

mod answer;
mod lists;
mod sizes;
mod tree;

pub use answer::{Answer, MAX_EXACT_COLORS};
pub use lists::decide_lists;
pub use sizes::decide_sizes;

use crate::preprocess::{ReduceOptions, Reduction, components};
use prism_core::bounds::{Effort, clique, degeneracy};
use prism_core::search::UNCOLORED;
use prism_core::{Coloring, Graph};
use std::sync::atomic::AtomicBool;
use tree::{Found, Tree};

/// Decides whether `graph` has a proper colouring with `k` colours, by a search tree of at most `work`
/// looks at an arc or a vertex (a few nanoseconds each). Returns the answer and the work done. The
/// reduction and the cliques before the search come on top, and are limited by themselves.
pub fn decide(graph: &Graph<'_>, k: usize, work: u64, stop: &AtomicBool) -> (Answer, u64) {
    if graph.n() == 0 {
        return (Answer::Colorable(Coloring::default()), 0);
    }
    if k == 0 {
        return (Answer::Infeasible, 0);
    }
    if k > MAX_EXACT_COLORS {
        return (Answer::Unknown, 0);
    }
    let reduction = Reduction::new(graph, k, &ReduceOptions::default());
    let kernel = reduction.kernel();
    let mut colors = vec![UNCOLORED; kernel.n()];
    let mut spent = 0;
    let mut unknown = false;
    // Small components first: one that needs more than k colours settles the whole.
    let parts = components(kernel);
    let mut parts: Vec<&[u32]> = parts.iter().collect();
    parts.reverse();
    for part in parts {
        let inner = kernel.induced(part);
        let effort = Effort { work: 2_000_000, enough: k + 1, ..Effort::default() };
        let first = clique(&inner, &degeneracy(&inner), &effort, stop);
        if first.len() > k {
            return (Answer::Infeasible, spent);
        }
        let mut tree = Tree::new(&inner, k, work.saturating_sub(spent), stop);
        let found = tree.root(&first);
        spent += tree.spent;
        match found {
            Found::Colors => {
                for (&v, &c) in part.iter().zip(&tree.colors) {
                    colors[v as usize] = c;
                }
            }
            Found::Nothing => return (Answer::Infeasible, spent),
            Found::OutOfWork => unknown = true,
        }
    }
    if unknown {
        return (Answer::Unknown, spent);
    }
    (Answer::Colorable(reduction.lift(&colors)), spent)
}

/// The least k, from `lower` up, that [`decide`] does not refute, which is a lower bound on the
/// chromatic number when `lower` is; `work` bounds all decisions together. With a colouring if the
/// last decision gave one: then it is the chromatic number.
pub fn raise_lower_bound(
    graph: &Graph<'_>,
    lower: usize,
    upper: usize,
    work: u64,
    stop: &AtomicBool,
) -> (usize, Option<Coloring>) {
    let mut left = work;
    for k in lower..upper {
        let (answer, spent) = decide(graph, k, left, stop);
        left = left.saturating_sub(spent);
        match answer {
            Answer::Infeasible => {}
            Answer::Colorable(coloring) => return (k, Some(coloring)),
            Answer::Unknown => return (k, None),
        }
    }
    (lower.max(upper), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(graph: &Graph<'_>, k: usize) -> Answer {
        decide(graph, k, 100_000_000, &AtomicBool::new(false)).0
    }

    fn queens(n: u32) -> Graph<'static> {
        let cell = |v: u32| ((v / n) as i32, (v % n) as i32);
        let attack = |a: u32, b: u32| {
            let ((r, c), (s, d)) = (cell(a), cell(b));
            r == s || c == d || (r - s).abs() == (c - d).abs()
        };
        let pairs = (0..n * n).flat_map(|a| (0..a).map(move |b| (a, b)));
        let edges: Vec<_> = pairs.filter(|&(a, b)| attack(a, b)).collect();
        Graph::from_edges((n * n) as usize, &edges).unwrap().0
    }

    #[test]
    fn six_queens_need_seven_colours() {
        let g = queens(6);
        assert_eq!(answer(&g, 6), Answer::Infeasible);
        let Answer::Colorable(seven) = answer(&g, 7) else { panic!() };
        assert_eq!(seven.verify(&g), Ok(()));
        assert!(seven.num_colors() <= 7);
        let stop = AtomicBool::new(false);
        let (bound, coloring) = raise_lower_bound(&g, 6, 9, 100_000_000, &stop);
        assert_eq!((bound, coloring.unwrap().num_colors()), (7, 7));
        assert_eq!(raise_lower_bound(&g, 6, 7, 100_000_000, &stop), (7, None));
    }

    #[test]
    fn limits_give_unknown() {
        let g = queens(8);
        let stop = AtomicBool::new(false);
        assert_eq!(decide(&g, 8, 1000, &stop).0, Answer::Unknown);
        assert_eq!(decide(&g, 1000, 10, &stop).0, Answer::Unknown);
        assert_eq!(raise_lower_bound(&g, 8, 12, 10, &stop), (8, None));
    }

    #[test]
    fn trivial_graphs() {
        assert_eq!(answer(&Graph::empty(0), 0), Answer::Colorable(Coloring::default()));
        assert_eq!(answer(&Graph::empty(3), 0), Answer::Infeasible);
        let Answer::Colorable(one) = answer(&Graph::empty(3), 1) else { panic!() };
        assert_eq!(one.num_colors(), 1);
    }

    proptest! {
        #[test]
        fn equals_brute_force(
            n in 1usize..10,
            raw in prop::collection::vec((0u32..10, 0u32..10), 0..45),
        ) {
            let edges: Vec<_> = raw.iter().map(|&(u, v)| (u % n as u32, v % n as u32)).collect();
            let (g, _) = Graph::from_edges(n, &edges).unwrap();
            fn place(g: &Graph<'_>, k: usize, v: u32, colors: &mut [usize]) -> bool {
                v as usize == g.n()
                    || (0..k).any(|c| {
                        let fits = g.neighbors(v).iter().all(|&u| u > v || colors[u as usize] != c);
                        colors[v as usize] = c;
                        fits && place(g, k, v + 1, colors)
                    })
            }
            for k in 1..=n {
                let expected = place(&g, k, 0, &mut vec![0; n]);
                // The tree itself on the whole graph, without the reduction that would empty it.
                let stop = AtomicBool::new(false);
                let mut tree = Tree::new(&g, k, 1_000_000, &stop);
                let found = matches!(tree.root(&[]), Found::Colors);
                prop_assert_eq!(found, expected);
                if found {
                    let colors = Coloring::from_colors(tree.colors);
                    prop_assert_eq!(colors.verify(&g), Ok(()));
                }
                match answer(&g, k) {
                    Answer::Colorable(coloring) => {
                        prop_assert!(expected);
                        prop_assert_eq!(coloring.verify(&g), Ok(()));
                        prop_assert!(coloring.colors().iter().all(|&c| (c as usize) < k));
                    }
                    Answer::Infeasible => prop_assert!(!expected),
                    Answer::Unknown => prop_assert!(false),
                }
            }
        }
    }
}
