//! Files: graphs and colourings in the formats of the field.
//!
//! [`read_path`], [`read_stdin`], [`read_bytes`] and [`read_from`] take a graph in any [`Format`],
//! plain or compressed with gzip or zstd. Compression and format are detected by content, so that
//! standard input works like a file; [`ReadOptions::format`] names the format where the content
//! leaves a doubt. What they return is a simple graph: repeated edges are merged, self-loops
//! dropped, and both are counted in [`Loaded::cleanup`].
//!
//! A file is never trusted. Memory grows with the data that was read, not with what a header
//! announces: a header may ask for [`ReadOptions::free_vertices`] vertices without further proof,
//! and for [`VERTICES_PER_EDGE`] more for each edge. Every error names the file, the place and what
//! was expected.
//!
//! Reading streams: one thread decompresses, others parse, and the graph is built from edges that take
//! 8 bytes each. The peak is below three times the finished graph (8 bytes a vertex, 8 an edge).
//!
//! ```
//! use prism_core::io::{self, Format, ReadOptions};
//!
//! let text = b"c a triangle\np edge 3 3\ne 1 2\ne 2 3\ne 1 3\n";
//! let loaded = io::read_bytes(text, "triangle.col", &ReadOptions::default())?;
//! assert_eq!((loaded.format, loaded.graph.n(), loaded.graph.m()), (Format::DimacsCol, 3, 3));
//! # Ok::<(), io::ReadError>(())
//! ```

mod adjacency_list;
mod adjacency_matrix;
mod allowed_read;
mod arcs;
mod builder;
mod coloring_dot;
mod coloring_format;
mod coloring_json;
mod coloring_lines;
mod coloring_read;
mod coloring_write;
mod comments;
mod csv_fields;
mod decompress;
mod detect;
mod dimacs;
mod dimacs_binary;
mod dot;
mod dot_lexer;
mod doubts;
mod ecl;
mod edge_list;
mod error;
mod format;
mod gaps;
mod graph6;
mod interner;
mod labels;
mod lexer;
mod lines;
mod matrix_market;
mod metis;
mod names;
mod naming;
mod notes;
mod output;
mod part;
mod precolored_read;
mod resemblance;
mod rows;
mod source;
mod thinning;
mod vertex_names;
mod vertex_values;
mod write;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::graph::{Cleanup, Graph};

pub use allowed_read::{read_allowed_from, read_allowed_path};
pub use coloring_format::ColoringFormat;
pub use coloring_read::{read_coloring_from, read_coloring_path};
pub use coloring_write::{check_names, write_coloring, write_coloring_as_is};
pub use error::{ErrorKind, Place, ReadError};
pub use format::{Format, UnknownFormatName};
pub use labels::Labels;
pub use naming::Naming;
pub use notes::Note;
pub use output::{can_save, save, save_unless};
pub use part::discard_unfinished;
pub use precolored_read::{read_precolored_from, read_precolored_path};
pub use write::write_graph;

use error::counted;
use source::Source;

/// Vertices that each edge justifies beyond [`ReadOptions::free_vertices`].
pub const VERTICES_PER_EDGE: u64 = 16;

/// How to read a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// The format; none to detect it.
    pub format: Option<Format>,
    /// Makes errors of repeated edges, self-loops, a wrong number of edges in a header, and of what was
    /// not read as it was meant (see [`Note`]).
    pub strict: bool,
    /// Whether the first line of an edge list is a heading; none to find out. Where it cannot be found
    /// out, the list is refused.
    pub heading: Option<bool>,
    /// Whether the last line of an edge list (`0 0`, `-1`, `end`) is a mark of its end; none to find out, which
    /// is only possible where another line names that vertex.
    pub end_mark: Option<bool>,
    /// Takes an edge list whose columns have no name in common for a graph although a heading stands
    /// above them.
    pub bipartite: bool,
    /// The number of vertices that a header is believed without edges to show for it. By default
    /// 2^26, which a graph spends half a gigabyte on (8 bytes a vertex).
    pub free_vertices: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            format: None,
            strict: false,
            heading: None,
            end_mark: None,
            bipartite: false,
            free_vertices: 1 << 26,
        }
    }
}

/// A graph as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// The graph.
    pub graph: Graph<'static>,
    /// What was removed to make it simple.
    pub cleanup: Cleanup,
    /// The format that was detected or given.
    pub format: Format,
    /// The names of the vertices in the file, if they are not their numbers: edge lists with text for
    /// names, or with integers that are not 0, 1, 2 and so on without gaps.
    pub labels: Option<Labels>,
    /// Anything odd about the file that did not keep it from being read.
    pub notes: Vec<Note>,
}

/// Reads a graph from a file.
///
/// # Errors
/// [`ReadError`]: the file cannot be read, or is not a graph.
pub fn read_path(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let file = File::open(path).map_err(|e| ReadError::new(&name, Place::Whole, e.into()))?;
    read_from(file, &name, options)
}

