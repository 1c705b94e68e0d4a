//! Orders in which greedy colouring takes the vertices.
//!
//! Largest first (Welsh & Powell 1967) and smallest last (Matula & Beck 1983) bound the colours by
//! degrees; smallest last needs at most degeneracy + 1. Incidence degree takes next the vertex with
//! the most neighbours taken already (Coleman & More 1983, for Jacobians), dynamic largest first the one
//! with the most neighbours not yet taken (Gebremedhin, Nguyen, Patwary & Pothen 2013). Ties go to the smaller
//! number, so that vertices of one degree stay in the order in which the graph lies in memory.

use crate::level_queue::LevelQueue;
use prism_core::{Graph, Rng, bounds::degeneracy};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Which vertex greedy colouring takes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// By number.
    Natural,
    /// A random order.
    Random,
    /// Largest degree first.
    LargestFirst,
    /// The reverse of taking away a vertex of smallest remaining degree again and again.
    SmallestLast,
    /// Most neighbours taken already; ties to the larger degree.
    IncidenceDegree,
    /// Most neighbours not yet taken.
    DynamicLargestFirst,
}

impl Order {
    /// All orders.
    pub const ALL: [Self; 6] = [
        Self::Natural,
        Self::Random,
        Self::LargestFirst,
        Self::SmallestLast,
        Self::IncidenceDegree,
        Self::DynamicLargestFirst,
    ];

    /// Every vertex of `graph` once. Only [`Order::Random`] uses `seed`. O(n + m), with a logarithm
    /// for the incidence degree and for dynamic largest first.
    pub fn of(self, graph: &Graph<'_>, seed: u64) -> Vec<u32> {
        match self {
            Self::Natural => graph.vertices().collect(),
            Self::Random => {
                let mut order: Vec<u32> = graph.vertices().collect();
                Rng::new(seed, 0).shuffle(&mut order);
                order
            }
            Self::LargestFirst => largest_first(graph),
            Self::SmallestLast => {
                let mut order = degeneracy(graph).order;
                order.reverse();
                order
            }
            Self::IncidenceDegree => incidence_degree(graph),
            Self::DynamicLargestFirst => dynamic_largest_first(graph),
        }
    }
}

/// A stable counting sort by falling degree.
fn largest_first(graph: &Graph<'_>) -> Vec<u32> {
    let mut start = degree_counts(graph, 0..graph.n());
    let mut before = 0;
    for count in start.iter_mut().rev() {
        before += std::mem::replace(count, before);
    }
    let mut order = vec![0u32; graph.n()];
    for (v, d) in degrees(graph, 0..graph.n()) {
        order[start[d] as usize] = v;
        start[d] += 1;
    }
    order
}

/// The same on all threads of the current rayon pool: each sorts an equal share of the vertices.
pub(crate) fn largest_first_in_parallel(graph: &Graph<'_>) -> Vec<u32> {
    let share = graph.n().div_ceil(rayon::current_num_threads()).max(1);
    let shares: Vec<Range<usize>> =
        (0..graph.n()).step_by(share).map(|v| v..(v + share).min(graph.n())).collect();
    let mut starts: Vec<Vec<u32>> =
        shares.par_iter().map(|share| degree_counts(graph, share.clone())).collect();
    let most = starts.iter().map(Vec::len).max().unwrap_or(0);
    let mut before = 0;
    for d in (0..most).rev() {
        for count in starts.iter_mut().filter_map(|counts| counts.get_mut(d)) {
            before += std::mem::replace(count, before);
        }
    }
    // Each place is written once; relaxed atomics say so without unsafe code, at no cost. All threads
    // touch the new memory first, since its pages are only made then.
    let order: Vec<AtomicU32> = (0..graph.n()).into_par_iter().map(|_| AtomicU32::new(0)).collect();
    shares.into_par_iter().zip(starts).for_each(|(share, mut start)| {
        for (v, d) in degrees(graph, share) {
            order[start[d] as usize].store(v, Relaxed);
            start[d] += 1;
        }
    });
    order.into_iter().map(AtomicU32::into_inner).collect()
}

