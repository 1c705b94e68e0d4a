//! Adaptive scheduling: how much work a step does, when a transport is chosen anew, and whose kernels go
//! first where phases share a device.
//!
//! A [`Controller`] looks at the [`Utilisation`](prism_stream::Utilisation) of a context now and then. A
//! step that is short against its launch and the host's decisions leaves the device idle; one that is long
//! keeps the host from steering. So it sets the sweeps a step, by what a sweep takes, such that a step
//! takes some milliseconds and the kernel stream is busy. When a step has come to take another time by a
//! factor of two, the transport is chosen again ([`retune`]). Where several phases share a device,
//! [`balance`] raises the stream priority of the one that is held up most, by how much it is worth, and
//! lowers that of the others.
//!
//! [`retune`]: prism_stream::AsyncPipelineCoordinator::retune

use std::time::Duration;

use prism_stream::{GpuError, Stage, StreamPriority, TimingOptions};

use crate::stream_integration::ManagedGpuContext;

/// What is timed: some steps in succession, so often that a change is soon seen. A few timed events cost a
/// step of milliseconds nothing.
const TIMING: TimingOptions = TimingOptions { every: 16, burst: 4, keep: 16 };

/// Fewest timed steps to go by.
const ENOUGH: usize = 4;

/// The share of the time that the kernel stream is to be busy.
const BUSY: f64 = 0.95;

/// A change that is worth a new choice of the transport.
const CHANGED: f64 = 2.0;

/// How much more a phase is to be held up than another, by worth, to be let go first.
const HELD_UP: f64 = 1.25;

/// The most by which the sweeps grow or shrink at a time: the first figures of a kernel may be far off.
const LEAP: f64 = 8.0;

/// Between what a controller keeps a step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ControllerOptions {
    /// Sweeps that it begins with.
    pub sweeps: u32,
    /// Fewest and most sweeps a step.
    pub limits: (u32, u32),
    /// How long a step takes at least, where the limits allow it.
    pub shortest: Duration,
    /// How long a step takes at most, where the limits allow it.
    pub longest: Duration,
}

impl Default for ControllerOptions {
    fn default() -> Self {
        Self {
            sweeps: 1,
            limits: (1, u32::MAX),
            shortest: Duration::from_millis(5),
            longest: Duration::from_millis(20),
        }
    }
}

/// Adapts the steps of one context.
#[derive(Clone, Debug)]
pub struct Controller {
    options: ControllerOptions,
    sweeps: u32,
    /// The first step that does so many.
    since: u64,
    /// Nanoseconds of a sweep, lately and at the least.
    sweep_ns: Option<(f64, f64)>,
    /// Nanoseconds of a step's kernel for which its transport was chosen.
    chosen_ns: Option<f64>,
}

/// What a pipeline was seen to do.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Nanoseconds of a step's kernel.
    kernel_ns: f64,
    /// The share of the time that the kernel stream was busy.
    busy: f64,
}

impl Controller {
    /// Adapts the steps of a context from its next one on, which times some of them from now on.
    ///
    /// # Errors
    /// [`GpuError::InvalidOptions`] for limits that cross; [`GpuError::Busy`] while steps have not been
    /// taken; what the driver says of the events for timing.
    pub fn new(
        context: &mut ManagedGpuContext,
        options: ControllerOptions,
    ) -> Result<Self, GpuError> {
        let (fewest, most) = options.limits;
        if fewest == 0 || fewest > most || options.shortest > options.longest {
            return Err(GpuError::InvalidOptions(
                "the limits of a controller are from 1 sweep up, and the lower ones first",
            ));
        }
        context.pipeline_mut().set_timing(Some(TIMING))?;
        let sweeps = options.sweeps.clamp(fewest, most);
        Ok(Self { options, sweeps, since: 0, sweep_ns: None, chosen_ns: None })
    }

    /// The sweeps that the next step is to do.
    #[must_use]
    pub fn sweeps(&self) -> u32 {
        self.sweeps
    }

