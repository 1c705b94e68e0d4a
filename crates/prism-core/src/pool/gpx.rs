//! GPX, the greedy partition crossover (Galinier & Hao 1999).
//!
//! A colouring is a partition, and what two good partitions share is worth keeping: the child takes
//! the largest class of one parent, then the largest remaining one of the other, and so on in turn, k
//! classes in all. The few vertices left over get random classes, for a local search to repair.

use crate::{Color, Rng};

/// The child of two assignments of `k` colours to the same vertices; `first` gives the first class.
/// O(n + k^2).
///
/// # Panics
/// If the parents differ in length or have a colour of `k` or more.
pub fn gpx(first: &[Color], second: &[Color], k: usize, rng: &mut Rng) -> Vec<Color> {
    assert_eq!(first.len(), second.len(), "parents colour the same vertices");
    let parents = [first, second];
    let mut classes = parents.map(|parent| {
        let mut classes = vec![Vec::new(); k];
        for (v, &c) in parent.iter().enumerate() {
            classes[c as usize].push(v);
        }
        classes
    });
    let mut sizes = [0, 1].map(|p| classes[p].iter().map(Vec::len).collect::<Vec<_>>());
    let mut child = vec![None; first.len()];
    for color in 0..k {
        let parent = color % 2;
        let largest = largest(&sizes[parent], rng);
        for v in std::mem::take(&mut classes[parent][largest]) {
            if child[v].is_none() {
                child[v] = Some(color as Color);
                for p in [0, 1] {
                    sizes[p][parents[p][v] as usize] -= 1;
                }
            }
        }
    }
    child.into_iter().map(|c| c.unwrap_or_else(|| rng.below(k as u32) as Color)).collect()
}

/// The position of the largest size; ties go to the first one from a random position on.
fn largest(sizes: &[usize], rng: &mut Rng) -> usize {
    let start = rng.below(sizes.len() as u32) as usize;
    let (before, after) = sizes.split_at(start);
    let from_start = after.iter().chain(before).enumerate();
    let best =
        from_start.max_by_key(|&(i, &size)| (size, std::cmp::Reverse(i))).map_or(0, |(i, _)| i);
    (start + best) % sizes.len()
}

#[cfg(test)]
mod tests {
    use super::super::agreement;
    use super::*;
    use crate::Rng;
    use proptest::prelude::*;

    #[test]
    fn takes_the_largest_class_of_each_parent_in_turn() {
        // Of the first parent {0, 1, 2}; of the second, without those, {3, 4}; the rest is random.
        let first = [0, 0, 0, 1, 2, 1, 2];
        let second = [1, 2, 0, 2, 2, 0, 1];
        let child = gpx(&first, &second, 3, &mut Rng::new(1, 0));
        assert_eq!(child[..5], [0, 0, 0, 1, 1]);
    }

    proptest! {
        #[test]
        fn children_of_one_partition_are_that_partition(
            colors in prop::collection::vec(0u16..6, 1..60),
            seed in 0u64..100,
        ) {
            let renamed: Vec<Color> = colors.iter().map(|c| 5 - c).collect();
            let child = gpx(&colors, &renamed, 6, &mut Rng::new(seed, 0));
            prop_assert_eq!(agreement(&child, &colors, 6), colors.len());
        }
    }
}
