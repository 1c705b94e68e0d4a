//! DIMACS `.col`, the text format of the colouring benchmarks (DIMACS challenge, 1993).
//!
//! `c` lines are comments, `p edge N M` (or `col`, `edges`) announces vertices and edges, and each
//! `e U V` is an edge between vertices counted from 1. Lines that describe vertices or parameters (`n`,
//! `d`, `v`, `x`) are skipped, and so is a weight behind an edge.
//!
//! The M of real files is not to be relied on: some count each edge once and list it twice, others list
//! it once and count it twice. So M is a remark ([`Note::EdgeCount`]) unless fewer edges follow than it
//! says; that is a truncated file, except when there are exactly half.

use super::builder::{Edge, GraphBuilder};
use super::error::{ErrorKind, Place, ReadError};
use super::lexer::{self, Cursor, Number, quote};
use super::source::Source;
use super::{Format, Loaded, Note, ReadOptions, plausible};

/// The two numbers of the `p` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) n: u64,
    pub(super) m: u64,
}

/// The edges of a block of lines, up to the first error.
#[derive(Default)]
struct Parsed {
    edges: Vec<Edge>,
    lines: u64,
    error: Option<ErrorKind>,
}

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let header = find_header(source)?;
    plausible(header.n, header.m, options).map_err(|kind| source.error_here(kind))?;
    let header_line = source.lines();
    let mut builder = GraphBuilder::default();
    source.for_each_block(
        |block, parsed| parse(block, header.n, parsed),
        |source, parsed, _, lines_before| {
            builder.extend(&parsed.edges);
            match parsed.error.take() {
                None => Ok(parsed.lines),
                Some(kind) => Err(source.error(Place::Line(lines_before + parsed.lines), kind)),
            }
        },
    )?;
    let found = builder.edges();
    if found < header.m && found * 2 != header.m {
        let expected = format!("{} edges, as line {header_line} says", header.m);
        let kind = ErrorKind::truncated(expected, found.to_string());
        return Err(source.error(Place::Line(source.lines().max(1)), kind));
    }
    let n = plausible(header.n, found, options)
        .map_err(|kind| source.error(Place::Line(header_line), kind))?;
    let (graph, cleanup) = builder.finish(n);
    let mut loaded = Loaded::new(graph, cleanup);
    if found != header.m {
        loaded.notes.push(Note::EdgeCount { declared: header.m, found });
    }
    Ok(loaded)
}

/// Skips to the `p` line and reads it.
fn find_header(source: &mut Source<'_>) -> Result<Header, ReadError> {
    const EXPECTED: &str = "a line \"p edge VERTICES EDGES\"";
    loop {
        let parsed = match source.next_line()? {
            None => {
                let kind = ErrorKind::truncated(EXPECTED, "the end of the file");
                return Err(source.error_here(kind));
            }
            Some(line) => match lexer::trim(line) {
                [] => continue,
                [b'c'] | [b'c', b' ' | b'\t', ..] => continue,
                line => {
                    parse_header(line).ok_or_else(|| ErrorKind::expected(EXPECTED, quote(line)))
                }
            },
        };
        return parsed.map_err(|kind| source.error_here(kind));
    }
}

/// Reads a `p` line.
pub(super) fn parse_header(line: &[u8]) -> Option<Header> {
    let mut words = lexer::words(line);
    if words.next()? != b"p" || !matches!(words.next()?, b"edge" | b"edges" | b"col") {
        return None;
    }
    let n = lexer::integer(words.next()?)?;
    let m = lexer::integer(words.next()?)?;
    words.next().is_none().then_some(Header { n, m })
}

/// Parses whole lines behind the `p` line.
fn parse(block: &[u8], n: u64, parsed: &mut Parsed) {
    let mut cursor = Cursor::new(block);
    parsed.edges.clear();
    // An edge line takes 6 bytes at least, mostly 11 or more.
    parsed.edges.reserve(block.len() / 10);
    parsed.lines = 0;
    while !cursor.at_end() {
        parsed.lines += 1;
        cursor.skip_blanks();
        match cursor.byte() {
            b'\n' => cursor.step(),
            b'e' => match edge(&mut cursor, n) {
                Ok(edge) => parsed.edges.push(edge),
                Err(kind) => {
                    parsed.error = Some(kind);
                    break;
                }
            },
            b'c' | b'n' | b'd' | b'v' | b'x' if cursor.word().len() == 1 => cursor.skip_line(),
            _ => {
                let line = lexer::trim(cursor.line());
                let expected = if line.starts_with(b"p") && parse_header(line).is_some() {
                    "a line \"e U V\" (there is a \"p\" line already)"
                } else {
                    "a line \"e U V\""
                };
                parsed.error = Some(ErrorKind::expected(expected, quote(line)));
                break;
            }
        }
    }
}

/// Parses one edge line, from its `e` to its line break.
#[inline]
fn edge(cursor: &mut Cursor<'_>, n: u64) -> Result<Edge, ErrorKind> {
    let whole = cursor.clone();
    cursor.step();
    let mut ends = [0u32; 2];
    for end in &mut ends {
        if !lexer::is_blank(cursor.byte()) {
            return Err(ErrorKind::expected("a line \"e U V\"", quote(lexer::trim(whole.line()))));
        }
        cursor.skip_blanks();
        *end = match cursor.number() {
            // n is at most u32::MAX: it was found plausible.
            Number::Value(v) if (1..=n).contains(&v) => (v - 1) as u32,
            Number::Value(v) => return Err(ErrorKind::bad_vertex(Format::DimacsCol, v, n, 1)),
            Number::Missing => {
                return Err(ErrorKind::expected("a vertex number", quote(cursor.word())));
            }
        };
    }
    if cursor.byte() != b'\n' {
        end_of_edge(cursor)?;
    }
    cursor.step();
    Ok(Edge::new(ends[0], ends[1]))
}

/// Behind an edge: blanks, and at most one number, the weight that some files carry.
#[cold]
fn end_of_edge(cursor: &mut Cursor<'_>) -> Result<(), ErrorKind> {
    let rest = cursor.line();
    let mut words = lexer::words(rest);
    let weight = words.next().unwrap_or(b"0");
    let number = std::str::from_utf8(weight).is_ok_and(|w| w.parse::<f64>().is_ok());
    if !lexer::is_blank(cursor.byte()) || !number || words.next().is_some() {
        return Err(ErrorKind::expected("the end of the line", quote(lexer::trim(rest))));
    }
    while cursor.byte() != b'\n' {
        cursor.step();
    }
    Ok(())
}
