//! TabuCol: tabu search over complete assignments of k colours (Hertz & de Werra 1987).
//!
//! Each move gives one conflicting vertex another colour: the move that leaves the fewest conflicting
//! edges, ties broken uniformly at random. The colour that the vertex gives up is tabu to it for a
//! tenure of 0.6 times the number of conflicting vertices plus a random number below 10 (Galinier &
//! Hao 1999), unless taking it leads to fewer conflicts than ever seen.
//!
//! A move costs a scan of the conflicting vertices' count rows, 64 colours an instruction (see
//! [`simd`](crate::simd)), and an update of the counts (see
//! [`neighbor_counts`](crate::neighbor_counts)). Tabu entries are bits beside the rows, so that the
//! scan reads 1 bit a colour; an [`ExpiryRing`] says which bit to clear when.
//!
//! Strong on random graphs and as the improvement step of [`memetic`](crate::memetic) search; on
//! geometric and register-allocation graphs it drowns in plateaus.

use crate::expiry_ring::ExpiryRing;
use crate::neighbor_counts::{Adjacency, Count, NeighborCounts};
use crate::search::{FixedK, Step};
use crate::simd::{BLOCK, Block, LANES, Level, Moves, NEUTRAL, Tie};
use prism_core::{Color, Graph, Rng};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tabu search for a proper colouring with k colours.
#[derive(Clone, Debug)]
pub struct TabuCol(Width);

/// Counts are bytes until a class may come to hold more than 255 neighbours of one vertex.
#[derive(Clone, Debug)]
enum Width {
    Bytes(Core<u8>),
    Words(Core<u16>),
}

/// The largest class that byte counts are safe with, unless no degree is larger.
const BYTE_CLASS: u32 = u8::MAX as u32;

/// What ended a slice of moves, inside.
enum Pause {
    Step(Step),
    /// The chosen move would make a class too large for byte counts. It was not made.
    Crowded,
}

#[derive(Clone, Debug)]
struct Core<C> {
    adjacency: Arc<Adjacency>,
    counts: NeighborCounts<C>,
    k: usize,
    /// No move may make a class larger.
    largest_class: u32,
    level: Level,
    /// By vertex, `words` masks: tabu colours, its own colour, and the padding.
    blocked: Vec<u64>,
    /// By vertex and colour: when the latest tabu entry ends, modulo 2^32.
    ends: Vec<u32>,
    ring: ExpiryRing,
    rng: Rng,
    moves: u64,
    best: Vec<Color>,
    best_conflicts: u64,
    blocks: Vec<Block>,
    ties: Vec<Tie>,
}

impl TabuCol {
    /// A search for `k >= 1` colours from `start`, which has one colour below `k` for each vertex.
    ///
    /// # Panics
    /// If `start` is not such an assignment.
    pub fn new(adjacency: Arc<Adjacency>, k: usize, start: &[Color], rng: Rng) -> Self {
        Self::with_level(adjacency, k, start, rng, Level::detect())
    }

    fn with_level(
        adjacency: Arc<Adjacency>,
        k: usize,
        start: &[Color],
        rng: Rng,
        level: Level,
    ) -> Self {
        Self(if crowded(&adjacency, k, start) {
            let adjacency = Arc::new(adjacency.to_sparse());
            Width::Words(Core::new(adjacency, k, start, rng, level))
        } else {
            Width::Bytes(Core::new(adjacency, k, start, rng, level))
        })
    }

    /// Whether a search for `k` colours is possible and fits into `bytes` of memory.
    pub fn fits(graph: &Graph<'_>, k: usize, bytes: usize) -> bool {
        let row = k.div_ceil(LANES) * (LANES + size_of::<u64>()) + k * (1 + size_of::<u32>());
        graph.max_degree() <= u16::MAX.into()
            && graph.n().saturating_mul(row) <= bytes
            && graph.n().saturating_mul(k) < u32::MAX as usize
    }

