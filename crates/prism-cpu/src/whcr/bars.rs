//! The bars of a region: which colours its vertices may not take back, and until when.
//!
//! There is room for [`ROOM`], in a ring; one that is overwritten ends early. A vertex is barred from a
//! colour by the last bar that says so.

use prism_core::Color;

/// Two for each of the 32 lanes of a warp.
const ROOM: usize = 64;

/// A colour that a vertex may not take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bar {
    /// The slot of the vertex.
    pub slot: u32,
    /// The colour.
    pub color: Color,
    /// The first iteration in which it may be taken again.
    pub until: u64,
}

/// The bars of one region.
#[derive(Clone, Debug)]
pub(super) struct Bars {
    ring: [Option<Bar>; ROOM],
    pushed: usize,
}

impl Default for Bars {
    fn default() -> Self {
        Self { ring: [None; ROOM], pushed: 0 }
    }
}

impl Bars {
    /// Takes in a bar, and returns the one that ends early for it.
    pub(super) fn push(&mut self, bar: Bar, now: u64) -> Option<Bar> {
        for entry in &mut self.ring {
            if entry.is_some_and(|old| (old.slot, old.color) == (bar.slot, bar.color)) {
                *entry = None;
            }
        }
        let lost = self.ring[self.pushed % ROOM].replace(bar);
        self.pushed += 1;
        lost.filter(|lost| lost.until > now)
    }

    /// Calls `each` with the bars that end at `next`.
    pub(super) fn end(&self, next: u64, each: impl FnMut(Bar)) {
        self.ring.iter().copied().flatten().filter(|bar| bar.until == next).for_each(each);
    }

    /// The bars that hold in iteration `now`.
    pub(super) fn running(&self, now: u64) -> impl Iterator<Item = Bar> + '_ {
        self.ring.iter().copied().flatten().filter(move |bar| bar.until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_bar_makes_room_and_a_later_one_counts() {
        let bar = |slot, until| Bar { slot, color: 1, until };
        let mut bars = Bars::default();
        for slot in 0..ROOM as u32 {
            assert_eq!(bars.push(bar(slot, 100), 0), None);
        }
        assert_eq!(bars.push(bar(70, 100), 0), Some(bar(0, 100)));
        // Slot 1 is next, but has a later bar of the same colour.
        assert_eq!(bars.push(bar(1, 50), 0), None);
        assert_eq!(bars.running(0).find(|bar| bar.slot == 1), Some(bar(1, 50)));
        assert_eq!(bars.push(bar(71, 200), 100), None, "that of slot 2 has ended");
        let mut ended = Vec::new();
        bars.end(50, |bar| ended.push(bar.slot));
        assert_eq!(ended, [1]);
    }
}
