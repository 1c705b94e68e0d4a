//! Runs that are interrupted, and go on from a checkpoint.
#![allow(clippy::unwrap_used)]

#[path = "../../../fuzz/src/checkpoint.rs"]
mod fuzz;

use prism_core::{Graph, generate};
use prism_solver::{
    BuildError, Checkpoint, CheckpointError, CheckpointEvery, Event, Goal, Method, Outcome, Solver,
    SolverBuilder, Status, StopHandle,
};
use proptest::prelude::*;
use std::path::Path;
use std::time::Duration;

/// What a run with checkpoints every so many moves comes to, and these.
fn run<'g>(
    graph: &'g Graph<'g>,
    every: u64,
    set: impl FnOnce(SolverBuilder<'g>) -> SolverBuilder<'g>,
) -> (Outcome, Vec<Checkpoint>) {
    let (send, checkpoints) = std::sync::mpsc::channel();
    let take = move |checkpoint: &Checkpoint| send.send(checkpoint.clone()).unwrap();
    let builder = set(Solver::builder(graph)).on_checkpoint(CheckpointEvery::Moves(every), take);
    let outcome = builder.build().unwrap().run();
    assert_eq!(outcome.coloring.verify(graph), Ok(()));
    (outcome, checkpoints.into_iter().collect())
}

/// What a run came to, without seconds.
fn result(outcome: &Outcome) -> impl PartialEq + std::fmt::Debug + use<> {
    let history: Vec<_> = outcome
        .history
        .iter()
        .map(|it| (it.k, it.moves, it.engine.to_string(), it.site.clone()))
        .collect();
    let engines: Vec<_> = outcome
        .engines
        .iter()
        .map(|it| (it.engine.to_string(), it.moves, it.rounds, it.successes, it.improvements))
        .collect();
    let Outcome { coloring, lower_bound, clique, status, moves, .. } = outcome;
    (coloring.clone(), *lower_bound, clique.clone(), *status, *moves, history, engines)
}

/// The same checkpoint, by way of a file.
fn reread(checkpoint: &Checkpoint) -> Checkpoint {
    let again = Checkpoint::from_bytes(&checkpoint.to_bytes()).unwrap();
    assert_eq!(again, *checkpoint);
    again
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_run_that_goes_on_from_any_checkpoint_ends_as_the_unbroken_one(
        n in 20u64..140, density in 0.1f64..0.9, seed: u64, threads in 1usize..4,
        every in 30_000u64..200_000, target in prop::option::of(2usize..20),
        precolored in prop::collection::btree_map(0u32..20, 0u16..30, 0..3),
    ) {
        let graph = generate::gnp(n, density, seed).unwrap();
        let distinct = precolored.values().collect::<std::collections::BTreeSet<_>>();
        let precolored = if distinct.len() == precolored.len() { precolored } else { Default::default() };
        let from = |checkpoint: Option<Checkpoint>| {
            run(&graph, every, |builder| {
                let goal = target.map_or(Goal::Minimize, Goal::Colors);
                let builder = builder.precolored(precolored.clone()).goal(goal);
                let builder = builder.seed(seed % 100).threads(threads).move_limit(600_000);
                match checkpoint {
                    Some(checkpoint) => builder.resume(checkpoint),
                    None => builder,
                }
            })
        };
        let (whole, checkpoints) = from(None);
        for checkpoint in &checkpoints {
            prop_assert!(checkpoint.num_colors() >= whole.num_colors() || !precolored.is_empty());
            let (again, _) = from(Some(reread(checkpoint)));
            prop_assert_eq!(result(&again), result(&whole));
        }
    }
}

