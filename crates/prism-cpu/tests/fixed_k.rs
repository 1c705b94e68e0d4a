//! What every search with a fixed number of colours promises, tested on all of them alike with random
//! graphs. A new engine is one more line in `searches`.

use prism_core::annealing::{Ladder, TransverseField};
use prism_core::hierarchy::Slots;
use prism_core::search::{FixedK, Step, UNCOLORED};
use prism_core::{Color, Coloring, Graph, Rng, generate, hierarchy};
use prism_cpu::adjacency::Adjacency;
use prism_cpu::annealing::{Annealing, Schedule};
use prism_cpu::guided_ejection::{GuidedEjection, GuidedEjectionParams};
use prism_cpu::iterated_greedy::IteratedGreedy;
use prism_cpu::memetic::{Memetic, MemeticParams};
use prism_cpu::partialcol::{PartialCol, Tenure};
use prism_cpu::quantum::Quantum;
use prism_cpu::tabucol::TabuCol;
use prism_cpu::thermodynamic::Thermodynamic;
use prism_cpu::whcr::{Repair, Settings};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

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
    let dense = Arc::new(Adjacency::dense(graph));
    let sparse = Arc::new(Adjacency::sparse(graph));
    let partialcol = |adjacency: &Arc<Adjacency>, tenure| {
        Box::new(PartialCol::new(adjacency.clone(), n, k, &start, tenure, rng(), &GO_ON))
    };
    let memetic = |parallel| {
        let params = MemeticParams { tabu_moves: 60, parallel };
        Box::new(Memetic::new(dense.clone(), n, k, params, seed, 0))
    };
    let guided = {
        let params = GuidedEjectionParams::default();
        GuidedEjection::new(graph.reborrow(), k as Color, &start, &[], params, rng(), &GO_ON)
    };
    let annealing =
        Annealing::new(graph.reborrow(), k as Color, &start, &[], Schedule::default(), rng());
    let whcr = |regions, dendrites| {
        let slots =
            Arc::new(Slots::new(&hierarchy::order(graph), regions, 1).expect("few vertices"));
        let settings = Settings { dendrites, seed, ..Settings::default() };
        Box::new(Repair::new(Arc::new(slots.graph(graph)), slots, k, &start, settings))
    };
    let thermodynamic = {
        let ladder = Ladder::geometric(0.2, 0.6, 3, 50);
        Thermodynamic::new(graph.reborrow(), k as Color, &start, ladder, seed)
    };
    let quantum = {
        let field = TransverseField { slices: 4, sweeps: 2, fall: 5, ..TransverseField::default() };
        Quantum::new(graph.reborrow(), k as Color, &start, field, seed)
    };
    let greedy = IteratedGreedy::new(Arc::new(graph.reborrow()), k, &proper(graph), rng());
    let case = |name, search, excess| Case { name, search, excess };
    vec![
        case("TabuCol", Box::new(TabuCol::new(dense.clone(), k, &start, rng())), 0),
        case("TabuCol on lists", Box::new(TabuCol::new(sparse.clone(), k, &start, rng())), 0),
        case("PartialCol", partialcol(&dense, Tenure::DYNAMIC), 0),
        case("PartialCol on lists", partialcol(&sparse, Tenure::DYNAMIC), 0),
        case("FOO-PartialCol", partialcol(&dense, Tenure::FOO), 0),
        case("guided ejection", Box::new(guided), 0),
        case("annealing", Box::new(annealing), 0),
        case("iterated greedy", Box::new(greedy), 3 * n as u64),
        case("WHCR", whcr(1, false), 0),
        case("WHCR in two regions", whcr(2, false), 1),
        case("dendritic WHCR", whcr(2, true), 1),
        case("thermodynamic", Box::new(thermodynamic), 0),
        case("quantum", Box::new(quantum), 0),
        case("memetic", memetic(false), 1),
        case("memetic on two threads", memetic(true), 1),
    ]
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
            // Of two children, the one that is not solved goes on to the end of the slice.
            if !(name.starts_with("memetic") && step == Step::Solved) {
                prop_assert_eq!(sliced.search.best(), whole.search.best(), "{}", name);
                prop_assert_eq!(sliced.search.moves(), made, "{}", name);
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
        }
    }
}
