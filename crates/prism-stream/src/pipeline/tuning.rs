//! The mechanism of the automatic choice: measures the first steps, applies what
//! [`choose`](crate::choose) says, and keeps an eye on the kernel's time.
//!
//! A measured step is a step like any other, with its config and its telemetry, but it runs alone, with
//! timed events between its parts, and the host waits for it. A gate holds it back until all of it is
//! enqueued, so that the events tell what the device does and not what it waits for. After it, while
//! its slot is still the pipeline's, its config goes up and its telemetry comes down once more, both at
//! the same time and held back alike, which changes neither. If config and telemetry might be better
//! off in mapped memory, a few more steps measure the kernel there.
//!
//! Later, one submission in [`EVERY`] has timed events around its first kernel or, as a graph, around all
//! of it. When such samples say for a while that the kernel is another than the one that was chosen by (see
//! [`Drift`]), or batches have another size, the choice is made again. Nothing is made for it but what
//! another placement needs, and threads that write configs.

use std::sync::Arc;
use std::time::Duration;

use bytemuck::Pod;

use super::enqueue::Torn;
use super::{AsyncPipelineCoordinator, PipelineOptions, PipelineStats};
use crate::choose::{self, CopiedTimes, Drift, Limits, Measured, Sample};
use crate::driver::{HeldBack, poll};
use crate::error::{DriverError, GpuError};
use crate::handles::Event;
use crate::plan::{self, Op, Placement, Submission};
use crate::slots::{Work, driver_of};
use crate::stream::StreamPurpose::{ConfigUpload, KernelExecution, TelemetryDownload};

/// Timed events of a pipeline: before, between and after the three parts of a step.
pub(super) const TIMERS: usize = 4;

/// Steps that are measured with each placement. The first of them may load the kernel.
const STEPS: u32 = 6;

/// One submission in so many is sampled.
const EVERY: u32 = 64;

/// Samples after which the batches are looked at.
const WINDOW: u32 = 4;

/// What a pipeline knows of its own speed.
#[derive(Debug)]
pub(super) struct Tuner {
    /// Where measuring begins; `None` if nothing is to be chosen.
    start: Option<Placement>,
    /// What the options and the device allow.
    given: Limits,
    /// The same without what the kernel, or a shortage, has ruled out.
    limits: Limits,
    /// Why a placement is ruled out.
    refused: Option<&'static str>,
    phase: Phase,
    measured: Measured,
    /// Submissions until one is sampled.
    until: u32,
    /// The first step of the submission that is sampled, how many steps its events span, and whether
    /// the device had work before it.
    sampled: Option<(u64, usize, bool)>,
    /// What the samples since the choice say.
    drift: Drift,
    /// Samples since the choice, or since the batches were looked at.
    seen: u32,
    /// The largest batch since then.
    batch: usize,
}

/// Where in its life a pipeline is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    /// Everything is pinned, or nothing can be measured.
    Fixed,
    /// So many steps are still to be measured with the placement at hand.
    Measuring(u32),
    /// Enough is known; what follows from it is not carried out yet. It can fail, for a late step say,
    /// and is tried again then.
    Deciding,
    /// The choice is made.
    Chosen,
}

impl Tuner {
    /// Measures from `start` on, or nothing.
    pub fn new(start: Option<Placement>, limits: Limits) -> Self {
        let phase = if start.is_some() { Phase::Measuring(STEPS) } else { Phase::Fixed };
        Self {
            start,
            given: limits,
            limits,
            refused: None,
            phase,
            measured: Measured::default(),
            until: EVERY,
            sampled: None,
            drift: Drift::default(),
            seen: 0,
            batch: 0,
        }
    }

    /// Begins again, for another kernel, whose launches are all alike or not.
    pub fn restart(&mut self, repeats: bool) {
        *self = Self::new(self.start, Limits { repeats, ..self.given });
    }

    /// Leaves everything as it is from now on.
    pub fn stop(&mut self) {
        *self = Self { limits: self.limits, ..Self::new(None, self.given) };
    }

    /// No graph is chosen any more.
    pub fn refuse_graphs(&mut self) {
        self.limits.graphs = false;
    }

