//! PartialCol on every level, at every width, and what it reports.

use super::tenure::Fluctuation;
use super::*;
use crate::partial_coloring::tests::random_graph;
use prism_core::search::UNCOLORED;
use prism_core::{Coloring, Graph, Rng};
use proptest::prelude::*;

static GO: AtomicBool = AtomicBool::new(false);

fn search(graph: &Graph<'static>, k: usize, tenure: Tenure, seed: u64) -> PartialCol {
    let adjacency = Arc::new(Adjacency::new(&Arc::new(graph.clone())).unwrap());
    PartialCol::new(adjacency, graph.n(), k, &[], tenure, Rng::new(seed, 0), &GO).unwrap()
}

#[test]
fn a_quiet_period_raises_the_tenure_and_a_lively_one_lowers_it() {
    let mut f = Fluctuation::NEW_PERIOD;
    f.record(7, false, 5);
    f.record(8, true, 5);
    assert_eq!(f.tenure, 15);
    f.record(7, false, 5);
    f.record(9, true, 5);
    assert_eq!(f.tenure, 14);
}

#[test]
fn colours_a_random_graph_below_its_greedy_number() {
    let graph = random_graph(60, 50, 3);
    for tenure in [Tenure::DYNAMIC, Tenure::FOO] {
        let mut engine = search(&graph, 12, tenure, 1);
        assert_eq!(engine.run(1_000_000, &GO), Step::Solved);
        assert_eq!(Coloring::from_colors(engine.best().colors).verify(&graph), Ok(()));
    }
}

#[test]
fn small_and_impossible_cases_end() {
    assert_eq!(search(&Graph::empty(0), 1, Tenure::FOO, 1).run(9, &GO), Step::Solved);
    assert_eq!(search(&Graph::empty(3), 1, Tenure::FOO, 1).run(3, &GO), Step::Solved);
    let (edge, _) = Graph::from_edges(2, &[(0, 1)]).unwrap();
    let mut engine = search(&edge, 1, Tenure::FOO, 1);
    assert_eq!(engine.run(5000, &GO), Step::OutOfMoves);
    assert_eq!((engine.moves(), engine.conflicts()), (5000, 1));
    assert_eq!(search(&edge, 1, Tenure::FOO, 1).run(9, &AtomicBool::new(true)), Step::Stopped);
}

#[test]
fn every_level_and_width_makes_the_same_moves() {
    let graph = random_graph(150, 50, 3);
    let dense = Arc::new(Adjacency::dense(&graph).unwrap());
    let sparse = Arc::new(Adjacency::sparse(&graph));
    for k in [16, 70] {
        let trace = |adjacency: &Arc<Adjacency>, level, wide| {
            let size = (150, k);
            let rng = Rng::new(5, 0);
            let bytes = Search::new(adjacency.clone(), size, Tenure::DYNAMIC, rng, level).unwrap();
            let mut search = match wide {
                false => PartialCol::begin(bytes, &[], &GO).unwrap(),
                true => PartialCol(Width::Words(bytes.widened_from(&[]).unwrap())),
            };
            let mut trace = Vec::new();
            for _ in 0..50 {
                search.run(7, &GO);
                trace.push((search.best().colors, search.conflicts()));
            }
            trace
        };
        let plain = trace(&dense, Level::Plain, false);
        for level in Level::available() {
            assert_eq!(trace(&dense, level, false), plain, "{level:?}");
            assert_eq!(trace(&sparse, level, false), plain, "{level:?}");
        }
        assert_eq!(trace(&sparse, Level::Plain, true), plain);
        assert!(plain.windows(2).any(|two| two[0] != two[1]));
    }
}

#[test]
fn classes_beyond_bytes_are_counted_in_words() {
    // A star whose leaves are one class: its centre has 300 neighbours there.
    let edges: Vec<(u32, u32)> = (1..=300).map(|leaf| (0, leaf)).collect();
    let (star, _) = Graph::from_edges(301, &edges).unwrap();
    let start: Vec<Color> = std::iter::once(UNCOLORED).chain([0; 300]).collect();
    let adjacency = Arc::new(Adjacency::new(&Arc::new(star.clone())).unwrap());
    let new = |start: &[Color], k| {
        let (adjacency, rng) = (adjacency.clone(), Rng::new(1, 0));
        PartialCol::new(adjacency, 301, k, start, Tenure::DYNAMIC, rng, &GO).unwrap()
    };
    let mut loaded = new(&start, 2);
    assert!(matches!(loaded.0, Width::Words(_)));
    assert_eq!(loaded.run(10, &GO), Step::Solved);
    let mut grown = new(&[1], 2);
    assert!(matches!(grown.0, Width::Bytes(_)));
    assert_eq!(grown.run(1000, &GO), Step::Solved);
    assert!(matches!(grown.0, Width::Words(_)));
    assert_eq!(Coloring::from_colors(grown.best().colors).verify(&star), Ok(()));
}

proptest! {
    #[test]
    fn the_report_is_true_and_repeatable(
        n in 1u32..40, percent in 0u32..100, k in 1usize..9, seed: u64, foo: bool,
        start in proptest::collection::vec(0..12 as Color, 0..40),
    ) {
        let graph = random_graph(n, percent, seed);
        let tenure = if foo { Tenure::FOO } else { Tenure::DYNAMIC };
        let adjacency = Arc::new(Adjacency::new(&Arc::new(graph.clone())).unwrap());
        let build = || {
            let rng = Rng::new(seed, 1);
            PartialCol::new(adjacency.clone(), n as usize, k, &start, tenure, rng, &GO).unwrap()
        };
        let (mut whole, mut sliced) = (build(), build());
        let step = whole.run(600, &GO);
        for _ in 0..6 {
            sliced.run(100, &GO);
        }
        prop_assert_eq!(whole.best(), sliced.best());
        prop_assert_eq!(whole.moves(), sliced.moves());
        let best = whole.best().colors;
        let uncolored = best.iter().filter(|&&c| c == UNCOLORED).count() as u64;
        prop_assert_eq!(whole.conflicts(), uncolored);
        for v in graph.vertices().filter(|&v| best[v as usize] != UNCOLORED) {
            prop_assert!((best[v as usize] as usize) < k);
            let clash = |&&u: &&u32| best[u as usize] == best[v as usize];
            prop_assert_eq!(graph.neighbors(v).iter().find(clash), None);
        }
        prop_assert_eq!(step == Step::Solved, uncolored == 0);
    }
}
