//! A driver that makes every stage of a step last a random time and writes a pattern over every slot
//! before and after it is used, so that a missing edge, a slot that is written too early and a
//! telemetry that was not written give wrong results instead of right ones by luck.
//!
//! [`Disturbed`] stands in front of another driver and adds work to the copies: delays on their
//! streams, the pattern where a copy goes to before it, and where an upload came from after it.
//! [`DisturbedKernel`] does the same around a kernel. All of it is enqueued on the stream of the stage,
//! so it belongs to the step, is captured with it, and a right pipeline cannot notice it.
//!
//! What is enqueued in vain can be told: [`Lost::Waits`] leaves out the edges between the streams.

use std::any::Any;
use std::ffi::CStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prism_stream::driver::{
    Gate, GraphDriver, HostBlock, HostUse, PeerDriver, PriorityRange, RawEvent, RawFunction,
    RawGraph, RawGraphExec, RawModule, RawStream,
};
use prism_stream::{
    DeviceBuffer, DeviceInfo, DevicePtr, Driver, DriverError, Function, GpuContext, GpuError,
    KernelArg, LaunchShape, Module, StepKernel, StepLaunch,
};

/// What slots hold when nothing else was written there, in every byte.
pub const PATTERN: u8 = 0xa5;

/// The same, as a word.
pub const PATTERN_WORD: u32 = u32::from_ne_bytes([PATTERN; 4]);

/// The largest slot, in bytes.
const LARGEST: usize = 10_240;

type Outcome<T = ()> = Result<T, DriverError>;

/// What is left out, to see that this is noticed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lost {
    Nothing,
    /// No stream waits for another.
    Waits,
}

/// What the driver and the kernel share.
#[derive(Debug)]
pub struct Disturbance {
    inner: Arc<dyn Driver>,
    function: Function,
    /// The pattern, to be copied to the host.
    pattern: DeviceBuffer,
    random: Mutex<u64>,
    longest_ns: u64,
}

impl Disturbance {
    /// A delay, at random; a quarter of them are none.
    fn delay_ns(&self) -> u64 {
        let mut state = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        // SplitMix64 (Steele, Lea and Flood 2014).
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let drawn = mixed ^ (mixed >> 31);
        if drawn & 3 == 0 { 0 } else { (drawn >> 8) % self.longest_ns.max(1) }
    }

    /// Enqueues a delay, after the pattern was written over so many bytes.
    fn enqueue(&self, at: DevicePtr, bytes: usize, stream: RawStream) -> Outcome {
        let (count, delay_ns) = (bytes as u64 / 4, self.delay_ns());
        let args = [
            KernelArg::pointer(&at),
            KernelArg::new(&count),
            KernelArg::new(&PATTERN_WORD),
            KernelArg::new(&delay_ns),
        ];
        let shape = LaunchShape::linear(1, 256);
        // SAFETY: these are the arguments of `disturb`; the caller vouches for the memory and the
        // stream, as it does for the work around this.
        unsafe { self.inner.launch(self.function.raw(), &shape, stream, &args) }
    }

    /// Enqueues the pattern's way to the host.
    fn copy_pattern(&self, to: *mut u8, bytes: usize, stream: RawStream) -> Outcome {
        assert!(bytes <= self.pattern.bytes(), "a larger slot than was reckoned with");
        // SAFETY: the pattern lives as long as `self`; the caller vouches for the rest.
        unsafe { self.inner.copy_to_host(to, self.pattern.ptr(), bytes, stream) }
    }
}

/// The driver in front of another.
#[derive(Debug)]
pub struct Disturbed {
    inner: Arc<dyn Driver>,
    disturbance: Arc<Disturbance>,
    lost: Lost,
}

/// A context on the same device whose steps are disturbed, with delays of up to `longest_ns`. `module`
/// holds the kernel `disturb`, loaded through `gpu`.
pub fn disturbed(
    gpu: &GpuContext,
    module: &Module,
    (seed, longest_ns): (u64, u64),
    lost: Lost,
) -> (GpuContext, Arc<Disturbance>) {
    let inner = Arc::clone(gpu.driver());
    let pattern = gpu.alloc_zeroed(LARGEST).unwrap();
    let function = module.function("disturb").unwrap();
    inner.bind().unwrap();
    let stream = inner.stream_create(0).unwrap();
    // SAFETY: the stream was just made and goes once, after it was waited for; the buffer is ours.
    unsafe {
        inner.fill(pattern.ptr(), PATTERN, LARGEST, stream).unwrap();
        inner.stream_synchronize(stream).unwrap();
        inner.stream_destroy(stream).unwrap();
    }
    let disturbance = Arc::new(Disturbance {
        inner: Arc::clone(&inner),
        function,
        pattern,
        random: Mutex::new(seed),
        longest_ns,
    });
    let driver = Disturbed { inner, disturbance: Arc::clone(&disturbance), lost };
    (GpuContext::from_driver(Arc::new(driver)), disturbance)
}

