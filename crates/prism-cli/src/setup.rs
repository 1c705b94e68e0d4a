//! Setting a solver up as the plan of `prism color` says: one for colourings, one for colourings within
//! lists, one for classes of certain sizes, or none where the input contradicts itself.

use crate::constraints::Constraints;
use crate::failure::Failure;
use crate::output::counted;
use crate::plan::ColorPlan;
use prism_core::io::{Loaded, read_coloring_path};
use prism_solver::{
    BuildError, ListSolver, Outcome, Settings, SizedSolver, Solver, SolverBuilder, Status,
    Unsatisfied,
};
use std::path::Path;

/// A run that can begin.
pub enum Ready<'a> {
    Plain(Box<Solver<'a>>),
    Lists(Box<ListSolver<'a>>),
    /// With what is asked for, in words.
    Sized(Box<SizedSolver<'a>>, String),
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
            None if plan.settings.asks_for_sizes() => {
                let words = asked_for(&plan.settings, constraints);
                builder.sized().map(|solver| Self::Sized(Box::new(solver), words))
            }
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
            Self::Sized(solver, words) => solver.run().map_err(|result| Nothing {
                text: match result.proof {
                    Some(_) => format!("there is no {words}"),
                    None => {
                        format!("no {words} was found, and it is not proved that there is none")
                    }
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

/// What is asked of classes, in words.
fn asked_for(settings: &Settings, constraints: &Constraints) -> String {
    let mut words = match settings.equitable {
        true => "equitable colouring".to_owned(),
        false => "colouring".to_owned(),
    };
    let mut and = " with ";
    let parts = [
        settings.exact_colors.map(|k| format!("exactly {}", counted(k, "colour"))),
        settings.max_class_size.map(|n| format!("classes of {n} vertices at most")),
        (!constraints.given.is_empty()).then(|| "the given colours".to_owned()),
    ];
    for part in parts.into_iter().flatten() {
        words.push_str(and);
        words.push_str(&part);
        and = " and ";
    }
    words
}
