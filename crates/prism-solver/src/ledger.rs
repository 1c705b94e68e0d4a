//! What has happened so far: the clock, the moves, the history, the counters, and the events made of
//! them. Nothing else in the solver counts or reads the time, but for lookouts, which read its clock; the alarm of
//! `stop` only waits.

use crate::team::Outcome;
use crate::{EngineCounters, Event, EventSink, Improvement, Proof};
use std::time::{Duration, Instant};

/// The books of one solver.
pub(crate) struct Ledger<'a> {
    sink: Option<Box<dyn EventSink + 'a>>,
    clock: Clock,
    pub moves: u64,
    pub history: Vec<Improvement>,
    pub engines: Vec<EngineCounters>,
    last_progress: (f64, u64),
}

/// The time that a solver has taken: it runs only while the solver does.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    /// Time spent in finished calls of `step`.
    spent: Duration,
    /// Start of the current call.
    since: Option<Instant>,
}

impl Clock {
    fn elapsed(&self) -> Duration {
        self.spent + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    pub fn seconds(&self) -> f64 {
        self.elapsed().as_secs_f64()
    }
}

/// What the books say.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Books {
    pub seconds: f64,
    pub moves: u64,
    pub history: Vec<Improvement>,
    pub engines: Vec<EngineCounters>,
}

impl Books {
    /// Whether no sum of what they count can overflow.
    pub fn are_possible(&self) -> bool {
        let counters = |done: &EngineCounters| {
            [done.rounds, done.successes, done.improvements, done.moves]
                .into_iter()
                .all(is_possible)
        };
        is_possible(self.moves) && self.engines.iter().all(counters)
    }
}

/// Whether a count is one that a run can have come to: what is added to it later never overflows.
pub(crate) fn is_possible(count: u64) -> bool {
    count < u64::MAX >> 2
}

/// The site of the cores, and of engines that make a colouring.
pub(crate) const CORES: &str = "cpu";

/// Least time between two progress events.
const PROGRESS_EVERY: f64 = 0.1;

impl<'a> Ledger<'a> {
    pub fn new(sink: Option<Box<dyn EventSink + 'a>>) -> Self {
        Self {
            sink,
            clock: Clock::default(),
            moves: 0,
            history: Vec::new(),
            engines: Vec::new(),
            last_progress: (0.0, 0),
        }
    }

    /// What the books say.
    pub fn books(&self) -> Books {
        let (history, engines) = (self.history.clone(), self.engines.clone());
        Books { seconds: self.seconds(), moves: self.moves, history, engines }
    }

    /// Goes on with the books of another run.
    pub fn take_over(&mut self, books: Books) {
        let Books { seconds, moves, history, engines } = books;
        // Negative, endless or no number: a clock begins at nothing then.
        self.clock.spent = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        (self.moves, self.history, self.engines) = (moves, history, engines);
    }

    /// The clock runs only while the solver does.
    pub fn start_clock(&mut self) {
        self.clock.since = Some(Instant::now());
    }

    pub fn stop_clock(&mut self) {
        self.clock = Clock { spent: self.elapsed(), since: None };
    }

    /// The clock as it is, to be read elsewhere until it is stopped here.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    pub fn seconds(&self) -> f64 {
        self.clock.seconds()
    }

    pub fn emit(&mut self, event: &Event) {
        if let Some(sink) = &mut self.sink {
            sink.event(event);
        }
    }

    pub fn improved(&mut self, k: usize, engine: &str, site: &str) {
        tracing::debug!(k, engine, site, moves = self.moves, "improved");
        // What no engine made, as a colouring to start from, has no counters.
        if let Some(at) = self.engines.iter().position(|done| done.is(engine, site)) {
            self.engines[at].improvements += 1;
        }
        let improvement = Improvement {
            k,
            seconds: self.seconds(),
            moves: self.moves,
            engine: engine.to_owned().into(),
            site: site.to_owned(),
        };
        self.history.push(improvement.clone());
        self.emit(&Event::Improved(improvement));
    }

    /// There is a better lower bound.
    pub fn bounded(&mut self, lower_bound: usize, proof: Proof) {
        let (proof, seconds) = (proof.name(), self.seconds());
        self.emit(&Event::LowerBound { lower_bound, proof, seconds });
    }

    /// Books a turn of a team on a site.
    pub fn book_turn(&mut self, engine: &'static str, site: &str, turn: &Outcome) {
        self.moves += turn.made;
        let counters = self.engine(engine, site);
        counters.rounds += 1;
        counters.moves += turn.made;
        counters.seconds += turn.seconds;
        counters.successes += u64::from(turn.winner.is_some());
    }

    /// Books what an engine does that makes a colouring.
    pub fn construct<C>(
        &mut self,
        engine: &'static str,
        make: impl FnOnce() -> Option<C>,
    ) -> Option<C> {
        let begun = self.seconds();
        let made = make();
        let seconds = self.seconds() - begun;
        let counters = self.engine(engine, CORES);
        counters.rounds += 1;
        counters.successes += u64::from(made.is_some());
        counters.seconds += seconds;
        made
    }

    fn engine(&mut self, engine: &str, site: &str) -> &mut EngineCounters {
        let at = self.engines.iter().position(|done| done.is(engine, site)).unwrap_or_else(|| {
            let (engine, site) = (engine.to_owned().into(), site.to_owned());
            self.engines.push(EngineCounters { engine, site, ..EngineCounters::default() });
            self.engines.len() - 1
        });
        &mut self.engines[at]
    }

    /// Books a turn on a site that began at so many seconds, whose moves have been counted.
    pub fn book_made(&mut self, engine: &str, site: &str, made: u64, begun: f64, solved: bool) {
        let seconds = self.seconds() - begun;
        let counters = self.engine(engine, site);
        counters.rounds += 1;
        counters.moves += made;
        counters.seconds += seconds;
        counters.successes += u64::from(solved);
    }

    /// Books what another solver's engines did. What improved its colouring need not improve this one's.
    pub fn book(&mut self, engines: &[EngineCounters]) {
        for done in engines {
            let counters = self.engine(&done.engine, &done.site);
            counters.rounds += done.rounds;
            counters.successes += done.successes;
            counters.moves += done.moves;
            counters.seconds += done.seconds;
        }
    }

    /// Emits a progress event if the last one is old enough. `moves` counts those of the running
    /// attempt too, which `self.moves` does not yet.
    pub fn progress(&mut self, k: usize, best: usize, conflicts: u64, moves: u64) {
        let seconds = self.seconds();
        let (last_seconds, last_moves) = self.last_progress;
        if self.sink.is_none() || seconds - last_seconds < PROGRESS_EVERY {
            return;
        }
        let moves_per_second = moves.saturating_sub(last_moves) as f64 / (seconds - last_seconds);
        self.last_progress = (seconds, moves);
        self.emit(&Event::Progress { k, best, conflicts, moves, moves_per_second, seconds });
    }
}
