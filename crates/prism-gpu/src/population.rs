//! A population on a device: children are crossed and compared on the host, and improved on the device by
//! conflict repair, as many at once as it holds.
//!
//! [`prism_core::pool`] has who is crossed and who enters, [`WhcrGpu`] what improves them. While the host
//! crosses and compares, the device waits: [`PopulationGpu::times`] says for how long.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use prism_core::pool::{Improved, Improver, Order, Pool, PoolOptions, Population};
use prism_core::search::{Elite, FixedK, Mismatch, Pipeline, Sample, Saved, Step, Watcher};
use prism_core::{Color, Graph};
use prism_stream::{DeviceInfo, GpuContext};

use crate::phases::{Demands, Footprint, Layout, PhaseError, RepairOptions, WhcrGpu};

/// How a population on a device goes.
#[derive(Clone, Debug, Default)]
pub struct PopulationOptions {
    /// How children are improved. Its seed, steps and sweeps do not matter: the pool's seed is that of all,
    /// and a step is as long as suits a generation, [`PhaseOptions::sweeps`] at most.
    ///
    /// [`PhaseOptions::sweeps`]: crate::phases::PhaseOptions::sweeps
    pub repair: RepairOptions,
    /// How the pool is kept; `None` for what suits the graph.
    pub pool: Option<PoolOptions>,
}

/// Where the time of a population went.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Times {
    /// Children were improved on the device, transfers included.
    pub device: Duration,
    /// The host crossed, compared and chose.
    pub host: Duration,
}

impl Times {
    /// The part of the time in which the device waited for the host, from 0 to 1.
    #[must_use]
    pub fn host_share(&self) -> f64 {
        let all = (self.device + self.host).as_secs_f64();
        if all == 0.0 { 0.0 } else { self.host.as_secs_f64() / all }
    }
}

/// Improves individuals by conflict repair on a device.
#[derive(Debug)]
pub struct Device {
    whcr: WhcrGpu,
    times: Times,
    /// Since when the host is at work.
    since: Instant,
}

impl Device {
    /// The time since the last lap.
    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now - std::mem::replace(&mut self.since, now)
    }
}

impl Improver for Device {
    type Error = PhaseError;

    fn individuals(&self) -> usize {
        self.whcr.individuals_at_once()
    }

    fn takes(&self, colors: &[Color]) -> bool {
        self.whcr.takes(colors)
    }

    fn improve(
        &mut self,
        individuals: Vec<Vec<Color>>,
        order: Order<'_>,
    ) -> Result<Improved, PhaseError> {
        let host = self.lap();
        self.times.host += host;
        let improved = self.whcr.improve(&individuals, order);
        let device = self.lap();
        self.times.device += device;
        match &improved {
            Ok(improved) => {
                let share = Times { device, host }.host_share();
                let best = improved.individuals.iter().map(|one| one.conflicts).min();
                let (generation, iterations, moves) =
                    (order.round, order.iterations, improved.moves);
                tracing::debug!(
                    generation,
                    iterations,
                    moves,
                    best,
                    ?device,
                    ?host,
                    share,
                    "a generation of the population"
                );
            }
            Err(error) => tracing::warn!(%error, "the population on the GPU has ended"),
        }
        improved
    }

    fn watch(&mut self, watcher: &Arc<dyn Watcher>) {
        let watcher: Arc<dyn Watcher> = Arc::new(OfPipeline(watcher.clone()));
        self.whcr.watch(&watcher);
    }

    fn rescued(&self) -> Option<Elite> {
        self.whcr.rescued()
    }
}

/// Passes on what the pipeline does. Samples are those of the population, one a generation.
#[derive(Debug)]
struct OfPipeline(Arc<dyn Watcher>);

impl Watcher for OfPipeline {
    fn sample(&self, _: Sample) {}

    fn pipeline(&self, pipeline: Pipeline) {
        self.0.pipeline(pipeline);
    }
}

/// A population whose individuals are improved on a device.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::AtomicBool;
/// use prism_core::generate;
/// use prism_core::search::FixedK;
/// use prism_gpu::{GpuContext, PopulationGpu, PopulationOptions};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let Ok(gpu) = GpuContext::open(0) else { return Ok(()) };
///     let graph = Arc::new(generate::gnp(250, 0.5, 1)?);
///     let mut population = PopulationGpu::new(&gpu, graph, None, 29, PopulationOptions::default())?;
///     population.run(1_000_000_000, &AtomicBool::new(false));
///     println!("{} conflicts after {} generations", population.conflicts(), population.generations());
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct PopulationGpu(Population<Device>);

