//! ECL `.egr`, the binary format of Burtscher's graph codes: a compressed sparse row dump.
//!
//! Little-endian 32-bit integers: the number of vertices, the number of arcs (each edge twice), one
//! index a vertex and one more, the neighbours counted from 0, and possibly one weight an arc,
//! which is skipped. Directed graphs are stored in the same way; an arc without its reverse becomes
//! an edge, and a [`Note::OneWay`] counts them.

use super::builder::{Edge, GraphBuilder};
use super::error::{ErrorKind, Place, ReadError};
use super::rows::{self, CleanRows};
use super::source::Source;
use super::{Loaded, Note, ReadOptions, plausible};
use crate::graph::Graph;

/// Integers that are read at once.
const CHUNK: usize = 1 << 14;

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let mut header = [0u64; 2];
    let mut filled = 0;
    integers(source, 2, "the numbers of vertices and arcs", |_, value| {
        header[filled] = value;
        filled += 1;
        Ok(())
    })?;
    let [n, arcs] = header;
    plausible(n, arcs / 2, options).map_err(|kind| source.error(Place::Byte(0), kind))?;

    let mut offsets: Vec<u64> = Vec::new();
    integers(source, n + 1, "one index a vertex and one more", |i, value| {
        let (least, most) = (offsets.last().copied().unwrap_or(0), if i == 0 { 0 } else { arcs });
        if !(least..=most).contains(&value) {
            let expected = format!("an index from {least} to {most}");
            return Err(ErrorKind::expected(expected, value.to_string()));
        }
        offsets.push(value);
        Ok(())
    })?;
    if offsets.last() != Some(&arcs) {
        let found = offsets.last().copied().unwrap_or(0).to_string();
        let kind = ErrorKind::expected(format!("{arcs}, the number of arcs, as last index"), found);
        return Err(source.error(Place::Byte(source.bytes() - 4), kind));
    }
    let mut neighbors: Vec<u32> = Vec::new();
    integers(source, arcs, "one neighbour an arc", |_, value| {
        if value >= n {
            return Err(ErrorKind::bad_vertex(super::Format::Ecl, value, n, 0));
        }
        neighbors.push(value as u32);
        Ok(())
    })?;
    if !source.at_end()? {
        integers(source, arcs, "one weight an arc or the end of the file", |_, _| Ok(()))?;
    }
    if !source.at_end()? {
        let kind = ErrorKind::expected("the end of the file", "more data");
        return Err(source.error(Place::Byte(source.bytes()), kind));
    }

    let CleanRows { offsets, neighbors, cleanup, .. } = rows::clean(offsets, neighbors);
    if rows::one_way_arc(&offsets, &neighbors).is_none() {
        return Ok(Loaded::new(Graph::from_sorted_rows(offsets, neighbors), cleanup));
    }
    let mut builder = GraphBuilder::default();
    for (v, row) in offsets.windows(2).enumerate() {
        for &u in &neighbors[row[0] as usize..row[1] as usize] {
            builder.push(Edge::new(u, v as u32));
        }
    }
    let (graph, both_ways) =
        builder.finish(offsets.len() - 1).map_err(|kind| source.error(Place::Whole, kind))?;
    let one_way = graph.m() as u64 - both_ways.duplicates;
    let mut loaded = Loaded::new(graph, cleanup);
    loaded.notes.push(Note::OneWay(one_way));
    Ok(loaded)
}

/// Reads `count` integers that are not negative and hands each to `take` with its number. Memory does
/// not depend on `count`.
fn integers(
    source: &mut Source<'_>,
    count: u64,
    what: &str,
    mut take: impl FnMut(u64, u64) -> Result<(), ErrorKind>,
) -> Result<(), ReadError> {
    let mut buffer = vec![0u8; 4 * CHUNK.min(count.max(1) as usize)];
    let mut done = 0;
    while done < count {
        let start = source.bytes();
        let wanted = (buffer.len() as u64).min(4 * (count - done)) as usize;
        let got = source.fill(&mut buffer[..wanted])?;
        for (i, bytes) in buffer[..got - got % 4].chunks_exact(4).enumerate() {
            let value = i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            let taken = match u64::try_from(value) {
                Ok(value) => take(done + i as u64, value),
                Err(_) => {
                    Err(ErrorKind::expected("a number that is not negative", value.to_string()))
                }
            };
            taken.map_err(|kind| source.error(Place::Byte(start + 4 * i as u64), kind))?;
        }
        done += got as u64 / 4;
        if got < wanted {
            let kind = ErrorKind::truncated(format!("{count} integers ({what})"), done.to_string());
            return Err(source.error(Place::Byte(source.bytes()), kind));
        }
    }
    Ok(())
}
