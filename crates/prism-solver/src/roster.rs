//! The roster: one table of all engines, which the solver, the command line, its help and its figures
//! read.
//!
//! A [`Row`] says what an engine is called, where its method comes from, what it is, on which
//! [sites](Seating) it runs, what memory it takes, and how it is set up. To add an engine is to add a
//! file with the engine and a row here; a test or another crate can hand its own table to
//! [`SolverBuilder::roster`](crate::SolverBuilder::roster) instead.

mod constructions;
mod phases;
mod searches;

use crate::strategy::{GraphClass, Turn, Turns};
use crate::task::{Seat, SetUp, Task};
use prism_core::bounds::Degeneracy;
use prism_core::search::FixedK;
use prism_core::{Coloring, Graph};
use prism_gpu::phases::PhaseError;
use prism_gpu::{DeviceInfo, GpuContext};
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

/// One engine.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What it is called on the command line, in counters and in JSON.
    pub name: &'static str,
    /// Where its method was published.
    pub source: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
    /// What it is.
    pub kind: Kind,
}

/// What an engine is.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::large_enum_variant, reason = "there are some twenty rows, and they can be consts")]
pub enum Kind {
    /// It makes one colouring.
    Construction(Construction),
    /// It searches for a colouring with a fixed number of colours.
    Search(Search),
}

/// An engine that makes one colouring.
#[derive(Clone, Copy, Debug)]
pub struct Construction {
    /// Makes it.
    pub make: fn(&Graph<'_>, &Making<'_>) -> Option<Coloring>,
    /// Whether it uses the threads of the current rayon pool.
    pub parallel: bool,
    /// Whether it makes one of the first colourings of every run, in the order of the roster.
    pub first: bool,
}

/// What a construction works under.
#[derive(Clone, Copy, Debug)]
pub struct Making<'m> {
    /// The seed of its random choices.
    pub seed: u64,
    /// Raised when it should give up.
    pub stop: &'m AtomicBool,
    /// Whether it is asked for alone, and may take what time it needs.
    pub alone: bool,
    /// The degeneracy order of the graph, for all that want it.
    pub(crate) degeneracy: &'m OnceLock<Degeneracy>,
}

/// An engine that searches at a fixed number of colours.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// The number of its random streams, which no other row may have. It is part of the result of a
    /// seed, and so never changes.
    pub stream: u64,
    /// The bytes that one search takes for a graph and a number of colours, or a thread of one that all
    /// threads share; `u64::MAX` where it does not work at all.
    pub memory: fn(&Graph<'_>, usize) -> u64,
    /// How it runs on the cores, if it does.
    pub cores: Option<Seating>,
    /// How it runs on a GPU, if it does.
    pub gpu: Option<GpuSeating>,
}

/// How an engine runs on the cores.
#[derive(Clone, Copy, Debug)]
pub struct Seating {
    /// Sets one search up.
    pub set_up: fn(&Task, &Seat<'_>) -> SetUp,
    /// Threads that share one search; [`Seating::ALL`] of the site if it takes as many as there are.
    pub threads_a_search: usize,
    /// Moves between two looks at how far a search is.
    pub slice: u64,
    /// When it has its turns.
    pub turns: Turns,
    /// It has them where the cores have so many threads, the least and the most.
    pub at_threads: [usize; 2],
}

impl Seating {
    /// All threads share one search.
    pub const ALL: usize = usize::MAX;

