//! What a step asks of the driver, as data: the policy of every transport, apart from the mechanism.
//!
//! A transport has two axes. [`Placement`]: where config and telemetry live. [`Submission`]: how many
//! streams carry a step. Each pair is a short list of [`Op`]s, which the pipeline walks through; what
//! may overlap with what is decided here and can be read off in one place.
//!
//! The three-stream list has one record and one wait for each edge, upload to kernel and kernel to
//! download, and one record for the host to see. The edge from a kernel to the next upload into its
//! slot needs no wait: the host has seen the slot's download, which came after the kernel, before it
//! writes the slot again.

use crate::stream::StreamPurpose;

/// Where config and telemetry live.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Placement {
    /// In device memory, copied from and to pinned staging. Right for kilobytes and more.
    Copied,
    /// In pinned host memory that the kernel reads and writes in place. Right for small payloads.
    Mapped,
}

/// How a step's work is given to the device.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Submission {
    /// One stream, waited for after each step: the fallback, and the oracle of the tests.
    Sync,
    /// Streams for upload, kernel and download, ordered by events; the host does not wait.
    Streams,
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
}

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
    /// The host waits for the mark.
    HostWait(Mark),
}

use Mark::{Computed, Done, Uploaded};
use Op::{Download, HostWait, Launch, Record, Upload, Wait};
use StreamPurpose::{ConfigUpload, KernelExecution, TelemetryDownload};

/// The calls of a step, in order. The kernel always runs on the stream for kernels.
pub(crate) const fn calls(placement: Placement, submission: Submission) -> &'static [Op] {
    match (submission, placement) {
        (Submission::Sync, Placement::Copied) => &[
            Upload(KernelExecution),
            Launch,
            Download(KernelExecution),
            Record(Done, KernelExecution),
            HostWait(Done),
        ],
        (Submission::Sync, Placement::Mapped) => {
            &[Launch, Record(Done, KernelExecution), HostWait(Done)]
        }
        (Submission::Streams, Placement::Copied) => &[
            Upload(ConfigUpload),
            Record(Uploaded, ConfigUpload),
            Wait(Uploaded, KernelExecution),
            Launch,
            Record(Computed, KernelExecution),
            Wait(Computed, TelemetryDownload),
            Download(TelemetryDownload),
            Record(Done, TelemetryDownload),
        ],
        (Submission::Streams, Placement::Mapped) => &[Launch, Record(Done, KernelExecution)],
    }
}

/// Whether a step leaves the host free, so that several can be in flight.
pub(crate) const fn overlaps(submission: Submission) -> bool {
    matches!(submission, Submission::Streams)
}

/// The streams that a plan uses.
pub(crate) fn purposes(placement: Placement, submission: Submission) -> Vec<StreamPurpose> {
    let uses = |purpose: &StreamPurpose| {
        calls(placement, submission).iter().any(|op| match op {
            Upload(on) | Download(on) | Record(_, on) | Wait(_, on) => on == purpose,
            Launch => *purpose == KernelExecution,
            HostWait(_) => false,
        })
    };
    StreamPurpose::ALL.into_iter().filter(uses).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(Placement, Submission); 4] = [
        (Placement::Copied, Submission::Sync),
        (Placement::Mapped, Submission::Sync),
        (Placement::Copied, Submission::Streams),
        (Placement::Mapped, Submission::Streams),
    ];

    #[test]
    fn every_wait_follows_the_record_of_its_mark() {
        for (placement, submission) in ALL {
            let mut recorded = Vec::new();
            for op in calls(placement, submission) {
                match op {
                    Record(mark, _) => recorded.push(*mark),
                    Wait(mark, _) | HostWait(mark) => assert!(recorded.contains(mark)),
                    _ => {}
                }
            }
            assert_eq!(recorded.last(), Some(&Done), "the host can see every step end");
        }
    }

    #[test]
    fn each_edge_is_one_record_and_one_wait() {
        let plan = calls(Placement::Copied, Submission::Streams);
        for mark in [Uploaded, Computed] {
            let records = plan.iter().filter(|op| matches!(op, Record(m, _) if *m == mark)).count();
            let waits = plan.iter().filter(|op| matches!(op, Wait(m, _) if *m == mark)).count();
            assert_eq!((records, waits), (1, 1), "{mark:?}");
        }
        assert!(!plan.iter().any(|op| matches!(op, HostWait(_))), "the host never waits in it");
    }

    #[test]
    fn work_on_different_streams_is_joined_by_an_event() {
        for (placement, submission) in ALL {
            let mut stream = None;
            let mut joined = true;
            for op in calls(placement, submission) {
                let on = match op {
                    Upload(on) | Download(on) => *on,
                    Launch => KernelExecution,
                    Wait(..) => {
                        joined = true;
                        continue;
                    }
                    _ => continue,
                };
                assert!(stream.is_none() || stream == Some(on) || joined);
                stream = Some(on);
                joined = false;
            }
        }
    }

    #[test]
    fn the_sync_fallback_needs_one_stream() {
        assert_eq!(purposes(Placement::Copied, Submission::Sync), [KernelExecution]);
        assert_eq!(purposes(Placement::Copied, Submission::Streams).len(), 3);
        assert_eq!(purposes(Placement::Mapped, Submission::Streams), [KernelExecution]);
    }
}
