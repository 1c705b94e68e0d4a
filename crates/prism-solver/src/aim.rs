//! How few colours are searched while the best colouring has many more: the *aim*.
//!
//! On graphs of chance a search for few colours is the shortest way to fewer of them. What it has come to,
//! conflicts and all, is [relaxed](crate::relaxation) to a colouring with some more colours, long before there
//! is one without conflicts; a descent colour by colour solves each number to the last conflict first. So the
//! aim is the target, if that is not far away. Otherwise the descent goes on as long as it is easy, and then the
//! aim is a number as low as one may hope for.
//! The population of DSJC1000.5 with 83 colours is worth 85 after 13 million moves, and the descent had that
//! after 64 million. Aims that are out of reach are worth somewhat less: with 79 there are 88 colours after 8
//! million moves, with 83 there are 87, and with 75 there are 90.
//!
//! On structured graphs, where a clique says what is possible, the first colouring is near the last, and
//! conflicts say little. There the [descent](crate::agenda) is what comes to a target.

use crate::Goal;
use crate::ledger::is_possible;
use crate::strategy::GraphClass;
use serde::{Deserialize, Serialize};

/// How far a target is searched at once, as the part of the colours that it takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// One in four: greedy colourings of random graphs have up to that many more colours than the best known
    /// ones. For an engine that was chosen for that target.
    Far,
    /// One in eight, which is what is left where the descent is no longer easy. Populations come to a hard
    /// target in less time than to those above it and then to it.
    Near,
    /// As far as the aim without a target is. Two individuals that search for 83 colours of DSJC1000.5 are two
    /// colours behind those that search for 86 first, for half a minute.
    Stages,
}

/// On structured graphs a target is the aim from so many colours above it.
const NEAR: usize = 2;

/// Moves of each thread without a better colouring after which the descent is no longer easy: what tabu search
/// has in its first turn.
const EASY: u64 = 20_000;

/// The part of the colours that the first aim takes off, one in ten: 94 colours of DSJC1000.5 become 85.
const FIRST: usize = 10;

/// The part that later ones take off, one in forty: 85 colours become 83.
const LATER: usize = 40;

/// Moves for each pair of vertices without a better colouring after which an aim of one's own is out of reach;
/// or half of all moves so far, if those are more.
const PATIENCE: u64 = 8;

/// What is aimed at, and how long ago something was better.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Aim {
    /// The number of colours that was chosen, if one was.
    own: Option<usize>,
    /// Moves of all sites, in the time of so many on a core.
    moves: u64,
    /// Those since the last better colouring, or since the aim was changed.
    vain: u64,
}

/// What an aim depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outline {
    pub class: GraphClass,
    pub vertices: usize,
    /// Threads of all sites.
    pub threads: usize,
    /// No colouring has fewer colours.
    pub bound: usize,
    pub reach: Reach,
}

/// What is searched beside the descent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ahead {
    /// Nothing.
    Nothing,
    /// The target, which is not to be reached for the sake of what lies between alone.
    Target(usize),
    /// A number of colours that was chosen for what lies between.
    Own(usize),
}

impl Aim {
    /// Whether it can be one that a run has come to.
    pub fn is_possible(&self) -> bool {
        is_possible(self.moves) && self.vain <= self.moves
    }

    /// What to search if the best colouring has `best` colours, more than the goal and than the lower bound.
    pub fn next(&mut self, goal: Goal, graph: Outline, best: usize) -> Ahead {
        let Outline { class, bound, reach, .. } = graph;
        if class == GraphClass::Structured {
            return match goal {
                Goal::Colors(target) if best - target <= NEAR => Ahead::Target(target),
                _ => Ahead::Nothing,
            };
        }
        let is_near = |target: usize| match reach {
            Reach::Far => (best - target) * 4 <= best,
            Reach::Near => (best - target) * 8 <= best,
            Reach::Stages => false,
        };
        if let Goal::Colors(target) = goal
            && is_near(target)
        {
            return Ahead::Target(target);
        }
        match (self.choose(graph, best), goal) {
            (None, _) => Ahead::Nothing,
            (Some(own), Goal::Colors(target)) if own <= target => Ahead::Target(target),
            (Some(own), _) => Ahead::Own(own.max(bound).min(best - 1)),
        }
    }

