//! What an edge list is when all of its lines have been read: its first and its last line, its notes, and
//! its graph.

use super::announced::{Announced, Numbers};
use super::build;
use super::first_line::{self, FirstLine, Others, Verdict};
use super::last_line::mark;
use super::reader::Reader;
use crate::io::doubts::{self, Named};
use crate::io::error::{ErrorKind, Place};
use crate::io::names::{as_integer, names};
use crate::io::{Format, Loaded, Note, ReadOptions, plausible};

impl Reader {
    /// Makes the graph, when all lines have been taken.
    pub(super) fn finish(
        mut self,
        announced: Announced,
        options: &ReadOptions,
    ) -> Result<Loaded, (Place, ErrorKind)> {
        let whole = |kind| (Place::Whole, kind);
        if self.builder.is_short() {
            // Nothing is known of edges that were not kept.
            std::mem::take(&mut self.builder).finish(0).map_err(whole)?;
        }
        let nothing = self.first.is_none() && self.last.is_none();
        if nothing && options.format.is_none() && announced.is_empty() {
            let expected = "lines with two names";
            return Err(whole(ErrorKind::expected(expected, "nothing but comments")));
        }
        let mut notes = Vec::new();
        if self.settle_last(announced, options)? {
            notes.push(Note::EndMark);
        }
        let mut verdict = Verdict::Edge;
        if let Some(first) = self.first.take() {
            let place = Place::Line(first.number);
            verdict = self.settle(first, announced, options).map_err(|kind| (place, kind))?;
        }
        notes.extend(first_line::note(&verdict));
        notes.extend(self.more_columns.then_some(Note::MoreColumns));
        let edges = self.builder.edges();
        let declared = match verdict {
            Verdict::Size { edges, .. } => edges.map(u64::from),
            _ => announced.edges,
        };
        if let Some(declared) = declared.filter(|&declared| declared != edges) {
            notes.push(Note::EdgeCount { declared, found: edges });
        }
        let heading = verdict != Verdict::Edge;
        let two_sides =
            self.columns.are_two_sides() && !heading && !options.bipartite && announced.is_empty();
        notes.extend(two_sides.then_some(Note::TwoSides));
        let mut loaded = match self.names {
            Some(_) => self.named(heading, announced, options),
            None => self.numbered(&verdict, announced, options),
        };
        if let Ok(loaded) = &mut loaded {
            let found = loaded.graph.n() as u64;
            if let Some(declared) = announced.vertices.filter(|&declared| declared != found) {
                notes.push(Note::VertexCount { declared, found });
            }
            notes.append(&mut loaded.notes);
            loaded.notes = notes;
        }
        loaded.map_err(whole)
    }

    fn named(
        self,
        heading: bool,
        announced: Announced,
        options: &ReadOptions,
    ) -> Result<Loaded, ErrorKind> {
        let dropped = if heading { self.only_in_first() } else { vec![] };
        let names = self.names.unwrap_or_default();
        let edges = self.builder.edges();
        let (graph, cleanup) = self.builder.finish(names.len())?;
        // Our writer knows what it calls a vertex.
        if options.format.is_none() && announced.edges != Some(edges) {
            doubts::refuse(&Named {
                names: &names,
                graph: &graph,
                format: Format::EdgeList,
                alone: &self.alone,
                is_behind: &|v| !self.nothing_in_front.contains(&v),
                is_nothing: &|_| false,
                may_be_size: &|_| !heading,
            })?;
        }
        Ok(build::named(graph, cleanup, names, &dropped))
    }

    fn numbered(
        self,
        verdict: &Verdict,
        announced: Announced,
        options: &ReadOptions,
    ) -> Result<Loaded, ErrorKind> {
        let edges = self.builder.edges();
        let numbers = match *verdict {
            Verdict::Size { n, first: 0, .. } => Numbers::FromZero(n.into()),
            Verdict::Size { n, .. } => Numbers::FromOne(n.into()),
            _ => announced.numbers(self.ids)?,
        };
        let (n, first) = match numbers {
            Numbers::Named => {
                return build::numbers(
                    self.builder,
                    self.kept,
                    self.ids.map(|(_, largest)| largest),
                );
            }
            Numbers::FromZero(n) => (n, 0),
            Numbers::FromOne(n) => (n, 1),
        };
        build::range(self.builder, plausible(n, edges, options)?, first)
    }

    /// Finds out whether the last line is a mark of the end, and takes it if it is not.
    fn settle_last(
        &mut self,
        announced: Announced,
        options: &ReadOptions,
    ) -> Result<bool, (Place, ErrorKind)> {
        let Some(last) = self.last.take() else {
            let expected = "a mark of the end in the last line, such as 0 0, -1 or end";
            return match options.end_mark {
                Some(true) => {
                    Err((Place::Whole, ErrorKind::expected(expected, "a line of another kind")))
                }
                _ => Ok(false),
            };
        };
        let name = mark(&last.text).unwrap_or_default();
        let first = self.first.as_ref();
        let edges = self.builder.edges() + first.map_or(0, |line| line.names.len() as u64 / 2);
        let ends = names(&last.text).map_or(0, |names| 1 + u64::from(names.second.is_some()));
        let sizes = first.and_then(FirstLine::integers);
        // With this line there are as many edges as a comment, or the first line, says.
        let is_said = announced.edges == Some(edges + ends / 2)
            || ends == 2
                && sizes.is_some_and(|(n, m)| {
                    let fits = self.ids.is_none_or(|(_, largest)| largest < n);
                    fits && u64::from(m) == self.builder.edges() + 1
                });
        let number = as_integer(name);
        let mentioned = first.is_none_or(|line| line.names.iter().any(|other| other == name))
            || self.names.as_ref().is_some_and(|names| names.get(name).is_some())
            || number == Some(0) && self.ids.is_some_and(|(smallest, _)| smallest == 0);
        let place = Place::Line(last.number);
        let is_mark = last.is_mark(options.end_mark, mentioned, is_said);
        if is_mark.map_err(|kind| (place, kind))? {
            return Ok(true);
        }
        self.text_line(&last.text).map_err(|kind| (place, kind))?;
        if options.end_mark == Some(false) && ends == 1 {
            // What the user says is not asked again.
            self.alone.pop();
        }
        Ok(false)
    }

    /// Finds out what the first line is, and takes it if it is as the others are.
    fn settle(
        &mut self,
        first: FirstLine,
        announced: Announced,
        options: &ReadOptions,
    ) -> Result<Verdict, ErrorKind> {
        let edges = self.builder.edges();
        let others = Others {
            edges,
            ids: self.ids,
            text: self.names.is_some(),
            distinct: self.names.as_ref().map_or(0, |names| names.len() as u64)
                - self.only_in_first().len() as u64,
            more: self.more_columns,
            recurs: self.recurs.contains(&true),
            disjoint: first.integers().is_none() && self.columns.are_disjoint(),
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
                    [name] => {
                        self.name_alone(name)?;
                        if options.heading == Some(false) {
                            self.alone.pop();
                        }
                    }
                    [u, v, ..] => self.named_edge(u, v)?,
                    [] => {}
                }
            }
        }
        Ok(Verdict::Edge)
    }
}
