//! The walks of a population, their best, and the search that lets one after the other walk: what
//! [`thermodynamic`](crate::thermodynamic) and [`quantum`](crate::quantum) share beside the single [`Walk`].

use crate::metropolis::{Draws, Walk, Weight};
use prism_core::memory::OutOfMemory;
use prism_core::search::{
    Elite, FixedK, Mismatch, Sample, Saved, Shape, Step, UNCOLORED, Watch, Watcher,
};
use prism_core::{Color, Graph, Philox};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How often the stop flag is read, in proposals.
const STOP_PERIOD: u64 = 1024;

/// Counters of a saved population before those of its walks.
const OWN_COUNTERS: usize = 2;

/// A population of walks.
#[derive(Debug)]
pub(crate) struct Walks<'g> {
    graph: Arc<Graph<'g>>,
    k: Color,
    /// None if there are no colours: no colouring exists.
    walks: Vec<Walk<'g>>,
    pub(crate) draws: Draws,
    /// The walk that has the best.
    best: usize,
    proposed: u64,
    accepted: u64,
}

impl<'g> Walks<'g> {
    /// Walks from colourings with `k` colours, numbered in their order. There are none for no colours.
    ///
    /// # Errors
    /// [`OutOfMemory`]: their tables do not fit.
    pub(crate) fn new(
        graph: Arc<Graph<'g>>,
        k: Color,
        starts: Vec<Vec<Color>>,
        draws: Draws,
    ) -> Result<Self, OutOfMemory> {
        let walk = |(number, colors)| Walk::new(Arc::clone(&graph), k, number, colors);
        let walks: Vec<_> = match k {
            0 => Vec::new(),
            _ => (0..).zip(starts).map(walk).collect::<Result<_, _>>()?,
        };
        let best = (0..walks.len()).min_by_key(|&at| walks[at].fewest()).unwrap_or(0);
        Ok(Self { graph, k, walks, draws, best, proposed: 0, accepted: 0 })
    }

    pub(crate) fn all(&self) -> &[Walk<'g>] {
        &self.walks
    }

    pub(crate) fn colorings(&self) -> impl Iterator<Item = &[Color]> {
        self.walks.iter().map(Walk::colors)
    }

    pub(crate) fn energies(&self) -> impl Iterator<Item = u64> {
        self.walks.iter().map(Walk::conflicts)
    }

    pub(crate) fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Up to so many proposals of walk `at`. Returns how many were made, and how many of them were
    /// accepted.
    pub(crate) fn walk(
        &mut self,
        at: usize,
        proposals: u32,
        weight: &mut impl Weight,
    ) -> (u64, u64) {
        let walk = &mut self.walks[at];
        let (made, accepted) = walk.run(proposals, &self.draws, weight);
        let (made, accepted) = (u64::from(made), u64::from(accepted));
        self.proposed += made;
        self.accepted += accepted;
        if walk.fewest() < self.walks[self.best].fewest() {
            self.best = at;
        }
        (made, accepted)
    }

    /// The best of all walks. With no walk nothing is coloured.
    pub(crate) fn best(&self) -> Elite {
        let of_walk = self.walks.get(self.best).map(|walk| walk.best().to_vec());
        let colors = of_walk.unwrap_or_else(|| vec![UNCOLORED; self.graph.n()]);
        Elite { k: usize::from(self.k), colors, conflicts: self.fewest() }
    }

    /// The conflicts of [`Walks::best`].
    pub(crate) fn fewest(&self) -> u64 {
        self.walks.get(self.best).map_or(self.graph.n() as u64, Walk::fewest)
    }

    /// The state, with the `counters` of what is made of the walks. Only the best of all is remembered:
    /// the first walk keeps it.
    pub(crate) fn save(&mut self, counters: impl IntoIterator<Item = u64>) -> Saved {
        let best = self.best();
        self.remember(&best);
        let own: [u64; OWN_COUNTERS] = [self.draws.philox.seed(), self.accepted];
        let of_walks = self.walks.iter().map(Walk::made);
        Saved {
            best,
            individuals: self.colorings().map(<[Color]>::to_vec).collect(),
            moves: self.proposed,
            random: Vec::new(),
            counters: own.into_iter().chain(of_walks).chain(counters).collect(),
        }
    }

