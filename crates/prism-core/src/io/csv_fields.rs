//! The fields of one line of a CSV file (RFC 4180, 2005), by csv-core, which the csv crate is made of.
//!
//! csv-core takes any text for a CSV file. What it would repair is an error here: a quotation mark that
//! nothing closes, or text behind a closing one. Blanks around a field do not belong to it, with or
//! without quotation marks, since people write `"a", "b"`. A field cannot go on in the next line.

use std::borrow::Cow;

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

/// Walks over the fields of a line.
pub(super) struct Fields<'l> {
    reader: Reader,
    separator: char,
    /// What is left of the line; none behind the last field.
    rest: Option<&'l str>,
    unescaped: Vec<u8>,
}

/// The fields of `line`, which end at `separator`: a comma, a semicolon, a tab or a blank. Blanks in a
/// row are one separator.
pub(super) fn fields(line: &str, separator: char) -> Fields<'_> {
    // Separators are ASCII.
    let reader = ReaderBuilder::new().delimiter(separator as u8).build();
    Fields { reader, separator, rest: Some(line), unescaped: Vec::new() }
}

impl<'l> Fields<'l> {
    /// What is left of the line, if a separator stands in front of it.
    pub(super) fn rest(&self) -> Option<&'l str> {
        self.rest
    }

    /// Reads a field that starts with a quotation mark, and says how many bytes of `text` it takes, the
    /// separator included.
    fn unescape(&mut self, text: &str) -> (Cow<'l, str>, usize) {
        self.reader.reset();
        self.unescaped.resize(text.len(), 0);
        let (result, read, written) = self.reader.read_field(text.as_bytes(), &mut self.unescaped);
        debug_assert!(!matches!(result, ReadFieldResult::OutputFull));
        // Cut at ASCII characters, UTF-8 stays UTF-8.
        let field = String::from_utf8_lossy(&self.unescaped[..written]).trim().to_owned();
        (Cow::Owned(field), read)
    }
}

impl<'l> Iterator for Fields<'l> {
    /// A field, or what was expected where the line is damaged.
    type Item = Result<Cow<'l, str>, &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.rest.take()?.trim_start_matches([' ', '\r']);
        let separator = self.separator;
        if !text.starts_with('"') {
            let (field, rest) = match text.split_once(separator) {
                Some((field, rest)) => (field, Some(rest)),
                None => (text, None),
            };
            self.rest = rest.filter(|rest| separator != ' ' || !rest.trim().is_empty());
            return Some(Ok(field.trim().into()));
        }
        let (field, read) = self.unescape(text);
        let closed = text[..read].strip_suffix(separator);
        self.rest = closed.map(|_| &text[read..]);
        self.rest = self.rest.filter(|rest| separator != ' ' || !rest.trim().is_empty());
        let raw = closed.unwrap_or(&text[..read]).trim_end();
        let inside = &raw[1..].strip_suffix('"').unwrap_or(&raw[1..]);
        Some(match inside.replace("\"\"", "").contains('"') {
            true => Err("a separator behind the closing quotation mark"),
            false if inside.len() + 2 > raw.len() => {
                Err("a closing quotation mark in the same line")
            }
            false => Ok(field),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(line: &str, separator: char) -> Result<Vec<String>, &'static str> {
        fields(line, separator).map(|field| field.map(Cow::into_owned)).collect()
    }

    #[test]
    fn quotation_marks_and_blanks() {
        let rows: [(&str, char, &[&str]); 9] = [
            ("a,b", ',', &["a", "b"]),
            (" \"a, b\" , c ,", ',', &["a, b", "c", ""]),
            ("\"a\", \"b\"", ',', &["a", "b"]),
            ("\"say \"\"hi\"\"\";\"\"\"\"", ';', &["say \"hi\"", "\""]),
            ("5\" nail\t7\" nail", '\t', &["5\" nail", "7\" nail"]),
            ("\"New York\"  Boston ", ' ', &["New York", "Boston"]),
            ("\" a \",\"\"", ',', &["a", ""]),
            ("Z\u{fc}rich,\"Gen\u{e8}ve, VD\"", ',', &["Z\u{fc}rich", "Gen\u{e8}ve, VD"]),
            ("", ',', &[""]),
        ];
        for (line, separator, expected) in rows {
            assert_eq!(
                all(line, separator).as_deref(),
                Ok(&*expected.iter().map(ToString::to_string).collect::<Vec<_>>()),
                "{line}"
            );
        }
        for line in ["\"a,b", "a,\"b", "\""] {
            assert_eq!(all(line, ','), Err("a closing quotation mark in the same line"), "{line}");
        }
        for line in ["\"a\"b,c", "\"a\" b", "\"a\"b\",c"] {
            assert_eq!(
                all(line, ','),
                Err("a separator behind the closing quotation mark"),
                "{line}"
            );
        }
    }

    proptest! {
        /// What the csv crate's writer would put down comes back.
        #[test]
        fn quoted_fields_come_back(
            names in prop::collection::vec("[\"a ,;\t]{0,6}", 1..5),
            separator in prop::sample::select(vec![',', ';', '\t']),
            blank: bool,
        ) {
            let quoted = names.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
            let between = if blank { format!(" {separator} ") } else { separator.to_string() };
            let line = quoted.collect::<Vec<_>>().join(&between);
            let trimmed: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
            prop_assert_eq!(all(&line, separator), Ok(trimmed));
        }
    }
}