    /// How many times as long as at its best a sweep takes by now: what other work on the device costs
    /// this phase. 1 as long as nothing is known.
    #[must_use]
    pub fn slowdown(&self) -> f64 {
        self.sweep_ns.map_or(1.0, |(lately, least)| lately / least)
    }

    /// Looks at what the context did, after each step; answers whether anything was changed. Costs
    /// nothing where there is nothing new.
    pub fn adapt(&mut self, context: &mut ManagedGpuContext) -> bool {
        let Some(answered) = context.answered() else { return false };
        if answered < self.since.saturating_sub(context.depth()) {
            self.since = 0; // the pipeline was reset, and counts anew
        }
        let pipeline = context.pipeline_mut();
        let seen = pipeline.timeline().and_then(|timeline| timeline.utilisation_since(self.since));
        let Some(used) = seen.filter(|used| used.steps >= ENOUGH) else { return false };
        let kernel_ns = used.busy_ns[Stage::Kernel as usize] as f64 / used.steps as f64;
        let seen = Seen { kernel_ns, busy: used.busy(Stage::Kernel) };
        let wanted = self.wanted(seen);
        let chosen_ns = *self.chosen_ns.get_or_insert(kernel_ns);
        let changed = if wanted != self.sweeps {
            self.sweeps = wanted;
            true
        } else if (kernel_ns / chosen_ns).max(chosen_ns / kernel_ns) > CHANGED {
            pipeline.retune();
            self.chosen_ns = None; // what it is now, the next steps tell
            true
        } else {
            false
        };
        if changed {
            // Steps that are under way do what they were told before.
            self.since = answered + context.depth();
        }
        changed
    }

    /// The sweeps that are right by what was seen.
    fn wanted(&mut self, seen: Seen) -> u32 {
        let Seen { kernel_ns, busy } = seen;
        let sweep_ns = (kernel_ns / f64::from(self.sweeps)).max(f64::MIN_POSITIVE);
        let least = self.sweep_ns.map_or(sweep_ns, |(_, least)| least.min(sweep_ns));
        self.sweep_ns = Some((sweep_ns, least));
        let ns = |time: Duration| time.as_nanos() as f64;
        let (shortest, longest) = (ns(self.options.shortest), ns(self.options.longest));
        let factor = if kernel_ns < shortest {
            shortest / kernel_ns
        } else if kernel_ns > longest {
            longest / kernel_ns
        } else if busy < BUSY {
            // The host is what holds it up.
            1.5_f64.min(longest / kernel_ns)
        } else {
            1.0
        };
        let (fewest, most) = self.options.limits;
        let wanted = f64::from(self.sweeps) * factor.clamp(1.0 / LEAP, LEAP);
        // A step that is a little short is left alone, so that nothing swings.
        let worth_it = !(0.9..1.1).contains(&factor);
        if worth_it { (wanted.ceil() as u32).clamp(fewest, most) } else { self.sweeps }
    }
}

/// A phase that shares its device with others.
#[derive(Debug)]
pub struct Sharing<'a> {
    /// Where it runs.
    pub context: &'a mut ManagedGpuContext,
    /// What knows how much it is held up.
    pub controller: &'a Controller,
    /// How much it is worth to let it go on, against the others: its progress of late, say.
    pub worth: f64,
}

/// Sets the stream priorities of phases that share a device: that of the phase that is held up most, by
/// its worth, is raised and the others' are lowered; where they are about equal, none goes first.
pub fn balance(phases: &mut [Sharing<'_>]) {
    let need = |phase: &Sharing<'_>| phase.worth * phase.controller.slowdown();
    let needs: Vec<f64> = phases.iter().map(need).collect();
    let most = needs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let least = needs.iter().copied().fold(f64::INFINITY, f64::min);
    let equal = phases.len() < 2 || most <= HELD_UP * least;
    for (phase, need) in phases.iter_mut().zip(needs) {
        let priority = match need {
            _ if equal => None,
            need if need == most => Some(StreamPriority::High),
            _ => Some(StreamPriority::Low),
        };
        phase.context.pipeline_mut().set_priority(priority);
    }
}

#[cfg(test)]
mod tests;
