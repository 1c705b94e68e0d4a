//! Matrix Market `.mtx` (Boisvert, Pozo & Remington, NIST 1996): the pattern of a sparse matrix.
//!
//! Row i and column j of a square matrix are adjacent when entry (i, j) or (j, i) is stored,
//! whatever its value; the diagonal counts as self-loops. All fields and symmetries of the
//! coordinate form are read. A `general` matrix has both entries of an edge; where one of them is
//! missing, what is read is the graph of A + A^T, with a note ([`Note::Unsymmetric`]). Each entry must
//! have as many numbers for a value as the field says, so that a file that was cut inside a line is
//! noticed; a number of entries other than that of the size line is a note. Dense matrices (`array`)
//! have no pattern to colour and are refused.

use super::arcs::ArcBuilder;
use super::builder::Edge;
use super::error::{ErrorKind, Place, ReadError};
use super::lexer::{self, Cursor, quote};
use super::lines;
use super::source::Source;
use super::{Format, Loaded, Note, ReadOptions, plausible};

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let banner = source.next_line()?.unwrap_or_default();
    let banner = parse_banner(banner).map_err(|kind| source.error_here(kind))?;
    let (n, entries) = size_line(source)?;
    plausible(n, entries, options).map_err(|kind| source.error_here(kind))?;
    let size_place = Place::Line(source.lines());
    let parse = |cursor: &mut Cursor<'_>| match cursor.byte() {
        b'%' => {
            cursor.skip_line();
            Ok(None)
        }
        _ => entry(cursor, n, banner.field).map(Some),
    };
    let vertices = |source: &Source<'_>, found| {
        plausible(n, found, options).map_err(|kind| source.error(size_place, kind))
    };
    let (mut loaded, found);
    if banner.general {
        let mut arcs = ArcBuilder::default();
        let push = |entries: &[(u32, u32)]| entries.iter().for_each(|&(i, j)| arcs.push(i, j));
        lines::each(source, parse, push)?;
        found = arcs.arcs();
        let n = vertices(source, found)?;
        let built = arcs.finish(n).map_err(|kind| source.error(Place::Whole, kind))?;
        loaded = Loaded::new(built.graph, built.cleanup);
        loaded.notes.extend((built.one_way > 0).then_some(Note::Unsymmetric(built.one_way)));
    } else {
        let edge = |cursor: &mut Cursor<'_>| {
            Ok(parse(cursor)?.map(|(row, column)| Edge::new(row, column)))
        };
        let builder = lines::edges(source, edge)?;
        found = builder.edges();
        let n = vertices(source, found)?;
        let built = builder.finish(n).map_err(|kind| source.error(Place::Whole, kind));
        let (graph, cleanup) = built?;
        loaded = Loaded::new(graph, cleanup);
    }
    if found != entries {
        loaded.notes.push(Note::EntryCount { declared: entries, found });
    }
    loaded.notes.extend(banner.one_sign.then_some(Note::Banner));
    Ok(loaded)
}

/// What the first line says.
#[derive(Clone, Copy, Debug)]
struct Banner {
    field: Field,
    /// Whether both entries of an edge are stored.
    general: bool,
    /// Whether it begins with one `%`, as at networkrepository.com.
    one_sign: bool,
}

/// What the entries hold besides their row and column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Pattern,
    Real,
    Complex,
}

/// Whether a file begins with a banner, complete or not.
pub(super) fn is_banner(head: &[u8]) -> bool {
    let word = lexer::words(&head[..head.len().min(20)]).next().unwrap_or_default();
    [&b"%%MatrixMarket"[..], b"%MatrixMarket"].iter().any(|banner| {
        word.get(..banner.len()).is_some_and(|start| start.eq_ignore_ascii_case(banner))
    })
}

