//! What comments in front of the first line say: `# vertices: N` and `# edges: M`, as our writer puts them
//! there. M is the number of lines with two names.
//!
//! In our files the numbers are 0 to N - 1, and 0 is in a line. A list that others made may count from 1 below
//! such a comment, or N may be the number of different names.

use super::is_skipped;
use crate::io::error::ErrorKind;
use crate::io::lexer::{self, trim};
use crate::io::names::names;

/// The numbers that were announced.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Announced {
    /// The N of `# vertices: N`.
    pub(super) vertices: Option<u64>,
    /// The M of `# edges: M`.
    pub(super) edges: Option<u64>,
}

/// The numbers of the vertices of a list of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// From 0 on; their number.
    FromZero(u64),
    /// From 1 on; their number.
    FromOne(u64),
    /// Those that lines name.
    Named,
}

/// Reads the comments at the front of a file.
pub(super) fn announced(head: &[u8]) -> Announced {
    let mut announced = Announced::default();
    for line in head.split(|&b| b == b'\n').map(trim).take_while(|line| is_skipped(line)) {
        let mut words = lexer::words(&line[line.len().min(1)..]);
        let place = match words.next() {
            Some(b"vertices:") => &mut announced.vertices,
            Some(b"edges:") => &mut announced.edges,
            _ => continue,
        };
        *place = place.or(words.next().and_then(lexer::integer));
    }
    announced
}

/// Whether a file that starts with `head`, which is all of it when `complete`, says how many lines have two
/// names, and is right as far as it can be seen: an edge list whoever wrote it.
pub(in crate::io) fn is_announced(head: &[u8], complete: bool) -> bool {
    let Some(announced) = announced(head).edges else { return false };
    let lines = head.split(|&b| b == b'\n').map(trim).filter(|line| !is_skipped(line));
    let two = lines.filter(|line| names(line).is_ok_and(|names| names.second.is_some()));
    let found = two.count() as u64;
    if complete { found == announced } else { found < announced }
}

impl Announced {
    /// Whether nothing was announced.
    pub(super) fn is_empty(&self) -> bool {
        self.vertices.is_none() && self.edges.is_none()
    }

    /// What the vertices are, where lines name integers between `ids`.
    pub(super) fn numbers(&self, ids: Option<(u32, u32)>) -> Result<Numbers, ErrorKind> {
        let Some(n) = self.vertices else { return Ok(Numbers::Named) };
        match ids.map(|(low, high)| (low, u64::from(high))) {
            Some((1.., high)) if high == n => Ok(Numbers::FromOne(n)),
            Some((_, high)) if high >= n => Ok(Numbers::Named),
            Some((1.., _)) => Err(ErrorKind::Doubtful {
                found: format!("# vertices: {n}"),
                readings: format!("vertices 0 to {}, or 1 to {n}", n - 1),
                decides: "a line with the first or the last of them alone",
            }),
            _ => Ok(Numbers::FromZero(n)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_vertices_begin() {
        let numbers = |n, ids| Announced { vertices: Some(n), edges: None }.numbers(ids).ok();
        assert_eq!(numbers(4, Some((0, 2))), Some(Numbers::FromZero(4)));
        assert_eq!(numbers(4, None), Some(Numbers::FromZero(4)));
        assert_eq!(numbers(4, Some((1, 4))), Some(Numbers::FromOne(4)));
        assert_eq!(numbers(4, Some((0, 4))), Some(Numbers::Named));
        assert_eq!(numbers(4, Some((1, 70))), Some(Numbers::Named));
        assert_eq!(numbers(4, Some((1, 3))), None);
    }
}
