//! Which number of colours a site tries next.
//!
//! To minimise, k is always one below the best colouring: the *descent*. A target changes nothing about
//! that until it is two colours away, so that whoever asks for too few colours has as good a colouring as
//! whoever asks for none, but for one colour. Then the target is searched *head on*: the colouring between
//! is no step on the way to it. But the target may be out of reach; so after a while the descent goes on
//! beside the search for the target: with half of the moves as long as it comes further, with a quarter
//! when it is stuck. Both keep their searches while the other has its turn.

use crate::Goal;
use crate::ledger::is_possible;
use serde::{Deserialize, Serialize};

/// Moves of the search for the target before the descent goes on: more than most targets take that can
/// be reached at all.
const HEAD_START: u64 = 16_000_000;

/// Moves head on for each move of the descent after that, if the descent is stuck.
const HEAD_ON_SHARE: u64 = 3;

/// Moves of the descent without a better colouring after which it is.
const PATIENCE: u64 = 16_000_000;

/// The target is searched head on from so many colours above it.
const NEAR: usize = 2;

/// What an attempt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// One colour less than the best.
    Descent,
    /// The target.
    HeadOn,
}

/// The moves of one site for each course, in the time of so many on a core.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Agenda {
    /// Moves of the search for the target, and of the descent since that began.
    moves: [u64; 2],
    /// Moves of the descent since the last better colouring.
    vain: u64,
}

impl Agenda {
    /// Whether it can be one that a run has come to.
    pub fn is_possible(&self) -> bool {
        self.moves.iter().chain([&self.vain]).all(|&count| is_possible(count))
    }

    /// What is next, and with how many colours, if the best colouring has `best` colours: more than
    /// the goal.
    pub fn next(&self, goal: Goal, best: usize) -> (Course, usize) {
        let down = (Course::Descent, best - 1);
        let Goal::Colors(target) = goal else { return down };
        let head_on = (Course::HeadOn, target);
        match best - target {
            // They are the same; what has been searched head on goes on.
            1 if self.moves[Course::HeadOn as usize] > 0 => head_on,
            NEAR if !self.descent_is_due() => head_on,
            _ => down,
        }
    }

    fn descent_is_due(&self) -> bool {
        let [descent, head_on] = self.moves;
        let share = if self.vain < PATIENCE { 1 } else { HEAD_ON_SHARE };
        head_on > HEAD_START && descent.saturating_mul(share) < head_on - HEAD_START
    }

    /// Books the moves of a turn, since the target was first searched head on.
    pub fn book(&mut self, course: Course, moves: u64) {
        if course == Course::HeadOn || self.moves[Course::HeadOn as usize] > 0 {
            self.moves[course as usize] += moves;
            self.vain += if course == Course::Descent { moves } else { 0 };
        }
    }

    /// There is a better colouring.
    pub fn improved(&mut self) {
        // What the descent was behind while it was stuck is not made up for.
        let [descent, head_on] = &mut self.moves;
        *descent = (*descent).max(head_on.saturating_sub(HEAD_START));
        self.vain = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_minimise_is_to_descend() {
        assert_eq!(Agenda::default().next(Goal::Minimize, 9), (Course::Descent, 8));
    }

    #[test]
    fn a_target_is_searched_once_it_is_near() {
        let agenda = Agenda::default();
        let next = |target| agenda.next(Goal::Colors(target), 9);
        assert_eq!(next(7), (Course::HeadOn, 7));
        assert_eq!(next(6), (Course::Descent, 8), "it is far");
        // One colour away they are the same.
        assert_eq!(next(8), (Course::Descent, 8));
    }

    #[test]
    fn the_descent_goes_on_beside_a_target_that_takes_long() {
        let mut agenda = Agenda::default();
        agenda.book(Course::Descent, 50 * HEAD_START);
        let goal = Goal::Colors(5);
        let turns = |agenda: &mut Agenda, best, million| {
            let mut made = [0u64; 2];
            for _ in 0..million {
                let (course, _) = agenda.next(goal, best);
                agenda.book(course, 1_000_000);
                made[course as usize] += 1;
            }
            made
        };
        let (start, patience) = (HEAD_START / 1_000_000 + 1, PATIENCE / 1_000_000);
        assert_eq!(turns(&mut agenda, 7, start), [0, start]);
        assert_eq!(turns(&mut agenda, 7, 2 * patience), [patience; 2], "in equal parts");
        assert_eq!(turns(&mut agenda, 7, 2 * patience), [0, 2 * patience], "it is stuck");
        assert_eq!(turns(&mut agenda, 7, 400), [100, 300]);
        agenda.improved();
        assert_eq!(turns(&mut agenda, 7, 10), [5, 5], "it is not");
        // One colour above the target there is nothing else to look for.
        assert_eq!(turns(&mut agenda, 6, 400), [0, 400]);
    }
}
