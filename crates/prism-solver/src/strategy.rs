//! The strategy on one page: which engine has the next turn on a site, and how long it lasts.
//!
//! No single search is good on every graph, so they take turns, and one of them, the leader, gets most
//! of the moves. In the first rotation the class of the graph says which one that is;
//! later it is the one that has come nearest to a colouring. The longer that does not help, the more
//! the others get. The one that solved the last k begins the next. Which engine speaks for which class
//! is data of the roster: [`Turns`].

use serde::{Deserialize, Serialize};

/// Which kind of graph it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum GraphClass {
    /// A clique explains most of the colours: geometric graphs, registers, timetables, Leighton's.
    Structured,
    /// It does not: random and flat graphs.
    Random,
}

impl GraphClass {
    /// Of a graph with a clique of that size that was coloured quickly with so many colours.
    pub fn of(clique: usize, colors: usize) -> Self {
        if 5 * clique >= 4 * colors { Self::Structured } else { Self::Random }
    }
}

/// When an engine has its turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turns {
    /// On graphs where a clique explains most of the colours; none if not at all.
    pub structured: Option<Turn>,
    /// On the others.
    pub random: Option<Turn>,
}

/// An engine's part in a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Engines have their turns in the order of this number.
    pub place: u8,
    /// Its share of the moves while it does not lead: in the first rotations, and later.
    pub weights: [u64; 2],
    /// Whether it leads until it is known how near each one comes.
    pub leads: bool,
    /// The engines that contain this one. How near this one comes counts for the first of them that takes
    /// part, which leads in its place.
    pub speaks_for: &'static [&'static str],
}

impl Turns {
    /// Only if it is asked for, or nothing else fits into memory.
    pub const NEVER: Self = Self { structured: None, random: None };

    /// The part on graphs of a class.
    pub(crate) fn on(&self, class: GraphClass) -> Option<Turn> {
        match class {
            GraphClass::Structured => self.structured,
            GraphClass::Random => self.random,
        }
    }
}

impl Turn {
    /// A small part at that place.
    #[must_use]
    pub const fn at(place: u8) -> Self {
        Self { place, weights: [4, 4], leads: false, speaks_for: &[] }
    }
}

/// The share of the leader, in the first rotations and in the long run.
const LEADER: [u64; 2] = [64, 24];

/// Rotations with the first shares.
const EARLY: u32 = 8;

/// The turns of every later rotation are longer by half.
const GROWTH: (u64, u64) = (3, 2);

/// One engine in a rotation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Player {
    /// The number of its row in the roster.
    pub row: usize,
    pub turn: Turn,
    /// The row of the engine that it speaks for, if that takes part.
    pub speaks_for: Option<usize>,
    /// Its moves in the time of one on a core.
    pub scale: u64,
}

impl Player {
    /// One that has every turn, as there is no other.
    pub fn alone(row: usize, scale: u64) -> Self {
        Self { row, turn: Turn::at(0), speaks_for: None, scale }
    }
}

/// Whose turn it is on one site, and how long it lasts.
#[derive(Clone, Debug)]
pub(crate) struct Rotation {
    /// In the order of their turns.
    players: Vec<Player>,
    /// The row of the leader.
    leader: usize,
    /// By player, the least that its last turn has left wrong: conflicting edges or uncoloured vertices.
    nearest: Vec<u64>,
    at: usize,
    finished: u32,
    /// Moves of a share of 1, in the time of so many on a core.
    unit: u64,
}

/// How a rotation stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    /// The rows of the players, in the order of their turns.
    pub rows: Vec<usize>,
    leader: usize,
    nearest: Vec<u64>,
    at: usize,
    finished: u32,
    unit: u64,
}

/// Moves of a share of 1 in the first rotation, each thread.
const FIRST_UNIT: u64 = 5_000;