#[test]
fn the_last_checkpoint_has_what_the_run_came_to() {
    let graph = generate::gnp(200, 0.5, 1).unwrap();
    let (whole, checkpoints) = run(&graph, 400_000, |builder| builder.move_limit(1_000_000));
    assert!(checkpoints.len() >= 3, "{}", checkpoints.len());
    let last = checkpoints.last().unwrap();
    assert_eq!((last.num_colors(), last.moves()), (whole.num_colors(), whole.moves));
    assert!(last.seconds() > 0.0);
    // Going on from the end does nothing, and tells of no better colouring.
    let mut improved = 0;
    let builder = Solver::builder(&graph).move_limit(1_000_000).resume(last.clone());
    let count = |event: &Event| improved += usize::from(matches!(event, Event::Improved(_)));
    let again = builder.on_event(count).build().unwrap().run();
    assert_eq!((result(&again), improved), (result(&whole), 0));
    // With more moves it goes on.
    let more = Solver::builder(&graph).move_limit(1_500_000).resume(last.clone()).build();
    let more = more.unwrap().run();
    assert!(more.moves > 1_400_000 && more.num_colors() <= again.num_colors());
}

#[test]
fn by_time_turns_go_on_after_a_checkpoint_and_nothing_is_lost() {
    let graph = generate::gnp(250, 0.5, 2).unwrap();
    let mut checkpoints: Vec<Checkpoint> = Vec::new();
    let take = |checkpoint: &Checkpoint| checkpoints.push(checkpoint.clone());
    let every = CheckpointEvery::Time(Duration::from_millis(20));
    let limit = Duration::from_millis(600);
    let builder = Solver::builder(&graph).threads(2).time_limit(limit);
    let outcome = builder.on_checkpoint(every, take).build().unwrap().run();
    assert!(checkpoints.len() > 3);
    assert!(checkpoints.is_sorted_by_key(Checkpoint::moves));
    let last = checkpoints.last().unwrap();
    assert_eq!((last.moves(), last.num_colors()), (outcome.moves, outcome.num_colors()));
    // On other threads, and with a target.
    for threads in [1, 3] {
        let builder = Solver::builder(&graph).threads(threads).time_limit(2 * limit);
        let builder = builder.goal(Goal::Colors(20)).resume(reread(&checkpoints[1]));
        let outcome = builder.build().unwrap().run();
        assert_eq!(outcome.coloring.verify(&graph), Ok(()));
        assert!(outcome.num_colors() <= checkpoints[1].num_colors());
        assert!(outcome.moves > checkpoints[1].moves());
    }
}

#[test]
fn who_stops_a_run_that_moves_decide_keeps_its_last_checkpoint() {
    let graph = generate::gnp(200, 0.5, 1).unwrap();
    let stop = StopHandle::new();
    let mut checkpoints = Vec::new();
    let handle = stop.clone();
    let take = |checkpoint: &Checkpoint| {
        checkpoints.push(checkpoint.clone());
        if checkpoints.len() == 2 {
            handle.stop();
        }
    };
    let builder = Solver::builder(&graph).move_limit(u64::MAX).stop_handle(stop);
    let every = CheckpointEvery::Moves(200_000);
    let outcome = builder.on_checkpoint(every, take).build().unwrap().run();
    assert_eq!((outcome.status, checkpoints.len()), (Status::Stopped, 2));
}

#[test]
fn what_another_run_has_left_is_refused() {
    let graph = generate::gnp(60, 0.5, 1).unwrap();
    let (_, mut checkpoints) = run(&graph, 50_000, |builder| builder.move_limit(100_000));
    let checkpoint = checkpoints.remove(0);
    let error = |builder: SolverBuilder<'_>| match builder.resume(checkpoint.clone()).build() {
        Err(BuildError::Checkpoint(error)) => error,
        other => panic!("{:?}", other.err()),
    };
    let other = generate::gnp(60, 0.5, 2).unwrap();
    assert!(matches!(error(Solver::builder(&other)), CheckpointError::OtherGraph { .. }));
    let given = Solver::builder(&graph).precolored([(0, 3)]);
    assert!(matches!(error(given), CheckpointError::OtherGraph { .. }));
    let seed = Solver::builder(&graph).seed(7);
    assert!(matches!(error(seed), CheckpointError::OtherOption { option: "seed", .. }));
    let alone = Solver::builder(&graph).method(Method::Engine("tabucol".into()));
    assert!(matches!(error(alone), CheckpointError::OtherOption { option: "method", .. }));
    let fewer = &prism_solver::roster::STANDARD[1..];
    let fewer = Solver::builder(&graph).roster(fewer);
    assert!(matches!(error(fewer), CheckpointError::OtherEngines));

    let every = CheckpointEvery::Time(Duration::from_secs(1));
    let by_time = Solver::builder(&graph).move_limit(10).on_checkpoint(every, |_| ()).build();
    assert!(matches!(by_time.err(), Some(BuildError::CheckpointsByTime)));
    let lists = Solver::builder(&graph).resume(checkpoint.clone()).within_lists([]);
    assert!(matches!(lists.err(), Some(BuildError::CheckpointWithLists)));
}

