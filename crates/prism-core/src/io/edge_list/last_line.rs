//! The last line of an edge list: an edge or a vertex as the others, or a mark of the end.
//!
//! Old programs and courses end their input with `0 0`, with `-1` or with a word. As a line it would be a
//! vertex that no other line names. Where it is, nothing says which of both is meant.

use crate::io::error::ErrorKind;
use crate::io::lexer;

/// Words that end a list, in lower case.
const WORDS: [&str; 6] = ["end", "eof", "stop", "done", "quit", "."];

/// Whether a line may be a mark of the end.
pub(in crate::io) fn may_be_end(line: &[u8]) -> bool {
    mark(line).is_some()
}

/// The name that a mark repeats, if the line is one: zeros, numbers of -1, or a word alone.
pub(super) fn mark(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(lexer::trim(line)).ok()?;
    let ends = |c: char| matches!(c, ' ' | '\t' | ',' | ';');
    let mut words = line.split(ends).filter(|word| !word.is_empty());
    let first = words.next()?;
    let word = || WORDS.iter().any(|end| end.eq_ignore_ascii_case(first)) && line == first;
    let numbers = matches!(first, "0" | "-1") && words.all(|word| word == first);
    (numbers || word()).then_some(first)
}

/// A last line that may be a mark.
pub(super) struct LastLine {
    pub(super) text: Vec<u8>,
    /// Its place in the file.
    pub(super) number: u64,
}

impl LastLine {
    /// Whether the line is a mark. `asked` is what the user says; `mentioned` whether its name stands in
    /// another line, and `announced` whether the file says how many lines there are, this one among them.
    pub(super) fn is_mark(
        &self,
        asked: Option<bool>,
        mentioned: bool,
        announced: bool,
    ) -> Result<bool, ErrorKind> {
        if let Some(asked) = asked {
            return Ok(asked);
        }
        if mentioned || announced {
            return Ok(false);
        }
        let name = mark(&self.text).unwrap_or_default();
        Err(ErrorKind::Doubtful {
            found: String::from_utf8_lossy(&self.text).into_owned(),
            readings: format!(
                "a mark of the end, as {name:?} stands in no other line, or a vertex"
            ),
            decides: "--end-mark yes or --end-mark no",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks() {
        for line in ["0 0", "0", "0,0", "0 0 0", "-1", "-1 -1", " -1\r", "end", "EOF", "."] {
            assert!(may_be_end(line.as_bytes()), "{line}");
        }
        for line in ["", "0 1", "1 0", "-1 0", "end 0", "the end", "00", "-2", "%"] {
            assert!(!may_be_end(line.as_bytes()), "{line}");
        }
    }
}
