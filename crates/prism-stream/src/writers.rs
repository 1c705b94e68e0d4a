//! Threads that help the host to write large configs.
//!
//! A config of some megabytes that the caller has elsewhere has to be copied to where it is sent from.
//! One thread copies 7 to 15 GB/s, the bus takes 50 in each direction: the copy would be the longest
//! part of a step. Eight threads copy five times as much. (A config that is written in place needs no
//! copy at all, see [`submit_with`](crate::AsyncPipelineCoordinator::submit_with).)
//!
//! The caller takes part: it publishes a copy as a number of blocks, and whoever takes the next block
//! copies it. So a helper that the system runs later holds up nothing but the block that it has taken,
//! and one that it runs not at all, nothing. Helpers look for the next copy for [`AWAKE`] and sleep
//! then. Nothing is allocated in a copy.
#![allow(unsafe_code)]

use std::hint::spin_loop;
use std::io;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Most threads that write a config, the caller's among them.
pub const MAX_WRITERS: usize = 16;

/// Bytes from which on a config is worth more than one thread: it takes one 20 us and more.
pub(crate) const LARGE: usize = 256 << 10;

/// Bytes of a block: a microsecond or two of a copy. Larger ones are copied no faster, and the last of
/// them are waited for.
const BLOCK: usize = 16 << 10;

/// How long a helper without work stays awake. To wake one takes about as long.
const AWAKE: Duration = Duration::from_micros(50);

/// How often it looks for work before it looks at the clock.
const LOOKS: u32 = 20;

/// What the caller and the helpers share.
#[derive(Default)]
struct Shared {
    from: AtomicPtr<u8>,
    to: AtomicPtr<u8>,
    bytes: AtomicUsize,
    /// Blocks that nobody has taken.
    left: AtomicUsize,
    /// Blocks that are not copied yet; while there are some, the fields above stay as they are.
    missing: AtomicUsize,
    /// Helpers that sleep or are about to.
    sleepers: AtomicUsize,
    bed: Mutex<()>,
    alarm: Condvar,
    /// How many threads there are to be, the caller's among them.
    wanted: AtomicUsize,
}

impl Shared {
    /// Copies blocks as long as there are some left; answers whether there was one.
    fn copy_what_is_left(&self) -> bool {
        let mut copied = 0;
        while self.copy_a_block() {
            copied += 1;
        }
        if copied > 0 {
            // Write-combined memory is written out late. The device that reads it next takes no part
            // in what threads agree on, so this one writes it out before it counts its blocks.
            fence(Ordering::SeqCst);
            self.missing.fetch_sub(copied, Ordering::Release);
        }
        copied > 0
    }

    /// Takes a block that is left and copies it; answers whether there was one. Whoever has taken one
    /// has it counted as missing until [`copy_what_is_left`](Self::copy_what_is_left) counts it.
    fn copy_a_block(&self) -> bool {
        // Acquires what the caller published before it counted the blocks.
        let (taking, failing) = (Ordering::Acquire, Ordering::Relaxed);
        let taken = self.left.fetch_update(taking, failing, |left| left.checked_sub(1));
        let Ok(left) = taken else { return false };
        let start = (left - 1) * BLOCK;
        let bytes = BLOCK.min(self.bytes.load(Ordering::Relaxed) - start);
        let (from, to) = (self.from.load(Ordering::Relaxed), self.to.load(Ordering::Relaxed));
        // SAFETY: the block has been taken and is missing, so the copy that it is of is not over: its
        // caller waits in `copy`, whose contract holds for both ranges, and nobody else has this block.
        unsafe { to.add(start).copy_from_nonoverlapping(from.add(start), bytes) };
        true
    }

    /// Whether a helper is wanted; the caller is number 0.
    fn wants(&self, helper: usize) -> bool {
        helper < self.wanted.load(Ordering::SeqCst)
    }

    /// What a helper does for as long as it is wanted.
    fn help(&self, helper: usize) {
        let mut idle = Instant::now();
        while self.wants(helper) {
            if self.copy_what_is_left() {
                idle = Instant::now();
            } else if idle.elapsed() < AWAKE {
                for _ in 0..LOOKS {
                    if self.left.load(Ordering::Relaxed) > 0 {
                        break;
                    }
                    spin_loop();
                }
            } else {
                self.sleep(helper);
                idle = Instant::now();
            }
        }
    }

    /// Sleeps until there are blocks, or the helper is not wanted any more.
    fn sleep(&self, helper: usize) {
        let mut bed = self.bed.lock().unwrap_or_else(PoisonError::into_inner);
        // Either this sees the blocks that were published or the caller sees that somebody sleeps.
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        while self.left.load(Ordering::SeqCst) == 0 && self.wants(helper) {
            bed = self.alarm.wait(bed).unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }

    /// Wakes whoever sleeps, if anybody does.
    fn wake(&self) {
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            drop(self.bed.lock().unwrap_or_else(PoisonError::into_inner));
            self.alarm.notify_all();
        }
    }
}

/// The helpers. Without any, the caller copies alone.
#[derive(Default)]
pub(crate) struct Writers {
    shared: Arc<Shared>,
    helpers: Vec<JoinHandle<()>>,
}

