//! From a stream of edges to a graph, in little more memory than the graph itself.
//!
//! Edges come in any order and direction, possibly several times. Each is stored once, as (larger end,
//! smaller end), in the bucket of its larger end: 2^14 consecutive vertices share a bucket. At the end
//! each bucket is sorted by a counting sort over its vertices (in parallel, bucket by bucket, its
//! memory given back at once) into the *lower* half of the graph: for each vertex its smaller
//! neighbours, increasing, without repetition. The upper half is then written by walking the lower
//! half in order, which leaves it sorted too. So no large array is ever sorted, and the bulk of the
//! random accesses fall into one bucket.
//!
//! Buckets go by the larger end because skewed graphs (RMAT, preferential attachment) crowd their
//! edges at the small ids.
//!
//! Memory for e edges as given and m after merging: 8 e bytes while reading and sorting, which happens
//! in place, and 4 m + 8 m + 12 n at the end, where the graph takes 8 m + 8 n. A file that lists every
//! edge in both directions (e = 2 m) takes twice the graph. Where edges are repeated more often than
//! that, they are merged on the way (see [`thinning`]). Nothing is allocated by vertex
//! before all edges are there.

use rayon::prelude::*;

use super::thinning;
use crate::graph::{Cleanup, Graph};

/// An edge in canonical form: the larger end in the upper 32 bits. Self-loops are possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge(u64);

impl Edge {
    /// The edge between two vertices.
    #[inline]
    pub(crate) fn new(u: u32, v: u32) -> Self {
        Self(u64::from(u.max(v)) << 32 | u64::from(u.min(v)))
    }

    /// The larger end.
    #[inline]
    pub(crate) fn high(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The smaller end.
    #[inline]
    pub(crate) fn low(self) -> u32 {
        self.0 as u32
    }
}

/// Vertices of one bucket: 2^BITS.
const BITS: u32 = 14;

/// Collects edges.
pub(crate) struct GraphBuilder {
    buckets: Vec<Vec<Edge>>,
    edges: u64,
    self_loops: u64,
    /// Repetitions that are no longer in the buckets.
    merged: u64,
    /// The number of edges at which to look for repetitions.
    next_look: u64,
    /// One more than the largest vertex of any edge, loops included.
    needed: u64,
}

/// The lower half of the graph for the vertices of one bucket.
struct LowerRows {
    /// Number of smaller neighbours of each vertex of the bucket; empty when there are none at all.
    counts: Vec<u32>,
    /// They themselves, row after row, in the memory that the edges were in: two in each word.
    packed: Vec<Edge>,
    duplicates: u64,
}

/// Working memory of [`sort_bucket`], used for one bucket after the other.
#[derive(Default)]
struct Scratch {
    ends: Vec<usize>,
    neighbors: Vec<u32>,
}

impl Default for GraphBuilder {
    fn default() -> Self {
        let next_look = thinning::FIRST_LOOK;
        Self { buckets: Vec::new(), edges: 0, self_loops: 0, merged: 0, next_look, needed: 0 }
    }
}

impl GraphBuilder {
    /// Adds one edge.
    #[inline]
    pub(crate) fn push(&mut self, edge: Edge) {
        self.edges += 1;
        if self.edges == self.next_look {
            self.look();
        }
        self.needed = self.needed.max(u64::from(edge.high()) + 1);
        if edge.high() == edge.low() {
            self.self_loops += 1;
            return;
        }
        let bucket = (edge.high() >> BITS) as usize;
        match self.buckets.get_mut(bucket) {
            Some(edges) => edges.push(edge),
            None => {
                self.buckets.resize_with(bucket + 1, Vec::new);
                self.buckets[bucket].push(edge);
            }
        }
    }

    /// Merges repeated edges if there are many, and plans the next look.
    #[cold]
    fn look(&mut self) {
        self.merged += thinning::thin(&mut self.buckets);
        let gone = self.merged + self.self_loops;
        self.next_look = gone + thinning::next_look(self.edges - gone);
    }

    /// Adds edges.
    pub(crate) fn extend(&mut self, edges: &[Edge]) {
        for &edge in edges {
            self.push(edge);
        }
    }

    /// Edges added so far, with repetitions and self-loops.
    pub(crate) fn edges(&self) -> u64 {
        self.edges
    }

    /// The smallest number of vertices that the edges allow.
    pub(crate) fn needed(&self) -> u64 {
        self.needed
    }

    /// Self-loops added so far.
    pub(crate) fn self_loops(&self) -> u64 {
        self.self_loops
    }