/// A kernel before which its telemetry, and after which its config, is overwritten.
pub struct DisturbedKernel<K> {
    pub kernel: K,
    pub disturbance: Arc<Disturbance>,
    /// Whether to pass on that all launches are alike: their delays are not, but a batch that was
    /// captured keeps those that it was captured with.
    pub repeats: bool,
}

// SAFETY: as the kernel's. What is added is on the same stream, and writes the step's telemetry before
// the kernel does, and the step's config, which nobody reads after the kernel.
unsafe impl<C, T, K: StepKernel<C, T>> StepKernel<C, T> for DisturbedKernel<K> {
    fn launch(&mut self, step: &StepLaunch<'_>) -> Result<(), GpuError> {
        self.disturbance.enqueue(step.telemetry, size_of::<T>(), step.stream)?;
        self.kernel.launch(step)?;
        self.disturbance.enqueue(step.config, size_of::<C>(), step.stream)?;
        Ok(())
    }

    fn repeats(&self) -> bool {
        self.repeats && self.kernel.repeats()
    }

    fn inspect(&self, telemetry: &T) -> Result<(), String> {
        self.kernel.inspect(telemetry)
    }
}

// SAFETY, for all calls that are passed on: the caller keeps the contract, which is the same.
#[allow(clippy::undocumented_unsafe_blocks)]
// SAFETY: all calls go on to the driver inside, which keeps the promises of the trait.
unsafe impl Driver for Disturbed {
    unsafe fn copy_to_device(
        &self,
        to: DevicePtr,
        from: *const u8,
        bytes: usize,
        stream: RawStream,
    ) -> Outcome {
        // Read before the upload, or overwritten after it, a config is the pattern; so is one that is
        // written into the slot before the upload of the last was seen.
        self.disturbance.enqueue(to, bytes, stream)?;
        unsafe { self.inner.copy_to_device(to, from, bytes, stream) }?;
        self.disturbance.copy_pattern(from.cast_mut(), bytes, stream)?;
        self.disturbance.enqueue(to, 0, stream)
    }

    unsafe fn copy_to_host(
        &self,
        to: *mut u8,
        from: DevicePtr,
        bytes: usize,
        stream: RawStream,
    ) -> Outcome {
        // Read before the download, a telemetry is the pattern.
        self.disturbance.copy_pattern(to, bytes, stream)?;
        self.disturbance.enqueue(from, 0, stream)?;
        unsafe { self.inner.copy_to_host(to, from, bytes, stream) }?;
        self.disturbance.enqueue(from, 0, stream)
    }

    unsafe fn stream_wait(&self, stream: RawStream, event: RawEvent) -> Outcome {
        match self.lost {
            Lost::Nothing => unsafe { self.inner.stream_wait(stream, event) },
            Lost::Waits => Ok(()),
        }
    }

    fn host_alloc(&self, bytes: usize, purpose: HostUse) -> Outcome<HostBlock> {
        // The pattern is copied to where configs are written, too.
        let purpose = if purpose == HostUse::Upload { HostUse::Download } else { purpose };
        self.inner.host_alloc(bytes, purpose)
    }

    fn device(&self) -> &DeviceInfo {
        self.inner.device()
    }

    fn bind(&self) -> Outcome {
        self.inner.bind()
    }

    fn priority_range(&self) -> Outcome<PriorityRange> {
        self.inner.priority_range()
    }

    fn synchronize(&self) -> Outcome {
        self.inner.synchronize()
    }

    fn memory_info(&self) -> Outcome<(usize, usize)> {
        self.inner.memory_info()
    }

    fn stream_create(&self, priority: i32) -> Outcome<RawStream> {
        self.inner.stream_create(priority)
    }

    fn stream_is_shared(&self, stream: RawStream) -> bool {
        self.inner.stream_is_shared(stream)
    }

    unsafe fn stream_destroy(&self, stream: RawStream) -> Outcome {
        unsafe { self.inner.stream_destroy(stream) }
    }

    unsafe fn stream_query(&self, stream: RawStream) -> Outcome<bool> {
        unsafe { self.inner.stream_query(stream) }
    }

    unsafe fn stream_synchronize(&self, stream: RawStream) -> Outcome {
        unsafe { self.inner.stream_synchronize(stream) }
    }

    unsafe fn stream_hold(&self, stream: RawStream, gate: &Arc<Gate>) -> Outcome {
        unsafe { self.inner.stream_hold(stream, gate) }
    }

    fn event_create(&self, timed: bool) -> Outcome<RawEvent> {
        self.inner.event_create(timed)
    }

