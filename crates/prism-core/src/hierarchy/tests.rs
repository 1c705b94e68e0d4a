use super::*;
use crate::{Rng, generate};
use proptest::prelude::*;

fn is_permutation(order: &[u32]) -> bool {
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    sorted.iter().copied().eq(0..order.len() as u32)
}

/// The mean distance in `order` between the ends of an edge.
fn stretch(graph: &Graph<'_>, order: &[u32]) -> f64 {
    let mut rank = vec![0; order.len()];
    for (&v, at) in order.iter().zip(0_u32..) {
        rank[v as usize] = at;
    }
    let sum: u64 =
        graph.edges().map(|(u, v)| u64::from(rank[u as usize].abs_diff(rank[v as usize]))).sum();
    sum as f64 / graph.m() as f64
}

/// Cliques of the given sizes, their vertices in random order, a few edges between them: the graph, and
/// the clique of each vertex.
fn planted_cliques(sizes: &[usize], bridges: usize, rng: &mut Rng) -> (Graph<'static>, Vec<usize>) {
    let mut clique: Vec<usize> =
        sizes.iter().enumerate().flat_map(|(at, &size)| std::iter::repeat_n(at, size)).collect();
    rng.shuffle(&mut clique);
    let n = clique.len() as u32;
    let mut edges: Vec<(u32, u32)> = (0..n)
        .flat_map(|u| (0..u).map(move |v| (u, v)))
        .filter(|&(u, v)| clique[u as usize] == clique[v as usize])
        .collect();
    edges.extend((0..bridges).map(|_| (rng.below(n), rng.below(n))));
    (Graph::from_edges(n as usize, &edges).unwrap().0, clique)
}

#[test]
fn planted_cliques_come_out_contiguous() {
    let mut rng = Rng::new(1, 0);
    for _ in 0..300 {
        let sizes = [12 + rng.below(40) as usize, 12 + rng.below(40) as usize];
        let (graph, clique) = planted_cliques(&sizes, 3, &mut rng);
        let order = order(&graph);
        let changes = order
            .windows(2)
            .filter(|pair| clique[pair[0] as usize] != clique[pair[1] as usize])
            .count();
        assert_eq!(changes, 1, "{sizes:?}");
    }
}

#[test]
fn neighbours_on_a_grid_lie_together() {
    let grid = generate::permute(&generate::grid3d(40, 40, 1).unwrap(), 2).unwrap();
    // Row by row the mean is about 20, in random order a third of 1600.
    let stretch = stretch(&grid, &order(&grid));
    assert!(stretch < 60.0, "{stretch}");
}

#[test]
fn a_star_is_one_level_and_edgeless_graphs_are_orders_too() {
    let edges: Vec<_> = (1..50_000).map(|leaf| (0, leaf)).collect();
    let (star, _) = Graph::from_edges(50_000, &edges).unwrap();
    assert_eq!(Level::finest(&star).clusters().len(), 1);
    assert!(is_permutation(&order(&star)));
    for n in [0, 1, 7] {
        assert_eq!(order(&Graph::empty(n)), (0..n as u32).collect::<Vec<_>>());
    }
}

proptest! {
    #[test]
    fn any_graph_gives_a_permutation(n in 0u64..200, density in 0.0f64..1.0, seed: u64) {
        // Dense, sparse and disconnected alike.
        let graph = generate::gnp(n, density.powi(4), seed).unwrap();
        let order = order(&graph);
        prop_assert_eq!(order.len(), graph.n());
        prop_assert!(is_permutation(&order));
        prop_assert_eq!(order, super::order(&graph));
    }

    #[test]
    fn every_level_has_at_most_three_quarters_of_the_vertices(n in 1u64..200, density in 0.0f64..1.0, seed: u64) {
        let graph = generate::gnp(n, density.powi(4), seed).unwrap();
        let mut level = Level::finest(&graph);
        let mut weight = None;
        while !level.neighbors.is_empty() {
            let isolated =
                (0..level.n() as u32).filter(|&v| level.row(v).is_empty()).count();
            let clusters = level.clusters();
            prop_assert!(4 * (clusters.len() - isolated) <= 3 * (level.n() - isolated));
            let coarse = level.contracted(&clusters);
            prop_assert_eq!(coarse.sizes.iter().sum::<u32>(), n as u32);
            // What is not within a cluster is not lost.
            let across: u64 = (0..level.n() as u32)
                .flat_map(|v| level.row(v).map(move |arc| (v, arc)))
                .filter(|&(v, arc)| {
                    let other = level.neighbors[arc] as usize;
                    clusters.of_vertex[v as usize] != clusters.of_vertex[other]
                })
                .map(|(v, arc)| u64::from(level.weight(v, arc)))
                .sum();
            let kept: u64 = (0..coarse.neighbors.len()).map(|arc| u64::from(coarse.weight(0, arc))).sum();
            prop_assert_eq!(kept, across);
            prop_assert!(weight.is_none_or(|weight| across <= weight));
            weight = Some(across);
            level = coarse;
        }
    }
}
