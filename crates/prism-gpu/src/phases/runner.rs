//! Runs the steps of a phase: keeps the pipeline full, reads telemetry, fetches what is better.
//!
//! The device is never waited for but for the oldest step in flight. A better colouring is announced by
//! the telemetry of its step, fetched beside the steps that follow, counted again on the host, and only
//! then believed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prism_core::hierarchy::{self, Slots};
use prism_core::{Color, Graph, KernelTelemetry, RuntimeConfig};
use prism_stream::{AbortHandle, GpuContext, GpuError};

use super::residents::{self, PhaseKernel, Residents, conflicts};
use super::{PhaseError, PhaseOptions};
use crate::layout::Layout;
use crate::stream_integration::ManagedGpuContext;

/// Ends the search of a phase, from any thread.
#[derive(Clone, Debug)]
pub struct StopHandle {
    raised: Arc<AtomicBool>,
    abort: AbortHandle,
}

impl StopHandle {
    /// Ends the search that runs within milliseconds, what is on the device included; a later one does
    /// not begin before a graph is loaded again. Nothing that was found is lost.
    pub fn stop(&self) {
        self.raised.store(true, Ordering::Relaxed);
        self.abort.abort();
    }

    fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Relaxed)
    }
}

/// A step in the history of a search.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StepSummary {
    /// The step, from 0 on since the graph was loaded.
    pub step: u64,
    /// Conflicting edges of the best colouring of all individuals.
    pub conflicts: u32,
    /// The individual that has it.
    pub best_replica: u32,
    /// Moves that all individuals made or, in annealing, proposed.
    pub moves: u64,
    /// Those of them that were accepted.
    pub accepted: u64,
    /// Exchanges between replicas.
    pub swaps: u32,
    /// When the step ended, by the device's clock in nanoseconds.
    pub clock_ns: u64,
}

/// An individual as the device has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IndividualState {
    /// Iterations since it was loaded.
    pub iteration: u64,
    /// Conflicting edges of its colouring at hand, as the device has counted them.
    pub conflicts: u32,
    /// The colouring at hand.
    pub coloring: Vec<Color>,
    /// Conflicting edges of its best colouring, as the device has counted them.
    pub best_conflicts: u32,
    /// Its best colouring.
    pub best: Vec<Color>,
}

/// What a search came to.
#[derive(Clone, Debug)]
pub struct RunResult {
    /// The best colouring, counted again on the host.
    pub coloring: Vec<Color>,
    /// Its conflicting edges; 0 if it is proper.
    pub conflicts: u64,
    /// Steps since the graph was loaded.
    pub steps: u64,
    /// Moves since then, by all individuals: vertices recoloured by repair, proposals of annealing.
    pub moves: u64,
    /// The steps of this call.
    pub history: Vec<StepSummary>,
}

impl RunResult {
    pub(super) fn of(runner: &mut Runner) -> Result<Self, PhaseError> {
        let history = runner.take_history();
        let (steps, moves) = runner.effort();
        let (coloring, conflicts) = runner.best()?;
        Ok(Self { coloring: coloring.to_vec(), conflicts, steps, moves, history })
    }
}

/// A graph on the device, with what was found so far.
#[derive(Debug)]
struct Loaded {
    graph: Graph<'static>,
    layout: Layout,
    slots: Slots,
    k: u32,
    best: Vec<Color>,
    conflicts: u64,
    /// Steps submitted since the graph was loaded.
    steps: u64,
    moves: u64,
    history: Vec<StepSummary>,
}

/// A phase at work: its pipeline, and what it works on.
#[derive(Debug)]
pub(crate) struct Runner {
    context: ManagedGpuContext,
    kernel: &'static PhaseKernel,
    options: PhaseOptions,
    stop: StopHandle,
    /// Individuals come in groups of so many.
    group: u32,
    loaded: Option<Loaded>,
}

