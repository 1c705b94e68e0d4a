//! Watching a search: what it tells of itself while it runs, for whoever draws a picture of it.
//!
//! A search that is [watched](super::FixedK::watch) tells a [`Watcher`] how it stands in its own rhythm: a
//! generation, a level of temperature, a step on a device. What it does is the same as without one, and what it
//! tells depends on its moves alone: a watcher that wants to know when has a clock, a search has none. One that
//! nobody watches counts no more than it needs itself.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// How a search stands after so many moves. Counts are those since the search was built, so that between two
/// samples they grow by what happened between them, whatever samples lie there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Moves, as [`FixedK::moves`](super::FixedK::moves) counts them.
    pub moves: u64,
    /// Conflicting edges or uncoloured vertices of the best individual so far.
    pub conflicts: u64,
    /// Moves that were proposed, of which some are accepted: 0 for a search that decides on a move and makes
    /// it.
    pub proposed: u64,
    /// Those of them that were accepted.
    pub accepted: u64,
    /// Exchanges between two replicas that were tried.
    pub exchanges: u64,
    /// Those of them that were made.
    pub swaps: u64,
    /// The mean share of the vertices that two individuals class differently, from 0 (all are the same
    /// partition) to 1; none for a search that does not compare individuals.
    pub diversity: Option<f64>,
}

/// When the parts of a step on a device ran, in nanoseconds of one clock: beginnings and ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedStep {
    /// Its number.
    pub step: u64,
    /// Which run of successive steps it belongs to; what lies between two runs was not timed.
    pub burst: u64,
    /// The config went to the device.
    pub upload: Option<[u64; 2]>,
    /// The kernel ran.
    pub kernel: Option<[u64; 2]>,
    /// The telemetry came back.
    pub download: Option<[u64; 2]>,
    /// The host waited for the step.
    pub wait: Option<[u64; 2]>,
    /// Steps in flight once it was submitted, itself included.
    pub in_flight: u64,
}

/// What the pipeline of a device was seen to do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pipeline {
    /// How steps are submitted and where their data lie, in words.
    pub transport: String,
    /// The last steps that were timed, oldest first.
    pub steps: Vec<TimedStep>,
    /// Time from the end of a step to that of the next one, in nanoseconds, in the mean.
    pub step_ns: f64,
    /// What the longest part of a step allows.
    pub bound_ns: f64,
    /// The share of the time in which upload, kernel and download ran, 0 to 1 each.
    pub busy: [f64; 3],
    /// Steps in flight after a submission, in the mean.
    pub in_flight: f64,
}

/// Takes what a search tells, on the thread that runs the search: it should come back at once.
pub trait Watcher: fmt::Debug + Send + Sync {
    /// How the search stands.
    fn sample(&self, sample: Sample);

    /// What the pipeline of its device did lately.
    fn pipeline(&self, _pipeline: Pipeline) {}
}

/// Who watches a search, if anyone does, as the search has it.
#[derive(Clone, Debug, Default)]
pub struct Watch(Option<Arc<dyn Watcher>>);

impl Watch {
    /// Whether anyone does.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Tells how the search stands, which is not looked at if nobody watches.
    pub fn sample(&self, look: impl FnOnce() -> Sample) {
        if let Some(watcher) = &self.0 {
            watcher.sample(look());
        }
    }

    /// The same of its device.
    pub fn pipeline(&self, look: impl FnOnce() -> Option<Pipeline>) {
        if let Some(watcher) = &self.0
            && let Some(pipeline) = look()
        {
            watcher.pipeline(pipeline);
        }
    }
}

impl From<&Arc<dyn Watcher>> for Watch {
    fn from(watcher: &Arc<dyn Watcher>) -> Self {
        Self(Some(watcher.clone()))
    }
}
