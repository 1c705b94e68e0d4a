//! Memetic search with two individuals (HEAD, Moalic & Gondran 2018).
//!
//! A generation crosses the two individuals by [GPX](prism_core::pool::gpx) both ways and improves both
//! children by [`TabuCol`] for a fixed number of moves; the children replace their parents. Two
//! individuals converge within tens of generations, so every ten generations one of them is
//! replaced by the best of the ten before, and one by a random assignment when both have become the
//! same partition. Galinier & Hao's algorithm of 1999 is the same with a population.
//!
//! The two children are improved in lockstep, each with its own random stream. Whether that happens on
//! one thread or on two changes nothing but the time.
//!
//! The strongest method here for random graphs; it needs a graph where TabuCol works.

use crate::adjacency::Adjacency;
use crate::tabucol::TabuCol;
use prism_core::memory::OutOfMemory;
use prism_core::pool::{agreement, gpx};
use prism_core::search::{
    Elite, FixedK, Mismatch, Sample, Saved, Shape, Step, Watch, Watcher, split_counters,
};
use prism_core::{Color, Rng};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Generations between two visits of the elite.
const CYCLE: u64 = 10;

/// The parameters of [`Memetic`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemeticParams {
    /// Tabu moves for each child.
    pub tabu_moves: u64,
    /// Improve the two children on two threads.
    pub parallel: bool,
}

impl MemeticParams {
    /// The length of tabu search that suits `n` vertices at a density in `0.0..=1.0`: longer the more
    /// there is to repair.
    pub fn for_graph(n: usize, density: f64) -> Self {
        let base = 16.0 + 16.0 * (n as f64 / 1000.0);
        let tabu_moves = (n as f64 * base * (0.5 + density)) as u64;
        Self { tabu_moves: tabu_moves.max(2000), parallel: false }
    }
}

/// The search; see the top of this file.
#[derive(Clone, Debug)]
pub struct Memetic {
    n: usize,
    k: usize,
    params: MemeticParams,
    /// The searches that improve the two children.
    lanes: [TabuCol; 2],
    /// Moves that each child of this generation still has.
    left: u64,
    generation: u64,
    /// The best individual of this cycle and of the one before.
    elite: Option<Elite>,
    last_elite: Option<Elite>,
    best: Elite,
    /// Conflicts of the best individual when this generation began.
    record: u64,
    rng: Rng,
    watch: Watch,
}

impl Memetic {
    /// A search for `k >= 1` colours on a graph of `n` vertices, from two random individuals.
    ///
    /// # Errors
    /// [`OutOfMemory`]: its tables do not fit.
    pub fn new(
        adjacency: Arc<Adjacency>,
        n: usize,
        k: usize,
        params: MemeticParams,
        seed: u64,
        stream: u64,
    ) -> Result<Self, OutOfMemory> {
        let mut rng = Rng::new(seed, 3 * stream);
        let mut lane = |i: usize| {
            let start = random(n, k, &mut rng);
            let moves = Rng::new(seed, 3 * stream + 1 + i as u64);
            TabuCol::new(adjacency.clone(), k, &start, moves)
        };
        let lanes = [lane(0)?, lane(1)?];
        let best = lanes[0].best();
        let left = params.tabu_moves;
        let (elite, last_elite) = (None, None);
        let record = best.conflicts;
        let generation = 0;
        Ok(Self {
            n,
            k,
            params,
            lanes,
            left,
            generation,
            elite,
            last_elite,
            best,
            record,
            rng,
            watch: Watch::default(),
        })
    }

    /// Generations finished.
    pub fn generations(&self) -> u64 {
        self.generation
    }

    /// The number of vertices, out of n, that the two individuals class alike.
    pub fn agreement(&self) -> usize {
        agreement(self.lanes[0].best_colors(), self.lanes[1].best_colors(), self.k)
    }

