//! A step allocates nothing on the host once the warm-up is over, counted to the last allocation.
//!
//! The recording mock allocates to record, so this runs on a device that keeps nothing: copies are made
//! and kernels are over when the call returns, graphs do nothing, and each look at the clock passes a
//! tenth of a microsecond. What is counted is the pipeline's own. `million.rs` counts on a GPU.
#![allow(unsafe_code, clippy::unwrap_used)]

#[path = "support/counting.rs"]
mod counting;

use std::alloc::Layout;
use std::any::Any;
use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use counting::ALLOCATIONS;
use prism_stream::driver::{
    Gate, GraphDriver, HostBlock, HostUse, PeerDriver, PriorityRange, RawEvent, RawFunction,
    RawGraph, RawGraphExec, RawModule, RawStream,
};
use prism_stream::mock::device_info;
use prism_stream::{
    AsyncPipelineCoordinator, DeviceInfo, DevicePtr, Driver, DriverError, GpuContext, GpuError,
    KernelArg, LaunchShape, PipelineOptions, Placement, PoolOptions, StepKernel, StepLaunch,
    StreamPool, Submission,
};

type Outcome<R = ()> = Result<R, DriverError>;

/// The device.
#[derive(Debug)]
struct Instant {
    info: DeviceInfo,
    clock: AtomicU64,
}

/// Bytes of pinned memory that come on top of what was asked for.
const PADDING: usize = 64;

fn block(bytes: usize) -> Layout {
    Layout::from_size_align(bytes, 256).unwrap()
}

