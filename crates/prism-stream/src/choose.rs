//! Which transport suits a kernel and its payload: the policy of the automatic choice, as arithmetic.
//!
//! A step can be no faster than the slowest of three: the kernels, the copies, and the host, which has
//! to write the config and to make the step's calls. The first steps of a pipeline measure all of them
//! ([`Measured`]); from that, [`choose`] predicts what each transport would take a step and picks the
//! least or, of those within a factor of [`CLOSE`] of it, the one whose calls cost the host least. Nothing
//! in here touches a device or a clock.
//!
//! What the prediction knows: copies and kernels overlap as far as there are copy engines, and copies
//! in both directions slow each other down, so both at once are measured and not computed. Graphs
//! follow one another: each begins with an upload that no kernel hides and ends with a download. Where
//! no second batch fits into the slots, that holds for batches on streams as well, and nothing hides
//! the first launch of a batch either. A graph of mapped steps costs the host half a launch and
//! starts its kernels about a microsecond sooner after one another, but all configs of the batch are
//! written before it. A kernel in mapped memory carries its own copies, so it is measured too, but only
//! where that can be faster ([`worth_mapping`]). A step that is submitted alone becomes a graph only in
//! mapped memory, where nothing of it could overlap with its neighbours anyway, and only if the graph
//! can be launched again as it is.
//!
//! The depth follows from Little's law: steps in flight are the time that one takes from the writing of
//! its config to its end, over the time between two of them; one more is being taken by the host. Where
//! there are fewer slots than that, they hold up the steps.

mod predict;

use self::predict::Prediction;
use crate::plan::{Placement, Submission};

/// A prediction that is no more than this many times the least counts as equal to it.
pub const CLOSE: f64 = 1.05;

/// Copies in both directions that take less than this many microseconds are mostly the time that it
/// takes to start them: on an H200, 64 KB each way take 6 to 9, and a megabyte 26.
const SHORT_COPY_US: f64 = 12.0;

/// Times of a step whose config and telemetry are copied, each part alone, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CopiedTimes {
    /// The config's way up.
    pub upload: f64,
    /// The kernels.
    pub kernel: f64,
    /// The telemetry's way down.
    pub download: f64,
    /// One upload and one download at the same time, until both have ended.
    pub both: f64,
}

impl CopiedTimes {
    /// How long a step keeps the device busy among others, on a device with so many copy engines.
    fn overlapped(&self, copy_engines: u32) -> f64 {
        let copies = self.upload + self.download;
        match copy_engines {
            0 => self.kernel + copies,
            1 => self.kernel.max(copies),
            _ => self.kernel.max(self.both),
        }
    }
}

/// What the first steps showed. Times are in microseconds, the least of several; those of the
/// device are of work that was held back until all of it was enqueued, so that no wait for the host
/// is in them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// With copies, if that was measured.
    pub copied: Option<CopiedTimes>,
    /// The kernels with config and telemetry in mapped memory, if that was measured.
    pub mapped: Option<f64>,
    /// What launching a step's kernels takes the host.
    pub launch: f64,
    /// What any other call takes the host.
    pub call: f64,
    /// What writing a config into its slot takes the host; 0 if the caller writes it there.
    pub write: f64,
    /// Steps that the caller submits at a time.
    pub batch: usize,
}

/// What a choice has to keep to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Most steps in flight: the slots of the pipeline, or fewer if an option says so.
    pub slots: usize,
    /// Engines that the device copies with: 2 for both directions and a kernel at once, 1 for one
    /// copy beside a kernel, 0 for nothing beside anything.
    pub copy_engines: u32,
    /// Whether the device reads and writes host memory.
    pub maps_host_memory: bool,
    /// The placement, if it is pinned.
    pub placement: Option<Placement>,
    /// The submission, if it is pinned.
    pub submission: Option<Submission>,
    /// Whether steps can be captured.
    pub graphs: bool,
    /// Whether the kernel's launches are all alike: see
    /// [`StepKernel::repeats`](crate::StepKernel::repeats).
    pub repeats: bool,
}

/// How to run the steps, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// Where config and telemetry live.
    pub placement: Placement,
    /// How steps are submitted.
    pub submission: Submission,
    /// Most steps in flight.
    pub depth: usize,
    /// What decided.
    pub reason: &'static str,
    /// What a step is expected to take, in microseconds.
    pub step: f64,
}

/// Every transport that leaves the host free, the simpler ones first: of two that are equal in all, the
/// first is taken.
const CANDIDATES: [(Placement, Submission); 4] = [
    (Placement::Mapped, Submission::Streams),
    (Placement::Copied, Submission::Streams),
    (Placement::Mapped, Submission::Graph),
    (Placement::Copied, Submission::Graph),
];

