//! Lists of allowed colours.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| prism_fuzz::replay("allowed", data));
