//! Any bytes: decompression, detection and every format.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| prism_fuzz::replay("detect", data));
