//! A coarsening hierarchy of a graph, as an order of its vertices in which close ones lie together.
//!
//! Each vertex is matched along its heaviest edge, what is matched is contracted, and so on until no
//! edge is left: heavy-edge matching, the coarsening of multilevel partitioners (Karypis and Kumar, "A
//! fast and high quality multilevel scheme for partitioning irregular graphs", 1998). The contractions
//! form a tree, and the order is that of its leaves. So a block of successive vertices is, nearly, a
//! cluster at some level of the hierarchy.
//!
//! Three things differ from the plain scheme:
//!
//! * The edges of a graph all weigh the same, so the first matching would be one of chance. They get as
//!   weight how alike the neighbourhoods of their ends are, by min-hashing (Broder 1997).
//! * An edge is rated by its weight a vertex of the other end, or large clusters would take everything.
//! * Nobody is matched along an edge less than half as heavy as the heaviest one of either end. Who finds
//!   no partner joins the cluster of the heaviest neighbour, or waits a level if the neighbour has
//!   heavier edges to see to first. If so many wait that a level would keep more than three quarters of
//!   its vertices, isolated ones aside, nobody waits, and it keeps at most half: a star is one cluster
//!   after one level.
//!
//! There are O(log n) levels of time O(m + n log n) each, and far fewer edges in later ones of a
//! dense graph. Memory: 32 bytes a vertex for the hashes, and the coarser graphs.

mod slots;

pub use slots::{LANES, NoRoom, Slots};

use crate::{Graph, Philox};
use std::borrow::Cow;

const NONE: u32 = u32::MAX;

/// Hashes of a neighbourhood.
const HASHES: usize = 8;

/// The vertices in the order of the hierarchy's leaves. Connected parts of the graph lie one after the
/// other. The same graph gives the same order on every machine.
///
/// ```
/// use prism_core::{Graph, hierarchy};
/// // Two triangles.
/// let edges = [(0, 2), (2, 4), (4, 0), (1, 3), (3, 5), (5, 1)];
/// let (graph, _) = Graph::from_edges(6, &edges)?;
/// let order = hierarchy::order(&graph);
/// assert!(order[..3].iter().all(|v| v % 2 == order[0] % 2));
/// # Ok::<(), prism_core::GraphError>(())
/// ```
#[must_use]
pub fn order(graph: &Graph<'_>) -> Vec<u32> {
    let mut leaves = Leaves::new(graph.n());
    let mut level = Level::finest(graph);
    while !level.neighbors.is_empty() {
        let clusters = level.clusters();
        leaves = leaves.joined(&clusters);
        level = level.contracted(&clusters);
    }
    leaves.in_order()
}

/// The leaves below each vertex of a level, as linked lists.
struct Leaves {
    /// By leaf: the one after it.
    next: Vec<u32>,
    /// By vertex of the level.
    ends: Vec<(u32, u32)>,
}

impl Leaves {
    fn new(n: usize) -> Self {
        Self { next: vec![NONE; n], ends: (0..n as u32).map(|leaf| (leaf, leaf)).collect() }
    }

    /// The leaves below each cluster: those of its members, one after the other.
    fn joined(mut self, clusters: &Clusters) -> Self {
        let ends = (0..clusters.len())
            .map(|cluster| {
                let mut ends = clusters.members(cluster).iter().map(|&v| self.ends[v as usize]);
                let (first, mut last) = ends.next().unwrap_or((NONE, NONE));
                for (head, tail) in ends {
                    self.next[last as usize] = head;
                    last = tail;
                }
                (first, last)
            })
            .collect();
        Self { next: self.next, ends }
    }

    fn in_order(self) -> Vec<u32> {
        let mut order = Vec::with_capacity(self.next.len());
        for (first, _) in self.ends {
            let mut leaf = first;
            while leaf != NONE {
                order.push(leaf);
                leaf = self.next[leaf as usize];
            }
        }
        order
    }
}

/// Which vertices of a level become one.
struct Clusters {
    of_vertex: Vec<u32>,
    /// Those of cluster `c` are `members[starts[c]..starts[c + 1]]`, as they came to it.
    starts: Vec<u32>,
    members: Vec<u32>,
}

/// Clusters that grow, until each vertex is in one.
struct Growing {
    /// By vertex; [`NONE`] for those in none yet.
    of_vertex: Vec<u32>,
    /// The vertices that are in a cluster, in the order in which they came to theirs.
    arrivals: Vec<u32>,
    count: u32,
}

