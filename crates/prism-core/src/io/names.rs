//! The first two names of a line of an edge list, quoted ones as in CSV files (RFC 4180, 2005).
//!
//! Names end at commas, semicolons or tabs, or, in a line without any of these, at blanks. A name that
//! starts with a quotation mark may hold them; another may not, so that `a,b;c` is no name `b;c`. Marks in
//! the middle of a name mean nothing. A quoted name cannot go on in the next line, since lines are what
//! is read in parallel.

use std::borrow::Cow;

use super::comments::{holds_comment, without_comment};
use super::csv_fields::fields;
use super::error::ErrorKind;
use super::lexer::{self, Cursor, Number, quote};

/// Words that name the columns of edges.
const HEADINGS: [&str; 28] = [
    "source",
    "target",
    "src",
    "dst",
    "from",
    "to",
    "fromnodeid",
    "tonodeid",
    "from_id",
    "to_id",
    "source_id",
    "target_id",
    "from_node",
    "to_node",
    "source_node",
    "target_node",
    "node1",
    "node2",
    "vertex1",
    "vertex2",
    "node_1",
    "node_2",
    "vertex_1",
    "vertex_2",
    "node_a",
    "node_b",
    "vertex_a",
    "vertex_b",
];

/// Words that name a column of enrolments.
const ENROLMENTS: [&str; 9] =
    ["student", "course", "exam", "pupil", "user", "module", "subject", "lecture", "participant"];

/// What may stand behind them, after a blank, a dash or an underscore or none.
const IDENTIFIERS: [&str; 7] = ["id", "code", "name", "no", "no.", "nr", "number"];

/// What ends names besides blanks.
pub(super) const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// At the start of a file, as a colouring may have a name there, it is no part of the text.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// What is expected in place of a name that holds one.
pub(super) const NO_BYTE_ORDER_MARK: &str = "a byte order mark at the start of the file alone";

/// Whether a word names a column of edges.
pub(super) fn is_heading_word(name: &str) -> bool {
    HEADINGS.contains(&name.to_lowercase().as_str())
}

/// Whether a word names a column of enrolments, in the singular or the plural.
pub(super) fn is_enrolment_word(name: &str) -> bool {
    let name = name.to_lowercase();
    ENROLMENTS.iter().any(|word| {
        name.strip_prefix(word).is_some_and(|rest| {
            let rest = rest.trim_start_matches([' ', '_', '-']);
            matches!(rest, "" | "s") || IDENTIFIERS.contains(&rest)
        })
    })
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
pub(super) struct Names<'l> {
    pub(super) first: Cow<'l, str>,
    /// None in a line that names a vertex alone.
    pub(super) second: Option<Cow<'l, str>>,
    /// What stands behind them.
    pub(super) further: Vec<Cow<'l, str>>,
    /// Whether anything does.
    pub(super) more: bool,
    /// Whether they end at commas, semicolons or tabs.
    pub(super) separated: bool,
}

/// The names at the front of a line without blanks at its ends.
pub(super) fn names(line: &[u8]) -> Result<Names<'_>, ErrorKind> {
    let expected = |what: &str| ErrorKind::expected(what, quote(line));
    let text = std::str::from_utf8(line).map_err(|_| expected("text in UTF-8"))?;
    let text = without_comment(text).map_err(expected)?;
    if let Some(front) = without_attributes(text)
        && let Ok(found @ Names { second: Some(_), .. }) = names(front.as_bytes())
    {
        return Ok(Names { more: true, ..found });
    }
    let mut wrong = None;
    for separator in SEPARATORS {
        if !text.contains(separator) {
            continue;
        }
        match split(text, separator) {
            Ok(Some(names)) => return Ok(names),
            Ok(None) => {}
            Err(what) => wrong = wrong.or(Some(what)),
        }
    }
    let blanks_end = text.starts_with('"') || !text.contains(SEPARATORS);
    match blanks_end.then(|| split(text, ' ')) {
        Some(Ok(Some(names))) => Ok(names),
        Some(Err(what)) => Err(expected(wrong.unwrap_or(what))),
        _ => Err(expected(wrong.unwrap_or("one or two vertex names"))),
    }
}

