//! Steps in flight: configs go up, kernels run and telemetry comes down, several steps at a time.
//!
//! Three things make a pipeline. The flow (`flow.rs`) knows which step is where: every step has a slot
//! (see `ring.rs`), and the host waits in one place, for the oldest step, when it is asked for or when no
//! more steps are to be in flight. The transport (`transport.rs`) knows how steps are enqueued: it walks
//! through the calls of a plan (see `plan.rs`) or launches a graph of them. The tuner (`tuner.rs`) chooses
//! the transport from what the first steps of a kernel show (see [`choose`](crate::choose)), unless it is
//! pinned. Once that is done, and each run of slots that batches use has its graph if there are to be
//! graphs, a step allocates nothing.
//!
//! What is in flight belongs to the pipeline: configs are copied in, telemetry is lent out only after
//! its event was seen, and for no longer than the pipeline is not otherwise used. So safe code cannot
//! touch a slot in flight, also not by forgetting what it borrowed:
//!
//! ```compile_fail,E0499
//! # use prism_stream::{AsyncPipelineCoordinator, GpuError};
//! fn overtake(pipeline: &mut AsyncPipelineCoordinator<u32, u32>) -> Result<(), GpuError> {
//!     let first = pipeline.next()?;
//!     pipeline.submit(&7)?; // would write the slot that `first` still reads
//!     drop(first);
//!     Ok(())
//! }
//! ```
//!
//! ```compile_fail,E0515
//! # use prism_stream::{AsyncPipelineCoordinator, Completed};
//! fn escape(mut pipeline: AsyncPipelineCoordinator<u32, u32>) -> Option<Completed<'static, u32>> {
//!     pipeline.next().ok().flatten() // the slot would be freed with the pipeline
//! }
//! ```
//!
//! Returned with the pipeline's own lifetime, dropped before the next submission, both are fine:
//!
//! ```
//! # use prism_stream::{AsyncPipelineCoordinator, Completed, GpuError};
//! fn overtake(pipeline: &mut AsyncPipelineCoordinator<u32, u32>) -> Result<(), GpuError> {
//!     let first = pipeline.next()?;
//!     drop(first);
//!     pipeline.submit(&7)?;
//!     Ok(())
//! }
//! fn escape(pipeline: &mut AsyncPipelineCoordinator<u32, u32>) -> Option<Completed<'_, u32>> {
//!     pipeline.next().ok().flatten()
//! }
//! ```
//!
//! Nor can two threads submit at once, and so no graph is launched or updated by two:
//!
//! ```compile_fail,E0499
//! # use prism_stream::AsyncPipelineCoordinator;
//! fn race(pipeline: &mut AsyncPipelineCoordinator<u32, u32>) {
//!     std::thread::scope(|scope| {
//!         scope.spawn(|| pipeline.submit(&1).is_ok());
//!         scope.spawn(|| pipeline.submit(&2).is_ok());
//!     });
//! }
//! ```
//!
//! One thread at a time is fine:
//!
//! ```
//! # use prism_stream::AsyncPipelineCoordinator;
//! fn race(pipeline: &mut AsyncPipelineCoordinator<u32, u32>) {
//!     std::thread::scope(|scope| {
//!         scope.spawn(|| pipeline.submit(&1).is_ok());
//!     });
//! }
//! ```
//!
//! Errors, panics and time-outs leave a pipeline that can be waited for, reset or dropped. A drop
//! does not wait for steps: what the device may still be using is parked in the [`GpuContext`].

mod flow;
mod options;
mod steps;
mod transport;
mod tuner;
mod walk;

use std::any::Any;
use std::fmt;

use bytemuck::Pod;

