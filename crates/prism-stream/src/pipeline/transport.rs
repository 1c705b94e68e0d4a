//! How steps are enqueued: where config and telemetry live, whether calls are made one by one or captured
//! as a graph, and the kernel that they run.
//!
//! A graph may be refused: by a kernel whose launch does something that cannot be recorded, or by the
//! driver. Then nothing of the batch has run, and it goes through the same streams as they are, with
//! one warning, and so do the batches to come.

use std::sync::Arc;

use bytemuck::Pod;

use super::flow::{Flow, Torn};
use super::options::Start;
use super::walk::Walk;
use crate::abort::AbortHandle;
use crate::driver::DevicePtr;
use crate::error::GpuError;
use crate::graph::{Capture, Graphs};
use crate::plan::{self, Op, Placement, Plan, Submission};
use crate::slots::{Lanes, NoLanes};
use crate::step::BoundKernel;
use crate::stream::StreamPriority;
use crate::timeline::Edge;

/// Why a batch is not a graph.
enum Refusal {
    /// It cannot be captured or launched as one; nothing of it has run.
    Graph(GpuError),
    /// It went wrong as it would have gone wrong on streams.
    Batch(Torn),
}

impl Refusal {
    /// Lays an error to the graph, unless the device is lost, which streams would not mend.
    fn of(error: impl Into<GpuError>) -> Self {
        let error = error.into();
        if error.is_sticky() { Self::Batch(error.into()) } else { Self::Graph(error) }
    }
}

/// The way that steps are enqueued, and what they run.
pub(super) struct Transport<C, T> {
    pub placement: Placement,
    pub submission: Submission,
    /// Why it is done this way.
    pub reason: &'static str,
    /// No graph is taken any more, of this kernel.
    pub refuses_graphs: bool,
    pub graphs: Graphs,
    pub kernel: Option<Box<dyn BoundKernel<C, T>>>,
    /// What running kernels look at, and where.
    pub abort: AbortHandle,
    abort_at: DevicePtr,
    /// Of the kernels, if it is not the pool's.
    priority: Option<StreamPriority>,
    /// The kernel has been launched, so that it is loaded.
    pub warm: bool,
    /// How steps are to go as long as nothing is chosen.
    start: Start,
}

impl<C, T> Transport<C, T> {
    pub fn new(start: Start) -> Self {
        Self {
            placement: start.placement,
            submission: start.submission,
            reason: start.reason,
            refuses_graphs: false,
            graphs: Graphs::default(),
            kernel: None,
            abort: AbortHandle::default(),
            abort_at: DevicePtr(0),
            priority: None,
            warm: false,
            start,
        }
    }

    /// Whether a step leaves the host free, so that several can be in flight.
    pub fn overlaps(&self) -> bool {
        plan::overlaps(self.submission)
    }

    /// Has steps go as they went before anything was chosen, as far as they overlap at all.
    pub fn begin_anew(&mut self) {
        if self.overlaps() {
            (self.submission, self.reason) = (self.start.submission, self.start.reason);
        }
    }
}

impl<C: Pod, T: Pod> Transport<C, T> {
    /// Takes another kernel, or none; nothing is in flight.
    pub fn set_kernel(
        &mut self,
        kernel: Option<Box<dyn BoundKernel<C, T>>>,
    ) -> Option<Box<dyn BoundKernel<C, T>>> {
        // The graphs name what the old kernel owns.
        self.graphs.clear();
        (self.warm, self.refuses_graphs) = (false, false);
        std::mem::replace(&mut self.kernel, kernel)
    }

    /// Leases the streams and allocates the slots, once. Falls back to one stream if there are not
    /// as many as asked for.
    pub fn prepare(&mut self, flow: &mut Flow<T>) -> Result<(), GpuError> {
        let (gpu, slots) = (flow.pool.gpu(), flow.ring.slots());
        if let Err(error) = flow.harvests.prepare(gpu, slots) {
            return Err(flow.blame_next(error));
        }
        if flow.lanes.is_some() {
            return Ok(());
        }
        flow.gpu().reap();
        let made = match self.make_lanes(flow) {
            Err(NoLanes::Scarce(error)) if self.overlaps() => {
                tracing::warn!(%error, "no streams to overlap with, going on in sync mode");
                self.submission = Submission::Sync;
                self.reason = "streams could not be had";
                self.make_lanes(flow)
            }
            made => made,
        };
        self.fit_out(flow, made.map_err(NoLanes::into_error))
    }

