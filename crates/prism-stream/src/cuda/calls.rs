//! The calls of the trait, as the CUDA driver has them.
#![allow(unsafe_code)]

use std::any::Any;
use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use cudarc::driver::sys::{self, CUresult};

use super::{CudaDriver, check, check_query, event, from_cudarc, stream};
use crate::device::DeviceInfo;
use crate::driver::{
    DevicePtr, Driver, Gate, HostBlock, HostUse, KernelArg, LaunchShape, MAX_KERNEL_ARGS,
    PriorityRange, RawEvent, RawFunction, RawModule, RawStream, is_whole_image,
};
use crate::error::DriverError;

/// Waits at a gate, on a thread of the driver's, which must make no call to the driver.
///
/// # Safety
/// `gate` comes from [`Arc::into_raw`] and is given back here.
unsafe extern "C" fn wait_at(gate: *mut c_void) {
    // SAFETY: the caller's promise.
    let gate = unsafe { Arc::from_raw(gate.cast_const().cast::<Gate>()) };
    let since = Instant::now();
    while !gate.is_open() && since.elapsed() < Gate::LIMIT {
        std::hint::spin_loop();
    }
}

// Every method below passes on the trait's contract; "contract" in a SAFETY line refers to it.
// SAFETY: the answers are those of CUDA, which keeps the promises of the trait.
unsafe impl Driver for CudaDriver {
    fn device(&self) -> &DeviceInfo {
        &self.info
    }

    fn bind(&self) -> Result<(), DriverError> {
        // Not cudarc's `bind_to_thread`: that hands out errors which are parked for the caller.
        let (own, mut current) = (self.context.cu_ctx(), ptr::null_mut());
        // SAFETY: the call writes one handle.
        let asked = unsafe { sys::cuCtxGetCurrent(&raw mut current) };
        if asked == CUresult::CUDA_SUCCESS && current == own {
            return Ok(()); // as it mostly is; to ask costs less than to set
        }
        // SAFETY: the context is retained by `self.context`.
        check(unsafe { sys::cuCtxSetCurrent(own) }, "cuCtxSetCurrent")
    }

    fn priority_range(&self) -> Result<PriorityRange, DriverError> {
        self.bind()?;
        let (mut least, mut greatest) = (0, 0);
        // SAFETY: the call writes two integers.
        let result = unsafe { sys::cuCtxGetStreamPriorityRange(&raw mut least, &raw mut greatest) };
        check(result, "cuCtxGetStreamPriorityRange")?;
        Ok(PriorityRange { least, greatest })
    }

    fn synchronize(&self) -> Result<(), DriverError> {
        self.bind()?;
        // SAFETY: a context is current.
        check(unsafe { sys::cuCtxSynchronize() }, "cuCtxSynchronize")
    }

    fn memory_info(&self) -> Result<(usize, usize), DriverError> {
        self.bind()?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: the call writes two sizes.
        check(unsafe { sys::cuMemGetInfo_v2(&raw mut free, &raw mut total) }, "cuMemGetInfo")?;
        Ok((free, total))
    }

