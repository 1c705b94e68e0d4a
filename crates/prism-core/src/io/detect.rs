//! Which format a file is in, by its first megabyte.
//!
//! Matrix Market names itself, DIMACS has its `p` line (behind a length in the binary variant), and
//! ECL is the only other binary format; its fourth integer is zero. What is left is text: METIS and
//! edge lists. Their lines can look the same, so the test is whether the lines are the first rows
//! of a symmetric matrix of the size that the first line gives; edge lists practically never pass
//! it.
//!
//! Nearly any text is an edge list between names, so a damaged file of another format would be
//! one, too. It is told by what no edge list can be expected to have: a `p` line with one of the
//! words of DIMACS, with edges `e U V` or, below `p N M`, lines of numbers under it, or with comments `c ...` above it; rows of one number or many, which are METIS.
//! Where that leaves a doubt, the extension of the name decides, if the first line can be meant for
//! the format: `.col` unless it is all numbers, `.graph` if it is a header of METIS. A `.mtx` file
//! without its banner is refused by the reader of those, whatever it holds: its lines may be entries or
//! edges. A format that is taken for a damaged file's gets to say what is wrong.

use std::collections::BTreeSet;

use super::error::ErrorKind;
use super::lexer::{self, quote, split_line, trim};
use super::source::{foreign, without_end_marks};
use super::{
    Format, ReadOptions, adjacency_list, adjacency_matrix, dimacs, dimacs_binary, dot, edge_list,
    graph6, matrix_market, metis, resemblance,
};

/// Rows of a possible METIS file that are looked at.
const ROWS: usize = 1 << 14;

/// Detects the format of a file that starts with `head`, which is all of it when `complete`. Only edge lists
/// have the headings and the marks of the end that `options` know of.
pub(super) fn detect(
    head: &[u8],
    complete: bool,
    name: &str,
    options: &ReadOptions,
) -> Result<Format, ErrorKind> {
    if head.iter().all(u8::is_ascii_whitespace) && complete {
        return Err(ErrorKind::Empty);
    }
    if matrix_market::is_banner(head) {
        return Ok(Format::MatrixMarket);
    }
    if is_dimacs_binary(head) {
        return Ok(Format::DimacsBinary);
    }
    if is_ecl(head) {
        return Ok(Format::Ecl);
    }
    if head.get(257..262) == Some(b"ustar") {
        return Err(ErrorKind::UnknownFormat(
            "it is a tar archive, which has to be unpacked first",
        ));
    }
    if let Some(kind) = foreign(head) {
        return Err(kind);
    }
    if head.contains(&0) {
        return Err(ErrorKind::UnknownFormat("it is binary"));
    }
    let head = if complete { without_end_marks(head) } else { head };
    known_by_extension(head, name)?;
    let extension = extension(name);
    if extension.as_deref() == Some("g6") || graph6::is_graph6(head, complete) {
        return Ok(Format::Graph6);
    }
    if dot::is_dot(head) {
        return Ok(Format::Dot);
    }
    if is_dimacs(head) {
        return Ok(Format::DimacsCol);
    }
    let announced = edge_list::is_announced(head, complete);
    if announced || options.heading.is_some() || options.end_mark.is_some() {
        return Ok(Format::EdgeList);
    }
    if adjacency_matrix::is_matrix(head, complete) {
        return Ok(Format::AdjacencyMatrix);
    }
    if extension.as_deref() == Some("mtx") {
        // Its reader says that the banner is missing.
        return Ok(Format::MatrixMarket);
    }
    if is_metis(head, complete) {
        let named = extension.and_then(|extension| extension.parse().ok()) == Some(Format::Metis);
        if !named && complete && may_be_edges(head) {
            return Err(ErrorKind::Doubtful {
                found: String::from_utf8_lossy(data_lines(head).next().unwrap_or_default()).into(),
                readings: "the first line of a METIS file with two neighbours of a vertex in each line, or of an edge list with as many edges as vertices".to_owned(),
                decides: "--format metis or --heading yes",
            });
        }
        return Ok(Format::Metis);
    }
    if adjacency_list::is_adjacency_list(head, complete) {
        return Ok(Format::AdjacencyList);
    }
    let is_metis = || has_metis_rows(head) && !resemblance::has_rows_of_bits(head, complete);
    Ok(by_extension(head, name)
        .unwrap_or_else(|| if is_metis() { Format::Metis } else { Format::EdgeList }))
}

/// Carter's exam timetabling files (1996), LGL files and hypergraphs have a name and a number or several names in
/// each line, as other lists have, and are known by their extensions alone.
fn known_by_extension(head: &[u8], name: &str) -> Result<(), ErrorKind> {
    let clashes =
        "the graph of exams with common students is not made from it; it has to be a graph file";
    let (what, advice) = match extension(name).as_deref() {
        Some("crs") => ("Carter's list of exams and their enrolments (.crs)", clashes),
        Some("stu") => ("Carter's list of students and their exams (.stu)", clashes),
        Some("lgl") => ("an LGL file (.lgl)", "it is not read"),
        Some("hgr") => ("a hypergraph of hMETIS (.hgr)", "it is not read"),
        _ => return Ok(()),
    };
    let found = quote(data_lines(head).next().unwrap_or_default());
    Err(ErrorKind::OtherForm { what, advice, found })
}

