//! Adjacency lists: a vertex a line, and its neighbours behind it.
//!
//! With a colon behind the first name (`0: 1 2`, `AA: BB, CC`) the form is sure. Each edge may stand in
//! the lines of both its ends or of one. Without the colon (`AA,BB;CC`, `0 1 2`) the lines could as well be
//! edges with further columns: they are a list of neighbours only if each name has exactly one line,
//! each name in a line has a line itself, and a stands in b's line exactly when b stands in a's. Names
//! end at commas, semicolons and tabs if any line has one, else at blanks; quotation marks are those of
//! CSV files. A vertex without neighbours stands alone on its line. Lines that begin with `#` or `%` are
//! comments. Vertices are numbered by first appearance.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::arcs::ArcBuilder;
use super::csv_fields::fields;
use super::error::{ErrorKind, Place, ReadError};
use super::interner::Interner;
use super::lexer::{quote, trim};
use super::source::Source;
use super::{Loaded, Note, ReadOptions};

/// Lines that are looked at where the format is detected.
const LINES: usize = 1 << 14;

/// What ends names besides blanks.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// How the lines of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    /// Whether a colon stands behind the first name.
    colon: bool,
    /// Whether names end at blanks.
    blanks: bool,
}

/// The line of a vertex.
struct Row<'l> {
    name: Cow<'l, str>,
    neighbors: Vec<Cow<'l, str>>,
}

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, _: &ReadOptions) -> Result<Loaded, ReadError> {
    let (head, complete) = source.peek();
    let layout = layout(&data_lines(head, complete).collect::<Vec<_>>());
    let mut names = Interner::default();
    let mut arcs = ArcBuilder::default();
    let mut rows = 0u64;
    let mut with_row = HashSet::new();
    while let Some(line) = source.next_line()? {
        let line = trim(line);
        if is_skipped(line) {
            continue;
        }
        let row = row(line, layout).and_then(|row| {
            let v = number(&mut names, &row.name)?;
            with_row.insert(v);
            rows += 1;
            for neighbor in &row.neighbors {
                arcs.push(v, number(&mut names, neighbor)?);
            }
            Ok(())
        });
        row.map_err(|kind| source.error_here(kind))?;
    }
    let total = arcs.arcs();
    let built = arcs.finish(names.len()).map_err(|kind| source.error(Place::Whole, kind))?;
    let one_way = built.example.map(|(u, v)| (names.name(u).to_owned(), names.name(v).to_owned()));
    let twice = with_row.len() as u64 != rows;
    if !layout.colon && (built.one_way > 0 || twice || with_row.len() != names.len()) {
        let found = match one_way {
            Some((u, v)) => format!("{v:?} in the line of {u:?} alone"),
            None if twice => "several lines of one".to_owned(),
            None => "names without a line".to_owned(),
        };
        let expected = "each vertex to have a line and to stand in those of its neighbours, or a colon behind the first name (as in \"a: b, c\")";
        return Err(source.error(Place::Whole, ErrorKind::expected(expected, found)));
    }
    let mut loaded = Loaded::new(built.graph, built.cleanup);
    loaded.labels = Some(names.into_labels_from(0));
    // A list may give each edge once, and then all of them.
    let all_once = built.one_way + built.cleanup.duplicates + built.cleanup.self_loops == total;
    let odd = built.one_way > 0 && !all_once;
    loaded.notes.extend(odd.then_some(Note::OneWay(built.one_way)));
    Ok(loaded)
}

fn number(names: &mut Interner, name: &str) -> Result<u32, ErrorKind> {
    let max = u64::from(u32::MAX);
    names.number(name).ok_or(ErrorKind::TooManyVertices { n: max + 1, max })
}

/// Comments and empty lines.
fn is_skipped(line: &[u8]) -> bool {
    matches!(line, [] | [b'#' | b'%', ..])
}

/// The data lines of `head`, trimmed, and complete ones only.
fn data_lines(head: &[u8], complete: bool) -> impl Iterator<Item = &[u8]> {
    let end = match complete {
        true => head.len(),
        false => head.iter().rposition(|&b| b == b'\n').unwrap_or(0),
    };
    head[..end].split(|&b| b == b'\n').map(trim).filter(|line| !is_skipped(line)).take(LINES)
}

/// How lines are written, if they are adjacency lists.
fn layout(lines: &[&[u8]]) -> Layout {
    let colon = !lines.is_empty() && lines.iter().all(|line| split_colon(line).is_some());
    let blanks = !lines.iter().any(|line| line.iter().any(|b| b",;\t".contains(b)));
    Layout { colon, blanks }
}

