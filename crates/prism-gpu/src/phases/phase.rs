//! A phase, whichever it is: what can be done with it.

use std::fmt;
use std::sync::Arc;

use prism_core::hierarchy::Slots;
use prism_core::search::Elite;
use prism_core::{Color, Graph};
use prism_stream::{DeviceInfo, GpuContext};

use super::PhaseError;
#[cfg(feature = "cuda")]
use super::PhaseOptions;
use super::kind::Kind;
use super::limits::{self, Demands, Footprint};
use super::outcome::{IndividualState, RunResult, StopHandle};
use super::runner::{Limit, Runner};
use crate::stream_integration::ManagedGpuContext;

#[cfg(feature = "cuda")]
use cudarc::driver::CudaContext;

/// A search at a fixed number of colours that runs on a device, on a population that lives there.
///
/// The phases are this with a kind of their own: [`WhcrGpu`](super::WhcrGpu),
/// [`DendriticWhcrGpu`](super::DendriticWhcrGpu), [`ThermodynamicGpu`](super::ThermodynamicGpu),
/// [`QuantumEvolutionGpu`](super::QuantumEvolutionGpu).
pub struct Phase<K: Kind> {
    pub(super) runner: Runner,
    pub(super) options: K::Options,
    pub(super) kind: K,
    /// Individuals of other searches that wait to be taken in.
    pub(super) offered: Vec<Elite>,
    /// Why it can make no more moves.
    pub(super) failure: Option<String>,
}

impl<K: Kind> Phase<K> {
    /// Its number in configs and in the counters of its random numbers.
    pub const PHASE: u32 = K::KERNEL.phase;

    /// On a device that the caller opened with cudarc, with the options that are the default.
    ///
    /// The retrofit of the stream integration report, with this in the place of its `WhcrGpu`:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use cudarc::driver::CudaContext;
    /// use prism_core::Graph;
    /// use prism_gpu::phases::{PhaseError, RepairResult, WhcrGpu};
    ///
    /// pub struct Existing {
    ///     device: Arc<CudaContext>,
    ///     whcr: Option<WhcrGpu>, // Add this
    ///     // ... existing fields
    /// }
    ///
    /// impl Existing {
    ///     pub fn new(device: Arc<CudaContext>, enable_streams: bool) -> Result<Self, PhaseError> {
    ///         let whcr = if enable_streams {
    ///             Some(WhcrGpu::new(device.clone(), true)?)
    ///         } else {
    ///             None
    ///         };
    ///         Ok(Self { device, whcr })
    ///     }
    ///
    ///     pub fn repair(&mut self, graph: &Graph<'_>) -> Result<Option<RepairResult>, PhaseError> {
    ///         if let Some(ref mut whcr) = self.whcr {
    ///             whcr.load(graph, None, 10)?;
    ///             Ok(Some(whcr.repair()?)) // Async path
    ///         } else {
    ///             self.device.synchronize().ok(); // Existing behaviour
    ///             Ok(None)
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// [`PhaseError::Gpu`] if the device is too old.
    #[cfg(feature = "cuda")]
    pub fn new(device: Arc<CudaContext>, enable_streams: bool) -> Result<Self, PhaseError> {
        let mut options = K::Options::default();
        options.as_mut().pipeline = PhaseOptions::with_streams(enable_streams).pipeline;
        Self::with_context(&GpuContext::from_cudarc(device)?, options)
    }

    /// On a device that others may use as well: the context is a handle, of which a clone is kept.
    ///
    /// # Errors
    /// [`PhaseError::Gpu`] for options that cannot be.
    pub fn with_context(gpu: &GpuContext, options: K::Options) -> Result<Self, PhaseError> {
        let options = K::mended(options);
        let runner = Runner::new(gpu, K::KERNEL, options.as_ref().clone())?;
        let kind = K::begin(&options);
        Ok(Self { runner, kind, options, offered: Vec::new(), failure: None })
    }

