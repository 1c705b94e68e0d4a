//! Runs the steps of a phase: keeps the pipeline full, reads telemetry, fetches what is better.
//!
//! The device is never waited for but for the oldest step in flight, and at the end of a call for all. A
//! better colouring is announced by the telemetry of its step, fetched beside the steps that follow, counted
//! again on the host, and only then believed.
//!
//! The host steers by what it has observed of steps, and by that it decides whether a further one is made. Step
//! n is told by steps 0 to n - [`LAG`], also where the later ones have come back already, so that a search
//! goes the same way, and as far, in calls of any length.

use std::collections::VecDeque;
use std::sync::Arc;

use prism_core::hierarchy::{self, Slots};
use prism_core::search::Watch;
use prism_core::{Color, Graph, KernelTelemetry, RuntimeConfig};
use prism_stream::{GpuContext, GpuError};

use super::colorings::{self, conflicts};
use super::kind::{Kind, PhaseKernel, Shape};
use super::limits::{self, Demands};
use super::outcome::{IndividualState, StepSummary, StopHandle};
use super::residents::{Residents, State, UNKNOWN};
use super::watched::{self, Tally};
use super::{PhaseError, PhaseOptions};
use crate::stream_integration::ManagedGpuContext;

/// How many steps after one that is observed the first comes that heeds it: as many as the pipeline has
/// slots.
pub(crate) const LAG: u64 = 3;

/// What ends a call beside a proper colouring.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    Steps(u64),
    Moves(u64),
}

/// Why a call came to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ended {
    Solved,
    AtLimit,
    Stopped,
}

/// A graph on the device, with what was found so far.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub graph: Arc<Graph<'static>>,
    pub shape: Shape,
    pub slots: Slots,
    pub k: u32,
    pub best: Vec<Color>,
    pub conflicts: u64,
    /// Steps submitted since the graph was loaded.
    pub steps: u64,
    /// Moves of the steps that have come back.
    pub moves: u64,
    /// Moves that were asked for.
    pub target: u64,
    /// Steps that have come back and are not to be heeded yet.
    pub unheeded: VecDeque<Seen>,
    /// Moves of the steps that were heeded, and of the latest of them.
    pub heeded_moves: u64,
    pub latest_moves: u64,
    /// Moves that a step makes, as far as is known beforehand.
    nominal_moves: u64,
    tally: Tally,
    /// The steps of this call, if they are to be kept.
    history: Option<Vec<StepSummary>>,
}

/// A step that has come back, and what it counts as moves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub summary: StepSummary,
    pub effort: u64,
}

/// A phase at work: its pipeline, and what it works on.
#[derive(Debug)]
pub(crate) struct Runner {
    pub context: ManagedGpuContext,
    kernel: &'static PhaseKernel,
    pub options: PhaseOptions,
    pub stop: StopHandle,
    pub loaded: Option<Loaded>,
    pub watch: Watch,
}

impl Runner {
    pub fn new(
        gpu: &GpuContext,
        kernel: &'static PhaseKernel,
        options: PhaseOptions,
    ) -> Result<Self, PhaseError> {
        let context = ManagedGpuContext::with_options(gpu.clone(), options.pipeline)?;
        let stop = StopHandle::new(context.abort_handle());
        Ok(Self { context, kernel, options, stop, loaded: None, watch: Watch::default() })
    }

