//! Graphs with a known structure: the queens of a chess board, the cells of a sudoku and the construction of
//! Mycielski.
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

/// The cells of a sudoku with boxes of `order` x `order`, row by row, adjacent where they share a row, a
/// column or a box: a solved grid is a colouring with `order`^2 colours (Herzberg & Murty 2007).
///
/// # Errors
/// `order` outside `2..=5`.
pub fn sudoku(order: u32) -> Result<Graph<'static>, GenerateError> {
    require((2..=5).contains(&order), "the rows of a box", f64::from(order), "between 2 and 5")?;
    let side = order * order;
    let cells = side * side;
    let place = |cell: u32| {
        let (row, column) = (cell / side, cell % side);
        (row, column, row / order * order + column / order)
    };
    let mut edges = Vec::new();
    for a in 0..cells {
        let (row, column, in_box) = place(a);
        let meets = |&b: &u32| {
            let other = place(b);
            row == other.0 || column == other.1 || in_box == other.2
        };
        edges.extend((a + 1..cells).filter(meets).map(|b| (a, b)));
    }
    build(cells as usize, &edges)
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
    fn each_cell_of_a_sudoku_meets_the_others_of_its_row_column_and_box() {
        for order in 2..=5 {
            let g = sudoku(order).unwrap();
            let (order, side) = (order as usize, (order * order) as usize);
            assert_eq!(g.n(), side * side);
            let degree = 2 * (side - 1) + (order - 1) * (order - 1);
            assert!(g.vertices().all(|v| g.degree(v) == degree));
        }
        // The centre of the usual grid: row 5, column 5, and the corners of its box.
        let meets = |cell: u32| sudoku(3).unwrap().neighbors(40).contains(&cell);
        assert!(meets(36) && meets(44) && meets(4) && meets(76) && meets(30) && meets(50));
        assert!(!meets(40) && !meets(29) && !meets(20));
        assert!(sudoku(1).is_err() && sudoku(6).is_err());
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
