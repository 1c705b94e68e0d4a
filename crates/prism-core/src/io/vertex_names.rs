//! From what a file calls a vertex to the vertex: its name if it has one, else its number.

use std::collections::HashMap;

use super::error::{ErrorKind, vertices};
use super::lexer::{self, quote};
use super::naming::Naming;

/// The vertices of a graph, by what files call them.
pub(super) struct VertexNames<'l> {
    n: usize,
    naming: Naming<'l>,
    /// From names to vertices, made when it is first needed.
    index: Option<HashMap<String, u32>>,
}

impl<'l> VertexNames<'l> {
    /// `n` vertices, which are called as `naming` says.
    pub(super) fn new(n: usize, naming: Naming<'l>) -> Self {
        Self { n, naming, index: None }
    }

    /// What the vertices are called.
    pub(super) fn naming(&self) -> Naming<'l> {
        self.naming
    }

    /// The vertex whose name is exactly `word`; none where vertices have no names.
    pub(super) fn named(&mut self, word: &[u8]) -> Option<usize> {
        let labels = self.naming.labels()?;
        let index = self.index.get_or_insert_with(|| labels.index());
        index.get(std::str::from_utf8(word).ok()?).map(|&v| v as usize)
    }

    /// The vertex that a file calls `word`.
    pub(super) fn find(&mut self, word: &[u8]) -> Result<usize, ErrorKind> {
        let Some(first) = self.naming.first() else {
            let expected = "the name of a vertex of the graph";
            return self.named(word).ok_or_else(|| ErrorKind::expected(expected, quote(word)));
        };
        let n = self.n as u64;
        match lexer::integer(word).map(|v| v.checked_sub(u64::from(first))) {
            Some(Some(v)) if v < n => Ok(v as usize),
            Some(_) => {
                let expected = format!("one of {}, counted from {first}", vertices(n));
                Err(ErrorKind::expected(expected, quote(word)))
            }
            None => Err(ErrorKind::expected("the number of a vertex", quote(word))),
        }
    }
}
