//! What every search for classes of certain sizes promises, tested on all of them alike with random graphs.

use prism_core::search::{Step, UNCOLORED};
use prism_core::{Color, Coloring, Graph, Rng, SizeRange, generate};
use prism_cpu::exact::{Answer, decide_sizes};
use prism_cpu::greedy::{Order, greedy};
use prism_cpu::sized::evening::Evening;
use prism_cpu::sized::tabu::SizedTabu;
use prism_cpu::sized::{SizedSearch, Sizing};
use proptest::prelude::*;
use std::sync::atomic::AtomicBool;

static GO_ON: AtomicBool = AtomicBool::new(false);

/// What is wrong with these colours.
fn wrong(graph: &Graph<'_>, sizing: &Sizing, colors: &[Color]) -> u64 {
    let size = |color| colors.iter().filter(|&&c| c == color).count();
    let misses: usize = (0..sizing.k as Color).map(|c| sizing.range.misses(size(c))).sum();
    let conflicts = graph.edges().filter(|&(u, v)| colors[u as usize] == colors[v as usize]);
    conflicts.count() as u64 + misses as u64
}

/// A graph, what is asked for, and a proper colouring with as many classes.
#[derive(Clone, Debug)]
struct Case {
    graph: Graph<'static>,
    sizing: Sizing,
    proper: Vec<Color>,
}

fn cases() -> impl Strategy<Value = Case> {
    let given = prop::collection::vec(prop::bool::weighted(0.1), 40);
    (1u64..40, 0.0f64..0.9, 0u64..500, 0usize..3, 0usize..3, 0usize..3, given, any::<bool>())
        .prop_map(|(n, p, seed, more, below, above, given, some)| {
            let graph = generate::gnp(n, p, seed).expect("it is small");
            let proper = greedy(&graph, Order::Random, seed).expect("few colours");
            let k = proper.num_colors() + more;
            let SizeRange { least, most } = SizeRange::even(graph.n(), k);
            let range = SizeRange { least: least.saturating_sub(below), most: most + above };
            let mut sizing = Sizing::new(k, range);
            if some {
                let colors = proper.colors().iter().zip(&given);
                sizing.given =
                    colors.map(|(&c, &given)| if given { c } else { UNCOLORED }).collect();
            }
            Case { graph, sizing, proper: proper.into_colors() }
        })
}

fn check(case: &Case, search: &dyn SizedSearch) -> Result<(), TestCaseError> {
    let Case { graph, sizing, .. } = case;
    let best = search.best();
    prop_assert_eq!(search.wrong(), wrong(graph, sizing, best));
    prop_assert!(best.iter().all(|&c| usize::from(c) < sizing.k));
    let is_given = |(&g, &c): (&Color, &Color)| g == UNCOLORED || g == c;
    prop_assert!(sizing.given.iter().zip(best).all(is_given));
    Ok(())
}

