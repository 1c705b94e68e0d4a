//! What a search says of itself: its steps, its individuals, what it came to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prism_core::{Color, KernelTelemetry};
use prism_stream::AbortHandle;

/// Ends the search of a phase, from any thread.
#[derive(Clone, Debug)]
pub struct StopHandle {
    raised: Arc<AtomicBool>,
    abort: AbortHandle,
}

impl StopHandle {
    pub(super) fn new(abort: AbortHandle) -> Self {
        Self { raised: Arc::default(), abort }
    }

    /// Ends the search that runs within milliseconds, what is on the device included; a later one does
    /// not begin before a graph is loaded again. Nothing that was found is lost.
    pub fn stop(&self) {
        self.raised.store(true, Ordering::Relaxed);
        self.abort.abort();
    }

    pub(super) fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Relaxed)
    }

    pub(super) fn lower(&self) {
        self.raised.store(false, Ordering::Relaxed);
    }

    /// Ends the steps that run, and no later search.
    pub(super) fn abort(&self) {
        self.abort.abort();
    }
}

/// A step in the history of a search.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StepSummary {
    /// The step, from 0 on since the graph was loaded.
    pub step: u64,
    /// Conflicting edges of the best colouring of all individuals.
    pub conflicts: u32,
    /// The individual that has it.
    pub best_replica: u32,
    /// Moves that all individuals made or, in annealing, proposed.
    pub moves: u64,
    /// Those of them that were accepted.
    pub accepted: u64,
    /// Exchanges between replicas.
    pub swaps: u32,
    /// When the step ended, by the device's clock in nanoseconds.
    pub clock_ns: u64,
}

impl From<&KernelTelemetry> for StepSummary {
    fn from(telemetry: &KernelTelemetry) -> Self {
        Self {
            step: telemetry.iteration,
            conflicts: telemetry.conflicts,
            best_replica: telemetry.best_replica,
            moves: telemetry.moves,
            accepted: telemetry.accepted,
            swaps: telemetry.swaps,
            clock_ns: telemetry.clock_ns,
        }
    }
}

/// An individual as the device has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IndividualState {
    /// Iterations since it was loaded.
    pub iteration: u64,
    /// Conflicting edges of its colouring at hand, as the device has counted them.
    pub conflicts: u32,
    /// The colouring at hand.
    pub coloring: Vec<Color>,
    /// Conflicting edges of its best colouring, as the device has counted them.
    pub best_conflicts: u32,
    /// Its best colouring.
    pub best: Vec<Color>,
}

/// What a search came to.
#[derive(Clone, Debug)]
pub struct RunResult {
    /// The best colouring, counted again on the host.
    pub coloring: Vec<Color>,
    /// Its conflicting edges; 0 if it is proper.
    pub conflicts: u64,
    /// Steps since the graph was loaded. Where there is a proper colouring, some of them may have been
    /// under way when it was found, and are not in the history.
    pub steps: u64,
    /// Moves since then, by all individuals, until a proper colouring was found: vertices recoloured by
    /// repair, proposals of annealing.
    pub moves: u64,
    /// The steps of this call.
    pub history: Vec<StepSummary>,
}
