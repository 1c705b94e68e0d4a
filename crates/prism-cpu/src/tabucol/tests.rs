//! What is particular to TabuCol; `width` has what all tabu searches share, `tests/fixed_k.rs` what all
//! searches do.

use super::*;
use crate::width::tests::Tabu;
use prism_core::search::{FixedK, Step};
use std::sync::atomic::AtomicBool;

/// A search whose inner loops are those of an instruction set.
pub(crate) fn with_level(
    adjacency: Arc<Adjacency>,
    k: usize,
    start: &[Color],
    rng: Rng,
    level: Level,
) -> Box<dyn Tabu> {
    Box::new(TabuCol::with_level(adjacency, k, start, rng, level).unwrap().0)
}

#[test]
fn one_colour_is_no_room_to_move() {
    let (edge, _) = Graph::from_edges(2, &[(0, 1)]).unwrap();
    let mut search =
        TabuCol::new(Arc::new(Adjacency::dense(&edge).unwrap()), 1, &[0, 0], Rng::new(1, 0))
            .unwrap();
    assert_eq!(search.run(100, &AtomicBool::new(false)), Step::OutOfMoves);
    assert_eq!((search.conflicts(), search.moves()), (1, 100));
}

#[test]
fn a_restart_forgets_what_was_found_at_either_width() {
    // K(300, 300): its sides are a colouring, with classes beyond bytes.
    let edges: Vec<_> = (0..300).flat_map(|u| (300..600).map(move |v| (u, v))).collect();
    let (graph, _) = Graph::from_edges(600, &edges).unwrap();
    let adjacency = Arc::new(Adjacency::dense(&graph).unwrap());
    let mixed: Vec<Color> = (0..600).map(|v| v % 3).collect();
    let crowded: Vec<Color> = (0..600).map(|v| Color::from(v % 150 == 0)).collect();
    let mut search = TabuCol::new(adjacency, 3, &mixed, Rng::new(1, 0)).unwrap();
    search.run(40, &AtomicBool::new(false));
    for start in [&mixed, &crowded, &mixed] {
        search.restart(start).unwrap();
        assert_eq!(&search.best().colors, start);
        assert_eq!(search.moves(), 40);
    }
}
