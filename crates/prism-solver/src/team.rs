//! A team: the searches of one engine for one part of the graph on one site, and a turn of theirs.
//!
//! A team has one search for each thread, or for each few, with a random stream of its own. In a turn
//! each search makes its moves on a thread of its own and then comes home through a channel; meanwhile
//! whoever waits can read how far they are. Clocks never reach the searches, so what a turn does
//! depends on its moves alone.

use crate::ledger::{Clock, Ledger};
use crate::lookout::{Lookout, Seeing};
use crate::roster::{Row, Seating};
use crate::stop::Alarm;
use crate::task::{Seat, SetUp, Task, Unready};
use prism_core::search::{Elite, FixedK, Mismatch, Saved, Step, Watcher};
use prism_core::threads::affordable;
use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;

/// The stack of a thread that searches. Searches keep their tables elsewhere and do not recurse; a
/// thousand threads with the usual 2 MiB would not fit where memory is limited.
const STACK: usize = 512 << 10;

/// Searches of one kind.
pub(crate) struct Team {
    pub engine: &'static str,
    /// None in the place of those that are out on a turn.
    searches: Vec<Option<Box<dyn FixedK>>>,
    /// Threads of all together.
    threads: usize,
    /// Moves between two looks at how far a search is.
    slice: u64,
    /// One a search if they are watched, else none.
    lookouts: Vec<Arc<Lookout>>,
}

/// How far one search is.
#[derive(Debug)]
struct Pulse {
    moves: AtomicU64,
    conflicts: AtomicU64,
}

/// A search that comes home from a turn.
pub(crate) struct Return {
    /// The number of the turn.
    turn: u64,
    index: usize,
    /// The search and why it came back, or what it panicked with.
    came: Result<(Box<dyn FixedK>, Step), Box<dyn Any + Send>>,
}

/// What the threads of a turn share.
#[derive(Clone)]
pub(crate) struct Field {
    pub alarm: Arc<Alarm>,
    pub home: Sender<Return>,
    /// Whether what a search does must not depend on when others come back: they do not call each other
    /// back then.
    pub lockstep: bool,
}

/// A team under way.
pub(crate) struct Outing {
    turn: u64,
    team: Team,
    pulses: Vec<Arc<Pulse>>,
    steps: Vec<Option<Step>>,
    /// Seconds when it began.
    begun: f64,
}

/// What a turn has come to.
pub(crate) struct Outcome {
    pub team: Team,
    /// Moves made.
    pub made: u64,
    /// Seconds that it took.
    pub seconds: f64,
    /// The search that solved the part, the first one if there are several.
    pub winner: Option<Elite>,
    /// Why a search can go on no more.
    pub failure: Option<String>,
    /// What was seen of the searches, if they are watched.
    pub seeing: Seeing,
    /// Whether one cannot for want of memory.
    pub is_starved: bool,
}

impl Team {
    /// Sets the searches of an engine up, for so many threads.
    pub fn new(
        row: &Row,
        seating: &Seating,
        stream: u64,
        task: &Task,
        threads: usize,
        stop: &AtomicBool,
    ) -> Result<Self, Unready> {
        let each = seating.threads_a_search;
        let set_up = |index: usize| -> SetUp {
            if stop.load(Ordering::Relaxed) {
                return Err(Unready::Stopped);
            }
            let threads = each.min(threads - index * each);
            (seating.set_up)(task, &Seat { index, threads, stream, stop })
        };
        let searches = (0..threads.div_ceil(each)).map(|i| set_up(i).map(Some));
        let searches = searches.collect::<Result<_, _>>()?;
        if stop.load(Ordering::Relaxed) {
            return Err(Unready::Stopped);
        }
        let (engine, slice, lookouts) = (row.name, seating.slice, Vec::new());
        Ok(Self { engine, searches, threads, slice, lookouts })
    }

    /// One search that does not need to be watched more often than once a turn.
    pub fn single(row: &Row, search: Box<dyn FixedK>) -> Self {
        let (searches, lookouts) = (vec![Some(search)], Vec::new());
        Self { engine: row.name, searches, threads: 1, slice: u64::MAX, lookouts }
    }

    /// Has all searches watched from now on.
    pub fn watch(&mut self) {
        let watched = |search: &mut Box<dyn FixedK>| {
            let lookout = Arc::new(Lookout::new());
            search.watch(&(lookout.clone() as Arc<dyn Watcher>));
            lookout
        };
        self.lookouts = self.searches.iter_mut().flatten().map(watched).collect();
    }

    /// Threads of all searches together.
    pub fn threads(&self) -> usize {
        self.threads
    }

