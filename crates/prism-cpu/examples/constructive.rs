//! Colours and times of the constructive engines, to compare with other libraries' greedy colourings.
//!
//! `cargo run --release -p prism-cpu --example constructive -- [--repeats N] FILE...`
//!
//! A line for each file and engine: colours, and the least wall-clock seconds of N runs (3 unless told)
//! without reading. The runs of one and two threads alternate, so that other load hits both.
#![allow(clippy::print_stdout)]

use prism_core::io::{self, ReadOptions};
use prism_core::{Coloring, Graph};
use prism_cpu::construct::ConstructError;
use prism_cpu::dsatur::{dsatur, dsatur_by};
use prism_cpu::greedy::{Order, greedy};
use prism_cpu::jones_plassmann;
use prism_cpu::rlf::rlf_within;
use prism_cpu::speculative::speculative;
use prism_cpu::tie_rule::TieRule;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::error::Error;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Arcs after which RLF gives up: seconds.
const RLF_ARCS: u64 = 1 << 32;

type Made = Result<Coloring, ConstructError>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut repeats = 3;
    let mut arguments = std::env::args().skip(1);
    let pools = [pool(1)?, pool(2)?];
    while let Some(argument) = arguments.next() {
        if argument == "--repeats" {
            repeats = arguments.next().ok_or("--repeats needs a number")?.parse()?;
        } else {
            let graph = io::read_path(&argument, &ReadOptions::default())?.graph;
            compare(&argument, &graph, &pools, repeats)?;
        }
    }
    Ok(())
}

fn pool(threads: usize) -> Result<ThreadPool, rayon::ThreadPoolBuildError> {
    ThreadPoolBuilder::new().num_threads(threads).build()
}

fn compare(
    name: &str,
    graph: &Graph<'_>,
    [one, two]: &[ThreadPool; 2],
    repeats: u32,
) -> Result<(), Box<dyn Error>> {
    let go_on = AtomicBool::new(false);
    let stopped = |made: Option<Coloring>| made.ok_or(ConstructError::TooManyColors);
    let largest_first = || jones_plassmann::largest_first(graph);
    let guess = || speculative(graph, Order::LargestFirst, 0);
    let engines: [(&str, &dyn Fn() -> Made); 9] = [
        ("largest first", &|| greedy(graph, Order::LargestFirst, 0)),
        ("largest first, 1 thread", &|| one.install(largest_first)),
        ("largest first, 2 threads", &|| two.install(largest_first)),
        ("speculative, 1 thread", &|| one.install(guess)),
        ("speculative, 2 threads", &|| two.install(guess)),
        ("smallest last", &|| greedy(graph, Order::SmallestLast, 0)),
        ("dsatur, one rule", &|| stopped(dsatur_by(graph, TieRule::BRELAZ, &go_on))),
        ("dsatur", &|| stopped(dsatur(graph, &go_on))),
        ("rlf", &|| rlf_within(graph, RLF_ARCS, &go_on)),
    ];
    let mut best = [(f64::INFINITY, None); 9];
    for _ in 0..repeats {
        for ((_, engine), (least, colors)) in engines.iter().zip(&mut best) {
            let start = Instant::now();
            let made = engine();
            let seconds = start.elapsed().as_secs_f64();
            if let Ok(coloring) = made {
                coloring.verify(graph)?;
                *least = least.min(seconds);
                *colors = Some(coloring.num_colors());
            }
        }
    }
    for ((engine, _), (seconds, colors)) in engines.iter().zip(best) {
        match colors {
            Some(colors) => println!("{name}: {engine}: {colors} colours, {seconds:.4} s"),
            None => println!("{name}: {engine}: gave up"),
        }
    }
    Ok(())
}
