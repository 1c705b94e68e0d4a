//! The solver on a thread of its own: Python's threads start it, wait for it, stop it and take what it finds.

use crate::colors;
use crate::failure;
use crate::found::Found;
use crate::graph::PyGraph;
use crate::settings;
use crate::wait::{LOOK, no_thread, thread};
use prism_core::{Coloring, Violation};
use prism_solver::{
    Event, Improvement, ListSolver, Outcome, Settings, SizeBounds, SizedSolver, Solver, Status,
    StopHandle, Unsatisfied,
};
use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

create_exception!(
    prism_coloring,
    NoColoringError,
    PyValueError,
    "No colouring is within the given colours and lists: `proved` says whether that is sure."
);

/// What can run.
enum Engine {
    Plain(Box<Solver<'static>>),
    Lists(Box<ListSolver<'static>>),
    Sized(Box<SizedSolver<'static>>),
}

/// What the solver is at.
enum State {
    /// It waits for a step or a run.
    Idle(Engine),
    /// A thread works.
    Working(JoinHandle<Option<Engine>>),
    /// It has ended, or a thread has panicked.
    Over,
}

/// Why a run has no colouring to give.
#[derive(Clone)]
enum Failed {
    /// None was found.
    Unsatisfied(Unsatisfied),
    /// What was found is not proper.
    Improper(Violation),
}

/// What a running solver has told.
#[derive(Default)]
struct Told {
    best: Option<Coloring>,
    /// Colourings that nobody has taken yet, where somebody is to.
    queue: Option<VecDeque<Arc<Outcome>>>,
    history: Vec<Improvement>,
    lower_bound: usize,
    moves: u64,
    seconds: f64,
    status: Option<Status>,
    /// Whether a thread works.
    working: bool,
    end: Option<Result<Arc<Outcome>, Failed>>,
}

#[derive(Default)]
struct Shared {
    told: Mutex<Told>,
    changed: Condvar,
}

impl Shared {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn event(&self, event: &Event) {
        let mut told = self.told();
        match event {
            Event::LowerBound { lower_bound, seconds, .. } => {
                told.lower_bound = *lower_bound;
                told.seconds = *seconds;
            }
            Event::Improved(found) => {
                told.history.push(found.clone());
                (told.moves, told.seconds) = (found.moves, found.seconds);
            }
            Event::Progress { moves, seconds, .. } => {
                (told.moves, told.seconds) = (*moves, *seconds);
            }
            _ => {}
        }
    }

    fn improved(&self, coloring: &Coloring) {
        let mut told = self.told();
        told.best = Some(coloring.clone());
        let outcome = told.queue.is_some().then(|| told.so_far());
        if let (Some(queue), Some(Some(outcome))) = (&mut told.queue, outcome) {
            queue.push_back(outcome.into());
        }
        self.changed.notify_all();
    }
}

impl Told {
    /// What is known, unless there is no colouring yet.
    fn so_far(&self) -> Option<Outcome> {
        let coloring = self.best.clone()?;
        Some(Outcome {
            sizes: SizeBounds::of(coloring.colors().len(), coloring.num_colors()),
            coloring,
            lower_bound: self.lower_bound,
            clique: Vec::new(),
            status: self.status.unwrap_or(Status::Running),
            history: self.history.clone(),
            engines: Vec::new(),
            moves: self.moves,
            seconds: self.seconds,
        })
    }
}

/// Says that the thread is done however it ends.
struct Done(Arc<Shared>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.told().working = false;
        self.0.changed.notify_all();
    }
}

/// Colours one graph.
#[pyclass(frozen, name = "Solver", module = "prism_coloring._prism")]
pub struct PySolver {
    state: Mutex<State>,
    shared: Arc<Shared>,
    stop: StopHandle,
    settings: Settings,
    /// It may own what the engine reads, and goes after it.
    graph: Py<PyGraph>,
}

#[pymethods]
impl PySolver {
    /// Sets a solver up. `keywords` are those of `settings`.
    #[new]
    fn new(
        graph: Bound<'_, PyGraph>,
        keywords: &Bound<'_, PyDict>,
        precolored: Option<&Bound<'_, PyDict>>,
        allowed: Option<&Bound<'_, PyDict>>,
        warm_start: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let (py, known) = (graph.py(), graph.get());
        let settings = settings::read(keywords)?;
        let given = precolored.map(|colors| colors::given(known, colors)).transpose()?;
        let lists = allowed.map(|lists| colors::allowed(known, lists)).transpose()?;
        let warm = warm_start.map(|coloring| colors::whole(known, coloring)).transpose()?;
        let (stop, shared) = (StopHandle::new(), Arc::new(Shared::default()));
        let (events, improvements) = (shared.clone(), shared.clone());
        let mut builder = Solver::builder(known.graph.clone())
            .settings(&settings)
            .stop_handle(stop.clone())
            .on_event(move |event: &Event| events.event(event))
            .on_improvement(move |coloring| improvements.improved(coloring))
            .precolored(given.unwrap_or_default());
        if let Some(warm) = warm {
            builder = builder.warm_start(warm);
        }
        let built = py.detach(|| match lists {
            Some(lists) => builder.within_lists(lists).map(|run| Engine::Lists(Box::new(run))),
            None if settings.asks_for_sizes() => {
                builder.sized().map(|run| Engine::Sized(Box::new(run)))
            }
            None => builder.build().map(|run| Engine::Plain(Box::new(run))),
        });
        let engine = built.map_err(|error| match error.is_impossibility() {
            true => match known.in_words(py, |naming| error.in_words_of(naming)) {
                Ok(why) => no_coloring(py, &why, true),
                Err(error) => error,
            },
            false => failure::of_build(py, &error, known),
        })?;
        let state = Mutex::new(State::Idle(engine));
        Ok(Self { state, shared, stop, settings, graph: graph.unbind() })
    }

    /// Lets a thread work: for so many moves, or to the end. With `queue` each better colouring is kept until
    /// `take` takes it.
    fn start(&self, py: Python<'_>, moves: Option<u64>, queue: bool) -> PyResult<()> {
        self.settle(py)?;
        let mut state = self.state();
        let engine = match std::mem::replace(&mut *state, State::Over) {
            State::Idle(engine) => engine,
            other => {
                *state = other;
                return Err(failure::value("the solver works, or has ended"));
            }
        };
        if moves.is_some() && !matches!(engine, Engine::Plain(_)) {
            *state = State::Idle(engine);
            return Err(failure::value(
                "a search within lists of allowed colours, for classes of certain sizes or for \
                 exactly as many colours runs as a whole; it has no steps",
            ));
        }
        {
            let mut told = self.shared.told();
            told.working = true;
            told.queue = queue.then(VecDeque::new);
        }
        let (shared, graph) = (self.shared.clone(), self.graph.clone_ref(py));
        let work = move || {
            // The graph may own what the engine reads: it is dropped last.
            let graph = graph;
            let _done = Done(shared.clone());
            work(engine, moves, &shared, &graph)
        };
        match thread().spawn(work) {
            Ok(handle) => {
                *state = State::Working(handle);
                Ok(())
            }
            Err(error) => {
                self.shared.told().working = false;
                Err(no_thread(error))
            }
        }
    }

    /// Waits until the thread is done, up to so many seconds, or, with `news`, until there is a colouring to
    /// take. Says whether the thread is done.
    ///
    /// # Errors
    /// What a signal raises.
    fn wait(&self, py: Python<'_>, seconds: f64, news: bool) -> PyResult<bool> {
        let until = Instant::now() + Duration::from_secs_f64(seconds.clamp(0.0, 1e6));
        loop {
            let (done, ready) = py.detach(|| {
                let told = self.shared.told();
                let left = until.saturating_duration_since(Instant::now()).min(LOOK);
                let ready = |told: &Told| {
                    !told.working || news && told.queue.as_ref().is_some_and(|q| !q.is_empty())
                };
                let wait = self.shared.changed.wait_timeout_while(told, left, |t| !ready(t));
                let (told, _) = wait.unwrap_or_else(PoisonError::into_inner);
                (!told.working, ready(&told))
            });
            py.check_signals()?;
            if ready || Instant::now() >= until {
                if done {
                    self.settle(py)?;
                }
                return Ok(done);
            }
        }
    }

    /// The next better colouring that was found, if it was kept and not taken.
    fn take(&self, py: Python<'_>) -> Option<Found> {
        let outcome = self.shared.told().queue.as_mut()?.pop_front()?;
        Some(self.found(py, outcome))
    }

    /// Stops it for good, from any thread.
    fn stop(&self) {
        self.stop.stop();
    }

    /// The best colouring so far.
    #[getter]
    fn best(&self, py: Python<'_>) -> Option<Found> {
        let outcome = {
            let told = self.shared.told();
            match &told.end {
                Some(Ok(outcome)) => outcome.clone(),
                _ => Arc::new(told.so_far()?),
            }
        };
        Some(self.found(py, outcome))
    }

    /// The result of a run that has ended.
    ///
    /// # Errors
    /// `NoColoringError` if there is none, and `ValueError` before the end.
    fn result(&self, py: Python<'_>) -> PyResult<Found> {
        let end = self.shared.told().end.clone();
        match end {
            Some(Ok(outcome)) => Ok(self.found(py, outcome)),
            Some(Err(Failed::Improper(wrong))) => {
                let wrong = self.graph.get().in_words(py, |n| n.describe_violation(&wrong))?;
                Err(failure::internal(&format!(
                    "{wrong}, unless the arrays of the graph were changed meanwhile"
                )))
            }
            Some(Err(Failed::Unsatisfied(Unsatisfied { proof: Some(why), .. }))) => {
                let why = self.graph.get().in_words(py, |naming| why.in_words_of(naming))?;
                Err(no_coloring(py, &why, true))
            }
            Some(Err(Failed::Unsatisfied(run))) => {
                let why = format!(
                    "none was found ({}), and it is not proved that there is none",
                    run.status
                );
                Err(no_coloring(py, &why, false))
            }
            None => Err(failure::value("the solver has not run to its end")),
        }
    }

    /// Why it ended, or `running`.
    #[getter]
    fn status(&self) -> String {
        self.shared.told().status.unwrap_or(Status::Running).to_string()
    }

    /// Colours of the best colouring, lower bound, moves, seconds.
    fn progress(&self) -> (Option<usize>, usize, u64, f64) {
        let told = self.shared.told();
        let best = told.best.as_ref().map(Coloring::num_colors);
        (best, told.lower_bound, told.moves, told.seconds)
    }
}

impl PySolver {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self, py: Python<'_>, outcome: Arc<Outcome>) -> Found {
        Found { graph: self.graph.clone_ref(py), settings: self.settings.clone(), outcome }
    }

    /// Takes the engine back from a thread that is done.
    fn settle(&self, py: Python<'_>) -> PyResult<()> {
        // A thread that ends may wait for the GIL to give the graph back.
        py.detach(|| {
            let mut state = self.state();
            if self.shared.told().working {
                return Ok(());
            }
            match std::mem::replace(&mut *state, State::Over) {
                State::Working(handle) => match handle.join() {
                    Ok(Some(engine)) => *state = State::Idle(engine),
                    Ok(None) => {}
                    Err(_) => return Err(failure::internal("the solver panicked")),
                },
                other => *state = other,
            }
            Ok(())
        })
    }
}

impl Drop for PySolver {
    fn drop(&mut self) {
        self.stop.stop();
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let State::Working(handle) = std::mem::replace(state, State::Over) {
            // It comes back within milliseconds, and may wait for the GIL to do so.
            let joined = Python::attach(|py| py.detach(|| handle.join()));
            drop(joined);
        }
    }
}

/// What the thread does; gives the engine back if there is more to do with it.
fn work(
    engine: Engine,
    moves: Option<u64>,
    shared: &Shared,
    graph: &Py<PyGraph>,
) -> Option<Engine> {
    let ended = match (engine, moves) {
        (Engine::Plain(mut solver), Some(moves)) => {
            let status = solver.step(moves);
            shared.told().moves = solver.moves();
            if status == Status::Running {
                return Some(Engine::Plain(solver));
            }
            Ok(solver.finish())
        }
        (Engine::Plain(solver), None) => Ok(solver.run()),
        (Engine::Lists(solver), _) => solver.run(),
        (Engine::Sized(solver), _) => solver.run(),
    };
    let mut told = shared.told();
    told.status = Some(match &ended {
        Ok(outcome) => outcome.status,
        Err(run) => run.status,
    });
    told.end = Some(match ended {
        Ok(outcome) => {
            (told.moves, told.seconds) = (outcome.moves, outcome.seconds);
            told.lower_bound = outcome.lower_bound;
            // The solver verifies as well; this is the check that nothing gets past, a change of borrowed
            // arrays included.
            match outcome.coloring.verify(&graph.get().graph) {
                Ok(()) => Ok(outcome.into()),
                Err(wrong) => Err(Failed::Improper(wrong)),
            }
        }
        Err(run) => Err(Failed::Unsatisfied(run)),
    });
    None
}

/// A [`NoColoringError`].
fn no_coloring(py: Python<'_>, why: &str, proved: bool) -> PyErr {
    let error = NoColoringError::new_err(format!("no colouring: {why}"));
    match error.value(py).setattr("proved", proved) {
        Ok(()) => error,
        Err(other) => other,
    }
}
