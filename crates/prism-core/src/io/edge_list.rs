//! Edge lists: two vertex names a line, as SNAP, KONECT, networkx and spreadsheets write them.
//!
//! Names end at a comma or semicolon if the line has one, else at a tab, else at a blank (see
//! [`super::names`] for quoted ones); what follows the second name (a weight, a time) is skipped.
//! Lines that start with `#` or `%` are comments. A first line is a heading if it looks like
//! `source,target`, or if it holds two names and every other line two integers.
//!
//! **Integers.** Names that are integers below 2^32 - 1, written without leading zeros, are names
//! all the same: a number that no line uses is no vertex (0, where the file counts from 1), and the
//! others are the vertices in increasing order, their originals kept as [`Labels`]. Only in a file
//! that uses all numbers from 0 to the largest are they the vertices themselves. A comment `#
//! vertices: N` before the first edge, as our writer puts it, declares the vertices 0 to N - 1,
//! isolated ones included, unless a line names a larger one. Numbers are first read as those of
//! vertices and gaps closed in the end (see [`gaps`]), or in a table before where the largest is
//! beyond both 65,536 and twice the number of lines.
//!
//! **Text.** The first name that is anything else turns the file into one of text names. Vertices
//! are then numbered in order of first appearance, after the integers that stood in front of it, in
//! increasing order. Integers are parsed in parallel; text goes through one hash table and takes
//! longer.

use std::sync::atomic::{AtomicBool, Ordering};

use super::builder::{Edge, GraphBuilder};
use super::error::{ErrorKind, Place, ReadError};
use super::interner::Interner;
use super::labels::Labels;
use super::lexer::{self, Cursor, split_line, trim};
use super::names::{as_integer, is_heading, two_integers, two_names};
use super::source::Source;
use super::{Loaded, Note, ReadOptions, gaps, plausible};

/// Ids up to this are the rows of the graph until gaps are closed.
const ALWAYS_KEPT: u64 = 1 << 16;

/// So are ids up to this many times the number of lines.
const KEPT_PER_EDGE: u64 = 2;

/// Integer edges of a block of lines.
#[derive(Default)]
struct Parsed {
    edges: Vec<Edge>,
    lines: u64,
    /// Where the first line starts that does not name two integers.
    other: Option<usize>,
    /// Whether lines have more than two columns.
    more_columns: bool,
}

/// What has been read of the file.
#[derive(Default)]
struct Reader {
    builder: GraphBuilder,
    /// Vertices that have a self-loop; they exist even when nothing else names them.
    loops: Vec<u32>,
    /// The text names, once there are any.
    names: Option<Interner>,
    /// The two names of the first line, while only integers follow: perhaps a heading.
    first_line: Option<[String; 2]>,
    heading: bool,
    /// Whether columns behind the names were skipped.
    more_columns: bool,
}

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let announced = announced_vertices(source.peek().0);
    let mut reader = Reader::default();
    // Blocks behind the first text name need not be parsed as integers.
    let text = AtomicBool::new(false);
    source.for_each_block(
        |block, parsed| {
            if !text.load(Ordering::Relaxed) {
                parse(block, parsed);
            }
        },
        |source, parsed, block, lines_before| {
            if reader.names.is_none() {
                reader.more_columns |= parsed.more_columns;
            }
            let first_text = match (&reader.names, parsed.other) {
                (None, None) => {
                    reader.take_integers(&parsed.edges);
                    return Ok(parsed.lines);
                }
                (None, Some(other)) => {
                    reader.take_integers(&parsed.edges);
                    other
                }
                // The text name stood in an earlier block.
                (Some(_), _) => 0,
            };
            let lines = if first_text == 0 { 0 } else { parsed.lines };
            reader
                .take_text(&block[first_text..], lines)
                .map_err(|(line, kind)| source.error(Place::Line(lines_before + line), kind))
                .inspect(|_| text.store(reader.names.is_some(), Ordering::Relaxed))
        },
    )?;
    reader.finish(announced, options).map_err(|kind| source.error(Place::Whole, kind))
}

impl Reader {
    fn take_integers(&mut self, edges: &[Edge]) {
        self.builder.extend(edges);
        if self.builder.self_loops() > self.loops.len() as u64 {
            let loops = edges.iter().filter(|edge| edge.high() == edge.low());
            self.loops.extend(loops.map(|edge| edge.high()));
        }
    }

    /// Takes lines that may hold text. Errors carry the line, counted from `lines` before the first.
    fn take_text(&mut self, mut block: &[u8], mut lines: u64) -> Result<u64, (u64, ErrorKind)> {
        while !block.is_empty() {
            let (line, next) = split_line(block);
            block = &block[next..];
            lines += 1;
            let line = trim(line);
            if !matches!(line, [] | [b'#' | b'%', ..]) {
                self.text_line(line).map_err(|kind| (lines, kind))?;
            }
        }
        Ok(lines)
    }

