//! What a step would take in a transport, from what was measured: the arithmetic behind a choice.

use super::{Limits, Measured};
use crate::plan::{self, Placement, Submission};

/// How much sooner, in microseconds, a device starts a kernel after the one before it if both are
/// of one graph than if both were launched on a stream.
const GRAPH_GAIN_US: f64 = 1.0;

/// What launching a graph costs the host, in launches of a kernel: one of mapped steps so much, whatever
/// their number, one with copies in it so much a step.
const GRAPH_LAUNCH: (f64, f64) = (0.45, 1.3);

/// What capturing a step anew and updating a graph with it costs the host more, in launches of a kernel:
/// a mapped step, and one that is copied.
const CAPTURE: (f64, f64) = (0.15, 1.0);

/// What a step takes in one transport, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prediction {
    pub placement: Placement,
    pub submission: Submission,
    /// The device, which has several steps under way.
    pub device: f64,
    /// The host's calls.
    pub calls: f64,
    /// The writing of the config.
    pub write: f64,
    /// Everything, overlapped as far as it can be.
    pub step: f64,
    /// A step from the writing of its config to its end.
    pub latency: f64,
}

impl Measured {
    /// What launching a batch as a graph costs the host, in microseconds a step.
    fn graph_launch(&self, placement: Placement, limits: &Limits) -> f64 {
        let steps = self.batch.max(1) as f64;
        let (graph, capture) = match placement {
            Placement::Mapped => (GRAPH_LAUNCH.0, CAPTURE.0 * steps),
            Placement::Copied => (GRAPH_LAUNCH.1 * steps, CAPTURE.1 * steps),
        };
        let launches = if limits.repeats { graph } else { graph + capture };
        launches * self.launch / steps
    }

    /// What the calls of a step cost the host: those of the plan, and the query that sees it end.
    fn calls(&self, placement: Placement, submission: Submission, limits: &Limits) -> f64 {
        let plan = plan::plan(placement, submission);
        let steps = self.batch.max(1) as f64;
        let done = plan.done.len() as f64 + 1.0;
        if submission == Submission::Graph {
            return self.graph_launch(placement, limits) + done * self.call / steps;
        }
        let each = plan.step.len() as f64 - 1.0;
        let once = (plan.open.len() + plan.close.len()) as f64 + done;
        self.launch + (each + once / steps) * self.call
    }

    /// Whether no second submission runs, or waits its turn, while one is taken and the next one made.
    pub(super) fn one_by_one(&self, limits: &Limits) -> bool {
        limits.slots < 2 * self.batch.max(1)
    }

    /// What a step takes in a transport.
    pub(super) fn predict(
        &self,
        (placement, submission): (Placement, Submission),
        limits: &Limits,
    ) -> Option<Prediction> {
        let batch = self.batch.max(1) as f64;
        let one_by_one = self.one_by_one(limits);
        let (device, alone) = match placement {
            Placement::Mapped => (self.mapped?, self.mapped?),
            Placement::Copied => {
                let times = self.copied?;
                let overlapped = times.overlapped(limits.copy_engines);
                let alone = times.upload + times.kernel + times.download;
                // Nothing is beside the first upload and the last download.
                let apart = submission == Submission::Graph || one_by_one;
                let ends = if apart { (alone - overlapped) / batch } else { 0.0 };
                (overlapped + ends, alone)
            }
        };
        let calls = self.calls(placement, submission, limits);
        let write = self.write;
        let (device, first) = match submission {
            // What comes before a batch is the writing of all of it, and one launch.
            Submission::Graph => {
                let gain = if self.batch > 1 { GRAPH_GAIN_US } else { 0.0 };
                ((device - gain).max(0.0), write + self.graph_launch(placement, limits))
            }
            _ => (device, (write + self.launch) / batch),
        };
        let latency = write + calls + alone;
        let step = if one_by_one {
            let later = (batch - 1.0) / batch;
            let graph = submission == Submission::Graph;
            let meanwhile = if graph { 0.0 } else { later * (write + calls) };
            first + device.max(meanwhile)
        } else {
            // A step begins when the one that had its slot has come back.
            device.max(write + calls).max(latency / limits.slots.max(1) as f64)
        };
        Some(Prediction { placement, submission, device, calls, write, step, latency })
    }
}
