//! Populations whose individuals are improved by the plainest of searches.

use super::super::{Improved, Pace};
use super::*;
use crate::search::UNCOLORED;
use crate::{Coloring, Rng, generate};
use proptest::prelude::*;

static GO: AtomicBool = AtomicBool::new(false);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Broken {
    #[error("it is broken")]
    Whole,
    #[error("it wants more memory")]
    Starved,
}

/// Gives random conflicting vertices the colour that hurts least, one after the other.
struct Plain {
    graph: Arc<Graph<'static>>,
    k: usize,
    individuals: usize,
    /// The round in which it breaks, and whether it has found something by then.
    breaks: Option<(u32, bool)>,
    /// The round in which it tells too few conflicts.
    lies: Option<u32>,
    /// The round in which it lacks memory, once.
    starves: Option<u32>,
    /// The round in which it is stopped.
    stopped: Option<u32>,
    /// The classes that it takes have at most so many vertices.
    largest: usize,
    /// Iterations of the rounds so far.
    orders: Vec<u64>,
    /// What the first round began with.
    first: Vec<Vec<Color>>,
    rescued: Option<Elite>,
}

impl Plain {
    fn new(graph: &Arc<Graph<'static>>, k: usize, individuals: usize) -> Self {
        Self {
            graph: graph.clone(),
            k,
            individuals,
            breaks: None,
            lies: None,
            starves: None,
            stopped: None,
            largest: usize::MAX,
            orders: Vec::new(),
            first: Vec::new(),
            rescued: None,
        }
    }

    fn improved(&self, mut colors: Vec<Color>, iterations: u64, mut rng: Rng) -> (Elite, u64) {
        let elite = |colors: &Vec<Color>| Elite::new(self.k, colors.clone(), self.graph.edges());
        let mut best = elite(&colors);
        for made in 0..iterations {
            let at = |v: u32| colors[v as usize];
            let ends = self.graph.edges().filter(|&(u, v)| at(u) == at(v));
            let ends: Vec<u32> = ends.flat_map(|(u, v)| [u, v]).collect();
            if ends.is_empty() {
                return (best, made);
            }
            let vertex = ends[rng.below(ends.len() as u32) as usize];
            let shift = rng.below(self.k as u32);
            let count = |color: &u32| {
                let has = |u: &&u32| u32::from(at(**u)) == *color;
                self.graph.neighbors(vertex).iter().filter(has).count()
            };
            let others = (0..self.k as u32).map(|color| (color + shift) % self.k as u32);
            let others = others.filter(|color| *color != u32::from(at(vertex)));
            if let Some(color) = others.min_by_key(count) {
                colors[vertex as usize] = color as Color;
            }
            let now = elite(&colors);
            if now.conflicts < best.conflicts {
                best = now;
            }
        }
        (best, iterations)
    }
}

impl Improver for Plain {
    type Error = Broken;

    fn individuals(&self) -> usize {
        self.individuals
    }

    fn takes(&self, colors: &[Color]) -> bool {
        let classes = Coloring::from_colors(colors.to_vec()).classes();
        classes.iter().all(|&(_, size)| size <= self.largest)
    }

    fn improve(
        &mut self,
        individuals: Vec<Vec<Color>>,
        order: Order<'_>,
    ) -> Result<Improved, Broken> {
        assert!(individuals.iter().all(|colors| self.takes(colors)), "it does not take this");
        if self.orders.is_empty() {
            self.first.clone_from(&individuals);
        }
        self.orders.push(order.iterations);
        if self.starves.take_if(|round| *round == order.round).is_some() {
            return Err(Broken::Starved);
        }
        let stopped = self.stopped == Some(order.round);
        let iterations = if stopped { 1 } else { order.iterations };
        let rng = |at: usize| Rng::new(order.seed, u64::from(order.round) << 32 | at as u64);
        let all = individuals.into_iter().enumerate();
        let all: Vec<_> = all.map(|(at, one)| self.improved(one, iterations, rng(at))).collect();
        let moves = all.iter().map(|(_, moves)| moves).sum();
        let mut individuals: Vec<Elite> = all.into_iter().map(|(elite, _)| elite).collect();
        if self.lies == Some(order.round) {
            individuals[1].conflicts = 0;
        }
        if let Some((_, finds)) = self.breaks.filter(|(round, _)| *round == order.round) {
            let best = individuals.into_iter().min_by_key(|one| one.conflicts);
            self.rescued = best.filter(|_| finds);
            return Err(Broken::Whole);
        }
        Ok(Improved { individuals, moves, stopped })
    }

