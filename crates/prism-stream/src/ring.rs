//! Which slot belongs to which step: three counters that only go up.
//!
//! Steps are numbered from 0. Of so many slots, step n has slot n modulo their number. `taken <= seen <=
//! submitted`: steps below `taken` are the caller's, those up to `seen` have come back and wait to be
//! taken, the rest are in flight. A slot is free again when its step was taken, and a step is taken
//! only after it was seen to finish, so no slot is written while the device may still use it. This is
//! all there is to know about that rule, and it needs no GPU to test.

use std::ops::Range;

/// The state of the slots.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Ring {
    slots: usize,
    /// A step with slot 0, so late that most that are asked for are less than two rounds behind it: a
    /// division takes longer than the rest of what is done here.
    round: u64,
    submitted: u64,
    seen: u64,
    taken: u64,
}

impl Ring {
    pub fn new(slots: usize) -> Self {
        Self { slots: slots.max(1), round: 0, submitted: 0, seen: 0, taken: 0 }
    }

    /// Steps that were submitted and have not been seen to finish.
    pub fn in_flight(&self) -> u64 {
        self.submitted - self.seen
    }

    /// Steps that were submitted and have not been taken.
    pub fn occupied(&self) -> u64 {
        self.submitted - self.taken
    }

    /// How many more steps can be submitted.
    pub fn free(&self) -> usize {
        self.slots - usize::try_from(self.occupied()).unwrap_or(self.slots)
    }

    /// Steps that were ever submitted: the number that the next one gets.
    pub fn submitted(&self) -> u64 {
        self.submitted
    }

    /// The number that the next submitted step gets, if there is a slot for it.
    pub fn next(&self) -> Option<u64> {
        (self.free() > 0).then_some(self.submitted)
    }

    /// The step that `next` named is in flight.
    pub fn submit(&mut self) {
        debug_assert!(self.free() > 0);
        self.submitted += 1;
        if self.submitted - self.round == 2 * self.slots as u64 {
            self.round += self.slots as u64;
        }
    }

    /// The oldest step in flight.
    pub fn oldest_in_flight(&self) -> Option<u64> {
        (self.seen < self.submitted).then_some(self.seen)
    }

    /// The oldest step in flight was seen to finish.
    pub fn see(&mut self) {
        debug_assert!(self.seen < self.submitted);
        self.seen += 1;
    }

    /// Steps that have come back and wait to be taken.
    pub fn ready(&self) -> Range<u64> {
        self.taken..self.seen
    }

    /// Takes the oldest step that has come back, and frees its slot.
    pub fn take(&mut self) -> Option<u64> {
        (self.taken < self.seen).then(|| {
            self.taken += 1;
            self.taken - 1
        })
    }

    /// Whether a step that has come back waits to be taken.
    pub fn has_ready(&self) -> bool {
        self.taken < self.seen
    }

    /// The slot of a step.
    pub fn slot(&self, step: u64) -> usize {
        let slots = self.slots as u64;
        let slot = match step.wrapping_sub(self.round) {
            since if since < slots => since,
            since if since < 2 * slots => since - slots,
            _ => step % slots,
        };
        slot as usize // less than `slots`, which is one
    }

    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Forgets every step; only once none is in flight.
    pub fn clear(&mut self) {
        debug_assert_eq!(self.in_flight(), 0);
        *self = Self::new(self.slots);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A plain model: a list of states, one a slot.
        #[test]
        fn a_slot_is_reused_only_after_its_step_was_seen_and_taken(
            depth in 1_usize..9,
            moves in proptest::collection::vec(0_u8..3, 0..200),
        ) {
            #[derive(Clone, Copy, PartialEq, Debug)]
            enum Slot { Free, Flying(u64), Ready(u64) }
            let mut ring = Ring::new(depth);
            let mut slots = vec![Slot::Free; depth];
            let mut expected_take = 0;
            for what in moves {
                match what {
                    0 => if let Some(step) = ring.next() {
                        prop_assert_eq!(slots[ring.slot(step)], Slot::Free);
                        slots[ring.slot(step)] = Slot::Flying(step);
                        ring.submit();
                    } else {
                        prop_assert!(!slots.contains(&Slot::Free));
                    },
                    1 => if let Some(step) = ring.oldest_in_flight() {
                        prop_assert_eq!(slots[ring.slot(step)], Slot::Flying(step));
                        slots[ring.slot(step)] = Slot::Ready(step);
                        ring.see();
                    },
                    _ => if let Some(step) = ring.take() {
                        prop_assert_eq!(step, expected_take);
                        expected_take += 1;
                        prop_assert_eq!(slots[ring.slot(step)], Slot::Ready(step));
                        slots[ring.slot(step)] = Slot::Free;
                    } else {
                        prop_assert!(!slots.iter().any(|slot| matches!(slot, Slot::Ready(_))));
                    },
                }
                let asked = ring.submitted().saturating_sub(5)..ring.submitted() + 40;
                for step in asked {
                    prop_assert_eq!(ring.slot(step) as u64, step % depth as u64);
                }
                prop_assert_eq!(ring.free(), slots.iter().filter(|slot| **slot == Slot::Free).count());
            }
        }
    }
}
