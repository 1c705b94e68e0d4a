//! The builder of a solver, and what it collects.

use crate::gpu::Gpu;
use crate::incumbent::Limits;
use crate::roster::{self, Row};
use crate::site::{Join, Site};
use crate::strategy::GraphClass;
use crate::{
    BuildError, Checkpoint, CheckpointEvery, Device, EventSink, ListSolver, Method, Settings,
    SizedSolver, Solver, StopHandle,
};
use prism_core::{Color, Coloring, Graph};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// What the solver tries to reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Goal {
    /// As few colours as the limits allow.
    #[default]
    Minimize,
    /// Stop as soon as a colouring has at most this many colours.
    Colors(usize),
}

/// What is known of a graph before its solver begins.
#[derive(Clone, Debug)]
pub(crate) struct Prior {
    /// A clique.
    pub clique: Vec<u32>,
    /// What kind of graph it is. With a warm start the search begins at once.
    pub class: GraphClass,
}

/// The moves that a solver without any limit may spend before it ends by itself, all threads together.
pub const DEFAULT_EFFORT: u64 = 50_000_000;

/// Seconds on the cores after which a GPU joins in that was not asked for.
const JOIN_SECONDS: f64 = 0.3;

/// The same in moves, where these decide the result.
const JOIN_MOVES: u64 = 500_000;

/// Takes each better colouring.
pub(crate) type TakeColoring<'a> = Box<dyn FnMut(&Coloring) + Send + 'a>;

/// Takes each checkpoint.
pub(crate) type TakeCheckpoint<'a> = Box<dyn FnMut(&Checkpoint) + Send + 'a>;

/// A graph that is borrowed or shared.
#[derive(Clone, Debug)]
pub enum GraphRef<'a> {
    /// Borrowed.
    Borrowed(&'a Graph<'a>),
    /// Shared.
    Shared(Arc<Graph<'static>>),
}

impl<'a> GraphRef<'a> {
    /// The graph.
    #[must_use]
    pub fn get(&self) -> &Graph<'a> {
        match self {
            Self::Borrowed(graph) => graph,
            Self::Shared(graph) => graph,
        }
    }
}

impl<'a> From<&'a Graph<'a>> for GraphRef<'a> {
    fn from(graph: &'a Graph<'a>) -> Self {
        Self::Borrowed(graph)
    }
}

impl From<Arc<Graph<'static>>> for GraphRef<'_> {
    fn from(graph: Arc<Graph<'static>>) -> Self {
        Self::Shared(graph)
    }
}

/// Everything that can be set, with its default.
pub(crate) struct Options<'a> {
    pub settings: Settings,
    pub roster: &'a [Row],
    pub warm_start: Option<Coloring>,
    pub precolored: Vec<(u32, Color)>,
    pub sink: Option<Box<dyn EventSink + 'a>>,
    /// Whether turns are told, too.
    pub tells_turns: bool,
    pub improvements: Option<TakeColoring<'a>>,
    /// When checkpoints are made, and who takes them.
    pub checkpoints: Option<(CheckpointEvery, TakeCheckpoint<'a>)>,
    /// What the run goes on from.
    pub resume: Option<Checkpoint>,
    pub stop: StopHandle,
    pub prior: Option<Prior>,
    /// Whether the result is to depend on graph, seed, threads and moves alone: where the user gives a
    /// move limit.
    pub lockstep: bool,
    /// The device, once a part of the run has used it.
    pub gpu: Option<Gpu>,
}

