//! Lines of a vertex and numbers behind it: what is given about the vertices of a graph that was read.
//!
//! A vertex is called as in the file of its graph. A name ends where commas, semicolons or tabs end
//! it, quoted as in CSV files where need be, or at the numbers that stand last; since a name may hold
//! blanks and numbers, the names of the graph decide where. A line that can be read in two ways is
//! refused. Empty lines are skipped, and so are those that begin with `#` or `%`, unless a vertex of the
//! graph does, comments behind the colours, and a heading: a first line that names no vertex and no number.

use std::borrow::Cow;

use super::coloring_read::color;
use super::comments::without_comment;
use super::csv_fields::fields;
use super::error::{ErrorKind, ReadError};
use super::lexer::{self, quote, trim};
use super::source::Source;
use super::vertex_names::VertexNames;
use crate::coloring::Color;

/// How many numbers stand behind a vertex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    One,
    /// At least one.
    Many,
}

/// What ends a name, and stands between numbers.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// A line cut into a vertex and what is behind it.
struct Reading<'l> {
    name: Cow<'l, str>,
    values: Vec<Cow<'l, str>>,
}

/// Reads all lines and hands the vertices of a graph, counted from 0, and their colours to `take`.
pub(super) fn read(
    source: &mut Source<'_>,
    names: &mut VertexNames<'_>,
    count: Count,
    mut take: impl FnMut(u32, Vec<Color>) -> Result<(), ErrorKind>,
) -> Result<(), ReadError> {
    source.require_lines()?;
    let mut find = |name: &[u8]| names.find(name).map(|v| v as u32);
    // A first line that may be a heading: what is wrong with it if nothing follows.
    let mut heading = None;
    let mut begun = false;
    while let Some(line) = source.next_line()? {
        let line = trim(line);
        let parsed = parse(line, count, &mut find);
        // A name may begin like a comment.
        if line.is_empty() || (parsed.is_err() && matches!(line, [b'#' | b'%', ..])) {
            continue;
        }
        let is_first = !std::mem::replace(&mut begun, true);
        match parsed.and_then(|(v, colors)| take(v, colors)) {
            Ok(()) => heading = None,
            Err(kind) if is_first && may_be_heading(line, &mut find) => {
                heading = Some(source.error_here(kind));
            }
            Err(kind) => return Err(source.error_here(kind)),
        }
    }
    heading.map_or(Ok(()), Err)
}

/// A line without the comment at its end, if it has one.
fn front(line: &[u8]) -> Option<&[u8]> {
    let front = without_comment(std::str::from_utf8(line).ok()?).ok()?.as_bytes();
    (front.len() < line.len()).then_some(front)
}

/// Whether a line holds two words or more, none of them a number, and starts with no vertex.
pub(super) fn may_be_heading(
    line: &[u8],
    find: &mut impl FnMut(&[u8]) -> Result<u32, ErrorKind>,
) -> bool {
    let Ok(text) = std::str::from_utf8(line) else { return false };
    let separator = SEPARATORS.into_iter().find(|&separator| text.contains(separator));
    let found: Result<Vec<_>, _> = fields(text, separator.unwrap_or(' ')).collect();
    let Ok(found) = found else { return false };
    let is_number = |field: &Cow<'_, str>| lexer::integer(field.as_bytes()).is_some();
    found.len() > 1 && !found.iter().any(is_number) && find(found[0].as_bytes()).is_err()
}

/// The vertex and the colours of a line, which may have a comment at its end.
pub(super) fn parse(
    line: &[u8],
    count: Count,
    find: &mut impl FnMut(&[u8]) -> Result<u32, ErrorKind>,
) -> Result<(u32, Vec<Color>), ErrorKind> {
    // What may be a comment may be a part of a name as well.
    parse_all(line, count, find).or_else(|kind| match front(line) {
        Some(front) => parse_all(front, count, find),
        None => Err(kind),
    })
}

