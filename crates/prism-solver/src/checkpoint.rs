//! A run at rest: everything that another process needs to go on from it.
//!
//! A [`Checkpoint`] is taken while no team is out. It holds what has been found and counted, and of each search
//! what [`FixedK::save`](prism_core::search::FixedK::save) gives. A search forgets what it does not save, and that at
//! every checkpoint, so that a run that was killed and one that was not make the same moves from there on.
//! Where moves decide the result, checkpoints are made by moves as well.
//!
//! As a file it is a line of text, the number of the format, the length of what follows, that in the format of
//! `postcard`, and its SHA-256. So a file that is cut short, damaged, of a later version or none at all is known
//! as such before anything is made of it; and the graph that it belongs to by its digest.

use crate::crew::CrewState;
use crate::ledger::Books;
use crate::options::Options;
use crate::problem::Problem;
use crate::strategy::GraphClass;
use prism_core::search::Mismatch;
use prism_core::{Color, Graph};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How files of checkpoints begin.
const HEADING: &[u8] = b"PRISM checkpoint\n";

/// The number of the format.
const FORMAT: u32 = 1;

/// What stands in front of the state: the heading, the format, the length.
const IN_FRONT: usize = HEADING.len() + 4 + 8;

/// When a run makes checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointEvery {
    /// About so much time apart.
    Time(Duration),
    /// About so many moves apart, all threads together.
    Moves(u64),
}

/// A run at rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    origin: Origin,
    pub(crate) state: State,
}

/// What a run must have in common with the one that it goes on from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Origin {
    vertices: usize,
    edges: usize,
    /// Of the graph and the given colours.
    digest: [u8; 32],
    seed: u64,
    method: String,
    /// The engines of the roster, in its order.
    engines: Vec<String>,
}

/// What a run has come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    pub books: Books,
    /// The best colouring of the problem's graph.
    pub best: Vec<Color>,
    pub lower_bound: usize,
    pub clique: Vec<u32>,
    pub class: GraphClass,
    /// The work that exhaustive search may do the next time.
    pub exact_work: u64,
    pub crew: CrewState,
}

/// Why a run cannot go on from a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// It is something else.
    #[error("this is no checkpoint")]
    Foreign,
    /// A later version has written it.
    #[error("a later version has written it: format {found}, and this one reads {FORMAT}")]
    Newer {
        /// The number of its format.
        found: u32,
    },
    /// Some of it is missing.
    #[error("it is cut short: {found} of {expected} bytes")]
    Truncated {
        /// Bytes that there are.
        found: usize,
        /// Bytes that it should have.
        expected: u64,
    },
    /// It is not what was written.
    #[error("it is damaged")]
    Damaged,
    /// It belongs to another graph, or to other given colours.
    #[error(
        "it belongs to another graph or to other given colours: one of {vertices} vertices and {edges} edges"
    )]
    OtherGraph {
        /// Vertices of its graph.
        vertices: usize,
        /// Edges of its graph.
        edges: usize,
    },
    /// An option that decides what is searched for, and how, is another one.
    #[error("it was made with the {option} {found}, not {given}")]
    OtherOption {
        /// Which.
        option: &'static str,
        /// In the checkpoint.
        found: String,
        /// In this run.
        given: String,
    },
    /// The engines are others.
    #[error("it was made by a version with other engines")]
    OtherEngines,
    /// A part of it cannot be one of this run.
    #[error(transparent)]
    Part(#[from] Mismatch),
}

impl Origin {
    fn of(problem: &Problem<'_>, options: &Options<'_>) -> Self {
        let graph = problem.input();
        Self {
            vertices: graph.n(),
            edges: graph.m(),
            digest: digest(graph, &options.precolored),
            seed: options.settings.seed,
            method: options.settings.method.to_string(),
            engines: options.roster.iter().map(|row| row.name.to_owned()).collect(),
        }
    }
}

/// What other graphs and other given colours do not have.
fn digest(graph: &Graph<'_>, precolored: &[(u32, Color)]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update((graph.n() as u64).to_le_bytes());
    let mut bytes = Vec::new();
    for v in graph.vertices() {
        let neighbors = graph.neighbors(v);
        bytes.clear();
        bytes.extend((neighbors.len() as u32).to_le_bytes());
        bytes.extend(neighbors.iter().flat_map(|u| u.to_le_bytes()));
        hasher.update(&bytes);
    }
    let mut precolored = precolored.to_vec();
    precolored.sort_unstable();
    precolored.dedup();
    for (vertex, color) in precolored {
        hasher.update(vertex.to_le_bytes());
        hasher.update(color.to_le_bytes());
    }
    hasher.finalize().into()
}