impl Options<'_> {
    /// Checks what does not depend on the graph and settles the threads; gives the row of the engine
    /// that is to work alone.
    ///
    /// # Errors
    /// No threads, or no such engine.
    pub fn settle(&mut self) -> Result<Option<usize>, BuildError> {
        if self.settings.threads == 0 {
            return Err(BuildError::NoThreads);
        }
        self.settle_threads();
        match &self.settings.method {
            Method::Portfolio => Ok(None),
            Method::Engine(name) => match roster::position(self.roster, name) {
                Some(row) => Ok(Some(row)),
                None => Err(BuildError::UnknownEngine(name.to_string())),
            },
        }
    }

    /// What runs searches.
    pub fn sites(&mut self) -> Result<Vec<Site>, BuildError> {
        let mut sites = vec![Site::cores(self.settings.threads)];
        let (ordinal, join, wanted) = match self.settings.device {
            Device::Cpu => return Ok(sites),
            Device::Cuda(ordinal) => (ordinal, Join::AtOnce, true),
            // An engine that works alone there has nothing to wait for.
            Device::Auto if self.is_for_gpu() => (0, Join::AtOnce, false),
            Device::Auto if self.lockstep => (0, Join::Moves(JOIN_MOVES), false),
            Device::Auto => (0, Join::Seconds(JOIN_SECONDS), false),
        };
        let row = |name: &Cow<'_, str>| {
            let row = roster::position(self.roster, name);
            let row = row.filter(|&row| self.roster[row].runs_on_gpu());
            row.ok_or_else(|| BuildError::NoPhase(name.to_string()))
        };
        let phases = self.settings.phases.iter().map(row).collect::<Result<_, _>>()?;
        let gpu = self.gpu.get_or_insert_with(|| Gpu::new(ordinal)).clone();
        if wanted {
            gpu.open();
        }
        sites.push(Site::gpu(gpu, join, self.settings.overlap_steps, phases, wanted));
        Ok(sites)
    }

    /// Whether the engine that works alone can run on a GPU.
    fn is_for_gpu(&self) -> bool {
        let Method::Engine(name) = &self.settings.method else { return false };
        roster::position(self.roster, name).is_some_and(|row| self.roster[row].runs_on_gpu())
    }

    /// What may end the run.
    pub fn limits(&self) -> Limits {
        Limits { time: self.settings.time_limit, moves: self.settings.move_limit }
    }

    /// The threads that search: no more than run at once, since each would have its turns later. With a
    /// move limit they are as many as asked for, as they decide the result.
    fn settle_threads(&mut self) {
        if !self.lockstep {
            let at_once = std::thread::available_parallelism().map_or(usize::MAX, usize::from);
            self.settings.threads = self.settings.threads.min(at_once);
        }
    }
}

/// Sets a [`Solver`] up. Made by [`Solver::builder`].
pub struct SolverBuilder<'a> {
    graph: GraphRef<'a>,
    options: Options<'a>,
}

impl<'a> SolverBuilder<'a> {
    pub(crate) fn new(graph: GraphRef<'a>) -> Self {
        let options = Options {
            // Others in the process may have the other cores, and the GPU.
            settings: Settings {
                threads: 1,
                device: Device::Cpu,
                overlap_steps: true,
                ..Settings::default()
            },
            roster: roster::STANDARD,
            warm_start: None,
            precolored: Vec::new(),
            sink: None,
            tells_turns: false,
            improvements: None,
            checkpoints: None,
            resume: None,
            stop: StopHandle::new(),
            prior: None,
            lockstep: false,
            gpu: None,
        };
        Self { graph, options }
    }

    /// All settings at once, as users give them: see [`Settings::set`]. The methods below set one each.
    pub fn settings(mut self, settings: &Settings) -> Self {
        self.options.settings = settings.clone();
        self.options.lockstep = settings.move_limit.is_some();
        self
    }

    /// Whether to minimise (the default) or to stop at a number of colours.
    pub fn goal(mut self, goal: Goal) -> Self {
        self.options.settings.target_colors = match goal {
            Goal::Minimize => None,
            Goal::Colors(target) => Some(target),
        };
        self
    }

    /// The whole strategy (the default), or one engine alone, to compare engines. A construction makes
    /// its colouring and ends; the outcome's lower bound is then 0, since none was looked for, and a warm
    /// start that is better is kept. A search gets every turn, after the usual first colourings and
    /// bounds, and as far as the limits go; its tables are made however much memory they take, some bytes
    /// for each vertex and colour.
    pub fn method(mut self, method: Method) -> Self {
        self.options.settings.method = method;
        self
    }

