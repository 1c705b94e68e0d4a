//! DSATUR: colour next the vertex that sees the most colours (Brelaz 1979).
//!
//! It gets the smallest colour that no neighbour has. Exact on bipartite graphs, and the best of the
//! fast constructive methods on most others. How much better depends on what is done about vertices of
//! the same saturation, and no rule is best everywhere (see [`TieRule`]): since a run on a graph of
//! ordinary size takes milliseconds, [`dsatur`] tries several rules there and keeps the best colouring.
//!
//! The queue is a [`LevelQueue`] with the saturation as its level. A vertex' saturation, the number of
//! its uncoloured neighbours and the set of colours that it sees lie side by side in memory, because
//! each arc touches all three. O(m log n) time a run; n k / 8 bytes for the sets.

use crate::construct::{ConstructError, check_start};
use crate::level_queue::LevelQueue;
use crate::ranking::Ranking;
use crate::tie_rule::{TieRule, Weight};
use prism_core::memory::{OutOfMemory, try_zeroed};
use prism_core::search::UNCOLORED;
use prism_core::{Color, Coloring, Graph, MAX_COLORS};
use std::sync::atomic::{AtomicBool, Ordering};

/// Vertices coloured between two looks at the stop flag.
const STOP_EVERY: usize = 1024;

/// Vertices and arcs that all runs together may look at, beyond the first run: about a tenth of a
/// second.
const RUNS_WORK: usize = 1 << 24;

/// The best of the DSATUR colourings of `graph` by each rule of [`TieRule::ALL`], of as many as its
/// size allows, at least the first; or `None` if `stop` was raised during the first or [`MAX_COLORS`]
/// do not suffice. The same on every machine.
pub fn dsatur(graph: &Graph<'_>, stop: &AtomicBool) -> Option<Coloring> {
    dsatur_from(graph, &vec![UNCOLORED; graph.n()], stop).ok()
}

/// [`dsatur`] from a start in which some vertices have a colour already, which they keep; the others
/// are [`UNCOLORED`].
///
/// # Errors
/// Any [`ConstructError`].
pub fn dsatur_from(
    graph: &Graph<'_>,
    start: &[Color],
    stop: &AtomicBool,
) -> Result<Coloring, ConstructError> {
    check_start(graph, start)?;
    let runs = RUNS_WORK / (graph.n() + 2 * graph.m()).max(1);
    let mut best = run(graph, start, Palette::strict(MAX_COLORS), TieRule::ALL[0], stop)
        .map(|(colors, _)| Coloring::from_colors(colors));
    for &rule in TieRule::ALL.iter().take(runs).skip(1) {
        let k = best.as_ref().map_or(MAX_COLORS + 1, Coloring::num_colors);
        // Two colours are the fewest that a graph with edges has.
        if k <= 2 {
            break;
        }
        if let Ok((colors, _)) = run(graph, start, Palette::strict(k - 1), rule, stop) {
            best = Ok(Coloring::from_colors(colors));
        }
    }
    best
}

/// One DSATUR colouring, with the ties broken by `rule`; `None` if `stop` was raised or
/// [`MAX_COLORS`] do not suffice.
pub fn dsatur_by(graph: &Graph<'_>, rule: TieRule, stop: &AtomicBool) -> Option<Coloring> {
    let start = vec![UNCOLORED; graph.n()];
    let (colors, _) = run(graph, &start, Palette::strict(MAX_COLORS), rule, stop).ok()?;
    Some(Coloring::from_colors(colors))
}