    fn at_home(&self) -> impl Iterator<Item = &dyn FixedK> {
        self.searches.iter().flatten().map(|search| &**search)
    }

    /// The least that a search has left wrong: conflicting edges or uncoloured vertices.
    pub fn wrong(&self) -> u64 {
        self.at_home().map(|search| search.conflicts()).min().unwrap_or(u64::MAX)
    }

    /// The best individual of each search.
    pub fn elites(&self) -> impl Iterator<Item = Elite> {
        self.at_home().map(|search| search.best())
    }

    /// Offers an individual to the search that is furthest from a colouring, the last one of several.
    pub fn offer(&mut self, elite: &Elite) {
        let searches = self.searches.iter_mut().flatten();
        if let Some(search) = searches.max_by_key(|search| search.conflicts()) {
            search.offer(elite);
        }
    }

    /// Every search hands its best to the next one: a ring, so that what is good spreads slowly enough
    /// for the searches to stay different.
    pub fn migrate(&mut self) {
        let migrants: Vec<Elite> = self.elites().collect();
        let Some((last, others)) = migrants.split_last() else { return };
        if others.is_empty() {
            return;
        }
        let searches = self.searches.iter_mut().flatten();
        for (search, migrant) in searches.zip([last].into_iter().chain(others)) {
            search.offer(migrant);
        }
    }

    /// The searches at rest. Each forgets what it does not save.
    pub fn save(&mut self) -> Vec<Saved> {
        self.searches.iter_mut().flatten().map(|search| search.save()).collect()
    }

    /// The searches go on from those of another team; where there are fewer of those, the others begin.
    pub fn resume(&mut self, saved: &[Saved]) -> Result<(), Mismatch> {
        let searches = self.searches.iter_mut().flatten();
        searches.zip(saved).try_for_each(|(search, saved)| search.restore(saved))
    }

    /// Begins turn number `turn`: `moves` moves, all searches together. What cannot have a thread of its
    /// own is given up, but for one search, or in lockstep runs on this thread, now; `between` is told the
    /// conflicts and the moves again and again meanwhile.
    pub fn set_out(
        mut self,
        turn: u64,
        moves: u64,
        field: &Field,
        clock: Clock,
        between: &mut dyn FnMut(u64, u64),
    ) -> Outing {
        // Where there are fewer moves than searches, the last ones have to wait for the next turn.
        let racing = self.searches.len().min(usize::try_from(moves).unwrap_or(usize::MAX)).max(1);
        let moves = moves / racing as u64;
        let pulse = |search: &Option<Box<dyn FixedK>>| {
            let conflicts = search.as_ref().map_or(u64::MAX, |search| search.conflicts());
            Arc::new(Pulse { moves: AtomicU64::new(0), conflicts: AtomicU64::new(conflicts) })
        };
        let pulses: Vec<_> = self.searches[..racing].iter().map(pulse).collect();
        for (lookout, search) in self.lookouts.iter().zip(self.searches.iter().flatten()) {
            lookout.begin(clock, search.moves(), search.conflicts());
        }
        let mut started = 0;
        while started < racing {
            let pulse = pulses[started].clone();
            match self.send(turn, started, moves, pulse, field, racing) {
                Ok(()) => started += 1,
                Err(error) => {
                    tracing::warn!(%error, threads = started, "the system gives no more threads");
                    break;
                }
            }
        }
        let mut steps = vec![None; racing];
        if started < racing && !field.lockstep {
            self.make_do_with(started);
            steps.truncate(started.max(1));
        }
        // Nobody else runs these, or looks at the clock.
        for index in started..steps.len() {
            let Some(search) = &mut self.searches[index] else { continue };
            let look = &mut |conflicts, made| {
                field.alarm.look();
                between(conflicts, made);
            };
            let lookout = self.lookouts.get(index).map(|lookout| &**lookout);
            let watched = Watched { slice: self.slice, pulse: &pulses[index], lookout };
            let step = run_search(&mut **search, moves, &field.alarm, watched, look);
            field.note(step);
            steps[index] = Some(step);
        }
        Outing { turn, team: self, pulses, steps, begun: clock.seconds() }
    }

