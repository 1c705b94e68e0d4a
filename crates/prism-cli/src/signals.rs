//! SIGINT and SIGTERM: the first one stops the search, the second one ends the program.

use crate::exit::Failure;
use prism_solver::StopHandle;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

/// The signal that came, if any.
#[derive(Clone, Debug, Default)]
pub struct Caught(Arc<AtomicI32>);

impl Caught {
    /// Its number.
    pub fn get(&self) -> Option<i32> {
        Some(self.0.load(Ordering::SeqCst)).filter(|&signal| signal != 0)
    }
}

/// Pulls `stop` at the first signal, and ends the program at the second.
pub fn stop_on_signals(stop: StopHandle) -> Result<Caught, Failure> {
    let caught = Caught::default();
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|error| Failure::Input(format!("cannot handle signals: {error}")))?;
    let record = caught.clone();
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if record.get().is_some() {
                std::process::exit(128 + signal);
            }
            record.0.store(signal, Ordering::SeqCst);
            stop.stop();
        }
    });
    Ok(caught)
}