/// One DSATUR colouring, with ties to the vertex of the largest `weight`, then to the smallest number, and the
/// order in which the vertices were coloured; `None` if `stop` was raised or [`MAX_COLORS`] do not suffice.
/// `weight` has an entry a vertex.
///
/// # Panics
/// If `weight` has fewer entries.
pub fn dsatur_weighted(
    graph: &Graph<'_>,
    weight: &[u32],
    stop: &AtomicBool,
) -> Option<(Coloring, Vec<u32>)> {
    let start = vec![UNCOLORED; graph.n()];
    let palette = Palette::strict(MAX_COLORS);
    let weight = |v: u32, _| weight[v as usize];
    let mut order = Vec::with_capacity(graph.n());
    let chosen = |v| order.push(v);
    let (colors, _) =
        run_by(graph, &start, palette, Ranking::SMALLEST, weight, chosen, stop).ok()?;
    Some((Coloring::from_colors(colors), order))
}

/// DSATUR with at most `k` colours: vertices that would need another one stay [`UNCOLORED`]. Gives the
/// colours and the number of such vertices. The start that searches over partial colourings want.
///
/// # Errors
/// [`ConstructError::Stopped`] and [`ConstructError::OutOfMemory`].
pub fn dsatur_with(
    graph: &Graph<'_>,
    k: usize,
    stop: &AtomicBool,
) -> Result<(Vec<Color>, usize), ConstructError> {
    let palette = Palette { colors: k.min(MAX_COLORS), may_skip: true };
    run(graph, &vec![UNCOLORED; graph.n()], palette, TieRule::BRELAZ, stop)
}

/// The colours that a run may use.
#[derive(Clone, Copy)]
struct Palette {
    colors: usize,
    /// Whether vertices for which they do not suffice are left out; otherwise they end the run.
    may_skip: bool,
}

impl Palette {
    fn strict(colors: usize) -> Self {
        Self { colors, may_skip: false }
    }
}

/// One run: the colours, and the number of vertices left out.
fn run(
    graph: &Graph<'_>,
    start: &[Color],
    palette: Palette,
    rule: TieRule,
    stop: &AtomicBool,
) -> Result<(Vec<Color>, usize), ConstructError> {
    let weight = |v: u32, uncolored: u32| match rule.weight {
        Weight::Uncolored => uncolored,
        Weight::Degree => graph.degree(v) as u32,
        Weight::None => 0,
    };
    run_by(graph, start, palette, rule.ranking, weight, |_| {}, stop)
}

/// One run with ties to the largest weight, of a vertex and the number of its uncoloured neighbours. `chosen`
/// is told each vertex in its turn.
fn run_by(
    graph: &Graph<'_>,
    start: &[Color],
    palette: Palette,
    ranking: Ranking,
    weight: impl Fn(u32, u32) -> u32,
    mut chosen: impl FnMut(u32),
    stop: &AtomicBool,
) -> Result<(Vec<Color>, usize), ConstructError> {
    let mut colors = start.to_vec();
    let mut sight = Sight::new(graph)?;
    let mut raised = Vec::new();
    let mut queue = LevelQueue::new(ranking);
    for v in graph.vertices().filter(|&v| start[v as usize] != UNCOLORED) {
        sight.finish(v);
        sight.see(graph.neighbors(v), Some(start[v as usize] as usize), &mut raised)?;
    }
    for v in graph.vertices() {
        if let Some((saturation, open)) = sight.current(v) {
            queue.push(saturation, weight(v, open), v);
        }
    }
    let (mut skipped, mut steps) = (0, 0);
    while let Some(v) =
        queue.pop(|v| sight.current(v).map(|(saturation, open)| (saturation, weight(v, open))))
    {
        steps += 1;
        if steps % STOP_EVERY == 0 && stop.load(Ordering::Relaxed) {
            return Err(ConstructError::Stopped);
        }
        chosen(v);
        let color = Some(sight.smallest_free(v)).filter(|&color| color < palette.colors);
        sight.finish(v);
        match color {
            Some(color) => colors[v as usize] = color as Color,
            None if palette.may_skip => skipped += 1,
            None => return Err(ConstructError::TooManyColors),
        }
        sight.see(graph.neighbors(v), color, &mut raised)?;
        for &u in &raised {
            if let Some((saturation, open)) = sight.current(u) {
                queue.push(saturation, weight(u, open), u);
            }
        }
    }
    Ok((colors, skipped))
}