    /// A placement is not chosen any more.
    pub fn refuse(&mut self, placement: Placement) {
        (self.limits.placement, self.refused) = match placement {
            Placement::Mapped => (Some(Placement::Copied), Some("mapped slots could not be had")),
            Placement::Copied => {
                (Some(Placement::Mapped), Some("slots on the device could not be had"))
            }
        };
    }

    /// Whether anything is measured now or later.
    pub fn is_active(&self) -> bool {
        self.phase != Phase::Fixed
    }

    pub fn is_measuring(&self) -> bool {
        matches!(self.phase, Phase::Measuring(_))
    }

    pub fn measured(&self) -> Option<&Measured> {
        matches!(self.phase, Phase::Deciding | Phase::Chosen).then_some(&self.measured)
    }

    /// Whether to put timed events around kernels of a submission that is to be enqueued.
    pub fn samples(&mut self) -> bool {
        if self.phase != Phase::Chosen || self.sampled.is_some() {
            return false;
        }
        self.until = self.until.saturating_sub(1);
        self.until == 0
    }

    /// Takes note of a measured step.
    fn learn(&mut self, placement: Placement, new: &Measured) {
        let least = |old: f64, new: f64| if old > 0.0 { old.min(new) } else { new };
        let known = &mut self.measured;
        known.launch = least(known.launch, new.launch);
        known.call = least(known.call, new.call);
        known.write = least(known.write, new.write);
        match placement {
            Placement::Mapped => {
                known.mapped = new.mapped.map(|new| known.mapped.map_or(new, |old| old.min(new)));
            }
            Placement::Copied => {
                known.copied = match (known.copied, new.copied) {
                    (Some(old), Some(new)) => Some(CopiedTimes {
                        upload: old.upload.min(new.upload),
                        kernel: old.kernel.min(new.kernel),
                        download: old.download.min(new.download),
                        both: old.both.min(new.both),
                    }),
                    (old, new) => new.or(old),
                };
            }
        }
    }
}

impl<C: Pod, T: Pod> AsyncPipelineCoordinator<C, T> {
    /// Submits one step alone, waits for it and learns from it. `in_place` says that other steps are
    /// written where they are sent from.
    pub(super) fn measure(&mut self, config: &[C], in_place: bool) -> Result<(), GpuError> {
        self.tuner.measured.batch = self.tuner.measured.batch.max(self.tuner.batch);
        if let Some(start) = self.tuner.start
            && self.tuner.measured.copied.is_none()
            && self.tuner.measured.mapped.is_none()
        {
            self.move_to(start)?; // after another kernel was bound
        }
        while self.ring.in_flight() > 0 {
            self.finish_oldest()?;
        }
        let step = self.ring.submitted();
        self.claim(step, 1)?;
        self.torn = true;
        let mut new = Measured::default();
        let enqueued = self.enqueue_timed(step, config, &mut new);
        self.accept(step, 1, enqueued)?;
        self.wait_for_step(step)?;
        let read = self.read_times(step, &mut new);
        if in_place {
            new.write = 0.0;
        }
        if self.torn {
            return read; // not come back: see `time_both`
        }
        self.arrive(step)?;
        match read {
            // A step that ended early says nothing of those that do not.
            Ok(()) if self.work.abort.is_aborted() => return Ok(()),
            Ok(()) => self.tuner.learn(self.stats.placement, &new),
            Err(error) if error.is_sticky() => return Err(self.blame(step, error)),
            Err(error) => {
                tracing::warn!(%error, "steps cannot be measured, going on without");
                self.tuner.stop();
                self.stats.reason = "the steps could not be measured";
                return Ok(());
            }
        }
        match self.tuner.phase {
            Phase::Measuring(left) if left > 1 => {
                self.tuner.phase = Phase::Measuring(left - 1);
                Ok(())
            }
            _ => self.decide(),
        }
    }

