//! Colouring within lists, against trying everything: what is claimed is true, and small graphs are
//! settled.

use prism_core::{Color, Coloring, Graph};
use prism_solver::{Goal, Impossibility, Outcome, Solver, SolverBuilder, Status, Unsatisfied};
use proptest::prelude::*;
use std::collections::BTreeSet;

type Lists = Vec<(u32, Vec<Color>)>;

/// The fewest different colours of a colouring within the lists. Vertices without a list may have the
/// numbers below 12.
fn fewest(graph: &Graph<'_>, lists: &Lists, given: &[(u32, Color)]) -> Option<usize> {
    let mut allowed: Vec<Vec<Color>> = vec![(0..12).collect(); graph.n()];
    for (v, list) in lists {
        allowed[*v as usize] = list.clone();
    }
    for (v, color) in given {
        allowed[*v as usize].retain(|c| c == color);
    }
    /// Colours the rest, if that takes fewer than `best`.
    fn place(graph: &Graph<'_>, allowed: &[Vec<Color>], colors: &mut Vec<Color>, best: &mut usize) {
        let used = colors.iter().collect::<BTreeSet<_>>().len();
        if used >= *best {
            return;
        }
        let v = colors.len();
        if v == graph.n() {
            *best = used;
            return;
        }
        for &c in &allowed[v] {
            let clashes = |&u: &u32| (u as usize) < v && colors[u as usize] == c;
            if !graph.neighbors(v as u32).iter().any(clashes) {
                colors.push(c);
                place(graph, allowed, colors, best);
                colors.pop();
            }
        }
    }
    let mut best = usize::MAX;
    place(graph, &allowed, &mut Vec::new(), &mut best);
    Some(best).filter(|&best| best < usize::MAX)
}

/// A graph of up to eight vertices, lists for some of them, and colours for some.
fn instances() -> impl Strategy<Value = (Graph<'static>, Lists, Vec<(u32, Color)>)> {
    let edges = prop::collection::vec((0u32..8, 0u32..8), 0..22);
    let list = prop::option::weighted(0.7, prop::collection::vec(0u16..6, 1..4));
    let lists = prop::collection::vec(list, 8);
    let given = prop::collection::vec(prop::option::weighted(0.1, 0u16..6), 8);
    (1usize..9, edges, lists, given).prop_map(|(n, edges, lists, given)| {
        let edges: Vec<_> = edges
            .iter()
            .map(|&(u, v)| (u % n as u32, v % n as u32))
            .filter(|(u, v)| u != v)
            .collect();
        let (graph, _) = Graph::from_edges(n, &edges).expect("ends are below n");
        let lists = (0..).zip(lists).take(n).filter_map(|(v, list)| Some((v, list?)));
        let given = (0..).zip(given).take(n).filter_map(|(v, color)| Some((v, color?)));
        (graph, lists.collect(), given.collect())
    })
}

fn solve<'g>(
    graph: &'g Graph<'g>,
    lists: &Lists,
    set: impl FnOnce(SolverBuilder<'g>) -> SolverBuilder<'g>,
) -> Result<Outcome, Unsatisfied> {
    let builder = set(Solver::builder(graph).seed(1).move_limit(30_000));
    builder.within_lists(lists.clone()).expect("they make sense").run()
}

