//! The calls of a batch, made one after the other as the plan lists them, or captured as a graph.
//!
//! A graph may be refused: by a kernel whose launch does something that cannot be recorded, or by the
//! driver. Then nothing of the batch has run, and it goes through the same streams as they are, with
//! one warning, and so do the batches to come.
#![allow(unsafe_code)]

use bytemuck::Pod;

use super::AsyncPipelineCoordinator;
use crate::driver::{DevicePtr, Driver, RawStream};
use crate::error::{GpuError, Severity};
use crate::graph::Capture;
use crate::handles::Event;
use crate::harvest::Harvests;
use crate::plan::{self, Op, Placement, Plan, Submission};
use crate::ring::Ring;
use crate::slots::{Lanes, Slot, Work, driver_of};
use crate::step::{StepKernel, StepLaunch};
use crate::stream::StreamPurpose;
use crate::timeline::{Edge, Watch};
use crate::writers::Writers;

/// A batch that did not get through.
pub(super) struct Torn {
    /// How many of its steps are enqueued whole, and will come back.
    pub whole: usize,
    /// What kept the next one back.
    pub error: GpuError,
}

impl<E: Into<GpuError>> From<E> for Torn {
    fn from(error: E) -> Self {
        Self { whole: 0, error: error.into() }
    }
}

/// Why a batch is not a graph.
enum Refusal {
    /// It cannot be captured or launched as one; nothing of it has run.
    Graph(GpuError),
    /// It went wrong as it would have gone wrong on streams.
    Batch(Torn),
}

impl<C: Pod, T: Pod> AsyncPipelineCoordinator<C, T> {
    /// Enqueues so many steps from `first` on, one a config; without configs, those that lie in their
    /// slots already.
    pub(super) fn enqueue(&mut self, first: u64, steps: usize, configs: &[C]) -> Result<(), Torn> {
        let driver = driver_of(&self.pool);
        driver.bind()?;
        let mut submission = self.stats.submission;
        if submission == Submission::Graph {
            // The first launches of a kernel may load it, which no capture would survive.
            if self.warm {
                self.write(first, configs)?;
                match self.enqueue_graph(driver.as_ref(), first, steps) {
                    Ok(()) => return Ok(()),
                    Err(Refusal::Batch(torn)) => {
                        if torn.whole > 0 {
                            let whole = configs.get(..torn.whole).unwrap_or_default();
                            self.enqueue(first, torn.whole, whole)?;
                        }
                        return Err(torn);
                    }
                    Err(Refusal::Graph(error)) => {
                        tracing::warn!(%error, "steps cannot be captured, going on with streams");
                        self.stats.submission = Submission::Streams;
                        self.stats.reason = "a graph was refused";
                        self.tuner.refuse_graphs();
                    }
                }
            }
            submission = Submission::Streams;
        }
        let plan = plan::plan(self.stats.placement, submission);
        let samples = self.tuner.samples();
        let mut walk = self.walk(driver.as_ref(), samples)?;
        walk.make(plan.open, first)?;
        for step in first..first + steps as u64 {
            // One by one, so that the device has work while the next config is written.
            if let Some(config) = configs.get((step - first) as usize) {
                walk.write(step, config);
            }
            walk.time(step);
            let Err(error) = walk.make(plan.step, step) else { continue };
            // What was enqueued before is to come back as if it had been a batch of its own.
            let mut whole = (step - first) as usize;
            if whole > 0 && walk.finish(plan, step - 1).is_err() {
                whole = 0;
            }
            return Err(Torn { whole, error });
        }
        walk.finish(plan, first + steps as u64 - 1)?;
        if walk.sampled {
            self.note_sample(first, 1);
        }
        self.warm = true;
        Ok(())
    }

    /// Writes configs into the slots of steps `first` and following.
    pub(super) fn write(&mut self, first: u64, configs: &[C]) -> Result<(), GpuError> {
        let driver = driver_of(&self.pool);
        let mut walk = self.walk(driver.as_ref(), false)?;
        (first..).zip(configs).for_each(|(step, config)| walk.write(step, config));
        Ok(())
    }

    /// The config of the next step, where it is sent from.
    pub(super) fn config_in_place(&mut self, step: u64) -> Result<&mut C, GpuError> {
        let at = self.lanes()?.slot(&self.ring, step).config_host().cast::<C>();
        // SAFETY: the block holds a `C`, was cleared when it was made and has been written with
        // `C`s since, and its alignment is 256. The slot is free, as for `write`, and the borrow
        // of `self` keeps it from being sent.
        Ok(unsafe { &mut *at })
    }

