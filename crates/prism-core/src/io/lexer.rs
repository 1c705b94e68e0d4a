//! Lines, words and numbers: what the text formats share.
//!
//! Everything works on bytes; a file need not be UTF-8 for its numbers to be read. Blanks are spaces,
//! tabs and the carriage return of a Windows line end.

/// The first line of `text` without its line break, and where the next one starts.
#[inline]
pub(super) fn split_line(text: &[u8]) -> (&[u8], usize) {
    match text.iter().position(|&b| b == b'\n') {
        Some(end) => (&text[..end], end + 1),
        None => (text, text.len()),
    }
}

/// Whether `b` separates words within a line.
#[inline]
pub(super) fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r')
}

/// `line` without blanks at its end.
pub(super) fn trim_end(line: &[u8]) -> &[u8] {
    let kept = line.iter().rposition(|&b| !is_blank(b)).map_or(0, |last| last + 1);
    &line[..kept]
}

/// `line` without blanks at both ends.
pub(super) fn trim(line: &[u8]) -> &[u8] {
    let line = trim_end(line);
    let start = line.iter().position(|&b| !is_blank(b)).unwrap_or(line.len());
    &line[start..]
}

/// The words of a line.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|&b| is_blank(b)).filter(|word| !word.is_empty())
}

/// A word that is all digits, as a number; none when it is anything else or does not fit.
pub(super) fn integer(word: &[u8]) -> Option<u64> {
    let mut cursor = Cursor::new(word);
    match cursor.number() {
        Number::Value(value) if cursor.at_end() => Some(value),
        _ => None,
    }
}

/// `bytes` for an error message: short, printable, in quotes.
pub(super) fn quote(bytes: &[u8]) -> String {
    const SHOWN: usize = 40;
    let shown = &bytes[..bytes.len().min(SHOWN)];
    let dots = if bytes.len() > SHOWN { "..." } else { "" };
    match std::str::from_utf8(shown) {
        _ if bytes.is_empty() => "the end of the line".to_owned(),
        Ok(text) if !text.chars().any(char::is_control) => format!("\"{text}{dots}\""),
        _ => format!("\"{}{dots}\"", shown.escape_ascii()),
    }
}

/// What stands where a number is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// A number. One beyond 64 bits counts as `u64::MAX`, which no format takes.
    Value(u64),
    /// Something else, or nothing.
    Missing,
}

/// Walks through a block of text. The hot loops of the parsers are made of its few steps.
#[derive(Clone)]
pub(super) struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Cursor<'t> {
    /// Starts at the front of `text`.
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }

    #[inline]
    pub(super) fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    #[inline]
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The byte under the cursor; a line break at the end of the text.
    #[inline]
    pub(super) fn byte(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(b'\n')
    }

    #[inline]
    pub(super) fn step(&mut self) {
        self.at += 1;
    }

    #[inline]
    pub(super) fn skip_blanks(&mut self) {
        while is_blank(self.byte()) {
            self.at += 1;
        }
    }

    /// Moves behind the next line break.
    #[inline]
    pub(super) fn skip_line(&mut self) {
        // Mostly the line break is here already.
        while self.byte() != b'\n' {
            self.at += 1;
        }
        self.at += 1;
    }

    /// Reads digits.
    #[inline]
    pub(super) fn number(&mut self) -> Number {
        let mut digit = self.byte().wrapping_sub(b'0');
        if digit > 9 {
            return Number::Missing;
        }
        let mut value = 0u64;
        let start = self.at;
        while digit <= 9 {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.at += 1;
            digit = self.byte().wrapping_sub(b'0');
        }
        if self.at - start > 19 { self.long_number(start) } else { Number::Value(value) }
    }

    #[cold]
    fn long_number(&self, start: usize) -> Number {
        let digits = &self.text[start..self.at];
        let value = digits.iter().try_fold(0u64, |value, &digit| {
            value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
        });
        Number::Value(value.unwrap_or(u64::MAX))
    }

    /// The word under the cursor, for a message; the cursor stays.
    pub(super) fn word(&self) -> &'t [u8] {
        let rest = &self.text[self.at.min(self.text.len())..];
        let end = rest.iter().position(|&b| is_blank(b) || b == b'\n').unwrap_or(rest.len());
        &rest[..end]
    }

    /// The rest of the line under the cursor, without its line break; the cursor stays.
    pub(super) fn line(&self) -> &'t [u8] {
        split_line(&self.text[self.at.min(self.text.len())..]).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_do_not_fit_are_never_small() {
        assert_eq!(integer(b"0"), Some(0));
        assert_eq!(integer(b"0000000000000000000000000007"), Some(7));
        assert_eq!(integer(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(integer(b"18446744073709551617"), Some(u64::MAX));
        assert_eq!(integer(b"100000000000000000000000000000"), Some(u64::MAX));
        for bad in [&b""[..], b"-1", b"+1", b"1x", b"1.0", b" 1"] {
            assert_eq!(integer(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn lines_and_words_know_windows() {
        assert_eq!(split_line(b"a b\r\nc"), (&b"a b\r"[..], 5));
        assert_eq!(trim(b" \ta b \r"), b"a b");
        assert_eq!(words(b" a\t\tb \r").collect::<Vec<_>>(), [b"a", b"b"]);
        assert_eq!(trim(b"\r"), b"");
    }

    #[test]
    fn quoted_text_is_short_and_printable() {
        assert_eq!(quote(b"abc"), "\"abc\"");
        assert_eq!(quote(&[0, 255]), "\"\\x00\\xff\"");
        assert_eq!(quote(b""), "the end of the line");
        assert_eq!(quote(&[b'x'; 99]).len(), 45);
    }
}
