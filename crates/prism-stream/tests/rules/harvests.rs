//! What is fetched of a step while later ones run: it is that step's, whatever runs beside it.

use std::sync::Arc;

use prism_stream::mock::MockDriver;
use prism_stream::{
    Function, GpuContext, GpuError, Harvest, KernelArg, LaunchShape, Module, PipelineOptions,
    Placement, StepKernel, StepLaunch, StreamPurpose, Submission,
};
use proptest::prelude::*;

use crate::support::{STREAMS, TRANSPORTS, automatic, bound, device, options};

/// Words that a step leaves.
const WORDS: usize = 100;

/// Leaves words that belong to its config, and answers with the config.
struct Leaving(Function);

// SAFETY: the mock's kernel reads a word, writes one, and leaves `WORDS` where it asked for them.
unsafe impl StepKernel<u32, u32> for Leaving {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        let args = [
            KernelArg::pointer(&step.config),
            KernelArg::pointer(&step.telemetry),
            KernelArg::pointer(&step.harvest),
        ];
        // SAFETY: as above.
        unsafe { step.launch(&self.0, &LaunchShape::linear(1, 1), &args) }
    }

    fn repeats(&self) -> bool {
        true
    }

    fn harvest_bytes(&self) -> usize {
        4 * WORDS
    }
}

type Pipeline = prism_stream::AsyncPipelineCoordinator<u32, u32>;

fn left(config: u32) -> Vec<u8> {
    (0..WORDS as u32).flat_map(|at| (config.wrapping_mul(97) ^ at).to_le_bytes()).collect()
}

fn leaving(mock: &MockDriver, gpu: &GpuContext) -> Leaving {
    mock.define("leave", |memory, args| {
        let at = |arg: &[u8]| u64::from_le_bytes(arg.try_into().unwrap());
        let config = memory.read(at(&args[0]), 4);
        memory.write(at(&args[1]), &config);
        let config = u32::from_le_bytes(config.try_into().unwrap());
        memory.write(at(&args[2]), &left(config));
    });
    Leaving(Module::from_cubin(gpu, "leave", b"").unwrap().function("leave").unwrap())
}

fn pipeline(seed: u64, options: PipelineOptions) -> (Arc<MockDriver>, GpuContext, Pipeline) {
    let (mock, gpu) = device(seed);
    let pipeline = bound(&gpu, options, leaving(&mock, &gpu));
    (mock, gpu, pipeline)
}

