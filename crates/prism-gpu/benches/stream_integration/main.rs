//! How close a pipeline comes to what the hardware allows.
//!
//! For each payload and kernel time: upload, kernel and download alone (U, K, D), both copies at once
//! (C), the bound max(K, C), every transport of the pipeline, one step a call and in batches of eight,
//! and the same transports as loops written by hand against the driver, all in one process. The kernel
//! reads every config byte and writes every telemetry byte, and the host checks both. Each figure is
//! the median of five passes.
//!
//! For the smallest payload it also tells what a step costs the host (see `host.rs`), and what single
//! calls of the driver do.
//!
//! Without a GPU it says so and ends well. `--out FOLDER` also writes `stream_integration.csv`, `.json`
//! and `.svg` there. `--mock` runs it on a mock of a device, which shows that it works and measures
//! nothing.
#![allow(unsafe_code, clippy::unwrap_used, clippy::print_stdout)]

mod host;
mod kernel;
mod plot;
mod raw;
mod report;

use std::time::{Duration, Instant};

use bytemuck::Pod;
use prism_stream::mock::MockDriver;
use prism_stream::{
    AsyncPipelineCoordinator, GpuContext, KernelCache, PipelineOptions, PipelineStats, Placement,
    PoolOptions, StreamPool, Submission,
};

use host::Part;
use kernel::{BenchKernel, check};
use report::{Report, Row};

/// Passes, of which the median counts.
const PASSES: usize = 5;

/// Steps of a batch.
const BATCH: usize = 8;

/// Microseconds a step: median, least and most of some passes of `steps` steps each.
fn measure(steps: u64, mut pass: impl FnMut(u64)) -> (f64, f64, f64) {
    pass(steps / 4 + 1);
    let mut times: Vec<f64> = (0..PASSES)
        .map(|_| {
            let start = Instant::now();
            pass(steps);
            start.elapsed().as_secs_f64() * 1e6 / steps as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[PASSES / 2], times[0], times[PASSES - 1])
}

/// Words, any number of them, as plain data.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Words<const N: usize>([u32; N]);

// SAFETY: an array of plain integers, transparently.
unsafe impl<const N: usize> bytemuck::Zeroable for Words<N> {}
// SAFETY: an array of plain integers, transparently.
unsafe impl<const N: usize> Pod for Words<N> {}

/// One transport.
fn pinned(placement: Placement, submission: Submission) -> PipelineOptions {
    PipelineOptions {
        placement: Some(placement),
        submission: Some(submission),
        ..PipelineOptions::default()
    }
}

/// The transports of the pipeline, what they are called one step a call and in batches (a graph of one
/// step gains nothing), and how they are asked for. `auto` is what it does when nothing is asked of it.
fn transports() -> Vec<(&'static str, &'static str, PipelineOptions)> {
    let (copied, mapped) = (Placement::Copied, Placement::Mapped);
    vec![
        ("sync copied", "", pinned(copied, Submission::Sync)),
        ("sync mapped", "", pinned(mapped, Submission::Sync)),
        ("streams copied", "streams copied, batches of 8", pinned(copied, Submission::Streams)),
        ("streams mapped", "streams mapped, batches of 8", pinned(mapped, Submission::Streams)),
        ("", "graph copied, batches of 8", pinned(copied, Submission::Graph)),
        ("", "graph mapped, batches of 8", pinned(mapped, Submission::Graph)),
        ("auto", "auto, batches of 8", PipelineOptions::default()),
    ]
}

/// One measuring of a payload of `C` words up and `T` words down with a kernel.
struct Case<'a> {
    gpu: &'a GpuContext,
    cache: &'a KernelCache,
    spin_ns: u64,
    steps: u64,
}

