//! Large configs that several threads write, on a real device: what it reads is what they wrote.

use prism_stream::kernels::{EchoKernel, EchoOptions, echo_checksum, echo_word};
use prism_stream::{KernelCache, PipelineOptions, Placement, Submission};

use crate::pipelines::bound;
use crate::{device, rounds};

/// Two megabytes.
type Large = [[u32; 4096]; 128];

/// Write-combined memory is written out late, by each processor on its own: a helper that did not wait
/// for that would show as a wrong checksum.
#[test]
fn gpu_large_configs_arrive_whole_whoever_writes_them() {
    let Some((gpu, _alone)) = device() else { return };
    let mut config: Box<Large> = bytemuck::zeroed_box();
    let ways =
        [(None, None), (Some(Placement::Copied), Some(4)), (Some(Placement::Mapped), Some(4))];
    for (placement, writers) in ways {
        let submission = placement.map(|_| Submission::Streams);
        let options = PipelineOptions { placement, submission, writers, ..Default::default() };
        let echo = EchoKernel::new(&gpu, &KernelCache::for_user(), EchoOptions::default());
        let mut pipeline = bound::<Large, [u32; 4]>(&gpu, options, echo.unwrap());
        let mut sums = Vec::new();
        for step in 0..(20 * rounds()).min(200) {
            for (at, word) in config.as_flattened_mut().iter_mut().enumerate() {
                *word = (step as u32 + 1).wrapping_mul(0x9e37_79b9) ^ at as u32;
            }
            sums.push(echo_checksum(&*config));
            if let Some(done) = pipeline.step(&config).unwrap() {
                let right = echo_word(sums[done.step as usize], done.step as u32, 3);
                assert_eq!(done[3], right, "step {}, {options:?}", done.step);
            }
        }
        println!("{:?}, {:?}", pipeline.stats(), pipeline.measured());
        assert!(writers.is_none_or(|writers| pipeline.stats().writers == writers));
    }
}