impl Growing {
    fn new(n: usize) -> Self {
        Self { of_vertex: vec![NONE; n], arrivals: Vec::with_capacity(n), count: 0 }
    }

    fn is_free(&self, v: u32) -> bool {
        self.of_vertex[v as usize] == NONE
    }

    /// A new cluster.
    fn found(&mut self, v: u32) {
        self.of_vertex[v as usize] = self.count;
        self.arrivals.push(v);
        self.count += 1;
    }

    /// Puts `v` into the cluster of `member`, a new one if that is in none.
    fn join(&mut self, v: u32, member: u32) {
        if self.is_free(member) {
            self.found(member);
        }
        self.of_vertex[v as usize] = self.of_vertex[member as usize];
        self.arrivals.push(v);
    }

    fn grown(self) -> Clusters {
        let Self { of_vertex, arrivals, count } = self;
        let mut starts = vec![0; count as usize + 1];
        for &cluster in &of_vertex {
            starts[cluster as usize + 1] += 1;
        }
        for cluster in 0..count as usize {
            starts[cluster + 1] += starts[cluster];
        }
        let mut cursor = starts.clone();
        let mut members = vec![0; arrivals.len()];
        for v in arrivals {
            let at = &mut cursor[of_vertex[v as usize] as usize];
            members[*at as usize] = v;
            *at += 1;
        }
        Clusters { of_vertex, starts, members }
    }
}

impl Clusters {
    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn members(&self, cluster: usize) -> &[u32] {
        &self.members[self.starts[cluster] as usize..self.starts[cluster + 1] as usize]
    }
}

/// What the edges of a level weigh.
enum Weights {
    /// One more than the number of hashes that the neighbourhoods of both ends agree in.
    Alike(Vec<[u16; HASHES]>),
    /// The sum over the edges of the level before, by arc.
    Summed(Vec<u32>),
}

/// A graph of the hierarchy, in rows as [`Graph`] has them, but not sorted.
struct Level<'a> {
    offsets: Cow<'a, [u64]>,
    neighbors: Cow<'a, [u32]>,
    weights: Weights,
    /// Leaves below each vertex.
    sizes: Vec<u32>,
}

/// An edge as one of its ends sees it.
#[derive(Clone, Copy)]
struct Edge {
    arc: usize,
    to: u32,
    /// The weight a leaf of the other end.
    rating: f64,
}

impl<'a> Level<'a> {
    fn finest(graph: &'a Graph<'_>) -> Self {
        let (offsets, neighbors) = graph.csr();
        Self {
            offsets: offsets.into(),
            neighbors: neighbors.into(),
            weights: Weights::Alike(neighborhood_hashes(graph)),
            sizes: vec![1; graph.n()],
        }
    }

    fn n(&self) -> usize {
        self.sizes.len()
    }

    fn row(&self, v: u32) -> std::ops::Range<usize> {
        self.offsets[v as usize] as usize..self.offsets[v as usize + 1] as usize
    }

    fn weight(&self, v: u32, arc: usize) -> u32 {
        match &self.weights {
            Weights::Summed(weights) => weights[arc],
            Weights::Alike(hashes) => {
                let (one, other) = (hashes[v as usize], hashes[self.neighbors[arc] as usize]);
                1 + one.iter().zip(other).filter(|&(&a, b)| a == b).count() as u32
            }
        }
    }

