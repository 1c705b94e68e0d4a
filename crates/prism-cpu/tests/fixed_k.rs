//! What every search with a fixed number of colours promises, tested on all of them alike with random
//! graphs. A new engine is one more line in `searches`.
#![allow(clippy::unwrap_used)]

use prism_core::annealing::{Ladder, TransverseField};
use prism_core::hierarchy::Slots;
use prism_core::pool::{PoolOptions, Population};
use prism_core::search::{Elite, FixedK, Sample, Saved, Step, UNCOLORED, Watcher};
use prism_core::{Color, Coloring, Graph, Rng, generate, hierarchy};
use prism_cpu::adjacency::Adjacency;
use prism_cpu::annealing::{Annealing, Schedule};
use prism_cpu::guided_ejection::{GuidedEjection, GuidedEjectionParams};
use prism_cpu::iterated_greedy::IteratedGreedy;
use prism_cpu::memetic::{Memetic, MemeticParams};
use prism_cpu::partialcol::{PartialCol, Tenure};
use prism_cpu::quantum::Quantum;
use prism_cpu::rounds::Rounds;
use prism_cpu::tabu_improver::TabuImprover;
use prism_cpu::tabucol::TabuCol;
use prism_cpu::thermodynamic::Thermodynamic;
use prism_cpu::whcr::{Repair, Settings};
use proptest::prelude::*;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

static GO_ON: AtomicBool = AtomicBool::new(false);

/// A search, and by how many moves its smallest step can exceed what was asked.
struct Case<'g> {
    name: &'static str,
    search: Box<dyn FixedK + 'g>,
    excess: u64,
}

/// One search of every kind.
fn searches<'g>(graph: &'g Graph<'static>, k: usize, seed: u64) -> Vec<Case<'g>> {
    let n = graph.n();
    let mut draw = Rng::new(seed, 0);
    let start: Vec<Color> = (0..n).map(|_| draw.below(k as u32) as Color).collect();
    let rng = || Rng::new(seed, 1);
    let dense = Arc::new(Adjacency::dense(graph).unwrap());
    let sparse = Arc::new(Adjacency::sparse(graph));
    let partialcol = |adjacency: &Arc<Adjacency>, tenure| {
        Box::new(PartialCol::new(adjacency.clone(), n, k, &start, tenure, rng(), &GO_ON).unwrap())
    };
    let memetic = |parallel| {
        let params = MemeticParams { tabu_moves: 60, parallel };
        Box::new(Memetic::new(dense.clone(), n, k, params, seed, 0).unwrap())
    };
    let guided = {
        let params = GuidedEjectionParams::default();
        GuidedEjection::new(graph.reborrow(), k as Color, &start, &[], params, rng(), &GO_ON)
            .unwrap()
    };
    let annealing =
        Annealing::new(graph.reborrow(), k as Color, &start, &[], Schedule::default(), rng())
            .unwrap();
    let whcr = |regions, dendrites| {
        let slots =
            Arc::new(Slots::new(&hierarchy::order(graph), regions, 1).expect("few vertices"));
        let settings = Settings { dendrites, seed, ..Settings::default() };
        Box::new(Repair::new(Arc::new(slots.graph(graph)), slots, k, &start, settings).unwrap())
    };
    let settings = Settings { seed, ..Settings::default() };
    let rounds = Rounds::new(graph.reborrow(), k, &start, settings);
    let thermodynamic = {
        let ladder = Ladder::geometric(0.2, 0.6, 3, 50);
        Thermodynamic::new(graph.reborrow(), k as Color, &start, ladder, seed).unwrap()
    };
    let quantum = {
        let field = TransverseField { slices: 4, sweeps: 2, fall: 5, ..TransverseField::default() };
        Quantum::new(graph.reborrow(), k as Color, &start, field, seed).unwrap()
    };
    let population = {
        let improver = TabuImprover::new(dense.clone(), k, 5, 1);
        let options = PoolOptions {
            seed,
            iterations: [10, 40],
            patience: 2,
            parallel: false,
            ..PoolOptions::for_vertices(n)
        };
        Population::new(Arc::new(graph.clone()), k, &start, improver, options)
    };
    let few = {
        let improver = TabuImprover::new(dense.clone(), k, 2, 2);
        let options =
            PoolOptions { seed, members: Some(3), iterations: [10, 40], ..PoolOptions::few(n, 2) };
        Population::new(Arc::new(graph.clone()), k, &vec![UNCOLORED; n], improver, options)
    };
    let greedy = IteratedGreedy::new(Arc::new(graph.reborrow()), k, &proper(graph), rng());
    let case = |name, search, excess| Case { name, search, excess };
    vec![
        case("TabuCol", Box::new(TabuCol::new(dense.clone(), k, &start, rng()).unwrap()), 0),
        case(
            "TabuCol on lists",
            Box::new(TabuCol::new(sparse.clone(), k, &start, rng()).unwrap()),
            0,
        ),
        case("PartialCol", partialcol(&dense, Tenure::DYNAMIC), 0),
        case("PartialCol on lists", partialcol(&sparse, Tenure::DYNAMIC), 0),
        case("FOO-PartialCol", partialcol(&dense, Tenure::FOO), 0),
        case("guided ejection", Box::new(guided), 0),
        case("annealing", Box::new(annealing), 0),
        case("iterated greedy", Box::new(greedy), 3 * n as u64),
        case("WHCR", whcr(1, false), 0),
        case("WHCR in two regions", whcr(2, false), 1),
        case("dendritic WHCR", whcr(2, true), 1),
        case("repair in rounds", Box::new(rounds), n as u64),
        case("thermodynamic", Box::new(thermodynamic), 0),
        case("quantum", Box::new(quantum), 0),
        case("population", Box::new(population), 5 * 40),
        case("population of few on two threads", Box::new(few), 2 * 40),
        case("memetic", memetic(false), 1),
        case("memetic on two threads", memetic(true), 1),
    ]
}

