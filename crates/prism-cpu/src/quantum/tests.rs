use super::*;
use crate::metropolis::tests::{check, conflicts_of};
use crate::partial_coloring::tests::random_graph;
use crate::thermodynamic::Thermodynamic;
use prism_core::annealing::{Ladder, Proposals};
use prism_core::search::{FixedK, Step};
use prism_core::{Coloring, Rng};
use proptest::prelude::*;
use std::sync::atomic::AtomicBool;

static GO: AtomicBool = AtomicBool::new(false);

fn field() -> TransverseField {
    TransverseField { fall: 60, sweeps: 20, slices: 4, ..TransverseField::default() }
}

/// The sum over all pairs of vertices of the product of their spins in two colourings.
fn products(one: &[Color], other: &[Color]) -> i64 {
    let spin = |colors: &[Color], u: usize, v: usize| if colors[u] == colors[v] { 1 } else { -1 };
    (0..one.len())
        .flat_map(|u| (0..u).map(move |v| (u, v)))
        .map(|(u, v)| spin(one, u, v) * spin(other, u, v))
        .sum()
}

#[test]
fn colours_a_random_graph_below_its_greedy_number() {
    let graph = random_graph(60, 50, 3);
    let mut search = Quantum::new(graph.reborrow(), 12, &[], field(), 1).unwrap();
    assert_eq!(search.run(20_000_000, &GO), Step::Solved);
    assert_eq!(Coloring::from_colors(search.best().colors).verify(&graph), Ok(()));
}

#[test]
fn small_and_impossible_cases_end() {
    let (nothing, three) = (Graph::empty(0), Graph::empty(3));
    let new = |graph: &Graph<'static>, k| Quantum::new(graph.clone(), k, &[], field(), 1).unwrap();
    assert_eq!(new(&nothing, 0).run(0, &GO), Step::Solved);
    assert_eq!(new(&three, 1).run(0, &GO), Step::Solved);
    let (edge, _) = Graph::from_edges(2, &[(0, 1)]).unwrap();
    for (k, wrong) in [(0, 2), (1, 1)] {
        let mut search = new(&edge, k);
        assert_eq!(search.run(5000, &GO), Step::OutOfMoves);
        assert_eq!((search.moves(), search.conflicts()), (5000, wrong));
    }
    assert_eq!(new(&edge, 1).run(u64::MAX, &AtomicBool::new(true)), Step::Stopped);
}

#[test]
fn without_coupling_the_slices_anneal_each_for_itself() {
    let graph = random_graph(40, 50, 5);
    // tanh(1000) is 1: no coupling.
    let field = TransverseField { temperature: 0.5, start: 500.0, end: 500.0, ..field() };
    let starts: Vec<Vec<Color>> =
        (0..4).map(|at| (0..40).map(|v| (v + at) % 5).collect()).collect();
    let mut coupled =
        Quantum::from_colorings(graph.reborrow(), 5, starts.clone(), field, 3, 1).unwrap();
    let mut ladder = Ladder::geometric(0.5, 0.5, 1, 20 * 40);
    ladder.exchange_interval = 0;
    let mut free =
        Thermodynamic::from_colorings(graph.reborrow(), 5, starts, ladder, 3, 1).unwrap();
    for _ in 0..10 {
        coupled.half_step();
        coupled.half_step();
        free.step();
        assert!(coupled.colorings().eq(free.colorings()));
    }
    assert!(coupled.accepted() > 100);
}

