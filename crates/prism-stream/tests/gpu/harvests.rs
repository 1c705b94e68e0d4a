//! What steps leave is fetched while later ones run, and a step that would run on is ended, on a real device.

use std::time::Instant;

use prism_stream::{
    AsyncPipelineCoordinator, Function, GpuContext, GpuError, Harvest, KernelArg, KernelSource,
    LaunchShape, PipelineOptions, StepKernel, StepLaunch,
};

use crate::{TRANSPORTS, bound, device, many_steps, options};

/// Leaves so many words.
struct Leaving {
    function: Function,
    words: u32,
}

// SAFETY: the kernel reads a word of config and the abort word, writes a word of telemetry, and leaves as many
// words as it asks for.
unsafe impl StepKernel<u32, u32> for Leaving {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        let args = [
            KernelArg::pointer(&step.config),
            KernelArg::pointer(&step.telemetry),
            KernelArg::pointer(&step.harvest),
            KernelArg::pointer(&step.abort),
            KernelArg::new(&self.words),
        ];
        // SAFETY: these are the arguments of `leave`.
        unsafe { step.launch(&self.function, &LaunchShape::linear(1, 256), &args) }
    }

    fn repeats(&self) -> bool {
        true
    }

    fn harvest_bytes(&self) -> usize {
        4 * self.words as usize
    }
}

fn pipeline(
    gpu: &GpuContext,
    options: PipelineOptions,
    words: u32,
) -> AsyncPipelineCoordinator<u32, u32> {
    let source = KernelSource::new("leave.cu", include_str!("../support/leave.cu"));
    let function = gpu.module(&source).unwrap().function("leave").unwrap();
    bound(gpu, options, Leaving { function, words })
}

fn check(harvest: &Harvest, what: &str) {
    let words: &[u32] = bytemuck::cast_slice(harvest.wait().unwrap());
    let value = harvest.step() as u32;
    let wrong = (0..).zip(words).filter(|(at, word)| **word != value.wrapping_mul(97) ^ at).count();
    assert_eq!(wrong, 0, "words of step {value}, {what}");
}

#[test]
fn gpu_a_harvest_is_that_of_its_step_while_later_ones_run() {
    let Some((gpu, _alone)) = device() else { return };
    let steps = many_steps() / 10;
    let transports = TRANSPORTS.into_iter().map(|transport| options(3, transport));
    for options in transports.chain([PipelineOptions::default()]) {
        for words in [16, 100_000] {
            let mut pipeline = pipeline(&gpu, options, words);
            let what = format!("{options:?}, {words} words");
            let mut held: Vec<Harvest> = Vec::new();
            for step in 0..steps as u32 {
                let answered = pipeline.step(&step).unwrap().map(|done| done.step);
                // One that has come back, at times also the one that was just submitted.
                held.extend(answered.map(|step| pipeline.harvest(step).unwrap()));
                if step % 7 == 0 {
                    held.push(pipeline.harvest(step.into()).unwrap());
                }
                if held.len() > 5 {
                    held.drain(..4).for_each(|harvest| check(&harvest, &what));
                }
            }
            pipeline.drain().unwrap();
            held.iter().for_each(|harvest| check(harvest, &what));
        }
    }
}

#[test]
fn gpu_a_step_that_would_run_on_is_ended_from_another_thread() {
    let Some((gpu, _alone)) = device() else { return };
    for transport in TRANSPORTS {
        let mut pipeline = pipeline(&gpu, options(3, transport), 16);
        pipeline.submit(&1).unwrap();
        assert_eq!(pipeline.drain().unwrap().len(), 1);
        let handle = pipeline.abort_handle();
        let begun = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(20));
                handle.abort();
            });
            pipeline.submit(&u32::MAX).unwrap();
            assert_eq!(pipeline.drain().unwrap().len(), 1);
        });
        println!("{transport:?}: ended after {:?}", begun.elapsed());
        pipeline.clear_abort().unwrap();
        pipeline.submit(&2).unwrap();
        assert_eq!(pipeline.drain().unwrap()[0].telemetry, 2);
    }
}