/// Slices decide nothing, and the least that was wrong never rises.
fn runs<'g>(
    case: &Case,
    make: impl Fn() -> Box<dyn SizedSearch + 'g>,
) -> Result<(), TestCaseError> {
    let (mut whole, mut sliced) = (make(), make());
    check(case, &*whole)?;
    let mut before = sliced.wrong();
    let mut step = Step::OutOfMoves;
    while step == Step::OutOfMoves && sliced.moves() < 3000 {
        step = sliced.run(70, &GO_ON);
        check(case, &*sliced)?;
        prop_assert!(sliced.wrong() <= before);
        before = sliced.wrong();
    }
    prop_assert_eq!(step == Step::Solved, before == 0);
    let end = whole.run(sliced.moves().max(1), &GO_ON);
    prop_assert_eq!(whole.wrong(), sliced.wrong());
    if step != Step::OutOfMoves {
        prop_assert_eq!(end, step);
    }
    let moves = sliced.moves();
    if step != Step::Solved {
        prop_assert!(matches!(
            sliced.run(100, &AtomicBool::new(true)),
            Step::Stopped | Step::Failed
        ));
        prop_assert!(sliced.moves() <= moves + 100);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn tabu_search_keeps_its_promises(case in cases(), seed in 0u64..9) {
        let Case { graph, sizing, .. } = &case;
        let mut rng = Rng::new(seed, 0);
        let any: Vec<Color> = (0..graph.n())
            .map(|v| match sizing.given.get(v) {
                Some(&color) if color != UNCOLORED => color,
                _ => rng.below(sizing.k as u32) as Color,
            })
            .collect();
        runs(&case, || {
            let rng = Rng::new(seed, 1);
            Box::new(SizedTabu::new(graph, sizing.clone(), any.clone(), rng).expect("it fits"))
        })?;
    }

    #[test]
    fn evening_keeps_its_promises(case in cases(), seed in 0u64..9) {
        let Case { graph, sizing, proper } = &case;
        let make = || {
            let rng = Rng::new(seed, 1);
            Evening::new(graph, sizing.clone(), proper.clone(), rng).expect("it fits")
        };
        runs(&case, || Box::new(make()))?;
        let mut evening = make();
        let squares = |colors: &[Color]| -> u64 {
            Coloring::from_colors(colors.to_vec()).classes().iter().map(|c| (c.1 as u64).pow(2)).sum()
        };
        let before = wrong(graph, sizing, proper);
        evening.run(2000, &GO_ON);
        let after = Coloring::from_colors(evening.best().to_vec());
        prop_assert_eq!(after.verify(graph), Ok(()));
        if evening.wrong() == before {
            prop_assert!(squares(after.colors()) <= squares(proper));
        }
    }

    #[test]
    fn two_classes_are_evened_exactly(
        edges in prop::collection::vec((0u32..6, 6u32..12), 0..14),
        given in prop::collection::vec(prop::bool::weighted(0.1), 12),
        seed in 0u64..9,
    ) {
        let (graph, _) = Graph::from_edges(12, &edges).expect("ends are below twelve");
        let start: Vec<Color> = (0..12).map(|v| Color::from(v >= 6)).collect();
        let color = |v: usize| if given[v] { start[v] } else { UNCOLORED };
        let given: Vec<Color> = (0..12).map(color).collect();
        // The least difference of the two classes, by exhaustive search.
        let exists = |least: usize| {
            let range = SizeRange { least, most: 12 - least };
            let sizing = Sizing { k: 2, range, given: given.clone() };
            let (answer, _) = decide_sizes(&graph, &sizing, 1_000_000, &GO_ON);
            matches!(answer, Answer::Colorable(_))
        };
        let best = (0..=6).rev().find(|&least| exists(least));
        let even = Sizing { k: 2, range: SizeRange::even(12, 2), given: given.clone() };
        let rng = Rng::new(seed, 0);
        let mut evening = Evening::new(&graph, even, start.clone(), rng).expect("it fits");
        let step = evening.run(1000, &GO_ON);
        let ones = evening.best().iter().filter(|&&c| c == 1).count();
        prop_assert_eq!(Some(ones.min(12 - ones)), best);
        prop_assert!(evening.is_sure() || step == Step::Solved);
        prop_assert_eq!(step, if best == Some(6) { Step::Solved } else { Step::Failed });
    }
}

#[test]
fn equal_classes_of_a_random_graph_are_found() {
    let graph = generate::gnp(125, 0.5, 1).expect("it is small");
    let (k, mut rng) = (20, Rng::new(1, 0));
    let start: Vec<Color> = (0..125).map(|_| rng.below(k as u32) as Color).collect();
    let sizing = Sizing::new(k, SizeRange::even(125, k));
    let mut search = SizedTabu::new(&graph, sizing, start, rng).expect("it fits");
    assert_eq!(search.run(1_000_000, &GO_ON), Step::Solved);
    let found = Coloring::from_colors(search.best().to_vec());
    assert_eq!(found.verify(&graph), Ok(()));
}
