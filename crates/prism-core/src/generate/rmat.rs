//! R-MAT: a graph with the skewed degrees of webs and social networks.
//!
//! Chakrabarti, Zhan & Faloutsos (2004): each edge falls into one quadrant of the adjacency matrix
//! after another with probabilities a, b, c, d; here the 0.57, 0.19, 0.19, 0.05 of the Graph500
//! benchmark. Duplicates and loops are dropped, so that a few per cent of the edges asked for are
//! missing.

use super::{GenerateError, build, require, require_vertices};
use crate::{Graph, Rng};

/// 2^`scale` vertices and `edge_factor` draws of an edge a vertex.
///
/// # Errors
/// A scale above 31.
pub fn rmat(scale: u32, edge_factor: u32, seed: u64) -> Result<Graph<'static>, GenerateError> {
    require(scale <= 31, "the scale", f64::from(scale), "at most 31")?;
    let n = require_vertices(1 << scale)?;
    // Thresholds on 16 random bits: a, a + b, a + b + c.
    const A: u64 = 37_356;
    const AB: u64 = A + 12_452;
    const ABC: u64 = AB + 12_452;
    let mut rng = Rng::new(seed, 0);
    let draws = n * edge_factor as usize;
    let mut edges = Vec::with_capacity(draws);
    for _ in 0..draws {
        let (mut u, mut v) = (0u32, 0u32);
        let mut bits = 0;
        for level in 0..scale {
            if level % 4 == 0 {
                bits = rng.bits();
            }
            let x = bits & 0xFFFF;
            bits >>= 16;
            u = u << 1 | u32::from(x >= AB);
            v = v << 1 | u32::from((A..AB).contains(&x) || x >= ABC);
        }
        edges.push((u, v));
    }
    build(n, &edges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_skewed_towards_small_numbers() {
        let g = rmat(12, 16, 1).unwrap();
        assert_eq!(g.n(), 4096);
        assert!(g.m() > 40_000 && g.m() < 65_536);
        assert!(g.degree(0) > 400);
        let low: usize = (0..2048).map(|v| g.degree(v)).sum();
        assert!(low as f64 > 0.7 * 2.0 * g.m() as f64);
        assert_eq!(rmat(12, 16, 1), rmat(12, 16, 1));
        assert!(rmat(32, 1, 0).is_err());
    }
}
