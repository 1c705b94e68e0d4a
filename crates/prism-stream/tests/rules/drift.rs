//! What becomes of a choice once it is made: a few submissions are sampled, and when they say that the
//! kernel is another one the choice is made again.

use std::sync::Arc;
use std::time::Duration;

use prism_stream::mock::{Call, MockDriver};
use prism_stream::{GpuError, PipelineOptions, Placement, Submission};

use crate::choice::{MAPPED, US, run, run_at_leisure, run_batches, slow_host, way};
use crate::support::{
    Pipeline, STREAMS, Summing, automatic, config, device, expected, kernel, pipeline, unbound,
};

#[test]
fn a_kernel_that_changes_is_noticed_and_the_choice_made_again() {
    for seed in 0..10 {
        let (mock, gpu) = device(seed);
        slow_host(&mock, 1);
        let mut pipeline = pipeline(&gpu, automatic(3));
        run(&mut pipeline, 0, 100);
        assert_eq!(way(&pipeline), MAPPED);
        slow_host(&mock, 300);
        run(&mut pipeline, 100, 1000);
        assert_eq!(pipeline.stats().choices, 2, "{:?}", pipeline.stats());
        let kernel = pipeline.measured().unwrap().copied.unwrap().kernel;
        assert!(kernel >= 295.0, "{kernel}");
        slow_host(&mock, 1);
        run(&mut pipeline, 1000, 2000);
        assert_eq!(pipeline.stats().choices, 3);
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_choice_that_a_late_step_held_up_is_carried_out_once_that_has_come_back() {
    /// A pipeline that copies since mapped memory seemed slow, its kernel now so long that it would do.
    fn lengthened() -> (Arc<MockDriver>, Pipeline) {
        let (mock, gpu) = device(3);
        slow_host(&mock, 1);
        let mut pipeline = pipeline(&gpu, automatic(3));
        run(&mut pipeline, 0, 6);
        slow_host(&mock, 20);
        run(&mut pipeline, 6, 20);
        slow_host(&mock, 1);
        assert_eq!((way(&pipeline).0, pipeline.stats().choices), (Placement::Copied, 1));
        run(&mut pipeline, 20, 100);
        slow_host(&mock, 500);
        (mock, pipeline)
    }
    let launches =
        |mock: &MockDriver| mock.take_calls().iter().filter(|call| call.name == "launch").count();
    let (mock, mut pipeline) = lengthened();
    let (mut step, mut launched) = (100, launches(&mock));
    while pipeline.stats().choices == 1 {
        launched += launches(&mock);
        run(&mut pipeline, step, step + 1);
        step += 1;
    }
    assert_eq!(way(&pipeline).0, Placement::Mapped);
    // Once more, and what was launched just before the choice is late.
    let (mock, mut pipeline) = lengthened();
    mock.hang_launch(launched as u64 - 1);
    run(&mut pipeline, 100, step - 1);
    let late = pipeline.submit(&config(step - 1)).expect_err("it hangs");
    assert!(matches!(late, GpuError::StepTimeout { .. }), "{late}");
    assert_eq!((way(&pipeline).0, pipeline.stats().choices), (Placement::Copied, 1));
    mock.release();
    pipeline.submit(&config(step - 1)).unwrap();
    assert_eq!((way(&pipeline).0, pipeline.stats().choices), (Placement::Mapped, 2));
    for done in pipeline.drain().unwrap() {
        assert_eq!(done.telemetry, expected(&config(done.step), done.step));
    }
    assert_eq!(mock.violations(), Vec::<String>::new());
}

/// How many calls of a name there are before the first place where `what` follow one another.
fn count_before(calls: &[Call], name: &str, what: [&str; 2]) -> u64 {
    let here = |pair: &[Call]| [pair[0].name, pair[1].name] == what;
    let at = calls.windows(2).position(here).expect("a sample");
    calls[..at].iter().filter(|call| call.name == name).count() as u64
}

#[test]
fn a_sample_that_cannot_be_timed_ends_no_graph() {
    let batches = |fault: Option<u64>| {
        let (mock, gpu) = device(2);
        slow_host(&mock, 1);
        mock.cost("kernel", Duration::from_nanos(100));
        let mut pipeline = pipeline(&gpu, automatic(8));
        run_batches(&mut pipeline, 0, 80, 8);
        let _ = mock.take_calls();
        fault.into_iter().for_each(|after| mock.fail("event_record", after, 1));
        run_batches(&mut pipeline, 80, 80 + 8 * 200, 8);
        assert_eq!(pipeline.stats().submission, Submission::Graph, "{:?}", pipeline.stats());
        assert_eq!(mock.violations(), Vec::<String>::new());
        mock.take_calls()
    };
    let samples = |calls: &[Call]| calls.iter().filter(|call| call.name == "event_elapsed").count();
    let untouched = batches(None);
    let begin = count_before(&untouched, "event_record", ["event_record", "graph_launch"]);
    for fault in [begin, begin + 1] {
        let calls = batches(Some(fault));
        assert!((1..=samples(&untouched)).contains(&samples(&calls)), "it goes on to be watched");
    }
}

#[test]
fn the_copies_of_a_graph_are_no_drift_of_its_kernel() {
    let (mock, gpu) = device(6);
    slow_host(&mock, 1);
    mock.cost("copy", US * 50);
    let graphs = PipelineOptions { submission: Some(Submission::Graph), ..automatic(8) };
    let mut pipeline = pipeline(&gpu, graphs);
    run_batches(&mut pipeline, 0, 8 * 400, 8);
    assert_eq!(way(&pipeline), (Placement::Copied, Submission::Graph));
    assert_eq!(pipeline.stats().choices, 1);
    let kernel = pipeline.measured().unwrap().copied.unwrap().kernel;
    assert!(kernel < 2.0, "{kernel}");
    // One that outlasts them is.
    slow_host(&mock, 1000);
    run_batches(&mut pipeline, 8 * 400, 8 * 800, 8);
    assert_eq!(pipeline.stats().choices, 2);
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_sampled_step_that_failed_is_no_sample() {
    let steps = |fault: Option<u64>| {
        let (mock, gpu) = device(4);
        slow_host(&mock, 1);
        let mut pipeline = unbound(&gpu, automatic(3));
        pipeline.bind(Summing { repeats: false, ..kernel(&gpu) }).unwrap();
        run(&mut pipeline, 0, 40);
        let _ = mock.take_calls();
        fault.into_iter().for_each(|after| mock.fail("launch", after, 1));
        for at in 40..400 {
            let failed = pipeline.step(&config(at)).is_err();
            assert!(!failed || fault.is_some());
        }
        pipeline.drain().unwrap();
        assert_eq!(mock.violations(), Vec::<String>::new());
        mock.take_calls()
    };
    let calls = steps(None);
    let calls = steps(Some(count_before(&calls, "launch", ["event_record", "launch"])));
    let read: Vec<u64> =
        calls.iter().filter(|call| call.name == "event_elapsed").map(|call| call.object).collect();
    let begun = calls.iter().filter(|call| call.name == "event_record" && call.object == read[0]);
    assert_eq!(begun.count(), read.len() + 1, "the begin that failed was not read");
}

#[test]
fn a_kernel_that_shortens_makes_mapped_memory_worth_measuring() {
    let (mock, gpu) = device(3);
    slow_host(&mock, 100);
    let mut pipeline = pipeline(&gpu, automatic(3));
    run(&mut pipeline, 0, 100);
    assert_eq!(way(&pipeline), STREAMS);
    assert!(pipeline.measured().unwrap().mapped.is_none());
    slow_host(&mock, 1);
    run_at_leisure(&mock, &mut pipeline, 100, 1000);
    assert_eq!(way(&pipeline), MAPPED);
    assert!(pipeline.measured().unwrap().mapped.is_some());
    assert_eq!(mock.violations(), Vec::<String>::new());
}
