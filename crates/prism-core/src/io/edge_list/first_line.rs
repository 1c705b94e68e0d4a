//! What the first line of an edge list is: an edge, a heading, or in doubt.
//!
//! Two kinds of headings are known. `N M` gives the numbers of vertices and edges; `source,target` names
//! the columns. Both look like edges, and which one a line is can only be said once the others are
//! known. Where they do not say it, the line is refused rather than guessed at.

use std::borrow::Cow;

use crate::io::Note;
use crate::io::doubts::is_size;
use crate::io::error::{ErrorKind, counted, vertices};
use crate::io::names::{Names, as_integer, is_enrolment_word, is_heading_word};

/// The first line, held back until all others are read.
#[derive(Debug)]
pub(super) struct FirstLine {
    /// One name or two.
    pub(super) names: Vec<String>,
    /// Whether columns follow, whether the next holds an integer, and whether any of them is called as the
    /// columns of edges are.
    pub(super) more: bool,
    third_integer: bool,
    columns_elsewhere: bool,
    /// The line, for messages.
    text: String,
    /// Its place in the file.
    pub(super) number: u64,
}

/// What the other lines say of the first.
pub(super) struct Others<'m> {
    /// Lines with two names.
    pub(super) edges: u64,
    /// The smallest and the largest of their integers, if all names are integers and there are any.
    pub(super) ids: Option<(u32, u32)>,
    /// Whether any name is text.
    pub(super) text: bool,
    /// The number of different names, where they are text.
    pub(super) distinct: u64,
    /// Whether lines have columns behind the second.
    pub(super) more: bool,
    /// Whether a name of the first line stands in another.
    pub(super) recurs: bool,
    /// Whether no name stands in both columns.
    pub(super) disjoint: bool,
    /// Whether a graph whose columns have no name in common is expected.
    pub(super) bipartite: bool,
    /// Whether an integer stands in another line.
    pub(super) mentions: &'m dyn Fn(u32) -> bool,
}

/// What the first line is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As the other lines are.
    Edge,
    /// The names of the columns.
    Columns,
    /// Numbers of vertices, from `first` on, and of edges, if the line gives one.
    Size { n: u32, first: u32, edges: Option<u32> },
}

impl FirstLine {
    pub(super) fn new(names: &Names<'_>, line: &[u8]) -> Self {
        let word = |name: &Cow<'_, str>| is_heading_word(name);
        let known = word(&names.first) && names.second.as_ref().is_some_and(word);
        Self {
            columns_elsewhere: !known && names.further.iter().any(word),
            names: std::iter::once(&names.first)
                .chain(&names.second)
                .map(|name| name.clone().into_owned())
                .collect(),
            more: names.more,
            third_integer: names.further.first().is_some_and(|name| as_integer(name).is_some()),
            text: String::from_utf8_lossy(line).into_owned(),
            number: 0,
        }
    }

    /// The two names as integers.
    pub(super) fn integers(&self) -> Option<(u32, u32)> {
        match &self.names[..] {
            [first, second] => Some((as_integer(first)?, as_integer(second)?)),
            _ => None,
        }
    }

    /// Whether the columns are called as those of enrolments are.
    pub(super) fn is_of_enrolments(&self) -> bool {
        self.names.iter().any(|name| is_enrolment_word(name))
    }

    /// Decides. `asked` is what the user says of it.
    pub(super) fn judge(
        &self,
        others: &Others<'_>,
        asked: Option<bool>,
    ) -> Result<Verdict, ErrorKind> {
        if asked == Some(false) {
            return Ok(Verdict::Edge);
        }
        let integers: Option<Vec<u32>> = self.names.iter().map(|name| as_integer(name)).collect();
        match integers.as_deref() {
            Some([n]) => self.judge_size(*n, None, others, asked == Some(true)),
            Some([n, m]) => self.judge_size(*n, Some(*m), others, asked == Some(true)),
            _ => self.judge_columns(others, asked == Some(true)),
        }
    }

