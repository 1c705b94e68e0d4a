//! Graph writers: DIMACS `.col`, METIS, Matrix Market and edge lists.
//!
//! All give back the same graph when they are read, isolated vertices included. Edge lists keep the
//! names of the vertices; a reader numbers named vertices by first appearance, so that their numbers,
//! which mean nothing, may change. The other formats number the vertices from 1.

use std::borrow::Cow;
use std::io::{self, Write};

use super::names::{BYTE_ORDER_MARK, in_commas, needs_quotes};
use super::{Format, Labels};
use crate::graph::Graph;

/// Writes `graph` in `format`, which must be one that [is written](Format::is_written). `labels` are the
/// names of the vertices, for a format that [keeps them](Format::keeps_names).
///
/// # Errors
/// What `out` says; [`io::ErrorKind::Unsupported`] for another format; and
/// [`io::ErrorKind::InvalidInput`] for names that an edge list cannot hold.
pub fn write_graph(
    out: &mut dyn Write,
    graph: &Graph<'_>,
    labels: Option<&Labels>,
    format: Format,
) -> io::Result<()> {
    match (format, labels) {
        (Format::DimacsCol, _) => dimacs(out, graph),
        (Format::Metis, _) => metis(out, graph),
        (Format::MatrixMarket, _) => matrix_market(out, graph),
        (Format::EdgeList, None) => numbered(out, graph),
        (Format::EdgeList, Some(labels)) => named(out, graph, labels),
        _ => {
            let message = format!("{format} files are read but not written");
            Err(io::Error::new(io::ErrorKind::Unsupported, message))
        }
    }
}

fn dimacs(out: &mut dyn Write, graph: &Graph<'_>) -> io::Result<()> {
    writeln!(out, "p edge {} {}", graph.n(), graph.m())?;
    graph.edges().try_for_each(|(u, v)| writeln!(out, "e {} {}", u + 1, v + 1))
}

/// A line a vertex with its neighbours.
fn metis(out: &mut dyn Write, graph: &Graph<'_>) -> io::Result<()> {
    writeln!(out, "{} {}", graph.n(), graph.m())?;
    for v in graph.vertices() {
        let mut separator = "";
        for u in graph.neighbors(v) {
            write!(out, "{separator}{}", u + 1)?;
            separator = " ";
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The lower triangle of the adjacency matrix, as the form asks for.
fn matrix_market(out: &mut dyn Write, graph: &Graph<'_>) -> io::Result<()> {
    writeln!(out, "%%MatrixMarket matrix coordinate pattern symmetric")?;
    writeln!(out, "{0} {0} {1}", graph.n(), graph.m())?;
    graph.edges().try_for_each(|(u, v)| writeln!(out, "{} {}", v + 1, u + 1))
}

fn numbered(out: &mut dyn Write, graph: &Graph<'_>) -> io::Result<()> {
    writeln!(out, "# vertices: {}\n# edges: {}", graph.n(), graph.m())?;
    // That the numbers count from 0 is seen where a line has it.
    if graph.m() > 0 && graph.degree(0) == 0 {
        writeln!(out, "0")?;
    }
    graph.edges().try_for_each(|(u, v)| writeln!(out, "{u}\t{v}"))
}

fn named(out: &mut dyn Write, graph: &Graph<'_>, labels: &Labels) -> io::Result<()> {
    if labels.len() != graph.n() {
        let message = format!("{} names for {} vertices", labels.len(), graph.n());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let commas = needs_commas(labels)?;
    let separator = if commas { ',' } else { '\t' };
    let put: fn(&str) -> Cow<'_, str> = if commas { in_commas } else { |name| name.into() };
    // The number of lines says that the first is no heading. At the start of a file a byte order mark
    // would belong to the file, not to the name behind it.
    writeln!(out, "# edges: {}", graph.m())?;
    for ends in graph.edges() {
        let names = (labels.get(ends.0), labels.get(ends.1));
        let (Some(u), Some(v)) = names else { continue };
        writeln!(out, "{}{separator}{}", put(&u), put(&v))?;
    }
    // A vertex without neighbours stands alone on a line. Where it could be two, a comma says that it is
    // one.
    let isolated = graph.vertices().filter(|&v| graph.degree(v) == 0);
    for name in isolated.filter_map(|v| labels.get(v)) {
        let end = if name.chars().all(char::is_alphanumeric) { "" } else { "," };
        writeln!(out, "{}{end}", in_commas(&name))?;
    }
    Ok(())
}

/// Whether names have to stand between commas, some in quotation marks, since they contain what
/// ends names.
fn needs_commas(labels: &Labels) -> io::Result<bool> {
    let mut commas = false;
    for name in labels.iter() {
        let outer_blank = name.trim() != name;
        let unreadable = name.contains(['\n', BYTE_ORDER_MARK]) || name.starts_with(['#', '%']);
        if name.is_empty() || outer_blank || unreadable {
            let message = format!("the name {name:?} cannot stand in an edge list");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        commas |= needs_quotes(&name);
    }
    Ok(commas)
}