/// The first line says what kind of matrix follows.
fn parse_banner(line: &[u8]) -> Result<Banner, ErrorKind> {
    let lower = line.to_ascii_lowercase();
    let mut words = lexer::words(&lower);
    let mut next = || words.next().unwrap_or_default();
    let expect = |what: &str, word: &[u8]| Err(ErrorKind::expected(what, quote(word)));
    let one_sign = match next() {
        b"%%matrixmarket" => false,
        b"%matrixmarket" => true,
        _ => return expect("the banner \"%%MatrixMarket matrix coordinate ...\"", line),
    };
    match next() {
        b"matrix" => {}
        word => return expect("\"matrix\" (nothing else can be a graph)", word),
    }
    match next() {
        b"coordinate" => {}
        word => return expect("\"coordinate\" (a dense matrix has no pattern to colour)", word),
    }
    let field = match next() {
        b"real" | b"double" | b"integer" | b"unsigned-integer" => Field::Real,
        b"complex" => Field::Complex,
        b"pattern" => Field::Pattern,
        word => return expect("real, complex, integer or pattern", word),
    };
    let general = match next() {
        b"general" => true,
        b"symmetric" | b"skew-symmetric" | b"hermitian" => false,
        word => return expect("general, symmetric, skew-symmetric or hermitian", word),
    };
    Ok(Banner { field, general, one_sign })
}

/// Skips comments and reads rows, columns and entries; gives rows and entries.
fn size_line(source: &mut Source<'_>) -> Result<(u64, u64), ReadError> {
    const EXPECTED: &str = "a line \"ROWS COLUMNS ENTRIES\"";
    lines::header(
        source,
        EXPECTED,
        |line| line.starts_with(b"%"),
        |line| match parse_size(line) {
            Some([rows, columns, entries]) if rows == columns => Ok((rows, entries)),
            Some([rows, columns, _]) => {
                let found = format!("{rows} rows and {columns} columns");
                Err(ErrorKind::expected(
                    "a square matrix, whose rows and columns are vertices",
                    found,
                ))
            }
            None => Err(ErrorKind::expected(EXPECTED, quote(line))),
        },
    )
}

/// Reads a size line: rows, columns and entries.
pub(super) fn parse_size(line: &[u8]) -> Option<[u64; 3]> {
    let numbers: Option<Vec<u64>> = lexer::words(line).map(lexer::integer).collect();
    numbers?.try_into().ok()
}

/// Parses one entry with its line break: its row and its column.
#[inline]
fn entry(cursor: &mut Cursor<'_>, n: u64, field: Field) -> Result<(u32, u32), ErrorKind> {
    let mut ends = [0u32; 2];
    for end in &mut ends {
        cursor.skip_blanks();
        *end = lines::vertex(
            cursor,
            n,
            Format::MatrixMarket,
            "a line \"ROW COLUMN\" or \"ROW COLUMN VALUE\"",
        )?;
        lines::end_of_number(cursor)?;
    }
    match field {
        Field::Pattern => {}
        Field::Real => value(cursor)?,
        Field::Complex => [(); 2].iter().try_for_each(|()| value(cursor))?,
    }
    cursor.skip_blanks();
    if cursor.byte() != b'\n' {
        return Err(further(cursor, field));
    }
    cursor.step();
    Ok((ends[0], ends[1]))
}

/// Skips a number of any kind.
#[inline]
fn value(cursor: &mut Cursor<'_>) -> Result<(), ErrorKind> {
    cursor.skip_blanks();
    let word = cursor.word();
    // Nearly all are a sign, digits and a point, which is seen sooner than it is parsed.
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    let points = digits.iter().filter(|&&b| b == b'.').count();
    let plain = digits.iter().all(|&b| b == b'.' || b.is_ascii_digit());
    if !(plain && points < 2 && digits.len() > points || is_real(word)) {
        return Err(ErrorKind::expected("a number, the value of the entry", quote(word)));
    }
    (0..word.len()).for_each(|_| cursor.step());
    Ok(())
}

/// Whether a word is a number, be it as Fortran writes it: with a D in front of the exponent.
fn is_real(word: &[u8]) -> bool {
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    std::str::from_utf8(word)
        .is_ok_and(|text| is_number(text) || is_number(&text.replace(['d', 'D'], "e")))
}

#[cold]
fn further(cursor: &Cursor<'_>, field: Field) -> ErrorKind {
    let expected = match field {
        Field::Pattern => "the end of the line, as the entries of a pattern have no value",
        Field::Real => "the end of the line behind the value",
        Field::Complex => "the end of the line behind the two parts of the value",
    };
    ErrorKind::expected(expected, quote(lexer::trim(cursor.line())))
}
