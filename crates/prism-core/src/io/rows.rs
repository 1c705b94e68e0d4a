//! Formats that store a graph row by row, both directions of each edge: from their rows to a graph.
//!
//! The rows arrive as offsets and neighbours, as a [`Graph`] holds them, so that nothing has to be
//! copied: rows are sorted in place and in parallel where they are not sorted already, repetitions
//! and self-loops are squeezed out, and one linear walk checks that every arc has its reverse.

use rayon::prelude::*;

use crate::graph::Cleanup;

/// Rows that are sorted, without repetitions and self-loops.
pub(super) struct CleanRows {
    pub(super) offsets: Vec<u64>,
    pub(super) neighbors: Vec<u32>,
    /// Repetitions count as half an edge each, rounded up: a repeated edge stands in two rows.
    pub(super) cleanup: Cleanup,
    /// Self-loops as entries, before the rounding that METIS files need.
    pub(super) loop_entries: u64,
}

/// Puts rows in order. `offsets` has one entry more than there are rows, and every neighbour is below
/// the number of rows.
pub(super) fn clean(mut offsets: Vec<u64>, mut neighbors: Vec<u32>) -> CleanRows {
    sort_rows(&offsets, &mut neighbors);
    let n = offsets.len() - 1;
    let (mut repeated, mut loops) = (0u64, 0u64);
    let (mut start, mut write) = (0usize, 0usize);
    for v in 0..n {
        let end = offsets[v + 1] as usize;
        let row_start = write;
        for read in start..end {
            let u = neighbors[read];
            if u as usize == v {
                loops += 1;
            } else if write > row_start && neighbors[write - 1] == u {
                repeated += 1;
            } else {
                neighbors[write] = u;
                write += 1;
            }
        }
        offsets[v + 1] = write as u64;
        start = end;
    }
    neighbors.truncate(write);
    neighbors.shrink_to_fit();
    let cleanup = Cleanup { duplicates: repeated.div_ceil(2), self_loops: loops };
    CleanRows { offsets, neighbors, cleanup, loop_entries: loops }
}

/// Sorts each row that is out of order.
fn sort_rows(offsets: &[u64], mut neighbors: &mut [u32]) {
    const ROWS: usize = 1 << 13;
    let mut pieces = Vec::with_capacity(offsets.len() / ROWS + 1);
    for ends in offsets[1..].chunks(ROWS) {
        let consumed = offsets[offsets.len() - 1] - neighbors.len() as u64;
        let length = ends.last().map_or(0, |end| end - consumed);
        let (piece, rest) = neighbors.split_at_mut(length as usize);
        pieces.push((consumed, ends, piece));
        neighbors = rest;
    }
    let sort = |(base, ends, piece): (u64, &[u64], &mut [u32])| {
        let mut start = 0;
        for end in ends {
            let end = (end - base) as usize;
            let row = &mut piece[start..end];
            if !row.is_sorted() {
                row.sort_unstable();
            }
            start = end;
        }
    };
    if pieces.len() == 1 {
        pieces.into_iter().for_each(sort);
    } else {
        pieces.into_par_iter().for_each(sort);
    }
}

/// An arc of clean rows whose reverse is missing, if there is one; with what it takes to go on.
///
/// Vertices are visited in order. Each must find itself in the row of every smaller neighbour at the
/// place behind the one that was found there last.
pub(super) fn one_way_arc(offsets: &[u64], neighbors: &[u32]) -> Option<(u32, u32)> {
    let n = offsets.len() - 1;
    let row = |v: usize| offsets[v] as usize..offsets[v + 1] as usize;
    // Where the next larger neighbour of each vertex stands.
    let mut next = vec![0u64; n];
    for v in 0..n {
        let list = &neighbors[row(v)];
        let below = list.partition_point(|&u| (u as usize) < v);
        next[v] = offsets[v] + below as u64;
        for &u in &list[..below] {
            let at = &mut next[u as usize];
            if *at >= offsets[u as usize + 1] {
                return Some((v as u32, u));
            }
            match neighbors[*at as usize].cmp(&(v as u32)) {
                std::cmp::Ordering::Equal => *at += 1,
                // A neighbour between the last one found and v did not list u.
                std::cmp::Ordering::Less => return Some((u, neighbors[*at as usize])),
                std::cmp::Ordering::Greater => return Some((v as u32, u)),
            }
        }
    }
    let left = (0..n).find(|&v| next[v] < offsets[v + 1])?;
    Some((left as u32, neighbors[next[left] as usize]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Graph;
    use proptest::prelude::*;

    #[test]
    fn repetitions_and_loops_are_squeezed_out() {
        let rows = clean(vec![0, 4, 6, 7], vec![2, 1, 0, 1, 0, 0, 0]);
        assert_eq!((rows.offsets, rows.neighbors), (vec![0, 2, 3, 4], vec![1, 2, 0, 0]));
        assert_eq!(rows.cleanup, Cleanup { duplicates: 1, self_loops: 1 });
    }

    proptest! {
        /// Against the definition: look every arc up in the other row.
        #[test]
        fn finds_one_way_arcs(
            raw in prop::collection::vec((0u32..9, 0u32..9), 0..40),
            lost in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let (g, _) = Graph::from_edges(9, &raw).unwrap();
            let mut rows: Vec<Vec<u32>> = g.vertices().map(|v| g.neighbors(v).to_vec()).collect();
            if let Some(lost) = lost && g.m() > 0 {
                let arcs: Vec<_> =
                    (0..9).flat_map(|v| (0..rows[v].len()).map(move |i| (v, i))).collect();
                let &(v, i) = lost.get(&arcs);
                rows[v].remove(i);
            }
            let mut offsets = vec![0];
            offsets.extend(rows.iter().scan(0, |sum, row| {
                *sum += row.len() as u64;
                Some(*sum)
            }));
            match one_way_arc(&offsets, &rows.concat()) {
                None => prop_assert!(lost.is_none() || g.m() == 0),
                Some((u, v)) => {
                    prop_assert!(rows[u as usize].contains(&v));
                    prop_assert!(!rows[v as usize].contains(&u));
                }
            }
        }
    }
}