    fn judge_size(
        &self,
        n: u32,
        m: Option<u32>,
        others: &Others<'_>,
        asked: bool,
    ) -> Result<Verdict, ErrorKind> {
        if others.text {
            return self.judge_size_above_names(n, m, others, asked);
        }
        let from_0 = others.ids.is_none_or(|(_, largest)| largest < n);
        let from_1 = others.ids.is_none_or(|(smallest, largest)| smallest > 0 && largest <= n);
        let fits = from_0 || from_1;
        let heading = Verdict::Size { n, first: u32::from(from_1), edges: m };
        if asked {
            let (smallest, largest) = others.ids.unwrap_or_default();
            let expected = format!(
                "numbers from 0 to {} or from 1 to {n}, as the heading says",
                i64::from(n) - 1
            );
            let kind =
                ErrorKind::expected(expected, format!("numbers from {smallest} to {largest}"));
            return if fits { Ok(heading) } else { Err(kind) };
        }
        let Some(m) = m else {
            // A vertex alone, or the number of vertices.
            return match fits && others.edges > 0 {
                true => Err(self.doubt(n, m, others)),
                false => Ok(Verdict::Edge),
            };
        };
        let count = u64::from(m) == others.edges;
        if self.third_integer && !others.more && others.edges > 0 {
            return Err(self.doubt(n, Some(m), others));
        }
        if !fits || (others.ids.is_none() && m > 0) {
            return Ok(Verdict::Edge);
        }
        if self.more {
            // Weights in all lines; or sizes with a third number, if they are right.
            return if count { Err(self.doubt(n, Some(m), others)) } else { Ok(Verdict::Edge) };
        }
        let other_line_less = |id| !(others.mentions)(id);
        match count {
            true => Ok(heading),
            false if other_line_less(n) || other_line_less(m) => {
                Err(self.doubt(n, Some(m), others))
            }
            false => Ok(Verdict::Edge),
        }
    }

    /// Names have no range that they could fit.
    fn judge_size_above_names(
        &self,
        n: u32,
        m: Option<u32>,
        others: &Others<'_>,
        asked: bool,
    ) -> Result<Verdict, ErrorKind> {
        let named = u64::from(n) == others.distinct;
        if asked {
            let expected = format!("names of {}, as the heading says", vertices(n.into()));
            let kind = ErrorKind::expected(expected, others.distinct.to_string());
            let heading = Verdict::Size { n, first: 0, edges: m };
            return if named { Ok(heading) } else { Err(kind) };
        }
        let counts = named || m.is_some_and(|m| u64::from(m) == others.edges);
        if !others.recurs && others.edges > 0 && counts {
            return Err(self.doubt(n, m, others));
        }
        Ok(Verdict::Edge)
    }

