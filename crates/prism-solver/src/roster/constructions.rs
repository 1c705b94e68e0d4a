//! The rows of the engines that make one colouring.

use super::{Construction, Kind, Making, Row};
use prism_core::bounds::degeneracy;
use prism_core::{Coloring, Graph};
use prism_cpu::dsatur::dsatur;
use prism_cpu::greedy::{Order, greedy, greedy_in};
use prism_cpu::jones_plassmann;
use prism_cpu::rlf::{rlf, rlf_within};
use prism_cpu::speculative::speculative;

/// Arcs that RLF may look at as one of the first colourings: tenths of a second. It gives up on graphs
/// that need more.
const RLF_ARCS: u64 = 100_000_000;

type Make = fn(&Graph<'_>, &Making<'_>) -> Option<Coloring>;

const fn row(name: &'static str, source: &'static str, help: &'static str, make: Make) -> Row {
    let construction = Construction { make, parallel: false, first: false };
    Row { name, source, help, kind: Kind::Construction(construction) }
}

/// The same, among the first colourings of every run.
const fn first(row: Row) -> Row {
    let Kind::Construction(made) = row.kind else { return row };
    Row { kind: Kind::Construction(Construction { first: true, ..made }), ..row }
}

/// The same, on all threads.
const fn parallel(row: Row) -> Row {
    let Kind::Construction(made) = row.kind else { return row };
    Row { kind: Kind::Construction(Construction { parallel: true, ..made }), ..row }
}

pub const NATURAL: Row =
    first(row("natural", "", "greedy, vertices by number", |graph, making| {
        greedy(graph, Order::Natural, making.seed).ok()
    }));

pub const RANDOM: Row = row("random", "", "greedy, vertices at random", |graph, making| {
    greedy(graph, Order::Random, making.seed).ok()
});

pub const LARGEST_FIRST: Row = first(row(
    "largest-first",
    "Welsh & Powell 1967",
    "greedy, largest degree first",
    |graph, making| greedy(graph, Order::LargestFirst, making.seed).ok(),
));

pub const DYNAMIC_LARGEST_FIRST: Row = first(row(
    "dynamic-largest-first",
    "Gebremedhin, Nguyen, Patwary & Pothen 2013",
    "greedy, most neighbours not yet taken first",
    |graph, making| greedy(graph, Order::DynamicLargestFirst, making.seed).ok(),
));

pub const SMALLEST_LAST: Row = first(row(
    "smallest-last",
    "Matula & Beck 1983",
    "greedy, smallest degree last",
    |graph, making| {
        let order = &making.degeneracy.get_or_init(|| degeneracy(graph)).order;
        let smallest_last: Vec<u32> = order.iter().rev().copied().collect();
        greedy_in(graph, &smallest_last).ok()
    },
));

pub const INCIDENCE_DEGREE: Row = first(row(
    "incidence-degree",
    "Coleman & More 1983",
    "greedy, most neighbours taken first",
    |graph, making| greedy(graph, Order::IncidenceDegree, making.seed).ok(),
));

pub const JONES_PLASSMANN: Row = parallel(row(
    "jones-plassmann",
    "Jones & Plassmann 1993",
    "largest degree first on all threads",
    |graph, _| jones_plassmann::largest_first(graph).ok(),
));

pub const SPECULATIVE: Row = parallel(row(
    "speculative",
    "Gebremedhin & Manne 2000",
    "greedy in blocks on all threads, conflicts mended",
    |graph, making| speculative(graph, Order::LargestFirst, making.seed).ok(),
));

pub const DSATUR: Row = first(row(
    "dsatur",
    "Brelaz 1979",
    "largest saturation first, the best of several rules for ties",
    |graph, making| dsatur(graph, making.stop),
));

pub const RLF: Row = first(row(
    "rlf",
    "Leighton 1979",
    "recursive largest first, the best of several rules for ties",
    |graph, making| match making.alone {
        true => rlf(graph, making.stop).ok(),
        false => rlf_within(graph, RLF_ARCS, making.stop).ok(),
    },
));
