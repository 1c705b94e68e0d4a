//! Conflict repair in rounds, for graphs that are too large for tables.
//!
//! It is a tabu search over complete assignments of k colours (Hertz & de Werra 1987; Galinier & Hao
//! 1999) that keeps no count of a vertex's colours: they are counted from its neighbours when it is looked
//! at, which is only when it is in conflict. In a round every conflicting vertex proposes its best move. A
//! move is made if its vertex comes before all neighbours that propose, by the change of the conflicts and
//! then by chance, and makes nothing worse; the first proposal of all is made whatever it does. So no two
//! vertices that move are adjacent (Luby 1986), and their changes add up.
//!
//! A move bars the colour that is given up for a random number of rounds. That number grows with the conflicting
//! vertices for each move of the last round, where a search that makes one move at a time has it grow with
//! the conflicting vertices: what counts is how many moves are made elsewhere meanwhile. Bars lie in a hash
//! table whose places keep the longest of what comes to them, so that all are kept, and now and then one colour
//! too many is barred. (Two bars a vertex are not enough: where a vertex has three colours beside its own
//! that cost nothing it goes round them for ever, and the search never climbs.)
//!
//! With [`Settings::dendrites`] vertices carry leaky integrators of their conflict history: a bar lasts longer for a
//! vertex that has been in conflict of late, and among moves of equal change those come first whose vertices
//! have been in conflict for long, before chance.
//!
//! Nothing that is decided depends on the order in which vertices are looked at, and what is kept by
//! difference are sums and maxima. So threads may share a round in any way, on a device as well: a round is
//! three passes over the list of conflicting vertices, which propose, move, and list anew.
//!
//! A round costs the degrees of the conflicting vertices, and O(k) for each. Memory: 32 to 64 bytes a vertex for
//! the bars, and 22 for the rest; 12 for integrators.

mod integrators;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use prism_core::search::{Elite, FixedK, Mismatch, Saved, Shape, Step, run_in_steps};
use prism_core::{Color, Graph, Philox};

use crate::whcr::Settings;
use integrators::Integrators;

/// The most rounds that a move bars a colour.
const LONGEST: u64 = 1 << 20;

/// How an order of all proposals is made of a change: this much is added, so that none is negative. Changes are
/// less than that, since degrees are.
const BIAS: i64 = 1 << 24;

/// The most vertices that an order of proposals can tell apart, and the bound on degrees.
pub const MOST_VERTICES: usize = 1 << 24;

/// What a conflicting vertex would do.
#[derive(Clone, Copy, Debug)]
struct Proposal {
    /// Its place in the order of all: the change, how its vertex is favoured, chance, the vertex.
    key: u64,
    vertex: u32,
    to: Color,
    change: i64,
    tenure_draw: u32,
}

/// One individual under repair.
///
/// ```
/// use prism_core::Graph;
/// use prism_core::search::FixedK;
/// use prism_cpu::rounds::Rounds;
/// use prism_cpu::whcr::Settings;
///
/// let (graph, _) = Graph::from_edges(5, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)])?;
/// let mut repair = Rounds::new(graph, 3, &[0; 5], Settings::default());
/// repair.iterate(100);
/// assert_eq!(repair.conflicts(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rounds<'g> {
    graph: Arc<Graph<'g>>,
    k: usize,
    settings: Settings,
    colors: Vec<Color>,
    /// Neighbours of the same colour.
    same: Vec<u32>,
    /// By place: the round until which what lies there is barred; see [`place`].
    until: Vec<u64>,
    /// By vertex: the key of what it proposes in this round.
    keys: Vec<u64>,
    /// The conflicting vertices, and others that are not any more.
    listed: Vec<u32>,
    is_listed: Vec<bool>,
    /// By vertex; none without [`Settings::dendrites`].
    integrators: Vec<Integrators>,
    /// Conflicting edges of the colours at hand.
    current: u64,
    round: u64,
    /// Moves of the last round, at least one; 0 before the first.
    made: u32,
    moves_made: u64,
    effort: u64,
    best: Vec<Color>,
    best_conflicts: u64,
    counts: Vec<u32>,
}

const NONE: u64 = u64::MAX;

/// How many places there are for bars.
fn places(vertices: usize) -> usize {
    (4 * vertices).next_power_of_two().max(64)
}

/// Where the bar of a colour for a vertex lies, among so many places, a power of two. Two bars at one place
/// are as long as the longer one: now and then a colour is barred that need not be.
fn place(vertex: u32, color: u32, places: usize) -> usize {
    let mixed = vertex.wrapping_mul(0x9e37_79b1).wrapping_add(color.wrapping_mul(0x85eb_ca77));
    let mixed = (mixed ^ mixed >> 15).wrapping_mul(0xc2b2_ae3d);
    (mixed >> (32 - places.trailing_zeros())) as usize
}