    /// Takes lanes into use.
    fn fit_out(
        &mut self,
        flow: &mut Flow<T>,
        made: Result<Lanes, GpuError>,
    ) -> Result<(), GpuError> {
        let fitted = made.and_then(|lanes| Ok((self.abort.address(flow.gpu())?, lanes)));
        let (abort_at, lanes) = fitted.map_err(|error| flow.blame_next(error))?;
        (self.abort_at, flow.lanes) = (abort_at, Some(lanes));
        Ok(())
    }

    fn make_lanes(&self, flow: &Flow<T>) -> Result<Lanes, NoLanes> {
        let count = if self.overlaps() { flow.ring.slots() } else { 1 };
        // Lanes for graphs will do for everything that may be chosen.
        let chosen = self.start.measures && self.overlaps();
        let submission = if chosen { Submission::Graph } else { self.submission };
        let bytes = (size_of::<C>(), size_of::<T>());
        Lanes::new((&flow.pool, self.priority), (self.placement, submission), count, bytes)
    }

    /// Moves config and telemetry to another place, between steps: waits for those in flight, keeps
    /// what has not been taken, and makes the lanes anew. Without memory for them there, everything
    /// stays where it is; answers whether it is where it was to go.
    pub fn move_to(&mut self, flow: &mut Flow<T>, placement: Placement) -> Result<bool, GpuError> {
        if self.placement == placement && flow.lanes.is_some() {
            return Ok(true);
        }
        flow.keep_all()?;
        self.graphs.clear();
        flow.lanes = None;
        let before = std::mem::replace(&mut self.placement, placement);
        match self.make_lanes(flow).map_err(NoLanes::into_error) {
            Err(error) if !error.is_sticky() => {
                tracing::warn!(%error, ?placement, "no room to move to, staying");
                self.placement = before;
                self.prepare(flow)?;
                Ok(false)
            }
            made => self.fit_out(flow, made).map(|()| true),
        }
    }

    /// Gives kernels a priority of their own from the next step on, or that of their purpose.
    pub fn set_priority(&mut self, flow: &mut Flow<T>, priority: Option<StreamPriority>) {
        if std::mem::replace(&mut self.priority, priority) != priority
            && let Some(lanes) = &mut flow.lanes
        {
            lanes.set_priority(priority);
        }
    }

    /// Takes other streams if their priorities are no more what they were: waits for the steps in
    /// flight, as a move does. A stream that is not to be had is no reason to stop.
    pub fn follow_priorities(&mut self, flow: &mut Flow<T>) -> Result<(), GpuError> {
        let Some(lanes) = &mut flow.lanes else { return Ok(()) };
        if lanes.up_to_date(&flow.pool)? {
            return Ok(());
        }
        flow.quiesce()?;
        // A graph has the priority of the stream that it was captured on.
        self.graphs.clear();
        let Some(lanes) = &mut flow.lanes else { return Ok(()) };
        match lanes.renew(&flow.pool) {
            Err(error) if !error.is_sticky() => {
                tracing::warn!(%error, "no stream of another priority, going on with the old one");
                Ok(())
            }
            renewed => renewed.map_err(|error| flow.blame_next(error)),
        }
    }

    /// What it takes to walk through a plan.
    pub fn walk<'a>(&'a mut self, flow: &'a mut Flow<T>) -> Result<Walk<'a, C, T>, GpuError> {
        Walk::new(flow, &mut self.kernel, self.abort_at)
    }

