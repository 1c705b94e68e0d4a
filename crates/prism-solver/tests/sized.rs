//! Colourings with classes of certain sizes, against trying everything: what is claimed is true, and small
//! graphs are settled.

use prism_core::{ClassSizes, Color, Coloring, Graph, SizeRule, generate};
use prism_solver::{
    BuildError, Method, Outcome, Settings, Solver, SolverBuilder, Status, StopHandle, Unsatisfied,
};
use proptest::prelude::*;
use std::time::Duration;

/// What brute force knows of the proper colourings that are as asked for.
#[derive(Debug)]
struct Known {
    /// The fewest colours.
    fewest: usize,
    /// With as many colours: the smallest largest class, the smallest variance with that, and the smallest
    /// ratio.
    imbalance: (usize, u64),
    ratio: f64,
}

/// Tries every assignment of colours below eight, names apart.
fn known(graph: &Graph<'_>, settings: &Settings, given: &[(u32, Color)]) -> Option<Known> {
    fn place(
        graph: &Graph<'_>,
        settings: &Settings,
        given: &[(u32, Color)],
        colors: &mut Vec<Color>,
        known: &mut Option<Known>,
    ) {
        let v = colors.len();
        if v == graph.n() {
            let coloring = Coloring::from_colors(colors.clone());
            let Some(sizes) = ClassSizes::of(&coloring) else { return };
            let k = sizes.classes;
            let fits = settings.size_rule().check(&coloring).is_ok()
                && settings.exact_colors.is_none_or(|exact| exact == k);
            let best = known.as_ref().map_or(usize::MAX, |known| known.fewest);
            if !fits || k > best {
                return;
            }
            let new = Known { fewest: k, imbalance: sizes.imbalance(), ratio: sizes.ratio() };
            *known = Some(match known.take().filter(|known| known.fewest == k) {
                None => new,
                Some(old) => Known {
                    fewest: k,
                    imbalance: old.imbalance.min(new.imbalance),
                    ratio: old.ratio.min(new.ratio),
                },
            });
            return;
        }
        let fixed = given.iter().find(|(u, _)| *u as usize == v).map(|(_, color)| *color);
        // Of the names that nobody has yet, the first will do, beside those that are given.
        let used = |c: &Color| colors.contains(c) || given.iter().any(|(_, color)| color == c);
        let first = (0..).find(|c| !used(c)).unwrap_or(0);
        let names = (0..12).filter(|c| used(c) || *c == first).collect::<Vec<_>>();
        for color in names.into_iter().filter(|&c| fixed.is_none_or(|fixed| fixed == c)) {
            let clashes = |&u: &u32| (u as usize) < v && colors[u as usize] == color;
            if !graph.neighbors(v as u32).iter().any(clashes) {
                colors.push(color);
                place(graph, settings, given, colors, known);
                colors.pop();
            }
        }
    }
    let mut found = None;
    place(graph, settings, given, &mut Vec::new(), &mut found);
    found
}

fn settings() -> Settings {
    Settings { move_limit: Some(60_000), threads: 1, seed: 1, ..Settings::default() }
}

fn solve<'g>(
    graph: &'g Graph<'g>,
    settings: &Settings,
    set: impl FnOnce(SolverBuilder<'g>) -> SolverBuilder<'g>,
) -> Result<Outcome, Unsatisfied> {
    let settings = Settings { device: prism_solver::Device::Cpu, ..settings.clone() };
    set(Solver::builder(graph).settings(&settings)).sized().expect("it makes sense").run()
}

fn check(graph: &Graph<'_>, settings: &Settings, outcome: &Outcome) {
    let Outcome { coloring, lower_bound, .. } = outcome;
    assert_eq!(coloring.verify(graph), Ok(()));
    assert_eq!(settings.size_rule().check(coloring), Ok(()));
    assert!(settings.exact_colors.is_none_or(|exact| exact == coloring.num_colors()));
    assert!(*lower_bound <= coloring.num_colors());
    if let Some(sizes) = ClassSizes::of(coloring) {
        assert!(outcome.sizes.largest <= sizes.largest.size);
        assert!(outcome.sizes.ratio <= sizes.ratio());
    }
    let moves: u64 = outcome.engines.iter().map(|engine| engine.moves).sum();
    assert_eq!(moves, outcome.moves);
    let improvements: u64 = outcome.engines.iter().map(|engine| engine.improvements).sum();
    let starts = outcome.history.iter().filter(|found| found.engine == "warm start").count();
    assert_eq!(improvements as usize + starts, outcome.history.len());
    assert_eq!(outcome.history.last().map(|found| found.k), Some(coloring.num_colors()));
}

