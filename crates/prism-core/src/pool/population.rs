//! A population as a search at a fixed number of colours.
//!
//! A call makes whole generations; what is made beyond the moves that were asked for is taken off the next
//! call. A generation that is stopped ends early, and its children enter as they are.

use super::schedule::{COUNTERS, Schedule, Standing};
use super::{Brood, Improver, Order, Pool, PoolOptions, Succession};
use crate::search::{
    Elite, FixedK, Mismatch, Sample, Saved, Shape, Step, Watch, Watcher, completed, split_counters,
};
use crate::{Color, Graph, Rng};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The most that numbers of a state are believed to be; beyond it sums might overflow.
const AT_MOST: u64 = u64::MAX >> 1;

/// Searches for a proper colouring with a population that an [`Improver`] improves.
#[derive(Debug)]
pub struct Population<I> {
    graph: Arc<Graph<'static>>,
    k: usize,
    improver: I,
    options: PoolOptions,
    pool: Pool,
    schedule: Schedule,
    /// What one individual of the first generation starts from.
    start: Option<Vec<Color>>,
    best: Elite,
    moves: u64,
    /// Moves that were asked for.
    target: u64,
    generation: u32,
    restarts: u64,
    failure: Option<String>,
    watch: Watch,
}

impl<I: Improver> Population<I> {
    /// A search for `k >= 1` colours: one individual from `start`, where colours of k and above become random
    /// ones, the others from random assignments.
    ///
    /// # Panics
    /// If `start` has another length than the graph.
    pub fn new(
        graph: Arc<Graph<'static>>,
        k: usize,
        start: &[Color],
        improver: I,
        options: PoolOptions,
    ) -> Self {
        assert_eq!(start.len(), graph.n(), "a colour for each vertex");
        let mut rng = Rng::new(options.seed, u64::MAX);
        let known = |&color: &Color| {
            if usize::from(color) < k { color } else { rng.below(k as u32) as Color }
        };
        let start: Vec<Color> = start.iter().map(known).collect();
        let members = options.members.unwrap_or(improver.individuals());
        let pool = Pool::new(k, members, options.parallel);
        Self {
            best: Elite::new(k, start.clone(), graph.edges()),
            graph,
            k,
            improver,
            options,
            pool,
            schedule: Schedule::new(),
            start: Some(start),
            moves: 0,
            target: 0,
            generation: 0,
            restarts: 0,
            failure: None,
            watch: Watch::default(),
        }
    }

    /// Generations so far.
    #[must_use]
    pub fn generations(&self) -> u64 {
        self.generation.into()
    }

    /// How often it has begun afresh.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// The pool.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Iterations that the next children have.
    #[must_use]
    pub fn iterations(&self) -> u64 {
        self.schedule.iterations(&self.options)
    }

    /// The share of the vertices from which on the next children are twins of a member.
    #[must_use]
    pub fn twins(&self) -> f64 {
        self.schedule.twins(&self.options)
    }

    /// Who improves the individuals.
    #[must_use]
    pub fn improver(&self) -> &I {
        &self.improver
    }

    /// The same, to be changed between generations.
    pub fn improver_mut(&mut self) -> &mut I {
        &mut self.improver
    }

