//! RLF, recursive largest first: build one colour class after another (Leighton 1979).
//!
//! A class starts with the vertex that has the most uncoloured neighbours. Then it takes, among the
//! vertices that still fit in, the one with the most neighbours among those that no longer do, so
//! that the class uses up as little as possible of what is left; ties go to the fewest neighbours
//! among those that fit, then to the vertex that ranks highest. Fewer colours than DSATUR on dense
//! random graphs. On a graph of ordinary size a run takes milliseconds, so that a few [`Ranking`]s are
//! tried and the best colouring is kept.
//!
//! Dense graphs count neighbours with rows of a bit matrix: a class costs O(n^2 / 64) words,
//! because the set of vertices that fit shrinks as fast as the class grows. Sparse graphs keep the
//! counts by difference and the candidates in a [`LevelQueue`]: each class costs the arcs among the
//! vertices that are left, O(k m) in all, which is why the work can be limited. Both ways choose
//! the same.

use crate::bit_matrix::{BitMatrix, ones};
use crate::construct::ConstructError;
use crate::level_queue::LevelQueue;
use crate::ranking::Ranking;
use prism_core::search::UNCOLORED;
use prism_core::{Color, Coloring, Graph, MAX_COLORS};
use std::sync::atomic::{AtomicBool, Ordering};

/// A graph is dense for RLF from one edge in this many possible ones, up to [`DENSE_N`] vertices.
const DENSE: f64 = 1.0 / 16.0;
/// The largest number of vertices of which a bit matrix is made: 128 MiB.
const DENSE_N: usize = 1 << 15;

/// The rankings of the runs.
const RANKINGS: [Ranking; 4] =
    [Ranking::SMALLEST, Ranking::LARGEST, Ranking::SCATTERED[0], Ranking::SCATTERED[1]];
/// Arcs or words of bits after which no further run is begun: some hundredths of a second.
const RUNS_WORK: u64 = 1 << 24;

/// The best RLF colouring of `graph` in a few runs, one if it is large; the same on every machine.
/// Looks at `stop` with every class at least.
///
/// # Errors
/// [`ConstructError::Stopped`] and [`ConstructError::TooManyColors`].
pub fn rlf(graph: &Graph<'_>, stop: &AtomicBool) -> Result<Coloring, ConstructError> {
    rlf_within(graph, u64::MAX, stop)
}

/// [`rlf`] that gives up after about `arcs` arcs, or words of bits on dense graphs.
///
/// # Errors
/// As [`rlf`]; [`ConstructError::Stopped`] also when the work is used up in the first run. On a
/// sparse graph the first class alone looks at a good part of all arcs, so that one with more is
/// refused at once.
pub fn rlf_within(
    graph: &Graph<'_>,
    arcs: u64,
    stop: &AtomicBool,
) -> Result<Coloring, ConstructError> {
    let engine = if graph.n() <= DENSE_N && graph.density() >= DENSE { dense } else { sparse };
    let (mut best, cost) = engine(graph, RANKINGS[0], arcs, stop)?;
    // The runs cost about the same.
    let runs = arcs.min(RUNS_WORK) / cost.max(1);
    for &ranking in RANKINGS.iter().take(runs as usize).skip(1) {
        match engine(graph, ranking, arcs, stop) {
            Ok((new, _)) if new.num_colors() < best.num_colors() => best = new,
            _ => {}
        }
    }
    Ok(best)
}

/// Whether another class may be built.
fn may_go_on(class: usize, work: u64, limit: u64, stop: &AtomicBool) -> Result<(), ConstructError> {
    if class == MAX_COLORS {
        Err(ConstructError::TooManyColors)
    } else if work >= limit || stop.load(Ordering::Relaxed) {
        Err(ConstructError::Stopped)
    } else {
        Ok(())
    }
}

fn common(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum()
}

/// A colouring and the work it took.
type Costed = Result<(Coloring, u64), ConstructError>;

fn dense(graph: &Graph<'_>, ranking: Ranking, limit: u64, stop: &AtomicBool) -> Costed {
    let matrix = BitMatrix::new(graph)?;
    let mut colors = vec![UNCOLORED; graph.n()];
    let mut uncolored = vec![0u64; matrix.words()];
    for v in graph.vertices() {
        uncolored[v as usize / 64] |= 1 << (v % 64);
    }
    let members = |set: &[u64]| -> Vec<u32> {
        set.iter().enumerate().flat_map(|(w, &word)| ones(w, word)).map(|v| v as u32).collect()
    };
    let mut work = 0;
    for class in 0.. {
        let left = members(&uncolored);
        let degrees: Vec<u32> = left.iter().map(|&v| common(matrix.row(v), &uncolored)).collect();
        let Some(mut at) = (0..left.len()).max_by_key(|&i| (degrees[i], ranking.rank(left[i])))
        else {
            break;
        };
        may_go_on(class, work, limit, stop)?;
        // Vertices that fit, with their uncoloured neighbours, and those that no longer do.
        let mut fits: Vec<(u32, u32)> = left.iter().copied().zip(degrees).collect();
        let mut outside = vec![0u64; matrix.words()];
        loop {
            work += (fits.len() * matrix.words()) as u64;
            let v = fits[at].0;
            colors[v as usize] = class as Color;
            uncolored[v as usize / 64] &= !(1 << (v % 64));
            let row = matrix.row(v);
            for (word, seen) in outside.iter_mut().zip(row) {
                *word |= seen;
            }
            fits.retain(|&(u, _)| u != v && row[u as usize / 64] >> (u % 64) & 1 == 0);
            for (word, open) in outside.iter_mut().zip(&uncolored) {
                *word &= open;
            }
            // Of d uncoloured neighbours, those outside and those that fit make up d: with equally
            // many outside, the fewest that fit is the smallest d.
            let best = fits
                .iter()
                .enumerate()
                .map(|(i, &(u, d))| (common(matrix.row(u), &outside), !d, ranking.rank(u), i))
                .max();
            match best {
                Some((.., i)) => at = i,
                None => break,
            }
        }
    }
    Ok((Coloring::from_colors(colors), work))
}

