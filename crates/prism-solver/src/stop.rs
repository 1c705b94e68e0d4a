//! Stopping a solver from outside, when time is up, and a race among its own threads from inside:
//! all by one flag that engines look at.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// Stops a running solver from another thread or a signal handler: it only stores to atomics.
///
/// The solver comes back with the best colouring so far: within milliseconds, or as long as a pass
/// over a large graph takes.
#[derive(Clone, Debug, Default)]
pub struct StopHandle(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    /// Pulled by the user; never falls again.
    stopped: AtomicBool,
    /// Whether time is up in this call of the solver.
    expired: AtomicBool,
    /// What engines poll: also raised when time is up or a sibling has solved the problem.
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

    /// Lets engines run again, unless the user has stopped the solver or time is up.
    pub(crate) fn rearm(&self) {
        self.0.interrupt.store(false, Ordering::SeqCst);
        // The reasons are stored before the flag: one that came between is seen here.
        if self.is_stopped() || self.0.expired.load(Ordering::SeqCst) {
            self.raise();
        }
    }

    /// Does `work`, and calls the engines back when it has not ended after `left`. The clock is
    /// kept by a thread of its own, so that it covers whatever the work consists of.
    pub(crate) fn within<T>(&self, left: Option<Duration>, work: impl FnOnce() -> T) -> T {
        self.0.expired.store(false, Ordering::SeqCst);
        self.rearm();
        let Some(left) = left else { return work() };
        std::thread::scope(|scope| {
            // The channel closes when the work ends, also by a panic.
            let (working, ended) = mpsc::channel::<()>();
            scope.spawn(move || {
                if ended.recv_timeout(left) == Err(mpsc::RecvTimeoutError::Timeout) {
                    self.0.expired.store(true, Ordering::SeqCst);
                    self.raise();
                }
            });
            let result = work();
            drop(working);
            result
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_goes_up_when_time_is_up_and_stays_up() {
        let handle = StopHandle::new();
        let raised = || handle.interrupt().load(Ordering::SeqCst);
        handle.within(Some(Duration::ZERO), || {
            while !raised() {
                std::thread::yield_now();
            }
            handle.rearm();
            assert!(raised());
        });
        // The next call has time again.
        assert!(handle.within(Some(Duration::MAX), || !raised()));
        assert!(handle.within(None, || !raised()));
    }

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
