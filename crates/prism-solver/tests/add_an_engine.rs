//! How an engine is added, step by step as ARCHITECTURE.md has it: a search that is no more than the
//! trait asks for, and a row.

use prism_core::search::{Elite, FixedK, Mismatch, Saved, Shape, Step, run_in_steps};
use prism_core::{Color, Graph, Rng, generate};
use prism_solver::roster::{Kind, Row, STANDARD, Search, Seating};
use prism_solver::strategy::{Turn, Turns};
use prism_solver::task::{Seat, SetUp, Task};
use prism_solver::{BuildError, Method, Solver, Status};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Step 1, the engine: min-conflicts (Minton et al. 1992). A random vertex with conflicts gets the colour
/// that fewest of its neighbours have, now and then any.
struct MinConflicts {
    graph: Arc<Graph<'static>>,
    k: usize,
    colors: Vec<Color>,
    best: Elite,
    moves: u64,
    rng: Rng,
}

impl MinConflicts {
    fn set_up(task: &Task, seat: &Seat<'_>) -> SetUp {
        let (graph, k, mut rng) = (task.graph().clone(), task.k(), seat.rng(task));
        let colors = task.squeezed(&mut rng);
        let conflicts = conflicts(&graph, &colors);
        let best = Elite { k, colors: colors.clone(), conflicts };
        Ok(Box::new(Self { graph, k, colors, best, moves: 0, rng }))
    }

    fn make_move(&mut self) {
        self.moves += 1;
        let v = self.rng.below(self.graph.n() as u32);
        let around = |color: Color| {
            let neighbors = self.graph.neighbors(v).iter();
            neighbors.filter(|&&u| self.colors[u as usize] == color).count()
        };
        if around(self.colors[v as usize]) == 0 {
            return;
        }
        let fewest = (0..self.k as Color).min_by_key(|&color| around(color));
        let any = self.rng.below(self.k as u32) as Color;
        self.colors[v as usize] = fewest.filter(|_| self.rng.below(50) > 0).unwrap_or(any);
        let conflicts = conflicts(&self.graph, &self.colors);
        if conflicts < self.best.conflicts {
            self.best = Elite { k: self.k, colors: self.colors.clone(), conflicts };
        }
    }
}

fn conflicts(graph: &Graph<'_>, colors: &[Color]) -> u64 {
    graph.edges().filter(|&(u, v)| colors[u as usize] == colors[v as usize]).count() as u64
}

impl FixedK for MinConflicts {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        run_in_steps(self, moves, stop, Self::make_move)
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

    fn save(&mut self) -> Saved {
        Saved {
            best: self.best.clone(),
            individuals: vec![self.colors.clone()],
            moves: self.moves,
            random: vec![self.rng.clone()],
            counters: Vec::new(),
        }
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        let (k, vertices) = (self.k, self.graph.n());
        let shape = Shape { k, vertices, individuals: 1, random: 1, counters: 0 };
        saved.check(shape, self.graph.edges())?;
        saved.check_colors(k, false)?;
        self.colors.clone_from(&saved.individuals[0]);
        self.best.clone_from(&saved.best);
        (self.moves, self.rng) = (saved.moves, saved.random[0].clone());
        Ok(())
    }
}

/// Step 2, the row.
const MIN_CONFLICTS: Row = Row {
    name: "min-conflicts",
    source: "Minton et al. 1992",
    help: "the colour of fewest neighbours for a vertex with conflicts",
    kind: Kind::Search(Search {
        stream: 1000,
        memory: |graph, _| graph.n() as u64 * 4,
        cores: Some(Seating::a_thread(
            MinConflicts::set_up,
            Turns { structured: Some(Turn::at(9)), random: Some(Turn::at(9)) },
        )),
        gpu: None,
    }),
};

/// Step 3, the roster.
fn roster() -> Vec<Row> {
    [STANDARD, &[MIN_CONFLICTS]].concat()
}

#[test]
fn it_works_alone_and_beside_the_others() {
    let (roster, graph) = (roster(), generate::gnp(60, 0.5, 1).expect("it is small"));
    for threads in [1, 3] {
        let run = |method| {
            let solver = Solver::builder(&graph).roster(&roster).method(method).threads(threads);
            solver.seed(1).move_limit(400_000).build().expect("it is in the roster").run()
        };
        let alone = run(Method::Engine(MIN_CONFLICTS.name.into()));
        assert_eq!(alone.coloring.verify(&graph), Ok(()));
        let mut searched = alone.engines.iter().filter(|counters| counters.moves > 0);
        assert_eq!(searched.next().map(|counters| &*counters.engine), Some(MIN_CONFLICTS.name));
        assert!(searched.next().is_none() && alone.moves > 0);
        let beside = run(Method::Portfolio);
        assert_eq!(beside.coloring.verify(&graph), Ok(()));
        let moves = |name| {
            let of = |c: &&prism_solver::EngineCounters| c.engine == name;
            beside.engines.iter().find(of).map_or(0, |counters| counters.moves)
        };
        assert!(beside.status == Status::Optimal || moves(MIN_CONFLICTS.name) > 0);
        assert!(beside.status == Status::Optimal || moves("memetic") > 0);
    }
}

#[test]
fn an_engine_that_is_not_in_the_roster_is_an_error() {
    let graph = Graph::empty(3);
    let build = Solver::builder(&graph).method(Method::Engine(MIN_CONFLICTS.name.into())).build();
    assert_eq!(build.err(), Some(BuildError::UnknownEngine(MIN_CONFLICTS.name.to_owned())));
}
