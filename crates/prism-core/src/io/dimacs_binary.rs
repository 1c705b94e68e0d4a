//! DIMACS `.col.b`, the compact form of the colouring benchmarks (Badics & Peinado's translators,
//! 1993).
//!
//! A line with the length of the preamble in bytes; the preamble, which is a `.col` file without edges;
//! then the lower triangle of the adjacency matrix. Row i has the bits of columns 0 to i, the first in
//! the top bit of the first byte, and starts on a byte. The number of edges in the preamble is treated
//! as in `.col`; whether the matrix is complete can be seen from its size.

use super::builder::{Edge, GraphBuilder};
use super::dimacs::{Header, parse_header};
use super::error::{ErrorKind, Place, ReadError};
use super::lexer::{self, quote, split_line};
use super::source::Source;
use super::{Loaded, ReadOptions, plausible};

/// Longest preamble that is believed.
pub(super) const LONGEST_PREAMBLE: u64 = 1 << 20;

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let line = source.next_line()?.unwrap_or_default();
    let length = lexer::integer(lexer::trim(line)).filter(|&length| length <= LONGEST_PREAMBLE);
    let Some(length) = length else {
        let expected = format!("the length of the preamble, at most {LONGEST_PREAMBLE}");
        let kind = ErrorKind::expected(expected, quote(line));
        return Err(source.error_here(kind));
    };
    let preamble_place = Place::Byte(source.bytes());
    let mut preamble = vec![0; length as usize];
    let got = source.fill(&mut preamble)?;
    if (got as u64) < length {
        let kind = ErrorKind::truncated(format!("a preamble of {length} bytes"), got.to_string());
        return Err(source.error(Place::Byte(source.bytes()), kind));
    }
    let Some(Header { n, m }) = find_header(&preamble) else {
        let found = "no such line in the preamble";
        let kind = ErrorKind::expected("a line \"p col VERTICES EDGES\"", found);
        return Err(source.error(preamble_place, kind));
    };
    plausible(n, m, options).map_err(|kind| source.error(preamble_place, kind))?;

    let mut builder = GraphBuilder::default();
    let mut bits = Vec::new();
    for row in 0..n {
        let start = Place::Byte(source.bytes());
        bits.resize((row as usize + 8) / 8, 0);
        if source.fill(&mut bits)? < bits.len() {
            let expected = format!("{n} rows of the adjacency matrix");
            let kind = ErrorKind::truncated(expected, format!("{row} complete rows"));
            return Err(source.error(start, kind));
        }
        for (at, &byte) in bits.iter().enumerate() {
            let mut left = byte;
            while left != 0 {
                let column = 8 * at as u64 + u64::from(left.leading_zeros());
                left &= !(0x80 >> left.leading_zeros());
                // The bits behind the diagonal only fill the last byte up.
                if column <= row {
                    builder.push(Edge::new(row as u32, column as u32));
                }
            }
        }
    }
    if !source.at_end()? {
        let kind = ErrorKind::expected("the end of the file", "more data");
        return Err(source.error(Place::Byte(source.bytes()), kind));
    }
    let found = builder.edges();
    let n = plausible(n, found, options).map_err(|kind| source.error(preamble_place, kind))?;
    let (graph, cleanup) = builder.finish(n).map_err(|kind| source.error(Place::Whole, kind))?;
    let mut loaded = Loaded::new(graph, cleanup);
    loaded.note_edges(m, found);
    Ok(loaded)
}

/// The first `p` line of the preamble.
pub(super) fn find_header(mut preamble: &[u8]) -> Option<Header> {
    while !preamble.is_empty() {
        let (line, next) = split_line(preamble);
        // Some writers end the preamble with a zero byte.
        let end = line.iter().position(|&b| b == 0).unwrap_or(line.len());
        if let Some(header) = parse_header(lexer::trim(&line[..end])) {
            return Some(header);
        }
        preamble = &preamble[next..];
    }
    None
}
