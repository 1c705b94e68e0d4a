//! Simulated annealing at a fixed number of colours (Johnson, Aragon, McGeoch & Schevon 1991).
//!
//! Every vertex has a colour and conflicting edges are counted. A proposal is a random conflicting
//! vertex and a random other colour for it; it is taken when it makes nothing worse, and otherwise
//! with probability exp(-growth / temperature). A rejected proposal costs two table entries, an
//! accepted one the degree, so cold annealing makes a hundred million proposals a second. The
//! temperature falls by a factor from level to level; when hardly any uphill move is accepted and
//! nothing better turns up for some levels, the search is frozen and heats up again from where it
//! stands.
//!
//! The acceptance test compares 32 random bits with an integer threshold that is computed once a level
//! with `libm`, so that a seed gives the same walk on every machine.
//!
//! Limits: slower than tabu search on random graphs of up to a thousand vertices, and far slower than
//! [`crate::guided_ejection`] on structured ones. It is for long runs and as a second opinion.

use crate::conflict_list::ConflictList;
use crate::metropolis::count_neighbors;
use prism_core::memory::{OutOfMemory, try_zeroed};
use prism_core::search::{
    Elite, FixedK, Mismatch, Sample, Saved, Shape, Step, UNCOLORED, Watch, Watcher, split_counters,
};
use prism_core::{Color, Graph, Rng};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How often the stop flag is read, in proposals; one takes nanoseconds to microseconds.
const STOP_PERIOD: u64 = 1024;

/// Growths at or above this are never accepted: exp(-64 / temperature) is below 2^-32 up to a
/// temperature of 2.8.
const GROWTHS: usize = 64;

/// The cooling schedule of [`Annealing`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// Temperature of the first level, in conflicting edges; after freezing the search returns to it.
    pub start: f64,
    /// What the temperature is multiplied by from level to level, in `0.0..1.0`.
    pub cooling: f64,
    /// Proposals a level, for each vertex and colour.
    pub size_factor: f64,
    /// A level in which less than this share of the proposals made things worse and was accepted
    /// counts towards freezing. Sideways moves do not count: plateaus never run out of them.
    pub frozen_share: f64,
    /// So many such levels in a row without a new best end the cooling.
    pub frozen_levels: u32,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { start: 0.7, cooling: 0.95, size_factor: 8.0, frozen_share: 0.0005, frozen_levels: 5 }
    }
}

/// Where in the schedule a search stands.
#[derive(Clone, Copy, Debug)]
struct Level {
    temperature: f64,
    /// Proposals left at this temperature.
    left: u64,
    proposals: u64,
    /// Accepted proposals that made things worse.
    uphill: u64,
    improved: bool,
    cold_levels: u32,
}

/// The search; see the top of this file.
#[derive(Debug)]
pub struct Annealing<'g> {
    graph: Arc<Graph<'g>>,
    k: usize,
    schedule: Schedule,
    level: Level,
    /// Entry `d`: accept a growth of `d` when 32 random bits are below it.
    thresholds: [u64; GROWTHS],
    colors: Vec<Color>,
    /// Entry `v * k + colour`: neighbours of `v` with that colour.
    counts: Vec<u32>,
    /// Conflicting vertices that may change.
    candidates: ConflictList,
    frozen: Vec<bool>,
    /// Conflicting edges, now and at their fewest.
    clashes: u64,
    best: Vec<Color>,
    fewest: u64,
    moves: u64,
    /// Proposals accepted since it was built.
    accepted: u64,
    rng: Rng,
    watch: Watch,
}

