//! Leaky integrators of the conflict history of every vertex, at two time constants: the state of
//! dendritic WHCR (compare the reservoirs of Jaeger 2001, and clause weights in local search: Hutter,
//! Tompkins and Hoos 2002).
//!
//! The fast one says how often the vertex has been in conflict of late, and lengthens its tenure, which
//! damps oscillation. The slow one says how stubborn it is, and breaks ties between moves in its favour.
//! Both are integers: after a long conflict they stand still at 128.

use super::table::Table;

/// Iterations between two updates of the fast integrators.
const FAST_PERIOD: u64 = 16;

/// Iterations between two updates of the slow ones.
const SLOW_PERIOD: u64 = 256;

/// By slot.
#[derive(Clone, Debug)]
pub(super) struct Integrators {
    fast: Vec<u8>,
    slow: Vec<u8>,
}

impl Integrators {
    pub(super) fn new(slots: usize) -> Self {
        Self { fast: vec![0; slots], slow: vec![0; slots] }
    }

    /// Lets them leak, and adds what is in conflict now; for most values of `next`, nothing.
    pub(super) fn integrate(&mut self, next: u64, table: &Table) {
        if next.is_multiple_of(FAST_PERIOD) {
            for (fast, slot) in self.fast.iter_mut().zip(0..) {
                *fast = *fast - *fast / 4 + if table.is_conflicting(slot) { 32 } else { 0 };
            }
        }
        if next.is_multiple_of(SLOW_PERIOD) {
            for (slow, fast) in self.slow.iter_mut().zip(&self.fast) {
                *slow = *slow - *slow / 8 + if *fast >= 64 { 16 } else { 0 };
            }
        }
    }

    /// Iterations by which a bar lasts longer: 0 to 3.
    pub(super) fn damping(&self, slot: u32) -> u32 {
        u32::from(self.fast[slot as usize].min(127) / 32)
    }

    /// How a vertex is favoured among moves of equal gain: 0 to 7.
    pub(super) fn favour(&self, slot: u32) -> u32 {
        u32::from(self.slow[slot as usize].min(127) / 16)
    }

    /// Takes over what [`Integrators::values`] gave, one after the other.
    pub(super) fn set(&mut self, values: &[u8]) {
        let (fast, slow) = values.split_at(self.fast.len());
        self.fast.copy_from_slice(fast);
        self.slow.copy_from_slice(slow);
    }

    /// The fast and the slow ones.
    pub(super) fn values(&self) -> (&[u8], &[u8]) {
        (&self.fast, &self.slow)
    }
}
