//! A priority queue of vertices with two keys: a small level, and a key within the level.
//!
//! The largest level is served first, within it the largest key, within that the vertex that
//! ranks highest, which is the smallest one unless another [`Ranking`] is asked for.
//! Each level is a heap that is only built when it is served: until then entries are appended to a
//! list, so that the many vertices that pass through a level without being served there cost one
//! append each. Entries are never removed or changed in place. Whoever pops says what is true of a
//! vertex now, and entries that are out of date are dropped, or put back under a key that has become
//! smaller. A vertex whose level rises must be pushed again; one whose key rises in place as well.
//! When there are several times as many entries as were true at the last count, all are looked
//! through, so that their number stays in proportion to that of the vertices.

use crate::ranking::Ranking;
use std::collections::BinaryHeap;

/// Entries that are kept in any case, true or not.
const ALWAYS_KEPT: usize = 1 << 16;

/// How many times as many entries as are true there may be before all are looked through.
const KEPT_PER_TRUE: usize = 4;

/// The queue. An entry is 8 bytes.
#[derive(Clone, Debug, Default)]
pub struct LevelQueue {
    levels: Vec<Level>,
    /// No level above this one has entries.
    top: usize,
    ranking: Ranking,
    /// Entries of all levels.
    entries: usize,
    /// Entries that were true when all were looked through.
    were_true: usize,
}

#[derive(Clone, Debug, Default)]
struct Level {
    heap: BinaryHeap<u64>,
    /// Entries not in the heap yet.
    pending: Vec<u64>,
}

impl LevelQueue {
    /// An empty queue that breaks ties by rank.
    pub fn new(ranking: Ranking) -> Self {
        Self { ranking, ..Self::default() }
    }

    /// Forgets all entries.
    pub fn clear(&mut self) {
        for level in &mut self.levels {
            level.heap.clear();
            level.pending.clear();
        }
        (self.top, self.entries) = (0, 0);
    }

    /// Adds an entry.
    #[inline]
    pub fn push(&mut self, level: u32, key: u32, v: u32) {
        let level = level as usize;
        if level >= self.levels.len() {
            self.levels.resize_with(level + 1, Level::default);
        }
        self.levels[level].pending.push(pack(key, self.ranking.rank(v)));
        self.top = self.top.max(level);
        self.entries += 1;
    }

    /// Takes the first entry that is still true. `current` gives the level and key that a vertex has
    /// now, or `None` if it is to be served no more.
    pub fn pop(&mut self, current: impl Fn(u32) -> Option<(u32, u32)>) -> Option<u32> {
        if self.entries > ALWAYS_KEPT.max(KEPT_PER_TRUE * self.were_true) {
            self.sweep(&current);
        }
        let ranking = self.ranking;
        let vertex = |entry: u64| ranking.vertex(entry as u32);
        while let Some(level) = self.levels.get_mut(self.top) {
            let here = self.top as u32;
            let refreshed = |entry: u64| match current(vertex(entry)) {
                Some((level, key)) if level == here => Some(pack(key, entry as u32)),
                _ => None,
            };
            self.entries -= level.len();
            if level.pending.len() > level.heap.len() / 8 {
                // Enough to build the heap anew, in linear time.
                let mut entries = std::mem::take(&mut level.heap).into_vec();
                entries.append(&mut level.pending);
                entries.retain_mut(|entry| refreshed(*entry).map(|now| *entry = now).is_some());
                level.heap = BinaryHeap::from(entries);
            } else {
                level.heap.extend(level.pending.drain(..).filter_map(refreshed));
            }
            while let Some(entry) = level.heap.pop() {
                match refreshed(entry) {
                    Some(now) if now == entry => {
                        self.entries += level.len();
                        return Some(vertex(entry));
                    }
                    Some(now) => level.heap.push(now),
                    None => {}
                }
            }
            if self.top == 0 {
                return None;
            }
            self.top -= 1;
        }
        None
    }

    /// Drops the entries of all levels that are not true any more.
    #[cold]
    fn sweep(&mut self, current: impl Fn(u32) -> Option<(u32, u32)>) {
        let ranking = self.ranking;
        self.entries = 0;
        for (here, level) in (0..).zip(&mut self.levels) {
            let mut entries = std::mem::take(&mut level.heap).into_vec();
            entries.append(&mut level.pending);
            entries.retain(|&entry| {
                current(ranking.vertex(entry as u32)).is_some_and(|(level, _)| level == here)
            });
            entries.shrink_to_fit();
            self.entries += entries.len();
            *level = Level { heap: BinaryHeap::new(), pending: entries };
        }
        self.were_true = self.entries;
    }
}

impl Level {
    fn len(&self) -> usize {
        self.heap.len() + self.pending.len()
    }
}

/// An entry: larger keys first, then higher ranks.
fn pack(key: u32, rank: u32) -> u64 {
    u64::from(key) << 32 | u64::from(rank)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entries_stay_in_proportion_to_vertices() {
        // Each of 1000 vertices rises a thousand levels, and the last one is served now and then.
        let mut level = vec![0u32; 1000];
        let mut queue = LevelQueue::default();
        (0..1000).for_each(|v| queue.push(0, v, v));
        for round in 1..1000u32 {
            for v in 0..999 {
                level[v as usize] += 1;
                queue.push(level[v as usize], v, v);
            }
            level[999] = round + 1;
            queue.push(round + 1, 0, 999);
            assert_eq!(queue.pop(|v| Some((level[v as usize], v % 999))), Some(999));
            assert!(queue.entries <= ALWAYS_KEPT + 1000);
            let held: usize = queue.levels.iter().map(Level::len).sum();
            assert_eq!(queue.entries, held);
        }
    }

    proptest! {
        #[test]
        fn serves_the_largest_whatever_became_of_the_entries(
            start in prop::collection::vec((0u32..6, 0u32..50), 1..40),
            changes in prop::collection::vec((0usize..40, 0u32..3, 0u32..4), 0..120),
            ranking in prop::sample::select(vec![
                Ranking::SMALLEST, Ranking::LARGEST, Ranking::scattered(77),
            ]),
        ) {
            let mut now: Vec<Option<(u32, u32)>> = start.iter().copied().map(Some).collect();
            let mut queue = LevelQueue::new(ranking);
            for (v, &(level, key)) in start.iter().enumerate() {
                queue.push(level, key, v as u32);
            }
            let take = |queue: &mut LevelQueue, now: &mut Vec<Option<(u32, u32)>>| {
                let expected = (0..now.len())
                    .filter(|&v| now[v].is_some())
                    .max_by_key(|&v| (now[v], ranking.rank(v as u32)))
                    .map(|v| v as u32);
                let got = queue.pop(|v| now[v as usize]);
                if let Some(v) = got {
                    now[v as usize] = None;
                }
                (got, expected)
            };
            for (i, up, down) in changes {
                let v = i % now.len();
                if let Some((level, key)) = now[v] {
                    let changed = (level + up, key.saturating_sub(down));
                    now[v] = Some(changed);
                    if up > 0 {
                        queue.push(changed.0, changed.1, v as u32);
                    }
                }
                if up == 0 {
                    let (got, expected) = take(&mut queue, &mut now);
                    prop_assert_eq!(got, expected);
                }
            }
            while now.iter().any(Option::is_some) {
                let (got, expected) = take(&mut queue, &mut now);
                prop_assert_eq!(got, expected);
            }
            prop_assert_eq!(queue.pop(|v| now[v as usize]), None);
        }
    }
}
