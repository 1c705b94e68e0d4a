//! METIS `.graph` (Karypis & Kumar, METIS manual 5.1, section 4.5): one line a vertex.
//!
//! The first line is `N M [FMT [NCON]]`. FMT is up to three digits, each 0 or 1: vertex sizes,
//! vertex weights (NCON of them), edge weights. Line i + 1 then has the size and weights of vertex
//! i, if any, and its neighbours, counted from 1, each followed by the weight of the edge, if any.
//! An empty line is a vertex without neighbours; `%` starts a comment line. Sizes and weights are
//! skipped.
//!
//! Each edge stands in the rows of both its ends, and N must be right; another M is a note. Files whose
//! last empty lines were lost are read when M edges are there.

use super::error::{ErrorKind, Place, ReadError};
use super::lexer::{self, Cursor, quote};
use super::lines::{self, Progress};
use super::rows::{self, CleanRows};
use super::source::Source;
use super::{Format, Loaded, ReadOptions, plausible};
use crate::graph::Graph;

/// What the first line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) n: u64,
    pub(super) m: u64,
    /// Numbers in front of the neighbours of each vertex.
    pub(super) vertex_numbers: u64,
    /// Whether each neighbour is followed by a weight.
    pub(super) edge_weights: bool,
}

/// The rows of a block of lines, up to the first error.
#[derive(Default)]
struct Parsed {
    /// Length of each row.
    lengths: Vec<u32>,
    neighbors: Vec<u32>,
    progress: Progress,
}

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let header = find_header(source)?;
    let Header { n, m, .. } = header;
    plausible(n, m, options).map_err(|kind| source.error_here(kind))?;
    let header_place = Place::Line(source.lines());
    let mut offsets = vec![0u64];
    let mut neighbors: Vec<u32> = Vec::new();
    source.for_each_block(
        |block, parsed| parse(block, header, parsed),
        |source, parsed, block, lines_before| {
            let mut end = neighbors.len() as u64;
            for (row, &length) in parsed.lengths.iter().enumerate() {
                end += u64::from(length);
                if offsets.len() as u64 <= n {
                    offsets.push(end);
                } else if length > 0 {
                    let place = Place::Line(lines_before + line_of_row(block, row));
                    let expected = format!("{n} lines of neighbours");
                    let found = "a further one".to_owned();
                    return Err(source.error(place, ErrorKind::Surplus { expected, found }));
                }
            }
            neighbors.extend_from_slice(&parsed.neighbors);
            parsed.progress.finish(source, lines_before)
        },
    )?;
    let end = Place::Line(source.lines().max(1));
    let (rows, entries) = (offsets.len() as u64 - 1, neighbors.len() as u64);
    if rows < n && entries < m.saturating_mul(2) {
        let expected = format!("{n} lines of neighbours, one a vertex");
        return Err(source.error(end, ErrorKind::truncated(expected, rows.to_string())));
    }
    let n = plausible(n, m.min(entries), options).map_err(|k| source.error(header_place, k))?;
    offsets.resize(n + 1, entries);
    let CleanRows { offsets, neighbors, cleanup, loop_entries } = rows::clean(offsets, neighbors);
    if let Some((u, v)) = rows::one_way_arc(&offsets, &neighbors) {
        let kind = ErrorKind::Asymmetric { u: u64::from(u) + 1, v: u64::from(v) + 1 };
        return Err(source.error(Place::Whole, kind));
    }
    let mut loaded = Loaded::new(Graph::from_sorted_rows(offsets, neighbors), cleanup);
    // A self-loop may count as an edge or not, and stand in its row once or twice.
    let plain = entries - loop_entries;
    let twice = |edges: u64| m.checked_mul(2) == Some(edges);
    if !(twice(entries) || twice(plain) || twice(plain + 2 * loop_entries)) {
        loaded.note_edges(m, plain / 2 + loop_entries);
    }
    Ok(loaded)
}

