//! Matrix Market `.mtx` (Boisvert, Pozo & Remington, NIST 1996): the pattern of a sparse matrix.
//!
//! Row i and column j of a square matrix are adjacent when entry (i, j) or (j, i) is stored, whatever its
//! value; the diagonal counts as self-loops. All fields and symmetries of the coordinate form are read;
//! values are skipped unseen. The number of entries in the size line must be right. Dense matrices
//! (`array`) have no pattern to colour and are refused.

use super::builder::{Edge, GraphBuilder};
use super::error::{ErrorKind, Place, ReadError};
use super::lexer::{self, Cursor, Number, quote};
use super::source::Source;
use super::{Format, Loaded, ReadOptions, plausible};

/// The entries of a block of lines, up to the first error.
#[derive(Default)]
struct Parsed {
    edges: Vec<Edge>,
    lines: u64,
    error: Option<ErrorKind>,
}

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let banner = source.next_line()?.unwrap_or_default();
    check_banner(banner).map_err(|kind| source.error_here(kind))?;
    let (n, entries) = size_line(source)?;
    plausible(n, entries, options).map_err(|kind| source.error_here(kind))?;
    let size_place = Place::Line(source.lines());
    let mut builder = GraphBuilder::default();
    source.for_each_block(
        |block, parsed| parse(block, n, parsed),
        |source, parsed, _, lines_before| {
            builder.extend(&parsed.edges);
            match parsed.error.take() {
                None => Ok(parsed.lines),
                Some(kind) => Err(source.error(Place::Line(lines_before + parsed.lines), kind)),
            }
        },
    )?;
    let found = builder.edges();
    let expected = || format!("{entries} entries, as the size line says");
    let end = Place::Line(source.lines().max(1));
    if found < entries {
        return Err(source.error(end, ErrorKind::truncated(expected(), found.to_string())));
    }
    if found > entries {
        let kind = ErrorKind::Surplus { expected: expected(), found: found.to_string() };
        return Err(source.error(end, kind));
    }
    let n = plausible(n, found, options).map_err(|kind| source.error(size_place, kind))?;
    let (graph, cleanup) = builder.finish(n);
    Ok(Loaded::new(graph, cleanup))
}

/// The first line says what kind of matrix follows.
fn check_banner(line: &[u8]) -> Result<(), ErrorKind> {
    let lower = line.to_ascii_lowercase();
    let mut words = lexer::words(&lower);
    let mut next = || words.next().unwrap_or_default();
    let expect = |what: &str, word: &[u8]| Err(ErrorKind::expected(what, quote(word)));
    match next() {
        b"%%matrixmarket" => {}
        _ => return expect("a line that starts with \"%%MatrixMarket matrix coordinate\"", line),
    }
    match next() {
        b"matrix" => {}
        word => return expect("\"matrix\" (nothing else can be a graph)", word),
    }
    match next() {
        b"coordinate" => {}
        word => return expect("\"coordinate\" (a dense matrix has no pattern to colour)", word),
    }
    match next() {
        b"real" | b"double" | b"complex" | b"integer" | b"pattern" => {}
        word => return expect("real, complex, integer or pattern", word),
    }
    match next() {
        b"general" | b"symmetric" | b"skew-symmetric" | b"hermitian" => Ok(()),
        word => expect("general, symmetric, skew-symmetric or hermitian", word),
    }
}

/// Skips comments and reads rows, columns and entries; gives rows and entries.
fn size_line(source: &mut Source<'_>) -> Result<(u64, u64), ReadError> {
    const EXPECTED: &str = "a line \"ROWS COLUMNS ENTRIES\"";
    loop {
        let parsed = match source.next_line()? {
            None => Err(ErrorKind::truncated(EXPECTED, "the end of the file")),
            Some(line) => match lexer::trim(line) {
                [] | [b'%', ..] => continue,
                line => {
                    let mut numbers = lexer::words(line).map(lexer::integer);
                    match [(); 4].map(|()| numbers.next()) {
                        [Some(Some(rows)), Some(Some(columns)), Some(Some(entries)), None] => {
                            if rows == columns {
                                Ok((rows, entries))
                            } else {
                                let found = format!("{rows} rows and {columns} columns");
                                Err(ErrorKind::expected("a square matrix", found))
                            }
                        }
                        _ => Err(ErrorKind::expected(EXPECTED, quote(line))),
                    }
                }
            },
        };
        return parsed.map_err(|kind| source.error_here(kind));
    }
}

/// Parses whole lines behind the size line.
fn parse(block: &[u8], n: u64, parsed: &mut Parsed) {
    let mut cursor = Cursor::new(block);
    parsed.edges.clear();
    parsed.edges.reserve(block.len() / 10);
    parsed.lines = 0;
    while !cursor.at_end() {
        parsed.lines += 1;
        cursor.skip_blanks();
        match cursor.byte() {
            b'\n' => cursor.step(),
            b'%' => cursor.skip_line(),
            _ => match entry(&mut cursor, n) {
                Ok(edge) => parsed.edges.push(edge),
                Err(kind) => {
                    parsed.error = Some(kind);
                    break;
                }
            },
        }
    }
}

/// Parses one entry up to its line break.
#[inline]
fn entry(cursor: &mut Cursor<'_>, n: u64) -> Result<Edge, ErrorKind> {
    let mut ends = [0u32; 2];
    for end in &mut ends {
        cursor.skip_blanks();
        *end = match cursor.number() {
            // n is at most u32::MAX: it was found plausible.
            Number::Value(v) if (1..=n).contains(&v) => (v - 1) as u32,
            Number::Value(v) => return Err(ErrorKind::bad_vertex(Format::MatrixMarket, v, n, 1)),
            Number::Missing => {
                let what = "a line \"ROW COLUMN\" or \"ROW COLUMN VALUE\"";
                return Err(ErrorKind::expected(what, quote(cursor.word())));
            }
        };
        if !lexer::is_blank(cursor.byte()) && cursor.byte() != b'\n' {
            return Err(ErrorKind::expected("a blank behind the number", quote(cursor.word())));
        }
    }
    cursor.skip_line();
    Ok(Edge::new(ends[0], ends[1]))
}