    /// Gives each vertex a new number: the vertices that occur, and those in `also`, are renumbered in
    /// increasing order; the others vanish. Returns the old numbers.
    pub(crate) fn compact(&mut self, also: Vec<u32>) -> Vec<u32> {
        let mut ids = also;
        let mut limit = 1 << 20;
        for bucket in &self.buckets {
            ids.extend(bucket.iter().flat_map(|edge| [edge.high(), edge.low()]));
            // Keep the list short while it grows: there may be few ids and many edges.
            if ids.len() > limit {
                ids.par_sort_unstable();
                ids.dedup();
                limit = limit.max(2 * ids.len());
            }
        }
        ids.par_sort_unstable();
        ids.dedup();
        let number = |id: u32| ids.partition_point(|&other| other < id) as u32;
        let old = std::mem::take(self);
        (self.edges, self.self_loops) = (old.self_loops + old.merged, old.self_loops);
        self.merged = old.merged;
        self.next_look = u64::MAX;
        self.needed = ids.len() as u64;
        for bucket in old.buckets {
            for edge in bucket {
                self.push(Edge::new(number(edge.high()), number(edge.low())));
            }
        }
        ids
    }

    /// Builds the graph with vertices `0..n`; `n` is raised to [`Self::needed`] if it is less.
    pub(crate) fn finish(self, n: usize) -> (Graph<'static>, Cleanup) {
        let n = n.max(self.needed as usize);
        let mut cleanup = Cleanup { duplicates: self.merged, self_loops: self.self_loops };
        if self.buckets.is_empty() {
            return (Graph::empty(n), cleanup);
        }
        let lower: Vec<LowerRows> = if self.buckets.len() == 1 {
            let scratch = &mut Scratch::default();
            self.buckets.into_iter().map(|bucket| sort_bucket(scratch, bucket, 0, n)).collect()
        } else {
            let buckets = self.buckets.into_par_iter().enumerate();
            let sort =
                |scratch: &mut Scratch, (b, bucket)| sort_bucket(scratch, bucket, b << BITS, n);
            buckets.map_init(Scratch::default, sort).collect()
        };
        cleanup.duplicates += lower.iter().map(|rows| rows.duplicates).sum::<u64>();
        (join(&lower, n), cleanup)
    }
}

/// Sorts the edges of the bucket that starts at vertex `first` into rows.
fn sort_bucket(scratch: &mut Scratch, mut edges: Vec<Edge>, first: usize, n: usize) -> LowerRows {
    if edges.is_empty() {
        return LowerRows { counts: Vec::new(), packed: edges, duplicates: 0 };
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
    neighbors.resize(edges.len().max(neighbors.len()), 0);
    for &edge in &edges {
        let at = &mut ends[row(edge)];
        neighbors[*at] = edge.low();
        *at += 1;
    }
    // Sort the rows and close the gaps that repetitions leave.
    let mut counts = vec![0u32; width];
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
    LowerRows { counts, packed: edges, duplicates }
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
fn join(lower: &[LowerRows], n: usize) -> Graph<'static> {
    let half = lower.iter().map(LowerRows::len).sum::<usize>();
    // First the degrees, then the places behind the smaller neighbours of each vertex.
    let mut places = vec![0u64; n + 1];
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
    let mut neighbors = vec![0u32; 2 * half];
    fill_parts(lower, &mut places[..n], &mut neighbors, half);
    // By now each place is the end of its vertex, which is the offset of the next one.
    places.copy_within(..n, 1);
    places[0] = 0;
    Graph::from_sorted_rows(places, neighbors)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The builder and [`Graph::from_edges`] share no code and agree.
        #[test]
        fn agrees_with_from_edges(
            spread in prop::sample::select(vec![1u32, 7, 9_973]),
            raw in prop::collection::vec((0u32..40, 0u32..40), 0..300),
            extra in 0usize..10,
        ) {
            let edges: Vec<_> = raw.iter().map(|&(u, v)| (u * spread, v * spread)).collect();
            let mut builder = GraphBuilder::default();
            for &(u, v) in &edges {
                builder.push(Edge::new(u, v));
            }
            if extra % 2 == 0 {
                builder.look();
                prop_assert!(builder.next_look > builder.edges());
            }
            let n = builder.needed() as usize + extra;
            let built = builder.finish(n);
            prop_assert_eq!(&built, &Graph::from_edges(n, &edges).unwrap());
            prop_assert!(Graph::from_csr(built.0.csr().0, built.0.csr().1).is_ok());
        }

        #[test]
        fn compact_keeps_the_edges(raw in prop::collection::vec((0u32..40, 0u32..40), 0..100)) {
            let far = |v: u32| v * 100_000_007;
            let mut builder = GraphBuilder::default();
            raw.iter().for_each(|&(u, v)| builder.push(Edge::new(far(u), far(v))));
            let loops = raw.iter().filter(|(u, v)| u == v).map(|&(u, _)| far(u)).collect();
            let ids = builder.compact(loops);
            prop_assert!(ids.windows(2).all(|w| w[0] < w[1]));
            prop_assert_eq!(builder.edges(), raw.len() as u64);
            let (g, cleanup) = builder.finish(0);
            prop_assert_eq!(g.n(), ids.len());
            let back: Vec<_> =
                g.edges().map(|(u, v)| (ids[u as usize], ids[v as usize])).collect();
            let (expected, same) = Graph::from_edges(40, &raw).unwrap();
            let expected: Vec<_> = expected.edges().map(|(u, v)| (far(u), far(v))).collect();
            prop_assert_eq!(back, expected);
            prop_assert_eq!(cleanup, same);
        }
    }
}
