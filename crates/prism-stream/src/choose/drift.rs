//! What the samples of a running pipeline say of the kernel that a transport was chosen for.

use super::{Limits, Measured};
use crate::plan::{Placement, Submission};

/// A kernel time that has changed by more than this factor makes a pipeline choose again.
pub const DRIFT: f64 = 2.0;

/// A change below this many microseconds is no drift: timing events see no more.
const RESOLUTION_US: f64 = 2.0;

/// How many times slower than when it was measured a host may be at times: it is not alone on its
/// machine.
const PATIENCE: f64 = 4.0;

impl Measured {
    /// What a sampled submission is expected to show of a step: on streams, where the events are around
    /// a kernel, the kernel; of a graph, which has them around all of it, what a step keeps the device
    /// busy for among others.
    #[must_use]
    pub fn sample(
        &self,
        placement: Placement,
        submission: Submission,
        limits: &Limits,
    ) -> Option<f64> {
        match (placement, submission) {
            (Placement::Copied, Submission::Graph) => {
                self.copied.map(|times| times.overlapped(limits.copy_engines))
            }
            _ => self.kernel(placement),
        }
    }

    /// What the events of such a submission span beside so much for each of its steps. Nothing hides the
    /// first upload and the last download of a graph; but then one of its steps, which has nothing
    /// beside it, takes as long as its kernel and no longer.
    #[must_use]
    pub fn ends(&self, placement: Placement, submission: Submission, limits: &Limits) -> f64 {
        match (placement, submission, self.copied) {
            (Placement::Copied, Submission::Graph, Some(times)) => {
                let hidden = times.overlapped(limits.copy_engines) - times.kernel;
                times.upload + times.download - hidden
            }
            _ => 0.0,
        }
    }

    /// The same with the kernel time that such a sample speaks for. Where copies hide the kernel, that
    /// is the most that it can be.
    #[must_use]
    pub fn with_sample(
        self,
        placement: Placement,
        submission: Submission,
        limits: &Limits,
        sample: f64,
    ) -> Self {
        let beside = match (placement, submission, limits.copy_engines, self.copied) {
            (Placement::Copied, Submission::Graph, 0, Some(times)) => times.upload + times.download,
            _ => 0.0,
        };
        self.with_kernel(placement, (sample - beside).max(0.0))
    }

    /// The same with another kernel time, seen with this placement. What mapped memory adds to a
    /// kernel is taken to stay.
    #[must_use]
    pub fn with_kernel(mut self, placement: Placement, kernel: f64) -> Self {
        let change = kernel - self.kernel(placement).unwrap_or(kernel);
        if let Some(times) = &mut self.copied {
            times.kernel = (times.kernel + change).max(0.0);
        }
        self.mapped = self.mapped.map(|mapped| (mapped + change).max(0.0));
        self
    }
}

/// What a sampled submission showed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// The time of a step (see [`Measured::sample`]), in microseconds.
    pub us: f64,
    /// Whether the device was still at earlier work when all of the submission was enqueued, so that
    /// no wait for the host is in its time.
    pub queued: bool,
}

/// Whether what was seen lately is another matter than the kernel that was chosen by. A kernel that the
/// device was ready for before the host had launched it seems to have taken up to `delay` longer, or
/// [`PATIENCE`] times that on a host that is slow for a while.
#[must_use]
pub fn drifted(chosen: f64, lately: &[Sample], delay: f64) -> bool {
    let slower = |now: &Sample| {
        let late = if now.queued { 0.0 } else { PATIENCE * delay };
        now.us > chosen * DRIFT && now.us - chosen > RESOLUTION_US + late
    };
    let faster = |now: &Sample| now.us < chosen / DRIFT && chosen - now.us > RESOLUTION_US;
    !lately.is_empty() && (lately.iter().all(slower) || lately.iter().all(faster))
}
