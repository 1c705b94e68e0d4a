//! What a device is: the few numbers that decide how it is used.

use std::fmt;

/// One GPU, as the driver describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceInfo {
    /// Its number, from 0, among the devices that this process sees.
    pub ordinal: usize,
    /// Its product name.
    pub name: String,
    /// Compute capability: major, minor.
    pub compute_capability: (u32, u32),
    /// Streaming multiprocessors.
    pub multiprocessors: u32,
    /// Device memory in bytes.
    pub memory_bytes: usize,
    /// Copy engines: 2 or more copy in both directions while a kernel runs, 1 in one, 0 in none.
    pub copy_engines: u32,
    /// Whether kernels can read and write pinned host memory in place.
    pub maps_host_memory: bool,
    /// Newest CUDA version that the driver supports: major, minor.
    pub driver_version: (u32, u32),
}

impl DeviceInfo {
    /// The architecture that NVRTC compiles for, such as `sm_90`.
    #[must_use]
    pub fn arch(&self) -> String {
        let (major, minor) = self.compute_capability;
        format!("sm_{major}{minor}")
    }
}

impl fmt::Display for DeviceInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.compute_capability;
        write!(
            f,
            "cuda:{}  {}, compute capability {major}.{minor}, {} multiprocessors, {:.1} GiB, {} copy engines",
            self.ordinal,
            self.name,
            self.multiprocessors,
            self.memory_bytes as f64 / f64::from(1 << 30),
            self.copy_engines,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_reads_on_one_line() {
        let info = DeviceInfo {
            ordinal: 0,
            name: "NVIDIA H200".into(),
            compute_capability: (9, 0),
            multiprocessors: 132,
            memory_bytes: 141 << 30,
            copy_engines: 3,
            maps_host_memory: true,
            driver_version: (13, 0),
        };
        assert_eq!(info.arch(), "sm_90");
        assert_eq!(
            info.to_string(),
            "cuda:0  NVIDIA H200, compute capability 9.0, 132 multiprocessors, 141.0 GiB, 3 copy engines"
        );
    }
}
