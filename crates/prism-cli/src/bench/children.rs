//! The child processes that are running, so that all of them can be ended from another thread.
//!
//! A child is in a process group of its own: Ctrl-C on the terminal reaches the benchmark alone, which
//! then ends its children and knows that it did. What they would still write goes nowhere, so they are
//! killed rather than asked.

use prism_core::threads::spawn_scoped;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};

/// All children of a benchmark.
#[derive(Clone, Debug, Default)]
pub struct Children(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    stopped: bool,
    /// A child in each place that is taken.
    running: Vec<Option<Child>>,
}

/// How a child ended, and what it said.
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Children {
    /// Runs a command to its end; nothing if it was not begun or not finished because of
    /// [`Self::stop`].
    pub fn run(&self, command: &mut Command) -> io::Result<Option<Ended>> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let (place, pipes) = {
            let mut state = self.lock();
            if state.stopped {
                return Ok(None);
            }
            let mut child = command.spawn()?;
            let pipes = (child.stdout.take(), child.stderr.take());
            let place = state.running.iter().position(Option::is_none);
            let place = place.unwrap_or_else(|| {
                state.running.push(None);
                state.running.len() - 1
            });
            state.running[place] = Some(child);
            (place, pipes)
        };
        // Both at once: a child that fills one pipe waits for it to be read. Without a thread they are
        // read one after the other, since what a child says on standard error fits into its pipe.
        let errors = Mutex::new(pipes.1);
        let read_errors = || {
            let pipe = errors.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
            read(pipe)
        };
        let (stdout, stderr) = std::thread::scope(|scope| {
            let thread = std::thread::Builder::new();
            let reader = spawn_scoped(thread, scope, read_errors);
            let stdout = read(pipes.0);
            let stderr = match reader {
                Ok(reader) => reader.join().unwrap_or_else(|_| Ok(Vec::new())),
                Err(_) => read_errors(),
            };
            (stdout, stderr)
        });
        // The pipes are closed: the child has ended or is about to.
        let child = self.lock().running[place].take();
        let Some(mut child) = child else { return Ok(None) };
        let status = child.wait()?;
        if self.lock().stopped && status.code().is_none() {
            return Ok(None);
        }
        Ok(Some(Ended { status, stdout: stdout?, stderr: stderr? }))
    }

    /// Ends all that run and begins no more.
    pub fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        for child in state.running.iter_mut().flatten() {
            // One that has ended by itself needs no end.
            let _ = child.kill();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked elsewhere leaves whole entries behind.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn read(pipe: Option<impl Read>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        pipe.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_heard_until_they_are_stopped() {
        let children = Children::default();
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            children.run(&mut command).unwrap()
        };
        let ended = shell("echo out; echo err >&2; exit 3").unwrap();
        assert_eq!((&*ended.stdout, &*ended.stderr), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(ended.status.code(), Some(3));
        std::thread::scope(|scope| {
            let long = scope.spawn(|| shell("exec sleep 1000"));
            while children.lock().running.iter().flatten().count() == 0 {
                std::thread::yield_now();
            }
            children.stop();
            assert!(long.join().unwrap().is_none(), "it was not stopped");
        });
        assert!(shell("exit 0").is_none(), "it was begun");
    }
}
