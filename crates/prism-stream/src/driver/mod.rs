//! The few calls of a GPU driver that a pipeline needs, as a trait.
//!
//! Two things implement it: [`CudaDriver`](crate::CudaDriver), the one folder that speaks to CUDA, and
//! [`MockDriver`](crate::mock::MockDriver), which records every call, moves real bytes at random later
//! moments and notices what a GPU would not. Everything above this trait, which is to say every rule
//! about order and lifetime, is tested without a GPU.
//!
//! Handles are plain numbers here; who owns them, and when they die, is the business of
//! [`handles`](crate::handles).
#![allow(unsafe_code)]

mod gate;
mod graph;
mod image;
mod peer;

use std::any::Any;
use std::ffi::{CStr, c_void};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use bytemuck::Pod;

pub use self::gate::Gate;
pub(crate) use self::gate::HeldBack;
pub use self::graph::{GraphDriver, RawGraph, RawGraphExec};
pub use self::image::is_whole_image;
pub use self::peer::PeerDriver;
use crate::device::DeviceInfo;
use crate::error::{DriverError, GpuError, KernelError};
use crate::kernel::KernelSource;

/// A stream of the driver.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RawStream(pub u64);

/// An event of the driver.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RawEvent(pub u64);

/// A loaded kernel image.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RawModule(pub u64);

/// A kernel in a loaded image.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RawFunction(pub u64);

/// An address in device memory, or a device's view of mapped host memory.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DevicePtr(pub u64);

/// What a block of pinned host memory is for. Decides how it is allocated.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum HostUse {
    /// The host writes, a copy reads: write-combined, which makes host reads very slow.
    Upload,
    /// A copy writes, the host reads: ordinary cached pages.
    Download,
    /// The device reads and writes it in place: mapped, cached pages.
    Mapped,
}

/// A block of pinned host memory.
#[derive(Clone, Copy, Debug)]
pub struct HostBlock {
    /// Where the host sees it; aligned to 256 bytes or more.
    pub host: *mut u8,
    /// Where the device sees it; `None` unless it is [`HostUse::Mapped`].
    pub device: Option<DevicePtr>,
    /// Its size.
    pub bytes: usize,
}

/// Priorities that a device knows. Lower numbers go first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PriorityRange {
    /// The number of the lowest priority.
    pub least: i32,
    /// The number of the highest priority. Equal to `least` where priorities are not supported.
    pub greatest: i32,
}

/// How many threads a kernel is launched with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LaunchShape {
    /// Blocks in the grid: x, y, z.
    pub grid: [u32; 3],
    /// Threads in a block: x, y, z.
    pub block: [u32; 3],
    /// Dynamic shared memory a block, in bytes.
    pub shared_bytes: u32,
}

impl LaunchShape {
    /// A one-dimensional launch with no dynamic shared memory.
    #[must_use]
    pub const fn linear(blocks: u32, threads: u32) -> Self {
        Self { grid: [blocks, 1, 1], block: [threads, 1, 1], shared_bytes: 0 }
    }
}

/// One argument of a kernel: a borrowed value that the launch copies.
#[derive(Clone, Copy, Debug)]
pub struct KernelArg<'a> {
    pub(crate) value: *const c_void,
    pub(crate) bytes: usize,
    borrow: PhantomData<&'a ()>,
}

impl<'a> KernelArg<'a> {
    /// Passes `value` as the kernel declares it: a `u64` for a pointer, a `u32` for an `unsigned`.
    #[must_use]
    pub fn new<A: Pod>(value: &'a A) -> Self {
        Self { value: std::ptr::from_ref(value).cast(), bytes: size_of::<A>(), borrow: PhantomData }
    }

    /// A device address.
    #[must_use]
    pub fn pointer(value: &'a DevicePtr) -> Self {
        Self::new(&value.0)
    }
}

/// The most arguments that a kernel may take.
pub const MAX_KERNEL_ARGS: usize = 32;

/// Polls until `done` says so or the time is up; answers which.
pub(crate) fn poll(
    driver: &dyn Driver,
    limit: Duration,
    mut done: impl FnMut() -> Result<bool, GpuError>,
) -> Result<bool, GpuError> {
    if done()? {
        return Ok(true); // mostly, and without a look at the clock
    }
    let (start, mut round) = (driver.now(), 0_u32);
    while driver.now().saturating_sub(start) < limit {
        driver.pause(round);
        if done()? {
            return Ok(true);
        }
        round = round.saturating_add(1);
    }
    Ok(false)
}

/// The calls. All but the last three act on the context of one device.
///
/// # Safety
///
/// Code that is safe to call relies on what an implementor answers. A block of
/// [`host_alloc`](Self::host_alloc) is as large as was asked for, aligned to 256 bytes, readable and
/// writable, and nobody else's until it is freed; so is device memory, seen from the device. Handles
/// and addresses are valid until they are given back. A stream runs its work in order, and a query or a
/// wait that says that work is done is right. Launches copy their arguments before they return.
///
/// # Contract of the `unsafe` methods
///
/// Handles and addresses were created by this driver and have not been destroyed; a range that a
/// copy or a kernel touches stays allocated, and is not accessed by the host in conflict with it,
/// until the stream has passed the work. A method that destroys or frees is called once a handle.
/// [`Driver::bind`] was called on this thread before.
#[allow(clippy::missing_safety_doc)] // one contract, stated above, for all of them
pub unsafe trait Driver: GraphDriver + PeerDriver {
    /// What the device is.
    fn device(&self) -> &DeviceInfo;
    /// Makes the device's context current on this thread.
    fn bind(&self) -> Result<(), DriverError>;
    /// Priorities that streams can have.
    fn priority_range(&self) -> Result<PriorityRange, DriverError>;
    /// Waits for everything on the device.
    fn synchronize(&self) -> Result<(), DriverError>;
    /// Free and total device memory, in bytes.
    fn memory_info(&self) -> Result<(usize, usize), DriverError>;

