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

mod halves;

use rayon::prelude::*;

use super::error::ErrorKind;
use super::thinning;
use crate::graph::{Cleanup, Graph};
use crate::memory::{OutOfMemory, Room};
use halves::{LowerRows, Scratch, join, sort_bucket};

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

/// Edges between two questions for memory, at least.
const QUESTION: u64 = 1 << 17;

/// Collects edges.
pub(crate) struct GraphBuilder {
    buckets: Vec<Vec<Edge>>,
    edges: u64,
    self_loops: u64,
    /// Repetitions that are no longer in the buckets.
    merged: u64,
    /// The number of edges at which to look for repetitions.
    next_look: u64,
    /// The number of edges at which to ask whether there is memory for them.
    next_question: u64,
    /// The lesser of both.
    next_pause: u64,
    /// What memory there was when there was too little: edges are counted from then on, and not kept.
    short: Option<Room>,
    /// One more than the largest vertex of any edge, loops included.
    needed: u64,
}

impl Default for GraphBuilder {
    fn default() -> Self {
        let next_look = thinning::FIRST_LOOK;
        Self {
            buckets: Vec::new(),
            edges: 0,
            self_loops: 0,
            merged: 0,
            next_look,
            next_question: QUESTION,
            next_pause: QUESTION.min(next_look),
            short: None,
            needed: 0,
        }
    }
}

impl GraphBuilder {
    /// Adds one edge.
    #[inline]
    pub(crate) fn push(&mut self, edge: Edge) {
        self.edges += 1;
        if self.edges >= self.next_pause {
            self.pause();
        }
        self.needed = self.needed.max(u64::from(edge.high()) + 1);
        if edge.high() == edge.low() {
            self.self_loops += 1;
            return;
        }
        if self.short.is_some() {
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

    /// Looks for repetitions or asks for memory, whichever is due.
    #[cold]
    fn pause(&mut self) {
        if self.edges >= self.next_look && self.short.is_none() {
            self.look();
        }
        if self.edges >= self.next_question {
            self.ask();
        }
        let look = if self.short.is_some() { u64::MAX } else { self.next_look };
        self.next_pause = look.min(self.next_question);
    }

    /// Gives up keeping edges if there is no memory for the graph that they would make.
    fn ask(&mut self) {
        self.next_question = self.edges + QUESTION.max(self.edges / 8);
        let room = Room::now();
        // A bucket that grows is as large again for a while, and the graph comes on top.
        if self.short.is_none() && !room.holds(self.kept() * 12 + self.needed * 12) {
            self.short = Some(room);
            self.buckets = Vec::new();
        }
    }

    /// Edges that are not known to be repeated.
    fn kept(&self) -> u64 {
        self.edges - self.merged - self.self_loops
    }

    /// Merges repeated edges if there are many, and plans the next look.
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

    /// Whether edges were dropped for want of memory, so that [`Self::finish`] will fail.
    pub(crate) fn is_short(&self) -> bool {
        self.short.is_some()
    }

    /// Whether an edge that is no loop has this end.
    pub(crate) fn mentions(&self, v: u32) -> bool {
        // Its larger neighbours are in later buckets.
        let buckets = self.buckets.iter().skip((v >> BITS) as usize);
        buckets.flatten().any(|edge| edge.high() == v || edge.low() == v)
    }

    /// Gives each vertex a new number: the vertices that occur, and those in `also`, are renumbered in
    /// increasing order from `first` on; the others vanish. Returns the old numbers.
    pub(crate) fn compact(&mut self, also: Vec<u32>, first: u32) -> Vec<u32> {
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
        self.renumber(|id| first + ids.partition_point(|&other| other < id) as u32);
        self.needed = u64::from(first) + ids.len() as u64;
        ids
    }

    /// Gives each vertex another number, different ones to different vertices.
    pub(crate) fn renumber(&mut self, number: impl Fn(u32) -> u32) {
        let old = std::mem::take(self);
        (self.edges, self.self_loops) = (old.self_loops + old.merged, old.self_loops);
        self.merged = old.merged;
        (self.next_look, self.next_pause) = (u64::MAX, u64::MAX);
        (self.short, self.next_question) = (old.short, u64::MAX);
        if self.short.is_some() {
            self.edges = old.edges;
            return;
        }
        for edge in old.buckets.into_iter().flatten() {
            self.push(Edge::new(number(edge.high()), number(edge.low())));
        }
    }

    /// Builds the graph with vertices `0..n`; `n` is raised to what the edges need if it is less.
    ///
    /// # Errors
    /// [`ErrorKind::Memory`]: there is too little for the graph.
    pub(crate) fn finish(self, n: usize) -> Result<(Graph<'static>, Cleanup), ErrorKind> {
        let n = n.max(self.needed as usize);
        let (edges, vertices) = (self.kept(), n as u64);
        let room = self.short.unwrap_or_else(Room::now);
        // The error gives what the whole graph takes, not the size of the array that failed.
        let short = |room| {
            let OutOfMemory { needed, room, .. } =
                OutOfMemory::new(20 * edges + 12 * vertices, room);
            ErrorKind::Memory { needed, known: true, room }
        };
        if self.short.is_some() || !room.holds(12 * edges + 12 * vertices) {
            return Err(short(room));
        }
        let mut cleanup = Cleanup { duplicates: self.merged, self_loops: self.self_loops };
        let lower = sort(self.buckets, n).map_err(|missing| short(missing.room))?;
        cleanup.duplicates += lower.iter().map(|rows| rows.duplicates).sum::<u64>();
        let graph = join(&lower, n).map_err(|missing| short(missing.room))?;
        Ok((graph, cleanup))
    }
}

/// The lower half of the graph, bucket by bucket.
fn sort(buckets: Vec<Vec<Edge>>, n: usize) -> Result<Vec<LowerRows>, OutOfMemory> {
    if buckets.len() == 1 {
        let scratch = &mut Scratch::default();
        return buckets.into_iter().map(|bucket| sort_bucket(scratch, bucket, 0, n)).collect();
    }
    let sort = |scratch: &mut Scratch, (b, bucket)| sort_bucket(scratch, bucket, b << BITS, n);
    buckets.into_par_iter().enumerate().map_init(Scratch::default, sort).collect()
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
            let n = builder.needed as usize + extra;
            let built = builder.finish(n).unwrap();
            prop_assert_eq!(&built, &Graph::from_edges(n, &edges).unwrap());
            prop_assert!(Graph::from_csr(built.0.csr().0, built.0.csr().1).is_ok());
        }

        #[test]
        fn compact_keeps_the_edges(raw in prop::collection::vec((0u32..40, 0u32..40), 0..100)) {
            let far = |v: u32| v * 100_000_007;
            let mut builder = GraphBuilder::default();
            raw.iter().for_each(|&(u, v)| builder.push(Edge::new(far(u), far(v))));
            let loops = raw.iter().filter(|(u, v)| u == v).map(|&(u, _)| far(u)).collect();
            let ids = builder.compact(loops, 0);
            prop_assert!(ids.windows(2).all(|w| w[0] < w[1]));
            prop_assert_eq!(builder.edges(), raw.len() as u64);
            let (g, cleanup) = builder.finish(0).unwrap();
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
