//! When each stage of a step ran, and how well the stages overlapped.
//!
//! A [`Timeline`] holds the last sampled steps of a pipeline. [`Utilisation`] sums them up: how busy
//! each stream was, how much ran at the same time, and how near the pipeline came to the bound that its
//! longest stage sets. [`Timeline::chrome_trace`] and [`Timeline::svg`] show the same to a person.
//!
//! Each step is also a `tracing` span called `gpu_step`, of no length of its own, since the device was done
//! with the step before the host heard of it: its times are fields, in microseconds.
//!
//! All of this is arithmetic on records and knows nothing of a driver; the records come from
//! `watch.rs`. They have to be taken with a grain of salt: each timed event costs its stream about a
//! microsecond, so steps of a few microseconds look slower while they are watched, and an event can
//! tell times apart to half a microsecond.

mod svg;
mod trace;
mod watch;

use std::collections::VecDeque;

pub(crate) use self::watch::{Edge, Watch};
pub use self::watch::{MAX_BURST, MAX_KEEP, TimingOptions};
use crate::stream::StreamPurpose;

/// A part of a step, each on a stream of its own where steps overlap.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Stage {
    /// The config goes to the device. Not in mapped memory.
    Upload,
    /// The kernels run.
    Kernel,
    /// The telemetry comes back. Not in mapped memory.
    Download,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Upload, Self::Kernel, Self::Download];

    /// Its name, as traces show it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Kernel => "kernel",
            Self::Download => "download",
        }
    }

    /// The purpose of the stream that it has when steps overlap.
    #[must_use]
    pub const fn purpose(self) -> StreamPurpose {
        match self {
            Self::Upload => StreamPurpose::ConfigUpload,
            Self::Kernel => StreamPurpose::KernelExecution,
            Self::Download => StreamPurpose::TelemetryDownload,
        }
    }
}

/// A stretch of time, in nanoseconds since the timeline began.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Span {
    /// When it began.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: u64,
}

impl Span {
    /// How long it was, in nanoseconds.
    #[must_use]
    pub const fn ns(&self) -> u64 {
        self.end_ns.saturating_sub(self.start_ns)
    }
}

/// A sampled step.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StepTimes {
    /// Its number.
    pub step: u64,
    /// Which run of successive samples it belongs to, from 0.
    pub burst: u64,
    /// When each [`Stage`] ran on the device, by the device's clock.
    pub stages: [Option<Span>; 3],
    /// When the host waited for it, if it had to, by the host's clock. The two clocks are brought
    /// together once a burst, to within some microseconds.
    pub wait: Option<Span>,
    /// Steps in flight when it had been submitted, itself included.
    pub queue_depth: u64,
}

impl StepTimes {
    /// When a stage ran.
    #[must_use]
    pub fn stage(&self, stage: Stage) -> Option<Span> {
        self.stages[stage as usize]
    }

    /// From the first stage's begin to the last one's end.
    #[must_use]
    pub fn whole(&self) -> Option<Span> {
        let spans = || self.stages.iter().flatten();
        let start_ns = spans().map(|span| span.start_ns).min()?;
        Some(Span { start_ns, end_ns: spans().map(|span| span.end_ns).max()? })
    }

    /// The step as a `tracing` span, opened and closed at once, with its times as fields: the device
    /// was done with it before the host heard of it.
    pub(crate) fn emit(&self) {
        let us = |span: Option<Span>| span.map_or(0.0, |span| span.ns() as f64 / 1e3);
        let [upload, kernel, download] = self.stages;
        let _entered = tracing::debug_span!(
            "gpu_step",
            step = self.step,
            upload_us = us(upload),
            kernel_us = us(kernel),
            download_us = us(download),
            host_wait_us = us(self.wait),
            queue_depth = self.queue_depth,
        )
        .entered();
    }
}

/// The last sampled steps of a pipeline, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    steps: VecDeque<StepTimes>,
    keep: usize,
    /// Whether one engine copies both ways, so that uploads and downloads share it.
    one_copy_engine: bool,
}

/// What a timeline comes to. Times are in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Utilisation {
    /// Steps that it sums up.
    pub steps: usize,
    /// Time from the first begin to the last end, all bursts added up.
    pub wall_ns: u64,
    /// How long each [`Stage`] ran.
    pub busy_ns: [u64; 3],
    /// Time from one step's end to the next one's, in the mean.
    pub step_ns: f64,
    /// What the longest stage allows: no step can follow another sooner, in the mean. With one copy
    /// engine, both copies count as a stage.
    pub bound_ns: f64,
    /// Time that the host waited for steps.
    pub host_wait_ns: u64,
    /// Steps in flight after a submission, in the mean.
    pub queue_depth: f64,
}

