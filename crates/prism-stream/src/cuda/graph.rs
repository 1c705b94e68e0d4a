//! Captures and graphs of the CUDA driver.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::ptr;

use cudarc::driver::sys::{self, CUresult, CUstreamCaptureMode_enum as CaptureMode};

use super::{CudaDriver, check, stream};
use crate::driver::{GraphDriver, RawGraph, RawGraphExec, RawStream};
use crate::error::DriverError;

/// A graph handle as the driver takes it.
fn graph(raw: RawGraph) -> sys::CUgraph {
    raw.0 as usize as sys::CUgraph
}

/// A handle of an executable graph as the driver takes it.
fn exec(raw: RawGraphExec) -> sys::CUgraphExec {
    raw.0 as usize as sys::CUgraphExec
}

// Every method below passes on the trait's contract; "contract" in a SAFETY line refers to it.
// SAFETY: the answers are those of CUDA, which keeps the promises of the trait.
unsafe impl GraphDriver for CudaDriver {
    unsafe fn capture_begin(&self, on: RawStream) -> Result<(), DriverError> {
        // Thread-local: in the global mode any other thread's allocation would spoil the capture,
        // in the relaxed one a forbidden call of this thread would go unnoticed.
        let mode = CaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        // SAFETY: contract.
        check(unsafe { sys::cuStreamBeginCapture_v2(stream(on), mode) }, "cuStreamBeginCapture")
    }

    unsafe fn capture_end(&self, on: RawStream) -> Result<RawGraph, DriverError> {
        let mut made = ptr::null_mut();
        // SAFETY: contract; the call writes one handle, which is null if the capture was spoilt.
        let result = unsafe { sys::cuStreamEndCapture(stream(on), &raw mut made) };
        check(result, "cuStreamEndCapture")?;
        Ok(RawGraph(made as usize as u64))
    }

    unsafe fn graph_destroy(&self, raw: RawGraph) -> Result<(), DriverError> {
        // SAFETY: contract.
        check(unsafe { sys::cuGraphDestroy(graph(raw)) }, "cuGraphDestroy")
    }

    unsafe fn graph_instantiate(&self, raw: RawGraph) -> Result<RawGraphExec, DriverError> {
        let mut made = ptr::null_mut();
        // SAFETY: contract; the call writes one handle.
        let result = unsafe { sys::cuGraphInstantiateWithFlags(&raw mut made, graph(raw), 0) };
        check(result, "cuGraphInstantiate")?;
        Ok(RawGraphExec(made as usize as u64))
    }

    unsafe fn graph_update(&self, raw: RawGraphExec, from: RawGraph) -> Result<bool, DriverError> {
        let mut why = MaybeUninit::uninit();
        // SAFETY: contract; the call writes why it refused, which is of no interest here.
        let result = unsafe { sys::cuGraphExecUpdate_v2(exec(raw), graph(from), why.as_mut_ptr()) };
        match result {
            CUresult::CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE => Ok(false),
            other => check(other, "cuGraphExecUpdate").map(|()| true),
        }
    }

    unsafe fn graph_launch(&self, raw: RawGraphExec, on: RawStream) -> Result<(), DriverError> {
        // SAFETY: contract.
        check(unsafe { sys::cuGraphLaunch(exec(raw), stream(on)) }, "cuGraphLaunch")
    }

    unsafe fn graph_exec_destroy(&self, raw: RawGraphExec) -> Result<(), DriverError> {
        // SAFETY: contract.
        check(unsafe { sys::cuGraphExecDestroy(exec(raw)) }, "cuGraphExecDestroy")
    }
}
