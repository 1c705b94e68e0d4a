//! A lower bound above the clique number, from generalised Mycielskians inside the graph.
//!
//! Let H be a subgraph that needs k colours. If some vertex w is adjacent, for every v of H, to a
//! vertex u(v) that sees all of v's neighbours in H (v itself counts), then H with w and all u(v)
//! needs k + 1: in a colouring with k colours, give every v of H that has the colour of w the colour
//! of u(v) instead; that colours H properly without the colour of w. Starting from a clique and
//! adding one such w after the other is how Hebrard & Katsirelos (2018) find lower bounds inside
//! their exact solver; Mycielski (1955) is the case where the u(v) are new vertices.
//!
//! The edges of H that count are only those that the steps name: fewer neighbours of v in H leave
//! more vertices to choose u(v) from. H at least doubles in most steps, so that the bound rarely
//! exceeds the clique number by more than three or four; it is exact on the Mycielski and FullIns
//! families, says nothing on the Insertions family (whose detours are longer) and little on random
//! graphs.

use super::{Degeneracy, Effort};
use crate::Graph;
use std::cmp::Reverse;
use std::sync::atomic::{AtomicBool, Ordering};

/// Up to this many vertices: a bit for each pair takes at most 8 MiB.
const MAX_VERTICES: usize = 8192;
/// How many vertices w a step tries, and how many steps are tried from one clique: which w is taken
/// decides how far the next steps go.
const BRANCHES: usize = 4;
const STEPS: usize = 60;

/// A set of vertices that need many colours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mycielskian {
    /// How many colours the subgraph induced by `vertices` needs at least.
    pub bound: usize,
    /// Vertices, increasing.
    pub vertices: Vec<u32>,
}

/// The best bound found from cliques greedily grown around every vertex, and from `clique` first;
/// `order` is the [`super::degeneracy`] of `graph`. At least `clique.len()`. Where the graph has
/// more than 8192 vertices, `clique` is all there is.
pub fn mycielskian(
    graph: &Graph<'_>,
    order: &Degeneracy,
    clique: &[u32],
    effort: &Effort,
    stop: &AtomicBool,
) -> Mycielskian {
    let mut best = Mycielskian { bound: clique.len(), vertices: clique.to_vec() };
    if graph.n() > MAX_VERTICES || clique.len() < 2 {
        return best;
    }
    let mut finder = Finder::new(graph, effort.work);
    let mut starts = Vec::new();
    for &v in order.order.iter().rev() {
        if finder.work == 0 || stop.load(Ordering::Relaxed) {
            break;
        }
        starts.push(finder.clique_around(finder.rank[v as usize]));
    }
    starts.sort_by_key(|c| Reverse(c.len()));
    starts.insert(0, clique.iter().map(|&v| finder.rank[v as usize]).collect());
    starts.retain(|c| c.len() >= 2);
    for start in &starts {
        if finder.work == 0 || best.bound >= effort.enough || stop.load(Ordering::Relaxed) {
            break;
        }
        let found = finder.extend(start, effort.enough);
        if found.bound > best.bound {
            let vertices = found.vertices.iter().map(|&rank| finder.by_rank[rank as usize]);
            best = Mycielskian { bound: found.bound, vertices: vertices.collect() };
            best.vertices.sort_unstable();
        }
    }
    best
}

/// A subgraph that needs `bound` colours: its vertices, and for each the neighbours that count.
#[derive(Clone)]
struct Core {
    bound: usize,
    vertices: Vec<u32>,
    links: Vec<Vec<u32>>,
}

/// The graph as a bit matrix. Inside, a vertex is called by its rank: those of high degree come first, so
/// that the first of a set is the one to prefer.
struct Finder {
    by_rank: Vec<u32>,
    rank: Vec<u32>,
    words: usize,
    rows: Vec<u64>,
    /// What is left of the effort.
    work: u64,
}

