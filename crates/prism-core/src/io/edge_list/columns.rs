//! Whether the two columns of an edge list have a name in common.

use std::collections::HashSet;

/// Lines without a heading above them that are looked at: what is found there is worth a note only.
const LINES: usize = 1 << 20;

/// The names of both columns, by number, until one stands in both.
#[derive(Default)]
pub(super) struct Columns {
    first: HashSet<u32>,
    second: HashSet<u32>,
    common: bool,
    lines: usize,
    /// The lines that are left to look at, if not all are.
    left: Option<usize>,
}

impl Columns {
    /// The columns of a list whose first line may be a heading or not.
    pub(super) fn new(may_have_heading: bool) -> Self {
        Self { left: (!may_have_heading).then_some(LINES), ..Self::default() }
    }

    /// Takes a line.
    #[inline]
    pub(super) fn push(&mut self, u: u32, v: u32) {
        if !self.common {
            self.look(u, v);
        }
    }

    fn look(&mut self, u: u32, v: u32) {
        self.first.insert(u);
        self.second.insert(v);
        self.lines += 1;
        let over = self.left.as_mut().is_some_and(|left| {
            *left = left.saturating_sub(1);
            *left == 0
        });
        if over || self.first.contains(&v) || self.second.contains(&u) {
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

    /// Whether besides each has several names and one that is repeated: stars and matchings are graphs.
    pub(super) fn are_two_sides(&self) -> bool {
        let names = [self.first.len(), self.second.len()];
        self.are_disjoint() && names.iter().all(|&count| count > 1 && count < self.lines)
    }
}
