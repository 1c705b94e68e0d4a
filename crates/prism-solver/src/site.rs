//! Where searches run: the cores of the machine.
//!
//! Every site has turns of its own, on threads of its own, and all sites work at the same time. What
//! they share are the number of colours that is tried and the [elites](crate::elites).

use crate::agenda::Agenda;
use crate::roster::{Search, Seating};

/// Moves that a share of 1 is in the first rotation on the cores, for each thread.
const CORES_UNIT: u64 = 5_000;

/// Something that runs searches.
#[derive(Debug)]
pub(crate) struct Site {
    /// What `--device` and the counters call it.
    pub name: &'static str,
    /// Threads that it has for searches.
    pub threads: usize,
    /// Moves of a share of 1 in the first rotation, for each thread.
    pub unit: u64,
    /// Which number of colours it tries.
    pub agenda: Agenda,
    /// Whether it can search no more.
    pub lost: bool,
}

impl Site {
    /// The cores, so many threads of them.
    pub fn cores(threads: usize) -> Self {
        Self { name: "cpu", threads, unit: CORES_UNIT, agenda: Agenda::new(1), lost: false }
    }

    /// How an engine runs here, if it does.
    pub fn seating<'r>(&self, search: &'r Search) -> Option<&'r Seating> {
        search.cores.as_ref()
    }
}
