//! The lower half of a graph from buckets of edges, and the whole graph from that.

use super::{BITS, Edge};
use crate::graph::Graph;
use crate::memory::{OutOfMemory, try_lengthen, try_zeroed};

/// The lower half of the graph for the vertices of one bucket.
pub(super) struct LowerRows {
    /// Number of smaller neighbours of each vertex of the bucket; empty when there are none at all.
    counts: Vec<u32>,
    /// They themselves, row after row, in the memory that the edges were in: two in each word.
    packed: Vec<Edge>,
    pub(super) duplicates: u64,
}

/// Working memory of [`sort_bucket`], used for one bucket after the other.
#[derive(Default)]
pub(super) struct Scratch {
    ends: Vec<usize>,
    neighbors: Vec<u32>,
}

/// Sorts the edges of the bucket that starts at vertex `first` into rows.
///
/// # Errors
/// [`OutOfMemory`].
pub(super) fn sort_bucket(
    scratch: &mut Scratch,
    mut edges: Vec<Edge>,
    first: usize,
    n: usize,
) -> Result<LowerRows, OutOfMemory> {
    if edges.is_empty() {
        return Ok(LowerRows { counts: Vec::new(), packed: edges, duplicates: 0 });
    }
    let width = (n - first).min(1 << BITS);
    let row = |edge: Edge| edge.high() as usize - first;
    let Scratch { ends, neighbors } = scratch;
    // `ends[r]` starts as the beginning of row r and ends as its end.
    ends.clear();
    ends.resize(width + 1, 0);
    for &edge in &edges {
        ends[row(edge) + 1] += 1;
    }
    for r in 0..width {
        ends[r + 1] += ends[r];
    }
    try_lengthen(neighbors, edges.len(), 0)?;
    for &edge in &edges {
        let at = &mut ends[row(edge)];
        neighbors[*at] = edge.low();
        *at += 1;
    }
    // Sort the rows and close the gaps that repetitions leave.
    let mut counts: Vec<u32> = try_zeroed(width)?;
    let (mut start, mut write) = (0, 0);
    for r in 0..width {
        let end = ends[r];
        let list = &mut neighbors[start..end];
        if !list.is_sorted() {
            list.sort_unstable();
        }
        let row_start = write;
        for read in start..end {
            let neighbor = neighbors[read];
            if write == row_start || neighbors[write - 1] != neighbor {
                neighbors[write] = neighbor;
                write += 1;
            }
        }
        counts[r] = (write - row_start) as u32;
        start = end;
    }
    let duplicates = (edges.len() - write) as u64;
    for (word, pair) in edges.iter_mut().zip(neighbors[..write].chunks(2)) {
        let second = pair.get(1).copied().unwrap_or(0);
        *word = Edge(u64::from(second) << 32 | u64::from(pair[0]));
    }
    edges.truncate(write.div_ceil(2));
    edges.shrink_to_fit();
    Ok(LowerRows { counts, packed: edges, duplicates })
}

impl LowerRows {
    /// Neighbour number `i` of all rows, one after the other.
    #[inline]
    fn get(&self, i: usize) -> u32 {
        let word = self.packed[i / 2];
        if i & 1 == 0 { word.low() } else { word.high() }
    }

    /// The number of neighbours in all rows.
    fn len(&self) -> usize {
        self.counts.iter().map(|&count| count as usize).sum()
    }
}