// SAFETY, for all calls in here: the trait's contract; device memory is memory of this process.
// SAFETY: memory is of this process and as asked for; whatever is enqueued is done at once.
unsafe impl Driver for Instant {
    fn device(&self) -> &DeviceInfo {
        &self.info
    }
    fn bind(&self) -> Outcome {
        Ok(())
    }
    fn priority_range(&self) -> Outcome<PriorityRange> {
        Ok(PriorityRange { least: 0, greatest: 0 })
    }
    fn synchronize(&self) -> Outcome {
        Ok(())
    }
    fn memory_info(&self) -> Outcome<(usize, usize)> {
        Ok((0, 0))
    }
    fn stream_create(&self, _: i32) -> Outcome<RawStream> {
        Ok(RawStream(1))
    }
    fn stream_is_shared(&self, _: RawStream) -> bool {
        false
    }
    unsafe fn stream_destroy(&self, _: RawStream) -> Outcome {
        Ok(())
    }
    unsafe fn stream_query(&self, _: RawStream) -> Outcome<bool> {
        Ok(true)
    }
    unsafe fn stream_synchronize(&self, _: RawStream) -> Outcome {
        Ok(())
    }
    unsafe fn stream_wait(&self, _: RawStream, _: RawEvent) -> Outcome {
        Ok(())
    }
    unsafe fn stream_hold(&self, _: RawStream, _: &Arc<Gate>) -> Outcome {
        Ok(())
    }
    fn event_create(&self, _: bool) -> Outcome<RawEvent> {
        Ok(RawEvent(1))
    }
    unsafe fn event_destroy(&self, _: RawEvent) -> Outcome {
        Ok(())
    }
    unsafe fn event_record(&self, _: RawEvent, _: RawStream) -> Outcome {
        Ok(())
    }
    unsafe fn event_query(&self, _: RawEvent) -> Outcome<bool> {
        Ok(true)
    }
    unsafe fn event_synchronize(&self, _: RawEvent) -> Outcome {
        Ok(())
    }
    unsafe fn event_elapsed(&self, _: RawEvent, _: RawEvent) -> Outcome<f32> {
        Ok(0.005)
    }
    fn device_alloc(&self, bytes: usize) -> Outcome<DevicePtr> {
        // The size is put before the block, where `device_free` finds it.
        let at = unsafe { std::alloc::alloc_zeroed(block(bytes + 256)) };
        unsafe { at.cast::<usize>().write(bytes) };
        Ok(DevicePtr(at as usize as u64 + 256))
    }
    unsafe fn device_free(&self, at: DevicePtr) -> Outcome {
        let at = (at.0 as usize - 256) as *mut u8;
        unsafe { std::alloc::dealloc(at, block(at.cast::<usize>().read() + 256)) };
        Ok(())
    }
    fn host_alloc(&self, bytes: usize, purpose: HostUse) -> Outcome<HostBlock> {
        let DevicePtr(at) = self.device_alloc(bytes + PADDING)?;
        let device = (purpose == HostUse::Mapped).then_some(DevicePtr(at));
        // More than was asked for, as a driver may give that has pages of its own.
        Ok(HostBlock { host: at as usize as *mut u8, device, bytes: bytes + PADDING })
    }
    unsafe fn host_free(&self, block: HostBlock) -> Outcome {
        unsafe { self.device_free(DevicePtr(block.host as usize as u64)) }
    }
    unsafe fn copy_to_device(
        &self,
        to: DevicePtr,
        from: *const u8,
        n: usize,
        _: RawStream,
    ) -> Outcome {
        unsafe { from.copy_to(to.0 as usize as *mut u8, n) };
        Ok(())
    }
    unsafe fn copy_to_host(&self, to: *mut u8, from: DevicePtr, n: usize, _: RawStream) -> Outcome {
        unsafe { to.copy_from(from.0 as usize as *const u8, n) };
        Ok(())
    }
    unsafe fn fill(&self, at: DevicePtr, value: u8, n: usize, _: RawStream) -> Outcome {
        unsafe { (at.0 as usize as *mut u8).write_bytes(value, n) };
        Ok(())
    }
    fn module_load(&self, _: &[u8]) -> Outcome<RawModule> {
        Ok(RawModule(1))
    }
    unsafe fn module_unload(&self, _: RawModule) -> Outcome {
        Ok(())
    }
    unsafe fn module_function(&self, _: RawModule, _: &CStr) -> Outcome<RawFunction> {
        Ok(RawFunction(1))
    }
    unsafe fn function_allow_shared(&self, _: RawFunction, _: u32) -> Outcome {
        Ok(())
    }
    unsafe fn launch(
        &self,
        _: RawFunction,
        _: &LaunchShape,
        _: RawStream,
        _: &[KernelArg<'_>],
    ) -> Outcome {
        Ok(())
    }
    fn now(&self) -> Duration {
        Duration::from_nanos(self.clock.fetch_add(100, Ordering::Relaxed))
    }
    fn pause(&self, _: u32) {}
    fn as_any(&self) -> &dyn Any {
        self
    }
}

// SAFETY: memory is of this process and as asked for; whatever is enqueued is done at once.
unsafe impl PeerDriver for Instant {
    fn can_reach(&self, _: &dyn Driver) -> Outcome<bool> {
        Ok(false)
    }
    fn enable_reach(&self, _: &dyn Driver) -> Outcome {
        Ok(())
    }
    unsafe fn copy_from_peer(
        &self,
        _: DevicePtr,
        _: DevicePtr,
        _: &dyn Driver,
        _: usize,
        _: RawStream,
    ) -> Outcome {
        Ok(())
    }
}

// SAFETY: memory is of this process and as asked for; whatever is enqueued is done at once.
unsafe impl GraphDriver for Instant {
    unsafe fn capture_begin(&self, _: RawStream) -> Outcome {
        Ok(())
    }
    unsafe fn capture_end(&self, _: RawStream) -> Outcome<RawGraph> {
        Ok(RawGraph(1))
    }
    unsafe fn graph_destroy(&self, _: RawGraph) -> Outcome {
        Ok(())
    }
    unsafe fn graph_instantiate(&self, _: RawGraph) -> Outcome<RawGraphExec> {
        Ok(RawGraphExec(1))
    }
    unsafe fn graph_update(&self, _: RawGraphExec, _: RawGraph) -> Outcome<bool> {
        Ok(true)
    }
    unsafe fn graph_launch(&self, _: RawGraphExec, _: RawStream) -> Outcome {
        Ok(())
    }
    unsafe fn graph_exec_destroy(&self, _: RawGraphExec) -> Outcome {
        Ok(())
    }
}

/// A kernel that copies a word, on the host.
struct Copying {
    repeats: bool,
}

// SAFETY: reads a `u32` of the config and writes a telemetry, both memory of this process.
unsafe impl<C> StepKernel<C, [u32; 4]> for Copying {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        // SAFETY: the addresses are those of a config and a telemetry of this process.
        unsafe {
            let word = *(step.config.0 as usize as *const u32);
            *(step.telemetry.0 as usize as *mut [u32; 4]) = [word; 4];
        }
        Ok(())
    }

