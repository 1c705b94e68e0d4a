//! What there is to run on, asked so that nothing can panic: devices, a context, a compiler.
//!
//! `cargo run -p prism-stream --example devices`. Built with `panic = "abort"` (`--profile abort`)
//! it is the proof that a missing driver ends no process: a panic would.
#![allow(clippy::print_stdout)]

use prism_stream::{GpuContext, KernelCache, KernelSource, Module};

fn main() {
    println!("panics {}", if cfg!(panic = "abort") { "abort" } else { "unwind" });
    match GpuContext::devices() {
        Ok(devices) => devices.iter().for_each(|info| println!("device: {info}")),
        Err(reason) => println!("devices: {reason}"),
    }
    let source = KernelSource::new("empty.cu", "extern \"C\" __global__ void empty() {}");
    match source.compile("sm_90") {
        Ok(cubin) => println!("compiler: {} bytes for sm_90", cubin.len()),
        Err(reason) => println!("compiler: {reason}"),
    }
    for ordinal in [0, 4096] {
        let ran = GpuContext::open(ordinal).and_then(|gpu| {
            let module = Module::from_source(&gpu, &source, &KernelCache::disabled())?;
            module.function("empty")?;
            gpu.synchronize()
        });
        match ran {
            Ok(()) => println!("cuda:{ordinal}: opened, and loaded a kernel"),
            Err(reason) => println!("cuda:{ordinal}: {reason}"),
        }
    }
}
