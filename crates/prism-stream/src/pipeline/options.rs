//! How a pipeline is asked to run, and what it says of how it ran.

use std::time::Duration;

use crate::error::GpuError;
use crate::plan::{Placement, Submission};

/// Most slots that a pipeline can have.
pub const MAX_DEPTH: usize = 8;

/// Bytes of config and telemetry together up to which `auto` leaves them in mapped memory.
const MAPPED_BYTES: usize = 2048;

/// How a pipeline runs its steps. Results do not depend on any of this.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PipelineOptions {
    /// Slots, 1 to [`MAX_DEPTH`]: how many steps can be in flight or wait to be taken.
    pub depth: usize,
    /// Where config and telemetry live; `None` chooses by their size.
    pub placement: Option<Placement>,
    /// How steps are submitted.
    pub submission: Submission,
    /// How long to wait for a step; `None` for ever.
    pub step_timeout: Option<Duration>,
}

impl Default for PipelineOptions {
    fn default() -> Self {
        Self {
            depth: 3,
            placement: None,
            submission: Submission::Streams,
            step_timeout: Some(Duration::from_secs(30)),
        }
    }
}

/// What a pipeline has done, and how.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PipelineStats {
    /// Slots.
    pub depth: usize,
    /// Where config and telemetry live.
    pub placement: Placement,
    /// How steps are submitted.
    pub submission: Submission,
    /// Why it is done this way.
    pub reason: &'static str,
    /// Steps submitted since the pipeline was made; a reset does not clear it.
    pub submitted: u64,
    /// Steps seen to finish.
    pub finished: u64,
    /// How often the host had to wait for a step that it asked for.
    pub waits: u64,
}

impl PipelineOptions {
    /// Checks what a pipeline is asked for, and says where a payload of so many bytes, config and
    /// telemetry together, is to live on a device that maps host memory or does not, and why.
    pub(super) fn place(
        &self,
        payload: usize,
        maps: bool,
    ) -> Result<(Placement, &'static str), GpuError> {
        if !(1..=MAX_DEPTH).contains(&self.depth) {
            return Err(GpuError::InvalidOptions("a pipeline has 1 to 8 slots"));
        }
        Ok(match self.placement {
            Some(Placement::Mapped) if !maps => {
                return Err(GpuError::InvalidOptions("this device does not map host memory"));
            }
            Some(placement) => (placement, "as asked for"),
            None if !maps => (Placement::Copied, "the device does not map host memory"),
            None if payload <= MAPPED_BYTES => (Placement::Mapped, "the payload is small"),
            None => (Placement::Copied, "the payload is not small"),
        })
    }
}
