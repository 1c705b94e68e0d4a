use super::*;
use proptest::prelude::*;

/// A proper colouring with at most `k` colours by plain backtracking, or none if there is none.
/// Vertices with an entry in `fixed` keep it.
fn brute_force(graph: &Graph<'_>, k: usize, fixed: &[(u32, Color)]) -> Option<Vec<Color>> {
    fn place(g: &Graph<'_>, k: usize, v: u32, colors: &mut [Color], fixed: &[bool]) -> bool {
        if v as usize == g.n() {
            return true;
        }
        let fits = |colors: &[Color], c| g.neighbors(v).iter().all(|&u| colors[u as usize] != c);
        if fixed[v as usize] {
            return fits(colors, colors[v as usize]) && place(g, k, v + 1, colors, fixed);
        }
        for c in 0..k as Color {
            if fits(colors, c) {
                colors[v as usize] = c;
                if place(g, k, v + 1, colors, fixed) {
                    return true;
                }
                colors[v as usize] = UNCOLORED;
            }
        }
        false
    }
    let mut colors = vec![UNCOLORED; graph.n()];
    let mut is_fixed = vec![false; graph.n()];
    for &(v, c) in fixed {
        colors[v as usize] = c;
        is_fixed[v as usize] = true;
    }
    place(graph, k, 0, &mut colors, &is_fixed).then_some(colors)
}

fn reduce<'g>(graph: &'g Graph<'g>, k: usize) -> Reduction<'g> {
    Reduction::new(graph, k, &ReduceOptions::default())
}

#[test]
fn a_tree_vanishes_and_a_clique_stays() {
    let (tree, _) = Graph::from_edges(6, &[(0, 1), (0, 2), (2, 3), (2, 4), (4, 5)]).unwrap();
    let r = reduce(&tree, 2);
    assert_eq!((r.kernel().n(), r.dominated()), (0, 0));
    let lifted = r.lift(&[]);
    assert_eq!((lifted.verify(&tree), lifted.num_colors()), (Ok(()), 2));

    let (k4, _) = Graph::from_edges(4, &[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]).unwrap();
    assert_eq!(reduce(&k4, 3).kept(), [0, 1, 2, 3]);
    assert_eq!(reduce(&k4, 4).kernel().n(), 0);
}

#[test]
fn complete_bipartite_falls_to_domination_even_for_one_colour() {
    let edges: Vec<_> = (0u32..3).flat_map(|u| (3..6).map(move |v| (u, v))).collect();
    let (g, _) = Graph::from_edges(6, &edges).unwrap();
    let r = reduce(&g, 1);
    // An edge is left: it cannot be coloured with one colour, and neither could the graph.
    assert_eq!((r.kernel().n(), r.kernel().m(), r.dominated()), (2, 1, 4));
    let lifted = r.lift(&[1, 0]);
    assert_eq!((lifted.verify(&g), lifted.num_colors()), (Ok(()), 2));
    assert_eq!(r.project(lifted.colors()), [1, 0]);
    assert_eq!(r.kernel_id(r.kept()[1]), Some(1));
}

#[test]
fn frozen_vertices_stay() {
    let (path, _) = Graph::from_edges(4, &[(0, 1), (1, 2), (2, 3)]).unwrap();
    let options = ReduceOptions { frozen: &[0, 3], ..ReduceOptions::default() };
    let r = Reduction::new(&path, 3, &options);
    assert_eq!(r.kept(), [0, 3]);
    assert_eq!(r.lift(&[1, 1]).verify(&path), Ok(()));
}

#[test]
fn without_work_only_low_degrees_leave() {
    let edges: Vec<_> = (0u32..3).flat_map(|u| (3..6).map(move |v| (u, v))).collect();
    let (g, _) = Graph::from_edges(6, &edges).unwrap();
    let r = Reduction::new(&g, 2, &ReduceOptions { work: 0, ..ReduceOptions::default() });
    assert_eq!((r.kernel(), r.exhausted(), r.dominated()), (&g, true, 0));
    let off = ReduceOptions { domination: false, ..ReduceOptions::default() };
    assert!(!Reduction::new(&g, 2, &off).exhausted());
}

