//! Lines of numbers that are no edges: rows of 0 and 1, and sizes below a number of graphs.

use super::{Found, Line};
use crate::io::lexer;
use crate::io::names::is_heading_word;

/// Looks at the lines. `heading` is what is known of the first one.
pub(super) fn check<'l, 'h>(
    lines: &'l [Line<'h>],
    all: bool,
    heading: Option<bool>,
) -> Option<Found<'l, 'h>> {
    rows_of_bits(lines).or_else(|| {
        let asked = heading.is_some();
        if asked { None } else { sizes_below_a_number(lines, all) }
    })
}

/// Two rows or more of 0 and 1, with three columns or more in any; a line of names or sizes may stand
/// above them, and a name in front of each.
pub(super) fn rows_of_bits<'l, 'h>(lines: &'l [Line<'h>]) -> Option<Found<'l, 'h>> {
    let are_bits = |rows: &[Line<'_>], names: usize| {
        let columns = rows.iter().map(|row| row.fields().count().saturating_sub(names));
        let is_bit = |field: &[u8]| field == b"0" || field == b"1";
        rows.len() > 1
            && columns.max() >= Some(3)
            && rows.iter().all(|row| row.fields().skip(names).all(is_bit))
    };
    let (first, below) = lines.split_first()?;
    let is_word = |field: &[u8]| std::str::from_utf8(field).is_ok_and(is_heading_word);
    let of_edges = first.fields().take(2).all(is_word);
    let found = [0, 1].into_iter().any(|names| are_bits(lines, names) || are_bits(below, names));
    (found && !of_edges).then_some(Found {
        line: first,
        what: "a matrix of 0 and 1",
        advice: "an adjacency matrix is read if it is symmetric, with as many lines as columns and no names; its size, N or N N, may stand above",
    })
}

/// A number of graphs, then `N M` and edges that fit it.
fn sizes_below_a_number<'l, 'h>(lines: &'l [Line<'h>], all: bool) -> Option<Found<'l, 'h>> {
    let integers =
        |line: &Line<'_>| -> Option<Vec<u64>> { line.fields().map(lexer::integer).collect() };
    let [number, sizes, edges @ ..] = lines else { return None };
    let (&[_], &[n, m]) = (&integers(number)?[..], &integers(sizes)?[..]) else { return None };
    let seen = edges.len() as u64;
    let ends = edges.iter().map(|line| line.fields().take(2).map(lexer::integer).collect());
    let ends: Vec<Vec<u64>> = ends.collect::<Option<_>>()?;
    let mut ids = ends.iter().flatten();
    let fits = ids.clone().all(|&id| id <= n);
    let counts = if all { m == seen } else { m > seen };
    (seen > 0 && fits && (counts || !ids.any(|&id| id == n))).then_some(Found {
        line: number,
        what: "a number of graphs above the sizes of the first",
        advice: "one graph is read from a file; without its first line this may be one",
    })
}