    /// Enqueues a step on one stream, with a timed event before and after each of its parts.
    fn enqueue_timed(&mut self, step: u64, config: &[C], new: &mut Measured) -> Result<(), Torn> {
        let driver = driver_of(&self.pool);
        driver.bind()?;
        let us = |from, to: Duration| to.saturating_sub(from).as_secs_f64() * 1e6;
        let start = driver.now();
        self.write(step, config)?;
        new.write = us(start, driver.now());
        let stream = self.lanes()?.stream(KernelExecution)?;
        let (timers, gate) = (Arc::clone(&self.work.timers), Arc::clone(&self.work.gate));
        let plan = plan::plan(self.stats.placement, Submission::Sync);
        let made = (|| -> Result<(), GpuError> {
            let mut walk = self.walk(driver.as_ref(), false)?;
            let _held = HeldBack::new(driver.as_ref(), stream, &gate)?;
            let (mut calls, mut host) = (0_u32, 0.0);
            for (op, timer) in plan.step.iter().zip(timers.iter()) {
                let start = driver.now();
                timer.record(stream)?;
                let called = driver.now();
                walk.make(std::slice::from_ref(op), step)?;
                let end = driver.now();
                (calls, host) = (calls + 1, host + us(start, called));
                if *op == Op::Launch {
                    new.launch = us(called, end);
                } else {
                    (calls, host) = (calls + 1, host + us(called, end));
                }
            }
            new.call = host / f64::from(calls.max(1));
            if let Some(timer) = timers.get(plan.step.len()) {
                timer.record(stream)?;
            }
            walk.finish(plan, step)
        })();
        self.warm = true;
        Ok(made?)
    }

    /// Reads what the timed events of a step say, and times both copies at once. The step has come
    /// back, and its slot is not the caller's yet.
    fn read_times(&mut self, step: u64, new: &mut Measured) -> Result<(), GpuError> {
        let timers = &self.work.timers;
        let between = |from: usize| us(&timers[from], &timers[from + 1]);
        match self.stats.placement {
            Placement::Mapped => new.mapped = Some(between(0)?),
            Placement::Copied => {
                let (upload, kernel, download) = (between(0)?, between(1)?, between(2)?);
                let both = self.time_both(step)?;
                new.copied = Some(CopiedTimes { upload, kernel, download, both });
            }
        }
        Ok(())
    }

    /// Repeats the copies of a step, both at the same time, and answers how long they took. Waits
    /// until they have ended. If that fails the step stays in flight, and whoever asks for it next
    /// waits again: until then its slot is the device's.
    fn time_both(&mut self, step: u64) -> Result<f64, GpuError> {
        let driver = driver_of(&self.pool);
        let (timers, gate) = (Arc::clone(&self.work.timers), Arc::clone(&self.work.gate));
        (self.torn, self.repeating) = (true, true);
        let timed = (|| -> Result<f64, GpuError> {
            let (up, down) =
                (self.lanes()?.stream(ConfigUpload)?, self.lanes()?.stream(TelemetryDownload)?);
            let [begin, uploaded, downloaded, ..] = timers.as_slice() else { return Ok(0.0) };
            let held = HeldBack::new(driver.as_ref(), up, &gate)?;
            let mut walk = self.walk(driver.as_ref(), false)?;
            begin.record(up)?;
            begin.hold_back(down)?;
            walk.make(&[Op::Upload(ConfigUpload), Op::Download(TelemetryDownload)], step)?;
            uploaded.record(up)?;
            downloaded.record(down)?;
            drop(held);
            let limit = self.options.step_timeout.unwrap_or(Duration::MAX);
            poll(driver.as_ref(), limit, || Ok(uploaded.query()? && downloaded.query()?))?;
            Ok(us(begin, uploaded)?.max(us(begin, downloaded)?))
        })();
        self.settle()?;
        timed
    }

    /// Has steps go as they went before anything was chosen or refused, as far as they overlap at all.
    pub(super) fn begin_anew(&mut self) {
        let maps = self.pool.gpu().info().maps_host_memory;
        let start = self.options.start(size_of::<C>() + size_of::<T>(), maps);
        let Some(start) = start.ok().filter(|_| plan::overlaps(self.stats.submission)) else {
            return;
        };
        (self.stats.submission, self.stats.reason) = (start.submission, start.reason);
        self.stats.depth = self.options.in_flight.unwrap_or(self.options.slots());
        if self.options.writers.is_none() {
            self.write_with(1); // what that takes is measured
        }
    }