impl Rotation {
    /// The players take turns. The one of the row `preferred` begins, if it takes part. There has to be
    /// a player.
    pub fn new(mut players: Vec<Player>, preferred: Option<usize>) -> Self {
        players.sort_by_key(|player| player.turn.place);
        let leader = players.iter().find(|player| player.turn.leads).or(players.first());
        let leader = leader.map_or(0, |player| player.row);
        if let Some(at) = players.iter().position(|player| Some(player.row) == preferred) {
            players[..=at].rotate_right(1);
        }
        let nearest = vec![u64::MAX; players.len()];
        Self { players, leader, nearest, at: 0, finished: 0, unit: FIRST_UNIT }
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        let Self { players, leader, nearest, at, finished, unit } = self;
        let rows = players.iter().map(|player| player.row).collect();
        let (leader, at, finished, unit) = (*leader, *at, *finished, *unit);
        Standing { rows, leader, nearest: nearest.clone(), at, finished, unit }
    }

    /// One of these players that stands as another one did; `None` if it had others.
    pub fn resume(mut players: Vec<Player>, standing: &Standing) -> Option<Self> {
        let Standing { rows, leader, nearest, at, finished, unit } = standing;
        let place = |player: &Player| rows.iter().position(|&row| row == player.row);
        let are_all_there = players.iter().all(|player| place(player).is_some())
            && [players.len(), nearest.len()] == [rows.len(); 2]
            && *at < rows.len()
            && *finished < u32::MAX >> 1
            && rows.contains(leader);
        players.sort_by_key(place);
        let nearest = nearest.clone();
        let (leader, at, finished, unit) = (*leader, *at, *finished, *unit);
        are_all_there.then_some(Self { players, leader, nearest, at, finished, unit })
    }

    /// The engine whose turn it is, and the moves of a core that each thread gets for it: the engine makes
    /// its scale times as many.
    pub fn turn(&self) -> (Player, u64) {
        let player = self.players[self.at];
        let late = usize::from(self.finished >= EARLY);
        let weights = if player.row == self.leader { LEADER } else { player.turn.weights };
        (player, self.unit.saturating_mul(weights[late]))
    }

    /// Whether the engine of this row has all the turns.
    pub fn is_left_to(&self, row: usize) -> bool {
        self.players.iter().all(|player| player.row == row)
    }

    /// The turn has passed, and has left `wrong` conflicting edges or uncoloured vertices.
    pub fn pass(&mut self, wrong: u64) {
        self.nearest[self.at] = wrong;
        self.at += 1;
        if self.at == self.players.len() {
            self.at = 0;
            self.finished += 1;
            self.unit = self.unit.saturating_mul(GROWTH.0) / GROWTH.1;
            self.elect();
        }
    }

    /// Another engine takes the lead when it leaves at most half of what the leader does: less than
    /// that is luck.
    fn elect(&mut self) {
        let candidates = self.players.iter().filter(|player| player.speaks_for.is_none());
        let best = candidates.map(|player| (self.reach(player.row), player.row)).min();
        if let Some((nearest, row)) = best
            && nearest.saturating_mul(2) <= self.reach(self.leader)
        {
            self.leader = row;
        }
    }