    /// Makes a generation, and says why the search should come back, if it should.
    fn pass(&mut self, stop: &AtomicBool) -> Result<Option<Step>, String> {
        let (n, k) = (self.graph.n(), self.k);
        let mut rng = Rng::new(self.options.seed, self.generation.into());
        let mut start = self.start.clone();
        let random = |rng: &mut Rng| (0..n).map(|_| rng.below(k as u32) as Color).collect();
        let fresh = |rng: &mut Rng| start.take().unwrap_or_else(|| random(rng));
        let brood = self.pool.children(self.improver.individuals(), &mut rng, fresh);
        let Brood { mut children, parents } = brood;
        for child in &mut children {
            if !self.improver.takes(child) {
                *child = random(&mut rng);
            }
        }
        let order = Order {
            seed: self.options.seed,
            round: self.generation,
            iterations: self.iterations(),
            stop,
        };
        let improved = match self.improver.improve(children, order) {
            Ok(improved) => improved,
            Err(error) => {
                if let Some(elite) = self.improver.rescued() {
                    self.note(&elite)?;
                }
                // Then the same generation is made again.
                let ended = I::lacks_memory(&error).then_some(Step::OutOfMemory);
                return ended.map(Some).ok_or_else(|| error.to_string());
            }
        };
        self.generation = self.generation.wrapping_add(1);
        self.start = None;
        let made = improved.moves.max(u64::from(!improved.stopped));
        self.moves = self.moves.saturating_add(made);
        if let Some(best) = improved.individuals.iter().min_by_key(|one| one.conflicts) {
            self.note(best)?;
        }
        match self.options.succession {
            // Children that have had few moves are worse than their parents for that alone.
            Succession::Parents if !improved.stopped => {
                self.pool.succeed(improved.individuals, &parents);
            }
            Succession::Apart | Succession::Parents => {
                self.pool.admit(improved.individuals, self.twins());
            }
        }
        self.tell();
        if !improved.stopped {
            self.go_on(made);
        }
        Ok(improved.stopped.then_some(Step::Stopped))
    }

    /// Tells whoever watches how the pool stands.
    fn tell(&self) {
        self.watch.sample(|| {
            let is_several = self.pool.members().len() > 1;
            let diversity = is_several.then(|| 1.0 - self.pool.likeness());
            let (moves, conflicts) = (self.moves, self.best.conflicts);
            Sample { moves, conflicts, diversity, ..Sample::default() }
        });
    }

    /// Changes what the next generation does, and begins afresh where that is due.
    fn go_on(&mut self, moves: u64) {
        let conflicts = || self.pool.members().iter().map(|member| member.conflicts);
        let best = conflicts().min().unwrap_or(u64::MAX);
        let now = Standing { best, total: conflicts().sum(), moves };
        if self.schedule.pass(&self.options, now, || self.pool.likeness()) {
            self.pool.clear();
            self.schedule = self.schedule.afresh(&self.options);
            self.restarts += 1;
        }
    }

    /// Keeps an individual if it is the best so far, counted here.
    fn note(&mut self, elite: &Elite) -> Result<(), String> {
        if elite.conflicts >= self.best.conflicts {
            return Ok(());
        }
        let is_one = elite.colors.len() == self.graph.n()
            && elite.colors.iter().all(|&color| usize::from(color) < self.k);
        if !is_one {
            return Err("what came back is no assignment of the colours".to_owned());
        }
        let counted = Elite::new(self.k, elite.colors.clone(), self.graph.edges());
        if counted.conflicts != elite.conflicts {
            let (counted, told) = (counted.conflicts, elite.conflicts);
            return Err(format!("what came back has {counted} conflicts, not {told}"));
        }
        self.best = counted;
        Ok(())
    }

    /// The members of a state and when they entered, its schedule, and the start if it has one.
    fn read(&self, saved: &Saved) -> Result<Read, Mismatch> {
        let ([.., members], rest) = split_counters::<OWN>(&saved.counters)?;
        let members = usize::try_from(members).unwrap_or(usize::MAX);
        let individuals = saved.individuals.len();
        let is_count = members <= individuals && individuals - members <= 1;
        Mismatch::unless(is_count, "the number of members")?;
        let (schedule, entered) = split_counters::<COUNTERS>(rest)?;
        let counters = OWN + COUNTERS + members;
        let shape = Shape { k: self.k, vertices: self.graph.n(), individuals, random: 0, counters };
        saved.check(shape, self.graph.edges())?;
        saved.check_colors(self.k, false)?;
        let schedule = Schedule::read(schedule).ok_or(Mismatch::Part("the schedule"))?;
        let are_numbers = entered.iter().all(|&number| number <= AT_MOST);
        Mismatch::unless(are_numbers, "when members entered")?;
        let (all, start) = saved.individuals.split_at(members);
        let elite = |colors: &Vec<Color>| Elite::new(self.k, colors.clone(), self.graph.edges());
        Ok(Read {
            members: all.iter().map(elite).collect(),
            entered: entered.to_vec(),
            schedule,
            start: start.first().cloned(),
        })
    }
}

