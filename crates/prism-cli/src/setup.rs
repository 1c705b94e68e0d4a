//! Setting a solver up as the plan of `prism color` says: one for colourings, or one for colourings
//! within lists, or none where the input contradicts itself.

use crate::constraints::Constraints;
use crate::failure::Failure;
use crate::plan::ColorPlan;
use prism_core::io::{Loaded, read_coloring_path};
use prism_solver::{BuildError, ListSolver, Outcome, Solver, SolverBuilder, Status, Unsatisfied};
use std::path::Path;

/// A run that can begin.
pub enum Ready<'a> {
    Plain(Box<Solver<'a>>),
    Lists(Box<ListSolver<'a>>),
    /// Nothing satisfies what is asked for, and why.
    Impossible(String),
}

/// A run without a colouring.
pub struct Nothing {
    /// What to tell.
    pub text: String,
    pub result: Unsatisfied,
}

impl<'a> Ready<'a> {
    /// Reads what else the plan names, and sets the solver up.
    pub fn new(
        mut builder: SolverBuilder<'a>,
        plan: &ColorPlan,
        loaded: &'a Loaded,
        constraints: &Constraints,
    ) -> Result<Self, Failure> {
        if let Some(path) = &plan.warm_start {
            let known = read_coloring_path(path, loaded.graph.n(), loaded.naming())?;
            builder = builder.warm_start(known);
        }
        builder = builder.precolored(constraints.given.iter().copied());
        let ready = match &constraints.lists {
            Some(lists) => builder.within_lists(lists.clone()).map(|s| Self::Lists(Box::new(s))),
            None => builder.build().map(|solver| Self::Plain(Box::new(solver))),
        };
        let told = |error: &BuildError| error.in_words_of(loaded.naming());
        ready.or_else(|error| match error {
            BuildError::OutOfMemory(missing) => {
                Err(Failure::Memory(plan.input.file.display().to_string(), missing))
            }
            BuildError::Checkpoint(why) => {
                let path = plan.resume.as_deref().unwrap_or(Path::new("the checkpoint"));
                Err(Failure::Input(format!("{}: {why}", path.display())))
            }
            _ if error.is_impossibility() => Ok(Self::Impossible(told(&error))),
            _ => Err(Failure::Input(told(&error))),
        })
    }

    /// Runs to the end.
    pub fn run(self, loaded: &Loaded) -> Result<Outcome, Nothing> {
        match self {
            Self::Plain(solver) => Ok(solver.run()),
            Self::Lists(solver) => solver.run().map_err(|result| Nothing {
                text: match result.proof {
                    Some(why) => {
                        format!("no colouring exists: {}", why.in_words_of(loaded.naming()))
                    }
                    None => "no colouring within the lists was found, and it is not proved that \
                             there is none"
                        .to_owned(),
                },
                result,
            }),
            Self::Impossible(why) => Err(Nothing {
                text: format!("no colouring exists: {why}"),
                result: Unsatisfied {
                    proof: None,
                    status: Status::Infeasible,
                    engines: Vec::new(),
                    moves: 0,
                    seconds: 0.0,
                },
            }),
        }
    }
}