#[test]
fn a_file_that_is_no_checkpoint_is_refused() {
    let graph = generate::gnp(40, 0.5, 1).unwrap();
    let (_, mut checkpoints) = run(&graph, 50_000, |builder| builder.move_limit(100_000));
    let checkpoint = checkpoints.remove(0);
    let bytes = checkpoint.to_bytes();
    let read = Checkpoint::from_bytes;
    for length in 1..bytes.len() {
        let error = read(&bytes[..length]).unwrap_err();
        assert!(matches!(error, CheckpointError::Truncated { .. }), "{length}: {error}");
    }
    assert_eq!(read(b""), Err(CheckpointError::Foreign));
    assert_eq!(read(b"p edge 3 2\n"), Err(CheckpointError::Foreign));
    let heading = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let mut newer = bytes.clone();
    newer[heading] += 1;
    assert_eq!(read(&newer), Err(CheckpointError::Newer { found: 2 }));
    for at in (heading + 12..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 4;
        assert_eq!(read(&damaged), Err(CheckpointError::Damaged), "{at}");
    }
    let longer = [&bytes[..], b"x"].concat();
    assert_eq!(read(&longer), Err(CheckpointError::Damaged));
    assert_eq!(read(&bytes), Ok(checkpoint));
}

#[test]
fn a_graph_in_parts_goes_on_in_parts() {
    // Two random graphs side by side, neither of which is easy.
    let one = generate::gnp(90, 0.5, 3).unwrap();
    let edges: Vec<_> = one.edges().flat_map(|(u, v)| [(u, v), (u + 90, v + 90)]).collect();
    let (graph, _) = Graph::from_edges(180, &edges).unwrap();
    let (whole, checkpoints) =
        run(&graph, 150_000, |builder| builder.move_limit(900_000).threads(2));
    assert!(checkpoints.len() > 2);
    for checkpoint in checkpoints {
        let (again, _) = run(&graph, 150_000, |builder| {
            builder.move_limit(900_000).threads(2).resume(checkpoint)
        });
        assert_eq!(result(&again), result(&whole));
    }
}

/// The corpus of the fuzz target: states as they are, without the file around them.
#[test]
fn the_corpus_of_states_is_refused_or_goes_on() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/checkpoint");
    let files: Vec<_> =
        std::fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 1);
    files.iter().for_each(|file| fuzz::replay(&std::fs::read(file).unwrap()));
}

/// What the target begins with is what a run writes: otherwise it would try nothing but the check of sizes.
#[test]
fn a_state_of_a_run_is_one_that_the_target_goes_on_from() {
    let graph = fuzz::graph();
    let (_, checkpoints) = run(&graph, 100_000, |_| fuzz::builder(&graph));
    for checkpoint in checkpoints {
        assert!(fuzz::builder(&graph).resume(checkpoint.clone()).build().is_ok());
        let state = postcard::to_stdvec(&checkpoint).unwrap();
        fuzz::replay(&state);
        if let Some(folder) = std::env::var_os("PRISM_WRITE_CORPUS") {
            let name = format!("moves-{}", checkpoint.moves());
            std::fs::write(Path::new(&folder).join(name), state).unwrap();
        }
    }
}
