//! What kernels of one's own need beside a pipeline: state that goes up and comes back, more shared
//! memory than a block gets unasked, and streams to launch on.

use prism_stream::{
    GpuError, KernelArg, KernelCache, KernelError, KernelSource, LaunchShape, Module, PoolOptions,
    StreamPool, StreamPurpose,
};

use crate::device;

/// Turns an array around by way of shared memory.
const REVERSE: &str = r#"
extern "C" __global__ void reverse(unsigned int* values, unsigned int count) {
    extern __shared__ unsigned int held[];
    for (unsigned int i = threadIdx.x; i < count; i += blockDim.x) held[i] = values[i];
    __syncthreads();
    for (unsigned int i = threadIdx.x; i < count; i += blockDim.x) values[i] = held[count - 1 - i];
}
"#;

#[test]
fn gpu_a_kernel_works_on_uploaded_state_with_64_kb_of_shared_memory() {
    let Some((gpu, _alone)) = device() else { return };
    let source = KernelSource::new("reverse.cu", REVERSE);
    let module = Module::from_source(&gpu, &source, &KernelCache::for_user()).unwrap();
    let function = module.function("reverse").unwrap();
    function.allow_shared(64 << 10).unwrap();
    let values: Vec<u32> = (0..16 << 10).map(|at| at * 2_654_435_761 % 1_000_003).collect();
    let mut state = gpu.alloc(size_of_val(values.as_slice())).unwrap();
    gpu.upload(&mut state, 0, &values).unwrap();
    let lease = StreamPool::new(gpu.clone(), PoolOptions::default());
    let lease = lease.lease(StreamPurpose::KernelExecution).unwrap();
    let (at, count) = (state.ptr(), values.len() as u32);
    let shape = LaunchShape { shared_bytes: 64 << 10, ..LaunchShape::linear(1, 256) };
    // SAFETY: these are the kernel's arguments; buffer, function and stream stay until the stream was
    // waited for.
    unsafe {
        gpu.driver().bind().unwrap();
        let args = [KernelArg::pointer(&at), KernelArg::new(&count)];
        gpu.driver().launch(function.raw(), &shape, lease.raw(), &args).unwrap();
    }
    lease.synchronize().unwrap();
    let mut back = vec![0_u32; values.len()];
    gpu.download(&state, 0, &mut back).unwrap();
    back.reverse();
    assert!(back == values);
}

#[test]
fn gpu_an_image_that_is_not_all_there_is_refused_unread() {
    let Some((gpu, _alone)) = device() else { return };
    let cubin = KernelSource::new("reverse.cu", REVERSE).compile(&gpu.info().arch()).unwrap();
    Module::from_cubin(&gpu, "reverse.cu", &cubin).unwrap().function("reverse").unwrap();
    for image in [&b""[..], b".version 8.0", &cubin[..4], &cubin[..cubin.len() - 1]] {
        let error = Module::from_cubin(&gpu, "cut.cubin", image).expect_err("cut short");
        assert!(matches!(error, GpuError::Kernel(KernelError::NotAnImage { .. })), "{error}");
    }
    gpu.synchronize().unwrap();
}

#[test]
fn gpu_a_stream_that_was_shown_is_lent_to_nobody_else() {
    let Some((gpu, _alone)) = device() else { return };
    let pool = StreamPool::new(gpu, PoolOptions::default());
    let lease = pool.lease(StreamPurpose::AuxCompute).unwrap();
    let (shown, raw) = (lease.cuda().unwrap(), lease.raw());
    drop(lease);
    assert_eq!(pool.len(), 0);
    let lease = pool.lease(StreamPurpose::AuxCompute).unwrap();
    assert_ne!(lease.raw(), raw, "it is alive, and somebody else's");
    shown.synchronize().unwrap();
    // One that was not shown comes back.
    let raw = lease.raw();
    drop(lease);
    assert_eq!(pool.lease(StreamPurpose::AuxCompute).unwrap().raw(), raw);
}
