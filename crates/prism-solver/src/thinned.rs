//! A list that stays short however much is put into it.

use serde::{Deserialize, Serialize};

/// Keeps of all values that are pushed every so many-th one, the first included, and the last one: at most as
/// many as it has room for and one more. Which ones depends on their number alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thinned<T> {
    kept: Vec<T>,
    /// The value pushed last, if it is not among those.
    last: Option<T>,
    room: usize,
    every: u64,
    pushed: u64,
}

impl<T> Thinned<T> {
    /// An empty list with room for so many values, two at least.
    #[must_use]
    pub fn new(room: usize) -> Self {
        // An even number, so that every other one is one of the coarser ones.
        let room = room.max(2).next_multiple_of(2);
        Self { kept: Vec::new(), last: None, room, every: 1, pushed: 0 }
    }

    /// Adds a value behind the others.
    pub fn push(&mut self, value: T) {
        let number = self.pushed;
        self.pushed += 1;
        if number.is_multiple_of(self.every) && self.kept.len() == self.room {
            let mut at = 0;
            self.kept.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.every *= 2;
        }
        if number.is_multiple_of(self.every) {
            self.kept.push(value);
            self.last = None;
        } else {
            self.last = Some(value);
        }
    }

    /// What was kept, in the order in which it was pushed.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + Clone {
        self.kept.iter().chain(&self.last)
    }

    /// The value pushed last.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        self.iter().next_back()
    }

    /// How many values were pushed.
    #[must_use]
    pub fn pushed(&self) -> u64 {
        self.pushed
    }
}

impl<T> IntoIterator for Thinned<T> {
    type Item = T;
    type IntoIter = std::iter::Chain<std::vec::IntoIter<T>, std::option::IntoIter<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.kept.into_iter().chain(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_has_room_is_all_kept() {
        let mut list = Thinned::new(10);
        assert_eq!(list.last(), None);
        (0..10).for_each(|i| list.push(i));
        assert_eq!(list.iter().copied().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        list.push(10);
        assert_eq!(list.into_iter().collect::<Vec<_>>(), [0, 2, 4, 6, 8, 10]);
    }

    proptest! {
        #[test]
        fn the_list_is_short_even_and_ends_with_the_last(room in 0usize..40, count in 1u64..5000) {
            let mut list = Thinned::new(room);
            (0..count).for_each(|i| list.push(i));
            prop_assert_eq!((list.pushed(), list.last()), (count, Some(&(count - 1))));
            let kept: Vec<u64> = list.iter().copied().collect();
            let room = room.max(2).next_multiple_of(2);
            prop_assert!(kept.len() <= room + 1);
            prop_assert!(kept.len() as u64 >= count.min(room as u64 / 2));
            prop_assert_eq!(kept[0], 0);
            let even = &kept[..kept.len() - usize::from(list.last.is_some())];
            prop_assert!(even.windows(2).all(|pair| pair[1] - pair[0] == list.every));
        }
    }
}
