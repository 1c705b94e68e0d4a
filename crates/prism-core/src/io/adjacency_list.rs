//! Adjacency lists: a vertex a line, and its neighbours behind it.
//!
//! With a colon behind the first name (`0: 1 2`, `AA: BB, CC`) the form is sure. Each edge may stand in
//! the lines of both its ends or of one. A vertex without neighbours has a colon behind it (`T:`) or stands
//! alone on its line. If no name that stands behind a colon has a line itself, the lines may be enrolments or
//! weights and are refused.
//!
//! Without the colon (`AA,BB;CC`, `0 1 2`) the lines could as well be edges with further columns: they
//! are a list of neighbours only if each name has exactly one line, each name in a line has a line itself,
//! and a stands in b's line exactly when b stands in a's. Lines that begin with `#` or `%` are comments, and
//! so is what follows a `#` between blanks. Vertices are numbered by first appearance.

mod row;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::arcs::ArcBuilder;
use super::doubts::{self, Named};
use super::edge_list::may_be_end;
use super::error::{ErrorKind, Place, ReadError};
use super::interner::Interner;
use super::lexer::{data_lines, is_blank, is_skipped, quote, trim};
use super::names::as_integer;
use super::source::Source;
use super::{Format, Loaded, Note, ReadOptions};
use crate::Graph;
use row::{Layout, Row, any_colon, goes_on, has_colon, layout, row};

/// Lines that are looked at where the format is detected.
const LINES: usize = 1 << 14;

/// Where a name has stood.
#[derive(Clone, Copy, Default)]
struct Stands {
    /// At the front of a line.
    first: bool,
    /// Behind the front of a line, or there and with others.
    behind: bool,
    beside: bool,
}

/// What has been read of the file.
#[derive(Default)]
struct Reader {
    names: Interner,
    arcs: ArcBuilder,
    stands: Vec<Stands>,
    rows: u64,
    /// Names alone on a line without a colon, where others have one.
    alone: Vec<u32>,
    /// The first line, and how many names it has.
    front: String,
    first_names: usize,
    /// Blanks in front of the first line, and whether the last one goes on in the next.
    indent: Option<usize>,
    goes_on: bool,
    /// The first line with neighbours, for messages.
    first: Option<String>,
    /// The vertex of the last line.
    last: u32,
}

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let (head, complete) = source.peek();
    let lines: Vec<&[u8]> = data_lines(head, complete).take(LINES).collect();
    let found = layout(&lines);
    // In other lines it is missing, as the error will say.
    let layout = Layout { colon: found.colon || any_colon(&lines), ..found };
    let mut reader = Reader::default();
    while let Some(line) = source.next_line()? {
        if !is_skipped(trim(line)) {
            let taken = reader.line(line, layout, options);
            taken.map_err(|kind| source.error_here(kind))?;
        }
    }
    reader.finish(layout, options).map_err(|kind| source.error(Place::Whole, kind))
}

impl Reader {
    fn line(
        &mut self,
        line: &[u8],
        layout: Layout,
        options: &ReadOptions,
    ) -> Result<(), ErrorKind> {
        let indent = line.iter().take_while(|&&b| is_blank(b)).count();
        let row = row(trim(line), layout)?;
        let v = self.number(&row.name)?;
        self.rows += 1;
        self.last = v;
        self.stands[v as usize].first = true;
        if row.is_alone {
            if self.goes_on || self.indent.is_some_and(|first| indent > first) {
                let expected = "a colon behind the first name of each line (\"a: b, c\"), which does not go on in the next";
                return Err(ErrorKind::expected(expected, quote(trim(line))));
            }
            if self.indent.is_none() && options.format.is_none() {
                return Err(ErrorKind::Doubtful {
                    found: row.name.into_owned(),
                    readings: "a vertex without neighbours (which has a colon, too), or a title"
                        .to_owned(),
                    decides: "--format adjacency-list, for a vertex,",
                });
            }
            self.alone.push(v);
        }
        self.indent.get_or_insert(indent);
        self.goes_on = goes_on(trim(line));
        let several = row.neighbors.len() > 1;
        for neighbor in &row.neighbors {
            let neighbor = self.number(neighbor)?;
            let stands = &mut self.stands[neighbor as usize];
            stands.behind = true;
            stands.beside |= several;
            self.arcs.push(v, neighbor);
        }
        if self.rows == 1 {
            self.first_names = self.names.len();
            self.front = String::from_utf8_lossy(trim(line)).into_owned();
        }
        if self.first.is_none() && !row.neighbors.is_empty() {
            self.first = Some(String::from_utf8_lossy(trim(line)).into_owned());
        }
        Ok(())
    }

