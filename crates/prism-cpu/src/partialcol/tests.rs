//! What is particular to PartialCol; `width` has what all tabu searches share, `tests/fixed_k.rs` what all
//! searches do.

use super::tenure::Fluctuation;
use super::*;
use crate::partial_coloring::tests::random_graph;
use crate::width::tests::Tabu;
use prism_core::search::{FixedK, Step, UNCOLORED};
use prism_core::{Coloring, Graph, Rng};

static GO: AtomicBool = AtomicBool::new(false);

/// A search whose inner loops are those of an instruction set.
pub(crate) fn with_level(
    adjacency: Arc<Adjacency>,
    k: usize,
    start: &[Color],
    tenure: Tenure,
    rng: Rng,
    level: Level,
) -> Box<dyn Tabu> {
    let search = Search::new(adjacency, (start.len(), k), tenure, rng, level).unwrap();
    Box::new(PartialCol::begin(search, start, &GO).unwrap().0)
}

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
fn a_vertex_without_a_class_counts_a_class_beyond_bytes() {
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