impl<'g> Rounds<'g> {
    /// A repair with `k >= 1` colours of `start`, which has one colour below `k` for each vertex. Of the
    /// settings, `everywhere` means nothing here.
    ///
    /// # Panics
    /// If `start` does not go with the graph or with `k`, or there are more than [`MOST_VERTICES`] vertices.
    pub fn new(
        graph: impl Into<Arc<Graph<'g>>>,
        k: usize,
        start: &[Color],
        settings: Settings,
    ) -> Self {
        let graph = graph.into();
        let n = graph.n();
        assert!(n <= MOST_VERTICES, "{n} vertices");
        assert_eq!(start.len(), n, "one colour a vertex");
        assert!(start.iter().all(|&color| usize::from(color) < k), "colours are below {k}");
        let remembering = if settings.dendrites { n } else { 0 };
        let integrators = vec![Integrators::default(); remembering];
        let mut repair = Self {
            k,
            settings,
            colors: start.to_vec(),
            same: vec![0; n],
            until: vec![0; places(n)],
            keys: vec![NONE; n],
            listed: Vec::new(),
            is_listed: vec![false; n],
            integrators,
            current: 0,
            round: 0,
            made: 0,
            moves_made: 0,
            effort: 0,
            best: start.to_vec(),
            best_conflicts: 0,
            counts: vec![0; k],
            graph,
        };
        repair.count();
        repair.best_conflicts = repair.current;
        repair
    }

    /// Counts anew what is in conflict.
    fn count(&mut self) {
        let graph = Arc::clone(&self.graph);
        self.current = 0;
        self.listed.clear();
        self.is_listed.fill(false);
        for v in graph.vertices() {
            let color = self.colors[v as usize];
            let same = graph.neighbors(v).iter().filter(|&&u| self.colors[u as usize] == color);
            self.same[v as usize] = same.count() as u32;
            self.current += u64::from(self.same[v as usize]);
            self.list(v);
        }
        self.current /= 2;
    }

    /// Lists a vertex if it is in conflict and not listed yet.
    fn list(&mut self, v: u32) {
        if self.same[v as usize] > 0 && !std::mem::replace(&mut self.is_listed[v as usize], true) {
            self.listed.push(v);
        }
    }

    /// Does up to so many further rounds, fewer only if the best assignment becomes proper. Returns how many
    /// it did.
    pub fn iterate(&mut self, rounds: u64) -> u64 {
        let before = self.round;
        while self.best_conflicts > 0 && self.round - before < rounds {
            self.round();
        }
        self.round - before
    }

    /// Does one round, and returns how many moves it made.
    pub fn round(&mut self) -> u32 {
        let conflicting = self.listed.len() as u32;
        let proposals: Vec<Proposal> =
            self.listed.clone().into_iter().filter_map(|v| self.proposal(v)).collect();
        for proposal in &proposals {
            self.keys[proposal.vertex as usize] = proposal.key;
        }
        let first = proposals.iter().map(|proposal| proposal.key).min().unwrap_or(NONE);
        let graph = Arc::clone(&self.graph);
        let is_made = |keys: &[u64], it: &&Proposal| {
            let may = if self.settings.one_move { false } else { it.change <= 0 };
            let before_all =
                || graph.neighbors(it.vertex).iter().all(|&u| keys[u as usize] > it.key);
            it.key == first || may && before_all()
        };
        let made: Vec<Proposal> =
            proposals.iter().filter(|it| is_made(&self.keys, it)).copied().collect();
        let each = u64::from(if self.made == 0 { conflicting } else { self.made }).max(1);
        let slope = (self.settings.tenure_slope * 256.0) as u32;
        let grown = 2 * u64::from(conflicting) * u64::from(slope) / (256 * each);
        for it in &made {
            let most = (u64::from(self.settings.tenure_base as u32) + grown).min(LONGEST);
            let tenure = u64::from(Philox::below(it.tenure_draw, most as u32));
            let integrators = self.integrators.get(it.vertex as usize);
            self.make(it, tenure + integrators.map_or(0, |it| it.damping()));
        }
        for proposal in &proposals {
            self.keys[proposal.vertex as usize] = NONE;
        }
        let (same, is_listed) = (&self.same, &mut self.is_listed);
        self.listed.retain(|&v| {
            is_listed[v as usize] = same[v as usize] > 0;
            is_listed[v as usize]
        });
        self.round += 1;
        self.made = (made.len() as u32).max(1);
        self.moves_made += made.len() as u64;
        self.effort += u64::from(self.made);
        if self.current < self.best_conflicts {
            self.best_conflicts = self.current;
            self.best.copy_from_slice(&self.colors);
        }
        made.len() as u32
    }

