//! How even the classes of a colouring can be at best.

use prism_core::SizeRange;

/// What no proper colouring of the graph with as many colours goes below, within what was given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SizeBounds {
    /// The vertices of the largest class.
    pub largest: usize,
    /// The size of the largest class over that of the smallest, of all colours in use.
    pub ratio: f64,
}

impl SizeBounds {
    /// What follows from the numbers of vertices and colours alone.
    #[must_use]
    pub fn of(vertices: usize, colors: usize) -> Self {
        if colors == 0 || colors > vertices {
            return Self { largest: usize::from(vertices > 0), ratio: 1.0 };
        }
        let SizeRange { least, most } = SizeRange::even(vertices, colors);
        Self { largest: most, ratio: most as f64 / least as f64 }
    }

    /// The same where no smallest class has more than so many vertices, and no largest class fewer.
    pub(super) fn between(self, smallest: usize, largest: usize) -> Self {
        let largest = self.largest.max(largest);
        let ratio = largest as f64 / smallest.max(1) as f64;
        Self { largest, ratio: self.ratio.max(ratio) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_numbers_alone() {
        let of = |n, k| (SizeBounds::of(n, k).largest, SizeBounds::of(n, k).ratio);
        assert_eq!([of(7, 3), of(6, 3)], [(3, 1.5), (2, 1.0)]);
        assert_eq!([of(0, 0), of(3, 3)], [(0, 1.0), (1, 1.0)]);
        let bound = SizeBounds::of(10, 2).between(1, 9);
        assert_eq!((bound.largest, bound.ratio), (9, 9.0));
    }
}