    /// Whether a state is one of these walks, with so many counters of what is made of them; gives those.
    pub(crate) fn check<'s>(
        &self,
        saved: &'s Saved,
        counters: usize,
    ) -> Result<&'s [u64], Mismatch> {
        let own = OWN_COUNTERS + self.walks.len();
        let shape = Shape {
            k: self.k.into(),
            vertices: self.graph.n(),
            individuals: self.walks.len(),
            random: 0,
            counters: own + counters,
        };
        saved.check(shape, self.graph.edges())?;
        saved.check_colors(self.k.into(), false)?;
        let (own, rest) = saved.counters.split_at(own);
        let are_moves = own[1..].iter().all(|&made| made <= saved.moves);
        Mismatch::unless(are_moves, "a number of proposals")?;
        Ok(rest)
    }

    /// Goes on from a state that passed [`Walks::check`].
    pub(crate) fn restore(&mut self, saved: &Saved) {
        self.draws.philox = Philox::new(saved.counters[0]);
        self.accepted = saved.counters[1];
        self.proposed = saved.moves;
        let made = &saved.counters[OWN_COUNTERS..];
        for ((walk, colors), &made) in self.walks.iter_mut().zip(&saved.individuals).zip(made) {
            walk.load(colors, made);
        }
        self.remember(&saved.best);
    }

    fn remember(&mut self, best: &Elite) {
        self.walks.iter_mut().for_each(Walk::forget_best);
        self.best = 0;
        if let Some(first) = self.walks.first_mut() {
            first.set_best(best);
        }
    }
}

/// Which walk has the next turn, and at what cost it moves.
pub(crate) trait Schedule: Send {
    /// Up to so many proposals of one walk, of which there is one; whether that has ended a step.
    fn advance(&mut self, walks: &mut Walks<'_>, proposals: u32) -> bool;

    /// Exchanges between walks: tried, and made.
    fn exchanges(&self) -> [u64; 2] {
        [0, 0]
    }

    /// Where it stands. As many numbers at any time.
    fn counters(&self) -> Vec<u64>;

    /// Stands there again, if that is possible with these walks; they are restored afterwards.
    fn restore(&mut self, walks: &Walks<'_>, counters: &[u64]) -> Result<(), Mismatch>;
}

/// A search of walks. A move is a proposal, accepted or not, of any walk.
#[derive(Debug)]
pub(crate) struct Annealer<'g, S> {
    pub walks: Walks<'g>,
    pub schedule: S,
    watch: Watch,
}

impl<'g, S: Schedule> Annealer<'g, S> {
    pub fn new(walks: Walks<'g>, schedule: S) -> Self {
        Self { walks, schedule, watch: Watch::default() }
    }

    /// Tells whoever watches how the search stands.
    fn tell(&self) {
        self.watch.sample(|| {
            let [exchanges, swaps] = self.schedule.exchanges();
            let Walks { proposed, accepted, .. } = self.walks;
            Sample {
                moves: proposed,
                conflicts: self.walks.fewest(),
                proposed,
                accepted,
                exchanges,
                swaps,
                diversity: None,
            }
        });
    }

    /// Goes on to the end of the step.
    pub fn step(&mut self) {
        while !self.schedule.advance(&mut self.walks, u32::MAX) {}
    }
}

impl<S: Schedule> FixedK for Annealer<'_, S> {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        let end = self.walks.proposed.saturating_add(moves);
        while self.walks.fewest() > 0 {
            let walks = &mut self.walks;
            if walks.proposed >= end {
                return Step::OutOfMoves;
            }
            if stop.load(Ordering::Relaxed) {
                return Step::Stopped;
            }
            let now = (end - walks.proposed).min(STOP_PERIOD);
            if walks.all().is_empty() {
                walks.proposed += now;
            } else if self.schedule.advance(walks, now as u32) {
                self.tell();
            }
        }
        Step::Solved
    }

    /// A sample a step.
    fn watch(&mut self, watcher: &Arc<dyn Watcher>) {
        self.watch = watcher.into();
        self.tell();
    }

    fn best(&self) -> Elite {
        self.walks.best()
    }

    fn conflicts(&self) -> u64 {
        self.walks.fewest()
    }

    fn moves(&self) -> u64 {
        self.walks.proposed
    }

    fn save(&mut self) -> Saved {
        self.walks.save(self.schedule.counters())
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        let counters = self.walks.check(saved, self.schedule.counters().len())?;
        self.schedule.restore(&self.walks, counters)?;
        self.walks.restore(saved);
        Ok(())
    }
}