    fn lacks_memory(error: &Broken) -> bool {
        *error == Broken::Starved
    }

    fn rescued(&self) -> Option<Elite> {
        self.rescued.clone()
    }
}

/// A graph that six colours suffice for, and five do not.
fn graph() -> Arc<Graph<'static>> {
    Arc::new(generate::gnp(30, 0.5, 1).unwrap())
}

fn options() -> PoolOptions {
    let (iterations, patience) = ([4, 16], 3);
    PoolOptions { seed: 5, iterations, patience, parallel: false, ..PoolOptions::for_vertices(30) }
}

fn population(k: usize, set: impl FnOnce(&mut Plain)) -> Population<Plain> {
    let graph = graph();
    let mut improver = Plain::new(&graph, k, 6);
    set(&mut improver);
    Population::new(graph, k, &[UNCOLORED; 30], improver, options())
}

/// Four at a time of a pool of six, in which children succeed their parents.
fn few(k: usize, set: impl FnOnce(&mut Plain)) -> Population<Plain> {
    let graph = graph();
    let mut improver = Plain::new(&graph, k, 4);
    set(&mut improver);
    let (members, iterations) = (Some(6), [4, 16]);
    let options =
        PoolOptions { seed: 5, members, iterations, parallel: false, ..PoolOptions::few(30, 4) };
    Population::new(graph, k, &[UNCOLORED; 30], improver, options)
}

fn check(population: &Population<Plain>) {
    let best = population.best();
    let counted = Elite::new(population.k, best.colors.clone(), population.graph.edges());
    assert_eq!(best, counted);
    assert_eq!(population.conflicts(), best.conflicts);
    for member in population.pool().members() {
        assert_eq!(*member, Elite::new(member.k, member.colors.clone(), population.graph.edges()));
        // The best was a member, perhaps of a pool that is gone.
        assert!(best.conflicts <= member.conflicts);
    }
}

#[test]
fn a_population_solves_what_can_be_solved() {
    let mut easy = population(7, |_| ());
    assert_eq!(easy.run(1_000_000, &GO), Step::Solved);
    assert_eq!(Coloring::from_colors(easy.best().colors).verify(&graph()), Ok(()));
    let moves = easy.moves();
    assert_eq!((easy.run(100, &GO), easy.moves()), (Step::Solved, moves));

    let mut hopeless = population(3, |_| ());
    assert_eq!(hopeless.run(20_000, &GO), Step::OutOfMoves);
    assert!(hopeless.moves() >= 20_000 && hopeless.conflicts() > 0);
    check(&hopeless);
}

#[test]
fn the_start_is_one_of_the_first_generation() {
    let graph = graph();
    let mut solved = population(7, |_| ());
    solved.run(1_000_000, &GO);
    let mut start = solved.best().colors;
    start[0] = start[graph.neighbors(0)[0] as usize];
    let improver = Plain::new(&graph, 7, 6);
    let mut population = Population::new(graph.clone(), 7, &start, improver, options());
    assert_eq!(population.best().colors, start);
    population.run(1, &GO);
    let first = &population.improver().first;
    assert_eq!(first.iter().filter(|one| **one == start).count(), 1);
    // A proper start needs no generation.
    let (best, improver) = (solved.best().colors, Plain::new(&graph, 7, 6));
    let mut done = Population::new(graph, 7, &best, improver, options());
    assert_eq!((done.run(1, &GO), done.moves()), (Step::Solved, 0));
}

#[test]
fn a_call_makes_whole_generations_and_the_next_one_fewer() {
    let mut population = population(3, |_| ());
    assert_eq!(population.run(1, &GO), Step::OutOfMoves);
    assert_eq!((population.generations(), population.moves()), (1, 24));
    assert_eq!(population.run(23, &GO), Step::OutOfMoves);
    assert_eq!(population.generations(), 1);
    assert_eq!(population.run(1, &GO), Step::OutOfMoves);
    assert_eq!(population.generations(), 2);
}

#[test]
fn a_fresh_start_keeps_the_best_and_nothing_else() {
    let mut population = population(3, |_| ());
    let mut best = u64::MAX;
    while population.restarts() < 3 {
        let restarts = population.restarts();
        population.run(1, &GO);
        assert!(population.conflicts() <= best);
        best = population.conflicts();
        if population.restarts() > restarts {
            assert!(population.pool().members().is_empty());
            assert_eq!((population.iterations(), population.twins()), (4, 0.9));
        }
        check(&population);
        assert!(population.generations() < 10_000);
    }
    // Iterations have grown on the way, and begun again.
    let orders = &population.improver().orders;
    let distinct: std::collections::BTreeSet<_> = orders.iter().collect();
    assert_eq!(distinct.into_iter().copied().collect::<Vec<_>>(), [4, 6, 10, 16]);
    let begun = orders.windows(2).filter(|two| two[1] < two[0]).count();
    assert!(begun >= 2, "{orders:?}");
}

