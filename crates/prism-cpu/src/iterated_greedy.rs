//! Iterated greedy: colour again, class by class, and never need more colours (Culberson 1992).
//!
//! If greedy colouring takes the vertices of each class of a proper colouring one after another, every
//! vertex gets at most the rank of its class. So any order of the classes gives a colouring no worse,
//! and some order gives a better one. Orders are drawn as Culberson advises: mostly reversed, or by
//! falling size, sometimes at random. The numbers of vertices within a class keep their order. After
//! each pass [`empty_class`] tries to distribute the smallest class with Kempe chains, which finds
//! moves that no order of the classes does.
//!
//! It needs a few bytes a vertex and no tables, so it is the search for graphs too large for the
//! others. Only vertices of core number k - 1 or more can stand in the way of k - 1 colours, so
//! [`reduce`] runs passes on that core alone; on graphs with skewed degrees it is a small part. Gains
//! become rare soon, and tabu search does better on graphs small enough for it.

use crate::greedy::fill_unless;
use crate::kempe::empty_class;
use prism_core::search::{Elite, FixedK, Mismatch, Saved, Shape, Step, UNCOLORED};
use prism_core::{Color, Coloring, Graph, Rng, bounds::degeneracy};
use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The search for a colouring with k colours, from a proper one with more. Runs whole passes: a slice
/// makes at least one, and a move is a vertex that a pass takes or the same work in chains.
pub struct IteratedGreedy<'g> {
    graph: Arc<Graph<'g>>,
    k: usize,
    /// A proper colouring, its colours numbered without gaps.
    colors: Vec<Color>,
    /// The same with the smallest classes beyond k left out, when that were the fewest vertices.
    best: Vec<Color>,
    conflicts: u64,
    rng: Rng,
    moves: u64,
}

impl<'g> IteratedGreedy<'g> {
    /// A search for a colouring of `graph` with `k` colours that begins at `start`, which has to be a
    /// proper colouring.
    pub fn new(graph: Arc<Graph<'g>>, k: usize, start: &[Color], rng: Rng) -> Self {
        let mut search = Self {
            graph,
            k,
            colors: start.to_vec(),
            best: Vec::new(),
            conflicts: u64::MAX,
            rng,
            moves: 0,
        };
        compact(&mut search.colors);
        search.note();
        search
    }

    /// One pass, and one attempt to empty the smallest class. Changes nothing and says `false` if
    /// `stop` is raised during the pass.
    fn round(&mut self, stop: &AtomicBool) -> bool {
        let order = self.order();
        let mut colors = vec![UNCOLORED; self.graph.n()];
        // There are no more colours than before, so they do not run out.
        if fill_unless(&self.graph, &order, &mut colors, stop).is_err() {
            return false;
        }
        self.colors = colors;
        let arcs_of_pass = (self.graph.n() + 2 * self.graph.m()).max(1) as u64;
        let mut work = 0;
        if let Some(smallest) = by_falling_size(&class_sizes(&self.colors)).pop() {
            empty_class(&self.graph, &mut self.colors, smallest, arcs_of_pass, &mut work);
        }
        compact(&mut self.colors);
        let n = self.graph.n() as u64;
        self.moves += n + work * n / arcs_of_pass;
        self.note();
        true
    }

    /// The vertices, class by class, the classes in a new order.
    fn order(&mut self) -> Vec<u32> {
        let sizes = class_sizes(&self.colors);
        let mut classes: Vec<Color> = (0..sizes.len() as Color).collect();
        match self.rng.below(10) {
            0..5 => classes.reverse(),
            5..8 => {
                self.rng.shuffle(&mut classes);
                classes.sort_by_key(|&c| Reverse(sizes[c as usize]));
            }
            _ => self.rng.shuffle(&mut classes),
        }
        let mut start = vec![0u32; sizes.len()];
        let mut before = 0;
        for &c in &classes {
            start[c as usize] = before;
            before += sizes[c as usize];
        }
        let mut order = vec![0u32; self.graph.n()];
        for (v, &c) in self.colors.iter().enumerate() {
            order[start[c as usize] as usize] = v as u32;
            start[c as usize] += 1;
        }
        order
    }

    /// Remembers the colouring if it is closer to k colours than any before.
    fn note(&mut self) {
        let sizes = class_sizes(&self.colors);
        let classes = by_falling_size(&sizes);
        let beyond = &classes[self.k.min(classes.len())..];
        let conflicts = beyond.iter().map(|&c| u64::from(sizes[c as usize])).sum();
        if conflicts >= self.conflicts {
            return;
        }
        self.conflicts = conflicts;
        let mut names = vec![UNCOLORED; classes.len()];
        for (name, &c) in classes.iter().take(self.k).enumerate() {
            names[c as usize] = name as Color;
        }
        self.best = self.colors.iter().map(|&c| names[c as usize]).collect();
    }
}

