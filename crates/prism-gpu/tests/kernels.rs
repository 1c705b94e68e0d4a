//! The kernels of the benchmark and of the guide compile for every architecture that is promised.
//! Without NVRTC this is skipped with a message; with `PRISM_REQUIRE_NVRTC=1` it fails.
#![cfg(feature = "cuda")]
#![allow(clippy::unwrap_used)]

#[path = "../../prism-stream/tests/support/needs.rs"]
mod needs;

use prism_gpu::phases;
use prism_stream::KernelSource;
use prism_stream::driver::is_whole_image;
use prism_stream::mock::device_info;

const ARCHITECTURES: [&str; 3] = ["sm_80", "sm_90", "sm_100"];

/// Compiles a kernel for every architecture.
fn compiles(source: &KernelSource) {
    if !needs::nvrtc() {
        return;
    }
    for arch in ARCHITECTURES {
        assert!(is_whole_image(&source.compile(arch).unwrap()), "{arch}");
    }
}

#[test]
fn the_benchmarks_kernel_compiles_for_every_payload() {
    for (config, telemetry, threads) in
        [(64, 16, 32), (256, 2560, 256), (4_194_304, 4_194_304, 256)]
    {
        let source = include_str!("../benches/stream_integration/bench.cu");
        let source = KernelSource::new("bench.cu", source)
            .define("CONFIG_WORDS", config)
            .define("TELEMETRY_WORDS", telemetry)
            .define("THREADS", threads);
        compiles(&source);
    }
}

#[test]
fn the_guides_kernel_compiles() {
    let guide = include_str!("../STREAM_INTEGRATION_GUIDE.md");
    let kernels: Vec<&str> =
        guide.split("r#\"").skip(1).map(|rest| rest.split("\"#").next().unwrap()).collect();
    assert_eq!(kernels.len(), 1);
    compiles(&KernelSource::new("guide.cu", kernels[0]));
}

#[test]
fn the_phases_compile_for_every_shape_of_a_block() {
    // One warp an individual, or several; wide columns, and narrow ones with overlaps in device memory.
    for (vertices, colors) in [(125, 17), (500, 48), (1000, 210)] {
        let sources = phases::sources(vertices, colors, &device_info("mock")).unwrap();
        assert_eq!(sources.len(), 4);
        sources.iter().for_each(compiles);
    }
    // No table, with few and with many colours.
    for (vertices, colors) in [(10_000, 5), (10_000, 10_000)] {
        let sources = phases::sources(vertices, colors, &device_info("mock")).unwrap();
        assert_eq!(sources.len(), 2);
        sources.iter().for_each(compiles);
    }
}