    /// What a choice has to keep to: as many submissions as the pipeline holds, of as many steps as they
    /// have now.
    fn limits(&self) -> Limits {
        let PipelineOptions { depth, in_flight, .. } = self.options;
        let slots = if self.tuner.measured.batch > 1 { self.options.slots() } else { depth };
        Limits { slots: in_flight.map_or(slots, |most| most.min(slots)), ..self.tuner.limits }
    }

    /// Goes on to measure mapped memory if that is worth it, else chooses and moves.
    fn decide(&mut self) -> Result<(), GpuError> {
        let (limits, measured) = (self.limits(), self.tuner.measured);
        self.tuner.phase = Phase::Deciding;
        if measured.mapped.is_none() && choose::worth_mapping(&measured, &limits) {
            self.move_to(Placement::Mapped)?;
            if self.tuner.is_active() {
                self.begin_anew();
                self.tuner.phase = Phase::Measuring(STEPS);
            }
            return Ok(());
        }
        let mut choice = choose::choose(&measured, &limits);
        self.move_to(choice.placement)?;
        if self.stats.placement != choice.placement {
            choice = choose::choose(&measured, &self.limits());
        }
        (self.tuner.seen, self.tuner.batch, self.tuner.sampled) = (0, 0, None);
        self.tuner.drift = Drift::default();
        if self.tuner.is_active() {
            self.tuner.phase = Phase::Chosen;
            self.stats.submission = choice.submission;
            self.stats.reason = self.tuner.refused.unwrap_or(choice.reason);
            self.stats.depth = self.options.in_flight.unwrap_or(choice.depth);
            if self.options.writers.is_none() {
                self.write_with(choice.writers);
            }
        }
        self.stats.choices += 1;
        tracing::debug!(?choice, ?measured, "chose how to run the steps");
        Ok(())
    }

    /// A submission is enqueued whose events lie around so many steps from `first` on.
    pub(super) fn note_sample(&mut self, first: u64, steps: usize) {
        let begin = self.work.timers.first();
        let queued = begin.is_some_and(|begin| begin.query().is_ok_and(|passed| !passed));
        self.tuner.until = EVERY;
        self.tuner.sampled = Some((first, steps, queued));
    }

    /// Reads the events of the sampled submission if its steps are among those up to `last`, all of
    /// which have come back: a submission comes back as a whole.
    pub(super) fn observe(&mut self, last: u64) {
        let Some((step, steps, queued)) = self.tuner.sampled else { return };
        if step > last {
            return;
        }
        self.tuner.sampled = None;
        let Work { timers, .. } = &self.work;
        let [begin, end, ..] = timers.as_slice() else { return };
        // A time that cannot be read is a sample less.
        if let Ok(took) = us(begin, end) {
            let PipelineStats { placement, submission, .. } = self.stats;
            let Tuner { measured, limits, drift, seen, .. } = &mut self.tuner;
            let ends = measured.ends(placement, submission, limits);
            let us = (took - ends).max(0.0) / steps as f64;
            let chosen = measured.sample(placement, submission, limits).unwrap_or(0.0);
            let delay = measured.launch + measured.call;
            drift.note(Sample { us, queued }, self.pool.gpu().driver().now(), (chosen, delay));
            *seen += 1;
        }
    }

    /// Chooses again if the kernel or the batches are no more what they were.
    pub(super) fn retune(&mut self, batch: usize) -> Result<(), GpuError> {
        if self.tuner.phase == Phase::Deciding {
            return self.decide();
        }
        let tuner = &mut self.tuner;
        tuner.batch = tuner.batch.max(batch);
        if tuner.phase != Phase::Chosen || tuner.seen < WINDOW {
            return Ok(());
        }
        let PipelineStats { placement, submission, .. } = self.stats;
        let regrouped = tuner.batch != tuner.measured.batch;
        tuner.seen = 0;
        tuner.measured.batch = std::mem::take(&mut tuner.batch);
        let drifted = tuner.drift.settled();
        if let Some(now) = drifted {
            let limits = tuner.limits;
            tuner.measured = tuner.measured.with_sample(placement, submission, &limits, now);
        }
        if drifted.is_some() || regrouped { self.decide() } else { Ok(()) }
    }
}

/// Microseconds from one timed event to another; both are complete.
fn us(begin: &Event, end: &Event) -> Result<f64, DriverError> {
    Ok(f64::from(end.elapsed_since(begin)?) * 1000.0)
}
