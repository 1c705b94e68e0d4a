//! Reading a colouring, for `verify` and for a warm start.
//!
//! The three formats of [`super::ColoringFormat`] are told apart by their first line, compressed or
//! not. What is read is one colour a vertex and nothing more: whether it is proper is for
//! [`Coloring::verify`] to say. Colours of `l` lines count from 1; a file that uses 0 counts from 0.
//!
//! A vertex may be called `c`, `s` or `l`, like the beginnings of DIMACS lines. `NAME`, a tab and a
//! colour, as we write it, is always a vertex. With a blank in between, `c 1` is a vertex of that
//! name in a plain file and a comment in a DIMACS one; the first line that is clearly one or the
//! other decides.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::{ErrorKind, Place, ReadError, counted};
use super::labels::Labels;
use super::lexer::{self, quote, trim};
use super::source::{Source, with_source};
use super::vertex_names::VertexNames;
use crate::coloring::{Color, Coloring, MAX_COLORS};

/// Longest JSON text that is read.
const LONGEST_JSON: u64 = 1 << 31;

/// Reads the colouring of a graph with `n` vertices, whose names are `labels` if it has any, from a
/// file.
///
/// # Errors
/// [`ReadError`]: the file cannot be read, or does not give each vertex one colour.
pub fn read_coloring_path(
    path: impl AsRef<Path>,
    n: usize,
    labels: Option<&Labels>,
) -> Result<Coloring, ReadError> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let file = File::open(path).map_err(|e| ReadError::new(&name, Place::Whole, e.into()))?;
    read_coloring_from(file, &name, n, labels)
}