/// Writes both halves of the graph.
///
/// # Errors
/// [`OutOfMemory`].
pub(super) fn join(lower: &[LowerRows], n: usize) -> Result<Graph<'static>, OutOfMemory> {
    let half = lower.iter().map(LowerRows::len).sum::<usize>();
    // First the degrees, then the places behind the smaller neighbours of each vertex.
    let mut places: Vec<u64> = try_zeroed(n + 1)?;
    for (b, rows) in lower.iter().enumerate() {
        for (place, &count) in places[b << BITS..].iter_mut().zip(&rows.counts) {
            *place += u64::from(count);
        }
        for i in 0..rows.len() {
            places[rows.get(i) as usize] += 1;
        }
    }
    let mut start = 0;
    for (b, places) in places.chunks_mut(1 << BITS).enumerate() {
        let counts = lower.get(b).map_or(&[][..], |rows| &rows.counts);
        let counts = counts.iter().copied().chain(std::iter::repeat(0));
        for (place, count) in places.iter_mut().zip(counts) {
            let degree = *place;
            *place = start + u64::from(count);
            start += degree;
        }
    }
    let mut neighbors: Vec<u32> = try_zeroed(2 * half)?;
    fill_parts(lower, &mut places[..n], &mut neighbors, half);
    // By now each place is the end of its vertex, which is the offset of the next one.
    places.copy_within(..n, 1);
    places[0] = 0;
    Ok(Graph::from_sorted_rows(places, neighbors))
}

/// Cuts the vertices into parts with about as many arcs each and fills them in parallel.
fn fill_parts(lower: &[LowerRows], places: &mut [u64], neighbors: &mut [u32], half: usize) {
    // Every part walks over the rows of all later ones: a few parts are enough.
    let parts = if half < 1 << 18 { 1 } else { rayon::current_num_threads().min(8) };
    if parts == 1 {
        return fill(lower, 0, 0, places, neighbors);
    }
    let start = |v: usize, place: u64| {
        let rows = lower.get(v >> BITS);
        let count = rows.and_then(|rows| rows.counts.get(v & ((1 << BITS) - 1)));
        place - count.map_or(0, |&count| u64::from(count))
    };
    let total = neighbors.len();
    let (mut places, mut neighbors) = (places, neighbors);
    let (mut first, mut base) = (0, 0);
    rayon::scope(|scope| {
        for part in 1..=parts {
            let goal = (total / parts * part) as u64;
            let width = match part == parts {
                true => places.len(),
                false => places.partition_point(|&place| place < goal),
            };
            let end = match places.get(width) {
                Some(&place) => start(first + width, place) as usize,
                None => total,
            };
            let (own_places, later_places) = std::mem::take(&mut places).split_at_mut(width);
            let (own, later) = std::mem::take(&mut neighbors).split_at_mut(end - base);
            (places, neighbors) = (later_places, later);
            let (own_first, own_base) = (first, base);
            (first, base) = (first + width, end);
            scope.spawn(move |_| fill(lower, own_first, own_base, own_places, own));
        }
    });
}

/// Writes the neighbours of the vertices from `first` on that have a place in `places`. The
/// neighbours of `first` start at `base`.
///
/// Each vertex puts its smaller neighbours in front of its place, and itself at the place of each of
/// them, which moves on. A vertex is visited before any of its larger neighbours is.
fn fill(lower: &[LowerRows], first: usize, base: usize, places: &mut [u64], neighbors: &mut [u32]) {
    for (b, rows) in lower.iter().enumerate().skip(first >> BITS) {
        let mut read = 0;
        for (r, &count) in rows.counts.iter().enumerate() {
            let v = (b << BITS) + r;
            let row = read..read + count as usize;
            read = row.end;
            if v < first || row.is_empty() {
                continue;
            }
            if let Some(&place) = places.get(v - first) {
                copy_row(rows, row.clone(), &mut neighbors[..place as usize - base]);
            }
            // Rows increase: one look tells whether any neighbour is in this part.
            if (rows.get(row.end - 1) as usize) < first {
                continue;
            }
            for u in row.map(|i| rows.get(i) as usize).skip_while(|&u| u < first) {
                let Some(place) = places.get_mut(u - first) else { break };
                neighbors[*place as usize - base] = v as u32;
                *place += 1;
            }
        }
    }
}

/// Copies a row to the end of `into`.
#[inline]
fn copy_row(rows: &LowerRows, row: std::ops::Range<usize>, into: &mut [u32]) {
    let start = into.len() - row.len();
    for (own, i) in into[start..].iter_mut().zip(row) {
        *own = rows.get(i);
    }
}
