//! graph6 `.g6` (McKay, nauty): a graph as one line of printable characters.
//!
//! A character holds six bits, added to 63. The number of vertices comes first, in one character, in
//! three behind a `~`, or in six behind `~~`; then the upper triangle of the adjacency matrix, column
//! by column, filled up with zeros. `>>graph6<<` may stand in front. Vertices count from 0. A file with
//! several graphs is refused, and so are sparse6 and digraph6, which begin with a character of their own.

use super::builder::{Edge, GraphBuilder};
use super::error::{ErrorKind, Place, ReadError, vertices};
use super::lexer::quote;
use super::source::Source;
use super::{Loaded, ReadOptions};
use crate::graph::Graph;

/// What may stand in front of a graph.
const HEADER: &[u8] = b">>graph6<<";

/// Bits in a character.
const BITS: u64 = 6;

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, _: &ReadOptions) -> Result<Loaded, ReadError> {
    let mut bytes = Bytes::new(source);
    let n = size(&mut bytes)?;
    let mut builder = GraphBuilder::default();
    let (mut values, mut left) = (0, 0);
    for v in 1..n {
        for u in 0..v {
            if left == 0 {
                let expected = || {
                    let bits = u128::from(n) * u128::from(n - 1) / 2;
                    format!("{} characters for {}", bits.div_ceil(BITS.into()), vertices(n.into()))
                };
                values = bytes.value(expected)?;
                left = BITS;
            }
            left -= 1;
            if values >> left & 1 == 1 {
                builder.push(Edge::new(u, v));
            }
        }
    }
    if values & ((1 << left) - 1) != 0 {
        let kind = ErrorKind::expected("zeros behind the last bit", "ones");
        return Err(bytes.error_before(kind));
    }
    while let Some(byte) = bytes.next()? {
        if !byte.is_ascii_whitespace() {
            let expected = format!("the end of a single graph with {}", vertices(n.into()));
            let kind = ErrorKind::expected(expected, "more (another graph?)");
            return Err(bytes.error_before(kind));
        }
    }
    let (graph, cleanup) =
        builder.finish(n as usize).map_err(|kind| bytes.source.error(Place::Whole, kind))?;
    Ok(Loaded::new(graph, cleanup))
}

/// Skips the header and reads the number of vertices.
fn size(bytes: &mut Bytes<'_, '_>) -> Result<u32, ReadError> {
    let expected = || "a number of vertices in graph6".to_owned();
    let mut first = bytes.next()?;
    while first.is_some_and(|byte| byte.is_ascii_whitespace()) {
        first = bytes.next()?;
    }
    if first == Some(HEADER[0]) {
        for &wanted in &HEADER[1..] {
            if bytes.next()? != Some(wanted) {
                let kind = ErrorKind::expected("the header \">>graph6<<\"", "another one");
                return Err(bytes.error_before(kind));
            }
        }
        first = bytes.next()?;
    }
    let other = match first {
        Some(b':' | b';') => Some("sparse6, which is not read"),
        Some(b'&') => Some("digraph6, which is not read"),
        _ => None,
    };
    if let Some(other) = other {
        return Err(bytes.error_before(ErrorKind::expected("graph6", other)));
    }
    let characters = match bytes.checked(first, expected)? {
        63 => match bytes.value(expected)? {
            63 => 6,
            value => {
                let rest = [bytes.value(expected)?, bytes.value(expected)?];
                return Ok((value << (2 * BITS) | rest[0] << BITS | rest[1]) as u32);
            }
        },
        n => return Ok(n as u32),
    };
    let mut n = 0;
    for _ in 0..characters {
        n = n << BITS | bytes.value(expected)?;
    }
    let max = Graph::MAX_VERTICES as u64;
    let kind = ErrorKind::TooManyVertices { n, max };
    u32::try_from(n).map_err(|_| bytes.error_before(kind))
}

/// The bytes of the input, one by one.
struct Bytes<'s, 'n> {
    source: &'s mut Source<'n>,
    buffer: Vec<u8>,
    at: usize,
    /// Bytes in front of the buffer.
    before: u64,
}

impl<'s, 'n> Bytes<'s, 'n> {
    fn new(source: &'s mut Source<'n>) -> Self {
        let before = source.bytes();
        Self { source, buffer: Vec::new(), at: 0, before }
    }

    #[inline]
    fn next(&mut self) -> Result<Option<u8>, ReadError> {
        if self.at == self.buffer.len() {
            self.before = self.source.bytes();
            self.buffer.resize(1 << 16, 0);
            let got = self.source.fill(&mut self.buffer)?;
            self.buffer.truncate(got);
            self.at = 0;
        }
        let byte = self.buffer.get(self.at).copied();
        self.at += usize::from(byte.is_some());
        Ok(byte)
    }

    /// The six bits of the next character.
    #[inline]
    fn value(&mut self, expected: impl Fn() -> String) -> Result<u64, ReadError> {
        let byte = self.next()?;
        self.checked(byte, expected)
    }

    /// The six bits of the character that was handed out last.
    #[inline]
    fn checked(&self, byte: Option<u8>, expected: impl Fn() -> String) -> Result<u64, ReadError> {
        match byte {
            Some(byte @ 63..=126) => Ok(u64::from(byte - 63)),
            None | Some(b'\n' | b'\r') => {
                let kind = ErrorKind::truncated(expected(), "the end of the line");
                Err(self.error_before(kind))
            }
            Some(other) => {
                let expected = "a character of graph6 (\"?\" to \"~\")";
                Err(self.error_before(ErrorKind::expected(expected, quote(&[other]))))
            }
        }
    }

    /// An error at the byte that was handed out last.
    fn error_before(&self, kind: ErrorKind) -> ReadError {
        let place = (self.before + self.at as u64).saturating_sub(1);
        self.source.error(Place::Byte(place), kind)
    }
}

/// Whether a file that starts with `head`, which is all of it when `complete`, has the header or
/// lines of graph6, each as long as the number of vertices at its front asks for.
pub(super) fn is_graph6(head: &[u8], complete: bool) -> bool {
    let head = head.trim_ascii_start();
    if head.starts_with(HEADER) {
        return true;
    }
    let whole = if complete { head.trim_ascii_end() } else { head };
    let mut lines = whole.split(|&b| b == b'\n').map(|line| line.trim_ascii_end()).peekable();
    while let Some(line) = lines.next() {
        let last = lines.peek().is_none();
        let fits = match length(line) {
            None => return false,
            Some((wanted, found)) if last && !complete => found <= wanted,
            Some((wanted, found)) => found == wanted,
        };
        if !fits {
            return false;
        }
    }
    true
}

/// How many characters a line should have behind its number of vertices, and how many it has.
fn length(line: &[u8]) -> Option<(u64, u64)> {
    let values = |word: &[u8]| word.iter().fold(0, |n, &b| n << BITS | u64::from(b - 63));
    if line.is_empty() || line.iter().any(|b| !(63..=126).contains(b)) {
        return None;
    }
    let (n, rest) = match line {
        [126, 126, rest @ ..] => (values(rest.get(..6)?), &rest[6..]),
        [126, rest @ ..] => (values(rest.get(..3)?), &rest[3..]),
        [n, rest @ ..] => (u64::from(n - 63), rest),
        [] => return None,
    };
    let bits = n.checked_mul(n.saturating_sub(1))? / 2;
    Some((bits.div_ceil(BITS), rest.len() as u64))
}