    /// Both children have had their moves: they become the parents of two new children.
    ///
    /// # Errors
    /// [`OutOfMemory`]: a child needs larger tables than its lane has.
    fn next_generation(&mut self) -> Result<(), OutOfMemory> {
        self.generation += 1;
        self.record = self.best.conflicts;
        let mut parents = [self.lanes[0].best(), self.lanes[1].best()];
        if self.generation == 1 {
            self.last_elite = Some(parents[0].clone());
        }
        for parent in &parents {
            if self.elite.as_ref().is_none_or(|elite| parent.conflicts <= elite.conflicts) {
                self.elite = Some(parent.clone());
            }
        }
        if self.generation.is_multiple_of(CYCLE) {
            if let Some(elite) = self.last_elite.take() {
                parents[0] = elite;
            }
            self.last_elite = self.elite.take();
        }
        let alike = agreement(&parents[0].colors, &parents[1].colors, self.k);
        self.tell(alike);
        if alike == self.n {
            parents[0].colors = random(self.n, self.k, &mut self.rng);
        }
        let [a, b] = &parents;
        let children = [
            gpx(&a.colors, &b.colors, self.k, &mut self.rng),
            gpx(&b.colors, &a.colors, self.k, &mut self.rng),
        ];
        for (lane, child) in self.lanes.iter_mut().zip(&children) {
            lane.restart(child)?;
        }
        self.left = self.params.tabu_moves;
        Ok(())
    }

    /// Tells whoever watches how the search stands whose individuals class so many vertices alike.
    fn tell(&self, alike: usize) {
        self.watch.sample(|| Sample {
            moves: self.moves(),
            conflicts: self.best.conflicts,
            diversity: (self.n > 0).then(|| 1.0 - alike as f64 / self.n as f64),
            ..Sample::default()
        });
    }

    /// Takes the better child if it beats everything before this generation, the first one when both
    /// are alike: not the one that was seen first, which slices would decide. Of two that are proper it is
    /// the one that came to it earlier, since shorter slices would have ended there.
    fn update_best(&mut self) {
        let [first, second] = &self.lanes;
        let rank = |child: &TabuCol| match child.conflicts() {
            0 => (0, child.moves()),
            conflicts => (conflicts, 0),
        };
        let child = if rank(second) < rank(first) { second } else { first };
        if child.conflicts() < self.record {
            self.best = child.best();
        }
    }

    /// Lets both children make `moves` moves each. Tells how each call ended.
    fn improve(&mut self, moves: u64, stop: &AtomicBool) -> [Step; 2] {
        let [first, second] = &mut self.lanes;
        if self.params.parallel {
            let (a, b) = rayon::join(|| first.run(moves, stop), || second.run(moves, stop));
            [a, b]
        } else {
            [first.run(moves, stop), second.run(moves, stop)]
        }
    }
}