    /// Starts again from another assignment of the same k colours; moves are counted on.
    pub fn restart(&mut self, start: &[Color]) {
        match &mut self.0 {
            Width::Bytes(core) if crowded(&core.adjacency, core.k, start) => {
                self.0 = Width::Words(core.widened(start));
            }
            Width::Bytes(core) => core.load(start),
            Width::Words(core) => core.load(start),
        }
    }
}

/// Whether `start` has a class that byte counts are not safe with.
fn crowded(adjacency: &Adjacency, k: usize, start: &[Color]) -> bool {
    if adjacency.max_degree() <= BYTE_CLASS as usize {
        return false;
    }
    let mut sizes = vec![0u32; k];
    for &c in start {
        sizes[c as usize] += 1;
    }
    sizes.into_iter().any(|size| size > BYTE_CLASS)
}

impl FixedK for TabuCol {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        let before = self.moves();
        let pause = match &mut self.0 {
            Width::Bytes(core) => core.run(moves, stop),
            Width::Words(core) => core.run(moves, stop),
        };
        match (pause, &mut self.0) {
            (Pause::Step(step), _) => step,
            (Pause::Crowded, Width::Bytes(core)) => {
                let colors = core.counts.colors().to_vec();
                self.0 = Width::Words(core.widened(&colors));
                self.run(moves - (self.moves() - before), stop)
            }
            (Pause::Crowded, Width::Words(_)) => unreachable!("only byte counts can be crowded"),
        }
    }

    fn best(&self) -> &[Color] {
        match &self.0 {
            Width::Bytes(core) => &core.best,
            Width::Words(core) => &core.best,
        }
    }

    fn conflicts(&self) -> u64 {
        match &self.0 {
            Width::Bytes(core) => core.best_conflicts,
            Width::Words(core) => core.best_conflicts,
        }
    }

    fn moves(&self) -> u64 {
        match &self.0 {
            Width::Bytes(core) => core.moves,
            Width::Words(core) => core.moves,
        }
    }
}

impl<C: Count> Core<C> {
    fn new(adjacency: Arc<Adjacency>, k: usize, start: &[Color], rng: Rng, level: Level) -> Self {
        let n = start.len();
        let counts = NeighborCounts::new(n, k, &adjacency, level);
        let longest_tenure = n * 6 / 10 + 10;
        let bytes = C::bytes(&[]).is_some();
        let largest_class = if bytes && adjacency.max_degree() > BYTE_CLASS as usize {
            BYTE_CLASS
        } else {
            u32::MAX
        };
        let mut core = Self {
            adjacency,
            counts,
            k,
            largest_class,
            level,
            blocked: vec![0; n * k.div_ceil(LANES)],
            ends: vec![0; n * k],
            ring: ExpiryRing::new(longest_tenure),
            rng,
            moves: 0,
            best: start.to_vec(),
            best_conflicts: 0,
            blocks: vec![Block::EMPTY; n.div_ceil(BLOCK)],
            ties: Vec::with_capacity(64),
        };
        core.load(start);
        core
    }

    fn load(&mut self, start: &[Color]) {
        self.counts.load(&self.adjacency, start);
        self.ring.clear();
        let words = self.counts.words();
        self.blocked.fill(0);
        for (v, blocked) in self.blocked.chunks_exact_mut(words.max(1)).enumerate() {
            if !self.k.is_multiple_of(LANES) {
                blocked[words - 1] = !0 << (self.k % LANES);
            }
            blocked[start[v] as usize / LANES] |= 1 << (start[v] as usize % LANES);
        }
        self.best.copy_from_slice(start);
        self.best_conflicts = self.counts.conflicts();
    }

