//! What the host says to a kernel before a step, and what the kernel answers: [`RuntimeConfig`] goes
//! up, [`KernelTelemetry`] comes down.
//!
//! Both are plain old data of a fixed layout, so that the bytes that cross the bus are the value
//! itself. The CUDA side declares the same structures and asserts the same sizes and offsets; the
//! constants below are the contract. One step moves 1 KiB up and 10 KiB down; three slots of each are
//! 33 KiB of device memory.
//!
//! Whether a running step should end early is no part of its config, which it has read by then: that is
//! one word of the pipeline, mapped into the device's memory, which kernels look at every sweep.
//!
//! Telemetry carries one word that depends on time, [`KernelTelemetry::clock_ns`]. Equality leaves it
//! out, so that a sequence of configs gives equal telemetry in every way of running it.

use bytemuck::{Pod, Zeroable};

/// How many free parameters a [`RuntimeConfig`] carries for the phase that reads it.
pub const CONFIG_PARAMETERS: usize = 232;

/// How many records fit behind the header of a [`KernelTelemetry`].
pub const TELEMETRY_RECORDS: usize = 1272;

/// What a step should do: 1024 bytes, read by the kernel, never written by it.
///
/// Fields that a phase has no use for are left at zero.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct RuntimeConfig {
    /// The number of this step, as the caller counts. The probe kernel answers with it.
    pub iteration: u64,
    /// Seed of the step's counter-based random numbers.
    pub seed: u64,
    /// Number of colours that the search works at.
    pub colors: u32,
    /// Sweeps, or moves a vertex, that this step does.
    pub sweeps: u32,
    /// Which phase reads this config; a kernel rejects a config that is not for it.
    pub phase: u32,
    /// Bits whose meaning belongs to the phase.
    pub flags: u32,
    /// Coldest temperature of the ladder, in conflicts.
    pub temperature_min: f32,
    /// Hottest temperature of the ladder, in conflicts.
    pub temperature_max: f32,
    /// Transverse field of path-integral annealing.
    pub transverse_field: f32,
    /// Tabu tenure that every move gets.
    pub tenure_base: f32,
    /// Tabu tenure added for each conflicting vertex.
    pub tenure_slope: f32,
    /// Steps between two exchanges of replicas; 0 for never.
    pub exchange_interval: u32,
    /// Fewest conflicts known to the host; a kernel reports replicas that fall below.
    pub best_conflicts: u32,
    /// The bits that this build of the program defines for the layout: [`RuntimeConfig::LAYOUT`].
    pub layout: u32,
    /// Always zero.
    pub reserved: [u32; 8],
    /// What only the phase understands.
    pub parameters: [f32; CONFIG_PARAMETERS],
}

impl RuntimeConfig {
    /// Version of the layout; a kernel rejects a config that carries another one.
    pub const LAYOUT: u32 = 2;

    /// The checksum that the probe kernel answers with: every 32-bit word, mixed with its position
    /// and added up. A sum, so that threads may add in any order.
    ///
    /// ```
    /// # use prism_core::RuntimeConfig;
    /// let mut other = RuntimeConfig::default();
    /// other.parameters[200] = 1.0;
    /// assert_ne!(other.checksum(), RuntimeConfig::default().checksum());
    /// ```
    #[must_use]
    pub fn checksum(&self) -> u64 {
        let words: &[u32] = bytemuck::cast_slice(std::slice::from_ref(self));
        words
            .iter()
            .zip(0_u64..)
            .fold(0, |sum, (&word, at)| sum.wrapping_add(mix(u64::from(word) | (at << 32))))
    }
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self { layout: Self::LAYOUT, ..Self::zeroed() }
    }
}

/// The finaliser of splitmix64 (Steele, Lea and Flood 2014), as in the CUDA sources.
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// How a step ended, as the kernel wrote it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TelemetryStatus {
    /// No step stands behind this telemetry yet: the pipeline is filling.
    Warmup,
    /// The step ran to its end.
    Complete,
    /// The kernel refused the config; [`KernelTelemetry::detail`] says why.
    Rejected,
    /// The kernel saw the abort word and returned early.
    Aborted,
    /// A value that this version does not know.
    Unknown(u32),
}