impl Finder {
    fn new(graph: &Graph<'_>, work: u64) -> Self {
        let words = graph.n().div_ceil(64);
        let mut by_rank: Vec<u32> = graph.vertices().collect();
        by_rank.sort_unstable_by_key(|&v| Reverse((graph.degree(v), v)));
        let mut rank = vec![0; graph.n()];
        for (at, &v) in by_rank.iter().enumerate() {
            rank[v as usize] = at as u32;
        }
        let mut rows = vec![0u64; graph.n() * words];
        for v in graph.vertices() {
            let row = &mut rows[rank[v as usize] as usize * words..][..words];
            for &u in graph.neighbors(v) {
                let u = rank[u as usize];
                row[u as usize / 64] |= 1 << (u % 64);
            }
        }
        Self { by_rank, rank, words, rows, work }
    }

    fn row(&self, v: u32) -> &[u64] {
        &self.rows[v as usize * self.words..][..self.words]
    }

    fn spend(&mut self, rows: usize) {
        self.work = self.work.saturating_sub((rows * self.words) as u64);
    }

    /// A maximal clique with `v`, grown by the common neighbour of highest degree.
    fn clique_around(&mut self, v: u32) -> Vec<u32> {
        let mut members = vec![v];
        let mut common = self.row(v).to_vec();
        while let Some(u) = first(&common) {
            members.push(u);
            intersect(&mut common, self.row(u));
            self.spend(2);
        }
        members
    }

    /// Adds to the clique `start` by depth-first search over the first few choices of each step, until
    /// the bound is `enough`.
    fn extend(&mut self, start: &[u32], enough: usize) -> Mycielskian {
        let others = |v: &u32| start.iter().copied().filter(|u| u != v).collect();
        let first = Core {
            bound: start.len(),
            vertices: start.to_vec(),
            links: start.iter().map(others).collect(),
        };
        let mut best = Mycielskian { bound: first.bound, vertices: first.vertices.clone() };
        let mut stack = vec![first];
        for _ in 0..STEPS {
            let Some(core) = stack.pop() else { break };
            if core.bound > best.bound {
                best = Mycielskian { bound: core.bound, vertices: core.vertices.clone() };
            }
            if core.bound >= enough {
                break;
            }
            stack.extend(self.grow(&core));
        }
        best
    }

    /// One step: what `core` becomes with each of the most promising w, the best last.
    fn grow(&mut self, core: &Core) -> Vec<Core> {
        let words = self.words;
        // For each v of the core, the vertices that see all its neighbours there.
        let mut stand_ins: Vec<Vec<u64>> = Vec::with_capacity(core.vertices.len());
        let mut apex = vec![u64::MAX; words];
        let mut seen = vec![0u64; words];
        for links in &core.links {
            let mut set = vec![u64::MAX; words];
            for &x in links {
                intersect(&mut set, self.row(x));
            }
            seen.fill(0);
            let mut count = links.len() + 1;
            for u in bits(&set) {
                count += 1;
                for (s, r) in seen.iter_mut().zip(self.row(u)) {
                    *s |= r;
                }
            }
            intersect(&mut apex, &seen);
            stand_ins.push(set);
            self.spend(count);
            if self.work == 0 || apex.iter().all(|&a| a == 0) {
                return Vec::new();
            }
        }
        // The fewer new vertices, the easier the next step: prefer a w that sees much of the core.
        let direct = |w: u32| core.vertices.iter().filter(|&&v| has(self.row(w), v)).count();
        let mut apexes: Vec<(usize, Reverse<u32>)> =
            bits(&apex).map(|w| (direct(w), Reverse(w))).collect();
        self.spend(apexes.len().div_ceil(self.words) * core.vertices.len());
        apexes.sort_unstable();
        let promising = &apexes[apexes.len().saturating_sub(BRANCHES)..];
        self.spend(2 * promising.len() * core.vertices.len());
        let grown = promising.iter().map(|&(_, Reverse(w))| self.with_apex(core, &stand_ins, w));
        grown.flatten().collect()
    }

