//! Access between devices, by the CUDA driver.
#![allow(unsafe_code)]

use cudarc::driver::sys::{self, CUresult};

use super::{CudaDriver, check, stream};
use crate::driver::{DevicePtr, Driver, PeerDriver, RawStream};
use crate::error::DriverError;

/// The other device, which must be one of CUDA's.
fn peer<'a>(other: &'a dyn Driver, call: &'static str) -> Result<&'a CudaDriver, DriverError> {
    let found = other.as_any().downcast_ref::<CudaDriver>();
    found.ok_or(DriverError { code: DriverError::INVALID_VALUE, call })
}

// SAFETY: the answers are those of CUDA, which keeps the promises of the trait.
unsafe impl PeerDriver for CudaDriver {
    fn can_reach(&self, other: &dyn Driver) -> Result<bool, DriverError> {
        let call = "cuDeviceCanAccessPeer";
        let (own, other) = (self.context.cu_device(), peer(other, call)?.context.cu_device());
        let mut can = 0;
        // SAFETY: both devices come from the driver; the call writes one integer.
        check(unsafe { sys::cuDeviceCanAccessPeer(&raw mut can, own, other) }, call)?;
        Ok(can != 0)
    }

    fn enable_reach(&self, other: &dyn Driver) -> Result<(), DriverError> {
        let call = "cuCtxEnablePeerAccess";
        let other = peer(other, call)?;
        self.bind()?;
        // SAFETY: this device's context is current, and the other one is retained by its driver.
        match unsafe { sys::cuCtxEnablePeerAccess(other.context.cu_ctx(), 0) } {
            CUresult::CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED => Ok(()),
            result => check(result, call),
        }
    }

    unsafe fn copy_from_peer(
        &self,
        to: DevicePtr,
        from: DevicePtr,
        other: &dyn Driver,
        bytes: usize,
        on: RawStream,
    ) -> Result<(), DriverError> {
        let call = "cuMemcpyPeerAsync";
        let (own, other) = (self.context.cu_ctx(), peer(other, call)?.context.cu_ctx());
        // SAFETY: the trait's contract; both contexts are retained by their drivers.
        let result = unsafe { sys::cuMemcpyPeerAsync(to.0, own, from.0, other, bytes, stream(on)) };
        check(result, call)
    }
}
