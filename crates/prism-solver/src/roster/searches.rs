//! The rows of the engines that search at a fixed number of colours.

use super::phases::POPULATION;
use super::{Kind, Row, Search, Seating};
use crate::strategy::{Turn, Turns};
use crate::task::{Seat, SetUp, Task};
use prism_core::search::{Elite, FixedK};
use prism_core::threads::make_pool;
use prism_core::{Color, Graph};
use prism_cpu::annealing::{Annealing, Schedule};
use prism_cpu::guided_ejection::{GuidedEjection, GuidedEjectionParams};
use prism_cpu::iterated_greedy::IteratedGreedy;
use prism_cpu::memetic::{Memetic, MemeticParams};
use prism_cpu::partialcol::{PartialCol, Tenure};
use prism_cpu::tabucol::TabuCol;

/// The most threads with which two individuals are enough: more would only be more pairs, each with as far
/// to go as one.
pub(super) const PAIR: usize = 2;

/// The strongest on graphs of chance where one thread or two search.
pub const MEMETIC: Row = Row {
    name: "memetic",
    source: "Moalic & Gondran 2018",
    help: "memetic search of two individuals",
    kind: Kind::Search(Search {
        stream: 3,
        memory: |graph, k| tabu_tables(graph, k).saturating_mul(2),
        cores: Some(Seating {
            threads_a_search: 2,
            at_threads: [1, PAIR],
            ..Seating::a_thread(
                memetic,
                Turns {
                    structured: Some(Turn { weights: [8, 8], ..Turn::at(2) }),
                    random: Some(Turn { weights: [8, 8], leads: true, ..Turn::at(2) }),
                },
            )
        }),
        gpu: None,
    }),
};

/// The strongest on graphs with structure.
pub const GUIDED_EJECTION: Row = Row {
    name: "guided-ejection",
    source: "Nagata & Braysy 2009",
    help: "ejections guided by learned weights",
    kind: Kind::Search(Search {
        stream: 1,
        memory: tabu_tables,
        cores: Some(Seating::a_thread(
            guided_ejection,
            Turns {
                structured: Some(Turn { leads: true, ..Turn::at(0) }),
                random: Some(Turn::at(1)),
            },
        )),
        gpu: None,
    }),
};

/// Finds the hidden colouring of flat graphs. In the long run it has as much on graphs of chance as the
/// leader, since how near it comes does not show whether there is a hidden partition to find.
pub const PARTIALCOL: Row = Row {
    name: "partialcol",
    source: "Bloechliger & Zufferey 2008",
    help: "tabu search over partial colourings",
    kind: Kind::Search(Search {
        stream: 4,
        memory: tabu_tables,
        cores: Some(Seating::a_thread(
            partialcol,
            Turns {
                structured: Some(Turn::at(3)),
                random: Some(Turn { weights: [4, 24], ..Turn::at(3) }),
            },
        )),
        gpu: None,
    }),
};

/// Quickest while k is easy. On graphs of chance it speaks for the memetic searches, which contain it: a long
/// tabu search is ahead of many short ones for a while, and then stays where it is.
pub const TABUCOL: Row = Row {
    name: "tabucol",
    source: "Hertz & de Werra 1987",
    help: "tabu search",
    kind: Kind::Search(Search {
        stream: 2,
        memory: tabu_tables,
        cores: Some(Seating::a_thread(
            tabucol,
            Turns {
                structured: Some(Turn::at(1)),
                random: Some(Turn { speaks_for: &[MEMETIC.name, POPULATION.name], ..Turn::at(0) }),
            },
        )),
        gpu: None,
    }),
};

/// For those who ask for it: no graph is known on which it leads.
pub const ANNEALING: Row = Row {
    name: "annealing",
    source: "Johnson et al. 1991",
    help: "simulated annealing",
    kind: Kind::Search(Search {
        stream: 6,
        memory: tabu_tables,
        cores: Some(Seating::a_thread(annealing, Turns::NEVER)),
        gpu: None,
    }),
};

/// For graphs too large for the tables of the others.
pub const ITERATED_GREEDY: Row = Row {
    name: "iterated-greedy",
    source: "Culberson 1992",
    help: "greedy again and again, class by class",
    kind: Kind::Search(Search {
        stream: 5,
        memory: |graph, _| graph.n() as u64 * 16,
        cores: Some(Seating::a_thread(iterated_greedy, Turns::NEVER)),
        gpu: None,
    }),
};

/// What the tables of one tabu search take.
pub(super) fn tabu_tables(graph: &Graph<'_>, k: usize) -> u64 {
    TabuCol::memory(graph, k).unwrap_or(u64::MAX)
}

/// From a DSATUR colouring cut off at k classes on the first thread, from what is known on others.
fn guided_ejection(task: &Task, seat: &Seat<'_>) -> SetUp {
    let start = match seat.index.is_multiple_of(2) {
        true => task.cut_off(seat.stop)?,
        false => task.known(),
    };
    let (graph, k) = (task.graph().clone(), task.k() as Color);
    let params = GuidedEjectionParams::default();
    let rng = seat.rng(task);
    Ok(Box::new(GuidedEjection::new(graph, k, start, &[], params, rng, seat.stop)?))
}

/// From what is known: the vertices of the classes beyond k are spread at random.
fn tabucol(task: &Task, seat: &Seat<'_>) -> SetUp {
    let mut rng = seat.rng(task);
    let start = task.squeezed(&mut rng);
    Ok(Box::new(TabuCol::new(task.adjacency()?.clone(), task.k(), &start, rng)?))
}

/// From random assignments. Two threads share the two children of one search.
fn memetic(task: &Task, seat: &Seat<'_>) -> SetUp {
    let graph = task.graph();
    let mut params = MemeticParams::for_graph(graph.n(), graph.density());
    params.parallel = seat.threads > 1 && make_pool();
    let stream = seat.stream_of(task);
    let adjacency = task.adjacency()?.clone();
    let mut search = Memetic::new(adjacency, graph.n(), task.k(), params, task.seed(), stream)?;
    if let Some(near) = task.nearby() {
        search.offer(&Elite::new(task.k(), near.to_vec(), graph.edges()));
    }
    Ok(Box::new(search))
}

/// From random classes: it gets stuck near what is known, and finds hidden partitions from afar.
fn partialcol(task: &Task, seat: &Seat<'_>) -> SetUp {
    let mut rng = seat.rng(task);
    let (n, k) = (task.graph().n(), task.k());
    let start: Vec<Color> = (0..n).map(|_| rng.below(k as u32) as Color).collect();
    let adjacency = task.adjacency()?.clone();
    Ok(Box::new(PartialCol::new(adjacency, n, k, &start, Tenure::DYNAMIC, rng, seat.stop)?))
}

/// From what is known.
fn iterated_greedy(task: &Task, seat: &Seat<'_>) -> SetUp {
    let graph = task.graph().clone();
    Ok(Box::new(IteratedGreedy::new(graph, task.k(), task.known(), seat.rng(task))))
}

/// As tabu search.
fn annealing(task: &Task, seat: &Seat<'_>) -> SetUp {
    let mut rng = seat.rng(task);
    let start = task.squeezed(&mut rng);
    let (graph, k) = (task.graph().clone(), task.k() as Color);
    Ok(Box::new(Annealing::new(graph, k, &start, &[], Schedule::default(), rng)?))
}
