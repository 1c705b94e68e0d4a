//! Batches as graphs: captured once, launched as often as their slots come round.
//!
//! A [`Capture`] is a guard: whatever happens between its beginning and its end, an error or a panic
//! included, the streams record no longer when it goes, and the part of a graph that was made goes
//! with it. [`Graphs`] keeps one executable graph for each run of slots that a batch has used, since a
//! graph has the addresses of its slots in it, and since an executable graph must not run twice at a
//! time: slots that are free again are what says that its last run is over.
//!
//! The graphs are kept beside the slots whose memory they name, and dropped before them, and are
//! forgotten when another kernel is bound. A kernel whose launches are all alike (see
//! [`StepKernel::repeats`](crate::StepKernel::repeats)) is captured once a run of slots; else each
//! batch is captured anew and its parameters are given to the executable graph that there is, which is
//! instantiated again only if the driver finds that the shapes differ.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::driver::{Driver, RawGraph, RawGraphExec, RawStream};
use crate::error::DriverError;
use crate::handles::{Ledger, note};

/// A capture that has begun. The context is bound to the thread, which is the one that ends it.
pub(crate) struct Capture<'a> {
    driver: &'a dyn Driver,
    /// `None` once it was ended.
    stream: Option<RawStream>,
    /// Not `Send`: a capture is ended by the thread that began it.
    thread: PhantomData<*const ()>,
}

impl<'a> Capture<'a> {
    /// Records what this thread enqueues on `stream` from now on. The stream is leased.
    pub fn begin(driver: &'a dyn Driver, stream: RawStream) -> Result<Self, DriverError> {
        // SAFETY: the stream is leased by the caller for longer than this lives.
        unsafe { driver.capture_begin(stream) }?;
        Ok(Self { driver, stream: Some(stream), thread: PhantomData })
    }

    /// Ends the capture.
    pub fn end(mut self) -> Result<Graph<'a>, DriverError> {
        self.finish()
    }

    fn finish(&mut self) -> Result<Graph<'a>, DriverError> {
        let ended = DriverError { code: DriverError::INVALID_VALUE, call: "cuStreamEndCapture" };
        let stream = self.stream.take().ok_or(ended)?;
        // SAFETY: the capture began on this stream and on this thread, and it is ended once.
        let raw = unsafe { self.driver.capture_end(stream) }?;
        Ok(Graph { driver: self.driver, raw })
    }
}

impl Drop for Capture<'_> {
    fn drop(&mut self) {
        if self.stream.is_some() {
            // A graph that comes of it, and it may be half of one, is dropped at once.
            note("a capture", self.finish().map(drop));
        }
    }
}

/// What a capture recorded.
pub(crate) struct Graph<'a> {
    driver: &'a dyn Driver,
    raw: RawGraph,
}

impl Drop for Graph<'_> {
    fn drop(&mut self) {
        // SAFETY: the one owner goes.
        note("a graph", unsafe { self.driver.graph_destroy(self.raw) });
    }
}

/// A graph that can be launched.
struct GraphExec {
    driver: Arc<dyn Driver>,
    raw: RawGraphExec,
}

impl Drop for GraphExec {
    fn drop(&mut self) {
        note("a context", self.driver.bind());
        // SAFETY: the one owner goes, once no run of it is in flight.
        note("an executable graph", unsafe { self.driver.graph_exec_destroy(self.raw) });
    }
}

/// The executable graphs of a pipeline, by run: the first slot, and the number of steps.
#[derive(Default)]
pub(crate) struct Graphs {
    execs: BTreeMap<(usize, usize), GraphExec>,
}

impl Graphs {
    /// Whether there is a graph for these slots.
    pub fn has(&self, run: (usize, usize)) -> bool {
        self.execs.contains_key(&run)
    }

    /// Makes a graph the one for these slots: by an update, else by instantiating it.
    pub fn put(
        &mut self,
        run: (usize, usize),
        graph: &Graph<'_>,
        driver: &Arc<dyn Driver>,
        ledger: &Ledger,
    ) -> Result<(), DriverError> {
        if let Some(exec) = self.execs.get(&run) {
            // SAFETY: its slots are free, so its last run is over; both handles are alive.
            if unsafe { driver.graph_update(exec.raw, graph.raw) }? {
                return Ok(());
            }
            self.execs.remove(&run);
        }
        // SAFETY: the graph is alive.
        let raw = unsafe { driver.graph_instantiate(graph.raw) }?;
        ledger.allocations.fetch_add(1, Ordering::Relaxed);
        self.execs.insert(run, GraphExec { driver: Arc::clone(driver), raw });
        Ok(())
    }

    /// Launches the graph for these slots, which are free.
    pub fn launch(&self, run: (usize, usize), stream: RawStream) -> Result<(), DriverError> {
        let missing = DriverError { code: DriverError::INVALID_VALUE, call: "cuGraphLaunch" };
        let exec = self.execs.get(&run).ok_or(missing)?;
        // SAFETY: its last run is over, since its slots are free; what it names is beside it and in
        // the kernel that is bound; the stream is leased.
        unsafe { exec.driver.graph_launch(exec.raw, stream) }
    }

    /// Forgets all graphs; none is in flight.
    pub fn clear(&mut self) {
        self.execs.clear();
    }
}