/// The line, counted from 1, that holds row number `row` of a block.
fn line_of_row(block: &[u8], row: usize) -> u64 {
    let lines = block.split(|&b| b == b'\n').zip(1..);
    let mut rows = lines.filter(|(line, _)| !lexer::trim(line).starts_with(b"%"));
    rows.nth(row).map_or(1, |(_, line)| line)
}

/// Skips comments and reads the first line.
fn find_header(source: &mut Source<'_>) -> Result<Header, ReadError> {
    const EXPECTED: &str = "a line \"VERTICES EDGES [FORMAT [WEIGHTS]]\"";
    lines::header(
        source,
        EXPECTED,
        |line| line.starts_with(b"%"),
        |line| parse_header(line).ok_or_else(|| ErrorKind::expected(EXPECTED, quote(line))),
    )
}

/// Reads the first line.
pub(super) fn parse_header(line: &[u8]) -> Option<Header> {
    let mut words = lexer::words(line);
    let n = lexer::integer(words.next()?)?;
    let m = lexer::integer(words.next()?)?;
    let format = words.next().unwrap_or(b"0");
    if format.len() > 3 || format.iter().any(|digit| !matches!(digit, b'0' | b'1')) {
        return None;
    }
    let weights = match words.next() {
        None => 1,
        // More weights than this no partitioner has; the limit keeps the sum small.
        Some(word) => lexer::integer(word).filter(|&weights| weights <= 1000)?,
    };
    let flag = |from_right: usize| {
        format.len().checked_sub(from_right).is_some_and(|at| format[at] == b'1')
    };
    let vertex_numbers = u64::from(flag(3)) + if flag(2) { weights } else { 0 };
    let header = Header { n, m, vertex_numbers, edge_weights: flag(1) };
    words.next().is_none().then_some(header)
}

/// Parses whole lines behind the first one.
fn parse(block: &[u8], header: Header, parsed: &mut Parsed) {
    let mut cursor = Cursor::new(block);
    parsed.lengths.clear();
    parsed.neighbors.clear();
    parsed.neighbors.reserve(block.len() / 6);
    parsed.progress.lines = 0;
    while !cursor.at_end() {
        parsed.progress.lines += 1;
        cursor.skip_blanks();
        match cursor.byte() {
            b'\n' => {
                parsed.lengths.push(0);
                cursor.step();
            }
            b'%' => cursor.skip_line(),
            _ => {
                let before = parsed.neighbors.len();
                if let Err(kind) = row(&mut cursor, header, &mut parsed.neighbors) {
                    parsed.neighbors.truncate(before);
                    parsed.progress.error = Some(kind);
                    return;
                }
                parsed.lengths.push((parsed.neighbors.len() - before) as u32);
            }
        }
    }
}

/// Parses one row that is not empty, up to its line break.
#[inline]
fn row(cursor: &mut Cursor<'_>, header: Header, into: &mut Vec<u32>) -> Result<(), ErrorKind> {
    for _ in 0..header.vertex_numbers {
        weight(cursor, "a vertex size or weight")?;
    }
    while cursor.byte() != b'\n' {
        into.push(lines::vertex(cursor, header.n, Format::Metis, "a vertex number")?);
        lines::end_of_number(cursor)?;
        cursor.skip_blanks();
        if header.edge_weights {
            weight(cursor, "an edge weight")?;
        }
    }
    cursor.step();
    Ok(())
}

/// Skips one weight, of any sign or fraction, and the blanks behind it.
fn weight(cursor: &mut Cursor<'_>, what: &str) -> Result<(), ErrorKind> {
    let word = cursor.word();
    if !std::str::from_utf8(word).is_ok_and(|word| word.parse::<f64>().is_ok()) {
        return Err(ErrorKind::expected(what, quote(word)));
    }
    (0..word.len()).for_each(|_| cursor.step());
    cursor.skip_blanks();
    Ok(())
}
