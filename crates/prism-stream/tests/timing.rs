//! Timed steps: what they cost when nobody asks (nothing), what they show, and that they change no
//! answer.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use prism_stream::mock::MockDriver;
use prism_stream::{
    GpuContext, GpuError, PipelineOptions, Placement, Stage, Submission, TimingOptions,
    timeline::{MAX_BURST, StepTimes, Timeline},
};
use support::{Config, TRANSPORTS, config, device, expected, kernel, options, pipeline, unbound};

/// Bursts of four, every 20.
const TIMING: TimingOptions = TimingOptions { every: 20, burst: 4, keep: 100 };

/// What steps `from..to` call, by name and stream, and that their answers are right.
fn calls(
    mock: &MockDriver,
    pipeline: &mut support::Pipeline,
    steps: std::ops::Range<u64>,
) -> Vec<(&'static str, u64)> {
    drop(mock.take_calls());
    for step in steps {
        if let Some(done) = pipeline.step(&config(step)).unwrap() {
            assert_eq!(*done, expected(&config(done.step), done.step));
        }
    }
    mock.take_calls().into_iter().map(|call| (call.name, call.stream)).collect()
}

/// How often each call was made; how often the host had to ask is up to the mock's schedule.
fn counted(calls: &[(&'static str, u64)]) -> std::collections::BTreeMap<&'static str, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for (name, _) in calls.iter().filter(|(name, _)| !matches!(*name, "event_query" | "bind")) {
        *counts.entry(*name).or_default() += 1;
    }
    counts
}

#[test]
fn timing_is_off_by_default_at_no_extra_call() {
    for transport in TRANSPORTS {
        let run = |timing: Option<TimingOptions>| {
            let (mock, gpu) = device(3);
            let mut pipeline = pipeline(&gpu, options(3, transport));
            let made = |mock: &MockDriver| {
                mock.take_calls().iter().filter(|call| call.name == "event_create").count()
            };
            drop(mock.take_calls());
            if timing.is_some() {
                pipeline.set_timing(timing).unwrap();
            }
            let events = made(&mock);
            // The burst is over after four steps, and has come back within eight.
            let first = counted(&calls(&mock, &mut pipeline, 0..8));
            (events, first, counted(&calls(&mock, &mut pipeline, 8..19)))
        };
        let (plain, timed) = (run(None), run(Some(TIMING)));
        assert_eq!(plain.0, 0, "{transport:?}: no event for timing");
        assert!(timed.0 > 0);
        assert_eq!(plain.2, timed.2, "{transport:?}: between bursts nothing is called either");
        assert!(!plain.1.contains_key("event_elapsed"));
        // Of graphs with copies only the step that loads the kernel is timed, which is no burst.
        let whole = transport != (Placement::Copied, Submission::Graph);
        assert_eq!(timed.1.contains_key("event_elapsed"), whole, "{transport:?}");
    }
}

/// The steps that were timed of a hundred, on a transport.
fn timed(
    transport: (Placement, Submission),
    depth: usize,
) -> (Vec<StepTimes>, Arc<MockDriver>, GpuContext) {
    let (mock, gpu) = device(11);
    let mut pipeline = pipeline(&gpu, options(depth, transport));
    pipeline.set_timing(Some(TIMING)).unwrap();
    calls(&mock, &mut pipeline, 0..100);
    pipeline.drain().unwrap();
    let times = pipeline.timeline().unwrap().steps().copied().collect();
    drop(pipeline);
    assert_eq!(mock.violations(), Vec::<String>::new());
    (times, mock, gpu)
}

#[test]
fn bursts_of_steps_are_timed_stage_by_stage() {
    for transport in TRANSPORTS {
        for depth in [1, 2, 3, 8] {
            let (times, ..) = timed(transport, depth);
            let steps: Vec<u64> = times.iter().map(|times| times.step).collect();
            let wanted: Vec<u64> = (0..100).filter(|step| step % 20 < 4).collect();
            if transport == (Placement::Copied, Submission::Graph) {
                // The step that loads the kernel goes by streams.
                assert!(steps.len() <= 1, "{steps:?}");
                continue;
            }
            assert_eq!(steps, wanted, "{transport:?}");
            for times in &times {
                assert_eq!(times.burst, times.step / 20);
                let stages = Stage::ALL.map(|stage| times.stage(stage));
                let copied = transport.0 == Placement::Copied;
                assert_eq!(stages.map(|span| span.is_some()), [copied, true, copied]);
                let spans: Vec<_> = stages.into_iter().flatten().collect();
                assert!(spans.iter().all(|span| span.start_ns < span.end_ns), "{spans:?}");
                assert!(spans.windows(2).all(|pair| pair[0].end_ns <= pair[1].start_ns));
                assert!((1..=depth as u64).contains(&times.queue_depth));
            }
        }
    }
}

#[test]
fn single_steps_among_batches_are_timed_in_bursts_of_their_own() {
    let (mock, gpu) = device(1);
    mock.cost("kernel", Duration::from_micros(20));
    let options =
        PipelineOptions { batch: 4, ..options(3, (Placement::Mapped, Submission::Graph)) };
    let mut pipeline = pipeline(&gpu, options);
    let timing = TimingOptions { every: 64, burst: 16, keep: 1000 };
    pipeline.set_timing(Some(timing)).unwrap();
    let mut submitted = 0;
    for _ in 0..200 {
        pipeline.submit(&config(submitted)).unwrap();
        let batch: Vec<Config> = (submitted + 1..submitted + 5).map(config).collect();
        pipeline.submit_batch(&batch).unwrap();
        submitted += 5;
        while pipeline.pending() > 6 {
            pipeline.next().unwrap();
        }
    }
    pipeline.drain().unwrap();
    let timeline = pipeline.timeline().unwrap();
    // Steps that are alone, and the batch that loads the kernel.
    assert!(timeline.steps().len() > 40);
    for times in timeline.steps() {
        assert!(times.step % 5 == 0 || times.step < 5, "{times:?}");
        assert_eq!(times.burst, times.step / 64, "{times:?}");
    }
    let sum = timeline.utilisation().unwrap();
    assert!(sum.step_ns < 2.0 * sum.bound_ns, "what was not timed counts for nothing: {sum:?}");
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_graph_that_is_refused_begins_no_burst() {
    let (mock, gpu) = device(1);
    let mut pipeline = pipeline(&gpu, options(3, (Placement::Mapped, Submission::Graph)));
    pipeline.set_timing(Some(TIMING)).unwrap();
    mock.fail("graph_launch", 19, 1); // step 20, since step 0 loads the kernel
    calls(&mock, &mut pipeline, 0..100);
    pipeline.drain().unwrap();
    assert_eq!(pipeline.stats().submission, Submission::Streams);
    let steps = pipeline.timeline().unwrap().steps();
    let bursts: Vec<(u64, u64)> = steps.map(|times| (times.step, times.burst)).collect();
    let wanted: Vec<(u64, u64)> =
        (0..100).filter(|step| step % 20 < 4).map(|step| (step, step / 20)).collect();
    assert_eq!(bursts, wanted);
}

#[test]
fn a_timed_pipeline_says_how_well_it_is_used() {
    let (mock, gpu) = device(5);
    let mut pipeline = pipeline(&gpu, options(3, (Placement::Copied, Submission::Streams)));
    assert!(pipeline.timeline().is_none());
    pipeline.set_timing(Some(TIMING)).unwrap();
    assert_eq!(pipeline.timeline().unwrap().utilisation(), None);
    calls(&mock, &mut pipeline, 0..50);
    let timeline = pipeline.timeline().unwrap();
    let sum = timeline.utilisation().unwrap();
    assert!(sum.steps >= 8 && sum.step_ns > 0.0 && sum.bound_ns > 0.0, "{sum:?}");
    assert!(Stage::ALL.iter().all(|&stage| (0.0..=1.0).contains(&sum.busy(stage))), "{sum:?}");
    assert!((0.0..=1.0).contains(&sum.efficiency()));
    assert!(timeline.chrome_trace().contains("\"name\":\"step 20\""));
    assert!(timeline.svg(4).contains("step 43, kernel"));
    pipeline.drain().unwrap();
    pipeline.set_timing(None).unwrap();
    assert!(pipeline.timeline().is_none());
}

#[test]
fn timing_makes_its_events_beforehand_and_gives_them_back() {
    for transport in TRANSPORTS {
        let (mock, gpu) = device(7);
        let mut pipeline = pipeline(&gpu, options(3, transport));
        calls(&mock, &mut pipeline, 0..10);
        pipeline.drain().unwrap();
        let untimed = mock.live();
        pipeline.set_timing(Some(TIMING)).unwrap();
        let before = gpu.memory_use();
        for step in 10..200 {
            pipeline.step(&config(step)).unwrap();
        }
        assert_eq!(gpu.memory_use(), before, "{transport:?}: a step made something");
        pipeline.drain().unwrap();
        pipeline.set_timing(None).unwrap();
        assert_eq!(mock.live(), untimed);
    }
}

#[test]
fn steps_go_on_when_they_can_no_longer_be_timed() {
    for (call, after) in [("event_elapsed", 3), ("event_record", 5)] {
        let (mock, gpu) = device(9);
        let mut pipeline = pipeline(&gpu, options(3, (Placement::Mapped, Submission::Streams)));
        pipeline.set_timing(Some(TIMING)).unwrap();
        if call == "event_record" {
            // Anchor, begin, end and done of a step: the fifth record is the begin of the second.
            pipeline.step(&config(0)).unwrap();
            mock.fail(call, 0, 400);
            calls(&mock, &mut pipeline, 1..30);
        } else {
            mock.fail(call, after, 400);
            calls(&mock, &mut pipeline, 0..30);
        }
        assert!(pipeline.timeline().unwrap().steps().len() < 4, "{call}");
        assert_eq!(pipeline.drain().unwrap().len(), 2);
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn timing_begins_between_steps_and_anew_after_a_reset() {
    let (mock, gpu) = device(13);
    let mut pipeline = pipeline(&gpu, options(3, (Placement::Mapped, Submission::Streams)));
    pipeline.step(&config(0)).unwrap();
    assert_eq!(pipeline.set_timing(Some(TIMING)), Err(GpuError::Busy { in_flight: 1 }));
    pipeline.drain().unwrap();
    for (burst, keep) in [(0, 9), (4, 0), (MAX_BURST + 1, 9), (u64::MAX, 9), (4, usize::MAX)] {
        let timing = Some(TimingOptions { burst, keep, ..TIMING });
        assert!(matches!(pipeline.set_timing(timing), Err(GpuError::InvalidOptions(_))));
    }
    assert_eq!(Timeline::new(usize::MAX, 2).steps().len(), 0, "it asks for no more than there is");
    pipeline.set_timing(Some(TIMING)).unwrap();
    for step in 1..8 {
        pipeline.step(&config(step)).unwrap();
    }
    pipeline.reset().unwrap();
    for step in 0..8 {
        pipeline.step(&config(step)).unwrap();
    }
    pipeline.drain().unwrap();
    let seen: Vec<(u64, u64)> =
        pipeline.timeline().unwrap().steps().map(|times| (times.burst, times.step)).collect();
    assert_eq!(seen, [(0, 1), (0, 2), (0, 3), (0, 4), (1, 0), (1, 1), (1, 2), (1, 3)]);
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_pipeline_that_chooses_its_transport_can_be_timed() {
    let (mock, gpu) = device(17);
    let mut pipeline = unbound(&gpu, PipelineOptions::default());
    pipeline.bind(kernel(&gpu)).unwrap();
    pipeline.set_timing(Some(TIMING)).unwrap();
    calls(&mock, &mut pipeline, 0..200);
    pipeline.drain().unwrap();
    let steps: Vec<StepTimes> = pipeline.timeline().unwrap().steps().copied().collect();
    // The steps that were measured for the choice are not among them.
    assert!(steps.len() >= 20, "{}", steps.len());
    assert!(steps.windows(2).all(|pair| pair[0].step < pair[1].step));
    assert!(steps.iter().all(|times| times.stage(Stage::Kernel).is_some()));
    assert_eq!(mock.violations(), Vec::<String>::new());
}
