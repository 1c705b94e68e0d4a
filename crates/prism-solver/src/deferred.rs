//! A search on a GPU as the solver has it: made when it first runs, and given up when it fails.

use crate::roster::GpuSeating;
use crate::task::Task;
use prism_core::search::{Elite, FixedK, Mismatch, Saved, Step, UNCOLORED, Watcher};
use prism_gpu::GpuContext;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A search on a GPU that is set up when it first runs: on its own thread, so that compiling a kernel and
/// copying a graph keep nobody waiting.
pub(crate) struct Deferred {
    task: Arc<Task>,
    state: State,
    /// Who watches it once it is made.
    watcher: Option<Arc<dyn Watcher>>,
}

enum State {
    Waiting {
        gpu: GpuContext,
        seating: GpuSeating,
        stream: u64,
        asynchronous: bool,
        /// What it is to go on from.
        at_rest: Option<Box<Saved>>,
    },
    Ready(Box<dyn FixedK>),
    Failed(String),
}

impl Deferred {
    pub fn new(
        task: Arc<Task>,
        gpu: GpuContext,
        seating: GpuSeating,
        stream: u64,
        asynchronous: bool,
    ) -> Self {
        let state = State::Waiting { gpu, seating, stream, asynchronous, at_rest: None };
        Self { task, state, watcher: None }
    }

    /// One that cannot run.
    pub fn failed(task: Arc<Task>, why: String) -> Self {
        Self { task, state: State::Failed(why), watcher: None }
    }
}

impl FixedK for Deferred {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        if let State::Waiting { gpu, seating, stream, asynchronous, at_rest } = &self.state {
            let made = (seating.set_up)(&self.task, gpu, *stream, *asynchronous);
            self.state = match made {
                Ok(mut search) => {
                    if let Some(Err(mismatch)) = at_rest.as_deref().map(|it| search.restore(it)) {
                        tracing::warn!(%mismatch, "a search of the checkpoint begins anew");
                    }
                    if let Some(watcher) = &self.watcher {
                        search.watch(watcher);
                    }
                    State::Ready(search)
                }
                Err(error) => State::Failed(error.to_string()),
            };
        }
        match &mut self.state {
            State::Ready(search) => search.run(moves, stop),
            State::Waiting { .. } | State::Failed(_) => Step::Failed,
        }
    }

    fn best(&self) -> Elite {
        match &self.state {
            State::Ready(search) => search.best(),
            State::Waiting { at_rest: Some(at_rest), .. } => at_rest.best.clone(),
            State::Waiting { .. } | State::Failed(_) => {
                let n = self.task.graph().n();
                Elite { k: self.task.k(), colors: vec![UNCOLORED; n], conflicts: n as u64 }
            }
        }
    }

    fn conflicts(&self) -> u64 {
        match &self.state {
            State::Ready(search) => search.conflicts(),
            State::Waiting { at_rest: Some(at_rest), .. } => at_rest.best.conflicts,
            State::Waiting { .. } | State::Failed(_) => self.task.graph().n() as u64,
        }
    }

    fn moves(&self) -> u64 {
        match &self.state {
            State::Ready(search) => search.moves(),
            State::Waiting { at_rest: Some(at_rest), .. } => at_rest.moves,
            State::Waiting { .. } | State::Failed(_) => 0,
        }
    }

    fn offer(&mut self, elite: &Elite) {
        if let State::Ready(search) = &mut self.state {
            search.offer(elite);
        }
    }

    fn save(&mut self) -> Saved {
        match &mut self.state {
            State::Ready(search) => search.save(),
            State::Waiting { at_rest: Some(at_rest), .. } => (**at_rest).clone(),
            State::Waiting { .. } | State::Failed(_) => Saved {
                best: self.best(),
                individuals: Vec::new(),
                moves: 0,
                random: Vec::new(),
                counters: Vec::new(),
            },
        }
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        match &mut self.state {
            State::Ready(search) => search.restore(saved),
            // It is looked at when there is a search that it can be one of.
            State::Waiting { at_rest, .. } => {
                *at_rest = Some(Box::new(saved.clone()));
                Ok(())
            }
            State::Failed(_) => Err(Mismatch::Part("the device")),
        }
    }

    fn watch(&mut self, watcher: &Arc<dyn Watcher>) {
        if let State::Ready(search) = &mut self.state {
            search.watch(watcher);
        }
        self.watcher = Some(watcher.clone());
    }

    fn failure(&self) -> Option<String> {
        match &self.state {
            State::Ready(search) => search.failure(),
            State::Failed(why) => Some(why.clone()),
            State::Waiting { .. } => None,
        }
    }
}
