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
}

#[test]
fn an_engine_of_the_gpu_runs_on_the_cores_where_there_is_none() {
    for engine in ["population", "whcr", "dendritic-whcr", "quantum", "thermodynamic"] {
        let json =
            prism!["color", "--json", "--moves", "2000", "--method", engine, graph("queen8_8")]
                .env(NONE.0, NONE.1)
                .code(0)
                .json();
        let engines = json["engines"].as_array().unwrap();
        let searched: Vec<_> = engines.iter().filter(|e| e["moves"].as_u64() > Some(0)).collect();
        assert!(searched.iter().all(|e| e["engine"] == engine && e["site"] == "cpu"), "{json}");
        assert_eq!(searched.len(), 1, "{json}");
    }
}

#[test]
fn what_searches_on_a_gpu_is_named_in_options_that_go_together() {
    prism!["color", "--device", "cpu", "--phases", "whcr", graph("queen8_8")]
        .code(2)
        .fails(&["--phases"]);
    prism!["color", "--phases", "tabucol", graph("queen8_8")].code(2).fails(&["tabucol", "whcr"]);
    for order in ["whcr", "population,whcr", "quantum,whcr", "thermodynamic,dendritic-whcr"] {
        prism!["color", "-q", "--moves", "100", "--phases", order, "--sync", graph("queen8_8")]
            .code(0);
    }
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
}