    /// What it takes to walk through a plan.
    pub(super) fn walk<'a>(
        &'a mut self,
        driver: &'a dyn Driver,
        sampled: bool,
    ) -> Result<Walk<'a, C, T>, GpuError> {
        let abort = self.abort_word()?;
        let Work { lanes, kernel, watch, timers, harvests, .. } = &mut self.work;
        let (Some(lanes), Some(kernel)) = (lanes, kernel) else { return Err(GpuError::NoKernel) };
        let (watch, around) = (watch.as_deref_mut(), sampled.then_some(timers.as_slice()));
        let (ring, kernel, writers) = (self.ring, kernel.as_mut(), &mut self.writers);
        let sampled = false;
        Ok(Walk { driver, lanes, ring, kernel, harvests, abort, writers, watch, around, sampled })
    }

    /// Enqueues a batch as a graph: as it was captured before if it has not changed, else captured
    /// now.
    fn enqueue_graph(
        &mut self,
        driver: &dyn Driver,
        first: u64,
        steps: usize,
    ) -> Result<(), Refusal> {
        let plan = plan::plan(self.stats.placement, Submission::Graph);
        let gpu = self.pool.gpu().clone();
        let samples = self.tuner.samples();
        let abort = self.abort_word().map_err(|error| Refusal::Batch(error.into()))?;
        let Work { graphs, lanes, kernel, timers, watch, harvests, .. } = &mut self.work;
        let (Some(lanes), Some(kernel)) = (lanes, kernel) else {
            return Err(Refusal::Batch(GpuError::NoKernel.into()));
        };
        let stream = lanes.stream(StreamPurpose::KernelExecution).map_err(Refusal::Graph)?;
        let run = (self.ring.slot(first), steps);
        let repeats = kernel.repeats();
        // What is captured runs again and again; timed events in it would tell nothing of a step.
        let (ring, kernel, writers) = (self.ring, kernel.as_mut(), &mut self.writers);
        let (none, around, sampled) = (None, None, false);
        let (lanes, harvests, watch_later) = (&*lanes, &*harvests, watch);
        let watch = none;
        let mut walk =
            Walk { driver, lanes, ring, kernel, harvests, abort, writers, watch, around, sampled };
        let last = first + steps as u64 - 1;
        if !(repeats && graphs.has(run)) {
            let capture = Capture::begin(driver, stream).map_err(refuse)?;
            walk.make(plan.open, first).map_err(refuse)?;
            for step in first..=last {
                walk.make(plan.step, step).map_err(|error| {
                    // A launch wraps what the driver said as it likes, for want of memory say.
                    match error.driver_error().is_some_and(|said| said.is_capture()) {
                        true => refuse(error),
                        false => Refusal::Batch(Torn { whole: (step - first) as usize, error }),
                    }
                })?;
            }
            walk.make(plan.close, last).map_err(refuse)?;
            let graph = capture.end().map_err(refuse)?;
            graphs.put(run, &graph, gpu.driver(), gpu.ledger()).map_err(refuse)?;
        }
        if steps == 1 && self.stats.placement == Placement::Mapped {
            // The graph is nothing but the kernels of one step, so events around it time them.
            walk.watch = watch_later.as_deref_mut();
            walk.time(first);
        }
        let lost = |error: GpuError| Refusal::Batch(error.into());
        walk.mark(Op::Launch, first, Edge::Begin).map_err(lost)?;
        let around = timers.get(..2).filter(|_| samples);
        let begun = around.map_or(Ok(false), |pair| record_sample(&pair[0], stream));
        let begun = begun.map_err(lost)?;
        graphs.launch(run, stream).map_err(refuse)?;
        let end = around.map(|pair| &pair[1]).filter(|_| begun);
        let sampled = end.map_or(Ok(false), |end| record_sample(end, stream)).map_err(lost)?;
        walk.mark(Op::Launch, first, Edge::End).map_err(lost)?;
        walk.make(plan.done, last).map_err(lost)?;
        if sampled {
            self.note_sample(first, steps);
        }
        Ok(())
    }
}

/// Lays an error to the graph, unless the device is lost, which streams would not mend.
fn refuse(error: impl Into<GpuError>) -> Refusal {
    let error = error.into();
    if error.is_sticky() { Refusal::Batch(error.into()) } else { Refusal::Graph(error) }
}