impl PopulationGpu {
    /// Puts a graph on the device, with `k` colours. One individual starts from `start` if it is given
    /// (colours of `k` and above become random ones), all others from random colourings.
    ///
    /// # Errors
    /// [`PhaseError::TooLarge`] if the graph does not fit the device, [`PhaseError::NoColors`] for a `k` of
    /// 0, [`PhaseError::WrongStart`] for a start of another length, [`PhaseError::Gpu`] for what the device
    /// says.
    pub fn new(
        gpu: &GpuContext,
        graph: Arc<Graph<'static>>,
        start: Option<&[Color]>,
        k: usize,
        options: PopulationOptions,
    ) -> Result<Self, PhaseError> {
        let pool = options.pool.unwrap_or_else(|| PoolOptions::for_vertices(graph.n()));
        Self::lays_out(graph.n(), k, gpu.info())?;
        let mut whcr = WhcrGpu::with_context(gpu, options.repair)?;
        whcr.load_shared(graph.clone(), start, k)?;
        let device = Device { whcr, times: Times::default(), since: Instant::now() };
        let none = vec![Color::MAX; graph.n()];
        let start = start.unwrap_or(&none);
        Ok(Self(Population::new(graph, k.max(1), start, device, pool)))
    }

    /// How many individuals are improved at once.
    #[must_use]
    pub fn individuals(&self) -> usize {
        self.0.improver().individuals()
    }

    /// Generations so far.
    #[must_use]
    pub fn generations(&self) -> u64 {
        self.0.generations()
    }

    /// How often it has begun afresh.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.0.restarts()
    }

    /// The individuals that are crossed.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        self.0.pool()
    }

    /// Iterations that the next children have.
    #[must_use]
    pub fn iterations(&self) -> u64 {
        self.0.iterations()
    }

    /// The share of the vertices from which on the next children are twins of a member.
    #[must_use]
    pub fn twins(&self) -> f64 {
        self.0.twins()
    }

    /// Where the time went so far.
    #[must_use]
    pub fn times(&self) -> Times {
        self.0.improver().times
    }

    /// What it takes on a device, which is not asked for anything; the pool is on the host.
    ///
    /// # Errors
    /// [`PhaseError`] that names the limit, as [`new`](Self::new) would.
    pub fn footprint(
        options: &PopulationOptions,
        demands: &Demands,
        device: &DeviceInfo,
    ) -> Result<Footprint, PhaseError> {
        Self::lays_out(demands.vertices, demands.colors, device)?;
        let footprint = WhcrGpu::footprint(&options.repair, demands, device)?;
        let individuals = u64::from(footprint.individuals);
        // Members, children and what comes back, and how much they are like each other.
        let colorings = 3 * individuals * (demands.vertices * size_of::<Color>()) as u64;
        let table = 2 * individuals * individuals * size_of::<u32>() as u64;
        Ok(Footprint { host_bytes: footprint.host_bytes + colorings + table, ..footprint })
    }

    /// Whether graphs with so many vertices and any number of edges may fit a device with so many colours.
    #[must_use]
    pub fn fits(vertices: usize, colors: usize, device: &DeviceInfo) -> bool {
        Self::lays_out(vertices, colors, device).is_ok() && WhcrGpu::fits(vertices, colors, device)
    }

    /// Refuses what is repaired in rounds by the whole device: there are too few individuals then.
    fn lays_out(vertices: usize, colors: usize, device: &DeviceInfo) -> Result<(), PhaseError> {
        Layout::new(vertices, colors.max(1), device).map(|_| ())
    }
}

impl FixedK for PopulationGpu {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        self.0.improver_mut().lap(); // what lies between two calls is nobody's time
        let step = self.0.run(moves, stop);
        let device = self.0.improver_mut();
        let host = device.lap();
        device.times.host += host;
        step
    }

    fn best(&self) -> Elite {
        self.0.best()
    }

    fn conflicts(&self) -> u64 {
        self.0.conflicts()
    }

    fn moves(&self) -> u64 {
        self.0.moves()
    }

    fn offer(&mut self, elite: &Elite) {
        self.0.offer(elite);
    }

    /// The pool; the device holds nothing that the next generation needs.
    fn save(&mut self) -> Saved {
        self.0.save()
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        self.0.restore(saved)
    }

    fn watch(&mut self, watcher: &Arc<dyn Watcher>) {
        self.0.watch(watcher);
    }

    fn failure(&self) -> Option<String> {
        self.0.failure()
    }
}

const _: fn() = || {
    fn goes_to_another_thread<S: Send + 'static>() {}
    goes_to_another_thread::<PopulationGpu>();
};
