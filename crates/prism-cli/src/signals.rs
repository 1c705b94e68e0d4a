//! Ctrl-C and SIGTERM: the first stops the solver, which hands back its best colouring; the second
//! ends the process on the spot.
//!
//! They are taken over only once there is something to save: before that, while a graph is read, they
//! end the process as they always do.

use prism_solver::StopHandle;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

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
    let first = received.clone();
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if first.0.swap(signal, Ordering::SeqCst) != 0 {
                signal_hook::low_level::exit(128 + signal);
            }
            handle.stop();
        }
    });
    Ok(received)
}
