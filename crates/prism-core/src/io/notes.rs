//! What is odd about a file and did not keep it from being read.

use std::fmt;

use super::error::{counted, vertices};

/// Something odd about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The header announces another number of edges.
    EdgeCount {
        /// The number in the header.
        declared: u64,
        /// The number in the file, repetitions and self-loops included.
        found: u64,
    },
    /// A comment `# vertices: N` announces another number of vertices.
    VertexCount {
        /// The number in the comment.
        declared: u64,
        /// The number in the file.
        found: u64,
    },
    /// The size line of a matrix announces another number of entries.
    EntryCount {
        /// The number in the size line.
        declared: u64,
        /// The number in the file.
        found: u64,
    },
    /// The number of edges with a distance that the colours of their ends should keep, which was not read.
    Distances(u64),
    /// The number of vertices that ask for several colours, which was not read.
    Demands(u64),
    /// A square matrix is not symmetric; this is the number of entries off the diagonal without a
    /// counterpart. The graph is that of A + A^T.
    Unsymmetric(u64),
    /// The banner of a Matrix Market file has one `%`.
    Banner,
    /// The first line of an edge list names the columns.
    Heading,
    /// The first line of an edge list gives the numbers of vertices and edges.
    SizeHeading {
        /// The number of vertices.
        vertices: u32,
        /// The number of the first.
        first: u32,
        /// The number of edges, if the line gives it.
        edges: Option<u32>,
    },
    /// The last line of an edge list marks its end.
    EndMark,
    /// No name stands in both columns of an edge list: the graph is bipartite, or not what is meant.
    TwoSides,
    /// The number of edges that stand in one of two rows only. They were taken all the same.
    OneWay(u64),
    /// The number of integers between the smallest and the largest name of an edge list that no line
    /// names. They are no vertices.
    Gaps(u64),
    /// The lines of an edge list have columns behind the second, which were not read.
    MoreColumns,
}

impl Note {
    /// Whether the file contradicts itself or was not read as it was meant, so that strict reading
    /// refuses it.
    pub(super) fn is_refused_when_strict(&self) -> bool {
        match self {
            Self::EdgeCount { .. }
            | Self::VertexCount { .. }
            | Self::EntryCount { .. }
            | Self::Distances(_)
            | Self::Demands(_)
            | Self::Unsymmetric(_)
            | Self::OneWay(_) => true,
            Self::Banner
            | Self::Heading
            | Self::SizeHeading { .. }
            | Self::EndMark
            | Self::TwoSides
            | Self::Gaps(_)
            | Self::MoreColumns => false,
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EdgeCount { declared, found } => {
                write!(f, "the header says {}, the file lists {found}", counted(*declared, "edge"))
            }
            Self::VertexCount { declared, found } => {
                write!(f, "a comment says {}, the file has {found}", vertices(*declared))
            }
            Self::EntryCount { declared, found } => {
                let declared = entries(*declared);
                write!(f, "the size line says {declared}, the file lists {found}")
            }
            Self::Distances(count) => write!(
                f,
                "the distances of {} were not read: adjacent vertices only get different colours",
                counted(*count, "edge")
            ),
            Self::Demands(count) => {
                let what = if *count == 1 { "vertex" } else { "vertices" };
                write!(
                    f,
                    "the demands of {count} {what} were not read: each vertex gets one colour"
                )
            }
            Self::Unsymmetric(count) => write!(
                f,
                "the matrix A is not symmetric ({} without counterpart): the graph is that of A + A^T, and \
a colouring of it is no compression of the columns of A",
                entries(*count)
            ),
            Self::Banner => f.write_str("the banner should begin with two % signs: %%MatrixMarket"),
            Self::Heading => f.write_str("the first line was taken for a heading"),
            Self::SizeHeading { vertices: n, first, edges } => {
                write!(f, "the first line was taken for a heading: {}", vertices((*n).into()))?;
                if *n > 0 {
                    let last = u64::from(*n) - 1 + u64::from(*first);
                    write!(f, " (numbers {first} to {last})")?;
                }
                edges.map_or(Ok(()), |edges| write!(f, " and {}", counted(edges.into(), "edge")))
            }
            Self::EndMark => f.write_str("the last line was taken for a mark of the end"),
            Self::TwoSides => f.write_str(
                "no name stands in both columns: if the lines are enrolments, this is not the graph of what clashes",
            ),
            Self::Gaps(count) => {
                let verb = if *count == 1 { "is" } else { "are" };
                write!(
                    f,
                    "{} between the smallest and the largest {verb} in no line, and no vertices",
                    counted(*count, "number")
                )
            }
            Self::MoreColumns => f.write_str("columns behind the second name were not read"),
            Self::OneWay(edges) => {
                write!(f, "{} given in one direction only", counted(*edges, "edge"))
            }
        }
    }
}

/// A number of entries.
fn entries(number: u64) -> String {
    let what = if number == 1 { "entry" } else { "entries" };
    format!("{number} {what}")
}