/// Keeps all samples of a search.
#[derive(Debug, Default)]
struct Notes(Mutex<Vec<Sample>>);

impl Watcher for Notes {
    fn sample(&self, sample: Sample) {
        self.0.lock().unwrap().push(sample);
    }
}

/// Has a search watched; what it tells.
fn watch(search: &mut dyn FixedK) -> Arc<Notes> {
    let notes = Arc::new(Notes::default());
    search.watch(&(notes.clone() as Arc<dyn Watcher>));
    notes
}

/// Whether what a search tells can be: best values get better, counts grow, parts are not more than the whole.
fn check_samples(name: &str, samples: &[Sample]) -> Result<(), TestCaseError> {
    for pair in samples.windows(2) {
        prop_assert!(pair[0].moves <= pair[1].moves, "{}", name);
        prop_assert!(pair[0].conflicts >= pair[1].conflicts, "{}", name);
        let counts = |of: &Sample| [of.proposed, of.accepted, of.exchanges, of.swaps];
        let grow = counts(&pair[0]).into_iter().zip(counts(&pair[1])).all(|(a, b)| a <= b);
        prop_assert!(grow, "{}: {:?}", name, pair);
    }
    for sample in samples {
        prop_assert!(sample.accepted <= sample.proposed, "{}: {:?}", name, sample);
        prop_assert!(sample.swaps <= sample.exchanges, "{}: {:?}", name, sample);
        prop_assert!(sample.diversity.is_none_or(|share| (0.0..=1.0).contains(&share)), "{}", name);
    }
    Ok(())
}

