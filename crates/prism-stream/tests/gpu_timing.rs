//! Timed steps on a real device: the times are those of the kernel, and the picture can be looked at.
//! Without a device this says so and passes; with `PRISM_REQUIRE_GPU=1` it fails. With `PRISM_OUT` set
//! to a folder it leaves a trace and a picture there for each transport.
#![cfg(feature = "cuda")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "support/needs.rs"]
mod needs;
#[path = "support/pipelines.rs"]
mod pipelines;

use pipelines::{bound, pinned};
use prism_stream::kernels::{EchoKernel, EchoOptions};
use prism_stream::{KernelCache, PipelineOptions, Placement, Stage, Submission, TimingOptions};

/// How long the kernels spin.
const SPIN_US: u64 = 50;

#[test]
fn gpu_timed_steps_show_their_kernels_and_their_order() {
    let Some(gpu) = needs::gpu() else { return };
    for (placement, submission) in [
        (Placement::Copied, Submission::Sync),
        (Placement::Copied, Submission::Streams),
        (Placement::Mapped, Submission::Streams),
        (Placement::Mapped, Submission::Graph),
    ] {
        let echo = EchoOptions { spin_ns: SPIN_US * 1000, ..EchoOptions::default() };
        let echo = EchoKernel::new(&gpu, &KernelCache::for_user(), echo).unwrap();
        let options = pinned((placement, submission), PipelineOptions::default());
        let mut pipeline = bound::<[u32; 4096], [u32; 4096]>(&gpu, options, echo);
        pipeline.set_timing(Some(TimingOptions { every: 100, burst: 32, keep: 320 })).unwrap();
        for step in 0..1000 {
            pipeline.step(&[step; 4096]).unwrap();
        }
        pipeline.drain().unwrap();

        let timeline = pipeline.timeline().unwrap();
        assert_eq!(timeline.steps().len(), 320);
        for times in timeline.steps() {
            let kernel = times.stage(Stage::Kernel).unwrap();
            // An event can be off by half a microsecond or so.
            assert!(kernel.ns() + 2_000 >= SPIN_US * 1000, "{times:?}");
            if let (Some(up), Some(down)) =
                (times.stage(Stage::Upload), times.stage(Stage::Download))
            {
                assert!(
                    up.start_ns <= kernel.end_ns && kernel.start_ns <= down.end_ns,
                    "{times:?}"
                );
            }
        }
        let sum = timeline.utilisation().unwrap();
        println!(
            "{placement:?} {submission:?}: {:.1} us a step, bound {:.1}, efficiency {:.2}, overlap {:.2}, depth {:.1}",
            sum.step_ns / 1e3,
            sum.bound_ns / 1e3,
            sum.efficiency(),
            sum.overlap(),
            sum.queue_depth
        );
        if let Ok(folder) = std::env::var("PRISM_OUT") {
            let kind = format!("{placement:?}-{submission:?}").to_lowercase();
            let name = format!("{folder}/timeline-{kind}");
            std::fs::write(format!("{name}.json"), timeline.chrome_trace()).unwrap();
            std::fs::write(format!("{name}.svg"), timeline.svg(24)).unwrap();
        }
    }
}
