//! The tabu searches on every level, at every width: what is the same for all of them.

use super::*;
use crate::adjacency::Adjacency;
use crate::partialcol::{self, Tenure};
use crate::simd::Level;
use crate::tabucol;
use prism_core::{Color, Coloring, Graph, Rng, generate};
use std::sync::Arc;

static GO_ON: AtomicBool = AtomicBool::new(false);

/// A tabu search: from a start with so many colours, by a seed.
type Build = fn(Arc<Adjacency>, &[Color], usize, u64, Level) -> Box<dyn Tabu>;

/// All of them.
const SEARCHES: [(&str, Build); 3] = [
    ("TabuCol", |adjacency, start, k, seed, level| {
        tabucol::tests::with_level(adjacency, k, start, Rng::new(seed, 0), level)
    }),
    ("PartialCol", |adjacency, start, k, seed, level| {
        let rng = Rng::new(seed, 0);
        partialcol::tests::with_level(adjacency, k, start, Tenure::DYNAMIC, rng, level)
    }),
    ("FOO-PartialCol", |adjacency, start, k, seed, level| {
        let rng = Rng::new(seed, 0);
        partialcol::tests::with_level(adjacency, k, start, Tenure::FOO, rng, level)
    }),
];

/// What these tests look at, beside the search.
pub(crate) trait Tabu: FixedK {
    fn is_wide(&self) -> bool;
    fn widen(&mut self);
}

impl<S: Counted> Tabu for Width<S>
where
    S::Wide: Counted<Narrow = S>,
{
    fn is_wide(&self) -> bool {
        matches!(self, Self::Words(_))
    }

    fn widen(&mut self) {
        if let Self::Bytes(search) = self {
            *self = Self::Words(search.widened().unwrap());
        }
    }
}

fn forms(graph: &Graph<'_>) -> [Arc<Adjacency>; 2] {
    [Adjacency::dense(graph).unwrap(), Adjacency::sparse(graph)].map(Arc::new)
}

fn random_start(n: usize, k: usize, seed: u64) -> Vec<Color> {
    let mut rng = Rng::new(seed, 1);
    (0..n).map(|_| rng.below(k as u32) as Color).collect()
}

/// What a search finds on its way.
fn trace(mut search: Box<dyn Tabu>) -> Vec<(Elite, u64)> {
    let step = |_| {
        search.run(7, &GO_ON);
        (search.best(), search.moves())
    };
    (0..200).map(step).collect()
}

#[test]
fn levels_and_widths_make_the_same_moves() {
    let graph = generate::gnp(130, 0.5, 3).unwrap();
    let [dense, sparse] = forms(&graph);
    for (name, build) in SEARCHES {
        for k in [14, 70] {
            let start = random_start(130, k, 4);
            let new =
                |adjacency: &Arc<Adjacency>, level| build(adjacency.clone(), &start, k, 5, level);
            let on_matrix = trace(new(&dense, Level::Plain));
            let on_lists = trace(new(&sparse, Level::Plain));
            assert!(on_matrix.first() != on_matrix.last(), "{name} finds something, k = {k}");
            for level in Level::available() {
                assert!(trace(new(&dense, level)) == on_matrix, "{name}, {level:?}, k = {k}");
                assert!(trace(new(&sparse, level)) == on_lists, "{name}, {level:?}, k = {k}");
            }
            let mut wide = new(&sparse, Level::Plain);
            wide.widen();
            assert!(wide.is_wide() && trace(wide) == on_lists, "{name}, wide, k = {k}");
        }
    }
}

#[test]
fn counts_widen_when_a_class_grows() {
    // K(300, 300) with 3 colours: one side has to share a class of 300, or nearly.
    let edges: Vec<_> = (0..300).flat_map(|u| (300..600).map(move |v| (u, v))).collect();
    let (graph, _) = Graph::from_edges(600, &edges).unwrap();
    let classes_of_200: Vec<Color> = (0..600).map(|v| v / 200).collect();
    for (name, build) in SEARCHES {
        for adjacency in forms(&graph) {
            let mut search = build(adjacency, &classes_of_200, 3, 2, Level::detect());
            assert!(!search.is_wide(), "{name}");
            assert_eq!(search.run(100_000, &GO_ON), Step::Solved, "{name}");
            assert!(search.is_wide(), "{name}");
            let coloring = Coloring::from_colors(search.best().colors);
            assert_eq!(coloring.verify(&graph), Ok(()), "{name}");
        }
    }
}

/// 600 vertices, the first 300 without an edge among them, so that also a proper class can be large; and
/// a start with small classes, and one with a class beyond bytes.
fn loose_graph() -> (Graph<'static>, [Vec<Color>; 2]) {
    let graph = generate::gnp(600, 0.6, 1).unwrap();
    let edges: Vec<_> = graph.edges().filter(|&(_, v)| v >= 300).collect();
    let (graph, _) = Graph::from_edges(600, &edges).unwrap();
    (graph, [(0..600).map(|v| v % 4).collect(), vec![0; 600]])
}

#[test]
fn a_start_with_a_class_beyond_bytes_is_counted_in_words() {
    let (graph, starts) = loose_graph();
    for (name, build) in SEARCHES {
        for adjacency in forms(&graph) {
            let new = |start| build(adjacency.clone(), start, 4, 1, Level::detect()).is_wide();
            assert_eq!(starts.each_ref().map(|start| new(start)), [false, true], "{name}");
        }
    }
}

#[test]
fn states_go_from_any_width_to_any() {
    let (graph, [spread, crowded]) = loose_graph();
    for (name, build) in SEARCHES {
        for adjacency in forms(&graph) {
            for (here, there) in [(&spread, &crowded), (&crowded, &spread)] {
                let new = |start, seed| build(adjacency.clone(), start, 4, seed, Level::detect());
                let (mut here, mut there) = (new(here, 1), new(there, 2));
                assert_ne!(here.is_wide(), there.is_wide(), "{name}");
                here.run(700, &GO_ON);
                there.run(50, &GO_ON);
                let saved = here.save();
                there.restore(&saved).unwrap();
                here.run(700, &GO_ON);
                there.run(700, &GO_ON);
                assert_eq!(here.save(), there.save(), "{name}");
            }
        }
    }
}
