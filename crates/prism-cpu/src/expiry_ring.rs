//! A calendar of tabu expiries: what ends at iteration t, found in constant time.
//!
//! No entry lasts longer than the ring is long. So the entries that end at t hang on a list whose
//! head is slot t modulo the length. Entries that have ended are used again; nothing is allocated
//! once there have been as many at a time as there ever will be.

use prism_core::memory::{OutOfMemory, try_vec, try_with_capacity};

const END: u32 = u32::MAX;

/// Entries (any `u32`) filed under the iteration at which they end.
#[derive(Clone, Debug)]
pub struct ExpiryRing {
    /// First entry of the list of each end, modulo the length.
    heads: Vec<u32>,
    /// The entries, each with the next one on its list.
    items: Vec<(u32, u32)>,
    /// First entry of the list of those that have ended.
    free: u32,
}

impl ExpiryRing {
    /// A ring for lifetimes of at most `longest` iterations.
    ///
    /// # Errors
    /// [`OutOfMemory`]: it does not fit.
    pub fn new(longest: usize) -> Result<Self, OutOfMemory> {
        let len = (longest + 2).next_power_of_two();
        Ok(Self { heads: try_vec(len, END)?, items: try_with_capacity(len)?, free: END })
    }

    /// Forgets every entry.
    pub fn clear(&mut self) {
        self.heads.fill(END);
        self.items.clear();
        self.free = END;
    }

    /// The longest lifetime that [`ExpiryRing::insert`] keeps.
    pub fn longest(&self) -> u64 {
        self.heads.len() as u64 - 2
    }

    /// Files `item`, entered at iteration `now`, under `now + lifetime` and returns that iteration.
    /// Lifetimes beyond [`ExpiryRing::longest`] are cut to it.
    #[inline]
    pub fn insert(&mut self, now: u64, lifetime: u64, item: u32) -> u64 {
        let end = now + lifetime.clamp(1, self.longest());
        let list = end as usize & (self.heads.len() - 1);
        let next = std::mem::replace(&mut self.heads[list], self.free);
        let entry = (item, next);
        if let Some(slot) = self.items.get_mut(self.free as usize) {
            self.free = std::mem::replace(slot, entry).1;
        } else {
            self.heads[list] = self.items.len() as u32;
            self.items.push(entry);
        }
        end
    }

    /// Calls `each` with the entries that end at `now`. Must be called once for every iteration, in
    /// order.
    #[inline]
    pub fn expire(&mut self, now: u64, mut each: impl FnMut(u32)) {
        let list = now as usize & (self.heads.len() - 1);
        let mut slot = std::mem::replace(&mut self.heads[list], END);
        while slot != END {
            let (item, next) = self.items[slot as usize];
            each(item);
            self.items[slot as usize].1 = std::mem::replace(&mut self.free, slot);
            slot = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn every_entry_ends_on_its_day(
            longest in 1usize..40,
            days in prop::collection::vec(prop::collection::vec(0u64..60, 0..4), 1..300),
        ) {
            let mut ring = ExpiryRing::new(longest).unwrap();
            let mut expected: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
            for (now, lifetimes) in days.iter().enumerate() {
                let now = now as u64;
                let mut ended = Vec::new();
                ring.expire(now, |item| ended.push(item));
                ended.sort_unstable();
                prop_assert_eq!(ended, expected.remove(&now).unwrap_or_default());
                for (item, lifetime) in (4 * now as u32..).zip(lifetimes) {
                    let end = ring.insert(now, *lifetime, item);
                    prop_assert_eq!(end, now + lifetime.clamp(&1, &ring.longest()));
                    expected.entry(end).or_default().push(item);
                }
            }
        }
    }
}