#[test]
fn those_that_have_more_to_tell_tell_it() {
    let graph = generate::gnp(40, 0.5, 1).unwrap();
    for mut case in searches(&graph, 6, 1) {
        let notes = watch(&mut *case.search);
        case.search.run(20_000, &GO_ON);
        let samples = notes.0.lock().unwrap().clone();
        let name = case.name;
        let last = samples.last().copied().unwrap_or_default();
        let anneals = ["annealing", "thermodynamic", "quantum"].contains(&name);
        assert_eq!(last.accepted > 0, anneals, "{name}: {last:?}");
        assert_eq!(last.swaps > 0, name == "thermodynamic", "{name}: {last:?}");
        let compares = name.starts_with("memetic") || name.starts_with("population");
        assert_eq!(last.diversity.is_some(), compares, "{name}: {last:?}");
        assert_eq!(samples.len() > 9, anneals || compares, "{name}: {}", samples.len());
    }
}

/// A proper colouring, with as many colours as it takes.
fn proper(graph: &Graph<'_>) -> Vec<Color> {
    prism_cpu::greedy::greedy(graph, prism_cpu::greedy::Order::Random, 1)
        .expect("few vertices")
        .into_colors()
}

/// Whether the search keeps its word about its best assignment.
fn check(graph: &Graph<'_>, k: usize, case: &Case<'_>, step: Step) -> Result<(), TestCaseError> {
    let (name, best) = (case.name, case.search.best());
    prop_assert_eq!((best.k, best.conflicts), (k, case.search.conflicts()), "{}", name);
    let best = best.colors;
    prop_assert_eq!(best.len(), graph.n(), "{}", name);
    prop_assert!(best.iter().all(|&c| c == UNCOLORED || usize::from(c) < k), "{}", name);
    let uncolored = best.iter().filter(|&&c| c == UNCOLORED).count();
    let clashes = graph
        .edges()
        .filter(|&(u, v)| best[u as usize] == best[v as usize] && best[u as usize] != UNCOLORED);
    // No search leaves vertices out and has conflicting edges besides.
    prop_assert_eq!((uncolored + clashes.count()) as u64, case.search.conflicts(), "{}", name);
    let solved = uncolored == 0 && Coloring::from_colors(best).verify(graph).is_ok();
    prop_assert_eq!(case.search.conflicts() == 0, solved, "{}", name);
    prop_assert_eq!(step == Step::Solved, solved, "{}", name);
    Ok(())
}

/// The edges that a graph does not have.
fn complement(graph: &Graph<'_>) -> Graph<'static> {
    let pairs = graph.vertices().flat_map(|v| (0..v).map(move |u| (u, v)));
    let edges: Vec<_> = pairs.filter(|&(u, v)| !graph.has_edge(u, v)).collect();
    Graph::from_edges(graph.n(), &edges).expect("vertices of the graph").0
}

/// Numbers that counters go wrong at.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..70_000, any::<u64>(), (0u64..9).prop_map(|x| u64::MAX - x)]
}

/// Changes a part of a state.
fn spoil(saved: &mut Saved, part: u8, at: usize, number: u64) {
    fn entry<T>(list: &mut [T], at: usize) -> Option<&mut T> {
        (!list.is_empty()).then(|| &mut list[at % list.len()])
    }
    let individual = |saved: &mut Saved, to: Color| {
        let colors = entry(&mut saved.individuals, at)?;
        entry(colors, at / 7).map(|color| *color = to)
    };
    match part % 10 {
        0 => saved.moves = number,
        1 => saved.best.conflicts = number,
        2 => saved.best.k = number as usize,
        3 => drop(entry(&mut saved.best.colors, at).map(|color| *color = number as Color)),
        4 => drop(individual(saved, number as Color)),
        5 => drop(individual(saved, (number % 12) as Color)),
        6 => drop(individual(saved, UNCOLORED)),
        7 => saved.counters.truncate(at % (saved.counters.len() + 1)),
        8 => saved.individuals.truncate(at % (saved.individuals.len() + 1)),
        _ => drop(entry(&mut saved.counters, at).map(|counter| *counter = number)),
    }
}

