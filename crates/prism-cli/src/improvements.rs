//! The file of `--save-improvements`: each better colouring is in it soon after it is found, so that a
//! process that is killed after hours loses the last second and no more.
//!
//! A thread writes, so that the search does not wait for the disk: the first colouring at once, then the
//! best of each second, and in the end what is left. Where the system gives no thread, the search writes
//! itself when a colouring is found, if the last one is a second old.

use prism_core::Coloring;
use prism_core::threads::spawn;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Least time between the beginnings of two writes.
const EVERY: Duration = Duration::from_secs(1);

/// Takes better and better colourings to their file.
pub struct Improvements {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

/// Writes a colouring to the file, unless there is one that is as good; then says how many colours that has.
type Write = dyn Fn(&Coloring) -> io::Result<Option<usize>> + Send + Sync;

struct Shared {
    write: Box<Write>,
    state: Mutex<State>,
    /// Rung when there is a colouring, or when there will be no more.
    news: Condvar,
}

#[derive(Default)]
struct State {
    /// The best colouring, until it is written.
    waiting: Option<Coloring>,
    ended: bool,
    written_at: Option<Instant>,
    /// What the last write came to.
    last: Option<io::Result<Option<usize>>>,
}

impl Improvements {
    /// Writes colourings by `write`.
    pub fn new(
        write: impl Fn(&Coloring) -> io::Result<Option<usize>> + Send + Sync + 'static,
    ) -> Self {
        let (state, news) = (Mutex::default(), Condvar::new());
        let shared = Arc::new(Shared { write: Box::new(write), state, news });
        let thread = std::thread::Builder::new().name("improvements".to_owned());
        let own = shared.clone();
        let writer = spawn(thread, move || own.write_until_ended());
        let writer = writer.inspect_err(|error| tracing::warn!(%error, "no thread to write from"));
        Self { shared, writer: writer.ok() }
    }

    /// Takes a colouring that is better than those before; it is written if it is better than what is in
    /// the file, too.
    pub fn found(&self, coloring: &Coloring) {
        let mut state = self.shared.state();
        state.waiting = Some(coloring.clone());
        if self.writer.is_some() {
            self.shared.news.notify_one();
        } else if state.time_left().is_zero() {
            drop(self.shared.write_waiting(state));
        }
    }

    /// Writes what is left. Gives the number of colours of what is in the file and not of this run, if that
    /// is as good as the best of it. The error is that of the last write: what an earlier one could not
    /// write has been replaced since.
    pub fn finish(self) -> io::Result<Option<usize>> {
        self.shared.state().ended = true;
        self.shared.news.notify_one();
        if let Some(writer) = self.writer {
            // It has left nothing behind, or, had it panicked, a colouring that is written now.
            let _ = writer.join();
        }
        let mut state = self.shared.write_waiting(self.shared.state());
        state.last.take().unwrap_or(Ok(None))
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writer's loop.
    fn write_until_ended(&self) {
        let mut state = self.state();
        loop {
            let left = state.time_left();
            if state.ended || (state.waiting.is_some() && left.is_zero()) {
                let ended = state.ended;
                state = self.write_waiting(state);
                if ended {
                    return;
                }
            } else if state.waiting.is_some() {
                let waited = self.news.wait_timeout(state, left);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            } else {
                state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Writes the colouring that waits, if one does, while others may be found.
    fn write_waiting<'s>(&'s self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let Some(coloring) = state.waiting.take() else { return state };
        state.written_at = Some(Instant::now());
        drop(state);
        let written = (self.write)(&coloring);
        let mut state = self.state();
        if written.is_err() {
            // To be tried again, unless there is a better one by now.
            state.waiting.get_or_insert(coloring);
        }
        state.last = Some(written);
        state
    }
}

impl State {
    /// How long to wait before the next write.
    fn time_left(&self) -> Duration {
        let since = self.written_at.map(|at| at.elapsed());
        since.map_or(Duration::ZERO, |since| EVERY.saturating_sub(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prism_core::Color;

    fn coloring(color: Color) -> Coloring {
        Coloring::from_colors(vec![color])
    }

    /// What was written of colourings that come in quick succession.
    fn written(
        threaded: bool,
        fails: impl Fn(usize) -> bool + Send + Sync + 'static,
    ) -> Vec<Color> {
        let seen = Arc::new(Mutex::new((0, Vec::new())));
        let log = seen.clone();
        let mut improvements = Improvements::new(move |coloring: &Coloring| {
            let mut log = log.lock().unwrap();
            log.0 += 1;
            if fails(log.0) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            log.1.push(coloring.colors()[0]);
            Ok(None)
        });
        if !threaded {
            improvements.shared.state().ended = true;
            improvements.shared.news.notify_one();
            improvements.writer.take().unwrap().join().unwrap();
        }
        for color in (0..500).rev() {
            improvements.found(&coloring(color));
        }
        improvements.finish().unwrap();
        seen.lock().unwrap().1.clone()
    }

    #[test]
    fn the_last_one_is_never_left_unwritten() {
        for threaded in [true, false] {
            let colors = written(threaded, |_| false);
            assert_eq!(colors.last(), Some(&0), "{colors:?}");
            assert!(colors.is_sorted_by(|a, b| a > b), "{colors:?}");
            assert!(colors.len() < 500, "it writes each: {colors:?}");
        }
        assert_eq!(written(false, |_| false)[0], 499, "the first is written at once");
    }

    #[test]
    fn what_the_last_write_left_there_is_told() {
        let left = |colors: usize| (colors > 3).then_some(3);
        for last in [4, 3] {
            let improvements = Improvements::new(move |coloring| Ok(left(coloring.num_colors())));
            for colors in (last..6).rev() {
                improvements.found(&Coloring::from_colors((0..colors).collect()));
            }
            assert_eq!(improvements.finish().unwrap(), left(last.into()));
        }
    }

    #[test]
    fn a_write_that_fails_is_tried_again() {
        for threaded in [true, false] {
            assert_eq!(written(threaded, |write| write == 1).last(), Some(&0));
        }
        let improvements = Improvements::new(|_| Err(io::ErrorKind::StorageFull.into()));
        improvements.found(&coloring(1));
        assert_eq!(improvements.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(Improvements::new(|_| Ok(None)).finish().is_ok());
    }
}
