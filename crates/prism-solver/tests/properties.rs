//! What holds for every graph and every setting: proper, within bounds, repeatable, obedient.

use prism_core::{Coloring, Graph};
use prism_solver::roster::{Kind, Row, STANDARD};
use prism_solver::{Goal, Method, Outcome, Solver, SolverBuilder, Status, StopHandle};
use proptest::prelude::*;
use std::time::Duration;

/// Graphs of up to 40 vertices, from none to all edges.
fn graphs() -> impl Strategy<Value = Graph<'static>> {
    (1usize..40, 0usize..400).prop_flat_map(|(n, m)| {
        let vertex = 0..n as u32;
        prop::collection::vec((vertex.clone(), vertex), m).prop_map(move |pairs| {
            let edges: Vec<(u32, u32)> = pairs.into_iter().filter(|(u, v)| u != v).collect();
            Graph::from_edges(n, &edges).expect("ends are below n").0
        })
    })
}

fn solve<'g>(
    graph: &'g Graph<'g>,
    seed: u64,
    set: impl FnOnce(SolverBuilder<'g>) -> SolverBuilder<'g>,
) -> Outcome {
    let builder = Solver::builder(graph).seed(seed).move_limit(30_000);
    set(builder).build().expect("nothing is asked for that cannot be").run()
}

/// Two runs with the same seed, threads and moves are the same, but for the clock.
fn is_repeatable(graph: &Graph<'_>, seed: u64, threads: usize) {
    let [a, b] = [0, 1].map(|_| solve(graph, seed, |builder| builder.threads(threads)));
    assert_eq!(a.coloring, b.coloring);
    assert_eq!((a.status, a.moves, a.lower_bound), (b.status, b.moves, b.lower_bound));
    let ks = |outcome: &Outcome| -> Vec<_> {
        outcome
            .history
            .iter()
            .map(|found| (found.k, found.moves, found.engine.to_string()))
            .collect()
    };
    assert_eq!(ks(&a), ks(&b));
    let moves = |outcome: &Outcome| -> Vec<_> {
        outcome
            .engines
            .iter()
            .map(|e| (e.engine.to_string(), e.rounds, e.moves, e.successes))
            .collect()
    };
    assert_eq!(moves(&a), moves(&b));
}