/// The same of a line without a comment.
fn parse_all(
    line: &[u8],
    count: Count,
    find: &mut impl FnMut(&[u8]) -> Result<u32, ErrorKind>,
) -> Result<(u32, Vec<Color>), ErrorKind> {
    let Ok(text) = std::str::from_utf8(line) else {
        return Err(ErrorKind::expected("text in UTF-8", quote(line)));
    };
    let mut found: Option<(u32, Vec<Color>)> = None;
    let mut wrong = None;
    for reading in readings(text, count) {
        let reading = match reading {
            Ok(reading) => reading,
            Err(what) => {
                wrong = wrong.or(Some(ErrorKind::expected(what, quote(line))));
                continue;
            }
        };
        let meant = find(reading.name.as_bytes()).or_else(|kind| {
            // `u: 0 1`
            let name = reading.name.strip_suffix(':').map(str::trim_end);
            name.and_then(|name| find(name.as_bytes()).ok()).ok_or(kind)
        });
        let colors = |v| {
            let colors: Result<_, _> = reading.values.iter().map(|w| color(w.as_bytes())).collect();
            colors.map(|colors| (v, colors))
        };
        match (meant.and_then(colors), &found) {
            (Ok(one), Some(other)) if one != *other => {
                let expected =
                    "a line that can be read in one way (put tabs or commas behind names)";
                return Err(ErrorKind::expected(expected, quote(line)));
            }
            (Ok(one), _) => found = Some(one),
            (Err(kind), _) => wrong = wrong.or(Some(kind)),
        }
    }
    let expected = match count {
        Count::One => "a vertex and its colour",
        Count::Many => "a vertex and its colours",
    };
    found.ok_or_else(|| wrong.unwrap_or_else(|| ErrorKind::expected(expected, quote(line))))
}

/// All ways to cut a line; errors are told of the first one. A line whose quotation marks are damaged
/// may be meant as it is: names may begin with one.
fn readings(line: &str, count: Count) -> Vec<Result<Reading<'_>, &'static str>> {
    let mut readings = Vec::new();
    for separator in SEPARATORS.into_iter().chain([' ']) {
        if line.contains(separator) && (separator != ' ' || line.starts_with('"')) {
            readings.push(by_fields(line, separator));
        }
    }
    readings.extend(by_numbers_last(line).into_iter().map(Ok));
    readings.retain(|reading| match (reading, count) {
        (Err(_), _) => true,
        (Ok(reading), Count::One) => reading.values.len() == 1,
        (Ok(reading), Count::Many) => !reading.values.is_empty(),
    });
    readings
}

/// The first field is the name; numbers may share a field, divided by blanks or other separators.
fn by_fields(line: &str, separator: char) -> Result<Reading<'_>, &'static str> {
    let mut fields = fields(line, separator);
    let name = fields.next().unwrap_or(Ok("".into()))?;
    let mut values = Vec::new();
    for field in fields {
        match field? {
            Cow::Borrowed(field) => values.extend(numbers(field).map(Cow::Borrowed)),
            Cow::Owned(field) => values.extend(numbers(&field).map(|word| word.to_owned().into())),
        }
    }
    Ok(Reading { name, values })
}

/// The words of a field.
fn numbers(field: &str) -> impl Iterator<Item = &str> {
    field.split([' ', '\t', '\r', ',', ';']).filter(|word| !word.is_empty())
}

/// Every cut in front of a number, as long as only numbers follow; the longest name last.
fn by_numbers_last(line: &str) -> Vec<Reading<'_>> {
    let mut readings = Vec::new();
    let mut values: Vec<Cow<'_, str>> = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.rfind([' ', '\t', '\r', ',', ';']) {
        let word = &rest[at + 1..];
        rest = &rest[..at];
        if word.is_empty() {
            continue;
        }
        values.insert(0, word.into());
        let name = rest.trim_end_matches([' ', '\t', '\r', ',', ';']);
        readings.push(Reading { name: name.into(), values: values.clone() });
        if lexer::integer(word.as_bytes()).is_none() {
            break;
        }
    }
    readings.reverse();
    readings
}
