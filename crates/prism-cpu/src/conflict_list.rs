//! The conflicting vertices, as a list to walk and an index to look up; insertion and removal take
//! constant time.

use prism_core::memory::{OutOfMemory, try_vec, try_with_capacity};

const ABSENT: u32 = u32::MAX;

/// A set of vertices that can be walked in the order of a slice.
#[derive(Clone, Debug)]
pub struct ConflictList {
    vertices: Vec<u32>,
    /// By vertex: its place in `vertices`.
    place: Vec<u32>,
}

impl ConflictList {
    /// An empty list for vertices `0..n`.
    ///
    /// # Errors
    /// [`OutOfMemory`]: it does not fit.
    pub fn new(n: usize) -> Result<Self, OutOfMemory> {
        Ok(Self { vertices: try_with_capacity(n)?, place: try_vec(n, ABSENT)? })
    }

    /// The members; the order depends on the history.
    #[inline]
    pub fn vertices(&self) -> &[u32] {
        &self.vertices
    }

    /// Whether `v` is a member.
    #[inline]
    pub fn contains(&self, v: u32) -> bool {
        self.place[v as usize] != ABSENT
    }

    /// Adds `v`, which must not be a member.
    #[inline]
    pub fn insert(&mut self, v: u32) {
        debug_assert!(!self.contains(v));
        self.place[v as usize] = self.vertices.len() as u32;
        self.vertices.push(v);
    }

    /// Removes `v`, which must be a member; the last member takes its place.
    #[inline]
    pub fn remove(&mut self, v: u32) {
        let place = std::mem::replace(&mut self.place[v as usize], ABSENT);
        self.vertices.swap_remove(place as usize);
        if let Some(&moved) = self.vertices.get(place as usize) {
            self.place[moved as usize] = place;
        }
    }

    /// Removes every member.
    pub fn clear(&mut self) {
        for v in self.vertices.drain(..) {
            self.place[v as usize] = ABSENT;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn behaves_like_a_set(steps in prop::collection::vec(0u32..20, 0..200)) {
            let mut list = ConflictList::new(20).unwrap();
            let mut set = BTreeSet::new();
            for v in steps {
                if set.remove(&v) {
                    list.remove(v);
                } else {
                    set.insert(v);
                    list.insert(v);
                }
                let mut members = list.vertices().to_vec();
                members.sort_unstable();
                prop_assert!(members.iter().eq(&set));
                prop_assert!((0..20).all(|v| list.contains(v) == set.contains(&v)));
            }
            list.clear();
            prop_assert!((0..20).all(|v| !list.contains(v)));
        }
    }
}
