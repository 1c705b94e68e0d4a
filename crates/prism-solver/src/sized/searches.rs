//! The searches at a fixed number of classes, and a turn of theirs.
//!
//! Each engine has one search for each thread, which differ in their random numbers and in part in where
//! they start. The engines have turns one after the other, of as many moves. A turn is made in slices,
//! between which the run looks at its limits and tells how it goes. All searches make the moves of a
//! slice, also where one of them is done before, so that moves alone decide the result.

use super::state::State;
use crate::ledger::CORES;
use prism_core::memory::{OutOfMemory, Room};
use prism_core::search::Step;
use prism_core::threads::spawn_scoped;
use prism_core::{Color, Graph, Rng};
use prism_cpu::sized::evening::Evening;
use prism_cpu::sized::tabu::SizedTabu;
use prism_cpu::sized::{SizedSearch, Sizing};

/// Moves of a slice, each thread.
const SLICE: u64 = 50_000;

/// Sets a search up from classes below k that heed the given colours.
type SetUp = for<'g> fn(
    &'g Graph<'g>,
    Sizing,
    Vec<Color>,
    Rng,
) -> Result<Box<dyn SizedSearch + 'g>, OutOfMemory>;

/// One engine.
struct Engine {
    /// What counters call it.
    name: &'static str,
    /// Whether it starts from a proper colouring alone.
    is_proper: bool,
    /// The number of its random streams.
    stream: u64,
    /// The bytes that a search takes for a number of classes.
    memory: fn(&Graph<'_>, usize) -> u64,
    set_up: SetUp,
}

/// All engines, in the order of their turns.
const ENGINES: &[Engine] = &[
    Engine {
        name: EVENING,
        is_proper: true,
        stream: 1,
        memory: Evening::memory,
        set_up: |graph, sizing, start, rng| Ok(Box::new(Evening::new(graph, sizing, start, rng)?)),
    },
    Engine {
        name: "sized-tabu",
        is_proper: false,
        stream: 2,
        memory: SizedTabu::memory,
        set_up: |graph, sizing, start, rng| {
            Ok(Box::new(SizedTabu::new(graph, sizing, start, rng)?))
        },
    },
];

/// The engine that evens proper colourings.
pub(super) const EVENING: &str = "evening";

/// Where searches start.
#[derive(Clone, Debug, Default)]
pub(super) struct Starts {
    /// A proper colouring whose classes may have any sizes.
    pub proper: Option<Vec<Color>>,
    /// Any classes.
    pub other: Option<Vec<Color>>,
}

/// The searches for one number of classes and one range of sizes.
pub(super) struct Bench<'g> {
    graph: &'g Graph<'g>,
    sizing: Sizing,
    starts: Starts,
    /// By engine; none before its first turn.
    teams: Vec<Option<Vec<Box<dyn SizedSearch + 'g>>>>,
    /// The engine that has the next turn.
    next: usize,
}

/// What a turn has come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Classes as asked for, and who found them.
    Found(Vec<Color>, &'static str),
    /// There are none.
    Impossible,
    /// None were found.
    Open,
}

impl<'g> Bench<'g> {
    pub fn new(graph: &'g Graph<'g>, sizing: Sizing, starts: Starts) -> Self {
        let teams = ENGINES.iter().map(|_| None).collect();
        Self { graph, sizing, starts, teams, next: 0 }
    }

    /// Whether it has a proper colouring to start from.
    pub fn has_proper(&self) -> bool {
        self.starts.proper.is_some()
    }

    /// The next engine that can, goes on for `moves` moves, all threads together.
    pub fn turn(&mut self, moves: u64, state: &mut State<'_>) -> Turn {
        for _ in ENGINES {
            let at = self.next;
            self.next = (at + 1) % ENGINES.len();
            if self.set_up(at, state) {
                return self.run(at, moves, state);
            }
        }
        Turn::Open
    }

    /// Has the searches of an engine ready; false if it has none.
    fn set_up(&mut self, at: usize, state: &State<'_>) -> bool {
        if let Some(team) = &self.teams[at] {
            return !team.is_empty();
        }
        let engine = &ENGINES[at];
        let Starts { proper, other } = &self.starts;
        let starts: Vec<&Vec<Color>> = match engine.is_proper {
            true => proper.iter().collect(),
            false => proper.iter().chain(other).collect(),
        };
        let mut team = Vec::new();
        let bytes = (engine.memory)(self.graph, self.sizing.k);
        if let Some(count) = std::num::NonZero::new(starts.len())
            && Room::now().holds(bytes.saturating_mul(state.threads as u64))
        {
            for index in 0..state.threads {
                let start = starts[index % count].clone();
                let stream =
                    (self.sizing.k as u64) << 32 | (64 + engine.stream) << 16 | index as u64;
                let rng = Rng::new(state.seed, stream);
                match (engine.set_up)(self.graph, self.sizing.clone(), start, rng) {
                    Ok(search) => team.push(search),
                    Err(missing) => {
                        tracing::warn!(%missing, engine = engine.name, "a search does not fit");
                        team.clear();
                        break;
                    }
                }
            }
        }
        let has_some = !team.is_empty();
        self.teams[at] = Some(team);
        has_some
    }

