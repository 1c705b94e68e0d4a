//! Steps come back right whatever their stages last and whatever their slots held before; and the
//! disturbance that shows it on a GPU notices what it is to notice.

use prism_stream::mock::MockDriver;
use prism_stream::{
    GpuContext, Module, PipelineOptions, PoolOptions, StepKernel, StreamPool, StreamPurpose,
    Submission,
};
use proptest::prelude::*;

use crate::disturbed::{DisturbedKernel, Lost, PATTERN_WORD, disturbed};
use crate::support::{
    Config, TRANSPORTS, Telemetry, bound, config, device, expected, kernel, options,
};

/// The kernel that overwrites, on a mock.
fn disturb(mock: &MockDriver, gpu: &GpuContext) -> Module {
    mock.define("disturb", |memory, args| {
        let number = |at: usize| u64::from_le_bytes(args[at].as_slice().try_into().unwrap());
        if number(1) > 0 {
            memory.write(number(0), &args[2].repeat(number(1) as usize));
        }
    });
    Module::from_cubin(gpu, "disturb", b"image").unwrap()
}

/// A pipeline on a mock whose steps are disturbed, and what is wrong of so many steps in batches.
fn wrong_steps(
    seed: u64,
    (depth, batch): (usize, usize),
    transport: usize,
    lost: Lost,
    repeats: bool,
) -> (usize, Vec<String>) {
    let (mock, plain) = device(seed);
    let module = disturb(&mock, &plain);
    let (gpu, disturbance) = disturbed(&plain, &module, (seed, 1), lost);
    let options = PipelineOptions { batch, ..options(depth, TRANSPORTS[transport]) };
    let kernel = DisturbedKernel { kernel: kernel(&gpu), disturbance, repeats };
    let mut pipeline = bound(&gpu, options, kernel);
    let (mut submitted, mut taken, mut wrong) = (0, 0, 0);
    while taken < 24 {
        while pipeline.pending() as usize + batch <= options.slots() {
            let steps = submitted..submitted + batch as u64;
            let configs: Vec<Config> = steps.map(config).collect();
            submitted = pipeline.submit_batch(&configs).unwrap().end;
        }
        let done = pipeline.next().unwrap().unwrap();
        assert_eq!(done.step, taken);
        wrong += usize::from(*done != expected(&config(taken), taken));
        taken += 1;
    }
    pipeline.drain().unwrap();
    // With edges lost, the streams may still be at work.
    gpu.synchronize().unwrap();
    drop(pipeline);
    (wrong, mock.violations())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn disturbed_steps_come_back_right_in_every_transport(
        seed in any::<u64>(),
        depth in 1_usize..=8,
        batch in 1_usize..=8,
        transport in 0_usize..6,
        repeats in any::<bool>(),
    ) {
        let slots = (depth, batch);
        let (wrong, violations) = wrong_steps(seed, slots, transport, Lost::Nothing, repeats);
        prop_assert_eq!(wrong, 0);
        prop_assert_eq!(violations, Vec::<String>::new());
    }
}

#[test]
fn a_lost_wait_is_noticed_by_the_disturbance() {
    let copied = TRANSPORTS.iter().position(|of| of.1 == Submission::Streams).unwrap();
    let wrong: usize =
        (0..20).map(|seed| wrong_steps(seed, (1, 3), copied, Lost::Waits, true).0).sum();
    assert!(wrong > 0, "the order of the streams was left to chance in 480 steps");
}

#[test]
fn a_stream_that_somebody_holds_is_not_lent_again_behind_a_disturbance_either() {
    let (mock, plain) = device(1);
    let (gpu, _disturbance) = disturbed(&plain, &disturb(&mock, &plain), (1, 1), Lost::Nothing);
    let pool = StreamPool::new(gpu, PoolOptions::default());
    let lease = pool.lease(StreamPurpose::AuxCompute).unwrap();
    mock.share(lease.raw());
    drop(lease);
    assert!(pool.is_empty(), "the pool lets go of it");
}

/// A kernel that writes nothing.
struct Silent;

// SAFETY: it touches nothing.
unsafe impl StepKernel<Config, Telemetry> for Silent {
    fn launch(&mut self, _: &prism_stream::StepLaunch<'_>) -> Result<(), prism_stream::GpuError> {
        Ok(())
    }
}

#[test]
fn a_telemetry_that_was_not_written_is_the_pattern() {
    for transport in TRANSPORTS {
        let (mock, plain) = device(1);
        let module = disturb(&mock, &plain);
        let (gpu, disturbance) = disturbed(&plain, &module, (1, 1), Lost::Nothing);
        let kernel = DisturbedKernel { kernel: Silent, disturbance, repeats: false };
        let mut pipeline = bound(&gpu, options(3, transport), kernel);
        for step in 0..6 {
            pipeline.submit(&config(step)).unwrap();
            assert_eq!(**pipeline.next().unwrap().as_ref().unwrap(), [PATTERN_WORD; 16]);
        }
    }
}
