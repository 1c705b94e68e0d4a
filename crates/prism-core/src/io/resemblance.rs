//! What is no edge list but would be read as one.
//!
//! Nearly any text has two words in every line, so edge lists are what is left when no other format
//! is detected, and matrices, adjacency lists or GML files would become graphs that nobody meant.
//! The front of the file is held against the marks of those. A format that is named is taken at its
//! word: this is asked only where the format was detected.

mod columns;
mod languages;
mod numbers;
mod tables;

use super::error::ErrorKind;
use super::lexer::{self, begins_with_tab, quote, trim};
use super::{edge_list, matrix_market};

/// Lines that are looked at.
const LINES: usize = 1 << 12;

/// A line that is not empty or a comment.
struct Line<'h> {
    number: u64,
    text: &'h [u8],
    /// Whether it begins with a tab, behind which an empty cell of a table ends.
    tab: bool,
}

impl<'h> Line<'h> {
    /// What stands between blanks, commas and semicolons.
    fn fields(&self) -> impl Iterator<Item = &'h [u8]> {
        lexer::fields(self.text)
    }
}

/// Fails, with the line, if a file that starts with `head` (all of it when `complete`) looks like
/// something else than an edge list.
pub(super) fn check(
    head: &[u8],
    complete: bool,
    heading: Option<bool>,
) -> Result<(), (u64, ErrorKind)> {
    let (lines, all) = data_lines(head, complete);
    let Some(first) = lines.first() else { return Ok(()) };
    if edge_list::is_announced(head, complete) {
        return Ok(());
    }
    let by_comments = languages::by_comments(head, complete);
    let found = by_comments.map(|(what, advice)| Found { line: first, what, advice });
    let found = found.or_else(|| by_lines(&lines, all, heading));
    let Some(Found { line, what, advice }) = found else { return Ok(()) };
    Err((line.number, ErrorKind::OtherForm { what, advice, found: quote(line.text) }))
}

/// What the lines show.
fn by_lines<'l, 'h>(
    lines: &'l [Line<'h>],
    all: bool,
    heading: Option<bool>,
) -> Option<Found<'l, 'h>> {
    languages::language(lines)
        .or_else(|| languages::multiline_list(lines, all))
        .or_else(|| matrix(lines, all))
        .or_else(|| matrix_market(lines, all))
        .map(|what| Found { line: &lines[0], what, advice: "it is not read" })
        .or_else(|| numbers::check(lines, all, heading))
        .or_else(|| columns::check(before_mark(lines, all), heading))
}

/// The first lines of `head` that are complete, and whether they are all lines of the file.
fn data_lines(head: &[u8], complete: bool) -> (Vec<Line<'_>>, bool) {
    let mut lines: Vec<Line<'_>> = (1u64..)
        .zip(head.split(|&b| b == b'\n'))
        .map(|(number, line)| Line { number, text: trim(line), tab: begins_with_tab(line) })
        .filter(|line| !edge_list::is_skipped(line.text))
        .take(LINES + 1)
        .collect();
    let all = complete && lines.len() <= LINES;
    if !all {
        lines.pop();
    }
    (lines, all)
}

/// Whether a file has rows of 0 and 1, as matrices have.
pub(super) fn has_rows_of_bits(head: &[u8], complete: bool) -> bool {
    numbers::rows_of_bits(&data_lines(head, complete).0).is_some()
}

/// The lines but for the last one, if that may mark the end.
fn before_mark<'l, 'h>(lines: &'l [Line<'h>], all: bool) -> &'l [Line<'h>] {
    match lines {
        [before @ .., last] if all && !before.is_empty() && edge_list::may_be_end(last.text) => {
            before
        }
        _ => lines,
    }
}

/// What a line shows a file to be.
struct Found<'l, 'h> {
    line: &'l Line<'h>,
    what: &'static str,
    /// What can be done about it.
    advice: &'static str,
}

/// As many lines as columns, at least three, that are a symmetric matrix with a zero diagonal; or a
/// matrix of 0 and 1 with the names of its rows, and of its columns above.
fn matrix(lines: &[Line<'_>], all: bool) -> Option<&'static str> {
    let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse::<f64>().ok();
    // All values behind the first fields of the lines, which all have as many.
    let rows = |lines: &[Line<'_>], skip: usize| -> Option<Vec<Vec<f64>>> {
        let columns = lines.first()?.fields().count().checked_sub(skip)?;
        let square = columns >= 3
            && if all { lines.len() == columns } else { (2..=columns).contains(&lines.len()) };
        let row = |line: &Line<'_>| -> Option<Vec<f64>> {
            line.fields().skip(skip).map(number).collect::<Option<_>>()
        };
        let rows: Vec<Vec<f64>> = square.then(|| lines.iter().map(row).collect()).flatten()?;
        rows.iter().all(|row| row.len() == columns).then_some(rows)
    };
    let distances = |rows: &Vec<Vec<f64>>| {
        let seen = rows.len();
        (0..seen).all(|u| rows[u][u] == 0.0 && (0..u).all(|v| rows[u][v] == rows[v][u]))
    };
    let binary = |rows: &Vec<Vec<f64>>| rows.iter().flatten().all(|&x| x == 0.0 || x == 1.0);
    if rows(lines, 0).is_some_and(|rows| distances(&rows)) {
        return Some("a matrix of distances");
    }
    let named = rows(&lines[1..], 1).is_some_and(|rows| binary(&rows) || distances(&rows));
    named.then_some("an adjacency matrix with names")
}

/// A line `N N ENTRIES` and the entries, whose rows and columns are numbers from 1 to N: a Matrix Market
/// file whose first line is lost.
fn matrix_market(lines: &[Line<'_>], all: bool) -> Option<&'static str> {
    let (first, entries) = lines.split_first()?;
    let [rows, columns, count] = matrix_market::parse_size(first.text)?;
    let seen = entries.len() as u64;
    let complete = if all { count == seen } else { count > seen };
    let is_entry = |line: &Line<'_>| {
        let mut ends = lexer::words(line.text).take(2).map(lexer::integer);
        ends.all(|end| end.is_some_and(|end| (1..=rows).contains(&end)))
    };
    (rows == columns && seen > 0 && complete && entries.iter().all(is_entry))
        .then_some("a Matrix Market file without its first line, the banner %%MatrixMarket")
}