/// Eight bytes a replica, or a group of replicas, behind the header: see [`KernelTelemetry::group`].
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct ReplicaRecord {
    /// Conflicting edges of the replica; of a group, the fewest that a replica of it has.
    pub conflicts: u32,
    /// Moves that the replica made in this step; of a group, those of all its replicas, `u32::MAX` at
    /// most.
    pub moves: u32,
}

/// What a step did: a 64-byte header, then up to [`TELEMETRY_RECORDS`] records; 10240 bytes.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct KernelTelemetry {
    /// [`RuntimeConfig::iteration`] of the step that this answers.
    pub iteration: u64,
    /// [`RuntimeConfig::checksum`] as the device computed it; 0 if the kernel computes none.
    pub checksum: u64,
    /// Moves proposed, over all replicas.
    pub moves: u64,
    /// Moves accepted, over all replicas.
    pub accepted: u64,
    /// See [`KernelTelemetry::status`].
    pub status_code: u32,
    /// Why a config was rejected, in the phase's own numbers; else 0.
    pub detail: u32,
    /// Fewest conflicting edges of any replica.
    pub conflicts: u32,
    /// The replica that has the fewest; of several, the first. A replica also where records are of groups.
    pub best_replica: u32,
    /// Exchanges of replicas that were accepted.
    pub swaps: u32,
    /// Records that follow and are meaningful: one a replica, or one a group (see
    /// [`KernelTelemetry::group`]).
    pub record_count: u32,
    /// The device's clock in nanoseconds when the step ended. Equality leaves it out.
    pub clock_ns: u64,
    /// One record a replica, or a group of them.
    pub records: [ReplicaRecord; TELEMETRY_RECORDS],
}

impl KernelTelemetry {
    /// [`TelemetryStatus::Complete`] as kernels write it.
    pub const COMPLETE: u32 = 1;
    /// [`TelemetryStatus::Rejected`] as kernels write it.
    pub const REJECTED: u32 = 2;
    /// [`TelemetryStatus::Aborted`] as kernels write it.
    pub const ABORTED: u32 = 3;

    /// What a pipeline answers before its first step has come back: all zero.
    #[must_use]
    pub fn warmup() -> Self {
        Self::zeroed()
    }

    /// How the step ended.
    #[must_use]
    pub fn status(&self) -> TelemetryStatus {
        match self.status_code {
            0 => TelemetryStatus::Warmup,
            Self::COMPLETE => TelemetryStatus::Complete,
            Self::REJECTED => TelemetryStatus::Rejected,
            Self::ABORTED => TelemetryStatus::Aborted,
            other => TelemetryStatus::Unknown(other),
        }
    }

    /// How many replicas a record stands for, of so many in all: as few as it takes for all of them to
    /// fit, so 1 up to [`TELEMETRY_RECORDS`] replicas. Record i is that of replicas i * group and
    /// following; the last group may be smaller.
    ///
    /// ```
    /// # use prism_core::KernelTelemetry;
    /// assert_eq!(KernelTelemetry::group(1272), 1);
    /// assert_eq!(KernelTelemetry::group(1273), 2); // 637 records, the last of one replica
    /// ```
    #[must_use]
    pub const fn group(replicas: usize) -> usize {
        match replicas.div_ceil(TELEMETRY_RECORDS) {
            0 => 1,
            group => group,
        }
    }

    /// Writes what follows from the records of all replicas: `records` and `record_count`, summed up
    /// where there are more than fit, `conflicts`, `best_replica` and nothing else. `summarise` of
    /// `prism.cuh` does the same on the device.
    pub fn summarise(&mut self, replicas: &[ReplicaRecord]) {
        let groups = replicas.chunks(Self::group(replicas.len()));
        self.record_count = groups.len() as u32;
        for (record, group) in self.records.iter_mut().zip(groups) {
            record.conflicts = group.iter().map(|replica| replica.conflicts).min().unwrap_or(0);
            record.moves =
                group.iter().fold(0, |sum: u32, replica| sum.saturating_add(replica.moves));
        }
        let best = (0..).zip(replicas).min_by_key(|(_, replica)| replica.conflicts);
        (self.best_replica, self.conflicts) =
            best.map_or((0, 0), |(at, replica)| (at, replica.conflicts));
    }

    /// The records that the kernel wrote.
    #[must_use]
    pub fn records(&self) -> &[ReplicaRecord] {
        &self.records[..(self.record_count as usize).min(TELEMETRY_RECORDS)]
    }
}

