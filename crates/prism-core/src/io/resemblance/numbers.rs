//! Lines of numbers that are no edges: rows of 0 and 1, sizes one by one or below a number of graphs, and those of
//! several graphs.

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
        if asked {
            return None;
        }
        sizes_below_a_number(lines, all)
            .or_else(|| sizes_one_by_one(lines, all))
            .or_else(|| several_graphs(lines, all))
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

/// The numbers of a line.
fn integers(line: &Line<'_>) -> Option<Vec<u64>> {
    line.fields().map(lexer::integer).collect()
}

/// Whether edges lie between numbers from 0 or from 1 on, `n` of them.
fn fit(edges: &[Vec<u64>], n: u64) -> bool {
    let mut ends = edges.iter().flat_map(|edge| edge.iter().take(2));
    let from_0 = ends.clone().all(|&id| id < n);
    from_0 || ends.all(|&id| (1..=n).contains(&id))
}

/// The numbers of vertices and of edges, perhaps a third one, on lines of their own, and edges that fit.
fn sizes_one_by_one<'l, 'h>(lines: &'l [Line<'h>], all: bool) -> Option<Found<'l, 'h>> {
    let rows: Vec<Vec<u64>> = lines.iter().map(integers).collect::<Option<_>>()?;
    let sizes = rows.iter().take_while(|row| row.len() == 1).count();
    let (sizes, edges) = rows.split_at(sizes);
    let (n, m) = match sizes {
        [n, m] | [n, m, _] => (n[0], m[0]),
        _ => return None,
    };
    let counts = if all { m == edges.len() as u64 } else { m > edges.len() as u64 };
    let of_edges = edges.iter().all(|edge| edge.len() > 1);
    (!edges.is_empty() && of_edges && counts && fit(edges, n)).then_some(Found {
        line: &lines[0],
        what: "the numbers of vertices and edges, each on a line of its own",
        advice: "both belong on one line (\"N M\")",
    })
}

/// `N M` and M edges that fit, again and again.
fn several_graphs<'l, 'h>(lines: &'l [Line<'h>], all: bool) -> Option<Found<'l, 'h>> {
    let rows: Vec<Vec<u64>> = lines.iter().map(integers).collect::<Option<_>>()?;
    let mut rest = &rows[..];
    let mut graphs = 0;
    let mut second = None;
    while let [sizes, below @ ..] = rest {
        let &[n, m] = &sizes[..] else { return None };
        let count = usize::try_from(m).ok().filter(|&count| count <= below.len() || !all)?;
        let (edges, behind) = below.split_at(count.min(below.len()));
        if !edges.iter().all(|edge| edge.len() > 1) || !fit(edges, n) {
            return None;
        }
        if graphs == 1 {
            second = Some(lines.len() - rest.len());
        }
        graphs += u32::from(!edges.is_empty());
        rest = behind;
    }
    let line = second.filter(|_| graphs > 1)?;
    Some(Found {
        line: &lines[line],
        what: "the sizes of a second graph below the edges of the first",
        advice: "one graph is read from a file",
    })
}
