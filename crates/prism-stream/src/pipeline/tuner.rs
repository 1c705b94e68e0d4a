//! The mechanism of the automatic choice: measures the first steps of a kernel, and applies what
//! [`choose`](crate::choose) says. Nothing is chosen again before somebody asks for it.
//!
//! A measured step is a step like any other, with its config and its telemetry, but it runs alone, with
//! timed events between its parts, and the host waits for it. A gate holds it back until all of it is
//! enqueued, so that the events tell what the device does and not what it waits for. After it, while
//! its slot is still the pipeline's, its config goes up and its telemetry comes down once more, both at
//! the same time and held back alike, which changes neither. If config and telemetry might be better
//! off in mapped memory, a few more steps measure the kernel there.

use std::sync::Arc;
use std::time::Duration;

use bytemuck::Pod;

use super::PipelineOptions;
use super::flow::{Flow, Torn};
use super::transport::Transport;
use crate::choose::{self, CopiedTimes, Limits, Measured};
use crate::driver::{Driver, Gate, HeldBack, poll};
use crate::error::{DriverError, GpuError};
use crate::handles::Event;
use crate::plan::{self, Op, Placement, Submission};
use crate::stream::StreamPurpose::{ConfigUpload, TelemetryDownload};

/// Timed events: before, between and after the three parts of a step.
const TIMERS: usize = 4;

/// Steps that are measured with each placement. The first of them may load the kernel.
const STEPS: u32 = 6;

/// What a pipeline knows of its own speed.
pub(super) struct Tuner {
    /// Where measuring begins; `None` if nothing is to be chosen.
    start: Option<Placement>,
    options: PipelineOptions,
    /// What the options and the device allow.
    given: Limits,
    /// The same without what the kernel, or a shortage, has ruled out.
    limits: Limits,
    /// Why a placement is ruled out.
    refused: Option<&'static str>,
    phase: Phase,
    measured: Measured,
    /// Most steps in flight.
    pub depth: usize,
    /// How often a choice was made.
    pub choices: u64,
    /// Timed events, and what holds back a stream while they are put on it.
    pub timers: Arc<Vec<Event>>,
    gate: Arc<Gate>,
}

/// Where in its life a pipeline is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    /// Everything is pinned, or nothing can be measured.
    Fixed,
    /// So many steps are still to be measured with the placement at hand. The last is measured again if
    /// what follows from it cannot be carried out.
    Measuring(u32),
    /// The choice is made.
    Chosen,
}

impl Tuner {
    /// Measures from `start` on, or nothing.
    pub fn new(start: Option<Placement>, options: PipelineOptions, given: Limits) -> Self {
        let mut tuner = Self {
            start,
            options,
            given,
            limits: given,
            refused: None,
            phase: Phase::Fixed,
            measured: Measured::default(),
            depth: 0,
            choices: 0,
            timers: Arc::default(),
            gate: Arc::default(),
        };
        tuner.restart(false);
        tuner
    }

    /// Begins again, for a kernel whose launches are all alike or not.
    pub fn restart(&mut self, repeats: bool) {
        self.phase = if self.start.is_some() { Phase::Measuring(STEPS) } else { Phase::Fixed };
        self.limits = Limits { repeats, ..self.given };
        self.refused = None;
        self.measured = Measured::default();
        self.depth = self.options.in_flight.unwrap_or(self.options.slots());
    }

    /// Leaves everything as it is from now on.
    pub fn stop(&mut self) {
        (self.start, self.phase) = (None, Phase::Fixed);
    }

    pub fn is_measuring(&self) -> bool {
        matches!(self.phase, Phase::Measuring(_))
    }

    /// What was measured, once all of it was.
    pub fn measured(&self) -> Option<&Measured> {
        (self.phase == Phase::Chosen).then_some(&self.measured)
    }

