//! Edge lists: two vertex names a line, as SNAP, KONECT, networkx and spreadsheets write them.
//!
//! Where names end is for [`super::names`] to say; what follows the second name (a weight, a time) is
//! skipped. A name alone on a line is a vertex. Lines that start with `#` or `%` are comments. What the
//! first line is, an edge or a heading, is for [`first_line`] to say, and whether the last one is a mark of
//! the end for [`last_line`]; comments `# vertices: N` or `# edges: M` (see [`announced`]), as our writer
//! puts them in front, say that both are as the others.
//!
//! **Integers.** Names that are integers below 2^32 - 1, written without leading zeros, are names
//! all the same: a number that no line uses is no vertex (0, where the file counts from 1), and the
//! others are the vertices in increasing order, their originals kept as [`Labels`]. Only in a file
//! that uses all numbers from 0 to the largest are they the vertices themselves. A comment `#
//! vertices: N` before the first edge, as our writer puts it, declares the vertices 0 to N - 1, or 1 to N if
//! N is the largest, isolated ones included. Numbers are first read as those of
//! vertices and gaps closed in the end (see [`gaps`]), or in a table before where the largest is
//! beyond both 65,536 and twice the number of lines.
//!
//! **Text.** The first name that is anything else turns the file into one of text names. Vertices
//! are then numbered in order of first appearance, but for the integers between the first line and that
//! name, which are in increasing order. Integers are parsed in parallel; text goes through one hash table and takes
//! longer.

mod announced;
mod build;
mod columns;
mod first_line;
mod integers;
mod last_line;
mod reader;
mod settle;

use std::sync::atomic::{AtomicBool, Ordering};

use super::error::{Place, ReadError};
use super::lexer;
use super::source::Source;
use super::{Loaded, ReadOptions};
use announced::announced;
use integers::{Parsed, parse};
use reader::Reader;

pub(super) use announced::is_announced;
pub(super) use last_line::may_be_end;

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let announced = announced(source.peek().0);
    let mut reader = Reader::default();
    reader.hold_ends(source)?;
    // Blocks behind the first text name need not be parsed as integers.
    let text = AtomicBool::new(false);
    source.for_each_block(
        |block, parsed: &mut Parsed| {
            if !text.load(Ordering::Relaxed) {
                parse(block, parsed);
            }
        },
        |source, parsed, block, lines_before| {
            let first_text = match (reader.take_parsed(parsed), parsed.other) {
                (true, None) => return Ok(parsed.lines),
                (true, Some(other)) => other,
                // A text name stood in an earlier block.
                (false, _) => 0,
            };
            let lines = if first_text == 0 { 0 } else { parsed.lines };
            reader
                .take_text(&block[first_text..], lines)
                .map_err(|(line, kind)| source.error(Place::Line(lines_before + line), kind))
                .inspect(|_| text.store(reader.is_text(), Ordering::Relaxed))
        },
    )?;
    reader.take_last(source);
    reader.finish(announced, options).map_err(|(place, kind)| source.error(place, kind))
}

/// Comments and empty lines, also those of nothing but separators, as spreadsheets write empty rows.
pub(super) fn is_skipped(line: &[u8]) -> bool {
    lexer::is_skipped(line) || line.iter().all(|&b| lexer::is_blank(b) || b == b',' || b == b';')
}
