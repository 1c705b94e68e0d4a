//! The strategy on one page: which searches an attempt runs, in what order and in what shares.
//!
//! No single search is good on every graph. Guided ejection solves graphs with structure in
//! thousands of moves and random graphs hardly at all; memetic search is the other way round; plain
//! tabu search is quickest while k is still easy; PartialCol finds the hidden colouring of flat
//! graphs. They take turns, and one of them, the leader, gets most of the moves. In the first
//! rotation a [`Lean`] says which one that is; later it is the one that has come nearest to a
//! colouring. The longer that does not help, the more the others get; on graphs of chance
//! PartialCol as much as the leader, since how near it comes does not show whether there is a
//! hidden partition to find. The one that solved the last k begins the next.

/// A search for a fixed number of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    GuidedEjection,
    TabuCol,
    Memetic,
    PartialCol,
    /// For graphs too large for the tables of the others.
    IteratedGreedy,
    /// For those who ask for it: no graph is known on which it leads.
    Annealing,
}

impl Engine {
    /// How many there are.
    pub const COUNT: usize = 6;

    /// All of them.
    #[cfg(test)]
    pub const EVERY: [Self; Self::COUNT] = [
        Self::GuidedEjection,
        Self::TabuCol,
        Self::Memetic,
        Self::PartialCol,
        Self::IteratedGreedy,
        Self::Annealing,
    ];

    /// Those that take turns.
    #[cfg(test)]
    pub const IN_TURN: [Self; 4] =
        [Self::GuidedEjection, Self::TabuCol, Self::Memetic, Self::PartialCol];

    /// What users read.
    pub fn name(self) -> &'static str {
        match self {
            Self::GuidedEjection => "guided-ejection",
            Self::TabuCol => "tabucol",
            Self::Memetic => "memetic",
            Self::PartialCol => "partialcol",
            Self::IteratedGreedy => "iterated-greedy",
            Self::Annealing => "annealing",
        }
    }
}

/// Which kind of graph it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lean {
    /// A clique explains most of the colours: geometric graphs, registers, timetables, Leighton's.
    Structure,
    /// It does not: random and flat graphs.
    Chance,
}

impl Lean {
    /// Of a graph with a clique of that size that was coloured quickly with so many colours.
    pub fn of(clique: usize, colors: usize) -> Self {
        if 5 * clique >= 4 * colors { Self::Structure } else { Self::Chance }
    }

    /// Who leads until it is known how near each one comes.
    fn favourite(self) -> Engine {
        match self {
            Self::Structure => Engine::GuidedEjection,
            Self::Chance => Engine::Memetic,
        }
    }

    /// The engines in the order of their turns.
    fn order(self) -> [Engine; 4] {
        use Engine::{GuidedEjection, Memetic, PartialCol, TabuCol};
        match self {
            Self::Structure => [GuidedEjection, TabuCol, Memetic, PartialCol],
            Self::Chance => [TabuCol, GuidedEjection, Memetic, PartialCol],
        }
    }

    /// The share of moves of an engine that does not lead, at first or in the long run.
    fn weight(self, engine: Engine, honeymoon: bool) -> u64 {
        match (engine, self) {
            (Engine::PartialCol, Self::Chance) if !honeymoon => LEADER.1,
            (Engine::Memetic, _) => 8,
            _ => 4,
        }
    }
}

/// The share of the leader, in the first rotations and in the long run.
const LEADER: (u64, u64) = (64, 24);

/// Rotations with the first share of the leader.
const HONEYMOON: u32 = 8;

/// Moves of a turn of weight 1, each thread, in the first rotation.
const FIRST_TURN: u64 = 5_000;

/// The turns of every later rotation are longer by half.
const GROWTH: (u64, u64) = (3, 2);

/// Whose turn it is, and how long it lasts.
#[derive(Clone, Debug)]
pub(crate) struct Rotation {
    lean: Lean,
    order: Vec<Engine>,
    leader: Engine,
    /// The least that any turn has left wrong: conflicting edges or uncoloured vertices.
    nearest: [u64; Engine::COUNT],
    at: usize,
    finished: u32,
    unit: u64,
}

impl Rotation {
    /// `preferred` begins, whatever the lean.
    pub fn new(lean: Lean, preferred: Option<Engine>) -> Self {
        let mut order = lean.order();
        if let Some(at) = order.iter().position(|&engine| Some(engine) == preferred) {
            order[..=at].rotate_right(1);
        }
        Self::of(lean, order.to_vec(), lean.favourite())
    }

    /// One engine alone: the one asked for, or iterated greedy, which needs no tables.
    pub fn alone(engine: Engine) -> Self {
        // The lean is of no account: nobody else can lead.
        Self::of(Lean::Chance, vec![engine], engine)
    }

    fn of(lean: Lean, order: Vec<Engine>, leader: Engine) -> Self {
        let nearest = [u64::MAX; Engine::COUNT];
        Self { lean, order, leader, nearest, at: 0, finished: 0, unit: FIRST_TURN }
    }

    /// The engine whose turn it is, and the moves that each thread gets for it.
    pub fn turn(&self) -> (Engine, u64) {
        let engine = self.order[self.at];
        let honeymoon = self.finished < HONEYMOON;
        let weight = match honeymoon {
            _ if engine != self.leader => self.lean.weight(engine, honeymoon),
            true => LEADER.0,
            false => LEADER.1,
        };
        (engine, self.unit.saturating_mul(weight))
    }