#[test]
fn few_have_longer_searches_every_time_that_they_begin_afresh() {
    let mut few = few(3, |_| ());
    let mut iterations = Vec::new();
    while few.restarts() < 5 {
        let restarts = few.restarts();
        few.run(1, &GO);
        check(&few);
        if few.restarts() > restarts {
            assert!(few.pool().members().is_empty());
            iterations.push(few.iterations());
        } else {
            let generations = few.improver().orders.len();
            assert!(few.pool().members().len() == 6 || generations == 1 || !iterations.is_empty());
        }
        assert!(few.generations() < 100_000);
    }
    assert_eq!(iterations, [6, 10, 16, 16, 16]);
}

#[test]
fn few_that_are_stopped_keep_parents_that_are_better() {
    let mut few = few(3, |it| it.stopped = Some(20));
    few.run(20 * 16, &GO);
    let total =
        |few: &Population<Plain>| few.pool().members().iter().map(|one| one.conflicts).sum::<u64>();
    let before = total(&few);
    assert_eq!((few.generations(), few.run(1000, &GO)), (20, Step::Stopped));
    assert!(few.generations() == 21 && total(&few) <= before);
    check(&few);
}

#[test]
fn what_breaks_ends_the_search_and_loses_nothing() {
    for finds in [false, true] {
        let mut broken = population(4, |it| it.breaks = Some((3, finds)));
        let mut whole = population(4, |_| ());
        whole.run(3 * 24, &GO);
        let before = whole.best();
        assert_eq!(broken.run(1_000_000, &GO), Step::Failed);
        assert_eq!(broken.failure().as_deref(), Some("it is broken"));
        assert_eq!(broken.run(1, &GO), Step::Failed);
        check(&broken);
        let expected = match &broken.improver().rescued {
            Some(rescued) => rescued.conflicts.min(before.conflicts),
            None => before.conflicts,
        };
        assert_eq!(broken.conflicts(), expected);
    }
}

#[test]
fn what_lacks_memory_goes_on_once_there_is_some() {
    for round in [0, 3] {
        let mut starved = population(3, |it| it.starves = Some(round));
        assert_eq!(starved.run(1000, &GO), Step::OutOfMemory);
        assert_eq!((starved.generations(), starved.failure()), (round.into(), None));
        let mut whole = population(3, |_| ());
        whole.run(1000, &GO);
        assert_eq!(starved.run(1000 - starved.moves(), &GO), Step::OutOfMoves);
        assert_eq!(starved.save(), whole.save());
    }
}

#[test]
fn what_is_not_so_is_not_believed() {
    let mut population = population(4, |it| it.lies = Some(2));
    assert_eq!(population.run(1_000_000, &GO), Step::Failed);
    assert!(population.failure().unwrap().ends_with("not 0"));
    check(&population);
}

#[test]
fn a_stop_ends_a_generation_and_its_children_enter() {
    let mut population = population(3, |it| it.stopped = Some(1));
    assert_eq!(population.run(24, &GO), Step::OutOfMoves);
    assert_eq!(population.run(1000, &AtomicBool::new(true)), Step::Stopped);
    assert_eq!(population.generations(), 1, "none begins");
    assert_eq!(population.run(1000, &GO), Step::Stopped);
    assert_eq!((population.generations(), population.moves()), (2, 30));
    // What was not made is not owed.
    assert_eq!(population.run(1, &GO), Step::OutOfMoves);
    assert_eq!(population.generations(), 3);
    check(&population);
}

#[test]
fn what_an_improver_does_not_take_does_not_come_to_it() {
    // Most random assignments have larger classes than that; a few have not.
    let mut population = population(3, |_| ());
    population.run(200, &GO);
    population.improver.largest = 14;
    population.run(400, &GO);
    let crowded = Elite { k: 3, colors: vec![0; 30], conflicts: 0 };
    let members = population.pool().members().to_vec();
    population.offer(&crowded);
    assert_eq!(population.pool().members(), members);
}

