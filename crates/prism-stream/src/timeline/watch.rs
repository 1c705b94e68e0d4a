//! Takes the times of sampled steps with timed events of its own.
//!
//! Watched steps come in bursts, since overlap shows only among neighbours: every so many steps,
//! some successive ones have an event before and after each stage. A burst begins with an event of
//! its own, the anchor, that all others are compared with; so times stay exact, where a clock that
//! ran for hours would not fit the driver's `f32` of milliseconds. The times are read once the
//! pipeline has seen the last step of a burst finish: every event of a step lies before the one
//! that says so, so reading never waits, and what reading costs the host does not show in the
//! burst.
//!
//! Watching never stops a step. If the driver refuses an event, watching ends with a warning.

use std::sync::Arc;
use std::time::Duration;

use super::{Span, Stage, StepTimes, Timeline};
use crate::context::GpuContext;
use crate::driver::{Driver, RawStream};
use crate::error::{DriverError, GpuError};
use crate::handles::Event;

/// Most steps of a burst: each of them has six events.
pub const MAX_BURST: u64 = 1024;

/// Most timed steps that are kept: some megabytes.
pub const MAX_KEEP: usize = 1 << 16;

/// Which steps are timed. Off unless asked for: then a step makes no call that it would not make.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimingOptions {
    /// A burst begins every so many steps; at least the burst and two steps a slot more, so that one
    /// burst has come back before the next begins.
    pub every: u64,
    /// Successive steps that are timed in a burst, 1 to [`MAX_BURST`].
    pub burst: u64,
    /// How many timed steps are kept, 1 to [`MAX_KEEP`].
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

/// The events of one step of a burst, and what is known of the step.
struct Place {
    events: [[Event; 2]; 3],
    /// Which of the events lie in the streams.
    recorded: [[bool; 2]; 3],
    times: Option<StepTimes>,
    arrived: bool,
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
    /// Which burst it is from there on, and of all.
    burst: Option<u64>,
    bursts: u64,
    /// One a step of a burst.
    places: Vec<Place>,
    /// By slot of the pipeline: the place of its step, if that is timed.
    slots: Vec<Option<usize>>,
    broken: bool,
}

impl Watch {
    /// Makes all the events for a pipeline with so many slots.
    pub fn new(gpu: &GpuContext, slots: usize, options: TimingOptions) -> Result<Self, GpuError> {
        if !(1..=MAX_BURST).contains(&options.burst) {
            return Err(GpuError::InvalidOptions("a burst has 1 to 1024 steps"));
        }
        if !(1..=MAX_KEEP).contains(&options.keep) {
            return Err(GpuError::InvalidOptions("1 to 65536 timed steps are kept"));
        }
        let (driver, ledger) = (gpu.driver(), gpu.ledger());
        driver.bind()?;
        let event = || Event::timed(driver, ledger);
        let pair = || Ok::<_, DriverError>([event()?, event()?]);
        let places = (0..options.burst)
            .map(|_| {
                let events = [pair()?, pair()?, pair()?];
                Ok(Place { events, recorded: [[false; 2]; 3], times: None, arrived: false })
            })
            .collect::<Result<Vec<_>, DriverError>>()?;
        let apart = options.burst + 2 * slots as u64;
        Ok(Self {
            driver: Arc::clone(driver),
            options: TimingOptions { every: options.every.max(apart), ..options },
            timeline: Timeline::new(options.keep, gpu.info().copy_engines),
            anchor: event()?,
            anchored: false,
            anchored_at: Duration::ZERO,
            began_at: None,
            first: None,
            burst: None,
            bursts: 0,
            places,
            slots: vec![None; slots],
            broken: false,
        })
    }

    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// What is known of the slot's step, if it is timed.
    fn place(&mut self, slot: usize) -> Option<&mut Place> {
        let place = (*self.slots.get(slot)?)?;
        self.places.get_mut(place)
    }