    /// On the cores: one search a thread.
    #[must_use]
    pub const fn a_thread(set_up: fn(&Task, &Seat<'_>) -> SetUp, turns: Turns) -> Self {
        Self { set_up, threads_a_search: 1, slice: 4096, turns, at_threads: [1, usize::MAX] }
    }

    /// Its part on graphs of a class where the cores have so many threads.
    pub(crate) fn turn(&self, class: GraphClass, threads: usize) -> Option<Turn> {
        let [least, most] = self.at_threads;
        self.turns.on(class).filter(|_| (least..=most).contains(&threads))
    }
}

/// Sets a search up on a GPU, with a stream of random numbers of that number, and with overlapped steps or
/// one after the other.
pub type GpuSetUp = fn(&Task, &GpuContext, u64, bool) -> Result<Box<dyn FixedK>, PhaseError>;

/// How an engine runs on a GPU.
#[derive(Clone, Copy, Debug)]
pub struct GpuSeating {
    /// Sets the search up.
    pub set_up: GpuSetUp,
    /// Whether so many vertices and colours fit a device.
    pub fits: fn(usize, usize, &DeviceInfo) -> bool,
    /// Its moves in the time of one on a core, about.
    pub scale: u64,
    /// When it has its turns.
    pub turns: Turns,
}

/// The engines that PRISM brings. Where searches come equally near, the one that stands first here
/// leads.
pub const STANDARD: &[Row] = &[
    constructions::NATURAL,
    constructions::RANDOM,
    constructions::LARGEST_FIRST,
    constructions::DYNAMIC_LARGEST_FIRST,
    constructions::SMALLEST_LAST,
    constructions::INCIDENCE_DEGREE,
    constructions::JONES_PLASSMANN,
    constructions::SPECULATIVE,
    constructions::DSATUR,
    constructions::RLF,
    searches::MEMETIC,
    searches::GUIDED_EJECTION,
    searches::PARTIALCOL,
    searches::TABUCOL,
    searches::ANNEALING,
    searches::ITERATED_GREEDY,
    phases::POPULATION,
    phases::WHCR,
    phases::DENDRITIC_WHCR,
    phases::QUANTUM,
    phases::THERMODYNAMIC,
];

/// The number of the row of `roster` with that name.
pub(crate) fn position(roster: &[Row], name: &str) -> Option<usize> {
    roster.iter().position(|row| row.name == name)
}

impl Row {
    /// Whether it leads where graphs are random, on some site.
    pub(crate) fn leads_on_random(&self) -> bool {
        let Some(search) = self.search() else { return false };
        let turns = [search.cores.map(|cores| cores.turns), search.gpu.map(|gpu| gpu.turns)];
        turns.iter().flatten().any(|turns| turns.random.is_some_and(|turn| turn.leads))
    }

    /// What it is, if it searches.
    pub(crate) fn search(&self) -> Option<&Search> {
        match &self.kind {
            Kind::Search(search) => Some(search),
            Kind::Construction(_) => None,
        }
    }

    /// Whether it can run on a GPU.
    #[must_use]
    pub fn runs_on_gpu(&self) -> bool {
        self.search().is_some_and(|search| search.gpu.is_some())
    }

    /// Whether it makes one colouring and ends, and does not search.
    #[must_use]
    pub fn is_construction(&self) -> bool {
        matches!(self.kind, Kind::Construction(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn one_memetic_search_has_turns_on_the_cores_whatever_threads_there_are() {
        for class in [GraphClass::Structured, GraphClass::Random] {
            for (threads, expected) in
                [(1, "memetic"), (2, "memetic"), (3, "population"), (64, "population")]
            {
                let turn = |row: &&Row| row.search()?.cores?.turn(class, threads);
                let rows = STANDARD.iter().filter(|row| turn(row).is_some());
                let names: Vec<&str> = rows.map(|row| row.name).collect();
                let both: Vec<_> =
                    names.iter().filter(|name| ["memetic", "population"].contains(name)).collect();
                assert_eq!(both, [&expected], "{names:?}");
                assert!(names.contains(&"guided-ejection") && names.contains(&"partialcol"));
            }
        }
    }

    #[test]
    fn names_and_streams_are_unique_and_plain() {
        let names: BTreeSet<&str> = STANDARD.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), STANDARD.len());
        assert!(!names.contains("portfolio"), "that is the name of all of them together");
        let plain = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(names.iter().all(plain), "{names:?}");
        let searches: Vec<_> = STANDARD.iter().filter_map(Row::search).collect();
        let streams: BTreeSet<u64> = searches.iter().map(|search| search.stream).collect();
        assert_eq!(streams.len(), searches.len());
    }
}
