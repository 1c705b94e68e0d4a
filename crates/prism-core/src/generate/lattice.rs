//! Three-dimensional grids, and a shuffle of vertex numbers.
//!
//! A grid is bipartite, but a greedy colouring finds the two colours only while the numbers run along
//! the lines: [`permute`] takes that hint away, and makes memory access as irregular as that of a mesh
//! from elsewhere.

use super::{GenerateError, build, require_vertices};
use crate::{Graph, Rng};

/// The `x` x `y` x `z` grid; vertex `(i, j, l)` is `i + x (j + y l)`, with up to six neighbours.
///
/// # Errors
/// More vertices than a graph can have.
pub fn grid3d(x: u32, y: u32, z: u32) -> Result<Graph<'static>, GenerateError> {
    let total = u64::from(x).saturating_mul(u64::from(y)).saturating_mul(u64::from(z));
    let n = require_vertices(total)?;
    let mut offsets = Vec::with_capacity(n + 1);
    let mut neighbors = Vec::with_capacity(6 * n);
    offsets.push(0);
    for (l, j, i) in (0..z).flat_map(|l| (0..y).flat_map(move |j| (0..x).map(move |i| (l, j, i)))) {
        let v = i + x * (j + y * l);
        let steps = [
            (l > 0).then(|| v - x * y),
            (j > 0).then(|| v - x),
            (i > 0).then(|| v - 1),
            (i + 1 < x).then(|| v + 1),
            (j + 1 < y).then(|| v + x),
            (l + 1 < z).then(|| v + x * y),
        ];
        neighbors.extend(steps.into_iter().flatten());
        offsets.push(neighbors.len() as u64);
    }
    Ok(Graph::from_sorted_rows(offsets, neighbors))
}

/// The same graph under a random renumbering of its vertices.
///
/// # Errors
/// None in practice: the graph is no larger than the one given.
pub fn permute(graph: &Graph<'_>, seed: u64) -> Result<Graph<'static>, GenerateError> {
    let mut name: Vec<u32> = graph.vertices().collect();
    Rng::new(seed, 0).shuffle(&mut name);
    let edges: Vec<_> = graph.edges().map(|(u, v)| (name[u as usize], name[v as usize])).collect();
    build(graph.n(), &edges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_is_what_its_coordinates_say() {
        let (x, y, z) = (4u32, 3, 5);
        let g = grid3d(x, y, z).unwrap();
        assert!(Graph::from_csr(g.csr().0, g.csr().1).is_ok());
        let at = |v: u32| [v % x, v / x % y, v / (x * y)];
        for u in g.vertices() {
            for v in g.vertices() {
                let apart: u32 = at(u).iter().zip(at(v)).map(|(&a, b)| a.abs_diff(b)).sum();
                assert_eq!(g.has_edge(u, v), apart == 1);
            }
        }
        assert!(grid3d(1 << 20, 1 << 20, 1 << 20).is_err());
    }

    #[test]
    fn permuting_keeps_the_degrees_and_moves_the_numbers() {
        let g = grid3d(5, 4, 3).unwrap();
        let p = permute(&g, 1).unwrap();
        let degrees = |g: &Graph<'_>| {
            let mut all: Vec<_> = g.vertices().map(|v| g.degree(v)).collect();
            all.sort_unstable();
            all
        };
        assert_eq!(degrees(&g), degrees(&p));
        assert_ne!(g, p);
    }
}
