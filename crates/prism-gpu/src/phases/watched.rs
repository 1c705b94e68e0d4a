//! What a phase tells whoever watches it: a sample a step, and after each call what its pipeline did.

use prism_core::search::{Pipeline, Sample, TimedStep, Watch};
use prism_stream::timeline::{Span, StepTimes};
use prism_stream::{Placement, Stage, Submission, TimingOptions};

use super::kind::{Kind, Shape};
use super::outcome::StepSummary;
use crate::stream_integration::ManagedGpuContext;

/// Steps are timed a few at a time, seldom, so that the timing costs nothing that shows.
const TIMING: TimingOptions = TimingOptions { every: 256, burst: 12, keep: 24 };

/// What has happened since a graph was loaded, beside moves and conflicts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    accepted: u64,
    exchanges: u64,
    swaps: u64,
}

impl Tally {
    /// A step has come back.
    pub fn add<K: Kind>(&mut self, options: &K::Options, shape: &Shape, step: &StepSummary) {
        self.accepted += step.accepted;
        self.exchanges += K::exchanges(options, shape, step);
        self.swaps += u64::from(step.swaps);
    }

    /// How a search stands after so many moves.
    pub fn sample<K: Kind>(&self, moves: u64, conflicts: u64) -> Sample {
        if !K::PROPOSES {
            return Sample { moves, conflicts, ..Sample::default() };
        }
        let Self { accepted, exchanges, swaps } = *self;
        Sample { moves, conflicts, proposed: moves, accepted, exchanges, swaps, diversity: None }
    }
}

/// Has steps timed from now on. Whoever draws them does without if that is not to be had.
pub(super) fn time(context: &mut ManagedGpuContext) {
    if let Err(error) = context.pipeline_mut().set_timing(Some(TIMING)) {
        tracing::warn!(%error, "steps are not timed");
    }
}

/// Tells what the pipeline did lately.
pub(super) fn tell(watch: &Watch, context: &ManagedGpuContext) {
    watch.pipeline(|| {
        let pipeline = context.pipeline();
        let timeline = pipeline.timeline()?;
        let used = timeline.utilisation()?;
        let stats = pipeline.stats();
        let submission = match stats.submission {
            Submission::Sync => "one step after the other",
            Submission::Streams => "three streams",
            Submission::Graph => "graphs",
        };
        let placement = match stats.placement {
            Placement::Copied => "copied",
            Placement::Mapped => "mapped",
        };
        Some(Pipeline {
            transport: format!("{submission}, config and telemetry {placement}"),
            steps: timeline.steps().map(step).collect(),
            step_ns: used.step_ns,
            bound_ns: used.bound_ns,
            busy: Stage::ALL.map(|stage| used.busy(stage)),
            in_flight: used.queue_depth,
        })
    });
}

fn step(times: &StepTimes) -> TimedStep {
    let ends = |span: Option<Span>| span.map(|span| [span.start_ns, span.end_ns]);
    let [upload, kernel, download] = times.stages.map(ends);
    TimedStep {
        step: times.step,
        burst: times.burst,
        upload,
        kernel,
        download,
        wait: ends(times.wait),
        in_flight: times.queue_depth,
    }
}
