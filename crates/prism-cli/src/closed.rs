//! Whether standard output was closed when the program was started (`prism ... >&-`).
//!
//! Before `main`, Rust opens `/dev/null` in place of standard streams that are closed, so that no other
//! file takes their numbers. What is written there is lost without an error. So a function that runs
//! even before that asks the system once.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

static STDOUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

// It makes one system call and stores to an atomic: nothing that has to be set up before it is used,
// which is what the macro has its caller confirm. There is no later way to tell: whoever starts programs
// may hand them the same `/dev/null`, opened in the same way, on purpose.
ctor::declarative::ctor! {
    #[ctor(unsafe)]
    fn look_at_stdout() {
        let closed = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err();
        STDOUT_WAS_CLOSED.store(closed, Ordering::Relaxed);
    }
}

/// An error if standard output was closed from the start.
pub fn stdout_is_open() -> io::Result<()> {
    if STDOUT_WAS_CLOSED.load(Ordering::Relaxed) {
        return Err(io::Error::other("it is closed"));
    }
    Ok(())
}