    fn stream_create(&self, priority: i32) -> Result<RawStream, DriverError> {
        // cudarc would hand out an error that is parked for the caller as if it were of this call.
        let parked = self.context.check_err();
        let made = self.context.new_stream_with_priority(priority);
        self.context.record_err(parked);
        let made = made.map_err(from_cudarc("cuStreamCreateWithPriority"))?;
        let raw = RawStream(made.cu_stream() as usize as u64);
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).insert(raw.0, made);
        Ok(raw)
    }

    fn stream_is_shared(&self, raw: RawStream) -> bool {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody can get at a stream that only the table names, not even by a weak reference.
        streams.get_mut(&raw.0).is_some_and(|stream| Arc::get_mut(stream).is_none())
    }

    unsafe fn stream_destroy(&self, raw: RawStream) -> Result<(), DriverError> {
        // The driver's stream goes when the last `Arc` does, which may be the caller's.
        drop(self.streams.lock().unwrap_or_else(PoisonError::into_inner).remove(&raw.0));
        Ok(())
    }

    unsafe fn stream_query(&self, raw: RawStream) -> Result<bool, DriverError> {
        // SAFETY: contract.
        check_query(unsafe { sys::cuStreamQuery(stream(raw)) }, "cuStreamQuery")
    }

    unsafe fn stream_synchronize(&self, raw: RawStream) -> Result<(), DriverError> {
        // SAFETY: contract.
        check(unsafe { sys::cuStreamSynchronize(stream(raw)) }, "cuStreamSynchronize")
    }

    unsafe fn stream_wait(&self, raw: RawStream, on: RawEvent) -> Result<(), DriverError> {
        // SAFETY: contract.
        check(unsafe { sys::cuStreamWaitEvent(stream(raw), event(on), 0) }, "cuStreamWaitEvent")
    }

    unsafe fn stream_hold(&self, raw: RawStream, gate: &Arc<Gate>) -> Result<(), DriverError> {
        let data = Arc::into_raw(Arc::clone(gate));
        // SAFETY: contract; `data` is what `wait_at` takes, and is its own to give back.
        let held = unsafe {
            sys::cuLaunchHostFunc(stream(raw), Some(wait_at), data.cast_mut().cast::<c_void>())
        };
        if held != CUresult::CUDA_SUCCESS {
            // SAFETY: made above; a call that failed keeps nothing.
            drop(unsafe { Arc::from_raw(data) });
        }
        check(held, "cuLaunchHostFunc")
    }

    fn event_create(&self, timed: bool) -> Result<RawEvent, DriverError> {
        self.bind()?;
        let flags = if timed {
            sys::CUevent_flags_enum::CU_EVENT_DEFAULT
        } else {
            sys::CUevent_flags_enum::CU_EVENT_DISABLE_TIMING
        };
        let mut made = ptr::null_mut();
        // SAFETY: a context is current; the call writes one handle.
        check(unsafe { sys::cuEventCreate(&raw mut made, flags as u32) }, "cuEventCreate")?;
        Ok(RawEvent(made as usize as u64))
    }

    unsafe fn event_destroy(&self, raw: RawEvent) -> Result<(), DriverError> {
        // SAFETY: contract.
        check(unsafe { sys::cuEventDestroy_v2(event(raw)) }, "cuEventDestroy")
    }

    unsafe fn event_record(&self, raw: RawEvent, on: RawStream) -> Result<(), DriverError> {
        // SAFETY: contract.
        check(unsafe { sys::cuEventRecord(event(raw), stream(on)) }, "cuEventRecord")
    }

    unsafe fn event_query(&self, raw: RawEvent) -> Result<bool, DriverError> {
        // SAFETY: contract.
        check_query(unsafe { sys::cuEventQuery(event(raw)) }, "cuEventQuery")
    }

    unsafe fn event_synchronize(&self, raw: RawEvent) -> Result<(), DriverError> {
        // SAFETY: contract.
        check(unsafe { sys::cuEventSynchronize(event(raw)) }, "cuEventSynchronize")
    }

    unsafe fn event_elapsed(&self, start: RawEvent, end: RawEvent) -> Result<f32, DriverError> {
        let mut ms = 0.0;
        // SAFETY: contract; the call writes one float.
        let result = unsafe { sys::cuEventElapsedTime(&raw mut ms, event(start), event(end)) };
        check(result, "cuEventElapsedTime")?;
        Ok(ms)
    }

    fn device_alloc(&self, bytes: usize) -> Result<DevicePtr, DriverError> {
        self.bind()?;
        let mut at = 0;
        // SAFETY: a context is current; the call writes one address.
        check(unsafe { sys::cuMemAlloc_v2(&raw mut at, bytes) }, "cuMemAlloc")?;
        Ok(DevicePtr(at))
    }

    unsafe fn device_free(&self, at: DevicePtr) -> Result<(), DriverError> {
        // SAFETY: contract.
        check(unsafe { sys::cuMemFree_v2(at.0) }, "cuMemFree")
    }

    fn host_alloc(&self, bytes: usize, purpose: HostUse) -> Result<HostBlock, DriverError> {
        self.bind()?;
        let flags = match purpose {
            HostUse::Upload => sys::CU_MEMHOSTALLOC_WRITECOMBINED,
            HostUse::Download => 0,
            HostUse::Mapped => sys::CU_MEMHOSTALLOC_DEVICEMAP,
        };
        let mut host = ptr::null_mut::<c_void>();
        // SAFETY: a context is current; the call writes one address.
        check(unsafe { sys::cuMemHostAlloc(&raw mut host, bytes, flags) }, "cuMemHostAlloc")?;
        let mut block = HostBlock { host: host.cast(), device: None, bytes };
        if purpose == HostUse::Mapped {
            let mut at = 0;
            // SAFETY: `host` was just allocated as mapped; the call writes one address.
            let result = unsafe { sys::cuMemHostGetDevicePointer_v2(&raw mut at, host, 0) };
            if let Err(error) = check(result, "cuMemHostGetDevicePointer") {
                // SAFETY: nobody else has seen the block.
                let _ = unsafe { self.host_free(block) };
                return Err(error);
            }
            block.device = Some(DevicePtr(at));
        }
        Ok(block)
    }

    unsafe fn host_free(&self, block: HostBlock) -> Result<(), DriverError> {
        // SAFETY: contract.
        check(unsafe { sys::cuMemFreeHost(block.host.cast()) }, "cuMemFreeHost")
    }

    unsafe fn copy_to_device(
        &self,
        to: DevicePtr,
        from: *const u8,
        bytes: usize,
        on: RawStream,
    ) -> Result<(), DriverError> {
        // SAFETY: contract.
        let result = unsafe { sys::cuMemcpyHtoDAsync_v2(to.0, from.cast(), bytes, stream(on)) };
        check(result, "cuMemcpyHtoDAsync")
    }

    unsafe fn copy_to_host(
        &self,
        to: *mut u8,
        from: DevicePtr,
        bytes: usize,
        on: RawStream,
    ) -> Result<(), DriverError> {
        // SAFETY: contract.
        let result = unsafe { sys::cuMemcpyDtoHAsync_v2(to.cast(), from.0, bytes, stream(on)) };
        check(result, "cuMemcpyDtoHAsync")
    }

    unsafe fn fill(
        &self,
        at: DevicePtr,
        value: u8,
        bytes: usize,
        on: RawStream,
    ) -> Result<(), DriverError> {
        // SAFETY: contract.
        check(unsafe { sys::cuMemsetD8Async(at.0, value, bytes, stream(on)) }, "cuMemsetD8Async")
    }

    fn module_load(&self, image: &[u8]) -> Result<RawModule, DriverError> {
        let call = "cuModuleLoadData";
        if !is_whole_image(image) {
            return Err(DriverError { code: DriverError::INVALID_IMAGE, call });
        }
        self.bind()?;
        let mut made = ptr::null_mut();
        // SAFETY: a context is current; the call reads as far as the image says that it goes, which
        // is no further than its bytes, and writes one handle.
        let result = unsafe { sys::cuModuleLoadData(&raw mut made, image.as_ptr().cast()) };
        check(result, call)?;
        Ok(RawModule(made as usize as u64))
    }

    unsafe fn module_unload(&self, module: RawModule) -> Result<(), DriverError> {
        let handle = module.0 as usize as sys::CUmodule;
        // SAFETY: contract.
        check(unsafe { sys::cuModuleUnload(handle) }, "cuModuleUnload")
    }

    unsafe fn module_function(
        &self,
        module: RawModule,
        name: &CStr,
    ) -> Result<RawFunction, DriverError> {
        let mut found = ptr::null_mut();
        let handle = module.0 as usize as sys::CUmodule;
        // SAFETY: contract; the call writes one handle.
        let result = unsafe { sys::cuModuleGetFunction(&raw mut found, handle, name.as_ptr()) };
        check(result, "cuModuleGetFunction")?;
        Ok(RawFunction(found as usize as u64))
    }

    unsafe fn function_allow_shared(
        &self,
        function: RawFunction,
        bytes: u32,
    ) -> Result<(), DriverError> {
        let call = "cuFuncSetAttribute (dynamic shared memory)";
        let bytes = i32::try_from(bytes)
            .map_err(|_| DriverError { code: DriverError::INVALID_VALUE, call })?;
        let most = sys::CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        // SAFETY: contract.
        let result =
            unsafe { sys::cuFuncSetAttribute(function.0 as usize as sys::CUfunction, most, bytes) };
        check(result, call)
    }

    unsafe fn launch(
        &self,
        function: RawFunction,
        shape: &LaunchShape,
        on: RawStream,
        args: &[KernelArg<'_>],
    ) -> Result<(), DriverError> {
        if args.len() > MAX_KERNEL_ARGS {
            let call = "a launch with more than 32 arguments, which was not tried,";
            return Err(DriverError { code: DriverError::INVALID_VALUE, call });
        }
        let mut values = [MaybeUninit::<*mut c_void>::uninit(); MAX_KERNEL_ARGS];
        for (slot, arg) in values.iter_mut().zip(args) {
            slot.write(arg.value.cast_mut());
        }
        let [grid_x, grid_y, grid_z] = shape.grid;
        let [block_x, block_y, block_z] = shape.block;
        // SAFETY: contract; the driver reads as many of `values` as the kernel has parameters, copies
        // what they point to before it returns, and does not write through them.
        let result = unsafe {
            sys::cuLaunchKernel(
                function.0 as usize as sys::CUfunction,
                grid_x,
                grid_y,
                grid_z,
                block_x,
                block_y,
                block_z,
                shape.shared_bytes,
                stream(on),
                values.as_mut_ptr().cast(),
                ptr::null_mut(),
            )
        };
        check(result, "cuLaunchKernel")
    }

    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    fn pause(&self, round: u32) {
        // A step is some microseconds long: spin first, then let others run, then sleep.
        match round {
            0..20_000 => std::hint::spin_loop(),
            20_000..40_000 => std::thread::yield_now(),
            _ => std::thread::sleep(Duration::from_micros(50)),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
