//! Takes the times of sampled steps with timed events of its own.
//!
//! Watched steps come in bursts, since overlap shows only among neighbours: every so many steps, some
//! successive ones have an event before and after each stage. A burst begins with an event of its own,
//! the anchor, that all others are compared with; so times stay exact, where a clock that ran for hours
//! would not fit the driver's `f32` of milliseconds. The times are read when the pipeline has seen the
//! step finish: every event of the step lies before the one that says so, so reading never waits.
//!
//! Watching never stops a step. If the driver refuses an event, watching ends with a warning.

use std::sync::Arc;
use std::time::Duration;

use super::{Span, Stage, StepTimes, Timeline};
use crate::context::GpuContext;
use crate::driver::{Driver, RawStream};
use crate::error::{DriverError, GpuError};
use crate::handles::Event;

/// Which steps are timed. Off unless asked for: then a step makes no call that it would not make.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimingOptions {
    /// A burst begins every so many steps; at least the burst and 16 steps more, so that one burst has
    /// come back before the next begins.
    pub every: u64,
    /// Successive steps that are timed in a burst.
    pub burst: u64,
    /// How many timed steps are kept.
    pub keep: usize,
}

impl Default for TimingOptions {
    /// Sixteen steps of every thousand, of which the last 256 are kept.
    fn default() -> Self {
        Self { every: 1000, burst: 16, keep: 256 }
    }
}

/// One end of a stage.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edge {
    Begin,
    End,
}

/// The events of a slot, and what is known of the step in it.
struct Slot {
    events: [[Event; 2]; 3],
    /// Which stages have both events recorded.
    recorded: [[bool; 2]; 3],
    times: Option<StepTimes>,
}

/// The watch that a pipeline wears while it is timed.
pub(crate) struct Watch {
    driver: Arc<dyn Driver>,
    options: TimingOptions,
    timeline: Timeline,
    anchor: Event,
    /// Whether the anchor of the burst at hand has been recorded.
    anchored: bool,
    /// The host's clock at the anchor, and at the first anchor of all.
    anchored_at: Duration,
    began_at: Option<Duration>,
    /// The step that the bursts are counted from.
    first: Option<u64>,
    bursts: u64,
    slots: Vec<Slot>,
    broken: bool,
}

impl Watch {
    /// Makes all the events for a pipeline with so many slots.
    pub fn new(gpu: &GpuContext, slots: usize, options: TimingOptions) -> Result<Self, GpuError> {
        if options.burst == 0 || options.keep == 0 {
            return Err(GpuError::InvalidOptions("a burst has a step at least, and one is kept"));
        }
        let (driver, ledger) = (gpu.driver(), gpu.ledger());
        driver.bind()?;
        let event = || Event::timed(driver, ledger);
        let pair = || Ok::<_, DriverError>([event()?, event()?]);
        let slots = (0..slots)
            .map(|_| {
                let events = [pair()?, pair()?, pair()?];
                Ok(Slot { events, recorded: [[false; 2]; 3], times: None })
            })
            .collect::<Result<Vec<_>, DriverError>>()?;
        let apart = options.burst + 2 * crate::pipeline::MAX_DEPTH as u64;
        Ok(Self {
            driver: Arc::clone(driver),
            options: TimingOptions { every: options.every.max(apart), ..options },
            timeline: Timeline::new(options.keep, gpu.info().copy_engines),
            anchor: event()?,
            anchored: false,
            anchored_at: Duration::ZERO,
            began_at: None,
            first: None,
            bursts: 0,
            slots,
            broken: false,
        })
    }

    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// A step is about to be enqueued on a slot. Decides whether it is timed.
    pub fn submit(&mut self, slot: usize, step: u64) {
        let place = (step - *self.first.get_or_insert(step)) % self.options.every;
        if place == 0 {
            self.anchored = false;
            self.bursts += 1;
        }
        let timed = !self.broken && place < self.options.burst;
        let Some(slot) = self.slots.get_mut(slot) else { return };
        slot.recorded = [[false; 2]; 3];
        let burst = self.bursts.saturating_sub(1);
        slot.times = timed.then(|| StepTimes { step, burst, ..StepTimes::default() });
    }

    /// A stage of the slot's step begins or ends here in the stream.
    pub fn mark(&mut self, slot: usize, stage: Stage, edge: Edge, stream: RawStream) {
        let Some(slot) = self.slots.get_mut(slot).filter(|slot| slot.times.is_some()) else {
            return;
        };
        let (stage, edge) = (stage as usize, edge as usize);
        let mut record = || {
            if !self.anchored {
                self.anchor.record(stream)?;
                self.anchored = true;
                self.anchored_at = self.driver.now();
                self.began_at.get_or_insert(self.anchored_at);
            }
            slot.events[stage][edge].record(stream)
        };
        match record() {
            Ok(()) => slot.recorded[stage][edge] = true,
            Err(error) => self.give_up(&error),
        }
    }

    /// The slot's step has been enqueued, and so many are in flight.
    pub fn submitted(&mut self, slot: usize, queue_depth: u64) {
        if let Some(times) = self.slots.get_mut(slot).and_then(|slot| slot.times.as_mut()) {
            times.queue_depth = queue_depth;
        }
    }

    /// The host's clock, if the slot's step is timed: for [`Watch::waited`].
    pub fn clock(&self, slot: usize) -> Option<Duration> {
        let timed = self.slots.get(slot).is_some_and(|slot| slot.times.is_some());
        timed.then(|| self.driver.now())
    }

    /// The host has waited for the slot's step since then.
    pub fn waited(&mut self, slot: usize, since: Duration) {
        let now = self.driver.now();
        let began = self.began_at.unwrap_or(since);
        let ns = |at: Duration| at.saturating_sub(began).as_nanos() as u64;
        if let Some(times) = self.slots.get_mut(slot).and_then(|slot| slot.times.as_mut()) {
            times.wait = Some(Span { start_ns: ns(since), end_ns: ns(now) });
        }
    }

    /// The slot's step was seen to finish: reads its times.
    pub fn arrive(&mut self, slot: usize) {
        let Some(slot) = self.slots.get_mut(slot) else { return };
        let Some(mut times) = slot.times.take() else { return };
        let began = self.began_at.unwrap_or(self.anchored_at);
        let origin_ns = self.anchored_at.saturating_sub(began).as_nanos() as f64;
        let at = |event: &Event| -> Result<u64, DriverError> {
            // The device's clock has steps; an event may seem to lie just before the anchor.
            let ms = f64::from(event.elapsed_since(&self.anchor)?).max(0.0);
            Ok((origin_ns + ms * 1e6) as u64)
        };
        for stage in Stage::ALL.map(|stage| stage as usize) {
            if slot.recorded[stage] != [true; 2] {
                continue;
            }
            let [begin, end] = &slot.events[stage];
            match at(begin).and_then(|start_ns| Ok(Span { start_ns, end_ns: at(end)? })) {
                Ok(span) => times.stages[stage] = Some(span),
                Err(error) => return self.give_up(&error),
            }
        }
        times.emit();
        self.timeline.push(times);
    }

    /// Forgets the steps in flight, and begins a burst with the next one; what was seen stays.
    pub fn reset(&mut self) {
        self.first = None;
        self.slots.iter_mut().for_each(|slot| slot.times = None);
    }

    fn give_up(&mut self, error: &DriverError) {
        tracing::warn!(%error, "steps are no longer timed");
        self.broken = true;
        self.reset();
    }
}