    /// A new stream that does not wait for the default stream.
    fn stream_create(&self, priority: i32) -> Result<RawStream, DriverError>;
    /// Whether somebody outside may still put work on a stream, so that it cannot be lent again.
    fn stream_is_shared(&self, stream: RawStream) -> bool;
    /// Gives a stream back; work on it still runs.
    unsafe fn stream_destroy(&self, stream: RawStream) -> Result<(), DriverError>;
    /// Whether everything on the stream is done.
    unsafe fn stream_query(&self, stream: RawStream) -> Result<bool, DriverError>;
    /// Waits until everything on the stream is done.
    unsafe fn stream_synchronize(&self, stream: RawStream) -> Result<(), DriverError>;
    /// Work enqueued on `stream` from now on waits for the latest record of `event`.
    unsafe fn stream_wait(&self, stream: RawStream, event: RawEvent) -> Result<(), DriverError>;

    /// Work enqueued on `stream` from now on waits until the gate is open, for [`Gate::LIMIT`] at most.
    unsafe fn stream_hold(&self, stream: RawStream, gate: &Arc<Gate>) -> Result<(), DriverError>;

    /// A new event; `timed` ones cost more and can be compared.
    fn event_create(&self, timed: bool) -> Result<RawEvent, DriverError>;
    /// Gives an event back.
    unsafe fn event_destroy(&self, event: RawEvent) -> Result<(), DriverError>;
    /// The event is complete when `stream` gets here.
    unsafe fn event_record(&self, event: RawEvent, stream: RawStream) -> Result<(), DriverError>;
    /// Whether the latest record is complete.
    unsafe fn event_query(&self, event: RawEvent) -> Result<bool, DriverError>;
    /// Waits for the latest record.
    unsafe fn event_synchronize(&self, event: RawEvent) -> Result<(), DriverError>;
    /// Milliseconds between two completed timed events.
    unsafe fn event_elapsed(&self, start: RawEvent, end: RawEvent) -> Result<f32, DriverError>;

    /// Device memory, not cleared.
    fn device_alloc(&self, bytes: usize) -> Result<DevicePtr, DriverError>;
    /// Frees device memory.
    unsafe fn device_free(&self, at: DevicePtr) -> Result<(), DriverError>;
    /// Pinned host memory, not cleared.
    fn host_alloc(&self, bytes: usize, purpose: HostUse) -> Result<HostBlock, DriverError>;
    /// Frees pinned host memory.
    unsafe fn host_free(&self, block: HostBlock) -> Result<(), DriverError>;
    /// Copies from pinned memory to the device, in stream order.
    unsafe fn copy_to_device(
        &self,
        to: DevicePtr,
        from: *const u8,
        bytes: usize,
        stream: RawStream,
    ) -> Result<(), DriverError>;
    /// Copies from the device to pinned memory, in stream order.
    unsafe fn copy_to_host(
        &self,
        to: *mut u8,
        from: DevicePtr,
        bytes: usize,
        stream: RawStream,
    ) -> Result<(), DriverError>;
    /// Sets bytes of device memory, in stream order.
    unsafe fn fill(
        &self,
        at: DevicePtr,
        value: u8,
        bytes: usize,
        stream: RawStream,
    ) -> Result<(), DriverError>;

    /// Loads a CUBIN, a fat binary, or PTX text that ends in a NUL. Of an image that is not all there,
    /// nothing beyond its end is read: it is refused as [`DriverError::INVALID_IMAGE`], which
    /// [`is_whole_image`] tells.
    fn module_load(&self, image: &[u8]) -> Result<RawModule, DriverError>;
    /// The image of a source, from a driver that has kernels of its own and compiles none, as a mock may;
    /// `None` if the source is to be compiled.
    fn ready_made(&self, source: &KernelSource) -> Option<Result<Vec<u8>, KernelError>> {
        let _ = source;
        None
    }
    /// Unloads an image none of whose kernels is running.
    unsafe fn module_unload(&self, module: RawModule) -> Result<(), DriverError>;
    /// Finds a kernel.
    unsafe fn module_function(
        &self,
        module: RawModule,
        name: &CStr,
    ) -> Result<RawFunction, DriverError>;
    /// Lets a kernel be launched with up to so many bytes of dynamic shared memory a block.
    unsafe fn function_allow_shared(
        &self,
        function: RawFunction,
        bytes: u32,
    ) -> Result<(), DriverError>;
    /// Enqueues a kernel. The arguments are copied, and must be what the kernel declares.
    unsafe fn launch(
        &self,
        function: RawFunction,
        shape: &LaunchShape,
        stream: RawStream,
        args: &[KernelArg<'_>],
    ) -> Result<(), DriverError>;

    /// Time since some fixed moment, for time-outs and idle times.
    fn now(&self) -> Duration;
    /// Passes a moment in a polling loop; `round` counts the polls so far.
    fn pause(&self, round: u32);
    /// The concrete driver.
    fn as_any(&self) -> &dyn Any;
}
