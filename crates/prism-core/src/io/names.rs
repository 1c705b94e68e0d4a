//! The first two names of a line of an edge list, quoted ones as in CSV files (RFC 4180, 2005).
//!
//! A name that starts with a quotation mark ends at the next single one: separators in between
//! belong to the name, and a doubled mark stands for one. Marks in the middle of a name mean
//! nothing. A quoted name cannot go on in the next line, since lines are what is read in parallel.

use std::borrow::Cow;

use super::error::ErrorKind;
use super::lexer::{self, Cursor, Number, quote};

/// Names of the columns that make a first line a heading, whatever stands below.
const HEADINGS: [&str; 14] = [
    "source",
    "target",
    "src",
    "dst",
    "from",
    "to",
    "fromnodeid",
    "tonodeid",
    "node1",
    "node2",
    "vertex1",
    "vertex2",
    "node_1",
    "node_2",
];

/// Whether both names are known as those of columns.
pub(super) fn is_heading(first: &str, second: &str) -> bool {
    [first, second].iter().all(|name| HEADINGS.contains(&name.to_lowercase().as_str()))
}

/// Parses an integer that can be the number of a vertex and has no leading zeros.
#[inline]
pub(super) fn vertex(cursor: &mut Cursor<'_>) -> Option<u32> {
    let start = cursor.position();
    let zero = cursor.byte() == b'0';
    match cursor.number() {
        Number::Value(_) if zero && cursor.position() > start + 1 => None,
        Number::Value(value) if value < u64::from(u32::MAX) => Some(value as u32),
        _ => None,
    }
}

/// A name that is the number of a vertex.
pub(super) fn as_integer(name: &str) -> Option<u32> {
    let mut cursor = Cursor::new(name.as_bytes());
    vertex(&mut cursor).filter(|_| cursor.at_end())
}

/// The names that a line starts with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TwoNames<'l> {
    pub(super) first: Cow<'l, str>,
    pub(super) second: Cow<'l, str>,
    /// Whether anything stands behind them.
    pub(super) more: bool,
}

/// The first two names of a line without blanks at its ends. They end at a comma if there is one
/// outside of quoted names, else at a semicolon, else at a tab, else at blanks.
pub(super) fn two_names(line: &[u8]) -> Result<TwoNames<'_>, ErrorKind> {
    let expected = |what: &str| ErrorKind::expected(what, quote(line));
    let text = std::str::from_utf8(line).map_err(|_| expected("text in UTF-8"))?;
    let quoted = text.contains('"');
    let mut failed = None;
    for separator in [',', ';', '\t', ' '] {
        if separator != ' ' && !text.contains(separator) {
            continue;
        }
        let names = if quoted { quoted_names(text, separator) } else { plain(text, separator) };
        match names {
            Ok(Some(names)) if names.first.is_empty() || names.second.is_empty() => break,
            Ok(Some(names)) => return Ok(names),
            // All separators stand within quoted names: the next kind may do.
            Ok(None) if quoted => {}
            Ok(None) => break,
            Err(what) => failed = failed.or(Some(what)),
        }
    }
    Err(expected(failed.unwrap_or("two vertex names")))
}

type Parsed<'l> = Result<Option<TwoNames<'l>>, &'static str>;

/// Names without quotation marks.
fn plain(line: &str, separator: char) -> Parsed<'_> {
    let names = match separator {
        ' ' => {
            let mut fields = line.split([' ', '\r']).filter(|field| !field.is_empty());
            (fields.next(), fields.next(), fields.next())
        }
        _ => {
            let mut fields = line.split(separator).map(str::trim);
            (fields.next(), fields.next(), fields.find(|field| !field.is_empty()))
        }
    };
    let (Some(first), Some(second), more) = names else { return Ok(None) };
    Ok(Some(TwoNames { first: first.into(), second: second.into(), more: more.is_some() }))
}

/// Names of which some may be quoted. None if the line is a single name.
fn quoted_names(line: &str, separator: char) -> Parsed<'_> {
    let (first, rest) = field(line, separator)?;
    let Some(rest) = rest else { return Ok(None) };
    let (second, rest) = field(rest, separator)?;
    let more = rest.is_some_and(|rest| !rest.trim().is_empty());
    Ok(Some(TwoNames { first, second, more }))
}

/// One name, and what follows its separator, if there is one.
fn field(line: &str, separator: char) -> Result<(Cow<'_, str>, Option<&str>), &'static str> {
    let line = line.trim_start_matches([' ', '\r']);
    let after = |rest: &str, at: usize| at + separator.len_utf8() <= rest.len();
    let Some(inside) = line.strip_prefix('"') else {
        let end = line.find(separator).unwrap_or(line.len());
        let rest = after(line, end).then(|| &line[end + separator.len_utf8()..]);
        return Ok((line[..end].trim().into(), rest));
    };
    let mut name = Cow::Borrowed("");
    let mut left = inside;
    loop {
        let end = left.find('"').ok_or("a closing quotation mark in the same line")?;
        let part = &left[..end];
        left = &left[end + 1..];
        let doubled = left.starts_with('"');
        if name.is_empty() && !doubled {
            name = part.into();
        } else {
            let name = name.to_mut();
            name.push_str(part);
            name.extend(doubled.then_some('"'));
        }
        if !doubled {
            break;
        }
        left = &left[1..];
    }
    // Names lose the blanks around them with or without quotation marks.
    let name = match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.trim()),
        Cow::Owned(name) => Cow::Owned(name.trim().to_owned()),
    };
    let behind = if separator == ' ' { left } else { left.trim_start_matches([' ', '\r']) };
    match behind.strip_prefix(separator) {
        Some(rest) => Ok((name, Some(rest))),
        None if behind.trim().is_empty() => Ok((name, None)),
        None => Err("a separator behind the closing quotation mark"),
    }
}