    fn number(&mut self, name: &str) -> Result<u32, ErrorKind> {
        let max = u64::from(u32::MAX);
        let number = self.names.number(name);
        self.stands.resize(self.names.len(), Stands::default());
        number.ok_or(ErrorKind::TooManyVertices { n: max + 1, max })
    }

    fn finish(self, layout: Layout, options: &ReadOptions) -> Result<Loaded, ErrorKind> {
        let Self { names, arcs, stands, rows, .. } = self;
        let total = arcs.arcs();
        let built = arcs.finish(names.len())?;
        let with_row = stands.iter().filter(|stands| stands.first).count();
        if !layout.colon {
            let one_way = built.example.map(|(u, v)| (names.name(u), names.name(v)));
            let twice = with_row as u64 != rows;
            if built.one_way > 0 || twice || with_row != names.len() {
                let found = match one_way {
                    Some((u, v)) => format!("{v:?} in the line of {u:?} alone"),
                    None if twice => "several lines of one".to_owned(),
                    None => "names without a line".to_owned(),
                };
                let expected = "each vertex to have a line and to stand in those of its neighbours, or a colon behind the first name (as in \"a: b, c\")";
                return Err(ErrorKind::expected(expected, found));
            }
        }
        if options.format.is_none() {
            let above = Above { first: self.first_names, names: &names, stands: &stands };
            if let Some(readings) = above.is_none_of_the_graph(rows, &built.graph) {
                return Err(ErrorKind::Doubtful {
                    found: self.front,
                    readings: readings.to_owned(),
                    decides: "--format adjacency-list, for a vertex,",
                });
            }
            let last = self.alone.last().filter(|&&v| v == self.last && !stands[v as usize].behind);
            if let Some(name) =
                last.map(|&v| names.name(v)).filter(|name| may_be_end(name.as_bytes()))
            {
                return Err(ErrorKind::Doubtful {
                    found: name.to_owned(),
                    readings: "a mark of the end, or a vertex without neighbours".to_owned(),
                    decides: "--format adjacency-list, for a vertex,",
                });
            }
            // A 0 behind which no line stands, where each other name has one.
            let zero = |v: u32| names.name(v) == "0" && with_row + 1 == names.len();
            let is_behind = |v: u32| {
                let Stands { first, behind, beside } = stands[v as usize];
                behind && !first && !beside
            };
            // As in a first line `n: 3`, which no other knows of.
            let text_first = names.len() > 0 && as_integer(names.name(0)).is_none();
            let may_be_size = |v: u32| text_first && !stands[v as usize].behind;
            doubts::refuse(&Named {
                names: &names,
                graph: &built.graph,
                format: Format::AdjacencyList,
                alone: &self.alone,
                is_behind: &is_behind,
                is_nothing: &zero,
                may_be_size: &may_be_size,
            })?;
        }
        let two_sides = !stands.iter().any(|stands| stands.first && stands.behind);
        if two_sides && total > 1 && !options.bipartite {
            return Err(ErrorKind::Doubtful {
                found: self.first.unwrap_or_default(),
                readings: TWO_SIDES.to_owned(),
                decides: "--bipartite, for a graph with the names of both sides as vertices,",
            });
        }
        let mut loaded = Loaded::new(built.graph, built.cleanup);
        loaded.labels = Some(names.into_labels_from(0));
        // A list may give each edge once, and then all of them.
        let all_once = built.one_way + built.cleanup.duplicates + built.cleanup.self_loops == total;
        let odd = built.one_way > 0 && !all_once;
        loaded.notes.extend(odd.then_some(Note::OneWay(built.one_way)));
        Ok(loaded)
    }
}

