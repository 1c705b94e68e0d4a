//! How close a pipeline comes to what the hardware allows.
//!
//! For each payload and kernel time: upload, kernel and download alone (U, K, D), both copies at once
//! (C), the bound max(K, C), every transport of the pipeline, one step a call and in batches of eight,
//! and the same transports as loops written by hand against the driver, all in one process and in turn
//! (see `measure.rs`). The kernel reads every config byte and writes every telemetry byte, and the host
//! checks both, of the pipelines and of the loops by hand. Each figure is the median of five passes.
//!
//! For the smallest payload it also tells what a step costs the host, and what single calls of the
//! driver do.
//!
//! Without a GPU it says so and ends well. `--out FOLDER` also writes `stream_integration.csv`, `.json`
//! and `.svg` there. `--mock` runs it on a mock of a device, which shows that it works and measures
//! nothing.
#![allow(unsafe_code, clippy::unwrap_used, clippy::print_stdout)]

mod by_hand;
mod kernel;
mod measure;
mod memory;
mod pipelines;
mod plot;
mod raw;
mod report;

use std::time::Duration;

use prism_stream::mock::MockDriver;
use prism_stream::{GpuContext, KernelCache, PipelineOptions, Placement, Submission};

use by_hand::by_hand;
use measure::{Burst, Figure, PASSES, Part};
use pipelines::{Maker, Words, pinned};
use report::{Report, Row};

/// Steps of a batch.
const BATCH: usize = 8;

const COPIED: Placement = Placement::Copied;
const MAPPED: Placement = Placement::Mapped;

/// Every transport of the pipeline: what it is called one step a call and in batches, and how it is
/// asked for. A graph of one step is worth its row where the step is mapped: launching it costs the host
/// less than launching the kernel. Copied, its upload and its download would have nothing beside them.
/// `auto` is what it does when nothing is asked of it.
fn transports() -> [(&'static str, &'static str, PipelineOptions); 7] {
    [
        ("sync copied", "", pinned(COPIED, Submission::Sync)),
        ("sync mapped", "", pinned(MAPPED, Submission::Sync)),
        ("streams copied", "streams copied, batches of 8", pinned(COPIED, Submission::Streams)),
        ("streams mapped", "streams mapped, batches of 8", pinned(MAPPED, Submission::Streams)),
        ("", "graph copied, batches of 8", pinned(COPIED, Submission::Graph)),
        ("graph mapped", "graph mapped, batches of 8", pinned(MAPPED, Submission::Graph)),
        ("auto", "auto, batches of 8", PipelineOptions::default()),
    ]
}

/// What a step costs the host, in each transport by hand and by the pipeline, and what single calls do.
fn host<const C: usize, const T: usize>(
    raw: &raw::Loops,
    maker: Maker<'_>,
) -> Vec<(&'static str, Figure)> {
    let slots = raw::SLOTS;
    let mut bursts: Vec<Burst<'_>> = Vec::new();
    let mut add = |what, steps, part| bursts.push(Burst { what, steps, part });
    let ours = |steps, together, placement, submission| {
        maker.burst::<C, T>((steps, together), pinned(placement, submission))
    };
    let streams = |placement| ours(slots, 1, placement, Submission::Streams);
    let graph = |placement| ours(BATCH, BATCH, placement, Submission::Graph);
    let one_mapped = ours(slots, 1, MAPPED, Submission::Graph);
    let raw_streams = |placement| Box::new(move |part| raw.burst_on_streams(part, placement));
    let raw_graph = |steps, graphs| Box::new(move |part| raw.burst_as_graphs(part, steps, graphs));
    add("host: raw streams copied", slots, raw_streams(COPIED));
    add("host: streams copied", slots, streams(COPIED));
    add("host: raw streams mapped", slots, raw_streams(MAPPED));
    add("host: streams mapped", slots, streams(MAPPED));
    add("host: raw graph mapped, one step", slots, raw_graph(slots, &raw.graph_mapped));
    add("host: graph mapped, one step", slots, one_mapped);
    add("host: raw graph copied", BATCH, raw_graph(BATCH, &raw.batch_copied));
    add("host: graph copied", BATCH, graph(COPIED));
    add("host: raw graph mapped", BATCH, raw_graph(BATCH, &raw.batch_mapped));
    add("host: graph mapped", BATCH, graph(MAPPED));
    for (what, call) in raw.calls() {
        let part = Box::new(move |part| {
            if part == Part::Submit {
                (0..BATCH).for_each(|_| call());
            }
        });
        add(what, BATCH, part);
    }
    let rest = Duration::from_nanos(maker.spin_ns * BATCH as u64) + Duration::from_micros(100);
    measure::host(rest, bursts)
}