impl FixedK for IteratedGreedy<'_> {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        let until = self.moves.saturating_add(moves);
        loop {
            if self.conflicts == 0 {
                return Step::Solved;
            }
            if self.moves >= until {
                return Step::OutOfMoves;
            }
            if stop.load(Ordering::Relaxed) || !self.round(stop) {
                return Step::Stopped;
            }
        }
    }

    fn best(&self) -> Elite {
        Elite { k: self.k, colors: self.best.clone(), conflicts: self.conflicts }
    }

    fn conflicts(&self) -> u64 {
        self.conflicts
    }

    fn moves(&self) -> u64 {
        self.moves
    }

    fn save(&mut self) -> Saved {
        Saved {
            best: self.best(),
            individuals: vec![self.colors.clone()],
            moves: self.moves,
            random: vec![self.rng.clone()],
            counters: Vec::new(),
        }
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        let (k, vertices) = (self.k, self.graph.n());
        let shape = Shape { k, vertices, individuals: 1, random: 1, counters: 0 };
        saved.check(shape, self.graph.edges())?;
        // It has more colours than k.
        let colors = saved.individuals[0].clone();
        let mut whole = Elite::new(UNCOLORED.into(), colors, self.graph.edges());
        Mismatch::unless(whole.conflicts == 0, "the colouring")?;
        compact(&mut whole.colors);
        (self.colors, self.moves) = (whole.colors, saved.moves);
        self.rng = saved.random[0].clone();
        self.best.clone_from(&saved.best.colors);
        self.conflicts = saved.best.conflicts;
        Ok(())
    }
}

/// Tries to bring a proper colouring down to `target` colours, and gives the best one found, never
/// worse than `coloring`, with colours numbered without gaps. Ends at the target, after about `moves`
/// moves of [`IteratedGreedy`], or soon after `stop` is raised. The same for one seed on every machine.
pub fn reduce(
    graph: &Graph<'_>,
    coloring: &Coloring,
    target: usize,
    moves: u64,
    seed: u64,
    stop: &AtomicBool,
) -> Coloring {
    let mut best = coloring.clone();
    best.normalize();
    let cores = degeneracy(graph);
    let mut made = 0;
    loop {
        let k = best.num_colors();
        if k <= target.max(1) {
            return best;
        }
        let first = cores.order.partition_point(|&v| (cores.core[v as usize] as usize) + 1 < k);
        // In the order of numbers, which is the order of memory.
        let mut core = cores.order[first..].to_vec();
        core.sort_unstable();
        let known: Vec<Color> = core.iter().map(|&v| best.colors()[v as usize]).collect();
        let rng = Rng::new(seed, k as u64);
        let mut search = IteratedGreedy::new(graph.induced(&core).into(), k - 1, &known, rng);
        let step = search.run(moves - made, stop);
        made = moves.min(made + search.moves());
        if step != Step::Solved {
            return best;
        }
        let mut whole = vec![UNCOLORED; graph.n()];
        for (&v, &color) in core.iter().zip(&search.best) {
            whole[v as usize] = color;
        }
        let rest: Vec<u32> = cores.order[..first].iter().rev().copied().collect();
        if fill_unless(graph, &rest, &mut whole, stop).is_err() {
            return best;
        }
        best = Coloring::from_colors(whole);
        best.normalize();
    }
}

fn class_sizes(colors: &[Color]) -> Vec<u32> {
    let mut sizes = vec![0u32; colors.iter().max().map_or(0, |&c| c as usize + 1)];
    for &c in colors {
        sizes[c as usize] += 1;
    }
    sizes
}

/// The classes, largest first.
fn by_falling_size(sizes: &[u32]) -> Vec<Color> {
    let mut classes: Vec<Color> = (0..sizes.len() as Color).collect();
    classes.sort_by_key(|&c| Reverse(sizes[c as usize]));
    classes
}

/// Numbers the colours in use without gaps, keeping their order.
fn compact(colors: &mut [Color]) {
    let mut used = 0;
    let names: Vec<Color> = class_sizes(colors)
        .iter()
        .map(|&size| {
            used += Color::from(size > 0);
            used.wrapping_sub(1)
        })
        .collect();
    for c in colors {
        *c = names[*c as usize];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::greedy::{Order, greedy};
    use crate::partial_coloring::tests::random_graph;
    use prism_core::generate;
    use proptest::prelude::*;

    static GO_ON: AtomicBool = AtomicBool::new(false);

    #[test]
    fn improves_a_bad_start() {
        let graph = generate::gnp(200, 0.3, 1).unwrap();
        let start = greedy(&graph, Order::Random, 1).unwrap();
        let better = reduce(&graph, &start, 1, 20_000_000, 1, &GO_ON);
        assert_eq!(better.verify(&graph), Ok(()));
        assert!(better.num_colors() + 2 <= start.num_colors());
        // The rest of the graph hangs on a core that is coloured alone.
        let grid = generate::permute(&generate::grid3d(9, 9, 9).unwrap(), 2).unwrap();
        let start = greedy(&grid, Order::Random, 1).unwrap();
        assert!(reduce(&grid, &start, 2, 1_000_000, 1, &GO_ON).num_colors() < start.num_colors());
    }

    #[test]
    fn stops_when_told() {
        let graph = generate::gnp(100, 0.5, 1).unwrap();
        let mut start = greedy(&graph, Order::Random, 1).unwrap();
        start.normalize();
        assert_eq!(reduce(&graph, &start, 1, u64::MAX, 1, &AtomicBool::new(true)), start);
    }

    proptest! {
        #[test]
        fn proper_never_worse_and_repeatable(
            n in 0u32..80, percent in 0u32..100, seed in 0u64..500, target in 0usize..9,
        ) {
            let graph = random_graph(n, percent, seed);
            let start = greedy(&graph, Order::Random, seed).unwrap();
            let end = reduce(&graph, &start, target, 50_000, seed, &GO_ON);
            prop_assert_eq!(end.verify(&graph), Ok(()));
            prop_assert!(end.num_colors() <= start.num_colors());
            prop_assert_eq!(reduce(&graph, &start, target, 50_000, seed, &GO_ON), end);
        }
    }
}
