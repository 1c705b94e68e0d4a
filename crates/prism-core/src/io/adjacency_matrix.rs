//! Adjacency matrices: as many lines as columns, all values 0 or 1, between blanks or commas. A line `N` or
//! `N N` may stand above the rows.
//!
//! A 1 in row u and column v is an edge; it has to stand in row v and column u too, or the matrix means
//! a directed graph and is refused. A 1 on the diagonal is a loop. Vertices count from 0. Lines that
//! begin with `#` or `%` are comments.

use super::arcs::ArcBuilder;
use super::error::{ErrorKind, Place, ReadError, counted};
use super::lexer::{self, data_lines, fields, is_skipped, quote, trim};
use super::source::Source;
use super::{Loaded, Note, ReadOptions, plausible};

/// The fewest rows that are taken for a matrix where the format is detected: two lines of two
/// numbers are rather two edges.
const ROWS: usize = 3;

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let (head, complete) = source.peek();
    let sizes = sizes(&mut data_lines(head, complete));
    let mut arcs = ArcBuilder::default();
    let mut n = sizes;
    let mut rows = 0u32;
    let mut skip = sizes.is_some();
    while let Some(line) = source.next_line()? {
        let line = trim(line);
        if is_skipped(line) || std::mem::take(&mut skip) {
            continue;
        }
        let columns = row(line, |column| arcs.push(rows, column));
        let columns = columns.map_err(|kind| source.error_here(kind))?;
        let n = *n.get_or_insert(columns);
        if columns != n {
            let above =
                if sizes.is_some() { "as the first line says" } else { "as in the first row" };
            let expected = format!("{}, {above}", counted(n.into(), "value"));
            let kind = ErrorKind::expected(expected, columns.to_string());
            return Err(source.error_here(kind));
        }
        rows += 1;
        if rows > n {
            let expected = format!("{}, as there are columns", counted(n.into(), "row"));
            return Err(source.error_here(ErrorKind::expected(expected, "a further one")));
        }
    }
    let n = n.unwrap_or(0);
    if rows < n {
        let expected = format!("{}, as there are columns", counted(n.into(), "row"));
        let kind = ErrorKind::truncated(expected, rows.to_string());
        return Err(source.error(Place::Line(source.lines().max(1)), kind));
    }
    let n = plausible(n.into(), u64::from(n) * u64::from(n), options)
        .map_err(|kind| source.error(Place::Whole, kind))?;
    let built = arcs.finish(n).map_err(|kind| source.error(Place::Whole, kind))?;
    if let Some((u, v)) = built.example {
        let expected = format!(
            "a symmetric matrix (with the same value in row {u}, column {v} and in row {v}, column {u}, counted from 0)"
        );
        let kind = ErrorKind::expected(expected, "1 and 0");
        return Err(source.error(Place::Whole, kind));
    }
    let mut loaded = Loaded::new(built.graph, built.cleanup);
    let heading = |n| Note::SizeHeading { vertices: n, first: 0, edges: None };
    loaded.notes.extend(sizes.map(heading));
    Ok(loaded)
}

/// The number of rows, if the first of `lines` is `N` or `N N` above a row of N values; it is taken off then.
fn sizes<'h>(lines: &mut (impl Iterator<Item = &'h [u8]> + Clone)) -> Option<u32> {
    let mut rest = lines.clone();
    let numbers: Option<Vec<u64>> = fields(rest.next()?).map(lexer::integer).collect();
    let n = match numbers?[..] {
        [n] => n,
        [rows, columns] if rows == columns => rows,
        _ => return None,
    };
    let values = row(rest.clone().next()?, |_| {}).ok()?;
    let found = u64::from(values) == n;
    if found {
        *lines = rest;
    }
    found.then_some(values)
}

/// Hands the columns of a row that are 1 to `edge`, and gives their number with that of the others.
fn row(line: &[u8], mut edge: impl FnMut(u32)) -> Result<u32, ErrorKind> {
    let mut column = 0;
    for field in fields(line) {
        match value(field) {
            Some(true) => edge(column),
            Some(false) => {}
            None => return Err(ErrorKind::expected("0 or 1", quote(field))),
        }
        column += 1;
    }
    Ok(column)
}

/// Whether a value is 1; none if it is anything else but 0. Numbers may be written as `1.0e+00`.
#[inline]
fn value(field: &[u8]) -> Option<bool> {
    match field {
        b"0" => Some(false),
        b"1" => Some(true),
        [b'0' | b'1', _, _, ..] => match std::str::from_utf8(field).ok()?.parse::<f64>() {
            Ok(0.0) => Some(false),
            Ok(1.0) => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a file that starts with `head`, which is all of it when `complete`, has as many lines as
/// columns and only 0 and 1, below sizes or not.
pub(super) fn is_matrix(head: &[u8], complete: bool) -> bool {
    let mut lines = data_lines(head, complete);
    sizes(&mut lines);
    let Some(columns) = lines.next().and_then(|first| row(first, |_| {}).ok()) else {
        return false;
    };
    let mut rows = 1;
    for line in lines {
        rows += 1;
        if rows > columns || row(line, |_| {}).ok() != Some(columns) {
            return false;
        }
    }
    columns as usize >= ROWS && (!complete || rows == columns)
}
