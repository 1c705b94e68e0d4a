//! What the demos of the phases share: a graph, a number of colours, a device, and how fast it was.

#![allow(dead_code)] // no demo uses all of it

use std::error::Error;
use std::str::FromStr;
use std::time::{Duration, Instant};

use prism_core::io::{self, ReadOptions};
use prism_core::{Graph, generate};
use prism_gpu::GpuContext;
use prism_gpu::phases::{Kind, Phase, PhaseOptions};

/// What a demo was asked to show.
pub struct Demo {
    pub gpu: GpuContext,
    graph: Graph<'static>,
    k: usize,
    args: Vec<String>,
}

impl Demo {
    /// Reads `[GRAPH K [SECONDS [SEED [...]]]]` and opens the first GPU; `None` if there is none, which it
    /// says. Without a graph it is a random one with 250 vertices, and 29 colours.
    pub fn new(args: &[String]) -> Result<Option<Self>, Box<dyn Error>> {
        let (graph, k) = match args {
            [] => (generate::gnp(250, 0.5, 1)?, 29),
            [path, k, ..] => (io::read_path(path, &ReadOptions::default())?.graph, k.parse()?),
            _ => {
                return Err(
                    "a graph needs a number of colours: GRAPH K [SECONDS [SEED [...]]]".into()
                );
            }
        };
        let gpu = match GpuContext::open(0) {
            Ok(gpu) => gpu,
            Err(reason) => {
                println!("no GPU to show this on: {reason}");
                return Ok(None);
            }
        };
        println!("{} vertices, {} edges, {k} colours, on {}", graph.n(), graph.m(), gpu.info());
        Ok(Some(Self { gpu, graph, k, args: args.to_vec() }))
    }

    /// The graph to colour.
    pub fn graph(&self) -> &Graph<'static> {
        &self.graph
    }

    /// How many colours to do with.
    pub fn k(&self) -> usize {
        self.k
    }

    /// For how long to search, 5 seconds if nothing was said.
    pub fn seconds(&self) -> Result<f64, Box<dyn Error>> {
        Ok(self.args.get(2).map_or(Ok(5.0), |arg| arg.parse())?)
    }

    /// An argument behind the seed, counted from 0, if it was given.
    pub fn extra<N: FromStr>(&self, at: usize) -> Result<Option<N>, Box<dyn Error>>
    where
        N::Err: Error + 'static,
    {
        Ok(self.args.get(4 + at).map(|arg| arg.parse()).transpose()?)
    }

    /// Seed and steps for a phase; the rest is what is given.
    pub fn options(&self, other: PhaseOptions) -> Result<PhaseOptions, Box<dyn Error>> {
        let seed = self.args.get(3).map_or(Ok(1), |arg| arg.parse())?;
        Ok(PhaseOptions { seed, steps: u64::MAX, ..other })
    }

    /// Lets a phase search for as long as was asked for, 5 seconds if nothing was, and says what it came to.
    pub fn show<K: Kind>(&self, name: &str, mut phase: Phase<K>) -> Result<(), Box<dyn Error>> {
        let limit = self.seconds()?;
        phase.load(&self.graph, None, self.k)?;
        let stop = phase.stop_handle();
        let (done, is_done) = std::sync::mpsc::channel::<()>();
        std::thread::spawn(move || {
            if is_done.recv_timeout(Duration::from_secs_f64(limit)).is_err() {
                stop.stop();
            }
        });
        let start = Instant::now();
        let found = phase.search()?;
        let seconds = start.elapsed().as_secs_f64();
        drop(done);
        let accepted: u64 = found.history.iter().map(|step| step.accepted).sum();
        let swaps: u64 = found.history.iter().map(|step| u64::from(step.swaps)).sum();
        println!(
            "{name}: {} conflicts after {seconds:.2} s, {} steps, {:.3e} moves; a second: {:.3e} moves, \
             {:.3e} of them accepted, {:.0} exchanges",
            found.conflicts,
            found.steps,
            found.moves as f64,
            found.moves as f64 / seconds,
            accepted as f64 / seconds,
            swaps as f64 / seconds,
        );
        Ok(())
    }
}

/// What a demo was called with.
pub fn args() -> Vec<String> {
    std::env::args().skip(1).collect()
}
