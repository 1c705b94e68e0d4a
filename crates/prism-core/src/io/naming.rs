//! What a file calls the vertices of its graph, for everything that is written about them.

use std::borrow::Cow;

use super::labels::Labels;
use crate::Violation;

/// Names, or numbers that count from the first: what the vertices are called in the file of their graph.
/// Every form of output calls them so, and what is read beside the graph is expected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming<'l> {
    labels: Option<&'l Labels>,
    first: u32,
}

impl<'l> Naming<'l> {
    /// Vertices that have these names.
    pub fn names(labels: &'l Labels) -> Self {
        Self { labels: Some(labels), first: 0 }
    }

    /// Vertices without names, which count from `first`.
    pub fn counted_from(first: u32) -> Self {
        Self { labels: None, first }
    }

    /// The names, if the vertices have any.
    pub fn labels(self) -> Option<&'l Labels> {
        self.labels
    }

    /// The number of the first vertex, if vertices are numbers without gaps.
    pub fn first(self) -> Option<u32> {
        self.labels.is_none().then_some(self.first)
    }

    /// What vertex `v` is called.
    pub fn name(self, v: u32) -> Cow<'l, str> {
        let label = self.labels.and_then(|labels| labels.get(v));
        label.unwrap_or_else(|| (u64::from(v) + u64::from(self.first)).to_string().into())
    }

    /// Whether the vertices are called 1, 2 and so on in their order, so that their colours can stand
    /// one below the other without their names.
    pub fn is_one_to_n(self) -> bool {
        self.labels.map_or(self.first == 1, Labels::is_one_to_n)
    }

    /// What makes a colouring improper, in these names.
    pub fn describe_violation(self, violation: &Violation) -> String {
        match *violation {
            Violation::Conflict { u, v, color } => format!(
                "vertices {} and {} are adjacent and both have colour {color} (counted from 0)",
                self.name(u),
                self.name(v)
            ),
            Violation::Uncolored(v) => format!("vertex {} has no colour", self.name(v)),
            Violation::WrongLength { .. } => violation.to_string(),
        }
    }

    /// This in a few words, for the head of a file.
    pub(super) fn description(self) -> String {
        match self.labels {
            None => format!("numbers from {}", self.first),
            Some(labels) if labels.are_integers() => "numbers".to_owned(),
            Some(_) => "names".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_to_n_in_order_can_be_left_out() {
        assert!(Naming::counted_from(1).is_one_to_n());
        assert!(!Naming::counted_from(0).is_one_to_n());
        for (names, expected) in [
            (&["1", "2", "3"][..], true),
            (&["1", "3", "2"], false),
            (&["01", "2"], false),
            (&["0", "1"], false),
            (&["1", "b"], false),
        ] {
            let labels: Labels = names.iter().collect();
            assert_eq!(Naming::names(&labels).is_one_to_n(), expected, "{names:?}");
            assert_eq!(Naming::names(&labels).name(1), names[1]);
        }
        let integers = |names| Labels::integers(names).is_one_to_n();
        assert!(integers(vec![1, 2, 3]) && !integers(vec![1, 2, 4]) && !integers(vec![0, 1, 2]));
        assert_eq!(Naming::counted_from(1).name(u32::MAX), "4294967296");
    }
}