/// The path of a pair of slices has the weight exp(-(E1 + E2) / T + 2 J P12), J the coupling over T and P12
/// the products of their spins: in a ring of two, each is the neighbour of the other on both sides.
#[test]
fn uniform_proposals_keep_the_distribution_of_the_path_integral() {
    let (graph, _) = Graph::from_edges(3, &[(0, 1), (1, 2), (0, 2)]).unwrap();
    let field = TransverseField {
        temperature: 1.5,
        slices: 2,
        start: 1.5,
        end: 1.5,
        fall: 1,
        frozen_share: 0.0,
        sweeps: 5,
        proposals: Proposals::Uniform,
    };
    let colors = |code: u32| -> Vec<Color> { (0..3).map(|at| (code >> at & 1) as Color).collect() };
    let weight = |code: u32| {
        let (one, other) = (colors(code % 8), colors(code / 8));
        let energy = (conflicts_of(&graph, &one) + conflicts_of(&graph, &other)) as f64;
        libm::exp(
            -energy / field.temperature + 2.0 * field.coupling(1.5) * products(&one, &other) as f64,
        )
    };
    let total: f64 = (0..64).map(weight).sum();
    const SAMPLES: u32 = 20_000;
    let mut search = Quantum::new(graph.reborrow(), 2, &[], field, 7).unwrap();
    let mut seen = [0_u32; 64];
    for _ in 0..SAMPLES {
        for _ in 0..8 {
            search.half_step();
        }
        let bits = search.colorings().flatten().enumerate();
        let code: usize = bits.map(|(at, &color)| usize::from(color) << at).sum();
        seen[code] += 1;
    }
    let chi_square: f64 = (0..64)
        .map(|code| {
            let expected = weight(code) / total * f64::from(SAMPLES);
            (f64::from(seen[code as usize]) - expected).powi(2) / expected
        })
        .sum();
    let bound = 63.0 + 4.0 * (2.0 * 63.0_f64).sqrt();
    assert!(chi_square < bound, "{chi_square} of {bound}");
}

proptest! {
    #[test]
    fn the_agreement_is_that_of_a_recount(n in 1usize..30, k in 2u16..6, seed: u64) {
        let mut rng = Rng::new(seed, 1);
        let mut draw = |_| (0..n).map(|_| rng.below(u32::from(k)) as Color).collect();
        let mut slices: Vec<Vec<Color>> = (0..3).map(&mut draw).collect();
        let near = slices.split_off(1);
        let mut own = slices.remove(0);
        let mut bonds = Bonds::new(k, &own, [&near[0], &near[1]], (1, 1));
        let sum = |own: &[Color]| near.iter().map(|near| products(own, near)).sum::<i64>();
        for _ in 0..20 {
            let v = rng.below(n as u32);
            let from = own[v as usize];
            let to = (from + 1 + rng.below(u32::from(k) - 1) as Color) % k;
            let agreement = bonds.agreement(v, from, to);
            let before = sum(&own);
            own[v as usize] = to;
            prop_assert_eq!(sum(&own) - before, 4 * i64::from(agreement));
            prop_assert_eq!(bonds.cost(3, v, from, to), 3 - i64::from(agreement));
            bonds.moved(v, from, to);
        }
        let anew = Bonds::new(k, &own, [&near[0], &near[1]], (1, 1));
        prop_assert_eq!(&bonds.near, &anew.near);
        prop_assert_eq!(&bonds.sizes, &anew.sizes);
    }

    #[test]
    fn the_report_is_true_and_repeatable(
        n in 1u32..40, percent in 0u32..100, k in 1u16..9, seed: u64, rings in 1u32..3,
    ) {
        let graph = random_graph(n, percent, seed);
        let starts: Vec<Vec<Color>> = (0..4 * rings)
            .map(|at| (0..n).map(|v| ((v * 7 + at * 3) % u32::from(k)) as Color).collect())
            .collect();
        let new = || Quantum::from_colorings(graph.reborrow(), k, starts.clone(), field(), seed, 4).unwrap();
        let (mut whole, mut sliced) = (new(), new());
        let step = whole.run(9000, &GO);
        for _ in 0..6 {
            sliced.run(1500, &GO);
        }
        prop_assert_eq!(step == Step::Solved, whole.conflicts() == 0);
        prop_assert_eq!(whole.conflicts(), conflicts_of(&graph, &whole.best().colors));
        for walk in whole.0.walks.all() {
            check(walk);
        }
        if step != Step::Solved {
            prop_assert_eq!(whole.best(), sliced.best());
            prop_assert!(whole.colorings().eq(sliced.colorings()));
        }
    }

    #[test]
    fn planted_colourings_are_found(seed: u64) {
        let mut rng = Rng::new(seed, 5);
        let edges: Vec<_> = (0..60u32)
            .flat_map(|u| (0..u).map(move |v| (u, v)))
            .filter(|&(u, v)| u % 4 != v % 4 && rng.below(100) < 70)
            .collect();
        let (graph, _) = Graph::from_edges(60, &edges).unwrap();
        let mut search = Quantum::new(graph.reborrow(), 4, &[], field(), seed).unwrap();
        prop_assert_eq!(search.run(10_000_000, &GO), Step::Solved);
        prop_assert_eq!(Coloring::from_colors(search.best().colors).verify(&graph), Ok(()));
    }
}
