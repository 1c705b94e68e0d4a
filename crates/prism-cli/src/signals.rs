//! Signals that ask for an end: the first one stops the work, whose best result is still written; the
//! second ends the process on the spot. Work without a result to save ends by the first.
//!
//! They are Ctrl-C, SIGTERM, SIGHUP (the terminal is gone; not under `nohup`, which has it ignored)
//! and SIGXCPU (the CPU time that the system allows is used up). They are taken over only once
//! there is something to save or to clean up: before that, while a graph is read, they end the
//! process as they always do. A thread that does nothing else waits for them, so that they also end
//! a process that is busy or waits for whoever reads its output, and no file stays half written.
//! SIGXCPU comes again every second, so it is never counted as the second one.
//!
//! Where the system gives no thread, the handlers set a flag that the solver looks at, and the second
//! signal ends the process; who has no such flag leaves the signals as they are.

mod ignored;

use crate::failure::Failure;
use ignored::is_ignored;
use prism_core::io::discard_unfinished;
use prism_core::threads::spawn;
use signal_hook::consts::{SIGABRT, SIGHUP, SIGINT, SIGTERM, SIGXCPU, SIGXFSZ};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use signal_hook::low_level;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

/// The signal that came, if one did.
#[derive(Clone, Debug, Default)]
pub struct Received(Arc<AtomicUsize>);

impl Received {
    /// The exit code that a shell expects after the signal.
    pub fn exit_code(&self) -> Option<u8> {
        match self.0.load(Ordering::SeqCst) {
            0 => None,
            signal => u8::try_from(128 + signal).ok(),
        }
    }
}

/// Lets the first of the signals call `stop`, from now on, and the second end the process. Without a
/// thread to wait for them the first one sets `flag`, if there is one.
pub fn on_first_signal(
    stop: impl FnOnce() + Send + 'static,
    flag: Option<Arc<AtomicBool>>,
) -> Result<Received, Failure> {
    let received = Received::default();
    let first = received.clone();
    let mut stop = Some(stop);
    let waits = on_signals(move |signal| {
        if let Some(stop) = stop.take() {
            first.0.store(signal as usize, Ordering::SeqCst);
            stop();
        } else if signal != SIGXCPU {
            // That one comes again every second.
            end(signal);
        }
    })?;
    if let (false, Some(flag)) = (waits, flag) {
        set_flags(&flag, &received.0).map_err(Failure::Signals)?;
    }
    Ok(received)
}

/// Lets the first of the signals set `flag` and say in `first` which it was, and the second end the
/// process.
fn set_flags(flag: &Arc<AtomicBool>, first: &Arc<AtomicUsize>) -> io::Result<()> {
    for signal in taken() {
        if signal != SIGXCPU {
            // Asked before the flag is set.
            flag::register_conditional_shutdown(signal, 128 + signal, flag.clone())?;
        }
        flag::register(signal, flag.clone())?;
        flag::register_usize(signal, first.clone(), signal as usize)?;
    }
    Ok(())
}

/// Lets the first of the signals end the process, from now on, without a file that is half written.
pub fn end_on_signal() -> Result<(), Failure> {
    on_signals(|signal| end(signal)).map(drop)
}

/// The signals that are taken over.
fn taken() -> Vec<i32> {
    let mut taken = vec![SIGINT, SIGTERM, SIGXCPU];
    if !is_ignored(SIGHUP) {
        taken.push(SIGHUP);
    }
    taken
}

/// Calls `react` for each signal, from a thread of its own; false if there is none to be had, and the
/// signals are as they were.
fn on_signals(mut react: impl FnMut(i32) + Send + 'static) -> Result<bool, Failure> {
    let (send, receive) = channel::<Signals>();
    let wait = move || {
        if let Ok(mut signals) = receive.recv() {
            signals.forever().for_each(&mut react);
        }
    };
    let thread = std::thread::Builder::new().name("signals".to_owned());
    if let Err(error) = spawn(thread, wait) {
        tracing::warn!(%error, "no thread to wait for signals");
        return Ok(false);
    }
    let signals = Signals::new(taken()).map_err(Failure::Signals)?;
    Ok(send.send(signals).is_ok())
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

/// Makes the end of a process that finds no memory where nothing was prepared for it one that has an exit
/// code of its own. What the allocator has to say is on standard error by then.
pub fn survive_abort(code: u8) -> io::Result<()> {
    flag::register_conditional_shutdown(SIGABRT, code.into(), Arc::new(true.into())).map(drop)
}