impl Case<'_> {
    fn pipeline<const C: usize, const T: usize>(
        &self,
        options: PipelineOptions,
    ) -> AsyncPipelineCoordinator<Words<C>, Words<T>> {
        let pool = StreamPool::new(self.gpu.clone(), PoolOptions::default());
        let mut pipeline = AsyncPipelineCoordinator::new(pool, options).unwrap();
        pipeline.bind(BenchKernel::new(self.gpu, self.cache, (C, T), self.spin_ns)).unwrap();
        pipeline
    }

    /// One step a call. Afterwards every word of a step is checked.
    fn singly<const C: usize, const T: usize>(
        &self,
        what: &str,
        options: PipelineOptions,
    ) -> (f64, f64, f64) {
        let mut pipeline = self.pipeline::<C, T>(options);
        let mut config: Box<Words<C>> = bytemuck::zeroed_box();
        let mut step = 0_u32;
        let figure = measure(self.steps, |steps| {
            for _ in 0..steps {
                config.0[0] = step;
                step += 1;
                if let Some(done) = pipeline.step(&config).unwrap() {
                    std::hint::black_box(done.0[T - 1]);
                }
            }
            while pipeline.next().unwrap().is_some() {}
        });
        config.0.iter_mut().zip(0..).for_each(|(word, at)| *word = step ^ (at << 7));
        pipeline.submit(&config).unwrap();
        check(&config.0, &pipeline.next().unwrap().unwrap().0, step, what);
        self.say(what, &pipeline);
        figure
    }

    /// Says what was chosen, if anything was, and from which figures.
    fn say<C: Pod, T: Pod>(&self, what: &str, pipeline: &AsyncPipelineCoordinator<C, T>) {
        if let Some(measured) = pipeline.measured() {
            let PipelineStats { placement, submission, depth, reason, choices, .. } =
                pipeline.stats();
            println!(
                "{what}: {placement:?} {submission:?}, {depth} in flight, {reason}; choice {choices}: {measured:.2?}"
            );
        }
    }

    /// What a step costs the host, in bursts of as many as there are slots.
    fn host<const C: usize, const T: usize>(
        &self,
        burst: usize,
        options: PipelineOptions,
    ) -> (f64, f64, f64) {
        let depth = burst;
        let mut pipeline = self.pipeline::<C, T>(PipelineOptions { depth, ..options });
        let configs: Vec<Words<C>> = bytemuck::zeroed_vec(burst);
        host::measure(burst, self.rest(burst), |part| match part {
            Part::Submit if options.submission == Some(Submission::Graph) => {
                pipeline.submit_batch(&configs).unwrap();
            }
            Part::Submit => configs.iter().for_each(|config| {
                pipeline.submit(config).unwrap();
            }),
            Part::Take => {
                for _ in 0..burst {
                    std::hint::black_box(pipeline.next().unwrap().unwrap().0[T - 1]);
                }
            }
        })
    }

    /// Long enough for the device to be done with so many steps.
    fn rest(&self, steps: usize) -> Duration {
        Duration::from_nanos(self.spin_ns * steps as u64) + Duration::from_micros(100)
    }

    /// One step a call, its config written where it is sent from: all that such a step costs, while
    /// `singly` also copies the config. Afterwards every word of a step is checked.
    fn in_place<const C: usize, const T: usize>(&self) -> (f64, f64, f64) {
        let mut pipeline = self.pipeline::<C, T>(PipelineOptions::default());
        let mut step = 0_u32;
        let figure = measure(self.steps, |steps| {
            for _ in 0..steps {
                let done = pipeline.step_with(|config| config.0[0] = step).unwrap();
                step += 1;
                if let Some(done) = done {
                    std::hint::black_box(done.0[T - 1]);
                }
            }
            while pipeline.next().unwrap().is_some() {}
        });
        let mut config: Box<Words<C>> = bytemuck::zeroed_box();
        config.0.iter_mut().zip(0..).for_each(|(word, at)| *word = step ^ (at << 9));
        pipeline.submit_with(|slot| slot.0.copy_from_slice(&config.0)).unwrap();
        check(&config.0, &pipeline.next().unwrap().unwrap().0, step, "auto, in place");
        self.say("auto, in place", &pipeline);
        figure
    }

    /// Batches of eight. Afterwards every word of a batch is checked.
    fn batched<const C: usize, const T: usize>(
        &self,
        what: &str,
        options: PipelineOptions,
    ) -> (f64, f64, f64) {
        let mut pipeline = self.pipeline::<C, T>(PipelineOptions { depth: BATCH, ..options });
        let mut configs: Vec<Words<C>> = bytemuck::zeroed_vec(BATCH);
        let mut step = 0_u32;
        let figure = measure(self.steps, |steps| {
            for _ in 0..steps.div_ceil(BATCH as u64) {
                for config in &mut configs {
                    config.0[0] = step;
                    step += 1;
                }
                pipeline.submit_batch(&configs).unwrap();
                while let Some(done) = pipeline.next().unwrap() {
                    std::hint::black_box(done.0[T - 1]);
                }
            }
        });
        pipeline.submit_batch(&configs).unwrap();
        for config in &configs {
            check(&config.0, &pipeline.next().unwrap().unwrap().0, step, what);
            step += 1;
        }
        self.say(what, &pipeline);
        figure
    }
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
        let mut row = |what, (us, min, max): (f64, f64, f64)| {
            report.rows.push(Row { config_bytes, telemetry_bytes, kernel_us, what, us, min, max });
            us
        };
        let steps = (200_000 / (kernel_us + 10 + (C + T) as u64 / 2000)).clamp(50, 5000);
        let steps = if driver.is_some() { 20 } else { steps };
        let case = Case { gpu, cache: &cache, spin_ns: kernel_us * 1000, steps };

        let raw = raw::Loops::new(gpu, (C, T), &cache, case.spin_ns);
        row("U", measure(steps, |n| raw.upload(n)));
        let kernel = row("K", measure(steps, |n| raw.kernel(n)));
        row("D", measure(steps, |n| raw.download(n)));
        let copies = row("C", measure(steps, |n| raw.copies(n)));
        let bound = kernel.max(copies);
        row("bound", (bound, bound, bound));
        row("raw sync pageable", measure(steps, |n| raw.sync(n, true)));
        row("raw sync pinned", measure(steps, |n| raw.sync(n, false)));
        row("raw sync mapped", measure(steps, |n| raw.sync_mapped(n)));
        row("raw streams", measure(steps, |n| raw.streams(n)));
        row("raw mapped", measure(steps, |n| raw.mapped(n)));
        row("raw mapped, batches of 8", measure(steps, |n| raw.mapped_batches(n)));
        row("raw graph, batches of 8", measure(steps, |n| raw.graph_batches(n)));
        let host_matters = kernel_us == 1 && config_bytes <= 256;
        if host_matters {
            let rest = case.rest(BATCH);
            row("host: raw streams", raw.host_streams(rest));
            row("host: raw mapped", raw.host_mapped(rest));
            row("host: raw graph, batches of 8", raw.host_graph(rest));
            raw.calls(|what, figure| {
                row(what, figure);
            });
        }
        drop(raw);

        // Eight slots of sixteen megabytes are no place for a batch.
        let batches = config_bytes + telemetry_bytes <= 4 << 20;
        for (single, batch, options) in transports() {
            if !single.is_empty() {
                row(single, case.singly::<C, T>(single, options));
            }
            if batches && !batch.is_empty() {
                row(batch, case.batched::<C, T>(batch, options));
            }
        }
        row("auto, in place", case.in_place::<C, T>());
        if host_matters {
            let [copied, mapped] = [Placement::Copied, Placement::Mapped];
            let (streams, graph) = (Submission::Streams, Submission::Graph);
            row("host: streams copied", case.host::<C, T>(3, pinned(copied, streams)));
            row("host: streams mapped", case.host::<C, T>(3, pinned(mapped, streams)));
            let figure = case.host::<C, T>(BATCH, pinned(mapped, graph));
            row("host: graph mapped, batches of 8", figure);
        }
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
    if !mock {
        payload::<16384, 16384>(&gpu, &[10, 50], &mut report);
        payload::<262_144, 262_144>(&gpu, &[2, 20, 200], &mut report);
        payload::<4_194_304, 4_194_304>(&gpu, &[30, 200, 700], &mut report);
    }
    if !mock {
        print!("{}", report.target_table());
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
