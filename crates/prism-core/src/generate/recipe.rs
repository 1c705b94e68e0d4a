//! What a generator is told, as plain data: for those who take it from a command line or another language, and
//! want to know how large the graph will be before they make it.

use super::{
    GenerateError, flat, geometric, gnp, grid3d, leighton, mycielski, queens, rmat, sudoku,
};
use crate::Graph;
use serde::{Deserialize, Serialize};

/// The most memory that a graph should take while it is generated, unless the user insists: a few digits ask for
/// more than any machine has.
pub const MOST_BYTES: u64 = 8 << 30;

/// A generator with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Recipe {
    /// [`gnp`].
    Gnp {
        /// Vertices.
        n: u64,
        /// Probability of an edge.
        p: f64,
    },
    /// [`geometric`].
    Geometric {
        /// Vertices.
        n: u64,
        /// Radius.
        radius: f64,
    },
    /// [`flat`].
    Flat {
        /// Vertices.
        n: u64,
        /// Classes of the hidden colouring.
        parts: u64,
        /// Probability of an edge between classes.
        p: f64,
    },
    /// [`leighton`].
    Leighton {
        /// Vertices.
        n: u64,
        /// Chromatic number.
        k: u64,
        /// Edges, about.
        edges: u64,
    },
    /// [`queens`].
    Queens {
        /// Rows.
        rows: u32,
        /// Columns; as many as rows without.
        columns: Option<u32>,
    },
    /// [`mycielski`].
    Mycielski {
        /// Chromatic number.
        k: u32,
    },
    /// [`grid3d`].
    #[serde(rename = "grid3d")]
    Grid3d {
        /// Vertices along the first axis.
        x: u32,
        /// Along the second.
        y: u32,
        /// Along the third.
        z: u32,
    },
    /// [`sudoku`].
    Sudoku {
        /// Side of a box.
        order: u32,
    },
    /// [`rmat`].
    Rmat {
        /// Binary logarithm of the number of vertices.
        scale: u32,
        /// Edges for each vertex, before repeated ones are merged; 16 if nothing is said.
        #[serde(default = "usual_edge_factor")]
        edge_factor: u32,
    },
}

fn usual_edge_factor() -> u32 {
    16
}

impl Recipe {
    /// Makes the graph.
    ///
    /// # Errors
    /// Parameters outside their ranges, or a graph that is too large.
    pub fn make(self, seed: u64) -> Result<Graph<'static>, GenerateError> {
        match self {
            Self::Gnp { n, p } => gnp(n, p, seed),
            Self::Geometric { n, radius } => geometric(n, radius, seed),
            Self::Flat { n, parts, p } => flat(n, parts, p, seed),
            Self::Leighton { n, k, edges } => leighton(n, k, edges, seed),
            Self::Queens { rows, columns } => queens(rows, columns.unwrap_or(rows)),
            Self::Mycielski { k } => mycielski(k),
            Self::Grid3d { x, y, z } => grid3d(x, y, z),
            Self::Sudoku { order } => sudoku(order),
            Self::Rmat { scale, edge_factor } => rmat(scale, edge_factor, seed),
        }
    }

    /// How large the graph will be. Parameters without sense are for the generator to refuse.
    #[must_use]
    pub fn size(self) -> Size {
        let pairs = |n: f64| n * (n - 1.0).max(0.0) / 2.0;
        let (vertices, edges) = match self {
            Self::Gnp { n, p } => (n as f64, pairs(n as f64) * p),
            Self::Geometric { n, radius } => {
                // A disk of that radius, as far as it lies in the square.
                let near = (std::f64::consts::PI * radius * radius).min(1.0);
                (n as f64, pairs(n as f64) * near)
            }
            Self::Flat { n, parts, p } => {
                let (n, parts) = (n as f64, parts.max(1) as f64);
                (n, (pairs(n) - parts * pairs(n / parts)) * p)
            }
            // The first clique comes whole. An edge stands in a tree as well as in a list.
            Self::Leighton { n, k, edges } => (n as f64, 2.0 * (pairs(k as f64) + edges as f64)),
            Self::Queens { rows, columns } => {
                let (rows, columns) = (f64::from(rows), f64::from(columns.unwrap_or(rows)));
                let lines = rows + columns + 2.0 * rows.min(columns);
                (rows * columns, rows * columns * lines / 2.0)
            }
            // A step doubles the vertices and triples the edges.
            Self::Mycielski { k } => (3.0 * 2_f64.powi(k as i32 - 2), 3_f64.powi(k as i32 - 1)),
            Self::Sudoku { order } => {
                let (order, side) = (f64::from(order), f64::from(order) * f64::from(order));
                let degree = 2.0 * (side - 1.0) + (order - 1.0) * (order - 1.0);
                (side * side, side * side * degree / 2.0)
            }
            Self::Grid3d { x, y, z } => {
                let n = f64::from(x) * f64::from(y) * f64::from(z);
                (n, 3.0 * n)
            }
            Self::Rmat { scale, edge_factor } => {
                let n = 2_f64.powi(scale as i32);
                (n, n * f64::from(edge_factor))
            }
        };
        Size { vertices, edges }
    }
}

/// Vertices and edges of a graph, as expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Vertices.
    pub vertices: f64,
    /// Edges.
    pub edges: f64,
}

impl Size {
    /// The most memory that making it takes: a list of edges that grows, then 8 bytes an edge and 16 a
    /// vertex of the graph, and the same for one made of another, its complement or a permutation.
    #[must_use]
    pub fn bytes(self, complement: bool, permute: bool) -> f64 {
        let Self { vertices: n, edges } = self;
        let mut bytes = 24.0 * n + 24.0 * edges;
        let mut edges = edges;
        if complement {
            edges = (n * (n - 1.0) / 2.0 - edges).max(0.0);
            bytes += 8.0 * n + 8.0 * edges;
        }
        if permute {
            bytes = bytes.max(32.0 * n + 32.0 * edges);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_are_read_and_what_they_lack_is_said() {
        let read = |text: &str| serde_json::from_str::<Recipe>(text);
        let queens = Recipe::Queens { rows: 8, columns: None };
        assert_eq!(read(r#"{"kind": "queens", "rows": 8}"#).unwrap(), queens);
        let rmat = Recipe::Rmat { scale: 4, edge_factor: 16 };
        assert_eq!(read(r#"{"kind": "rmat", "scale": 4}"#).unwrap(), rmat);
        assert_eq!(queens.make(1).unwrap(), queens_by_hand());
        for (text, told) in [
            (r#"{"kind": "gnp", "n": 5}"#, "missing field `p`"),
            (r#"{"kind": "gnp", "n": 5, "p": 1, "q": 1}"#, "unknown field `q`"),
            (r#"{"kind": "petersen"}"#, "unknown variant `petersen`"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    fn queens_by_hand() -> Graph<'static> {
        let attack = |(a, b): (u32, u32), (c, d): (u32, u32)| {
            a == c || b == d || a.abs_diff(c) == b.abs_diff(d)
        };
        let cell = |v: u32| (v / 8, v % 8);
        let pairs = (0..64).flat_map(|u| (u + 1..64).map(move |v| (u, v)));
        let edges: Vec<_> = pairs.filter(|&(u, v)| attack(cell(u), cell(v))).collect();
        Graph::from_edges(64, &edges).unwrap().0
    }
}
