//! DIMACS `.col`, the text format of the colouring benchmarks (DIMACS challenge, 1993).
//!
//! Lines that start with a `c` are comments, `p edge N M` (or `col`, `edges`, `band`) announces vertices and
//! edges, and each `e U V` is an edge between vertices counted from 1. Lines that describe parameters
//! (`d`, `v`, `x`) are skipped.
//!
//! `e U V D` asks that the colours of U and V differ by at least D, `e V V D` that those of V do, and
//! `n V W` that V has W colours (bandwidth multicolouring, COLOR02). Only that neighbours differ is
//! read; where a number other than 1 is left out, notes say so.
//!
//! The M of real files is not to be relied on: some count each edge once and list it twice, others list
//! it once and count it twice. So M is a remark ([`Note::EdgeCount`]).

use std::sync::atomic::{AtomicU64, Ordering};

use super::builder::Edge;
use super::error::{ErrorKind, Place, ReadError};
use super::lexer::{self, Cursor, quote};
use super::lines;
use super::source::Source;
use super::{Format, Loaded, Note, ReadOptions, plausible};

/// What files say behind the `p`.
const PROBLEMS: [&[u8]; 4] = [b"edge", b"edges", b"col", b"band"];

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
    let unread = Unread::default();
    let builder = lines::edges(source, |cursor| line(cursor, header.n, &unread))?;
    let found = builder.edges() + unread.own_distances.load(Ordering::Relaxed);
    let n = plausible(header.n, found, options)
        .map_err(|kind| source.error(Place::Line(header_line), kind))?;
    let (graph, cleanup) = builder.finish(n).map_err(|kind| source.error(Place::Whole, kind))?;
    let mut loaded = Loaded::new(graph, cleanup);
    loaded.note_edges(header.m, found);
    unread.note(&mut loaded.notes);
    Ok(loaded)
}

/// What lines say that a graph cannot hold. Blocks of lines are parsed in parallel.
#[derive(Default)]
struct Unread {
    /// Edges with a distance other than 1.
    distances: AtomicU64,
    /// Distances between the colours of one vertex.
    own_distances: AtomicU64,
    /// Vertices that ask for a number of colours other than 1.
    demands: AtomicU64,
}

impl Unread {
    fn note(self, notes: &mut Vec<Note>) {
        let distances = self.distances.into_inner() + self.own_distances.into_inner();
        notes.extend((distances > 0).then_some(Note::Distances(distances)));
        let demands = self.demands.into_inner();
        notes.extend((demands > 0).then_some(Note::Demands(demands)));
    }
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
fn line(cursor: &mut Cursor<'_>, n: u64, unread: &Unread) -> Result<Option<Edge>, ErrorKind> {
    match cursor.byte() {
        b'e' => edge(cursor, n, unread),
        b'c' if is_comment(cursor.word()) => {
            cursor.skip_line();
            Ok(None)
        }
        b'n' | b'd' | b'v' | b'x' if cursor.word().len() == 1 => {
            let demand = lexer::words(cursor.line()).nth(2);
            if cursor.byte() == b'n' && demand.is_some_and(|demand| demand != b"1") {
                unread.demands.fetch_add(1, Ordering::Relaxed);
            }
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
fn edge(cursor: &mut Cursor<'_>, n: u64, unread: &Unread) -> Result<Option<Edge>, ErrorKind> {
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
    let own = ends[0] == ends[1];
    let distance = if cursor.byte() == b'\n' { None } else { end_of_edge(cursor)? };
    cursor.step();
    match distance {
        Some(_) if own => {
            unread.own_distances.fetch_add(1, Ordering::Relaxed);
            return Ok(None);
        }
        Some(distance) if distance != 1.0 => {
            unread.distances.fetch_add(1, Ordering::Relaxed);
        }
        _ => {}
    }
    Ok(Some(Edge::new(ends[0], ends[1])))
}

/// Behind an edge: blanks, and at most one number, a distance.
#[cold]
fn end_of_edge(cursor: &mut Cursor<'_>) -> Result<Option<f64>, ErrorKind> {
    let rest = cursor.line();
    let mut words = lexer::words(rest);
    let distance = words.next();
    let number = distance.map(|word| std::str::from_utf8(word).ok()?.parse().ok());
    if !lexer::is_blank(cursor.byte()) || number == Some(None) || words.next().is_some() {
        return Err(ErrorKind::expected("the end of the line", quote(lexer::trim(rest))));
    }
    while cursor.byte() != b'\n' {
        cursor.step();
    }
    Ok(number.flatten())
}
