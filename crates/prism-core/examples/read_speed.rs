//! How fast a compressed file is read, beside what its decompressor alone takes, and in how much
//! memory.
//!
//! ```text
//! read_speed make grid 256 grid.mtx.gz     # a 3D grid of 256^3 vertices
//! read_speed make rmat 20 rmat.txt.gz      # RMAT scale 20, edge factor 16
//! read_speed decompress FILE.gz            # the decompressor alone
//! read_speed read FILE                     # the graph
//! ```
//!
//! Each run prints wall seconds, the peak resident memory of the process, and for `read` the size
//! of the graph's own arrays. One run a process, since the peak is the process's.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::time::Instant;

use flate2::bufread::MultiGzDecoder;
use prism_core::Rng;
use prism_core::io::{ReadOptions, read_path, save};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", "grid", side, path] => {
            let side = side.parse()?;
            save(path, |out| grid(out, side))?;
        }
        ["make", "rmat", scale, path] => {
            let scale = scale.parse()?;
            save(path, |out| rmat(out, scale))?;
        }
        ["decompress", path] => {
            let start = Instant::now();
            let file = BufReader::with_capacity(1 << 17, File::open(path)?);
            let mut decoder = MultiGzDecoder::new(file);
            let mut buffer = vec![0; 1 << 20];
            let mut bytes = 0;
            loop {
                match decoder.read(&mut buffer)? {
                    0 => break,
                    got => bytes += got,
                }
            }
            println!("{:.3} s for {bytes} bytes; peak {}", start.elapsed().as_secs_f64(), peak());
        }
        ["read", path] => {
            let start = Instant::now();
            let loaded = read_path(path, &ReadOptions::default())?;
            let seconds = start.elapsed().as_secs_f64();
            let (offsets, neighbors) = loaded.graph.csr();
            let csr = (8 * offsets.len() + 4 * neighbors.len()) / 1024;
            println!(
                "{seconds:.3} s for n = {}, m = {} ({}); peak {}, graph {csr} kB; {:?}",
                loaded.graph.n(),
                loaded.graph.m(),
                loaded.format,
                peak(),
                loaded.cleanup
            );
        }
        _ => {
            return Err(
                "usage: read_speed make grid|rmat SIZE FILE, decompress FILE, read FILE".into()
            );
        }
    }
    Ok(())
}

/// Peak resident memory, from Linux; elsewhere unknown.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown".into(), |line| line.trim().into())
}

fn grid(out: &mut dyn Write, side: u64) -> io::Result<()> {
    let edges = 3 * side * side * (side - 1);
    let n = side * side * side;
    writeln!(out, "%%MatrixMarket matrix coordinate pattern symmetric\n{n} {n} {edges}")?;
    for v in 0..n {
        let place = [v % side, v / side % side, v / side / side];
        for (coordinate, step) in place.into_iter().zip([1, side, side * side]) {
            if coordinate > 0 {
                writeln!(out, "{} {}", v + 1, v - step + 1)?;
            }
        }
    }
    Ok(())
}

/// Chakrabarti, Zhan & Faloutsos 2004, with the probabilities of Graph500 and without its shuffle.
fn rmat(out: &mut dyn Write, scale: u32) -> io::Result<()> {
    let mut rng = Rng::new(1, 0);
    for _ in 0..16u64 << scale {
        let (mut u, mut v) = (0u32, 0u32);
        for _ in 0..scale {
            let draw = rng.below(100);
            u = u << 1 | u32::from(draw >= 76);
            v = v << 1 | u32::from((57..76).contains(&draw) || draw >= 95);
        }
        writeln!(out, "{u}\t{v}")?;
    }
    Ok(())
}
