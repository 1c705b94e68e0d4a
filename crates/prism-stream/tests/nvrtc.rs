//! Every kernel compiles for every architecture that is promised; no GPU needed, only NVRTC.
//! Without NVRTC this is skipped with a message; with `PRISM_REQUIRE_NVRTC=1` it fails.
#![cfg(feature = "cuda")]
#![allow(clippy::unwrap_used)]

#[path = "support/needs.rs"]
mod needs;

use needs::nvrtc;
use prism_stream::driver::is_whole_image;
use prism_stream::kernels::echo_source;
use prism_stream::{KernelCache, KernelError, KernelSource};

#[test]
fn every_kernel_compiles_for_every_architecture() {
    if !nvrtc() {
        return;
    }
    for arch in ["sm_80", "sm_90", "sm_100"] {
        for (config, telemetry) in [(1, 1), (64, 16), (256, 2560)] {
            let cubin = echo_source(config, telemetry).compile(arch).unwrap();
            assert!(cubin.starts_with(b"\x7fELF"), "{arch}");
        }
        for (name, source) in [
            ("disturb.cu", include_str!("support/disturb.cu")),
            ("leave.cu", include_str!("support/leave.cu")),
        ] {
            let cubin = KernelSource::new(name, source).compile(arch).unwrap();
            assert!(cubin.starts_with(b"\x7fELF"), "{name} for {arch}");
        }
    }
}

#[test]
fn a_compiled_kernel_is_a_whole_image_and_no_beginning_of_it_is() {
    if !nvrtc() {
        return;
    }
    for arch in ["sm_80", "sm_90", "sm_100"] {
        let cubin = echo_source(64, 16).compile(arch).unwrap();
        assert!(is_whole_image(&cubin), "{arch}");
        let taken = (0..cubin.len()).find(|end| is_whole_image(&cubin[..*end]));
        assert_eq!(taken, None, "of {} bytes, {arch}", cubin.len());
    }
    let ptx = echo_source(64, 16).compile_ptx("compute_80").unwrap() + "\0";
    assert!(is_whole_image(ptx.as_bytes()) && !is_whole_image(&ptx.as_bytes()[..ptx.len() - 1]));
}

#[test]
fn a_kernel_compiles_to_ptx_for_a_virtual_architecture() {
    if !nvrtc() {
        return;
    }
    let ptx = echo_source(4, 4).compile_ptx("compute_80").unwrap();
    assert!(ptx.contains(".target sm_80") && ptx.contains(".entry echo"), "{ptx}");
    assert!(!ptx.contains('\0'));
}

#[test]
fn a_source_that_does_not_compile_gives_the_log() {
    if !nvrtc() {
        return;
    }
    let broken = KernelSource::new("broken.cu", "__global__ void f() { undeclared = 1; }");
    let Err(KernelError::Compile { name, arch, log }) = broken.compile("sm_90") else {
        panic!("it compiled");
    };
    assert_eq!((name.as_str(), arch.as_str()), ("broken.cu", "sm_90"));
    assert!(log.contains("undeclared"), "{log}");
}

#[test]
fn a_source_includes_its_headers_by_name() {
    if !nvrtc() {
        return;
    }
    let source = KernelSource::new(
        "outer.cu",
        "#include \"outer.cuh\"\nextern \"C\" __global__ void f(int* x) { *x = inner(OUTER); }",
    );
    let headers = source
        .clone()
        .header("outer.cuh", "#include \"inner.cuh\"\n#define OUTER 7\n")
        .header("inner.cuh", "__device__ int inner(int x) { return x + 1; }\n");
    assert!(is_whole_image(&headers.compile("sm_90").unwrap()));
    let Err(KernelError::Compile { log, .. }) = source.compile("sm_90") else {
        panic!("it compiled without its headers");
    };
    assert!(log.contains("outer.cuh"), "{log}");
    let nul = source.header("outer.cuh", "\0");
    assert!(matches!(nul.compile("sm_90"), Err(KernelError::Nul { what: "a header", .. })));
}

#[test]
fn a_cached_kernel_is_the_compiled_one() {
    if !nvrtc() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let cache = KernelCache::at(folder.path());
    let built = cache.get_or_build(&echo_source(4, 4), "sm_90").unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(cache.get_or_build(&echo_source(4, 4), "sm_90").unwrap(), built);
}

#[test]
fn a_nul_byte_in_a_constant_is_an_error() {
    if !nvrtc() {
        return;
    }
    let source = KernelSource::new("a.cu", "").define("N", "1\0");
    assert!(matches!(source.compile("sm_90"), Err(KernelError::Nul { .. })));
}
