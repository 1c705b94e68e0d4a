//! The graph formats: one table of what each is called and what it can do.

use std::fmt;
use std::str::FromStr;

/// A graph format that PRISM reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// DIMACS `.col`: a `p edge N M` line and an `e U V` line an edge, vertices from 1.
    DimacsCol,
    /// DIMACS `.col.b`: the same header, then the lower triangle of the adjacency matrix in bits.
    DimacsBinary,
    /// METIS `.graph`: one line a vertex with its neighbours, vertices from 1.
    Metis,
    /// Matrix Market `.mtx`, coordinate: the pattern of a square matrix, rows from 1.
    MatrixMarket,
    /// ECL `.egr`: a compressed sparse row dump of little-endian 32-bit integers.
    Ecl,
    /// One edge a line: two vertex names, integers or text.
    EdgeList,
    /// One line a vertex with the names of its neighbours.
    AdjacencyList,
    /// As many rows as columns of 0 and 1, vertices from 0.
    AdjacencyMatrix,
    /// graph6 `.g6`: one line of printable characters, vertices from 0.
    Graph6,
    /// DOT `.dot`, the language of Graphviz: undirected graphs.
    Dot,
}

/// What is to be known of a format.
struct Row {
    format: Format,
    name: &'static str,
    /// Other names, among them the usual extensions.
    aliases: &'static [&'static str],
    /// The number of the first vertex.
    first_vertex: u32,
    text: bool,
    written: bool,
    /// Whether what is written has the names of the vertices.
    keeps_names: bool,
}

/// The formats, in the order in which messages list them.
const TABLE: [Row; 10] = [
    Row {
        format: Format::DimacsCol,
        name: "dimacs",
        aliases: &["col"],
        first_vertex: 1,
        text: true,
        written: true,
        keeps_names: false,
    },
    Row {
        format: Format::DimacsBinary,
        name: "dimacs-binary",
        aliases: &["col.b", "colb"],
        first_vertex: 1,
        text: false,
        written: false,
        keeps_names: false,
    },
    Row {
        format: Format::Metis,
        name: "metis",
        aliases: &["graph"],
        first_vertex: 1,
        text: true,
        written: true,
        keeps_names: false,
    },
    Row {
        format: Format::MatrixMarket,
        name: "mtx",
        aliases: &["matrix-market"],
        first_vertex: 1,
        text: true,
        written: true,
        keeps_names: false,
    },
    Row {
        format: Format::Ecl,
        name: "ecl",
        aliases: &["egr"],
        first_vertex: 0,
        text: false,
        written: false,
        keeps_names: false,
    },
    Row {
        format: Format::EdgeList,
        name: "edge-list",
        aliases: &["edges", "edgelist", "el", "txt", "csv", "tsv"],
        first_vertex: 0,
        text: true,
        written: true,
        keeps_names: true,
    },
    Row {
        format: Format::AdjacencyList,
        name: "adjacency-list",
        aliases: &["adjlist", "neighbours", "neighbors"],
        first_vertex: 0,
        text: true,
        written: false,
        keeps_names: false,
    },
    Row {
        format: Format::AdjacencyMatrix,
        name: "adjacency-matrix",
        aliases: &["matrix"],
        first_vertex: 0,
        text: true,
        written: false,
        keeps_names: false,
    },
    Row {
        format: Format::Graph6,
        name: "graph6",
        aliases: &["g6"],
        first_vertex: 0,
        text: true,
        written: false,
        keeps_names: false,
    },
    Row {
        format: Format::Dot,
        name: "dot",
        aliases: &["gv"],
        first_vertex: 0,
        text: true,
        written: false,
        keeps_names: false,
    },
];

/// A name that is none of the formats.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format \"{name}\"; known are {known}")]
pub struct UnknownFormatName {
    name: String,
    known: String,
}

impl UnknownFormatName {
    pub(super) fn new(name: &str, known: String) -> Self {
        Self { name: name.to_owned(), known }
    }
}

impl Format {
    /// All of them.
    pub const ALL: [Self; TABLE.len()] = {
        let mut all = [Self::DimacsCol; TABLE.len()];
        let mut at = 0;
        while at < all.len() {
            all[at] = TABLE[at].format;
            at += 1;
        }
        all
    };

    fn row(self) -> &'static Row {
        // Every format has a row, as a test says.
        TABLE.iter().find(|row| row.format == self).unwrap_or(&TABLE[0])
    }

    /// The name that [`FromStr`] takes and [`fmt::Display`] gives.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The other names that [`FromStr`] takes, among them the usual extensions.
    pub fn aliases(self) -> &'static [&'static str] {
        self.row().aliases
    }

    /// The number of the first vertex in files of this format.
    pub fn first_vertex(self) -> u32 {
        self.row().first_vertex
    }

    /// Whether its files are text.
    pub(super) fn is_text(self) -> bool {
        self.row().text
    }

    /// Whether [`super::write_graph`] writes it.
    pub fn is_written(self) -> bool {
        self.row().written
    }

    /// Whether a file that is written has the names of the vertices, where they have any.
    pub fn keeps_names(self) -> bool {
        self.row().keeps_names
    }

    /// The names of all formats, as a message lists them.
    pub(super) fn known() -> String {
        TABLE.each_ref().map(|row| row.name).join(", ")
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormatName;

    /// Takes a name in any case, or the usual extension of the format.
    fn from_str(text: &str) -> Result<Self, UnknownFormatName> {
        let wanted = text.to_ascii_lowercase();
        let wanted = wanted.trim_start_matches('.');
        let found = TABLE.iter().find(|row| row.name == wanted || row.aliases.contains(&wanted));
        found.map(|row| row.format).ok_or_else(|| UnknownFormatName::new(text, Self::known()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        let mut names: Vec<&str> = Vec::new();
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
            names.push(format.name());
            for alias in format.aliases() {
                assert_eq!(alias.to_uppercase().parse(), Ok(format));
                names.push(alias);
            }
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        let error = "gexf".parse::<Format>().unwrap_err().to_string();
        assert!(error.contains("\"gexf\"") && error.contains("dimacs, dimacs-binary"), "{error}");
    }
}
