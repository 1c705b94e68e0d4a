//! Stopping a solver from outside, and a race among its own threads from inside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stops a running solver from another thread or a signal handler: it only stores to atomics.
///
/// The solver comes back within milliseconds with the best colouring so far.
#[derive(Clone, Debug, Default)]
pub struct StopHandle(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    /// Pulled by the user; never falls again.
    stopped: AtomicBool,
    /// What engines poll: also raised when the clock runs out or a sibling has solved the problem.
    interrupt: AtomicBool,
}

impl StopHandle {
    /// A handle that is not pulled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the solver to stop. It stays stopped.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::SeqCst);
        self.0.interrupt.store(true, Ordering::SeqCst);
    }

    /// Whether [`StopHandle::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::SeqCst)
    }

    /// The flag that engines poll.
    pub(crate) fn interrupt(&self) -> &AtomicBool {
        &self.0.interrupt
    }

    /// Calls the engines back without stopping the solver.
    pub(crate) fn raise(&self) {
        self.0.interrupt.store(true, Ordering::SeqCst);
    }

    /// Lets engines run again, unless the user has stopped the solver.
    pub(crate) fn rearm(&self) {
        self.0.interrupt.store(false, Ordering::SeqCst);
        // `stop` stores `stopped` first: if it came between, it is seen here.
        if self.is_stopped() {
            self.raise();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_race_can_be_rerun_but_a_stop_is_final() {
        let handle = StopHandle::new();
        handle.raise();
        assert!(handle.interrupt().load(Ordering::SeqCst) && !handle.is_stopped());
        handle.rearm();
        assert!(!handle.interrupt().load(Ordering::SeqCst));
        handle.clone().stop();
        handle.rearm();
        assert!(handle.interrupt().load(Ordering::SeqCst) && handle.is_stopped());
    }
}