/// Reads a graph from standard input, which is called `<stdin>` in errors.
///
/// # Errors
/// [`ReadError`]: the input cannot be read, or is not a graph.
pub fn read_stdin(options: &ReadOptions) -> Result<Loaded, ReadError> {
    read_from(std::io::stdin(), "<stdin>", options)
}

/// Reads a graph from memory; errors call it `name`.
///
/// # Errors
/// [`ReadError`]: the bytes are not a graph.
pub fn read_bytes(bytes: &[u8], name: &str, options: &ReadOptions) -> Result<Loaded, ReadError> {
    read_from(bytes, name, options)
}

/// Reads a graph from any reader; errors call it `name`. The reader is used from another thread.
/// Buffering it gains nothing.
///
/// # Errors
/// [`ReadError`]: the input cannot be read, or is not a graph.
pub fn read_from(
    reader: impl Read + Send,
    name: &str,
    options: &ReadOptions,
) -> Result<Loaded, ReadError> {
    source::with_source(reader, name, |source| {
        let format = match options.format {
            Some(format) => format,
            None => {
                let (head, complete) = source.peek();
                detect::detect(head, complete, name, options)
                    .map_err(|kind| source.error(Place::Whole, kind))?
            }
        };
        if format.is_text() {
            source.require_lines()?;
            source.is_text();
        }
        if options.format.is_none() && format == Format::EdgeList {
            let (head, complete) = source.peek();
            resemblance::check(head, complete, options.heading)
                .map_err(|(line, kind)| source.error(Place::Line(line), kind))?;
        }
        let read = match format {
            Format::DimacsCol => dimacs::read,
            Format::DimacsBinary => dimacs_binary::read,
            Format::Metis => metis::read,
            Format::MatrixMarket => matrix_market::read,
            Format::Ecl => ecl::read,
            Format::EdgeList => edge_list::read,
            Format::AdjacencyList => adjacency_list::read,
            Format::AdjacencyMatrix => adjacency_matrix::read,
            Format::Graph6 => graph6::read,
            Format::Dot => dot::read,
        };
        let loaded = read(source, options).and_then(|loaded| {
            let loaded = Loaded { format, ..loaded };
            if options.strict { check_strict(source, loaded) } else { Ok(loaded) }
        });
        loaded.map_err(|error| match options.format {
            None => error.detected(format),
            Some(_) => error,
        })
    })
}

impl Loaded {
    /// A graph without notes; the caller fills in the format.
    fn new(graph: Graph<'static>, cleanup: Cleanup) -> Self {
        Self { graph, cleanup, format: Format::EdgeList, labels: None, notes: Vec::new() }
    }

    /// Notes that the header announces another number of edges than there are, if it does.
    fn note_edges(&mut self, declared: u64, found: u64) {
        if found != declared {
            self.notes.push(Note::EdgeCount { declared, found });
        }
    }

    /// What the file calls its vertices.
    pub fn naming(&self) -> Naming<'_> {
        let counted = Naming::counted_from(self.format.first_vertex());
        self.labels.as_ref().map_or(counted, Naming::names)
    }

    /// What the file calls vertex `v`: its name, or its number counted from where the format counts.
    pub fn vertex_name(&self, v: u32) -> String {
        self.naming().name(v).into_owned()
    }
}

/// What `strict` adds: nothing may have been repaired or left out.
fn check_strict(source: &Source<'_>, loaded: Loaded) -> Result<Loaded, ReadError> {
    let Cleanup { duplicates, self_loops } = loaded.cleanup;
    let repaired = [(duplicates, "repeated edge"), (self_loops, "self-loop")];
    let repaired = repaired.into_iter().filter(|&(count, _)| count > 0);
    let repaired: Vec<String> = repaired.map(|(count, what)| counted(count, what)).collect();
    let refused = loaded.notes.iter().filter(|note| note.is_refused_when_strict());
    let mut what: Vec<String> = refused.map(ToString::to_string).collect();
    if !repaired.is_empty() {
        what.insert(0, format!("{}; expected none", repaired.join(" and ")));
    }
    if what.is_empty() {
        return Ok(loaded);
    }
    Err(source.error(Place::Whole, ErrorKind::Strict(what.join("; "))))
}

/// Decides whether `edges` edges justify `n` vertices, which they must before any memory is spent on
/// them.
fn plausible(n: u64, edges: u64, options: &ReadOptions) -> Result<usize, ErrorKind> {
    if n > Graph::MAX_VERTICES as u64 {
        return Err(ErrorKind::TooManyVertices { n, max: Graph::MAX_VERTICES as u64 });
    }
    let limit = options.free_vertices.max(edges.saturating_mul(VERTICES_PER_EDGE));
    if n > limit {
        return Err(ErrorKind::Implausible { n, edges, limit });
    }
    // It fits: MAX_VERTICES is a usize.
    Ok(n as usize)
}
