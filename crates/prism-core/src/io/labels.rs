//! The names that the vertices have in the file, where those are not simply their numbers.

use std::borrow::Cow;
use std::collections::HashMap;

/// One name a vertex, all different, stored compactly: 4 bytes each for integers, and for text its
/// bytes and 8 more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels(Names);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Names {
    /// Increasing integers.
    Integers(Vec<u32>),
    /// Name v ends at `ends[v]` and starts where the one before it ends.
    Text { ends: Vec<u64>, text: String },
}

impl Labels {
    /// Increasing integer names.
    pub(super) fn integers(names: Vec<u32>) -> Self {
        Self(Names::Integers(names))
    }

    /// Text names; the one of vertex v ends at byte `ends[v]` of `text`.
    pub(super) fn text(ends: Vec<u64>, text: String) -> Self {
        Self(Names::Text { ends, text })
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        match &self.0 {
            Names::Integers(names) => names.len(),
            Names::Text { ends, .. } => ends.len(),
        }
    }

    /// Whether there are no names at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of vertex `v`, if there is such a vertex.
    pub fn get(&self, v: u32) -> Option<Cow<'_, str>> {
        let v = v as usize;
        match &self.0 {
            Names::Integers(names) => names.get(v).map(|name| name.to_string().into()),
            Names::Text { ends, text } => {
                let end = *ends.get(v)? as usize;
                let start = v.checked_sub(1).map_or(0, |before| ends[before] as usize);
                Some(text[start..end].into())
            }
        }
    }

    /// Whether the names were read as integers.
    pub fn are_integers(&self) -> bool {
        matches!(self.0, Names::Integers(_))
    }

    /// Whether the names are 1, 2 and so on, in this order.
    pub(super) fn is_one_to_n(&self) -> bool {
        match &self.0 {
            // They increase.
            Names::Integers(names) => {
                let ends = (names.first().copied(), names.last().map(|&last| last as usize));
                ends == (Some(1), Some(names.len()))
            }
            Names::Text { .. } => {
                self.iter().zip(1u32..).all(|(name, number)| name == number.to_string())
            }
        }
    }

    /// All names, by vertex.
    pub fn iter(&self) -> impl Iterator<Item = Cow<'_, str>> {
        (0..self.len() as u32).filter_map(|v| self.get(v))
    }

    /// A table from names to vertices.
    pub fn index(&self) -> HashMap<String, u32> {
        self.iter().map(Cow::into_owned).zip(0..).collect()
    }
}

impl<S: AsRef<str>> FromIterator<S> for Labels {
    /// Takes text names as they are; the caller sees to it that they are different.
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let (mut ends, mut text) = (Vec::new(), String::new());
        for name in names {
            text.push_str(name.as_ref());
            ends.push(text.len() as u64);
        }
        Self::text(ends, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        let text: Labels = ["a", "", "Zürich"].into_iter().collect();
        assert_eq!(text.iter().collect::<Vec<_>>(), ["a", "", "Zürich"]);
        assert_eq!((text.get(2).as_deref(), text.get(3)), (Some("Zürich"), None));
        assert_eq!(text.index()["Zürich"], 2);
        let integers = Labels::integers(vec![3, 4_000_000_000]);
        assert_eq!(integers.get(1).as_deref(), Some("4000000000"));
        assert_eq!((integers.len(), integers.is_empty()), (2, false));
    }
}