/// Makes checkpoints of one run: what they have in common.
#[derive(Debug)]
pub(crate) struct Maker {
    origin: Origin,
}

impl Maker {
    /// For a run; `None` if it makes no checkpoints and goes on from none, so that nobody hashes the graph.
    pub fn new(problem: &Problem<'_>, options: &Options<'_>) -> Option<Self> {
        let is_asked_for = options.checkpoints.is_some() || options.resume.is_some();
        is_asked_for.then(|| Self { origin: Origin::of(problem, options) })
    }

    pub fn make(&self, state: State) -> Checkpoint {
        Checkpoint { origin: self.origin.clone(), state }
    }

    /// Whether a checkpoint is one of a run like this.
    pub fn check(&self, checkpoint: &Checkpoint) -> Result<(), CheckpointError> {
        let (own, found) = (&self.origin, &checkpoint.origin);
        let sizes = |origin: &Origin| (origin.vertices, origin.edges, origin.digest);
        if sizes(own) != sizes(found) {
            let Origin { vertices, edges, .. } = *found;
            return Err(CheckpointError::OtherGraph { vertices, edges });
        }
        let options = [
            ("seed", found.seed.to_string(), own.seed.to_string()),
            ("method", found.method.clone(), own.method.clone()),
        ];
        for (option, found, given) in options {
            if found != given {
                return Err(CheckpointError::OtherOption { option, found, given });
            }
        }
        if own.engines == found.engines { Ok(()) } else { Err(CheckpointError::OtherEngines) }
    }
}

impl Checkpoint {
    /// Seconds that the run has taken.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.state.books.seconds
    }

    /// Moves that it has made, all threads together.
    #[must_use]
    pub fn moves(&self) -> u64 {
        self.state.books.moves
    }

    /// Colours of its best colouring.
    #[must_use]
    pub fn num_colors(&self) -> usize {
        self.state.best.iter().map(|&color| usize::from(color) + 1).max().unwrap_or(0)
    }

    /// As a file has it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = HEADING.to_vec();
        bytes.extend(FORMAT.to_le_bytes());
        // What has no length of its own cannot be written; there is none.
        let state = postcard::to_stdvec(self).unwrap_or_default();
        bytes.extend((state.len() as u64).to_le_bytes());
        let sum = Sha256::digest(&state);
        bytes.extend(state);
        bytes.extend(sum);
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) has made.
    ///
    /// # Errors
    /// [`CheckpointError::Foreign`], [`Newer`](CheckpointError::Newer), [`Truncated`](CheckpointError::Truncated) or
    /// [`Damaged`](CheckpointError::Damaged).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let truncated = |expected| CheckpointError::Truncated { found: bytes.len(), expected };
        let Some(rest) = bytes.strip_prefix(HEADING) else {
            let is_part = !bytes.is_empty() && HEADING.starts_with(bytes);
            return Err(if is_part {
                truncated(IN_FRONT as u64)
            } else {
                CheckpointError::Foreign
            });
        };
        let Some((format, rest)) = rest.split_first_chunk::<4>() else {
            return Err(truncated(IN_FRONT as u64));
        };
        match u32::from_le_bytes(*format) {
            FORMAT => {}
            found if found > FORMAT => return Err(CheckpointError::Newer { found }),
            _ => return Err(CheckpointError::Damaged),
        }
        let Some((length, rest)) = rest.split_first_chunk::<8>() else {
            return Err(truncated(IN_FRONT as u64));
        };
        let length = u64::from_le_bytes(*length);
        let expected = length.saturating_add(IN_FRONT as u64 + 32);
        if (bytes.len() as u64) < expected {
            return Err(truncated(expected));
        }
        let (state, sum) = rest.split_at(length as usize);
        if *sum != *Sha256::digest(state) {
            return Err(CheckpointError::Damaged);
        }
        postcard::from_bytes(state).map_err(|_| CheckpointError::Damaged)
    }
}

/// When the next checkpoint is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    every: CheckpointEvery,
    /// The seconds or the moves of the run at the last one.
    last: (Duration, u64),
}

impl Due {
    pub fn new(every: CheckpointEvery, elapsed: Duration, moves: u64) -> Self {
        Self { every, last: (elapsed, moves) }
    }

    /// Whether it is due.
    pub fn is_now(&self, elapsed: Duration, moves: u64) -> bool {
        match self.every {
            CheckpointEvery::Time(every) => elapsed >= self.last.0 + every,
            CheckpointEvery::Moves(every) => moves >= self.last.1.saturating_add(every),
        }
    }

    /// It has been made.
    pub fn made(&mut self, elapsed: Duration, moves: u64) {
        self.last = (elapsed, moves);
    }
}
