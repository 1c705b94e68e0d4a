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
    let classes = parents.map(|parent| Classes::new(parent, k));
    let mut sizes = classes.each_ref().map(Classes::sizes);
    let mut child = vec![None; first.len()];
    for color in 0..k {
        let parent = color % 2;
        let largest = largest(&sizes[parent], rng);
        // What is left of a class has size 0 from here on.
        for &v in classes[parent].of(largest) {
            let v = v as usize;
            if child[v].is_none() {
                child[v] = Some(color as Color);
                for p in [0, 1] {
                    sizes[p][usize::from(parents[p][v])] -= 1;
                }
            }
        }
    }
    child.into_iter().map(|c| c.unwrap_or_else(|| rng.below(k as u32) as Color)).collect()
}

/// The vertices of each class, one class after the other.
struct Classes {
    vertices: Vec<u32>,
    /// Where each one begins, and where the last one ends.
    begins: Vec<u32>,
}

impl Classes {
    fn new(colors: &[Color], k: usize) -> Self {
        let mut begins = vec![0; k + 1];
        colors.iter().for_each(|&color| begins[usize::from(color) + 1] += 1);
        for class in 0..k {
            begins[class + 1] += begins[class];
        }
        let mut at = begins.clone();
        let mut vertices = vec![0; colors.len()];
        for (v, &color) in (0..).zip(colors) {
            let at = &mut at[usize::from(color)];
            vertices[*at as usize] = v;
            *at += 1;
        }
        Self { vertices, begins }
    }

    fn sizes(&self) -> Vec<u32> {
        self.begins.windows(2).map(|ends| ends[1] - ends[0]).collect()
    }

    fn of(&self, class: usize) -> &[u32] {
        &self.vertices[self.begins[class] as usize..self.begins[class + 1] as usize]
    }
}

/// The position of the largest size; ties go to the first one from a random position on.
fn largest(sizes: &[u32], rng: &mut Rng) -> usize {
    let start = rng.below(sizes.len() as u32) as usize;
    let most = sizes.iter().max();
    let is_most = |at: &usize| Some(&sizes[*at]) == most;
    (start..sizes.len()).chain(0..start).find(is_most).unwrap_or(0)
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

    #[test]
    fn the_draws_of_a_seed_never_change() {
        let parent = |seed| -> Vec<Color> {
            let mut rng = Rng::new(seed, 9);
            (0..24).map(|_| rng.below(5) as Color).collect()
        };
        let child = gpx(&parent(1), &parent(2), 5, &mut Rng::new(3, 0));
        let expected = [0, 1, 0, 0, 2, 1, 2, 0, 1, 0, 0, 3, 4, 1, 1, 2, 0, 3, 0, 1, 0, 1, 2, 2];
        assert_eq!(child, expected);
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
