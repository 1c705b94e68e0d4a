use super::*;
use focus::MOST_LISTED;
use prism_core::{Coloring, Rng, generate, hierarchy};
use proptest::prelude::*;

static GO_ON: AtomicBool = AtomicBool::new(false);

fn repair(
    graph: &Graph<'_>,
    regions: usize,
    words: usize,
    k: usize,
    start: &[Color],
    settings: Settings,
) -> Repair {
    let slots = Arc::new(Slots::new(&hierarchy::order(graph), regions, words).unwrap());
    Repair::new(Arc::new(slots.graph(graph)), slots, k, start, settings).unwrap()
}

fn random_start(n: usize, k: usize, seed: u64) -> Vec<Color> {
    let mut rng = Rng::new(seed, 0);
    (0..n).map(|_| rng.below(k as u32) as Color).collect()
}

fn conflicts(graph: &Graph<'_>, coloring: &[Color]) -> u64 {
    graph.edges().filter(|&(u, v)| coloring[u as usize] == coloring[v as usize]).count() as u64
}

/// A random graph, and a repair of a random colouring of it.
#[derive(Clone, Debug)]
struct Case {
    n: u64,
    density: f64,
    k: usize,
    regions: usize,
    words: usize,
    settings: Settings,
}

impl Case {
    fn graph(&self) -> Graph<'static> {
        generate::gnp(self.n, self.density, self.settings.seed).unwrap()
    }

    fn repair(&self, graph: &Graph<'_>) -> Repair {
        let start = random_start(graph.n(), self.k, self.settings.seed);
        repair(graph, self.regions, self.words, self.k, &start, self.settings.clone())
    }
}

fn settings() -> impl Strategy<Value = Settings> {
    let numbers = (0.0f32..20.0, 0.0f32..1.0, any::<u64>(), any::<u32>());
    (numbers, any::<[bool; 3]>()).prop_map(|((base, slope, seed, individual), flags)| Settings {
        tenure_base: base,
        tenure_slope: slope,
        everywhere: flags[0],
        one_move: flags[1],
        dendrites: flags[2],
        seed,
        individual,
        phase: 1,
    })
}