#[test]
fn several_threads_that_race_give_one_result() {
    // Hard enough for turns that several searches end at different times.
    let graph = prism_core::generate::gnp(125, 0.5, 1).expect("it is small");
    for (threads, moves) in [(2, 400_000), (3, 900_000), (5, 2_000_000)] {
        let run = || solve(&graph, 3, |builder| builder.threads(threads).move_limit(moves));
        let (a, b) = (run(), run());
        assert_eq!((a.coloring, a.moves), (b.coloring, b.moves));
        assert!(a.moves > 100_000, "it was too easy");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_colouring_is_proper_and_the_bounds_hold(graph in graphs(), seed: u64, threads in 1usize..5) {
        let outcome = solve(&graph, seed, |builder| builder.threads(threads));
        prop_assert_eq!(outcome.coloring.verify(&graph), Ok(()));
        prop_assert!(outcome.lower_bound <= outcome.num_colors());
        prop_assert!(outcome.num_colors() <= graph.max_degree() + 1);
        prop_assert!(prism_core::bounds::is_clique(&graph, &outcome.clique));
        prop_assert_eq!(
            outcome.status == Status::Optimal,
            outcome.lower_bound == outcome.num_colors()
        );
        let ks: Vec<usize> = outcome.history.iter().map(|improvement| improvement.k).collect();
        prop_assert!(ks.is_sorted_by(|a, b| a > b));
        prop_assert_eq!(ks.last(), Some(&outcome.num_colors()));
    }

    #[test]
    fn threads_and_a_seed_decide_everything(graph in graphs(), seed: u64, threads in 1usize..5) {
        is_repeatable(&graph, seed, threads);
    }

    #[test]
    fn each_improvement_is_handed_out(graph in graphs(), seed: u64, fixed in 0u16..9) {
        let mut found = Vec::new();
        let outcome = solve(&graph, seed, |builder| {
            let builder = builder.on_improvement(|coloring: &Coloring| found.push(coloring.clone()));
            builder.precolored([(0, fixed)])
        });
        for (coloring, improvement) in found.iter().zip(&outcome.history) {
            prop_assert_eq!(coloring.verify(&graph), Ok(()));
            prop_assert_eq!((coloring.num_colors(), coloring.colors()[0]), (improvement.k, fixed));
        }
        prop_assert_eq!(found.len(), outcome.history.len());
        prop_assert_eq!(found.last(), Some(&outcome.coloring));
    }

    #[test]
    fn stepping_comes_to_the_same_colours_as_running(graph in graphs(), seed: u64) {
        let whole = solve(&graph, seed, |builder| builder);
        let mut solver =
            Solver::builder(&graph).seed(seed).move_limit(30_000).build().expect("as above");
        let mut best = usize::MAX;
        let status = loop {
            let status = solver.step(2_000);
            let now = solver.best().expect("stepped").num_colors();
            prop_assert!(now <= best);
            best = now;
            if status != Status::Running {
                break status;
            }
        };
        let stepped = solver.finish();
        prop_assert_eq!(stepped.status, status);
        prop_assert_eq!(stepped.coloring.verify(&graph), Ok(()));
        // Slices change where turns end, so only a proof has to be the same.
        if whole.status == Status::Optimal && stepped.status == Status::Optimal {
            prop_assert_eq!(whole.num_colors(), stepped.num_colors());
        }
    }

    #[test]
    fn a_target_is_reached_or_missed_but_never_overshot_in_the_status(
        graph in graphs(), seed: u64, target in 1usize..12,
    ) {
        let outcome = solve(&graph, seed, |builder| builder.goal(Goal::Colors(target)));
        prop_assert_eq!(outcome.coloring.verify(&graph), Ok(()));
        match outcome.status {
            Status::TargetReached => prop_assert!(outcome.num_colors() <= target),
            Status::TargetInfeasible => prop_assert!(outcome.lower_bound > target),
            Status::Optimal => prop_assert_eq!(outcome.num_colors(), outcome.lower_bound),
            status => {
                prop_assert_eq!(status, Status::MoveLimit);
                prop_assert!(outcome.num_colors() > target);
            }
        }
    }

    #[test]
    fn a_warm_start_is_never_made_worse(graph in graphs(), seed: u64) {
        let warm = solve(&graph, seed, |builder| builder);
        let again = solve(&graph, seed ^ 1, |builder| builder.warm_start(warm.coloring.clone()));
        prop_assert!(again.num_colors() <= warm.num_colors());
    }

    #[test]
    fn precoloured_vertices_keep_their_colour(graph in graphs(), seed: u64) {
        // Any proper colouring can be asked for in part.
        let free = solve(&graph, seed, |builder| builder);
        let fixed: Vec<(u32, u16)> = free
            .coloring
            .colors()
            .iter()
            .enumerate()
            .filter(|(v, _)| v % 3 == 0)
            .map(|(v, &c)| (v as u32, c))
            .collect();
        let outcome = solve(&graph, seed, |builder| builder.precolored(fixed.iter().copied()));
        prop_assert_eq!(outcome.coloring.verify(&graph), Ok(()));
        for (v, c) in fixed {
            prop_assert_eq!(outcome.coloring.colors()[v as usize], c);
        }
    }
}

#[test]
fn the_move_limit_is_kept_but_for_the_last_steps() {
    let graph = prism_core::generate::gnp(60, 0.5, 1).expect("small");
    for threads in [1, 2, 3, 8] {
        for limit in [0, 1, 2, 3, 7, 100, 5_000, 30_001] {
            let outcome = solve(&graph, 1, |b| b.threads(threads).move_limit(limit));
            assert_eq!(outcome.coloring.verify(&graph), Ok(()));
            if outcome.status == Status::MoveLimit {
                let beyond = outcome.moves - limit;
                assert!(beyond <= threads as u64, "{threads} threads, {limit}: {beyond} beyond");
            }
        }
    }
}

#[test]
fn solvers_that_share_a_handle_do_not_disturb_each_other() {
    let (clique, handle) =
        (prism_core::generate::gnp(40, 1.0, 1).expect("small"), StopHandle::new());
    let hard = prism_core::generate::gnp(125, 0.5, 1).expect("small");
    let solver = |graph| Solver::builder(graph).stop_handle(handle.clone());
    let endless = solver(&hard).time_limit(Duration::from_secs(100)).move_limit(u64::MAX);
    let endless = endless.build().expect("nothing is asked for that cannot be");
    std::thread::scope(|scope| {
        let running = scope.spawn(|| endless.run());
        // Their time is up at once, and what they raise is not for the other one.
        for _ in 0..20 {
            let short = solver(&hard).time_limit(Duration::ZERO).build().expect("as above").run();
            assert_eq!(short.status, Status::TimeLimit);
            let done = solver(&clique).build().expect("as above").run();
            assert_eq!(done.status, Status::Optimal);
        }
        assert!(!running.is_finished());
        handle.stop();
        assert_eq!(running.join().expect("no panic").status, Status::Stopped);
    });
}

#[test]
fn a_colouring_that_is_not_proper_is_no_warm_start() {
    let (graph, _) = Graph::from_edges(2, &[(0, 1)]).expect("an edge");
    let wrong = Coloring::from_colors(vec![0, 0]);
    assert!(Solver::builder(&graph).warm_start(wrong).build().is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_method_alone_gives_a_proper_colouring_and_the_same_one_again(graph in graphs(), seed: u64) {
        for method in Method::all() {
            let alone = || solve(&graph, seed, |builder| builder.method(method.clone()));
            let outcome = alone();
            prop_assert_eq!(outcome.coloring.verify(&graph), Ok(()), "{}", method);
            prop_assert!(outcome.lower_bound <= outcome.num_colors());
            prop_assert!(outcome.num_colors() <= graph.max_degree() + 1);
            prop_assert_eq!(alone().coloring, outcome.coloring, "{}", method);
        }
    }
}

#[test]
fn a_method_alone_runs_its_engine_and_no_other() {
    // Its bounds do not meet.
    let graph = prism_core::generate::gnp(125, 0.5, 1).expect("it is small");
    let is_first = |row: &&Row| matches!(row.kind, Kind::Construction(made) if made.first);
    let first: Vec<_> = STANDARD.iter().filter(is_first).map(|row| row.name).collect();
    assert!(first.contains(&"dsatur"));
    for method in Method::all().filter(|method| *method != Method::Portfolio) {
        let outcome = solve(&graph, 1, |builder| builder.method(method.clone()));
        let engines: Vec<_> = outcome.engines.iter().map(|counters| &*counters.engine).collect();
        if outcome.status == Status::Constructed {
            assert_eq!(engines, [method.name()]);
            assert_eq!((outcome.moves, outcome.lower_bound), (0, 0));
        } else {
            assert_eq!(engines[..first.len()], first, "{method}");
            assert_eq!(engines[first.len()..], [method.name()], "{method}");
            assert_eq!(outcome.status, Status::MoveLimit, "{method}");
        }
    }
}