    unsafe fn event_destroy(&self, event: RawEvent) -> Outcome {
        unsafe { self.inner.event_destroy(event) }
    }

    unsafe fn event_record(&self, event: RawEvent, stream: RawStream) -> Outcome {
        unsafe { self.inner.event_record(event, stream) }
    }

    unsafe fn event_query(&self, event: RawEvent) -> Outcome<bool> {
        unsafe { self.inner.event_query(event) }
    }

    unsafe fn event_synchronize(&self, event: RawEvent) -> Outcome {
        unsafe { self.inner.event_synchronize(event) }
    }

    unsafe fn event_elapsed(&self, start: RawEvent, end: RawEvent) -> Outcome<f32> {
        unsafe { self.inner.event_elapsed(start, end) }
    }

    fn device_alloc(&self, bytes: usize) -> Outcome<DevicePtr> {
        self.inner.device_alloc(bytes)
    }

    unsafe fn device_free(&self, at: DevicePtr) -> Outcome {
        unsafe { self.inner.device_free(at) }
    }

    unsafe fn host_free(&self, block: HostBlock) -> Outcome {
        unsafe { self.inner.host_free(block) }
    }

    unsafe fn fill(&self, at: DevicePtr, value: u8, bytes: usize, stream: RawStream) -> Outcome {
        unsafe { self.inner.fill(at, value, bytes, stream) }
    }

    fn module_load(&self, image: &[u8]) -> Outcome<RawModule> {
        self.inner.module_load(image)
    }

    unsafe fn module_unload(&self, module: RawModule) -> Outcome {
        unsafe { self.inner.module_unload(module) }
    }

    unsafe fn module_function(&self, module: RawModule, name: &CStr) -> Outcome<RawFunction> {
        unsafe { self.inner.module_function(module, name) }
    }

    unsafe fn function_allow_shared(&self, function: RawFunction, bytes: u32) -> Outcome {
        unsafe { self.inner.function_allow_shared(function, bytes) }
    }

    unsafe fn launch(
        &self,
        function: RawFunction,
        shape: &LaunchShape,
        stream: RawStream,
        args: &[KernelArg<'_>],
    ) -> Outcome {
        unsafe { self.inner.launch(function, shape, stream, args) }
    }

    fn now(&self) -> Duration {
        self.inner.now()
    }

    fn pause(&self, round: u32) {
        self.inner.pause(round);
    }

    fn as_any(&self) -> &dyn Any {
        self.inner.as_any()
    }
}

// SAFETY, for all of them: the caller keeps the contract, which is the same.
#[allow(clippy::undocumented_unsafe_blocks)]
// SAFETY: all calls go on to the driver inside, which keeps the promises of the trait.
unsafe impl GraphDriver for Disturbed {
    unsafe fn capture_begin(&self, stream: RawStream) -> Outcome {
        unsafe { self.inner.capture_begin(stream) }
    }

    unsafe fn capture_end(&self, stream: RawStream) -> Outcome<RawGraph> {
        unsafe { self.inner.capture_end(stream) }
    }

    unsafe fn graph_destroy(&self, graph: RawGraph) -> Outcome {
        unsafe { self.inner.graph_destroy(graph) }
    }

    unsafe fn graph_instantiate(&self, graph: RawGraph) -> Outcome<RawGraphExec> {
        unsafe { self.inner.graph_instantiate(graph) }
    }

    unsafe fn graph_update(&self, exec: RawGraphExec, from: RawGraph) -> Outcome<bool> {
        unsafe { self.inner.graph_update(exec, from) }
    }

    unsafe fn graph_launch(&self, exec: RawGraphExec, stream: RawStream) -> Outcome {
        unsafe { self.inner.graph_launch(exec, stream) }
    }

    unsafe fn graph_exec_destroy(&self, exec: RawGraphExec) -> Outcome {
        unsafe { self.inner.graph_exec_destroy(exec) }
    }
}

// SAFETY, for all of them: the caller keeps the contract, which is the same.
#[allow(clippy::undocumented_unsafe_blocks)]
// SAFETY: all calls go on to the driver inside, which keeps the promises of the trait.
unsafe impl PeerDriver for Disturbed {
    fn can_reach(&self, other: &dyn Driver) -> Outcome<bool> {
        self.inner.can_reach(other)
    }

    fn enable_reach(&self, other: &dyn Driver) -> Outcome {
        self.inner.enable_reach(other)
    }

    unsafe fn copy_from_peer(
        &self,
        to: DevicePtr,
        from: DevicePtr,
        other: &dyn Driver,
        bytes: usize,
        stream: RawStream,
    ) -> Outcome {
        unsafe { self.inner.copy_from_peer(to, from, other, bytes, stream) }
    }
}
