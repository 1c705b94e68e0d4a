//! One kind of search on one part of the graph, on all threads.
//!
//! A phase has one search for each thread, or for each two, with a random stream of its own. It
//! runs in rounds of moves; between rounds each search hands its best to the next one. While the
//! threads work, the calling thread passes on how far they are. Clocks never reach the searches, so
//! what a round does depends on its moves alone.

use crate::ledger::Ledger;
use crate::stop::Alarm;
use prism_core::Color;
use prism_core::memory::Room;
use prism_core::search::{Elite, FixedK, Step};
use prism_core::threads::affordable;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// Moves between two looks at the pulse of a search.
const PULSE_MOVES: u64 = 4096;

/// How often the calling thread reports progress.
const WATCH_EVERY: Duration = Duration::from_millis(50);

/// The stack of a thread that searches. Searches keep their tables elsewhere and do not recurse; a
/// thousand threads with the usual 2 MiB would not fit where memory is limited.
const STACK: usize = 512 << 10;

/// Searches of one kind, one a thread or one for all threads.
pub(crate) struct Phase {
    pub engine: &'static str,
    pub searches: Vec<Box<dyn FixedK>>,
    pub threads: usize,
}

/// What a round is run under.
pub(crate) struct Watch<'w, 'a> {
    pub alarm: &'w Alarm,
    pub ledger: &'w mut Ledger<'a>,
    /// Threads that the solver counts on; fewer once the system gives no more.
    pub threads: &'w mut usize,
    /// Colours searched for, and of the best colouring so far.
    pub k: usize,
    pub best: usize,
}

/// How far one search is.
struct Pulse {
    moves: AtomicU64,
    conflicts: AtomicU64,
}

impl Pulse {
    fn of(search: &dyn FixedK) -> Self {
        Self { moves: AtomicU64::new(0), conflicts: AtomicU64::new(search.conflicts()) }
    }
}

impl Phase {
    /// Runs one round of `share` moves a thread, at most `limit` together, and books the moves. Gives
    /// the colouring of a search that solved the part.
    pub fn run(&mut self, share: u64, limit: u64, watch: &mut Watch<'_, '_>) -> Option<Vec<Color>> {
        let all = share.saturating_mul(self.threads as u64).min(limit).max(1);
        // Where there are fewer moves than searches, the last ones have to wait for the next round.
        let racing = self.searches.len().min(usize::try_from(all).unwrap_or(usize::MAX));
        let moves = all / racing as u64;
        let begun = watch.ledger.seconds();
        self.migrate();
        watch.alarm.rearm();
        let winner = AtomicUsize::new(usize::MAX);
        let searches = self.searches[..racing].iter();
        let pulses: Vec<Pulse> = searches.map(|search| Pulse::of(search.as_ref())).collect();
        let booked = watch.ledger.moves;
        let started = self.race(moves, &pulses, &winner, booked, watch);
        if started < racing {
            self.make_do_with(started);
            *watch.threads = self.threads.min(*watch.threads);
        }
        if started == 0 {
            // Nobody else looks at the clock.
            let (alarm, search) = (watch.alarm, &mut *self.searches[0]);
            let look = &mut || {
                alarm.look();
                watch.report(&pulses, booked);
            };
            race_one(0, search, moves, &pulses[0], &winner, alarm, look);
        }
        watch.report(&pulses, booked);
        let made: u64 = pulses.iter().map(|p| p.moves.load(Ordering::Relaxed)).sum();
        watch.ledger.moves += made;
        let seconds = watch.ledger.seconds() - begun;
        let counters = watch.ledger.engine(self.engine);
        counters.rounds += 1;
        counters.moves += made;
        counters.seconds += seconds;
        let winner = self.searches.get(winner.into_inner())?;
        counters.successes += 1;
        Some(winner.best().colors)
    }

    /// Runs a search for each pulse, on a thread each, and reports how far they are until the last has
    /// returned. Gives the number of threads that could be had.
    fn race(
        &mut self,
        moves: u64,
        pulses: &[Pulse],
        winner: &AtomicUsize,
        booked: u64,
        watch: &mut Watch<'_, '_>,
    ) -> usize {
        let alarm = watch.alarm;
        std::thread::scope(|scope| {
            // The channel closes when the last search has returned and dropped its sender.
            let (running, all_done) = mpsc::channel::<()>();
            let mut started = 0;
            for (search, pulse) in self.searches.iter_mut().zip(pulses) {
                let (running, i) = (running.clone(), started);
                let thread = std::thread::Builder::new().stack_size(STACK);
                let work = move || {
                    race_one(i, search.as_mut(), moves, pulse, winner, alarm, &mut || ());
                    drop(running);
                };
                let spawned = match started {
                    // Where the address space is limited, threads would take the last of it.
                    _ if started >= affordable(pulses.len()) => {
                        Err(io::ErrorKind::OutOfMemory.into())
                    }
                    _ => thread.spawn_scoped(scope, work),
                };
                if let Err(error) = spawned {
                    tracing::warn!(%error, threads = started, "the system gives no more threads");
                    break;
                }
                started += 1;
            }
            drop(running);
            while all_done.recv_timeout(WATCH_EVERY) == Err(mpsc::RecvTimeoutError::Timeout) {
                watch.report(pulses, booked);
                if Room::now().is_nearly_gone() {
                    alarm.run_out();
                }
            }
            started
        })
    }

