//! Random graphs without a plan: G(n, p), and points in the unit square.
//!
//! G(n, p) (Gilbert 1959) is drawn by skipping from edge to edge with geometric steps (Batagelj &
//! Brandes 2005), so that sparse graphs take time in their edges, not in n^2. Geometric graphs join
//! points closer than a radius; like the `R` and `DSJR` files of Johnson et al. (1991), which also
//! take the complement of some of them. Points are sorted into cells of the radius, so that only near
//! pairs are looked at.

use super::{GenerateError, build, require, require_vertices};
use crate::{Graph, Rng};

/// Each of the n (n - 1) / 2 edges with probability `p`, independently. O(n + m).
///
/// # Errors
/// `p` outside `0..=1`, or too many vertices.
pub fn gnp(n: u64, p: f64, seed: u64) -> Result<Graph<'static>, GenerateError> {
    let n = require_vertices(n)?;
    require((0.0..=1.0).contains(&p), "the edge probability", p, "between 0 and 1")?;
    let mut edges = Vec::new();
    let mut rng = Rng::new(seed, 0);
    let log_miss = libm::log1p(-p);
    // The pairs (v, w) with w < v, row by row; `w` runs ahead by the length of a run of misses.
    let (mut v, mut w) = (1u64, 0u64);
    while p > 0.0 && v < n as u64 {
        if p < 1.0 {
            let skip = libm::floor(libm::log1p(-rng.unit()) / log_miss);
            w = w.saturating_add(skip as u64);
        }
        while w >= v && v < n as u64 {
            w -= v;
            v += 1;
        }
        if v < n as u64 {
            edges.push((w as u32, v as u32));
            w += 1;
        }
    }
    build(n, &edges)
}

/// `n` points drawn evenly in the unit square, adjacent when at most `radius` apart.
///
/// # Errors
/// A radius that is negative or not a number, or too many vertices.
pub fn geometric(n: u64, radius: f64, seed: u64) -> Result<Graph<'static>, GenerateError> {
    let n = require_vertices(n)?;
    require(radius >= 0.0, "the radius", radius, "at least 0")?;
    let mut rng = Rng::new(seed, 0);
    let points: Vec<(f64, f64)> = (0..n).map(|_| (rng.unit(), rng.unit())).collect();
    // Cells at least as wide as the radius, but no more of them than points.
    let most = libm::sqrt(n as f64).max(1.0);
    let side = (1.0 / radius.max(1e-12)).min(most).max(1.0) as usize;
    let cell = |x: f64| ((x * side as f64) as usize).min(side - 1);
    let mut cells = vec![Vec::new(); side * side];
    for (v, &(x, y)) in points.iter().enumerate() {
        cells[cell(y) * side + cell(x)].push(v as u32);
    }
    let mut edges = Vec::new();
    for (v, &(x, y)) in points.iter().enumerate() {
        let around = |c: usize| c.saturating_sub(1)..=(c + 1).min(side - 1);
        for row in around(cell(y)) {
            for column in around(cell(x)) {
                for &u in cells[row * side + column].iter().filter(|&&u| (u as usize) < v) {
                    let (dx, dy) = (points[u as usize].0 - x, points[u as usize].1 - y);
                    if dx * dx + dy * dy <= radius * radius {
                        edges.push((u, v as u32));
                    }
                }
            }
        }
    }
    build(n, &edges)
}

/// The graph with exactly the edges that `graph` lacks. O(n^2).
pub fn complement(graph: &Graph<'_>) -> Graph<'static> {
    let n = graph.n();
    let arcs = (n * n.saturating_sub(1)).saturating_sub(2 * graph.m());
    let mut offsets = Vec::with_capacity(n + 1);
    let mut neighbors = Vec::with_capacity(arcs);
    offsets.push(0);
    for v in graph.vertices() {
        let mut skipped = graph.neighbors(v).iter().copied().peekable();
        for u in graph.vertices() {
            if skipped.next_if_eq(&u).is_none() && u != v {
                neighbors.push(u);
            }
        }
        offsets.push(neighbors.len() as u64);
    }
    Graph::from_sorted_rows(offsets, neighbors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;
    use proptest::prelude::*;

    #[test]
    fn gnp_has_about_the_expected_edges() {
        for p in [0.01, 0.3, 0.9] {
            let g = gnp(600, p, 3).unwrap();
            let mean = 600.0 * 599.0 / 2.0 * p;
            assert!((g.m() as f64 - mean).abs() < 5.0 * (mean * (1.0 - p)).sqrt() + 1.0);
        }
        assert_eq!(gnp(50, 1.0, 0).unwrap().m(), 1225);
        assert_eq!(gnp(50, 0.0, 0).unwrap().m(), 0);
        assert_eq!(gnp(5, 1e-300, 0).unwrap().m(), 0);
        assert!(gnp(50, f64::NAN, 0).is_err());
        assert!(gnp(1 << 40, 0.5, 0).is_err());
        assert_ne!(gnp(50, 0.5, 0), gnp(50, 0.5, 1));
    }

    proptest! {
        #[test]
        fn geometric_joins_exactly_the_near(n in 0u64..60, radius in 0.0f64..1.6, seed in 0u64..99) {
            let g = geometric(n, radius, seed).unwrap();
            let mut rng = Rng::new(seed, 0);
            let points: Vec<_> = (0..n).map(|_| (rng.unit(), rng.unit())).collect();
            for u in g.vertices() {
                for v in 0..u {
                    let (a, b) = (points[u as usize], points[v as usize]);
                    let (dx, dy) = (a.0 - b.0, a.1 - b.1);
                    let near = dx * dx + dy * dy <= radius * radius;
                    prop_assert_eq!(g.has_edge(u, v), near);
                }
            }
        }

        #[test]
        fn complement_of_the_complement(n in 0u64..50, p in 0.0f64..1.0, seed in 0u64..99) {
            let g = gnp(n, p, seed).unwrap();
            let other = complement(&g);
            prop_assert_eq!(g.m() + other.m(), (n * n.saturating_sub(1) / 2) as usize);
            prop_assert_eq!(complement(&other), g);
        }
    }
}
