//! What there is to say where no colouring within lists was found, or none is.

use crate::{EngineCounters, Status};
use prism_core::Color;
use prism_core::io::Naming;

/// Why there is no colouring as asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Impossibility {
    /// The list of a vertex is empty, or does not have the colour that it is given.
    #[error("vertex {vertex} (0-based) may have no colour at all")]
    NothingAllowed {
        /// The vertex.
        vertex: u32,
    },
    /// Two adjacent vertices may have one colour only, the same.
    #[error("adjacent vertices {u} and {v} (0-based) may both have colour {color} only")]
    Clash {
        /// One end.
        u: u32,
        /// The other end.
        v: u32,
        /// The colour.
        color: Color,
    },
    /// Its neighbours, which have one colour left each, take all colours of a vertex.
    #[error("the neighbours of vertex {vertex} (0-based) leave it no colour of its list")]
    NothingLeft {
        /// The vertex.
        vertex: u32,
    },
    /// Found by trying, or by a bound.
    #[error("all possibilities are ruled out")]
    Search,
}

impl Impossibility {
    /// What it says, in the words of the graph's file.
    #[must_use]
    pub fn in_words_of(self, naming: Naming<'_>) -> String {
        let name = |v: u32| naming.name(v);
        match self {
            Self::NothingAllowed { vertex } => {
                format!("vertex {} may have no colour at all", name(vertex))
            }
            Self::Clash { u, v, color } => format!(
                "adjacent vertices {} and {} may both have colour {color} only (counted from 0)",
                name(u),
                name(v)
            ),
            Self::NothingLeft { vertex } => {
                format!("the neighbours of vertex {} leave it no colour of its list", name(vertex))
            }
            Self::Search => self.to_string(),
        }
    }
}

/// What a run came to that found no colouring within the lists, or with classes of the sizes asked for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", match proof {
    Some(why) => format!("no colouring is as asked for: {why}"),
    None => "no colouring as asked for was found".to_owned(),
})]
pub struct Unsatisfied {
    /// The proof that there is none; nothing if a limit ended the search before.
    pub proof: Option<Impossibility>,
    /// Why the run ended: [`Status::Infeasible`] exactly with a proof.
    pub status: Status,
    /// What each engine did.
    pub engines: Vec<EngineCounters>,
    /// Moves, all threads together.
    pub moves: u64,
    /// Wall-clock seconds.
    pub seconds: f64,
}