fn cases() -> impl Strategy<Value = Case> {
    (0u64..250, 0.0f64..1.0, 1usize..12, 1usize..5, 2usize..4, settings()).prop_map(
        |(n, density, k, regions, words, settings)| Case {
            n,
            density,
            k,
            regions,
            words,
            settings,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_reported_is_what_a_recount_gives(case in cases()) {
        let graph = case.graph();
        let mut repair = case.repair(&graph);
        let mut coloring = repair.coloring();
        let mut fewest = conflicts(&graph, &coloring);
        let mut moves = 0;
        for iteration in 0..200 {
            prop_assert_eq!(repair.iteration(), iteration);
            for made in repair.step().to_vec() {
                let vertex = repair.slots.vertex(made.slot as usize).unwrap() as usize;
                prop_assert_eq!(coloring[vertex], made.from);
                prop_assert!(made.from != made.to && usize::from(made.to) < case.k);
                coloring[vertex] = made.to;
                moves += 1;
            }
            prop_assert_eq!(repair.coloring(), &coloring[..]);
            prop_assert_eq!(repair.current(), conflicts(&graph, &coloring));
            fewest = fewest.min(repair.current());
            prop_assert_eq!(repair.conflicts(), fewest);
            prop_assert_eq!(conflicts(&graph, &repair.best().colors), fewest);
            prop_assert_eq!(repair.moves_made(), moves);
        }
    }

    #[test]
    fn the_table_is_what_colours_and_bars_say(case in cases()) {
        let graph = case.graph();
        let mut repair = case.repair(&graph);
        for _ in 0..20 {
            for _ in 0..10 {
                repair.step();
            }
            // So a kernel can begin a step from what the step before left, and goes on as if it had not
            // ended.
            let colors = repair.table.colors().to_vec();
            let mut fresh = Table::new(&repair.graph, case.k, colors).unwrap();
            for bar in repair.bars() {
                fresh.bar(bar.slot, bar.color);
            }
            for slot in repair.graph.vertices() {
                prop_assert!(fresh.counts(slot).eq(repair.table.counts(slot)));
                prop_assert!(fresh.open(slot).eq(repair.table.open(slot)), "slot {}", slot);
                prop_assert_eq!(fresh.is_conflicting(slot), repair.table.is_conflicting(slot));
            }
        }
    }

    #[test]
    fn moves_of_an_iteration_are_apart_and_further_ones_make_nothing_worse(case in cases()) {
        let graph = case.graph();
        let mut repair = case.repair(&graph);
        for _ in 0..200 {
            let mut coloring = repair.coloring();
            let mut left = repair.current();
            let made = repair.step().to_vec();
            let most = if case.settings.one_move { 1 } else { case.regions };
            prop_assert!(made.len() <= most);
            let vertex = |one: &Move| repair.slots.vertex(one.slot as usize).unwrap();
            let region = |one: &Move| repair.slots.region_and_lane(one.slot as usize).0;
            for (at, one) in made.iter().enumerate() {
                coloring[vertex(one) as usize] = one.to;
                let now_left = conflicts(&graph, &coloring);
                prop_assert!(at == 0 || now_left <= left);
                left = now_left;
                for other in &made[..at] {
                    prop_assert!(!graph.has_edge(vertex(one), vertex(other)));
                    prop_assert!(region(one) != region(other));
                }
            }
        }
    }

    #[test]
    fn a_barred_colour_is_taken_only_for_a_new_best(case in cases()) {
        let graph = case.graph();
        let mut repair = case.repair(&graph);
        for _ in 0..200 {
            let bars: Vec<Bar> = repair.bars().collect();
            let (best, total) = (repair.conflicts(), repair.table.conflicting().len() as f32);
            let made = repair.step().to_vec();
            for one in &made {
                let is_barred = |bar: &Bar| (bar.slot, bar.color) == (one.slot, one.to);
                prop_assert!(!bars.iter().any(is_barred) || repair.current() < best);
                // What is given up is barred as long as the settings say.
                let bar = repair.bars().find(|bar| (bar.slot, bar.color) == (one.slot, one.from));
                let tenure = bar.map_or(0, |bar| bar.until - repair.iteration()) as f32;
                let slope = case.settings.tenure_slope * total;
                prop_assert!(tenure >= slope - total / 256.0 - 1.0);
                prop_assert!(tenure <= case.settings.tenure_base + slope + 3.0);
            }
        }
    }

    #[test]
    fn no_region_looks_first_at_more_than_a_warp_has_lanes(case in cases(), words in 1usize..20) {
        let case = Case { n: (case.n + 40) * words as u64, words: 3 * words, ..case };
        let graph = Case { density: case.density * 0.1, ..case.clone() }.graph();
        let mut repair = case.repair(&graph);
        for _ in 0..20 {
            let lanes = repair.focus(&repair.draw());
            let listed: Vec<u32> = repair.conflicting_in(&lanes).collect();
            let total = repair.table.conflicting().len();
            prop_assert!(total == 0 || !listed.is_empty());
            let place = |&slot: &u32| repair.slots.region_and_lane(slot as usize);
            for region in 0..case.regions {
                let of_region = |slots: &[u32]| -> Vec<usize> {
                    let places = slots.iter().map(place).filter(|place| place.0 == region);
                    places.map(|place| place.1).collect()
                };
                let (all, lanes) = (of_region(repair.table.conflicting()), of_region(&listed));
                if case.settings.everywhere || all.len() <= MOST_LISTED as usize {
                    prop_assert_eq!(lanes.len(), all.len());
                } else {
                    let one_lane = lanes.iter().all(|&lane| lane == lanes[0]);
                    prop_assert!(lanes.len() <= MOST_LISTED as usize || one_lane);
                    prop_assert!(!lanes.is_empty());
                }
            }
            repair.step();
        }
    }

    #[test]
    fn slices_are_the_same_run(case in cases(), slice in 1u64..50) {
        let graph = case.graph();
        let (mut whole, mut sliced) = (case.repair(&graph), case.repair(&graph));
        let done = whole.iterate(300);
        while sliced.iteration() < 300 && sliced.iterate(slice.min(300 - sliced.iteration())) > 0 {}
        prop_assert_eq!(sliced.iteration(), done);
        prop_assert_eq!(sliced.coloring(), whole.coloring());
        prop_assert_eq!(sliced.best(), whole.best());
        prop_assert_eq!(sliced.integrators(), whole.integrators());
        prop_assert!(sliced.bars().eq(whole.bars()));
        prop_assert!(done == 300 || whole.conflicts() == 0);
    }

    #[test]
    fn integrators_are_bounded_and_die_out(case in cases()) {
        let mut case = case;
        case.settings.dendrites = true;
        case.k = 1;
        let graph = case.graph();
        let mut repair = case.repair(&graph);
        // With one colour nothing moves, and what has an edge is in conflict for good.
        for _ in 0..5000 {
            repair.step();
        }
        let (fast, slow) = repair.integrators();
        for slot in repair.graph.vertices() {
            let (fast, slow) = (fast[slot as usize], slow[slot as usize]);
            let expected = if repair.graph.degree(slot) > 0 { 120..=128 } else { 0..=0 };
            prop_assert!(expected.contains(&fast) && expected.contains(&slow), "{fast} {slow}");
        }
    }
}

#[test]
fn planted_colourings_are_found() {
    for (regions, words) in [(1, 2), (2, 1), (4, 1)] {
        for dendrites in [false, true] {
            for seed in 0..3 {
                let graph = generate::flat(200, 8, 0.5, seed).unwrap();
                let settings = Settings { dendrites, seed, ..Settings::default() };
                let start = random_start(200, 8, seed);
                let mut repair = repair(&graph, regions, words, 8, &start, settings);
                assert_eq!(
                    repair.run(200_000, &GO_ON),
                    Step::Solved,
                    "{regions} {dendrites} {seed}"
                );
                assert_eq!(Coloring::from_colors(repair.best().colors).verify(&graph), Ok(()));
            }
        }
    }
}

#[test]
fn several_moves_an_iteration_are_made_where_there_are_regions() {
    let graph = generate::gnp(500, 0.02, 1).unwrap();
    let start = random_start(500, 4, 1);
    let moves = |one_move| {
        let settings = Settings { one_move, ..Settings::default() };
        let mut repair = repair(&graph, 4, 1, 4, &start, settings);
        repair.iterate(40);
        (repair.moves_made(), repair.iteration())
    };
    let (made, iterations) = moves(false);
    assert!(made > 2 * iterations, "{made} moves in {iterations} iterations");
    let (made, iterations) = moves(true);
    assert_eq!(made, iterations);
}

#[test]
fn seeds_individuals_and_phases_have_numbers_of_their_own() {
    let graph = generate::gnp(120, 0.5, 1).unwrap();
    let start = random_start(120, 8, 1);
    let after = |settings| {
        let mut repair = repair(&graph, 1, 1, 8, &start, settings);
        repair.iterate(30);
        repair.coloring()
    };
    let plain = after(Settings::default());
    assert_eq!(after(Settings::default()), plain);
    assert_ne!(after(Settings { seed: 1 << 40, ..Settings::default() }), plain);
    assert_ne!(after(Settings { individual: 1, ..Settings::default() }), plain);
    assert_ne!(after(Settings { phase: 1, ..Settings::default() }), plain);
}

#[test]
fn counts_that_a_kernel_has_no_room_for_are_told_of() {
    let star: Vec<_> = (1..=128).map(|leaf| (0, leaf)).collect();
    let overflows = |leaves: usize| {
        let (graph, _) = Graph::from_edges(leaves + 1, &star[..leaves]).unwrap();
        repair(&graph, 2, 1, 2, &vec![0; leaves + 1], Settings::default()).overflows()
    };
    assert!(!overflows(127));
    assert!(overflows(128));
}

#[test]
#[should_panic(expected = "colours are below 3")]
fn a_colour_out_of_range_is_refused() {
    let _ = repair(&Graph::empty(2), 1, 1, 3, &[0, 3], Settings::default());
}