/// Reads a colouring as [`read_coloring_path`] does, from any reader; errors call it `name`.
///
/// # Errors
/// [`ReadError`]: the input cannot be read, or does not give each vertex one colour.
pub fn read_coloring_from(
    reader: impl Read + Send,
    name: &str,
    n: usize,
    labels: Option<&Labels>,
) -> Result<Coloring, ReadError> {
    with_source(reader, name, |source| {
        let (head, complete) = source.peek();
        let start = head.iter().find(|b| !b.is_ascii_whitespace()).copied();
        if start.is_none() && complete && n > 0 {
            return Err(source.error(Place::Whole, ErrorKind::Empty));
        }
        let mut table = Table { colors: vec![None; n], names: VertexNames::new(n, labels) };
        // A name may begin with a bracket as well.
        let first = lexer::split_line(head.trim_ascii_start()).0;
        match start {
            Some(b'{' | b'[') if table.named(trim(first)).is_none() => json(source, &mut table)?,
            _ => lines(source, &mut table)?,
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

/// The colours so far.
struct Table<'l> {
    colors: Vec<Option<Color>>,
    names: VertexNames<'l>,
}

impl Table<'_> {
    /// A vertex, for a message.
    fn describe(&self, v: usize) -> String {
        match self.names.labels().and_then(|labels| labels.get(v as u32)) {
            Some(name) => format!("vertex \"{name}\""),
            None => format!("vertex {v} (counted from 0)"),
        }
    }

    /// A line that is the name of a vertex and a colour.
    fn named(&mut self, line: &[u8]) -> Option<(usize, Color)> {
        self.names.labels()?;
        let blank = line.iter().rposition(|&b| lexer::is_blank(b))?;
        let v = self.names.named(trim(&line[..blank]))?;
        Some((v, color(&line[blank + 1..]).ok()?))
    }

    fn set(&mut self, v: usize, color: Color) -> Result<(), ErrorKind> {
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

/// Plain and DIMACS-like lines.
fn lines(source: &mut Source<'_>, table: &mut Table<'_>) -> Result<(), ReadError> {
    let mut next = 0;
    // Whether the file is one of `s` and `l` lines, once that is known.
    let mut dimacs = None;
    // Lines that are vertices of a plain file or comments of another, until that is known.
    let mut unclear = Vec::new();
    while let Some(line) = source.next_line()? {
        let line = trim(line);
        let named = if dimacs == Some(true) { None } else { table.named(line) };
        let taken = match (named, line, dimacs) {
            (Some((v, color)), _, Some(false)) => table.set(v, color),
            (Some((v, color)), _, None) if !reads_as_dimacs(line) => {
                dimacs = Some(false);
                table.set(v, color)
            }
            (Some((v, color)), [b'c' | b'#', ..], None) => {
                unclear.push((source.lines(), v, color));
                Ok(())
            }
            (_, [] | [b'#', ..] | [b'c'] | [b'c', b' ', ..], None | Some(true))
            | (_, [] | [b'#', ..], _) => Ok(()),
            (_, [b's', b' ' | b'\t', ..], None) => {
                dimacs = Some(true);
                Ok(())
            }
            (_, [b'l', b' ' | b'\t', rest @ ..], None | Some(true)) => {
                dimacs = Some(true);
                named_color(table, trim(rest), 1)
            }
            (_, _, Some(true)) => {
                Err(ErrorKind::expected("a line \"l VERTEX COLOUR\"", quote(line)))
            }
            _ => {
                dimacs = Some(false);
                plain_line(table, line, &mut next)
            }
        };
        taken.map_err(|kind| source.error_here(kind))?;
    }
    if dimacs != Some(true) {
        for (line, v, color) in unclear {
            let taken = table.set(v, color);
            taken.map_err(|kind| source.error(Place::Line(line), kind))?;
        }
    }
    // Counted from 1, unless a 0 says otherwise.
    if dimacs == Some(true) && !table.colors.contains(&Some(0)) {
        table.colors.iter_mut().flatten().for_each(|color| *color -= 1);
    }
    Ok(())
}

/// Whether a line that names a vertex and its colour could as well be a comment or a line of a
/// DIMACS file.
fn reads_as_dimacs(line: &[u8]) -> bool {
    let words = lexer::words(line).count();
    let tab = line.iter().rfind(|&&b| lexer::is_blank(b)) == Some(&b'\t');
    match line {
        _ if tab => false,
        [b'#', ..] | [b'c', b' ', ..] => true,
        [b's' | b'l', b' ', ..] => words >= 3,
        _ => false,
    }
}

/// A colour alone, or a name and a colour.
fn plain_line(table: &mut Table<'_>, line: &[u8], next: &mut usize) -> Result<(), ErrorKind> {
    if line.contains(&b'\t') || lexer::words(line).nth(1).is_some() {
        return named_color(table, line, 0);
    }
    let color = color(line)?;
    if *next >= table.colors.len() {
        let expected = format!("{}, one a vertex", counted(table.colors.len() as u64, "colour"));
        return Err(ErrorKind::expected(expected, "a further line"));
    }
    *next += 1;
    table.set(*next - 1, color)
}

/// A vertex and, as the last word, its colour.
fn named_color(table: &mut Table<'_>, line: &[u8], first: u64) -> Result<(), ErrorKind> {
    let Some(blank) = line.iter().rposition(|&b| lexer::is_blank(b)) else {
        return Err(ErrorKind::expected("a vertex and its colour", quote(line)));
    };
    let v = table.names.find(trim(&line[..blank]), first)?;
    let color = color(&line[blank + 1..])?;
    table.set(v, color)
}

/// The object that we write. Others call the colours `coloring`.
#[derive(serde::Deserialize)]
struct Object {
    #[serde(alias = "coloring")]
    colors: Vec<u32>,
    labels: Option<Vec<String>>,
}

/// An array of colours, or an object that has one.
fn json(source: &mut Source<'_>, table: &mut Table<'_>) -> Result<(), ReadError> {
    let mut text = Vec::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        let got = source.fill(&mut piece)?;
        if got == 0 {
            break;
        }
        text.extend_from_slice(&piece[..got]);
        if text.len() as u64 > LONGEST_JSON {
            let kind = ErrorKind::expected(format!("at most {LONGEST_JSON} bytes"), "more");
            return Err(source.error(Place::Whole, kind));
        }
    }
    let parsed = if text.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice(&text).map(|colors| Object { colors, labels: None })
    } else {
        serde_json::from_slice(&text)
    };
    let Object { colors, labels } = parsed.map_err(|error| {
        let place = Place::Line(error.line().max(1) as u64);
        let expected = "a JSON array of colours, or an object with one called \"colors\"";
        source.error(place, ErrorKind::expected(expected, error.to_string()))
    })?;
    fill(table, &colors, labels).map_err(|kind| source.error(Place::Whole, kind))
}

/// Too few or too many values in an array.
fn wrong_length(too_few: bool, expected: String, found: usize) -> ErrorKind {
    let found = found.to_string();
    if too_few {
        ErrorKind::truncated(expected, found)
    } else {
        ErrorKind::expected(expected, found)
    }
}

fn fill(
    table: &mut Table<'_>,
    colors: &[u32],
    names: Option<Vec<String>>,
) -> Result<(), ErrorKind> {
    let n = table.colors.len();
    if colors.len() != n {
        let expected = format!("{}, one a vertex", counted(n as u64, "colour"));
        return Err(wrong_length(colors.len() < n, expected, colors.len()));
    }
    let names = names.filter(|_| table.names.labels().is_some());
    if let Some(names) = &names
        && names.len() != n
    {
        let expected = format!("{}, one a vertex", counted(n as u64, "label"));
        return Err(wrong_length(names.len() < n, expected, names.len()));
    }
    for (v, &value) in colors.iter().enumerate() {
        let v = match &names {
            Some(names) => table.names.find(names[v].as_bytes(), 0)?,
            None => v,
        };
        table.set(v, color(value.to_string().as_bytes())?)?;
    }
    Ok(())
}