/// The data lines at the front of `text`, trimmed: those that are not empty or comments.
fn data_lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split(|&b| b == b'\n').map(trim);
    lines.filter(|line| !lexer::is_skipped(line))
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

/// Comments and then a `p` line, damaged or not, or an edge line where that is missing; or nothing but
/// comments.
fn is_dimacs(head: &[u8]) -> bool {
    let mut lines = head.split(|&b| b == b'\n').map(trim).filter(|line| !line.is_empty());
    // Lines `c ...` are comments. Those that only start with the letter may begin with a name.
    let (mut comments, mut doubt) = (false, false);
    while let Some(line) = lines.next() {
        let words: Vec<&[u8]> = lexer::words(line).take(5).collect();
        let p = words[0].eq_ignore_ascii_case(b"p");
        let p_is_missing = dimacs::is_problem(words[0]);
        if words[0] == b"c" {
            comments = true;
        } else if dimacs::is_comment(line) {
            doubt = true;
        } else if p && words.get(1).is_some_and(|word| dimacs::is_problem(word)) {
            return true;
        } else {
            let other_problem = p && words.len() == 4 && words[2..].iter().all(|w| is_integer(w));
            let next = lines.find(|line| !dimacs::is_comment(line));
            let before_edge = next.is_some_and(is_edge_line);
            // `p N M` above lines of numbers lacks its word.
            let sizes = p && words.len() == 3 && words[1..].iter().all(|w| is_integer(w));
            let before_numbers = next.is_some_and(|line| lexer::words(line).all(is_integer));
            return !doubt
                && (other_problem
                    || is_edge_line(line)
                    || comments && line.starts_with(b"p")
                    || (p || p_is_missing) && before_edge
                    || sizes && before_numbers);
        }
    }
    comments && !doubt
}

/// A line `e U V`.
fn is_edge_line(line: &[u8]) -> bool {
    let words: Vec<&[u8]> = lexer::words(line).take(4).collect();
    matches!(words[..], [b"e", u, v] if is_integer(u) && is_integer(v))
}

fn is_integer(word: &[u8]) -> bool {
    lexer::integer(word).is_some()
}

/// The text format that the extension of the name gives, if the first line can be meant for it.
fn by_extension(head: &[u8], name: &str) -> Option<Format> {
    let format: Format = extension(name)?.parse().ok()?;
    let first = data_lines(head).next()?;
    let meant = match format {
        // Only edge lists have comments that begin like this.
        _ if starts_with_hash(head) => false,
        Format::DimacsCol => !lexer::words(first).all(is_integer),
        Format::Metis => metis::parse_header(first).is_some(),
        _ => false,
    };
    meant.then_some(format)
}

/// The extension of a file in lower case, without that of a compression.
pub(super) fn extension(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    let file = name.rsplit('/').next().unwrap_or(name);
    file.rsplit_once('.').map(|(_, extension)| extension.to_owned())
}

/// Whether the first thing in the file is a `#`.
fn starts_with_hash(head: &[u8]) -> bool {
    head.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'#')
}

/// The first line of a METIS file and its rows.
fn is_metis(head: &[u8], complete: bool) -> bool {
    let header = data_lines(head).next().and_then(metis::parse_header);
    !starts_with_hash(head)
        && header.is_some_and(|header| are_symmetric_rows(head, complete, header))
}

/// Whether a METIS file could as well be `N M` and M edges, and another graph: each row has two numbers
/// then, and there are as many edges as vertices.
fn may_be_edges(head: &[u8]) -> bool {
    let mut lines = data_lines(head);
    let mut pair = || -> Option<Option<[u64; 2]>> {
        let numbers: Option<Vec<u64>> = lexer::words(lines.next()?).map(lexer::integer).collect();
        Some(numbers.and_then(|numbers| numbers.try_into().ok()))
    };
    let Some(Some([n, m])) = pair() else { return false };
    let rows: Option<Vec<[u64; 2]>> = std::iter::from_fn(pair).collect();
    let Some(rows) = rows.filter(|rows| n == m && rows.len() as u64 == n) else { return false };
    let edge = |u: u64, v: u64| (u.min(v), u.max(v));
    let as_edges: BTreeSet<_> = rows.iter().map(|&[u, v]| edge(u, v)).collect();
    let as_rows: BTreeSet<_> =
        rows.iter().zip(1..).flat_map(|(&[u, v], row)| [edge(row, u), edge(row, v)]).collect();
    as_edges != as_rows
}

/// The first line of a METIS file, and below it no more lines than it says, with a row that few edge lists
/// have: there are two names in most lines of those, and rarely more than two numbers behind them.
fn has_metis_rows(head: &[u8]) -> bool {
    let mut lines = data_lines(head);
    let Some(header) = lines.next().and_then(metis::parse_header) else { return false };
    let mut lines: Vec<&[u8]> = lines.take(ROWS).collect();
    lines.pop_if(|line| edge_list::may_be_end(line));
    if starts_with_hash(head) || lines.len() as u64 > header.n {
        return false;
    }
    let rows = lines.into_iter().filter(|line| lexer::words(line).all(is_integer));
    rows.map(|row| lexer::words(row).count()).any(|count| count == 1 || count > 4)
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