/// The front of a line that ends with attributes as NetworkX writes them, `1 2 {'weight': 3, 'color': 'red'}`:
/// what stands in front of the brace and what divides names there.
fn without_attributes(text: &str) -> Option<&str> {
    let at = text.strip_suffix('}')?.match_indices('{').map(|(at, _)| at).find(|&at| {
        let inside = &text[at + 1..text.len() - 1];
        let divides = text[..at].ends_with([' ', ',', ';', '\t']);
        divides && (inside.contains(':') || inside.trim().is_empty())
    })?;
    let front = text[..at].trim_end_matches(' ');
    match front.strip_suffix(SEPARATORS) {
        // They end at the same sign as the names do.
        Some(names) => names.contains(&front[names.len()..]).then_some(names),
        None => (!front.contains(SEPARATORS)).then_some(front),
    }
}

/// The names of a line that end at `separator`; none if all of those stand within quoted names.
fn split(text: &str, separator: char) -> Result<Option<Names<'_>>, &'static str> {
    let mut found = fields(text, separator);
    let first = found.next().unwrap_or(Ok("".into()))?;
    let second = found.next().transpose()?;
    let separated = separator != ' ';
    if separated && second.is_none() {
        return Ok(None);
    }
    let further: Vec<Cow<'_, str>> =
        found.collect::<Result<_, _>>().unwrap_or_else(|_| vec!["\"".into()]);
    let more = further.iter().any(|field| !field.is_empty());
    let second = second.filter(|name| !name.is_empty());
    if first.is_empty() || (second.is_none() && more) {
        return Err("two vertex names");
    }
    for name in [Some(&first), second.as_ref()].into_iter().flatten() {
        if name.contains(BYTE_ORDER_MARK) {
            return Err(NO_BYTE_ORDER_MARK);
        }
        // Quoted names are owned.
        if let Cow::Borrowed(name) = name {
            if name.contains(SEPARATORS) {
                return Err(
                    "names that end at one kind of separator: a comma, semicolon or tab within a \
name is read in quotation marks, and a list of neighbours with a colon, as in \"a: b, c\"",
                );
            }
            if separated && is_several(name) {
                return Err("two vertex names with blanks or with commas between them");
            }
        }
    }
    Ok(Some(Names { first, second, further, more, separated }))
}

/// Whether a name is rather two or more, as the blank in `1 2` and `1 2 x` may end it, and that in front of a brace,
/// where attributes begin in the lists of NetworkX (`a b {'x': 1, 'y': 2}`).
fn is_several(name: &str) -> bool {
    let words = name.split(' ').filter(|word| !word.is_empty());
    let integers = words.take_while(|word| as_integer(word).is_some()).count() > 1;
    integers || name.contains(" {")
}

/// Whether a name has to be quoted, wherever it stands.
pub(super) fn needs_quotes(name: &str) -> bool {
    name.starts_with('"') || name.contains(SEPARATORS) || is_several(name) || holds_comment(name)
}

/// `name` as a name between commas: in quotation marks if it has to be.
pub(super) fn in_commas(name: &str) -> Cow<'_, str> {
    if needs_quotes(name) {
        Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(name)
    }
}

/// Parses one line of two integers and anything behind them, up to its line break. None when the names
/// that [`names`] finds in the line are, or may be, others. `more` becomes true if columns follow.
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

/// Parses a line of one integer and nothing else, up to its line break.
pub(super) fn one_integer(cursor: &mut Cursor<'_>) -> Option<u32> {
    let v = vertex(cursor)?;
    cursor.skip_blanks();
    let alone = cursor.byte() == b'\n';
    cursor.step();
    alone.then_some(v)
}

