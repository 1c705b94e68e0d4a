//! How many vertices the classes of a colouring have, what may be asked of that, and whether it is met.
//!
//! A colouring is equitable if the sizes of its classes differ by at most one (Meyer 1973). A bound on
//! the size of every class is a number of seats, of registers or of units that work at the same time
//! (Hansen, Hertz & Kuplinsky 1993: bounded colourings).

use crate::{Color, Coloring};
use std::fmt;

/// What is asked of the sizes of classes; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SizeRule {
    /// Whether the sizes may differ by at most one.
    pub equitable: bool,
    /// The most vertices that a class may have.
    pub most: Option<usize>,
}

/// The sizes that classes may have, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SizeRange {
    /// The fewest vertices of a class.
    pub least: usize,
    /// The most vertices of a class.
    pub most: usize,
}

impl SizeRange {
    /// The sizes that `n` vertices in `k` classes have where these differ by at most one.
    ///
    /// # Panics
    /// If `k` is 0.
    #[must_use]
    pub fn even(n: usize, k: usize) -> Self {
        Self { least: n / k, most: n.div_ceil(k) }
    }

    /// Whether a class may have that size.
    #[must_use]
    pub fn contains(self, size: usize) -> bool {
        (self.least..=self.most).contains(&size)
    }

    /// How many vertices a class of that size has too many or too few.
    #[must_use]
    pub fn misses(self, size: usize) -> usize {
        size.saturating_sub(self.most) + self.least.saturating_sub(size)
    }

    /// Whether `n` vertices can be split into `k` classes of these sizes.
    #[must_use]
    pub fn holds(self, n: usize, k: usize) -> bool {
        k.saturating_mul(self.least) <= n && n <= k.saturating_mul(self.most)
    }
}

impl SizeRule {
    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_free(self) -> bool {
        self == Self::default()
    }

    /// The sizes that the classes may have where `n` vertices are split into `k` classes, of which some
    /// may be empty. `None` if there is no such split.
    #[must_use]
    pub fn range(self, n: usize, k: usize) -> Option<SizeRange> {
        if k == 0 {
            return (n == 0).then_some(SizeRange { least: 0, most: 0 });
        }
        let (even, most) = (SizeRange::even(n, k), self.most.unwrap_or(n).min(n));
        let range = if self.equitable { even } else { SizeRange { least: 0, most } };
        (even.most <= most).then_some(range)
    }

    /// No colouring of `n` vertices that keeps to the rule has fewer classes, whatever its graph.
    #[must_use]
    pub fn fewest_classes(self, n: usize) -> usize {
        match self.most {
            None => usize::from(n > 0),
            Some(0) if n > 0 => usize::MAX,
            Some(most) => n.div_ceil(most.max(1)),
        }
    }

    /// Checks the colours in use. O(n).
    ///
    /// # Errors
    /// The first [`SizeViolation`].
    pub fn check(self, coloring: &Coloring) -> Result<(), SizeViolation> {
        let Some(sizes) = ClassSizes::of(coloring) else { return Ok(()) };
        let ClassSizes { smallest, largest, .. } = sizes;
        match self.most {
            Some(most) if largest.size > most => Err(SizeViolation::TooLarge { largest, most }),
            _ if self.equitable && largest.size > smallest.size + 1 => {
                Err(SizeViolation::Uneven { smallest, largest })
            }
            _ => Ok(()),
        }
    }
}

/// A class, by its colour, and how many vertices it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its colour, 0-based.
    pub color: Color,
    /// Its vertices.
    pub size: usize,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vertices = if self.size == 1 { "vertex" } else { "vertices" };
        write!(f, "colour {} has {} {vertices}", self.color, self.size)
    }
}

/// What is wrong with the sizes of the classes of a colouring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeViolation {
    /// A class is too large.
    #[error("{largest} (colours counted from 0), and a class may have {most}")]
    TooLarge {
        /// The largest class.
        largest: Class,
        /// The most vertices of a class.
        most: usize,
    },
    /// Two classes differ by more than one.
    #[error(
        "{largest} and {smallest} (colours counted from 0), and the sizes may differ by one at most"
    )]
    Uneven {
        /// The smallest class.
        smallest: Class,
        /// The largest class.
        largest: Class,
    },
}