impl Measured {
    /// The kernel time with this placement.
    #[must_use]
    pub fn kernel(&self, placement: Placement) -> Option<f64> {
        match placement {
            Placement::Copied => self.copied.map(|times| times.kernel),
            Placement::Mapped => self.mapped,
        }
    }
}

/// Whether mapped memory might be faster than copies. It spares the host its copies, and the device
/// the time that it takes to start one; so it might where the host's calls hold up the best that
/// copies can do, or where the copies are short (below 12 us, both at once) and the kernel does not
/// hide them, as it never does at the ends of a batch. Longer ones are held up by the bus, which a
/// kernel that reads and writes in mapped memory has to go over just as well.
#[must_use]
pub fn worth_mapping(measured: &Measured, limits: &Limits) -> bool {
    let Some(times) = measured.copied else { return false };
    if limits.placement.is_some() || !limits.maps_host_memory {
        return false;
    }
    let copied = Limits { placement: Some(Placement::Copied), ..*limits };
    let Some((best, _)) = best(measured, &copied) else { return false };
    let by_host = best.calls > CLOSE * best.device;
    let apart = measured.batch > 1 || measured.one_by_one(limits);
    let hidden = !apart && best.step <= CLOSE * times.kernel;
    by_host || (times.both < SHORT_COPY_US && !hidden)
}

/// Whether a transport is open to choice.
fn allowed(
    limits: &Limits,
    measured: &Measured,
    (placement, submission): (Placement, Submission),
) -> bool {
    if limits.placement.is_some_and(|pinned| pinned != placement) {
        return false;
    }
    // Steps that go singly as graphs with copies in them would not overlap, and to capture each anew
    // costs the host most of what it spares.
    let alone = limits.repeats && placement == Placement::Mapped;
    match limits.submission {
        Some(Submission::Graph) if !limits.graphs => submission == Submission::Streams,
        Some(pinned) => submission == pinned,
        None => {
            submission == Submission::Streams || (limits.graphs && (measured.batch > 1 || alone))
        }
    }
}

/// The best of the transports that are open to choice, and how many of them there are.
fn best(measured: &Measured, limits: &Limits) -> Option<(Prediction, usize)> {
    let open = || {
        CANDIDATES
            .into_iter()
            .filter(|candidate| allowed(limits, measured, *candidate))
            .filter_map(|candidate| measured.predict(candidate, limits))
    };
    let least = open().map(|found| found.step).min_by(f64::total_cmp)?;
    let best = open()
        .filter(|found| found.step <= CLOSE * least)
        .min_by(|a, b| a.calls.total_cmp(&b.calls))?;
    Some((best, open().count()))
}

/// The transport to run with, from what was measured.
#[must_use]
pub fn choose(measured: &Measured, limits: &Limits) -> Choice {
    let Some((best, candidates)) = best(measured, limits) else {
        // Nothing was measured: what is right for any payload.
        return Choice {
            placement: limits.placement.unwrap_or(Placement::Copied),
            submission: limits.submission.unwrap_or(Submission::Streams),
            depth: limits.slots.max(1),
            reason: "nothing was measured",
            step: 0.0,
        };
    };
    let in_flight = (best.latency / best.step.max(f64::MIN_POSITIVE)).ceil();
    // Two batches: one runs while the next is made.
    let wanted = (in_flight.min(limits.slots as f64) as usize + 1).max(2 * measured.batch);
    Choice {
        placement: best.placement,
        submission: best.submission,
        depth: wanted.clamp(1, limits.slots.max(1)),
        reason: reason(&best, measured, candidates),
        step: best.step,
    }
}

/// What decided, in words.
fn reason(best: &Prediction, measured: &Measured, candidates: usize) -> &'static str {
    let held_up_by_host = best.calls + best.write >= best.device;
    match (best.placement, best.submission) {
        _ if candidates == 1 && held_up_by_host => "the only one left; the host's calls bound it",
        (Placement::Mapped, Submission::Graph) => {
            "mapped memory spares the host its copies, and a graph most of its launches"
        }
        (Placement::Copied, Submission::Graph) => "a graph spares the host its calls",
        (Placement::Mapped, _) => "mapped memory spares the host its copies",
        (Placement::Copied, _) if held_up_by_host => "copies cost less than mapped memory",
        (Placement::Copied, _) => {
            let kernel = measured.kernel(Placement::Copied).unwrap_or(0.0);
            if best.device > CLOSE * kernel {
                "the copies bound the step"
            } else {
                "the kernel bounds the step and hides the copies"
            }
        }
    }
}

#[cfg(test)]
mod tests;
