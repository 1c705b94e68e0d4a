//! The driver's calls, as the mock answers them: recorded, checked, and put on the queues.
#![allow(unsafe_code)]

use std::any::Any;
use std::collections::VecDeque;
use std::ffi::CStr;
use std::sync::Arc;
use std::time::Duration;

use super::device::{EventState, Hang, State, Work};
use super::{BOUND, MockCompiler, MockDriver, Outcome};
use crate::device::DeviceInfo;
use crate::driver::{
    DevicePtr, Driver, Gate, HostBlock, HostUse, KernelArg, LaunchShape, PriorityRange, RawEvent,
    RawFunction, RawModule, RawStream,
};
use crate::error::{DriverError, KernelError};
use crate::kernel::KernelSource;

/// Most dynamic shared memory of a block, as on an H200.
const MOST_SHARED: u32 = 227 << 10;

// SAFETY: memory is allocated as asked for and kept until it is freed; queues run in order.
unsafe impl Driver for MockDriver {
    fn device(&self) -> &DeviceInfo {
        &self.info
    }

    fn bind(&self) -> Outcome {
        BOUND.set(std::ptr::from_ref(self) as usize);
        Ok(())
    }

    fn priority_range(&self) -> Outcome<PriorityRange> {
        Ok(PriorityRange { least: 0, greatest: -5 })
    }

    fn synchronize(&self) -> Outcome {
        let state = self.call("synchronize", 0, 0, false)?;
        let done = |state: &State| state.streams.values().all(VecDeque::is_empty);
        self.run_until("synchronize", state, done)?.order.see_all();
        Ok(())
    }

    fn memory_info(&self) -> Outcome<(usize, usize)> {
        let total = self.info.memory_bytes;
        Ok((self.lock().memory_left.unwrap_or(total), total))
    }

    fn stream_create(&self, priority: i32) -> Outcome<RawStream> {
        self.bind()?;
        let mut state = self.call("stream_create", 0, 0, true)?;
        let id = state.id();
        state.streams.insert(id, VecDeque::new());
        state.levels.insert(id, priority);
        Ok(RawStream(id))
    }

    fn stream_is_shared(&self, stream: RawStream) -> bool {
        self.lock().shared.contains(&stream.0)
    }

    unsafe fn stream_destroy(&self, stream: RawStream) -> Outcome {
        let mut state = self.on_stream("stream_destroy", stream, 0)?;
        // As CUDA does: the handle goes now, the work still runs. Here it runs at once.
        while state.streams.get(&stream.0).is_some_and(|queue| !queue.is_empty()) {
            if !state.run_one() {
                break;
            }
        }
        state.streams.remove(&stream.0);
        Ok(())
    }

    unsafe fn stream_query(&self, stream: RawStream) -> Outcome<bool> {
        let mut state = self.on_stream("stream_query", stream, 0)?;
        let done = state.streams.get(&stream.0).is_none_or(VecDeque::is_empty);
        if done {
            state.order.see_lane(stream.0);
        }
        Ok(done)
    }

    unsafe fn stream_synchronize(&self, stream: RawStream) -> Outcome {
        let state = self.on_stream("stream_synchronize", stream, 0)?;
        let done = |state: &State| state.streams.get(&stream.0).is_none_or(VecDeque::is_empty);
        self.run_until("stream_synchronize", state, done)?.order.see_lane(stream.0);
        Ok(())
    }

    unsafe fn stream_wait(&self, stream: RawStream, event: RawEvent) -> Outcome {
        let mut state = self.on_stream("stream_wait", stream, event.0)?;
        if state.waits_are_lost || state.record_wait(stream.0, event.0)? {
            return Ok(());
        }
        let version = match state.events.get(&event.0) {
            None => {
                state.violation("a wait on an event that does not exist".to_owned());
                0
            }
            Some(found) if found.recorded == 0 => {
                state.violation("a wait on an event that was never recorded".to_owned());
                0
            }
            Some(found) => found.recorded,
        };
        // A snapshot: later records of the event do not move this wait.
        state.push(stream.0, stream.0, Work::Wait { event: event.0, version });
        Ok(())
    }

    unsafe fn stream_hold(&self, stream: RawStream, gate: &Arc<Gate>) -> Outcome {
        // Stricter than a device: a gate that nobody opens holds the stream for ever, which is noticed.
        self.enqueue("stream_hold", stream, 0, Work::Hold { gate: Arc::clone(gate) })
    }

