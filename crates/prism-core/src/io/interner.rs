//! Names to numbers: each different name gets the next number, in order of first appearance.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use super::labels::Labels;

/// The names seen so far. The text of all names lies in one string; the table holds 4 bytes a name.
///
/// The hash is seeded at random, so that no file can be built to collide; numbers do not depend on it.
#[derive(Default)]
pub(super) struct Interner {
    ends: Vec<u64>,
    text: String,
    table: HashTable<u32>,
    hasher: RandomState,
}

/// Name number `v` in the arena.
fn name<'t>(ends: &[u64], text: &'t str, v: u32) -> &'t str {
    let start = if v == 0 { 0 } else { ends[v as usize - 1] };
    &text[start as usize..ends[v as usize] as usize]
}

impl Interner {
    /// The number of `wanted`. None when 32 bits are used up.
    pub(super) fn number(&mut self, wanted: &str) -> Option<u32> {
        let Self { ends, text, table, hasher } = self;
        let hash = hasher.hash_one(wanted);
        if let Some(&v) = table.find(hash, |&v| name(ends, text, v) == wanted) {
            return Some(v);
        }
        let new = u32::try_from(ends.len()).ok().filter(|&v| v < u32::MAX)?;
        text.push_str(wanted);
        ends.push(text.len() as u64);
        table.insert_unique(hash, new, |&v| hasher.hash_one(name(ends, text, v)));
        Some(new)
    }

    /// The number of names.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The number that a name has, if it has one.
    pub(super) fn get(&self, wanted: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(wanted);
        self.table.find(hash, |&v| name(&self.ends, &self.text, v) == wanted).copied()
    }

    /// A name by its number.
    pub(super) fn name(&self, v: u32) -> &str {
        name(&self.ends, &self.text, v)
    }

    /// The names from number `first` on.
    pub(super) fn into_labels_from(mut self, first: u32) -> Labels {
        let start = first.checked_sub(1).map_or(0, |last| self.ends[last as usize]);
        self.ends.drain(..first as usize);
        self.ends.iter_mut().for_each(|end| *end -= start);
        self.text.drain(..start as usize);
        Labels::text(self.ends, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_first_appearance() {
        let mut names = Interner::default();
        let numbers: Vec<_> = ["b", "a", "b", "", "ab", "", "a"].map(|s| names.number(s)).into();
        assert_eq!(numbers, [0, 1, 0, 2, 3, 2, 1].map(Some));
        assert_eq!(names.len(), 4);
        assert_eq!((names.get("ab"), names.get("c"), names.name(1)), (Some(3), None, "a"));
        assert_eq!(names.into_labels_from(1).iter().collect::<Vec<_>>(), ["a", "", "ab"]);
    }
}
