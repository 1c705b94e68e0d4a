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
use prism_core::generate::{self, GenerateError};
use prism_core::io::write_graph;
use prism_core::memory::{OutOfMemory, Room};

/// The most memory that a graph may take while it is generated. The help of `--force` names it.
const MOST_BYTES: f64 = (8_u64 << 30) as f64;

/// Vertices and edges of a graph, as expected.
struct Size {
    vertices: f64,
    edges: f64,
}

impl Size {
    /// The size of what a generator makes, before the options that apply to all.
    fn of(kind: &Kind) -> Self {
        let pairs = |n: f64| n * (n - 1.0).max(0.0) / 2.0;
        let (vertices, edges) = match *kind {
            Kind::Gnp { n, p } => (n as f64, pairs(n as f64) * p),
            Kind::Geometric { n, radius } => {
                // A disk of that radius, as far as it lies in the square.
                let near = (std::f64::consts::PI * radius * radius).min(1.0);
                (n as f64, pairs(n as f64) * near)
            }
            Kind::Flat { n, parts, p } => {
                let (n, parts) = (n as f64, parts.max(1) as f64);
                (n, (pairs(n) - parts * pairs(n / parts)) * p)
            }
            // The first clique comes whole. An edge stands in a tree as well as in a list.
            Kind::Leighton { n, k, edges } => (n as f64, 2.0 * (pairs(k as f64) + edges as f64)),
            Kind::Queens { rows, columns } => {
                let (rows, columns) = (f64::from(rows), f64::from(columns.unwrap_or(rows)));
                let lines = rows + columns + 2.0 * rows.min(columns);
                (rows * columns, rows * columns * lines / 2.0)
            }
            // A step doubles the vertices and triples the edges.
            Kind::Mycielski { k } => (3.0 * 2_f64.powi(k as i32 - 2), 3_f64.powi(k as i32 - 1)),
            Kind::Sudoku { order } => {
                let (order, side) = (f64::from(order), f64::from(order) * f64::from(order));
                let degree = 2.0 * (side - 1.0) + (order - 1.0) * (order - 1.0);
                (side * side, side * side * degree / 2.0)
            }
            Kind::Grid3d { x, y, z } => {
                let n = f64::from(x) * f64::from(y) * f64::from(z);
                (n, 3.0 * n)
            }
            Kind::Rmat { scale, edge_factor } => {
                let n = 2_f64.powi(scale as i32);
                (n, n * f64::from(edge_factor))
            }
        };
        Self { vertices, edges }
    }

    /// The most memory that making it takes: a list of edges that grows, then 8 bytes an edge and 16 a
    /// vertex of the graph, and the same for one made of another.
    fn bytes(&self, args: &GenerateArgs) -> f64 {
        let Self { vertices: n, edges } = *self;
        let mut bytes = 24.0 * n + 24.0 * edges;
        let mut edges = edges;
        if args.complement {
            edges = (n * (n - 1.0) / 2.0 - edges).max(0.0);
            bytes += 8.0 * n + 8.0 * edges;
        }
        if args.permute {
            bytes = bytes.max(32.0 * n + 32.0 * edges);
        }
        bytes
    }
}

/// Refuses what would take too much memory. Parameters without sense are for the generator to refuse.
fn check_size(args: &GenerateArgs) -> Result<(), Failure> {
    let bytes = Size::of(&args.kind).bytes(args);
    if bytes.is_nan() {
        return Ok(());
    }
    if args.force || bytes <= MOST_BYTES {
        // The cast saturates.
        return Room::now().require(bytes as u64).map_err(no_memory);
    }
    let gib = |bytes: f64| bytes / (1_u64 << 30) as f64;
    Err(Failure::Usage(format!(
        "this graph would take about {:.0} GiB of memory, more than {:.0} GiB; --force generates it all the same",
        gib(bytes),
        gib(MOST_BYTES)
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
    let mut graph = match args.kind {
        Kind::Gnp { n, p } => generate::gnp(n, p, seed),
        Kind::Geometric { n, radius } => generate::geometric(n, radius, seed),
        Kind::Flat { n, parts, p } => generate::flat(n, parts, p, seed),
        Kind::Leighton { n, k, edges } => generate::leighton(n, k, edges, seed),
        Kind::Queens { rows, columns } => generate::queens(rows, columns.unwrap_or(rows)),
        Kind::Mycielski { k } => generate::mycielski(k),
        Kind::Grid3d { x, y, z } => generate::grid3d(x, y, z),
        Kind::Sudoku { order } => generate::sudoku(order),
        Kind::Rmat { scale, edge_factor } => generate::rmat(scale, edge_factor, seed),
    }
    .map_err(wrong)?;
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
            let (size, made) = (Size::of(&parse(line).kind), made.unwrap());
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
