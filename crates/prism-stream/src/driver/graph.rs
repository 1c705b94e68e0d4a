//! The calls that turn a batch of steps into a graph, so that one launch starts all of it.
//!
//! A capture records what one thread enqueues on a stream, and on the streams that join it by waiting
//! for its events, in place of running it. What it recorded is a graph; instantiated, it can be
//! launched any number of times, or be updated from another graph of the same shape. A call that
//! cannot be recorded (an allocation, a wait of the host, a query) fails and spoils the capture, so
//! that its end fails as well.

use std::fmt;

use super::RawStream;
use crate::error::DriverError;

/// What a capture recorded.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RawGraph(pub u64);

/// A graph that can be launched.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RawGraphExec(pub u64);

/// Captures and graphs. The safety contract is that of [`Driver`](super::Driver); what a graph names
/// stays valid for as long as it may be launched, and a graph that runs is neither launched, updated
/// nor destroyed.
///
/// # Safety
/// As for [`Driver`](super::Driver): safe code relies on the answers.
#[allow(clippy::missing_safety_doc)] // one contract, stated above, for all of them
pub unsafe trait GraphDriver: fmt::Debug + Send + Sync {
    /// Records what this thread enqueues on `stream` from now on. Other threads go on as ever.
    unsafe fn capture_begin(&self, stream: RawStream) -> Result<(), DriverError>;
    /// Ends a capture, on the thread and the stream where it began. On an error it has ended too,
    /// and what it recorded is gone.
    unsafe fn capture_end(&self, stream: RawStream) -> Result<RawGraph, DriverError>;
    /// Gives a graph back; what was instantiated from it lives on.
    unsafe fn graph_destroy(&self, graph: RawGraph) -> Result<(), DriverError>;
    /// Makes a graph launchable.
    unsafe fn graph_instantiate(&self, graph: RawGraph) -> Result<RawGraphExec, DriverError>;
    /// Gives an executable graph the parameters of another graph; answers `false`, with the
    /// executable no longer to be launched, if the two differ in more than parameters.
    unsafe fn graph_update(&self, exec: RawGraphExec, from: RawGraph) -> Result<bool, DriverError>;
    /// Enqueues all of a graph as one piece of work on `stream`.
    unsafe fn graph_launch(&self, exec: RawGraphExec, stream: RawStream)
    -> Result<(), DriverError>;
    /// Gives an executable graph back.
    unsafe fn graph_exec_destroy(&self, exec: RawGraphExec) -> Result<(), DriverError>;
}
