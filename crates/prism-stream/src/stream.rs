//! What a stream is for, and how urgent it is.

use crate::driver::PriorityRange;

/// What a stream is for. Streams of different purposes never wait for each other but by events.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum StreamPurpose {
    /// Copies configs to the device.
    ConfigUpload,
    /// Runs the kernels of the steps, in order.
    KernelExecution,
    /// Copies telemetry to the host.
    TelemetryDownload,
    /// Copies between devices.
    P2PTransfer,
    /// Anything else that should not hold up the steps.
    AuxCompute,
}

impl StreamPurpose {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [
        Self::ConfigUpload,
        Self::KernelExecution,
        Self::TelemetryDownload,
        Self::P2PTransfer,
        Self::AuxCompute,
    ];
}

/// How urgent a stream's kernels are.
///
/// A hint to the device's scheduler: it affects which waiting kernel starts first, never preempts a
/// running one, and does nothing for copies.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum StreamPriority {
    /// The lowest that the device knows.
    Low,
    /// What streams have by default: 0.
    #[default]
    Normal,
    /// The highest that the device knows.
    High,
    /// A number as the driver counts, lower first; clamped to what the device knows.
    Level(i32),
}

impl StreamPriority {
    /// The number to ask the driver for. On a device without priorities, always 0.
    #[must_use]
    pub fn level(self, range: PriorityRange) -> i32 {
        let (low, high) = (range.least.max(range.greatest), range.least.min(range.greatest));
        match self {
            Self::Low => low,
            Self::Normal => 0_i32.clamp(high, low),
            Self::High => high,
            Self::Level(level) => level.clamp(high, low),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_are_clamped_to_the_range_of_the_device() {
        let range = PriorityRange { least: 0, greatest: -5 };
        assert_eq!(StreamPriority::Level(-9).level(range), -5);
        assert_eq!(StreamPriority::Level(9).level(range), 0);
        assert_eq!(StreamPriority::High.level(range), -5);
        assert_eq!(StreamPriority::Low.level(range), 0);
        let none = PriorityRange { least: 0, greatest: 0 };
        assert_eq!(StreamPriority::High.level(none), 0);
    }
}
