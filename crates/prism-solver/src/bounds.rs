//! How many colours a graph takes at least, and how many always do, without a search for a colouring.
//!
//! Below, from the cheapest proof to the dearest: a clique, an odd cycle, a generalised Mycielskian,
//! exhaustive search. Above: degrees, and the colouring of DSATUR. Each is tried only while the bounds
//! have not met.

use crate::StopHandle;
use crate::memory;
use crate::stop::Alarm;
use prism_core::bounds::{self, Bipartition, Degeneracy, Effort, UpperBounds};
use prism_core::memory::Room;
use prism_core::{Coloring, Graph};
use prism_cpu::dsatur::dsatur;
use prism_cpu::exact::raise_lower_bound;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How hard [`bounds`](bounds()) tries.
#[derive(Clone, Debug)]
pub struct BoundsOptions {
    /// Effort for each kind of lower bound, in elementary steps of some nanoseconds.
    pub work: u64,
    /// Whether to begin again with twice the effort, and again, until the bounds meet or time is up.
    pub deepen: bool,
    /// Wall-clock limit. What was found until then counts.
    pub time_limit: Option<Duration>,
    /// Seed of the searches.
    pub seed: u64,
    /// Ends the computation early, with what it has.
    pub stop: StopHandle,
}

impl Default for BoundsOptions {
    /// Seconds for each kind of bound.
    fn default() -> Self {
        Self {
            work: 1_000_000_000,
            deepen: false,
            time_limit: None,
            seed: 1,
            stop: StopHandle::new(),
        }
    }
}

/// What proves a lower bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proof {
    /// Vertices that are all adjacent.
    Clique,
    /// A cycle of odd length, which takes three colours.
    OddCycle,
    /// A subgraph that is built like those of Mycielski.
    Mycielskian,
    /// That there is no colouring with fewer colours was found by trying.
    Exhaustion,
    /// How large classes can be, where something is asked of their sizes.
    ClassSizes,
}

impl Proof {
    /// What users read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clique => "clique",
            Self::OddCycle => "odd cycle",
            Self::Mycielskian => "generalised Mycielskian",
            Self::Exhaustion => "exhaustive search",
            Self::ClassSizes => "class sizes",
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How far [`bounds_with`] has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundsProgress {
    /// No proper colouring has fewer colours.
    pub lower: usize,
    /// Some proper colouring has no more colours.
    pub upper: usize,
    /// What is tried next.
    pub proof: Proof,
}

/// Bounds on the chromatic number of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bounds {
    /// No proper colouring has fewer colours.
    pub lower: usize,
    /// What proves it.
    pub proof: Proof,
    /// The vertices that the proof is about; none for [`Proof::Exhaustion`].
    pub witness: Vec<u32>,
    /// The largest clique that was found.
    pub clique: Vec<u32>,
    /// Some proper colouring has no more colours.
    pub upper: usize,
    /// The bounds from above that follow from the degrees.
    pub degrees: UpperBounds,
    /// The colours of DSATUR, unless it was stopped.
    pub dsatur: Option<usize>,
}

impl Bounds {
    /// The chromatic number, if the bounds have met.
    pub fn chromatic_number(&self) -> Option<usize> {
        (self.lower == self.upper).then_some(self.lower)
    }

    fn raise(&mut self, lower: usize, proof: Proof, witness: Vec<u32>) {
        if lower > self.lower {
            (self.lower, self.proof, self.witness) = (lower, proof, witness);
        }
    }
}

/// Bounds the number of colours that `graph` takes.
///
/// ```
/// use prism_core::generate;
/// use prism_solver::{BoundsOptions, Proof, bounds};
///
/// // The Groetzsch graph: no triangle, four colours.
/// let graph = generate::mycielski(4)?;
/// let found = bounds(&graph, &BoundsOptions::default());
/// assert_eq!((found.chromatic_number(), found.clique.len()), (Some(4), 2));
/// assert_eq!((found.proof, found.witness.len()), (Proof::Mycielskian, 11));
/// # Ok::<(), generate::GenerateError>(())
/// ```
pub fn bounds(graph: &Graph<'_>, options: &BoundsOptions) -> Bounds {
    bounds_with(graph, options, |_| {})
}

/// Bounds the number of colours that `graph` takes, as [`bounds`](bounds()) does, and tells how it goes
/// before each kind of proof is tried.
pub fn bounds_with(
    graph: &Graph<'_>,
    options: &BoundsOptions,
    mut tell: impl FnMut(BoundsProgress),
) -> Bounds {
    let alarm = Alarm::new(options.stop.clone());
    alarm.within(options.time_limit, || {
        let stop = alarm.interrupt();
        let order = bounds::degeneracy(graph);
        let mut found = first(graph, &order, stop);
        let mut work = options.work;
        loop {
            let effort = Effort { work, seed: options.seed, enough: found.upper };
            found.round(graph, &order, &effort, &alarm, &mut tell);
            let met = found.lower >= found.upper;
            if met || !options.deepen || stop.load(Ordering::Relaxed) {
                return found;
            }
            work = work.saturating_mul(2);
        }
    })
}