    /// The same search with wider counts, from `start`; tabu entries are forgotten.
    fn widened(&self, start: &[Color]) -> Core<u16> {
        let adjacency = Arc::new(self.adjacency.to_sparse());
        let mut wide = Core::new(adjacency, self.k, start, self.rng.clone(), self.level);
        wide.moves = self.moves;
        if self.best_conflicts < wide.best_conflicts {
            wide.best_conflicts = self.best_conflicts;
            wide.best.copy_from_slice(&self.best);
        }
        wide
    }

    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Pause {
        for _ in 0..moves {
            if self.best_conflicts == 0 {
                return Pause::Step(Step::Solved);
            }
            if stop.load(Ordering::Relaxed) {
                return Pause::Step(Step::Stopped);
            }
            if !self.step() {
                return Pause::Crowded;
            }
        }
        Pause::Step(if self.best_conflicts == 0 { Step::Solved } else { Step::OutOfMoves })
    }

    /// One iteration: expiries, the best move, its tabu entry. Returns false, having done nothing, if
    /// the move would crowd a class.
    fn step(&mut self) -> bool {
        self.moves += 1;
        self.expire();
        let Some((v, color)) = self.choose() else { return true };
        if self.counts.class_size(color as usize) >= self.largest_class {
            self.moves -= 1;
            return false;
        }
        let left = self.counts.colors()[v as usize];
        self.counts.shift(&self.adjacency, v, color);
        self.block(v, color);
        let tenure =
            u64::from(self.rng.below(10)) + self.counts.conflicting().len() as u64 * 6 / 10;
        if tenure == 0 {
            self.unblock(v, left);
        } else {
            // The colour left is blocked already, as the vertex's own.
            let item = v as usize * self.k + left as usize;
            self.ends[item] = self.ring.insert(self.moves, tenure + 1, item as u32) as u32;
        }
        if self.counts.conflicts() < self.best_conflicts {
            self.best_conflicts = self.counts.conflicts();
            self.best.copy_from_slice(self.counts.colors());
        }
        true
    }

    fn expire(&mut self) {
        let Self { ring, ends, blocked, counts, moves, k, .. } = self;
        ring.expire(*moves, |item| {
            let (v, color) = (item as usize / *k, item as usize % *k);
            // A later entry may have replaced this one, or the vertex have come back to the colour.
            if ends[item as usize] == *moves as u32 && counts.colors()[v] as usize != color {
                blocked[v * counts.words() + color / LANES] &= !(1 << (color % LANES));
            }
        });
    }

    #[inline]
    fn block(&mut self, v: u32, color: Color) {
        let (word, bit) = (color as usize / LANES, color as usize % LANES);
        self.blocked[v as usize * self.counts.words() + word] |= 1 << bit;
    }

    #[inline]
    fn unblock(&mut self, v: u32, color: Color) {
        let (word, bit) = (color as usize / LANES, color as usize % LANES);
        self.blocked[v as usize * self.counts.words() + word] &= !(1 << bit);
    }

    /// The best move allowed, or `None` if every move is tabu.
    fn choose(&mut self) -> Option<(u32, Color)> {
        let chosen = match (C::bytes(self.counts.rows()), C::bytes(self.counts.own())) {
            (Some(rows), Some(own)) if !self.counts.is_heavy() => {
                let moves = Moves {
                    vertices: self.counts.conflicting(),
                    rows,
                    blocked: &self.blocked,
                    own,
                    words: self.counts.words(),
                };
                let (free, all) = moves.minima(self.level, &mut self.blocks);
                let aspires = all < free && all < NEUTRAL && {
                    self.counts.conflicts() - u64::from(NEUTRAL - all) < self.best_conflicts
                };
                let target = if aspires { all } else { free };
                (target < u8::MAX)
                    .then(|| moves.ties(self.level, &self.blocks, target, !aspires, &mut self.ties))
            }
            _ => None,
        };
        // Values that do not fit into bytes, or counts that are no bytes, are compared exactly.
        let count = chosen.unwrap_or_else(|| self.exact_ties());
        if count == 0 {
            return None;
        }
        let mut drawn = self.rng.below(count);
        for &(place, mask) in &self.ties {
            let here = mask.count_ones();
            if drawn < here {
                let bit = (0..drawn).fold(mask, |rest, _| rest & (rest - 1)).trailing_zeros();
                let (at, word) = split(place, self.counts.words());
                let color = (word * LANES) as u32 + bit;
                return Some((self.counts.conflicting()[at], color as Color));
            }
            drawn -= here;
        }
        None
    }

