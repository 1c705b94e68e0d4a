//! Is there a vertex whose colour another one may always take?
//!
//! `u` is dominated by a non-adjacent `v` when every neighbour of `u` is a neighbour of `v`: then `u`
//! can have the colour of `v` in any colouring of the rest, and leave. (Chvatal, 1973, and Cheeseman,
//! Kanefsky & Taylor, 1991, use it for colouring; it is the rule that empties register-allocation
//! graphs.) The dominators of `u` are the vertices common to the neighbourhoods of all its
//! neighbours, which a running intersection finds, and which mostly is down to `u` itself after a few.
//!
//! Two ways to intersect: rows of bits where the graph is small and dense enough for a row to be
//! shorter than a neighbour list, and look-ups for the second-neighbours of `u` through its neighbour
//! of least degree everywhere else.

use prism_core::Graph;

/// Up to this many vertices, rows of bits take at most 8 MiB.
const MAX_BIT_VERTICES: usize = 8192;

/// What is left of a graph while vertices leave it.
pub(super) struct Remaining<'g> {
    pub(super) graph: &'g Graph<'g>,
    pub(super) alive: Vec<bool>,
    /// Number of neighbours that are alive.
    pub(super) degree: Vec<u32>,
}

/// Finds dominators; owns what that needs.
pub(super) enum Dominators {
    Bits {
        /// Words in a row.
        words: usize,
        rows: Vec<u64>,
        /// A row with the vertices that are alive.
        alive: Vec<u64>,
        common: Vec<u64>,
    },
    Lists {
        common: Vec<u32>,
    },
}

impl Dominators {
    pub(super) fn new(graph: &Graph<'_>) -> Self {
        let n = graph.n();
        let words = n.div_ceil(64);
        let (_, arcs) = graph.csr();
        if n > MAX_BIT_VERTICES || arcs.len() < n * words {
            return Self::Lists { common: Vec::new() };
        }
        let mut rows = vec![0u64; n * words];
        let mut alive = vec![0u64; words];
        for v in 0..n {
            alive[v / 64] |= 1 << (v % 64);
            for &u in graph.neighbors(v as u32) {
                rows[v * words + u as usize / 64] |= 1 << (u % 64);
            }
        }
        Self::Bits { words, rows, alive, common: vec![0; words] }
    }

    /// Must be told of every vertex that leaves.
    pub(super) fn forget(&mut self, v: u32) {
        if let Self::Bits { alive, .. } = self {
            alive[v as usize / 64] &= !(1 << (v % 64));
        }
    }

    /// A vertex that dominates `u`, if there is one; `u` must have a neighbour alive. Takes the arcs
    /// that it looks at from `work`, and gives up when that is used up.
    pub(super) fn of(&mut self, u: u32, left: &Remaining<'_>, work: &mut u64) -> Option<u32> {
        let neighbors = || {
            let list = left.graph.neighbors(u).iter().copied();
            list.filter(|&w| left.alive[w as usize])
        };
        *work = work.saturating_sub(left.graph.degree(u) as u64);
        match self {
            Self::Bits { words, rows, alive, common } => {
                common.copy_from_slice(alive);
                common[u as usize / 64] &= !(1 << (u % 64));
                // A neighbour of u is never among them; taking them out now ends the loop sooner.
                let own = &rows[u as usize * *words..][..*words];
                common.iter_mut().zip(own).for_each(|(c, r)| *c &= !r);
                for w in neighbors() {
                    let row = &rows[w as usize * *words..][..*words];
                    let mut any = 0;
                    for (c, r) in common.iter_mut().zip(row) {
                        *c &= r;
                        any |= *c;
                    }
                    *work = work.saturating_sub(*words as u64 / 4 + 1);
                    if any == 0 || *work == 0 {
                        return None;
                    }
                }
                let word = common.iter().position(|&c| c != 0)?;
                Some(word as u32 * 64 + common[word].trailing_zeros())
            }
            Self::Lists { common } => {
                let least = neighbors().min_by_key(|&w| left.degree[w as usize])?;
                common.clear();
                // Neighbours of u are never among them; both lists increase, so one pass finds those.
                let mut own = left.graph.neighbors(u).iter().copied().peekable();
                common.extend(left.graph.neighbors(least).iter().copied().filter(|&v| {
                    while own.next_if(|&w| w < v).is_some() {}
                    v != u
                        && own.peek() != Some(&v)
                        && left.alive[v as usize]
                        && left.degree[v as usize] >= left.degree[u as usize]
                }));
                *work = work.saturating_sub(left.graph.degree(least) as u64);
                for w in neighbors() {
                    if common.is_empty() || *work == 0 {
                        return None;
                    }
                    // A look-up is a binary search: charged as a few arcs.
                    *work = work.saturating_sub(4 * common.len() as u64);
                    common.retain(|&v| left.graph.has_edge(v, w));
                }
                common.first().copied()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_ways_agree_with_the_definition(
            raw in prop::collection::vec((0u32..16, 0u32..16), 0..70),
            gone in prop::collection::vec(0u32..16, 0..6),
        ) {
            let (graph, _) = Graph::from_edges(16, &raw).unwrap();
            let mut alive = vec![true; 16];
            for &v in &gone {
                alive[v as usize] = false;
            }
            let list = |v: u32| graph.neighbors(v).iter().copied().filter(|&w| alive[w as usize]);
            let degree = graph.vertices().map(|v| list(v).count() as u32).collect();
            let left = Remaining { graph: &graph, alive: alive.clone(), degree };
            let mut bits = Dominators::Bits {
                words: 1,
                rows: graph.vertices()
                    .map(|v| graph.neighbors(v).iter().fold(0, |r, &w| r | 1 << w)).collect(),
                alive: vec![(1 << 16) - 1],
                common: vec![0],
            };
            gone.iter().for_each(|&v| bits.forget(v));
            let mut lists = Dominators::Lists { common: Vec::new() };
            for u in graph.vertices().filter(|&u| alive[u as usize] && left.degree[u as usize] > 0) {
                let dominates = |v: u32| v != u && alive[v as usize] && !graph.has_edge(u, v)
                    && list(u).all(|w| graph.has_edge(v, w));
                let expected = graph.vertices().any(dominates);
                for finder in [&mut bits, &mut lists] {
                    let found = finder.of(u, &left, &mut 1_000_000);
                    prop_assert_eq!(found.is_some(), expected);
                    prop_assert!(found.is_none_or(dominates));
                    prop_assert_eq!(finder.of(u, &left, &mut 0), None);
                }
            }
        }
    }
}
