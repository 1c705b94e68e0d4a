//! Edge lists: two vertex names a line, as SNAP, KONECT, networkx and spreadsheets write them.
//!
//! Where names end is for [`super::names`] to say; what follows the second name (a weight, a time) is
//! skipped. A name alone on a line is a vertex. Lines that start with `#` or `%` are comments. What the
//! first line is, an edge or a heading, is for [`first_line`] to say; comments `# vertices: N` or
//! `# edges: M` (the number of lines with two names), as our writer puts them in front, say that it is
//! an edge.
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
//! are then numbered in order of first appearance, but for the integers between the first line and that
//! name, which are in increasing order. Integers are parsed in parallel; text goes through one hash table and takes
//! longer.

mod columns;
mod first_line;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use super::builder::{Edge, GraphBuilder};
use super::doubts::{self, Named, is_word_for_nothing};
use super::error::{ErrorKind, Place, ReadError};
use super::interner::Interner;
use super::labels::Labels;
use super::lexer::{self, Cursor, split_line, trim};
use super::names::{as_integer, names, one_integer, two_integers};
use super::source::Source;
use super::{Format, Loaded, Note, ReadOptions, gaps, plausible};
use columns::Columns;
use first_line::{FirstLine, Others, Verdict};

/// Ids up to this are the rows of the graph until gaps are closed.
const ALWAYS_KEPT: u64 = 1 << 16;

/// So are ids up to this many times the number of lines.
const KEPT_PER_EDGE: u64 = 2;

/// Integers of a block of lines.
#[derive(Default)]
struct Parsed {
    edges: Vec<(u32, u32)>,
    /// Vertices that stand alone on a line.
    alone: Vec<u32>,
    lines: u64,
    /// Where the first line starts that does not name one or two integers.
    other: Option<usize>,
    /// Whether lines have more than two columns.
    more_columns: bool,
}

/// What has been read of the file.
#[derive(Default)]
struct Reader {
    builder: GraphBuilder,
    /// Integers that are vertices even when no edge names them: of loops, and alone on a line.
    kept: Vec<u32>,
    /// The smallest and the largest integer, while there is nothing else.
    ids: Option<(u32, u32)>,
    /// The text names, once there are any; those of the first line come first.
    names: Option<Interner>,
    /// Text names that stand alone on a line.
    alone: Vec<u32>,
    /// Words for nothing that stand in the first column.
    nothing_in_front: HashSet<u32>,
    /// The first line, until it is known what it is, and how many names it has given to `names`.
    first: Option<FirstLine>,
    first_names: u32,
    /// Which of the names of the first line stand in another, by their numbers.
    recurs: [bool; 2],
    /// The columns, where the first line may be a heading above them.
    columns: Option<Columns>,
    /// Whether commas, semicolons or tabs end text names.
    separated: Option<bool>,
    /// Whether columns behind the names were skipped.
    more_columns: bool,
}

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let announced = announced(source.peek().0);
    let mut reader = Reader::default();
    reader.hold_first_line(source)?;
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
                reader.take_integers(&parsed.edges, &parsed.alone);
            }
            let first_text = match (&reader.names, parsed.other) {
                (None, None) => return Ok(parsed.lines),
                (None, Some(other)) => other,
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
    reader.finish(announced, options).map_err(|(place, kind)| source.error(place, kind))
}

impl Reader {
    /// Reads up to the first line that is no comment.
    fn hold_first_line(&mut self, source: &mut Source<'_>) -> Result<(), ReadError> {
        while let Some(line) = source.next_line()?.map(trim) {
            if is_skipped(line) {
                continue;
            }
            let first = names(line).map(|found| {
                let first = FirstLine::new(&found, line);
                if first.integers().is_none() {
                    self.separated = found.second.as_ref().map(|_| found.separated);
                }
                first
            });
            let mut first = first.map_err(|kind| source.error_here(kind))?;
            first.number = source.lines();
            self.columns = first.integers().is_none().then(Columns::default);
            self.first = Some(first);
            break;
        }
        Ok(())
    }

    fn take_integers(&mut self, edges: &[(u32, u32)], alone: &[u32]) {
        for &(u, v) in edges {
            self.builder.push(Edge::new(u, v));
            self.kept.extend((u == v).then_some(u));
            self.extend_ids(u.min(v), u.max(v));
        }
        if let Some(columns) = &mut self.columns {
            edges.iter().for_each(|&(u, v)| columns.push(u, v));
        }
        for &v in alone {
            self.kept.push(v);
            self.extend_ids(v, v);
        }
    }

