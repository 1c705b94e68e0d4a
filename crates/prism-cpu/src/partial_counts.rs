//! A partial proper colouring and its neighbour counts, kept up to date move by move.
//!
//! The classes are independent sets; the vertices outside them form the *pool*. A vertex of the
//! pool enters a class, and its neighbours there leave for the pool. The forms are those of
//! [`neighbor_counts`](crate::neighbor_counts): rows of counts for every vertex where the graph is
//! sparse, columns by class where it is dense, with rows for the pool alone. The pool is a class
//! too, the last one, so that a vertex that comes or goes is a shift between two columns.

use crate::adjacency::Adjacency;
use crate::columns::Columns;
use crate::conflict_list::ConflictList;
use crate::neighbor_counts::Count;
use crate::simd::{LANES, Level};
use prism_core::memory::{OutOfMemory, try_vec};
use prism_core::search::UNCOLORED;
use prism_core::{Color, Graph};

/// See the top of this file.
#[derive(Clone, Debug)]
pub(crate) struct PartialCounts<C> {
    /// The class of each vertex, or k.
    classes: Vec<Color>,
    sizes: Vec<u32>,
    /// By vertex: `words * LANES` counts by class, the largest count in the padding. With columns, only
    /// the rows of the pool are up to date.
    rows: Vec<C>,
    pool: ConflictList,
    words: usize,
    columns: Option<Columns>,
}

impl<C: Count> PartialCounts<C> {
    /// `n` vertices and `k` classes, all of them empty.
    ///
    /// # Errors
    /// [`OutOfMemory`]: the tables do not fit.
    pub fn new(
        n: usize,
        k: usize,
        adjacency: &Adjacency,
        level: Level,
    ) -> Result<Self, OutOfMemory> {
        let words = k.div_ceil(LANES);
        let mut rows = try_vec(n * words * LANES, C::from(0))?;
        for row in rows.chunks_exact_mut((words * LANES).max(1)) {
            row[k..].fill(C::MAX);
        }
        let columns = match adjacency {
            Adjacency::Sparse(_) => None,
            Adjacency::Dense(matrix) => Some(Columns::new(matrix, k + 1, level)?),
        };
        let (classes, pool) = (try_vec(n, k as Color)?, ConflictList::new(n)?);
        let mut counts = Self { classes, sizes: vec![0; k], rows, pool, words, columns };
        counts.clear(adjacency);
        Ok(counts)
    }

    /// Empties all classes.
    pub fn clear(&mut self, adjacency: &Adjacency) {
        let k = self.k();
        self.classes.fill(k as Color);
        self.sizes.fill(0);
        for row in self.rows.chunks_exact_mut((self.words * LANES).max(1)) {
            row[..k].fill(C::from(0));
        }
        self.pool.clear();
        (0..self.classes.len() as u32).for_each(|v| self.pool.insert(v));
        if let (Adjacency::Dense(matrix), Some(columns)) = (adjacency, &mut self.columns) {
            columns.load(matrix, &self.classes);
        }
    }

    /// Classes.
    #[inline]
    pub fn k(&self) -> usize {
        self.sizes.len()
    }

    /// The class of each vertex, or [`UNCOLORED`].
    pub fn colors(&self) -> impl Iterator<Item = Color> {
        let k = self.k() as Color;
        self.classes.iter().map(move |&class| if class == k { UNCOLORED } else { class })
    }

    /// The vertices without a class.
    #[inline]
    pub fn pool(&self) -> &[u32] {
        self.pool.vertices()
    }

    #[inline]
    pub fn class_size(&self, class: usize) -> u32 {
        self.sizes[class]
    }

    #[inline]
    pub fn words(&self) -> usize {
        self.words
    }

    #[inline]
    pub fn rows(&self) -> &[C] {
        &self.rows
    }

    /// The counts of a vertex of the pool, by class.
    #[inline]
    pub fn row(&self, v: u32) -> &[C] {
        let width = self.words * LANES;
        &self.rows[v as usize * width..][..self.k()]
    }

