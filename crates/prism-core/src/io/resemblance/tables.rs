//! Tables that are no edge lists: with numbers in front of their rows, with bars between their columns, and
//! squares of numbers.

use std::collections::HashSet;

use super::{Found, Line};
use crate::io::lexer;
use crate::io::names::{Names, as_integer};

/// What to do about numbers of rows.
const ROW_NUMBERS: &str =
    "the first two columns are what is read: leave the one of the numbers out";

/// A first column without a name, or bars.
pub(super) fn unnamed_or_barred<'l, 'h>(lines: &'l [Line<'h>]) -> Option<Found<'l, 'h>> {
    row_numbers(lines).or_else(|| bars(lines))
}

/// A heading that has no name for the first of three columns or more: the rows are numbered.
fn row_numbers<'l, 'h>(lines: &'l [Line<'h>]) -> Option<Found<'l, 'h>> {
    let line = lines.first()?;
    let text = line.text.strip_prefix(b"\"\"").unwrap_or(line.text);
    let empty = text.first().is_some_and(|b| b",;".contains(b) && text[1..].contains(b));
    let tab = line.tab && text.contains(&b'\t') && lines.get(1).is_some_and(|line| !line.tab);
    (empty || tab).then_some(Found {
        line,
        what: "a table whose first column has no name, as where rows are numbered",
        advice: ROW_NUMBERS,
    })
}

/// The number of columns, but for empty ones at the end.
fn columns(names: &Names<'_>) -> usize {
    let further = names.further.iter().rposition(|name| !name.is_empty());
    1 + usize::from(names.second.is_some()) + further.map_or(0, |last| last + 1)
}

/// Two names or more above lines that all have one column more, as R writes tables. The names are those of
/// columns: they stand in no other line.
pub(super) fn column_without_name<'l, 'h>(
    lines: &'l [Line<'h>],
    read: &[Names<'_>],
) -> Option<Found<'l, 'h>> {
    let (heading, rows) = read.split_first().filter(|(_, rows)| rows.len() > 1)?;
    let is_text = |name: &str| name.contains(char::is_alphabetic);
    let is_heading = is_text(&heading.first) && heading.second.as_deref().is_some_and(is_text);
    let names: HashSet<&str> = ends(rows).collect();
    let recurs = ends(std::slice::from_ref(heading)).any(|name| names.contains(name));
    let wider = rows.iter().all(|row| columns(row) == columns(heading) + 1);
    (is_heading && wider && !recurs).then(|| Found {
        line: &lines[0],
        what: "a table with a name less than it has columns, as where rows are numbered",
        advice: ROW_NUMBERS,
    })
}

/// Three columns of integers or more, the first of which counts the lines, and goes beyond all numbers in the
/// others, or would make a loop of a line.
pub(super) fn numbered_rows<'l, 'h>(
    lines: &'l [Line<'h>],
    read: &[Names<'_>],
) -> Option<Found<'l, 'h>> {
    const FEWEST: usize = 3;
    let row = |names: &Names<'_>| -> Option<[u32; 3]> {
        let third = names.further.first()?;
        let second = names.second.as_ref()?;
        Some([as_integer(&names.first)?, as_integer(second)?, as_integer(third)?])
    };
    let rows: Vec<[u32; 3]> = read.iter().map(row).collect::<Option<_>>()?;
    let first = rows.first().map(|row| row[0]).filter(|&first| first < 2)?;
    let counted = rows.iter().zip(first..).all(|(row, number)| row[0] == number);
    let last = rows.last()?[0];
    let various = rows.iter().any(|row| row[2] != rows[0][2]);
    let beyond = various && rows.iter().all(|row| row[1] < last && row[2] < last);
    let loops = rows.iter().any(|row| row[0] == row[1]);
    (rows.len() >= FEWEST && counted && (beyond || loops)).then(|| Found {
        line: &lines[0],
        what: "a table whose first column numbers the rows",
        advice: ROW_NUMBERS,
    })
}

/// Names between bars in all lines, as databases print tables.
fn bars<'l, 'h>(lines: &'l [Line<'h>]) -> Option<Found<'l, 'h>> {
    lines.iter().all(|line| line.text.contains(&b'|')).then(|| Found {
        line: &lines[0],
        what: "a table with bars between its columns",
        advice: "a line of an edge list is two names with a blank or a comma between them (\"a b\")",
    })
}

/// The names at the front of all lines.
pub(super) fn ends<'r>(read: &'r [Names<'_>]) -> impl Iterator<Item = &'r str> {
    read.iter().flat_map(|names| [Some(&*names.first), names.second.as_deref()]).flatten()
}

/// Whether lines of as many integers each are no edges with further columns: all edges in one line, as many
/// numbers up to N in each of N lines (a puzzle, a matrix), or several edges in each line.
pub(super) fn is_of_numbers(
    lines: &[Line<'_>],
    read: &[Names<'_>],
    count: &impl Fn(&Line<'_>) -> usize,
) -> bool {
    /// Lines of three numbers may well be edges with weights.
    const FEWEST: usize = 4;
    let columns = lines.first().map_or(0, count);
    if columns < FEWEST || lines.iter().any(|line| count(line) != columns) {
        return false;
    }
    let values = |line: &Line<'_>| -> Vec<u64> {
        line.fields().take(columns).filter_map(lexer::integer).collect()
    };
    let rows: Vec<Vec<u64>> = lines.iter().map(values).collect();
    if rows.len() == columns && rows.iter().flatten().all(|&value| value <= columns as u64) {
        return true;
    }
    let names: HashSet<&str> = ends(read).collect();
    let mut behind = read.iter().flat_map(|names| &names.further);
    let are_names = behind.all(|name| name == "-1" || names.contains(&**name));
    let constant = |column: usize| rows.iter().all(|row| row[column] == rows[0][column]);
    rows.len() == 1 || are_names && !(2..columns).any(constant)
}