impl Utilisation {
    /// The share of the wall time that a stage was busy, 0 to 1.
    #[must_use]
    pub fn busy(&self, stage: Stage) -> f64 {
        ratio(self.busy_ns[stage as usize] as f64, self.wall_ns as f64)
    }

    /// Busy time of all stages over the wall time: 1 if one ran at a time, up to 3.
    #[must_use]
    pub fn overlap(&self) -> f64 {
        ratio(self.busy_ns.iter().sum::<u64>() as f64, self.wall_ns as f64)
    }

    /// The bound over the measured step, 0 to 1: 1 says that only the longest stage is left to
    /// shorten.
    #[must_use]
    pub fn efficiency(&self) -> f64 {
        ratio(self.bound_ns, self.step_ns).min(1.0)
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

impl Timeline {
    /// An empty timeline that keeps the last `keep` steps, 1 to [`MAX_KEEP`], of a device with so many
    /// copy engines. What lies outside of that counts as the nearest that does not.
    #[must_use]
    pub fn new(keep: usize, copy_engines: u32) -> Self {
        let keep = keep.clamp(1, MAX_KEEP);
        Self { steps: VecDeque::with_capacity(keep), keep, one_copy_engine: copy_engines < 2 }
    }

    /// Adds a step; the oldest goes if there are too many.
    pub fn push(&mut self, times: StepTimes) {
        if self.steps.len() == self.keep {
            self.steps.pop_front();
        }
        self.steps.push_back(times);
    }

    /// The steps, oldest first.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = &StepTimes> + Clone {
        self.steps.iter()
    }

    /// Sums up; `None` if there is nothing with a time.
    #[must_use]
    pub fn utilisation(&self) -> Option<Utilisation> {
        self.utilisation_since(0)
    }

    /// The same of the steps from a number on: for those that were told something else.
    #[must_use]
    pub fn utilisation_since(&self, step: u64) -> Option<Utilisation> {
        let mut sum = Utilisation::default();
        // Ends of successive steps, added up over the bursts, and how many there were.
        let (mut gaps_ns, mut gaps) = (0_u64, 0_u64);
        let mut before: Option<(&StepTimes, Span)> = None;
        for times in self.steps.iter().filter(|times| times.step >= step) {
            let Some(whole) = times.whole() else { continue };
            sum.steps += 1;
            sum.queue_depth += times.queue_depth as f64;
            sum.host_wait_ns += times.wait.map_or(0, |span| span.ns());
            for (busy, span) in sum.busy_ns.iter_mut().zip(times.stages) {
                *busy += span.map_or(0, |span| span.ns());
            }
            let follows = |of: &StepTimes| of.burst == times.burst && of.step + 1 == times.step;
            before = match before {
                Some((of, seen)) if follows(of) => {
                    let gap_ns = whole.end_ns.saturating_sub(seen.end_ns);
                    (gaps_ns, gaps) = (gaps_ns + gap_ns, gaps + 1);
                    sum.wall_ns += gap_ns;
                    Some((times, Span { end_ns: seen.end_ns.max(whole.end_ns), ..seen }))
                }
                _ => {
                    sum.wall_ns += whole.ns();
                    Some((times, whole))
                }
            };
        }
        if sum.steps == 0 {
            return None;
        }
        let steps = sum.steps as f64;
        let [upload, kernel, download] = sum.busy_ns.map(|ns| ns as f64 / steps);
        let copies = if self.one_copy_engine { upload + download } else { upload.max(download) };
        sum.queue_depth /= steps;
        sum.bound_ns = kernel.max(copies);
        // Steps that were sampled one by one tell nothing of their successors.
        sum.step_ns =
            if gaps > 0 { gaps_ns as f64 / gaps as f64 } else { sum.wall_ns as f64 / steps };
        Some(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Steps of 10 us up, 20 us of kernel and 5 us down, `period` us apart.
    pub(super) fn regular(steps: u64, period: u64, engines: u32) -> Timeline {
        let mut timeline = Timeline::new(1000, engines);
        for step in 0..steps {
            let at = |from: u64, to: u64| {
                let begin = step * period * 1000;
                Some(Span { start_ns: begin + from * 1000, end_ns: begin + to * 1000 })
            };
            timeline.push(StepTimes {
                step,
                burst: 0,
                stages: [at(0, 10), at(10, 30), at(30, 35)],
                wait: at(31, 35),
                queue_depth: 3,
            });
        }
        timeline
    }

    #[test]
    fn steps_at_the_bound_are_fully_efficient() {
        let sum = regular(100, 20, 2).utilisation().unwrap();
        assert_eq!((sum.step_ns, sum.bound_ns), (20_000.0, 20_000.0));
        assert_eq!(sum.efficiency(), 1.0);
        assert_eq!(sum.busy_ns, [1_000_000, 2_000_000, 500_000]);
        assert_eq!(sum.wall_ns, 99 * 20_000 + 35_000);
        assert!((sum.busy(Stage::Kernel) - 2000.0 / 2015.0).abs() < 1e-9);
        assert!((sum.overlap() - 3500.0 / 2015.0).abs() < 1e-9);
        assert_eq!((sum.queue_depth, sum.host_wait_ns), (3.0, 400_000));
    }

    #[test]
    fn steps_before_a_change_can_be_left_out() {
        let mut timeline = regular(10, 20, 2);
        let mut later = regular(20, 40, 2).steps;
        later.drain(..10).for_each(drop);
        later.into_iter().for_each(|times| timeline.push(times));
        let sum = timeline.utilisation_since(10).unwrap();
        assert_eq!((sum.steps, sum.step_ns), (10, 40_000.0));
        assert_eq!(timeline.utilisation_since(20), None);
    }

    #[test]
    fn steps_one_after_the_other_show_what_overlap_would_bring() {
        let sum = regular(100, 35, 2).utilisation().unwrap();
        assert!((sum.efficiency() - 20.0 / 35.0).abs() < 1e-9);
        assert!((sum.overlap() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn one_copy_engine_makes_both_copies_a_stage() {
        let bound = |engines| {
            let mut timeline = Timeline::new(9, engines);
            let span = |ns| Some(Span { start_ns: 0, end_ns: ns });
            timeline
                .push(StepTimes { stages: [span(15), span(20), span(10)], ..StepTimes::default() });
            timeline.utilisation().unwrap().bound_ns
        };
        assert_eq!((bound(2), bound(1)), (20.0, 25.0));
    }

    #[test]
    fn the_time_between_bursts_counts_for_nothing() {
        let mut timeline = regular(10, 20, 2);
        for mut times in regular(10, 20, 2).steps {
            times.burst = 1;
            for span in times.stages.iter_mut().flatten() {
                span.start_ns += 1_000_000_000;
                span.end_ns += 1_000_000_000;
            }
            timeline.push(times);
        }
        let sum = timeline.utilisation().unwrap();
        assert_eq!((sum.steps, sum.step_ns), (20, 20_000.0));
        assert_eq!(sum.wall_ns, 2 * (9 * 20_000 + 35_000));
    }

    #[test]
    fn steps_that_were_not_timed_count_for_nothing_either() {
        let mut timeline = Timeline::new(1000, 2);
        // Two singles, a batch of four that is a graph, and so on.
        for times in regular(60, 20, 2).steps.into_iter().filter(|times| times.step % 6 < 2) {
            timeline.push(times);
        }
        let sum = timeline.utilisation().unwrap();
        assert_eq!((sum.steps, sum.step_ns), (20, 20_000.0));
        assert_eq!(sum.wall_ns, 10 * (20_000 + 35_000));
    }

    #[test]
    fn only_the_last_steps_are_kept_and_nothing_is_no_figure() {
        assert_eq!(Timeline::new(3, 2).utilisation(), None);
        let mut timeline = Timeline::new(3, 2);
        for times in regular(10, 20, 2).steps {
            timeline.push(times);
        }
        let kept: Vec<u64> = timeline.steps().map(|times| times.step).collect();
        assert_eq!(kept, [7, 8, 9]);
        let mut empty = Timeline::new(3, 2);
        empty.push(StepTimes::default());
        assert_eq!(empty.utilisation(), None);
    }

    proptest! {
        /// On streams that do one thing at a time, no stage is busier than the wall and no step comes
        /// sooner than the bound allows.
        #[test]
        fn shares_are_shares(lengths in proptest::collection::vec([1_u64..9999, 1..9999, 1..9999], 2..50)) {
            let mut timeline = Timeline::new(100, 2);
            let mut free = [0_u64; 3];
            for (step, lengths) in (0..).zip(&lengths) {
                let mut ready = 0;
                let stages = std::array::from_fn(|at| {
                    let start_ns = ready.max(free[at]);
                    ready = start_ns + lengths[at];
                    free[at] = ready;
                    Some(Span { start_ns, end_ns: ready })
                });
                timeline.push(StepTimes { step, stages, ..StepTimes::default() });
            }
            let sum = timeline.utilisation().unwrap();
            for stage in Stage::ALL {
                prop_assert!(sum.busy(stage) <= 1.0);
            }
            prop_assert!((1.0..=3.0).contains(&(sum.overlap() + 1e-9)));
            prop_assert!((0.0..=1.0).contains(&sum.efficiency()));
            prop_assert_eq!(sum.wall_ns, free[2]);
        }
    }
}
