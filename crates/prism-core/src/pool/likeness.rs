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

/// By vertex, the next one of the same class, the vertex itself for the last: what of an assignment
/// [`Likeness`] looks at first. Numbers are cut off at 16 bits, which can only make more of them equal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chains(Vec<u16>);

impl Chains {
    /// Those of an assignment of `k` colours.
    ///
    /// # Panics
    /// If there is a colour of k or more.
    #[must_use]
    pub fn new(colors: &[Color], k: usize) -> Self {
        let mut next = vec![None; k];
        let mut chains = vec![0; colors.len()];
        for (v, &color) in colors.iter().enumerate().rev() {
            let next = &mut next[usize::from(color)];
            chains[v] = next.replace(v).unwrap_or(v) as u16;
        }
        Self(chains)
    }

    /// Vertices that have the same one next.
    fn equal(&self, other: &Self) -> usize {
        // Sums of a few in 16 bits each, so that whole vectors of them are made at once.
        let blocks = self.0.chunks(1 << 12).zip(other.0.chunks(1 << 12));
        let in_block = |(a, b): (&[u16], &[u16])| {
            a.iter().zip(b).map(|(x, y)| u16::from(x == y)).fold(0, u16::wrapping_add)
        };
        blocks.map(|block| usize::from(in_block(block))).sum()
    }
}

/// Says how much assignments of `k` colours are alike, with tables that it keeps: for the many pairs that a
/// pool asks for.
///
/// It is never less than the [`agreement`], hardly ever much more, and the number of vertices for equal
/// partitions alone; and it takes a twentieth of the time, a thousandth where little is alike.
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

/// An assignment and its chains.
pub type Chained<'c> = (&'c [Color], &'c Chains);

impl Likeness {
    /// For assignments of `k` colours.
    #[must_use]
    pub fn new(k: usize) -> Self {
        let width = k.next_multiple_of(VECTOR);
        Self { width, overlap: vec![0; k * width], most: vec![0; width] }
    }

    /// How much two assignments are alike if that may be more than `enough`, and otherwise a number from there
    /// up to `enough`. It is symmetric. O(n), and O(n + k^2) where it may be more.
    ///
    /// # Panics
    /// If there is a colour of k or more.
    pub fn above(&mut self, enough: f64, a: Chained<'_>, b: Chained<'_>) -> usize {
        // Where partitions agree on all but d vertices, all but 3 d have the same one next: of the others either
        // the vertex is one of the d, or the next one here is, or the next one there.
        let n = a.0.len();
        let bound = (2 * n + a.1.equal(b.1)) / 3;
        if bound as f64 <= enough { bound } else { bound.min(self.shared(a.0, b.0)) }
    }

    /// How much they are alike.
    ///
    /// # Panics
    /// If there is a colour of k or more.
    pub fn of(&mut self, a: Chained<'_>, b: Chained<'_>) -> usize {
        self.above(0.0, a, b)
    }

    /// The vertices that the classes of one have in common with those classes of the other that they have
    /// most in common with, the fewer of both directions.
    fn shared(&mut self, a: &[Color], b: &[Color]) -> usize {
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

    fn alike(k: usize, a: &[Color], b: &[Color]) -> usize {
        Likeness::new(k).of((a, &Chains::new(a, k)), (b, &Chains::new(b, k)))
    }

    #[test]
    fn classes_may_be_matched_with_one_class_of_the_other() {
        // {0, 1, 2, 3} and {4, 5} here, {0, 1, 4, 5} and {2, 3} there.
        let (a, b) = ([0, 0, 0, 0, 1, 1], [0, 0, 1, 1, 0, 0]);
        assert_eq!(agreement(&a, &b, 2), 2);
        assert_eq!(Likeness::new(2).shared(&a, &b), 4);
        // One class there has all of two here, which is no more than the larger of them is like.
        assert_eq!(Likeness::new(3).shared(&[0, 0, 1, 1, 1, 2], &[1, 1, 1, 1, 1, 0]), 4);
    }

    #[test]
    fn chains_lead_through_the_classes() {
        assert_eq!(Chains::new(&[0, 1, 0, 2, 1, 0], 3), Chains(vec![2, 4, 5, 3, 4, 5]));
        let (a, b) = (Chains((0..9000).collect()), Chains(vec![7; 9000]));
        assert_eq!((a.equal(&a), a.equal(&b), b.equal(&b)), (9000, 1, 9000));
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
            let both = alike(7, &a, &b);
            prop_assert_eq!(alike(7, &b, &a), both);
            prop_assert!(agreement(&a, &b, 7) <= both && both <= 30);
            let renamed: Vec<Color> = b.iter().map(|c| (c + turn) % 7).collect();
            prop_assert_eq!(alike(7, &a, &renamed), both);
            prop_assert_eq!(alike(7, &b, &renamed), 30);
            let same = agreement(&a, &few, 7) == 30;
            prop_assert_eq!(alike(7, &a, &few) == 30, same);
        }

        #[test]
        fn what_is_alike_enough_is_never_missed(
            a in colors(6), changes in prop::collection::vec((0usize..30, 0u16..6), 0..12),
            enough in 0.0f64..31.0,
        ) {
            let mut b = a.clone();
            changes.iter().for_each(|&(v, color)| b[v] = color);
            let chains = [&a, &b].map(|colors| Chains::new(colors, 6));
            let mut likeness = Likeness::new(6);
            let (x, y) = ((a.as_slice(), &chains[0]), (b.as_slice(), &chains[1]));
            let (exact, above) = (likeness.of(x, y), likeness.above(enough, x, y));
            prop_assert!(exact >= agreement(&a, &b, 6));
            prop_assert!(exact >= 30 - changes.len());
            prop_assert!(above == exact || (above >= exact && above as f64 <= enough));
        }
    }
}
