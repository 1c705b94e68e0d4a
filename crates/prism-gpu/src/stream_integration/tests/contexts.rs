//! Several contexts on one device: each has its pipeline, and all share streams and kernels.

use prism_stream::StreamPriority;

use super::*;

#[test]
fn going_from_one_context_to_another_waits_for_nothing() {
    let (driver, gpu) = mock(11);
    let mut contexts = [pinned(&gpu), pinned(&gpu)];
    for context in &mut contexts {
        context.triple_buffered_step(config(0)).unwrap();
        context.drain().unwrap();
        context.reset_pipeline();
    }
    let _ = driver.take_calls();
    let mut answers = [Vec::new(), Vec::new()];
    for iteration in 0..20 {
        for (context, answers) in contexts.iter_mut().zip(&mut answers) {
            // Two steps here, then two there, with up to two in flight at each of them all the time.
            for iteration in [2 * iteration, 2 * iteration + 1] {
                let answer = context.triple_buffered_step(config(iteration)).unwrap();
                answers.push(answer.iteration);
                assert!(context.pipeline_mut().pending() >= 1);
            }
        }
    }
    let waits = driver.take_calls().iter().filter(|call| call.name.contains("synchronize")).count();
    assert_eq!(waits, 0);
    let lagging: Vec<u64> = [0, 0].into_iter().chain(0..38).collect();
    assert_eq!(answers, [lagging.clone(), lagging]);
    for context in &mut contexts {
        let left: Vec<u64> = context.drain().unwrap().iter().map(|last| last.step).collect();
        assert_eq!(left, [38, 39]);
    }
    assert_eq!(driver.violations(), Vec::<String>::new());
}

#[test]
fn contexts_share_the_streams_the_kernels_and_the_fate_of_their_device() {
    let (driver, gpu) = mock(12);
    let mut first = pinned(&gpu);
    first.triple_buffered_step(config(0)).unwrap();
    first.drain().unwrap();
    assert_eq!(gpu.pool().len(), 3);
    let mut second = pinned(&gpu);
    second.triple_buffered_step(config(0)).unwrap();
    assert_eq!(gpu.pool().len(), 6, "they overlap");
    assert_eq!(first.stream_pool().unwrap().len(), 6);
    let loads = driver.take_calls().iter().filter(|call| call.name == "module_load").count();
    assert_eq!(loads, 1, "both have the probe");
    drop(first);
    let mut third = pinned(&gpu);
    third.triple_buffered_step(config(0)).unwrap();
    assert_eq!(gpu.pool().len(), 6, "the streams of the one that is gone");
    let kernels = |pool: &StreamPool| pool.usage(StreamPurpose::KernelExecution);
    assert_eq!(kernels(&gpu.pool()).created, 2);
    driver.fault_launch(3, 719);
    let step = second.triple_buffered_step(config(1)).map(drop);
    step.and_then(|()| second.drain().map(drop)).unwrap_err();
    let lost = third.triple_buffered_step(config(1)).unwrap_err();
    assert!(matches!(lost, GpuError::Poisoned { .. }), "{lost}");
}

#[test]
fn a_context_of_a_higher_priority_leaves_the_others_as_they_are() {
    let (driver, gpu) = mock(13);
    let mut contexts = [pinned(&gpu), pinned(&gpu)];
    let step = |contexts: &mut [ManagedGpuContext; 2], iteration| {
        for context in contexts {
            context.triple_buffered_step(config(iteration)).unwrap();
        }
    };
    let levels = || {
        let calls = driver.take_calls();
        let launches = calls.iter().filter(|call| call.name == "launch");
        let raw = |call: &prism_stream::mock::Call| prism_stream::driver::RawStream(call.stream);
        launches.map(|call| driver.level(raw(call)).unwrap()).collect::<Vec<i32>>()
    };
    step(&mut contexts, 0);
    assert_eq!(levels(), [0, 0]);
    contexts[1].pipeline_mut().set_priority(Some(StreamPriority::High));
    step(&mut contexts, 1);
    assert_eq!(levels(), [0, -5]);
    // What the pool has for all is not for one that has its own.
    gpu.pool().set_priority(StreamPurpose::KernelExecution, StreamPriority::Level(-2));
    step(&mut contexts, 2);
    assert_eq!(levels(), [-2, -5]);
    contexts[1].pipeline_mut().set_priority(None);
    step(&mut contexts, 3);
    assert_eq!(levels(), [-2, -2]);
    for context in &mut contexts {
        let left: Vec<u64> = context.drain().unwrap().iter().map(|last| last.step).collect();
        assert_eq!(left, [2, 3]);
    }
    assert_eq!(driver.violations(), Vec::<String>::new());
}
