//! Splitting and dissolving classes, to have more of them or fewer.

use prism_core::search::UNCOLORED;
use prism_core::{Color, Graph};
use prism_cpu::sized::Sizing;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The number of classes, which are numbered without gaps.
pub(super) fn count(classes: &[Color]) -> usize {
    classes.iter().max().map_or(0, |&class| usize::from(class) + 1)
}

/// The vertices of each class that may have another colour, and the number of those that may not.
fn members(classes: &[Color], given: &[Color]) -> Vec<(Vec<u32>, usize)> {
    let mut members = vec![(Vec::new(), 0); count(classes)];
    for (v, &class) in classes.iter().enumerate() {
        let (free, fixed) = &mut members[usize::from(class)];
        match given.get(v) {
            Some(&color) if color != UNCOLORED => *fixed += 1,
            _ => free.push(v as u32),
        }
    }
    members
}

/// The classes of a proper colouring split until there are `k`: the largest one in halves, again and again.
/// Vertices whose colour is given stay. `None` if there are more, or too few vertices.
pub(super) fn split(classes: &[Color], given: &[Color], k: usize) -> Option<Vec<Color>> {
    let mut members = members(classes, given);
    let mut new = classes.to_vec();
    // A class that has only vertices that stay cannot be split.
    let size = |(free, fixed): &(Vec<u32>, usize)| (free.len() + fixed, *fixed);
    let can_be_split = |(size, fixed): (usize, usize)| size > 1 && size > fixed;
    let mut largest: BinaryHeap<(usize, Reverse<usize>)> = members
        .iter()
        .enumerate()
        .filter(|(_, class)| can_be_split(size(class)))
        .map(|(c, class)| (class.0.len() + class.1, Reverse(c)))
        .collect();
    while members.len() < k {
        let (total, Reverse(c)) = largest.pop()?;
        let free = &mut members[c].0;
        let half = free.split_off(free.len() - (total / 2).clamp(1, free.len()));
        half.iter().for_each(|&v| new[v as usize] = members.len() as Color);
        members.push((half, 0));
        for class in [c, members.len() - 1] {
            let (size, fixed) = size(&members[class]);
            if can_be_split((size, fixed)) {
                largest.push((size, Reverse(class)));
            }
        }
    }
    (members.len() == k).then_some(new)
}

/// The classes split where they have more than `most` vertices, into as few parts as possible.
pub(super) fn split_large(classes: &[Color], given: &[Color], most: usize) -> Vec<Color> {
    let mut new = classes.to_vec();
    let members = members(classes, given);
    let mut next = members.len();
    for (free, fixed) in &members {
        let stay = most.saturating_sub(*fixed).min(free.len());
        for part in free[stay..].chunks(most.max(1)) {
            part.iter().for_each(|&v| new[v as usize] = next as Color);
            next += 1;
        }
    }
    new
}

/// At most `k` classes: the smallest are dissolved, unless they have given colours, and each of their
/// vertices goes where fewest neighbours are, of the classes that are not full. The colouring is no
/// longer proper then.
pub(super) fn squeeze(graph: &Graph<'_>, classes: &[Color], sizing: &Sizing) -> Vec<Color> {
    let Sizing { k, range, given } = sizing;
    let members = members(classes, given);
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|&c| (members[c].1 == 0, Reverse(members[c].0.len())));
    let mut new = vec![UNCOLORED; classes.len()];
    let mut sizes = vec![0; *k];
    // Given colours come first by number as well, so that they keep their numbers.
    let kept = &mut order[..members.len().min(*k)];
    kept.sort_unstable();
    for (v, &class) in classes.iter().enumerate() {
        if let Ok(at) = kept.binary_search(&usize::from(class)) {
            new[v] = at as Color;
            sizes[at] += 1;
        }
    }
    let mut around = vec![0u32; *k];
    for v in graph.vertices() {
        if new[v as usize] != UNCOLORED {
            continue;
        }
        around.fill(0);
        for &u in graph.neighbors(v) {
            if let Some(count) = around.get_mut(usize::from(new[u as usize])) {
                *count += 1;
            }
        }
        let best = (0..*k).min_by_key(|&c| (sizes[c] >= range.most, around[c], sizes[c]));
        let best = best.unwrap_or(0);
        new[v as usize] = best as Color;
        sizes[best] += 1;
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use prism_core::SizeRange;
    use proptest::prelude::*;

    const NONE: Color = UNCOLORED;

    fn sizes(classes: &[Color]) -> Vec<usize> {
        let size = |c| classes.iter().filter(|&&class| usize::from(class) == c).count();
        (0..count(classes)).map(size).collect()
    }

    #[test]
    fn the_largest_is_split() {
        let classes = [0, 0, 0, 0, 0, 1, 1];
        assert_eq!(sizes(&split(&classes, &[], 3).unwrap()), [3, 2, 2]);
        assert_eq!(sizes(&split(&classes, &[], 7).unwrap()), [1; 7]);
        assert_eq!((split(&classes, &[], 8), split(&classes, &[], 1)), (None, None));
        assert_eq!(split(&[], &[], 0), Some(vec![]));
        // Given vertices stay together.
        let given = [0, 0, 0, 0, NONE, NONE, NONE];
        let new = split(&classes, &given, 4).unwrap();
        assert_eq!((&new[..4], sizes(&new)), (&[0; 4][..], vec![4, 1, 1, 1]));
        assert_eq!(split(&classes, &given, 5), None);
    }

    #[test]
    fn what_is_too_large_is_split() {
        let classes = [0, 0, 0, 0, 0, 1, 1];
        assert_eq!(sizes(&split_large(&classes, &[], 2)), [2, 2, 2, 1]);
        let given = [NONE, NONE, NONE, 0, 0, NONE, NONE];
        let new = split_large(&classes, &given, 2);
        assert_eq!((new[3], new[4]), (0, 0));
        assert_eq!(sizes(&new), [2, 2, 2, 1]);
    }

    proptest! {
        #[test]
        fn squeezed_classes_are_below_k(
            n in 1usize..20, k in 1usize..6, seed in 0u64..100, raw in prop::collection::vec(0u16..9, 20),
        ) {
            let graph = prism_core::generate::gnp(n as u64, 0.3, seed).unwrap();
            let mut coloring = prism_core::Coloring::from_colors(raw[..n].to_vec());
            coloring.normalize();
            let sizing = Sizing::new(k, SizeRange::even(n, k));
            let new = squeeze(&graph, coloring.colors(), &sizing);
            prop_assert!(new.iter().all(|&class| usize::from(class) < k));
            if coloring.num_colors() <= k {
                prop_assert_eq!(&new[..], coloring.colors());
            }
        }
    }
}
