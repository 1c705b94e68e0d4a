//! Which number of colours a site tries next.
//!
//! The *descent* tries one colour less than the best colouring has. The [aim](crate::aim) is searched *head on*,
//! and while it is, what that comes to is [relaxed](crate::relaxation). But a target may be out of reach; so
//! after a while the descent goes on beside the search for it: with half of the moves as long as it comes
//! further, with a quarter when it is stuck. Both keep their searches while the other has its turn.

use crate::aim::Ahead;
use crate::ledger::is_possible;
use serde::{Deserialize, Serialize};

/// Moves of the search for the target before the descent goes on: more than most targets take that can
/// be reached at all.
const HEAD_START: u64 = 16_000_000;

/// Moves head on for each move of the descent after that, if the descent is stuck.
const HEAD_ON_SHARE: u64 = 3;

/// Moves of the descent without a better colouring after which it is.
const PATIENCE: u64 = 16_000_000;

/// What an attempt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// One colour less than the best.
    Descent,
    /// The aim.
    HeadOn,
    /// What the nearest assignment to the aim is worth.
    Relaxation,
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
    pub fn next(&self, ahead: Ahead, best: usize) -> (Course, usize) {
        match ahead {
            Ahead::Nothing => (Course::Descent, best - 1),
            Ahead::Target(k) if best - k > 1 && self.descent_is_due() => {
                (Course::Descent, best - 1)
            }
            Ahead::Target(k) | Ahead::Own(k) => (Course::HeadOn, k),
        }
    }

    fn descent_is_due(&self) -> bool {
        let [descent, head_on] = self.moves;
        let share = if self.vain < PATIENCE { 1 } else { HEAD_ON_SHARE };
        head_on > HEAD_START && descent.saturating_mul(share) < head_on - HEAD_START
    }

    /// Books the moves of a turn, since the target was first searched head on.
    pub fn book(&mut self, course: Course, moves: u64) {
        let [descent, head_on] = &mut self.moves;
        match course {
            Course::HeadOn => *head_on += moves,
            Course::Descent if *head_on > 0 => {
                *descent += moves;
                self.vain += moves;
            }
            Course::Descent | Course::Relaxation => {}
        }
    }

    /// There is a better colouring, by the descent.
    pub fn descended(&mut self) {
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
        assert_eq!(Agenda::default().next(Ahead::Nothing, 9), (Course::Descent, 8));
    }

    #[test]
    fn the_aim_is_searched_head_on() {
        let agenda = Agenda::default();
        for aim in [5, 7, 8] {
            assert_eq!(agenda.next(Ahead::Target(aim), 9), (Course::HeadOn, aim));
            assert_eq!(agenda.next(Ahead::Own(aim), 9), (Course::HeadOn, aim));
        }
    }

    #[test]
    fn the_descent_goes_on_beside_a_target_that_takes_long() {
        let mut agenda = Agenda::default();
        agenda.book(Course::Descent, 50 * HEAD_START);
        let target = Ahead::Target(5);
        let turns = |agenda: &mut Agenda, best, million| {
            let mut made = [0u64; 2];
            for _ in 0..million {
                let (course, _) = agenda.next(target, best);
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
        agenda.descended();
        assert_eq!(turns(&mut agenda, 7, 10), [5, 5], "it is not");
        // One colour above the target there is nothing else to look for.
        assert_eq!(turns(&mut agenda, 6, 400), [0, 400]);
    }
}