/// Skips what stands behind the second integer, if it cannot change where the names end. True if
/// there is anything.
fn further_columns(cursor: &mut Cursor<'_>, separator: u8) -> Option<bool> {
    let rest = lexer::trim_end(cursor.line());
    if let [b' ' | b'\t', ..] = rest
        && let [b'#' | b'%'] | [b'#' | b'%', b' ' | b'\t', ..] = lexer::trim(rest)
    {
        cursor.skip_line();
        return Some(false);
    }
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

    fn found(line: &str) -> Result<(String, Option<String>, bool), String> {
        let found = names(line.as_bytes()).map_err(|kind| kind.to_string())?;
        Ok((found.first.into_owned(), found.second.map(Cow::into_owned), found.more))
    }

    #[test]
    fn where_names_end() {
        let is = |line: &str, first: &str, second: &str, more| {
            let second = (!second.is_empty()).then(|| second.to_owned());
            assert_eq!(found(line), Ok((first.into(), second, more)), "{line}");
        };
        is("\"a, b\",c", "a, b", "c", false);
        is("c , \"a, b\" ,\"1;2\"", "c", "a, b", true);
        is("\"say \"\"hi\"\"\",\"\"\"\"", "say \"hi\"", "\"", false);
        is("\"a;b\";c;", "a;b", "c", false);
        is("\"New York, NY\" Boston", "New York, NY", "Boston", false);
        is("\"a, b\"\t\"c, d\"", "a, b", "c, d", false);
        is("5\" nail,7\" nail", "5\" nail", "7\" nail", false);
        is("\"1\",\"2\"", "1", "2", false);
        // A decimal comma behind semicolons.
        is("Berlin;Hamburg;289,5", "Berlin", "Hamburg", true);
        // A vertex alone.
        is("zoe", "zoe", "", false);
        is("\"a, b\"", "a, b", "", false);
        is("New York,", "New York", "", false);
        let kinds = "names that end at one kind of separator";
        for (line, expected) in [
            ("\"a,b", "a closing quotation mark in the same line"),
            ("a,\"b", "a closing quotation mark in the same line"),
            ("\"a\"b,c", "a separator behind the closing quotation mark"),
            ("\"\",b", "two vertex names"),
            (",b", "two vertex names"),
            ("a,,b", "two vertex names"),
            ("a \u{feff}b", NO_BYTE_ORDER_MARK),
            ("a,b;c", kinds),
            ("a;b,c", kinds),
            ("a\tb,c", kinds),
            ("Lab, upper\tAttic", kinds),
            ("1 2 3,5", "two vertex names with blanks or with commas between them"),
        ] {
            let message = found(line).unwrap_err();
            assert!(message.starts_with(&format!("expected {expected}")), "{message}");
        }
    }

    proptest! {
        /// What the writer puts between commas comes back, whatever the names are made of.
        #[test]
        fn names_in_commas_come_back(
            first in "[\"a1,;\t][\"a1 ,;\t]{0,6}[\"a1,;]", second in "[\"a,;]{1,6}",
        ) {
            let line = format!("{},{}", in_commas(&first), in_commas(&second));
            prop_assert_eq!(found(&line), Ok((first.trim().into(), Some(second), false)));
        }

        /// The quick way and the general one find the same integers.
        #[test]
        fn integers_are_found_alike(line in "[0-9 ,;\t\"a#%{:}]{1,12}") {
            let line = lexer::trim(line.as_bytes());
            let mut cursor = Cursor::new(line);
            let mut more = false;
            if let Some((u, v)) = two_integers(&mut cursor, &mut more) {
                let names = names(line).unwrap();
                prop_assert_eq!(names.more, more);
                prop_assert_eq!(as_integer(&names.first), Some(u));
                prop_assert_eq!(names.second.as_deref().and_then(as_integer), Some(v));
            }
        }
    }
}