use self::flow::Flow;
use self::options::Start;
pub use self::options::{MAX_BATCH, MAX_DEPTH, PipelineOptions, PipelineStats};
use self::transport::Transport;
use self::tuner::Tuner;
use crate::abort::AbortHandle;
use crate::choose::{Limits, Measured};
use crate::context::GpuContext;
use crate::error::GpuError;
use crate::harvest::Harvest;
use crate::pool::StreamPool;
use crate::slots::{Held, release};
use crate::step::StepKernel;
use crate::stream::StreamPriority;
use crate::timeline::{Timeline, TimingOptions, Watch};

/// Runs a [`StepKernel`] as a pipeline of steps. `C` goes up, `T` comes down.
pub struct AsyncPipelineCoordinator<C: 'static, T: 'static> {
    options: PipelineOptions,
    flow: Flow<T>,
    transport: Transport<C, T>,
    tuner: Tuner,
}

impl<C: Pod, T: Pod> AsyncPipelineCoordinator<C, T> {
    /// A pipeline on the streams of `pool`. Makes and allocates nothing before the first step.
    ///
    /// # Errors
    /// [`GpuError::InvalidOptions`] for a depth that cannot be, or a `C` or `T` of no size.
    pub fn new(pool: StreamPool, options: PipelineOptions) -> Result<Self, GpuError> {
        if size_of::<C>() == 0 || size_of::<T>() == 0 {
            return Err(GpuError::InvalidOptions("config and telemetry must have a size"));
        }
        if align_of::<C>().max(align_of::<T>()) > 256 {
            return Err(GpuError::InvalidOptions(
                "config and telemetry align to 256 bytes at most",
            ));
        }
        let payload = size_of::<C>() + size_of::<T>();
        let info = pool.gpu().info();
        let start: Start = options.start(payload, info.maps_host_memory)?;
        let limits = Limits {
            slots: options.slots(),
            copy_engines: info.copy_engines,
            maps_host_memory: info.maps_host_memory,
            placement: options.placement,
            submission: options.submission,
            graphs: true,
            repeats: false,
        };
        Ok(Self {
            options,
            flow: Flow::new(pool, options.slots(), options.step_timeout),
            transport: Transport::new(start),
            tuner: Tuner::new(start.measures.then_some(start.placement), options, limits),
        })
    }

    /// Supplies the kernel of the steps to come; the one before it is dropped.
    ///
    /// # Errors
    /// [`GpuError::Busy`] while steps have not been taken.
    pub fn bind(&mut self, kernel: impl StepKernel<C, T> + 'static) -> Result<(), GpuError> {
        self.flow.enter()?;
        self.is_empty()?;
        self.flow.settle()?;
        self.tuner.restart(kernel.repeats());
        self.transport.begin_anew();
        self.flow.harvests.begin(kernel.harvest_bytes());
        drop(self.transport.set_kernel(Some(Box::new(kernel))));
        Ok(())
    }

