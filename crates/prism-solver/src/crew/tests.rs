//! Two sites at work: the cores, and a device whose searches are those of the cores, made slow, or failing.

use crate::gpu::Gpu;
use crate::roster::{GpuSeating, Kind, Row, STANDARD, Search};
use crate::strategy::{Turn, Turns};
use crate::task::Task;
use crate::{
    Checkpoint, CheckpointEvery, Device, Event, Goal, Improvement, Method, Outcome, Solver,
    SolverBuilder, Status, StopHandle,
};
use prism_core::search::{Elite, FixedK, Mismatch, Saved, Step};
use prism_core::{Graph, generate};
use prism_cpu::tabucol::TabuCol;
use prism_gpu::GpuContext;
use prism_gpu::phases::PhaseError;
use prism_stream::mock::MockDriver;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

/// What a search of the cores does in the place of one on a device.
struct Stand {
    search: TabuCol,
    /// Counts what it is offered.
    offered: Option<&'static AtomicU64>,
    /// Moves after which it fails.
    fails_after: u64,
    /// How long each call takes on top.
    delay: Duration,
}

/// Individuals that the stands of [`counting`] were offered.
static OFFERED: AtomicU64 = AtomicU64::new(0);

impl FixedK for Stand {
    fn run(&mut self, moves: u64, stop: &AtomicBool) -> Step {
        std::thread::sleep(self.delay);
        match self.search.moves() < self.fails_after {
            true => self.search.run(moves, stop),
            false => Step::Failed,
        }
    }

    fn best(&self) -> Elite {
        self.search.best()
    }

    fn conflicts(&self) -> u64 {
        self.search.conflicts()
    }

    fn moves(&self) -> u64 {
        self.search.moves()
    }