/// Records the event of a sample; answers whether it lies in the stream. Without it there is a sample
/// less, which stops no step, unless the device is lost.
fn record_sample(event: &Event, stream: RawStream) -> Result<bool, GpuError> {
    match event.record(stream) {
        Ok(()) => Ok(true),
        Err(error) if error.severity() == Severity::Sticky => Err(error.into()),
        Err(_) => Ok(false),
    }
}

/// Makes the calls that a plan lists. The context is bound to the thread.
pub(super) struct Walk<'a, C, T> {
    driver: &'a dyn Driver,
    lanes: &'a Lanes,
    ring: Ring,
    kernel: &'a mut dyn StepKernel<C, T>,
    harvests: &'a Harvests,
    abort: DevicePtr,
    writers: &'a mut Writers,
    watch: Option<&'a mut Watch>,
    /// Timed events to put around the next launch: the first and the second of these.
    around: Option<&'a [Event]>,
    /// Whether both of them were recorded.
    sampled: bool,
}

impl<C: Pod, T: Pod> Walk<'_, C, T> {
    /// Makes some calls on the slot of a step.
    pub(super) fn make(&mut self, ops: &[Op], step: u64) -> Result<(), GpuError> {
        let slot = self.lanes.slot(&self.ring, step);
        for &op in ops {
            self.mark(op, step, Edge::Begin)?;
            self.call(op, step, slot)?;
            self.mark(op, step, Edge::End)?;
        }
        Ok(())
    }

    /// Writes a config into the slot of a step that is to be enqueued.
    pub(super) fn write(&mut self, step: u64, config: &C) {
        let to = self.lanes.slot(&self.ring, step).config_host();
        let from = std::ptr::from_ref(config).cast::<u8>();
        // SAFETY: the block has room for a `C`; the ring gives out a slot only after its last step was
        // seen to finish, and a step that was enqueued in part was waited for by `settle`. A `C` is plain
        // data, which any thread can read.
        unsafe { self.writers.copy(from, to, size_of::<C>()) };
    }

    /// Makes one call on the slot of a step.
    fn call(&mut self, op: Op, step: u64, slot: &Slot) -> Result<(), GpuError> {
        let Self { driver, lanes, ring, kernel, harvests, abort, around, sampled, .. } = self;
        match op {
            Op::Upload(on) => {
                let (to, from) = (slot.config()?, slot.config_host());
                // SAFETY: both ends are the slot's, which stays until the step was seen.
                unsafe { driver.copy_to_device(to, from, size_of::<C>(), lanes.stream(on)?) }?;
            }
            Op::Download(on) => {
                let (to, from) = (slot.telemetry_host(), slot.telemetry()?);
                // SAFETY: both ends are the slot's, which stays until the step was seen.
                unsafe { driver.copy_to_host(to, from, size_of::<T>(), lanes.stream(on)?) }?;
            }
            Op::Launch => {
                let stream = lanes.stream(StreamPurpose::KernelExecution)?;
                let around = around.take().unwrap_or_default();
                let begun =
                    around.first().map_or(Ok(false), |begin| record_sample(begin, stream))?;
                let (config, telemetry) = (slot.config()?, slot.telemetry()?);
                let (harvest, abort) = (harvests.room(ring.slot(step)), *abort);
                let driver = *driver;
                let launch = StepLaunch { step, config, telemetry, harvest, abort, stream, driver };
                kernel.launch(&launch)?;
                if let (true, Some(end)) = (begun, around.get(1)) {
                    *sampled = record_sample(end, stream)?;
                }
            }
            Op::Record(mark, on) => slot.mark(mark)?.record(lanes.stream(on)?)?,
            Op::Wait(mark, on) => slot.mark(mark)?.hold_back(lanes.stream(on)?)?,
        }
        Ok(())
    }

    /// Lets the watch, if there is one, mark where a stage begins or ends.
    fn mark(&mut self, op: Op, step: u64, edge: Edge) -> Result<(), GpuError> {
        if let (Some(watch), Some((stage, on))) = (&mut self.watch, op.stage()) {
            watch.mark(self.ring.slot(step), stage, edge, self.lanes.stream(on)?);
        }
        Ok(())
    }

    /// Lets the watch decide whether a step is timed.
    fn time(&mut self, step: u64) {
        if let Some(watch) = &mut self.watch {
            watch.submit(self.ring.slot(step), step);
        }
    }

    /// Makes the calls that end a batch whose last step this is.
    pub(super) fn finish(&mut self, plan: Plan, last: u64) -> Result<(), GpuError> {
        self.make(plan.close, last)?;
        self.make(plan.done, last)
    }
}
