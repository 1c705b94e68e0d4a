//! What a search is set up with: a connected graph, a number of colours, and what is known already.
//!
//! On a large graph a search takes tenths of a second to set up, so that all searches for one part of
//! the graph share one [`Task`], and a flag may call the whole off.

use prism_core::memory::OutOfMemory;
use prism_core::search::FixedK;
use prism_core::{Color, Graph, Rng};
use prism_cpu::adjacency::Adjacency;
use prism_cpu::construct::ConstructError;
use prism_cpu::dsatur::dsatur_with;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

/// A search that is ready to run, or why it is not.
pub type SetUp = Result<Box<dyn FixedK>, Unready>;

/// Why a search could not be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unready {
    /// It was called off.
    #[error("it was called off")]
    Stopped,
    /// It does not work on this graph.
    #[error("it does not work on this graph")]
    Unfit,
    /// Its tables do not fit.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
}

/// A connected graph to colour with k colours.
#[derive(Debug)]
pub struct Task {
    k: usize,
    graph: Arc<Graph<'static>>,
    known: Vec<Color>,
    near: Option<Vec<Color>>,
    seed: u64,
    /// The graph in the form that tabu searches want, made when it is first asked for.
    adjacency: OnceLock<Arc<Adjacency>>,
    /// The DSATUR colouring with k classes, made when it is first asked for.
    cut_off: OnceLock<Vec<Color>>,
}

/// One place in a team of searches that run at the same time.
#[derive(Clone, Copy, Debug)]
pub struct Seat<'s> {
    /// The number of the search in its team.
    pub index: usize,
    /// Threads that it has for itself.
    pub threads: usize,
    /// The stream number of the engine, from its row.
    pub stream: u64,
    /// Raised when setting up should be given up.
    pub stop: &'s AtomicBool,
}

impl Task {
    pub(crate) fn new(graph: Arc<Graph<'static>>, k: usize, known: Vec<Color>, seed: u64) -> Self {
        let (adjacency, cut_off) = (OnceLock::new(), OnceLock::new());
        Self { k, graph, known, near: None, seed, adjacency, cut_off }
    }

    /// The same where an assignment is known that has few conflicts with fewer colours.
    pub(crate) fn near(self, colors: Vec<Color>) -> Self {
        Self { near: Some(colors), ..self }
    }

    /// The number of colours.
    #[must_use]
    pub fn k(&self) -> usize {
        self.k
    }

    /// The graph.
    #[must_use]
    pub fn graph(&self) -> &Arc<Graph<'static>> {
        &self.graph
    }

    /// A proper colouring with more than k colours, numbered without gaps.
    #[must_use]
    pub fn known(&self) -> &[Color] {
        &self.known
    }

    /// The seed of the run.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The number of the stream of random numbers of search `index` of the engine with the number
    /// `engine`.
    pub(crate) fn stream(&self, engine: u64, index: usize) -> u64 {
        (self.k as u64) << 32 | engine << 16 | index as u64
    }

    /// The random numbers of a stream.
    #[must_use]
    pub fn rng(&self, stream: u64) -> Rng {
        Rng::new(self.seed, stream)
    }

    /// The graph in the form that tabu searches want.
    ///
    /// # Errors
    /// [`OutOfMemory`]: that form does not fit.
    pub fn adjacency(&self) -> Result<&Arc<Adjacency>, OutOfMemory> {
        if let Some(adjacency) = self.adjacency.get() {
            return Ok(adjacency);
        }
        let adjacency = Arc::new(Adjacency::new(&self.graph)?);
        // Whoever came first has made the same.
        Ok(self.adjacency.get_or_init(|| adjacency))
    }

    /// A DSATUR colouring whose vertices beyond k classes have no colour.
    ///
    /// # Errors
    /// [`Unready::Stopped`] if `stop` is raised first, and [`Unready::OutOfMemory`].
    pub fn cut_off(&self, stop: &AtomicBool) -> Result<&[Color], Unready> {
        if let Some(colors) = self.cut_off.get() {
            return Ok(colors);
        }
        match dsatur_with(&self.graph, self.k, stop) {
            // Whoever came first has made the same.
            Ok((colors, _)) => Ok(self.cut_off.get_or_init(|| colors)),
            Err(ConstructError::OutOfMemory(missing)) => Err(missing.into()),
            Err(_) => Err(Unready::Stopped),
        }
    }

    /// An assignment of k colours with few conflicts, if one is known: it is worth more than a random start
    /// to any search.
    #[must_use]
    pub fn nearby(&self) -> Option<&[Color]> {
        self.near.as_deref()
    }

    /// Gives back what searches share, once none is left.
    pub(crate) fn forget_shared(&mut self) {
        (self.adjacency, self.cut_off) = (OnceLock::new(), OnceLock::new());
    }

    /// An assignment of k colours to begin from that is better than a random one: the one with few conflicts,
    /// if there is one; else the known colouring with its smallest classes given up until k are left, whose
    /// vertices are spread at random.
    #[must_use]
    pub fn squeezed(&self, rng: &mut Rng) -> Vec<Color> {
        if let Some(near) = &self.near {
            return near.clone();
        }
        let classes = self.known.iter().map(|&c| usize::from(c) + 1).max().unwrap_or(0);
        let mut sizes = vec![0usize; classes];
        for &c in &self.known {
            sizes[c as usize] += 1;
        }
        let mut order: Vec<usize> = (0..classes).collect();
        order.sort_by_key(|&c| std::cmp::Reverse(sizes[c]));
        let mut new_name = vec![None; classes];
        for (name, &class) in order.iter().take(self.k).enumerate() {
            new_name[class] = Some(name as Color);
        }
        let known = self.known.iter();
        known
            .map(|&c| new_name[c as usize].unwrap_or_else(|| rng.below(self.k as u32) as Color))
            .collect()
    }
}

impl Seat<'_> {
    /// The number of the stream of random numbers of this search.
    #[must_use]
    pub fn stream_of(&self, task: &Task) -> u64 {
        task.stream(self.stream, self.index)
    }

    /// The random numbers of this search.
    #[must_use]
    pub fn rng(&self, task: &Task) -> Rng {
        task.rng(self.stream_of(task))
    }
}