impl FixedK for Memetic {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        let end = self.moves().saturating_add(moves);
        loop {
            if self.best.conflicts == 0 {
                return Step::Solved;
            }
            // One that could not be made before: there may be memory for it now.
            if self.left == 0 && self.next_generation().is_err() {
                return Step::OutOfMemory;
            }
            // Both lanes get the same share, so that slices do not decide anything.
            let share = ((end.saturating_sub(self.moves())).div_ceil(2)).min(self.left);
            if share == 0 {
                return Step::OutOfMoves;
            }
            let before = self.lanes.each_ref().map(FixedK::moves);
            let steps = self.improve(share, stop);
            let made = self.lanes.iter().zip(before).map(|(lane, before)| lane.moves() - before);
            // The whole share, unless it was cut short.
            self.left -= made.max().unwrap_or(share);
            self.update_best();
            if self.best.conflicts == 0 {
                return Step::Solved;
            }
            if self.left == 0 && self.next_generation().is_err() {
                return Step::OutOfMemory;
            }
            for end in [Step::OutOfMemory, Step::Stopped] {
                if steps.contains(&end) {
                    return end;
                }
            }
        }
    }

    fn best(&self) -> Elite {
        self.best.clone()
    }

    fn conflicts(&self) -> u64 {
        self.best.conflicts
    }

    fn moves(&self) -> u64 {
        self.lanes.iter().map(FixedK::moves).sum()
    }

    /// Individuals are what each child is at, the best of each child, the elite of this cycle if there is
    /// one, and that of the cycle before.
    fn save(&mut self) -> Saved {
        let [first, second] = self.lanes.each_mut().map(FixedK::save);
        let mut individuals = [first.individuals, second.individuals].concat();
        individuals.extend([first.best.colors, second.best.colors]);
        let elites = self.elite.iter().chain(&self.last_elite);
        individuals.extend(elites.map(|elite| elite.colors.clone()));
        let own = [self.generation, self.left, self.record, first.moves, second.moves];
        Saved {
            best: self.best.clone(),
            individuals,
            moves: self.moves(),
            random: [vec![self.rng.clone()], first.random, second.random].concat(),
            counters: own.into_iter().chain(first.counters).chain(second.counters).collect(),
        }
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        let ([generation, left, record, ..], _) = split_counters::<5>(&saved.counters)?;
        // The elite of a cycle is that of the one before at its end; there is none before the first.
        let has_elite = !generation.is_multiple_of(CYCLE);
        let has_last = generation > 0;
        let (k, vertices) = (self.k, self.n);
        let individuals = 4 + usize::from(has_elite) + usize::from(has_last);
        let shape = Shape { k, vertices, individuals, random: 3, counters: 7 };
        let edges = || self.lanes[0].edges();
        saved.check(shape, edges())?;
        saved.check_colors(k, false)?;
        let ([.., a, b], [wide_a, wide_b]) = split_counters::<5>(&saved.counters)? else {
            return Err(Mismatch::Part("the counters"));
        };
        let is_sum = a.checked_add(b) == Some(saved.moves);
        Mismatch::unless(is_sum, "the moves of the two children")?;
        Mismatch::unless(left <= self.params.tabu_moves, "what is left of the generation")?;
        Mismatch::unless(record >= saved.best.conflicts, "the record")?;
        let elite = |at: usize| Elite::new(k, saved.individuals[at].clone(), edges());
        let child = |at: usize, moves: u64, wide: u64| Saved {
            best: elite(2 + at),
            individuals: vec![saved.individuals[at].clone()],
            moves,
            random: vec![saved.random[1 + at].clone()],
            counters: vec![wide],
        };
        let children = [child(0, a, *wide_a), child(1, b, *wide_b)];
        let mut elites =
            saved.individuals[4..].iter().map(|colors| Elite::new(k, colors.clone(), edges()));
        let elite = if has_elite { elites.next() } else { None };
        let last_elite = elites.next();
        drop(elites);
        let [first, second] = &mut self.lanes;
        second.check(&children[1])?;
        first.restore(&children[0])?;
        second.restore(&children[1])?;
        (self.generation, self.left, self.record) = (generation, left, record);
        (self.elite, self.last_elite, self.best) = (elite, last_elite, saved.best.clone());
        self.rng = saved.random[0].clone();
        Ok(())
    }

    /// A sample a generation, with how much its parents differ.
    fn watch(&mut self, watcher: &Arc<dyn Watcher>) {
        self.watch = watcher.into();
        self.tell(self.agreement());
    }

    /// The offered individual takes the place of the second child, and is a parent of the next
    /// generation. What is uncoloured in it is coloured at random.
    fn offer(&mut self, elite: &Elite) {
        let (n, k) = (self.n, self.k);
        if elite.k != k || elite.colors.len() != n {
            return;
        }
        let mut colors = elite.colors.clone();
        for color in colors.iter_mut().filter(|color| usize::from(**color) >= k) {
            *color = self.rng.below(k as u32) as Color;
        }
        self.record = self.best.conflicts;
        // One that there is no memory for is turned away.
        let _ = self.lanes[1].restart(&colors);
    }
}