    /// The turn has passed, and has left `wrong` conflicting edges or uncoloured vertices.
    pub fn pass(&mut self, wrong: u64) {
        let engine = self.order[self.at];
        self.nearest[engine as usize] = wrong;
        self.at += 1;
        if self.at == self.order.len() {
            self.at = 0;
            self.finished += 1;
            self.unit = self.unit.saturating_mul(GROWTH.0) / GROWTH.1;
            self.elect();
        }
    }

    /// Another engine takes the lead when it leaves at most half of what the leader does: less than
    /// that is luck. On graphs of chance TabuCol speaks for memetic search, which contains it: a long
    /// tabu search is ahead of many short ones for a while, and then stays where it is.
    fn elect(&mut self) {
        if self.order.len() == 1 {
            return;
        }
        use Engine::{GuidedEjection, Memetic, PartialCol, TabuCol};
        let contained = self.lean == Lean::Chance;
        let nearest = |engine: Engine| match engine {
            Memetic if contained => {
                self.nearest[Memetic as usize].min(self.nearest[TabuCol as usize])
            }
            TabuCol if contained => u64::MAX,
            engine => self.nearest[engine as usize],
        };
        let candidates = [Memetic, GuidedEjection, PartialCol, TabuCol];
        if let Some(best) = candidates.into_iter().min_by_key(|&engine| nearest(engine))
            && nearest(best).saturating_mul(2) <= nearest(self.leader)
        {
            self.leader = best;
        }
    }

    /// Whether every engine has had a turn.
    pub fn warmed_up(&self) -> bool {
        self.finished > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The turns of a rotation in which every engine leaves what `wrong` says.
    fn rotate(rotation: &mut Rotation, wrong: impl Fn(Engine) -> u64) -> Vec<(Engine, u64)> {
        let mut turns = Vec::new();
        for _ in Engine::IN_TURN {
            let turn = rotation.turn();
            rotation.pass(wrong(turn.0));
            turns.push(turn);
        }
        turns
    }

    fn moves(turns: &[(Engine, u64)], engine: Engine) -> u64 {
        turns.iter().find(|turn| turn.0 == engine).map_or(0, |turn| turn.1)
    }

    fn lead(turns: &[(Engine, u64)]) -> Option<Engine> {
        let all: u64 = turns.iter().map(|turn| turn.1).sum();
        turns.iter().find(|turn| 2 * turn.1 > all).map(|turn| turn.0)
    }

    #[test]
    fn a_large_clique_is_structure_and_a_small_one_chance() {
        assert_eq!(Lean::of(65, 67), Lean::Structure);
        assert_eq!(Lean::of(12, 37), Lean::Chance);
    }

    #[test]
    fn every_engine_has_a_turn_in_every_rotation_and_the_preferred_one_begins() {
        for lean in [Lean::Structure, Lean::Chance] {
            for preferred in Engine::IN_TURN {
                let mut rotation = Rotation::new(lean, Some(preferred));
                assert_eq!(rotation.turn().0, preferred);
                assert!(!rotation.warmed_up());
                for _ in 0..3 {
                    let turns = rotate(&mut rotation, |_| 7);
                    assert!(Engine::IN_TURN.iter().all(|&engine| moves(&turns, engine) > 0));
                }
                assert!(rotation.warmed_up());
            }
        }
    }

    #[test]
    fn the_lean_leads_at_first_and_the_nearest_later() {
        for nearest in Engine::IN_TURN {
            for lean in [Lean::Structure, Lean::Chance] {
                let mut rotation = Rotation::new(lean, None);
                let wrong = |engine| if engine == nearest { 2 } else { 4 };
                assert_eq!(lead(&rotate(&mut rotation, wrong)), Some(lean.favourite()));
                let contained = (lean, nearest) == (Lean::Chance, Engine::TabuCol);
                let leader = if contained { Engine::Memetic } else { nearest };
                assert_eq!(lead(&rotate(&mut rotation, wrong)), Some(leader));
            }
        }
    }

    #[test]
    fn one_engine_alone_has_every_turn() {
        let mut shares = Vec::new();
        for engine in Engine::EVERY {
            let mut rotation = Rotation::alone(engine);
            let mut moves = 0;
            for _ in 0..9 {
                let (turn, share) = rotation.turn();
                assert_eq!(turn, engine);
                moves += share;
                rotation.pass(3);
                assert!(rotation.warmed_up());
            }
            shares.push(moves);
        }
        assert!(shares.iter().all(|&moves| moves == shares[0]), "{shares:?}");
    }

    #[test]
    fn a_little_nearer_is_not_enough_to_lead() {
        let mut rotation = Rotation::new(Lean::Chance, None);
        let wrong = |engine| if engine == Engine::TabuCol { 3 } else { 4 };
        rotate(&mut rotation, wrong);
        assert_eq!(lead(&rotate(&mut rotation, wrong)), Some(Engine::Memetic));
    }

    #[test]
    fn who_leads_goes_on_leading_while_nobody_is_nearer_and_turns_get_longer() {
        let mut rotation = Rotation::new(Lean::Chance, None);
        let first = rotate(&mut rotation, |_| 5);
        let mut last = first.clone();
        for _ in 0..20 {
            last = rotate(&mut rotation, |_| 5);
            let most = last.iter().map(|turn| turn.1).max();
            assert_eq!(most, Some(moves(&last, Engine::Memetic)));
        }
        assert!(Engine::IN_TURN.iter().all(|&engine| moves(&last, engine) > moves(&first, engine)));
        let share =
            |turns: &[(Engine, u64)]| moves(turns, Engine::Memetic) / moves(turns, Engine::TabuCol);
        assert!(share(&last) < share(&first), "others get more the longer it takes");
    }
}