    /// Puts a graph on the device; what was there goes. If there is no memory for as many individuals as
    /// the device can run at once, there are fewer, unless their number was asked for.
    pub fn load<K: Kind>(
        &mut self,
        options: &K::Options,
        graph: Arc<Graph<'static>>,
        start: Option<&[Color]>,
        k: usize,
    ) -> Result<(), PhaseError> {
        if let Some(colors) = start
            && colors.len() != graph.n()
        {
            return Err(PhaseError::WrongStart { found: colors.len(), expected: graph.n() });
        }
        self.stop.lower();
        self.context.reset_pipeline();
        self.loaded = None;
        let gpu = self.context.gpu().clone();
        let demands = Demands { vertices: graph.n(), edges: graph.m(), colors: k };
        let mut shape = limits::shape::<K>(options, &demands, gpu.info())?;
        // In rounds nothing is decided by where a vertex lies, and an order of many takes long.
        let slots = shape.layout.slots(&match shape.layout.is_in_rounds() {
            true => graph.vertices().collect::<Vec<_>>(),
            false => hierarchy::order(&graph),
        });
        let group = K::group(options);
        let (state, residents) = loop {
            let seed = self.options.seed;
            let starts = colorings::starts(start, &shape.layout, &slots, shape.individuals, seed);
            let state = State::fresh(&shape.layout, starts);
            let (at, sweeps) = ((&*graph, &slots), self.options.sweeps);
            let made = Residents::new(&gpu, self.kernel, shape.layout, at, &state, sweeps);
            let fewer = shape.individuals / 2 / group * group;
            match made {
                Err(PhaseError::Gpu(error @ GpuError::Memory { .. }))
                    if self.options.individuals.is_none() && fewer > 0 =>
                {
                    tracing::warn!(%error, phase = self.kernel.name, fewer, "fewer individuals");
                    shape.individuals = fewer;
                }
                made => break (state, made?),
            }
        };
        self.context.bind(residents)?;
        let first = &state.colorings[..shape.layout.coloring_bytes()];
        let best = colorings::by_vertex(&slots, &shape.layout, first);
        let nominal_moves = K::moves_a_step(options, &shape).max(1);
        self.loaded = Some(Loaded {
            conflicts: conflicts(&graph, &best),
            target: 0,
            heeded_moves: 0,
            latest_moves: nominal_moves,
            nominal_moves,
            graph,
            k: k as u32,
            shape,
            slots,
            best,
            steps: 0,
            moves: 0,
            unheeded: VecDeque::new(),
            tally: Tally::default(),
            history: None,
        });
        Ok(())
    }

    /// Runs steps until there is a colouring without conflicts, the limit is reached, or it is stopped.
    /// Steps that are under way when a proper colouring is found are ended early, and not counted. So are
    /// those that are under way when something goes wrong.
    pub fn run<K: Kind>(
        &mut self,
        kind: &mut K,
        options: &K::Options,
        limit: Limit,
        stop: impl Fn() -> bool,
    ) -> Result<Ended, PhaseError> {
        let ended = self.run_steps(kind, options, limit, stop);
        if ended.is_err() {
            self.stop.abort();
        }
        watched::tell(&self.watch, &self.context);
        ended
    }

    fn run_steps<K: Kind>(
        &mut self,
        kind: &mut K,
        options: &K::Options,
        limit: Limit,
        stop: impl Fn() -> bool,
    ) -> Result<Ended, PhaseError> {
        let loaded = self.loaded.as_mut().ok_or(PhaseError::NothingLoaded)?;
        loaded.take_all::<K>(&mut self.context, options, &self.watch)?; // what a call that failed has left
        self.context.clear_abort()?;
        let last = match limit {
            Limit::Steps(steps) => loaded.steps.saturating_add(steps),
            Limit::Moves(moves) => {
                loaded.target = loaded.target.saturating_add(moves);
                u64::MAX
            }
        };
        let is_counted = matches!(limit, Limit::Moves(_));
        let mut stopped = false;
        while loaded.conflicts > 0 && loaded.steps < last {
            stopped = stop() || self.stop.is_raised();
            if stopped {
                break;
            }
            loaded.heed(kind, options);
            if is_counted && loaded.expected_moves() >= loaded.target {
                break;
            }
            let config = loaded.config(kind, options, self.kernel, &self.options);
            loaded.steps += 1;
            let telemetry = self.context.triple_buffered_step(config)?;
            if let Some(step) = self.context.answered() {
                loaded.observe::<K>(&mut self.context, (step, &telemetry), options, &self.watch)?;
            }
        }
        if loaded.conflicts == 0 || stopped {
            self.stop.abort();
        }
        loaded.take_all::<K>(&mut self.context, options, &self.watch)?;
        self.context.clear_abort()?;
        if stopped || !is_counted {
            loaded.target = loaded.moves; // what was asked for and not made is not owed
        }
        Ok(match loaded.conflicts {
            0 => Ended::Solved,
            _ if stopped => Ended::Stopped,
            _ => Ended::AtLimit,
        })
    }

    /// Makes the individuals what is said here, also where there were more or fewer.
    pub fn put<K: Kind>(&mut self, options: &K::Options, state: &State) -> Result<(), PhaseError> {
        let loaded = self.loaded.as_mut().ok_or(PhaseError::NothingLoaded)?;
        self.context.reset_pipeline();
        let gpu = self.context.gpu().clone();
        let residents = self.context.kernel_mut::<Residents>()?;
        let count = state.individuals.len();
        if residents.count() as usize == count {
            residents.put(&gpu, state)?;
            return Ok(());
        }
        let layout = loaded.shape.layout;
        let (at, sweeps) = ((&*loaded.graph, &loaded.slots), self.options.sweeps);
        self.context.bind(Residents::new(&gpu, self.kernel, layout, at, state, sweeps)?)?;
        loaded.shape.individuals = u32::try_from(count).unwrap_or(u32::MAX);
        loaded.nominal_moves = K::moves_a_step(options, &loaded.shape).max(1);
        Ok(())
    }