/// That a colouring is proper, within the lists, and as given.
fn check(
    graph: &Graph<'_>,
    lists: &Lists,
    given: &[(u32, Color)],
    outcome: &Outcome,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(outcome.coloring.verify(graph), Ok(()));
    let colors = outcome.coloring.colors();
    prop_assert!(lists.iter().all(|(v, list)| list.contains(&colors[*v as usize])));
    prop_assert!(given.iter().all(|(v, color)| *color == colors[*v as usize]));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn small_graphs_are_settled((graph, lists, given) in instances()) {
        let expected = fewest(&graph, &lists, &given);
        let found = solve(&graph, &lists, |builder| builder.precolored(given.iter().copied()));
        match (expected, found) {
            (Some(expected), Ok(outcome)) => {
                check(&graph, &lists, &given, &outcome)?;
                prop_assert_eq!(outcome.status, Status::Optimal);
                prop_assert_eq!((outcome.num_colors(), outcome.lower_bound), (expected, expected));
                prop_assert!(prism_core::bounds::is_clique(&graph, &outcome.clique));
            }
            (None, Err(why)) => {
                prop_assert!(why.proof.is_some());
                prop_assert_eq!(why.status, Status::Infeasible);
            }
            (expected, found) => prop_assert!(false, "{:?} but {:?}", expected, found),
        }
    }

    #[test]
    fn a_target_is_reached_or_proved_impossible(
        (graph, lists, given) in instances(), target in 1usize..6,
    ) {
        let expected = fewest(&graph, &lists, &given);
        let found = solve(&graph, &lists, |builder| {
            builder.precolored(given.iter().copied()).goal(Goal::Colors(target))
        });
        prop_assert_eq!(expected.is_some(), found.is_ok());
        if let (Some(expected), Ok(outcome)) = (expected, found) {
            check(&graph, &lists, &given, &outcome)?;
            prop_assert_eq!(outcome.num_colors() <= target, expected <= target);
            prop_assert_eq!(outcome.lower_bound > target, expected > target);
            prop_assert!(outcome.lower_bound <= expected);
        }
    }

    #[test]
    fn a_warm_start_is_where_it_starts((graph, lists, given) in instances()) {
        let first = solve(&graph, &lists, |b| b.precolored(given.iter().copied()).move_limit(0));
        if let Ok(first) = first {
            let again = solve(&graph, &lists, |builder| {
                builder.precolored(given.iter().copied()).warm_start(first.coloring.clone())
            });
            let again = again.unwrap();
            check(&graph, &lists, &given, &again)?;
            prop_assert!(again.num_colors() <= first.num_colors());
        }
    }
}

/// Lists of `size` of `colors` colours for every vertex, by a plain rule.
fn windows(n: u32, colors: u32, size: u32) -> Lists {
    let start = |v: u32| v.wrapping_mul(0x9E37_79B9) >> 16;
    let list = |v| (0..size).map(|i| ((start(v) + i) % colors) as Color).collect();
    (0..n).map(|v| (v, list(v))).collect()
}

#[test]
fn larger_graphs_are_coloured_within_their_lists() {
    // Timetables are of this kind: many vertices, few colours each.
    let graph = prism_core::generate::gnp(400, 0.05, 3).unwrap();
    let lists = windows(400, 20, 8);
    let mut last = None;
    let take = |coloring: &Coloring| last = Some(coloring.clone());
    let outcome = solve(&graph, &lists, |b| b.move_limit(400_000).on_improvement(take)).unwrap();
    check(&graph, &lists, &[], &outcome).unwrap();
    assert_eq!(last.as_ref(), Some(&outcome.coloring));
    assert!(outcome.num_colors() <= 16, "{}", outcome.num_colors());
    assert!(outcome.lower_bound >= 4 && outcome.lower_bound <= outcome.num_colors());
    let same = solve(&graph, &lists, |builder| builder.move_limit(400_000)).unwrap();
    assert_eq!(same.coloring, outcome.coloring, "a seed and a move limit decide the result");
}

#[test]
fn a_list_for_one_vertex_costs_no_colours() {
    let graph = prism_core::generate::gnp(125, 0.5, 1).unwrap();
    let free = Solver::builder(&graph).seed(1).move_limit(200_000).build().unwrap().run();
    let lists = vec![(7, vec![40, 50])];
    let outcome = solve(&graph, &lists, |builder| builder.move_limit(200_000)).unwrap();
    check(&graph, &lists, &[], &outcome).unwrap();
    assert!(outcome.num_colors() <= free.num_colors() + 1, "{}", outcome.num_colors());
}

#[test]
fn what_is_impossible_is_proved_by_search_too() {
    // Seven vertices, all adjacent, with six colours: nothing follows from single colours.
    let graph = prism_core::generate::gnp(7, 1.0, 1).unwrap();
    let lists: Lists = (0..7).map(|v| (v, (0..6).collect())).collect();
    let why = solve(&graph, &lists, |builder| builder).unwrap_err();
    assert_eq!((why.proof, why.status), (Some(Impossibility::Search), Status::Infeasible));
    assert_eq!(why.to_string(), "no colouring is as asked for: all possibilities are ruled out");
}

#[test]
fn what_is_not_found_is_not_called_impossible() {
    // Too hard for no moves at all.
    let graph = prism_core::generate::gnp(200, 0.5, 1).unwrap();
    let lists: Lists = (0..200).map(|v| (v, (0..26).collect())).collect();
    let why = solve(&graph, &lists, |builder| builder.move_limit(0)).unwrap_err();
    assert_eq!((why.proof, why.status), (None, Status::MoveLimit));
    assert_eq!(why.to_string(), "no colouring as asked for was found");
}