/// Counters of a state before those of the schedule and of the members.
const OWN: usize = 5;

/// A state taken apart.
struct Read {
    members: Vec<Elite>,
    entered: Vec<u64>,
    schedule: Schedule,
    start: Option<Vec<Color>>,
}

impl<I: Improver> FixedK for Population<I> {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        self.target = self.target.saturating_add(moves);
        loop {
            if self.failure.is_some() {
                return Step::Failed;
            }
            if self.best.conflicts == 0 {
                self.target = self.moves;
                return Step::Solved;
            }
            if self.moves >= self.target {
                return Step::OutOfMoves;
            }
            let ended = match stop.load(Ordering::Relaxed) {
                true => Ok(Some(Step::Stopped)),
                false => self.pass(stop),
            };
            match ended {
                Ok(Some(step)) if self.best.conflicts > 0 => {
                    self.target = self.moves; // what was asked for and not made is not owed
                    return step;
                }
                Ok(_) => {}
                Err(why) => {
                    self.failure = Some(why);
                    self.target = self.moves;
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
        self.moves
    }

    /// It enters the pool like a child. Vertices that have no colour get one.
    fn offer(&mut self, elite: &Elite) {
        if elite.k != self.k || elite.colors.len() != self.graph.n() {
            return;
        }
        let colors = completed(&self.graph, self.k, &elite.colors);
        if !self.improver.takes(&colors) {
            return;
        }
        let elite = Elite::new(self.k, colors, self.graph.edges());
        if elite.conflicts < self.best.conflicts {
            self.best = elite.clone();
        }
        let twins = self.twins();
        self.pool.admit(vec![elite], twins);
    }

    /// Individuals are the members, and behind them what one of the first generation starts from.
    fn save(&mut self) -> Saved {
        let members = self.pool.members();
        let individuals = members.iter().map(|member| &member.colors).chain(&self.start).cloned();
        let own: [u64; OWN] = [
            self.options.seed,
            self.generation.into(),
            self.target,
            self.restarts,
            members.len() as u64,
        ];
        let counters = own.into_iter().chain(self.schedule.counters());
        Saved {
            best: self.best.clone(),
            individuals: individuals.collect(),
            moves: self.moves,
            random: Vec::new(),
            counters: counters.chain(self.pool.entered().iter().copied()).collect(),
        }
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        let Read { members, entered, schedule, start } = self.read(saved)?;
        let ([seed, generation, target, restarts, _], _) = split_counters::<OWN>(&saved.counters)?;
        let generation = u32::try_from(generation);
        let generation = generation.map_err(|_| Mismatch::Part("the generation"))?;
        let are_possible = target <= saved.moves && restarts <= AT_MOST;
        Mismatch::unless(are_possible, "the counters")?;
        self.options.seed = seed;
        (self.generation, self.target, self.restarts) = (generation, target, restarts);
        (self.schedule, self.start) = (schedule, start);
        (self.best, self.moves) = (saved.best.clone(), saved.moves);
        self.pool.put(members, entered);
        self.failure = None;
        Ok(())
    }

    /// A sample a generation, with the diversity of the pool.
    fn watch(&mut self, watcher: &Arc<dyn Watcher>) {
        self.watch = watcher.into();
        self.improver.watch(watcher);
        self.tell();
    }

    fn failure(&self) -> Option<String> {
        self.failure.clone()
    }
}

#[cfg(test)]
mod tests;