    fn text_line(&mut self, line: &[u8]) -> Result<(), ErrorKind> {
        let found = two_names(line)?;
        let (first, second) = (&*found.first, &*found.second);
        if self.names.is_none() {
            let integers = (as_integer(first), as_integer(second));
            if let (Some(u), Some(v)) = integers {
                self.more_columns |= found.more;
                self.take_integers(&[Edge::new(u, v)]);
                return Ok(());
            }
            if self.builder.edges() == 0 && !self.heading && self.first_line.is_none() {
                if is_heading(first, second) {
                    self.heading = true;
                    return Ok(());
                }
                if integers == (None, None) {
                    self.first_line = Some([first.to_owned(), second.to_owned()]);
                    self.more_columns |= found.more;
                    return Ok(());
                }
            }
            self.turn_to_text()?;
        }
        self.more_columns |= found.more;
        self.named_edge(first, second)
    }

    fn named_edge(&mut self, first: &str, second: &str) -> Result<(), ErrorKind> {
        let Some(names) = &mut self.names else { return Ok(()) };
        match (names.number(first), names.number(second)) {
            (Some(u), Some(v)) => {
                self.builder.push(Edge::new(u, v));
                Ok(())
            }
            _ => {
                let max = u64::from(u32::MAX);
                Err(ErrorKind::TooManyVertices { n: max + 1, max })
            }
        }
    }

    /// The integers so far become names, and the first line an edge if it was in doubt.
    fn turn_to_text(&mut self) -> Result<(), ErrorKind> {
        let mut names = Interner::default();
        let first_line = self.first_line.take();
        // They are the first to appear.
        for name in first_line.iter().flatten() {
            names.number(name);
        }
        let mut builder = std::mem::take(&mut self.builder);
        let before = names.len() as u32;
        let ids = builder.compact(std::mem::take(&mut self.loops), before);
        for id in ids {
            names.number(&id.to_string());
        }
        self.builder = builder;
        self.names = Some(names);
        match first_line {
            Some([first, second]) => self.named_edge(&first, &second),
            None => Ok(()),
        }
    }

    fn finish(mut self, announced: u64, options: &ReadOptions) -> Result<Loaded, ErrorKind> {
        if self.builder.edges() == 0 && self.first_line.is_some() {
            // Nothing stands below it: it is an edge.
            self.turn_to_text()?;
        }
        let edges = self.builder.edges();
        let mut n = self.builder.needed();
        let mut notes = Vec::new();
        if self.heading || self.first_line.is_some() {
            notes.push(Note::Heading);
        }
        if self.more_columns {
            notes.push(Note::MoreColumns);
        }
        let loops = std::mem::take(&mut self.loops);
        if let Some(names) = self.names {
            n = names.len() as u64;
            let (graph, cleanup) = self.builder.finish(n as usize)?;
            let labels = Some(names.into_labels());
            return Ok(Loaded { labels, notes, ..Loaded::new(graph, cleanup) });
        }
        if announced >= n {
            n = plausible(announced, edges, options)? as u64;
            let (graph, cleanup) = self.builder.finish(n as usize)?;
            return Ok(Loaded { notes, ..Loaded::new(graph, cleanup) });
        }
        let (graph, cleanup, ids);
        if n > ALWAYS_KEPT.max(edges.saturating_mul(KEPT_PER_EDGE)) {
            ids = Some(self.builder.compact(loops, 0));
            (graph, cleanup) = self.builder.finish(0)?;
        } else {
            let (with_gaps, found) = self.builder.finish(n as usize)?;
            cleanup = found;
            (graph, ids) = gaps::close(with_gaps, loops);
        }
        let between = ids.as_ref().map_or(0, |ids| missing(ids));
        notes.extend((between > 0).then_some(Note::Gaps(between)));
        let labels = ids.map(Labels::integers);
        Ok(Loaded { labels, notes, ..Loaded::new(graph, cleanup) })
    }
}

/// The integers between the first and the last of `ids` that are not among them.
fn missing(ids: &[u32]) -> u64 {
    match (ids.first(), ids.last()) {
        (Some(&first), Some(&last)) => u64::from(last - first) + 1 - ids.len() as u64,
        _ => 0,
    }
}

/// The N of a comment `# vertices: N` in front of the first edge.
fn announced_vertices(head: &[u8]) -> u64 {
    let lines = head.split(|&b| b == b'\n').map(trim);
    let comments = lines.take_while(|line| matches!(line, [] | [b'#' | b'%', ..]));
    let mut numbers = comments.filter_map(|line| {
        let mut words = lexer::words(&line[line.len().min(1)..]);
        (words.next()? == b"vertices:").then(|| lexer::integer(words.next()?))?
    });
    numbers.next().unwrap_or(0)
}

/// Parses lines of integers, up to the first line that is anything else.
fn parse(block: &[u8], parsed: &mut Parsed) {
    let mut cursor = Cursor::new(block);
    parsed.edges.clear();
    parsed.edges.reserve(block.len() / 10);
    (parsed.lines, parsed.other, parsed.more_columns) = (0, None, false);
    let mut more = false;
    while !cursor.at_end() {
        let line_start = cursor.position();
        cursor.skip_blanks();
        match cursor.byte() {
            b'\n' => cursor.step(),
            b'#' | b'%' => cursor.skip_line(),
            _ => match two_integers(&mut cursor, &mut more) {
                Some((u, v)) => parsed.edges.push(Edge::new(u, v)),
                None => {
                    parsed.other = Some(line_start);
                    break;
                }
            },
        }
        parsed.lines += 1;
    }
    parsed.more_columns = more;
}
