//! Graphs with a known structure: the queens of a chess board and the construction of Mycielski.
//!
//! Queens are the field's favourite puzzle: the chromatic number of an n x n board is n when n is not
//! divisible by 2 or 3 and often n + 1 otherwise. Mycielski (1955) raises the chromatic number by one
//! a step while the largest clique stays an edge, so that clique bounds say nothing.

use super::{GenerateError, build, require, require_vertices};
use crate::Graph;

/// The squares of a board of `rows` x `columns`, row by row, adjacent where a queen may move.
///
/// # Errors
/// A board with more squares than a graph has vertices.
pub fn queens(rows: u32, columns: u32) -> Result<Graph<'static>, GenerateError> {
    let n = require_vertices(u64::from(rows) * u64::from(columns))?;
    let mut edges = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let square = row * columns + column;
            edges.extend((column + 1..columns).map(|c| (square, row * columns + c)));
            for below in row + 1..rows {
                let step = below - row;
                let targets =
                    [Some(column), column.checked_add(step), column.checked_sub(step)].into_iter();
                let on_board = targets.flatten().filter(|&c| c < columns);
                edges.extend(on_board.map(|c| (square, below * columns + c)));
            }
        }
    }
    build(n, &edges)
}

/// The triangle-free graph of chromatic number `k` that Mycielski's construction gives from an edge:
/// 3 * 2^(k-2) - 1 vertices. The file `mycielN.col` of DIMACS has `k = N + 1`.
///
/// # Errors
/// `k` outside `2..=20`.
pub fn mycielski(k: u32) -> Result<Graph<'static>, GenerateError> {
    require((2..=20).contains(&k), "the chromatic number", f64::from(k), "between 2 and 20")?;
    let mut n = 2u32;
    let mut edges = vec![(0u32, 1u32)];
    for _ in 2..k {
        // The copy n + v of v sees v's neighbours and the new vertex 2 n.
        let copies = edges.clone().into_iter().flat_map(|(u, v)| [(u, n + v), (v, n + u)]);
        edges.extend(copies);
        edges.extend((0..n).map(|v| (n + v, 2 * n)));
        n = 2 * n + 1;
    }
    build(n as usize, &edges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queens_have_the_sizes_of_the_dimacs_files() {
        for (rows, columns, m) in [(5, 5, 160), (8, 8, 728), (8, 12, 1368)] {
            let g = queens(rows, columns).unwrap();
            assert_eq!((g.n(), g.m()), ((rows * columns) as usize, m));
        }
        assert_eq!(queens(0, 9).unwrap().n(), 0);
        assert!(queens(u32::MAX, 3).is_err());
    }

    #[test]
    fn mycielski_has_the_sizes_of_the_dimacs_files_and_no_triangle() {
        for (k, n, m) in [(2, 2, 1), (3, 5, 5), (4, 11, 20), (5, 23, 71), (8, 191, 2360)] {
            let g = mycielski(k).unwrap();
            assert_eq!((g.n(), g.m()), (n, m));
            let common =
                |u, v| g.neighbors(u).iter().any(|&w| g.neighbors(v).binary_search(&w).is_ok());
            assert!(g.edges().all(|(u, v)| !common(u, v)));
        }
        assert!(mycielski(1).is_err());
    }
}
