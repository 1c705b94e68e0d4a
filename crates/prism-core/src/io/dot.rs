//! DOT `.dot`, `.gv` (the language of Graphviz): undirected graphs.
//!
//! Read are vertices, chains of edges `a -- b -- c`, and groups in braces, with or without `subgraph`:
//! an edge to a group is one to each of its vertices. To Graphviz, groups of one name are one group,
//! whose later parts see the earlier ones; a second use of a name is refused. Ports and attributes are skipped. Names stay as
//! they are written, without quotation marks: `01` is not `1`, but `"a"` is `a`. Keywords may be in any
//! case. A `strict graph` may repeat edges. Digraphs are refused, since a colouring does not see
//! directions and they may mean something.

use std::collections::HashSet;

use super::builder::{Edge, GraphBuilder};
use super::dot_lexer::{Lexer, Token};
use super::error::{ErrorKind, Place, ReadError, counted};
use super::interner::Interner;
use super::lexer::quote;
use super::names::{BYTE_ORDER_MARK, NO_BYTE_ORDER_MARK};
use super::source::Source;
use super::{Loaded, ReadOptions};
use crate::graph::Cleanup;

/// Longest text that is read.
const LONGEST: u64 = 1 << 31;

/// Groups within groups.
const DEEPEST: usize = 64;

/// Edges that groups may stand for: a few lines can mean any number.
const MOST_EDGES: u64 = 1 << 27;

/// Reads the whole file.
pub(super) fn read(source: &mut Source<'_>, _: &ReadOptions) -> Result<Loaded, ReadError> {
    let bytes = source.read_all(LONGEST)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let lines = bytes[..error.valid_up_to()].iter().filter(|&&b| b == b'\n').count();
        let kind = ErrorKind::expected("text in UTF-8", "other bytes");
        source.error(Place::Line(lines as u64 + 1), kind)
    })?;
    let mut parser = Parser {
        lexer: Lexer::new(text),
        token: Token::End,
        names: Interner::default(),
        builder: GraphBuilder::default(),
        groups: HashSet::new(),
        depth: 0,
    };
    let strict = parser.graph().map_err(|kind| {
        let line = parser.lexer.line();
        source.error(Place::Line(line), kind)
    })?;
    let (graph, cleanup) = parser
        .builder
        .finish(parser.names.len())
        .map_err(|kind| source.error(Place::Whole, kind))?;
    let duplicates = if strict { 0 } else { cleanup.duplicates };
    let labels = Some(parser.names.into_labels_from(0));
    Ok(Loaded { labels, ..Loaded::new(graph, Cleanup { duplicates, ..cleanup }) })
}

/// A parser with the word at hand.
struct Parser<'t> {
    lexer: Lexer<'t>,
    token: Token<'t>,
    names: Interner,
    builder: GraphBuilder,
    /// The names of the groups so far.
    groups: HashSet<String>,
    /// Groups around the word at hand.
    depth: usize,
}

impl<'t> Parser<'t> {
    /// Goes to the next word and gives the one before.
    fn next(&mut self) -> Result<Token<'t>, ErrorKind> {
        let next = self.lexer.next().map_err(|what| ErrorKind::expected(what, "something else"))?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn expected(&self, what: &str) -> ErrorKind {
        let found = match &self.token {
            Token::Word(word) => quote(word.as_bytes()),
            Token::Name(name) => quote(name.as_bytes()),
            Token::Edge => quote(b"--"),
            Token::Arc => "\"->\", an edge of a digraph".to_owned(),
            Token::Mark(mark) => format!("\"{mark}\""),
            Token::End => return ErrorKind::truncated(what, "the end of the file"),
        };
        ErrorKind::expected(what, found)
    }

    fn is_mark(&self, mark: char) -> bool {
        self.token == Token::Mark(mark)
    }