    fn run(&mut self, at: usize, moves: u64, state: &mut State<'_>) -> Turn {
        let Some(team) = &mut self.teams[at] else { return Turn::Open };
        let name = ENGINES[at].name;
        let begun = state.ledger.seconds();
        let each = (moves.min(state.moves_left()) / team.len() as u64).max(1);
        let before: u64 = team.iter().map(|search| search.moves()).sum();
        let mut turn = Turn::Open;
        let mut left = each;
        while left > 0 && state.out_of_limits().is_none() {
            let slice = left.min(SLICE);
            left -= slice;
            let booked: u64 = team.iter().map(|search| search.moves()).sum();
            let steps = run_all(team, slice, state);
            let made = team.iter().map(|search| search.moves()).sum::<u64>() - booked;
            state.ledger.moves += made;
            if let Some(solved) = steps.iter().position(|&step| step == Step::Solved) {
                turn = Turn::Found(team[solved].best().to_vec(), name);
                break;
            }
            if steps.contains(&Step::Failed) {
                // What evens two classes knows that no split is more even.
                turn = Turn::Impossible;
                break;
            }
            let wrong = team.iter().map(|search| search.wrong()).min().unwrap_or(0);
            let (k, best) = (self.sizing.k, state.best_k().unwrap_or(0));
            state.ledger.progress(k, best, wrong, state.ledger.moves);
        }
        let made = team.iter().map(|search| search.moves()).sum::<u64>() - before;
        let solved = matches!(turn, Turn::Found(..));
        state.ledger.book_made(name, CORES, made, begun, solved);
        turn
    }

    /// The best of the searches that keep to proper colourings.
    pub fn proper_ones(&self) -> impl Iterator<Item = &[Color]> {
        let teams = ENGINES.iter().zip(&self.teams).filter(|(engine, _)| engine.is_proper);
        teams.flat_map(|(_, team)| team.iter().flatten()).map(|search| search.best())
    }
}

/// Runs each search for so many moves, on a thread of its own where there is one.
fn run_all<'g>(team: &mut [Box<dyn SizedSearch + 'g>], moves: u64, state: &State<'_>) -> Vec<Step> {
    let stop = state.alarm.interrupt();
    let Some((first, others)) = team.split_first_mut() else { return Vec::new() };
    std::thread::scope(|scope| {
        let mut waiting = Vec::new();
        let mut steps = Vec::new();
        let mut at_home = Vec::new();
        for search in others {
            // It goes over to the thread only if there is one.
            let (hand, over) = std::sync::mpsc::sync_channel::<&mut Box<dyn SizedSearch + 'g>>(1);
            let work = move || over.recv().map(|search| search.run(moves, stop));
            match spawn_scoped(std::thread::Builder::new(), scope, work) {
                Ok(thread) => {
                    let _ = hand.send(search);
                    waiting.push(Some(thread));
                }
                Err(_) => {
                    at_home.push(search);
                    waiting.push(None);
                }
            }
        }
        steps.push(first.run(moves, stop));
        let mut at_home = at_home.into_iter();
        for thread in waiting {
            steps.push(match thread.map(|thread| thread.join()) {
                Some(Ok(Ok(step))) => step,
                Some(Ok(Err(_))) => Step::Stopped,
                Some(Err(panic)) => std::panic::resume_unwind(panic),
                None => at_home.next().map_or(Step::Stopped, |search| search.run(moves, stop)),
            });
        }
        steps
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_streams_are_unique() {
        let names: BTreeSet<_> = ENGINES.iter().map(|engine| engine.name).collect();
        let streams: BTreeSet<_> = ENGINES.iter().map(|engine| engine.stream).collect();
        assert_eq!((names.len(), streams.len()), (ENGINES.len(), ENGINES.len()));
        let standard = crate::roster::STANDARD;
        assert!(standard.iter().all(|row| !names.contains(row.name)));
    }
}
