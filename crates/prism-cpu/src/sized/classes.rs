//! An assignment of colours as lists of the members of each class; a vertex moves in constant time.

use prism_core::Color;
use prism_core::memory::{OutOfMemory, try_vec};

/// See the top of this file.
#[derive(Clone, Debug)]
pub(super) struct Classes {
    colors: Vec<Color>,
    members: Vec<Vec<u32>>,
    /// By vertex, where it is in the list of its class.
    place: Vec<u32>,
}

impl Classes {
    /// The classes of `colors`, which are all below `k`.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn new(k: usize, colors: Vec<Color>) -> Result<Self, OutOfMemory> {
        let place = try_vec(colors.len(), 0)?;
        let mut classes = Self { colors, members: vec![Vec::new(); k], place };
        for v in 0..classes.colors.len() as u32 {
            let class = &mut classes.members[usize::from(classes.colors[v as usize])];
            classes.place[v as usize] = class.len() as u32;
            class.push(v);
        }
        Ok(classes)
    }

    /// Number of classes.
    pub fn k(&self) -> usize {
        self.members.len()
    }

    /// The colours, by vertex.
    pub fn colors(&self) -> &[Color] {
        &self.colors
    }

    /// The colour of `v`.
    #[inline]
    pub fn of(&self, v: u32) -> Color {
        self.colors[v as usize]
    }

    /// The vertices of a class, in no order.
    #[inline]
    pub fn members(&self, color: Color) -> &[u32] {
        &self.members[usize::from(color)]
    }

    /// The number of vertices of a class.
    #[inline]
    pub fn size(&self, color: Color) -> usize {
        self.members[usize::from(color)].len()
    }

    /// All classes.
    pub fn all(&self) -> std::ops::Range<Color> {
        0..self.members.len() as Color
    }

    /// Gives `v` another colour, or the one that it has.
    #[inline]
    pub fn recolor(&mut self, v: u32, color: Color) {
        self.remove(v);
        self.insert(v, color);
    }

    /// Takes `v` out of the list of its class. It keeps its colour until it is [inserted](Self::insert).
    #[inline]
    pub fn remove(&mut self, v: u32) {
        let at = self.place[v as usize] as usize;
        let left = &mut self.members[usize::from(self.colors[v as usize])];
        left.swap_remove(at);
        if let Some(&moved) = left.get(at) {
            self.place[moved as usize] = at as u32;
        }
    }

    /// Puts `v`, which is in no list, into a class.
    #[inline]
    pub fn insert(&mut self, v: u32, color: Color) {
        let joined = &mut self.members[usize::from(color)];
        self.place[v as usize] = joined.len() as u32;
        joined.push(v);
        self.colors[v as usize] = color;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn members_are_those_of_that_colour(
            start in prop::collection::vec(0u16..4, 9),
            moves in prop::collection::vec((0u32..9, 0u16..4), 0..40),
        ) {
            let mut classes = Classes::new(4, start).unwrap();
            for (v, color) in moves {
                classes.recolor(v, color);
                prop_assert_eq!(classes.of(v), color);
                for color in classes.all() {
                    let mut members = classes.members(color).to_vec();
                    members.sort_unstable();
                    let expected = (0..9).filter(|&v| classes.of(v) == color);
                    prop_assert!(members.into_iter().eq(expected));
                }
            }
        }
    }
}
