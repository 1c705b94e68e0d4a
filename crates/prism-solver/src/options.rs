//! The one table of parameters, and the builder that fills it.

use crate::gpu::Gpu;
use crate::incumbent::Limits;
use crate::roster::{self, Row};
use crate::site::{Join, Site};
use crate::strategy::GraphClass;
use crate::{EventSink, ListSolver, Method, Solver, StopHandle};
use prism_core::memory::OutOfMemory;
use prism_core::{Color, Coloring, Graph, MAX_COLORS, Violation};
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

/// Why a solver could not be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No row of the roster has that name.
    #[error("there is no engine called {0}")]
    UnknownEngine(&'static str),
    /// An engine that does not run on a GPU was to.
    #[error("{0} does not run on a GPU")]
    NoPhase(&'static str),
    /// Zero threads.
    #[error("a solver needs at least one thread")]
    NoThreads,
    /// There is too little memory to set the solver up for this graph.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// The warm start does not colour this graph properly.
    #[error("the warm start is not a proper colouring: {0}")]
    WarmStart(Violation),
    /// The warm start contradicts a precoloured vertex.
    #[error(
        "the warm start gives vertex {vertex} (0-based) colour {warm}, but it is precoloured {fixed}"
    )]
    WarmStartPrecolor {
        /// The vertex.
        vertex: u32,
        /// Its colour in the warm start.
        warm: Color,
        /// The colour demanded.
        fixed: Color,
    },
    /// A precoloured vertex that does not exist.
    #[error("precoloured vertex {vertex} (0-based) is outside 0..{vertices}")]
    PrecoloredVertex {
        /// The vertex.
        vertex: u32,
        /// Number of vertices.
        vertices: usize,
    },
    /// A precoloured vertex whose colour is the value that stands for none.
    #[error(
        "vertex {vertex} (0-based) is precoloured {color}; expected a colour from 0 to {most}",
        most = MAX_COLORS - 1
    )]
    PrecoloredColor {
        /// The vertex.
        vertex: u32,
        /// Its colour.
        color: Color,
    },
    /// The same vertex precoloured twice, differently.
    #[error("vertex {vertex} (0-based) is precoloured both {first} and {second}")]
    PrecoloredTwice {
        /// The vertex.
        vertex: u32,
        /// One colour.
        first: Color,
        /// The other colour.
        second: Color,
    },
    /// Two adjacent vertices precoloured alike.
    #[error("adjacent vertices {u} and {v} (0-based) are both precoloured {color}")]
    PrecoloredConflict {
        /// One end.
        u: u32,
        /// The other end.
        v: u32,
        /// The colour they share.
        color: Color,
    },
    /// More different colours in the precolouring than PRISM takes: each differs from each other, and
    /// these differences are edges of the graph that is searched.
    #[error("the precolouring uses {colors} different colours; PRISM takes up to {limit}")]
    PrecoloredColors {
        /// Different colours in the precolouring.
        colors: usize,
        /// The most that are taken.
        limit: usize,
    },
    /// A list for a vertex that does not exist.
    #[error("a list names vertex {vertex} (0-based), which is outside 0..{vertices}")]
    AllowedVertex {
        /// The vertex.
        vertex: u32,
        /// Number of vertices.
        vertices: usize,
    },
    /// A list with the value that stands for no colour.
    #[error(
        "the list of vertex {vertex} (0-based) has colour {color}; expected colours from 0 to {most}",
        most = MAX_COLORS - 1
    )]
    AllowedColor {
        /// The vertex.
        vertex: u32,
        /// The colour.
        color: Color,
    },
    /// Two lists for one vertex that do not say the same.
    #[error("vertex {vertex} (0-based) has two lists that differ")]
    AllowedTwice {
        /// The vertex.
        vertex: u32,
    },
    /// More different colours in lists and given colours than PRISM takes.
    #[error("the lists name {colors} different colours; PRISM takes up to {limit}")]
    AllowedColors {
        /// Different colours in the lists.
        colors: usize,
        /// The most that are taken.
        limit: usize,
    },
    /// The warm start gives a vertex a colour that it may not have.
    #[error("the warm start gives vertex {vertex} (0-based) colour {color}, which it may not have")]
    WarmStartList {
        /// The vertex.
        vertex: u32,
        /// Its colour in the warm start.
        color: Color,
    },
    /// A construction knows of no lists.
    #[error("{0} cannot colour within lists; name a search or leave the choice to the solver")]
    MethodWithoutLists(Method),
    /// No greedy colouring is sure to fit into 16-bit colours.
    #[error("this graph has a core in which every vertex has {max} neighbours or more; PRISM numbers colours with 16 bits", max = MAX_COLORS)]
    TooManyColors,
}

