//! The lines of an edge list, one after the other.

use std::collections::HashSet;

use super::columns::Columns;
use super::first_line::FirstLine;
use super::integers::Parsed;
use super::is_skipped;
use super::last_line::{LastLine, may_be_end};
use crate::io::builder::{Edge, GraphBuilder};
use crate::io::comments::without_comment;
use crate::io::doubts::is_word_for_nothing;
use crate::io::error::{ErrorKind, ReadError};
use crate::io::interner::Interner;
use crate::io::lexer::{begins_with_tab, quote, split_line, trim};
use crate::io::names::{as_integer, names};
use crate::io::source::Source;

/// What has been read of the file.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) builder: GraphBuilder,
    /// Integers that are vertices even when no edge names them: of loops, and alone on a line.
    pub(super) kept: Vec<u32>,
    /// The smallest and the largest integer, while there is nothing else.
    pub(super) ids: Option<(u32, u32)>,
    /// The text names, once there are any; those of the first line come first.
    pub(super) names: Option<Interner>,
    /// Text names that stand alone on a line.
    pub(super) alone: Vec<u32>,
    /// Words for nothing that stand in the first column.
    pub(super) nothing_in_front: HashSet<u32>,
    /// The first line, until it is known what it is, and how many names it has given to `names`.
    pub(super) first: Option<FirstLine>,
    pub(super) first_names: u32,
    /// Which of the names of the first line stand in another, by their numbers.
    pub(super) recurs: [bool; 2],
    pub(super) columns: Columns,
    /// Whether commas, semicolons or tabs end text names.
    pub(super) separated: Option<bool>,
    /// Whether columns behind the names were skipped.
    pub(super) more_columns: bool,
    /// Whether the first line begins with a tab, as an indented one does.
    indented: bool,
    /// The last line, until it is known what it is.
    pub(super) last: Option<LastLine>,
}

impl Reader {
    /// Reads up to the first line that is no comment, and sees to it that the last one is held back where it
    /// may be a mark of the end.
    pub(super) fn hold_ends(&mut self, source: &mut Source<'_>) -> Result<(), ReadError> {
        source.hold_last_line(may_be_end);
        while let Some(whole) = source.next_line()? {
            let line = trim(whole);
            if is_skipped(line) || is_separator(line) {
                continue;
            }
            self.indented = begins_with_tab(whole);
            let first = names(line).map(|found| {
                let first = FirstLine::new(&found, line);
                if first.integers().is_none() {
                    self.separated = found.second.as_ref().map(|_| found.separated);
                }
                first
            });
            let mut first = first.map_err(|kind| source.error_here(kind))?;
            first.number = source.lines();
            self.columns = Columns::new(first.integers().is_none());
            self.first = Some(first);
            break;
        }
        Ok(())
    }

    /// Takes the last line, where it was held back.
    pub(super) fn take_last(&mut self, source: &mut Source<'_>) {
        let number = source.lines() + 1;
        self.last = source.held_line().map(|text| LastLine { text, number });
    }

    /// Whether there are text names.
    pub(super) fn is_text(&self) -> bool {
        self.names.is_some()
    }

    /// Takes the integers of a block, if there is nothing but integers so far.
    pub(super) fn take_parsed(&mut self, parsed: &Parsed) -> bool {
        if !self.is_text() {
            self.more_columns |= parsed.more_columns;
            self.take_integers(&parsed.edges, &parsed.alone);
        }
        !self.is_text()
    }

    pub(super) fn take_integers(&mut self, edges: &[(u32, u32)], alone: &[u32]) {
        for &(u, v) in edges {
            self.builder.push(Edge::new(u, v));
            self.kept.extend((u == v).then_some(u));
            self.extend_ids(u.min(v), u.max(v));
        }
        edges.iter().for_each(|&(u, v)| self.columns.push(u, v));
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
    pub(super) fn take_text(
        &mut self,
        mut block: &[u8],
        mut lines: u64,
    ) -> Result<u64, (u64, ErrorKind)> {
        while !block.is_empty() {
            let (line, next) = split_line(block);
            block = &block[next..];
            lines += 1;
            let tab = !self.indented && begins_with_tab(line);
            let line = trim(line);
            if is_skipped(line) {
                continue;
            }
            if tab {
                let expected = "a name in front of the tab, as in the lines before";
                return Err((lines, ErrorKind::expected(expected, quote(line))));
            }
            self.text_line(line).map_err(|kind| (lines, kind))?;
        }
        Ok(lines)
    }

    pub(super) fn text_line(&mut self, line: &[u8]) -> Result<(), ErrorKind> {
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
                let text = std::str::from_utf8(line).unwrap_or_default();
                return self.name_alone(without_comment(text).unwrap_or(text));
            }
            Some(false) if found.separated => {
                let expected = "blanks between names, as in the lines before";
                return Err(ErrorKind::expected(expected, quote(line)));
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
    pub(super) fn only_in_first(&self) -> Vec<u32> {
        (0..self.first_names).filter(|&v| !self.recurs[v as usize]).collect()
    }

    pub(super) fn name_alone(&mut self, name: &str) -> Result<(), ErrorKind> {
        let v = self.number(name)?;
        self.is_used(v);
        self.alone.push(v);
        Ok(())
    }

    pub(super) fn named_edge(&mut self, first: &str, second: &str) -> Result<(), ErrorKind> {
        let (u, v) = (self.number(first)?, self.number(second)?);
        self.is_used(u);
        self.is_used(v);
        if is_word_for_nothing(first) {
            self.nothing_in_front.insert(u);
        }
        self.builder.push(Edge::new(u, v));
        self.columns.push(u, v);
        Ok(())
    }

    /// The integers so far become names.
    pub(super) fn turn_to_text(&mut self) -> Result<(), ErrorKind> {
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
        self.columns.renumber(|id| numbers[ids.partition_point(|&other| other < id)]);
        Ok(())
    }
}

/// A first line by which spreadsheets are told what divides the columns, as `sep=;`.
fn is_separator(line: &[u8]) -> bool {
    matches!(
        line,
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', b',' | b';' | b'\t' | b'|'] | b"sep="
    )
}
