//! The names of columns below a title, as in `Roads,` above `from,to`: an edge, or a heading.

use super::Named;
use crate::io::error::ErrorKind;
use crate::io::names::is_heading_word;

/// Names that are looked at: those of the first lines.
const LOOKED_AT: u32 = 8;

/// Refuses two words for columns that are the ends of an edge and stand in no other line.
pub(super) fn refuse(named: &Named<'_>) -> Result<(), ErrorKind> {
    let Named { names, graph, .. } = *named;
    let first = LOOKED_AT.min(names.len() as u32);
    let only = |v: u32| match graph.neighbors(v) {
        [other] if is_heading_word(names.name(v)) => Some(*other),
        _ => None,
    };
    let found = (0..first).find_map(|v| only(v).filter(|&u| only(u) == Some(v)).map(|u| (v, u)));
    match found.filter(|_| graph.m() > 1) {
        Some((v, u)) => {
            let (v, u) = (names.name(v), names.name(u));
            Err(named.doubt(format!("{v} {u}"), "an edge, or a heading below a title"))
        }
        None => Ok(()),
    }
}
