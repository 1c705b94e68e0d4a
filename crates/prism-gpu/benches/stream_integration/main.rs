//! How close a pipeline comes to what the hardware allows.
//!
//! For each payload and kernel time: upload, kernel and download alone (U, K, D), both copies at once
//! (C), the bound max(K, C), every transport of the pipeline, and loops written by hand against the
//! driver, all in one process. The kernel reads every config byte and writes every telemetry byte, and
//! the host checks a sample of the answers in full. Each figure is the median of five passes.
//!
//! Without a GPU it says so and ends well. `--out FOLDER` also writes `stream_integration.csv` and
//! `.json` there.
#![allow(unsafe_code, clippy::unwrap_used, clippy::print_stdout)]

mod raw;

use std::fmt::Write as _;
use std::time::Instant;

use bytemuck::Pod;
use prism_stream::kernels::{EchoKernel, EchoOptions, echo_checksum, echo_word};
use prism_stream::{
    AsyncPipelineCoordinator, GpuContext, KernelCache, PipelineOptions, Placement, PoolOptions,
    StreamPool, Submission,
};

/// Passes, of which the median counts.
const PASSES: usize = 5;

/// One measured figure.
pub struct Row {
    config_bytes: usize,
    telemetry_bytes: usize,
    kernel_us: u64,
    what: &'static str,
    us: f64,
    min: f64,
    max: f64,
}

/// Microseconds a step: median, least and most of some passes of `steps` steps each.
pub fn measure(steps: u64, mut pass: impl FnMut(u64)) -> (f64, f64, f64) {
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

/// A payload: `C` words up, `T` words down.
fn payload<const C: usize, const T: usize>(
    gpu: &GpuContext,
    kernels_us: &[u64],
    rows: &mut Vec<Row>,
) {
    let cache = KernelCache::for_user();
    for &kernel_us in kernels_us {
        let mut measured = Vec::new();
        let mut row = |what: &'static str, (us, min, max): (f64, f64, f64)| {
            let (config_bytes, telemetry_bytes) = (C * 4, T * 4);
            measured.push(Row { config_bytes, telemetry_bytes, kernel_us, what, us, min, max });
            us
        };
        let echo = EchoOptions { spin_ns: kernel_us * 1000, ..EchoOptions::default() };
        let steps = (200_000 / (kernel_us + 10 + (C + T) as u64 / 2000)).clamp(50, 5000);

        let raw = raw::Loops::new(gpu, C, T, &cache, echo.spin_ns);
        row("U", measure(steps, |n| raw.upload(n)));
        let kernel = row("K", measure(steps, |n| raw.kernel(n)));
        row("D", measure(steps, |n| raw.download(n)));
        let copies = row("C", measure(steps, |n| raw.copies(n)));
        let bound = kernel.max(copies);
        row("bound", (bound, bound, bound));
        row("raw sync pageable", measure(steps, |n| raw.sync(n, true)));
        row("raw sync pinned", measure(steps, |n| raw.sync(n, false)));
        row("raw streams", measure(steps, |n| raw.streams(n)));
        row("raw mapped", measure(steps, |n| raw.mapped(n)));
        drop(raw);

        for (what, placement, submission) in [
            ("sync copied", Some(Placement::Copied), Submission::Sync),
            ("sync mapped", Some(Placement::Mapped), Submission::Sync),
            ("streams copied", Some(Placement::Copied), Submission::Streams),
            ("streams mapped", Some(Placement::Mapped), Submission::Streams),
            ("auto", None, Submission::Streams),
        ] {
            let pool = StreamPool::new(gpu.clone(), PoolOptions::default());
            let options = PipelineOptions { placement, submission, ..PipelineOptions::default() };
            let mut pipeline =
                AsyncPipelineCoordinator::<Words<C>, Words<T>>::new(pool, options).unwrap();
            pipeline.bind(EchoKernel::new(gpu, &cache, echo).unwrap()).unwrap();
            let mut config: Box<Words<C>> = bytemuck::zeroed_box();
            let mut step = 0_u32;
            row(
                what,
                measure(steps, |n| {
                    for _ in 0..n {
                        config.0[0] = step;
                        step += 1;
                        if let Some(done) = pipeline.step(&config).unwrap() {
                            std::hint::black_box(done.0[T - 1]);
                        }
                    }
                    while pipeline.next().unwrap().is_some() {}
                }),
            );
            config.0[C - 1] = 77;
            pipeline.submit(&config).unwrap();
            let done = pipeline.next().unwrap().unwrap();
            let checksum = echo_checksum(&*config);
            for (at, &word) in done.0.iter().enumerate() {
                assert_eq!(word, echo_word(checksum, step, at), "{what}, word {at}");
            }
        }
        print_block(&measured);
        rows.append(&mut measured);
    }
}

/// Words, any number of them, as plain data.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Words<const N: usize>([u32; N]);

// SAFETY: an array of plain integers, transparently.
unsafe impl<const N: usize> bytemuck::Zeroable for Words<N> {}
// SAFETY: an array of plain integers, transparently.
unsafe impl<const N: usize> Pod for Words<N> {}

fn print_block(rows: &[Row]) {
    let find = |what: &str| rows.iter().find(|row| row.what == what).map_or(0.0, |row| row.us);
    let (bound, pageable) = (find("bound"), find("raw sync pageable"));
    let first = &rows[0];
    println!(
        "\n{} B up, {} B down, kernel {} us",
        first.config_bytes, first.telemetry_bytes, first.kernel_us
    );
    for row in rows {
        println!(
            "  {:<18} {:>9.2} us  [{:.2} .. {:.2}]  {:>6.2} x bound  {:>6.2} x faster than pageable",
            row.what,
            row.us,
            row.min,
            row.max,
            row.us / bound,
            pageable / row.us
        );
    }
}

fn main() {
    let gpu = match GpuContext::open(0) {
        Ok(gpu) => gpu,
        Err(reason) => {
            println!("nothing measured: {reason}");
            return;
        }
    };
    println!("{}; microseconds a step, medians of {PASSES} [least .. most]", gpu.info());
    let mut rows = Vec::new();
    payload::<64, 16>(&gpu, &[1, 5, 10, 50], &mut rows);
    payload::<256, 2560>(&gpu, &[1, 5, 10, 50, 200], &mut rows);
    payload::<16384, 16384>(&gpu, &[10, 50], &mut rows);
    payload::<262_144, 262_144>(&gpu, &[20, 200], &mut rows);
    payload::<4_194_304, 4_194_304>(&gpu, &[200, 700], &mut rows);

    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--out")
        && let Some(folder) = arguments.get(at + 1)
    {
        let mut csv = "config_bytes,telemetry_bytes,kernel_us,what,us,min,max\n".to_owned();
        let mut json = String::new();
        for row in &rows {
            let Row { config_bytes, telemetry_bytes, kernel_us, what, us, min, max } = row;
            let _ = writeln!(
                csv,
                "{config_bytes},{telemetry_bytes},{kernel_us},{what},{us:.3},{min:.3},{max:.3}"
            );
            let _ = write!(
                json,
                "{}{{\"config_bytes\":{config_bytes},\"telemetry_bytes\":{telemetry_bytes},\"kernel_us\":{kernel_us},\"what\":\"{what}\",\"us\":{us:.3},\"min\":{min:.3},\"max\":{max:.3}}}",
                if json.is_empty() { "" } else { ",\n" }
            );
        }
        std::fs::write(format!("{folder}/stream_integration.csv"), csv).unwrap();
        std::fs::write(format!("{folder}/stream_integration.json"), format!("[{json}]\n")).unwrap();
    }
}
