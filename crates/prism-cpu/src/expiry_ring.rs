//! A calendar of tabu expiries: what ends at iteration t, found in constant time.
//!
//! A tabu search adds at most one entry an iteration, and no entry lasts longer than the ring is
//! long. So the entry made at iteration i can live in slot i modulo the length, and the entries that
//! end at t hang on a list whose head is slot t modulo the length. Nothing is allocated after
//! construction.

const END: u32 = u32::MAX;

/// Entries (any `u32`) filed under the iteration at which they end.
#[derive(Clone, Debug)]
pub struct ExpiryRing {
    /// First entry of the list of each end, modulo the length.
    heads: Vec<u32>,
    /// By iteration of entry, modulo the length: the entry and the next one on its list.
    items: Vec<(u32, u32)>,
}

impl ExpiryRing {
    /// A ring for lifetimes of at most `longest` iterations.
    pub fn new(longest: usize) -> Self {
        let len = (longest + 2).next_power_of_two();
        Self { heads: vec![END; len], items: vec![(0, END); len] }
    }

    /// Forgets every entry.
    pub fn clear(&mut self) {
        self.heads.fill(END);
    }

    /// The longest lifetime that [`ExpiryRing::insert`] keeps.
    pub fn longest(&self) -> u64 {
        self.heads.len() as u64 - 2
    }

    /// Files `item`, entered at iteration `now`, under `now + lifetime` and returns that iteration.
    /// At most one entry an iteration; lifetimes beyond [`ExpiryRing::longest`] are cut to it.
    #[inline]
    pub fn insert(&mut self, now: u64, lifetime: u64, item: u32) -> u64 {
        let end = now + lifetime.clamp(1, self.longest());
        let mask = self.heads.len() - 1;
        let (slot, list) = (now as usize & mask, end as usize & mask);
        self.items[slot] = (item, self.heads[list]);
        self.heads[list] = slot as u32;
        end
    }

    /// Calls `each` with the entries that end at `now`. Must be called once for every iteration, in order.
    #[inline]
    pub fn expire(&mut self, now: u64, mut each: impl FnMut(u32)) {
        let list = now as usize & (self.heads.len() - 1);
        let mut slot = std::mem::replace(&mut self.heads[list], END);
        while slot != END {
            let (item, next) = self.items[slot as usize];
            each(item);
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
            lifetimes in prop::collection::vec(prop::option::of(0u64..60), 1..300),
        ) {
            let mut ring = ExpiryRing::new(longest);
            let mut expected: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
            for (now, lifetime) in lifetimes.iter().enumerate() {
                let now = now as u64;
                let mut ended = Vec::new();
                ring.expire(now, |item| ended.push(item));
                ended.sort_unstable();
                prop_assert_eq!(ended, expected.remove(&now).unwrap_or_default());
                if let Some(lifetime) = lifetime {
                    let end = ring.insert(now, *lifetime, now as u32);
                    prop_assert_eq!(end, now + lifetime.clamp(&1, &ring.longest()));
                    expected.entry(end).or_default().push(now as u32);
                }
            }
        }
    }
}