impl Runner {
    pub fn new(
        gpu: &GpuContext,
        kernel: &'static PhaseKernel,
        options: PhaseOptions,
    ) -> Result<Self, PhaseError> {
        let context = ManagedGpuContext::with_options(gpu.clone(), options.pipeline)?;
        let abort = context.abort_handle();
        let stop = StopHandle { raised: Arc::default(), abort };
        Ok(Self { context, kernel, options, stop, group: 1, loaded: None })
    }

    /// The same where individuals come in groups of so many; the last one is not begun if it cannot be
    /// whole, unless it is the first.
    pub fn with_groups(self, group: u32) -> Self {
        Self { group: group.max(1), ..self }
    }

    pub fn context(&self) -> &ManagedGpuContext {
        &self.context
    }

    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// Puts a graph on the device; what was there goes.
    pub fn load(
        &mut self,
        graph: &Graph<'_>,
        start: Option<&[Color]>,
        k: usize,
    ) -> Result<(), PhaseError> {
        if let Some(colors) = start
            && colors.len() != graph.n()
        {
            return Err(PhaseError::WrongStart { found: colors.len(), expected: graph.n() });
        }
        self.stop.raised.store(false, Ordering::Relaxed);
        self.context.reset_pipeline();
        self.loaded = None;
        let gpu = self.context.gpu().clone();
        let layout = Layout::for_demand(graph.n(), k.max(1), gpu.info(), self.kernel.demand)?;
        let slots = layout.slots(&hierarchy::order(graph));
        let individuals = self
            .options
            .individuals
            .unwrap_or_else(|| layout.individuals(gpu.info()) * self.kernel.individuals_a_block);
        let individuals = (individuals / self.group).max(1) * self.group;
        let starts = residents::starts(start, &layout, &slots, individuals, self.options.seed);
        let rows = residents::rows(graph, &layout, &slots);
        let used = slots.used() as u32;
        let residents = Residents::new(&gpu, self.kernel, layout, (&rows, used), &starts)?;
        self.context.bind(residents)?;
        let best = residents::by_vertex(&slots, &starts[..layout.room() as usize]);
        self.loaded = Some(Loaded {
            conflicts: conflicts(graph, &best),
            graph: graph.clone().into_owned(),
            layout,
            slots,
            k: layout.colors,
            best,
            steps: 0,
            moves: 0,
            history: Vec::new(),
        });
        Ok(())
    }

    /// Runs steps until there is a colouring without conflicts, they are used up, or it is stopped. `steer` fills in what the phase has to say in the config of a step, from the telemetry of
    /// the latest step that has come back.
    pub fn run(
        &mut self,
        mut steer: impl FnMut(&Layout, &mut RuntimeConfig, Option<&KernelTelemetry>),
    ) -> Result<(), PhaseError> {
        let loaded = self.loaded.as_mut().ok_or(PhaseError::NothingLoaded)?;
        let mut latest = None;
        let mut left = self.options.steps;
        while loaded.conflicts > 0 && left > 0 && !self.stop.is_raised() {
            let mut config = RuntimeConfig {
                iteration: loaded.steps,
                seed: self.options.seed,
                colors: loaded.k,
                sweeps: self.options.sweeps,
                phase: self.kernel.phase,
                best_conflicts: u32::try_from(loaded.conflicts).unwrap_or(u32::MAX),
                ..RuntimeConfig::default()
            };
            steer(&loaded.layout, &mut config, latest.as_ref());
            loaded.steps += 1;
            left -= 1;
            let telemetry = self.context.triple_buffered_step(config)?;
            if let Some(step) = self.context.answered() {
                loaded.observe(&mut self.context, step, &telemetry)?;
                latest = Some(telemetry);
            }
        }
        if loaded.conflicts == 0 {
            self.stop.abort.abort();
        }
        while let Some((step, telemetry)) = take(&mut self.context)? {
            loaded.observe(&mut self.context, step, &telemetry)?;
        }
        self.context.clear_abort()?;
        self.context.reset_pipeline();
        Ok(())
    }