    /// Moves `v` from the pool into `class`, and lists in `ejected` its neighbours that go to the pool
    /// instead.
    pub fn place(&mut self, adjacency: &Adjacency, v: u32, class: usize, ejected: &mut Vec<u32>) {
        ejected.clear();
        self.pool.remove(v);
        match adjacency {
            Adjacency::Dense(_) => self.place_dense(adjacency, v, class, ejected),
            Adjacency::Sparse(graph) => self.place_sparse(graph, v, class, ejected),
        }
        self.classes[v as usize] = class as Color;
        self.sizes[class] = self.sizes[class] + 1 - ejected.len() as u32;
        for &u in &*ejected {
            self.classes[u as usize] = self.k() as Color;
            self.pool.insert(u);
        }
    }

    fn place_sparse(&mut self, graph: &Graph<'_>, v: u32, class: usize, ejected: &mut Vec<u32>) {
        let width = self.words * LANES;
        for &u in graph.neighbors(v) {
            self.rows[u as usize * width + class].up();
            if self.classes[u as usize] as usize == class {
                ejected.push(u);
            }
        }
        for &u in &*ejected {
            for &w in graph.neighbors(u) {
                self.rows[w as usize * width + class].down();
            }
        }
    }

    fn place_dense(&mut self, adjacency: &Adjacency, v: u32, class: usize, ejected: &mut Vec<u32>) {
        let (Adjacency::Dense(matrix), Some(columns)) = (adjacency, &mut self.columns) else {
            return;
        };
        let (pool, width) = (self.sizes.len(), self.words * LANES);
        ejected.extend(columns.neighbors_in(matrix.row(v), class).map(|u| u as u32));
        columns.shift(matrix.row(v), v, pool, class);
        for u in columns.neighbors_in(matrix.row(v), pool) {
            self.rows[u * width + class].up();
        }
        // Nobody new is in the pool yet: their rows are taken from the columns afterwards.
        for &u in &*ejected {
            for w in columns.neighbors_in(matrix.row(u), pool) {
                self.rows[w * width + class].down();
            }
        }
        for &u in &*ejected {
            columns.shift(matrix.row(u), u, class, pool);
        }
        for &u in &*ejected {
            let row = &mut self.rows[u as usize * width..][..pool];
            row.iter_mut().zip(columns.row(u)).for_each(|(kept, count)| *kept = C::from(count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prism_core::Rng;
    use proptest::prelude::*;

    /// Compares what is kept with what counting afresh gives.
    fn check<C: Count>(counts: &PartialCounts<C>, graph: &Graph<'_>) {
        let colors: Vec<Color> = counts.colors().collect();
        for v in graph.vertices() {
            let own = colors[v as usize];
            let count = |c: Color| {
                graph.neighbors(v).iter().filter(|&&u| colors[u as usize] == c).count() as u32
            };
            assert_eq!(own == UNCOLORED, counts.pool().contains(&v));
            if own == UNCOLORED {
                for (c, &kept) in (0..).zip(counts.row(v)) {
                    assert_eq!(count(c), kept.into());
                }
            } else {
                assert_eq!(count(own), 0, "classes are independent");
            }
        }
        for class in 0..counts.k() {
            let members = colors.iter().filter(|&&c| c as usize == class).count();
            assert_eq!(members as u32, counts.class_size(class));
        }
    }

    fn walk<C: Count>(graph: &Graph<'_>, adjacency: &Adjacency, k: usize, level: Level) {
        let mut rng = Rng::new(9, k as u64);
        let mut counts = PartialCounts::<C>::new(graph.n(), k, adjacency, level).unwrap();
        let mut ejected = Vec::new();
        check(&counts, graph);
        for _ in 0..3 * graph.n() {
            let Some(&v) = counts.pool().first() else { break };
            let class = rng.below(k as u32) as usize;
            let there: u32 = counts.row(v)[class].into();
            counts.place(adjacency, v, class, &mut ejected);
            assert_eq!(ejected.len() as u32, there);
            check(&counts, graph);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn kept_counts_equal_counting_afresh(
            n in 1usize..100,
            k in 1usize..70,
            raw in prop::collection::vec((0u32..100, 0u32..100), 0..900),
        ) {
            let edges: Vec<_> = raw.iter().map(|&(u, v)| (u % n as u32, v % n as u32)).collect();
            let (graph, _) = Graph::from_edges(n, &edges).unwrap();
            for level in Level::available() {
                walk::<u8>(&graph, &Adjacency::dense(&graph).unwrap(), k, level);
            }
            walk::<u8>(&graph, &Adjacency::sparse(&graph), k, Level::Plain);
            walk::<u16>(&graph, &Adjacency::sparse(&graph), k, Level::Plain);
        }
    }
}
