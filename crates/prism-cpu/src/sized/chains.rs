//! The Kempe chains of two classes: the connected parts of what their vertices induce.

use super::classes::Classes;
use prism_core::memory::{OutOfMemory, try_vec, try_with_capacity};
use prism_core::{Color, Graph};

/// The chains of two classes, one after the other.
pub(super) struct Chains {
    pub vertices: Vec<u32>,
    pub list: Vec<Chain>,
    /// By vertex, the number of the search that saw it last.
    seen: Vec<u64>,
    search: u64,
}

/// One Kempe chain.
pub(super) struct Chain {
    /// Where its vertices are.
    pub start: usize,
    pub end: usize,
    /// How many more of them have the first colour than the second.
    pub excess: i64,
    /// Whether it has a vertex whose colour is given.
    pub is_fixed: bool,
}

impl Chains {
    /// None yet, in a graph with `n` vertices.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn new(n: usize) -> Result<Self, OutOfMemory> {
        let (vertices, seen) = (try_with_capacity(n)?, try_vec(n, 0)?);
        Ok(Self { vertices, list: Vec::new(), seen, search: 0 })
    }

    /// Forgets the chains at hand.
    pub fn begin(&mut self) {
        self.vertices.clear();
        self.list.clear();
        self.search += 1;
    }

    /// Finds all chains of two colours.
    pub fn find(
        &mut self,
        graph: &Graph<'_>,
        classes: &Classes,
        a: Color,
        b: Color,
        given: impl Fn(u32) -> bool,
    ) {
        self.begin();
        for &v in classes.members(a).iter().chain(classes.members(b)) {
            if self.seen[v as usize] != self.search {
                let chain = self.grow(graph, classes, v, (a, b), &given);
                self.list.push(chain);
            }
        }
    }

    /// Finds the chain of two colours that `v` is in.
    pub fn grow(
        &mut self,
        graph: &Graph<'_>,
        classes: &Classes,
        v: u32,
        (a, b): (Color, Color),
        given: impl Fn(u32) -> bool,
    ) -> Chain {
        let start = self.vertices.len();
        let mut chain = Chain { start, end: start, excess: 0, is_fixed: false };
        self.seen[v as usize] = self.search;
        self.vertices.push(v);
        while let Some(&u) = self.vertices.get(chain.end) {
            chain.end += 1;
            chain.is_fixed |= given(u);
            let across = if classes.of(u) == a { b } else { a };
            chain.excess += if across == b { 1 } else { -1 };
            for &w in graph.neighbors(u) {
                if classes.of(w) == across && self.seen[w as usize] != self.search {
                    self.seen[w as usize] = self.search;
                    self.vertices.push(w);
                }
            }
        }
        chain
    }
}
