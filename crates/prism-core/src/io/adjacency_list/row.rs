//! A line of an adjacency list: where its names end.
//!
//! Names end at commas, semicolons and tabs if any line has one, else at blanks; quotation marks are
//! those of CSV files.

use std::borrow::Cow;

use crate::io::comments::without_comment;
use crate::io::csv_fields::fields;
use crate::io::error::ErrorKind;
use crate::io::lexer::{quote, words};
use crate::io::names::{BYTE_ORDER_MARK, NO_BYTE_ORDER_MARK, SEPARATORS};

/// How the lines of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Whether a colon stands behind the first name.
    pub(super) colon: bool,
    /// Whether names end at blanks.
    pub(super) blanks: bool,
}

/// The line of a vertex.
pub(super) struct Row<'l> {
    pub(super) name: Cow<'l, str>,
    pub(super) neighbors: Vec<Cow<'l, str>>,
    /// Whether a colon is missing.
    pub(super) is_alone: bool,
}

/// How lines are written, if they are adjacency lists.
pub(super) fn layout(lines: &[&[u8]]) -> Layout {
    let lines: Vec<&str> = lines.iter().filter_map(|line| content(line).ok()).collect();
    // Behind the colon a tab may stand instead of a blank.
    let separates = |line: &&str| match split_colon(line) {
        Some((name, rest)) => name.contains(SEPARATORS) || rest.contains(SEPARATORS),
        None => line.contains(SEPARATORS),
    };
    let blanks = !lines.iter().any(separates);
    let alone = |line: &str| list(line, blanks).is_ok_and(|names| names.len() == 1);
    let mut colons = 0;
    let all = lines.iter().all(|line| {
        let colon = split_colon(line).is_some();
        colons += u64::from(colon);
        colon || alone(line)
    });
    Layout { colon: all && colons > 0, blanks }
}

/// Whether a colon stands behind the first word of any line, which is no part of a name then.
pub(super) fn any_colon(lines: &[&[u8]]) -> bool {
    lines.iter().any(|line| words(line).next().is_some_and(|word| word.ends_with(b":")))
}

/// Whether a line has a name and a colon behind it.
pub(super) fn has_colon(line: &[u8]) -> bool {
    let text = std::str::from_utf8(line).unwrap_or_default();
    split_colon(without_comment(text).unwrap_or(text)).is_some()
}

/// The text of a line without the comment at its end; or what was expected.
fn content(line: &[u8]) -> Result<&str, &'static str> {
    without_comment(std::str::from_utf8(line).map_err(|_| "text in UTF-8")?)
}

/// Whether a line ends with what divides names, so that others may follow in the next.
pub(super) fn goes_on(line: &[u8]) -> bool {
    let text = content(line).unwrap_or_default();
    split_colon(text).is_some() && text.ends_with([',', ';'])
}

/// The name in front of the only colon of a line, and what is behind it.
fn split_colon(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut parts = fields(text, ':');
    let name = parts.next()?.ok()?;
    let rest = parts.rest()?.trim();
    let unquoted = !text.starts_with('"');
    // The colon of `1 2 {'weight': 7}` is that of an attribute.
    let separated = unquoted && (name.contains(SEPARATORS) || name.contains(" {"));
    (!name.is_empty() && !separated && !rest.contains(':')).then_some((name, rest))
}

/// The vertex and the neighbours of a line.
pub(super) fn row(line: &[u8], layout: Layout) -> Result<Row<'_>, ErrorKind> {
    let wrong = |what: &str| ErrorKind::expected(what, quote(line));
    let text = content(line).map_err(wrong)?;
    let (name, rest) = match split_colon(text).filter(|_| layout.colon) {
        None => (None, text),
        Some((name, rest)) => {
            if layout.blanks && name.contains(' ') {
                return Err(wrong(
                    "commas between neighbours, as names hold blanks (\"a b: c, d e\")",
                ));
            }
            (Some(name), rest)
        }
    };
    let is_alone = layout.colon && name.is_none();
    let mut found = list(rest, layout.blanks).map_err(wrong)?.into_iter();
    let name = match name {
        Some(name) => name,
        None => found.next().ok_or_else(|| wrong("the name of a vertex"))?,
    };
    let neighbors: Vec<Cow<'_, str>> = found.collect();
    if is_alone && (!neighbors.is_empty() || name.contains(':')) {
        return Err(wrong("a line with one colon, behind its first name, as in \"a: b, c\""));
    }
    if text.contains(BYTE_ORDER_MARK) {
        return Err(wrong(NO_BYTE_ORDER_MARK));
    }
    let bracket = |name: &Cow<'_, str>| name.starts_with(['[', '{', '(']);
    if bracket(&name) || neighbors.iter().any(bracket) {
        return Err(wrong("names without brackets, as in \"a: b, c\""));
    }
    // Quoted names are owned.
    let comment = |name: &Cow<'_, str>| matches!(name, Cow::Borrowed(name) if begins_comment(name));
    if neighbors.iter().any(comment) || (is_alone && comment(&name)) {
        return Err(wrong("a blank behind the # of a comment, or quotation marks around a name"));
    }
    Ok(Row { name, neighbors, is_alone })
}

/// Whether a name begins like a comment, or has one behind it that lacks a blank.
fn begins_comment(name: &str) -> bool {
    let mut behind = name.split(" #").skip(1);
    let letter = |text: &str| text.starts_with(|c: char| !c.is_ascii_digit());
    name.starts_with('#') || behind.any(letter)
}

/// The names of a list. Empty ones stand for nothing.
fn list(text: &str, blanks: bool) -> Result<Vec<Cow<'_, str>>, &'static str> {
    if blanks {
        return separated(text, ' ');
    }
    // Within quotation marks others may stand.
    let mut wrong = None;
    for separator in SEPARATORS.into_iter().filter(|&separator| text.contains(separator)) {
        match separated(text, separator) {
            Ok(found) => return Ok(found),
            Err(what) => wrong = wrong.or(Some(what)),
        }
    }
    wrong.map_or_else(|| separated(text, ','), Err)
}

fn separated(text: &str, separator: char) -> Result<Vec<Cow<'_, str>>, &'static str> {
    let mut found = vec![];
    for field in fields(text, separator) {
        match field? {
            // Quoted fields are owned; others may hold further separators.
            Cow::Borrowed(field) if separator != ' ' => {
                let parts = field.split(SEPARATORS).map(str::trim);
                found.extend(parts.map(Cow::Borrowed));
            }
            field => found.push(field),
        }
    }
    if found.iter().any(|name| matches!(name, Cow::Borrowed(name) if name.starts_with('"'))) {
        return Err("one kind of separator between quoted names");
    }
    found.retain(|name| !name.is_empty());
    Ok(found)
}