    /// Starts a thread for a search, which the system may refuse.
    fn send(
        &mut self,
        turn: u64,
        index: usize,
        moves: u64,
        pulse: Arc<Pulse>,
        field: &Field,
        wanted: usize,
    ) -> io::Result<()> {
        // Where the address space is limited, threads would take the last of it.
        if index >= affordable(wanted) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        // The search goes over to the thread only if there is one.
        let (hand, over) = std::sync::mpsc::sync_channel::<Box<dyn FixedK>>(1);
        let (field, slice) = (field.clone(), self.slice);
        let lookout = self.lookouts.get(index).cloned();
        let work = move || {
            let Ok(mut search) = over.recv() else { return };
            let came = catch_unwind(AssertUnwindSafe(|| {
                let watched = Watched { slice, pulse: &pulse, lookout: lookout.as_deref() };
                let step = run_search(&mut *search, moves, &field.alarm, watched, &mut |_, _| ());
                field.note(step);
                (search, step)
            }));
            // Whoever waits for it has ended only if that panicked.
            let _ = field.home.send(Return { turn, index, came });
        };
        std::thread::Builder::new().stack_size(STACK).spawn(work)?;
        if let Some(search) = self.searches[index].take() {
            // There is room for one, so that this does not wait.
            let _ = hand.send(search);
        }
        Ok(())
    }

    /// Goes on with so many threads of their own for searches, or with the caller's for one search.
    fn make_do_with(&mut self, threads: usize) {
        let each = self.threads.div_ceil(self.searches.len());
        self.searches.truncate(threads.max(1));
        self.lookouts.truncate(self.searches.len());
        self.threads = self.threads.min(each * self.searches.len());
    }
}

impl Field {
    /// Calls all searches back if one has solved its part.
    fn note(&self, step: Step) {
        if step == Step::Solved && !self.lockstep {
            self.alarm.raise();
        }
    }
}

impl Outing {
    /// Whether the search that comes home is one of these.
    pub fn sent(&self, back: &Return) -> bool {
        self.turn == back.turn
    }

    /// Takes a search in. What it panicked with goes on here.
    pub fn take_in(&mut self, back: Return) {
        match back.came {
            Ok((search, step)) => {
                self.team.searches[back.index] = Some(search);
                self.steps[back.index] = Some(step);
            }
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// Whether all are home.
    pub fn is_over(&self) -> bool {
        self.steps.iter().all(Option::is_some)
    }

    /// Seconds since the start of the run when it began.
    pub fn begun(&self) -> f64 {
        self.begun
    }

    /// Moves made so far in this turn.
    pub fn moves(&self) -> u64 {
        self.pulses.iter().map(|pulse| pulse.moves.load(Ordering::Relaxed)).sum()
    }

    /// The least that is wrong with the best of a search.
    pub fn conflicts(&self) -> u64 {
        let conflicts = self.pulses.iter().map(|pulse| pulse.conflicts.load(Ordering::Relaxed));
        conflicts.min().unwrap_or(u64::MAX)
    }

    /// What the turn has come to, once it is [over](Self::is_over).
    pub fn end(self, ledger: &Ledger<'_>) -> Outcome {
        let made = self.moves();
        let solved = self.steps.iter().position(|&step| step == Some(Step::Solved));
        let search = |index: usize| self.team.searches.get(index)?.as_deref();
        let failure = (0..self.steps.len())
            .filter(|&index| self.steps[index] == Some(Step::Failed))
            .find_map(|index| Some(search(index)?.failure().unwrap_or_default()));
        Outcome {
            made,
            seconds: ledger.seconds() - self.begun,
            winner: solved.and_then(search).map(|search| search.best()),
            failure,
            seeing: Seeing::of(self.team.lookouts.iter().map(|lookout| &**lookout)),
            is_starved: self.steps.contains(&Some(Step::OutOfMemory)),
            team: self.team,
        }
    }
}

/// How a search is watched.
struct Watched<'w> {
    /// Moves between two looks.
    slice: u64,
    pulse: &'w Pulse,
    lookout: Option<&'w Lookout>,
}

/// Runs one search in slices short enough to be watched, and does `between` after each.
fn run_search(
    search: &mut dyn FixedK,
    moves: u64,
    alarm: &Alarm,
    Watched { slice, pulse, lookout }: Watched<'_>,
    between: &mut dyn FnMut(u64, u64),
) -> Step {
    let start = search.moves();
    loop {
        let made = search.moves() - start;
        let step = search.run(slice.min(moves - made), alarm.interrupt());
        let (conflicts, made) = (search.conflicts(), search.moves() - start);
        pulse.moves.store(made, Ordering::Relaxed);
        pulse.conflicts.store(conflicts, Ordering::Relaxed);
        if let Some(lookout) = lookout {
            lookout.note(search.moves(), conflicts);
        }
        between(conflicts, made);
        if step != Step::OutOfMoves || search.moves() - start >= moves {
            return step;
        }
    }
}
