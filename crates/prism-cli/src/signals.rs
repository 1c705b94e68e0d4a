//! Signals that ask for an end: the first one stops the work, whose best result is still written; the
//! second ends the process on the spot. Work without a result to save ends by the first.
//!
//! They are Ctrl-C, SIGTERM, SIGHUP (the terminal is gone; not under `nohup`, which has it ignored)
//! and SIGXCPU (the CPU time that the system allows is used up). They are taken over only once
//! there is something to save or to clean up: before that, while a graph is read, they end the
//! process as they always do. A thread that does nothing else waits for them, so that they also end
//! a process that is busy or waits for whoever reads its output, and no file stays half written.
//! SIGXCPU comes again every second, so it is never counted as the second one.

mod ignored;

use crate::failure::Failure;
use ignored::is_ignored;
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
    on_signals(move |signal| {
        if let Some(stop) = stop.take() {
            first.0.store(signal, Ordering::SeqCst);
            stop();
        } else if signal != SIGXCPU {
            // That one comes again every second.
            end(signal);
        }
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