impl<'g> Annealing<'g> {
    /// A search for a colouring of `graph` with `k` colours that begins at `start`; missing entries and
    /// entries at or above `k` are drawn at random. The vertices of `frozen` keep their colour.
    ///
    /// Memory: 4 bytes for each vertex and colour.
    ///
    /// # Errors
    /// [`OutOfMemory`]: there is no room for them.
    pub fn new(
        graph: impl Into<Arc<Graph<'g>>>,
        k: Color,
        start: &[Color],
        frozen: &[u32],
        schedule: Schedule,
        mut rng: Rng,
    ) -> Result<Self, OutOfMemory> {
        let graph = graph.into();
        let n = graph.n();
        let draw = |v: u32| match start.get(v as usize) {
            _ if k == 0 => UNCOLORED,
            Some(&c) if c < k => c,
            _ => rng.below(u32::from(k)) as Color,
        };
        let colors: Vec<Color> = graph.vertices().map(draw).collect();
        let k = usize::from(k);
        let mut is_frozen = vec![false; n];
        for &v in frozen {
            is_frozen[v as usize] = true;
        }
        let mut search = Self {
            k,
            schedule,
            level: Level {
                temperature: schedule.start,
                left: 0,
                proposals: 0,
                uphill: 0,
                improved: false,
                cold_levels: 0,
            },
            thresholds: [0; GROWTHS],
            counts: try_zeroed(n * k)?,
            graph,
            candidates: ConflictList::new(n)?,
            frozen: is_frozen,
            clashes: 0,
            best: colors.clone(),
            fewest: 0,
            colors,
            moves: 0,
            accepted: 0,
            rng,
            watch: Watch::default(),
        };
        search.recount();
        search.fewest = search.clashes;
        search.enter_level(schedule.start);
        Ok(search)
    }

    /// Counts everything anew for the colours at hand. The candidates are in the order of their numbers
    /// then, which moves change.
    fn recount(&mut self) {
        count_neighbors(&self.graph, self.k, &self.colors, &mut self.counts);
        self.candidates.clear();
        if self.k == 0 {
            // No assignment exists; every vertex is one thing that is wrong.
            self.clashes = self.graph.n() as u64;
            return;
        }
        self.clashes = 0;
        for v in self.graph.vertices() {
            let own = self.count(v, self.colors[v as usize]);
            self.clashes += u64::from(own);
            if own > 0 && !self.frozen[v as usize] {
                self.candidates.insert(v);
            }
        }
        self.clashes /= 2;
    }

    fn count(&self, v: u32, color: Color) -> u32 {
        self.counts[v as usize * self.k + usize::from(color)]
    }

    /// Begins a level of the schedule at `temperature`.
    fn enter_level(&mut self, temperature: f64) {
        let proposals = self.schedule.size_factor * self.graph.n() as f64 * self.k as f64;
        self.level.temperature = temperature;
        // The cast saturates; a level is at least one proposal.
        self.level.proposals = (proposals as u64).max(1);
        self.level.left = self.level.proposals;
        self.level.uphill = 0;
        self.level.improved = false;
        for (growth, threshold) in self.thresholds.iter_mut().enumerate() {
            let share = libm::exp(-(growth as f64) / temperature);
            *threshold = (share * 4_294_967_296.0) as u64;
        }
    }

    /// Tells whoever watches how the search stands.
    fn tell(&self) {
        self.watch.sample(|| Sample {
            moves: self.moves,
            conflicts: self.fewest,
            proposed: self.moves,
            accepted: self.accepted,
            ..Sample::default()
        });
    }

    /// Cools down, or heats up when frozen.
    fn end_level(&mut self) {
        self.tell();
        let share = self.level.uphill as f64 / self.level.proposals as f64;
        if self.level.improved {
            self.level.cold_levels = 0;
        } else if share < self.schedule.frozen_share {
            self.level.cold_levels += 1;
        }
        let next = if self.level.cold_levels >= self.schedule.frozen_levels {
            self.level.cold_levels = 0;
            self.schedule.start
        } else {
            self.level.temperature * self.schedule.cooling
        };
        self.enter_level(next);
    }

    /// One proposal.
    fn propose(&mut self) {
        self.moves += 1;
        self.level.left -= 1;
        let bad = self.candidates.vertices();
        if !bad.is_empty() && self.k > 1 {
            let v = bad[self.rng.below(bad.len() as u32) as usize];
            let old = self.colors[v as usize];
            let draw = self.rng.below(self.k as u32 - 1) as Color;
            let new = if draw < old { draw } else { draw + 1 };
            let growth = i64::from(self.count(v, new)) - i64::from(self.count(v, old));
            if growth <= 0 || self.accepts(growth as usize) {
                self.accepted += 1;
                self.level.uphill += u64::from(growth > 0);
                self.clashes = self.clashes.saturating_add_signed(growth);
                self.recolor(v, new);
            }
        }
        if self.level.left == 0 {
            self.end_level();
        }
    }

