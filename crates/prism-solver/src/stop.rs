//! Stopping a solver from outside, when time is up, and a race among its own threads from inside:
//! all by one flag that engines look at.
//!
//! The flag belongs to the [`Alarm`] of one solver. A [`StopHandle`] may be shared by several; it knows
//! the alarms of all of them and raises each. They hang in a chain that only grows, so that it can be
//! walked without a lock; an alarm whose solver is gone serves the next one.

use prism_core::threads::spawn_scoped;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// Stops running solvers from another thread or a signal handler: it only stores to atomics. One handle
/// may be given to several solvers, which then are stopped together and share nothing else.
///
/// A solver comes back with the best colouring so far: within milliseconds, or as long as a pass
/// over a large graph takes.
#[derive(Clone, Debug, Default)]
pub struct StopHandle(Arc<Chain>);

#[derive(Debug, Default)]
struct Chain {
    /// Pulled by the user; never falls again.
    stopped: Arc<AtomicBool>,
    first: OnceLock<Arc<Link>>,
}

/// The flags of one solver.
#[derive(Debug, Default)]
struct Link {
    /// Whether there is a solver that uses them.
    taken: AtomicBool,
    /// Whether time is up in this call of the solver.
    expired: AtomicBool,
    /// What engines poll: raised when the user stops, time is up or a sibling has solved the problem.
    interrupt: AtomicBool,
    next: OnceLock<Arc<Link>>,
}

impl StopHandle {
    /// A handle that is not pulled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the solvers to stop. They stay stopped.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::SeqCst);
        // An alarm that is not seen in the chain now will see that the handle is pulled.
        fence(Ordering::SeqCst);
        let mut at = &self.0.first;
        while let Some(link) = at.get() {
            link.interrupt.store(true, Ordering::SeqCst);
            at = &link.next;
        }
    }

    /// A flag that stops the solvers when it is set, though not before they look: between turns, and
    /// within them where they search on the thread that runs them. For signal handlers that can do no
    /// more than set a flag.
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.0.stopped.clone()
    }

    /// Whether [`StopHandle::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::SeqCst)
    }

    /// A link of the chain for one more solver.
    fn take_link(&self) -> Arc<Link> {
        let mut at = &self.0.first;
        loop {
            let link = at.get_or_init(Arc::default);
            if !link.taken.swap(true, Ordering::SeqCst) {
                fence(Ordering::SeqCst);
                return link.clone();
            }
            at = &link.next;
        }
    }
}

/// What calls the engines of one solver back.
#[derive(Debug)]
pub(crate) struct Alarm {
    handle: StopHandle,
    link: Arc<Link>,
    /// When time is up, where no thread could be had to watch it.
    deadline: Mutex<Option<Instant>>,
    /// Whether the memory has run out.
    out_of_memory: AtomicBool,
}

impl Alarm {
    /// The alarm of one solver that `handle` stops.
    pub(crate) fn new(handle: StopHandle) -> Self {
        let link = handle.take_link();
        let alarm = Self { handle, link, deadline: Mutex::default(), out_of_memory: false.into() };
        alarm.link.expired.store(false, Ordering::SeqCst);
        alarm.rearm();
        alarm
    }

    /// Whether the user has stopped the solver.
    pub(crate) fn is_stopped(&self) -> bool {
        self.handle.is_stopped()
    }

    /// The flag that engines poll.
    pub(crate) fn interrupt(&self) -> &AtomicBool {
        &self.link.interrupt
    }

    /// Whether the engines are called back.
    pub(crate) fn is_raised(&self) -> bool {
        self.link.interrupt.load(Ordering::SeqCst)
    }

    /// Calls the engines back without stopping the solver.
    pub(crate) fn raise(&self) {
        self.link.interrupt.store(true, Ordering::SeqCst);
    }

    /// Calls the engines back for good, as there is too little memory to go on.
    pub(crate) fn run_out(&self) {
        self.out_of_memory.store(true, Ordering::SeqCst);
        self.raise();
    }

    /// Whether the memory has run out.
    pub(crate) fn is_out_of_memory(&self) -> bool {
        self.out_of_memory.load(Ordering::SeqCst)
    }

    /// Lets engines run again, unless the user has stopped the solver, or time or memory is up.
    pub(crate) fn rearm(&self) {
        self.link.interrupt.store(false, Ordering::SeqCst);
        // The reasons are stored before the flag: one that came between is seen here.
        let expired = self.link.expired.load(Ordering::SeqCst);
        if self.is_stopped() || expired || self.is_out_of_memory() {
            self.raise();
        }
    }