/// A payload of `C` words up and `T` words down, with kernels of some microseconds.
fn payload<const C: usize, const T: usize>(
    gpu: &GpuContext,
    kernels_us: &[u64],
    report: &mut Report,
) {
    let cache = KernelCache::for_user();
    let driver = gpu.driver().as_any().downcast_ref::<MockDriver>();
    if let Some(mock) = driver {
        kernel::mock::<Words<C>, Words<T>>(mock);
    }
    for &kernel_us in kernels_us {
        let (config_bytes, telemetry_bytes) = (C * 4, T * 4);
        // So many that the first upload and the last download, which have nothing beside them, count for
        // little: with 16 MB they take as long as two steps.
        let steps = (180_000 / (kernel_us + 10 + (C + T) as u64 / 2000)).clamp(200, 5000);
        let steps = if driver.is_some() { 20 } else { steps };
        // Configs of a megabyte and more are written where they are sent from, and one by one: batches
        // are for small steps.
        let large = config_bytes >= 1 << 20;
        let batches = !large;
        let maker = Maker { gpu, cache: &cache, spin_ns: kernel_us * 1000 };
        let raw = raw::Loops::new(gpu, (C, T), &cache, maker.spin_ns, batches);

        let mut contenders = by_hand(&raw, batches);
        for (single, batch, options) in transports() {
            if large && single != "auto" && !single.is_empty() {
                contenders.push((single, maker.in_place::<C, T>(options)));
            }
            if !large && !single.is_empty() {
                contenders.push((single, maker.singly::<C, T>(options)));
            }
            if batches && !batch.is_empty() {
                contenders.push((batch, maker.batched::<C, T>(options)));
            }
        }
        let auto = PipelineOptions::default();
        contenders.push(("auto, in place", maker.in_place::<C, T>(auto)));
        if config_bytes >= 64 << 10 {
            // Where a step takes long on its way, three slots are few.
            let deeper = PipelineOptions { depth: 4, ..auto };
            contenders.push(("auto, in place, 4 deep", maker.in_place::<C, T>(deeper)));
        }
        let mut figures = measure::in_turn(steps, contenders);
        if kernel_us == 1 && config_bytes <= 256 {
            figures.extend(host::<C, T>(&raw, maker));
        }
        report.rows.extend(figures.into_iter().map(|(what, passes)| Row {
            config_bytes,
            telemetry_bytes,
            kernel_us,
            what,
            passes,
        }));
        print!("{}", report.block((config_bytes, telemetry_bytes, kernel_us)));
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let mock = arguments.iter().any(|argument| argument == "--mock");
    let gpu = if mock {
        GpuContext::from_driver(MockDriver::new(1))
    } else {
        match GpuContext::open(0) {
            Ok(gpu) => gpu,
            Err(reason) => {
                println!("nothing measured: {reason}");
                return;
            }
        }
    };
    let device = format!("{}{}", gpu.info(), if mock { ": the figures mean nothing" } else { "" });
    println!("{device}; microseconds a step, medians of {PASSES} [least .. most]");
    let mut report = Report::default();
    payload::<64, 16>(&gpu, &[1, 5, 10, 50], &mut report);
    payload::<256, 2560>(&gpu, &[1, 5, 10, 50, 200], &mut report);
    payload::<16384, 16384>(&gpu, &[10, 50], &mut report);
    if !mock {
        payload::<262_144, 262_144>(&gpu, &[2, 20, 200], &mut report);
        payload::<4_194_304, 4_194_304>(&gpu, &[30, 200, 700], &mut report);
        print!("{}{}", report.ratio_table(), report.target_table());
    }

    if let Some(at) = arguments.iter().position(|argument| argument == "--out")
        && let Some(folder) = arguments.get(at + 1)
    {
        let write = |ending, text| {
            std::fs::write(format!("{folder}/stream_integration.{ending}"), text).unwrap();
        };
        write("csv", report.csv());
        write("json", report.json(&device));
        write("svg", plot::svg(&report));
    }
}