    /// The matching. Small clusters choose first, among them those of low degree, which have the least
    /// choice.
    fn clusters(&self) -> Clusters {
        let heaviest: Vec<_> =
            (0..self.n() as u32).map(|v| self.heaviest(v, |_, _| true)).collect();
        let is_heavy = |v: u32, rating: f64| {
            heaviest[v as usize].is_none_or(|heaviest| 2.0 * rating >= heaviest.rating)
        };
        let mut clusters = Growing::new(self.n());
        let mut visits: Vec<u32> = (0..self.n() as u32).collect();
        visits.sort_unstable_by_key(|&v| (self.sizes[v as usize], self.row(v).len(), v));
        for &v in &visits {
            if clusters.is_free(v) {
                let partner = self.heaviest(v, |u, arc| {
                    clusters.is_free(u)
                        && is_heavy(v, self.rating(v, arc, u))
                        && is_heavy(u, self.rating(v, arc, v))
                });
                if let Some(partner) = partner {
                    clusters.join(v, partner.to);
                }
            }
        }
        let (mut waiting, mut isolated) = (Vec::new(), 0);
        for v in visits {
            if clusters.is_free(v) {
                match heaviest[v as usize] {
                    Some(edge) if is_heavy(edge.to, self.rating(v, edge.arc, v)) => {
                        clusters.join(v, edge.to);
                    }
                    Some(edge) => waiting.push((v, edge.to)),
                    None => {
                        clusters.found(v);
                        isolated += 1;
                    }
                }
            }
        }
        let kept = clusters.count as usize - isolated + waiting.len();
        let may_wait = 4 * kept <= 3 * (self.n() - isolated);
        for (v, neighbor) in waiting {
            if may_wait {
                clusters.found(v);
            } else if clusters.is_free(v) {
                clusters.join(v, neighbor);
            }
        }
        clusters.grown()
    }

    /// The weight of an arc of `v`, a leaf of `end`.
    fn rating(&self, v: u32, arc: usize, end: u32) -> f64 {
        f64::from(self.weight(v, arc)) / f64::from(self.sizes[end as usize])
    }

    /// The heaviest edge of `v` among those wanted, which are asked for by the other end and the arc. Of
    /// equal ones, that to the smallest vertex.
    fn heaviest(&self, v: u32, wanted: impl Fn(u32, usize) -> bool) -> Option<Edge> {
        let size = |u: u32| self.sizes[u as usize];
        let mut best: Option<Edge> = None;
        for arc in self.row(v) {
            let to = self.neighbors[arc];
            if wanted(to, arc) {
                let rating = self.rating(v, arc, to);
                let is_better = best.is_none_or(|best| {
                    rating > best.rating
                        || rating == best.rating && (size(to), to) < (size(best.to), best.to)
                });
                if is_better {
                    best = Some(Edge { arc, to, rating });
                }
            }
        }
        best
    }

    /// The graph whose vertices are the clusters. Weights of edges that become one are added up.
    fn contracted(&self, clusters: &Clusters) -> Level<'static> {
        let mut offsets = Vec::with_capacity(clusters.len() + 1);
        let (mut neighbors, mut weights) = (Vec::new(), Vec::<u32>::new());
        let mut sizes = Vec::with_capacity(clusters.len());
        // By cluster: its arc in the row at hand, if that is not of an earlier row.
        let mut arc_to = vec![usize::MAX; clusters.len()];
        offsets.push(0);
        for cluster in 0..clusters.len() {
            let start = neighbors.len();
            let mut size = 0;
            for &v in clusters.members(cluster) {
                size += self.sizes[v as usize];
                for arc in self.row(v) {
                    let other = clusters.of_vertex[self.neighbors[arc] as usize];
                    if other as usize == cluster {
                        continue;
                    }
                    let weight = self.weight(v, arc);
                    let at = &mut arc_to[other as usize];
                    if *at != usize::MAX && *at >= start {
                        weights[*at] = weights[*at].saturating_add(weight);
                    } else {
                        *at = neighbors.len();
                        neighbors.push(other);
                        weights.push(weight);
                    }
                }
            }
            offsets.push(neighbors.len() as u64);
            sizes.push(size);
        }
        Level {
            offsets: offsets.into(),
            neighbors: neighbors.into(),
            weights: Weights::Summed(weights),
            sizes,
        }
    }
}

/// For every vertex, the least of each of [`HASHES`] hashes over the vertex and its neighbours: two
/// vertices agree in as large a share of them as their neighbourhoods have in common.
fn neighborhood_hashes(graph: &Graph<'_>) -> Vec<[u16; HASHES]> {
    let draws = Philox::new(0);
    let hash = |v| -> [u16; HASHES] {
        let words = draws.at([v, 0, 0, 0]);
        std::array::from_fn(|at| (words[at / 2] >> (16 * (at % 2))) as u16)
    };
    let hashes: Vec<_> = graph.vertices().map(hash).collect();
    let least = |v: u32| {
        graph.neighbors(v).iter().fold(hashes[v as usize], |mut least, &u| {
            least
                .iter_mut()
                .zip(hashes[u as usize])
                .for_each(|(least, one)| *least = one.min(*least));
            least
        })
    };
    graph.vertices().map(least).collect()
}

#[cfg(test)]
mod tests;