proptest! {
    #[test]
    fn every_search_keeps_the_contract(
        n in 1u64..50, density in 0.0f64..1.0, k in 1usize..12, seed: u64,
        moves in 1u64..1500, slice in 1u64..200,
    ) {
        let graph = generate::gnp(n, density, seed).unwrap();
        let whole = searches(&graph, k, seed);
        for (mut whole, mut sliced) in whole.into_iter().zip(searches(&graph, k, seed)) {
            let name = whole.name;
            let step = whole.search.run(moves, &GO_ON);
            prop_assert!(step != Step::Stopped, "{}", name);
            check(&graph, k, &whole, step)?;
            let made = whole.search.moves();
            prop_assert!(made <= moves + whole.excess, "{}: {} of {}", name, made, moves);
            prop_assert!(step == Step::Solved || made >= moves, "{}", name);

            let mut sliced_step = Step::OutOfMoves;
            while sliced_step == Step::OutOfMoves && sliced.search.moves() < moves {
                let share = slice.min(moves - sliced.search.moves());
                sliced_step = sliced.search.run(share, &GO_ON);
                check(&graph, k, &sliced, sliced_step)?;
            }
            prop_assert_eq!(sliced_step, step, "{}", name);
            prop_assert_eq!(sliced.search.best(), whole.search.best(), "{}", name);
            // Of two children, the one that is not solved goes on to the end of the slice.
            if !(name.starts_with("memetic") && step == Step::Solved) {
                prop_assert_eq!(sliced.search.moves(), made, "{}", name);
            }
        }
    }

    #[test]
    fn who_is_watched_goes_the_same_way_and_tells_the_same_in_slices(
        n in 1u64..40, density in 0.0f64..1.0, k in 1usize..10, seed: u64,
        moves in 1u64..3000, slice in 1u64..500,
    ) {
        let graph = generate::gnp(n, density, seed).unwrap();
        let alone = searches(&graph, k, seed);
        let others = searches(&graph, k, seed).into_iter().zip(searches(&graph, k, seed));
        for (mut alone, (mut whole, mut sliced)) in alone.into_iter().zip(others) {
            let notes = [&mut whole, &mut sliced].map(|case| watch(&mut *case.search));
            let step = alone.search.run(moves, &GO_ON);
            prop_assert_eq!(whole.search.run(moves, &GO_ON), step, "{}", alone.name);
            prop_assert_eq!(whole.search.save(), alone.search.save(), "{}", alone.name);
            while sliced.search.moves() < moves && sliced.search.conflicts() > 0 {
                let share = slice.min(moves - sliced.search.moves());
                sliced.search.run(share, &GO_ON);
            }
            let [whole, sliced] = notes.map(|notes| std::mem::take(&mut *notes.0.lock().unwrap()));
            check_samples(alone.name, &whole)?;
            // Of two children, the one that is not solved goes on to the end of the slice.
            if !(alone.name.starts_with("memetic") && step == Step::Solved) {
                prop_assert_eq!(whole, sliced, "{}", alone.name);
            }
        }
    }

    #[test]
    fn a_raised_flag_stops_every_search(n in 2u64..40, seed: u64) {
        let graph = generate::gnp(n, 1.0, seed).unwrap();
        let k = graph.n() - 1;
        for mut case in searches(&graph, k, seed) {
            let step = case.search.run(u64::MAX, &AtomicBool::new(true));
            prop_assert_eq!(step, Step::Stopped, "{}", case.name);
            check(&graph, k, &case, step)?;
            // And it goes on when it is told to: the graph has no colouring with k colours.
            let made = case.search.moves();
            prop_assert_eq!(case.search.run(99, &GO_ON), Step::OutOfMoves, "{}", case.name);
            prop_assert!(case.search.moves() >= made + 99, "{}", case.name);
        }
    }

    #[test]
    fn a_saved_search_goes_on_wherever_it_is_restored(
        n in 1u64..50, density in 0.0f64..1.0, k in 1usize..12, seeds: [u64; 3],
        before in 0u64..1500, others in 0u64..300, after in 1u64..1500,
    ) {
        let graph = generate::gnp(n, density, seeds[0]).unwrap();
        let mut searches = seeds.map(|seed| searches(&graph, k, seed).into_iter());
        while let [Some(mut here), Some(mut there), Some(mut read)] =
            searches.each_mut().map(Iterator::next)
        {
            let name = here.name;
            let step = here.search.run(before, &GO_ON);
            there.search.run(others, &GO_ON);
            let found = (here.search.best(), here.search.conflicts(), here.search.moves());
            let saved = here.search.save();
            prop_assert_eq!((&saved.best, saved.moves), (&found.0, found.2), "{}", name);
            prop_assert_eq!(&here.search.save(), &saved, "{}", name);
            check(&graph, k, &here, step)?;

            let written = serde_json::to_string(&saved).unwrap();
            there.search.restore(&saved).unwrap();
            read.search.restore(&serde_json::from_str(&written).unwrap()).unwrap();
            let step = here.search.run(after, &GO_ON);
            let end = (here.search.moves(), here.search.save());
            for other in [&mut there, &mut read] {
                let restored = &mut other.search;
                let as_saved = (restored.best(), restored.conflicts(), restored.moves());
                prop_assert_eq!(&as_saved, &found, "{}", name);
                prop_assert_eq!(restored.run(after, &GO_ON), step, "{}", name);
                prop_assert_eq!(restored.best(), here.search.best(), "{}", name);
                prop_assert_eq!(&(restored.moves(), restored.save()), &end, "{}", name);
                check(&graph, k, other, step)?;
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_changes_nothing(
        n in 3u64..30, density in 0.1f64..1.0, k in 2usize..9, seed: u64, moves in 0u64..300,
    ) {
        let graph = generate::gnp(n, density, seed).unwrap();
        let larger = generate::gnp(n + 1, density, seed).unwrap();
        let complement = complement(&graph);
        for (at, mut case) in searches(&graph, k, seed).into_iter().enumerate() {
            let name = case.name;
            case.search.run(moves, &GO_ON);
            let saved = case.search.save();
            for (graph, k) in [(&graph, k + 1), (&graph, k - 1), (&larger, k), (&complement, k)] {
                let mut other = searches(graph, k, seed).swap_remove(at).search;
                other.run(moves, &GO_ON);
                let before = other.save();
                let of_one_size = (k, graph.n()) == (saved.best.k, saved.best.colors.len());
                let best = || Elite::new(k, saved.best.colors.clone(), graph.edges());
                // In the complement it may have as many conflicts by chance.
                if !of_one_size || best() != saved.best {
                    prop_assert!(other.restore(&saved).is_err(), "{}", name);
                    prop_assert_eq!(other.save(), before, "{}", name);
                }
            }
        }
    }

    #[test]
    fn a_damaged_state_is_refused_or_goes_on_but_never_ends_in_a_panic(
        n in 1u64..30, density in 0.0f64..1.0, k in 1usize..9, seed: u64, moves in 0u64..300,
        damage in prop::collection::vec((any::<u8>(), any::<usize>(), number()), 1..4),
    ) {
        let graph = generate::gnp(n, density, seed).unwrap();
        for mut case in searches(&graph, k, seed) {
            case.search.run(moves, &GO_ON);
            let mut saved = case.search.save();
            let before = saved.clone();
            damage.iter().for_each(|&(part, at, number)| spoil(&mut saved, part, at, number));
            match case.search.restore(&saved) {
                Err(error) => {
                    prop_assert!(!error.to_string().is_empty());
                    prop_assert_eq!(case.search.save(), before, "{}", case.name);
                }
                Ok(()) => {
                    let step = case.search.run(200, &GO_ON);
                    check(&graph, k, &case, step)?;
                }
            }
        }
    }
}