#[test]
fn what_is_offered_enters_and_what_is_foreign_does_not() {
    let mut solved = population(7, |_| ());
    solved.run(1_000_000, &GO);
    for generations in [0, 3] {
        let mut population = population(7, |_| ());
        population.run(24 * generations, &GO);
        let members = population.pool().members().to_vec();
        let proper = solved.best();
        for other in [
            Elite { k: 8, ..proper.clone() },
            Elite { colors: proper.colors[1..].to_vec(), ..proper.clone() },
        ] {
            population.offer(&other);
        }
        assert_eq!(population.pool().members(), members);
        // What it says of its conflicts does not count.
        let mut colors = proper.colors.clone();
        colors[4] = UNCOLORED;
        population.offer(&Elite { k: 7, colors, conflicts: 77 });
        let entered = population.pool().members().iter().any(|member| member.conflicts == 0);
        assert!(entered && population.conflicts() == 0);
        assert_eq!(population.run(1, &GO), Step::Solved);
        check(&population);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn slices_decide_nothing(slices in prop::collection::vec(0u64..900, 1..7)) {
        let (mut whole, mut sliced) = (population(3, |_| ()), population(3, |_| ()));
        whole.run(slices.iter().sum(), &GO);
        for &slice in &slices {
            prop_assert_eq!(sliced.run(slice, &GO), Step::OutOfMoves);
        }
        prop_assert_eq!(whole.save(), sliced.save());
        let (mut whole, mut sliced) = (few(3, |_| ()), few(3, |_| ()));
        whole.run(slices.iter().sum(), &GO);
        for &slice in &slices {
            prop_assert_eq!(sliced.run(slice, &GO), Step::OutOfMoves);
        }
        prop_assert_eq!(whole.save(), sliced.save());
    }

    #[test]
    fn few_go_on_from_what_they_were(before in 0u64..9000, after in 0u64..9000) {
        let (mut one, mut other) = (few(3, |_| ()), few(3, |_| ()));
        one.run(before, &GO);
        other.restore(&one.save()).unwrap();
        prop_assert_eq!(one.run(after, &GO), other.run(after, &GO));
        prop_assert_eq!(one.save(), other.save());
        check(&other);
    }

    #[test]
    fn a_population_goes_on_from_what_it_was(before in 0u64..3000, after in 0u64..3000, offer: bool) {
        let mut one = population(3, |_| ());
        one.run(before, &GO);
        if offer {
            one.offer(&Elite { k: 3, colors: (0..30).map(|v| v % 3).collect(), conflicts: 1 });
        }
        let saved = one.save();
        let mut other = population(3, |_| ());
        other.options.seed = 99;
        other.run(after, &GO);
        other.restore(&saved).unwrap();
        prop_assert_eq!(other.save(), saved);
        prop_assert_eq!(one.run(after, &GO), other.run(after, &GO));
        prop_assert_eq!(one.save(), other.save());
        check(&other);
    }

    #[test]
    fn moves_lead_a_population_of_its_own_pace(seed: u64) {
        let graph = graph();
        let pace = PoolOptions { seed, pace: Pace::Moves(600), ..options() };
        let improver = Plain::new(&graph, 3, 6);
        let mut population = Population::new(graph, 3, &[0; 30], improver, pace);
        population.run(600, &GO);
        prop_assert!(population.iterations() == 16 || population.restarts() > 0);
        prop_assert!(population.improver().orders.is_sorted() || population.restarts() > 0);
    }
}

#[test]
fn a_state_that_does_not_fit_is_refused_and_changes_nothing() {
    let mut population = population(3, |_| ());
    population.run(300, &GO);
    let saved = population.save();
    let mut other = self::population(3, |_| ());
    other.run(100, &GO);
    let was = other.save();
    let mut wrong = vec![saved; 13];
    wrong[0].best.k = 4;
    wrong[1].best.conflicts += 1;
    wrong[2].individuals.pop();
    wrong[3].individuals[1][2] = 3;
    wrong[4].individuals[1][2] = UNCOLORED;
    wrong[5].individuals[1].pop();
    wrong[6].counters.pop();
    wrong[7].counters.truncate(7);
    wrong[8].counters[1] = 1 << 32; // the generation
    wrong[9].counters[2] = u64::MAX; // moves asked for
    wrong[10].counters[4] += 1; // members
    wrong[11].counters[5] = 9; // the stage
    wrong[12].counters[10] = u64::MAX; // when one entered
    for (at, state) in wrong.iter().enumerate() {
        assert!(other.restore(state).is_err(), "{at}");
        assert_eq!(other.save(), was, "{at}");
    }
}
