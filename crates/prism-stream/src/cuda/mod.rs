//! The one folder that speaks to the CUDA driver.
//!
//! Streams come from cudarc's safe layer, so that they can be handed out as [`CudaStream`]s that live
//! as long as anyone holds them. Everything that a step does (copies, launches, events, pinned and
//! device memory) goes below it, to the driver itself: no tracking events, no allocation, no error
//! parked for somebody else. The caller's [`CudaContext`] keeps its own event tracking and its own
//! parked errors. Where its event tracking is on, cudarc waits for the device, without a limit, when the
//! first stream is made.
//!
//! Nothing in here may be reached before [`probe`](crate::probe) has found the driver's library,
//! since a missing symbol panics inside cudarc: a [`CudaDriver`] is made by
//! [`GpuContext::from_cudarc`](crate::GpuContext::from_cudarc) alone, from a [`CudaContext`], which exists
//! only if the library does, once that was seen to be new enough.

mod calls;
mod describe;
mod graph;
mod peer;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use cudarc::driver::sys::{self, CUresult};
use cudarc::driver::{CudaContext, CudaStream};

pub(crate) use self::describe::{describe, device_count, driver_version, library_present};
use crate::device::DeviceInfo;
use crate::driver::{RawEvent, RawStream};
use crate::error::DriverError;

/// A device's context, through the CUDA driver.
pub struct CudaDriver {
    /// Whose context it is.
    context: Arc<CudaContext>,
    /// What the device is.
    info: DeviceInfo,
    /// The streams made here, by handle.
    streams: Mutex<HashMap<u64, Arc<CudaStream>>>,
    /// When this was made; the zero of [`Driver::now`].
    epoch: Instant,
}

impl fmt::Debug for CudaDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CudaDriver").field(&self.info).finish()
    }
}

/// Turns a result of the driver into ours, without asking the driver for words.
fn check(result: CUresult, call: &'static str) -> Result<(), DriverError> {
    match result {
        CUresult::CUDA_SUCCESS => Ok(()),
        other => Err(DriverError { code: other as u32, call }),
    }
}

/// The same for a query, where "not ready" is an answer.
fn check_query(result: CUresult, call: &'static str) -> Result<bool, DriverError> {
    match result {
        CUresult::CUDA_ERROR_NOT_READY => Ok(false),
        other => check(other, call).map(|()| true),
    }
}

/// The same for cudarc's errors.
fn from_cudarc(call: &'static str) -> impl Fn(cudarc::driver::DriverError) -> DriverError {
    move |error| DriverError { code: error.0 as u32, call }
}

/// A stream handle as the driver takes it.
fn stream(raw: RawStream) -> sys::CUstream {
    raw.0 as usize as sys::CUstream
}

/// An event handle as the driver takes it.
fn event(raw: RawEvent) -> sys::CUevent {
    raw.0 as usize as sys::CUevent
}

impl CudaDriver {
    /// Speaks for the device of a context that the caller made, of a driver that is new enough.
    ///
    /// # Errors
    /// What the driver says when it is asked to describe the device.
    pub(crate) fn new(context: Arc<CudaContext>) -> Result<Self, DriverError> {
        let info = describe(context.ordinal())?;
        let streams = Mutex::new(HashMap::new());
        Ok(Self { context, info, streams, epoch: Instant::now() })
    }

    /// The context that this speaks for.
    #[must_use]
    pub fn context(&self) -> &Arc<CudaContext> {
        &self.context
    }

    /// A stream made here, as cudarc knows it. It stays usable after the pool has let go of it. For the
    /// lease of that stream alone: a handle may be that of a stream which somebody else works on.
    pub(crate) fn shared_stream(&self, raw: RawStream) -> Option<Arc<CudaStream>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).get(&raw.0).cloned()
    }
}