/// What each vertex sees. A row is one word of counts, saturation above uncoloured neighbours, and
/// then the set of colours.
struct Sight {
    stride: usize,
    rows: Vec<u64>,
}

/// The saturation of a vertex that is done with. No other reaches it: colours have 16 bits.
const DONE: u32 = 1 << 31;

impl Sight {
    fn new(graph: &Graph<'_>) -> Result<Self, OutOfMemory> {
        let stride = 2;
        let mut rows = try_zeroed(stride * graph.n())?;
        for (v, row) in graph.vertices().zip(rows.chunks_exact_mut(stride)) {
            row[0] = graph.degree(v) as u64;
        }
        Ok(Self { stride, rows })
    }

    /// Saturation and uncoloured neighbours, unless `v` is done with.
    #[inline]
    fn current(&self, v: u32) -> Option<(u32, u32)> {
        let counts = self.rows[v as usize * self.stride];
        let saturation = (counts >> 32) as u32;
        (saturation & DONE == 0).then_some((saturation, counts as u32))
    }

    fn finish(&mut self, v: u32) {
        self.rows[v as usize * self.stride] |= u64::from(DONE) << 32;
    }

    fn smallest_free(&self, v: u32) -> usize {
        let set = &self.rows[v as usize * self.stride + 1..][..self.stride - 1];
        let word = set.iter().position(|&word| word != !0);
        word.map_or(set.len() * 64, |w| w * 64 + set[w].trailing_ones() as usize)
    }

    /// A neighbour of all of `vertices` is done with, and has `color` if any. Leaves in `raised` those
    /// of them that wait for their turn and see a colour more.
    #[inline]
    fn see(
        &mut self,
        vertices: &[u32],
        color: Option<usize>,
        raised: &mut Vec<u32>,
    ) -> Result<(), OutOfMemory> {
        raised.clear();
        let Some(color) = color else {
            for &v in vertices {
                self.rows[v as usize * self.stride] -= 1;
            }
            return Ok(());
        };
        while color / 64 + 2 > self.stride {
            self.widen()?;
        }
        let (word, bit) = (color / 64 + 1, color % 64);
        raised.resize(vertices.len(), 0);
        let mut count = 0;
        for &v in vertices {
            let row = &mut self.rows[v as usize * self.stride..][..self.stride];
            let new = !row[word] >> bit & 1;
            row[word] |= 1 << bit;
            row[0] = row[0] - 1 + (new << 32);
            // Whether the colour is new cannot be predicted, so nothing branches on it.
            raised[count] = v;
            count += (new & !(row[0] >> 63)) as usize;
        }
        raised.truncate(count);
        Ok(())
    }

