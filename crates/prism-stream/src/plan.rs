//! What a step asks of the driver, as data: the policy of every transport, apart from the mechanism.
//!
//! A transport has two axes. [`Placement`]: where config and telemetry live. [`Submission`]: how steps
//! are given to the device. Each pair is a [`Plan`]: short lists of [`Op`]s, which the pipeline walks
//! through; what may overlap with what is decided here and can be read off in one place.
//!
//! A batch walks through `open` once, through `step` once a step, through `close` and `done` once. So
//! the steps of a batch share one event for the host to see, and a batch of mapped steps costs one
//! launch a step and one record. On three streams there is one record and one wait for each edge,
//! upload to kernel and kernel to download. The edge from a kernel to the next upload into its slot
//! needs no wait: the host has seen the slot's download, which came after the kernel, before it
//! writes the slot again.
//!
//! A graph is what the same streams would do, captured: the other streams are forked off the one for
//! kernels at the start and joined to it at the end, and `done` comes after the graph's launch.

use crate::stream::StreamPurpose;
use crate::timeline::Stage;

/// Where config and telemetry live.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Placement {
    /// In device memory, copied from and to pinned staging. Right where a kernel hides the copies, and
    /// for hundreds of kilobytes and more.
    Copied,
    /// In pinned host memory that the kernel reads and writes in place. Right for small payloads of
    /// short kernels, where the calls for a copy and its start take longer than the bytes.
    Mapped,
}

/// How a step's work is given to the device.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Submission {
    /// One stream, waited for after each step: the fallback, and the oracle of the tests.
    Sync,
    /// Streams for upload, kernel and download, ordered by events; the host does not wait.
    Streams,
    /// Each batch as one CUDA graph, captured from these streams and launched as a whole. Right for
    /// batches of short steps: the host makes one call for all, and kernels start about a microsecond
    /// sooner after one another. Right for a mapped step alone, too, if the kernel's launches are all
    /// alike: launching its graph costs the host half a launch. Copied steps that are submitted one by
    /// one would not overlap. Where the driver refuses, as `Streams`.
    Graph,
}

/// An event of a slot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mark {
    /// The config has arrived.
    Uploaded,
    /// The kernel has run.
    Computed,
    /// The telemetry can be read.
    Done,
    /// The graph has begun.
    Forked,
    /// The graph has ended.
    Joined,
}

/// How many kinds of mark there are.
pub(crate) const MARKS: usize = 5;

/// One call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Op {
    /// Copy the config to the device.
    Upload(StreamPurpose),
    /// Run the step's kernels.
    Launch,
    /// Copy the telemetry to the host.
    Download(StreamPurpose),
    /// The mark is reached when the stream gets here.
    Record(Mark, StreamPurpose),
    /// The stream goes on when the mark is reached.
    Wait(Mark, StreamPurpose),
}

impl Op {
    /// The stage of a step that this call is, if it is one, and the stream that it is on.
    pub const fn stage(self) -> Option<(Stage, StreamPurpose)> {
        match self {
            Self::Upload(on) => Some((Stage::Upload, on)),
            Self::Launch => Some((Stage::Kernel, KernelExecution)),
            Self::Download(on) => Some((Stage::Download, on)),
            Self::Record(..) | Self::Wait(..) => None,
        }
    }
}

/// The calls of a batch, in order. The kernel always runs on the stream for kernels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Plan {
    /// Before the first step, on its slot.
    pub open: &'static [Op],
    /// Each step, on its slot.
    pub step: &'static [Op],
    /// After the last step, on its slot.
    pub close: &'static [Op],
    /// So that the host can see the batch end, on the last step's slot.
    pub done: &'static [Op],
}

use Mark::{Computed, Done, Forked, Joined, Uploaded};
use Op::{Download, Launch, Record, Upload, Wait};
use StreamPurpose::{ConfigUpload, KernelExecution, TelemetryDownload};

/// A copied step on three streams, its edges made by events.
const COPIED: &[Op] = &[
    Upload(ConfigUpload),
    Record(Uploaded, ConfigUpload),
    Wait(Uploaded, KernelExecution),
    Launch,
    Record(Computed, KernelExecution),
    Wait(Computed, TelemetryDownload),
    Download(TelemetryDownload),
];

/// The plan of a transport.
pub(crate) const fn plan(placement: Placement, submission: Submission) -> Plan {
    let (open, step, close, done): (&[Op], &[Op], &[Op], &[Op]) = match (submission, placement) {
        (Submission::Sync, Placement::Copied) => (
            &[],
            &[Upload(KernelExecution), Launch, Download(KernelExecution)],
            &[],
            &[Record(Done, KernelExecution)],
        ),
        (Submission::Streams, Placement::Copied) => {
            (&[], COPIED, &[], &[Record(Done, TelemetryDownload)])
        }
        (Submission::Graph, Placement::Copied) => (
            &[Record(Forked, KernelExecution), Wait(Forked, ConfigUpload)],
            COPIED,
            &[Record(Joined, TelemetryDownload), Wait(Joined, KernelExecution)],
            &[Record(Done, KernelExecution)],
        ),
        (_, Placement::Mapped) => (&[], &[Launch], &[], &[Record(Done, KernelExecution)]),
    };
    Plan { open, step, close, done }
}

impl Plan {
    /// All calls, in the order of a batch of one.
    pub fn calls(self) -> impl Iterator<Item = Op> {
        [self.open, self.step, self.close, self.done].into_iter().flatten().copied()
    }
}

/// Whether a step leaves the host free, so that several can be in flight.
pub(crate) const fn overlaps(submission: Submission) -> bool {
    !matches!(submission, Submission::Sync)
}