    /// Puts a graph on the device, with `k` colours. One individual starts from `start` if it is
    /// given (colours of `k` and above become random ones), all others from random colourings.
    ///
    /// # Errors
    /// [`PhaseError::TooLarge`] if the graph does not fit the device, [`PhaseError::NoColors`] for a
    /// `k` of 0, [`PhaseError::WrongStart`] for a start of another length, [`PhaseError::Gpu`] for what
    /// the device says.
    pub fn load(
        &mut self,
        graph: &Graph<'_>,
        start: Option<&[Color]>,
        k: usize,
    ) -> Result<(), PhaseError> {
        self.load_shared(Arc::new(graph.clone().into_owned()), start, k)
    }

    /// The same with a graph that others use as well, of which no copy is made on the host.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_shared(
        &mut self,
        graph: Arc<Graph<'static>>,
        start: Option<&[Color]>,
        k: usize,
    ) -> Result<(), PhaseError> {
        self.kind = K::begin(&self.options);
        self.offered.clear();
        self.failure = None;
        self.runner.load::<K>(&self.options, graph, start, k)
    }

    /// Searches until there are no conflicts, the steps are used up, or it is stopped. Called again it goes on.
    /// What the phases call `repair` or `run` is this.
    ///
    /// # Errors
    /// [`PhaseError::NothingLoaded`] before [`load`](Self::load), [`PhaseError::Gpu`] for what the device
    /// says, [`PhaseError::WrongResult`] if it reports what is not so.
    pub fn search(&mut self) -> Result<RunResult, PhaseError> {
        self.runner.keep_history(true);
        let limit = Limit::Steps(self.runner.options.steps);
        let ended = self.runner.run(&mut self.kind, &self.options, limit, || false);
        let history = self.runner.keep_history(false);
        ended?;
        let loaded = self.runner.loaded()?;
        Ok(RunResult {
            coloring: loaded.best.clone(),
            conflicts: loaded.conflicts,
            steps: loaded.steps,
            moves: loaded.moves,
            history,
        })
    }

    /// Every individual as it is; waits for the device.
    ///
    /// # Errors
    /// [`PhaseError::NothingLoaded`], [`PhaseError::Gpu`].
    pub fn individuals(&self) -> Result<Vec<IndividualState>, PhaseError> {
        self.runner.individuals()
    }

    /// Where the vertices lie on the device: the twins in `prism_cpu` make the same moves on the graph of the
    /// slots.
    ///
    /// # Errors
    /// [`PhaseError::NothingLoaded`].
    pub fn slots(&self) -> Result<&Slots, PhaseError> {
        Ok(&self.runner.loaded()?.slots)
    }

    /// Ends a search from another thread.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        self.runner.stop.clone()
    }

    /// The pipeline and its device.
    #[must_use]
    pub fn context(&self) -> &ManagedGpuContext {
        &self.runner.context
    }

    /// What it takes on a device, which is not asked for anything. If there turns out to be less memory
    /// than the device says, fewer individuals are made where their number is left open.
    ///
    /// # Errors
    /// [`PhaseError`] that names the limit, as [`load`](Self::load) would.
    pub fn footprint(
        options: &K::Options,
        demands: &Demands,
        device: &DeviceInfo,
    ) -> Result<Footprint, PhaseError> {
        limits::footprint::<K>(&K::mended(options.clone()), demands, device)
    }

    /// Whether graphs with so many vertices and any number of edges may fit a device with so many colours.
    #[must_use]
    pub fn fits(vertices: usize, colors: usize, device: &DeviceInfo) -> bool {
        let demands = Demands { vertices, edges: 0, colors };
        Self::footprint(&K::Options::default(), &demands, device).is_ok()
    }
}

impl<K: Kind> fmt::Debug for Phase<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(K::KERNEL.name)
            .field("kind", &self.kind)
            .field("options", &self.options)
            .finish()
    }
}

const _: fn() = || {
    fn goes_to_another_thread<S: Send + 'static>() {}
    goes_to_another_thread::<super::WhcrGpu>();
    goes_to_another_thread::<super::DendriticWhcrGpu>();
    goes_to_another_thread::<super::ThermodynamicGpu>();
    goes_to_another_thread::<super::QuantumEvolutionGpu>();
};
