//! Memory that ends between the choice of an engine and its tables, or while it searches. A process of its
//! own, since a memory limit is that of the process.
#![allow(clippy::unwrap_used)]

use prism_core::generate;
use prism_core::memory::{OutOfMemory, RESERVE, Room, set_limit};
use prism_core::search::{Elite, FixedK, Mismatch, Saved, Step};
use prism_solver::roster::{Kind, Row, STANDARD, Search, Seating};
use prism_solver::strategy::{Turn, Turns};
use prism_solver::task::{Seat, SetUp, Task, Unready};
use prism_solver::{Event, Method, Outcome, Solver, Status};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held by one test at a time: the limit of the process would starve the other.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The engines that made moves.
fn searched(outcome: &Outcome) -> Vec<&str> {
    outcome.engines.iter().filter(|engine| engine.moves > 0).map(|engine| &*engine.engine).collect()
}

/// A search that has memory for a thousand moves.
struct Hungry(Elite, u64);

impl FixedK for Hungry {
    fn run(&mut self, moves: u64, _: &AtomicBool) -> Step {
        self.1 = (self.1 + moves).min(1000);
        if self.1 < 1000 { Step::OutOfMoves } else { Step::OutOfMemory }
    }

    fn best(&self) -> Elite {
        self.0.clone()
    }

    fn conflicts(&self) -> u64 {
        self.0.conflicts
    }

    fn moves(&self) -> u64 {
        self.1
    }

    fn save(&mut self) -> Saved {
        let (best, moves) = (self.best(), self.1);
        Saved { best, individuals: Vec::new(), moves, random: Vec::new(), counters: Vec::new() }
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        Mismatch::unless(saved.best.k == self.0.k, "the number of colours")?;
        (self.0, self.1) = (saved.best.clone(), saved.moves);
        Ok(())
    }
}

fn hungry(task: &Task, _: &Seat<'_>) -> SetUp {
    let colors = vec![0; task.graph().n()];
    Ok(Box::new(Hungry(Elite::new(task.k(), colors, task.graph().edges()), 0)))
}

fn refused(_: &Task, _: &Seat<'_>) -> SetUp {
    Err(Unready::OutOfMemory(OutOfMemory::new(1 << 40, Room::now())))
}

/// An engine that leads and takes more than iterated greedy does.
fn leader(set_up: fn(&Task, &Seat<'_>) -> SetUp) -> Row {
    let turn = Some(Turn { leads: true, ..Turn::at(0) });
    let cores = Some(Seating::a_thread(set_up, Turns { structured: turn, random: turn }));
    let memory = |graph: &prism_core::Graph<'_>, _| 1000 * graph.n() as u64;
    let kind = Kind::Search(Search { stream: 77, memory, cores, gpu: None });
    Row { name: "leader", source: "", help: "", kind }
}

#[test]
fn an_engine_that_has_no_memory_leaves_its_turns_to_one_that_takes_little() {
    let _alone = alone();
    let graph = generate::gnp(100, 0.5, 1).unwrap();
    let others = STANDARD.iter().copied().filter(|row| {
        row.is_construction() || row.name == "iterated-greedy" || row.name == "annealing"
    });
    for (set_up, moves) in [(hungry as fn(&Task, &Seat<'_>) -> SetUp, 2000), (refused, 0)] {
        let roster: Vec<Row> = others.clone().chain([leader(set_up)]).collect();
        let build = || Solver::builder(&graph).roster(&roster).threads(2);
        let mut solver = build().build().unwrap();
        assert_eq!(solver.step(30_000), Status::Running);
        let outcome = solver.finish();
        assert_eq!(outcome.coloring.verify(&graph), Ok(()));
        let of = |name| outcome.engines.iter().find(|engine| engine.engine == name);
        assert_eq!(of("leader").map_or(0, |engine| engine.moves), moves);
        assert_eq!(of("annealing").map_or(0, |engine| engine.moves), 0);
        assert!(of("iterated-greedy").is_some_and(|engine| engine.moves > 10_000));
        // Neither an engine that was asked for is replaced, nor one where moves alone are to decide.
        let alone = build().method(Method::Engine("leader".into()));
        for builder in [alone, build().move_limit(30_000)] {
            let ended = builder.build().unwrap().run();
            assert_eq!(ended.coloring.verify(&graph), Ok(()));
            assert_eq!(ended.status, Status::MemoryLimit);
            assert!(searched(&ended).iter().all(|&name| name == "leader"));
        }
    }
}

/// The memory that the process has.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
}

#[cfg(target_os = "linux")]
#[test]
fn tables_for_which_the_memory_has_ended_meanwhile_are_not_made() {
    let _alone = alone();
    // Enough vertices that the tables of every search are looked at before they are made.
    let graph = generate::gnp(2000, 0.5, 1).unwrap();
    let starve = |event: &Event| {
        if matches!(event, Event::Searching { .. }) {
            set_limit(resident() + RESERVE + (1 << 20));
        }
    };
    let run = |method| {
        set_limit(u64::MAX);
        let builder = Solver::builder(&graph).method(method).threads(2).on_event(starve);
        let mut solver = builder.build().unwrap();
        solver.step(20_000);
        let outcome = solver.finish();
        set_limit(u64::MAX);
        assert_eq!(outcome.coloring.verify(&graph), Ok(()));
        outcome
    };
    assert_eq!(searched(&run(Method::Portfolio)), ["iterated-greedy"]);
    for name in ["tabucol", "partialcol", "memetic", "guided-ejection", "annealing"] {
        let alone = run(Method::Engine(name.into()));
        assert_eq!((alone.status, searched(&alone)), (Status::MemoryLimit, Vec::new()), "{name}");
    }
}