impl Default for KernelTelemetry {
    fn default() -> Self {
        Self::warmup()
    }
}

impl PartialEq for KernelTelemetry {
    fn eq(&self, other: &Self) -> bool {
        let timeless = |t: &Self| {
            (
                (t.iteration, t.checksum, t.moves, t.accepted),
                (t.status_code, t.detail, t.conflicts, t.best_replica, t.swaps, t.record_count),
            )
        };
        timeless(self) == timeless(other) && self.records == other.records
    }
}

impl Eq for KernelTelemetry {}

const _: () = {
    use std::mem::{offset_of, size_of};
    assert!(size_of::<RuntimeConfig>() == 1024);
    assert!(offset_of!(RuntimeConfig, layout) == 60);
    assert!(offset_of!(RuntimeConfig, reserved) == 64);
    assert!(offset_of!(RuntimeConfig, parameters) == 96);
    assert!(size_of::<ReplicaRecord>() == 8);
    assert!(size_of::<KernelTelemetry>() == 10240);
    assert!(offset_of!(KernelTelemetry, status_code) == 32);
    assert!(offset_of!(KernelTelemetry, clock_ns) == 56);
    assert!(offset_of!(KernelTelemetry, records) == 64);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_a_config_changes_its_checksum() {
        let plain = RuntimeConfig::default();
        for at in 0..size_of::<RuntimeConfig>() {
            let mut changed = plain;
            bytemuck::bytes_of_mut(&mut changed)[at] ^= 1;
            assert_ne!(changed.checksum(), plain.checksum(), "byte {at}");
        }
    }

    #[test]
    fn moving_a_word_changes_the_checksum() {
        let (mut first, mut second) = (RuntimeConfig::default(), RuntimeConfig::default());
        first.parameters[3] = 1.0;
        second.parameters[4] = 1.0;
        assert_ne!(first.checksum(), second.checksum());
    }

    #[test]
    fn telemetry_equality_leaves_the_clock_out_and_nothing_else() {
        let plain = KernelTelemetry::default();
        for at in 0..size_of::<KernelTelemetry>() {
            let mut changed = plain;
            bytemuck::bytes_of_mut(&mut changed)[at] ^= 1;
            assert_eq!(changed == plain, (56..64).contains(&at), "byte {at}");
        }
    }

    #[test]
    fn a_record_count_from_a_broken_kernel_stays_in_bounds() {
        let telemetry = KernelTelemetry { record_count: u32::MAX, ..KernelTelemetry::default() };
        assert_eq!(telemetry.records().len(), TELEMETRY_RECORDS);
    }

    #[test]
    fn more_replicas_than_fit_are_summed_up_in_groups() {
        for count in [0, 1, 2, 1271, 1272, 1273, 2544, 2545, 20_000] {
            let conflicts = |at: usize| (at as u32).wrapping_mul(2_654_435_761) >> 20;
            let replicas: Vec<_> = (0..count)
                .map(|at| ReplicaRecord { conflicts: conflicts(at), moves: at as u32 })
                .collect();
            let mut telemetry = KernelTelemetry::default();
            telemetry.summarise(&replicas);
            let group = KernelTelemetry::group(count);
            let records = telemetry.records();
            assert_eq!(records.len(), count.div_ceil(group));
            for (at, record) in records.iter().enumerate() {
                let of = &replicas[at * group..count.min((at + 1) * group)];
                assert_eq!(record.conflicts, of.iter().map(|one| one.conflicts).min().unwrap());
                assert_eq!(record.moves, of.iter().map(|one| one.moves).sum::<u32>());
            }
            let least = replicas.iter().map(|one| one.conflicts).min().unwrap_or(0);
            assert_eq!(telemetry.conflicts, least);
            let first = replicas.iter().position(|one| one.conflicts == least).unwrap_or(0);
            assert_eq!(telemetry.best_replica as usize, first);
        }
        let many = [ReplicaRecord { conflicts: 1, moves: u32::MAX }; 1273];
        let mut telemetry = KernelTelemetry::default();
        telemetry.summarise(&many);
        assert_eq!(telemetry.records()[0].moves, u32::MAX, "and not a small number");
    }

    #[test]
    fn telemetry_starts_as_warmup() {
        assert_eq!(KernelTelemetry::default().status(), TelemetryStatus::Warmup);
    }
}
