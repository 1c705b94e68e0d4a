//! Is there a GPU, and if not, why not: asked so that nothing can panic.
//!
//! cudarc opens the driver's library at the first call and panics if it is not there, so the order
//! matters: first whether the library can be opened, then which CUDA version it speaks, then how many
//! devices it sees, then the device. Only past these is a context made. Without the `cuda` feature the
//! answer is [`Unavailable::NotBuilt`].

use crate::context::GpuContext;
use crate::device::DeviceInfo;
pub use crate::device::{OLDEST_DEVICE, OLDEST_DRIVER};
use crate::error::{GpuError, Unavailable};

impl GpuContext {
    /// Lists the devices that this process sees, usable or not.
    ///
    /// # Errors
    /// [`Unavailable`], which says why there is none and what to do. Never panics.
    pub fn devices() -> Result<Vec<DeviceInfo>, Unavailable> {
        imp::devices()
    }

    /// Opens device `ordinal`: retains its primary context.
    ///
    /// # Errors
    /// [`GpuError::Unavailable`] if there is no such device or it cannot be used. Never panics.
    pub fn open(ordinal: usize) -> Result<Self, GpuError> {
        imp::open(ordinal)
    }
}

#[cfg(feature = "cuda")]
mod imp {
    use std::sync::Arc;

    use cudarc::driver::CudaContext;

    use crate::context::GpuContext;
    use crate::cuda::{self, CudaDriver};
    use crate::device::{DeviceInfo, driver_new_enough};
    use crate::driver::Driver;
    use crate::error::{DriverError, GpuError, Unavailable};

    /// Whether the driver, which is there, is new enough: an older one lacks what is called.
    fn new_enough() -> Result<(), Unavailable> {
        let version = cuda::driver_version().map_err(Unavailable::DriverFailed)?;
        driver_new_enough(version)
    }

    /// The number of devices, if the driver is there, new enough and working.
    fn count() -> Result<usize, Unavailable> {
        if !cuda::library_present() {
            return Err(Unavailable::NoDriver);
        }
        new_enough()?;
        match cuda::device_count() {
            Ok(0) => Err(Unavailable::NoDevice),
            Ok(count) => Ok(count),
            Err(error) if error.code == DriverError::NO_DEVICE => Err(Unavailable::NoDevice),
            Err(error) => Err(Unavailable::DriverFailed(error)),
        }
    }

    pub fn devices() -> Result<Vec<DeviceInfo>, Unavailable> {
        (0..count()?)
            .map(|ordinal| cuda::describe(ordinal).map_err(Unavailable::DriverFailed))
            .collect()
    }

    pub fn open(ordinal: usize) -> Result<GpuContext, GpuError> {
        let count = count()?;
        if ordinal >= count {
            return Err(Unavailable::NoSuchDevice { ordinal, count }.into());
        }
        let context = CudaContext::new(ordinal).map_err(|error| DriverError {
            code: error.0 as u32,
            call: "cuDevicePrimaryCtxRetain",
        })?;
        GpuContext::from_cudarc(context)
    }

    impl GpuContext {
        /// Gives work to a context that the caller made. Its event tracking stays as it is.
        ///
        /// # Errors
        /// [`GpuError::Unavailable`] if the driver or the device is too old; what the driver says if
        /// it cannot describe the device.
        pub fn from_cudarc(context: Arc<CudaContext>) -> Result<Self, GpuError> {
            // Before anything is called that a driver for CUDA 11 may lack.
            new_enough()?;
            let driver = CudaDriver::new(context)?;
            driver.device().usable()?;
            Ok(Self::from_driver(Arc::new(driver)))
        }

        /// The caller's context, or the one that [`GpuContext::open`] made; `None` for a mock.
        #[must_use]
        pub fn cudarc(&self) -> Option<&Arc<CudaContext>> {
            self.driver().as_any().downcast_ref::<CudaDriver>().map(CudaDriver::context)
        }
    }
}

#[cfg(not(feature = "cuda"))]
mod imp {
    use crate::context::GpuContext;
    use crate::device::DeviceInfo;
    use crate::error::{GpuError, Unavailable};

    pub fn devices() -> Result<Vec<DeviceInfo>, Unavailable> {
        Err(Unavailable::NotBuilt)
    }

    pub fn open(_: usize) -> Result<GpuContext, GpuError> {
        Err(Unavailable::NotBuilt.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probing_answers_with_devices_or_a_reason_and_never_panics() {
        match GpuContext::devices() {
            Ok(devices) => {
                assert!(!devices.is_empty());
                for (ordinal, device) in devices.iter().enumerate() {
                    assert_eq!(device.ordinal, ordinal);
                    assert!(device.memory_bytes > 0 && device.multiprocessors > 0, "{device}");
                }
            }
            Err(reason) => {
                assert!(GpuContext::open(0).is_err());
                assert_eq!(GpuContext::devices().unwrap_err(), reason, "the answer stays");
            }
        }
    }

    #[test]
    fn a_device_number_beyond_the_last_is_an_error_that_names_it() {
        let error = GpuContext::open(4096).expect_err("no machine has that many");
        match (GpuContext::devices(), error) {
            (Ok(devices), GpuError::Unavailable(Unavailable::NoSuchDevice { ordinal, count })) => {
                assert_eq!((ordinal, count), (4096, devices.len()));
            }
            (Err(reason), GpuError::Unavailable(same)) => assert_eq!(reason, same),
            (listed, error) => panic!("{listed:?} but {error}"),
        }
    }
}