    /// Tells whoever watches how the search stands.
    pub fn tell<K: Kind>(&self) {
        if let Some(loaded) = &self.loaded {
            loaded.tell::<K>(&self.watch);
        }
    }

    pub fn loaded(&self) -> Result<&Loaded, PhaseError> {
        self.loaded.as_ref().ok_or(PhaseError::NothingLoaded)
    }

    /// The individuals on the device.
    pub fn residents(&self) -> Result<&Residents, PhaseError> {
        self.context.kernel().ok_or(PhaseError::NothingLoaded)
    }

    /// Begins to keep the history of steps, or ends it and gives it out.
    pub fn keep_history(&mut self, keep: bool) -> Vec<StepSummary> {
        let history = self.loaded.as_mut().map(|loaded| &mut loaded.history);
        let history = history.and_then(|kept| std::mem::replace(kept, keep.then(Vec::new)));
        history.unwrap_or_default()
    }

    /// Every individual as it is; waits for the device.
    pub fn individuals(&self) -> Result<Vec<IndividualState>, PhaseError> {
        let (loaded, residents) = (self.loaded()?, self.residents()?);
        let gpu = self.context.gpu();
        let [colorings, bests] = residents.colorings(gpu)?;
        let layout = &loaded.shape.layout;
        let bytes = layout.coloring_bytes();
        let rows = colorings.chunks_exact(bytes).zip(bests.chunks_exact(bytes));
        let states = residents.individuals(gpu)?.into_iter().zip(rows);
        // One that has not moved yet, as every other slice after one half step, has not been counted.
        let counted = |count: u32, row| {
            let coloring = colorings::by_vertex(&loaded.slots, layout, row);
            let count = match count {
                UNKNOWN => conflicts(&loaded.graph, &coloring) as u32,
                count => count,
            };
            (count, coloring)
        };
        Ok(states
            .map(|(individual, rows)| {
                let (conflicts, coloring) = counted(individual.current, rows.0);
                let (best_conflicts, best) = counted(individual.conflicts, rows.1);
                let iteration = individual.iteration;
                IndividualState { iteration, conflicts, coloring, best_conflicts, best }
            })
            .collect())
    }
}

impl Loaded {
    /// Lets the host know of the steps that the next one may heed.
    fn heed<K: Kind>(&mut self, kind: &mut K, options: &K::Options) {
        while let Some(&seen) = self.unheeded.front()
            && seen.summary.step + LAG <= self.steps
        {
            self.unheeded.pop_front();
            kind.observe(options, &self.shape, &seen.summary);
            self.heeded_moves = self.heeded_moves.saturating_add(seen.effort);
            self.latest_moves = seen.effort;
        }
    }

    /// How many moves there will have been before the next step, as far as may be known by now.
    fn expected_moves(&self) -> u64 {
        let between = self.steps.min(LAG - 1);
        self.heeded_moves.saturating_add(between.saturating_mul(self.latest_moves))
    }

    /// The config of the next step.
    fn config<K: Kind>(
        &self,
        kind: &mut K,
        options: &K::Options,
        kernel: &PhaseKernel,
        all: &PhaseOptions,
    ) -> RuntimeConfig {
        let mut config = RuntimeConfig {
            iteration: self.steps,
            seed: all.seed,
            colors: self.k,
            sweeps: all.sweeps,
            phase: kernel.phase,
            best_conflicts: u32::try_from(self.conflicts).unwrap_or(u32::MAX),
            ..RuntimeConfig::default()
        };
        kind.steer(options, &self.shape, &mut config);
        config
    }

    fn tell<K: Kind>(&self, watch: &Watch) {
        watch.sample(|| self.tally.sample::<K>(self.moves, self.conflicts));
    }

    /// Takes the steps that are in flight.
    fn take_all<K: Kind>(
        &mut self,
        context: &mut ManagedGpuContext,
        options: &K::Options,
        watch: &Watch,
    ) -> Result<(), PhaseError> {
        while let Some((step, telemetry)) = take(context)? {
            self.observe::<K>(context, (step, &telemetry), options, watch)?;
        }
        Ok(())
    }

