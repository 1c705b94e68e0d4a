//! Work without the GIL that Ctrl-C ends.
//!
//! Python runs what a signal asks for on its main thread alone, and only between steps of Python's. So work that
//! takes long goes to a thread of its own, while the thread that asked for it looks for signals a few times a
//! second.

use crate::failure;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// How often signals are looked for.
pub const LOOK: Duration = Duration::from_millis(50);

/// The stack of a thread that searches, as that of a process.
const STACK: usize = 8 << 20;

/// A thread that searches.
pub fn thread() -> std::thread::Builder {
    std::thread::Builder::new().name("prism".to_owned()).stack_size(STACK)
}

/// There is no thread to be had.
pub fn no_thread(error: std::io::Error) -> PyErr {
    PyOSError::new_err(format!("no thread to work on: {error}"))
}

/// Works without the GIL until it is done. If a signal raises an exception meanwhile, `stop` is called, and the
/// exception raised once the work has come back.
pub fn without_gil<T: Send>(
    py: Python<'_>,
    stop: impl Fn() + Sync,
    work: impl FnOnce() -> T + Send,
) -> PyResult<T> {
    py.detach(|| {
        std::thread::scope(|scope| {
            let (done, wait) = mpsc::channel::<()>();
            let worker = thread().spawn_scoped(scope, move || {
                let result = work();
                drop(done);
                result
            });
            let worker = worker.map_err(no_thread)?;
            let mut signal = None;
            // The sender is dropped also when the work panics.
            while wait.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if signal.is_none() {
                    signal = Python::attach(|py| py.check_signals()).err();
                    if signal.is_some() {
                        stop();
                    }
                }
            }
            let result = worker.join().map_err(|_| failure::internal("a thread panicked"))?;
            signal.map_or(Ok(result), Err)
        })
    })
}
