//! Which number of colours is tried next.
//!
//! To minimise, k is always one below the best colouring. To reach a target, k goes down one by one
//! while that is quick, and then the target is searched *head on*: colourings with more colours are
//! no step on the way to it. But it may be out of reach, and then the best colouring is what the user
//! gets; so after a while the *descent* goes on beside the search for the target: with half of the
//! moves as long as it comes further, with a quarter when it is stuck. Both keep their searches while
//! the other has its turn.

use crate::Goal;
use crate::attempt::Attempt;

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
    /// The target.
    HeadOn,
}

/// The attempts that are under way.
#[derive(Default)]
pub(crate) struct Agenda {
    attempts: [Option<Attempt>; 2],
    /// Moves of the search for the target, and of the descent since that began.
    moves: [u64; 2],
    /// Moves of the descent since the last better colouring.
    vain: u64,
}

impl Agenda {
    /// What is next, and with how many colours, if the best colouring has `best` colours: more than
    /// the goal.
    pub fn next(&self, goal: Goal, best: usize) -> (Course, usize) {
        let down = (Course::Descent, best - 1);
        let Goal::Colors(target) = goal else { return down };
        let head_on = (Course::HeadOn, target);
        let [descent, ahead] = &self.attempts;
        match (descent, ahead) {
            (_, Some(_)) if best - 1 == target || !self.descent_is_due() => head_on,
            (Some(attempt), None) if attempt.warmed_up && best - 1 > target => head_on,
            _ => down,
        }
    }

    fn descent_is_due(&self) -> bool {
        let [descent, head_on] = self.moves;
        let share = if self.vain < PATIENCE { 1 } else { HEAD_ON_SHARE };
        head_on > HEAD_START && descent.saturating_mul(share) < head_on - HEAD_START
    }

    /// The attempt of a course; none before its first turn and after a better colouring.
    pub fn attempt(&mut self, course: Course) -> &mut Option<Attempt> {
        &mut self.attempts[course as usize]
    }

    /// Books the moves of a turn.
    pub fn book(&mut self, course: Course, moves: u64) {
        if self.attempts[Course::HeadOn as usize].is_some() {
            self.moves[course as usize] += moves;
            self.vain += if course == Course::Descent { moves } else { 0 };
        }
    }

    /// Drops the attempts that a colouring with `best` colours makes pointless.
    pub fn improved(&mut self, best: usize) {
        // What the descent was behind while it was stuck is not made up for.
        let [descent, head_on] = &mut self.moves;
        *descent = (*descent).max(head_on.saturating_sub(HEAD_START));
        self.vain = 0;
        for attempt in &mut self.attempts {
            attempt.take_if(|attempt| attempt.k >= best);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StopHandle;
    use crate::attempt::Manner;
    use crate::stop::Alarm;
    use crate::strategy::Lean;
    use prism_core::{Coloring, Graph};

    /// An attempt at `k` colours for a clique of nine, whose colouring has nine.
    fn attempt(k: usize, warmed_up: bool) -> Option<Attempt> {
        let edges: Vec<_> = (0..9).flat_map(|u| (0..u).map(move |v| (u, v))).collect();
        let (clique, _) = Graph::from_edges(9, &edges).unwrap();
        let manner = Manner {
            threads: 1,
            seed: 0,
            attempts: 2,
            lean: Lean::Chance,
            preferred: None,
            alone: None,
        };
        let best = Coloring::from_colors((0..9).collect());
        let alarm = Alarm::new(StopHandle::new());
        let mut attempt = Attempt::new(&clique, k, &best, manner, &alarm).unwrap();
        attempt.warmed_up = warmed_up;
        Some(attempt)
    }

    #[test]
    fn to_minimise_is_to_descend() {
        let mut agenda = Agenda::default();
        assert_eq!(agenda.next(Goal::Minimize, 9), (Course::Descent, 8));
        *agenda.attempt(Course::Descent) = attempt(8, true);
        assert_eq!(agenda.next(Goal::Minimize, 9), (Course::Descent, 8));
    }

    #[test]
    fn a_target_is_searched_once_the_way_down_takes_long() {
        let mut agenda = Agenda::default();
        assert_eq!(agenda.next(Goal::Colors(5), 9), (Course::Descent, 8));
        *agenda.attempt(Course::Descent) = attempt(8, false);
        assert_eq!(agenda.next(Goal::Colors(5), 9), (Course::Descent, 8));
        agenda.attempt(Course::Descent).as_mut().unwrap().warmed_up = true;
        assert_eq!(agenda.next(Goal::Colors(5), 9), (Course::HeadOn, 5));
        // One colour away they are the same.
        assert_eq!(agenda.next(Goal::Colors(8), 9), (Course::Descent, 8));
    }

    #[test]
    fn the_descent_goes_on_beside_a_target_that_takes_long() {
        let mut agenda = Agenda::default();
        agenda.book(Course::Descent, 50 * HEAD_START);
        *agenda.attempt(Course::HeadOn) = attempt(5, false);
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
        assert_eq!(turns(&mut agenda, 9, start), [0, start]);
        assert_eq!(turns(&mut agenda, 9, 2 * patience), [patience; 2], "in equal parts");
        assert_eq!(turns(&mut agenda, 9, 2 * patience), [0, 2 * patience], "it is stuck");
        assert_eq!(turns(&mut agenda, 9, 400), [100, 300]);
        agenda.improved(8);
        assert_eq!(turns(&mut agenda, 8, 10), [5, 5], "it is not");
        // A better colouring leaves the search for the target alone.
        *agenda.attempt(Course::Descent) = attempt(7, true);
        agenda.improved(7);
        assert!(agenda.attempt(Course::Descent).is_none());
        assert!(agenda.attempt(Course::HeadOn).is_some());
        // One colour above the target there is nothing else to look for.
        assert_eq!(turns(&mut agenda, 6, 400), [0, 400]);
    }
}