    /// Calls the engines back if the user has stopped the solver or time is up: for those who search on
    /// the thread that would see it.
    pub(crate) fn look(&self) {
        let deadline = *self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.link.expired.store(true, Ordering::SeqCst);
        }
        if self.is_stopped() || self.link.expired.load(Ordering::SeqCst) {
            self.raise();
        }
    }

    /// Does `work`, and calls the engines back when it has not ended after `left`. The clock is
    /// kept by a thread of its own, so that it covers whatever the work consists of. Where the system
    /// gives no thread, whoever works has to [look](Self::look) at it.
    pub(crate) fn within<T>(&self, left: Option<Duration>, work: impl FnOnce() -> T) -> T {
        self.link.expired.store(false, Ordering::SeqCst);
        self.rearm();
        let Some(left) = left else { return work() };
        std::thread::scope(|scope| {
            // The channel closes when the work ends, also by a panic.
            let (working, ended) = mpsc::channel::<()>();
            let clock = move || {
                if ended.recv_timeout(left) == Err(mpsc::RecvTimeoutError::Timeout) {
                    self.link.expired.store(true, Ordering::SeqCst);
                    self.raise();
                }
            };
            if let Err(error) = spawn_scoped(std::thread::Builder::new(), scope, clock) {
                tracing::warn!(%error, "no thread to watch the time limit");
                self.set_deadline(Instant::now().checked_add(left));
            }
            let result = work();
            self.set_deadline(None);
            drop(working);
            result
        })
    }
}

impl Alarm {
    fn set_deadline(&self, deadline: Option<Instant>) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.link.taken.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_goes_up_when_time_is_up_and_stays_up() {
        let alarm = Alarm::new(StopHandle::new());
        let raised = || alarm.is_raised();
        alarm.within(Some(Duration::ZERO), || {
            while !raised() {
                std::thread::yield_now();
            }
            alarm.rearm();
            assert!(raised());
        });
        // The next call has time again.
        assert!(alarm.within(Some(Duration::MAX), || !raised()));
        assert!(alarm.within(None, || !raised()));
    }

    #[test]
    fn a_race_can_be_rerun_but_a_stop_is_final() {
        let handle = StopHandle::new();
        let alarm = Alarm::new(handle.clone());
        alarm.raise();
        assert!(alarm.is_raised() && !handle.is_stopped());
        alarm.rearm();
        assert!(!alarm.is_raised());
        handle.clone().stop();
        alarm.rearm();
        assert!(alarm.is_raised() && handle.is_stopped());
    }

    #[test]
    fn who_works_alone_sees_that_time_is_up_or_the_flag_set() {
        let handle = StopHandle::new();
        let alarm = Alarm::new(handle.clone());
        alarm.look();
        assert!(!alarm.is_raised());
        alarm.set_deadline(Some(Instant::now()));
        alarm.look();
        alarm.rearm();
        assert!(alarm.is_raised());
        let other = Alarm::new(handle.clone());
        handle.flag().store(true, Ordering::SeqCst);
        assert!(!other.is_raised());
        other.look();
        assert!(other.is_raised() && handle.is_stopped());
    }

    #[test]
    fn solvers_that_share_a_handle_share_its_stop_and_nothing_else() {
        let handle = StopHandle::new();
        let (one, other) = (Alarm::new(handle.clone()), Alarm::new(handle.clone()));
        one.raise();
        assert!(one.is_raised() && !other.is_raised());
        other.within(Some(Duration::ZERO), || {
            while !other.is_raised() {
                std::thread::yield_now();
            }
            // The time of the one is not the time of the other.
            one.within(None, || assert!(!one.is_raised()));
            one.rearm();
            other.rearm();
            assert!(!one.is_raised() && other.is_raised());
        });
        other.within(None, || {
            handle.stop();
            assert!(one.is_raised() && other.is_raised());
        });
        assert!(Alarm::new(handle).is_raised());
    }

    #[test]
    fn the_flags_of_a_solver_that_is_gone_are_used_again() {
        let handle = StopHandle::new();
        for _ in 0..9 {
            let alarms = [Alarm::new(handle.clone()), Alarm::new(handle.clone())];
            assert!(!alarms.iter().any(Alarm::is_raised));
            alarms.iter().for_each(Alarm::raise);
        }
        let second = handle.0.first.get().and_then(|first| first.next.get()).unwrap();
        assert!(second.next.get().is_none());
    }
}
