//! Replica-exchange simulated annealing at a fixed number of colours (Swendsen & Wang 1986; Geyer 1991;
//! Johnson, Aragon, McGeoch & Schevon 1991 for annealing over conflicting edges).
//!
//! Replicas walk at temperatures of their own, the rungs of a [`Ladder`], and replicas of neighbouring
//! rungs exchange their temperatures from time to time: what is stuck in the cold gets out through the
//! heat, and what is found in the heat is polished in the cold, with no schedule of cooling to choose.
//!
//! The kernel `thermodynamic.cu` makes the same moves from the same seed, colourings and ladder.
//!
//! Limits: every replica keeps 4 bytes for each vertex and colour, and a run in one thread divides its
//! time among them.

use crate::forward::forward_fixed_k;
use crate::metropolis::{Draws, Weight, is_accepted};
use crate::walks::{Annealer, Schedule, Walks};
use prism_core::annealing::Ladder;
use prism_core::memory::OutOfMemory;
use prism_core::search::{Mismatch, place, split_counters};
use prism_core::{Color, Graph, Philox, Rng};
use std::sync::Arc;

/// Every move costs its change of the conflicts over the temperature.
struct Heat(i64);

impl Weight for Heat {
    fn cost(&self, change: i64, _: u32, _: Color, _: Color) -> i64 {
        change * self.0
    }
}

/// The search; see the top of this file. A replica is a walk. The temperatures are no part of its state:
/// a search goes on from one at those that it was built with or steered to.
#[derive(Debug)]
pub struct Thermodynamic<'g>(Annealer<'g, Tempering>);