/// The bounds from above, and a vertex below.
fn first(graph: &Graph<'_>, order: &Degeneracy, stop: &AtomicBool) -> Bounds {
    let degrees = bounds::upper(graph, order);
    let dsatur = dsatur(graph, stop).map(|coloring| coloring.num_colors());
    let upper = dsatur.map_or(degrees.best(), |dsatur| dsatur.min(degrees.best()));
    let vertex: Vec<u32> = graph.vertices().take(1).collect();
    let (lower, proof, witness) = (vertex.len(), Proof::Clique, vertex.clone());
    Bounds { lower, proof, witness, clique: vertex, upper, degrees, dsatur }
}

impl Bounds {
    /// Tries each kind of proof, as long as the bounds have not met.
    fn round(
        &mut self,
        graph: &Graph<'_>,
        order: &Degeneracy,
        effort: &Effort,
        alarm: &Alarm,
        tell: &mut impl FnMut(BoundsProgress),
    ) {
        let stop = alarm.interrupt();
        let mut next = |found: &Self, proof| {
            // Where no other thread watches the time.
            alarm.look();
            tell(BoundsProgress { lower: found.lower, upper: found.upper, proof });
        };
        next(self, Proof::Clique);
        let clique = bounds::clique(graph, order, effort, stop);
        if clique.len() > self.clique.len() {
            self.raise(clique.len(), Proof::Clique, clique.clone());
            self.clique = clique;
        }
        if self.lower <= 2 {
            match bounds::bipartition(graph) {
                Bipartition::Colors(colors) => {
                    self.upper = Coloring::from_colors(colors).num_colors();
                }
                Bipartition::OddCycle(cycle) => self.raise(3, Proof::OddCycle, cycle),
            }
        }
        if self.lower < self.upper {
            next(self, Proof::Mycielskian);
            let mycielskian = bounds::mycielskian(graph, order, &self.clique, effort, stop);
            self.raise(mycielskian.bound, Proof::Mycielskian, mycielskian.vertices);
        }
        if self.lower < self.upper && Room::now().holds(memory::exhaustion(graph)) {
            next(self, Proof::Exhaustion);
            // Its steps are longer.
            let work = effort.work / 10;
            let (proved, coloring) = raise_lower_bound(graph, self.lower, self.upper, work, stop);
            self.raise(proved, Proof::Exhaustion, Vec::new());
            if let Some(coloring) = coloring {
                self.upper = coloring.num_colors();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prism_core::generate;
    use proptest::prelude::*;

    #[test]
    fn small_graphs_are_settled_by_the_cheapest_proof() {
        let of = |graph: Graph<'_>| {
            let found = bounds(&graph, &BoundsOptions::default());
            (found.chromatic_number(), found.proof)
        };
        let cycle = |n: u32| {
            let edges: Vec<(u32, u32)> = (0..n).map(|v| (v, (v + 1) % n)).collect();
            Graph::from_edges(n as usize, &edges).unwrap().0
        };
        assert_eq!(of(Graph::empty(0)), (Some(0), Proof::Clique));
        assert_eq!(of(Graph::empty(3)), (Some(1), Proof::Clique));
        assert_eq!(of(cycle(6)), (Some(2), Proof::Clique));
        assert_eq!(of(cycle(5)), (Some(3), Proof::OddCycle));
        assert_eq!(of(generate::mycielski(4).unwrap()), (Some(4), Proof::Mycielskian));
        assert_eq!(of(generate::queens(6, 6).unwrap()), (Some(7), Proof::Exhaustion));
        assert_eq!(of(generate::gnp(9, 1.0, 1).unwrap()), (Some(9), Proof::Clique));
    }

    #[test]
    fn further_rounds_go_deeper_until_the_bounds_meet() {
        let graph = generate::queens(6, 6).unwrap();
        let little = BoundsOptions { work: 10, ..BoundsOptions::default() };
        assert_eq!(bounds(&graph, &little).chromatic_number(), None);
        let mut tried = Vec::new();
        let options = BoundsOptions { deepen: true, ..little };
        let found = bounds_with(&graph, &options, |progress| tried.push(progress));
        assert_eq!(found.chromatic_number(), Some(7));
        assert!(tried.iter().filter(|p| p.proof == Proof::Clique).count() > 2, "{tried:?}");
        assert!(tried.is_sorted_by(|a, b| a.lower <= b.lower && a.upper >= b.upper));
    }

    proptest! {
        #[test]
        fn bounds_hold_also_when_stopped(n in 0u64..40, p in 0.0f64..1.0, seed in 0u64..99) {
            let graph = generate::gnp(n, p, seed).unwrap();
            let whole = bounds(&graph, &BoundsOptions { work: 1_000_000, ..Default::default() });
            let options = BoundsOptions::default();
            options.stop.stop();
            let stopped = bounds(&graph, &options);
            let options =
                BoundsOptions { time_limit: Some(Duration::ZERO), deepen: true, ..Default::default() };
            let late = bounds(&graph, &options);
            prop_assert!(late.lower <= whole.upper && whole.lower <= late.upper);
            prop_assert!(whole.lower <= whole.upper);
            prop_assert!(stopped.lower <= whole.upper && whole.lower <= stopped.upper);
            prop_assert!(bounds::is_clique(&graph, &whole.clique));
        }
    }
}