    /// Wall-clock limit. The solver ends within milliseconds of it, or as long as a pass over the graph
    /// takes, except that the first greedy colouring is always finished.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.options.settings.time_limit = Some(limit);
        self
    }

    /// Limit on moves, all threads together. The solver ends with the step of a search that reaches
    /// it, so that the last steps may go beyond: by one move a thread, as memetic searches move in
    /// pairs, or by one pass over the vertices a thread on graphs too large for tables. The
    /// result depends on the graph, the seed, the threads and this limit alone (if there is no time limit), on
    /// every machine: searches wait for each other every so many moves.
    pub fn move_limit(mut self, moves: u64) -> Self {
        self.options.settings.move_limit = Some(moves);
        self.options.lockstep = true;
        self
    }

    /// A limit on the moves of a part of a run: whether the result may depend on more is the business of
    /// the whole.
    pub(crate) fn moves_of_part(mut self, moves: u64, lockstep: bool) -> Self {
        self.options.settings.move_limit = Some(moves);
        self.options.lockstep = lockstep;
        self
    }

    /// Where to search; on the cores alone by default. With a GPU the result can be had again with a move
    /// limit only, and on the same kind of device.
    pub fn device(mut self, device: Device) -> Self {
        self.options.settings.device = device;
        self
    }

    /// Whether upload, kernel and download of successive steps on a GPU overlap, as they do by default, or
    /// come one after the other.
    pub fn overlap_steps(mut self, overlap: bool) -> Self {
        self.options.settings.overlap_steps = overlap;
        self
    }

    /// The engines that have turns on a GPU, in this order, the first of them most; by default those that
    /// the roster says.
    pub fn phases(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.options.settings.phases = names.into_iter().map(Cow::Borrowed).collect();
        self
    }

    /// A device that another part of the run may have opened already.
    pub(crate) fn on(mut self, gpu: Option<Gpu>) -> Self {
        self.options.gpu = gpu;
        self
    }

    /// The engines, in the place of [`STANDARD`](roster::STANDARD).
    pub fn roster(mut self, roster: &'a [Row]) -> Self {
        self.options.roster = roster;
        self
    }

    /// The seed of every random draw; 0 by default.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.settings.seed = seed;
        self
    }

    /// Threads that search; 1 by default. Without a move limit no more than the machine runs at once.
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.settings.threads = threads;
        self
    }

    /// A proper colouring to start from.
    pub fn warm_start(mut self, coloring: Coloring) -> Self {
        self.options.warm_start = Some(coloring);
        self
    }

    /// Vertices whose colour is given: 0-based vertex, and a colour below [`MAX_COLORS`](prism_core::MAX_COLORS). The outcome
    /// keeps these names, so that its colours have gaps if the given ones do and the others cannot fill
    /// them.
    pub fn precolored(mut self, vertices: impl IntoIterator<Item = (u32, Color)>) -> Self {
        self.options.precolored.extend(vertices);
        self
    }

    /// Where events go; nowhere by default.
    pub fn on_event(mut self, sink: impl EventSink + 'a) -> Self {
        self.options.sink = Some(Box::new(sink));
        self
    }

    /// Has the searches watched, and each of their turns told as an [`Event::TurnEnded`](crate::Event::TurnEnded), for a
    /// picture of the run: see [`Chronicle`](crate::Chronicle). The result is the same; it takes a little more
    /// time.
    pub fn tell_turns(mut self, tell: bool) -> Self {
        self.options.tells_turns = tell;
        self
    }

    /// What is done with each better colouring of the input graph, verified, as soon as it is found; the
    /// search of this thread waits meanwhile.
    pub fn on_improvement(mut self, take: impl FnMut(&Coloring) + Send + 'a) -> Self {
        self.options.improvements = Some(Box::new(take));
        self
    }

    /// Makes checkpoints as often as said and when the run ends, and hands them to `take`; the search of this
    /// thread waits meanwhile, and the others come home. With a [move limit](Self::move_limit), where moves decide
    /// the result, `every` has to count moves, and a run that is stopped makes none at its end: the last one
    /// made is one that leads to the same result.
    pub fn on_checkpoint(
        mut self,
        every: CheckpointEvery,
        take: impl FnMut(&Checkpoint) + Send + 'a,
    ) -> Self {
        self.options.checkpoints = Some((every, Box::new(take)));
        self
    }

    /// Goes on from a checkpoint of the same graph, given colours, seed and method, and from a warm start if that
    /// is better. Limits, threads, device and goal may be others; limits are those of the whole run, with what it had done before. With the same
    /// threads, a move limit, and checkpoints as often as before, the result is that of a run that was never
    /// interrupted.
    pub fn resume(mut self, checkpoint: Checkpoint) -> Self {
        self.options.resume = Some(checkpoint);
        self
    }

    /// A handle that stops the solver from elsewhere. Several solvers may share one.
    pub fn stop_handle(mut self, handle: StopHandle) -> Self {
        self.options.stop = handle;
        self
    }

    /// What is known of the graph.
    pub(crate) fn prior(mut self, prior: Prior) -> Self {
        self.options.prior = Some(prior);
        self
    }

    /// Checks the options against the graph, for a colouring within lists: `lists` gives vertices,
    /// 0-based, the colours that they may have. A vertex without a list may have any. Given colours are
    /// lists of one colour.
    ///
    /// # Errors
    /// Any [`BuildError`].
    pub fn within_lists(
        self,
        lists: impl IntoIterator<Item = (u32, Vec<Color>)>,
    ) -> Result<ListSolver<'a>, BuildError> {
        ListSolver::new(self.graph, self.options, lists)
    }

    /// Checks the options against the graph, for a colouring whose classes have the sizes that the
    /// [settings](Settings) ask for: equitable, bounded, balanced, or exactly as many.
    ///
    /// # Errors
    /// Any [`BuildError`].
    pub fn sized(self) -> Result<SizedSolver<'a>, BuildError> {
        SizedSolver::new(self.graph, self.options)
    }

    /// Checks the options against the graph.
    ///
    /// # Errors
    /// Any [`BuildError`].
    pub fn build(self) -> Result<Solver<'a>, BuildError> {
        Solver::new(self.graph, self.options)
    }
}