#[test]
fn a_vertex_of_full_degree_below_k_colours_is_lifted_past_used_colours() {
    let (star, _) = Graph::from_edges(4, &[(0, 1), (0, 2), (0, 3)]).unwrap();
    let options = ReduceOptions { frozen: &[1, 2, 3], ..ReduceOptions::default() };
    let r = Reduction::new(&star, 4, &options);
    assert_eq!(r.lift(&[0, 1, 2]).colors()[0], 3);
}

fn small_graph() -> impl Strategy<Value = Graph<'static>> {
    (1usize..11, prop::collection::vec((0u32..11, 0u32..11), 0..45)).prop_map(|(n, raw)| {
        let edges: Vec<_> = raw.iter().map(|&(u, v)| (u % n as u32, v % n as u32)).collect();
        Graph::from_edges(n, &edges).unwrap().0
    })
}

proptest! {
    #[test]
    fn keeps_the_answer_for_every_k(graph in small_graph()) {
        for k in 1..=graph.n() {
            let r = reduce(&graph, k);
            let whole = brute_force(&graph, k, &[]);
            let kernel = brute_force(r.kernel(), k, &[]);
            prop_assert_eq!(whole.is_some(), kernel.is_some());
            if let Some(colors) = kernel {
                let lifted = r.lift(&colors);
                prop_assert_eq!(lifted.verify(&graph), Ok(()));
                prop_assert!(lifted.colors().iter().all(|&c| (c as usize) < k));
            }
            if let Some(colors) = whole {
                let projected = Coloring::from_colors(r.project(&colors));
                prop_assert_eq!(projected.verify(r.kernel()), Ok(()));
            }
        }
    }

    #[test]
    fn nothing_is_left_to_remove(graph in small_graph(), k in 1usize..5) {
        let r = reduce(&graph, k);
        let kernel = r.kernel();
        prop_assert_eq!(kernel, &graph.induced(r.kept()));
        for u in kernel.vertices() {
            prop_assert!(kernel.degree(u) >= k);
            for v in kernel.vertices().filter(|&v| v != u && !kernel.has_edge(u, v)) {
                prop_assert!(kernel.neighbors(u).iter().any(|&w| !kernel.has_edge(v, w)));
            }
        }
    }

    #[test]
    fn a_kernel_with_more_colours_lifts_as_well(graph in small_graph(), k in 1usize..4) {
        let r = reduce(&graph, k);
        let distinct: Vec<Color> = (0..r.kernel().n() as Color).map(|c| c + 7).collect();
        let lifted = r.lift(&distinct);
        prop_assert_eq!(lifted.verify(&graph), Ok(()));
        let own = |&&c: &&Color| c < 7;
        prop_assert!(lifted.colors().iter().filter(own).all(|&c| (c as usize) < k));
    }

    #[test]
    fn given_colours_are_respected(
        graph in small_graph(),
        k in 2usize..5,
        given in prop::collection::vec(0u16..2, 3),
    ) {
        let fixed: Vec<(u32, Color)> =
            given.iter().enumerate().take(graph.n()).map(|(v, &c)| (v as u32, c)).collect();
        let frozen: Vec<u32> = fixed.iter().map(|&(v, _)| v).collect();
        let options = ReduceOptions { frozen: &frozen, ..ReduceOptions::default() };
        let r = Reduction::new(&graph, k, &options);
        let inner: Vec<_> =
            fixed.iter().map(|&(v, c)| (r.kernel_id(v).unwrap(), c)).collect();
        let whole = brute_force(&graph, k, &fixed);
        let kernel = brute_force(r.kernel(), k, &inner);
        prop_assert_eq!(whole.is_some(), kernel.is_some());
        if let Some(colors) = kernel {
            let lifted = r.lift(&colors);
            prop_assert_eq!(lifted.verify(&graph), Ok(()));
            prop_assert!(lifted.colors().iter().all(|&c| (c as usize) < k));
            prop_assert!(fixed.iter().all(|&(v, c)| lifted.colors()[v as usize] == c));
        }
    }
}