    fn event_create(&self, timed: bool) -> Outcome<RawEvent> {
        self.bind()?;
        let mut state = self.call("event_create", 0, 0, true)?;
        let id = state.id();
        state.events.insert(id, EventState { timed, ..EventState::default() });
        Ok(RawEvent(id))
    }

    unsafe fn event_destroy(&self, event: RawEvent) -> Outcome {
        let mut state = self.call("event_destroy", 0, event.0, true)?;
        let needed = state.uses(|work| match work {
            Work::Record { event: used, .. } | Work::Wait { event: used, .. } => *used == event.0,
            _ => false,
        });
        if needed {
            state.violation("an event was destroyed that queued work needs".to_owned());
        }
        state.order.forget_event(event.0);
        if state.events.remove(&event.0).is_none() {
            state.violation("an event was destroyed twice".to_owned());
        }
        Ok(())
    }

    unsafe fn event_record(&self, event: RawEvent, stream: RawStream) -> Outcome {
        let mut state = self.on_stream("event_record", stream, event.0)?;
        let Some(found) = state.events.get_mut(&event.0) else {
            state.violation("a record of an event that does not exist".to_owned());
            return Err(DriverError { code: 400, call: "event_record" });
        };
        found.captured = false;
        if state.record_event(stream.0, event.0) {
            return Ok(());
        }
        let Some(found) = state.events.get_mut(&event.0) else { return Ok(()) };
        found.recorded += 1;
        let version = found.recorded;
        state.push(stream.0, stream.0, Work::Record { event: event.0, version });
        Ok(())
    }

    unsafe fn event_query(&self, event: RawEvent) -> Outcome<bool> {
        let mut state = self.call("event_query", 0, event.0, true)?;
        if state.events.get(&event.0).is_some_and(|found| found.captured) {
            return Err(DriverError { code: 907, call: "event_query" });
        }
        let done = state.events.get(&event.0).is_none_or(|found| found.reached == found.recorded);
        if done {
            state.order.see_event(event.0);
        }
        Ok(done)
    }

    unsafe fn event_synchronize(&self, event: RawEvent) -> Outcome {
        let state = self.call("event_synchronize", 0, event.0, true)?;
        if state.events.get(&event.0).is_some_and(|found| found.captured) {
            return Err(DriverError { code: 907, call: "event_synchronize" });
        }
        let done = |state: &State| {
            state.events.get(&event.0).is_none_or(|found| found.reached == found.recorded)
        };
        self.run_until("event_synchronize", state, done)?.order.see_event(event.0);
        Ok(())
    }

    unsafe fn event_elapsed(&self, start: RawEvent, end: RawEvent) -> Outcome<f32> {
        let mut state = self.call("event_elapsed", 0, start.0, true)?;
        let refused = |code| Err(DriverError { code, call: "event_elapsed" });
        let found = |event: RawEvent| state.events.get(&event.0).filter(|found| found.timed);
        let (Some(from), Some(to)) = (found(start), found(end)) else { return refused(400) };
        if [from, to].iter().any(|event| event.recorded == 0 || event.reached != event.recorded) {
            state.violation("the time of an event was read before it was complete".to_owned());
            return refused(600);
        }
        Ok(to.at_ns.saturating_sub(from.at_ns) as f32 / 1e6)
    }

    fn device_alloc(&self, bytes: usize) -> Outcome<DevicePtr> {
        if self.lock().memory_left.is_some_and(|left| bytes > left) {
            drop(self.call("device_alloc", 0, bytes as u64, false)?);
            return Err(DriverError { code: DriverError::OUT_OF_MEMORY, call: "device_alloc" });
        }
        let at = self.allocate("device_alloc", bytes)?;
        if let Some(left) = &mut self.lock().memory_left {
            *left -= bytes;
        }
        Ok(DevicePtr(at))
    }

    unsafe fn device_free(&self, at: DevicePtr) -> Outcome {
        let mut state = self.lock();
        let bytes = state.blocks.get(&at.0).map_or(0, |(_, bytes)| *bytes);
        if let Some(left) = &mut state.memory_left {
            *left += bytes;
        }
        drop(state);
        self.free("device_free", at.0)
    }

