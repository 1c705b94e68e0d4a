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

/// Whether a tab stands in front of the first word of a line: an indent, or the end of an empty cell.
pub(super) fn begins_with_tab(line: &[u8]) -> bool {
    line.iter().find(|&&b| b != b' ') == Some(&b'\t')
}

/// Whether a trimmed line is empty or a comment of lists and matrices.
pub(super) fn is_skipped(line: &[u8]) -> bool {
    matches!(line, [] | [b'#' | b'%', ..])
}

/// The complete lines of `head`, which is all of a file when `complete`: trimmed, without comments and empty
/// ones.
pub(super) fn data_lines(head: &[u8], complete: bool) -> impl Iterator<Item = &[u8]> + Clone {
    let end = match complete {
        true => head.len(),
        // What follows the last line break may be part of a line.
        false => head.iter().rposition(|&b| b == b'\n').unwrap_or(0),
    };
    head[..end].split(|&b| b == b'\n').map(trim).filter(|line| !is_skipped(line))
}

/// What stands between blanks, commas and semicolons.
pub(super) fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = |&b: &u8| is_blank(b) || b == b',' || b == b';';
    line.split(ends).filter(|field| !field.is_empty())
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
        if let Some(&bytes) = self.text.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            let (value, digits) = eight_digits(bytes);
            if digits == 0 {
                return Number::Missing;
            }
            self.at += digits;
            if digits < 8 || !self.byte().is_ascii_digit() {
                return Number::Value(value);
            }
            self.at -= digits;
        }
        self.any_number()
    }

    /// Reads digits one by one.
    fn any_number(&mut self) -> Number {
        let mut value = 0u64;
        let start = self.at;
        loop {
            let digit = self.byte().wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.at += 1;
        }
        match self.at - start {
            0 => Number::Missing,
            1..=19 => Number::Value(value),
            _ => self.long_number(start),
        }
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

    /// The digits in front of the cursor, for a message about the number that was just read.
    pub(super) fn digits(&self) -> &'t [u8] {
        let read = &self.text[..self.at.min(self.text.len())];
        let start = read.iter().rposition(|b| !b.is_ascii_digit()).map_or(0, |other| other + 1);
        &read[start..]
    }

    /// The rest of the line under the cursor, without its line break; the cursor stays.
    pub(super) fn line(&self) -> &'t [u8] {
        split_line(&self.text[self.at.min(self.text.len())..]).0
    }
}

/// The number that the digits at the front of eight bytes make, and how many they are. All eight are
/// worked on at once in one register (Lemire & Langdale's parsing of eight digits, with a length).
#[inline]
fn eight_digits(bytes: [u8; 8]) -> (u64, usize) {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // A digit becomes 0 to 9; then adding 0x76 reaches the top bit for anything else. Carries only go
    // to bytes behind the first that is no digit.
    let values = u64::from_le_bytes(bytes) ^ 0x3030_3030_3030_3030;
    let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & HIGH;
    let digits = others.trailing_zeros() as usize / 8;
    if digits == 0 {
        return (0, 0);
    }
    // Moves the digits to the end, so that zeros stand in front of them; then joins neighbours.
    let digits_last = values << (64 - 8 * digits);
    let pairs = digits_last.wrapping_mul(10).wrapping_add(digits_last >> 8);
    const MASK: u64 = 0x0000_00FF_0000_00FF;
    let outer = (pairs & MASK).wrapping_mul(100 + (1_000_000 << 32));
    let inner = ((pairs >> 16) & MASK).wrapping_mul(1 + (10_000 << 32));
    (outer.wrapping_add(inner) >> 32, digits)
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

    proptest::proptest! {
        #[test]
        fn numbers_are_what_they_say(value: u64, shift in 0u32..64, behind in "[^0-9]{0,9}") {
            let value = value >> shift;
            let text = format!("{value}{behind}");
            let mut cursor = Cursor::new(text.as_bytes());
            proptest::prop_assert_eq!(cursor.number(), Number::Value(value));
            proptest::prop_assert_eq!(cursor.position(), text.len() - behind.len());
            proptest::prop_assert_eq!(Cursor::new(behind.as_bytes()).number(), Number::Missing);
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
