//! Classes and the names of their colours. Searches know classes 0, 1 and so on; of these the first are the
//! colours that the user has given to some vertices.

use prism_core::search::UNCOLORED;
use prism_core::{Color, Coloring};
use std::collections::BTreeMap;

/// The given colours.
pub(super) struct Names {
    /// The names of the first classes, increasing.
    names: Vec<Color>,
    /// By vertex, the class that is given, or [`UNCOLORED`]; empty if none is.
    given: Vec<Color>,
}

impl Names {
    /// Of `n` vertices, some of which have these colours.
    pub fn new(n: usize, precolored: &[(u32, Color)]) -> Self {
        let mut names: Vec<Color> = precolored.iter().map(|&(_, color)| color).collect();
        names.sort_unstable();
        names.dedup();
        let mut given = if names.is_empty() { Vec::new() } else { vec![UNCOLORED; n] };
        for &(v, color) in precolored {
            given[v as usize] = names.partition_point(|&name| name < color) as Color;
        }
        Self { names, given }
    }

    /// Whether no colour is given.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// By vertex, the class that is given, or [`UNCOLORED`]; empty if none is.
    pub fn given(&self) -> &[Color] {
        &self.given
    }

    /// The colour that is given to most vertices, and to how many.
    pub fn largest(&self) -> Option<(Color, usize)> {
        let mut sizes = vec![0; self.names.len()];
        for &class in self.given.iter().filter(|&&class| class != UNCOLORED) {
            sizes[usize::from(class)] += 1;
        }
        self.names.iter().copied().zip(sizes).max_by_key(|&(_, size)| size)
    }

    /// The classes of a colouring that has the given colours, without gaps: first the given ones, then the
    /// others in the order of their first vertices.
    pub fn classes(&self, coloring: &Coloring) -> Vec<Color> {
        let mut class_of: BTreeMap<Color, Color> = self.names.iter().copied().zip(0..).collect();
        let class = |&color: &Color| {
            let next = class_of.len() as Color;
            *class_of.entry(color).or_insert(next)
        };
        coloring.colors().iter().map(class).collect()
    }

    /// The colouring that has these classes: the others get the lowest names that are free, in the order of
    /// their first vertices.
    pub fn lift(&self, classes: &[Color]) -> Coloring {
        let mut name_of: BTreeMap<Color, Color> = (0..).zip(self.names.iter().copied()).collect();
        let mut free = (0..Color::MAX).filter(|name| self.names.binary_search(name).is_err());
        let name = |&class: &Color| {
            *name_of.entry(class).or_insert_with(|| free.next().unwrap_or(Color::MAX))
        };
        Coloring::from_colors(classes.iter().map(name).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_colours_keep_their_names() {
        let names = Names::new(5, &[(3, 7), (1, 0), (0, 7)]);
        assert_eq!(names.given(), [1, 0, UNCOLORED, 1, UNCOLORED]);
        assert_eq!((names.largest(), names.is_empty()), (Some((7, 2)), false));
        let classes = names.classes(&Coloring::from_colors(vec![7, 0, 4, 7, 9]));
        assert_eq!(classes, [1, 0, 2, 1, 3]);
        assert_eq!(names.lift(&classes).colors(), [7, 0, 1, 7, 2]);
        // A given colour that nobody else has stays, too.
        assert_eq!(names.lift(&[1, 0, 0, 1, 5]).colors(), [7, 0, 0, 7, 1]);
    }

    #[test]
    fn without_given_colours_there_are_no_gaps() {
        let names = Names::new(4, &[]);
        assert!(names.is_empty() && names.given().is_empty() && names.largest().is_none());
        assert_eq!(names.classes(&Coloring::from_colors(vec![9, 2, 9, 4])), [0, 1, 0, 2]);
        assert_eq!(names.lift(&[3, 3, 0, 1]).colors(), [0, 0, 1, 2]);
    }
}
