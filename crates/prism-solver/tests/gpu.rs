//! The solver with a GPU beside the cores. Without a device these tests say so and end well, unless
//! `PRISM_REQUIRE_GPU` is set.
#![allow(clippy::print_stderr)]

use prism_core::{Graph, generate};
use prism_gpu::GpuContext;
use prism_solver::roster::STANDARD;
use prism_solver::{Device, Event, Goal, Method, Outcome, Solver, SolverBuilder, Status};
use std::time::Duration;

/// Whether there is a device to test on.
fn has_gpu() -> bool {
    match GpuContext::open(0) {
        Ok(_) => true,
        Err(reason) => {
            assert!(std::env::var_os("PRISM_REQUIRE_GPU").is_none(), "no GPU: {reason}");
            eprintln!("skipped: no GPU: {reason}");
            false
        }
    }
}

fn solve<'g>(
    graph: &'g Graph<'g>,
    set: impl FnOnce(SolverBuilder<'g>) -> SolverBuilder<'g>,
) -> Outcome {
    let lost = |event: &Event| assert!(!matches!(event, Event::SiteLost { .. }), "{event:?}");
    let builder = Solver::builder(graph).seed(2).threads(2).device(Device::Cuda(0)).on_event(lost);
    let outcome = set(builder).build().expect("nothing is asked for that cannot be").run();
    assert_eq!(outcome.coloring.verify(graph), Ok(()));
    outcome
}

fn moves(outcome: &Outcome, is: impl Fn(&str, &str) -> bool) -> u64 {
    let engines = outcome.engines.iter().filter(|engine| is(&engine.engine, &engine.site));
    engines.map(|engine| engine.moves).sum()
}

#[test]
fn gpu_each_phase_alone_reaches_a_target() {
    if !has_gpu() {
        return;
    }
    let graph = generate::gnp(125, 0.5, 1).expect("it is small");
    for row in STANDARD.iter().filter(|row| row.runs_on_gpu()) {
        for overlap in [true, false] {
            let outcome = solve(&graph, |builder| {
                let builder =
                    builder.method(Method::Engine(row.name.into())).overlap_steps(overlap);
                builder.goal(Goal::Colors(19)).time_limit(Duration::from_secs(60))
            });
            assert_eq!(outcome.status, Status::TargetReached, "{}", row.name);
            // What it comes to is relaxed on the cores; they do nothing else.
            let others = moves(&outcome, |engine, site| site == "cpu" && engine != "tabucol");
            assert_eq!(others, 0, "{}", row.name);
        }
    }
}

#[test]
fn gpu_and_cores_work_at_once() {
    if !has_gpu() {
        return;
    }
    let graph = generate::gnp(250, 0.5, 1).expect("it is small");
    let outcome = solve(&graph, |builder| builder.time_limit(Duration::from_secs(3)));
    assert!(moves(&outcome, |_, site| site == "cpu") > 0);
    assert!(moves(&outcome, |_, site| site == "cuda:0") > 0);
    assert!(outcome.num_colors() <= 29, "{}", outcome.num_colors());
}

#[test]
fn gpu_moves_decide_the_result() {
    if !has_gpu() {
        return;
    }
    let graph = generate::gnp(250, 0.5, 1).expect("it is small");
    for device in [Device::Cuda(0), Device::Auto] {
        let run = || solve(&graph, |builder| builder.device(device).move_limit(1_500_000_000));
        let (one, other) = (run(), run());
        assert_eq!(one.coloring, other.coloring);
        assert_eq!((one.moves, one.status), (other.moves, other.status));
        for site in ["cpu", "cuda:0"] {
            let of = |outcome| moves(outcome, |_, at| at == site);
            assert_eq!(of(&one), of(&other));
            assert!(of(&one) > 0, "{site}");
        }
    }
}

#[test]
fn gpu_phases_are_chosen_and_ordered() {
    if !has_gpu() {
        return;
    }
    let graph = generate::gnp(250, 0.5, 1).expect("it is small");
    let outcome = solve(&graph, |builder| {
        // Not by time, most of which may go into compiling kernels.
        builder.phases(["quantum", "whcr"]).move_limit(6_000_000_000)
    });
    let on_gpu = |name: &str| moves(&outcome, |engine, site| engine == name && site == "cuda:0");
    assert!(on_gpu("quantum") > 0 && on_gpu("whcr") > 0);
    assert_eq!(on_gpu("thermodynamic") + on_gpu("dendritic-whcr"), 0);
}

#[test]
fn gpu_beyond_the_tables_conflicts_are_repaired_in_rounds_and_nothing_else_is_done() {
    if !has_gpu() {
        return;
    }
    let graph = generate::gnp(6000, 0.01, 1).expect("it is small");
    let outcome = solve(&graph, |builder| builder.time_limit(Duration::from_secs(3)));
    assert!(moves(&outcome, |engine, site| site == "cuda:0" && engine == "whcr") > 0);
    let repairs = |engine: &str| ["whcr", "dendritic-whcr"].contains(&engine);
    assert_eq!(moves(&outcome, |engine, site| site == "cuda:0" && !repairs(engine)), 0);
    assert!(moves(&outcome, |_, site| site == "cpu") > 0);
}
