//! The names of the graph formats.

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
}

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
    pub const ALL: [Self; 6] = [
        Self::DimacsCol,
        Self::DimacsBinary,
        Self::Metis,
        Self::MatrixMarket,
        Self::Ecl,
        Self::EdgeList,
    ];

    /// The number of the first vertex in files of this format.
    pub fn first_vertex(self) -> u32 {
        match self {
            Self::DimacsCol | Self::DimacsBinary | Self::Metis | Self::MatrixMarket => 1,
            Self::Ecl | Self::EdgeList => 0,
        }
    }

    /// The name that [`FromStr`] takes and [`fmt::Display`] gives.
    pub fn name(self) -> &'static str {
        match self {
            Self::DimacsCol => "dimacs",
            Self::DimacsBinary => "dimacs-binary",
            Self::Metis => "metis",
            Self::MatrixMarket => "mtx",
            Self::Ecl => "ecl",
            Self::EdgeList => "edge-list",
        }
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
        match text.to_ascii_lowercase().trim_start_matches('.') {
            "dimacs" | "col" => Ok(Self::DimacsCol),
            "dimacs-binary" | "col.b" | "colb" => Ok(Self::DimacsBinary),
            "metis" | "graph" => Ok(Self::Metis),
            "mtx" | "matrix-market" => Ok(Self::MatrixMarket),
            "ecl" | "egr" => Ok(Self::Ecl),
            "edge-list" | "edges" | "edgelist" | "el" | "txt" | "csv" | "tsv" => Ok(Self::EdgeList),
            _ => Err(UnknownFormatName::new(text, Self::ALL.map(Self::name).join(", "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        let error = "gexf".parse::<Format>().unwrap_err().to_string();
        assert!(error.contains("\"gexf\"") && error.contains("dimacs, dimacs-binary"), "{error}");
    }
}