    /// Makes room for 64 more colours.
    fn widen(&mut self) -> Result<(), OutOfMemory> {
        let mut wider = try_zeroed(self.rows.len() / self.stride * (self.stride + 1))?;
        let rows = self.rows.chunks_exact(self.stride);
        for (old, new) in rows.zip(wider.chunks_exact_mut(self.stride + 1)) {
            new[..self.stride].copy_from_slice(old);
        }
        self.stride += 1;
        self.rows = wider;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::greedy::greedy_in;
    use crate::partial_coloring::tests::random_graph;
    use prism_core::generate;
    use proptest::prelude::*;

    static GO_ON: AtomicBool = AtomicBool::new(false);

    /// The definition: look at every vertex for each choice.
    fn by_definition(graph: &Graph<'_>, rule: TieRule) -> Vec<Color> {
        let mut colors = vec![UNCOLORED; graph.n()];
        for _ in graph.vertices() {
            let at = |v: u32| colors[v as usize];
            let seen = |v: u32| {
                let seen: std::collections::BTreeSet<Color> =
                    graph.neighbors(v).iter().map(|&u| at(u)).filter(|&c| c != UNCOLORED).collect();
                seen
            };
            let weight = |v: u32| match rule.weight {
                Weight::Uncolored => {
                    graph.neighbors(v).iter().filter(|&&u| at(u) == UNCOLORED).count()
                }
                Weight::Degree => graph.degree(v),
                Weight::None => 0,
            };
            let waiting = graph.vertices().filter(|&v| at(v) == UNCOLORED);
            let next =
                waiting.max_by_key(|&v| (seen(v).len(), weight(v), rule.ranking.rank(v))).unwrap();
            let taken = seen(next);
            colors[next as usize] = (0..).find(|c| !taken.contains(c)).unwrap();
        }
        colors
    }

    #[test]
    fn stops_when_told() {
        let graph = Graph::empty(5000);
        assert_eq!(dsatur(&graph, &AtomicBool::new(true)), None);
    }

    #[test]
    fn known_graphs() {
        let k = |g: &Graph<'_>| dsatur(g, &GO_ON).unwrap().num_colors();
        let clique = generate::gnp(150, 1.0, 0).unwrap();
        assert_eq!(k(&clique), 150);
        let grid = generate::permute(&generate::grid3d(9, 8, 7).unwrap(), 3).unwrap();
        assert_eq!(k(&grid), 2);
        assert_eq!(k(&generate::mycielski(6).unwrap()), 6);
    }

    #[test]
    fn a_start_is_kept() {
        let (path, _) = Graph::from_edges(3, &[(0, 1), (1, 2)]).unwrap();
        let start = [7, UNCOLORED, 1];
        assert_eq!(dsatur_from(&path, &start, &GO_ON).unwrap().colors(), [7, 0, 1]);
        let clash = ConstructError::StartConflict { u: 0, v: 1, color: 2 };
        assert_eq!(dsatur_from(&path, &[2, 2, UNCOLORED], &GO_ON), Err(clash));
    }

    proptest! {
        #[test]
        fn chooses_as_defined(n in 0u32..60, percent in 0u32..100, seed in 0u64..500) {
            let graph = random_graph(n, percent, seed);
            let best = dsatur(&graph, &GO_ON).unwrap();
            prop_assert_eq!(best.verify(&graph), Ok(()));
            prop_assert!(best.num_colors() <= graph.max_degree() + 1);
            for rule in TieRule::ALL {
                let coloring = dsatur_by(&graph, rule, &GO_ON).unwrap();
                prop_assert_eq!(coloring.colors(), by_definition(&graph, rule));
                prop_assert!(best.num_colors() <= coloring.num_colors());
            }
            let degrees: Vec<u32> = graph.vertices().map(|v| graph.degree(v) as u32).collect();
            let (weighted, order) = dsatur_weighted(&graph, &degrees, &GO_ON).unwrap();
            let rule = TieRule { weight: Weight::Degree, ranking: Ranking::SMALLEST };
            prop_assert_eq!(weighted.colors(), by_definition(&graph, rule));
            // In that order the smallest free colour is the same.
            prop_assert_eq!(greedy_in(&graph, &order).unwrap(), weighted);
        }

        #[test]
        fn bipartite_graphs_get_two_colours(
            raw in prop::collection::vec((0u32..20, 20u32..40), 1..100),
        ) {
            let (graph, _) = Graph::from_edges(40, &raw).unwrap();
            prop_assert_eq!(dsatur(&graph, &GO_ON).unwrap().num_colors(), 2);
        }

        #[test]
        fn with_too_few_colours_it_is_partial_and_proper(
            n in 1u32..60, percent in 0u32..100, seed in 0u64..500, k in 1usize..6,
        ) {
            let graph = random_graph(n, percent, seed);
            let (colors, skipped) = dsatur_with(&graph, k, &GO_ON).unwrap();
            prop_assert_eq!(colors.iter().filter(|&&c| c == UNCOLORED).count(), skipped);
            prop_assert!(colors.iter().all(|&c| c == UNCOLORED || (c as usize) < k));
            prop_assert_eq!(check_start(&graph, &colors), Ok(()));
        }
    }
}