    fn offer(&mut self, elite: &Elite) {
        assert_eq!(elite.colors.len(), self.search.best().colors.len());
        if let Some(offered) = self.offered {
            offered.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn save(&mut self) -> Saved {
        self.search.save()
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Mismatch> {
        self.search.restore(saved)
    }

    fn failure(&self) -> Option<String> {
        (self.search.moves() >= self.fails_after).then(|| "the device is on fire".to_owned())
    }
}

fn stand(task: &Task, stream: u64) -> Stand {
    let mut rng = task.rng(stream);
    let start = task.squeezed(&mut rng);
    let search = TabuCol::new(task.adjacency().unwrap().clone(), task.k(), &start, rng).unwrap();
    Stand { search, offered: None, fails_after: u64::MAX, delay: Duration::ZERO }
}

type Made = Result<Box<dyn FixedK>, PhaseError>;

fn quick(task: &Task, _: &GpuContext, stream: u64, _: bool) -> Made {
    Ok(Box::new(stand(task, stream)))
}

fn counting(task: &Task, _: &GpuContext, stream: u64, _: bool) -> Made {
    Ok(Box::new(Stand { offered: Some(&OFFERED), ..stand(task, stream) }))
}

fn slow(task: &Task, _: &GpuContext, stream: u64, _: bool) -> Made {
    Ok(Box::new(Stand { delay: Duration::from_millis(20), ..stand(task, stream) }))
}

fn failing(task: &Task, _: &GpuContext, stream: u64, _: bool) -> Made {
    Ok(Box::new(Stand { fails_after: 20_000, ..stand(task, stream) }))
}

fn absent(_: &Task, _: &GpuContext, _: u64, _: bool) -> Made {
    Err(PhaseError::DeviceTooOld { found: (7, 0) })
}

const NAME: &str = "stand-in";

/// The standard engines of the cores, and a stand-in on the device.
fn roster(set_up: fn(&Task, &GpuContext, u64, bool) -> Made) -> Vec<Row> {
    let turn = Some(Turn { leads: true, ..Turn::at(0) });
    let search = Search {
        stream: 900,
        memory: |_, _| 0,
        cores: None,
        gpu: Some(GpuSeating {
            set_up,
            fits: |_, _, _| true,
            scale: 1,
            turns: Turns { structured: turn, random: turn },
        }),
    };
    let row = Row { name: NAME, source: "", help: "", kind: Kind::Search(search) };
    let cores = STANDARD.iter().filter(|row| !row.runs_on_gpu()).copied();
    cores.chain([row]).collect()
}

fn device() -> Gpu {
    Gpu::of(GpuContext::from_driver(MockDriver::new(1)))
}

fn solve<'g>(
    graph: &'g Graph<'g>,
    roster: &'g [Row],
    set: impl FnOnce(SolverBuilder<'g>) -> SolverBuilder<'g>,
) -> Outcome {
    let builder = Solver::builder(graph).roster(roster).seed(5).threads(2);
    let builder = set(builder.device(Device::Cuda(0)).on(Some(device())));
    let outcome = builder.build().unwrap().run();
    assert_eq!(outcome.coloring.verify(graph), Ok(()));
    outcome
}

fn moves(outcome: &Outcome, site: &str) -> u64 {
    outcome.engines.iter().filter(|engine| engine.site == site).map(|engine| engine.moves).sum()
}

#[test]
fn moves_alone_decide_the_result_of_two_sites_also_where_one_is_slow() {
    let graph = generate::gnp(125, 0.5, 1).unwrap();
    let run = |set_up| solve(&graph, &roster(set_up), |builder| builder.move_limit(2_000_000));
    let [first, second, third] = [run(quick), run(slow), run(quick)];
    for outcome in [&second, &third] {
        assert_eq!(outcome.coloring, first.coloring);
        assert_eq!((outcome.moves, outcome.status), (first.moves, first.status));
        for site in ["cpu", "cuda:0"] {
            assert_eq!(moves(outcome, site), moves(&first, site));
        }
    }
    assert!(moves(&first, "cpu") > 200_000 && moves(&first, "cuda:0") > 200_000);
}

#[test]
fn sites_work_at_once_and_learn_of_each_other() {
    let graph = generate::gnp(125, 0.5, 1).unwrap();
    let stop = StopHandle::new();
    let pull = stop.clone();
    let look = move |event: &Event| match event {
        Event::Progress { seconds, .. }
            if *seconds > 0.5 && OFFERED.load(Ordering::Relaxed) > 0 =>
        {
            pull.stop();
        }
        _ => {}
    };
    let outcome = solve(&graph, &roster(counting), |builder| {
        builder.stop_handle(stop).on_event(look).time_limit(Duration::from_secs(60))
    });
    // A proof would end it, too.
    assert!(matches!(outcome.status, Status::Stopped | Status::Optimal), "{:?}", outcome.status);
    assert!(moves(&outcome, "cpu") > 0 && moves(&outcome, "cuda:0") > 0);
    let seconds: f64 = outcome.engines.iter().map(|engine| engine.seconds).sum();
    assert!(outcome.status != Status::Stopped || seconds > outcome.seconds, "one after the other");
}

#[test]
fn what_is_better_is_booked_where_it_was_found() {
    let graph = generate::gnp(250, 0.5, 1).unwrap();
    // The same engine on the cores and on the device.
    let mut roster = roster(quick);
    let stand = roster.pop().and_then(|row| row.search().and_then(|search| search.gpu));
    let tabucol = roster.iter_mut().find(|row| row.name == "tabucol").unwrap();
    let Kind::Search(search) = &mut tabucol.kind else { panic!("a search") };
    search.gpu = stand;
    let found = |outcome: &Outcome, engine: &str, site: &str| {
        let by = |last: &&Improvement| last.engine == engine && last.site == site;
        outcome.history.iter().filter(by).count()
    };
    let outcome = solve(&graph, &roster, |builder| builder.move_limit(1_000_000));
    for done in &outcome.engines {
        assert_eq!(done.improvements, found(&outcome, &done.engine, &done.site) as u64, "{done:?}");
    }
    let tabucol = |site| outcome.engines.iter().find(|done| done.is("tabucol", site)).unwrap();
    assert!(tabucol("cpu").improvements > 0 && tabucol("cuda:0").moves > 0);
}

#[test]
fn a_run_on_two_sites_goes_on_from_its_checkpoints() {
    let graph = generate::gnp(125, 0.5, 1).unwrap();
    let run = |resume: Option<Checkpoint>| {
        let (send, checkpoints) = channel();
        let take = move |checkpoint: &Checkpoint| send.send(checkpoint.clone()).unwrap();
        let roster = roster(quick);
        let outcome = solve(&graph, &roster, |builder| {
            let builder = match resume {
                Some(checkpoint) => builder.resume(checkpoint),
                None => builder,
            };
            builder.move_limit(2_000_000).on_checkpoint(CheckpointEvery::Moves(400_000), take)
        });
        (outcome, checkpoints.into_iter().collect::<Vec<_>>())
    };
    let (whole, checkpoints) = run(None);
    assert!(checkpoints.len() > 3);
    for checkpoint in checkpoints {
        let (again, _) = run(Some(checkpoint));
        assert_eq!((&again.coloring, again.moves), (&whole.coloring, whole.moves));
        for site in ["cpu", "cuda:0"] {
            assert_eq!(moves(&again, site), moves(&whole, site));
        }
    }
}

#[test]
fn a_site_that_fails_is_given_up_with_one_word_and_the_cores_go_on() {
    let graph = generate::gnp(125, 0.5, 1).unwrap();
    for (set_up, made) in [(failing as fn(&_, &_, _, _) -> _, true), (absent, false)] {
        let mut lost = Vec::new();
        let outcome = solve(&graph, &roster(set_up), |builder| {
            let note = |event: &Event| {
                if let Event::SiteLost { site, why } = event {
                    lost.push((site.clone(), why.clone()));
                }
            };
            builder.on_event(note).move_limit(2_000_000)
        });
        assert_eq!(outcome.moves, moves(&outcome, "cpu") + moves(&outcome, "cuda:0"));
        assert_eq!(moves(&outcome, "cuda:0") > 0, made);
        assert!(moves(&outcome, "cpu") > 1_500_000);
        let [(site, why)] = &lost[..] else { panic!("{lost:?}") };
        assert_eq!(site, "cuda:0");
        assert!(why.contains(if made { "on fire" } else { "7.0" }), "{why}");
    }
}

#[test]
fn an_engine_of_the_device_alone_leaves_the_cores_idle() {
    let graph = generate::gnp(125, 0.5, 1).unwrap();
    let method = Method::Engine(NAME.into());
    let alone = |set_up| {
        solve(&graph, &roster(set_up), |builder| builder.method(method.clone()).move_limit(300_000))
    };
    let outcome = alone(quick);
    assert_eq!((moves(&outcome, "cpu"), moves(&outcome, "cuda:0")), (0, 300_000));
    // Nobody makes the moves after which a device joins in by itself.
    let roster = roster(quick);
    let by_itself = solve(&graph, &roster, |builder| {
        builder.method(method.clone()).device(Device::Auto).move_limit(300_000)
    });
    assert_eq!(moves(&by_itself, "cuda:0"), 300_000);
    // It has nowhere else to run.
    assert_eq!(alone(absent).status, Status::EffortSpent);
}

#[test]
fn a_target_ends_the_run_whichever_site_finds_it() {
    let graph = generate::gnp(125, 0.5, 1).unwrap();
    let roster = roster(quick);
    for method in [Method::Portfolio, Method::Engine(NAME.into())] {
        let outcome = solve(&graph, &roster, |builder| {
            builder.method(method).goal(Goal::Colors(19)).time_limit(Duration::from_secs(60))
        });
        assert_eq!(outcome.status, Status::TargetReached);
    }
}
