//! The benchmark's kernel compiles for every architecture that is promised, for every payload that it is
//! used with. Without NVRTC this is skipped with a message; with `PRISM_REQUIRE_NVRTC=1` it fails.
#![cfg(feature = "cuda")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use prism_stream::{KernelError, KernelSource};

#[test]
fn the_benchmarks_kernel_compiles_for_every_architecture() {
    for arch in ["sm_80", "sm_90", "sm_100"] {
        for (config, telemetry) in [(64, 16), (256, 2560), (4_194_304, 4_194_304)] {
            let source = include_str!("../benches/stream_integration/bench.cu");
            let source = KernelSource::new("bench.cu", source)
                .define("CONFIG_WORDS", config)
                .define("TELEMETRY_WORDS", telemetry);
            match source.compile(arch) {
                Ok(cubin) => assert!(cubin.starts_with(b"\x7fELF"), "{arch}"),
                Err(error @ KernelError::NoCompiler) => {
                    let required =
                        std::env::var("PRISM_REQUIRE_NVRTC").is_ok_and(|value| value == "1");
                    assert!(!required, "{error}");
                    println!("skipped: {error}");
                    return;
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}
