//! What ends steps early: a word that any thread sets while they run, and that is cleared behind them.

use prism_stream::{
    AbortHandle, Function, GpuContext, GpuError, KernelArg, LaunchShape, Module, PipelineOptions,
    StepKernel, StepLaunch, Submission,
};

use crate::support::{STREAMS, TRANSPORTS, automatic, bound, device, options};

/// Answers 0 if it ran to its end and 1 if it was told to end early.
struct Patient(Function);

// SAFETY: the mock's kernel writes a telemetry and reads the word, and the function stays in `self`.
unsafe impl StepKernel<u32, u32> for Patient {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        let args = [KernelArg::pointer(&step.telemetry), KernelArg::pointer(&step.abort)];
        // SAFETY: as above.
        unsafe { step.launch(&self.0, &LaunchShape::linear(1, 1), &args) }
    }

    fn repeats(&self) -> bool {
        true
    }
}

type Pipeline = prism_stream::AsyncPipelineCoordinator<u32, u32>;

fn patient(
    seed: u64,
    options: PipelineOptions,
) -> (std::sync::Arc<prism_stream::mock::MockDriver>, GpuContext, Pipeline) {
    let (mock, gpu) = device(seed);
    mock.define("patient", |memory, args| {
        let at = |arg: &[u8]| u64::from_le_bytes(arg.try_into().unwrap());
        let word = memory.read(at(&args[1]), 4);
        memory.write(at(&args[0]), &word);
    });
    let function = Module::from_cubin(&gpu, "patient", b"").unwrap().function("patient").unwrap();
    let pipeline = bound(&gpu, options, Patient(function));
    (mock, gpu, pipeline)
}

/// Takes what is left, and answers whether each of them ended early.
fn rest(pipeline: &mut Pipeline) -> Vec<bool> {
    pipeline.drain().unwrap().iter().map(|record| record.telemetry != 0).collect()
}

#[test]
fn a_step_that_runs_is_ended_from_another_thread() {
    for transport in TRANSPORTS {
        let (mock, _, mut pipeline) = patient(1, options(3, transport));
        pipeline.submit(&0).unwrap();
        assert_eq!(rest(&mut pipeline), [false]);
        // These would run for ever.
        (1..4).for_each(|nth| mock.hang_launch_until(nth, 1));
        let handle = pipeline.abort_handle();
        let ended = std::thread::scope(|scope| {
            let asked = handle.clone();
            if transport.1 == Submission::Sync {
                asked.abort(); // a submission waits for its step
            } else {
                (0..3).for_each(|_| assert!(pipeline.submit(&0).is_ok()));
                scope.spawn(move || asked.abort()).join().unwrap();
                return rest(&mut pipeline);
            }
            (0..3).for_each(|_| assert!(pipeline.submit(&0).is_ok()));
            rest(&mut pipeline)
        });
        assert_eq!(ended, [true; 3], "{transport:?}");
        assert!(handle.is_aborted());
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn steps_end_early_until_the_word_is_cleared_behind_them() {
    for transport in TRANSPORTS {
        for seed in 0..20 {
            let (mock, _, mut pipeline) = patient(seed, options(3, transport));
            pipeline.abort_handle().abort(); // before there is anything on the device
            pipeline.submit(&0).unwrap();
            pipeline.submit(&0).unwrap();
            pipeline.clear_abort().unwrap();
            assert_eq!(pipeline.pending(), 2, "their telemetry is kept");
            pipeline.submit(&0).unwrap();
            assert_eq!(rest(&mut pipeline), [true, true, false], "{transport:?}");
            pipeline.abort_handle().abort();
            pipeline.submit(&0).unwrap();
            pipeline.reset().unwrap();
            pipeline.submit(&0).unwrap();
            assert_eq!(rest(&mut pipeline), [false], "a reset is a new beginning");
            assert_eq!(mock.violations(), Vec::<String>::new());
        }
    }
}

#[test]
fn an_abort_that_a_foreign_kernel_does_not_heed_is_not_cleared_under_it() {
    let (mock, _, mut pipeline) = patient(3, options(3, STREAMS));
    mock.hang_launch(0);
    pipeline.submit(&0).unwrap();
    pipeline.abort_handle().abort();
    let late = pipeline.clear_abort();
    assert!(matches!(late, Err(GpuError::StepTimeout { step: 0, .. })), "{late:?}");
    assert!(pipeline.abort_handle().is_aborted());
    mock.release();
    pipeline.clear_abort().unwrap();
    assert!(!pipeline.abort_handle().is_aborted());
}

#[test]
fn a_dropped_pipeline_ends_its_steps_and_a_handle_may_outlive_all() {
    let (mock, gpu, mut pipeline) = patient(4, options(3, STREAMS));
    (0..3).for_each(|nth| mock.hang_launch_until(nth, 1));
    (0..3).for_each(|_| assert!(pipeline.submit(&0).is_ok()));
    let handle = pipeline.abort_handle();
    drop(pipeline);
    gpu.synchronize().unwrap();
    assert_eq!(gpu.parked(), 0);
    drop(gpu);
    assert_eq!(mock.live().2, 1, "the word");
    handle.abort();
    drop(handle);
    assert_eq!(mock.live(), (0, 0, 0, 0));
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn steps_that_ended_early_are_no_measure_of_those_that_do_not() {
    let (mock, _, mut pipeline) = patient(5, automatic(3));
    let handle = pipeline.abort_handle();
    handle.abort();
    for _ in 0..50 {
        pipeline.step(&0).unwrap();
    }
    assert_eq!((pipeline.measured(), pipeline.stats().choices), (None, 0));
    pipeline.clear_abort().unwrap();
    for _ in 0..50 {
        pipeline.step(&0).unwrap();
    }
    assert_eq!(pipeline.stats().choices, 1);
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_late_step_can_be_ended_and_the_pipeline_goes_on() {
    let (mock, _, mut pipeline) = patient(6, options(3, STREAMS));
    mock.hang_launch_until(1, 1);
    for step in 0..3 {
        pipeline.submit(&step).unwrap();
    }
    assert_eq!(pipeline.next().unwrap().map(|done| *done), Some(0));
    let late = pipeline.next().map(|_| ());
    assert!(matches!(late, Err(GpuError::StepTimeout { step: 1, .. })), "{late:?}");
    pipeline.abort_handle().abort();
    assert_eq!(rest(&mut pipeline), [true, true], "the one that hung, and the one behind it");
    pipeline.clear_abort().unwrap();
    pipeline.submit(&3).unwrap();
    assert_eq!(rest(&mut pipeline), [false]);
    assert_eq!(mock.violations(), Vec::<String>::new());
}

const _: fn() = || {
    fn is_shared_by_threads<S: Send + Sync + Clone>() {}
    is_shared_by_threads::<AbortHandle>();
};
