//! The pool of threads that rayon works on, where the system may give fewer than there are cores, or
//! none.
//!
//! Rayon makes its pool when it is first used, and panics where a thread cannot be started (`ulimit -u`,
//! or `ulimit -v`, since each thread takes address space). So the threads are started first, as many as
//! can be had, and the pool is made of them; where none can, the thread that works is the pool.

use crate::memory::Room;
use rayon::{ThreadBuilder, ThreadPoolBuilder};
use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, Builder, JoinHandle, Scope, ScopedJoinHandle};

/// The address space that a thread takes: its stack, and what the allocator sets aside for it.
pub const THREAD_SPACE: u64 = 72 << 20;

/// Whether there is a pool for all threads.
static POOL: OnceLock<bool> = OnceLock::new();

/// How many of `wanted` threads leave most of the address space for their work, where it is limited;
/// perhaps none. What is left is asked for once, before threads have taken of it.
pub fn affordable(wanted: usize) -> usize {
    static MOST: OnceLock<usize> = OnceLock::new();
    let most = || match crate::memory::address_space_limit() {
        None => usize::MAX,
        Some(_) => {
            // Those that wait for a signal, for the clock or for a file come on top.
            let left = Room::now().bytes.saturating_sub(4 * THREAD_SPACE);
            usize::try_from(left / 2 / THREAD_SPACE).unwrap_or(usize::MAX)
        }
    };
    wanted.min(*MOST.get_or_init(most))
}

/// Starts a thread in `scope`, which may use what outlives that.
///
/// # Errors
/// The system gives none, or the address space is too small for any.
pub fn spawn_scoped<'scope, 'env, T: Send + 'scope>(
    builder: Builder,
    scope: &'scope Scope<'scope, 'env>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    match affordable(1) {
        0 => Err(io::ErrorKind::OutOfMemory.into()),
        _ => builder.spawn_scoped(scope, work),
    }
}

/// Starts a thread.
///
/// # Errors
/// As [`spawn_scoped`].
pub fn spawn<T: Send + 'static>(
    builder: Builder,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    match affordable(1) {
        0 => Err(io::ErrorKind::OutOfMemory.into()),
        _ => builder.spawn(work),
    }
}

/// Makes rayon's pool for all threads, unless there is one. False if no thread can be had for it: then
/// rayon may be used by [`with_pool`] only.
pub fn make_pool() -> bool {
    *POOL.get_or_init(|| {
        let wanted = std::env::var("RAYON_NUM_THREADS").ok().and_then(|text| text.parse().ok());
        let wanted = wanted.filter(|&wanted| wanted > 0);
        let wanted =
            wanted.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        let threads: Vec<_> = (0..affordable(wanted)).map_while(start).collect();
        if threads.is_empty() {
            return false;
        }
        let builder = ThreadPoolBuilder::new().num_threads(threads.len());
        let hand_over = |thread: ThreadBuilder| match threads.get(thread.index()) {
            Some(waiting) => waiting.send(thread).map_err(|_| io::ErrorKind::BrokenPipe.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        // That there is a pool already is fine.
        let _ = builder.spawn_handler(hand_over).build_global();
        true
    })
}

/// Starts a thread that waits for its part in the pool; none if it cannot be had. It ends if its sender
/// is dropped before.
fn start(number: usize) -> Option<Sender<ThreadBuilder>> {
    let (sender, receiver) = channel::<ThreadBuilder>();
    let work = move || {
        if let Ok(thread) = receiver.recv() {
            thread.run();
        }
    };
    let thread = Builder::new().name(format!("rayon-{number}"));
    thread.spawn(work).ok().map(|_| sender)
}

/// Does `work`, which may use rayon, on the pool of all threads, or, where no thread can be had, on this
/// thread alone.
pub fn with_pool<T>(work: impl FnOnce() -> T) -> T {
    if rayon::current_thread_index().is_none() && !make_pool() {
        // From here on this thread is a pool of its own. If it cannot be, it is one already.
        let _ = ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    }
    work()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    #[test]
    fn work_is_done_with_and_without_a_pool() {
        assert!(make_pool());
        let sum = || with_pool(|| (0..1000).into_par_iter().sum::<u32>());
        assert_eq!(sum(), 499_500);
        // A thread that is a pool of its own, twice.
        thread::scope(|scope| {
            let alone = scope.spawn(|| {
                let pool = ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
                assert!(pool.is_ok());
                (sum(), sum(), rayon::current_num_threads())
            });
            assert_eq!(alone.join().unwrap(), (499_500, 499_500, 1));
        });
    }
}