    /// Goes on with so many threads of their own for searches, or with the caller's for one search.
    fn make_do_with(&mut self, threads: usize) {
        let each = self.threads.div_ceil(self.searches.len());
        self.searches.truncate(threads.max(1));
        self.threads = self.threads.min(each * self.searches.len());
    }

    /// Every search hands its best to the next one: a ring, so that what is good spreads slowly enough
    /// for the searches to stay different.
    fn migrate(&mut self) {
        if self.searches.len() < 2 {
            return;
        }
        let migrants: Vec<Elite> = self.searches.iter().map(|search| search.best()).collect();
        for (search, migrant) in self.searches.iter_mut().skip(1).zip(&migrants) {
            search.offer(migrant);
        }
        self.searches[0].offer(&migrants[migrants.len() - 1]);
    }

    /// The least that a search has left wrong: conflicting edges or uncoloured vertices.
    pub fn wrong(&self) -> u64 {
        self.searches.iter().map(|search| search.conflicts()).min().unwrap_or(u64::MAX)
    }
}

impl Watch<'_, '_> {
    fn report(&mut self, pulses: &[Pulse], booked: u64) {
        let moves: u64 = pulses.iter().map(|p| p.moves.load(Ordering::Relaxed)).sum();
        let conflicts = pulses.iter().map(|p| p.conflicts.load(Ordering::Relaxed)).min();
        self.ledger.progress(self.k, self.best, conflicts.unwrap_or(0), booked + moves);
    }
}

/// Runs search number `i` and, if it is the one that solves the part, calls the others back.
fn race_one(
    i: usize,
    search: &mut dyn FixedK,
    moves: u64,
    pulse: &Pulse,
    winner: &AtomicUsize,
    alarm: &Alarm,
    between: &mut dyn FnMut(),
) {
    if run_search(search, moves, alarm, pulse, between) == Step::Solved {
        winner.fetch_min(i, Ordering::Relaxed);
        alarm.raise();
    }
}

/// Runs one search in slices short enough to be watched, and does `between` after each.
fn run_search(
    search: &mut dyn FixedK,
    moves: u64,
    alarm: &Alarm,
    pulse: &Pulse,
    between: &mut dyn FnMut(),
) -> Step {
    let start = search.moves();
    loop {
        let made = search.moves() - start;
        let step = search.run(PULSE_MOVES.min(moves - made), alarm.interrupt());
        pulse.moves.store(search.moves() - start, Ordering::Relaxed);
        pulse.conflicts.store(search.conflicts(), Ordering::Relaxed);
        between();
        if step != Step::OutOfMoves || search.moves() - start >= moves {
            return step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StopHandle;
    use std::sync::atomic::AtomicBool;

    /// A search that never ends; a step is one move.
    struct Endless(u64);

    impl FixedK for Endless {
        fn run(&mut self, moves: u64, _: &AtomicBool) -> Step {
            self.0 += moves;
            Step::OutOfMoves
        }

        fn best(&self) -> Elite {
            Elite { k: 1, colors: Vec::new(), conflicts: 7 }
        }

        fn conflicts(&self) -> u64 {
            7
        }

        fn moves(&self) -> u64 {
            self.0
        }
    }

    fn phase(searches: usize, threads: usize) -> Phase {
        let searches = (0..searches).map(|_| Box::new(Endless(0)) as Box<dyn FixedK>).collect();
        Phase { engine: "endless", searches, threads }
    }

    /// The moves of each search after a round.
    fn run(phase: &mut Phase, share: u64, limit: u64) -> Vec<u64> {
        let (alarm, mut ledger) = (Alarm::new(StopHandle::new()), Ledger::new(None));
        let mut threads = phase.threads;
        let (alarm, ledger, threads) = (&alarm, &mut ledger, &mut threads);
        let mut watch = Watch { alarm, ledger, threads, k: 1, best: 2 };
        assert!(phase.run(share, limit, &mut watch).is_none());
        let made: Vec<u64> = phase.searches.iter().map(|search| search.moves()).collect();
        assert_eq!(ledger.moves, made.iter().sum::<u64>());
        made
    }

    #[test]
    fn no_more_moves_are_made_than_are_left() {
        assert_eq!(run(&mut phase(5, 5), 100, u64::MAX), [100; 5]);
        assert_eq!(run(&mut phase(5, 5), 100, 12), [2; 5]);
        assert_eq!(run(&mut phase(5, 5), 100, 3), [1, 1, 1, 0, 0]);
        assert_eq!(run(&mut phase(2, 4), 10_000, u64::MAX), [20_000; 2]);
    }

    #[test]
    fn searches_without_a_thread_are_given_up_but_for_one() {
        for (searches, threads, had, left) in
            [(8, 8, 3, (3, 3)), (4, 8, 3, (3, 6)), (8, 8, 0, (1, 1))]
        {
            let mut phase = phase(searches, threads);
            phase.make_do_with(had);
            assert_eq!((phase.searches.len(), phase.threads), left);
        }
    }
}