    #[inline]
    fn extend_ids(&mut self, smallest: u32, largest: u32) {
        self.ids = Some(match self.ids {
            None => (smallest, largest),
            Some((low, high)) => (low.min(smallest), high.max(largest)),
        });
    }

    /// Takes lines that may hold text. Errors carry the line, counted from `lines` before the first.
    fn take_text(&mut self, mut block: &[u8], mut lines: u64) -> Result<u64, (u64, ErrorKind)> {
        while !block.is_empty() {
            let (line, next) = split_line(block);
            block = &block[next..];
            lines += 1;
            let line = trim(line);
            if !is_skipped(line) {
                self.text_line(line).map_err(|kind| (lines, kind))?;
            }
        }
        Ok(lines)
    }

    fn text_line(&mut self, line: &[u8]) -> Result<(), ErrorKind> {
        let found = names(line)?;
        self.more_columns |= found.more;
        let integers = [Some(&found.first), found.second.as_ref()]
            .map(|name| name.and_then(|name| as_integer(name)));
        if self.names.is_none() {
            match (integers, &found.second) {
                ([Some(u), Some(v)], _) => {
                    self.take_integers(&[(u, v)], &[]);
                    return Ok(());
                }
                ([Some(v), _], None) => {
                    self.take_integers(&[], &[v]);
                    return Ok(());
                }
                _ => self.turn_to_text()?,
            }
        }
        let Some(second) = &found.second else { return self.name_alone(&found.first) };
        match self.separated {
            _ if integers.iter().all(Option::is_some) => {}
            Some(true) if !found.separated => {
                // What ends names elsewhere is not in this line: it is a single one, with blanks.
                let name = String::from_utf8_lossy(line);
                return self.name_alone(&name);
            }
            Some(false) if found.separated => {
                let expected = "blanks between names, as in the lines before";
                return Err(ErrorKind::expected(expected, lexer::quote(line)));
            }
            _ => self.separated = Some(found.separated),
        }
        self.named_edge(&found.first, second)
    }

    /// The number of a name.
    fn number(&mut self, name: &str) -> Result<u32, ErrorKind> {
        let max = u64::from(u32::MAX);
        let number = self.names.get_or_insert_default().number(name);
        number.ok_or(ErrorKind::TooManyVertices { n: max + 1, max })
    }

    /// Notes that a line other than the first names a vertex.
    #[inline]
    fn is_used(&mut self, v: u32) {
        if v < self.first_names {
            self.recurs[v as usize] = true;
        }
    }

    /// The names that stand in the first line alone.
    fn only_in_first(&self) -> Vec<u32> {
        (0..self.first_names).filter(|&v| !self.recurs[v as usize]).collect()
    }

    fn name_alone(&mut self, name: &str) -> Result<(), ErrorKind> {
        let v = self.number(name)?;
        self.is_used(v);
        self.alone.push(v);
        Ok(())
    }

    fn named_edge(&mut self, first: &str, second: &str) -> Result<(), ErrorKind> {
        let (u, v) = (self.number(first)?, self.number(second)?);
        self.is_used(u);
        self.is_used(v);
        if is_word_for_nothing(first) {
            self.nothing_in_front.insert(u);
        }
        self.builder.push(Edge::new(u, v));
        if let Some(columns) = &mut self.columns {
            columns.push(u, v);
        }
        Ok(())
    }

    /// The integers so far become names.
    fn turn_to_text(&mut self) -> Result<(), ErrorKind> {
        self.names = Some(Interner::default());
        // Those of the first line are the first to appear.
        let first: Vec<String> = self.first.iter().flat_map(|line| line.names.clone()).collect();
        for name in &first {
            self.first_names = self.first_names.max(self.number(name)? + 1);
        }
        let mut builder = std::mem::take(&mut self.builder);
        let known = self.first_names;
        let ids = builder.compact(std::mem::take(&mut self.kept), known);
        let mut numbers = Vec::with_capacity(ids.len());
        for id in &ids {
            numbers.push(self.number(&id.to_string())?);
        }
        numbers.iter().for_each(|&number| self.is_used(number));
        // Where the first line has an integer as well, the others do not follow it one by one.
        if numbers.iter().zip(known..).any(|(&number, expected)| number != expected) {
            builder.renumber(|v| numbers[(v - known) as usize]);
        }
        self.builder = builder;
        if let Some(columns) = &mut self.columns {
            columns.renumber(|id| numbers[ids.partition_point(|&other| other < id)]);
        }
        Ok(())
    }