    /// Fills `ties` as [`Moves::ties`] does, comparing differences of any size, and returns their number.
    fn exact_ties(&mut self) -> u32 {
        let words = self.counts.words();
        let aspiration = self.best_conflicts as i64 - self.counts.conflicts() as i64;
        let mut least = i64::MAX;
        let mut count = 0;
        self.ties.clear();
        for (at, &v) in self.counts.conflicting().iter().enumerate() {
            let own: u32 = self.counts.own()[v as usize].into();
            for (color, &there) in self.counts.row(v).iter().enumerate() {
                let (word, bit) = (color / LANES, color % LANES);
                let delta = i64::from(there.into()) - i64::from(own);
                let blocked = self.blocked[v as usize * words + word] >> bit & 1 == 1;
                if delta > least || (blocked && delta >= aspiration) || (blocked && delta >= 0) {
                    continue;
                }
                if delta < least {
                    least = delta;
                    count = 0;
                    self.ties.clear();
                }
                count += 1;
                let place = (at * words + word) as u32;
                match self.ties.last_mut() {
                    Some((last, mask)) if *last == place => *mask |= 1 << bit,
                    _ => self.ties.push((place, 1 << bit)),
                }
            }
        }
        count
    }
}

fn split(place: u32, words: usize) -> (usize, usize) {
    (place as usize / words, place as usize % words)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use prism_core::{Coloring, Rng};
    use proptest::prelude::*;

    /// G(n, p), for the tests of the searches that use this one too.
    pub(crate) fn gnp(n: usize, p: f64, seed: u64) -> Graph<'static> {
        let mut rng = Rng::new(seed, 0);
        let mut edges = Vec::new();
        for u in 0..n as u32 {
            edges.extend((0..u).filter(|_| rng.unit() < p).map(|v| (u, v)));
        }
        Graph::from_edges(n, &edges).unwrap().0
    }

    fn random_start(n: usize, k: usize, seed: u64) -> Vec<Color> {
        let mut rng = Rng::new(seed, 1);
        (0..n).map(|_| rng.below(k as u32) as Color).collect()
    }

    static GO_ON: AtomicBool = AtomicBool::new(false);

    #[test]
    fn every_level_makes_the_same_moves() {
        let graph = gnp(130, 0.5, 3);
        let adjacency = Arc::new(Adjacency::dense(&graph));
        for k in [14, 70] {
            let start = random_start(130, k, 4);
            let trace = |level| {
                let mut search =
                    TabuCol::with_level(adjacency.clone(), k, &start, Rng::new(5, 0), level);
                let mut trace = Vec::new();
                for _ in 0..300 {
                    search.run(7, &GO_ON);
                    trace.push((search.best().to_vec(), search.conflicts(), search.moves()));
                }
                trace
            };
            let plain = trace(Level::Plain);
            for level in Level::available() {
                assert!(trace(level) == plain, "{level:?} differs at k = {k}");
            }
        }
    }

    #[test]
    fn byte_and_word_counts_make_the_same_moves() {
        let graph = gnp(90, 0.4, 6);
        let adjacency = Arc::new(Adjacency::sparse(&graph));
        let start = random_start(90, 9, 7);
        let mut bytes =
            Core::<u8>::new(adjacency.clone(), 9, &start, Rng::new(1, 0), Level::detect());
        let mut words = Core::<u16>::new(adjacency, 9, &start, Rng::new(1, 0), Level::detect());
        for _ in 0..400 {
            bytes.run(5, &GO_ON);
            words.run(5, &GO_ON);
            assert_eq!(bytes.counts.colors(), words.counts.colors());
        }
    }

    #[test]
    fn classes_beyond_255_neighbours_are_counted_in_words() {
        // A complete bipartite graph with one odd vertex: 2-colourable, degrees of 400.
        let edges: Vec<_> = (0..400).flat_map(|u| (400..800).map(move |v| (u, v))).collect();
        let (graph, _) = Graph::from_edges(801, &edges).unwrap();
        let start = random_start(801, 2, 8);
        for adjacency in [Adjacency::dense(&graph), Adjacency::sparse(&graph)] {
            let adjacency = Arc::new(adjacency);
            let mut search = TabuCol::new(adjacency, 2, &start, Rng::new(2, 0));
            assert!(matches!(search.0, Width::Words(_)));
            assert_eq!(search.run(100_000, &GO_ON), Step::Solved);
            let coloring = Coloring::from_colors(search.best().to_vec());
            assert_eq!(coloring.verify(&graph), Ok(()));
        }
    }

    #[test]
    fn counts_widen_when_a_class_grows() {
        // K(300, 300) with 3 colours from classes of 200: one side must come to share a class of 300, or nearly.
        let edges: Vec<_> = (0..300).flat_map(|u| (300..600).map(move |v| (u, v))).collect();
        let (graph, _) = Graph::from_edges(600, &edges).unwrap();
        let start: Vec<Color> = (0..600).map(|v| v / 200).collect();
        let mut search =
            TabuCol::new(Arc::new(Adjacency::dense(&graph)), 3, &start, Rng::new(2, 0));
        assert!(matches!(search.0, Width::Bytes(_)));
        assert_eq!(search.run(100_000, &GO_ON), Step::Solved);
        assert!(matches!(search.0, Width::Words(_)));
        let coloring = Coloring::from_colors(search.best().to_vec());
        assert_eq!(coloring.verify(&graph), Ok(()));
    }

    #[test]
    fn one_colour_is_no_room_to_move() {
        let (edge, _) = Graph::from_edges(2, &[(0, 1)]).unwrap();
        let mut search =
            TabuCol::new(Arc::new(Adjacency::dense(&edge)), 1, &[0, 0], Rng::new(1, 0));
        assert_eq!(search.run(100, &GO_ON), Step::OutOfMoves);
        assert_eq!((search.conflicts(), search.moves()), (1, 100));
    }

    #[test]
    fn a_raised_flag_stops_it() {
        let graph = gnp(60, 0.5, 1);
        let start = random_start(60, 3, 1);
        let mut search =
            TabuCol::new(Arc::new(Adjacency::dense(&graph)), 3, &start, Rng::new(1, 0));
        assert_eq!(search.run(1_000_000, &AtomicBool::new(true)), Step::Stopped);
        assert!(search.moves() < 1_000_000);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn what_it_reports_is_true(
            n in 1usize..120, p in 0.0f64..1.0, k in 1usize..20, seed in 0u64..1000,
        ) {
            let graph = gnp(n, p, seed);
            let start = random_start(n, k, seed);
            for adjacency in [Adjacency::dense(&graph), Adjacency::sparse(&graph)] {
                let adjacency = Arc::new(adjacency);
                let mut search = TabuCol::new(adjacency.clone(), k, &start, Rng::new(seed, 2));
                let step = search.run(3000, &GO_ON);
                let best = search.best();
                let conflicts =
                    graph.edges().filter(|&(u, v)| best[u as usize] == best[v as usize]).count();
                prop_assert_eq!(conflicts as u64, search.conflicts());
                prop_assert_eq!(step == Step::Solved, conflicts == 0);
                prop_assert!(best.iter().all(|&c| (c as usize) < k));

                // The same seed, in other slices and after a restart, gives the same result.
                let mut again = TabuCol::new(adjacency, k, &start, Rng::new(seed, 2));
                for _ in 0..30 {
                    again.run(100, &GO_ON);
                }
                prop_assert_eq!(again.best(), best);
                prop_assert_eq!(again.moves(), search.moves());
            }
        }
    }
}
