//! Relaxation: how a colouring comes of an assignment with conflicts, if it may have a few colours more.
//!
//! The assignment with the fewest conflicts that the search for few colours has come to is the start of a short
//! tabu search with more colours, which has empty classes to remove conflicts with. How many more are needed is
//! guessed from the conflicts first, and then narrowed down by halves, as long as that comes below the best
//! colouring. An assignment that comes nearer is relaxed anew.

use serde::{Deserialize, Serialize};

/// Moves of each thread for a try, for each vertex: most of those that lead to a colouring take fewer.
const EFFORT: u64 = 30;

/// The least moves for a try.
const LEAST: u64 = 5_000;

/// Conflicts that one more class is guessed to remove, as a part of the size of a class: on DSJC500.5 and
/// DSJC1000.5 it is between half and all of it.
const REMOVED: (u64, u64) = (3, 4);

/// Conflicts that one more class may remove at the very best, by its size: with more of them no try is made.
const AT_BEST: u64 = 2;

/// What has been tried with the nearest assignment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Relaxation {
    /// Colours and conflicts of the assignment.
    of: (usize, u64),
    /// No colouring was found with so many colours, or fewer.
    vain: usize,
    /// Colours of the try that is under way, and the moves of each thread that are left of it.
    #[serde(skip)]
    under_way: Option<(usize, u64)>,
}

/// An assignment that can be relaxed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nearest {
    pub k: usize,
    pub conflicts: u64,
    pub vertices: usize,
}

impl Relaxation {
    /// With how many colours, fewer than `best`, to try it now; `None` if there is nothing to try.
    pub fn next(&mut self, nearest: Nearest, best: usize) -> Option<usize> {
        let Nearest { k, conflicts, vertices } = nearest;
        if self.of != (k, conflicts) {
            *self = Self { of: (k, conflicts), vain: k, under_way: None };
        }
        if let Some((colors, _)) = self.under_way.filter(|&(colors, _)| colors < best) {
            return Some(colors);
        }
        let most = best.checked_sub(1).filter(|&most| most > self.vain)?;
        let class = (vertices / k.max(1)).max(1) as u64;
        if conflicts > AT_BEST * class * (most - k) as u64 {
            return None;
        }
        let more = (conflicts * REMOVED.1).div_ceil(class * REMOVED.0) as usize;
        let colors = match self.vain == k {
            true => (k + more.max(1)).min(most),
            false => self.vain + (most - self.vain).div_ceil(2),
        };
        let moves = LEAST.max(EFFORT * vertices as u64);
        self.under_way = Some((colors, moves));
        Some(colors)
    }

    /// Moves of each thread that are left of the try that is under way.
    pub fn left(&self) -> u64 {
        self.under_way.map_or(0, |(_, left)| left)
    }

    /// Tries nothing before an assignment comes nearer.
    pub fn give_up(&mut self) {
        (self.vain, self.under_way) = (usize::MAX, None);
    }

    /// Books moves of each thread for the try that is under way. Whether it is over.
    pub fn book(&mut self, moves: u64) -> bool {
        let Some((colors, left)) = &mut self.under_way else { return true };
        *left = left.saturating_sub(moves.max(1));
        let is_over = *left == 0;
        if is_over {
            self.vain = *colors;
            self.under_way = None;
        }
        is_over
    }

    /// Forgets a try that is under way: it will be made anew.
    pub fn rest(&mut self) {
        self.under_way = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEAREST: Nearest = Nearest { k: 83, conflicts: 33, vertices: 1000 };

    /// The colours that are tried, where only those from `enough` on lead to a colouring.
    fn tried(
        relaxation: &mut Relaxation,
        nearest: Nearest,
        mut best: usize,
        enough: usize,
    ) -> Vec<usize> {
        let mut tried = Vec::new();
        while let Some(colors) = relaxation.next(nearest, best) {
            let moves = relaxation.left();
            tried.push(colors);
            if colors >= enough {
                best = colors;
            } else {
                assert!(!relaxation.book(moves - 1), "a move is left");
                assert!(relaxation.book(1));
            }
        }
        tried
    }

    #[test]
    fn the_fewest_colours_are_found_by_halves() {
        let tried = |enough| tried(&mut Relaxation::default(), NEAREST, 106, enough);
        assert_eq!(tried(87), [87, 86]);
        assert_eq!(tried(84), [87, 86, 85], "one class cannot remove 33 conflicts");
        assert_eq!(tried(90), [87, 96, 91, 89, 90]);
    }

    #[test]
    fn what_was_vain_is_not_tried_again_before_something_is_nearer() {
        let mut relaxation = Relaxation::default();
        assert_eq!(tried(&mut relaxation, NEAREST, 87, 87), [86]);
        assert_eq!(relaxation.next(NEAREST, 87), None);
        let nearer = Nearest { conflicts: 24, ..NEAREST };
        assert_eq!(tried(&mut relaxation, nearer, 87, 87), [86]);
        assert_eq!(tried(&mut relaxation, Nearest { conflicts: 18, ..NEAREST }, 87, 85), [85, 84]);
    }

    #[test]
    fn too_many_conflicts_are_not_tried() {
        let far = Nearest { conflicts: 400, ..NEAREST };
        assert_eq!(Relaxation::default().next(far, 95), None);
        assert_eq!(Relaxation::default().next(NEAREST, 84), None, "nothing lies between");
    }

    #[test]
    fn a_try_that_was_interrupted_is_made_anew() {
        let mut relaxation = Relaxation::default();
        let next = |relaxation: &mut Relaxation| (relaxation.next(NEAREST, 106), relaxation.left());
        let begun = next(&mut relaxation);
        relaxation.book(100);
        assert_eq!(next(&mut relaxation), (begun.0, begun.1 - 100));
        relaxation.rest();
        assert_eq!(next(&mut relaxation), begun);
    }
}
