//! What can be wrong with an input file, and where.
//!
//! Every message says three things: the file, the place in it (a line for text, a byte for binary
//! formats, both counted after decompression), and what was expected beside what was found.

use std::fmt;

use super::Format;
use crate::memory::{Bytes, Room};

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{name}{place}: {reading}{kind}", reading = ReadAs(*.format))]
pub struct ReadError {
    name: String,
    place: Place,
    /// The format, if it was detected: a wrong guess explains many errors.
    format: Option<Format>,
    #[source]
    kind: Box<ErrorKind>,
}

/// The begin of the message when the format was detected.
struct ReadAs(Option<Format>);

impl fmt::Display for ReadAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => Ok(()),
            Some(format) => write!(f, "read as {format}: "),
        }
    }
}

/// A place in the decompressed input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    Whole,
    /// A line, counted from 1.
    Line(u64),
    /// A byte, counted from 0.
    Byte(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Line(line) => write!(f, ", line {line}"),
            Self::Byte(byte) => write!(f, ", byte {byte}"),
        }
    }
}

/// What was wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The system could not open or read the file.
    #[error("{0}")]
    Io(#[source] std::io::Error),
    /// The compressed data is damaged or ends too early.
    #[error("damaged or truncated {codec} data: {reason}")]
    Compression {
        /// `gzip` or `zstd`.
        codec: &'static str,
        /// What the decompressor said.
        reason: String,
    },
    /// A compression that is not read.
    #[error(
        "the file is compressed with {codec}; plain, gzip and zstd files are read: decompress it first, as by {tool}"
    )]
    OtherCompression {
        /// The name of the format.
        codec: &'static str,
        /// The command that decompresses it.
        tool: &'static str,
    },
    /// Nothing but blanks.
    #[error("the file is empty; expected a graph or a colouring")]
    Empty,
    /// The content is like none of the formats.
    #[error("the content is none of the known formats ({known}): {0}", known = Format::known())]
    UnknownFormat(&'static str),
    /// The content is like that of a form that is not read.
    #[error("this looks like {what}: {advice}{}; found {found}", option(advice))]
    OtherForm {
        /// The form.
        what: &'static str,
        /// What can be done about it.
        advice: &'static str,
        /// The line that shows it.
        found: String,
    },
    /// What can be read in several ways is read in none.
    #[error("in doubt: {found:?} is {readings}; {decides} decides")]
    Doubtful {
        /// What is in doubt.
        found: String,
        /// The ways to read it.
        readings: String,
        /// The options of the command `prism` that decide.
        decides: &'static str,
    },
    /// Something else stands where this was expected.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What belongs there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Vertex 0 in a format that counts from 1.
    #[error("vertex 0, but {0} files number their vertices from 1")]
    VertexZero(Format),
    /// A vertex that the header leaves no room for.
    #[error("vertex {vertex}, but the header allows {count} (numbers {first} to {last})", count = vertices(*n), last = n - 1 + first)]
    VertexOutOfRange {
        /// The number in the file.
        vertex: u64,
        /// The number of vertices that the header gives.
        n: u64,
        /// The number of the first vertex in this format.
        first: u64,
    },
    /// A vertex where the header says that there is none.
    #[error("vertex {0}, but the header says that there are no vertices")]
    NoVertices(u64),
    /// More vertices than PRISM takes.
    #[error("{n} vertices; PRISM numbers vertices with 32 bits and takes at most {max}")]
    TooManyVertices {
        /// The number in the header.
        n: u64,
        /// The largest number possible.
        max: u64,
    },
    /// Far more vertices than the edges can account for.
    #[error(
        "the header says {n} vertices, with only {count}; at most {limit} vertices are taken on trust",
        count = counted(*edges, "edge")
    )]
    Implausible {
        /// The number of vertices in the header.
        n: u64,
        /// The number of edges in the header or in the file.
        edges: u64,
        /// The limit that holds for this many edges.
        limit: u64,
    },
    /// The input ends before it is complete.
    #[error("the file ends too early: expected {expected}, found {found}")]
    Truncated {
        /// What should have been there.
        expected: String,
        /// What there is of it.
        found: String,
    },
    /// More memory than there is.
    #[error("not enough memory: it takes {at_least}{needed}, and there is {room}", at_least = if *known { "" } else { "more than " }, needed = Bytes(*needed))]
    Memory {
        /// Bytes that it takes.
        needed: u64,
        /// Whether that is all, or what is known before all has been read.
        known: bool,
        /// What there is.
        room: Room,
    },
    /// More than the header announces.
    #[error("more than the header says: expected {expected}, found {found}")]
    Surplus {
        /// What should have been there.
        expected: String,
        /// What there is.
        found: String,
    },
    /// One direction of an edge in a format that lists both.
    #[error("vertex {u} lists vertex {v} as a neighbour, but vertex {v} does not list {u}")]
    Asymmetric {
        /// The vertex that lists the other, as numbered in the file.
        u: u64,
        /// The vertex that does not.
        v: u64,
    },
    /// `strict` reading met something that otherwise would be repaired and counted.
    #[error("strict reading: {0}")]
    Strict(String),
}

/// The option that takes a file for an edge list, unless the advice has it already.
fn option(advice: &str) -> &'static str {
    match advice.contains("--format edge-list") {
        true => "",
        false => " (--format edge-list reads two names in each line all the same)",
    }
}

/// A number and what it counts, in the plural unless it is one.
pub(super) fn counted(number: u64, what: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {what}{end}")
}

/// A number of vertices, whose plural is a word of its own.
pub(super) fn vertices(number: u64) -> String {
    let what = if number == 1 { "vertex" } else { "vertices" };
    format!("{number} {what}")
}

impl ReadError {
    pub(super) fn new(name: &str, place: Place, kind: ErrorKind) -> Self {
        Self { name: name.to_owned(), place, format: None, kind: Box::new(kind) }
    }

    /// Adds that the format was detected.
    pub(super) fn detected(self, format: Format) -> Self {
        Self { format: Some(format), ..self }
    }

    /// The name of the input, as given by the caller.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is wrong.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether it is the memory that does not suffice, and nothing is wrong with the input.
    pub fn is_out_of_memory(&self) -> bool {
        match &*self.kind {
            ErrorKind::Memory { .. } => true,
            ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::OutOfMemory,
            _ => false,
        }
    }

    /// What is wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }
}

impl ErrorKind {
    pub(super) fn expected(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Expected { expected: expected.into(), found: found.into() }
    }

    pub(super) fn truncated(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Truncated { expected: expected.into(), found: found.into() }
    }

    /// The right error for a vertex number `vertex` that is not one of `n` counted from `first`.
    pub(super) fn bad_vertex(format: Format, vertex: u64, n: u64, first: u64) -> Self {
        if vertex < first {
            Self::VertexZero(format)
        } else if n == 0 {
            Self::NoVertices(vertex)
        } else {
            Self::VertexOutOfRange { vertex, n, first }
        }
    }
}
