//! `devices` and `--device`, on machines with and without a GPU.

use crate::common::{Folder, Run, graph, verified};

/// Hides every GPU from a command.
const NONE: (&str, &str) = ("CUDA_VISIBLE_DEVICES", "-1");

#[test]
fn devices_says_in_one_line_why_there_is_none() {
    let done = prism!["devices"].env(NONE.0, NONE.1).code(0);
    assert_eq!(done.stdout().lines().count(), 1, "{done:?}");
    assert!(done.stdout().starts_with("no GPU: "), "{done:?}");
    assert_eq!(done.stderr(), "");
    let json = prism!["devices", "--json"].env(NONE.0, NONE.1).code(0).json();
    assert_eq!(json["devices"].as_array().unwrap().len(), 0);
    assert_eq!(done.stdout(), format!("no GPU: {}\n", json["reason"].as_str().unwrap()));
}

#[test]
fn devices_lists_what_there_is() {
    let json = prism!["devices", "--json"].code(0).json();
    let devices = json["devices"].as_array().unwrap();
    assert_eq!(devices.is_empty(), json["reason"].is_string());
    let done = prism!["devices"].code(0);
    assert_eq!(done.stdout().lines().count(), devices.len().max(1));
    for (index, device) in devices.iter().enumerate() {
        assert_eq!(device["index"], index);
        assert!(device["memory_bytes"].as_u64().unwrap() > 0);
    }
}

#[test]
fn a_device_that_cannot_be_used_is_6_before_anything_is_read() {
    for device in ["cuda:0", "cuda:4096"] {
        let done = prism!["color", "missing.col", "--device", device].env(NONE.0, NONE.1).code(6);
        done.fails(&["--device", device]);
        assert_eq!(done.stdout(), "");
    }
    // With a GPU the reason is another: no engine runs on it. It is 6 all the same.
    prism!["color", graph("queen8_8"), "--device", "cuda:0"].code(6).fails(&["--device cuda:0: "]);
}

#[test]
fn auto_goes_on_on_the_cpu_without_a_word() {
    let folder = Folder::new();
    for device in ["auto", "cpu"] {
        let colors = folder.path(device);
        let done = prism!["color", "-q", "--moves", "1000", "--device", device, "-o", &colors]
            .arg(graph("queen8_8"))
            .code(0);
        assert_eq!(done.stderr(), "");
        assert!(verified(graph("queen8_8"), &colors) <= 12);
    }
    prism!["color", "-q", "--moves", "0", graph("myciel5")]
        .env("PRISM_LOG", "debug")
        .code(0)
        .says(&["DEBUG", "searching on the CPU"]);
}
