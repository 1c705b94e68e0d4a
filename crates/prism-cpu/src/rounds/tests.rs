use super::*;
use prism_core::generate;
use proptest::prelude::*;

static GO: AtomicBool = AtomicBool::new(false);

fn conflicts_of(graph: &Graph<'_>, colors: &[Color]) -> u64 {
    graph.edges().filter(|&(u, v)| colors[u as usize] == colors[v as usize]).count() as u64
}

fn start(n: usize, k: usize, seed: u64) -> Vec<Color> {
    let draws = Philox::new(seed);
    (0..n as u32).map(|v| Philox::below(draws.at([v, 0, 0, 9])[0], k as u32) as Color).collect()
}

/// What is kept by difference is what there is.
fn check(repair: &Rounds<'_>) {
    assert_eq!(repair.current, conflicts_of(&repair.graph, &repair.colors));
    assert_eq!(repair.best_conflicts, conflicts_of(&repair.graph, &repair.best));
    assert!(repair.best_conflicts <= repair.current);
    let mut listed = repair.listed.clone();
    listed.sort_unstable();
    let expected: Vec<u32> = repair
        .graph
        .vertices()
        .filter(|&v| {
            let of = |u: u32| repair.colors[u as usize];
            let same = repair.graph.neighbors(v).iter().filter(|&&u| of(u) == of(v)).count();
            assert_eq!(repair.same[v as usize] as usize, same);
            same > 0
        })
        .collect();
    assert_eq!(listed, expected);
    assert!(repair.keys.iter().all(|&key| key == NONE));
}

#[test]
fn a_large_sparse_graph_is_coloured_in_few_rounds() {
    // Mean degree 10: greedy takes seven colours or so, and five are hard.
    let graph = generate::gnp(20_000, 10.0 / 20_000.0, 3).unwrap();
    let settings = Settings { seed: 1, tenure_slope: 1.0, ..Settings::default() };
    let mut repair = Rounds::new(graph.reborrow(), 5, &start(20_000, 5, 2), settings);
    let rounds = repair.iterate(20_000);
    assert_eq!(repair.conflicts(), 0, "after {rounds} rounds");
    assert_eq!(conflicts_of(&graph, &repair.best().colors), 0);
    assert!(repair.moves_made > 2 * rounds, "{} moves in {rounds} rounds", repair.moves_made);
}

#[test]
fn what_vertices_remember_changes_the_moves() {
    let graph = generate::gnp(300, 0.05, 3).unwrap();
    let after = |dendrites| {
        let settings = Settings { dendrites, seed: 4, ..Settings::default() };
        let mut repair = Rounds::new(graph.reborrow(), 4, &start(300, 4, 2), settings);
        repair.iterate(300);
        check(&repair);
        repair
    };
    let (plain, dendritic) = (after(false), after(true));
    assert!(plain.integrators.is_empty() && plain.coloring() != dendritic.coloring());
    // With four colours there are vertices that stay in conflict, and others that never were.
    let damped = |least| dendritic.integrators.iter().filter(|it| it.damping() >= least).count();
    assert!(damped(2) > 0 && damped(1) < 300, "{} of {}", damped(2), damped(1));
    assert!(dendritic.integrators.iter().any(|it| it.favour() > 0));
}

#[test]
fn one_move_a_round_is_a_tabu_search() {
    let graph = generate::gnp(60, 0.5, 5).unwrap();
    let settings = Settings { one_move: true, seed: 3, ..Settings::default() };
    let mut repair = Rounds::new(graph.reborrow(), 12, &start(60, 12, 2), settings);
    assert_eq!(repair.run(200_000, &GO), Step::Solved);
    assert!(repair.moves_made <= repair.rounds());
    check(&repair);
}

