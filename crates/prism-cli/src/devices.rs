//! `prism devices`, and what `--device` comes to: the GPUs of this machine, or why there is none.
//!
//! `--device cuda:N` is refused before the search if there is no such device or it cannot be used, with the
//! reason that applies. `auto` asks no driver here: its start takes a good part of a second.

use crate::args::DevicesArgs;
use crate::failure::Failure;
use crate::output::Output;
use prism_solver::Device;
use prism_stream::{DeviceInfo, GpuContext, Unavailable};
use serde::Serialize;
use std::io::{self, Write};

/// One GPU for machines.
#[derive(Serialize)]
struct Entry<'a> {
    /// What `--device` calls it.
    device: Device,
    index: usize,
    name: &'a str,
    compute_capability: String,
    multiprocessors: u32,
    memory_bytes: usize,
    copy_engines: u32,
    /// The newest CUDA version that the driver supports.
    driver_cuda_version: String,
    /// Why it cannot be used, if it cannot.
    unusable: Option<String>,
}

/// The answer for machines.
#[derive(Serialize)]
struct Listing<'a> {
    devices: Vec<Entry<'a>>,
    /// Why there is none, if there is none.
    reason: Option<String>,
}

/// Lists the GPUs; that there is none is an answer too, not a failure.
pub fn run(args: &DevicesArgs) -> Result<u8, Failure> {
    let found = GpuContext::devices();
    Output::Stdout.write(|out| print(out, &found, args.json))?;
    Ok(0)
}

/// Writes a line a GPU or the reason, or all as one line of JSON.
fn print(
    out: &mut dyn Write,
    found: &Result<Vec<DeviceInfo>, Unavailable>,
    json: bool,
) -> io::Result<()> {
    if json {
        let devices = found.iter().flatten().map(entry).collect();
        let reason = found.as_ref().err().map(ToString::to_string);
        serde_json::to_writer(&mut *out, &Listing { devices, reason })?;
        return writeln!(out);
    }
    match found {
        Err(reason) => writeln!(out, "no GPU: {reason}"),
        Ok(devices) => devices.iter().try_for_each(|info| {
            let (major, minor) = info.driver_version;
            let old = info.usable().err().map_or(String::new(), |why| format!("; too old: {why}"));
            writeln!(out, "{info}, driver for CUDA {major}.{minor}{old}")
        }),
    }
}

fn entry(info: &DeviceInfo) -> Entry<'_> {
    let dotted = |(major, minor): (u32, u32)| format!("{major}.{minor}");
    Entry {
        device: Device::Cuda(info.ordinal),
        index: info.ordinal,
        name: &info.name,
        compute_capability: dotted(info.compute_capability),
        multiprocessors: info.multiprocessors,
        memory_bytes: info.memory_bytes,
        copy_engines: info.copy_engines,
        driver_cuda_version: dotted(info.driver_version),
        unusable: info.usable().err().map(|reason| reason.to_string()),
    }
}

/// Refuses a device that is asked for and cannot be used.
pub fn check(device: Device) -> Result<(), Failure> {
    match device {
        Device::Auto | Device::Cpu => Ok(()),
        Device::Cuda(ordinal) => match refusal(ordinal, GpuContext::devices()) {
            None => Ok(()),
            Some(reason) => Err(Failure::Device(device, reason)),
        },
    }
}

/// Why a GPU cannot be used, if it cannot.
fn refusal(ordinal: usize, found: Result<Vec<DeviceInfo>, Unavailable>) -> Option<String> {
    match found {
        Err(reason) => Some(reason.to_string()),
        Ok(devices) => match devices.get(ordinal) {
            None => Some(Unavailable::NoSuchDevice { ordinal, count: devices.len() }.to_string()),
            Some(info) => info.usable().err().map(|reason| reason.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn h200() -> DeviceInfo {
        DeviceInfo {
            ordinal: 0,
            name: "NVIDIA H200".into(),
            compute_capability: (9, 0),
            multiprocessors: 132,
            memory_bytes: 141 << 30,
            shared_bytes_per_block: 227 << 10,
            shared_bytes_per_multiprocessor: 228 << 10,
            copy_engines: 3,
            maps_host_memory: true,
            driver_version: (13, 0),
        }
    }

    fn printed(found: &Result<Vec<DeviceInfo>, Unavailable>, json: bool) -> String {
        let mut out = Vec::new();
        print(&mut out, found, json).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_gpu_is_a_line() {
        let second = DeviceInfo { ordinal: 1, ..h200() };
        let text = printed(&Ok(vec![h200(), second]), false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[1].starts_with("cuda:1  NVIDIA H200, compute capability 9.0, 132 multi"));
        assert!(lines[1].ends_with("3 copy engines, driver for CUDA 13.0"), "{text}");
    }

    #[test]
    fn a_gpu_is_an_object_in_json() {
        let text = printed(&Ok(vec![h200()]), true);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["reason"], serde_json::Value::Null);
        let gpu = &json["devices"][0];
        assert_eq!((&gpu["device"], &gpu["index"]), (&"cuda:0".into(), &0.into()));
        assert_eq!(gpu["memory_bytes"], 141_u64 << 30);
        assert_eq!(gpu["compute_capability"], "9.0");
        assert_eq!(gpu["driver_cuda_version"], "13.0");
        assert_eq!(gpu["unusable"], serde_json::Value::Null);
        assert_eq!((&gpu["multiprocessors"], &gpu["copy_engines"]), (&132.into(), &3.into()));
    }

    #[test]
    fn a_gpu_that_is_too_old_is_marked() {
        let old = DeviceInfo { compute_capability: (6, 1), name: "Tesla P4".into(), ..h200() };
        let text = printed(&Ok(vec![old.clone()]), false);
        let needed = "Tesla P4 has compute capability 6.1, but 7.0 is needed; use a newer GPU";
        assert!(text.ends_with(&format!("13.0; too old: {needed}\n")), "{text}");
        assert_eq!(text.lines().count(), 1);
        let json: serde_json::Value =
            serde_json::from_str(&printed(&Ok(vec![old.clone()]), true)).unwrap();
        assert_eq!(json["devices"][0]["unusable"], needed);
        assert_eq!(refusal(0, Ok(vec![old])).as_deref(), Some(needed));
    }

    #[test]
    fn every_reason_is_one_line() {
        for reason in [Unavailable::NoDriver, Unavailable::NoDevice, Unavailable::NotBuilt] {
            let text = printed(&Err(reason.clone()), false);
            assert_eq!(text, format!("no GPU: {reason}\n"));
            assert_eq!(text.lines().count(), 1);
        }
    }

    #[test]
    fn a_gpu_that_is_there_is_taken_and_another_one_refused() {
        let refused = |ordinal, found| refusal(ordinal, found).unwrap_or_default();
        assert_eq!(refusal(0, Ok(vec![h200()])), None);
        let other = refused(1, Ok(vec![h200()]));
        assert!(other.contains("there is no GPU 1; this machine has 1"), "{other}");
        assert!(refused(0, Err(Unavailable::NoDriver)).contains("no NVIDIA driver found"));
    }
}
