//! What a device is: the few numbers that decide how it is used, and whether it can be.

use std::fmt;

use crate::error::Unavailable;

/// Oldest CUDA version that a driver must support: major, minor.
pub const OLDEST_DRIVER: (u32, u32) = (12, 0);

/// Oldest compute capability that kernels are written for: major, minor.
pub const OLDEST_DEVICE: (u32, u32) = (7, 0);

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
    /// Shared memory in bytes that one block can have, if its kernel asks for it
    /// ([`Function::allow_shared`](crate::Function::allow_shared)).
    pub shared_bytes_per_block: u32,
    /// Shared memory in bytes of a multiprocessor, for all of its blocks; each takes 1 KB more than it
    /// asks for.
    pub shared_bytes_per_multiprocessor: u32,
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

    /// Whether this program can use it.
    ///
    /// # Errors
    /// [`Unavailable::DriverTooOld`] or [`Unavailable::DeviceTooOld`], which say what is needed.
    pub fn usable(&self) -> Result<(), Unavailable> {
        driver_new_enough(self.driver_version)?;
        let (major, minor) = self.compute_capability;
        if (major, minor) < OLDEST_DEVICE {
            return Err(Unavailable::DeviceTooOld { name: self.name.clone(), major, minor });
        }
        Ok(())
    }
}

/// Whether a driver for this version of CUDA, major and minor, has all that is called.
pub(crate) fn driver_new_enough((major, minor): (u32, u32)) -> Result<(), Unavailable> {
    if (major, minor) < OLDEST_DRIVER {
        return Err(Unavailable::DriverTooOld { found_major: major, found_minor: minor });
    }
    Ok(())
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

    fn h200() -> DeviceInfo {
        DeviceInfo {
            ordinal: 0,
            name: "NVIDIA H200".into(),
            compute_capability: (9, 0),
            multiprocessors: 132,
            memory_bytes: 141 << 30,
            shared_bytes_per_block: 227 << 10,
            shared_bytes_per_multiprocessor: 228 << 10,
            copy_engines: 3,
            maps_host_memory: true,
            driver_version: (13, 0),
        }
    }

    #[test]
    fn a_device_reads_on_one_line() {
        let info = h200();
        assert_eq!(info.arch(), "sm_90");
        assert_eq!(
            info.to_string(),
            "cuda:0  NVIDIA H200, compute capability 9.0, 132 multiprocessors, 141.0 GiB, 3 copy engines"
        );
    }

    #[test]
    fn a_driver_or_a_device_that_is_too_old_is_named() {
        assert_eq!(h200().usable(), Ok(()));
        let of = |driver_version, compute_capability| {
            let info = DeviceInfo { driver_version, compute_capability, ..h200() };
            info.usable()
        };
        assert_eq!(of((12, 0), (7, 0)), Ok(()));
        let driver = Unavailable::DriverTooOld { found_major: 11, found_minor: 8 };
        assert_eq!(of((11, 8), (9, 0)), Err(driver.clone()));
        assert_eq!(of((11, 8), (6, 1)), Err(driver), "a newer driver may be had, first of all");
        let name = "NVIDIA H200".to_owned();
        let device = Unavailable::DeviceTooOld { name, major: 6, minor: 2 };
        assert_eq!(of((12, 0), (6, 2)), Err(device));
    }
}
