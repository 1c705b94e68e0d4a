//! How a pipeline is asked to run, and what it says of how it ran.

use std::time::Duration;

use crate::error::GpuError;
use crate::plan::{Placement, Submission};

/// Most submissions that a pipeline can hold.
pub const MAX_DEPTH: usize = 8;

/// Most steps of each that a pipeline can have slots for.
pub const MAX_BATCH: usize = 8;

/// Most slots that a pipeline can have.
pub(crate) const MAX_SLOTS: usize = MAX_DEPTH * MAX_BATCH;

/// Bytes of config and telemetry together up to which they are mapped where nothing is measured.
const MAPPED_BYTES: usize = 2048;

/// How a pipeline runs its steps. Results do not depend on any of this.
///
/// What is `None` is chosen once for a kernel: its first steps are waited for one by one and measured, then
/// the rest runs as [`choose`](crate::choose) finds best. With a placement and a submission nothing is
/// measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PipelineOptions {
    /// Submissions that can be in flight or wait to be taken, 1 to [`MAX_DEPTH`].
    pub depth: usize,
    /// Steps that each of them can have, 1 to [`MAX_BATCH`]: a pipeline has `depth * batch` slots.
    /// With a `depth` of 3, one batch can run while the next is made and the last is taken.
    pub batch: usize,
    /// Where config and telemetry live; `None` chooses, in sync mode by their size.
    pub placement: Option<Placement>,
    /// How steps are submitted; `None` chooses between streams and graphs.
    pub submission: Option<Submission>,
    /// Most steps in flight, 1 to one a slot: a submission beyond waits for the oldest. `None`
    /// chooses; with nothing else to choose it is one a slot.
    pub in_flight: Option<usize>,
    /// How long to wait for a step; `None` for ever. What comes before the first step (its streams, its
    /// slots, the state of a kernel) is waited for without one.
    pub step_timeout: Option<Duration>,
}

impl Default for PipelineOptions {
    fn default() -> Self {
        Self {
            depth: 3,
            batch: 1,
            placement: None,
            submission: None,
            in_flight: None,
            step_timeout: Some(Duration::from_secs(30)),
        }
    }
}

/// What a pipeline has done, and how.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PipelineStats {
    /// Most steps in flight; there may be more slots, see [`PipelineOptions::slots`].
    pub depth: usize,
    /// Where config and telemetry live.
    pub placement: Placement,
    /// How steps are submitted.
    pub submission: Submission,
    /// Why it is done this way.
    pub reason: &'static str,
    /// How often the way was chosen from measurements.
    pub choices: u64,
    /// Steps submitted since the pipeline was made; a reset does not clear it.
    pub submitted: u64,
    /// Steps seen to finish.
    pub finished: u64,
    /// How often the host had to wait for a step that it asked for.
    pub waits: u64,
}

/// How a pipeline begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub placement: Placement,
    pub submission: Submission,
    pub reason: &'static str,
    /// Whether the first steps are to be measured.
    pub measures: bool,
}

impl PipelineOptions {
    /// Slots: how many steps can be in flight or wait to be taken.
    #[must_use]
    pub const fn slots(&self) -> usize {
        self.depth * self.batch
    }

    /// Checks what a pipeline is asked for, and says how one begins whose config and telemetry are
    /// `payload` bytes together, on a device that maps host memory or does not.
    pub(super) fn start(&self, payload: usize, maps: bool) -> Result<Start, GpuError> {
        if !(1..=MAX_DEPTH).contains(&self.depth) {
            return Err(GpuError::InvalidOptions("a pipeline holds 1 to 8 submissions"));
        }
        if !(1..=MAX_BATCH).contains(&self.batch) {
            return Err(GpuError::InvalidOptions("a submission has slots for 1 to 8 steps"));
        }
        if self.in_flight.is_some_and(|most| !(1..=self.slots()).contains(&most)) {
            return Err(GpuError::InvalidOptions(
                "at least 1 step is in flight, at most one a slot",
            ));
        }
        if self.placement == Some(Placement::Mapped) && !maps {
            return Err(GpuError::InvalidOptions("this device does not map host memory"));
        }
        let by_size = match payload {
            _ if !maps => (Placement::Copied, "the device does not map host memory"),
            0..=MAPPED_BYTES => (Placement::Mapped, "the payload is small"),
            _ => (Placement::Copied, "the payload is not small"),
        };
        let (placement, submission, reason) = match (self.placement, self.submission) {
            (Some(placement), Some(submission)) => (placement, submission, "as asked for"),
            (None, Some(Submission::Sync)) => (by_size.0, Submission::Sync, by_size.1),
            (placement, submission) => {
                return Ok(Start {
                    placement: placement.unwrap_or(Placement::Copied),
                    submission: submission.unwrap_or(Submission::Streams),
                    reason: "the first steps are measured",
                    measures: true,
                });
            }
        };
        Ok(Start { placement, submission, reason, measures: false })
    }
}
