//! Whether the two columns of an edge list have a name in common.

use std::collections::HashSet;

/// The names of both columns, by number, until one stands in both.
#[derive(Default)]
pub(super) struct Columns {
    first: HashSet<u32>,
    second: HashSet<u32>,
    common: bool,
}

impl Columns {
    /// Takes a line.
    #[inline]
    pub(super) fn push(&mut self, u: u32, v: u32) {
        if self.common {
            return;
        }
        self.first.insert(u);
        self.second.insert(v);
        if self.first.contains(&v) || self.second.contains(&u) {
            *self = Self { common: true, ..Self::default() };
        }
    }

    /// Gives the names other numbers.
    pub(super) fn renumber(&mut self, number: impl Fn(u32) -> u32) {
        for column in [&mut self.first, &mut self.second] {
            *column = column.iter().map(|&old| number(old)).collect();
        }
    }

    /// Whether no name stands in both columns.
    pub(super) fn are_disjoint(&self) -> bool {
        !self.common
    }
}