/// The name in front of the only colon of a line, and what is behind it.
fn split_colon(line: &[u8]) -> Option<(Cow<'_, str>, &str)> {
    let text = std::str::from_utf8(line).ok()?;
    let mut parts = fields(text, ':');
    let name = parts.next()?.ok()?;
    let rest = parts.rest()?;
    let unquoted = !text.starts_with('"');
    // The colon of `1 2 {'weight': 7}` is that of an attribute.
    let separated = unquoted && (name.contains(SEPARATORS) || name.contains(" {"));
    (!name.is_empty() && !separated && !rest.contains(':')).then_some((name, rest))
}

/// The vertex and the neighbours of a line.
fn row(line: &[u8], layout: Layout) -> Result<Row<'_>, ErrorKind> {
    let wrong = |what: &str| ErrorKind::expected(what, quote(line));
    let text = std::str::from_utf8(line).map_err(|_| wrong("text in UTF-8"))?;
    let (name, rest) = match layout.colon {
        false => (None, text),
        true => {
            let expected = "a line with one colon, behind its first name, as in \"a: b, c\"";
            let (name, rest) = split_colon(line).ok_or_else(|| wrong(expected))?;
            if layout.blanks && name.contains(' ') {
                return Err(wrong(
                    "commas between neighbours, as names hold blanks (\"a b: c, d e\")",
                ));
            }
            (Some(name), rest)
        }
    };
    let mut found = list(rest, layout.blanks).map_err(wrong)?.into_iter();
    let name = match name {
        Some(name) => name,
        None => found.next().ok_or_else(|| wrong("the name of a vertex"))?,
    };
    let neighbors: Vec<Cow<'_, str>> = found.collect();
    let bracket = |name: &Cow<'_, str>| name.starts_with(['[', '{', '(']);
    if bracket(&name) || neighbors.iter().any(bracket) {
        return Err(wrong("names without brackets, as in \"a: b, c\""));
    }
    Ok(Row { name, neighbors })
}

/// The names of a list. Empty ones stand for nothing.
fn list(text: &str, blanks: bool) -> Result<Vec<Cow<'_, str>>, &'static str> {
    if blanks {
        return separated(text, ' ');
    }
    // Within quotation marks others may stand.
    let mut wrong = None;
    for separator in SEPARATORS.into_iter().filter(|&separator| text.contains(separator)) {
        match separated(text, separator) {
            Ok(found) => return Ok(found),
            Err(what) => wrong = wrong.or(Some(what)),
        }
    }
    wrong.map_or_else(|| separated(text, ','), Err)
}

fn separated(text: &str, separator: char) -> Result<Vec<Cow<'_, str>>, &'static str> {
    let mut found = vec![];
    for field in fields(text, separator) {
        match field? {
            // Quoted fields are owned; others may hold further separators.
            Cow::Borrowed(field) if separator != ' ' => {
                let parts = field.split(SEPARATORS).map(str::trim);
                found.extend(parts.map(Cow::Borrowed));
            }
            field => found.push(field),
        }
    }
    if found.iter().any(|name| matches!(name, Cow::Borrowed(name) if name.starts_with('"'))) {
        return Err("one kind of separator between quoted names");
    }
    found.retain(|name| !name.is_empty());
    Ok(found)
}

/// Whether a file that starts with `head`, which is all of it when `complete`, is surely one of
/// adjacency lists, as far as it can be seen.
pub(super) fn is_adjacency_list(head: &[u8], complete: bool) -> bool {
    let lines: Vec<&[u8]> = data_lines(head, complete).collect();
    let layout = layout(&lines);
    let Ok(rows) = lines.iter().map(|line| row(line, layout)).collect::<Result<Vec<_>, _>>() else {
        // A colon in every line: whatever is wrong, the reader says it.
        return layout.colon;
    };
    let all = complete && lines.len() < LINES;
    let names: HashMap<&str, usize> = rows.iter().map(|row| &*row.name).zip(0..).collect();
    let has_row = |name: &Cow<'_, str>| !all || names.contains_key(&**name);
    if layout.colon {
        // `0:1` could be two parts of one name.
        let apart = lines.iter().all(|line| {
            let behind = line.iter().position(|&b| b == b':').and_then(|at| line.get(at + 1));
            behind.is_none_or(|&b| b == b' ' || b == b'\t')
        });
        return apart || rows.iter().all(|row| row.neighbors.iter().all(has_row));
    }
    // Lines of two names are edges, and the same graph.
    if rows.iter().all(|row| row.neighbors.len() == 1) || names.len() < rows.len() {
        return false;
    }
    let sets: Vec<HashSet<&str>> =
        rows.iter().map(|row| row.neighbors.iter().map(|name| &**name).collect()).collect();
    let edges = rows.iter().any(|row| row.neighbors.len() > 1);
    edges
        && rows.iter().all(|row| {
            row.neighbors.iter().all(|name| match names.get(&**name) {
                Some(&other) => sets[other].contains(&*row.name),
                None => !all,
            })
        })
}
