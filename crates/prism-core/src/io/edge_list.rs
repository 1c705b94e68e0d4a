//! Edge lists: two vertex names a line, as SNAP, KONECT, networkx and spreadsheets write them.
//!
//! Names end at a comma or semicolon if the line has one, else at a tab, else at a blank; what follows
//! the second name (a weight, a time) is skipped. Lines that start with `#` or `%` are comments. A first
//! line like `source,target` is a heading.
//!
//! **Integers.** As long as every name is an integer below 2^32 - 1, written without leading zeros, it is
//! the number of a vertex: the graph has the vertices 0 to the largest id, those that no line names
//! being isolated, which keeps ids as they are (SNAP files). Ids that are too sparse for that, the largest
//! beyond both 65,536 and 8 times the number of lines, are renumbered in increasing order, and the
//! originals kept as [`Labels`]. A comment `# vertices: N` before the first edge raises the number of
//! vertices; our writer uses it.
//!
//! **Text.** The first name that is anything else turns the file into one of text names. Vertices are then
//! numbered in order of first appearance, after the integers that stood in front of it, in increasing
//! order. Integers are parsed in parallel; text goes through one hash table and takes longer.

use std::sync::atomic::{AtomicBool, Ordering};

use super::builder::{Edge, GraphBuilder};
use super::error::{ErrorKind, Place, ReadError};
use super::interner::Interner;
use super::labels::Labels;
use super::lexer::{self, Cursor, Number, quote, split_line, trim};
use super::source::Source;
use super::{Loaded, Note, ReadOptions, plausible};

/// Ids up to this are always kept as they are.
const ALWAYS_KEPT: u64 = 1 << 16;

/// Ids up to this many times the number of lines are kept as they are.
const KEPT_PER_EDGE: u64 = 8;

/// Names of the columns that make a first line a heading.
const HEADINGS: [&str; 14] = [
    "source",
    "target",
    "src",
    "dst",
    "from",
    "to",
    "fromnodeid",
    "tonodeid",
    "node1",
    "node2",
    "vertex1",
    "vertex2",
    "node_1",
    "node_2",
];

/// Integer edges of a block of lines.
#[derive(Default)]
struct Parsed {
    edges: Vec<Edge>,
    lines: u64,
    /// Where the first line starts that does not name two integers.
    other: Option<usize>,
}

/// What has been read of the file.
struct Reader {
    builder: GraphBuilder,
    /// Vertices that have a self-loop; they exist even when nothing else names them.
    loops: Vec<u32>,
    /// The text names, once there are any.
    names: Option<Interner>,
    heading: bool,
}

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let announced = announced_vertices(source.peek().0);
    let mut reader =
        Reader { builder: GraphBuilder::default(), loops: Vec::new(), names: None, heading: false };
    // Blocks behind the first text name need not be parsed as integers.
    let text = AtomicBool::new(false);
    source.for_each_block(
        |block, parsed| {
            if !text.load(Ordering::Relaxed) {
                parse(block, parsed);
            }
        },
        |source, parsed, block, lines_before| {
            let first_text = match (&reader.names, parsed.other) {
                (None, None) => {
                    reader.take_integers(&parsed.edges);
                    return Ok(parsed.lines);
                }
                (None, Some(other)) => {
                    reader.take_integers(&parsed.edges);
                    other
                }
                // The text name stood in an earlier block.
                (Some(_), _) => 0,
            };
            let lines = if first_text == 0 { 0 } else { parsed.lines };
            reader
                .take_text(&block[first_text..], lines)
                .map_err(|(line, kind)| source.error(Place::Line(lines_before + line), kind))
                .inspect(|_| text.store(reader.names.is_some(), Ordering::Relaxed))
        },
    )?;
    reader.finish(announced, options).map_err(|kind| source.error(Place::Whole, kind))
}

impl Reader {
    fn take_integers(&mut self, edges: &[Edge]) {
        self.builder.extend(edges);
        if self.builder.self_loops() > self.loops.len() as u64 {
            let loops = edges.iter().filter(|edge| edge.high() == edge.low());
            self.loops.extend(loops.map(|edge| edge.high()));
        }
    }

    /// Takes lines that may hold text. Errors carry the line, counted from `lines` before the first.
    fn take_text(&mut self, mut block: &[u8], mut lines: u64) -> Result<u64, (u64, ErrorKind)> {
        while !block.is_empty() {
            let (line, next) = split_line(block);
            block = &block[next..];
            lines += 1;
            let line = trim(line);
            if !matches!(line, [] | [b'#' | b'%', ..]) {
                self.text_line(line).map_err(|kind| (lines, kind))?;
            }
        }
        Ok(lines)
    }

    fn text_line(&mut self, line: &[u8]) -> Result<(), ErrorKind> {
        const EXPECTED: &str = "two vertex names";
        let line = std::str::from_utf8(line)
            .map_err(|_| ErrorKind::expected("text in UTF-8", quote(line)))?;
        let (first, second) =
            two_names(line).ok_or_else(|| ErrorKind::expected(EXPECTED, quote(line.as_bytes())))?;
        if self.names.is_none() {
            if self.builder.edges() == 0 && !self.heading && is_heading(first, second) {
                self.heading = true;
                return Ok(());
            }
            let as_integer = |name: &str| {
                let mut cursor = Cursor::new(name.as_bytes());
                vertex(&mut cursor).filter(|_| cursor.at_end())
            };
            if let (Some(u), Some(v)) = (as_integer(first), as_integer(second)) {
                self.take_integers(&[Edge::new(u, v)]);
                return Ok(());
            }
            self.turn_to_text();
        }
        let Some(names) = &mut self.names else { return Ok(()) };
        match (names.number(first), names.number(second)) {
            (Some(u), Some(v)) => {
                self.builder.push(Edge::new(u, v));
                Ok(())
            }
            _ => {
                let max = u64::from(u32::MAX);
                Err(ErrorKind::TooManyVertices { n: max + 1, max })
            }
        }
    }

