//! Colours a graph with `PopulationGpu`, and says how each second went.
//!
//! `cargo run --release --example population_demo -- [GRAPH K [SECONDS [SEED [MOVES [SLOPE]]]]]`; without a
//! graph, a random one with 250 vertices and 29 colours. With MOVES that are not 0 the pool comes together over
//! so many moves; else as soon as it gets no better. SLOPE is that of the tenure.
#![allow(clippy::print_stdout)]

mod support;

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use prism_core::Coloring;
use prism_core::pool::PoolOptions;
use prism_core::search::{FixedK, Step};
use prism_gpu::phases::{PhaseOptions, RepairOptions};
use prism_gpu::{PopulationGpu, PopulationOptions};

/// Shows it.
pub fn demo(args: &[String]) -> Result<(), Box<dyn Error>> {
    let Some(demo) = support::Demo::new(args)? else { return Ok(()) };
    let n = demo.graph().n();
    let pool = match demo.extra::<u64>(0)? {
        None | Some(0) => PoolOptions::for_vertices(n),
        Some(moves) => PoolOptions::deep(n, moves),
    };
    let phase = demo.options(PhaseOptions::default())?;
    let pool = Some(PoolOptions { seed: phase.seed, ..pool });
    let repair = RepairOptions { phase, tenure_slope: demo.extra(1)?, ..RepairOptions::default() };
    let options = PopulationOptions { repair, pool };
    let graph = Arc::new(demo.graph().clone().into_owned());
    let limit = Duration::from_secs_f64(demo.seconds()?);
    let start = Instant::now();
    let mut population = PopulationGpu::new(&demo.gpu, graph.clone(), None, demo.k(), options)?;

    let stop = Arc::new(AtomicBool::new(false));
    let (done, is_done) = mpsc::channel::<()>();
    let raise = stop.clone();
    std::thread::spawn(move || {
        if is_done.recv_timeout(limit).is_err() {
            raise.store(true, Ordering::Relaxed);
        }
    });
    println!("seconds  generations  iterations  twins  best  least  median  most  alike  restarts");
    let mut next = Duration::ZERO;
    let step = loop {
        let step = population.run(1, &stop);
        if start.elapsed() >= next || step != Step::OutOfMoves {
            next = start.elapsed() + Duration::from_secs(1);
            let mut wrong: Vec<u64> =
                population.pool().members().iter().map(|one| one.conflicts).collect();
            wrong.sort_unstable();
            let at = |at: usize| wrong.get(at).copied().unwrap_or(0);
            println!(
                "{:7.2}  {:11}  {:10}  {:5.3}  {:4}  {:5}  {:6}  {:4}  {:5.3}  {:8}",
                start.elapsed().as_secs_f64(),
                population.generations(),
                population.iterations(),
                population.twins(),
                population.conflicts(),
                at(0),
                at(wrong.len() / 2),
                at(wrong.len().saturating_sub(1)),
                population.pool().likeness(),
                population.restarts(),
            );
        }
        if step != Step::OutOfMoves {
            break step;
        }
    };
    drop(done);
    let seconds = start.elapsed().as_secs_f64();
    if let Some(why) = population.failure() {
        return Err(why.into());
    }
    if step == Step::Solved {
        Coloring::from_colors(population.best().colors).verify(&graph)?;
    }
    let times = population.times();
    println!(
        "population: {} conflicts after {seconds:.2} s, {} generations of {} individuals, {:.3e} moves, \
         {:.3e} a second; a generation {:.1} ms on the device and {:.1} ms on the host, whose share is {:.1} %",
        population.conflicts(),
        population.generations(),
        population.individuals(),
        population.moves() as f64,
        population.moves() as f64 / seconds,
        1e3 * times.device.as_secs_f64() / population.generations().max(1) as f64,
        1e3 * times.host.as_secs_f64() / population.generations().max(1) as f64,
        100.0 * times.host_share(),
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    demo(&support::args())
}