    fn repeats(&self) -> bool {
        self.repeats
    }
}

/// The device, just opened.
fn device() -> GpuContext {
    let info = device_info("instant");
    GpuContext::from_driver(Arc::new(Instant { info, clock: AtomicU64::new(0) }))
}

#[test]
fn pinned_memory_counts_as_much_when_it_goes_as_when_it_came() {
    let gpu = device();
    for placement in [Placement::Copied, Placement::Mapped] {
        let pool = StreamPool::new(gpu.clone(), PoolOptions::default());
        let (placement, submission) = (Some(placement), Some(Submission::Streams));
        let options = PipelineOptions { placement, submission, ..PipelineOptions::default() };
        let mut pipeline =
            AsyncPipelineCoordinator::<[u32; 64], [u32; 4]>::new(pool, options).unwrap();
        pipeline.bind(Copying { repeats: true }).unwrap();
        pipeline.submit(&[1; 64]).unwrap();
        let abort_word = 4 + PADDING;
        assert_eq!(gpu.memory_use().pinned_bytes, 3 * (256 + 16 + 2 * PADDING) + abort_word);
        drop(pipeline);
        gpu.synchronize().unwrap();
        assert_eq!(gpu.memory_use().pinned_bytes, 0);
    }
}

#[test]
fn a_step_allocates_nothing_on_the_host_after_warm_up() {
    let (copied, mapped) = (Some(Placement::Copied), Some(Placement::Mapped));
    let submissions = [Submission::Sync, Submission::Streams, Submission::Graph].map(Some);
    let pinned = submissions.into_iter().flat_map(|how| [(copied, how), (mapped, how)]);
    for (placement, submission) in pinned.chain([(None, None), (None, submissions[2])]) {
        for (batch, repeats) in [(1, true), (1, false), (4, true), (4, false)] {
            let gpu = device();
            let pool = StreamPool::new(gpu.clone(), PoolOptions::default());
            let options =
                PipelineOptions { batch, placement, submission, ..PipelineOptions::default() };
            let mut pipeline = AsyncPipelineCoordinator::new(pool, options).unwrap();
            pipeline.bind(Copying { repeats }).unwrap();
            let mut configs = vec![[0_u32; 64]; batch];
            let mut run = |steps: std::ops::Range<u32>| {
                for first in steps.step_by(batch) {
                    for (config, word) in configs.iter_mut().zip(first..) {
                        config[0] = word;
                    }
                    pipeline.submit_batch(&configs).unwrap();
                    // One batch runs, one is made, one is taken.
                    while pipeline.pending() as usize > 2 * batch {
                        let done = pipeline.next().unwrap().unwrap();
                        let replayed = repeats && submission != Some(Submission::Sync);
                        assert!(replayed || done[3] == done.step as u32);
                    }
                }
            };
            run(0..400);
            let before = ALLOCATIONS.get();
            run(400..8000);
            let allocated = ALLOCATIONS.get() - before;
            assert_eq!(allocated, 0, "{placement:?} {submission:?}, batches of {batch}, {repeats}");
        }
    }
}
