//! Comments behind the names of a line: from a `#` or `%` between blanks to the end.
//!
//! `a b # close by` is an edge with a comment. `#5` is none, nor is a `#` within quotation marks, nor, in a
//! line with commas, one in front of a number (`Room # 5,Hall`). Where a comma behind the `#` may end a name,
//! the line is refused.

use super::names::{SEPARATORS, as_integer};

/// The place of the mark that begins a comment, if there is any.
fn comment(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let blank = |b: Option<&u8>| b.is_none_or(|&b| b == b' ' || b == b'\t');
    let mut marks =
        bytes.iter().enumerate().filter(|&(_, &b)| b == b'#' || b == b'%').map(|(at, _)| at);
    marks.find(|&at| {
        let quoted = || bytes[..at].iter().filter(|&&b| b == b'"').count() % 2 == 1;
        at > 0 && blank(bytes.get(at - 1)) && blank(bytes.get(at + 1)) && !quoted()
    })
}

/// A line without the comment at its end; or what was expected where it is in doubt whether there is one.
pub(super) fn without_comment(text: &str) -> Result<&str, &'static str> {
    let Some(at) = comment(text) else { return Ok(text) };
    let (before, behind) = (text[..at].trim_end(), text[at + 1..].trim_start());
    let mut words = before.split([' ', '\t', ',', ';', ':']).filter(|word| !word.is_empty());
    if words.all(|word| as_integer(word).is_some()) {
        return Ok(before);
    }
    let number = behind.starts_with(|c: char| c.is_ascii_digit());
    let one = !before.contains([' ', '\t', ',', ';', ':']);
    match [before, behind].map(|part| part.contains(SEPARATORS)) {
        [false, false] if !(number && one) => Ok(before),
        [true, false] | [_, true] if number => Ok(text),
        [true, false] => Ok(before),
        _ => Err("a comment on a line of its own, or names with a # or % in quotation marks"),
    }
}

/// Whether a part of a name would be taken for a comment.
pub(super) fn holds_comment(name: &str) -> bool {
    comment(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_stand_between_blanks() {
        for (line, kept) in [
            ("a b # close by", "a b"),
            ("a b #", "a b"),
            ("a b % close by", "a b"),
            ("a b 5%", "a b 5%"),
            ("a,b\t# x", "a,b"),
            ("1 2 # 3,5", "1 2"),
            ("1: 2 3 # 4", "1: 2 3"),
            ("7 # 5", "7"),
            ("T # an island", "T"),
            ("T: # an island", "T:"),
            ("a b #5", "a b #5"),
            ("C# F#", "C# F#"),
            ("#1,#2", "#1,#2"),
            ("Room # 5,Hall", "Room # 5,Hall"),
            ("Hall,Room # 5", "Hall,Room # 5"),
            ("\"a # b\" c", "\"a # b\" c"),
            ("\"a\" \"c\" # \"d\"", "\"a\" \"c\""),
        ] {
            assert_eq!(without_comment(line), Ok(kept), "{line}");
        }
        for line in ["a b # near c, d", "Room # upper,Hall", "Room # 5"] {
            assert!(without_comment(line).is_err(), "{line}");
        }
    }
}
