//! Which transport suits a kernel and its payload: the policy of the automatic choice, as arithmetic.
//!
//! A step can be no faster than the slowest of three: the kernels, the copies, and the host, which has
//! to write the config, alone or with several threads, and to make the step's calls. The first steps of
//! a pipeline measure all of them ([`Measured`]); from that, [`choose`] predicts what each transport
//! would take a step and picks the least or, of those within a factor of [`CLOSE`] of it, the one whose
//! calls cost the host least. Nothing in here touches a device or a clock.
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

use crate::plan::{self, Placement, Submission};

/// A prediction that is no more than this many times the least counts as equal to it.
pub const CLOSE: f64 = 1.05;

/// A kernel time that has changed by more than this factor makes a pipeline choose again.
pub const DRIFT: f64 = 2.0;

/// Copies in both directions that take less than this many microseconds are mostly the time that it
/// takes to start them: on an H200, 64 KB each way take 6 to 9, and a megabyte 26.
const SHORT_COPY_US: f64 = 12.0;

/// How much sooner, in microseconds, a device starts a kernel after the one before it if both are
/// of one graph than if both were launched on a stream.
const GRAPH_GAIN_US: f64 = 1.0;

/// What launching a graph costs the host, in launches of a kernel: one of mapped steps so much, whatever
/// their number, one with copies in it so much a step.
const GRAPH_LAUNCH: (f64, f64) = (0.45, 1.3);

/// What capturing a step anew and updating a graph with it costs the host more, in launches of a kernel:
/// a mapped step, and one that is copied.
const CAPTURE: (f64, f64) = (0.15, 1.0);

/// A change below this many microseconds is no drift: timing events see no more.
const RESOLUTION_US: f64 = 2.0;

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
    /// What writing a config into its slot takes the host with as many threads as are given, or with
    /// one; 0 if the caller writes it there.
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
    /// Most threads that can write a config; 1 if there is nothing to choose.
    pub writers: usize,
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
    /// Threads that write a config.
    pub writers: usize,
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

/// What a step takes in one transport, in microseconds.
#[derive(Clone, Copy, Debug)]
struct Prediction {
    placement: Placement,
    submission: Submission,
    /// The device, which has several steps under way.
    device: f64,
    /// The host's calls.
    calls: f64,
    /// How many threads write a config, and what that takes them.
    writers: usize,
    write: f64,
    /// Everything, overlapped as far as it can be.
    step: f64,
    /// A step from its first call to its end.
    latency: f64,
}

impl Measured {
    /// What the calls of a step cost the host: those of the plan, and the query that sees it end.
    fn calls(&self, placement: Placement, submission: Submission, limits: &Limits) -> f64 {
        let plan = plan::plan(placement, submission);
        let steps = self.batch.max(1) as f64;
        let done = plan.done.len() as f64 + 1.0;
        if submission == Submission::Graph {
            let (graph, capture) = match placement {
                Placement::Mapped => (GRAPH_LAUNCH.0, CAPTURE.0 * steps),
                Placement::Copied => (GRAPH_LAUNCH.1 * steps, CAPTURE.1 * steps),
            };
            let launches = if limits.repeats { graph } else { graph + capture };
            return (launches * self.launch + done * self.call) / steps;
        }
        let each = plan.step.len() as f64 - 1.0;
        let once = (plan.open.len() + plan.close.len()) as f64 + done;
        self.launch + (each + once / steps) * self.call
    }

    /// Whether no second submission runs, or waits its turn, while one is taken and the next one made.
    fn one_by_one(&self, limits: &Limits) -> bool {
        limits.slots < 2 * self.batch.max(1)
    }

    /// What a step takes in a transport, with the fewest writers that come close to what all achieve.
    fn predict(&self, transport: (Placement, Submission), limits: &Limits) -> Option<Prediction> {
        let all = self.predict_with(limits.writers.max(1), transport, limits)?;
        (1..all.writers)
            .filter_map(|writers| self.predict_with(writers, transport, limits))
            .find(|fewer| fewer.step <= CLOSE * all.step)
            .or(Some(all))
    }