    fn finish(
        mut self,
        announced: Announced,
        options: &ReadOptions,
    ) -> Result<Loaded, (Place, ErrorKind)> {
        let whole = |kind| (Place::Whole, kind);
        if self.builder.is_short() {
            // Nothing is known of edges that were not kept.
            std::mem::take(&mut self.builder).finish(0).map_err(whole)?;
        }
        let mut verdict = None;
        if let Some(first) = self.first.take() {
            let place = Place::Line(first.number);
            verdict = Some(self.settle(first, announced, options).map_err(|kind| (place, kind))?);
        }
        let mut notes: Vec<Note> = verdict.iter().filter_map(first_line::note).collect();
        notes.extend(self.more_columns.then_some(Note::MoreColumns));
        let edges = self.builder.edges();
        let heading = !matches!(verdict, None | Some(Verdict::Edge));
        if let Some(Verdict::Size { edges: Some(declared), .. }) = verdict
            && u64::from(declared) != edges
        {
            notes.push(Note::EdgeCount { declared: declared.into(), found: edges });
        }
        let dropped = if heading { self.only_in_first() } else { vec![] };
        if let Some(names) = self.names {
            let disjoint = self.columns.is_some_and(|columns| columns.are_disjoint());
            let two_sides = disjoint && !heading && !options.bipartite && edges > 1;
            notes.extend((two_sides && self.separated == Some(true)).then_some(Note::TwoSides));
            let (graph, cleanup) = self.builder.finish(names.len()).map_err(whole)?;
            // Our writer knows what it calls a vertex.
            if options.format.is_none() && announced.edges != Some(edges) {
                let named = Named {
                    names: &names,
                    graph: &graph,
                    format: Format::EdgeList,
                    alone: &self.alone,
                    is_behind: &|v| !self.nothing_in_front.contains(&v),
                    is_nothing: &|_| false,
                    may_have_sizes: !heading,
                };
                doubts::refuse(&named).map_err(whole)?;
            }
            let count = dropped.len() as u32;
            let (graph, labels) = if dropped.iter().zip(0..).all(|(&v, first)| v == first) {
                (gaps::without_first(graph, count), names.into_labels_from(count))
            } else {
                // The second name of the heading alone is no vertex.
                let vertices = graph.vertices().filter(|v| !dropped.contains(v)).collect();
                let (graph, vertices) = gaps::close(graph, vertices);
                let vertices = vertices.into_iter().flatten();
                (graph, vertices.map(|v| names.name(v)).collect())
            };
            let labels = Some(labels);
            return Ok(Loaded { labels, notes, ..Loaded::new(graph, cleanup) });
        }
        let n = self.ids.map_or(0, |(_, largest)| u64::from(largest) + 1);
        let believed = |n| plausible(n, edges, options).map_err(whole);
        if let Some(Verdict::Size { n, first, .. }) = verdict {
            let (graph, cleanup) =
                self.builder.finish(believed(n.into())? + first as usize).map_err(whole)?;
            let graph = gaps::without_first(graph, first);
            let labels = (first > 0).then(|| Labels::integers((first..=n).collect()));
            return Ok(Loaded { labels, notes, ..Loaded::new(graph, cleanup) });
        }
        if let Some(announced) = announced.vertices.filter(|&announced| announced >= n) {
            let (graph, cleanup) = self.builder.finish(believed(announced)?).map_err(whole)?;
            return Ok(Loaded { notes, ..Loaded::new(graph, cleanup) });
        }
        let (graph, cleanup, ids);
        if n > ALWAYS_KEPT.max(edges.saturating_mul(KEPT_PER_EDGE)) {
            ids = Some(self.builder.compact(self.kept, 0));
            (graph, cleanup) = self.builder.finish(0).map_err(whole)?;
        } else {
            let (with_gaps, found) = self.builder.finish(n as usize).map_err(whole)?;
            cleanup = found;
            (graph, ids) = gaps::close(with_gaps, self.kept);
        }
        let between = ids.as_ref().map_or(0, |ids| missing(ids));
        notes.extend((between > 0).then_some(Note::Gaps(between)));
        let labels = ids.map(Labels::integers);
        Ok(Loaded { labels, notes, ..Loaded::new(graph, cleanup) })
    }

