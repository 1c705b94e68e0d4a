//! The calls that let one device reach another's memory.

use std::fmt;

use super::{DevicePtr, Driver, RawStream};
use crate::error::DriverError;

/// Access to the memory of other devices. `other` speaks for one, and is a driver of the same kind. The
/// safety contract is that of [`Driver`], for the memory of both devices.
///
/// # Safety
/// As for [`Driver`]: safe code relies on the answers.
#[allow(clippy::missing_safety_doc)] // one contract, stated there
pub unsafe trait PeerDriver: fmt::Debug + Send + Sync {
    /// Whether this device can reach the memory of `other`. That says nothing of the other way.
    fn can_reach(&self, other: &dyn Driver) -> Result<bool, DriverError>;
    /// Lets this device reach the memory of `other`, from now on; again is fine.
    fn enable_reach(&self, other: &dyn Driver) -> Result<(), DriverError>;
    /// Copies from the memory of `other` to this device's, in the order of a stream of this device.
    unsafe fn copy_from_peer(
        &self,
        to: DevicePtr,
        from: DevicePtr,
        other: &dyn Driver,
        bytes: usize,
        stream: RawStream,
    ) -> Result<(), DriverError>;
}
