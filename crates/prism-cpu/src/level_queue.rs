//! A priority queue of vertices with two keys: a small level, and a key within the level.
//!
//! The largest level is served first, within it the largest key, within that the vertex that
//! ranks highest, which is the smallest one unless another [`Ranking`] is asked for.
//! Each level is a heap that is only built when it is served: until then entries are appended to a
//! list, so that the many vertices that pass through a level without being served there cost one
//! append each. Entries are never removed or changed in place. Whoever pops says what is true of a
//! vertex now, and entries that are out of date are dropped, or put back under a key that has become
//! smaller. A vertex whose level rises must be pushed again; one whose key rises in place as well.

use crate::ranking::Ranking;
use std::collections::BinaryHeap;

/// The queue. An entry is 8 bytes.
#[derive(Clone, Debug, Default)]
pub struct LevelQueue {
    levels: Vec<Level>,
    /// No level above this one has entries.
    top: usize,
    ranking: Ranking,
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
        self.top = 0;
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
    }

    /// Takes the first entry that is still true. `current` gives the level and key that a vertex has
    /// now, or `None` if it is to be served no more.
    pub fn pop(&mut self, current: impl Fn(u32) -> Option<(u32, u32)>) -> Option<u32> {
        let ranking = self.ranking;
        let vertex = |entry: u64| ranking.vertex(entry as u32);
        while let Some(level) = self.levels.get_mut(self.top) {
            let here = self.top as u32;
            let refreshed = |entry: u64| match current(vertex(entry)) {
                Some((level, key)) if level == here => Some(pack(key, entry as u32)),
                _ => None,
            };
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
                    Some(now) if now == entry => return Some(vertex(entry)),
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
}

/// An entry: larger keys first, then higher ranks.
fn pack(key: u32, rank: u32) -> u64 {
    u64::from(key) << 32 | u64::from(rank)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