/// `name` as a name between commas: in quotation marks if it has to be.
pub(super) fn in_commas(name: &str) -> Cow<'_, str> {
    if name.starts_with('"') || name.contains(',') {
        Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(name)
    }
}

/// Parses one line of two integers and anything behind them, up to its line break. None when the names
/// that [`two_names`] finds in the line are, or may be, others. `more` becomes true if columns follow.
#[inline]
pub(super) fn two_integers(cursor: &mut Cursor<'_>, more: &mut bool) -> Option<(u32, u32)> {
    let u = vertex(cursor)?;
    let mut separator = match cursor.byte() {
        between @ (b' ' | b'\t' | b',' | b';') => between,
        _ => return None,
    };
    cursor.step();
    while cursor.byte() == b' ' {
        cursor.step();
    }
    if separator == b' ' && matches!(cursor.byte(), b'\t' | b',' | b';') {
        separator = cursor.byte();
        cursor.step();
        while cursor.byte() == b' ' {
            cursor.step();
        }
    }
    let v = vertex(cursor)?;
    if cursor.byte() == b'\n' {
        cursor.step();
    } else {
        *more |= further_columns(cursor, separator)?;
    }
    Some((u, v))
}

/// Skips what stands behind the second integer, if it cannot change where the names end. True if
/// there is anything.
fn further_columns(cursor: &mut Cursor<'_>, separator: u8) -> Option<bool> {
    let rest = lexer::trim_end(cursor.line());
    let behind_blanks = rest.iter().find(|&&b| b != b' ').copied();
    let column_ends = match separator {
        b' ' => matches!(rest.first(), None | Some(b' ')),
        _ => behind_blanks.is_none_or(|b| b == separator),
    };
    let stronger: &[u8] = match separator {
        b' ' => b"\t;,",
        b'\t' => b";,",
        b';' => b",",
        _ => b"",
    };
    if !column_ends || rest.iter().any(|b| stronger.contains(b)) {
        return None;
    }
    let more = rest.iter().any(|&b| b != separator && !lexer::is_blank(b));
    cursor.skip_line();
    Some(more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(line: &str) -> Result<(String, String, bool), String> {
        let found = two_names(line.as_bytes()).map_err(|kind| kind.to_string())?;
        Ok((found.first.into_owned(), found.second.into_owned(), found.more))
    }

    #[test]
    fn quotation_marks() {
        let is = |line: &str, first: &str, second: &str, more| {
            assert_eq!(names(line), Ok((first.into(), second.into(), more)), "{line}");
        };
        is("\"a, b\",c", "a, b", "c", false);
        is("c , \"a, b\" ,\"1;2\"", "c", "a, b", true);
        is("\"say \"\"hi\"\"\",\"\"\"\"", "say \"hi\"", "\"", false);
        is("\"a;b\";c;", "a;b", "c", false);
        is("\"New York, NY\" Boston", "New York, NY", "Boston", false);
        is("\"a, b\"\t\"c, d\"", "a, b", "c, d", false);
        is("5\" nail,7\" nail", "5\" nail", "7\" nail", false);
        is("\"1\",\"2\"", "1", "2", false);
        for (line, expected) in [
            ("\"a,b", "a closing quotation mark in the same line"),
            ("a,\"b", "a closing quotation mark in the same line"),
            ("\"a\"b,c", "a separator behind the closing quotation mark"),
            ("\"a, b\"", "two vertex names"),
            ("\"\",b", "two vertex names"),
        ] {
            let message = names(line).unwrap_err();
            assert!(message.starts_with(&format!("expected {expected}, found")), "{message}");
        }
    }

    proptest! {
        /// What the writer puts between commas comes back, whatever the names are made of.
        #[test]
        fn names_in_commas_come_back(
            first in "[\"a,;\t][\"a ,;\t]{0,6}[\"a,;]", second in "[\"a,;]{1,6}",
        ) {
            let line = format!("{},{}", in_commas(&first), in_commas(&second));
            prop_assert_eq!(names(&line), Ok((first.trim().into(), second, false)));
        }

        /// The quick way and the general one find the same integers.
        #[test]
        fn integers_are_found_alike(line in "[0-9 ,;\t\"a]{1,12}") {
            let line = lexer::trim(line.as_bytes());
            let mut cursor = Cursor::new(line);
            let mut more = false;
            if let Some((u, v)) = two_integers(&mut cursor, &mut more) {
                let names = two_names(line).unwrap();
                prop_assert_eq!(names.more, more);
                prop_assert_eq!(as_integer(&names.first), Some(u));
                prop_assert_eq!(as_integer(&names.second), Some(v));
            }
        }
    }
}
