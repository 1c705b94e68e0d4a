//! Where a text ends: marks behind its last line, and that line.

use crate::io::lexer;

/// Text without a Ctrl-Z at its end, as DOS put it there, and without a last line `%`, below which
/// the files of SATLIB have a `0`.
pub(in crate::io) fn without_end_marks(text: &[u8]) -> &[u8] {
    let is_padding = |&b: &u8| b == 0x1a || b.is_ascii_whitespace();
    let mut kept = text;
    if kept.contains(&0x1a) {
        let end = kept.iter().rposition(|b| !is_padding(b)).map_or(0, |last| last + 1);
        // A line break that stood in front of the mark stays.
        let next = kept[end..].iter().position(|&b| b == 0x1a).unwrap_or(kept.len() - end);
        kept = &kept[..end + next];
    }
    let body = kept.trim_ascii_end();
    let mut lines = body.rsplit(|&b| b == b'\n').map(lexer::trim);
    let marks = match (lines.next(), lines.next()) {
        (Some(b"%"), _) => 1,
        (Some(b"0"), Some(b"%")) => 2,
        _ => return kept,
    };
    let breaks = body.iter().enumerate().filter(|&(_, &b)| b == b'\n');
    let end = breaks.rev().nth(marks - 1).map_or(0, |(at, _)| at + 1);
    &kept[..end]
}

/// The last line that is not empty or a comment, trimmed, and where it starts.
pub(super) fn last_line(text: &[u8]) -> Option<(&[u8], usize)> {
    let mut end = text.len();
    for line in text.rsplit(|&b| b == b'\n') {
        let start = end - line.len();
        if !lexer::is_skipped(lexer::trim(line)) {
            return Some((lexer::trim(line), start));
        }
        end = start.saturating_sub(1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_the_end_are_taken_off() {
        for (text, kept) in [
            ("a b\n\x1a", "a b\n"),
            ("a b\r\n\x1a\x1a\r\n", "a b\r\n"),
            ("a b\x1a", "a b"),
            ("a b\n%\n", "a b\n"),
            ("a b\r\n%\r\n0\r\n\x1a", "a b\r\n"),
            ("a b\n %\n0\n\n", "a b\n"),
            ("%\n0", ""),
            ("\x1a", ""),
            ("a\x1ab\n", "a\x1ab\n"),
            ("% c\na b\n0\n", "% c\na b\n0\n"),
            ("a b\n% end\n", "a b\n% end\n"),
            ("", ""),
        ] {
            let found = without_end_marks(text.as_bytes());
            assert_eq!(std::str::from_utf8(found), Ok(kept), "{text:?}");
        }
    }

    #[test]
    fn the_last_line_is_neither_empty_nor_a_comment() {
        assert_eq!(last_line(b"a b\nc d\n\n# e\n"), Some((&b"c d"[..], 4)));
        assert_eq!(last_line(b" a \r"), Some((&b"a"[..], 0)));
        assert_eq!(last_line(b"\n% a\n"), None);
    }
}
