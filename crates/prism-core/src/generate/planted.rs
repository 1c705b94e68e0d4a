//! Random graphs around a hidden colouring.
//!
//! [`flat`] follows Culberson's flat graphs: vertices fall into equal parts, edges run between parts
//! only, and every vertex has as nearly as possible the same number of neighbours in each other part,
//! so that degrees give nothing away. [`leighton`] follows Leighton (1979): vertices get a residue
//! modulo k, and cliques of distinct residues are laid over each other, one of them of size k; the
//! chromatic number is k exactly.

use super::{GenerateError, build, require, require_vertices};
use crate::{Graph, Rng};

/// `n` vertices hidden in `parts` parts whose sizes differ by at most one; each vertex gets about
/// `p` of every later part. At most `parts` colours suffice.
///
/// # Errors
/// No part, `p` outside `0..=1`, or too many vertices.
pub fn flat(n: u64, parts: u64, p: f64, seed: u64) -> Result<Graph<'static>, GenerateError> {
    let n = require_vertices(n)?;
    require(parts >= 1, "the number of parts", parts as f64, "at least 1")?;
    require((0.0..=1.0).contains(&p), "the edge probability", p, "between 0 and 1")?;
    let parts = usize::try_from(parts).unwrap_or(usize::MAX).min(n.max(1));
    let mut rng = Rng::new(seed, 0);
    let mut vertices: Vec<u32> = (0..n as u32).collect();
    rng.shuffle(&mut vertices);
    let part = |i: usize| i * n / parts..(i + 1) * n / parts;
    let mut edges = Vec::new();
    for a in 0..parts {
        for b in a + 1..parts {
            let mut others = vertices[part(b)].to_vec();
            // A queue that deals out each vertex of part b equally often keeps both sides flat; it is
            // shuffled again after each round, so that who meets whom stays random.
            let exact = p * others.len() as f64;
            let mut dealt = others.len();
            // Between parts so small that less than one edge is due, chance decides.
            let due = exact * part(a).len() as f64;
            let before = if due < 1.0 { rng.unit() } else { 0.0 };
            let so_far = |i: usize| (before + exact * i as f64) as usize;
            for (i, &v) in vertices[part(a)].iter().enumerate() {
                let share = so_far(i + 1) - so_far(i);
                let mut mine: Vec<u32> = Vec::with_capacity(share);
                while mine.len() < share {
                    if dealt == others.len() {
                        // Those that v has already go last, or v would meet them twice.
                        rng.shuffle(&mut others);
                        others.sort_by_key(|u| mine.contains(u));
                        dealt = 0;
                    }
                    mine.push(others[dealt]);
                    dealt += 1;
                }
                edges.extend(mine.into_iter().map(|u| (v, u)));
            }
        }
    }
    build(n, &edges)
}

/// `n` vertices with residues modulo `k` and cliques over distinct residues until there are at least
/// `edges` edges, or as many as fit in `8 edges` draws. Needs exactly `k` colours.
///
/// # Errors
/// `k` outside `1..=n`, or too many vertices.
pub fn leighton(n: u64, k: u64, edges: u64, seed: u64) -> Result<Graph<'static>, GenerateError> {
    let n = require_vertices(n)?;
    require((1..=n as u64).contains(&k), "the number of colours", k as f64, "between 1 and n")?;
    let k = k as usize;
    let mut rng = Rng::new(seed, 0);
    // Numbers say nothing of residues.
    let mut name: Vec<u32> = (0..n as u32).collect();
    rng.shuffle(&mut name);
    let mut residues: Vec<usize> = (0..k).collect();
    let mut list = Vec::new();
    let mut distinct = std::collections::BTreeSet::new();
    let mut size = k;
    let mut draws = 0;
    loop {
        rng.shuffle(&mut residues);
        let clique: Vec<u32> = residues[..size]
            .iter()
            .map(|&r| {
                let members = (n - r).div_ceil(k);
                name[r + k * rng.below(members as u32) as usize]
            })
            .collect();
        for (i, &u) in clique.iter().enumerate() {
            for &v in &clique[..i] {
                draws += 1;
                if distinct.insert((u.min(v), u.max(v))) {
                    list.push((u, v));
                }
            }
        }
        if k < 2 || distinct.len() as u64 >= edges || draws >= edges.saturating_mul(8) {
            return build(n, &list);
        }
        size = 2 + rng.below(k as u32 - 1) as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_graphs_are_flat_and_have_no_edge_inside_a_part() {
        let (n, parts) = (300, 20);
        let g = flat(n, parts, 0.5, 4).unwrap();
        let mean = 2.0 * g.m() as f64 / n as f64;
        assert!((mean - 0.5 * 285.0).abs() < 5.0, "{mean}");
        let spread = |v| (g.degree(v) as f64 - mean).abs();
        assert!(g.vertices().all(|v| spread(v) <= 20.0));
        // The parts are found again from the shuffle.
        let mut vertices: Vec<u32> = (0..n as u32).collect();
        Rng::new(4, 0).shuffle(&mut vertices);
        for part in vertices.chunks(15) {
            assert!(part.iter().all(|&u| part.iter().all(|&v| !g.has_edge(u, v))));
        }
        assert_eq!(flat(30, 5, 1.0, 0).unwrap().m(), 30 * 24 / 2);
        assert_eq!(flat(0, 3, 0.5, 0).unwrap().n(), 0);
        // Parts of a single vertex: an ordinary random graph.
        let mean: usize = (0..40).map(|seed| flat(10, 20, 0.5, seed).unwrap().m()).sum();
        assert!((700..1100).contains(&mean), "{mean}");
        assert!(flat(5, 0, 0.5, 0).is_err());
    }

    #[test]
    fn leighton_graphs_have_a_clique_and_a_colouring_of_k() {
        let g = leighton(450, 15, 8168, 1).unwrap();
        assert!((8168..8168 + 15 * 14 / 2).contains(&g.m()));
        let mut name: Vec<u32> = (0..450).collect();
        Rng::new(1, 0).shuffle(&mut name);
        let mut residue = vec![0; 450];
        for (i, &v) in name.iter().enumerate() {
            residue[v as usize] = i % 15;
        }
        assert!(g.edges().all(|(u, v)| residue[u as usize] != residue[v as usize]));
        let order = crate::bounds::degeneracy(&g);
        assert!(order.degeneracy >= 14);
        assert!(leighton(10, 11, 5, 0).is_err());
        assert_eq!(leighton(10, 1, 5, 0).unwrap().m(), 0);
        // More edges than fit: the draws end it.
        assert!(leighton(6, 3, 1000, 0).unwrap().m() <= 12);
    }
}
