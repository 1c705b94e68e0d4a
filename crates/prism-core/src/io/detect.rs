//! Which format a file is in, by its first megabyte.
//!
//! Matrix Market names itself, DIMACS has its `p` line (behind a length in the binary variant), and
//! ECL is the only other binary format; its fourth integer is zero. What is left is text: METIS and
//! edge lists. Their lines can look the same, so the test is whether the lines are the first rows
//! of a symmetric matrix of the size that the first line gives; edge lists practically never pass
//! it. Where a damaged file leaves a doubt, lines that no edge list can have and the extension of
//! the name decide.

use super::error::ErrorKind;
use super::lexer::{self, split_line, trim};
use super::{Format, dimacs, dimacs_binary, metis};

/// Rows of a possible METIS file that are looked at.
const ROWS: usize = 1 << 14;

/// Detects the format of a file that starts with `head`, which is all of it when `complete`.
pub(super) fn detect(head: &[u8], complete: bool, name: &str) -> Result<Format, ErrorKind> {
    if head.iter().all(u8::is_ascii_whitespace) && complete {
        return Err(ErrorKind::Empty);
    }
    if head.get(..14).is_some_and(|start| start.eq_ignore_ascii_case(b"%%MatrixMarket")) {
        return Ok(Format::MatrixMarket);
    }
    if is_dimacs_binary(head) {
        return Ok(Format::DimacsBinary);
    }
    if is_ecl(head) {
        return Ok(Format::Ecl);
    }
    if head.contains(&0) {
        return Err(ErrorKind::UnknownFormat("it is binary"));
    }
    if is_dimacs(head) {
        return Ok(Format::DimacsCol);
    }
    if is_metis(head, complete, name) {
        return Ok(Format::Metis);
    }
    Ok(Format::EdgeList)
}

/// The data lines at the front of `text`, trimmed: those that are not empty or comments.
fn data_lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split(|&b| b == b'\n').map(trim);
    lines.filter(|line| !matches!(line, [] | [b'#' | b'%', ..]))
}

/// A line with a length, and a preamble of that length with a `p` line.
fn is_dimacs_binary(head: &[u8]) -> bool {
    let (line, next) = split_line(&head[..head.len().min(64)]);
    let Some(length) = lexer::integer(trim(line)) else { return false };
    let length = length.min(dimacs_binary::LONGEST_PREAMBLE) as usize;
    let preamble = &head[next..head.len().min(next + length)];
    matches!(preamble.first(), Some(b'c' | b'p')) && dimacs_binary::find_header(preamble).is_some()
}

/// Two numbers that are not negative, then the first index, which is zero.
fn is_ecl(head: &[u8]) -> bool {
    head.len() >= 12 && head[3] < 0x80 && head[7] < 0x80 && head[8..12] == [0; 4]
}

/// Comments and then a `p` line or, where that is missing, an edge line; or nothing but comments.
fn is_dimacs(head: &[u8]) -> bool {
    let mut comments = false;
    for line in head.split(|&b| b == b'\n').map(trim).filter(|line| !line.is_empty()) {
        let words: Vec<&[u8]> = lexer::words(line).take(4).collect();
        match words[..] {
            [b"c", ..] => comments = true,
            [b"p", _, n, m] => {
                let numbers = lexer::integer(n).is_some() && lexer::integer(m).is_some();
                return numbers || dimacs::parse_header(line).is_some();
            }
            [b"p", ..] => return comments,
            [b"e", u, v] => return lexer::integer(u).is_some() && lexer::integer(v).is_some(),
            _ => return comments && line.starts_with(b"p"),
        }
    }
    comments
}

fn is_metis(head: &[u8], complete: bool, name: &str) -> bool {
    let mut lines = data_lines(head);
    let first = lines.next().unwrap_or_default();
    let Some(header) = metis::parse_header(first) else { return false };
    if head.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'#') {
        return false;
    }
    if are_symmetric_rows(head, complete, header) {
        return true;
    }
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name);
    if [".graph", ".metis"].iter().any(|extension| name.ends_with(extension)) {
        return true;
    }
    // An edge list has two names in every line, and rarely more than two numbers behind them.
    let lines = lines.take(ROWS);
    let counts = lines.map(|line| {
        let numbers = lexer::words(line).all(|word| lexer::integer(word).is_some());
        numbers.then(|| lexer::words(line).count())
    });
    counts.flatten().any(|count| count == 1 || count > 4)
}

/// Whether the lines behind the first can be the first rows of a METIS file.
fn are_symmetric_rows(head: &[u8], complete: bool, header: metis::Header) -> bool {
    let stride = if header.edge_weights { 2 } else { 1 };
    let mut lines = head.split(|&b| b == b'\n').map(trim).filter(|line| !line.starts_with(b"%"));
    // The first line and the empty ones in front of it.
    lines.find(|line| !line.is_empty());
    let mut lines: Vec<&[u8]> = lines.take(ROWS + 1).collect();
    let all = complete && lines.len() <= ROWS;
    // What follows the last line break is no line, or an incomplete one.
    if !all || lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    while all && lines.len() as u64 > header.n && lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    let mut rows: Vec<Vec<u64>> = Vec::with_capacity(lines.len());
    for line in lines {
        let numbers = lexer::words(line).skip(header.vertex_numbers as usize);
        let row: Option<Vec<u64>> = numbers.step_by(stride).map(lexer::integer).collect();
        match row {
            Some(mut row) if row.iter().all(|v| (1..=header.n).contains(v)) => {
                row.sort_unstable();
                rows.push(row);
            }
            _ => return false,
        }
    }
    if rows.len() as u64 > header.n {
        return false;
    }
    // Vertices or edges without any line: rather a single edge of vertex 0.
    if all && rows.is_empty() && (header.n, header.m) != (0, 0) {
        return false;
    }
    let entries: usize = rows.iter().map(Vec::len).sum();
    if all && (rows.len() as u64) < header.n && entries as u64 != header.m.saturating_mul(2) {
        return false;
    }
    rows.iter().zip(1u64..).all(|(row, u)| {
        row.iter().all(|&v| match rows.get(v as usize - 1) {
            Some(other) => other.binary_search(&u).is_ok(),
            // Beyond what was looked at; or missing, and then it is empty.
            None => !all,
        })
    })
}