fn sparse(graph: &Graph<'_>, ranking: Ranking, limit: u64, stop: &AtomicBool) -> Costed {
    /// Not a candidate: coloured, or outside for this class.
    const OUT: u32 = u32::MAX;
    if 2 * graph.m() as u64 > limit {
        return Err(ConstructError::Stopped);
    }
    let mut colors = vec![UNCOLORED; graph.n()];
    // Uncoloured neighbours at the start of a class, and how many of them are outside by now.
    let mut degree: Vec<u32> = graph.vertices().map(|v| graph.degree(v) as u32).collect();
    let mut outside = vec![0u32; graph.n()];
    let mut left: Vec<u32> = graph.vertices().collect();
    let mut queue = LevelQueue::new(ranking);
    // The candidates that a step changes, each once: a hub's neighbours have most of them in common.
    let (mut changed, mut is_changed) = (Vec::new(), vec![false; graph.n()]);
    let mut work = 0;
    for class in 0.. {
        let Some(&first) = left.iter().max_by_key(|&&v| (degree[v as usize], ranking.rank(v)))
        else {
            break;
        };
        may_go_on(class, work, limit, stop)?;
        queue.clear();
        for &v in &left {
            outside[v as usize] = 0;
            queue.push(0, !degree[v as usize], v);
        }
        let mut next = Some(first);
        while let Some(v) = next {
            if stop.load(Ordering::Relaxed) {
                return Err(ConstructError::Stopped);
            }
            colors[v as usize] = class as Color;
            outside[v as usize] = OUT;
            for &u in graph.neighbors(v) {
                if outside[u as usize] == OUT {
                    continue;
                }
                outside[u as usize] = OUT;
                work += graph.degree(u) as u64;
                for &w in graph.neighbors(u) {
                    if outside[w as usize] != OUT {
                        outside[w as usize] += 1;
                        if !std::mem::replace(&mut is_changed[w as usize], true) {
                            changed.push(w);
                        }
                    }
                }
            }
            for w in changed.drain(..) {
                is_changed[w as usize] = false;
                if outside[w as usize] != OUT {
                    queue.push(outside[w as usize], !degree[w as usize], w);
                }
            }
            next = queue.pop(|u| {
                let level = outside[u as usize];
                (level != OUT).then(|| (level, !degree[u as usize]))
            });
        }
        work += left.len() as u64;
        left.retain(|&v| {
            if colors[v as usize] == UNCOLORED {
                return true;
            }
            for &u in graph.neighbors(v) {
                degree[u as usize] -= 1;
            }
            false
        });
    }
    Ok((Coloring::from_colors(colors), work))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partial_coloring::tests::random_graph;
    use prism_core::generate;
    use proptest::prelude::*;

    static GO_ON: AtomicBool = AtomicBool::new(false);

    #[test]
    fn known_graphs() {
        let k = |g: &Graph<'_>| rlf(g, &GO_ON).unwrap().num_colors();
        assert_eq!(k(&generate::gnp(90, 1.0, 0).unwrap()), 90);
        assert_eq!(k(&generate::grid3d(7, 6, 5).unwrap()), 2);
        assert_eq!(k(&generate::mycielski(5).unwrap()), 5);
        assert_eq!(k(&Graph::empty(3)), 1);
        assert_eq!(k(&Graph::empty(0)), 0);
    }

    #[test]
    fn gives_up_when_told_or_when_the_work_is_done() {
        let g = generate::queens(9, 9).unwrap();
        assert_eq!(rlf(&g, &AtomicBool::new(true)), Err(ConstructError::Stopped));
        for engine in [dense, sparse] {
            assert_eq!(engine(&g, Ranking::SMALLEST, 20, &GO_ON), Err(ConstructError::Stopped));
        }
    }

    proptest! {
        #[test]
        fn proper_and_the_same_both_ways(n in 0u32..90, percent in 0u32..100, seed in 0u64..500) {
            let graph = random_graph(n, percent, seed);
            let best = rlf(&graph, &GO_ON).unwrap().num_colors();
            for ranking in RANKINGS {
                let (coloring, _) = dense(&graph, ranking, u64::MAX, &GO_ON).unwrap();
                prop_assert_eq!(coloring.verify(&graph), Ok(()));
                prop_assert!(coloring.num_colors() <= graph.max_degree() + 1);
                prop_assert!(best <= coloring.num_colors());
                prop_assert_eq!(sparse(&graph, ranking, u64::MAX, &GO_ON).unwrap().0, coloring);
            }
        }
    }
}