    /// Whether a kernel is bound.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.transport.kernel.is_some()
    }

    /// The kernel that is bound, if it is a `K`: for its buffers, and what it counts.
    #[must_use]
    pub fn kernel<K: StepKernel<C, T> + 'static>(&self) -> Option<&K> {
        let kernel: &dyn Any = self.transport.kernel.as_deref()?;
        kernel.downcast_ref()
    }

    /// The same, to be changed: to give it other state, say. Nothing may be in flight meanwhile;
    /// [`quiesce`](Self::quiesce) waits and leaves the steps to be taken. Graphs are captured anew
    /// afterwards, since its launches may be others.
    ///
    /// # Errors
    /// [`GpuError::Busy`] while steps are in flight; [`GpuError::NoKernel`] if none is bound, or none of
    /// this type.
    pub fn kernel_mut<K: StepKernel<C, T> + 'static>(&mut self) -> Result<&mut K, GpuError> {
        self.flow.enter()?;
        if self.flow.ring.in_flight() > 0 {
            return Err(GpuError::Busy { in_flight: self.flow.ring.in_flight() });
        }
        self.flow.settle()?;
        self.transport.graphs.clear();
        let kernel: Option<&mut dyn Any> =
            self.transport.kernel.as_deref_mut().map(|kernel| kernel as _);
        kernel.and_then(|kernel| kernel.downcast_mut()).ok_or(GpuError::NoKernel)
    }

    /// Gives back the kernel that is bound.
    ///
    /// # Errors
    /// [`GpuError::Busy`] while steps have not been taken; [`GpuError::NoKernel`] if none is bound, or
    /// none of this type, which then stays.
    pub fn unbind<K: StepKernel<C, T> + 'static>(&mut self) -> Result<K, GpuError> {
        self.is_empty()?;
        self.kernel_mut::<K>()?;
        let kernel: Box<dyn Any> = self.transport.set_kernel(None).ok_or(GpuError::NoKernel)?;
        kernel.downcast().map(|kernel| *kernel).map_err(|_| GpuError::NoKernel)
    }

    /// Refuses if steps have not been taken.
    fn is_empty(&self) -> Result<(), GpuError> {
        match self.flow.ring.occupied() {
            0 => Ok(()),
            in_flight => Err(GpuError::Busy { in_flight }),
        }
    }

    /// Waits for what is in flight, forgets it, and counts steps from 0 again. An abort is over with it.
    ///
    /// # Errors
    /// What a step in flight did wrong. If the device is lost, what the pipeline held is given up.
    pub fn reset(&mut self) -> Result<(), GpuError> {
        let waited = self.quiesce();
        if waited.is_ok() {
            self.transport.abort.clear();
            self.flow.forget();
        } else if self.gpu().poison().is_some() {
            self.abandon();
        }
        waited
    }

    /// Waits for what is in flight; the steps can be taken afterwards.
    ///
    /// # Errors
    /// As [`next`](Self::next), but for rejected configs.
    pub fn quiesce(&mut self) -> Result<(), GpuError> {
        self.flow.enter()?;
        self.flow.quiesce()
    }

    /// Fetches what a step has left on the device (see
    /// [`StepKernel::harvest_bytes`](crate::StepKernel::harvest_bytes)), in order after that step and while
    /// later ones run. Never waits for the device. It can be asked for from the step's submission on, and
    /// until as many further steps were submitted as there are slots: in a pipeline of depth 3, when the
    /// telemetry of step n is taken after the submission of step n + 2, step n can still be harvested.
    ///
    /// # Errors
    /// [`GpuError::NoHarvest`] if the step's slot is another one's, or its kernel leaves nothing;
    /// [`GpuError::Memory`] if there is no pinned memory for it; what the driver says.
    pub fn harvest(&mut self, step: u64) -> Result<Harvest, GpuError> {
        self.flow.enter()?;
        self.flow.harvest(step, self.transport.overlaps())
    }

    /// What ends the steps of this pipeline early, from any thread.
    #[must_use]
    pub fn abort_handle(&self) -> AbortHandle {
        self.transport.abort.clone()
    }

    /// Lets steps run again after an [`abort`](AbortHandle::abort): waits for those that were submitted
    /// since, which end early, and clears the word behind them. Their telemetry is taken as ever.
    ///
    /// # Errors
    /// As [`quiesce`](Self::quiesce); steps are then still asked to end.
    pub fn clear_abort(&mut self) -> Result<(), GpuError> {
        self.quiesce()?;
        self.transport.abort.clear();
        Ok(())
    }

    /// Measures the steps to come and chooses again how to run them, as after [`bind`](Self::bind): for a
    /// kernel that takes another time now, or batches of another size. Without it, a choice stands. Does
    /// nothing where everything is pinned.
    pub fn retune(&mut self) {
        let repeats = self.transport.kernel.as_ref().is_some_and(|kernel| kernel.repeats());
        self.tuner.restart(repeats);
        self.transport.begin_anew();
    }

    /// Gives the kernels of this pipeline a priority of their own, whatever that of
    /// [`KernelExecution`](crate::StreamPurpose::KernelExecution) is in the pool; `None` follows the
    /// pool's again. A hint for the device's scheduler: where pipelines share a device, it decides whose
    /// waiting kernel starts first. It holds from the next step on, before which the steps in flight are
    /// waited for.
    pub fn set_priority(&mut self, priority: Option<StreamPriority>) {
        self.transport.set_priority(&mut self.flow, priority);
    }

    /// Times some of the steps to come, from the next one on; `None` ends it and forgets what was
    /// seen. All events are made here, none in a step. Steps that go as a graph are not timed, since
    /// the graph would be another one with events in it; but one mapped step that is a graph of its
    /// own is, by events around it. Off by default, when a step makes no call that it would not make.
    ///
    /// # Errors
    /// [`GpuError::Busy`] while steps have not been taken, [`GpuError::InvalidOptions`] for a burst of
    /// no steps or too many, or as many to be kept, [`GpuError::Driver`] if there are no events to be had.
    pub fn set_timing(&mut self, timing: Option<TimingOptions>) -> Result<(), GpuError> {
        self.flow.enter()?;
        self.is_empty()?;
        self.flow.settle()?;
        let slots = self.flow.ring.slots();
        let watch = timing.map(|options| Watch::new(self.gpu(), slots, options));
        self.flow.watch = watch.transpose().map_err(|error| self.gpu().note(error))?.map(Box::new);
        Ok(())
    }

    /// The steps that were timed last; `None` unless [`set_timing`](Self::set_timing) asked for it.
    #[must_use]
    pub fn timeline(&self) -> Option<&Timeline> {
        self.flow.watch.as_deref().map(Watch::timeline)
    }

    /// Steps submitted and not yet taken.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.flow.ring.occupied()
    }

    /// What the pipeline has done, and how.
    #[must_use]
    pub fn stats(&self) -> PipelineStats {
        let Self { flow, transport, tuner, .. } = self;
        PipelineStats {
            depth: tuner.depth,
            placement: transport.placement,
            submission: transport.submission,
            reason: transport.reason,
            choices: tuner.choices,
            submitted: flow.submitted,
            finished: flow.finished,
            waits: flow.waits,
        }
    }

    /// What the first steps showed; `None` if nothing is left to choose, or nothing measured yet.
    #[must_use]
    pub fn measured(&self) -> Option<&Measured> {
        self.tuner.measured()
    }

    /// The options that it was made with.
    #[must_use]
    pub fn options(&self) -> &PipelineOptions {
        &self.options
    }

    /// The pool that its streams come from.
    #[must_use]
    pub fn pool(&self) -> &StreamPool {
        &self.flow.pool
    }

    fn gpu(&self) -> &GpuContext {
        self.flow.gpu()
    }
}

impl<C, T> AsyncPipelineCoordinator<C, T> {
    /// Gives up streams, slots and kernel, and counts from 0.
    fn abandon(&mut self) {
        let quiet = self.flow.is_quiet();
        let Self { flow, transport, tuner, .. } = self;
        if !quiet {
            transport.abort.abort(); // nobody will look at what the steps in flight find
        }
        let held = Held {
            graphs: std::mem::take(&mut transport.graphs),
            lanes: flow.lanes.take(),
            harvests: std::mem::take(&mut flow.harvests),
            kernel: transport.kernel.take(),
            abort: std::mem::take(&mut transport.abort),
            watch: flow.watch.take(),
            timers: std::mem::take(&mut tuner.timers),
        };
        release(flow.gpu(), held, quiet);
        transport.warm = false;
        flow.abandon();
    }
}

impl<C, T> Drop for AsyncPipelineCoordinator<C, T> {
    fn drop(&mut self) {
        self.abandon();
    }
}

impl<C, T> fmt::Debug for AsyncPipelineCoordinator<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncPipelineCoordinator")
            .field("options", &self.options)
            .field("ring", &self.flow.ring)
            .finish()
    }
}
