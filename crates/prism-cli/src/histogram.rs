//! How often each number occurs, drawn in lines of text.

use std::collections::BTreeMap;
use std::io::{self, Write};

/// Rows of a drawing. Where more numbers occur, a row is a range of them.
const ROWS: usize = 16;

/// The length of the longest bar.
const BAR: usize = 40;

/// The numbers that occur, in order, and how often each does.
pub fn count(values: impl Iterator<Item = usize>) -> Vec<(usize, usize)> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

/// Draws counts as bars, a heading with the names of both columns first; nothing for no counts.
pub fn draw(
    out: &mut dyn Write,
    value: &str,
    count: &str,
    counts: &[(usize, usize)],
) -> io::Result<()> {
    let rows = rows(counts);
    let Some(most) = rows.iter().map(|row| row.2).max() else { return Ok(()) };
    let label = |&(from, to, _): &(usize, usize, usize)| match to - from {
        0 => from.to_string(),
        _ => format!("{from}-{to}"),
    };
    let labels: Vec<String> = rows.iter().map(label).collect();
    let left = labels.iter().map(String::len).max().unwrap_or(0).max(value.len());
    let right = most.to_string().len().max(count.len());
    writeln!(out, "\n{value:>left$}  {count:>right$}")?;
    for (label, (.., count)) in labels.iter().zip(&rows) {
        // Something that occurs is seen.
        let length = (count * BAR / most).max(usize::from(*count > 0));
        let line = format!("{label:>left$}  {count:>right$}  {}", "#".repeat(length));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// First and last number of each row, and how often they occur together: a number a row or, where those
/// would be too many, ranges of equal width. A few numbers far beyond the others would leave them in
/// one such row: then ranges double, from 0, 1, 2-3, 4-7 on.
fn rows(counts: &[(usize, usize)]) -> Vec<(usize, usize, usize)> {
    if counts.len() <= ROWS {
        return counts.iter().map(|&(value, count)| (value, value, count)).collect();
    }
    let (first, last) = (counts[0].0, counts[counts.len() - 1].0);
    let width = (last - first + 1).div_ceil(ROWS);
    let total: usize = counts.iter().map(|row| row.1).sum();
    let even = grouped(counts, |value| {
        let from = first + (value - first) / width * width;
        (from, (from + width - 1).min(last))
    });
    if even.iter().all(|row| 2 * row.2 <= total) {
        return even;
    }
    grouped(counts, |value| match value {
        0 => (0, 0),
        _ => (1 << value.ilog2(), ((2 << value.ilog2()) - 1).min(last)),
    })
}

/// Sums counts up by the range that each number is in.
fn grouped(
    counts: &[(usize, usize)],
    range: impl Fn(usize) -> (usize, usize),
) -> Vec<(usize, usize, usize)> {
    let mut rows: Vec<(usize, usize, usize)> = Vec::new();
    for &(value, count) in counts {
        let (from, to) = range(value);
        match rows.last_mut() {
            Some(row) if row.0 == from => row.2 += count,
            _ => rows.push((from, to, count)),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: impl Iterator<Item = usize>) -> String {
        let mut out = Vec::new();
        draw(&mut out, "degree", "vertices", &count(values)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_row_a_number_where_there_are_few() {
        let text = drawn([3, 1, 3, 3, 3, 10].into_iter());
        let bar = "#".repeat(BAR);
        let expected = format!(
            "\ndegree  vertices\n     1         1  ##########\n     3         4  {bar}\n    10         1  ##########\n"
        );
        assert_eq!(text, expected);
        assert_eq!(drawn(std::iter::empty()), "");
    }

    #[test]
    fn ranges_where_there_are_many() {
        let even = rows(&count(100..200));
        assert_eq!((even.len(), even[0], even[14]), (15, (100, 106, 7), (198, 199, 2)));
        // Most are small, a few are large.
        let skewed = rows(&count((0..1000).map(|v| 100_000 / (v * v + 1))));
        assert_eq!((skewed[0], skewed.last().map(|row| row.1)), ((0, 0, 683), Some(100_000)));
        assert_eq!(skewed.iter().map(|row| row.2).sum::<usize>(), 1000);
        assert!(skewed.len() <= 18 && skewed[1].0 == 1 && skewed[2].0 == 2, "{skewed:?}");
    }
}
