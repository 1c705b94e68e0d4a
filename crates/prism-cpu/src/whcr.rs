//! Wavelet-hierarchical conflict repair (WHCR): the CPU twin of the kernels `whcr` and `dendritic_whcr`,
//! which makes the same moves from the same seed.
//!
//! It is a tabu search over complete assignments of k colours (Hertz & de Werra 1987; Galinier & Hao
//! 1999) that makes several moves an iteration. The vertices lie in regions, in the order of a coarsening
//! hierarchy ([`Slots`]). Each region proposes its best move. The best proposal is made, and after it
//! those others that make nothing worse and whose vertices are not adjacent to one that has moved. Moves
//! of vertices that are not adjacent do not touch one another's counts, so their changes add up (compare
//! Luby 1986).
//!
//! Where a region looks is in `focus`: if it has more than 32 conflicting vertices, it goes down the
//! hierarchy by a Haar transform of the conflicts, and looks at the whole region only if it finds nothing
//! but moves that make things worse. What a move bars is in `bars`. With
//! [`Settings::dendrites`] vertices carry leaky integrators of their conflict history, `integrators`,
//! which lengthen tenures and break ties. How a tie is broken otherwise is in `order`.
//!
//! A kernel counts neighbours in seven bits and takes 4096 slots; the twin takes any graph, and says
//! where a kernel would have given up ([`Repair::overflows`]).
//!
//! An iteration costs O(c k + d), for c conflicting vertices and degrees d of what moves; with dendrites
//! a pass over the vertices comes every 16 iterations.

mod bars;
mod focus;
mod integrators;
mod order;
mod table;
#[cfg(test)]
mod tests;

pub use bars::Bar;

use bars::Bars;
use focus::LaneSums;
use integrators::Integrators;
use order::{Draw, Key};
use prism_core::hierarchy::{LANES, Slots};
use prism_core::memory::OutOfMemory;
use prism_core::search::{
    Elite, FixedK, Mismatch, Saved, Shape, Step, run_in_steps, split_counters,
};
use prism_core::{Color, Graph, Philox};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use table::Table;

/// What a repair is told beside its graph and start. A step of the kernels reads the same from its
/// config, where `everywhere` and `one_move` are flags.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// A move bars the colour that is given up for a random number of iterations below this, rounded
    /// down to an integer,
    pub tenure_base: f32,
    /// and for this times the number of conflicting vertices, in steps of 1/256.
    pub tenure_slope: f32,
    /// Look at all conflicting vertices, not at those of one cluster a region.
    pub everywhere: bool,
    /// Make one move an iteration.
    pub one_move: bool,
    /// Carry integrators of the conflict history: dendritic WHCR.
    pub dendrites: bool,
    /// Seed of the random numbers, which depend on this and the next two alone.
    pub seed: u64,
    /// Which individual of the population this is.
    pub individual: u32,
    /// The number of the phase.
    pub phase: u32,
}

impl Default for Settings {
    /// The tenure of Galinier and Hao, and neither restriction.
    fn default() -> Self {
        Self {
            tenure_base: 10.0,
            tenure_slope: 0.6,
            everywhere: false,
            one_move: false,
            dendrites: false,
            seed: 0,
            individual: 0,
            phase: 0,
        }
    }
}

/// A vertex that was given another colour.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Move {
    /// The slot of the vertex.
    pub slot: u32,
    /// The colour it had.
    pub from: Color,
    /// The colour it has now.
    pub to: Color,
}

/// One individual under repair.
///
/// ```
/// use prism_core::{Graph, hierarchy, hierarchy::Slots};
/// use prism_core::search::FixedK;
/// use prism_cpu::whcr::{Repair, Settings};
/// use std::sync::Arc;
///
/// let (graph, _) = Graph::from_edges(5, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)])?;
/// let slots = Arc::new(Slots::new(&hierarchy::order(&graph), 1, 1)?);
/// let in_slots = Arc::new(slots.graph(&graph));
/// let mut repair = Repair::new(in_slots, slots, 3, &[0; 5], Settings::default())?;
/// repair.iterate(100);
/// assert_eq!(repair.conflicts(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Repair {
    /// The vertices are slots.
    graph: Arc<Graph<'static>>,
    slots: Arc<Slots>,
    settings: Settings,
    draws: Philox,
    table: Table,
    /// By region.
    bars: Vec<Bars>,
    integrators: Integrators,
    iteration: u64,
    /// The moves of the last iteration.
    made: Vec<Move>,
    moves_made: u64,
    /// What [`FixedK::moves`] says: an iteration without a move counts, too.
    effort: u64,
    best: Vec<Color>,
    best_conflicts: u64,
}