    fn accepts(&mut self, growth: usize) -> bool {
        growth < GROWTHS && (self.rng.bits() >> 32) < self.thresholds[growth]
    }

    /// Gives `v` the colour `new` and brings counts and candidates up to date. O(degree).
    fn recolor(&mut self, v: u32, new: Color) {
        let Self { graph, k, counts, colors, candidates, frozen, .. } = self;
        let old = std::mem::replace(&mut colors[v as usize], new);
        for &u in graph.neighbors(v) {
            let row = &mut counts[u as usize * *k..(u as usize + 1) * *k];
            row[usize::from(old)] -= 1;
            row[usize::from(new)] += 1;
            let color = colors[u as usize];
            if color == old {
                if row[usize::from(old)] == 0 && candidates.contains(u) {
                    candidates.remove(u);
                }
            } else if color == new && !candidates.contains(u) && !frozen[u as usize] {
                candidates.insert(u);
            }
        }
        // `v` conflicted before, or it would not have been chosen.
        if counts[v as usize * *k + usize::from(new)] == 0 {
            candidates.remove(v);
        }
    }
}

impl FixedK for Annealing<'_> {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        let end = self.moves.saturating_add(moves);
        while self.fewest > 0 {
            if self.moves >= end {
                return Step::OutOfMoves;
            }
            if self.moves.is_multiple_of(STOP_PERIOD) && stop.load(Ordering::Relaxed) {
                return Step::Stopped;
            }
            self.propose();
            if self.clashes < self.fewest {
                self.fewest = self.clashes;
                self.best.copy_from_slice(&self.colors);
                self.level.improved = true;
            }
        }
        Step::Solved
    }

    fn best(&self) -> Elite {
        Elite { k: self.k, colors: self.best.clone(), conflicts: self.fewest }
    }

    /// Conflicting edges of the best assignment.
    fn conflicts(&self) -> u64 {
        self.fewest
    }

    /// Proposals, accepted or not.
    fn moves(&self) -> u64 {
        self.moves
    }

    /// A sample a level of temperature.
    fn watch(&mut self, watcher: &Arc<dyn Watcher>) {
        self.watch = watcher.into();
        self.tell();
    }

    fn save(&mut self) -> Saved {
        self.recount();
        let Level { temperature, left, uphill, improved, cold_levels, .. } = self.level;
        Saved {
            best: self.best(),
            individuals: vec![self.colors.clone()],
            moves: self.moves,
            random: vec![self.rng.clone()],
            counters: vec![
                temperature.to_bits(),
                left,
                uphill,
                improved.into(),
                cold_levels.into(),
            ],
        }
    }

    /// The schedule and what is frozen are parameters.
    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        let (k, vertices) = (self.k, self.graph.n());
        let shape = Shape { k, vertices, individuals: 1, random: 1, counters: 5 };
        saved.check(shape, self.graph.edges())?;
        saved.check_colors(k, k == 0)?;
        let colors = &saved.individuals[0];
        let mut entries = self.frozen.iter().zip(self.colors.iter().zip(colors));
        let keeps = entries.all(|(&frozen, (own, color))| !frozen || own == color);
        Mismatch::unless(keeps, "the colour of a frozen vertex")?;
        let ([bits, left, uphill, improved, cold], _) = split_counters(&saved.counters)?;
        let temperature = f64::from_bits(bits);
        Mismatch::unless(temperature.is_finite() && temperature >= 0.0, "the temperature")?;
        let (proposals, most_cold) = (self.level.proposals, self.schedule.frozen_levels);
        let is_within = (1..=proposals).contains(&left) && uphill <= proposals - left;
        Mismatch::unless(is_within && improved <= 1 && cold <= most_cold.into(), "the level")?;
        self.colors.copy_from_slice(colors);
        self.recount();
        self.enter_level(temperature);
        let level = Level { left, uphill, improved: improved == 1, ..self.level };
        self.level = Level { cold_levels: cold as u32, ..level };
        (self.moves, self.rng) = (saved.moves, saved.random[0].clone());
        self.best.copy_from_slice(&saved.best.colors);
        self.fewest = saved.best.conflicts;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metropolis::tests::{conflicts_of, neighbor_counts};
    use crate::partial_coloring::tests::random_graph;
    use prism_core::{Coloring, Rng};
    use proptest::prelude::*;

    static GO: AtomicBool = AtomicBool::new(false);

    fn new<'g>(graph: &'g Graph<'g>, k: Color, seed: u64) -> Annealing<'g> {
        Annealing::new(graph.reborrow(), k, &[], &[], Schedule::default(), Rng::new(seed, 1))
            .unwrap()
    }

    #[test]
    fn colours_a_random_graph_below_its_greedy_number() {
        let graph = random_graph(60, 50, 3);
        let mut engine = new(&graph, 12, 1);
        assert_eq!(engine.run(20_000_000, &GO), Step::Solved);
        assert_eq!(Coloring::from_colors(engine.best().colors).verify(&graph), Ok(()));
    }

    #[test]
    fn small_and_impossible_cases_end() {
        let (nothing, three) = (Graph::empty(0), Graph::empty(3));
        assert_eq!(new(&nothing, 0, 1).run(0, &GO), Step::Solved);
        assert_eq!(new(&three, 1, 1).run(0, &GO), Step::Solved);
        let (edge, _) = Graph::from_edges(2, &[(0, 1)]).unwrap();
        for (k, wrong) in [(0, 2), (1, 1)] {
            let mut engine = new(&edge, k, 1);
            assert_eq!(engine.run(5000, &GO), Step::OutOfMoves);
            assert_eq!((engine.moves(), engine.conflicts()), (5000, wrong));
        }
        assert_eq!(new(&edge, 1, 1).run(u64::MAX, &AtomicBool::new(true)), Step::Stopped);
    }

    #[test]
    fn the_temperature_falls_until_frozen_and_rises_again() {
        // A complete graph with one colour too few: improvement ends soon.
        let graph = random_graph(8, 100, 1);
        let mut engine = new(&graph, 7, 1);
        let mut before = engine.level.temperature;
        let mut rises = 0;
        for _ in 0..400 {
            engine.run(engine.level.left, &GO);
            rises += u32::from(engine.level.temperature > before);
            before = engine.level.temperature;
        }
        assert!((1..200).contains(&rises), "{rises}");
    }

    proptest! {
        #[test]
        fn the_report_is_true_and_repeatable(
            n in 1u32..40, percent in 0u32..100, k in 1u16..9, seed: u64,
        ) {
            let graph = random_graph(n, percent, seed);
            let (mut whole, mut sliced) = (new(&graph, k, seed), new(&graph, k, seed));
            let step = whole.run(3000, &GO);
            for _ in 0..6 {
                sliced.run(500, &GO);
            }
            prop_assert_eq!(whole.best(), sliced.best());
            prop_assert_eq!(whole.moves(), sliced.moves());
            prop_assert_eq!(&whole.counts, &neighbor_counts(&graph, whole.k, &whole.colors));
            prop_assert_eq!(whole.clashes, conflicts_of(&graph, &whole.colors));
            prop_assert_eq!(whole.conflicts(), conflicts_of(&graph, &whole.best().colors));
            for v in graph.vertices() {
                let conflicting = whole.count(v, whole.colors[v as usize]) > 0;
                prop_assert_eq!(whole.candidates.contains(v), conflicting);
            }
            prop_assert_eq!(step == Step::Solved, whole.conflicts() == 0);
        }

        #[test]
        fn frozen_vertices_keep_their_colour(n in 2u32..30, percent in 10u32..90, seed: u64) {
            let graph = random_graph(n, percent, seed);
            let start: Vec<Color> = (0..n).map(|v| (v % 4) as Color).collect();
            let frozen: Vec<u32> = (0..n).step_by(3).collect();
            let rng = Rng::new(seed, 1);
            let mut engine = Annealing::new(graph.reborrow(), 4, &start, &frozen, Schedule::default(), rng).unwrap();
            engine.run(2000, &GO);
            for &v in &frozen {
                prop_assert_eq!(engine.best().colors[v as usize], start[v as usize]);
                prop_assert_eq!(engine.colors[v as usize], start[v as usize]);
            }
        }
    }
}