impl Writers {
    /// Threads that write a config, the caller's among them.
    pub fn count(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Makes that many of them, at least one. If the system gives fewer threads it is those that there
    /// are.
    pub fn set_count(&mut self, writers: usize) -> io::Result<()> {
        self.shared.wanted.store(writers, Ordering::SeqCst);
        self.shared.wake();
        while self.count() > writers.max(1) {
            // It cannot have panicked: it only copies.
            let _ = self.helpers.pop().map(JoinHandle::join);
        }
        while self.count() < writers {
            let (shared, helper) = (Arc::clone(&self.shared), self.count());
            let thread = thread::Builder::new().name(format!("prism-writer-{helper}"));
            self.helpers.push(thread.spawn(move || shared.help(helper))?);
        }
        Ok(())
    }

    /// Copies `bytes` bytes, those of a large config together with the helpers.
    ///
    /// # Safety
    /// `from` can be read and `to` be written for `bytes` bytes, by any thread; they do not overlap, and
    /// nobody else accesses `to` or writes to `from` meanwhile.
    pub unsafe fn copy(&mut self, from: *const u8, to: *mut u8, bytes: usize) {
        if self.helpers.is_empty() || bytes < LARGE {
            // SAFETY: the caller's promise.
            return unsafe { to.copy_from_nonoverlapping(from, bytes) };
        }
        let (shared, blocks) = (self.shared.as_ref(), bytes.div_ceil(BLOCK));
        shared.from.store(from.cast_mut(), Ordering::Relaxed);
        shared.to.store(to, Ordering::Relaxed);
        shared.bytes.store(bytes, Ordering::Relaxed);
        shared.missing.store(blocks, Ordering::Relaxed);
        shared.left.store(blocks, Ordering::SeqCst);
        shared.wake();
        shared.copy_what_is_left();
        let mut round = 0_u32;
        while shared.missing.load(Ordering::Acquire) > 0 {
            // A helper that was interrupted in its block may need this processor.
            if round < 1000 {
                spin_loop()
            } else {
                thread::yield_now()
            }
            round = round.saturating_add(1);
        }
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        // Fewer threads are to be had in any case.
        let _ = self.set_count(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Copies with whoever is there, and checks every byte and that none beyond was touched.
    fn check(writers: &mut Writers, bytes: usize, seed: u8) {
        let byte = |at: usize| (at as u8).wrapping_mul(31).wrapping_add(seed) ^ (at >> 8) as u8;
        let from: Vec<u8> = (0..bytes).map(byte).collect();
        let mut to = vec![0xa5; bytes + 64];
        // SAFETY: both are of that size, and nobody else knows of them.
        unsafe { writers.copy(from.as_ptr(), to.as_mut_ptr(), bytes) };
        assert_eq!(to[..bytes], from);
        assert!(to[bytes..].iter().all(|&byte| byte == 0xa5));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Copies of all sizes one after the other, helpers awake or asleep, more or fewer of them.
        #[test]
        fn every_byte_arrives_whoever_copies_it(
            copies in proptest::collection::vec(
                (1_usize..6, 0_usize..3 * LARGE, any::<u8>(), any::<bool>()), 1..20,
            ),
        ) {
            let mut writers = Writers::default();
            for (count, bytes, seed, rest) in copies {
                writers.set_count(count).unwrap();
                prop_assert_eq!(writers.count(), count);
                if rest {
                    thread::sleep(4 * AWAKE);
                }
                check(&mut writers, bytes, seed);
            }
        }
    }

    #[test]
    fn copies_follow_one_another_without_a_block_of_the_one_before() {
        let mut writers = Writers::default();
        writers.set_count(3).unwrap();
        let from: Vec<Vec<u8>> =
            (0..4).map(|seed| vec![seed; LARGE + 1000 * usize::from(seed)]).collect();
        let mut to = vec![9; 2 * LARGE];
        for round in 0..2000 {
            let from = &from[round % 4];
            // SAFETY: both are of that size, and nobody else knows of them.
            unsafe { writers.copy(from.as_ptr(), to.as_mut_ptr(), from.len()) };
            assert_eq!(to[..from.len()], *from, "round {round}");
        }
    }

    #[test]
    fn helpers_that_sleep_are_woken_and_go_when_they_are_no_longer_wanted() {
        let mut writers = Writers::default();
        writers.set_count(4).unwrap();
        let shared = Arc::clone(&writers.shared);
        let begun = Instant::now();
        while shared.sleepers.load(Ordering::SeqCst) < 3 {
            assert!(begun.elapsed() < Duration::from_secs(60), "they do not go to sleep");
            thread::yield_now();
        }
        check(&mut writers, LARGE, 1);
        let threads = |writers: &Writers| (writers.count(), Arc::strong_count(&shared) - 1);
        for count in [4, 2, 3, 1] {
            writers.set_count(count).unwrap();
            assert_eq!(threads(&writers), (count, count));
            check(&mut writers, LARGE, count as u8);
        }
        drop(writers);
        assert_eq!(Arc::strong_count(&shared), 1);
    }
}