/// A graph of up to eight vertices, what is asked for, and given colours.
fn instances() -> impl Strategy<Value = (Graph<'static>, Settings, Vec<(u32, Color)>)> {
    let edges = prop::collection::vec((0u32..8, 0u32..8), 0..22);
    let given = prop::collection::vec(prop::option::weighted(0.1, 0u16..4), 8);
    let most = prop::option::weighted(0.3, 1usize..5);
    let exact = prop::option::weighted(0.2, 1usize..6);
    let asked = (any::<bool>(), most, any::<bool>(), exact);
    (1usize..9, edges, asked, given, any::<bool>()).prop_map(|(n, edges, asked, given, some)| {
        let edges: Vec<_> = edges
            .iter()
            .map(|&(u, v)| (u % n as u32, v % n as u32))
            .filter(|(u, v)| u != v)
            .collect();
        let (graph, _) = Graph::from_edges(n, &edges).expect("ends are below n");
        let (equitable, max_class_size, balance, exact_colors) = asked;
        let settings = Settings { equitable, max_class_size, balance, exact_colors, ..settings() };
        let given = (0..).zip(given).take(if some { n } else { 0 });
        let given = given.filter_map(|(v, color)| Some((v, color?)));
        // Equal colours of neighbours are refused before anything is searched.
        let mut kept: Vec<(u32, Color)> = Vec::new();
        for (v, color) in given {
            if kept.iter().all(|&(u, other)| color != other || !graph.has_edge(u, v)) {
                kept.push((v, color));
            }
        }
        (graph, settings, kept)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_found_is_the_best((graph, settings, given) in instances()) {
        let known = known(&graph, &settings, &given);
        let builder = Solver::builder(&graph).settings(&settings).precolored(given.iter().copied());
        let solver = match builder.sized() {
            Ok(solver) => solver,
            Err(error) => {
                prop_assert!(error.is_impossibility(), "{}", error);
                prop_assert!(known.is_none());
                return Ok(());
            }
        };
        let outcome = match solver.run() {
            Ok(outcome) => outcome,
            Err(nothing) => {
                prop_assert!(nothing.proof.is_some(), "{:?}", nothing);
                prop_assert_eq!(nothing.status, Status::Infeasible);
                prop_assert!(known.is_none(), "{:?}", known);
                return Ok(());
            }
        };
        check(&graph, &settings, &outcome);
        let given_are_kept = given.iter().all(|&(v, c)| outcome.coloring.colors()[v as usize] == c);
        prop_assert!(given_are_kept);
        let Some(known) = known else { return Err(TestCaseError::fail("there is none")) };
        prop_assert_eq!(outcome.num_colors(), known.fewest);
        let expected = match settings.exact_colors {
            Some(_) => Status::TargetReached,
            None => Status::Optimal,
        };
        prop_assert_eq!(outcome.status, expected);
        if settings.exact_colors.is_none() {
            prop_assert_eq!(outcome.lower_bound, known.fewest);
        }
        if settings.balance {
            let sizes = ClassSizes::of(&outcome.coloring).expect("there are vertices");
            prop_assert_eq!(sizes.largest.size, known.imbalance.0);
            prop_assert_eq!(outcome.sizes.largest, known.imbalance.0);
            prop_assert!(sizes.squares >= known.imbalance.1);
            prop_assert_eq!(outcome.sizes.ratio, known.ratio);
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn threads_and_moves_decide_everything(
        n in 20u64..60, p in 0.1f64..0.9, seed in 0u64..50, threads in 1usize..4,
        equitable: bool, balance: bool, most in prop::option::of(2usize..9),
    ) {
        let graph = generate::gnp(n, p, seed).expect("it is small");
        let asked = Settings {
            equitable,
            balance,
            max_class_size: most,
            threads,
            seed,
            move_limit: Some(200_000),
            ..settings()
        };
        let [one, other] = [0, 1].map(|_| solve(&graph, &asked, |builder| builder));
        let (one, other) = (one.expect("there is one"), other.expect("there is one"));
        check(&graph, &asked, &one);
        prop_assert_eq!(&one.coloring, &other.coloring);
        prop_assert_eq!((one.status, one.moves), (other.status, other.moves));
        prop_assert_eq!((one.lower_bound, one.sizes), (other.lower_bound, other.sizes));
    }
}

/// The graph of an issue about balancing: three vertices besides four that are forced into one class.
fn four_and_three() -> Graph<'static> {
    // 3, 5 and 6 are adjacent to each other but for 5 and 6, and each of 0, 1, 2 and 4 to 3 and 5.
    let mut edges: Vec<(u32, u32)> = vec![(3, 5), (3, 6)];
    edges.extend([0, 1, 2, 4].iter().flat_map(|&v| [(v, 3), (v, 5)]));
    edges.push((0, 6));
    edges.push((1, 6));
    edges.push((2, 6));
    edges.push((4, 6));
    Graph::from_edges(7, &edges).expect("ends are below seven").0
}

#[test]
fn that_a_ratio_is_the_best_is_proved() {
    let graph = four_and_three();
    let asked = Settings { balance: true, ..settings() };
    let outcome = solve(&graph, &asked, |builder| builder).expect("there is one");
    check(&graph, &asked, &outcome);
    let sizes = ClassSizes::of(&outcome.coloring).expect("there are vertices");
    assert_eq!((sizes.classes, sizes.smallest.size, sizes.largest.size), (3, 1, 4));
    assert_eq!((sizes.ratio(), outcome.sizes.ratio), (4.0, 4.0));
    assert_eq!((outcome.sizes.largest, outcome.status), (4, Status::Optimal));
}

#[test]
fn two_colours_are_balanced_exactly() {
    // Stars of three, five and nine leaves, and some vertices alone: 3 + 5 + 1 + 7 and 1 + 1 + 9 + 5.
    let mut edges = Vec::new();
    let mut next = 0;
    for leaves in [3, 5, 9] {
        edges.extend((1..=leaves).map(|leaf| (next, next + leaf)));
        next += leaves + 1;
    }
    let (graph, _) = Graph::from_edges(next as usize + 3, &edges).expect("ends are below");
    let asked = Settings { balance: true, ..settings() };
    let outcome = solve(&graph, &asked, |builder| builder).expect("there is one");
    let sizes = ClassSizes::of(&outcome.coloring).expect("there are vertices");
    assert_eq!((sizes.classes, sizes.largest.size - sizes.smallest.size), (2, 1));
    let (path, _) = Graph::from_edges(9, &[(0, 1), (0, 2), (0, 3), (0, 4), (5, 6)]).expect("ends");
    let outcome = solve(&path, &asked, |builder| builder).expect("there is one");
    let sizes = ClassSizes::of(&outcome.coloring).expect("there are vertices");
    assert_eq!((sizes.smallest.size, sizes.largest.size), (4, 5));
}

#[test]
fn fewer_colours_may_be_possible_where_more_are_not() {
    // Two complete bipartite halves of three: two classes of three, but not three of two.
    let edges: Vec<_> = (0..3).flat_map(|u| (3..6).map(move |v| (u, v))).collect();
    let (graph, _) = Graph::from_edges(6, &edges).expect("ends are below six");
    let equitable = Settings { equitable: true, ..settings() };
    let two = solve(&graph, &equitable, |builder| builder).expect("there is one");
    assert_eq!((two.num_colors(), two.status), (2, Status::Optimal));
    let three = Settings { exact_colors: Some(3), ..equitable.clone() };
    let none = solve(&graph, &three, |builder| builder).expect_err("there is none");
    assert_eq!((none.status, none.proof.is_some()), (Status::Infeasible, true));
    for more in [4, 5, 6] {
        let asked = Settings { exact_colors: Some(more), ..equitable.clone() };
        let found = solve(&graph, &asked, |builder| builder).expect("there is one");
        assert_eq!((found.num_colors(), found.status), (more, Status::TargetReached));
    }
    let seven = Settings { exact_colors: Some(7), ..settings() };
    let none = solve(&graph, &seven, |builder| builder).expect_err("there are six vertices");
    assert_eq!(none.status, Status::Infeasible);
}

#[test]
fn more_colours_than_the_largest_degree_always_do() {
    let graph = generate::gnp(60, 0.4, 3).expect("it is small");
    let most = graph.max_degree() + 1;
    for exact_colors in [most, most + 1, 60] {
        let asked = Settings {
            equitable: true,
            exact_colors: Some(exact_colors),
            move_limit: Some(0),
            ..settings()
        };
        let found = solve(&graph, &asked, |builder| builder).expect("there is one");
        check(&graph, &asked, &found);
        assert_eq!(found.num_colors(), exact_colors);
    }
}

#[test]
fn pairs_are_settled() {
    let graph = generate::gnp(301, 0.7, 5).expect("it is small");
    let asked = Settings { max_class_size: Some(2), ..settings() };
    let outcome = solve(&graph, &asked, |builder| builder).expect("there is one");
    check(&graph, &asked, &outcome);
    assert_eq!((outcome.num_colors(), outcome.status), (151, Status::Optimal));
}

#[test]
fn a_start_is_kept_if_it_fits() {
    let graph = Graph::empty(4);
    let asked = Settings { exact_colors: Some(2), equitable: true, ..settings() };
    let start = Coloring::from_colors(vec![3, 1, 1, 3]);
    let outcome = solve(&graph, &asked, |builder| builder.warm_start(start)).expect("it fits");
    assert_eq!(outcome.coloring.colors(), [0, 1, 1, 0]);
    assert_eq!(outcome.history[0].engine, "warm start");
    // One that does not is where the search begins.
    let start = Coloring::from_colors(vec![0, 0, 0, 1]);
    let outcome = solve(&graph, &asked, |builder| builder.warm_start(start)).expect("there is one");
    check(&graph, &asked, &outcome);
}

#[test]
fn a_target_and_limits_end_it() {
    let graph = generate::gnp(80, 0.5, 1).expect("it is small");
    let target = Settings { equitable: true, target_colors: Some(30), ..settings() };
    let outcome = solve(&graph, &target, |builder| builder).expect("there is one");
    assert_eq!(outcome.status, Status::TargetReached);
    assert!(outcome.num_colors() <= 30);
    let far = Settings { target_colors: Some(2), ..target.clone() };
    let outcome = solve(&graph, &far, |builder| builder).expect("there is one");
    assert_eq!(outcome.status, Status::TargetInfeasible);
    let short = Settings {
        equitable: true,
        balance: true,
        move_limit: None,
        time_limit: Some(Duration::from_millis(300)),
        ..settings()
    };
    let outcome = solve(&graph, &short, |builder| builder).expect("there is one");
    check(&graph, &short, &outcome);
    assert!(matches!(outcome.status, Status::TimeLimit | Status::Optimal));
    let stop = StopHandle::new();
    stop.stop();
    let stopped = solve(&graph, &target, |builder| builder.stop_handle(stop)).expect_err("no time");
    assert_eq!((stopped.status, stopped.proof), (Status::Stopped, None));
    let stop = StopHandle::new();
    stop.stop();
    let bounded = Settings { max_class_size: Some(3), ..settings() };
    let outcome = solve(&graph, &bounded, |builder| builder.stop_handle(stop)).expect("always one");
    check(&graph, &bounded, &outcome);
}

#[test]
fn each_improvement_keeps_to_the_rule() {
    let graph = generate::gnp(70, 0.3, 2).expect("it is small");
    let asked = Settings { max_class_size: Some(6), balance: true, ..settings() };
    let mut found = Vec::new();
    let outcome = solve(&graph, &asked, |builder| {
        builder.on_improvement(|coloring: &Coloring| found.push(coloring.clone()))
    });
    let outcome = outcome.expect("there is one");
    check(&graph, &asked, &outcome);
    assert_eq!(found.len(), outcome.history.len());
    assert_eq!(found.last(), Some(&outcome.coloring));
    let key = |coloring: &Coloring| {
        let sizes = ClassSizes::of(coloring).expect("there are vertices");
        (sizes.classes, sizes.imbalance())
    };
    let rule = SizeRule { most: Some(6), ..SizeRule::default() };
    assert!(found.iter().all(|coloring| rule.check(coloring).is_ok()));
    assert!(found.is_sorted_by(|a, b| key(a) > key(b)));
}

#[test]
fn what_does_not_go_together_is_refused() {
    let graph = Graph::empty(3);
    let with = |settings: Settings| Solver::builder(&graph).settings(&settings);
    let equitable = || Settings { equitable: true, ..settings() };
    assert_eq!(with(equitable()).build().err(), Some(BuildError::SizesInPlainSolver));
    let lists = with(equitable()).within_lists(vec![]).err();
    assert_eq!(lists, Some(BuildError::SizesWithLists));
    let method = Settings { method: "dsatur".parse().expect("there is one"), ..equitable() };
    let refused = with(method).sized().err();
    assert_eq!(
        refused.map(|error| matches!(error, BuildError::MethodWithSizes(Method::Engine(_)))),
        Some(true)
    );
    let both = Settings { exact_colors: Some(2), target_colors: Some(2), ..equitable() };
    assert_eq!(with(both).sized().err(), Some(BuildError::ExactAndTarget { exact: 2, target: 2 }));
    let two = Settings { max_class_size: Some(2), ..settings() };
    let given = with(two).precolored([(0, 7), (1, 7), (2, 7)]).sized().err();
    let too_many = BuildError::PrecoloredTooMany { color: 7, vertices: 3, most: 2 };
    assert_eq!(given, Some(too_many.clone()));
    assert!(too_many.is_impossibility());
    let empty = Graph::empty(0);
    let nothing = solve(&empty, &equitable(), |builder| builder).expect("there is one");
    assert_eq!((nothing.num_colors(), nothing.status), (0, Status::Optimal));
}