forward_fixed_k!(Thermodynamic<'g>);

/// Which replica is how warm.
#[derive(Debug)]
struct Tempering {
    ladder: Ladder,
    /// By replica: its rung. Replicas `i * rungs` and the following are one ladder.
    rung_of: Vec<usize>,
    /// By rung, and ladder: its replica.
    holder: Vec<usize>,
    steps: u32,
    /// The replica whose turn it is in this step, and the proposals that it has made of it.
    turn: (usize, u32),
    /// Exchanges that were tried since it was built, and all that were made.
    tried: u64,
    swaps: u64,
}

impl<'g> Thermodynamic<'g> {
    /// A search for a colouring of `graph` with `k` colours by one ladder, a replica a rung. All
    /// replicas begin at `start`; missing entries and entries at or above `k` are drawn at random, for
    /// each replica anew.
    pub fn new(
        graph: impl Into<Arc<Graph<'g>>>,
        k: Color,
        start: &[Color],
        ladder: Ladder,
        seed: u64,
    ) -> Result<Self, OutOfMemory> {
        let graph = graph.into();
        let mut rng = Rng::new(seed, 0);
        let starts = (0..ladder.rungs().len())
            .map(|_| {
                let draw = |v: u32| match start.get(v as usize) {
                    Some(&c) if c < k => c,
                    _ => rng.below(u32::from(k)) as Color,
                };
                graph.vertices().map(draw).collect()
            })
            .collect();
        Self::from_colorings(graph, k, starts, ladder, seed, 0)
    }

    /// A search that begins with the given colourings, one a replica: as many ladders as it takes, the
    /// last one perhaps without its hottest rungs. `phase` is that of the config of a kernel, which
    /// makes the same moves.
    ///
    /// # Errors
    /// [`OutOfMemory`]: the tables of its replicas do not fit.
    pub fn from_colorings(
        graph: impl Into<Arc<Graph<'g>>>,
        k: Color,
        starts: Vec<Vec<Color>>,
        ladder: Ladder,
        seed: u64,
        phase: u32,
    ) -> Result<Self, OutOfMemory> {
        let graph = graph.into();
        let draws = Draws { philox: Philox::new(seed), phase, proposals: ladder.proposals };
        let walks = Walks::new(graph, k, starts, draws)?;
        let (replicas, rungs) = (walks.all().len(), ladder.rungs().len());
        let schedule = Tempering {
            rung_of: (0..replicas).map(|at| at % rungs).collect(),
            holder: (0..replicas).collect(),
            ladder,
            steps: 0,
            turn: (0, 0),
            tried: 0,
            swaps: 0,
        };
        Ok(Self(Annealer::new(walks, schedule)))
    }

    /// Goes on with other temperatures; as many rungs as before, or nothing changes.
    pub fn steer(&mut self, ladder: Ladder) {
        let Annealer { walks, schedule, .. } = &mut self.0;
        if ladder.rungs().len() == schedule.ladder.rungs().len() {
            walks.draws.proposals = ladder.proposals;
            schedule.ladder = ladder;
        }
    }

    /// The colouring at hand of every replica.
    pub fn colorings(&self) -> impl Iterator<Item = &[Color]> {
        self.0.walks.colorings()
    }

    /// Conflicting edges of every replica's colouring at hand.
    pub fn energies(&self) -> impl Iterator<Item = u64> {
        self.0.walks.energies()
    }

    /// By replica: its rung.
    #[must_use]
    pub fn rungs(&self) -> &[usize] {
        &self.0.schedule.rung_of
    }

    /// Proposals accepted, and exchanges of temperatures.
    #[must_use]
    pub fn accepted_and_swaps(&self) -> (u64, u64) {
        (self.0.walks.accepted(), self.0.schedule.swaps)
    }

    /// One step of the kernel: an exchange, if one is due, and a turn for every replica.
    pub fn step(&mut self) {
        self.0.step();
    }
}

impl Tempering {
    /// Exchanges the temperatures of neighbours: of rungs 0 and 1, 2 and 3 and so on in one exchange, of
    /// 1 and 2, 3 and 4 in the next.
    fn exchange(&mut self, walks: &Walks<'_>) {
        let interval = self.ladder.exchange_interval;
        if self.steps == 0 || interval == 0 || !self.steps.is_multiple_of(interval) {
            return;
        }
        let rungs = self.ladder.rungs().len();
        let first = (self.steps / interval) as usize % 2;
        let (draws, walks) = (walks.draws, walks.all());
        for base in (0..walks.len()).step_by(rungs) {
            let end = (base + rungs).min(walks.len());
            for low in (base + first..end).step_by(2).filter(|low| low + 1 < end) {
                let (cold, hot) = (self.holder[low], self.holder[low + 1]);
                let growth = walks[hot].conflicts() as i64 - walks[cold].conflicts() as i64;
                let rung = low - base;
                self.tried += 1;
                let cooling =
                    i64::from(self.ladder.beta(rung)) - i64::from(self.ladder.beta(rung + 1));
                // The proposals of a walk have a smaller number of the phase.
                let counter = [self.steps, 0, low as u32, draws.phase | 1 << 31];
                if is_accepted(cooling * growth, draws.philox.at(counter)[0]) {
                    self.swaps += 1;
                    self.holder.swap(low, low + 1);
                    self.rung_of.swap(cold, hot);
                }
            }
        }
    }
}

impl Schedule for Tempering {
    fn advance(&mut self, walks: &mut Walks<'_>, proposals: u32) -> bool {
        let (replica, done) = self.turn;
        if replica == 0 && done == 0 {
            self.exchange(walks);
        }
        let Some(&rung) = self.rung_of.get(replica) else { return true };
        let quota = self.ladder.rungs()[rung].proposals;
        // Another ladder may leave less than was made already.
        let now = proposals.min(quota.saturating_sub(done));
        walks.walk(replica, now, &mut Heat(i64::from(self.ladder.beta(rung))));
        let is_solved = walks.all()[replica].conflicts() == 0;
        if !is_solved && done + now < quota {
            self.turn.1 += now;
            return false;
        }
        self.turn = ((replica + 1) % self.rung_of.len(), 0);
        if self.turn.0 == 0 {
            self.steps += 1;
        }
        self.turn.0 == 0
    }

    fn exchanges(&self) -> [u64; 2] {
        [self.tried, self.swaps]
    }

    fn counters(&self) -> Vec<u64> {
        let turn = [self.turn.0 as u64, u64::from(self.turn.1)];
        let clock = [u64::from(self.steps), turn[0], turn[1], self.swaps];
        clock.into_iter().chain(self.rung_of.iter().map(|&rung| rung as u64)).collect()
    }

    fn restore(&mut self, _: &Walks<'_>, counters: &[u64]) -> Result<(), Mismatch> {
        let (replicas, rungs) = (self.rung_of.len(), self.ladder.rungs().len());
        let ([steps, replica, done, swaps], rung_of) = split_counters(counters)?;
        let rung_of: Vec<usize> = rung_of.iter().map(|&rung| place(rung)).collect();
        let mut holder = vec![usize::MAX; replicas];
        for (replica, &rung) in rung_of.iter().enumerate() {
            let of_ladder = replica / rungs * rungs;
            let at = (rung < rungs).then(|| of_ladder + rung);
            let at = at.filter(|&at| at < replicas && holder[at] == usize::MAX);
            holder[at.ok_or(Mismatch::Part("a rung"))?] = replica;
        }
        let steps = u32::try_from(steps).ok().filter(|&steps| steps <= u32::MAX / 2);
        let steps = steps.ok_or(Mismatch::Part("the number of steps"))?;
        let quota = rung_of.get(place(replica)).map(|&rung| self.ladder.rungs()[rung].proposals);
        let fits =
            quota.map_or((replica, done) == (0, 0), |quota| done == 0 || done < quota.into());
        Mismatch::unless(fits, "the turn")?;
        Mismatch::unless(swaps <= u64::MAX / 2, "the number of exchanges")?;
        (self.steps, self.turn, self.swaps) = (steps, (place(replica), done as u32), swaps);
        (self.rung_of, self.holder) = (rung_of, holder);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metropolis::tests::{check, conflicts_of};
    use crate::partial_coloring::tests::random_graph;
    use prism_core::annealing::Proposals;
    use prism_core::search::{FixedK, Step};
    use prism_core::{Coloring, Rng};
    use proptest::prelude::*;
    use std::sync::atomic::AtomicBool;

    static GO: AtomicBool = AtomicBool::new(false);

    fn ladder(rungs: usize) -> Ladder {
        Ladder::geometric(0.2, 0.8, rungs, 100)
    }

    #[test]
    fn colours_a_random_graph_below_its_greedy_number() {
        let graph = random_graph(60, 50, 3);
        let mut search = Thermodynamic::new(graph.reborrow(), 12, &[], ladder(8), 1).unwrap();
        assert_eq!(search.run(20_000_000, &GO), Step::Solved);
        assert_eq!(Coloring::from_colors(search.best().colors).verify(&graph), Ok(()));
    }

    #[test]
    fn small_and_impossible_cases_end() {
        let (nothing, three) = (Graph::empty(0), Graph::empty(3));
        let new = |graph: &Graph<'static>, k| {
            Thermodynamic::new(graph.clone(), k, &[], ladder(3), 1).unwrap()
        };
        assert_eq!(new(&nothing, 0).run(0, &GO), Step::Solved);
        assert_eq!(new(&three, 1).run(0, &GO), Step::Solved);
        let (edge, _) = Graph::from_edges(2, &[(0, 1)]).unwrap();
        for (k, wrong) in [(0, 2), (1, 1)] {
            let mut search = new(&edge, k);
            assert_eq!(search.run(5000, &GO), Step::OutOfMoves);
            assert_eq!((search.moves(), search.conflicts()), (5000, wrong));
        }
        assert_eq!(new(&edge, 1).run(u64::MAX, &AtomicBool::new(true)), Step::Stopped);
    }

    /// All colourings of a graph, and the share that Boltzmann's distribution gives to each.
    fn boltzmann(graph: &Graph<'_>, k: Color, temperature: f64) -> Vec<f64> {
        let n = graph.n() as u32;
        let weights: Vec<f64> = (0..usize::from(k).pow(n))
            .map(|mut code| {
                let colors: Vec<Color> = (0..n)
                    .map(|_| {
                        let color = (code % usize::from(k)) as Color;
                        code /= usize::from(k);
                        color
                    })
                    .collect();
                libm::exp(-(conflicts_of(graph, &colors) as f64) / temperature)
            })
            .collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / sum).collect()
    }

    /// The walk ends at a proper colouring, so these graphs have none with so many colours.
    #[test]
    fn uniform_proposals_and_exchanges_keep_the_boltzmann_distribution() {
        let (cycle, _) = Graph::from_edges(5, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)]).unwrap();
        let (complete, _) =
            Graph::from_edges(4, &[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]).unwrap();
        for (graph, k, interval) in
            [(&cycle, 2, 0), (&cycle, 2, 1), (&complete, 3, 0), (&complete, 3, 1)]
        {
            // Proposals enough for successive samples to be nearly independent.
            let mut ladder = Ladder::geometric(0.6, 2.4, 3, 40);
            ladder.proposals = Proposals::Uniform;
            ladder.exchange_interval = interval;
            let mut search =
                Thermodynamic::new(graph.reborrow(), k, &[], ladder.clone(), 11).unwrap();
            const SAMPLES: u32 = 20_000;
            let states = usize::from(k).pow(graph.n() as u32);
            let mut seen = vec![vec![0_u32; states]; 3];
            for _ in 0..SAMPLES {
                search.step();
                for (colors, &rung) in search.colorings().zip(search.rungs()) {
                    let code = colors
                        .iter()
                        .rev()
                        .fold(0, |code, &color| code * usize::from(k) + usize::from(color));
                    seen[rung][code] += 1;
                }
            }
            for (seen, rung) in seen.iter().zip(ladder.rungs()) {
                let expected = boltzmann(graph, k, rung.temperature);
                let chi_square: f64 = seen
                    .iter()
                    .zip(&expected)
                    .map(|(&seen, share)| {
                        let expected = share * f64::from(SAMPLES);
                        (f64::from(seen) - expected).powi(2) / expected
                    })
                    .sum();
                // Four standard deviations above the mean of chi square.
                let freedom = (states - 1) as f64;
                let bound = freedom + 4.0 * (2.0 * freedom).sqrt();
                assert!(chi_square < bound, "{k} {interval} {rung:?}: {chi_square} of {bound}");
            }
            assert_eq!(search.accepted_and_swaps().1 > 0, interval > 0);
        }
    }

    proptest! {
        #[test]
        fn the_report_is_true_repeatable_and_the_ladder_stays_a_permutation(
            n in 1u32..40, percent in 0u32..100, k in 1u16..9, seed: u64,
            rungs in 1usize..7, replicas in 1usize..15, interval in 0u32..3,
        ) {
            let graph = random_graph(n, percent, seed);
            let starts: Vec<Vec<Color>> = (0..replicas as u32)
                .map(|at| (0..n).map(|v| ((v * 7 + at * 3) % u32::from(k)) as Color).collect())
                .collect();
            let mut ladder = ladder(rungs);
            ladder.exchange_interval = interval;
            let new = || Thermodynamic::from_colorings(
                graph.reborrow(), k, starts.clone(), ladder.clone(), seed, 4,
            ).unwrap();
            let (mut whole, mut sliced) = (new(), new());
            let step = whole.run(9000, &GO);
            for _ in 0..6 {
                sliced.run(1500, &GO);
            }
            prop_assert_eq!(step == Step::Solved, whole.conflicts() == 0);
            prop_assert_eq!(whole.conflicts(), conflicts_of(&graph, &whole.best().colors));
            for walk in whole.0.walks.all() {
                check(walk);
                prop_assert!(walk.fewest() >= whole.conflicts());
            }
            if step != Step::Solved {
                prop_assert_eq!(whole.best(), sliced.best());
                prop_assert!(whole.colorings().eq(sliced.colorings()));
            }
            let schedule = &whole.0.schedule;
            for (slot, &replica) in schedule.holder.iter().enumerate() {
                prop_assert_eq!(schedule.rung_of[replica], slot % rungs);
                prop_assert_eq!(replica / rungs, slot / rungs);
            }
            let mut held = schedule.holder.clone();
            held.sort_unstable();
            prop_assert!(held.into_iter().eq(0..replicas));
        }

        #[test]
        fn planted_colourings_are_found(seed: u64) {
            let mut rng = Rng::new(seed, 5);
            let edges: Vec<_> = (0..60u32)
                .flat_map(|u| (0..u).map(move |v| (u, v)))
                .filter(|&(u, v)| u % 4 != v % 4 && rng.below(100) < 70)
                .collect();
            let (graph, _) = Graph::from_edges(60, &edges).unwrap();
            let mut search = Thermodynamic::new(graph.reborrow(), 4, &[], ladder(6), seed).unwrap();
            prop_assert_eq!(search.run(3_000_000, &GO), Step::Solved);
            prop_assert_eq!(Coloring::from_colors(search.best().colors).verify(&graph), Ok(()));
        }
    }
}