    /// A step is about to be enqueued on a slot. Decides whether it is timed. Not every step comes by:
    /// those of a batch that is a graph do not. One that could not be enqueued comes by again.
    pub fn submit(&mut self, slot: usize, step: u64) {
        let since = step - *self.first.get_or_insert(step);
        let (burst, number) = (since / self.options.every, since % self.options.every);
        if self.burst != Some(burst) {
            self.read();
            self.anchored = false;
            self.burst = Some(burst);
            self.bursts += 1;
        }
        let timed = !self.broken && number < self.options.burst;
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = timed.then_some(number as usize);
        }
        let burst = self.bursts.saturating_sub(1);
        if let Some(place) = self.place(slot) {
            place.recorded = [[false; 2]; 3];
            place.times = Some(StepTimes { step, burst, ..StepTimes::default() });
            place.arrived = false;
        }
    }

    /// A stage of the slot's step begins or ends here in the stream.
    pub fn mark(&mut self, slot: usize, stage: Stage, edge: Edge, stream: RawStream) {
        let Some(Some(place)) = self.slots.get(slot).copied() else { return };
        let (stage, edge) = (stage as usize, edge as usize);
        let mut record = || {
            if !self.anchored {
                self.anchor.record(stream)?;
                self.anchored = true;
                self.anchored_at = self.driver.now();
                self.began_at.get_or_insert(self.anchored_at);
            }
            self.places[place].events[stage][edge].record(stream)
        };
        match record() {
            Ok(()) => self.places[place].recorded[stage][edge] = true,
            Err(error) => self.give_up(&error),
        }
    }

    /// The slot's step has been enqueued, and so many are in flight.
    pub fn submitted(&mut self, slot: usize, queue_depth: u64) {
        if let Some(times) = self.place(slot).and_then(|place| place.times.as_mut()) {
            times.queue_depth = queue_depth;
        }
    }

    /// The host's clock, if the slot's step is timed: for [`Watch::waited`].
    pub fn clock(&self, slot: usize) -> Option<Duration> {
        let timed = self.slots.get(slot).is_some_and(Option::is_some);
        timed.then(|| self.driver.now())
    }

    /// The host has waited for the slot's step since then.
    pub fn waited(&mut self, slot: usize, since: Duration) {
        let now = self.driver.now();
        let began = self.began_at.unwrap_or(since);
        let ns = |at: Duration| at.saturating_sub(began).as_nanos() as u64;
        if let Some(times) = self.place(slot).and_then(|place| place.times.as_mut()) {
            times.wait = Some(Span { start_ns: ns(since), end_ns: ns(now) });
        }
    }

    /// The slot's step was seen to finish. With the last one of a burst, the burst is read.
    pub fn arrive(&mut self, slot: usize) {
        let Some(place) = self.slots.get_mut(slot).and_then(Option::take) else { return };
        self.places[place].arrived = true;
        if place + 1 == self.places.len() {
            self.read();
        }
    }

    /// Reads the times of the steps that have come back.
    pub fn read(&mut self) {
        if !self.places.iter().any(|place| place.arrived) {
            return;
        }
        if let Err(error) = self.read_places() {
            self.give_up(&error);
        }
    }

    fn read_places(&mut self) -> Result<(), DriverError> {
        self.driver.bind()?;
        let began = self.began_at.unwrap_or(self.anchored_at);
        let origin_ns = self.anchored_at.saturating_sub(began).as_nanos() as f64;
        let at = |event: &Event| -> Result<u64, DriverError> {
            // The device's clock has steps; an event may seem to lie just before the anchor.
            let ms = f64::from(event.elapsed_since(&self.anchor)?).max(0.0);
            Ok((origin_ns + ms * 1e6) as u64)
        };
        for place in self.places.iter_mut().filter(|place| place.arrived) {
            place.arrived = false;
            let Some(mut times) = place.times.take() else { continue };
            for stage in Stage::ALL.map(|stage| stage as usize) {
                if place.recorded[stage] == [true; 2] {
                    let [begin, end] = &place.events[stage];
                    times.stages[stage] = Some(Span { start_ns: at(begin)?, end_ns: at(end)? });
                }
            }
            times.emit();
            self.timeline.push(times);
        }
        Ok(())
    }

    /// Forgets the steps in flight, and begins a burst with the next one; what was seen stays.
    pub fn reset(&mut self) {
        self.read();
        (self.first, self.burst) = (None, None);
        self.forget();
    }

    fn forget(&mut self) {
        self.slots.fill(None);
        for place in &mut self.places {
            (place.times, place.arrived) = (None, false);
        }
    }

    fn give_up(&mut self, error: &DriverError) {
        tracing::warn!(%error, "steps are no longer timed");
        self.broken = true;
        self.forget();
    }
}