/// The sizes of the classes of a colouring in a few numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassSizes {
    /// Classes, which all have a vertex.
    pub classes: usize,
    /// The first one of least size.
    pub smallest: Class,
    /// The first one of largest size.
    pub largest: Class,
    /// The squares of all sizes, added up: of two colourings of one graph with as many classes, the one with
    /// the smaller sum has sizes of smaller variance.
    pub squares: u64,
}

impl ClassSizes {
    /// Those of the colours in use; `None` if there are none.
    #[must_use]
    pub fn of(coloring: &Coloring) -> Option<Self> {
        let classes = coloring.classes();
        let sizes = || classes.iter().map(|&(color, size)| Class { color, size });
        Some(Self {
            classes: classes.len(),
            smallest: sizes().min_by_key(|class| class.size)?,
            largest: sizes().min_by_key(|class| std::cmp::Reverse(class.size))?,
            squares: sizes().map(|class| (class.size as u64).pow(2)).sum(),
        })
    }

    /// The size of the largest class over that of the smallest.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.largest.size as f64 / self.smallest.size as f64
    }

    /// What makes one of two colourings with as many classes the more balanced: the largest class counts
    /// first, and then the variance. The smaller value is the better one.
    #[must_use]
    pub fn imbalance(&self) -> (usize, u64) {
        (self.largest.size, self.squares)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EQUITABLE: SizeRule = SizeRule { equitable: true, most: None };

    fn at_most(most: usize) -> SizeRule {
        SizeRule { most: Some(most), ..SizeRule::default() }
    }

    #[test]
    fn ranges_follow_from_the_rule() {
        let range = |least, most| Some(SizeRange { least, most });
        assert_eq!(EQUITABLE.range(10, 4), range(2, 3));
        assert_eq!(EQUITABLE.range(8, 4), range(2, 2));
        assert_eq!(EQUITABLE.range(3, 5), range(0, 1), "empty classes count");
        assert_eq!(at_most(3).range(10, 4), range(0, 3));
        assert_eq!(at_most(3).range(10, 3), None);
        assert_eq!(at_most(99).range(10, 1), range(0, 10));
        let both = SizeRule { most: Some(3), ..EQUITABLE };
        assert_eq!((both.range(10, 4), both.range(10, 3)), (range(2, 3), None));
        assert_eq!((EQUITABLE.range(0, 0), EQUITABLE.range(1, 0)), (range(0, 0), None));
        assert_eq!(at_most(0).range(1, 1), None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let check = |rule: SizeRule, colors: &[Color]| {
            let checked = rule.check(&Coloring::from_colors(colors.to_vec()));
            checked.map_err(|wrong| wrong.to_string())
        };
        assert_eq!(check(EQUITABLE, &[7, 3, 7]), Ok(()));
        assert_eq!(check(EQUITABLE, &[]), Ok(()));
        let uneven = "colour 3 has 3 vertices and colour 7 has 1 vertex (colours counted from 0), and \
                      the sizes may differ by one at most";
        assert_eq!(check(EQUITABLE, &[3, 7, 3, 3]), Err(uneven.to_owned()));
        let large = "colour 3 has 3 vertices (colours counted from 0), and a class may have 2";
        assert_eq!(check(at_most(2), &[3, 7, 3, 3]), Err(large.to_owned()));
        assert_eq!(check(at_most(3), &[3, 7, 3, 3]), Ok(()));
    }

    proptest! {
        #[test]
        fn a_colouring_keeps_to_the_rule_exactly_if_its_sizes_are_in_the_range(
            colors in prop::collection::vec(0u16..5, 1..12),
            equitable: bool,
            most in prop::option::of(0usize..8),
        ) {
            let (rule, n) = (SizeRule { equitable, most }, colors.len());
            let coloring = Coloring::from_colors(colors);
            let classes = coloring.classes();
            let fits = rule.range(n, classes.len())
                .is_some_and(|range| classes.iter().all(|&(_, size)| range.contains(size)));
            prop_assert_eq!(rule.check(&coloring).is_ok(), fits);
            if fits {
                prop_assert!(rule.fewest_classes(n) <= classes.len());
                prop_assert!(rule.range(n, classes.len()).unwrap().holds(n, classes.len()));
            }
        }
    }
}
