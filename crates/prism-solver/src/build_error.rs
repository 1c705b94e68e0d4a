//! Why a solver cannot be built.

use crate::{CheckpointError, Method};
use prism_core::io::Naming;
use prism_core::memory::OutOfMemory;
use prism_core::{Color, MAX_COLORS, Violation};

/// Why a solver could not be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No row of the roster has that name.
    #[error("there is no engine called {0}")]
    UnknownEngine(String),
    /// An engine that does not run on a GPU was to.
    #[error("{0} does not run on a GPU")]
    NoPhase(String),
    /// Zero threads.
    #[error("a solver needs at least one thread")]
    NoThreads,
    /// There is too little memory to set the solver up for this graph.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// The run cannot go on from the checkpoint.
    #[error("the run cannot go on from the checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// Checkpoints by time, where moves decide the result.
    #[error("with a move limit, checkpoints are made every so many moves, not seconds")]
    CheckpointsByTime,
    /// A list colouring has no checkpoints.
    #[error("a colouring within lists has no checkpoints")]
    CheckpointWithLists,
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
    /// The sizes of classes are the business of another solver.
    #[error("the sizes of classes are asked for; set the solver up by SolverBuilder::sized")]
    SizesInPlainSolver,
    /// Lists and sizes of classes.
    #[error(
        "a colouring within lists of allowed colours takes no exact number of colours, and its classes \
         are neither equitable, bounded nor balanced"
    )]
    SizesWithLists,
    /// Checkpoints and sizes of classes.
    #[error(
        "a colouring with classes of certain sizes, or exactly as many colours, has no checkpoints"
    )]
    CheckpointWithSizes,
    /// One engine alone, and sizes of classes.
    #[error("{0} does not heed the sizes of classes; leave the choice of engines to the solver")]
    MethodWithSizes(Method),
    /// A number of colours to stop at, and a number to use exactly.
    #[error("exactly {exact} colours are asked for, and a target of {target}")]
    ExactAndTarget {
        /// The number to use.
        exact: usize,
        /// The number to stop at.
        target: usize,
    },
    /// More vertices have to have one colour than a class may have.
    #[error("{vertices} vertices are precoloured {color}, and a class may have {most}")]
    PrecoloredTooMany {
        /// The colour.
        color: Color,
        /// The vertices that are given it.
        vertices: usize,
        /// The most vertices of a class.
        most: usize,
    },
    /// No greedy colouring is sure to fit into 16-bit colours.
    #[error("this graph has a core in which every vertex has {max} neighbours or more; PRISM numbers colours with 16 bits", max = MAX_COLORS)]
    TooManyColors,
}

impl BuildError {
    /// Whether it proves that nothing satisfies what is asked for.
    pub fn is_impossibility(&self) -> bool {
        matches!(self, Self::PrecoloredConflict { .. } | Self::PrecoloredTooMany { .. })
    }

    /// What it says, in the words of the graph's file: users know vertices by name, or by numbers that
    /// mostly count from 1.
    #[must_use]
    pub fn in_words_of(&self, naming: Naming<'_>) -> String {
        let name = |v: &u32| naming.name(*v);
        match self {
            Self::WarmStart(wrong) => format!(
                "the warm start is not a proper colouring: {}",
                naming.describe_violation(wrong)
            ),
            Self::WarmStartPrecolor { vertex, warm, fixed } => format!(
                "the warm start gives vertex {} colour {warm}, but it is precoloured {fixed} (colours counted from 0)",
                name(vertex)
            ),
            Self::PrecoloredTwice { vertex, first, second } => {
                format!("vertex {} is precoloured both {first} and {second}", name(vertex))
            }
            Self::PrecoloredConflict { u, v, color } => {
                let (u, v) = (name(u), name(v));
                format!("adjacent vertices {u} and {v} are both precoloured {color}")
            }
            Self::WarmStartList { vertex, color } => format!(
                "the warm start gives vertex {} colour {color}, which it may not have (colours counted from 0)",
                name(vertex)
            ),
            Self::AllowedTwice { vertex } => {
                format!("vertex {} has two lists that differ", name(vertex))
            }
            other => other.to_string(),
        }
    }
}
