//! Formats that may give an edge in each of its two directions: the graph, and what stands in one only.
//!
//! Arcs up and arcs down are two sets of edges. Where they are equal the file is symmetric, and one of
//! them is the graph.

use super::builder::{Edge, GraphBuilder};
use super::error::ErrorKind;
use crate::graph::{Cleanup, Graph};

/// Collects arcs.
#[derive(Default)]
pub(super) struct ArcBuilder {
    /// Arcs to a larger vertex, and loops.
    up: GraphBuilder,
    /// Arcs to a smaller vertex.
    down: GraphBuilder,
}

/// A graph that was given by arcs.
pub(super) struct FromArcs {
    pub(super) graph: Graph<'static>,
    /// An arc that is given twice in the same direction is a repetition.
    pub(super) cleanup: Cleanup,
    /// Edges that are given in one direction.
    pub(super) one_way: u64,
    /// One of them, as given, if there are any.
    pub(super) example: Option<(u32, u32)>,
}

impl ArcBuilder {
    /// Adds an arc.
    #[inline]
    pub(super) fn push(&mut self, from: u32, to: u32) {
        let builder = if from <= to { &mut self.up } else { &mut self.down };
        builder.push(Edge::new(from, to));
    }

    /// Arcs added so far, with repetitions and loops.
    pub(super) fn arcs(&self) -> u64 {
        self.up.edges() + self.down.edges()
    }

    /// Builds the graph with vertices `0..n`, all of which the arcs are between.
    ///
    /// # Errors
    /// [`ErrorKind::Memory`]: there is too little for the graph.
    pub(super) fn finish(self, n: usize) -> Result<FromArcs, ErrorKind> {
        let (up, mut cleanup) = self.up.finish(n)?;
        let (down, repeated) = self.down.finish(n)?;
        cleanup.duplicates += repeated.duplicates;
        if up == down {
            return Ok(FromArcs { graph: up, cleanup, one_way: 0, example: None });
        }
        let lacks = |graph: &Graph<'_>, (u, v): &(u32, u32)| !graph.has_edge(*u, *v);
        let upwards = up.edges().find(|edge| lacks(&down, edge));
        let downwards = || down.edges().find(|edge| lacks(&up, edge)).map(|(u, v)| (v, u));
        let example = upwards.or_else(downwards);
        let mut both = GraphBuilder::default();
        for (u, v) in up.edges().chain(down.edges()) {
            both.push(Edge::new(u, v));
        }
        let (graph, common) = both.finish(n)?;
        let one_way = graph.m() as u64 - common.duplicates;
        Ok(FromArcs { graph, cleanup, one_way, example })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn counts_what_has_no_counterpart(
            raw in prop::collection::vec((0u32..9, 0u32..9), 0..60), symmetric: bool,
        ) {
            let mut arcs = raw;
            if symmetric {
                let reversed: Vec<_> = arcs.iter().map(|&(u, v)| (v, u)).collect();
                arcs.extend(reversed);
            }
            let mut builder = ArcBuilder::default();
            arcs.iter().for_each(|&(u, v)| builder.push(u, v));
            prop_assert_eq!(builder.arcs(), arcs.len() as u64);
            let found = builder.finish(9).unwrap();
            let set: BTreeSet<_> = arcs.iter().copied().filter(|(u, v)| u != v).collect();
            let one_way: Vec<_> = set.iter().filter(|&&(u, v)| !set.contains(&(v, u))).collect();
            prop_assert_eq!(&found.graph, &Graph::from_edges(9, &arcs).unwrap().0);
            prop_assert_eq!(found.one_way, one_way.len() as u64);
            prop_assert_eq!(found.example.is_some(), !one_way.is_empty());
            prop_assert!(found.example.is_none_or(|arc| one_way.contains(&&arc)));
            let loops = arcs.iter().filter(|(u, v)| u == v).count() as u64;
            let repeated = arcs.len() as u64 - loops - set.len() as u64;
            prop_assert_eq!(found.cleanup, Cleanup { duplicates: repeated, self_loops: loops });
        }
    }
}