fn check(harvest: &Harvest) {
    assert_eq!(harvest.wait().unwrap(), left(harvest.step() as u32), "step {}", harvest.step());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the schedule and the transport, whoever holds harvests for how long.
    #[test]
    fn a_harvest_is_that_of_its_step_whatever_runs_beside_it(
        seed in any::<u64>(),
        depth in 1_usize..=8,
        transport in 0_usize..7,
        moves in proptest::collection::vec((0_u8..10, 0_u64..10), 1..200),
    ) {
        let options = match TRANSPORTS.get(transport) {
            Some(transport) => options(depth, *transport),
            None => automatic(depth),
        };
        let (mock, gpu, mut pipeline) = pipeline(seed, options);
        let mut held = Vec::new();
        let mut submitted = 0;
        for (what, which) in moves {
            match what {
                0..4 => {
                    if pipeline.pending() == depth as u64 {
                        assert!(pipeline.next().unwrap().is_some());
                    }
                    prop_assert_eq!(pipeline.submit(&(submitted as u32)).unwrap(), submitted);
                    submitted += 1;
                }
                4 => assert!(pipeline.try_next().is_ok()),
                5..8 => match pipeline.harvest(which.min(submitted) + submitted.saturating_sub(9)) {
                    Ok(harvest) => {
                        prop_assert!(harvest.step() + depth as u64 >= submitted);
                        held.push(harvest);
                    }
                    Err(GpuError::NoHarvest { step, .. }) => {
                        prop_assert!(step >= submitted || step + (depth as u64) < submitted);
                    }
                    Err(error) => return Err(TestCaseError::fail(error.to_string())),
                },
                8 if !held.is_empty() => {
                    let harvest = held.swap_remove(which as usize % held.len());
                    if let Some(bytes) = harvest.try_get().unwrap() {
                        prop_assert_eq!(bytes, left(harvest.step() as u32));
                    }
                }
                _ if !held.is_empty() => check(&held.swap_remove(which as usize % held.len())),
                _ => {}
            }
        }
        drop(pipeline);
        held.iter().for_each(check);
        drop((held, gpu));
        prop_assert_eq!(mock.live(), (0, 0, 0, 0));
        prop_assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_harvest_waits_on_the_device_for_its_step_and_holds_back_only_the_next_user_of_its_room() {
    let (mock, _, mut pipeline) = pipeline(1, options(3, STREAMS));
    mock.hang_launch(0);
    let mut step = || pipeline.submit(&0).map(drop);
    (0..3).for_each(|_| step().unwrap());
    let _ = mock.take_calls();
    let harvest = pipeline.harvest(0).unwrap();
    let names = |mock: &MockDriver| -> Vec<&str> {
        let calls = mock.take_calls();
        calls.iter().map(|call| call.name).filter(|name| !name.ends_with("range")).collect()
    };
    assert_eq!(
        names(&mock),
        [
            "stream_create",
            "stream_wait",
            "host_alloc",
            "event_create",
            "copy_to_host",
            "event_record"
        ]
    );
    assert_eq!(harvest.try_get().unwrap(), None);
    mock.release();
    (0..2).for_each(|_| assert!(pipeline.next().unwrap().is_some()));
    let held = || mock.take_calls().iter().filter(|call| call.name == "stream_wait").count();
    held();
    pipeline.submit(&3).unwrap();
    let waits = held();
    assert!((2..=3).contains(&waits), "two edges, and the harvest if it is under way: {waits}");
    check(&harvest);
    pipeline.submit(&4).unwrap();
    assert_eq!(held(), 2, "nothing is copied from the room of step 1");
    pipeline.drain().unwrap();
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn the_mock_notices_a_harvest_whose_edges_are_left_out() {
    let mut noticed = 0;
    for seed in 0..20 {
        let (mock, _, mut pipeline) =
            pipeline(seed, options(3, (Placement::Mapped, Submission::Streams)));
        mock.lose_waits();
        for step in 0..20 {
            pipeline.step(&step).unwrap();
            let harvest = pipeline.harvest(u64::from(step)).unwrap();
            drop(harvest);
        }
        let races = mock.violations().iter().filter(|what| what.contains("race")).count();
        noticed += usize::from(races > 0);
    }
    assert_eq!(noticed, 20, "under every schedule");
}

#[test]
fn what_was_harvested_outlives_its_slot_and_its_memory_is_used_again() {
    for transport in TRANSPORTS {
        let (mock, gpu, mut pipeline) = pipeline(2, options(3, transport));
        let mut first = None;
        for step in 0..10 {
            pipeline.step(&step).unwrap();
            let harvest = pipeline.harvest(u64::from(step)).unwrap();
            check(&harvest);
            first.get_or_insert(harvest);
        }
        let before = gpu.memory_use();
        for step in 10..200 {
            pipeline.step(&step).unwrap();
            check(&pipeline.harvest(u64::from(step.max(2) - 2)).unwrap());
        }
        assert_eq!(gpu.memory_use(), before, "{transport:?}");
        let first = first.unwrap();
        std::thread::spawn(move || check(&first)).join().unwrap();
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

#[test]
fn steps_whose_slots_are_not_theirs_any_more_cannot_be_harvested() {
    let (_, gpu, mut pipeline) = pipeline(3, options(3, STREAMS));
    let told = |pipeline: &mut Pipeline, step| pipeline.harvest(step).unwrap_err().to_string();
    assert!(told(&mut pipeline, 0).contains("not been submitted"));
    for step in 0..5 {
        pipeline.step(&step).unwrap();
    }
    assert!(told(&mut pipeline, 1).contains("given to a later step"));
    check(&pipeline.harvest(2).unwrap());
    pipeline.reset().unwrap();
    assert!(told(&mut pipeline, 0).contains("not been submitted"));
    let mut none = crate::support::pipeline(&gpu, options(3, STREAMS));
    none.submit(&crate::support::config(0)).unwrap();
    assert!(none.harvest(0).unwrap_err().to_string().contains("leaves nothing"));
}

#[test]
fn a_step_that_failed_to_be_enqueued_leaves_nothing_of_an_older_one_in_its_name() {
    let (mock, _, mut pipeline) = pipeline(4, options(3, STREAMS));
    for step in 0..3 {
        pipeline.step(&step).unwrap();
    }
    mock.fail("copy_to_host", 0, 1); // behind the kernel of step 3
    pipeline.submit(&77).unwrap_err();
    let lost = pipeline.harvest(0).unwrap_err();
    assert!(matches!(lost, GpuError::NoHarvest { step: 0, .. }), "{lost}");
    check(&pipeline.harvest(1).unwrap());
    pipeline.submit(&3).unwrap();
    check(&pipeline.harvest(3).unwrap());
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_harvest_that_could_not_be_enqueued_changes_nothing() {
    for name in ["stream_wait", "copy_to_host", "event_record", "host_alloc", "event_create"] {
        for transport in TRANSPORTS {
            let (mock, _, mut pipeline) = pipeline(5, options(3, transport));
            for step in 0..3 {
                pipeline.step(&step).unwrap();
            }
            mock.fail(name, 0, 1);
            let harvest = pipeline.harvest(2);
            if let Err(error) = &harvest {
                assert!(matches!(error, GpuError::Step { step: 2, .. }), "{error}");
            }
            for step in 3..20 {
                if pipeline.step(&step).is_err() {
                    pipeline.step(&step).unwrap(); // the fault was still to come
                }
                check(&pipeline.harvest(u64::from(step)).unwrap());
            }
            drop(pipeline);
            assert_eq!(mock.violations(), Vec::<String>::new());
        }
    }
}

#[test]
fn without_a_stream_of_their_own_harvests_go_among_the_steps() {
    let (mock, _, mut pipeline) = pipeline(6, options(3, STREAMS));
    pipeline.submit(&0).unwrap();
    let warned = crate::warnings::warnings(|| {
        for step in 1..20 {
            mock.fail("stream_create", 0, 2);
            pipeline.step(&step).unwrap();
            check(&pipeline.harvest(u64::from(step)).unwrap());
        }
    });
    assert_eq!(warned, 1);
    assert_eq!(pipeline.pool().usage(StreamPurpose::AuxCompute).leased, 0);
    assert_eq!(mock.violations(), Vec::<String>::new());
}

#[test]
fn a_harvest_of_a_step_that_hangs_or_traps_says_so() {
    let (mock, _, mut pipeline) = pipeline(7, options(3, STREAMS));
    mock.hang_launch(0);
    mock.fault_launch(1, 719);
    pipeline.submit(&0).unwrap();
    pipeline.submit(&1).unwrap();
    let harvest = pipeline.harvest(0).unwrap();
    let late = harvest.wait().unwrap_err();
    assert!(matches!(late, GpuError::StepTimeout { step: 0, .. }), "{late}");
    let lost = pipeline.harvest(1).unwrap();
    mock.release();
    let told = lost.wait().unwrap_err();
    assert!(matches!(told, GpuError::Step { step: 1, .. }) && told.is_sticky(), "{told}");
    assert!(matches!(pipeline.harvest(1), Err(GpuError::Poisoned { .. })));
}

#[test]
fn what_was_harvested_is_kept_when_the_device_is_lost() {
    let (mock, gpu, mut pipeline) = pipeline(9, options(3, STREAMS));
    mock.fault_launch(2, 719);
    pipeline.submit(&0).unwrap();
    pipeline.submit(&1).unwrap();
    let best = pipeline.harvest(1).unwrap();
    check(&best);
    let _ = pipeline.submit(&2);
    while gpu.poison().is_none() {
        let _ = gpu.synchronize();
    }
    check(&best);
    drop((pipeline, gpu));
    check(&best);
}

/// Leaves twice as much.
struct Lavish(Leaving);

// SAFETY: as for the other.
unsafe impl StepKernel<u32, u32> for Lavish {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        self.0.launch(step)
    }

    fn harvest_bytes(&self) -> usize {
        8 * WORDS
    }
}

#[test]
fn a_kernel_that_leaves_more_gets_larger_rooms_while_an_old_harvest_is_still_under_way() {
    let (mock, gpu, mut pipeline) = pipeline(8, options(3, STREAMS));
    pipeline.submit(&0).unwrap();
    let old = pipeline.harvest(0).unwrap();
    pipeline.drain().unwrap();
    pipeline.bind(Lavish(leaving(&mock, &gpu))).unwrap();
    assert!(matches!(pipeline.harvest(0), Err(GpuError::NoHarvest { .. })), "of the other kernel");
    pipeline.submit(&1).unwrap();
    let new = pipeline.harvest(1).unwrap();
    check(&old);
    assert_eq!(new.wait().unwrap().len(), 8 * WORDS);
    assert_eq!(new.wait().unwrap()[..4 * WORDS], left(1));
    drop((pipeline, old, new, gpu));
    assert_eq!(mock.live(), (0, 0, 0, 0));
    assert_eq!(mock.violations(), Vec::<String>::new());
}