    /// The integers so far become names.
    fn turn_to_text(&mut self) {
        let mut names = Interner::default();
        for id in self.builder.compact(std::mem::take(&mut self.loops)) {
            names.number(&id.to_string());
        }
        self.names = Some(names);
    }

    fn finish(mut self, announced: u64, options: &ReadOptions) -> Result<Loaded, ErrorKind> {
        let edges = self.builder.edges();
        let mut n = self.builder.needed();
        let labels = match self.names {
            Some(names) => {
                n = names.len() as u64;
                Some(names.into_labels())
            }
            None if announced > n => {
                n = plausible(announced, edges, options)? as u64;
                None
            }
            None if n > ALWAYS_KEPT.max(edges.saturating_mul(KEPT_PER_EDGE)) => {
                let ids = self.builder.compact(self.loops);
                n = ids.len() as u64;
                Some(Labels::integers(ids))
            }
            None => None,
        };
        let (graph, cleanup) = self.builder.finish(n as usize);
        let mut loaded = Loaded::new(graph, cleanup);
        loaded.labels = labels;
        if self.heading {
            loaded.notes.push(Note::Heading);
        }
        Ok(loaded)
    }
}

/// The N of a comment `# vertices: N` in front of the first edge.
fn announced_vertices(head: &[u8]) -> u64 {
    let lines = head.split(|&b| b == b'\n').map(trim);
    let comments = lines.take_while(|line| matches!(line, [] | [b'#' | b'%', ..]));
    let mut numbers = comments.filter_map(|line| {
        let mut words = lexer::words(&line[line.len().min(1)..]);
        (words.next()? == b"vertices:").then(|| lexer::integer(words.next()?))?
    });
    numbers.next().unwrap_or(0)
}

pub(super) fn is_heading(first: &str, second: &str) -> bool {
    [first, second].iter().all(|name| HEADINGS.contains(&name.to_lowercase().as_str()))
}

/// The first two names of a line.
fn two_names(line: &str) -> Option<(&str, &str)> {
    let mut parts: [Option<&str>; 2] = [None; 2];
    let separator = [',', ';', '\t'].into_iter().find(|&separator| line.contains(separator));
    match separator {
        Some(separator) => {
            let mut fields = line.split(separator).map(str::trim);
            parts = parts.map(|_| fields.next());
        }
        None => {
            let mut fields = line.split([' ', '\r']).filter(|field| !field.is_empty());
            parts = parts.map(|_| fields.next());
        }
    }
    let names = (parts[0]?, parts[1]?);
    (!names.0.is_empty() && !names.1.is_empty()).then_some(names)
}

/// Parses lines of integers, up to the first line that is anything else.
fn parse(block: &[u8], parsed: &mut Parsed) {
    let mut cursor = Cursor::new(block);
    parsed.edges.clear();
    parsed.edges.reserve(block.len() / 10);
    (parsed.lines, parsed.other) = (0, None);
    while !cursor.at_end() {
        let line_start = cursor.position();
        cursor.skip_blanks();
        match cursor.byte() {
            b'\n' => cursor.step(),
            b'#' | b'%' => cursor.skip_line(),
            _ => match edge(&mut cursor) {
                Some(edge) => parsed.edges.push(edge),
                None => {
                    parsed.other = Some(line_start);
                    return;
                }
            },
        }
        parsed.lines += 1;
    }
}

/// Parses one line of two integers and anything behind them, up to its line break. None when the names
/// that [`two_names`] finds in the line are, or may be, others.
#[inline]
fn edge(cursor: &mut Cursor<'_>) -> Option<Edge> {
    let u = vertex(cursor)?;
    let mut separator = match cursor.byte() {
        between @ (b' ' | b'\t' | b',' | b';') => between,
        _ => return None,
    };
    cursor.step();
    while cursor.byte() == b' ' {
        cursor.step();
    }
    if separator == b' ' && matches!(cursor.byte(), b'\t' | b',' | b';') {
        separator = cursor.byte();
        cursor.step();
        while cursor.byte() == b' ' {
            cursor.step();
        }
    }
    let v = vertex(cursor)?;
    if cursor.byte() == b'\n' {
        cursor.step();
    } else {
        further_columns(cursor, separator)?;
    }
    Some(Edge::new(u, v))
}

/// Skips what stands behind the second integer, if it cannot change where the names end.
fn further_columns(cursor: &mut Cursor<'_>, separator: u8) -> Option<()> {
    let rest = lexer::trim_end(cursor.line());
    let behind_blanks = rest.iter().find(|&&b| b != b' ').copied();
    let column_ends = match separator {
        b' ' => matches!(rest.first(), None | Some(b' ')),
        _ => behind_blanks.is_none_or(|b| b == separator),
    };
    let stronger: &[u8] = match separator {
        b' ' => b"\t;,",
        b'\t' => b";,",
        b';' => b",",
        _ => b"",
    };
    if !column_ends || rest.iter().any(|b| stronger.contains(b)) {
        return None;
    }
    cursor.skip_line();
    Some(())
}

/// Parses an integer that can be the number of a vertex and has no leading zeros.
#[inline]
fn vertex(cursor: &mut Cursor<'_>) -> Option<u32> {
    let start = cursor.position();
    let zero = cursor.byte() == b'0';
    match cursor.number() {
        Number::Value(_) if zero && cursor.position() > start + 1 => None,
        Number::Value(value) if value < u64::from(u32::MAX) => Some(value as u32),
        _ => None,
    }
}