/// The best move of a region.
#[derive(Clone, Copy, Debug)]
struct Proposal {
    key: Key,
    slot: u32,
}

impl Repair {
    /// A repair with `k >= 1` colours of `start`, which has one colour below `k` for each vertex.
    /// `graph` is that of the slots: [`Slots::graph`].
    ///
    /// # Errors
    /// [`OutOfMemory`]: its table does not fit.
    ///
    /// # Panics
    /// If `graph` or `start` does not go with `slots`, or `start` with `k`.
    pub fn new(
        graph: Arc<Graph<'static>>,
        slots: Arc<Slots>,
        k: usize,
        start: &[Color],
        settings: Settings,
    ) -> Result<Self, OutOfMemory> {
        assert_eq!(graph.n(), slots.used(), "the graph is that of the slots");
        assert_eq!(start.len(), slots.slots().len(), "one colour a vertex");
        let table = Table::new(&graph, k, slots.by_slot(start))?;
        Ok(Self {
            draws: Philox::new(settings.seed),
            bars: vec![Bars::default(); slots.regions()],
            integrators: Integrators::new(slots.used()),
            iteration: 0,
            made: Vec::new(),
            moves_made: 0,
            effort: 0,
            best: start.to_vec(),
            best_conflicts: table.conflicts(),
            graph,
            slots,
            settings,
            table,
        })
    }

    /// Has another assignment at hand, and no bars. `largest` is the largest count there ever was.
    fn go_on_from(&mut self, colors: &[Color], largest: u32) {
        self.table.load(&self.graph, &self.slots.by_slot(colors), largest);
        self.bars.fill(Bars::default());
        self.made.clear();
    }

    /// Does up to `iterations` further iterations, fewer only if the best assignment becomes proper.
    /// Returns how many it did.
    pub fn iterate(&mut self, iterations: u64) -> u64 {
        let before = self.iteration;
        while self.best_conflicts > 0 && self.iteration - before < iterations {
            self.step();
        }
        self.iteration - before
    }

    /// Does one iteration, and returns its moves in the order in which they were made. There are none
    /// if every move is barred.
    pub fn step(&mut self) -> &[Move] {
        let (now, next) = (self.iteration, self.iteration + 1);
        let draw = self.draw();
        let tenure = self.tenure(&draw);
        let mut proposals = self.proposals(&draw);
        self.made.clear();
        while let Some(best) = proposals.iter().copied().min_by_key(|proposal| proposal.key) {
            if !self.made.is_empty() && (self.settings.one_move || best.key.change() > 0) {
                break;
            }
            self.make(best.slot, best.key.color(&draw), now, tenure);
            let graph = &self.graph;
            proposals
                .retain(|other| other.slot != best.slot && !graph.has_edge(other.slot, best.slot));
        }
        for bars in &mut self.bars {
            bars.end(next, |bar| self.table.unbar(bar.slot, bar.color));
        }
        if self.settings.dendrites {
            self.integrators.integrate(next, &self.table);
        }
        self.iteration = next;
        self.moves_made += self.made.len() as u64;
        self.effort += self.made.len().max(1) as u64;
        if self.table.conflicts() < self.best_conflicts {
            self.best_conflicts = self.table.conflicts();
            self.best = self.coloring();
        }
        &self.made
    }

    /// The random numbers of the next iteration.
    fn draw(&self) -> Draw {
        let (iteration, settings) = (self.iteration, &self.settings);
        let (low, high) = (iteration as u32, (iteration >> 32) as u32);
        let random = self.draws.at([low, high, settings.individual, settings.phase]);
        Draw::new(random, self.slots.used())
    }