fn degrees(graph: &Graph<'_>, share: Range<usize>) -> impl Iterator<Item = (u32, usize)> {
    let offsets = graph.csr().0[share.start..=share.end].windows(2);
    (share.start as u32..).zip(offsets.map(|w| (w[1] - w[0]) as usize))
}

/// How many vertices of `share` have each degree.
fn degree_counts(graph: &Graph<'_>, share: Range<usize>) -> Vec<u32> {
    let mut counts: Vec<[u32; 2]> = Vec::new();
    for (v, d) in degrees(graph, share) {
        if d >= counts.len() {
            counts.resize(d + 1, [0; 2]);
        }
        // Degrees repeat, and an increment has to wait for the one before of the same counter.
        counts[d][v as usize % 2] += 1;
    }
    counts.into_iter().map(|[even, odd]| even + odd).collect()
}

fn incidence_degree(graph: &Graph<'_>) -> Vec<u32> {
    const TAKEN: u32 = u32::MAX;
    let mut incidence = vec![0u32; graph.n()];
    let mut queue = LevelQueue::default();
    for v in graph.vertices() {
        queue.push(0, graph.degree(v) as u32, v);
    }
    let mut order = Vec::with_capacity(graph.n());
    while let Some(v) = queue.pop(|v| {
        let level = incidence[v as usize];
        (level != TAKEN).then(|| (level, graph.degree(v) as u32))
    }) {
        incidence[v as usize] = TAKEN;
        order.push(v);
        for &u in graph.neighbors(v) {
            if incidence[u as usize] != TAKEN {
                incidence[u as usize] += 1;
                queue.push(incidence[u as usize], graph.degree(u) as u32, u);
            }
        }
    }
    order
}

fn dynamic_largest_first(graph: &Graph<'_>) -> Vec<u32> {
    let mut left: Vec<Option<u32>> =
        graph.vertices().map(|v| Some(graph.degree(v) as u32)).collect();
    let mut queue = LevelQueue::default();
    for v in graph.vertices() {
        queue.push(graph.degree(v) as u32, 0, v);
    }
    let mut order = Vec::with_capacity(graph.n());
    while let Some(v) = queue.pop(|v| left[v as usize].map(|degree| (degree, 0))) {
        left[v as usize] = None;
        order.push(v);
        for &u in graph.neighbors(v) {
            if let Some(degree) = &mut left[u as usize] {
                *degree -= 1;
                queue.push(*degree, 0, u);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partial_coloring::tests::random_graph;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_order_keeps_its_promise(n in 0u32..50, percent in 0u32..100, seed in 0u64..500) {
            let g = random_graph(n, percent, seed);
            for order in Order::ALL {
                let mut all = order.of(&g, seed);
                all.sort_unstable();
                prop_assert_eq!(all, g.vertices().collect::<Vec<_>>());
            }
            let by_degree = Order::LargestFirst.of(&g, 0);
            let falls = |w: &[u32]| (g.degree(w[1]), w[0]) <= (g.degree(w[0]), w[1]);
            prop_assert!(by_degree.windows(2).all(falls));
            prop_assert_eq!(largest_first_in_parallel(&g), by_degree);
            let by_incidence = Order::IncidenceDegree.of(&g, 0);
            for (i, &v) in by_incidence.iter().enumerate() {
                let taken = |v: u32| {
                    g.neighbors(v).iter().filter(|u| by_incidence[..i].contains(u)).count()
                };
                prop_assert!(by_incidence[i..].iter().all(|&u| taken(u) <= taken(v)));
            }
            let dynamic = Order::DynamicLargestFirst.of(&g, 0);
            for (i, &v) in dynamic.iter().enumerate() {
                let rest = &dynamic[i..];
                let left = |v: u32| g.neighbors(v).iter().filter(|u| rest.contains(u)).count();
                prop_assert!(rest.iter().all(|&u| (left(v), u) >= (left(u), v)));
            }
        }
    }
}
