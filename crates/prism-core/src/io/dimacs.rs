//! DIMACS `.col`, the text format of the colouring benchmarks (DIMACS challenge, 1993).
//!
//! Lines that start with a `c` are comments, `p edge N M` (or `col`, `edges`) announces vertices and edges, and each
//! `e U V` is an edge between vertices counted from 1. Lines that describe vertices or parameters (`n`,
//! `d`, `v`, `x`) are skipped, and so is a weight behind an edge.
//!
//! The M of real files is not to be relied on: some count each edge once and list it twice, others list
//! it once and count it twice. So M is a remark ([`super::Note::EdgeCount`]) unless fewer edges follow than it
//! says; that is a truncated file, except when there are exactly half.

use super::builder::Edge;
use super::error::{ErrorKind, Place, ReadError, counted};
use super::lexer::{self, Cursor, quote};
use super::lines;
use super::source::Source;
use super::{Format, Loaded, ReadOptions, plausible};

/// What files say behind the `p`.
const PROBLEMS: [&[u8]; 3] = [b"edge", b"edges", b"col"];

/// The two numbers of the `p` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) n: u64,
    pub(super) m: u64,
}

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let header = find_header(source)?;
    plausible(header.n, header.m, options).map_err(|kind| source.error_here(kind))?;
    let header_line = source.lines();
    let builder = lines::edges(source, |cursor| line(cursor, header.n))?;
    let found = builder.edges();
    if found < header.m && found * 2 != header.m {
        let expected = format!("{}, as line {header_line} says", counted(header.m, "edge"));
        let kind = ErrorKind::truncated(expected, found.to_string());
        return Err(source.error(Place::Line(source.lines().max(1)), kind));
    }
    let n = plausible(header.n, found, options)
        .map_err(|kind| source.error(Place::Line(header_line), kind))?;
    let (graph, cleanup) = builder.finish(n);
    let mut loaded = Loaded::new(graph, cleanup);
    loaded.note_edges(header.m, found);
    Ok(loaded)
}

/// Skips to the `p` line and reads it.
fn find_header(source: &mut Source<'_>) -> Result<Header, ReadError> {
    const EXPECTED: &str = "a line \"p edge VERTICES EDGES\"";
    lines::header(source, EXPECTED, is_comment, |line| {
        parse_header(line).ok_or_else(|| ErrorKind::expected(EXPECTED, quote(line)))
    })
}

/// Whether `word` is one of the words behind a `p`, in any case: a damaged header may have it so.
pub(super) fn is_problem(word: &[u8]) -> bool {
    PROBLEMS.iter().any(|problem| problem.eq_ignore_ascii_case(word))
}

/// Whether a line is a comment: it starts with a `c`, with or without a blank behind it, and is no header
/// without its `p`.
pub(super) fn is_comment(line: &[u8]) -> bool {
    line.starts_with(b"c") && !lexer::words(line).next().is_some_and(is_problem)
}

/// Reads a `p` line.
pub(super) fn parse_header(line: &[u8]) -> Option<Header> {
    let mut words = lexer::words(line);
    if words.next()? != b"p" || !PROBLEMS.contains(&words.next()?) {
        return None;
    }
    let n = lexer::integer(words.next()?)?;
    let m = lexer::integer(words.next()?)?;
    words.next().is_none().then_some(Header { n, m })
}

/// Parses one line behind the `p` line.
#[inline]
fn line(cursor: &mut Cursor<'_>, n: u64) -> Result<Option<Edge>, ErrorKind> {
    match cursor.byte() {
        b'e' => edge(cursor, n).map(Some),
        b'c' if is_comment(cursor.word()) => {
            cursor.skip_line();
            Ok(None)
        }
        b'n' | b'd' | b'v' | b'x' if cursor.word().len() == 1 => {
            cursor.skip_line();
            Ok(None)
        }
        _ => {
            let line = lexer::trim(cursor.line());
            let expected = if line.starts_with(b"p") && parse_header(line).is_some() {
                "a line \"e U V\" (there is a \"p\" line already)"
            } else {
                "a line \"e U V\""
            };
            Err(ErrorKind::expected(expected, quote(line)))
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
        *end = lines::vertex(cursor, n, Format::DimacsCol, "a vertex number")?;
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