    /// Enqueues so many steps from `first` on, one a config; without configs, those that lie in their
    /// slots already.
    pub fn enqueue(
        &mut self,
        flow: &mut Flow<T>,
        first: u64,
        steps: usize,
        configs: &[C],
    ) -> Result<(), Torn> {
        let mut submission = self.submission;
        if submission == Submission::Graph {
            // The first launches of a kernel may load it, which no capture would survive.
            if self.warm {
                for (step, config) in (first..).zip(configs) {
                    flow.write(step, config)?;
                }
                match self.enqueue_graph(flow, first, steps) {
                    Ok(()) => return Ok(()),
                    Err(Refusal::Batch(torn)) => {
                        if torn.whole > 0 {
                            let whole = configs.get(..torn.whole).unwrap_or_default();
                            self.enqueue(flow, first, torn.whole, whole)?;
                        }
                        return Err(torn);
                    }
                    Err(Refusal::Graph(error)) => {
                        tracing::warn!(%error, "steps cannot be captured, going on with streams");
                        self.submission = Submission::Streams;
                        self.reason = "a graph was refused";
                        self.refuses_graphs = true;
                    }
                }
            }
            submission = Submission::Streams;
        }
        let plan = plan::plan(self.placement, submission);
        self.walk(flow)?.make(plan.open, first)?;
        for step in first..first + steps as u64 {
            // One by one, so that the device has work while the next config is written.
            if let Some(config) = configs.get((step - first) as usize) {
                flow.write(step, config)?;
            }
            let mut walk = self.walk(flow)?;
            walk.time(step);
            let Err(error) = walk.make(plan.step, step) else { continue };
            // What was enqueued before is to come back as if it had been a batch of its own.
            let mut whole = (step - first) as usize;
            if whole > 0 && walk.finish(plan, step - 1).is_err() {
                whole = 0;
            }
            return Err(Torn { whole, error });
        }
        self.walk(flow)?.finish(plan, first + steps as u64 - 1)?;
        self.warm = true;
        Ok(())
    }

    /// Enqueues a batch as a graph: as it was captured before if it has not changed, else captured
    /// now.
    fn enqueue_graph(
        &mut self,
        flow: &mut Flow<T>,
        first: u64,
        steps: usize,
    ) -> Result<(), Refusal> {
        let plan = plan::plan(self.placement, Submission::Graph);
        let (run, last) = ((flow.ring.slot(first), steps), first + steps as u64 - 1);
        let repeats = self.kernel.as_ref().is_some_and(|kernel| kernel.repeats());
        if !(repeats && self.graphs.has(run)) {
            self.capture(flow, plan, run, (first, last))?;
        }
        let lost = |error: GpuError| Refusal::Batch(error.into());
        let mut walk = Walk::new(flow, &mut self.kernel, self.abort_at).map_err(lost)?;
        if steps == 1 && self.placement == Placement::Mapped {
            // The graph is nothing but the kernels of one step, so events around it time them.
            walk.time(first);
        } else {
            // Timed events in a graph would tell nothing of a step.
            walk.watch = None;
        }
        let stream = walk.stream().map_err(lost)?;
        walk.mark(Op::Launch, first, Edge::Begin).map_err(lost)?;
        self.graphs.launch(run, stream).map_err(Refusal::of)?;
        walk.mark(Op::Launch, first, Edge::End).map_err(lost)?;
        walk.make(plan.done, last).map_err(lost)
    }

    /// Captures a batch as the graph of a run of slots.
    fn capture(
        &mut self,
        flow: &mut Flow<T>,
        plan: Plan,
        run: (usize, usize),
        (first, last): (u64, u64),
    ) -> Result<(), Refusal> {
        let gpu = flow.gpu().clone();
        let driver = Arc::clone(gpu.driver());
        let mut walk = Walk::new(flow, &mut self.kernel, self.abort_at).map_err(Refusal::of)?;
        walk.watch = None;
        let stream = walk.stream().map_err(Refusal::of)?;
        let capture = Capture::begin(driver.as_ref(), stream).map_err(Refusal::of)?;
        walk.make(plan.open, first).map_err(Refusal::of)?;
        for step in first..=last {
            walk.make(plan.step, step).map_err(|error| {
                // A launch wraps what the driver said as it likes, for want of memory say.
                match error.driver_error().is_some_and(|said| said.is_capture()) {
                    true => Refusal::of(error),
                    false => Refusal::Batch(Torn { whole: (step - first) as usize, error }),
                }
            })?;
        }
        walk.make(plan.close, last).map_err(Refusal::of)?;
        let graph = capture.end().map_err(Refusal::of)?;
        self.graphs.put(run, &graph, gpu.driver(), gpu.ledger()).map_err(Refusal::of)
    }
}