    /// Reads the telemetry of a step, whose number the pipeline counts otherwise. A better colouring is
    /// fetched and counted.
    fn observe<K: Kind>(
        &mut self,
        context: &mut ManagedGpuContext,
        (in_pipeline, telemetry): (u64, &KernelTelemetry),
        options: &K::Options,
        watch: &Watch,
    ) -> Result<(), PhaseError> {
        if self.conflicts == 0 {
            return Ok(()); // how far it came before it was ended is a matter of time
        }
        let summary = StepSummary::from(telemetry);
        // Where all moves are barred none is made. That is effort all the same, or a search would not end.
        let is_whole = telemetry.status_code == KernelTelemetry::COMPLETE;
        let effort = match summary.moves {
            0 if is_whole => self.nominal_moves,
            moves => moves,
        };
        self.moves = self.moves.saturating_add(effort);
        self.unheeded.push_back(Seen { summary, effort });
        if let Some(history) = &mut self.history {
            history.push(summary);
        }
        if watch.is_on() {
            self.tally.add::<K>(options, &self.shape, &summary);
        }
        let reported = u64::from(telemetry.conflicts);
        if reported >= self.conflicts {
            self.tell::<K>(watch);
            return Ok(());
        }
        let harvest = context.harvest(in_pipeline)?;
        let colors = colorings::by_vertex(&self.slots, &self.shape.layout, harvest.wait()?);
        let counted = conflicts(&self.graph, &colors);
        if counted != reported || colors.iter().any(|&color| u32::from(color) >= self.k) {
            return Err(PhaseError::WrongResult { step: summary.step, reported, counted });
        }
        self.best = colors;
        self.conflicts = counted;
        self.tell::<K>(watch);
        Ok(())
    }
}

/// Takes the oldest step that is in flight.
fn take(context: &mut ManagedGpuContext) -> Result<Option<(u64, KernelTelemetry)>, GpuError> {
    Ok(context.pipeline_mut().next()?.map(|done| (done.step, *done)))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use prism_core::generate;
    use prism_stream::mock::{MockCompiler, MockDriver};
    use prism_stream::{PipelineOptions, Placement, Submission};

    use super::super::RepairOptions;
    use super::super::whcr::Whcr;
    use super::*;

    #[test]
    fn a_stop_reaches_the_steps_that_run_and_no_later_ones() {
        let mock = MockDriver::new(1);
        mock.set_compiler(MockCompiler::Unneeded);
        mock.define("whcr", |memory, args| {
            let at = |arg: usize| u64::from_le_bytes(args[arg].as_slice().try_into().unwrap());
            let config = memory.read(at(0), size_of::<RuntimeConfig>());
            let config: RuntimeConfig = bytemuck::pod_read_unaligned(&config);
            let is_asked = memory.read(at(3), 4) != [0; 4];
            let telemetry = KernelTelemetry {
                iteration: config.iteration,
                moves: if is_asked { 0 } else { 10 },
                conflicts: u32::MAX,
                status_code: match is_asked {
                    true => KernelTelemetry::ABORTED,
                    false => KernelTelemetry::COMPLETE,
                },
                ..KernelTelemetry::default()
            };
            memory.write(at(1), bytemuck::bytes_of(&telemetry));
        });
        let gpu = GpuContext::from_driver(mock.clone());
        let pipeline = PipelineOptions {
            placement: Some(Placement::Copied),
            submission: Some(Submission::Streams),
            ..PipelineOptions::default()
        };
        let phase = PhaseOptions { pipeline, ..PhaseOptions::default() };
        let options = RepairOptions { phase: phase.clone(), ..RepairOptions::default() };
        let mut runner = Runner::new(&gpu, Whcr::KERNEL, phase).unwrap();
        let graph = Arc::new(generate::gnp(20, 0.5, 1).unwrap());
        runner.load::<Whcr>(&options, graph, None, 2).unwrap();
        let mut kind = Whcr::begin(&options);
        // The second step runs until it is told to end. The flag is up when the fourth is to be made.
        mock.hang_launch_until(1, 3);
        let asked = Cell::new(0);
        let stop = || {
            asked.set(asked.get() + 1);
            asked.get() > 3
        };
        let ended = runner.run(&mut kind, &options, Limit::Steps(100), stop).unwrap();
        assert_eq!((ended, asked.get()), (Ended::Stopped, 4));
        let loaded = runner.loaded().unwrap();
        assert_eq!((loaded.steps, loaded.moves), (3, 10));
        // Later ones run.
        let ended = runner.run(&mut kind, &options, Limit::Steps(5), || false).unwrap();
        let loaded = runner.loaded().unwrap();
        assert_eq!((ended, loaded.steps, loaded.moves), (Ended::AtLimit, 8, 60));
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}
