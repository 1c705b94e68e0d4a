//! The phases as searches that a solver drives, whatever device they run on.
//!
//! A call makes whole steps, and lets the device work through them without a pause; what is made beyond the
//! moves that were asked for is taken off the next call. So a search that is called for 500 moves and 500
//! more makes the steps of one that is called for 1000, also where a call makes none.
//!
//! Individuals of other searches are taken in between two calls, while nothing runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prism_core::search::{Elite, FixedK, Mismatch, Saved, Step, Watcher, completed};

use super::colorings;
use super::kind::Kind;
use super::residents::{Individual, Residents};
use super::runner::{Ended, Limit};
use super::watched;
use super::{Phase, PhaseError};

impl<K: Kind> FixedK for Phase<K> {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        if self.failure.is_some() {
            return Step::Failed;
        }
        let limit = Limit::Moves(moves);
        let ended = self.take_in().and_then(|()| {
            self.runner.run(&mut self.kind, &self.options, limit, || stop.load(Ordering::Relaxed))
        });
        match ended {
            Ok(Ended::Solved) => Step::Solved,
            Ok(Ended::AtLimit) => Step::OutOfMoves,
            Ok(Ended::Stopped) => Step::Stopped,
            Err(error) => {
                self.fail(&error);
                Step::Failed
            }
        }
    }

    /// What the host has counted itself; it is there whatever becomes of the device. Without a graph
    /// nothing.
    fn best(&self) -> Elite {
        self.best_so_far()
    }

    fn conflicts(&self) -> u64 {
        self.runner.loaded.as_ref().map_or(0, |loaded| loaded.conflicts)
    }

    fn moves(&self) -> u64 {
        self.runner.loaded.as_ref().map_or(0, |loaded| loaded.moves)
    }

    /// It takes the place of the worst individual when the next call begins. Vertices that have no colour
    /// get one. If more are offered than there are individuals, the latest are taken.
    fn offer(&mut self, elite: &Elite) {
        let Some(loaded) = &self.runner.loaded else { return };
        if elite.colors.len() != loaded.graph.n() || elite.k != loaded.k as usize {
            return;
        }
        if self.offered.len() >= loaded.shape.individuals as usize {
            self.offered.remove(0);
        }
        self.offered.push(elite.clone());
    }

    /// Of a search that the device says nothing of any more, the best alone.
    fn save(&mut self) -> Saved {
        let saved = if self.failure.is_none() { Some(self.saved()) } else { None };
        match saved {
            Some(Ok(saved)) => saved,
            Some(Err(error)) => {
                self.fail(&error);
                self.saved_without_device()
            }
            None => self.saved_without_device(),
        }
    }

    /// The number of individuals need not be that of this device. What was offered before is forgotten. If
    /// the device does not take the state, the search has its best, and has failed.
    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        self.put(saved)
    }

    /// A sample a step, and after each call what the pipeline did lately, of which some steps are timed from now
    /// on.
    fn watch(&mut self, watcher: &Arc<dyn Watcher>) {
        watched::time(&mut self.runner.context);
        self.runner.watch = watcher.into();
        self.runner.tell::<K>();
    }

    fn failure(&self) -> Option<String> {
        self.failure.clone()
    }
}

impl<K: Kind> Phase<K> {
    pub(super) fn best_so_far(&self) -> Elite {
        let best = self.runner.loaded.as_ref().map(|loaded| Elite {
            k: loaded.k as usize,
            colors: loaded.best.clone(),
            conflicts: loaded.conflicts,
        });
        best.unwrap_or(Elite { k: 0, colors: Vec::new(), conflicts: 0 })
    }

    pub(super) fn fail(&mut self, error: &PhaseError) {
        tracing::warn!(%error, phase = K::KERNEL.name, "the search on the GPU has ended");
        self.failure = Some(error.to_string());
    }

    /// Takes in what was offered.
    pub(super) fn take_in(&mut self) -> Result<(), PhaseError> {
        let loaded = self.runner.loaded.as_ref().ok_or(PhaseError::NothingLoaded)?;
        if self.offered.is_empty() || loaded.conflicts == 0 {
            return Ok(());
        }
        let gpu = self.runner.context.gpu().clone();
        let residents = self.runner.context.kernel_mut::<Residents>()?;
        let mut individuals = residents.individuals(&gpu)?;
        let mut memory = if K::HAS_MEMORY { residents.memory(&gpu)? } else { Vec::new() };
        let (layout, steps) = (&loaded.shape.layout, loaded.steps);
        for elite in self.offered.drain(..) {
            let colors = completed(&loaded.graph, loaded.k as usize, &elite.colors);
            let largest_class = K::KERNEL.largest_class;
            if !layout.is_in_rounds()
                && !colorings::is_countable(&loaded.graph, loaded.k, &colors, largest_class)
            {
                tracing::debug!(phase = K::KERNEL.name, "an individual that kernels cannot count");
                continue;
            }
            let conflicts = colorings::conflicts(&loaded.graph, &colors) as u32;
            let at = K::give_way(&self.options, &individuals, &mut memory, steps, conflicts);
            let individual = Individual { conflicts, current: conflicts, ..individuals[at] };
            individuals[at] = individual;
            let row = colorings::by_slot(&loaded.slots, layout, &colors);
            residents.replace(&gpu, at, individual, &row)?;
            if !K::HAS_MEMORY
                && let Some(words) = K::memory(&self.options, layout, &[individual], steps, &[])
                && !words.is_empty()
            {
                residents.remember(&gpu, at * words.len(), &words)?;
            }
        }
        if K::HAS_MEMORY {
            residents.remember(&gpu, 0, &memory)?;
        }
        Ok(())
    }
}