    /// How long moves of this iteration bar a colour, before what an integrator adds. Integers of 32
    /// bits, as in the kernels.
    fn tenure(&self, draw: &Draw) -> u32 {
        let base = self.settings.tenure_base as u32;
        let slope = (self.settings.tenure_slope * 256.0) as u32;
        let total = self.table.conflicting().len() as u32;
        Philox::below(draw.tenure, base).wrapping_add(total.wrapping_mul(slope) / 256)
    }

    /// Gives the vertex in `slot` another colour, and bars the one it had.
    fn make(&mut self, slot: u32, to: Color, now: u64, tenure: u32) {
        let from = self.table.color(slot);
        self.table.recolor(&self.graph, slot, to);
        self.made.push(Move { slot, from, to });
        let damping = if self.settings.dendrites { self.integrators.damping(slot) } else { 0 };
        let until = now + 1 + u64::from(tenure.wrapping_add(damping));
        let (region, _) = self.slots.region_and_lane(slot as usize);
        if let Some(lost) = self.bars[region].push(Bar { slot, color: from, until }, now) {
            self.table.unbar(lost.slot, lost.color);
        }
    }

    /// The best moves of those regions that have one.
    fn proposals(&self, draw: &Draw) -> Vec<Proposal> {
        let mut lanes = self.focus(draw);
        let mut proposals = self.best_within(&lanes, draw);
        // Where a cluster has only moves that make things worse, the whole region is looked at after all.
        let mut is_wider = false;
        for (lanes, best) in lanes.iter_mut().zip(&proposals) {
            let makes_worse = best.is_none_or(|best| best.key.change() > 0);
            let widens = lanes.len() < LANES && makes_worse;
            *lanes = if widens { 0..LANES } else { 0..0 };
            is_wider |= widens;
        }
        if is_wider {
            for (best, wider) in proposals.iter_mut().zip(self.best_within(&lanes, draw)) {
                *best = wider.or(*best);
            }
        }
        proposals.into_iter().flatten().collect()
    }

    /// By region: the best move of the vertices in some of its lanes.
    fn best_within(&self, lanes: &[Range<usize>], draw: &Draw) -> Vec<Option<Proposal>> {
        let mut of_region: Vec<Option<Proposal>> = vec![None; lanes.len()];
        for slot in self.conflicting_in(lanes) {
            let (region, _) = self.slots.region_and_lane(slot as usize);
            let best = &mut of_region[region];
            if let Some(key) = self.best_move(slot, draw)
                && best.is_none_or(|best| key < best.key)
            {
                *best = Some(Proposal { key, slot });
            }
        }
        of_region
    }

    /// The slots of the conflicting vertices in some lanes of each region.
    fn conflicting_in(&self, lanes: &[Range<usize>]) -> impl Iterator<Item = u32> {
        self.table.conflicting().iter().copied().filter(|&slot| {
            let (region, lane) = self.slots.region_and_lane(slot as usize);
            lanes[region].contains(&lane)
        })
    }

    /// By region: the lanes that are looked at first.
    fn focus(&self, draw: &Draw) -> Vec<Range<usize>> {
        let mut sums = vec![LaneSums::default(); self.slots.regions()];
        if !self.settings.everywhere {
            for &slot in self.table.conflicting() {
                let (region, lane) = self.slots.region_and_lane(slot as usize);
                sums[region].add(lane, self.table.conflicts_of(slot));
            }
        }
        sums.iter().map(|sums| sums.focus(draw.focus)).collect()
    }

    /// The best move of a conflicting vertex: to a colour that is not barred, or to any if that gives a
    /// new best (aspiration).
    fn best_move(&self, slot: u32, draw: &Draw) -> Option<Key> {
        let own = self.table.conflicts_of(slot);
        let favour = if self.settings.dendrites { self.integrators.favour(slot) } else { 0 };
        let key = |(count, shade): (u32, u32)| Key::new(count, own, favour, slot, shade, draw);
        // What the assignment would have left with no conflict at this vertex, against the best.
        let to_beat = self.best_conflicts + u64::from(own);
        let is_new_best =
            |&(count, _): &(u32, u32)| self.table.conflicts() + u64::from(count) < to_beat;
        let allowed = draw.least(self.table.open(slot));
        let aspired = if self.table.conflicts() < to_beat {
            draw.least(self.table.counts(slot)).filter(is_new_best)
        } else {
            None
        };
        allowed.into_iter().chain(aspired).map(key).min()
    }