impl BuildError {
    /// Whether it proves that nothing satisfies what is asked for.
    pub fn is_impossibility(&self) -> bool {
        matches!(self, Self::PrecoloredConflict { .. })
    }
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

/// Takes each better colouring.
pub(crate) type TakeColoring<'a> = Box<dyn FnMut(&Coloring) + Send + 'a>;

/// Where a solver searches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Device {
    /// On the cores, and on the first NVIDIA GPU that there is once the cores have searched for a while,
    /// so that easy graphs do not wait for a driver.
    #[default]
    Auto,
    /// On the cores.
    Cpu,
    /// On the cores and on the NVIDIA GPU of that number, which is opened at once.
    Cuda(usize),
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
        }
    }
}

impl std::str::FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            _ => {
                let number = text.strip_prefix("cuda:").and_then(|n| n.parse().ok());
                number.map(Self::Cuda).ok_or_else(|| "expected auto, cpu or cuda:N".to_owned())
            }
        }
    }
}

impl serde::Serialize for Device {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Seconds on the cores after which a GPU joins in that was not asked for.
const JOIN_SECONDS: f64 = 0.3;

/// The same in moves, where these decide the result.
const JOIN_MOVES: u64 = 500_000;

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
    pub roster: &'a [Row],
    pub goal: Goal,
    pub method: Method,
    pub time_limit: Option<Duration>,
    pub move_limit: Option<u64>,
    pub seed: u64,
    pub threads: usize,
    pub warm_start: Option<Coloring>,
    pub precolored: Vec<(u32, Color)>,
    pub sink: Option<Box<dyn EventSink + 'a>>,
    pub improvements: Option<TakeColoring<'a>>,
    pub stop: StopHandle,
    pub prior: Option<Prior>,
    /// Whether the result is to depend on graph, seed, threads and moves alone: where the user gives a
    /// move limit.
    pub lockstep: bool,
    pub device: Device,
    /// Whether the steps of a GPU overlap.
    pub asynchronous: bool,
    /// The engines that have turns on a GPU, in this order; those of the roster if there are none.
    pub phases: Vec<&'static str>,
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
        if self.threads == 0 {
            return Err(BuildError::NoThreads);
        }
        self.settle_threads();
        match self.method {
            Method::Portfolio => Ok(None),
            Method::Engine(name) => match roster::position(self.roster, name) {
                Some(row) => Ok(Some(row)),
                None => Err(BuildError::UnknownEngine(name)),
            },
        }
    }

    /// What runs searches.
    pub fn sites(&mut self) -> Result<Vec<Site>, BuildError> {
        let mut sites = vec![Site::cores(self.threads)];
        let (ordinal, join, wanted) = match self.device {
            Device::Cpu => return Ok(sites),
            Device::Cuda(ordinal) => (ordinal, Join::AtOnce, true),
            Device::Auto if self.lockstep => (0, Join::Moves(JOIN_MOVES), false),
            Device::Auto => (0, Join::Seconds(JOIN_SECONDS), false),
        };
        let row = |&name: &&'static str| {
            let row = roster::position(self.roster, name);
            row.filter(|&row| self.roster[row].runs_on_gpu()).ok_or(BuildError::NoPhase(name))
        };
        let phases = self.phases.iter().map(row).collect::<Result<_, _>>()?;
        let gpu = self.gpu.get_or_insert_with(|| Gpu::new(ordinal)).clone();
        if wanted {
            gpu.open();
        }
        sites.push(Site::gpu(gpu, join, self.asynchronous, phases, wanted));
        Ok(sites)
    }

    /// What may end the run.
    pub fn limits(&self) -> Limits {
        Limits { time: self.time_limit, moves: self.move_limit }
    }

    /// The threads that search: no more than run at once, since each would have its turns later. With a
    /// move limit they are as many as asked for, as they decide the result.
    fn settle_threads(&mut self) {
        if !self.lockstep {
            let at_once = std::thread::available_parallelism().map_or(usize::MAX, usize::from);
            self.threads = self.threads.min(at_once);
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
            roster: roster::STANDARD,
            goal: Goal::Minimize,
            method: Method::default(),
            time_limit: None,
            move_limit: None,
            seed: 0,
            threads: 1,
            warm_start: None,
            precolored: Vec::new(),
            sink: None,
            improvements: None,
            stop: StopHandle::new(),
            prior: None,
            lockstep: false,
            device: Device::Cpu,
            asynchronous: true,
            phases: Vec::new(),
            gpu: None,
        };
        Self { graph, options }
    }

    /// Whether to minimise (the default) or to stop at a number of colours.
    pub fn goal(mut self, goal: Goal) -> Self {
        self.options.goal = goal;
        self
    }

    /// The whole strategy (the default), or one engine alone, to compare engines. A construction makes
    /// its colouring and ends; the outcome's lower bound is then 0, since none was looked for, and a warm
    /// start that is better is kept. A search gets every turn, after the usual first colourings and
    /// bounds, and as far as the limits go; its tables are made however much memory they take, some bytes
    /// for each vertex and colour.
    pub fn method(mut self, method: Method) -> Self {
        self.options.method = method;
        self
    }

    /// Wall-clock limit. The solver ends within milliseconds of it, or as long as a pass over the graph
    /// takes, except that the first greedy colouring is always finished.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.options.time_limit = Some(limit);
        self
    }

    /// Limit on moves, all threads together. The solver ends with the step of a search that reaches
    /// it, so that the last steps may go beyond: by one move a thread, as memetic searches move in
    /// pairs, or by one pass over the vertices a thread on graphs too large for tables. The
    /// result depends on the graph, the seed, the threads and this limit alone (if there is no time limit), on
    /// every machine: searches wait for each other every so many moves.
    pub fn move_limit(mut self, moves: u64) -> Self {
        self.options.move_limit = Some(moves);
        self.options.lockstep = true;
        self
    }

    /// A limit on the moves of a part of a run: whether the result may depend on more is the business of
    /// the whole.
    pub(crate) fn moves_of_part(mut self, moves: u64, lockstep: bool) -> Self {
        self.options.move_limit = Some(moves);
        self.options.lockstep = lockstep;
        self
    }

    /// Where to search; on the cores alone by default. With a GPU the result can be had again with a move
    /// limit only, and on the same kind of device.
    pub fn device(mut self, device: Device) -> Self {
        self.options.device = device;
        self
    }

    /// Whether upload, kernel and download of successive steps on a GPU overlap, as they do by default, or
    /// come one after the other.
    pub fn overlap_steps(mut self, overlap: bool) -> Self {
        self.options.asynchronous = overlap;
        self
    }

    /// The engines that have turns on a GPU, in this order, the first of them most; by default those that
    /// the roster says.
    pub fn phases(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.options.phases = names.into_iter().collect();
        self
    }

    /// A device that another part of the run may have opened already.
    pub(crate) fn on(mut self, device: Device, gpu: Option<Gpu>) -> Self {
        (self.options.device, self.options.gpu) = (device, gpu);
        self
    }

    /// The engines, in the place of [`STANDARD`](roster::STANDARD).
    pub fn roster(mut self, roster: &'a [Row]) -> Self {
        self.options.roster = roster;
        self
    }

    /// The seed of every random draw; 0 by default.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// Threads that search; 1 by default. Without a move limit no more than the machine runs at once.
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = threads;
        self
    }

    /// A proper colouring to start from.
    pub fn warm_start(mut self, coloring: Coloring) -> Self {
        self.options.warm_start = Some(coloring);
        self
    }

    /// Vertices whose colour is given: 0-based vertex, and a colour below [`MAX_COLORS`]. The outcome
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

    /// What is done with each better colouring of the input graph, verified, as soon as it is found; the
    /// search of this thread waits meanwhile.
    pub fn on_improvement(mut self, take: impl FnMut(&Coloring) + Send + 'a) -> Self {
        self.options.improvements = Some(Box::new(take));
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

    /// Checks the options against the graph.
    ///
    /// # Errors
    /// Any [`BuildError`].
    pub fn build(self) -> Result<Solver<'a>, BuildError> {
        Solver::new(self.graph, self.options)
    }
}
