//! Large configs that several threads write.
#![allow(unsafe_code)]

use std::sync::Arc;

use prism_stream::mock::MockDriver;
use prism_stream::{
    AsyncPipelineCoordinator, Function, GpuContext, GpuError, KernelArg, LaunchShape, MAX_WRITERS,
    Module, PipelineOptions, PoolOptions, StepKernel, StepLaunch, StreamPool,
};

use crate::support::{Config, TRANSPORTS, Telemetry, bound, options};

/// Half a megabyte.
type Large = [[u32; 4096]; 32];
type LargePipeline = AsyncPipelineCoordinator<Large, [u32; 1]>;

/// Answers with a checksum of all words, each of which counts by its place.
struct Checksum(Function);

// SAFETY: the mock kernel below reads a `Large` and writes one word.
unsafe impl StepKernel<Large, [u32; 1]> for Checksum {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        let args = [KernelArg::pointer(&step.config), KernelArg::pointer(&step.telemetry)];
        // SAFETY: these are the arguments of the mock kernel below.
        unsafe { step.launch(&self.0, &LaunchShape::linear(1, 32), &args) }
    }

    fn repeats(&self) -> bool {
        true
    }
}

fn checksum(config: &Large) -> u32 {
    let words = config.as_flattened().iter().zip(1_u32..);
    words.fold(0, |sum, (word, at)| sum.wrapping_add(word.wrapping_mul(at)))
}

fn large(step: u32) -> Box<Large> {
    let mut config: Box<Large> = bytemuck::zeroed_box();
    for (at, word) in config.as_flattened_mut().iter_mut().enumerate() {
        *word = (step + 1).wrapping_mul(0x9e37_79b9) ^ at as u32;
    }
    config
}

fn pipeline(options: PipelineOptions) -> (Arc<MockDriver>, GpuContext, LargePipeline) {
    let mock = MockDriver::new(1);
    mock.define("checksum", |memory, args| {
        let at = |arg: &[u8]| u64::from_le_bytes(arg.try_into().unwrap());
        let bytes = memory.read(at(&args[0]), size_of::<Large>());
        let config = bytemuck::allocation::pod_collect_to_vec::<u8, u32>(&bytes);
        let mut boxed: Box<Large> = bytemuck::zeroed_box();
        boxed.as_flattened_mut().copy_from_slice(&config);
        memory.write(at(&args[1]), &checksum(&boxed).to_le_bytes());
    });
    let gpu = GpuContext::from_driver(mock.clone());
    let module = Module::from_cubin(&gpu, "checksum", b"image").unwrap();
    let kernel = Checksum(module.function("checksum").unwrap());
    let pipeline = bound(&gpu, options, kernel);
    (mock, gpu, pipeline)
}

#[test]
fn a_config_arrives_whole_whoever_writes_it() {
    for transport in TRANSPORTS {
        for writers in [None, Some(1), Some(3)] {
            let (mock, _gpu, mut pipeline) =
                pipeline(PipelineOptions { writers, ..options(3, transport) });
            for step in 0..12 {
                if let Some(done) = pipeline.step(&large(step)).unwrap() {
                    assert_eq!(done[0], checksum(&large(done.step as u32)), "{transport:?}");
                }
            }
            assert_eq!(pipeline.stats().writers, writers.unwrap_or(1));
            assert_eq!(pipeline.drain().unwrap().len(), 2);
            assert_eq!(mock.violations(), Vec::<String>::new());
        }
    }
}

#[test]
fn a_small_config_has_one_writer_and_a_number_that_cannot_be_is_refused() {
    let (_mock, gpu) = crate::support::device(1);
    let make = |writers| {
        let pool = StreamPool::new(gpu.clone(), PoolOptions::default());
        let options = PipelineOptions { writers: Some(writers), ..PipelineOptions::default() };
        AsyncPipelineCoordinator::<Config, Telemetry>::new(pool, options)
    };
    for writers in [0, MAX_WRITERS + 1] {
        assert!(matches!(make(writers), Err(GpuError::InvalidOptions(_))), "{writers}");
    }
    assert_eq!(make(MAX_WRITERS).unwrap().stats().writers, 1);
}