/// The first line, above all others.
struct Above<'r> {
    /// How many names it has, which are the first ones.
    first: usize,
    names: &'r Interner,
    stands: &'r [Stands],
}

impl Above<'_> {
    /// What it may be besides the line of a vertex, if its names stand in no other line: a title, or the names
    /// of columns, which are words above integers, or above vertices that all have a line.
    fn is_none_of_the_graph(&self, rows: u64, graph: &Graph<'_>) -> Option<&'static str> {
        let &Self { first, names, stands } = self;
        let name = |v: usize| names.name(v as u32);
        let apart = |v: usize| match v {
            0 => !stands[v].behind,
            v => !stands[v].first && graph.degree(v as u32) == 1,
        };
        let is_integer = |v: usize| as_integer(name(v)).is_some();
        let words = (0..first).all(|v| apart(v) && !is_integer(v));
        let above_integers = (first..stands.len()).all(is_integer);
        let others_have_rows = stands[first..].iter().all(|stands| stands.first);
        if first == 1 && rows > 1 && words && (above_integers || doubts::is_title(name(0))) {
            Some("a title, or a vertex without neighbours")
        } else if first > 1 && rows > 2 && words && (above_integers || others_have_rows) {
            Some("a heading, as its names stand in no other line, or a vertex and its neighbours")
        } else {
            None
        }
    }
}

/// Why lists are refused in which the names on both sides are different.
const TWO_SIDES: &str = "a vertex and its neighbours; or, as no name behind a colon has a line of its own, the \
lines may be enrolments or values, and two courses with a common student are what clashes";

/// Whether a file that starts with `head`, which is all of it when `complete`, is surely one of
/// adjacency lists, as far as it can be seen.
pub(super) fn is_adjacency_list(head: &[u8], complete: bool) -> bool {
    let lines: Vec<&[u8]> = data_lines(head, complete).take(LINES).collect();
    let layout = layout(&lines);
    let rows = lines.iter().map(|line| row(line, layout)).collect::<Result<Vec<Row<'_>>, _>>();
    let Ok(rows) = rows else {
        // A colon in every line: whatever is wrong, the reader says it.
        return layout.colon && lines.iter().all(|line| has_colon(line));
    };
    let all = complete && lines.len() < LINES;
    let names: HashMap<&str, usize> = rows.iter().map(|row| &*row.name).zip(0..).collect();
    let has_row = |name: &Cow<'_, str>| !all || names.contains_key(&**name);
    if layout.colon {
        // `0:1` could be two parts of one name. Without neighbours a colon is that of a title.
        let apart = lines.iter().all(|line| {
            let behind = line.iter().position(|&b| b == b':').and_then(|at| line.get(at + 1));
            behind.is_none_or(|&b| b == b' ' || b == b'\t')
        });
        let titles =
            rows.iter().any(|row| row.is_alone) && rows.iter().all(|row| row.neighbors.is_empty());
        if titles {
            return false;
        }
        return apart || rows.iter().all(|row| row.neighbors.iter().all(has_row));
    }
    // Lines of two names are edges, and the same graph.
    if rows.iter().all(|row| row.neighbors.len() == 1) || names.len() < rows.len() {
        return false;
    }
    let sets: Vec<HashSet<&str>> =
        rows.iter().map(|row| row.neighbors.iter().map(|name| &**name).collect()).collect();
    let edges = rows.iter().any(|row| row.neighbors.len() > 1);
    // Nothing is its own neighbour, but in a column of weights its name may stand.
    let loops = rows.iter().zip(&sets).any(|(row, set)| set.contains(&*row.name));
    edges
        && !loops
        && rows.iter().all(|row| {
            row.neighbors.iter().all(|name| match names.get(&**name) {
                Some(&other) => sets[other].contains(&*row.name),
                None => !all,
            })
        })
}
