//! A choice that is made again, because somebody asks for it and for no other reason.

use crate::choice::{MAPPED, run, slow_host, way};
use crate::support::{STREAMS, automatic, device, options, pipeline};

#[test]
fn a_choice_stands_until_another_is_asked_for() {
    for seed in 0..10 {
        let (mock, gpu) = device(seed);
        slow_host(&mock, 1);
        let mut pipeline = pipeline(&gpu, automatic(3));
        run(&mut pipeline, 0, 100);
        assert_eq!(way(&pipeline), MAPPED);
        slow_host(&mock, 300);
        run(&mut pipeline, 100, 500);
        assert_eq!((way(&pipeline), pipeline.stats().choices), (MAPPED, 1));
        // With steps in flight, and some to be taken.
        assert_eq!(pipeline.pending(), 2);
        pipeline.retune();
        assert!(pipeline.measured().is_none());
        run(&mut pipeline, 500, 600);
        assert_eq!((way(&pipeline), pipeline.stats().choices), (STREAMS, 2));
        let kernel = pipeline.measured().unwrap().copied.unwrap().kernel;
        assert!(kernel >= 295.0, "{kernel}");
        slow_host(&mock, 1);
        pipeline.retune();
        run(&mut pipeline, 600, 700);
        assert_eq!((way(&pipeline), pipeline.stats().choices), (MAPPED, 3));
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn what_is_pinned_is_not_retuned_either() {
    let (mock, gpu) = device(1);
    let mut pipeline = pipeline(&gpu, options(3, STREAMS));
    run(&mut pipeline, 0, 10);
    pipeline.retune();
    run(&mut pipeline, 10, 100);
    assert_eq!((way(&pipeline), pipeline.stats().choices), (STREAMS, 0));
    assert!(!mock.take_calls().iter().any(|call| call.name == "event_elapsed"));
}
