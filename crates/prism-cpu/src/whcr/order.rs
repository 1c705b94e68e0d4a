//! Which move is better: one order for all moves of an iteration, in which no two are equal.
//!
//! Fewer conflicts come first, then the vertices that are favoured. What is equal then is ordered by
//! chance: vertices by u -> u * factor + shift modulo a power of two, with an odd factor, and colours by
//! c -> c ^ flip. Factor, shift and flip are drawn anew for each iteration.

use prism_core::Color;
use std::cmp::Reverse;

/// The order of a kernel, which has 12 bits for a slot, is modulo this.
const KERNEL_ORDER: usize = 1 << 12;

/// The random numbers of an iteration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw {
    /// Odd.
    factor: u32,
    shift: u32,
    flip: u32,
    /// The slots' order is modulo a power of two; this is one less.
    mask: u32,
    /// For the tenure.
    pub(super) tenure: u32,
    /// For the way down the hierarchy.
    pub(super) focus: u32,
}

impl Draw {
    /// The numbers for so many slots. A kernel has 12 bits of shift and 8 of flip, from the second word.
    /// The fourth gives what more slots need, and more colours: with as many as a kernel takes, these
    /// bits are the same in all that is compared.
    pub(super) fn new(random: [u32; 4], slots: usize) -> Self {
        let order = slots.next_power_of_two().max(KERNEL_ORDER);
        Self {
            factor: random[0] | 1,
            shift: random[1] & 0xfff | random[3] << 12,
            flip: random[1] >> 12 & 0xff | (random[3] >> 24) << 8,
            mask: (order - 1) as u32,
            tenure: random[2],
            focus: random[3],
        }
    }

    fn order(&self, slot: u32) -> u32 {
        slot.wrapping_mul(self.factor).wrapping_add(self.shift) & self.mask
    }

    /// Of colours and what each counts, the least count and the shade of the first colour that has it.
    pub(super) fn least(&self, counts: impl Iterator<Item = (u32, Color)>) -> Option<(u32, u32)> {
        counts.map(|(count, color)| (count, u32::from(color) ^ self.flip)).min()
    }
}

/// A move in the order of an iteration: the least is the best.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Key {
    change: i64,
    favour: Reverse<u32>,
    order: u32,
    /// The colour as `flip` has it.
    shade: u32,
}

impl Key {
    /// The move of the vertex in `slot`, with `own` conflicts, to a colour with `count`.
    pub(super) fn new(
        count: u32,
        own: u32,
        favour: u32,
        slot: u32,
        shade: u32,
        draw: &Draw,
    ) -> Self {
        Self {
            change: i64::from(count) - i64::from(own),
            favour: Reverse(favour),
            order: draw.order(slot),
            shade,
        }
    }

    /// By how much the conflicting edges become more.
    pub(super) fn change(&self) -> i64 {
        self.change
    }

    pub(super) fn color(&self, draw: &Draw) -> Color {
        (self.shade ^ draw.flip) as Color
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A move: count, own conflicts, favour, slot, colour.
    type Parts = (u32, u32, u32, u32, Color);

    fn key(parts: Parts, draw: &Draw) -> Key {
        let (count, own, favour, slot, color) = parts;
        Key::new(count, own, favour, slot, u32::from(color) ^ draw.flip, draw)
    }

    /// The key as `repair.cuh` packs it, from the words that were drawn.
    fn packed(parts: Parts, random: [u32; 4]) -> u32 {
        let (count, own, favour, slot, color) = parts;
        let (shift, flip) = (random[1] % 4096, random[1] / 4096 % 256);
        let order = slot.wrapping_mul(random[0] | 1).wrapping_add(shift) % 4096;
        (count + 128 - own) << 23 | (7 - favour) << 20 | order << 8 | (u32::from(color) ^ flip)
    }

    fn parts() -> impl Strategy<Value = Parts> {
        // Few values, so that much is equal.
        (0u32..4, 1u32..4, 0u32..8, 0u32..4096, 0u16..128)
    }

    proptest! {
        #[test]
        fn moves_are_ordered_as_in_the_kernels(one in parts(), other in parts(), random: [u32; 4]) {
            let draw = Draw::new(random, 4096);
            prop_assert_eq!(
                key(one, &draw).cmp(&key(other, &draw)),
                packed(one, random).cmp(&packed(other, random))
            );
            prop_assert_eq!(key(one, &draw).color(&draw), one.4);
        }

        #[test]
        fn no_two_moves_are_equal(random: [u32; 4], slots in 1usize..100_000) {
            let draw = Draw::new(random, slots);
            let mut orders: Vec<u32> = (0..slots as u32).map(|slot| draw.order(slot)).collect();
            orders.sort_unstable();
            orders.dedup();
            prop_assert_eq!(orders.len(), slots);
        }
    }
}