fn random(n: usize, k: usize, rng: &mut Rng) -> Vec<Color> {
    (0..n).map(|_| rng.below(k as u32) as Color).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use prism_core::generate::gnp;
    use prism_core::search::UNCOLORED;
    use prism_core::{Coloring, Graph};

    fn search(graph: &Graph<'_>, k: usize, seed: u64, parallel: bool) -> Memetic {
        let params = MemeticParams { tabu_moves: 500, parallel };
        Memetic::new(Arc::new(Adjacency::dense(graph).unwrap()), graph.n(), k, params, seed, 0)
            .unwrap()
    }

    #[test]
    fn threads_and_slices_do_not_change_the_result() {
        let go_on = AtomicBool::new(false);
        let graph = gnp(100, 0.5, 1).unwrap();
        let mut whole = search(&graph, 12, 2, false);
        whole.run(40_000, &go_on);
        let mut sliced = search(&graph, 12, 2, true);
        for _ in 0..40 {
            sliced.run(1000, &go_on);
        }
        assert!(whole.generations() > 20);
        assert_eq!(whole.best(), sliced.best());
        assert_eq!(whole.moves(), sliced.moves());
    }

    #[test]
    fn solves_what_is_easy_and_tells_the_truth_about_it() {
        let go_on = AtomicBool::new(false);
        let graph = gnp(125, 0.5, 4).unwrap();
        let mut easy = search(&graph, 19, 5, false);
        assert_eq!(easy.run(5_000_000, &go_on), Step::Solved);
        let coloring = Coloring::from_colors(easy.best().colors);
        assert_eq!(coloring.verify(&graph), Ok(()));
        assert_eq!(easy.conflicts(), 0);

        let mut hopeless = search(&graph, 8, 5, false);
        assert_eq!(hopeless.run(20_000, &go_on), Step::OutOfMoves);
        let best = hopeless.best().colors;
        let clashes = graph.edges().filter(|&(u, v)| best[u as usize] == best[v as usize]);
        assert_eq!(clashes.count() as u64, hopeless.conflicts());
    }

    #[test]
    fn a_migrant_joins_the_next_generation() {
        let go_on = AtomicBool::new(false);
        let graph = gnp(125, 0.5, 4).unwrap();
        let mut teacher = search(&graph, 19, 5, false);
        assert_eq!(teacher.run(5_000_000, &go_on), Step::Solved);
        let mut pupil = search(&graph, 19, 6, false);
        assert_eq!(pupil.run(10, &go_on), Step::OutOfMoves);
        pupil.offer(&teacher.best());
        assert_eq!(pupil.run(2, &go_on), Step::Solved);
        assert_eq!(pupil.best(), teacher.best());
    }

    #[test]
    fn a_partial_guest_is_completed_and_one_of_another_graph_or_k_is_ignored() {
        let graph = gnp(60, 0.5, 4).unwrap();
        let mut host = search(&graph, 8, 1, false);
        let before = host.lanes[1].best();
        for (n, k) in [(59, 8), (61, 8), (60, 7), (60, 9), (0, 8)] {
            host.offer(&Elite { k, colors: vec![0; n], conflicts: 1 });
            assert_eq!(host.lanes[1].best(), before);
        }
        let mut guest: Vec<Color> = before.colors.iter().map(|c| 7 - c).collect();
        guest[3..40].fill(UNCOLORED);
        host.offer(&Elite { k: 8, colors: guest.clone(), conflicts: 37 });
        let joined = host.lanes[1].best().colors;
        assert!(joined.iter().all(|&c| c < 8));
        assert_eq!((&joined[..3], &joined[40..]), (&guest[..3], &guest[40..]));
    }
}