    /// Finds out what the first line is, and takes it if it is as the others are.
    fn settle(
        &mut self,
        first: FirstLine,
        announced: Announced,
        options: &ReadOptions,
    ) -> Result<Verdict, ErrorKind> {
        let edges = self.builder.edges();
        let disjoint =
            |columns: &Option<Columns>| columns.as_ref().is_some_and(Columns::are_disjoint);
        let others = Others {
            edges,
            ids: self.ids,
            text: self.names.is_some(),
            distinct: self.names.as_ref().map_or(0, |names| names.len() as u64)
                - self.only_in_first().len() as u64,
            more: self.more_columns,
            recurs: self.recurs.contains(&true),
            disjoint: disjoint(&self.columns),
            bipartite: options.bipartite,
            mentions: &|v| self.kept.contains(&v) || self.builder.mentions(v),
        };
        let as_said = announced.vertices.is_some()
            || announced.edges.is_some_and(|m| m == edges + u64::from(first.names.len() == 2));
        let verdict = first.judge(&others, options.heading.or(as_said.then_some(false)))?;
        let two_sides = others.disjoint || first.is_of_enrolments();
        if verdict == Verdict::Columns && edges > 1 && two_sides && !options.bipartite {
            return Err(first_line::refuse_two_sides(&first, others.disjoint));
        }
        if verdict != Verdict::Edge {
            return Ok(verdict);
        }
        self.more_columns |= first.more;
        let integers = first.names.iter().map(|name| as_integer(name)).collect::<Option<Vec<_>>>();
        match (integers.as_deref(), &self.names) {
            (Some(&[u, v]), None) => self.take_integers(&[(u, v)], &[]),
            (Some(&[v]), None) => self.take_integers(&[], &[v]),
            _ => {
                let names = first.names.clone();
                if self.names.is_none() {
                    self.first = Some(first);
                    self.turn_to_text()?;
                }
                match &names[..] {
                    [name] => self.name_alone(name)?,
                    [u, v, ..] => self.named_edge(u, v)?,
                    [] => {}
                }
            }
        }
        Ok(Verdict::Edge)
    }
}

/// Comments and empty lines.
fn is_skipped(line: &[u8]) -> bool {
    matches!(line, [] | [b'#' | b'%', ..])
}

/// The integers between the first and the last of `ids` that are not among them.
fn missing(ids: &[u32]) -> u64 {
    match (ids.first(), ids.last()) {
        (Some(&first), Some(&last)) => u64::from(last - first) + 1 - ids.len() as u64,
        _ => 0,
    }
}

/// What comments in front of the first line say.
#[derive(Clone, Copy, Debug, Default)]
struct Announced {
    /// The N of `# vertices: N`.
    vertices: Option<u64>,
    /// The M of `# edges: M`.
    edges: Option<u64>,
}

fn announced(head: &[u8]) -> Announced {
    let mut announced = Announced::default();
    for line in head.split(|&b| b == b'\n').map(trim).take_while(|line| is_skipped(line)) {
        let mut words = lexer::words(&line[line.len().min(1)..]);
        let place = match words.next() {
            Some(b"vertices:") => &mut announced.vertices,
            Some(b"edges:") => &mut announced.edges,
            _ => continue,
        };
        *place = place.or(words.next().and_then(lexer::integer));
    }
    announced
}

/// Parses lines of integers, up to the first line that is anything else.
fn parse(block: &[u8], parsed: &mut Parsed) {
    let mut cursor = Cursor::new(block);
    parsed.edges.clear();
    parsed.edges.reserve(block.len() / 10);
    parsed.alone.clear();
    (parsed.lines, parsed.other, parsed.more_columns) = (0, None, false);
    let mut more = false;
    while !cursor.at_end() {
        let line_start = cursor.position();
        cursor.skip_blanks();
        match cursor.byte() {
            b'\n' => cursor.step(),
            b'#' | b'%' => cursor.skip_line(),
            _ => {
                let mut start = cursor.clone();
                if let Some(edge) = two_integers(&mut cursor, &mut more) {
                    parsed.edges.push(edge);
                } else if let Some(v) = one_integer(&mut start) {
                    parsed.alone.push(v);
                    cursor = start;
                } else {
                    parsed.other = Some(line_start);
                    break;
                }
            }
        }
        parsed.lines += 1;
    }
    parsed.more_columns = more;
}