    /// Iterations done. The next one draws the random numbers that belong to this number.
    pub fn iteration(&self) -> u64 {
        self.iteration
    }

    /// The moves of the last iteration, in the order in which they were made.
    pub fn made(&self) -> &[Move] {
        &self.made
    }

    /// Moves made in all iterations.
    pub fn moves_made(&self) -> u64 {
        self.moves_made
    }

    /// Conflicting edges of the assignment at hand.
    pub fn current(&self) -> u64 {
        self.table.conflicts()
    }

    /// The assignment at hand, by vertex.
    pub fn coloring(&self) -> Vec<Color> {
        self.slots.by_vertex(self.table.colors())
    }

    /// What is barred beside the vertices' own colours, in no order that means something.
    pub fn bars(&self) -> impl Iterator<Item = Bar> + '_ {
        self.bars.iter().flat_map(|bars| bars.running(self.iteration))
    }

    /// By slot: the fast and the slow integrators. All are 0 without [`Settings::dendrites`].
    pub fn integrators(&self) -> (&[u8], &[u8]) {
        self.integrators.values()
    }

    /// Whether a vertex ever had more than 127 neighbours of one colour: a kernel gives up there.
    pub fn overflows(&self) -> bool {
        self.table.largest_count() > 127
    }
}

impl FixedK for Repair {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        run_in_steps(self, moves, stop, |search| {
            search.step();
        })
    }

    fn best(&self) -> Elite {
        Elite { k: self.table.k(), colors: self.best.clone(), conflicts: self.best_conflicts }
    }

    fn conflicts(&self) -> u64 {
        self.best_conflicts
    }

    fn moves(&self) -> u64 {
        self.effort
    }

    /// Bars are forgotten, integrators are not.
    fn save(&mut self) -> Saved {
        let colors = self.coloring();
        let largest = self.table.largest_count();
        self.go_on_from(&colors, largest);
        let (fast, slow) = self.integrators.values();
        let integrators = fast.iter().chain(slow).map(|&value| value.into());
        let counters = [self.draws.seed(), self.iteration, self.moves_made, largest.into()];
        Saved {
            best: self.best(),
            individuals: vec![colors],
            moves: self.effort,
            random: Vec::new(),
            counters: counters
                .into_iter()
                .chain(integrators.filter(|_| self.settings.dendrites))
                .collect(),
        }
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        let (k, vertices) = (self.table.k(), self.slots.slots().len());
        let integrators = if self.settings.dendrites { 2 * self.slots.used() } else { 0 };
        let shape = Shape { k, vertices, individuals: 1, random: 0, counters: 4 + integrators };
        let vertex = |slot: u32| self.slots.vertex(slot as usize);
        let edges = self.graph.edges();
        saved.check(shape, edges.filter_map(|(u, v)| Some((vertex(u)?, vertex(v)?))))?;
        saved.check_colors(k, false)?;
        let ([seed, iteration, moves_made, largest], values) = split_counters(&saved.counters)?;
        let iterates = iteration <= saved.moves && moves_made <= saved.moves;
        Mismatch::unless(iterates, "the number of iterations or moves")?;
        let largest = u32::try_from(largest).ok().filter(|&largest| largest <= i32::MAX as u32);
        let largest = largest.ok_or(Mismatch::Part("the largest count"))?;
        let values: Option<Vec<u8>> = values.iter().map(|&one| u8::try_from(one).ok()).collect();
        let values = values.ok_or(Mismatch::Part("an integrator"))?;
        if self.settings.dendrites {
            self.integrators.set(&values);
        }
        self.settings.seed = seed;
        self.draws = Philox::new(seed);
        (self.iteration, self.moves_made, self.effort) = (iteration, moves_made, saved.moves);
        self.best.copy_from_slice(&saved.best.colors);
        self.best_conflicts = saved.best.conflicts;
        self.go_on_from(&saved.individuals[0], largest);
        Ok(())
    }
}
