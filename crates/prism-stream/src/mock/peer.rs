//! Access between mocks. Memory of both is memory of this process, so a copy reaches it either way; it
//! is recorded on, and runs in the order of, the stream of the device that it goes to.
#![allow(unsafe_code)]

use super::device::Work;
use super::{MockDriver, Outcome};
use crate::driver::{DevicePtr, Driver, PeerDriver, RawStream};
use crate::error::DriverError;

/// How well a mock reaches others.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum MockReach {
    /// It does.
    #[default]
    Direct,
    /// It says that it cannot.
    No,
    /// It says that it can, and copies nothing.
    SilentlyNot,
}

impl MockDriver {
    /// Sets how well this device reaches others.
    pub fn set_reach(&self, reach: MockReach) {
        self.lock().reach = reach;
    }
}

fn peer<'a>(other: &'a dyn Driver, call: &'static str) -> Outcome<&'a MockDriver> {
    let found = other.as_any().downcast_ref::<MockDriver>();
    found.ok_or(DriverError { code: DriverError::INVALID_VALUE, call })
}

// SAFETY: memory is allocated as asked for and kept until it is freed; queues run in order.
unsafe impl PeerDriver for MockDriver {
    fn can_reach(&self, other: &dyn Driver) -> Outcome<bool> {
        peer(other, "can_reach")?;
        Ok(self.call("can_reach", 0, 0, false)?.reach != MockReach::No)
    }

    fn enable_reach(&self, other: &dyn Driver) -> Outcome {
        peer(other, "enable_reach")?;
        self.bind()?;
        let reach = self.call("enable_reach", 0, 0, true)?.reach;
        match reach {
            MockReach::No => Err(DriverError { code: 217, call: "enable_reach" }),
            _ => Ok(()),
        }
    }

    unsafe fn copy_from_peer(
        &self,
        to: DevicePtr,
        from: DevicePtr,
        other: &dyn Driver,
        bytes: usize,
        stream: RawStream,
    ) -> Outcome {
        let found = peer(other, "copy_from_peer")?.lock().snapshot(from.0, bytes);
        let moved = self.lock().reach == MockReach::Direct;
        let work = Work::Write { at: to.0, bytes: if moved { found } else { Vec::new() } };
        self.enqueue("copy_from_peer", stream, to.0, work)
    }
}