/// The streams that a plan uses.
pub(crate) fn purposes(placement: Placement, submission: Submission) -> Vec<StreamPurpose> {
    let uses = |purpose: &StreamPurpose| {
        plan(placement, submission).calls().any(|op| match op {
            Upload(on) | Download(on) | Record(_, on) | Wait(_, on) => on == *purpose,
            Launch => *purpose == KernelExecution,
        })
    };
    StreamPurpose::ALL.into_iter().filter(uses).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(Placement, Submission); 6] = [
        (Placement::Copied, Submission::Sync),
        (Placement::Mapped, Submission::Sync),
        (Placement::Copied, Submission::Streams),
        (Placement::Mapped, Submission::Streams),
        (Placement::Copied, Submission::Graph),
        (Placement::Mapped, Submission::Graph),
    ];

    /// The calls of a batch of three, each with the slot whose mark it concerns.
    fn batch(placement: Placement, submission: Submission) -> Vec<(usize, Op)> {
        let plan = plan(placement, submission);
        let on = |slot: usize, ops: &[Op]| ops.iter().map(|op| (slot, *op)).collect::<Vec<_>>();
        let mut calls = on(0, plan.open);
        (0..3).for_each(|slot| calls.extend(on(slot, plan.step)));
        calls.extend(on(2, plan.close));
        calls.extend(on(2, plan.done));
        calls
    }

    #[test]
    fn every_wait_follows_the_record_of_its_mark() {
        for (placement, submission) in ALL {
            let mut recorded = Vec::new();
            for (slot, op) in batch(placement, submission) {
                match op {
                    Record(mark, _) => recorded.push((slot, mark)),
                    Wait(mark, _) => assert!(recorded.contains(&(slot, mark)), "{submission:?}"),
                    _ => {}
                }
            }
            assert_eq!(recorded.last(), Some(&(2, Done)), "the host can see every batch end");
        }
    }

    #[test]
    fn each_edge_is_one_record_and_one_wait() {
        let plan = plan(Placement::Copied, Submission::Streams);
        for mark in [Uploaded, Computed] {
            let records =
                plan.calls().filter(|op| matches!(op, Record(m, _) if *m == mark)).count();
            let waits = plan.calls().filter(|op| matches!(op, Wait(m, _) if *m == mark)).count();
            assert_eq!((records, waits), (1, 1), "{mark:?}");
        }
    }

    #[test]
    fn a_batch_of_mapped_steps_is_a_launch_a_step_and_one_record() {
        let calls: Vec<Op> =
            batch(Placement::Mapped, Submission::Streams).into_iter().map(|(_, op)| op).collect();
        assert_eq!(calls, [Launch, Launch, Launch, Record(Done, KernelExecution)]);
    }

    #[test]
    fn work_on_different_streams_is_joined_by_an_event() {
        for (placement, submission) in ALL {
            let mut stream = None;
            let mut joined = true;
            for op in plan(placement, submission).calls() {
                let on = match op {
                    Upload(on) | Download(on) => on,
                    Launch => KernelExecution,
                    Wait(..) => {
                        joined = true;
                        continue;
                    }
                    Record(..) => continue,
                };
                assert!(stream.is_none() || stream == Some(on) || joined);
                stream = Some(on);
                joined = false;
            }
        }
    }

    #[test]
    fn every_stream_of_a_graph_is_forked_from_and_joined_to_the_one_that_captures() {
        let calls = batch(Placement::Copied, Submission::Graph);
        // What the capturing stream has seen of each stream grows by its waits, as a clock does.
        let mut clocks = std::collections::HashMap::from([(KernelExecution, [0_usize; 3])]);
        let mut marks = std::collections::HashMap::new();
        for (slot, op) in &calls[..calls.len() - 1] {
            let (on, index) = match op {
                Upload(on) | Download(on) | Record(_, on) | Wait(_, on) => (*on, *on as usize),
                Launch => (KernelExecution, KernelExecution as usize),
            };
            if let Wait(mark, _) = op {
                let seen: [usize; 3] = marks[&(*slot, *mark as usize)];
                let clock = clocks.entry(on).or_insert([0; 3]);
                (0..3).for_each(|at| clock[at] = clock[at].max(seen[at]));
            }
            let clock = clocks.get_mut(&on).expect("a stream joins the capture by a wait");
            if let Record(mark, _) = op {
                marks.insert((*slot, *mark as usize), *clock);
            } else {
                clock[index] += 1;
            }
        }
        let end = clocks[&KernelExecution];
        for (stream, clock) in &clocks {
            assert!(end[*stream as usize] >= clock[*stream as usize], "{stream:?} is not joined");
        }
    }

    #[test]
    fn the_sync_fallback_needs_one_stream() {
        assert_eq!(purposes(Placement::Copied, Submission::Sync), [KernelExecution]);
        assert_eq!(purposes(Placement::Copied, Submission::Streams).len(), 3);
        assert_eq!(purposes(Placement::Mapped, Submission::Streams), [KernelExecution]);
    }

    #[test]
    fn a_graph_that_is_refused_needs_nothing_that_its_lanes_lack() {
        for placement in [Placement::Copied, Placement::Mapped] {
            let graph: Vec<Op> = plan(placement, Submission::Graph).calls().collect();
            let has =
                |wanted: Mark| graph.iter().any(|op| matches!(op, Record(m, _) if *m == wanted));
            for op in plan(placement, Submission::Streams).calls() {
                assert!(!matches!(op, Record(mark, _) if !has(mark)));
            }
            assert_eq!(
                purposes(placement, Submission::Graph),
                purposes(placement, Submission::Streams)
            );
        }
    }
}