    /// So many steps are submitted at a time, and are going to be.
    pub fn note_batch(&mut self, steps: usize) {
        self.measured.batch = self.measured.batch.max(steps);
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

    /// Submits one step alone, waits for it and learns from it. `in_place` says that other steps are
    /// written where they are sent from.
    pub fn measure<C: Pod, T: Pod>(
        &mut self,
        (flow, transport): (&mut Flow<T>, &mut Transport<C, T>),
        config: &C,
        in_place: bool,
    ) -> Result<(), GpuError> {
        if let Some(start) = self.start
            && self.measured.copied.is_none()
            && self.measured.mapped.is_none()
        {
            self.move_to((flow, transport), start)?; // after another kernel was bound
        }
        flow.finish_down_to(0)?;
        self.prepare(flow)?;
        let step = flow.ring.submitted();
        flow.claim(step, 1)?;
        flow.tear();
        let mut new = Measured::default();
        let enqueued = self.enqueue_timed((flow, transport), step, config, &mut new);
        flow.accept(step, 1, enqueued)?;
        flow.wait_for(step)?;
        let read = self.read_times((flow, transport), step, &mut new);
        if in_place {
            new.write = 0.0;
        }
        if !matches!(read, Err(Unread::Late(_))) {
            flow.arrive(step)?;
        }
        match read {
            // A step that ended early says nothing of those that do not.
            Ok(()) if transport.abort.is_aborted() => return Ok(()),
            Ok(()) => self.learn(transport.placement, &new),
            Err(Unread::Late(error)) => return Err(error),
            Err(Unread::Failed(error)) if error.is_sticky() => {
                return Err(flow.blame(step, error));
            }
            Err(Unread::Failed(error)) => {
                tracing::warn!(%error, "steps cannot be measured, going on without");
                self.stop();
                transport.reason = "the steps could not be measured";
                return Ok(());
            }
        }
        match self.phase {
            Phase::Measuring(left) if left > 1 => {
                self.phase = Phase::Measuring(left - 1);
                Ok(())
            }
            _ => self.decide((flow, transport)),
        }
    }

    /// Makes the timed events, once.
    fn prepare<T>(&mut self, flow: &Flow<T>) -> Result<(), GpuError> {
        if self.timers.is_empty() {
            let (driver, ledger) = (flow.gpu().driver(), flow.gpu().ledger());
            let timers = (0..TIMERS).map(|_| Event::timed(driver, ledger));
            let timers = timers.collect::<Result<_, _>>();
            self.timers = Arc::new(timers.map_err(|error| flow.blame_next(error.into()))?);
        }
        Ok(())
    }

    /// Enqueues a step on one stream, with a timed event before and after each of its parts.
    fn enqueue_timed<C: Pod, T: Pod>(
        &self,
        (flow, transport): (&mut Flow<T>, &mut Transport<C, T>),
        step: u64,
        config: &C,
        new: &mut Measured,
    ) -> Result<(), Torn> {
        let us = |from, to: Duration| to.saturating_sub(from).as_secs_f64() * 1e6;
        let start = flow.driver().now();
        flow.write(step, config)?;
        new.write = us(start, flow.driver().now());
        let plan = plan::plan(transport.placement, Submission::Sync);
        let mut walk = transport.walk(flow)?;
        let (driver, stream): (&dyn Driver, _) = (walk.driver, walk.stream()?);
        walk.watch = None;
        let made = (|| -> Result<(), GpuError> {
            let _held = HeldBack::new(driver, stream, &self.gate)?;
            let (mut calls, mut host) = (0_u32, 0.0);
            for (op, timer) in plan.step.iter().zip(self.timers.iter()) {
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
            if let Some(timer) = self.timers.get(plan.step.len()) {
                timer.record(stream)?;
            }
            walk.finish(plan, step)
        })();
        transport.warm = true;
        Ok(made?)
    }

    /// Reads what the timed events of a step say, and times both copies at once. The step has come
    /// back, and its slot is not the caller's yet.
    fn read_times<C: Pod, T: Pod>(
        &self,
        (flow, transport): (&mut Flow<T>, &mut Transport<C, T>),
        step: u64,
        new: &mut Measured,
    ) -> Result<(), Unread> {
        let between = |from: usize| us(&self.timers[from], &self.timers[from + 1]);
        match transport.placement {
            Placement::Mapped => new.mapped = Some(between(0)?),
            Placement::Copied => {
                let (upload, kernel, download) = (between(0)?, between(1)?, between(2)?);
                let both = self.time_both((flow, transport), step)?;
                new.copied = Some(CopiedTimes { upload, kernel, download, both });
            }
        }
        Ok(())
    }

    /// Repeats the copies of a step, both at the same time, and answers how long they took. Waits
    /// until they have ended. If that fails the step stays in flight, and whoever asks for it next
    /// waits again: until then its slot is the device's.
    fn time_both<C: Pod, T: Pod>(
        &self,
        (flow, transport): (&mut Flow<T>, &mut Transport<C, T>),
        step: u64,
    ) -> Result<f64, Unread> {
        flow.tear();
        let limit = flow.limit();
        let timed = (|| -> Result<f64, GpuError> {
            let (up, down) =
                (flow.lanes()?.stream(ConfigUpload)?, flow.lanes()?.stream(TelemetryDownload)?);
            let [begin, uploaded, downloaded, ..] = self.timers.as_slice() else { return Ok(0.0) };
            let mut walk = transport.walk(flow)?;
            walk.watch = None;
            let driver = walk.driver;
            let held = HeldBack::new(driver, up, &self.gate)?;
            begin.record(up)?;
            begin.hold_back(down)?;
            walk.make(&[Op::Upload(ConfigUpload), Op::Download(TelemetryDownload)], step)?;
            uploaded.record(up)?;
            downloaded.record(down)?;
            drop(held);
            poll(driver, limit, || Ok(uploaded.query()? && downloaded.query()?))?;
            Ok(us(begin, uploaded)?.max(us(begin, downloaded)?))
        })();
        flow.settle().map_err(Unread::Late)?;
        timed.map_err(Unread::Failed)
    }

    /// What a choice has to keep to: as many submissions as the pipeline holds, of as many steps as they
    /// have now.
    fn limits<C, T>(&self, transport: &Transport<C, T>) -> Limits {
        let PipelineOptions { depth, in_flight, .. } = self.options;
        let slots = if self.measured.batch > 1 { self.options.slots() } else { depth };
        let slots = in_flight.map_or(slots, |most| most.min(slots));
        Limits { slots, graphs: !transport.refuses_graphs, ..self.limits }
    }

    /// Moves to another placement; where there is no room it is not chosen any more.
    fn move_to<C: Pod, T: Pod>(
        &mut self,
        (flow, transport): (&mut Flow<T>, &mut Transport<C, T>),
        placement: Placement,
    ) -> Result<(), GpuError> {
        let moved = transport.move_to(flow, placement)?;
        if !transport.overlaps() {
            self.stop(); // there was no stream for it
        }
        if !moved {
            (self.limits.placement, self.refused) = match placement {
                Placement::Mapped => {
                    (Some(Placement::Copied), Some("mapped slots could not be had"))
                }
                Placement::Copied => {
                    (Some(Placement::Mapped), Some("slots on the device could not be had"))
                }
            };
        }
        Ok(())
    }

    /// Goes on to measure mapped memory if that is worth it, else chooses and moves.
    fn decide<C: Pod, T: Pod>(
        &mut self,
        (flow, transport): (&mut Flow<T>, &mut Transport<C, T>),
    ) -> Result<(), GpuError> {
        let (limits, measured) = (self.limits(transport), self.measured);
        if measured.mapped.is_none() && choose::worth_mapping(&measured, &limits) {
            self.move_to((flow, transport), Placement::Mapped)?;
            if self.start.is_some() {
                self.phase = Phase::Measuring(STEPS);
            }
            return Ok(());
        }
        let mut choice = choose::choose(&measured, &limits);
        self.move_to((flow, transport), choice.placement)?;
        if self.start.is_none() {
            return Ok(());
        }
        if transport.placement != choice.placement {
            choice = choose::choose(&measured, &self.limits(transport));
        }
        self.phase = Phase::Chosen;
        self.depth = self.options.in_flight.unwrap_or(choice.depth);
        self.choices += 1;
        transport.submission = choice.submission;
        transport.reason = self.refused.unwrap_or(choice.reason);
        tracing::debug!(?choice, ?measured, "chose how to run the steps");
        Ok(())
    }
}

/// Why the times of a step are not known.
enum Unread {
    /// Its copies, repeated, have not ended: the step is still in flight.
    Late(GpuError),
    Failed(GpuError),
}

impl<E: Into<GpuError>> From<E> for Unread {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Microseconds from one timed event to another; both are complete.
fn us(begin: &Event, end: &Event) -> Result<f64, DriverError> {
    Ok(f64::from(end.elapsed_since(begin)?) * 1000.0)
}