    fn judge_columns(&self, others: &Others<'_>, asked: bool) -> Result<Verdict, ErrorKind> {
        let [first, second] = &self.names[..] else {
            return Ok(if asked { Verdict::Columns } else { Verdict::Edge });
        };
        let known = is_heading_word(first) && is_heading_word(second);
        // 01 and 2.5 are no names of columns.
        let is_word = |name: &str| name.chars().any(char::is_alphabetic);
        let text = is_word(first) && is_word(second);
        if !asked && self.names.iter().any(|name| is_size(name)) {
            return Err(ErrorKind::Doubtful {
                found: self.text.clone(),
                readings: "sizes, which are not read in this form, or an edge".to_owned(),
                decides: "--heading yes to leave the line out, --heading no for an edge",
            });
        }
        // Text above integers alone.
        let above_integers = text && !others.text && others.edges > 0;
        if !(asked || known && !others.recurs || above_integers) {
            // A lone pair in the first line, or the names of the columns.
            let in_doubt = text && others.edges > 1 && !others.recurs || known;
            return match in_doubt {
                true if others.disjoint && others.bipartite => Ok(Verdict::Columns),
                true if others.disjoint => Err(ErrorKind::Doubtful {
                    found: self.text.clone(),
                    readings: format!(
                        "a heading, as {first:?} and {second:?} stand in no other line, or an edge; {ENROLMENTS}"
                    ),
                    decides: "--bipartite for a graph with both as vertices, --heading no for an edge",
                }),
                true => Err(ErrorKind::Doubtful {
                    found: self.text.clone(),
                    readings: format!("a heading, or an edge between {first:?} and {second:?}"),
                    decides: "--heading yes or --heading no",
                }),
                false => Ok(Verdict::Edge),
            };
        }
        if self.columns_elsewhere {
            let expected = "the names of the vertices in the first two columns";
            return Err(ErrorKind::expected(expected, format!("the heading {:?}", self.text)));
        }
        if !asked && says_sizes(first, second) {
            return Err(ErrorKind::Doubtful {
                found: self.text.clone(),
                readings: "a heading of columns, or of the sizes below it, which is not read"
                    .to_owned(),
                decides: "--heading yes, for edges below it,",
            });
        }
        if !asked && self.more && numbers_rows(first) {
            return Err(ErrorKind::Doubtful {
                found: self.text.clone(),
                readings: format!(
                    "a heading, below which {first:?} may be the numbers of the rows"
                ),
                decides: "--heading yes, for vertices in the first two columns,",
            });
        }
        Ok(Verdict::Columns)
    }

    /// The line with both readings.
    fn doubt(&self, n: u32, m: Option<u32>, others: &Others<'_>) -> ErrorKind {
        let (heading, other) = match m {
            Some(m) => (
                format!("{} and {}", vertices(n.into()), counted(m.into(), "edge")),
                format!("an edge between {n} and {m}"),
            ),
            None => (vertices(n.into()), format!("vertex {n}")),
        };
        let follow = counted(others.edges, "line");
        ErrorKind::Doubtful {
            found: self.text.clone(),
            readings: format!("a heading ({heading}; {follow} of edges follow), or {other}"),
            decides: "--heading yes or --heading no",
        }
    }
}

/// Whether two words are what the numbers of vertices and edges are called.
fn says_sizes(first: &str, second: &str) -> bool {
    let is = |name: &str, words: &[&str]| words.contains(&name.to_lowercase().as_str());
    is(first, &["n", "v", "|v|", "nodes", "vertices", "num_nodes", "num_vertices"])
        && is(second, &["m", "e", "|e|", "edges", "links", "num_edges"])
}

/// Whether a column is called as the numbers of rows are, or as times.
fn numbers_rows(name: &str) -> bool {
    const WORDS: [&str; 16] = [
        "id",
        "index",
        "idx",
        "no",
        "no.",
        "nr",
        "nr.",
        "num",
        "number",
        "row",
        "edge",
        "edge_id",
        "edgeid",
        "date",
        "time",
        "timestamp",
    ];
    WORDS.contains(&name.to_lowercase().as_str())
}

/// Why two columns without a common name are refused below a heading.
const ENROLMENTS: &str = "no name stands in both columns, so that the lines may be enrolments, and two courses \
with a common student are what clashes";

/// Why columns with such names are refused.
const ENROLMENT_WORDS: &str = "as it says, the lines may be enrolments, and two courses with a common \
student are what clashes";

/// Refuses columns that are called as those of enrolments, or are `disjoint`, below a heading.
pub(super) fn refuse_two_sides(line: &FirstLine, disjoint: bool) -> ErrorKind {
    let why = if disjoint { ENROLMENTS } else { ENROLMENT_WORDS };
    ErrorKind::Doubtful {
        found: line.text.clone(),
        readings: format!("a heading; {why}"),
        decides: "--bipartite for a graph with the names of both columns as vertices",
    }
}

/// The note for a verdict.
pub(super) fn note(verdict: &Verdict) -> Option<Note> {
    match *verdict {
        Verdict::Edge => None,
        Verdict::Columns => Some(Note::Heading),
        Verdict::Size { n, first, edges } => Some(Note::SizeHeading { vertices: n, first, edges }),
    }
}
