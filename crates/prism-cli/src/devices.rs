//! `prism devices`, and what `--device` comes to: the GPUs of this machine, or why there is none.
//!
//! No engine of this version colours on a GPU. So `auto` is the CPU, found without asking the driver,
//! whose start takes a good part of a second; and `cuda:N` is refused with the reason that applies:
//! there is no such device, or there is one and nothing to run on it.

use crate::args::{Device, DevicesArgs};
use crate::failure::Failure;
use crate::output::Output;
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

/// Settles where `prism color` searches. There is one answer as yet, the CPU; the rest is refused.
pub fn choose(device: Device) -> Result<(), Failure> {
    match device {
        Device::Cpu => Ok(()),
        Device::Auto => {
            tracing::debug!("no engine of this version runs on a GPU: searching on the CPU");
            Ok(())
        }
        Device::Cuda(ordinal) => {
            Err(Failure::Device(device, refusal(ordinal, GpuContext::devices())))
        }
    }
}

/// Why a GPU cannot be used for colouring.
fn refusal(ordinal: usize, found: Result<Vec<DeviceInfo>, Unavailable>) -> String {
    match found {
        Err(reason) => reason.to_string(),
        Ok(devices) => match devices.get(ordinal) {
            None => Unavailable::NoSuchDevice { ordinal, count: devices.len() }.to_string(),
            Some(info) => match info.usable() {
                Err(reason) => reason.to_string(),
                Ok(()) => format!(
                    "{} is there, but no engine of this version colours on a GPU; use --device cpu",
                    info.name
                ),
            },
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
        assert_eq!(refusal(0, Ok(vec![old])), needed);
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
    fn a_gpu_that_is_there_is_refused_for_want_of_an_engine() {
        let found = || Ok(vec![h200()]);
        assert!(refusal(0, found()).contains("NVIDIA H200 is there, but no engine"));
        assert!(refusal(1, found()).contains("there is no GPU 1; this machine has 1"));
        assert!(refusal(0, Err(Unavailable::NoDriver)).contains("no NVIDIA driver found"));
    }
}
