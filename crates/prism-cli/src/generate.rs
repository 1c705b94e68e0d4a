//! `prism generate`: graphs by rule or by seed.
//!
//! A few digits ask for more memory than any machine has, so the size is estimated first, and what
//! would take more than [`MOST_BYTES`] is refused unless it is forced.

use crate::args::{GenerateArgs, Kind};
use crate::failure::Failure;
use crate::output::Output;
use crate::plan::graph_format;
use crate::signals::end_on_signal;
use prism_core::GraphError;
use prism_core::generate::{self, GenerateError, MOST_BYTES, Recipe};
use prism_core::io::write_graph;
use prism_core::memory::{OutOfMemory, Room};

impl From<Kind> for Recipe {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Gnp { n, p } => Self::Gnp { n, p },
            Kind::Geometric { n, radius } => Self::Geometric { n, radius },
            Kind::Flat { n, parts, p } => Self::Flat { n, parts, p },
            Kind::Leighton { n, k, edges } => Self::Leighton { n, k, edges },
            Kind::Queens { rows, columns } => Self::Queens { rows, columns },
            Kind::Mycielski { k } => Self::Mycielski { k },
            Kind::Grid3d { x, y, z } => Self::Grid3d { x, y, z },
            Kind::Sudoku { order } => Self::Sudoku { order },
            Kind::Rmat { scale, edge_factor } => Self::Rmat { scale, edge_factor },
        }
    }
}

/// Refuses what would take too much memory. Parameters without sense are for the generator to refuse.
fn check_size(args: &GenerateArgs) -> Result<(), Failure> {
    let bytes = Recipe::from(args.kind).size().bytes(args.complement, args.permute);
    if bytes.is_nan() {
        return Ok(());
    }
    if args.force || bytes <= MOST_BYTES as f64 {
        // The cast saturates.
        return Room::now().require(bytes as u64).map_err(no_memory);
    }
    let gib = |bytes: f64| bytes / (1_u64 << 30) as f64;
    Err(Failure::Usage(format!(
        "this graph would take about {:.0} GiB of memory, more than {:.0} GiB; --force generates it all the same",
        gib(bytes),
        gib(MOST_BYTES as f64)
    )))
}

/// The memory that there is not for the graph.
fn no_memory(missing: OutOfMemory) -> Failure {
    Failure::Memory("the graph".to_owned(), missing)
}

/// Generates and writes a graph.
pub fn run(args: &GenerateArgs) -> Result<u8, Failure> {
    let output = Output::new(args.output.clone());
    let format = graph_format(args.format, output.path())?;
    check_size(args)?;
    let seed = args.seed;
    let wrong = |error| match error {
        GenerateError::Graph(GraphError::OutOfMemory(missing)) => no_memory(missing),
        error => Failure::Usage(error.to_string()),
    };
    let mut graph = Recipe::from(args.kind).make(seed).map_err(wrong)?;
    if args.complement {
        graph = generate::complement(&graph);
    }
    if args.permute {
        graph = generate::permute(&graph, seed).map_err(wrong)?;
    }
    end_on_signal()?;
    output.write(|out| write_graph(out, &graph, None, format))?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args, Command};
    use clap::Parser;

    fn parse(line: &str) -> GenerateArgs {
        let words = "prism generate".split(' ').chain(line.split(' '));
        match Args::try_parse_from(words).unwrap().command {
            Command::Generate(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn estimates_are_near_what_is_made() {
        for (line, made) in [
            ("gnp 300 0.4", generate::gnp(300, 0.4, 1)),
            ("geometric 500 0.1", generate::geometric(500, 0.1, 1)),
            ("flat 300 10 0.5", generate::flat(300, 10, 0.5, 1)),
            ("queens 12 9", generate::queens(12, 9)),
            ("mycielski 8", generate::mycielski(8)),
            ("grid3d 9 8 7", generate::grid3d(9, 8, 7)),
            ("sudoku 4", generate::sudoku(4)),
            ("rmat 10 8", generate::rmat(10, 8, 1)),
            ("leighton 200 12 3000", generate::leighton(200, 12, 3000, 1)),
        ] {
            let (size, made) = (Recipe::from(parse(line).kind).size(), made.unwrap());
            let ratio = size.edges / made.m() as f64;
            assert!((0.8..2.2).contains(&ratio), "{line}: {} for {}", size.edges, made.m());
            let ratio = size.vertices / made.n() as f64;
            assert!((0.99..1.01).contains(&ratio), "{line}: {} for {}", size.vertices, made.n());
        }
    }

    #[test]
    fn what_no_machine_holds_is_refused_unless_forced() {
        for line in [
            "gnp 100000 0.9",
            "gnp 100000 0.9 --complement",
            "gnp 1000000 0 --complement",
            "gnp 4000000000 0",
            "geometric 1000000 0.5",
            "flat 1000000 3 0.5",
            "leighton 1000000 500000 1",
            "queens 5000",
            "mycielski 20",
            "grid3d 2000 2000 1000",
            "rmat 31",
        ] {
            assert!(matches!(check_size(&parse(line)), Err(Failure::Usage(_))), "{line}");
            // Unless the machine at hand has the memory.
            let forced = check_size(&parse(&format!("{line} --force")));
            assert!(matches!(forced, Ok(()) | Err(Failure::Memory(..))), "{line}");
        }
        for line in
            ["gnp 10000 0.9 --complement", "grid3d 256 256 256 --permute", "rmat 20", "queens 0"]
        {
            assert!(check_size(&parse(line)).is_ok(), "{line}");
        }
    }
}