    /// A number of colours below `best`; none while the descent is easy.
    fn choose(&mut self, graph: Outline, best: usize) -> Option<usize> {
        let below = |part: usize| best - (best / part).max(1);
        let own = match self.own {
            None if self.vain < EASY * graph.threads as u64 => return None,
            None => below(FIRST),
            Some(own) if own >= best => below(LATER),
            Some(own) if self.is_vain(graph.vertices) => {
                self.vain = 0;
                best - ((best - own) / 2).max(1)
            }
            Some(own) => own,
        };
        self.own = Some(own);
        self.own
    }

    fn is_vain(&self, vertices: usize) -> bool {
        let patience = PATIENCE * vertices as u64 * vertices as u64;
        self.vain > patience.max((self.moves - self.vain) / 2)
    }

    /// Books moves of a site.
    pub fn book(&mut self, moves: u64) {
        self.moves += moves;
        self.vain += moves;
    }

    /// There is a better colouring.
    pub fn improved(&mut self) {
        self.vain = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use GraphClass::{Random, Structured};

    const VERTICES: usize = 1000;
    const PATIENT: u64 = PATIENCE * (VERTICES * VERTICES) as u64;

    fn outline(class: GraphClass) -> Outline {
        Outline { class, vertices: VERTICES, threads: 2, bound: 9, reach: Reach::Stages }
    }

    #[test]
    fn a_target_is_aimed_at_where_it_is_not_far() {
        let next = |reach, target, best| {
            let outline = Outline { reach, ..outline(Random) };
            Aim::default().next(Goal::Colors(target), outline, best)
        };
        assert_eq!(next(Reach::Far, 83, 106), Ahead::Target(83));
        assert_eq!(next(Reach::Far, 82, 110), Ahead::Nothing, "it takes more than a quarter");
        assert_eq!(next(Reach::Near, 83, 94), Ahead::Target(83));
        assert_eq!(next(Reach::Near, 83, 96), Ahead::Nothing);
        assert_eq!(next(Reach::Stages, 93, 94), Ahead::Nothing, "it is easy");
    }

    #[test]
    fn a_target_is_come_to_in_stages_as_if_there_were_none() {
        let (mut aim, mut other) = (Aim::default(), Aim::default());
        for (best, moves) in [(94, 0), (94, 2 * EASY), (90, 100), (85, 100), (84, 3 * PATIENT)] {
            aim.book(moves);
            other.book(moves);
            let expected = match other.next(Goal::Minimize, outline(Random), best) {
                Ahead::Own(own) if own <= 82 => Ahead::Target(82),
                ahead => ahead,
            };
            assert_eq!(aim.next(Goal::Colors(82), outline(Random), best), expected);
        }
    }

    #[test]
    fn structured_graphs_are_descended() {
        let next = |goal, best| Aim::default().next(goal, outline(Structured), best);
        assert_eq!(next(Goal::Minimize, 50), Ahead::Nothing);
        assert_eq!(next(Goal::Colors(47), 50), Ahead::Nothing);
        assert_eq!(next(Goal::Colors(48), 50), Ahead::Target(48));
    }

    #[test]
    fn an_aim_lasts_until_it_is_reached_or_vain() {
        let mut aim = Aim::default();
        aim.book(2 * EASY);
        assert_eq!(aim.next(Goal::Colors(7), outline(Random), 10), Ahead::Own(9), "the bound");
        let mut aim = Aim::default();
        let next = |aim: &mut Aim, best| aim.next(Goal::Minimize, outline(Random), best);
        aim.book(2 * EASY - 1);
        assert_eq!(next(&mut aim, 94), Ahead::Nothing, "it is easy");
        aim.book(1);
        assert_eq!(next(&mut aim, 94), Ahead::Own(85));
        aim.improved();
        aim.book(PATIENT);
        assert_eq!(next(&mut aim, 90), Ahead::Own(85));
        aim.improved();
        assert_eq!(next(&mut aim, 85), Ahead::Own(83));
        aim.book(PATIENT + 1);
        assert_eq!(next(&mut aim, 85), Ahead::Own(84));
        aim.book(3 * PATIENT);
        assert_eq!(next(&mut aim, 85), Ahead::Own(84), "nothing lies between");
        // The longer a run has lasted, the longer it waits.
        aim.improved();
        assert_eq!(next(&mut aim, 84), Ahead::Own(82));
        aim.book(PATIENT + 1);
        assert_eq!(next(&mut aim, 84), Ahead::Own(82));
        aim.book(2 * PATIENT);
        assert_eq!(next(&mut aim, 84), Ahead::Own(83));
    }
}
