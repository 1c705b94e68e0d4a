//! What can be asked of the CUDA driver before there is a context: version, devices, their properties.
#![allow(unsafe_code)]

use std::ffi::CStr;

use cudarc::driver::CudaContext;
use cudarc::driver::sys::{self, CUdevice_attribute_enum as Attribute};

use super::{check, from_cudarc};
use crate::device::DeviceInfo;
use crate::error::DriverError;

/// Newest CUDA version that the driver supports. The library must be present.
pub(crate) fn driver_version() -> Result<(u32, u32), DriverError> {
    let mut version = 0;
    // SAFETY: the call writes one integer, and needs no initialised driver.
    check(unsafe { sys::cuDriverGetVersion(&raw mut version) }, "cuDriverGetVersion")?;
    let version = version.unsigned_abs();
    Ok((version / 1000, version % 1000 / 10))
}

/// Whether the driver's library can be opened.
pub(crate) fn library_present() -> bool {
    // SAFETY: opens and closes the driver's library, whose initialisers are the vendor's.
    unsafe { sys::is_culib_present() }
}

/// How many devices the driver sees. The library must be present.
pub(crate) fn device_count() -> Result<usize, DriverError> {
    let count = CudaContext::device_count().map_err(from_cudarc("cuInit"))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Describes a device without making a context on it. The library must be present and initialised.
pub(crate) fn describe(ordinal: usize) -> Result<DeviceInfo, DriverError> {
    let number = i32::try_from(ordinal)
        .map_err(|_| DriverError { code: DriverError::INVALID_VALUE, call: "cuDeviceGet" })?;
    let mut device = 0;
    // SAFETY: the call writes one device number.
    check(unsafe { sys::cuDeviceGet(&raw mut device, number) }, "cuDeviceGet")?;
    let attribute = |which: Attribute| -> Result<u32, DriverError> {
        let mut value = 0;
        // SAFETY: the call writes one integer; `device` came from the driver.
        let result = unsafe { sys::cuDeviceGetAttribute(&raw mut value, which, device) };
        check(result, "cuDeviceGetAttribute")?;
        Ok(value.unsigned_abs())
    };
    let mut name = [0; 128];
    // SAFETY: the call writes at most 128 bytes, the last of them NUL.
    check(unsafe { sys::cuDeviceGetName(name.as_mut_ptr(), 128, device) }, "cuDeviceGetName")?;
    // SAFETY: the driver ended the name with a NUL within the array.
    let name = unsafe { CStr::from_ptr(name.as_ptr()) }.to_string_lossy().into_owned();
    let mut memory_bytes = 0;
    // SAFETY: the call writes one size.
    let result = unsafe { sys::cuDeviceTotalMem_v2(&raw mut memory_bytes, device) };
    check(result, "cuDeviceTotalMem")?;
    Ok(DeviceInfo {
        ordinal,
        name,
        compute_capability: (
            attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?,
            attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?,
        ),
        multiprocessors: attribute(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?,
        memory_bytes,
        shared_bytes_per_block: attribute(
            Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN,
        )?,
        shared_bytes_per_multiprocessor: attribute(
            Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR,
        )?,
        copy_engines: attribute(Attribute::CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT)?,
        maps_host_memory: attribute(Attribute::CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY)? != 0,
        driver_version: driver_version()?,
    })
}
