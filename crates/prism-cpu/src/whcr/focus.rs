//! Where a region looks for a move: in the whole of it, or in the cluster that a Haar transform of its
//! conflicts leads to.
//!
//! An aligned block of lanes is a cluster of the coarsening hierarchy. The sum of the conflicts of two
//! sibling blocks is the approximation of the transform, and their difference is its detail. A coin that
//! is weighted by the detail says which sibling to go to: each is gone to as often as it has conflicts.
//! (Always to go to the one with more is to stay for good in a cluster whose conflicts cannot be repaired
//! while the vertices around it stand still.)

use prism_core::Philox;
use prism_core::hierarchy::LANES;
use std::ops::Range;

/// No more conflicting vertices are looked at, unless a single lane has them.
pub(super) const MOST_LISTED: u32 = 32;

/// How far random bits are turned for the next coin.
const TURN: u32 = 6;

/// Conflicts and conflicting vertices of each lane of a region.
#[derive(Clone, Debug, Default)]
pub(super) struct LaneSums {
    conflicts: [u32; LANES],
    vertices: [u32; LANES],
}

impl LaneSums {
    /// Adds a vertex of a lane that has so many conflicts.
    pub(super) fn add(&mut self, lane: usize, conflicts: u32) {
        self.conflicts[lane] = self.conflicts[lane].saturating_add(conflicts);
        self.vertices[lane] += 1;
    }

    /// The lanes to look at, by 32 random bits.
    pub(super) fn focus(&self, mut random: u32) -> Range<usize> {
        let mut block = 0..LANES;
        while block.len() > 1 && self.vertices[block.clone()].iter().sum::<u32>() > MOST_LISTED {
            let middle = block.start + block.len() / 2;
            let sum = |half: Range<usize>| {
                self.conflicts[half].iter().fold(0, |sum, &one| one.saturating_add(sum))
            };
            let (left, right) = (sum(block.start..middle), sum(middle..block.end));
            let goes_left = Philox::below(random, left.saturating_add(right)) < left;
            random = random.rotate_left(TURN);
            block = if goes_left { block.start..middle } else { middle..block.end };
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often of a thousand times each block is looked at.
    fn visits(sums: &LaneSums) -> Vec<(Range<usize>, u32)> {
        let draws = Philox::new(1);
        let mut visits: Vec<(Range<usize>, u32)> = Vec::new();
        for at in 0..1000 {
            let focus = sums.focus(draws.at([at, 0, 0, 0])[3]);
            match visits.iter_mut().find(|(block, _)| *block == focus) {
                Some((_, times)) => *times += 1,
                None => visits.push((focus, 1)),
            }
        }
        visits.sort_by_key(|(block, _)| block.start);
        visits
    }

    #[test]
    fn clusters_are_looked_at_as_often_as_they_have_conflicts() {
        let mut sums = LaneSums::default();
        assert_eq!(visits(&sums), [(0..32, 1000)]);
        (0..32).for_each(|lane| sums.add(lane, 1));
        assert_eq!(visits(&sums), [(0..32, 1000)], "32 vertices can all be looked at");
        // 17 vertices with 64 conflicts on the right, 16 with 16 on the left.
        sums.add(21, 48);
        let seen = visits(&sums);
        assert_eq!((seen[0].0.clone(), seen[1].0.clone()), (0..16, 16..32));
        assert!((160..240).contains(&seen[0].1), "{seen:?}");
        // 30 lanes without conflicts are never looked at; a lane is the smallest cluster.
        let mut sums = LaneSums::default();
        (0..40).for_each(|_| sums.add(21, 1));
        (0..40).for_each(|_| sums.add(22, 3));
        let seen = visits(&sums);
        assert_eq!((seen[0].0.clone(), seen[1].0.clone()), (21..22, 22..23));
        assert!((210..290).contains(&seen[0].1), "{seen:?}");
    }
}
