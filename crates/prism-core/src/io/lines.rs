//! What the text formats that count vertices from 1 have in common: a header among comments, then one
//! line after the other, parsed in blocks of whole lines.

use super::Format;
use super::builder::{Edge, GraphBuilder};
use super::error::{ErrorKind, Place, ReadError};
use super::lexer::{self, Cursor, Number, quote};
use super::source::Source;

/// Skips empty lines and comments and parses the line behind them, the header. `expected` says how
/// it looks when there is none.
pub(super) fn header<H>(
    source: &mut Source<'_>,
    expected: &str,
    is_comment: impl Fn(&[u8]) -> bool,
    parse: impl Fn(&[u8]) -> Result<H, ErrorKind>,
) -> Result<H, ReadError> {
    loop {
        let parsed = match source.next_line()?.map(lexer::trim) {
            None => Err(ErrorKind::truncated(expected, "the end of the file")),
            Some(line) if line.is_empty() || is_comment(line) => continue,
            Some(line) => match lexer::words(line).find(|&w| lexer::integer(w) == Some(u64::MAX)) {
                Some(word) => Err(ErrorKind::expected("numbers below 2^64 - 1", quote(word))),
                None => parse(line),
            },
        };
        return parsed.map_err(|kind| source.error_here(kind));
    }
}

/// What was parsed of a block besides its content.
#[derive(Default)]
pub(super) struct Progress {
    /// Lines begun, the one with the error included.
    pub(super) lines: u64,
    pub(super) error: Option<ErrorKind>,
}

impl Progress {
    /// The lines of the block, or its error with the line where it is; `lines_before` stand before
    /// the block.
    pub(super) fn finish(
        &mut self,
        source: &Source<'_>,
        lines_before: u64,
    ) -> Result<u64, ReadError> {
        match self.error.take() {
            None => Ok(self.lines),
            Some(kind) => Err(source.error(Place::Line(lines_before + self.lines), kind)),
        }
    }
}

/// What the lines of a block hold, up to the first error.
struct Parsed<T> {
    items: Vec<T>,
    progress: Progress,
}

impl<T> Default for Parsed<T> {
    fn default() -> Self {
        Self { items: Vec::new(), progress: Progress::default() }
    }
}

/// Reads all lines that are left and hands what they hold to `take`, in order. `parse` gets a line that
/// is not empty, from its first byte that is not blank, takes it with its line break, and gives nothing
/// for a comment.
pub(super) fn each<T: Send>(
    source: &mut Source<'_>,
    parse: impl Fn(&mut Cursor<'_>) -> Result<Option<T>, ErrorKind> + Sync,
    mut take: impl FnMut(&[T]),
) -> Result<(), ReadError> {
    source.for_each_block(
        |block, parsed: &mut Parsed<T>| {
            let Parsed { items, progress } = parsed;
            let mut cursor = Cursor::new(block);
            items.clear();
            // An edge takes 4 bytes at least, mostly 11 or more.
            items.reserve(block.len() / 10);
            progress.lines = 0;
            while !cursor.at_end() {
                progress.lines += 1;
                cursor.skip_blanks();
                if cursor.byte() == b'\n' {
                    cursor.step();
                    continue;
                }
                match parse(&mut cursor) {
                    Ok(Some(item)) => items.push(item),
                    Ok(None) => {}
                    Err(kind) => {
                        progress.error = Some(kind);
                        break;
                    }
                }
            }
        },
        |source, parsed, _, lines_before| {
            take(&parsed.items);
            parsed.progress.finish(source, lines_before)
        },
    )
}

/// Reads the edges of all lines that are left, as [`each`] does.
pub(super) fn edges(
    source: &mut Source<'_>,
    parse: impl Fn(&mut Cursor<'_>) -> Result<Option<Edge>, ErrorKind> + Sync,
) -> Result<GraphBuilder, ReadError> {
    let mut builder = GraphBuilder::default();
    each(source, parse, |edges| builder.extend(edges))?;
    Ok(builder)
}

/// Parses the number of a vertex, from 1 to `n`, and gives it counted from 0; `expected` says what
/// should stand here. `n` was found plausible, so that it fits 32 bits.
///
/// Errors are made elsewhere, so that this is small enough to be inlined where it is called for
/// each number.
#[inline(always)]
pub(super) fn vertex(
    cursor: &mut Cursor<'_>,
    n: u64,
    format: Format,
    expected: &str,
) -> Result<u32, ErrorKind> {
    match cursor.number() {
        Number::Value(v) if (1..=n).contains(&v) => Ok((v - 1) as u32),
        number => Err(no_vertex(cursor, number, n, format, expected)),
    }
}

#[cold]
fn no_vertex(
    cursor: &Cursor<'_>,
    number: Number,
    n: u64,
    format: Format,
    expected: &str,
) -> ErrorKind {
    match number {
        // It did not fit 64 bits.
        Number::Value(u64::MAX) => ErrorKind::expected(expected, quote(cursor.digits())),
        Number::Value(v) => ErrorKind::bad_vertex(format, v, n, 1),
        Number::Missing => ErrorKind::expected(expected, quote(cursor.word())),
    }
}

/// Fails unless a blank or the end of the line is next.
#[inline(always)]
pub(super) fn end_of_number(cursor: &Cursor<'_>) -> Result<(), ErrorKind> {
    if lexer::is_blank(cursor.byte()) || cursor.byte() == b'\n' {
        Ok(())
    } else {
        Err(no_blank(cursor))
    }
}

#[cold]
fn no_blank(cursor: &Cursor<'_>) -> ErrorKind {
    ErrorKind::expected("a blank behind the number", quote(cursor.word()))
}
