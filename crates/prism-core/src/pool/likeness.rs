//! How much two assignments of the same colours are alike as partitions, whatever their classes are
//! called.

use crate::Color;

/// On how many vertices two assignments of `k` colours agree under a greedy matching of their classes:
/// the number of vertices when they are the same partition. O(n + k^2).
pub fn agreement(a: &[Color], b: &[Color], k: usize) -> usize {
    let mut overlap = vec![0u32; k * k];
    for (&x, &y) in a.iter().zip(b) {
        overlap[x as usize * k + y as usize] += 1;
    }
    // Each class of `a` claims the class of `b` it shares most with, if that is still free.
    let mut taken = vec![false; k];
    let mut order: Vec<(u32, usize, usize)> = overlap
        .iter()
        .enumerate()
        .filter(|&(_, &shared)| shared > 0)
        .map(|(at, &shared)| (shared, at / k, at % k))
        .collect();
    order.sort_unstable_by_key(|&(shared, x, y)| (std::cmp::Reverse(shared), x, y));
    let mut matched = vec![false; k];
    let mut agreed = 0;
    for (shared, x, y) in order {
        if !matched[x] && !taken[y] {
            matched[x] = true;
            taken[y] = true;
            agreed += shared as usize;
        }
    }
    agreed
}

/// Says how much assignments of `k` colours are alike, with tables that it keeps: for the many pairs that a
/// pool asks for.
///
/// [`Likeness::of`] takes a fifth of the time of [`agreement`], which matches each class with one other: here
/// classes may choose the same one, so that it is at least the agreement. It is the number of vertices for
/// equal partitions alone.
#[derive(Clone, Debug)]
pub struct Likeness {
    /// Entries of a row: a few more than k, so that rows are of whole vectors.
    width: usize,
    /// Vertices that have one colour here and one there; more than 65 535 count as that many.
    overlap: Vec<u16>,
    /// The most of each column.
    most: Vec<u16>,
}

/// Entries of a vector of the widest machines.
const VECTOR: usize = 16;

impl Likeness {
    /// For assignments of `k` colours.
    #[must_use]
    pub fn new(k: usize) -> Self {
        let width = k.next_multiple_of(VECTOR);
        Self { width, overlap: vec![0; k * width], most: vec![0; width] }
    }

    /// The vertices that the classes of one have in common with those classes of the other that they have
    /// most in common with, the fewer of both directions. It is symmetric. O(n + k^2).
    ///
    /// # Panics
    /// If there is a colour of k or more.
    pub fn of(&mut self, a: &[Color], b: &[Color]) -> usize {
        self.overlap.fill(0);
        self.most.fill(0);
        for (&x, &y) in a.iter().zip(b) {
            let shared = &mut self.overlap[usize::from(x) * self.width + usize::from(y)];
            *shared = shared.saturating_add(1);
        }
        let mut by_rows = 0;
        for row in self.overlap.chunks_exact(self.width.max(1)) {
            let mut largest = 0;
            for (most, &shared) in self.most.iter_mut().zip(row) {
                *most = shared.max(*most);
                largest = shared.max(largest);
            }
            by_rows += usize::from(largest);
        }
        let by_columns: usize = self.most.iter().map(|&most| usize::from(most)).sum();
        by_rows.min(by_columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn colors(k: Color) -> impl Strategy<Value = Vec<Color>> {
        prop::collection::vec(0..k, 30)
    }

    #[test]
    fn classes_may_be_matched_with_one_class_of_the_other() {
        // {0, 1, 2, 3} and {4, 5} here, {0, 1, 4, 5} and {2, 3} there.
        let (a, b) = ([0, 0, 0, 0, 1, 1], [0, 0, 1, 1, 0, 0]);
        assert_eq!(agreement(&a, &b, 2), 2);
        assert_eq!(Likeness::new(2).of(&a, &b), 4);
        // One class there has all of two here, which is no more than the larger of them is like.
        assert_eq!(Likeness::new(3).of(&[0, 0, 1, 1, 1, 2], &[1, 1, 1, 1, 1, 0]), 4);
    }

    proptest! {
        #[test]
        fn agreement_is_full_only_for_equal_partitions(a in colors(5), b in colors(5)) {
            let same = (0..30).all(|i| (0..30).all(|j| (a[i] == a[j]) == (b[i] == b[j])));
            prop_assert_eq!(agreement(&a, &b, 5) == 30, same);
            prop_assert_eq!(agreement(&a, &b, 5), agreement(&b, &a, 5));
        }

        #[test]
        fn likeness_is_that_of_partitions(
            a in colors(7), b in colors(7), turn in 0u16..7, few in colors(2),
        ) {
            let mut likeness = Likeness::new(7);
            let both = likeness.of(&a, &b);
            prop_assert_eq!(likeness.of(&b, &a), both);
            prop_assert!(agreement(&a, &b, 7) <= both && both <= 30);
            let renamed: Vec<Color> = b.iter().map(|c| (c + turn) % 7).collect();
            prop_assert_eq!(likeness.of(&a, &renamed), both);
            prop_assert_eq!(likeness.of(&b, &renamed), 30);
            let same = agreement(&a, &few, 7) == 30;
            prop_assert_eq!(likeness.of(&a, &few) == 30, same);
        }
    }
}