#[test]
fn small_and_impossible_cases_end() {
    let new = |graph: Graph<'static>, k, start: &[Color]| {
        Rounds::new(graph, k, start, Settings::default())
    };
    assert_eq!(new(Graph::empty(0), 1, &[]).run(0, &GO), Step::Solved);
    assert_eq!(new(Graph::empty(3), 1, &[0; 3]).run(0, &GO), Step::Solved);
    let (edge, _) = Graph::from_edges(2, &[(0, 1)]).unwrap();
    let mut none = new(edge.clone(), 1, &[0, 0]);
    assert_eq!((none.run(100, &GO), none.moves(), none.conflicts()), (Step::OutOfMoves, 100, 1));
    let mut two = new(edge, 2, &[0, 0]);
    assert_eq!(two.run(u64::MAX, &AtomicBool::new(true)), Step::Stopped);
    assert_eq!((two.run(10, &GO), two.moves()), (Step::Solved, 1));
}

proptest! {
    #[test]
    fn the_report_is_true_and_slices_and_states_decide_nothing(
        n in 1u64..60, density in 0.0f64..1.0, k in 1usize..9, seed: u64, one_move: bool, dendrites: bool,
        slices in prop::collection::vec(0u64..80, 1..5), saves: bool,
    ) {
        let graph = generate::gnp(n, density, seed).unwrap();
        let settings =
            Settings { seed, individual: 3, phase: 1, one_move, dendrites, ..Settings::default() };
        let new = || {
            let start = start(graph.n(), k, seed);
            Rounds::new(graph.reborrow(), k, &start, settings.clone())
        };
        let (mut sliced, mut restored) = (new(), new());
        for &slice in &slices {
            sliced.run(slice, &GO);
            check(&sliced);
            if saves {
                let saved = sliced.save();
                restored.restore(&saved).unwrap();
                prop_assert_eq!(restored.save(), saved);
                check(&restored);
                restored.run(40, &GO);
                let mut on = sliced.clone();
                on.run(40, &GO);
                prop_assert_eq!(on.save(), restored.save());
            }
        }
        if !saves {
            let mut whole = new();
            whole.iterate(sliced.rounds());
            prop_assert_eq!(whole.coloring(), sliced.coloring());
            prop_assert_eq!(whole.best(), sliced.best());
        }
    }

    #[test]
    fn vertices_that_move_together_are_not_adjacent(
        n in 2u64..50, k in 2usize..6, seed: u64, dendrites: bool,
    ) {
        let graph = generate::gnp(n, 0.3, seed).unwrap();
        let settings = Settings { seed, dendrites, ..Settings::default() };
        let mut repair = Rounds::new(graph.reborrow(), k, &start(graph.n(), k, seed), settings);
        for _ in 0..20 {
            if repair.conflicts() == 0 {
                break;
            }
            let before = repair.coloring().to_vec();
            let made = repair.round();
            let moved: Vec<u32> = graph
                .vertices()
                .filter(|&v| before[v as usize] != repair.coloring()[v as usize])
                .collect();
            prop_assert_eq!(moved.len() as u32, made);
            for (at, &u) in moved.iter().enumerate() {
                prop_assert!(moved[..at].iter().all(|&v| !graph.has_edge(u, v)));
            }
        }
    }

    #[test]
    fn a_state_that_does_not_fit_is_refused(part in 0usize..7) {
        let graph = generate::gnp(20, 0.5, 1).unwrap();
        let mut repair = Rounds::new(graph.reborrow(), 3, &start(20, 3, 1), Settings::default());
        repair.run(50, &GO);
        let mut saved = repair.save();
        let was = saved.clone();
        match part {
            0 => saved.best.k = 4,
            1 => saved.best.conflicts += 1,
            2 => saved.individuals.push(saved.individuals[0].clone()),
            3 => saved.individuals[0][3] = 3,
            4 => saved.counters.truncate(3),
            5 => saved.counters[1] = saved.moves + 1,
            _ => saved.counters[2] = 21,
        }
        prop_assert!(repair.restore(&saved).is_err());
        prop_assert_eq!(repair.save(), was);
    }
}
