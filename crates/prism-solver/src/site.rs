//! Where searches run: the cores of the machine, or a GPU.
//!
//! Every site has turns of its own, on threads of its own, and all sites work at the same time. What
//! they share are the number of colours that is tried and the [elites](crate::elites).

use crate::agenda::Agenda;
use crate::gpu::Gpu;
use crate::ledger::{CORES, Ledger};
use crate::roster::Row;
use crate::strategy::{GraphClass, Player, Turn};
use crate::task::Task;
use prism_core::Graph;

/// Something that runs searches.
#[derive(Debug)]
pub(crate) struct Site {
    /// What `--device` and the counters call it.
    pub name: String,
    pub place: Place,
    /// Threads that it has for searches.
    pub threads: usize,
    /// Which number of colours it tries.
    pub agenda: Agenda,
    /// Whether it can search no more.
    pub lost: bool,
}

/// What it is.
#[derive(Debug)]
pub(crate) enum Place {
    Cores,
    Gpu {
        gpu: Gpu,
        /// When it joins in.
        join: Join,
        /// Whether steps overlap.
        asynchronous: bool,
        /// The rows of the engines that have turns, in this order; those that the roster says if there
        /// are none.
        phases: Vec<usize>,
        /// Whether the user asked for this device: then it is worth a word that it cannot be had.
        wanted: bool,
    },
}

/// When a site joins in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Join {
    AtOnce,
    /// After so many seconds of a run.
    Seconds(f64),
    /// After so many moves.
    Moves(u64),
}

/// How a site can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    Ready,
    /// It is too early, or it is being opened.
    NotYet,
    /// There is no such device, and nobody asked for it.
    Absent,
}

/// An engine that can search a part on a site.
pub(crate) struct Candidate {
    pub row: usize,
    /// Its part in the rotation, if it has one.
    pub turn: Option<Turn>,
    /// The bytes that a search takes on the host.
    pub memory: u64,
    /// Its moves in the time of one on a core.
    pub scale: u64,
}

impl Candidate {
    /// It has every turn.
    pub fn alone(&self) -> Player {
        Player::alone(self.row, self.scale)
    }
}

impl Site {
    /// The cores, so many threads of them.
    pub fn cores(threads: usize) -> Self {
        Self {
            name: CORES.to_owned(),
            place: Place::Cores,
            threads,
            agenda: Agenda::default(),
            lost: false,
        }
    }

    /// A GPU.
    pub fn gpu(gpu: Gpu, join: Join, asynchronous: bool, phases: Vec<usize>, wanted: bool) -> Self {
        let name = gpu.name();
        let place = Place::Gpu { gpu, join, asynchronous, phases, wanted };
        Self { name, place, threads: 1, agenda: Agenda::default(), lost: false }
    }

    pub fn is_gpu(&self) -> bool {
        matches!(self.place, Place::Gpu { .. })
    }

    /// Whether it can be sent out. Begins to open a device when it is time to; `waits` says to wait until
    /// it is open.
    pub fn readiness(&self, ledger: &Ledger<'_>, waits: bool) -> Readiness {
        let Place::Gpu { gpu, join, wanted, .. } = &self.place else { return Readiness::Ready };
        let due = match *join {
            Join::AtOnce => true,
            Join::Seconds(seconds) => ledger.seconds() >= seconds,
            Join::Moves(moves) => ledger.moves >= moves,
        };
        if !due {
            return Readiness::NotYet;
        }
        if waits {
            let _ = gpu.wait();
        } else {
            gpu.open();
        }
        match gpu.context() {
            None => Readiness::NotYet,
            Some(Ok(_)) => Readiness::Ready,
            // The first search will say why it cannot run.
            Some(Err(_)) if *wanted => Readiness::Ready,
            Some(Err(reason)) => {
                tracing::debug!(site = self.name, reason, "no GPU");
                Readiness::Absent
            }
        }
    }

    /// Whether an engine can search a part here, as far as is known before a device is open.
    pub fn takes(&self, row: &Row, task: &Task) -> bool {
        let (n, k) = (task.graph().n(), task.k());
        match (&self.place, row.search()) {
            (_, None) => false,
            _ if self.lost => false,
            (Place::Cores, Some(search)) => search.cores.is_some(),
            (Place::Gpu { gpu, .. }, Some(search)) => match (search.gpu, gpu.context()) {
                (Some(seating), Some(Ok(context))) => (seating.fits)(n, k, context.info()),
                (seating, _) => seating.is_some(),
            },
        }
    }

    /// The engines that can search a graph with k colours here, in the order of the roster, or in that of
    /// the phases that were asked for.
    pub fn candidates(
        &self,
        roster: &[Row],
        class: GraphClass,
        graph: &Graph<'_>,
        k: usize,
    ) -> Vec<Candidate> {
        let rows = (0..).zip(roster).filter_map(|(row, entry)| Some((row, entry.search()?)));
        match &self.place {
            Place::Cores => rows
                .filter_map(|(row, search)| {
                    let turn = search.cores?.turn(class, self.threads);
                    Some(Candidate { row, turn, memory: (search.memory)(graph, k), scale: 1 })
                })
                .collect(),
            Place::Gpu { gpu, phases, .. } => {
                let Some(Ok(context)) = gpu.context() else { return Vec::new() };
                let fit = rows.filter_map(|(row, search)| {
                    let seating = search.gpu?;
                    if !(seating.fits)(graph.n(), k, context.info()) {
                        return None;
                    }
                    let asked = phases.iter().position(|&phase| phase == row);
                    let turn = match (seating.turns.on(class), asked) {
                        (turn, None) if phases.is_empty() => turn,
                        (_, None) => None,
                        (turn, Some(place)) => {
                            let turn = turn.unwrap_or(Turn::at(0));
                            Some(Turn { place: place as u8, leads: place == 0, ..turn })
                        }
                    };
                    Some(Candidate { row, turn, memory: 0, scale: seating.scale })
                });
                fit.collect()
            }
        }
    }
}