    fn take_mark(&mut self, mark: char) -> Result<bool, ErrorKind> {
        let there = self.is_mark(mark);
        if there {
            self.next()?;
        }
        Ok(there)
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self.token, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn take_keyword(&mut self, keyword: &str) -> Result<bool, ErrorKind> {
        let there = self.is_keyword(keyword);
        if there {
            self.next()?;
        }
        Ok(there)
    }

    /// Whether the word at hand is a name.
    fn is_name(&self) -> bool {
        const KEYWORDS: [&str; 6] = ["node", "edge", "graph", "digraph", "subgraph", "strict"];
        match self.token {
            Token::Word(_) => !KEYWORDS.iter().any(|keyword| self.is_keyword(keyword)),
            Token::Name(_) => true,
            _ => false,
        }
    }

    /// Takes a name; quoted ones may be joined by `+`.
    fn name(&mut self) -> Result<String, ErrorKind> {
        if !self.is_name() {
            return Err(self.expected("a name"));
        }
        let mut name = match self.next()? {
            Token::Word(word) => word.to_owned(),
            Token::Name(name) => name.into_owned(),
            _ => String::new(),
        };
        while self.take_mark('+')? {
            match self.next()? {
                Token::Name(more) => name += &more,
                _ => return Err(self.expected("a quoted name behind \"+\"")),
            }
        }
        Ok(name)
    }

    /// The whole file; says whether the graph is a strict one.
    fn graph(&mut self) -> Result<bool, ErrorKind> {
        self.next()?;
        let strict = self.take_keyword("strict")?;
        if self.is_keyword("digraph") {
            let found = "a digraph, whose directions may mean something";
            return Err(ErrorKind::expected(
                "an undirected graph (\"graph\", edges \"a -- b\")",
                found,
            ));
        }
        if !self.take_keyword("graph")? {
            return Err(self.expected("\"graph\" or \"strict graph\""));
        }
        if self.is_name() {
            self.name()?;
        }
        if !self.take_mark('{')? {
            return Err(self.expected("\"{\""));
        }
        self.statements()?;
        if self.token != Token::End {
            return Err(self.expected("the end of the file behind a single graph"));
        }
        Ok(strict)
    }

    /// Statements up to a closing brace, which is taken, and the vertices that they name.
    fn statements(&mut self) -> Result<Vec<u32>, ErrorKind> {
        let mut named = Vec::new();
        while !self.take_mark('}')? {
            if self.take_mark(';')? {
                continue;
            }
            self.statement(&mut named)?;
        }
        named.sort_unstable();
        named.dedup();
        Ok(named)
    }

    fn statement(&mut self, named: &mut Vec<u32>) -> Result<(), ErrorKind> {
        for keyword in ["node", "edge", "graph"] {
            if self.take_keyword(keyword)? {
                if !self.is_mark('[') {
                    return Err(self.expected("\"[\""));
                }
                return self.attributes();
            }
        }
        let mut left = match self.end(true)? {
            Some(end) => end,
            // An attribute of the graph.
            None => return Ok(()),
        };
        named.extend(&left);
        while self.token == Token::Edge {
            self.next()?;
            let right = self.end(false)?.unwrap_or_default();
            named.extend(&right);
            let edges = self.builder.edges() + left.len() as u64 * right.len() as u64;
            if edges > MOST_EDGES {
                let expected = format!("at most {}", counted(MOST_EDGES, "edge"));
                return Err(ErrorKind::expected(expected, "groups that stand for more"));
            }
            for &u in &left {
                right.iter().for_each(|&v| self.builder.push(Edge::new(u, v)));
            }
            left = right;
        }
        if self.token == Token::Arc {
            return Err(self.expected("\"--\", as the graph is undirected"));
        }
        self.attributes()
    }

    /// One end of an edge: a vertex or a group. None for `name = value`, where that may stand.
    fn end(&mut self, may_be_attribute: bool) -> Result<Option<Vec<u32>>, ErrorKind> {
        if self.is_mark('{') || self.is_keyword("subgraph") {
            return self.group().map(Some);
        }
        let name = self.name()?;
        if may_be_attribute && self.take_mark('=')? {
            self.name()?;
            return Ok(None);
        }
        if name.contains(BYTE_ORDER_MARK) {
            return Err(ErrorKind::expected(NO_BYTE_ORDER_MARK, quote(name.as_bytes())));
        }
        // A port, and a compass point behind it.
        for _ in 0..2 {
            if self.take_mark(':')? {
                self.name()?;
            }
        }
        let max = u64::from(u32::MAX);
        let number = self.names.number(&name);
        let v = number.ok_or(ErrorKind::TooManyVertices { n: max + 1, max })?;
        Ok(Some(vec![v]))
    }

    fn group(&mut self) -> Result<Vec<u32>, ErrorKind> {
        if self.take_keyword("subgraph")? && self.is_name() {
            let name = self.name()?;
            if let Some(name) = self.groups.replace(name) {
                let found = format!("a second one named {name:?}");
                return Err(ErrorKind::expected("groups with different names", found));
            }
        }
        if !self.is_mark('{') {
            return Err(self.expected("\"{\""));
        }
        if self.depth == DEEPEST {
            return Err(self.expected("at most 64 groups within one another"));
        }
        self.next()?;
        self.depth += 1;
        let named = self.statements()?;
        self.depth -= 1;
        Ok(named)
    }

    /// Any number of lists `[a=b, c; d=e]`.
    fn attributes(&mut self) -> Result<(), ErrorKind> {
        while self.take_mark('[')? {
            while !self.take_mark(']')? {
                if self.take_mark(',')? || self.take_mark(';')? {
                    continue;
                }
                self.name()?;
                if self.take_mark('=')? {
                    self.name()?;
                }
            }
        }
        Ok(())
    }
}

/// Whether text begins as a DOT file does, behind comments: `graph {`, `strict graph name {`.
pub(super) fn is_dot(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    let mut lexer = Lexer::new(valid);
    let mut next = || lexer.next().ok();
    let keyword = |token: &Option<Token<'_>>, words: &[&str]| {
        let is = |word: &str| words.iter().any(|keyword| keyword.eq_ignore_ascii_case(word));
        matches!(token, Some(Token::Word(word)) if is(word))
    };
    let mut token = next();
    if keyword(&token, &["strict"]) {
        token = next();
    }
    if !keyword(&token, &["graph", "digraph"]) {
        return false;
    }
    token = next();
    if matches!(token, Some(Token::Word(_) | Token::Name(_))) {
        token = next();
    }
    token == Some(Token::Mark('{'))
}
