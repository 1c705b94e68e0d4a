//! Parts whose sum is as near as possible to a wanted one.
//!
//! The largest parts are taken first, as far as they fit (the rule of Graham 1969), which is exact where
//! enough parts of size one are left to fill the rest. Where it falls short, a table says for each sum how
//! it is reached (Bellman 1957, in the form for parts with multiplicities), unless that table would take
//! too much work.

use std::collections::BTreeMap;

/// Entries of the table that are worth it, ...
const MOST_ENTRIES: usize = 1 << 22;

/// ... and entries times different parts.
const MOST_WORK: usize = 1 << 26;

/// Which of `parts` add up to `wanted`, or to a sum as near to it as possible, the larger one if two are as
/// near. Says also whether no sum is nearer for sure.
pub(super) fn nearest(parts: &[usize], wanted: usize) -> (Vec<bool>, bool) {
    let mut largest_first: Vec<usize> = (0..parts.len()).filter(|&i| parts[i] > 0).collect();
    largest_first.sort_by_key(|&i| std::cmp::Reverse(parts[i]));
    let mut taken = vec![false; parts.len()];
    let mut left = wanted;
    for &i in &largest_first {
        if parts[i] <= left {
            taken[i] = true;
            left -= parts[i];
        }
    }
    if left == 0 {
        return (taken, true);
    }
    let mut of_size = BTreeMap::<usize, Vec<usize>>::new();
    largest_first.iter().for_each(|&i| of_size.entry(parts[i]).or_default().push(i));
    let total: usize = largest_first.iter().map(|&i| parts[i]).sum();
    // A sum beyond the wanted one is no further from it than what there is now.
    let most = total.min(wanted.saturating_add(left));
    if most >= MOST_ENTRIES || of_size.len().saturating_mul(most + 1) > MOST_WORK {
        return (taken, false);
    }
    // For each sum the last size that it takes; 0 where it has not been reached.
    let mut last = vec![0; most + 1];
    let mut count = vec![0; most + 1];
    for (&size, indices) in &of_size {
        count.fill(0);
        for sum in size..=most {
            let before = sum - size;
            let is_reached = before == 0 || last[before] != 0;
            if last[sum] == 0 && is_reached && count[before] < indices.len() {
                (last[sum], count[sum]) = (size, count[before] + 1);
            }
        }
    }
    let reached = (0..=most).filter(|&sum| sum == 0 || last[sum] != 0);
    let mut sum = reached.rev().min_by_key(|sum| sum.abs_diff(wanted)).unwrap_or(0);
    taken.fill(false);
    while sum > 0 {
        let size = last[sum];
        if let Some(i) = of_size.get_mut(&size).and_then(Vec::pop) {
            taken[i] = true;
        }
        sum -= size;
    }
    (taken, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(parts: &[usize], taken: &[bool]) -> usize {
        parts.iter().zip(taken).filter(|(_, taken)| **taken).map(|(part, _)| part).sum()
    }

    #[test]
    fn what_the_greedy_rule_misses_is_found() {
        // The rule takes 7 and is left with 3.
        let parts = [5, 7, 5];
        let (taken, sure) = nearest(&parts, 10);
        assert_eq!((taken, sure), (vec![true, false, true], true));
        assert_eq!(nearest(&[], 3), (vec![], true));
        assert_eq!(nearest(&[0, 4], 1), (vec![false, false], true));
        assert_eq!(nearest(&[0, 4], 3), (vec![false, true], true));
    }

    #[test]
    fn too_large_a_table_is_not_made() {
        let parts: Vec<usize> = (0..9).map(|i| 1 << (27 + i)).collect();
        assert!(!nearest(&parts, (1 << 30) + 1).1);
    }

    proptest! {
        #[test]
        fn no_subset_is_nearer(parts in prop::collection::vec(0usize..12, 0..9), wanted in 0usize..60) {
            let (taken, sure) = nearest(&parts, wanted);
            let subsets = (0..1u32 << parts.len()).map(|set| -> usize {
                (0..parts.len()).filter(|i| set >> i & 1 == 1).map(|i| parts[i]).sum()
            });
            let best = subsets.min_by_key(|&sum| (sum.abs_diff(wanted), std::cmp::Reverse(sum)));
            prop_assert!(sure);
            prop_assert_eq!(Some(sum(&parts, &taken)), best);
        }
    }
}
