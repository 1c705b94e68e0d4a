//! What all phases can be told.

use prism_stream::{PipelineOptions, Submission};

/// How a phase runs, whichever it is.
#[derive(Clone, Debug)]
pub struct PhaseOptions {
    /// Seed of all random numbers. With the same device, individuals and steps it decides the result.
    pub seed: u64,
    /// Individuals; `None` for as many as the device holds at once.
    pub individuals: Option<u32>,
    /// Iterations, or sweeps, a step.
    pub sweeps: u32,
    /// Steps at most in one call; a colouring without conflicts ends it sooner.
    pub steps: u64,
    /// How steps are submitted.
    pub pipeline: PipelineOptions,
}

impl PhaseOptions {
    /// The defaults, with or without streams.
    #[must_use]
    pub fn with_streams(enable_streams: bool) -> Self {
        let submission = (!enable_streams).then_some(Submission::Sync);
        let pipeline = PipelineOptions { submission, ..PipelineOptions::default() };
        Self { pipeline, ..Self::default() }
    }
}

impl Default for PhaseOptions {
    /// 4096 iterations a step, some 10 ms, in which a launch is noise and after which the host can
    /// still steer; 10 000 steps at most.
    fn default() -> Self {
        Self {
            seed: 0,
            individuals: None,
            sweeps: 4096,
            steps: 10_000,
            pipeline: PipelineOptions::default(),
        }
    }
}