    /// The same with so many writers, each of whom takes an equal part of a config.
    fn predict_with(
        &self,
        writers: usize,
        (placement, submission): (Placement, Submission),
        limits: &Limits,
    ) -> Option<Prediction> {
        let batch = self.batch.max(1) as f64;
        let one_by_one = self.one_by_one(limits);
        let (device, alone) = match placement {
            Placement::Mapped => (self.mapped?, self.mapped?),
            Placement::Copied => {
                let times = self.copied?;
                let overlapped = times.overlapped(limits.copy_engines);
                let alone = times.upload + times.kernel + times.download;
                // Nothing is beside the first upload and the last download.
                let apart = submission == Submission::Graph || one_by_one;
                let ends = if apart { (alone - overlapped) / batch } else { 0.0 };
                (overlapped + ends, alone)
            }
        };
        let calls = self.calls(placement, submission, limits);
        let write = self.write / writers as f64;
        let (device, first) = match submission {
            // What comes before a batch is the writing of all of it, and one launch.
            Submission::Graph => {
                let gain = if self.batch > 1 { GRAPH_GAIN_US } else { 0.0 };
                ((device - gain).max(0.0), write + calls)
            }
            _ => (device, (write + self.launch) / batch),
        };
        let latency = write + calls + alone;
        let step = if one_by_one {
            let later = (batch - 1.0) / batch;
            let graph = submission == Submission::Graph;
            let meanwhile = if graph { 0.0 } else { later * (write + calls) };
            first + device.max(meanwhile)
        } else {
            // A step begins when the one that had its slot has come back.
            device.max(write + calls).max(latency / limits.slots.max(1) as f64)
        };
        Some(Prediction { placement, submission, device, calls, writers, write, step, latency })
    }

    /// The kernel time with this placement.
    #[must_use]
    pub fn kernel(&self, placement: Placement) -> Option<f64> {
        match placement {
            Placement::Copied => self.copied.map(|times| times.kernel),
            Placement::Mapped => self.mapped,
        }
    }

    /// What a sampled submission is expected to show of a step: on streams, where the events are around
    /// a kernel, the kernel; of a graph, which has them around all of it, what a step keeps the device
    /// busy for among others.
    #[must_use]
    pub fn sample(
        &self,
        placement: Placement,
        submission: Submission,
        limits: &Limits,
    ) -> Option<f64> {
        match (placement, submission) {
            (Placement::Copied, Submission::Graph) => {
                self.copied.map(|times| times.overlapped(limits.copy_engines))
            }
            _ => self.kernel(placement),
        }
    }

    /// What the events of such a submission span beside so much for each of its steps. Nothing hides the
    /// first upload and the last download of a graph; but then one of its steps, which has nothing
    /// beside it, takes as long as its kernel and no longer.
    #[must_use]
    pub fn ends(&self, placement: Placement, submission: Submission, limits: &Limits) -> f64 {
        match (placement, submission, self.copied) {
            (Placement::Copied, Submission::Graph, Some(times)) => {
                let hidden = times.overlapped(limits.copy_engines) - times.kernel;
                times.upload + times.download - hidden
            }
            _ => 0.0,
        }
    }

    /// The same with the kernel time that such a sample speaks for. Where copies hide the kernel, that
    /// is the most that it can be.
    #[must_use]
    pub fn with_sample(
        self,
        placement: Placement,
        submission: Submission,
        limits: &Limits,
        sample: f64,
    ) -> Self {
        let beside = match (placement, submission, limits.copy_engines, self.copied) {
            (Placement::Copied, Submission::Graph, 0, Some(times)) => times.upload + times.download,
            _ => 0.0,
        };
        self.with_kernel(placement, (sample - beside).max(0.0))
    }

    /// The same with another kernel time, seen with this placement. What mapped memory adds to a
    /// kernel is taken to stay.
    #[must_use]
    pub fn with_kernel(mut self, placement: Placement, kernel: f64) -> Self {
        let change = kernel - self.kernel(placement).unwrap_or(kernel);
        if let Some(times) = &mut self.copied {
            times.kernel = (times.kernel + change).max(0.0);
        }
        self.mapped = self.mapped.map(|mapped| (mapped + change).max(0.0));
        self
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
    // costs the host about what it spares.
    let alone = limits.repeats && placement == Placement::Mapped;
    match limits.submission {
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
            depth: limits.slots,
            writers: 1,
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
        writers: best.writers,
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

/// Whether kernel times that were seen lately are another matter than the one that was chosen by. They
/// were taken with the host at work beside the device: a kernel that waited for its launch seems to
/// have taken up to `delay` longer.
#[must_use]
pub fn drifted(chosen: f64, lately: &[f64], delay: f64) -> bool {
    let slower = |now: &f64| *now > chosen * DRIFT && now - chosen > RESOLUTION_US + delay;
    let faster = |now: &f64| *now < chosen / DRIFT && chosen - now > RESOLUTION_US;
    !lately.is_empty() && (lately.iter().all(slower) || lately.iter().all(faster))
}

#[cfg(test)]
mod tests;