    /// How near an engine has come, or one that speaks for it.
    fn reach(&self, row: usize) -> u64 {
        let counts = |player: &Player| player.speaks_for.unwrap_or(player.row) == row;
        let players = self.players.iter().zip(&self.nearest);
        players.filter(|(player, _)| counts(player)).map(|(_, &nearest)| nearest).min().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four engines, of which number 3 leads and number 2 speaks for it.
    fn rotation(preferred: Option<usize>) -> Rotation {
        let player = |row, turn| Player { turn, ..Player::alone(row, 1) };
        let players = vec![
            player(3, Turn { weights: [8, 8], leads: true, ..Turn::at(2) }),
            player(1, Turn { weights: [4, 24], ..Turn::at(3) }),
            Player { speaks_for: Some(3), ..player(2, Turn::at(0)) },
            player(0, Turn::at(1)),
        ];
        Rotation::new(players, preferred)
    }

    /// The turns of a rotation in which every engine leaves what `wrong` says.
    fn rotate(rotation: &mut Rotation, wrong: impl Fn(usize) -> u64) -> Vec<(usize, u64)> {
        let mut turns = Vec::new();
        for _ in 0..rotation.players.len() {
            let (player, moves) = rotation.turn();
            rotation.pass(wrong(player.row));
            turns.push((player.row, moves));
        }
        turns
    }

    fn moves(turns: &[(usize, u64)], row: usize) -> u64 {
        turns.iter().find(|turn| turn.0 == row).map_or(0, |turn| turn.1)
    }

    fn lead(turns: &[(usize, u64)]) -> Option<usize> {
        let all: u64 = turns.iter().map(|turn| turn.1).sum();
        turns.iter().find(|turn| 2 * turn.1 > all).map(|turn| turn.0)
    }

    #[test]
    fn a_large_clique_is_structure_and_a_small_one_chance() {
        assert_eq!(GraphClass::of(65, 67), GraphClass::Structured);
        assert_eq!(GraphClass::of(12, 37), GraphClass::Random);
    }

    #[test]
    fn turns_are_taken_by_place_and_the_preferred_one_begins() {
        let rows = |turns: Vec<(usize, u64)>| turns.iter().map(|turn| turn.0).collect::<Vec<_>>();
        assert_eq!(rows(rotate(&mut rotation(None), |_| 7)), [2, 0, 3, 1]);
        for preferred in 0..4 {
            let mut rotation = rotation(Some(preferred));
            assert_eq!(rotation.turn().0.row, preferred);
            for _ in 0..3 {
                let mut turns = rows(rotate(&mut rotation, |_| 7));
                turns.sort_unstable();
                assert_eq!(turns, [0, 1, 2, 3]);
            }
        }
        assert_eq!(rotation(Some(9)).turn().0.row, 2, "nobody is preferred who takes no part");
    }

    #[test]
    fn the_class_leads_at_first_and_the_nearest_later() {
        for nearest in 0..4 {
            let mut rotation = rotation(None);
            let wrong = |row| if row == nearest { 2 } else { 4 };
            assert_eq!(lead(&rotate(&mut rotation, wrong)), Some(3));
            let leader = if nearest == 2 { 3 } else { nearest };
            assert_eq!(lead(&rotate(&mut rotation, wrong)), Some(leader));
        }
    }

    #[test]
    fn a_little_nearer_is_not_enough_to_lead_and_of_equals_the_first_row_does() {
        let mut rotation = rotation(None);
        let little = |row| if row == 0 { 3 } else { 4 };
        rotate(&mut rotation, little);
        assert_eq!(lead(&rotate(&mut rotation, little)), Some(3));
        rotate(&mut rotation, |row| if row < 2 { 1 } else { 4 });
        assert_eq!(lead(&rotate(&mut rotation, |_| 4)), Some(0));
    }

    #[test]
    fn one_engine_alone_has_every_turn() {
        let mut rotation = Rotation::new(vec![Player::alone(5, 1)], None);
        assert_eq!(rotation.turn().1, LEADER[0] * FIRST_UNIT);
        for _ in 0..9 {
            rotation.pass(3);
            assert_eq!(rotation.turn().0.row, 5);
        }
    }

    #[test]
    fn who_leads_goes_on_leading_while_nobody_is_nearer_and_turns_get_longer() {
        let mut rotation = rotation(None);
        let first = rotate(&mut rotation, |_| 5);
        let mut last = first.clone();
        for _ in 0..20 {
            last = rotate(&mut rotation, |_| 5);
            let most = last.iter().map(|turn| turn.1).max();
            assert_eq!(most, Some(moves(&last, 3)));
        }
        assert!((0..4).all(|row| moves(&last, row) > moves(&first, row)));
        let share = |turns: &[(usize, u64)]| moves(turns, 3) / moves(turns, 2);
        assert!(share(&last) < share(&first), "others get more the longer it takes");
    }
}
