//! TabuCol on every level, at every width, and what it reports.

use super::*;
use prism_core::{Coloring, Rng};
use proptest::prelude::*;

/// G(n, p), for the tests of the searches that use this one too.
pub(crate) fn gnp(n: usize, p: f64, seed: u64) -> Graph<'static> {
    let mut rng = Rng::new(seed, 0);
    let mut edges = Vec::new();
    for u in 0..n as u32 {
        edges.extend((0..u).filter(|_| rng.unit() < p).map(|v| (u, v)));
    }
    Graph::from_edges(n, &edges).unwrap().0
}

fn random_start(n: usize, k: usize, seed: u64) -> Vec<Color> {
    let mut rng = Rng::new(seed, 1);
    (0..n).map(|_| rng.below(k as u32) as Color).collect()
}

static GO_ON: AtomicBool = AtomicBool::new(false);

#[test]
fn every_level_makes_the_same_moves() {
    let graph = gnp(130, 0.5, 3);
    let adjacency = Arc::new(Adjacency::dense(&graph).unwrap());
    for k in [14, 70] {
        let start = random_start(130, k, 4);
        let trace = |level| {
            let mut search =
                TabuCol::with_level(adjacency.clone(), k, &start, Rng::new(5, 0), level).unwrap();
            let mut trace = Vec::new();
            for _ in 0..300 {
                search.run(7, &GO_ON);
                trace.push((search.best().colors, search.conflicts(), search.moves()));
            }
            trace
        };
        let plain = trace(Level::Plain);
        for level in Level::available() {
            assert!(trace(level) == plain, "{level:?} differs at k = {k}");
        }
    }
}

#[test]
fn byte_and_word_counts_make_the_same_moves() {
    let graph = gnp(90, 0.4, 6);
    let adjacency = Arc::new(Adjacency::sparse(&graph));
    let start = random_start(90, 9, 7);
    let bytes = Search::<u8>::new(adjacency, 9, &start, Rng::new(1, 0), Level::detect()).unwrap();
    let mut words = bytes.wide().unwrap();
    words.load(&start);
    let mut words = Width::<Search<u8>>::Words(words);
    let mut bytes = Width::Bytes(bytes);
    for _ in 0..400 {
        bytes.run(5, &GO_ON);
        words.run(5, &GO_ON);
        assert_eq!(bytes.best(), words.best());
        assert_eq!(bytes.conflicts(), words.conflicts());
    }
}

#[test]
fn classes_beyond_255_neighbours_are_counted_in_words() {
    // A complete bipartite graph with one odd vertex: 2-colourable, degrees of 400.
    let edges: Vec<_> = (0..400).flat_map(|u| (400..800).map(move |v| (u, v))).collect();
    let (graph, _) = Graph::from_edges(801, &edges).unwrap();
    let start = random_start(801, 2, 8);
    for adjacency in [Adjacency::dense(&graph).unwrap(), Adjacency::sparse(&graph)] {
        let adjacency = Arc::new(adjacency);
        let mut search = TabuCol::new(adjacency, 2, &start, Rng::new(2, 0)).unwrap();
        assert!(matches!(search.0, Width::Words(_)));
        assert_eq!(search.run(100_000, &GO_ON), Step::Solved);
        let coloring = Coloring::from_colors(search.best().colors);
        assert_eq!(coloring.verify(&graph), Ok(()));
    }
}

#[test]
fn counts_widen_when_a_class_grows() {
    // K(300, 300) with 3 colours from classes of 200: one side must come to share a class of 300, or nearly.
    let edges: Vec<_> = (0..300).flat_map(|u| (300..600).map(move |v| (u, v))).collect();
    let (graph, _) = Graph::from_edges(600, &edges).unwrap();
    let start: Vec<Color> = (0..600).map(|v| v / 200).collect();
    let mut search =
        TabuCol::new(Arc::new(Adjacency::dense(&graph).unwrap()), 3, &start, Rng::new(2, 0))
            .unwrap();
    assert!(matches!(search.0, Width::Bytes(_)));
    assert_eq!(search.run(100_000, &GO_ON), Step::Solved);
    assert!(matches!(search.0, Width::Words(_)));
    let coloring = Coloring::from_colors(search.best().colors);
    assert_eq!(coloring.verify(&graph), Ok(()));
}

#[test]
fn one_colour_is_no_room_to_move() {
    let (edge, _) = Graph::from_edges(2, &[(0, 1)]).unwrap();
    let mut search =
        TabuCol::new(Arc::new(Adjacency::dense(&edge).unwrap()), 1, &[0, 0], Rng::new(1, 0))
            .unwrap();
    assert_eq!(search.run(100, &GO_ON), Step::OutOfMoves);
    assert_eq!((search.conflicts(), search.moves()), (1, 100));
}

#[test]
fn a_raised_flag_stops_it() {
    let graph = gnp(60, 0.5, 1);
    let start = random_start(60, 3, 1);
    let mut search =
        TabuCol::new(Arc::new(Adjacency::dense(&graph).unwrap()), 3, &start, Rng::new(1, 0))
            .unwrap();
    assert_eq!(search.run(1_000_000, &AtomicBool::new(true)), Step::Stopped);
    assert!(search.moves() < 1_000_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_it_reports_is_true(
        n in 1usize..120, p in 0.0f64..1.0, k in 1usize..20, seed in 0u64..1000,
    ) {
        let graph = gnp(n, p, seed);
        let start = random_start(n, k, seed);
        for adjacency in [Adjacency::dense(&graph).unwrap(), Adjacency::sparse(&graph)] {
            let adjacency = Arc::new(adjacency);
            let mut search = TabuCol::new(adjacency.clone(), k, &start, Rng::new(seed, 2)).unwrap();
            let step = search.run(3000, &GO_ON);
            let best = search.best().colors;
            let conflicts =
                graph.edges().filter(|&(u, v)| best[u as usize] == best[v as usize]).count();
            prop_assert_eq!(conflicts as u64, search.conflicts());
            prop_assert_eq!(step == Step::Solved, conflicts == 0);
            prop_assert!(best.iter().all(|&c| (c as usize) < k));

            // The same seed, in other slices and after a restart, gives the same result.
            let mut again = TabuCol::new(adjacency, k, &start, Rng::new(seed, 2)).unwrap();
            for _ in 0..30 {
                again.run(100, &GO_ON);
            }
            prop_assert_eq!(again.best().colors, best);
            prop_assert_eq!(again.moves(), search.moves());
        }
    }
}