    /// The best colouring so far and its conflicts.
    pub fn best(&self) -> Result<(&[Color], u64), PhaseError> {
        let loaded = self.loaded.as_ref().ok_or(PhaseError::NothingLoaded)?;
        Ok((&loaded.best, loaded.conflicts))
    }

    /// Where the vertices lie on the device.
    pub fn slots(&self) -> Result<&Slots, PhaseError> {
        self.loaded.as_ref().map(|loaded| &loaded.slots).ok_or(PhaseError::NothingLoaded)
    }

    /// How many individuals there are, and of how many vertices.
    pub fn size(&self) -> Result<(u32, usize), PhaseError> {
        let loaded = self.loaded.as_ref().ok_or(PhaseError::NothingLoaded)?;
        let bound = self.context.pipeline().kernel::<Residents>();
        let bound = bound.ok_or(PhaseError::NothingLoaded)?;
        Ok((bound.count(), loaded.graph.n()))
    }

    /// Steps and moves since the graph was loaded.
    pub fn effort(&self) -> (u64, u64) {
        self.loaded.as_ref().map_or((0, 0), |loaded| (loaded.steps, loaded.moves))
    }

    /// The steps since this was asked last.
    pub fn take_history(&mut self) -> Vec<StepSummary> {
        self.loaded.as_mut().map(|loaded| std::mem::take(&mut loaded.history)).unwrap_or_default()
    }

    /// Every individual as it is; waits for the device.
    pub fn individuals(&self) -> Result<Vec<IndividualState>, PhaseError> {
        let loaded = self.loaded.as_ref().ok_or(PhaseError::NothingLoaded)?;
        let bound = self.context.kernel::<Residents>();
        let bound = bound.ok_or(PhaseError::NothingLoaded)?;
        let gpu = self.context.gpu();
        let [colorings, bests] = bound.colorings(gpu)?;
        let room = bound.layout().room() as usize;
        let rows = colorings.chunks_exact(room).zip(bests.chunks_exact(room));
        let states = bound.individuals(gpu)?.into_iter().zip(rows);
        let by_vertex = |row| residents::by_vertex(&loaded.slots, row);
        Ok(states
            .map(|(individual, (coloring, best))| IndividualState {
                iteration: individual.iteration,
                conflicts: individual.current,
                coloring: by_vertex(coloring),
                best_conflicts: individual.conflicts,
                best: by_vertex(best),
            })
            .collect())
    }
}

/// Takes the oldest step that is in flight.
fn take(context: &mut ManagedGpuContext) -> Result<Option<(u64, KernelTelemetry)>, GpuError> {
    Ok(context.pipeline_mut().next()?.map(|done| (done.step, *done)))
}

impl Loaded {
    /// Reads the telemetry of a step, whose number the pipeline counts otherwise. A better colouring is
    /// fetched and counted.
    fn observe(
        &mut self,
        context: &mut ManagedGpuContext,
        in_pipeline: u64,
        telemetry: &KernelTelemetry,
    ) -> Result<(), PhaseError> {
        let step = telemetry.iteration;
        self.moves += telemetry.moves;
        self.history.push(StepSummary {
            step,
            conflicts: telemetry.conflicts,
            best_replica: telemetry.best_replica,
            moves: telemetry.moves,
            accepted: telemetry.accepted,
            swaps: telemetry.swaps,
            clock_ns: telemetry.clock_ns,
        });
        let reported = u64::from(telemetry.conflicts);
        if reported >= self.conflicts {
            return Ok(());
        }
        let harvest = context.harvest(in_pipeline)?;
        let colors = residents::by_vertex(&self.slots, harvest.wait()?);
        let counted = conflicts(&self.graph, &colors);
        if counted != reported || colors.iter().any(|&color| u32::from(color) >= self.k) {
            return Err(PhaseError::WrongResult { step, reported, counted });
        }
        self.best = colors;
        self.conflicts = counted;
        Ok(())
    }
}
