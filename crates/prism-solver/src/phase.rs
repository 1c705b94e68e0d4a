//! One kind of search on one part of the graph, on all threads.
//!
//! A phase has one search for each thread, or for each two, with a random stream of its own. It
//! runs in rounds of moves; between rounds each search hands its best to the next one. While the
//! threads work, the calling thread passes on how far they are. Clocks never reach the searches, so
//! what a round does depends on its moves alone.

use crate::ledger::Ledger;
use crate::stop::Alarm;
use prism_core::Color;
use prism_cpu::search::{FixedK, Step};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// Moves between two looks at the pulse of a search.
const PULSE_MOVES: u64 = 4096;

/// How often the calling thread reports progress.
const WATCH_EVERY: Duration = Duration::from_millis(50);

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
    /// Colours searched for, and of the best colouring so far.
    pub k: usize,
    pub best: usize,
}

/// How far one search is.
#[derive(Default)]
struct Pulse {
    moves: AtomicU64,
    conflicts: AtomicU64,
}

impl Phase {
    /// Runs one round of `share` moves a thread, at most `limit` together, and books the moves. Gives
    /// the colouring of a search that solved the part.
    pub fn run(&mut self, share: u64, limit: u64, watch: &mut Watch<'_, '_>) -> Option<Vec<Color>> {
        let all = share.saturating_mul(self.threads as u64).min(limit);
        let moves = (all / self.searches.len() as u64).max(1);
        let begun = watch.ledger.seconds();
        self.migrate();
        let alarm = watch.alarm;
        alarm.rearm();
        let winner = AtomicUsize::new(usize::MAX);
        let pulses: Vec<Pulse> = self.searches.iter().map(|_| Pulse::default()).collect();
        let booked = watch.ledger.moves;
        std::thread::scope(|scope| {
            // The channel closes when the last search has returned and dropped its sender.
            let (running, all_done) = mpsc::channel::<()>();
            for (i, (search, pulse)) in self.searches.iter_mut().zip(&pulses).enumerate() {
                let (running, winner) = (running.clone(), &winner);
                scope.spawn(move || {
                    if run_search(search.as_mut(), moves, alarm, pulse) == Step::Solved {
                        winner.fetch_min(i, Ordering::Relaxed);
                        alarm.raise();
                    }
                    drop(running);
                });
            }
            drop(running);
            while all_done.recv_timeout(WATCH_EVERY) == Err(mpsc::RecvTimeoutError::Timeout) {
                watch.report(&pulses, booked);
            }
        });
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
        Some(winner.best().to_vec())
    }

    /// Every search hands its best to the next one: a ring, so that what is good spreads slowly enough
    /// for the searches to stay different.
    fn migrate(&mut self) {
        if self.searches.len() < 2 {
            return;
        }
        let migrants: Vec<Vec<Color>> = self.searches.iter().map(|s| s.best().to_vec()).collect();
        for (search, migrant) in self.searches.iter_mut().skip(1).zip(&migrants) {
            search.immigrate(migrant);
        }
        self.searches[0].immigrate(&migrants[migrants.len() - 1]);
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

/// Runs one search in slices short enough to be watched.
fn run_search(search: &mut dyn FixedK, moves: u64, alarm: &Alarm, pulse: &Pulse) -> Step {
    let start = search.moves();
    loop {
        let made = search.moves() - start;
        let step = search.run(PULSE_MOVES.min(moves - made), alarm.interrupt());
        pulse.moves.store(search.moves() - start, Ordering::Relaxed);
        pulse.conflicts.store(search.conflicts(), Ordering::Relaxed);
        if step != Step::OutOfMoves || search.moves() - start >= moves {
            return step;
        }
    }
}