    /// The best move of a conflicting vertex: to a colour that is not barred, or to any if that by itself
    /// gives a new best (aspiration).
    fn proposal(&mut self, v: u32) -> Option<Proposal> {
        let (k, now) = (self.k as u32, self.round as u32);
        let high = (self.round >> 32) as u32;
        let settings = &self.settings;
        let counter = [now, v, settings.individual, settings.phase | high << 8];
        let draws = Philox::new(settings.seed).at(counter);
        self.counts.fill(0);
        for &u in self.graph.neighbors(v) {
            self.counts[usize::from(self.colors[u as usize])] += 1;
        }
        let chance = match self.integrators.get_mut(v as usize) {
            None => draws[1] >> 17,
            Some(integrators) => {
                integrators.integrate(now);
                (7 - integrators.favour()) << 12 | draws[1] >> 20
            }
        };
        let own = self.colors[v as usize];
        let from = self.same[v as usize];
        let shift = Philox::below(draws[0], k);
        let is_barred = |color: u32| self.until[place(v, color, self.until.len())] > self.round;
        let is_new_best =
            |count: u32| self.current + u64::from(count) < self.best_conflicts + u64::from(from);
        let least = (0..k)
            .zip(&self.counts)
            .filter(|&(color, &count)| {
                color != u32::from(own) && (!is_barred(color) || is_new_best(count))
            })
            .map(|(color, &count)| {
                (count, if color >= shift { color - shift } else { color + k - shift })
            })
            .min();
        let (count, place) = least?;
        let to = (place + shift) % k;
        let change = i64::from(count) - i64::from(from);
        let key = ((change + BIAS) as u64) << 39 | u64::from(chance) << 24 | u64::from(v);
        Some(Proposal { key, vertex: v, to: to as Color, change, tenure_draw: draws[2] })
    }

    fn make(&mut self, it: &Proposal, tenure: u64) {
        let v = it.vertex as usize;
        let from = self.colors[v];
        let graph = Arc::clone(&self.graph);
        for &u in graph.neighbors(it.vertex) {
            let color = self.colors[u as usize];
            if color == from {
                self.same[u as usize] -= 1;
            } else if color == it.to {
                self.same[u as usize] += 1;
                self.list(u);
            }
        }
        self.same[v] = (i64::from(self.same[v]) + it.change) as u32;
        self.colors[v] = it.to;
        self.current = (self.current as i64 + it.change) as u64;
        let at = place(it.vertex, from.into(), self.until.len());
        self.until[at] = self.until[at].max(self.round + 1 + tenure);
    }

    /// Rounds done.
    pub fn rounds(&self) -> u64 {
        self.round
    }

    /// Conflicting edges of the assignment at hand.
    pub fn current(&self) -> u64 {
        self.current
    }

    /// The assignment at hand.
    pub fn coloring(&self) -> &[Color] {
        &self.colors
    }

    /// Goes on with this assignment, with nothing barred and no conflict remembered.
    fn go_on_from(&mut self, colors: &[Color]) {
        self.colors.copy_from_slice(colors);
        self.until.fill(0);
        self.integrators.fill(Integrators::default());
        self.count();
    }
}

impl FixedK for Rounds<'_> {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        run_in_steps(self, moves, stop, |search| {
            search.round();
        })
    }

    fn best(&self) -> Elite {
        Elite { k: self.k, colors: self.best.clone(), conflicts: self.best_conflicts }
    }

    fn conflicts(&self) -> u64 {
        self.best_conflicts
    }

    fn moves(&self) -> u64 {
        self.effort
    }

    /// Bars and integrators are forgotten.
    fn save(&mut self) -> Saved {
        let colors = self.colors.clone();
        self.go_on_from(&colors);
        Saved {
            best: self.best(),
            individuals: vec![colors],
            moves: self.effort,
            random: Vec::new(),
            counters: vec![self.settings.seed, self.round, self.made.into(), self.moves_made],
        }
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        let vertices = self.graph.n();
        let shape = Shape { k: self.k, vertices, individuals: 1, random: 0, counters: 4 };
        saved.check(shape, self.graph.edges())?;
        saved.check_colors(self.k, false)?;
        let &[seed, round, made, moves_made] = saved.counters.as_slice() else {
            return Err(Mismatch::Part("the counters"));
        };
        let possible = round <= saved.moves && moves_made <= saved.moves;
        Mismatch::unless(possible, "the number of rounds or moves")?;
        let made = u32::try_from(made).ok().filter(|&made| made as usize <= vertices.max(1));
        self.made = made.ok_or(Mismatch::Part("the moves of the last round"))?;
        self.settings.seed = seed;
        (self.round, self.moves_made, self.effort) = (round, moves_made, saved.moves);
        self.best.copy_from_slice(&saved.best.colors);
        self.best_conflicts = saved.best.conflicts;
        self.go_on_from(&saved.individuals[0]);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
