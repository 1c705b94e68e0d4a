//! What the samples of a running pipeline say of the kernel that a transport was chosen for.

use std::time::Duration;

use super::{Limits, Measured};
use crate::plan::{Placement, Submission};

/// A kernel time that has changed by more than this factor makes a pipeline choose again.
pub const DRIFT: f64 = 2.0;

/// A change below this many microseconds is no drift: timing events see no more.
const RESOLUTION_US: f64 = 2.0;

/// Samples that have to agree, and for how long: what is shorter is a disturbance, by others on the
/// machine for instance.
const AGREEING: u32 = 4;
const LASTING: Duration = Duration::from_millis(50);

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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The time of a step (see [`Measured::sample`]), in microseconds.
    pub us: f64,
    /// Whether the device was still at earlier work when all of the submission was enqueued, so that
    /// no wait for the host is in its time.
    pub queued: bool,
}

/// How a sample compares with what was chosen by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Shift {
    #[default]
    None,
    Slower,
    Faster,
}

impl Sample {
    /// A kernel that the device was ready for before the host had launched it seems to have taken up to
    /// `delay` longer, or [`PATIENCE`] times that on a host that is slow for a while.
    fn shift(&self, chosen: f64, delay: f64) -> Shift {
        let late = if self.queued { 0.0 } else { PATIENCE * delay };
        let change = self.us - chosen;
        if self.us > chosen * DRIFT && change > RESOLUTION_US + late {
            Shift::Slower
        } else if self.us < chosen / DRIFT && -change > RESOLUTION_US {
            Shift::Faster
        } else {
            Shift::None
        }
    }
}

/// What the samples since a choice say of the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Drift {
    shift: Shift,
    /// So many samples in a row agree, for so long, and on no less than this.
    samples: u32,
    since: Duration,
    lasted: Duration,
    least: f64,
}

impl Drift {
    /// Takes note of a sample that came in at some moment, of a kernel that was chosen for at `chosen`
    /// microseconds, on a host that takes `delay` to launch it.
    pub fn note(&mut self, sample: Sample, now: Duration, (chosen, delay): (f64, f64)) {
        let shift = sample.shift(chosen, delay);
        if shift != self.shift || self.samples == 0 {
            *self = Self { shift, since: now, least: f64::INFINITY, ..Self::default() };
        }
        self.samples += 1;
        self.lasted = now.saturating_sub(self.since);
        self.least = self.least.min(sample.us);
    }

    /// What a step takes now, in microseconds, if that is another matter than what was chosen by, and
    /// has been for long enough.
    #[must_use]
    pub fn settled(&self) -> Option<f64> {
        let settled =
            self.shift != Shift::None && self.samples >= AGREEING && self.lasted >= LASTING;
        settled.then_some(self.least)
    }
}
