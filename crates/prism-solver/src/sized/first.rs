//! The first colouring with sizes as asked for, made of one whose sizes are not.

use super::classes::{count, split, split_large};
use super::plain::Plain;
use super::searches::EVENING;
use super::state::{State, WARM_START};
use crate::Proof;
use crate::ledger::CORES;
use prism_core::memory::Room;
use prism_core::search::Step;
use prism_core::{Color, Graph, Rng};
use prism_cpu::sized::evening::Evening;
use prism_cpu::sized::{SizedSearch, hajnal_szemeredi, pairs};

/// Moves that one try to even a colouring may take: a few for each vertex, and this many.
const TRY: u64 = 10_000;

/// What counters call the constructions.
const SPLITTING: &str = "splitting";
const PAIRS: &str = "pairs";
const EQUITABLE: &str = "hajnal-szemeredi";

/// Makes colourings of what the solver without sizes has found, unless a limit is reached before.
pub(super) fn make(state: &mut State<'_>, graph: &Graph<'_>, plain: &Plain<'_>) {
    let Some(coloring) = plain.best() else { return };
    let classes = state.names.classes(&coloring);
    let (engine, site) = plain.author();
    // A start was looked at before.
    if engine != WARM_START && state.adopt(graph, &classes, engine, site) {
        return;
    }
    let rule = state.rule;
    if state.best.is_none() && state.is_of_pairs() {
        pair(state, graph);
    }
    match state.exact {
        Some(k) => _ = fit(state, graph, &classes, k) || last_resort(state, graph, &classes, k),
        None => {
            if let Some(most) = rule.most.filter(|_| !rule.equitable) {
                let split = split_large(&classes, state.names.given(), most);
                state.adopt(graph, &split, SPLITTING, CORES);
            }
            fit_some(state, graph, &classes);
        }
    }
}

/// Classes of sizes as asked for, as few as are quickly found, from the number of the given ones up.
fn fit_some(state: &mut State<'_>, graph: &Graph<'_>, classes: &[Color]) {
    let mut k = count(classes).max(state.lower_bound);
    let mut step = 1;
    let enough = graph.max_degree() + 1;
    // Without given colours, `enough` always do.
    let most = if state.names.is_empty() { enough.max(k) } else { state.n };
    while k < state.best_k().unwrap_or(most.saturating_add(1)) {
        if state.out_of_limits().is_some() {
            break;
        }
        if fit(state, graph, classes, k) {
            return;
        }
        if k < most && k + step > most {
            k = most;
        } else {
            k += step;
        }
        step *= 2;
    }
    if state.best.is_none() {
        last_resort(state, graph, classes, most);
    }
}

/// Classes of sizes as asked for, by splitting those of a proper colouring into `k` and evening them.
fn fit(state: &mut State<'_>, graph: &Graph<'_>, classes: &[Color], k: usize) -> bool {
    let Some(range) = state.range(k) else { return false };
    let Some(start) = split(classes, state.names.given(), k) else { return false };
    let sizing = state.sizing(k, range);
    let rng = Rng::new(state.seed, k as u64);
    if !Room::now().holds(Evening::memory(graph, k)) {
        return false;
    }
    let Ok(mut evening) = Evening::new(graph, sizing, start, rng) else { return false };
    let moves = (TRY + 16 * state.n as u64).min(state.moves_left());
    let begun = state.ledger.seconds();
    let step = evening.run(moves, state.alarm.interrupt());
    state.ledger.moves += evening.moves();
    let solved = step == Step::Solved;
    state.ledger.book_made(EVENING, CORES, evening.moves(), begun, solved);
    solved && state.adopt(graph, evening.best(), EVENING, CORES)
}

/// An equitable colouring with more colours than the largest degree, which there always is.
pub(super) fn last_resort(
    state: &mut State<'_>,
    graph: &Graph<'_>,
    classes: &[Color],
    k: usize,
) -> bool {
    let is_sure = k > graph.max_degree() && state.names.is_empty() && state.range(k).is_some();
    if !is_sure || !Room::now().holds(hajnal_szemeredi::memory(graph, k)) {
        return false;
    }
    // More classes than it has are begun with none, fewer by their numbers.
    let start: Vec<Color> =
        classes.iter().map(|&class| (usize::from(class) % k) as Color).collect();
    let alarm = state.alarm.clone();
    let made = state.ledger.construct(EQUITABLE, || {
        hajnal_szemeredi::equitable(graph, k, &start, alarm.interrupt()).ok().flatten()
    });
    made.is_some_and(|made| state.adopt(graph, &made, EQUITABLE, CORES))
}

/// The fewest classes of two vertices at most. As none can be left out, they are equitable as well.
fn pair(state: &mut State<'_>, graph: &Graph<'_>) {
    let alarm = state.alarm.clone();
    let made = state
        .ledger
        .construct(PAIRS, || pairs::fewest_pairs(graph, alarm.interrupt()).ok().flatten());
    if let Some(made) = made {
        state.adopt(graph, &made, PAIRS, CORES);
        state.raise(count(&made), Proof::ClassSizes.name());
    }
}