    fn host_alloc(&self, bytes: usize, purpose: HostUse) -> Outcome<HostBlock> {
        let at = self.allocate("host_alloc", bytes)?;
        self.lock().pinned.insert(at, purpose);
        let device = (purpose == HostUse::Mapped).then_some(DevicePtr(at));
        Ok(HostBlock { host: at as usize as *mut u8, device, bytes })
    }

    unsafe fn host_free(&self, block: HostBlock) -> Outcome {
        self.free("host_free", block.host as usize as u64)
    }

    unsafe fn copy_to_device(
        &self,
        to: DevicePtr,
        from: *const u8,
        bytes: usize,
        stream: RawStream,
    ) -> Outcome {
        let from = from as usize as u64;
        let mut state = self.lock();
        if state.host_use(from).is_none() {
            state.violation("a copy to the device from pageable memory".to_owned());
        }
        drop(state);
        let work = Work::Copy { to: to.0, from, bytes };
        self.enqueue("copy_to_device", stream, to.0, work)
    }

    unsafe fn copy_to_host(
        &self,
        to: *mut u8,
        from: DevicePtr,
        bytes: usize,
        stream: RawStream,
    ) -> Outcome {
        let to = to as usize as u64;
        let mut state = self.lock();
        match state.host_use(to) {
            None => state.violation("a copy from the device to pageable memory".to_owned()),
            Some(HostUse::Upload) => {
                state.violation("a copy to write-combined memory, slow to read".to_owned());
            }
            Some(_) => {}
        }
        drop(state);
        let work = Work::Copy { to, from: from.0, bytes };
        self.enqueue("copy_to_host", stream, from.0, work)
    }

    unsafe fn fill(&self, at: DevicePtr, value: u8, bytes: usize, stream: RawStream) -> Outcome {
        self.enqueue("fill", stream, at.0, Work::Fill { at: at.0, value, bytes })
    }

    fn module_load(&self, _: &[u8]) -> Outcome<RawModule> {
        self.bind()?;
        let mut state = self.call("module_load", 0, 0, true)?;
        let id = state.id();
        state.modules.insert(id, id);
        Ok(RawModule(id))
    }

    fn ready_made(&self, _: &KernelSource) -> Option<Result<Vec<u8>, KernelError>> {
        match self.lock().compiler.clone() {
            MockCompiler::Real => None,
            MockCompiler::Unneeded => Some(Ok(Vec::new())),
            MockCompiler::Failing(error) => Some(Err(error)),
        }
    }

    unsafe fn module_unload(&self, module: RawModule) -> Outcome {
        let mut state = self.call("module_unload", 0, module.0, true)?;
        if state.uses(|work| matches!(work, Work::Launch { .. })) {
            state.violation("an image was unloaded while kernels were queued".to_owned());
        }
        state.modules.remove(&module.0);
        Ok(())
    }

    unsafe fn module_function(&self, module: RawModule, name: &CStr) -> Outcome<RawFunction> {
        let state = self.call("module_function", 0, module.0, true)?;
        let found = state.names.get(name.to_string_lossy().as_ref()).copied();
        found.map(RawFunction).ok_or(DriverError { code: 500, call: "module_function" })
    }

    unsafe fn function_allow_shared(&self, function: RawFunction, bytes: u32) -> Outcome {
        drop(self.call("function_allow_shared", 0, function.0, true)?);
        let fits = bytes <= MOST_SHARED;
        fits.then_some(()).ok_or(DriverError { code: 1, call: "function_allow_shared" })
    }

    unsafe fn launch(
        &self,
        function: RawFunction,
        _: &LaunchShape,
        stream: RawStream,
        args: &[KernelArg<'_>],
    ) -> Outcome {
        let args = args
            .iter()
            // SAFETY: an argument borrows a value of that size.
            .map(|arg| unsafe { std::slice::from_raw_parts(arg.value.cast::<u8>(), arg.bytes) })
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>();
        self.lock().check_args(&args);
        let work = Work::Launch { function: function.0, args, code: 0, hang: Hang::No };
        self.enqueue("launch", stream, function.0, work)
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(self.lock().clock_ns)
    }

    fn pause(&self, _: u32) {
        let mut state = self.lock();
        state.clock_ns += 1_000_000;
        state.run_some();
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
