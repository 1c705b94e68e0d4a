//! The best colouring and the best bound so far, and the books that are kept of them.

use crate::ledger::{Books, Ledger};
use crate::options::TakeColoring;
use crate::problem::Problem;
use crate::stop::Alarm;
use crate::{Goal, Proof, Status};
use prism_core::Coloring;
use prism_core::search::Mismatch;
use std::time::Duration;

/// What a run has come to so far.
pub(crate) struct Incumbent<'a> {
    pub problem: Problem<'a>,
    pub ledger: Ledger<'a>,
    /// Shown each better colouring.
    pub improvements: Option<TakeColoring<'a>>,
    /// A clique of the problem's graph.
    pub clique: Vec<u32>,
    /// A proper colouring of the problem's graph with gapless colours; none before the first step.
    best: Option<Coloring>,
    lower_bound: usize,
}

/// What may end a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub time: Option<Duration>,
    pub moves: Option<u64>,
}

impl<'a> Incumbent<'a> {
    pub fn new(
        problem: Problem<'a>,
        ledger: Ledger<'a>,
        improvements: Option<TakeColoring<'a>>,
    ) -> Self {
        let (clique, best, lower_bound) = (Vec::new(), None, 0);
        Self { problem, ledger, improvements, clique, best, lower_bound }
    }

    pub fn best(&self) -> Option<&Coloring> {
        self.best.as_ref()
    }

    pub fn best_k(&self) -> Option<usize> {
        self.best.as_ref().map(Coloring::num_colors)
    }

    pub fn lower_bound(&self) -> usize {
        self.lower_bound
    }

    /// The best colouring of the input graph, verified.
    pub fn lifted(&self) -> Option<Coloring> {
        let lifted = self.problem.lift(self.best.as_ref()?);
        match lifted.verify(self.problem.input()) {
            Ok(()) => Some(lifted),
            Err(violation) => {
                tracing::error!(%violation, "the way back from the contracted graph is improper");
                None
            }
        }
    }

    /// Makes a colouring of the problem's graph, found by an engine on a site, the best one, if it is; says whether. It is verified on
    /// the way out of every engine, and a wrong one is dropped with an error in the log rather than
    /// handed out.
    pub fn adopt(&mut self, mut coloring: Coloring, engine: &'static str, site: &str) -> bool {
        if let Err(violation) = coloring.verify(self.problem.graph()) {
            tracing::error!(engine, %violation, "an engine made an improper colouring");
            return false;
        }
        coloring.normalize();
        let k = coloring.num_colors();
        if self.best_k().is_some_and(|best| k >= best) {
            return false;
        }
        self.best = Some(coloring);
        self.ledger.improved(k, engine, site);
        if let Some(mut take) = self.improvements.take() {
            if let Some(coloring) = self.lifted() {
                take(&coloring);
            }
            self.improvements = Some(take);
        }
        true
    }

    /// Goes on from what another run came to. What it has found is told to nobody: that run has.
    pub fn take_over(
        &mut self,
        books: Books,
        best: Coloring,
        lower_bound: usize,
        clique: Vec<u32>,
    ) -> Result<(), Mismatch> {
        let graph = self.problem.graph();
        let mut normal = best.clone();
        normal.normalize();
        let is_proper = best.verify(graph).is_ok() && normal == best;
        Mismatch::unless(is_proper, "the best colouring")?;
        let bounds = lower_bound <= best.num_colors();
        Mismatch::unless(bounds, "the lower bound")?;
        let is_clique = (0..).zip(&clique).all(|(at, &u)| {
            (u as usize) < graph.n() && clique[..at].iter().all(|&v| graph.has_edge(u, v))
        });
        Mismatch::unless(is_clique, "the clique")?;
        self.ledger.take_over(books);
        (self.best, self.lower_bound, self.clique) = (Some(best), lower_bound, clique);
        Ok(())
    }

    pub fn raise_lower_bound(&mut self, lower_bound: usize, proof: Proof) {
        if lower_bound > self.lower_bound {
            self.lower_bound = lower_bound;
            self.ledger.bounded(lower_bound, proof);
        }
    }

    /// The lower bound that would end the run.
    pub fn decisive_bound(&self, goal: Goal) -> usize {
        let best = self.best_k().unwrap_or(usize::MAX);
        match goal {
            Goal::Minimize => best,
            Goal::Colors(target) => best.min(target.saturating_add(1)),
        }
    }
}

impl Goal {
    /// Why there is nothing more to do with colourings of `best` colours, of which none has fewer than
    /// `lower_bound`.
    pub(crate) fn reached(self, best: Option<usize>, lower_bound: usize) -> Option<Status> {
        let best = best?;
        match self {
            _ if best == lower_bound => Some(Status::Optimal),
            Self::Colors(target) if best <= target => Some(Status::TargetReached),
            Self::Colors(target) if target < lower_bound => Some(Status::TargetInfeasible),
            _ => None,
        }
    }
}

impl Alarm {
    /// Why everybody is called back for good, if so.
    pub(crate) fn reason(&self) -> Option<Status> {
        if self.is_stopped() {
            Some(Status::Stopped)
        } else if self.is_out_of_memory() {
            Some(Status::MemoryLimit)
        } else {
            None
        }
    }
}

impl Limits {
    /// What is left without one of so many parts.
    pub fn without_a_part(self, parts: u32) -> Self {
        let time = self.time.map(|time| time - time / parts);
        Self { time, moves: self.moves.map(|moves| moves - moves / u64::from(parts)) }
    }

    /// The limit that is used up, if one is.
    pub fn used_up(&self, ledger: &Ledger<'_>) -> Option<Status> {
        if self.time.is_some_and(|limit| ledger.elapsed() >= limit) {
            Some(Status::TimeLimit)
        } else if self.moves.is_some_and(|limit| ledger.moves >= limit) {
            Some(Status::MoveLimit)
        } else {
            None
        }
    }
}
