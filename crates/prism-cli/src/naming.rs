//! Errors of the solver and of the verifier in the words of the graph's file: they know vertices by
//! their index alone, the user knows them by name, or by numbers that count from 1 in most formats.

use prism_core::Violation;
use prism_core::io::Loaded;
use prism_solver::{BuildError, Impossibility};

/// What makes a colouring improper.
pub fn violation(violation: &Violation, loaded: &Loaded) -> String {
    let name = |v: &u32| loaded.vertex_name(*v);
    match violation {
        Violation::Conflict { u, v, color } => format!(
            "vertices {} and {} are adjacent and both have colour {color} (counted from 0)",
            name(u),
            name(v)
        ),
        Violation::Uncolored(v) => format!("vertex {} has no colour", name(v)),
        other => other.to_string(),
    }
}

/// Why a solver cannot begin.
pub fn build_error(error: &BuildError, loaded: &Loaded) -> String {
    let name = |v: &u32| loaded.vertex_name(*v);
    match error {
        BuildError::WarmStart(wrong) => {
            format!("the warm start is not a proper colouring: {}", violation(wrong, loaded))
        }
        BuildError::WarmStartPrecolor { vertex, warm, fixed } => format!(
            "the warm start gives vertex {} colour {warm}, but it is precoloured {fixed} (colours counted from 0)",
            name(vertex)
        ),
        BuildError::PrecoloredTwice { vertex, first, second } => {
            format!("vertex {} is precoloured both {first} and {second}", name(vertex))
        }
        BuildError::PrecoloredConflict { u, v, color } => {
            format!("adjacent vertices {} and {} are both precoloured {color}", name(u), name(v))
        }
        BuildError::WarmStartList { vertex, color } => format!(
            "the warm start gives vertex {} colour {color}, which it may not have (colours counted from 0)",
            name(vertex)
        ),
        BuildError::AllowedTwice { vertex } => {
            format!("vertex {} has two lists that differ", name(vertex))
        }
        other => other.to_string(),
    }
}

/// Why no colouring is within the lists.
pub fn impossibility(why: Impossibility, loaded: &Loaded) -> String {
    let name = |v: u32| loaded.vertex_name(v);
    match why {
        Impossibility::NothingAllowed { vertex } => {
            format!("vertex {} may have no colour at all", name(vertex))
        }
        Impossibility::Clash { u, v, color } => format!(
            "adjacent vertices {} and {} may both have colour {color} only (counted from 0)",
            name(u),
            name(v)
        ),
        Impossibility::NothingLeft { vertex } => {
            format!("the neighbours of vertex {} leave it no colour of its list", name(vertex))
        }
        other => other.to_string(),
    }
}
