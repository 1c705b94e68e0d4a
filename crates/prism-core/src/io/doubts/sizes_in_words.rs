//! Lines such as `vertices 6` and `edges 3` above an edge list of numbers: sizes, or edges of vertices
//! with these names.

use super::Named;
use crate::io::error::ErrorKind;
use crate::io::names::as_integer;

/// More lines than this are no heading.
const MOST: usize = 3;

/// Refuses lists in which text stands in nothing but the first lines, once each and beside a number, and
/// edges between numbers follow.
pub(super) fn refuse(named: &Named<'_>) -> Result<(), ErrorKind> {
    let Named { names, graph, .. } = *named;
    let is_text = |v: &u32| as_integer(names.name(*v)).is_none();
    let words: Vec<u32> = graph.vertices().filter(is_text).take(MOST + 1).collect();
    // Names are numbered as they appear, two at most in a line.
    let leads = |v: u32| (v as usize) < 2 * words.len();
    let beside_a_number = |v: u32| matches!(graph.neighbors(v), [other] if !is_text(other));
    let sizes = (1..=MOST).contains(&words.len())
        && words.iter().all(|&v| leads(v) && beside_a_number(v) && (named.may_be_size)(v))
        && graph.m() > words.len();
    let Some(&word) = words.first().filter(|_| sizes) else { return Ok(()) };
    let number = names.name(graph.neighbors(word)[0]);
    let word = names.name(word);
    let readings = format!("{number} for {word:?}, or an edge between {word:?} and {number}");
    Err(named.doubt(format!("{word} {number}"), readings))
}

/// Whether a name says a size, as `n=6` does.
pub(in crate::io) fn is_size(name: &str) -> bool {
    name.split_once(['=', ':'])
        .is_some_and(|(word, number)| as_integer(word).is_none() && as_integer(number).is_some())
}
