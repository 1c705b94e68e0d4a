//! Batches, graphs and the automatic choice on a real device.

use std::sync::atomic::{AtomicBool, Ordering};

use prism_stream::kernels::{EchoKernel, EchoOptions, echo_checksum, echo_word};
use prism_stream::{
    GpuContext, GpuError, KernelCache, PipelineOptions, Placement, StepKernel, StepLaunch,
    Submission,
};

use crate::{
    Config, TRANSPORTS, Telemetry, bound, check, config, device, many_steps, options, pipeline,
    run_batches,
};

#[test]
fn gpu_batches_give_the_same_telemetry_in_every_transport() {
    let Some((gpu, _alone)) = device() else { return };
    let steps = many_steps();
    for transport in TRANSPORTS {
        for (depth, batch) in [(2, 1), (5, 1), (8, 1), (2, 5), (3, 8)] {
            let options = PipelineOptions { batch, ..options(depth, transport) };
            let mut pipeline = pipeline(&gpu, options, EchoOptions::default());
            let ended = run_batches(&mut pipeline, steps, &format!("{options:?}"));
            assert_eq!(ended, transport.1, "no graph was refused");
        }
    }
}

#[test]
fn gpu_the_first_steps_choose_and_no_result_depends_on_it() {
    let Some((gpu, _alone)) = device() else { return };
    let steps = many_steps();
    for spin_us in [0, 5, 50] {
        let echo = EchoOptions { spin_ns: spin_us * 1000, ..EchoOptions::default() };
        let mut singly = pipeline(&gpu, PipelineOptions::default(), echo);
        for step in 0..steps {
            if let Some(done) = singly.step(&config(step)).unwrap() {
                let at = done.step;
                check(&done, at, "chosen, one by one");
            }
        }
        let eight = PipelineOptions { depth: 8, ..PipelineOptions::default() };
        let mut batched = pipeline(&gpu, eight, echo);
        run_batches(&mut batched, steps, "chosen, a batch at a time");
        let eights = PipelineOptions { batch: 8, ..PipelineOptions::default() };
        let mut overlapped = pipeline(&gpu, eights, echo);
        run_batches(&mut overlapped, steps, "chosen, three batches at a time");
        for chosen in [&singly, &batched, &overlapped] {
            println!("kernel {spin_us} us: {:?}, {:?}", chosen.stats(), chosen.measured());
            assert!(chosen.stats().choices > 0, "it was measured");
            assert_ne!(chosen.stats().submission, Submission::Sync);
        }
    }
}

#[test]
fn gpu_a_kernel_that_changes_is_chosen_for_again_when_that_is_asked_for() {
    let Some((gpu, _alone)) = device() else { return };
    let cache = KernelCache::for_user();
    let kernel =
        |spin_ns| EchoKernel::new(&gpu, &cache, EchoOptions { spin_ns, ..Default::default() });
    let growing = Growing { short: kernel(0).unwrap(), long: kernel(300_000).unwrap() };
    let mut pipeline = bound(&gpu, PipelineOptions::default(), growing);
    for step in 0..2000 {
        if step == 1100 {
            println!("{:?}, {:?}", pipeline.stats(), pipeline.measured());
            assert_eq!(pipeline.stats().choices, 1);
            pipeline.retune();
        }
        let Some(done) = pipeline.step(&config(step)).unwrap() else { continue };
        let (at, counted) = (done.step, done.step % 1000); // each of the two counts its own
        assert_eq!(done[0], echo_word(echo_checksum(&config(at)), counted as u32, 0), "step {at}");
    }
    println!("{:?}, {:?}", pipeline.stats(), pipeline.measured());
    assert_eq!(pipeline.stats().choices, 2);
}

/// A kernel whose steps take longer from step 1000 on.
struct Growing {
    short: EchoKernel<Config, Telemetry>,
    long: EchoKernel<Config, Telemetry>,
}

// SAFETY: as the echo's, which both are.
unsafe impl StepKernel<Config, Telemetry> for Growing {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        if step.step < 1000 { self.short.launch(step) } else { self.long.launch(step) }
    }
}

#[test]
fn gpu_a_kernel_whose_launches_differ_is_captured_anew() {
    let Some((gpu, _alone)) = device() else { return };
    for placement in [Placement::Copied, Placement::Mapped] {
        // A step that is never reached: enough for the launches not to be all alike.
        let echo = EchoOptions { long_at: Some(u64::MAX), ..EchoOptions::default() };
        let mut pipeline = pipeline(&gpu, options(8, (placement, Submission::Graph)), echo);
        run_batches(&mut pipeline, 64, "warm-up");
        let before = gpu.memory_use().allocations;
        pipeline.reset().unwrap();
        let batch: Vec<Config> = (64..72).map(config).collect();
        pipeline.submit_batch(&batch).unwrap();
        for step in 64..72 {
            let done = pipeline.next().unwrap().unwrap();
            check(&done, step, "after warm-up");
        }
        assert_eq!(pipeline.stats().submission, Submission::Graph);
        assert_eq!(gpu.memory_use().allocations, before, "updated, not instantiated again");
    }
}

/// An echo that asks for memory at each launch, which no capture takes: of the driver, or of a context.
struct Greedy(EchoKernel<Config, Telemetry>, Option<GpuContext>);

// SAFETY: as the echo's; what it allocates it frees, and nothing else sees it.
unsafe impl StepKernel<Config, Telemetry> for Greedy {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        if let Some(gpu) = &self.1 {
            drop(gpu.alloc(4096)?);
        } else {
            let at = step.driver().device_alloc(4096)?;
            // SAFETY: just allocated, never used.
            unsafe { step.driver().device_free(at) }?;
        }
        self.0.launch(step)
    }
}

#[test]
fn gpu_a_kernel_that_cannot_be_captured_goes_on_with_streams() {
    let Some((gpu, _alone)) = device() else { return };
    let (copied, mapped) = (Placement::Copied, Placement::Mapped);
    for (placement, of_context) in [(copied, false), (mapped, false), (copied, true)] {
        let echo = EchoKernel::new(&gpu, &KernelCache::for_user(), EchoOptions::default()).unwrap();
        let greedy = Greedy(echo, of_context.then(|| gpu.clone()));
        let mut pipeline = bound(&gpu, options(8, (placement, Submission::Graph)), greedy);
        let ended = run_batches(&mut pipeline, 64, &format!("{placement:?}"));
        assert_eq!(ended, Submission::Streams);
    }
}

#[test]
fn gpu_another_thread_that_allocates_does_not_spoil_a_capture() {
    let Some((gpu, _alone)) = device() else { return };
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                drop(gpu.alloc(4096).unwrap());
            }
        });
        let echo = EchoOptions { long_at: Some(u64::MAX), ..EchoOptions::default() };
        let transport = (Placement::Copied, Submission::Graph);
        let mut pipeline = pipeline(&gpu, options(8, transport), echo);
        let ended = run_batches(&mut pipeline, 400, "beside allocations");
        stop.store(true, Ordering::Relaxed);
        assert_eq!(ended, Submission::Graph);
    });
}
