//! The names of the colouring formats.

use std::fmt;
use std::str::FromStr;

use super::format::UnknownFormatName;

/// A way to write a colouring down. [`super::read_coloring_path`] reads all of them. In each, vertices
/// are called as in the file of their graph: by name, or by its own numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ColoringFormat {
    /// One colour a line, in the order of the vertices, counted from 0. Unless the vertices are called
    /// 1, 2 and so on, each line is the name of a vertex, a tab and the colour.
    #[default]
    Plain,
    /// `s col K`, then `l VERTEX COLOUR` for each vertex, colours counted from 1.
    Dimacs,
    /// One object: `num_vertices`, `num_colors`, `colors` (counted from 0), and either `labels`, the
    /// names of the vertices in the order of the colours, or `first_vertex`, which is 1.
    Json,
    /// `vertex,colour` as a heading, then a line a vertex; colours counted from 0.
    Csv,
    /// A drawing of the graph for Graphviz, vertices filled by colour; `class` is the colour, counted
    /// from 0.
    Dot,
}

impl ColoringFormat {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Plain, Self::Dimacs, Self::Json, Self::Csv, Self::Dot];

    /// The name that [`FromStr`] takes and [`fmt::Display`] gives.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Dimacs => "dimacs",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Dot => "dot",
        }
    }
}

impl fmt::Display for ColoringFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ColoringFormat {
    type Err = UnknownFormatName;

    fn from_str(text: &str) -> Result<Self, UnknownFormatName> {
        let found = Self::ALL.into_iter().find(|f| f.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| UnknownFormatName::new(text, Self::ALL.map(Self::name).join(", ")))
    }
}
