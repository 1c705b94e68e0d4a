//! Ctrl-C and SIGTERM: the first stops the solver, which hands back its best colouring; the second
//! ends the process on the spot.
//!
//! They are taken over only once there is something to save: before that, while a graph is read, they
//! end the process as they always do. The second signal is dealt with where it arrives, by the handler
//! itself, so that it also ends a process that is busy or waits for whoever reads its output.

use prism_solver::StopHandle;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;
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

/// Lets the two signals stop `handle` from now on.
pub fn stop_on_signal(handle: StopHandle) -> std::io::Result<Received> {
    let received = Received::default();
    let came = Arc::new(AtomicBool::new(false));
    let signals = [SIGINT, SIGTERM];
    for signal in signals {
        // Handlers run in this order: the first signal finds the flag down and leaves it up.
        flag::register_conditional_shutdown(signal, 128 + signal, came.clone())?;
        flag::register(signal, came.clone())?;
    }
    let first = received.clone();
    let mut signals = Signals::new(signals)?;
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            first.0.store(signal, Ordering::SeqCst);
            handle.stop();
        }
    });
    Ok(received)
}
