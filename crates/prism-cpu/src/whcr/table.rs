//! How many neighbours of each colour every vertex has, and which colours are barred for it.
//!
//! As in the kernels a bar is the top bit of a count. A vertex's own colour is always barred for it.

use crate::conflict_list::ConflictList;
use prism_core::memory::{OutOfMemory, try_zeroed};
use prism_core::{Color, Graph};

const BARRED: u32 = 1 << 31;

/// An assignment of k colours to slots, and what follows from it.
#[derive(Clone, Debug)]
pub(super) struct Table {
    k: usize,
    /// By slot.
    colors: Vec<Color>,
    /// By slot and colour.
    counts: Vec<u32>,
    largest_count: u32,
    conflicts: u64,
    conflicting: ConflictList,
}

impl Table {
    /// # Errors
    /// [`OutOfMemory`]: there is no room for the counts.
    ///
    /// # Panics
    /// If a colour is not below `k`.
    pub(super) fn new(
        graph: &Graph<'_>,
        k: usize,
        colors: Vec<Color>,
    ) -> Result<Self, OutOfMemory> {
        let mut table = Self {
            k,
            counts: try_zeroed(graph.n() * k)?,
            largest_count: 0,
            conflicts: 0,
            conflicting: ConflictList::new(graph.n())?,
            colors: vec![0; graph.n()],
        };
        table.load(graph, &colors, 0);
        Ok(table)
    }

    /// Counts everything anew. Nothing is barred but the own colours, and no count was above `largest` before.
    ///
    /// # Panics
    /// If a colour is not below k.
    pub(super) fn load(&mut self, graph: &Graph<'_>, colors: &[Color], largest: u32) {
        let k = self.k;
        assert!(colors.iter().all(|&color| usize::from(color) < k), "colours are below {k}");
        self.colors.copy_from_slice(colors);
        self.counts.fill(0);
        for slot in graph.vertices() {
            for &neighbor in graph.neighbors(slot) {
                let at = self.at(slot, self.color(neighbor));
                self.counts[at] += 1;
            }
        }
        self.largest_count = self.counts.iter().copied().max().unwrap_or(0).max(largest);
        self.conflicting.clear();
        self.conflicts = 0;
        for slot in graph.vertices() {
            let own = self.at(slot, self.color(slot));
            self.conflicts += u64::from(self.counts[own]);
            if self.counts[own] > 0 {
                self.conflicting.insert(slot);
            }
            self.counts[own] |= BARRED;
        }
        self.conflicts /= 2;
    }

    fn at(&self, slot: u32, color: Color) -> usize {
        slot as usize * self.k + usize::from(color)
    }

    /// Colours.
    pub(super) fn k(&self) -> usize {
        self.k
    }

    pub(super) fn color(&self, slot: u32) -> Color {
        self.colors[slot as usize]
    }

    /// By slot.
    pub(super) fn colors(&self) -> &[Color] {
        &self.colors
    }

    /// Conflicting edges.
    pub(super) fn conflicts(&self) -> u64 {
        self.conflicts
    }

    /// How many neighbours of the vertex in `slot` have its colour.
    pub(super) fn conflicts_of(&self, slot: u32) -> u32 {
        self.counts[self.at(slot, self.color(slot))] & !BARRED
    }

    /// The slots of the conflicting vertices.
    pub(super) fn conflicting(&self) -> &[u32] {
        self.conflicting.vertices()
    }

    pub(super) fn is_conflicting(&self, slot: u32) -> bool {
        self.conflicting.contains(slot)
    }

    /// The largest count there ever was.
    pub(super) fn largest_count(&self) -> u32 {
        self.largest_count
    }

    fn row(&self, slot: u32) -> impl Iterator<Item = (u32, Color)> + '_ {
        let first = self.at(slot, 0);
        self.counts[first..first + self.k].iter().copied().zip(0..)
    }

    /// The colours and their counts, barred or not.
    pub(super) fn counts(&self, slot: u32) -> impl Iterator<Item = (u32, Color)> + '_ {
        self.row(slot).map(|(count, color)| (count & !BARRED, color))
    }

    /// The colours that are not barred, and their counts.
    pub(super) fn open(&self, slot: u32) -> impl Iterator<Item = (u32, Color)> + '_ {
        self.row(slot).filter(|(count, _)| count & BARRED == 0)
    }

    /// Gives a vertex another colour. The old one stays barred for it.
    pub(super) fn recolor(&mut self, graph: &Graph<'_>, slot: u32, to: Color) {
        let from = self.color(slot);
        let before = self.conflicts_of(slot);
        for &neighbor in graph.neighbors(slot) {
            let (less, more) = (self.at(neighbor, from), self.at(neighbor, to));
            self.counts[less] -= 1;
            self.counts[more] += 1;
            self.largest_count = self.largest_count.max(self.counts[more] & !BARRED);
            let color = self.color(neighbor);
            if color == from || color == to {
                self.relist(neighbor);
            }
        }
        self.colors[slot as usize] = to;
        let at = self.at(slot, to);
        self.counts[at] |= BARRED;
        self.relist(slot);
        self.conflicts = self.conflicts + u64::from(self.conflicts_of(slot)) - u64::from(before);
    }

    fn relist(&mut self, slot: u32) {
        match (self.conflicts_of(slot) > 0, self.conflicting.contains(slot)) {
            (true, false) => self.conflicting.insert(slot),
            (false, true) => self.conflicting.remove(slot),
            _ => {}
        }
    }

    /// Bars a colour for a vertex.
    #[cfg(test)]
    pub(super) fn bar(&mut self, slot: u32, color: Color) {
        let at = self.at(slot, color);
        self.counts[at] |= BARRED;
    }

    /// Ends the bar of a colour, unless it is the vertex's own.
    pub(super) fn unbar(&mut self, slot: u32, color: Color) {
        if self.color(slot) != color {
            let at = self.at(slot, color);
            self.counts[at] &= !BARRED;
        }
    }
}
