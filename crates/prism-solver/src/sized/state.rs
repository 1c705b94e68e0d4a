//! What a run for classes of certain sizes has come to, and what it may still do.

use super::names::Names;
use super::{Missing, SizeBounds};
use crate::incumbent::Limits;
use crate::ledger::Ledger;
use crate::options::TakeColoring;
use crate::stop::Alarm;
use crate::{EngineCounters, Event, Goal, Proof, Status};
use prism_core::bounds::degeneracy;
use prism_core::search::UNCOLORED;
use prism_core::{ClassSizes, Color, Coloring, Graph, SizeRange, SizeRule};
use prism_cpu::sized::Sizing;
use prism_cpu::sized::capacities::{capacities, fewest_classes};
use std::sync::Arc;
use std::time::Duration;

/// Work of the bounds that follow from how large classes can be: tenths of a second.
const BOUND_WORK: u64 = 20_000_000;

/// What a colouring to start from is called in the place of an engine.
pub(super) const WARM_START: &str = "warm start";

/// See the top of this file.
pub(super) struct State<'a> {
    pub n: usize,
    pub rule: SizeRule,
    /// The number of colours to use exactly.
    pub exact: Option<usize>,
    pub balance: bool,
    pub goal: Goal,
    pub threads: usize,
    pub seed: u64,
    pub names: Names,
    pub ledger: Ledger<'a>,
    pub improvements: Option<TakeColoring<'a>>,
    /// Those of the part of the run at hand.
    pub limits: Limits,
    pub alarm: Arc<Alarm>,
    /// A proper colouring with sizes as asked for, verified.
    pub best: Option<Coloring>,
    pub lower_bound: usize,
    /// By vertex, the most that its class can have.
    pub capacities: Vec<u32>,
    /// What was found out about how even classes can be.
    pub evenness: Option<SizeBounds>,
}

impl State<'_> {
    /// Colours of the best colouring.
    pub fn best_k(&self) -> Option<usize> {
        self.best.as_ref().map(Coloring::num_colors)
    }

    /// The sizes that k classes may have; `None` if no split has such sizes.
    pub fn range(&self, k: usize) -> Option<SizeRange> {
        let range = self.rule.range(self.n, k)?;
        let least = range.least.max(usize::from(self.exact.is_some()));
        let range = SizeRange { least, ..range };
        range.holds(self.n, k).then_some(range)
    }

    /// Whether no class can have more than two vertices, and the fewest such classes are as asked for.
    pub fn is_of_pairs(&self) -> bool {
        let most = self.range(self.lower_bound).map_or(0, |range| range.most);
        most == 2 && self.exact.is_none() && self.names.is_empty()
    }

    /// What a search with k classes is told.
    pub fn sizing(&self, k: usize, range: SizeRange) -> Sizing {
        Sizing { k, range, given: self.names.given().to_vec() }
    }

    /// Bounds that follow from how large the class of a vertex can be.
    ///
    /// # Errors
    /// [`Missing::Impossible`]: no colouring is as asked for.
    pub fn bound(&mut self, graph: &Graph<'_>) -> Result<(), Missing> {
        self.capacities = capacities(graph, &degeneracy(graph), BOUND_WORK);
        self.raise(fewest_classes(&self.capacities, self.rule), Proof::ClassSizes.name());
        self.check_exact()
    }

    /// That the number of colours to use exactly is not below the lower bound, and has sizes.
    pub fn check_exact(&self) -> Result<(), Missing> {
        match self.exact {
            Some(exact) if exact < self.lower_bound || self.range(exact).is_none() => {
                Err(Missing::Impossible)
            }
            _ => Ok(()),
        }
    }

    /// Raises the lower bound, if it is below.
    pub fn raise(&mut self, lower_bound: usize, proof: &'static str) {
        if lower_bound > self.lower_bound {
            self.lower_bound = lower_bound;
            let seconds = self.ledger.seconds();
            self.ledger.emit(&Event::LowerBound { lower_bound, proof, seconds });
        }
    }

    /// Makes these classes the best colouring, if they are proper, as asked for, and better than what there
    /// is: fewer, or as many and more balanced where that counts. Says whether they are.
    pub fn adopt(
        &mut self,
        graph: &Graph<'_>,
        classes: &[Color],
        engine: &str,
        site: &str,
    ) -> bool {
        let coloring = self.names.lift(classes);
        let k = coloring.num_colors();
        let given = self.names.given().iter().zip(classes);
        let is_as_given = given.into_iter().all(|(&g, &c)| g == UNCOLORED || g == c);
        if self.rule.check(&coloring).is_err() || self.exact.is_some_and(|exact| exact != k) {
            return false;
        }
        if !is_as_given || coloring.verify(graph).is_err() {
            tracing::error!(engine, "an engine made a colouring that is wrong");
            return false;
        }
        let is_better = match &self.best {
            None => true,
            Some(best) => k < best.num_colors() || self.is_more_balanced(&coloring, best),
        };
        if is_better {
            let best = self.best.insert(coloring);
            if engine != WARM_START {
                // Some engines have their counters booked at the end.
                self.ledger.book(&[EngineCounters {
                    engine: engine.to_owned().into(),
                    site: site.to_owned(),
                    ..EngineCounters::default()
                }]);
            }
            self.ledger.improved(k, engine, site);
            if let Some(take) = &mut self.improvements {
                take(best);
            }
        }
        is_better
    }

    /// Whether balance is asked for, and one of two colourings with as many colours is the better one.
    fn is_more_balanced(&self, coloring: &Coloring, best: &Coloring) -> bool {
        let imbalance = |coloring| ClassSizes::of(coloring).map(|sizes| sizes.imbalance());
        self.balance
            && coloring.num_colors() == best.num_colors()
            && imbalance(coloring) < imbalance(best)
    }

    /// Why fewer colours need not be looked for, if so.
    pub fn reached(&self) -> Option<Status> {
        match (self.exact, self.best_k()) {
            (Some(_), Some(_)) => Some(Status::TargetReached),
            (_, best) => self.goal.reached(best, self.lower_bound),
        }
    }

    /// The limit that is used up, if one is.
    pub fn out_of_limits(&self) -> Option<Status> {
        self.alarm.look();
        self.alarm.reason().or_else(|| self.limits.used_up(&self.ledger))
    }

    /// The moves that the part of the run at hand has left.
    pub fn moves_left(&self) -> u64 {
        self.limits.moves.map_or(u64::MAX, |limit| limit.saturating_sub(self.ledger.moves))
    }

    /// The time that it has left.
    pub fn time_left(&self) -> Option<Duration> {
        self.limits.time.map(|limit| limit.saturating_sub(self.ledger.elapsed()))
    }
}