    /// `core` with `w` and a stand-in adjacent to it for each vertex.
    fn with_apex(&self, core: &Core, stand_ins: &[Vec<u64>], w: u32) -> Option<Core> {
        let mut grown = core.clone();
        grown.bound += 1;
        for (i, set) in stand_ins.iter().enumerate() {
            let v = core.vertices[i];
            let mut choice = set.clone();
            intersect(&mut choice, self.row(w));
            // v itself costs nothing; a vertex already in the core costs only edges.
            let pick = |u: &u32| (*u == v, core.vertices.contains(u), Reverse(*u));
            let u = bits(&choice).max_by_key(pick)?;
            grown.link(w, u);
            if u != v {
                // The links of the core as it was: those of this step say nothing about u.
                core.links[i].iter().for_each(|&x| grown.link(x, u));
            }
        }
        Some(grown)
    }
}

impl Core {
    /// Adds the edge between `a` and `b`, and either end if need be.
    fn link(&mut self, a: u32, b: u32) {
        for (from, to) in [(a, b), (b, a)] {
            let at = self.vertices.iter().position(|&v| v == from).unwrap_or_else(|| {
                self.vertices.push(from);
                self.links.push(Vec::new());
                self.vertices.len() - 1
            });
            if !self.links[at].contains(&to) {
                self.links[at].push(to);
            }
        }
    }
}

fn intersect(set: &mut [u64], row: &[u64]) {
    for (s, r) in set.iter_mut().zip(row) {
        *s &= r;
    }
}

fn has(set: &[u64], v: u32) -> bool {
    set[v as usize / 64] >> (v % 64) & 1 == 1
}

/// The least member of a set.
fn first(set: &[u64]) -> Option<u32> {
    bits(set).next()
}

/// The members of a set, increasing.
fn bits(set: &[u64]) -> impl Iterator<Item = u32> + '_ {
    set.iter().enumerate().flat_map(|(i, &word)| {
        std::iter::successors(Some(word), |w| Some(w & w.wrapping_sub(1)))
            .take_while(|&w| w != 0)
            .map(move |w| i as u32 * 64 + w.trailing_zeros())
    })
}

#[cfg(test)]
mod tests {
    use super::super::{clique, degeneracy};
    use super::*;
    use proptest::prelude::*;

    fn bound(graph: &Graph<'_>) -> Mycielskian {
        let (order, stop) = (degeneracy(graph), AtomicBool::new(false));
        let effort = Effort { work: 1_000_000, ..Effort::default() };
        let clique = clique(graph, &order, &effort, &stop);
        mycielskian(graph, &order, &clique, &effort, &stop)
    }

    fn colorable(graph: &Graph<'_>, k: usize) -> bool {
        fn place(g: &Graph<'_>, k: usize, v: u32, colors: &mut [usize]) -> bool {
            v as usize == g.n()
                || (0..k).any(|c| {
                    let fits = g.neighbors(v).iter().all(|&u| u > v || colors[u as usize] != c);
                    colors[v as usize] = c;
                    fits && place(g, k, v + 1, colors)
                })
        }
        place(graph, k, 0, &mut vec![0; graph.n()])
    }

    /// The Mycielskian of a graph given by its edges.
    fn mycielski(n: u32, edges: &[(u32, u32)]) -> (u32, Vec<(u32, u32)>) {
        let mut all = edges.to_vec();
        for &(u, v) in edges {
            all.extend([(u + n, v), (u, v + n)]);
        }
        all.extend((0..n).map(|v| (v + n, 2 * n)));
        (2 * n + 1, all)
    }

    #[test]
    fn the_mycielski_family_is_bounded_exactly() {
        let mut family = (2, vec![(0, 1)]);
        for chi in 3..7 {
            family = mycielski(family.0, &family.1);
            let (g, _) = Graph::from_edges(family.0 as usize, &family.1).unwrap();
            assert_eq!(bound(&g).bound, chi);
        }
    }

    proptest! {
        #[test]
        fn the_subgraph_needs_that_many_colours(raw in prop::collection::vec((0u32..14, 0u32..14), 0..60)) {
            let (g, _) = Graph::from_edges(14, &raw).unwrap();
            let found = bound(&g);
            prop_assert!(found.vertices.windows(2).all(|w| w[0] < w[1]));
            prop_assert!(!colorable(&g.induced(&found.vertices), found.bound - 1));
        }
    }
}
