//! A gate that holds back a stream while work is put on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Driver, RawStream};
use crate::error::{DriverError, Severity};

/// Holds back streams from [`Driver::stream_hold`] on until it is opened.
///
/// Timed events around short work tell how long that took only if all of it was enqueued before the
/// first of it ran: else the device waits for the host in between, and the events say for how long.
#[derive(Debug, Default)]
pub struct Gate {
    open: AtomicBool,
}

impl Gate {
    /// The longest that a stream is held back, whatever happens: a call that waits for the device
    /// behind a closed gate (loading a kernel can be one) goes on after that.
    pub const LIMIT: Duration = Duration::from_millis(1);

    /// Holds back the streams that come to it from now on.
    pub fn close(&self) {
        self.open.store(false, Ordering::Release);
    }

    /// Lets all streams go on.
    pub fn open(&self) {
        self.open.store(true, Ordering::Release);
    }

    /// Whether streams may go on.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }
}

/// A stream held back until this goes, also on the way of an error or a panic.
#[derive(Debug)]
pub(crate) struct HeldBack<'a>(&'a Gate);

impl<'a> HeldBack<'a> {
    /// Holds back a leased stream, which nothing else holds back by this gate. The context is bound to
    /// the thread. A driver that cannot do it does without: only times become less exact.
    pub fn new(
        driver: &dyn Driver,
        stream: RawStream,
        gate: &'a Arc<Gate>,
    ) -> Result<Self, DriverError> {
        gate.close();
        let held = Self(gate);
        // SAFETY: the stream is alive by its lease.
        match unsafe { driver.stream_hold(stream, gate) } {
            Err(error) if error.severity() == Severity::Sticky => Err(error),
            _ => Ok(held),
        }
    }
}

impl Drop for HeldBack<'_> {
    fn drop(&mut self) {
        self.0.open();
    }
}
