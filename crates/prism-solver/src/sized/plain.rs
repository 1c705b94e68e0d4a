//! The solver that looks for colourings with few colours, whatever the sizes of their classes.

use super::state::State;
use crate::options::{GraphRef, Options};
use crate::{BuildError, Event, Outcome, Settings, Solver, Status};
use prism_core::Coloring;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// See the top of this file.
pub(super) struct Plain<'a> {
    solver: Solver<'a>,
    /// Events that have not been passed on.
    told: Arc<Mutex<Vec<Event>>>,
    /// Its moves that are in the books.
    booked: u64,
    status: Status,
    /// The engine that made its best colouring, and where.
    author: (String, String),
}

impl<'a> Plain<'a> {
    /// With the options of the whole run, but for what is asked of sizes.
    pub fn new(graph: GraphRef<'a>, options: &Options<'a>) -> Result<Self, BuildError> {
        let settings = Settings {
            target_colors: options.settings.exact_colors.or(options.settings.target_colors),
            exact_colors: None,
            equitable: false,
            max_class_size: None,
            balance: false,
            time_limit: None,
            ..options.settings.clone()
        };
        let told = Arc::new(Mutex::new(Vec::new()));
        let ears = told.clone();
        let hear = move |event: &Event| {
            ears.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        };
        let mut builder = Solver::builder(graph)
            .settings(&settings)
            .roster(options.roster)
            .stop_handle(options.stop.clone())
            .moves_of_part(u64::MAX, options.lockstep)
            .precolored(options.precolored.iter().copied())
            .on_event(hear);
        if let Some(warm) = &options.warm_start {
            builder = builder.warm_start(warm.clone());
        }
        let (solver, status) = (builder.build()?, Status::Running);
        Ok(Self { solver, told, booked: 0, status, author: Default::default() })
    }

    /// Makes the first colourings and bounds, in half of the time that there is at most: on large graphs the
    /// other half goes into their sizes.
    pub fn open(&mut self, state: &mut State<'_>) {
        self.work(0, state.time_left().map(|left| left / 2), state);
    }

    /// Goes on for so many moves, and no longer than the run may.
    pub fn step(&mut self, moves: u64, state: &mut State<'_>) {
        self.work(moves, state.time_left(), state);
    }

    fn work(&mut self, moves: u64, time: Option<Duration>, state: &mut State<'_>) {
        self.solver.set_time_left(time);
        self.status = self.solver.step(moves);
        state.ledger.moves += self.solver.moves() - self.booked;
        self.booked = self.solver.moves();
        let told = std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner));
        for event in told {
            match event {
                Event::LowerBound { lower_bound, proof, .. } => state.raise(lower_bound, proof),
                Event::Improved(found) => {
                    self.author = (found.engine.into_owned(), found.site);
                }
                Event::SiteLost { .. } => state.ledger.emit(&event),
                // The others speak of colourings whose sizes may be wrong, or come too late.
                _ => {}
            }
        }
    }

    /// Whether it has more to do, given time.
    pub fn is_running(&self) -> bool {
        matches!(self.status, Status::Running | Status::TimeLimit)
    }

    /// Its best colouring, once it is open.
    pub fn best(&self) -> Option<Coloring> {
        self.solver.best()
    }

    /// The engine that made it, and where.
    pub fn author(&self) -> (&str, &str) {
        (&self.author.0, &self.author.1)
    }

    /// Ends it.
    pub fn finish(self) -> Outcome {
        self.solver.finish()
    }
}
