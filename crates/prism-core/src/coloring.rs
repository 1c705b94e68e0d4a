//! A colouring and its independent check.

use crate::Graph;

/// A colour, 0-based.
pub type Color = u16;

/// The largest number of colours a colouring may use. The value `Color::MAX` itself stays free, so
/// that engines may use it for "no colour yet".
pub const MAX_COLORS: usize = Color::MAX as usize;

/// One colour for each vertex.
///
/// It holds no claim of being proper: ask [`Coloring::verify`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coloring {
    colors: Vec<Color>,
}

/// The first thing that makes a colouring improper.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// One colour a vertex is needed, no more and no fewer.
    #[error("{colors} colours for {vertices} vertices")]
    WrongLength {
        /// Length of the colouring.
        colors: usize,
        /// Number of vertices of the graph.
        vertices: usize,
    },
    /// Both ends of an edge have the same colour.
    #[error("vertices {u} and {v} (0-based) are adjacent and both have colour {color}")]
    Conflict {
        /// One end.
        u: u32,
        /// The other end.
        v: u32,
        /// The colour that they share.
        color: Color,
    },
    /// A vertex without a colour.
    #[error("vertex {0} (0-based) has no colour")]
    Uncolored(u32),
}

impl Coloring {
    /// Wraps one colour a vertex as they are, gaps in the numbering included.
    pub fn from_colors(colors: Vec<Color>) -> Self {
        Self { colors }
    }

    /// The colours, by vertex.
    pub fn colors(&self) -> &[Color] {
        &self.colors
    }

    /// Gives the colours back.
    pub fn into_colors(self) -> Vec<Color> {
        self.colors
    }

    /// Number of different colours in use.
    pub fn num_colors(&self) -> usize {
        let mut used = vec![false; MAX_COLORS + 1];
        for &c in &self.colors {
            used[c as usize] = true;
        }
        used.iter().filter(|&&u| u).count()
    }

    /// Renumbers the colours to `0..k` in order of first use, so that no number is left out.
    pub fn normalize(&mut self) {
        let mut new_name = vec![None; MAX_COLORS + 1];
        let mut k = 0;
        for c in &mut self.colors {
            *c = *new_name[*c as usize].get_or_insert_with(|| {
                k += 1;
                k - 1
            });
        }
    }

    /// The edges of `graph` whose ends have the same colour, smaller end first, in order. Vertices beyond the
    /// colouring and those without a colour are in no conflict.
    pub fn conflicts<'c>(
        &'c self,
        graph: &'c Graph<'_>,
    ) -> impl Iterator<Item = (u32, u32, Color)> {
        let color = |v: u32| self.colors.get(v as usize).copied().filter(|&c| c != Color::MAX);
        let equal = move |(u, v): (u32, u32)| {
            color(u).filter(|&shared| color(v) == Some(shared)).map(|shared| (u, v, shared))
        };
        graph.edges().filter_map(equal)
    }

    /// The colours in use and the number of vertices that have each, in order.
    pub fn classes(&self) -> Vec<(Color, usize)> {
        let mut sizes = vec![0; MAX_COLORS];
        for &c in self.colors.iter().filter(|&&c| c != Color::MAX) {
            sizes[c as usize] += 1;
        }
        (0..Color::MAX).zip(sizes).filter(|&(_, size)| size > 0).collect()
    }

    /// Checks the colouring against `graph`, sharing no code with the engines that made it. O(n + m).
    ///
    /// # Errors
    /// The first [`Violation`] in order of vertices.
    pub fn verify(&self, graph: &Graph<'_>) -> Result<(), Violation> {
        if self.colors.len() != graph.n() {
            return Err(Violation::WrongLength { colors: self.colors.len(), vertices: graph.n() });
        }
        for u in graph.vertices() {
            let color = self.colors[u as usize];
            if color == Color::MAX {
                return Err(Violation::Uncolored(u));
            }
            let clash = graph.neighbors(u).iter().find(|&&v| self.colors[v as usize] == color);
            if let Some(&v) = clash {
                return Err(Violation::Conflict { u, v, color });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verify_finds_each_kind_of_violation() {
        let (path, _) = Graph::from_edges(3, &[(0, 1), (1, 2)]).unwrap();
        let check = |colors: &[Color]| Coloring::from_colors(colors.to_vec()).verify(&path);
        assert_eq!(check(&[0, 1, 0]), Ok(()));
        assert_eq!(check(&[0, 1]), Err(Violation::WrongLength { colors: 2, vertices: 3 }));
        assert_eq!(check(&[0, 4, 4]), Err(Violation::Conflict { u: 1, v: 2, color: 4 }));
        assert_eq!(check(&[0, 1, Color::MAX]), Err(Violation::Uncolored(2)));
    }

    #[test]
    fn conflicts_and_classes_are_counted() {
        let (path, _) = Graph::from_edges(4, &[(0, 1), (1, 2), (3, 2)]).unwrap();
        let coloring = |colors: &[Color]| Coloring::from_colors(colors.to_vec());
        let conflicts = |colors| coloring(colors).conflicts(&path).collect::<Vec<_>>();
        assert_eq!(conflicts(&[0, 1, 0, 1]), []);
        assert_eq!(conflicts(&[5, 5, 0, 0]), [(0, 1, 5), (2, 3, 0)]);
        assert_eq!(conflicts(&[Color::MAX, Color::MAX, 3]), []);
        assert_eq!(coloring(&[5, 0, 5, Color::MAX]).classes(), [(0, 1), (5, 2)]);
    }

    #[test]
    fn normalize_closes_gaps_in_order_of_first_use() {
        let mut c = Coloring::from_colors(vec![7, 3, 7, 9]);
        assert_eq!(c.num_colors(), 3);
        c.normalize();
        assert_eq!(c.colors(), [0, 1, 0, 2]);
    }
}
