//! Reading a colouring, for `verify` and for a warm start.
//!
//! The forms of [`super::ColoringFormat`] are told apart by how they begin, compressed or not. What is
//! read is one colour a vertex and nothing more: whether it is proper is for [`Coloring::verify`] to
//! say. Vertices are called as in the file of their graph, as they are when a colouring is written.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::{ErrorKind, Place, ReadError, counted};
use super::lexer::{self, quote, trim};
use super::naming::Naming;
use super::source::{Source, with_source};
use super::vertex_names::VertexNames;
use super::{coloring_dot, coloring_json, coloring_lines};
use crate::coloring::{Color, Coloring, MAX_COLORS};

/// Reads the colouring of a graph with `n` vertices, called as `naming` says, from a file.
///
/// # Errors
/// [`ReadError`]: the file cannot be read, or does not give each vertex one colour.
pub fn read_coloring_path(
    path: impl AsRef<Path>,
    n: usize,
    naming: Naming<'_>,
) -> Result<Coloring, ReadError> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let file = File::open(path).map_err(|e| ReadError::new(&name, Place::Whole, e.into()))?;
    read_coloring_from(file, &name, n, naming)
}

/// Reads a colouring as [`read_coloring_path`] does, from any reader; errors call it `name`.
///
/// # Errors
/// [`ReadError`]: the input cannot be read, or does not give each vertex one colour.
pub fn read_coloring_from(
    reader: impl Read + Send,
    name: &str,
    n: usize,
    naming: Naming<'_>,
) -> Result<Coloring, ReadError> {
    with_source(reader, name, |source| {
        source.require_lines()?;
        let (head, complete) = source.peek();
        if complete && n > 0 && head.trim_ascii().is_empty() {
            return Err(source.error(Place::Whole, ErrorKind::Empty));
        }
        let mut table = Table::new(n, naming);
        match whole_form(source, &mut table) {
            Some(read) => read(source, &mut table)?,
            None => coloring_lines::read(source, &mut table)?,
        }
        let missing = table.colors.iter().position(Option::is_none);
        if let Some(v) = missing {
            let given = table.colors.iter().flatten().count();
            let found = format!("{given}; {} has none", table.describe(v));
            let kind = ErrorKind::truncated(
                format!("{}, one a vertex", counted(n as u64, "colour")),
                found,
            );
            return Err(source.error(Place::Whole, kind));
        }
        Ok(Coloring::from_colors(table.colors.into_iter().flatten().collect()))
    })
}

/// How the colours of a file are read.
pub(super) type Reader = fn(&mut Source<'_>, &mut Table<'_>) -> Result<(), ReadError>;

/// The reader of a file that does not consist of lines with a vertex and its colour.
pub(super) fn whole_form(source: &Source<'_>, table: &mut Table<'_>) -> Option<Reader> {
    let head = source.peek().0.trim_ascii_start();
    // A name may begin with a bracket as well.
    let first = trim(lexer::split_line(head).0);
    if table.named(first).is_some() {
        return None;
    }
    match first {
        [b'{' | b'[', ..] => Some(coloring_json::read),
        _ if first.starts_with(coloring_dot::START) && first.ends_with(b"{") => Some(dot),
        _ => {
            let mut lines = head.split(|&b| b == b'\n').map(trim);
            let data = lines.find(|line| !matches!(line, [] | [b'#' | b'%', ..]))?;
            coloring_lines::is_heading(data, table).then_some(coloring_lines::read_table)
        }
    }
}

/// The drawing of a coloured graph.
fn dot(source: &mut Source<'_>, table: &mut Table<'_>) -> Result<(), ReadError> {
    while let Some(line) = source.next_line()? {
        let vertex = coloring_dot::colored_vertex(line).and_then(|found| {
            let Some((name, word)) = found else { return Ok(()) };
            let v = table.names.find(name.as_bytes())?;
            table.set(v, color(word)?)
        });
        vertex.map_err(|kind| source.error_here(kind))?;
    }
    Ok(())
}

/// The colours so far.
pub(super) struct Table<'l> {
    pub(super) colors: Vec<Option<Color>>,
    pub(super) names: VertexNames<'l>,
}

impl<'l> Table<'l> {
    /// No colours yet for `n` vertices.
    pub(super) fn new(n: usize, naming: Naming<'l>) -> Self {
        Self { colors: vec![None; n], names: VertexNames::new(n, naming) }
    }

    /// A vertex, for a message.
    fn describe(&self, v: usize) -> String {
        let naming = self.names.naming();
        let name = naming.name(v as u32);
        if naming.labels().is_some() {
            format!("vertex \"{name}\"")
        } else {
            format!("vertex {name}")
        }
    }

    /// A line that is the name of a vertex and a colour.
    pub(super) fn named(&mut self, line: &[u8]) -> Option<(usize, Color)> {
        self.names.naming().labels()?;
        let blank = line.iter().rposition(|&b| lexer::is_blank(b))?;
        let v = self.names.named(trim(&line[..blank]))?;
        Some((v, color(&line[blank + 1..]).ok()?))
    }

    pub(super) fn set(&mut self, v: usize, color: Color) -> Result<(), ErrorKind> {
        match self.colors[v].replace(color) {
            Some(before) if before != color => {
                let expected = format!("one colour for {}", self.describe(v));
                Err(ErrorKind::expected(expected, format!("{before} and {color}")))
            }
            _ => Ok(()),
        }
    }
}

/// A colour, counted from 0.
pub(super) fn color(word: &[u8]) -> Result<Color, ErrorKind> {
    let value = lexer::integer(word).filter(|&value| value < MAX_COLORS as u64);
    value.map(|value| value as Color).ok_or_else(|| {
        ErrorKind::expected(format!("a colour (0 to {})", MAX_COLORS - 1), quote(word))
    })
}
