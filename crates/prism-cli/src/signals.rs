//! Signals that ask for an end: the first one stops the work, whose best result is still written; the
//! second ends the process on the spot. Work without a result to save ends by the first.
//!
//! They are Ctrl-C, SIGTERM, SIGHUP (the terminal is gone; not under `nohup`, which has it ignored)
//! and SIGXCPU (the CPU time that the system allows is used up). They are taken over only once
//! there is something to save or to clean up: before that, while a graph is read, they end the
//! process as they always do. A thread that does nothing else waits for them, so that they also end
//! a process that is busy or waits for whoever reads its output, and no file stays half written.
//! SIGXCPU comes again every second, so it is never counted as the second one.

use crate::failure::Failure;
use prism_core::io::discard_unfinished;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXCPU, SIGXFSZ};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use signal_hook::low_level;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// The signal that came, if one did.
#[derive(Clone, Debug, Default)]
pub struct Received(Arc<AtomicI32>);

impl Received {
    /// The exit code that a shell expects after the signal.
    pub fn exit_code(&self) -> Option<u8> {
        match self.0.load(Ordering::SeqCst) {
            0 => None,
            signal => u8::try_from(128 + signal).ok(),
        }
    }
}

/// Lets the first of the signals call `stop`, from now on, and the second end the process.
pub fn on_first_signal(stop: impl FnOnce() + Send + 'static) -> Result<Received, Failure> {
    let received = Received::default();
    let first = received.clone();
    let mut stop = Some(stop);
    let mut asked = false;
    on_signals(move |signal| {
        if let Some(stop) = stop.take() {
            first.0.store(signal, Ordering::SeqCst);
            stop();
        } else if asked && signal != SIGXCPU {
            end(signal);
        }
        asked |= signal != SIGXCPU;
    })?;
    Ok(received)
}

/// Lets the first of the signals end the process, from now on, without a file that is half written.
pub fn end_on_signal() -> Result<(), Failure> {
    on_signals(|signal| end(signal))
}

/// Calls `react` for each signal, from a thread of its own.
fn on_signals(mut react: impl FnMut(i32) + Send + 'static) -> Result<(), Failure> {
    let mut taken = vec![SIGINT, SIGTERM, SIGXCPU];
    if !is_ignored(SIGHUP) {
        taken.push(SIGHUP);
    }
    let mut signals = Signals::new(taken).map_err(Failure::Signals)?;
    let wait = move || signals.forever().for_each(&mut react);
    let thread = std::thread::Builder::new().name("signals".to_owned());
    thread.spawn(wait).map(drop).map_err(Failure::Signals)
}

/// Ends the process, with the exit code that a shell expects after the signal.
fn end(signal: i32) -> ! {
    discard_unfinished();
    low_level::exit(128 + signal)
}

/// Makes a write beyond the size that files may have (`ulimit -f`) an error like that of a full disk,
/// instead of the end of the process.
pub fn survive_file_size_limit() -> io::Result<()> {
    // Nobody looks at the flag: that there is a handler is all it takes.
    flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false))).map(drop)
}

/// Whether the process was started with this signal ignored. Only Linux tells; elsewhere no.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored_in(&status) >> (signal - 1) & 1 == 1
}

/// The set of ignored signals in such a file, one bit each.
fn ignored_in(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_set_of_ignored_signals_is_read() {
        let status = "Name:\tprism\nSigBlk:\t0000000000000003\nSigIgn:\t0000000000001001\n";
        assert_eq!(super::ignored_in(status), 1 << 12 | 1);
        assert_eq!(super::ignored_in(""), 0);
    }
}
